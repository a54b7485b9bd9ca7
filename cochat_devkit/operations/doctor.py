"""Doctor: what a bug report needs, and what is amiss, without a secret in it."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit import __version__
from cochat_devkit.config import read_config
from cochat_devkit.errors import DevkitError, MissingToken, NotAWorkspace
from cochat_devkit.events import ignore

if TYPE_CHECKING:
    from cochat_devkit.config import Config

_PACKAGES = ("click", "httpx", "fastapi", "ruff", "pytest", "pydantic")


@dataclass(frozen=True)
class Check:
    """Hold one line of the report; `ok` is None for a mere fact."""

    name: str
    value: str
    ok: bool | None = None
    hint: str | None = None


def doctor(target: str | None, *, offline: bool) -> list[Check]:
    """Look at versions, workspace, mirror, token and server; a fault is a line of the report, not an error."""
    checks = _versions()
    try:
        config = read_config()
    except NotAWorkspace as error:
        return [*checks, Check("workspace", "none here", hint=error.hint)]
    except DevkitError as error:
        return [*checks, _fault("workspace", error)]
    checks.append(Check("workspace", str(config.root), ok=True))
    checks.append(_mirror(config))
    checks += _files(config)
    return [*checks, *_server(config, target, offline=offline)]


def _versions() -> list[Check]:
    from importlib.metadata import PackageNotFoundError, version

    checks = [
        Check("cochat-devkit", __version__),
        Check("python", f"{platform.python_version()} ({sys.platform})", ok=sys.version_info >= (3, 11)),
    ]
    for name in _PACKAGES:
        try:
            checks.append(Check(name, version(name)))
        except PackageNotFoundError:
            checks.append(Check(name, "missing", ok=False, hint="pip install --upgrade cochat-devkit"))
    return checks


def _mirror(config: Config) -> Check:
    from cochat_devkit.mirror.reader import MirrorReader

    if not config.mirror_path.exists():
        return Check("mirror", "none yet", hint="cochat pull")
    try:
        with MirrorReader(config.mirror_path) as reader:
            health = reader.health()
    except DevkitError as error:
        return _fault("mirror", error)
    size_kb = config.mirror_path.stat().st_size // 1024
    return Check("mirror", f"{health}, {size_kb} kB", ok=health == "ok", hint=None if health == "ok" else "pull anew")


def _files(config: Config) -> list[Check]:
    from cochat_devkit.kinds import all_kinds
    from cochat_devkit.workspace.tree import read_tree

    tree = read_tree(config.root, all_kinds())
    faults = [_fault("file", each) for each in (*tree.unreadable.values(), *tree.unlisted.values())]
    return [Check("files", f"{len(tree.found)} resources", ok=not faults), *faults]


def _server(config: Config, target: str | None, *, offline: bool) -> list[Check]:
    from cochat_devkit.credentials import read_credential
    from cochat_devkit.operations.session import connect

    try:
        aim = config.target_named(target)
        checks = [Check("target", f"{aim.name} {aim.url}")]
        credential = read_credential(aim.url)
    except MissingToken as error:
        return [*checks, _fault("token", error)]
    except DevkitError as error:
        return [_fault("target", error)]
    sort = "API key" if credential.is_api_key else "session token"
    checks.append(Check("token", f"{sort}, from the {credential.source}", ok=True))
    if offline:
        return checks
    try:
        with connect(config, target, ignore) as session:
            facts, identity = session.facts, session.client.identity
    except DevkitError as error:
        return [*checks, _fault("server", error)]
    checks.append(Check("server", f"{facts.name} {facts.version}, dialect {facts.dialect.name}", ok=True))
    checks.append(Check("role", identity.role or "unknown"))
    checks.append(Check("history", "kept by the server" if facts.dialect.has_versions else "not kept by the server"))
    return checks


def _fault(name: str, error: DevkitError) -> Check:
    return Check(name, error.message, ok=False, hint=error.hint)
