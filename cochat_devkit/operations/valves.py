"""Valves: read, merge and write the values of a plugin's settings, which the server only replaces as a whole."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from cochat_devkit.credentials import read_kept_values, write_kept_values
from cochat_devkit.errors import (
    ConflictsFound,
    Missing,
    UnexpectedReply,
    UnknownResource,
    UsageError,
)
from cochat_devkit.events import Notice
from cochat_devkit.kinds import kind_named, parse_ref
from cochat_devkit.kinds.valves import (
    Valve,
    ValvesSpec,
    lay_over,
    parse_assignment,
    parse_spec,
    parse_value,
    texts_in,
    variable_in,
    variables_for,
)
from cochat_devkit.kinds.wire import new_remote_id
from cochat_devkit.operations.session import connect
from cochat_devkit.redaction import remember_secret
from cochat_devkit.resource import is_same_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cochat_devkit.api.client import Client
    from cochat_devkit.api.valves import Valves
    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds import Kind
    from cochat_devkit.resource import Json, RemoteId, Wire

Told = TypeVar("Told")


@dataclass(frozen=True)
class Aim:
    """Say whose valves are meant: a plugin's, or those that the caller has as its user."""

    ref: str
    target: str | None = None
    is_users: bool = False


@dataclass(frozen=True)
class Wanted:
    """Say what is to change. `assignments` are words of the form `name=value` or `name=${NAME}`.

    `prefix` takes each valve from the variable `<prefix><NAME>` where that is set; "" stands for the plugin's own name,
    None for no variables. `source` is a YAML file of values.
    """

    assignments: Sequence[str] = ()
    dropped: Sequence[str] = ()
    prefix: str | None = None
    source: Path | None = None


@dataclass(frozen=True)
class Shown:
    """Hold one valve: the stored value, the default and what it takes, side by side.

    `variable` names the variable that stands for it in files. What the class has no more has no `takes`.
    """

    name: str
    value: Json
    default: Json
    is_set: bool
    is_secret: bool
    variable: str
    takes: str = ""
    description: str = ""
    is_required: bool = False


@dataclass(frozen=True)
class ValvesReport:
    """Hold the valves as the server then has them, and what was written. `takes_any` is False for a bare plugin."""

    ref: str
    target: str
    is_users: bool
    items: tuple[Shown, ...]
    takes_any: bool
    requests: int
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept_in: str | None = None


def show_valves(config: Config, aim: Aim, *, keeps: bool = False, emit: Emit) -> ValvesReport:
    """Read stored values, defaults and schema; `keeps` keeps the stored values beside the credentials.

    Raises:
        UnknownResource: the server has no such plugin.
        RemoteError: the server cannot be asked, or refuses.
    """
    with connect(config, aim.target, emit) as session:
        desk = _Desk(session.client.valves_of(_kind_of(aim), is_users=aim.is_users), aim, _id_of(session.client, aim))
        spec = desk.read_spec()
        stored = desk.read_values(spec)
        report = desk.report(stored, spec, session.target.name)
        kept_in = None
        if keeps:
            values = {each.name: each.value for each in report.items if each.is_set}
            kept_in = write_kept_values(session.target.url, _owner_of(aim), values)
        return replace(report, requests=session.client.request_count, kept_in=kept_in)


def change_valves(config: Config, aim: Aim, wanted: Wanted, *, emit: Emit) -> ValvesReport:
    """Lay changes over the stored values, write the whole, and read it again; where nothing differs, write nothing.

    Raises:
        UsageError: a name is no valve's, a value is of the wrong type, or a variable is not set; nothing was written.
        ConflictsFound: somebody else wrote at the same moment.
        RemoteError: the server cannot be asked, or refuses.
    """
    with connect(config, aim.target, emit) as session:
        desk = _Desk(session.client.valves_of(_kind_of(aim), is_users=aim.is_users), aim, _id_of(session.client, aim))
        spec = desk.read_spec()
        if spec is None:
            whose = "user valves" if aim.is_users else "valves"
            raise UsageError(f"{aim.ref} has no {whose}", hint="a class Valves or UserValves in the source makes them")
        changes = _gather(spec, aim, wanted, session.target.url, emit)
        # last, right before they are written: to tell the schema a server loads the plugin, and somebody may write
        stored = desk.read_values(spec)
        dropped = [spec.valve_named(name).name if name not in stored else name for name in wanted.dropped]
        whole, gone = lay_over(spec, stored, changes, dropped)
        if gone:
            emit(Notice(f"stored, and no valves of {aim.ref} any more: {', '.join(gone)}"))
        if is_same_json(whole, stored):
            report = desk.report(stored, spec, session.target.name)
            return replace(report, requests=session.client.request_count)
        held = desk.write(whole)
        written = tuple(name for name in whole if name not in stored or not is_same_json(whole[name], stored[name]))
        removed = tuple(name for name in stored if name not in held)
        report = desk.report(held, spec, session.target.name)
        return replace(report, requests=session.client.request_count, written=written, removed=removed)


def write_valves_file(path: Path, report: ValvesReport) -> None:
    """Write the stored values to a file for git: a secret stands there as the variable that holds it, `${NAME}`.

    Raises:
        CannotWrite: the file cannot be written.
    """
    from cochat_devkit.workspace.values import write_values

    shown = {
        each.name: f"${{{each.variable}}}" if each.is_secret else each.value for each in report.items if each.is_set
    }
    write_values(path, shown)


@dataclass(frozen=True)
class _Desk:
    """Work on the valves of one plugin."""

    valves: Valves
    aim: Aim
    remote_id: RemoteId

    def read_spec(self) -> ValvesSpec | None:
        """Read the schema, and mask from now on the secrets among the defaults; None where there are no valves."""
        spec = parse_spec(self._ask(self.valves.fetch_spec))
        if spec is not None:
            for valve in spec.valves.values():
                _remember(spec, valve.name, valve.default)
        return spec

    def read_values(self, spec: ValvesSpec | None) -> Wire:
        """Read what is stored, and mask from now on what is secret among it."""
        stored = self._ask(self.valves.fetch_values)
        for name, value in stored.items():
            _remember(spec or ValvesSpec({}), name, value)
        return stored

    def _ask(self, fetch: Callable[[RemoteId], Told]) -> Told:
        try:
            return fetch(self.remote_id)
        except Missing as error:
            raise UnknownResource(f"the server has no {self.aim.ref}", hint="see cochat ls") from error

    def write(self, whole: Wire) -> Wire:
        """Replace what is stored and read it again: what the server then holds."""
        answer = self.valves.send_values(self.remote_id, whole)
        held = self.valves.fetch_values(self.remote_id)
        if lost := [name for name in whole if name not in answer]:
            raise UnexpectedReply(f"{self.aim.ref}: the server did not take {', '.join(lost)}")
        if not is_same_json(held, answer):
            moved = sorted(name for name in {*held, *answer} if not is_same_json(held.get(name), answer.get(name)))
            raise ConflictsFound(
                f"{self.aim.ref}: somebody else wrote its valves at the same moment: {', '.join(moved)}",
                hint=f"look: cochat valves {self.aim.ref}",
            )
        return held

    def report(self, stored: Wire, spec: ValvesSpec | None, target: str) -> ValvesReport:
        """Set stored values beside what the schema says."""
        known = spec or ValvesSpec({})
        variables = _variables(known, self.aim, stored)
        items = [
            Shown(
                name=name,
                value=stored.get(name),
                default=valve.default,
                is_set=name in stored,
                is_secret=known.is_secret(name, stored.get(name, valve.default)),
                variable=variables[name],
                takes=valve.takes,
                description=valve.description,
                is_required=valve.is_required,
            )
            for name, valve in known.valves.items()
        ]
        items += [
            Shown(name, value, None, is_set=True, is_secret=known.is_secret(name, value), variable=variables[name])
            for name, value in stored.items()
            if name not in known.valves
        ]
        return ValvesReport(self.aim.ref, target, self.aim.is_users, tuple(items), spec is not None, 0)


def _gather(spec: ValvesSpec, aim: Aim, wanted: Wanted, url: str, emit: Emit) -> dict[str, Json]:
    """Bring everything that is to be set into the types of the valves."""
    found: dict[str, Json] = {}
    for name, value in _read_source(wanted).items():
        found[name] = _stated(spec.valve_named(name), value, aim, url)
    if wanted.prefix is not None:
        found |= _from_environment(spec, aim, wanted.prefix)
    for word in wanted.assignments:
        name, text = parse_assignment(spec, word)
        valve = spec.valves[name]
        if valve.is_secret and variable_in(text) is None and text:
            remember_secret(text)
            hint = f"next time: {name}='${{NAME}}', with the value in that variable"
            emit(Notice(f"{name} is a secret, and your shell may have kept the line", hint=hint))
        found[name] = _stated(valve, text, aim, url)
    for name, value in found.items():
        _remember(spec, name, value)
    return found


def _read_source(wanted: Wanted) -> dict[str, Json]:
    from cochat_devkit.workspace.values import read_values

    return read_values(wanted.source) if wanted.source else {}


def _from_environment(spec: ValvesSpec, aim: Aim, prefix: str) -> dict[str, Json]:
    variables = variables_for(spec, prefix or _prefix_of(aim))
    set_here = {name: os.environ[variable] for name, variable in variables.items() if variable in os.environ}
    if not set_here:
        raise UsageError(
            "none of the variables is set: " + ", ".join(variables.values()), hint="set one, or name another prefix"
        )
    for name, text in set_here.items():
        if spec.valves[name].is_secret:
            remember_secret(text)
    return {name: parse_value(spec.valves[name], text) for name, text in set_here.items()}


def _stated(valve: Valve, value: Json, aim: Aim, url: str) -> Json:
    """Take a value as it is stated: a text of the form `${NAME}` from the environment, else from what was kept of it.

    One variable may stand for valves of several plugins, so that what was kept is looked up by whose it is. Null is no
    value: a server does not store it.
    """
    if value is None:
        return None
    variable = variable_in(value) if isinstance(value, str) else None
    if variable is None:
        text = value if isinstance(value, str) else _as_text(valve, value)
        return _filled(valve, parse_value(valve, text))
    if variable in os.environ:
        if valve.is_secret:
            remember_secret(os.environ[variable])
        return parse_value(valve, os.environ[variable])
    kept = read_kept_values(url).get(_owner_of(aim), {})
    if valve.name not in kept or variable != f"{_prefix_of(aim)}{valve.name}".upper():
        user = " --user" if aim.is_users else ""
        raise UsageError(
            f"{valve.name} is to come from ${{{variable}}}, which is neither set nor kept of it",
            hint=f"set {variable}, or keep it from a server: cochat valves {aim.ref}{user} --keep",
        )
    return kept[valve.name]


def _filled(valve: Valve, value: Json) -> Json:
    """Take each text of the form `${NAME}` within a list or mapping from the environment.

    Raises:
        UsageError: a variable is not set.
    """
    if isinstance(value, list):
        return [_taken(valve, each) for each in value]
    if isinstance(value, dict):
        return {name: _taken(valve, each) for name, each in value.items()}
    return value


def _taken(valve: Valve, value: Json) -> Json:
    variable = variable_in(value) if isinstance(value, str) else None
    if variable is None:
        return _filled(valve, value)
    if variable not in os.environ:
        raise UsageError(
            f"a part of {valve.name} is to come from ${{{variable}}}, which is not set", hint=f"set {variable}"
        )
    remember_secret(os.environ[variable])
    return os.environ[variable]


def _as_text(valve: Valve, value: Json) -> str:
    import json

    is_word_list = isinstance(value, list | dict)
    if isinstance(value, bool) or is_word_list:
        return json.dumps(value)
    if set(valve.types) == {"string"}:
        raise UsageError(f"{valve.name} takes string", hint="write it in quotes")
    return str(value)


def _variables(spec: ValvesSpec, aim: Aim, stored: Wire) -> dict[str, str]:
    prefix = _prefix_of(aim)
    known = variables_for(spec, prefix)
    return known | {name: f"{prefix}{name}".upper() for name in stored if name not in known}


def _owner_of(aim: Aim) -> str:
    """Say whose values are kept: whatever the type of a function, its id is one function's."""
    key = str(parse_ref(aim.ref)[0])
    return f"{key} of its user" if aim.is_users else key


def _prefix_of(aim: Aim) -> str:
    key, _type = parse_ref(aim.ref)
    return re.sub(r"\W", "_", f"{key.slug}_").upper()


def _remember(spec: ValvesSpec, name: str, value: Json) -> None:
    if spec.is_secret(name, value):
        for text in texts_in(value):
            remember_secret(text)


def _kind_of(aim: Aim) -> Kind:
    return kind_named(parse_ref(aim.ref)[0].kind)[0]


def _id_of(client: Client, aim: Aim) -> RemoteId:
    return new_remote_id(client.endpoints(_kind_of(aim)), parse_ref(aim.ref)[0].slug)
