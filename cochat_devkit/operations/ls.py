"""Ls and show: what the mirror and the files know, offline and without the ORM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.config import read_config
from cochat_devkit.errors import DevkitError, UsageError
from cochat_devkit.kinds import kind_named, parse_ref, ref_of
from cochat_devkit.operations.observe import base_of, last_seen, local_side, look_offline
from cochat_devkit.operations.session import select
from cochat_devkit.sync.decide import Action, Decision, Reason, decide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.config import Config
    from cochat_devkit.operations.session import Selection
    from cochat_devkit.resource import Body, Json


@dataclass(frozen=True)
class Listed:
    """Hold one line of a list. `state` is a word: in step, edited here, new here, unavailable, …"""

    ref: str
    type: str
    name: str
    state: str
    path: str | None
    version: str | None
    updated_at: str | None


@dataclass(frozen=True)
class Shown:
    """Hold all that is known of one resource; `body` is what the file says, or what the server showed."""

    line: Listed
    body: Body
    derived: Json
    is_local: bool


def ls(config: Config, selection: Selection, *, target: str | None) -> list[Listed]:
    """List what the files and the mirror know, by address."""
    return [shown.line for shown in _look(config, selection, target, with_bodies=False)]


def show(config: Config, ref: str, *, target: str | None) -> Shown:
    """Show one resource.

    Raises:
        UnknownResource: neither file nor mirror has it.
        UsageError: the address names several.
    """
    found = _look(config, select([ref]), target, with_bodies=True)
    if len(found) != 1:
        raise UsageError(f"{ref} names {len(found)} resources", hint=f"list them: cochat ls '{ref}'")
    return found[0]


@dataclass(frozen=True)
class Text:
    """Name the field that is a kind's text, "" where it has none, and the language that it is written in."""

    name: str
    language: str


def text_of(ref: str) -> Text:
    """Say which field of a resource is its text.

    Raises:
        UsageError: the address is none.
    """
    kind = kind_named(parse_ref(ref)[0].kind)[0]
    is_markdown = kind.form is not None and (kind.form.main or kind.form.suffix).endswith(".md")
    return Text(kind.text.name if kind.text else "", "markdown" if is_markdown else "python")


def refs_known() -> list[str]:
    """List every address, for completion; nothing where there is no workspace."""
    try:
        return [line.ref for line in ls(read_config(), select(), target=None)]
    except DevkitError:
        return []


def _look(config: Config, selection: Selection, target: str | None, *, with_bodies: bool) -> list[Shown]:
    with look_offline(config, selection, target) as known:
        found: list[Shown] = []
        for key, type_ in sorted(known.types.items()):
            if not selection.has(key, type_):
                continue
            row, local = known.rows.get(key), known.tree.found.get(key)
            derived = known.reader.derived(known.scope, key) if known.scope and row and with_bodies else {}
            body: Body = local.resource.body if local else {}
            if not body and row and row.remote_digest:
                body = known.reader.body(row.remote_digest)
            side = local_side(known.tree, key, row.path if row else None)
            decision = decide(base_of(row), side, last_seen(row))
            if kind_named(key.kind)[0].form is None:
                decision = Decision(Action.NOTHING, Reason.MIRRORED)
            state = "in step" if decision.action is Action.NOTHING else _word(decision.reason)
            line = Listed(
                ref=ref_of(key, type_),
                type=type_ or key.kind,
                name=str(body.get("name", "")),
                state=state,
                path=local.path if local else None,
                version=row.version if row else None,
                updated_at=row.updated_at.isoformat() if row and row.updated_at else None,
            )
            found.append(Shown(line, body, derived, local is not None))
    return found


_WORDS: Mapping[Reason, str] = {
    Reason.UNREADABLE_THERE: "unavailable",
    Reason.INVISIBLE_THERE: "invisible",
    Reason.UNREADABLE_HERE: "unreadable here",
}


def _word(reason: Reason) -> str:
    return _WORDS.get(reason, str(reason))
