"""`cochat.toml`: the targets of a workspace and its settings."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cochat_devkit.errors import BadSetting, NotAWorkspace
from cochat_devkit.kinds import all_kinds
from cochat_devkit.resource import EMPTY, Json
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


FILE_NAME = "cochat.toml"
_TOP = ("default_target", "targets")
_TARGET = ("url", "production", "endpoints")
#: the schemes of a server's address, with the port that goes without saying
_PORTS = {"http": 80, "https": 443}
#: the requests that a target may have of its own
_ENDPOINT = r"(?P<method>GET|POST|PUT|PATCH|DELETE) (?P<path>/(?:[^\s{}#]|\{id\})*)\Z"
_ENDPOINTS_EXAMPLE = 'update = "PUT /api/custom/agents/{id}"'
_HOST = r"[\w.:%-]+$"


class Target(NamedTuple):
    """Name a server.

    `production` makes what writes there ask first. `endpoints` are requests of its own: by kind and column of the
    kind's row, as (method, path).
    """

    name: str
    url: str
    production: bool = False
    endpoints: Mapping[str, Mapping[str, tuple[str, str]]] = EMPTY


class Config(NamedTuple):
    """Hold the settings of a workspace; `root` is its folder, absolute."""

    root: Path
    default_target: str
    targets: Mapping[str, Target]

    def target_named(self, name: str | None) -> Target:
        """Find a target, the default one for None. The variable COCHAT_URL wins over the file.

        Raises:
            BadSetting: there is none of that name.
        """
        wanted = name or self.default_target
        if wanted not in self.targets:
            known = ", ".join(self.targets) or "none"
            raise BadSetting(f"{FILE_NAME} has no target {wanted!r}", hint=f"targets there: {known}")
        found, url = self.targets[wanted], os.environ.get("COCHAT_URL")
        return found._replace(url=parse_base_url(url)) if url else found

    @property
    def mirror_path(self) -> Path:
        """Say where the mirror lies."""
        return self.root / "mirror.db"


def find_root(start: Path) -> Path | None:
    """Find the workspace that a folder lies in; None outside of any."""
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file() or _read_pyproject(folder) is not None:
            return folder
    return None


def read_config(start: Path | None = None) -> Config:
    """Read the settings of the workspace around a folder, the current one by default.

    Raises:
        NotAWorkspace: there is none.
        BadSetting: the file cannot be read, or a setting is not one.
    """
    folder = (start or Path.cwd()).resolve()
    root = find_root(folder)
    if root is None:
        raise NotAWorkspace(
            f"{folder} is in no workspace: there is no {FILE_NAME} here or above",
            hint="make one: cochat init --url URL",
        )
    path = root / FILE_NAME
    if not path.is_file():
        return _parse(root, "pyproject.toml [tool.cochat]", _read_pyproject(root) or {})
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadSetting(f"{path} cannot be read: {error}", hint="see `cochat init --help` for its form") from error
    return _parse(root, FILE_NAME, found)


def parse_base_url(url: str) -> str:
    """Bring a server's address into one form: scheme and host, a path if there is one, no slash at the end.

    Raises:
        BadSetting: it is no http or https address, or it holds a password.
    """
    if "@" in url or "?" in url:
        # not shown: there may be a password in it
        raise BadSetting("the address of a server holds a user, password or query", hint="write it as https://host")
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port not in (None, _PORTS.get(parts.scheme)) else ""
    except ValueError as error:
        raise BadSetting(
            f"this is no address of a server: {url!r}", hint="write it as https://app.cochat.ai"
        ) from error
    if parts.scheme not in _PORTS or not parts.hostname or not re.match(_HOST, parts.hostname):
        raise BadSetting(f"this is no address of a server: {url!r}", hint="write it as https://app.cochat.ai")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def _parse(root: Path, place: str, found: dict[str, Json]) -> Config:
    _refuse_unknown(place, found, _TOP)
    targets = found.get("targets", {})
    if not isinstance(targets, dict) or not targets:
        raise BadSetting(f"{place} names no target", hint='add a table [targets.main] with url = "https://…"')
    parsed: dict[str, Target] = {}
    for name, each in targets.items():
        if not isinstance(each, dict) or not isinstance(each.get("url"), str):
            raise BadSetting(
                f"{place}: the target {name!r} has no url", hint=f'add url = "https://…" to [targets.{name}]'
            )
        _refuse_unknown(f"{place} [targets.{name}]", each, _TARGET)
        parsed[name] = _parse_target(f"{place} [targets.{name}]", name, each)
    default = found.get("default_target", next(iter(parsed)))
    if not isinstance(default, str) or default not in parsed:
        raise BadSetting(f"{place}: default_target names {default!r}, which is no target there")
    return Config(root, default, parsed)


def _parse_target(place: str, name: str, stated: Mapping[str, Json]) -> Target:
    production, endpoints = stated.get("production", False), stated.get("endpoints", {})
    if not isinstance(production, bool):
        raise BadSetting(f"{place}: production is {production!r}", hint="write production = true")
    if not isinstance(endpoints, dict) or not all(isinstance(each, dict) for each in endpoints.values()):
        raise BadSetting(f"{place}: endpoints is no table of kinds", hint=f"write {_ENDPOINTS_EXAMPLE}")
    known = {kind.name: kind.request_names for kind in all_kinds()}
    parsed = {}
    for kind, rows in endpoints.items():
        shown = f"{place[:-1]}.endpoints.{kind}]"
        _refuse_unknown(f"{place[:-1]}.endpoints]", {kind: rows}, tuple(known))
        _refuse_unknown(shown, rows, known[kind])
        parsed[kind] = {column: _parse_endpoint(shown, column, text) for column, text in rows.items()}
    return Target(name, parse_base_url(stated["url"]), production, parsed)


def _parse_endpoint(place: str, column: str, text: Json) -> tuple[str, str]:
    found = re.match(_ENDPOINT, text) if isinstance(text, str) else None
    if found is None:
        raise BadSetting(f"{place}: {column} is no request: {text!r}", hint=f"write {_ENDPOINTS_EXAMPLE}")
    has_id, is_about_one = "{id}" in found["path"], column not in ("create", "listing")
    if is_about_one and not has_id:
        raise BadSetting(f"{place}: the path of {column} does not say where the id stands", hint="put {id} into it")
    if has_id and not is_about_one:
        said = "what is created has no id yet" if column == "create" else "a list is of no one id"
        raise BadSetting(f"{place}: {said}", hint="take {…} out of the path")
    if column == "listing" and found["method"] != "GET":
        raise BadSetting(f"{place}: a list is read with GET, not {found['method']}", hint="write GET")
    return found["method"], found["path"]


def _refuse_unknown(place: str, found: Mapping[str, Json], known: tuple[str, ...]) -> None:
    for name in found:
        if name not in known:
            import difflib

            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"settings there: {', '.join(known)}"
            raise BadSetting(f"{place}: there is no setting {name!r}", hint=hint)


def _read_pyproject(folder: Path) -> dict[str, Json] | None:
    path = folder / "pyproject.toml"
    if not path.is_file():
        return None
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("cochat")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, AttributeError):
        return None
    return found if isinstance(found, dict) and "targets" in found else None
