"""Init: make a workspace, its folders, its settings and its first target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.config import FILE_NAME, parse_base_url
from cochat_devkit.errors import UsageError
from cochat_devkit.kinds import all_kinds
from cochat_devkit.workspace.files import LOCK, read_file, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SETTINGS = """\
# The settings of this workspace. Tokens are not among them: `cochat login` keeps those elsewhere.
default_target = "{target}"

[targets.{target}]
url = "{url}"
"""
_IGNORED = ("mirror.db", "mirror.db-*", ".cochat/", "__pycache__/")


@dataclass(frozen=True)
class Made:
    """Say what was made; paths are relative to `root`."""

    root: Path
    url: str
    target: str
    paths: tuple[str, ...]


def init(folder: Path, *, url: str, target: str) -> Made:
    """Make a workspace in a folder, which may have other files; nothing that is there is changed.

    Raises:
        UsageError: it already is a workspace.
        BadSetting: the address or the target's name cannot be used.
        CannotWrite: the disk refuses.
    """
    base_url = parse_base_url(url)
    if not target.replace("-", "").replace("_", "").isalnum() or not target.isascii():
        raise UsageError(f"a target cannot be named {target!r}", hint="use letters, digits, - and _")
    root = folder.resolve()
    if (root / FILE_NAME).exists():
        raise UsageError(f"{root} already is a workspace", hint=f"add targets to its {FILE_NAME}")
    made: list[str] = []
    write_file(root, FILE_NAME, _SETTINGS.format(target=target, url=base_url).encode(), expected=None)
    made.append(FILE_NAME)
    folders = sorted({place.partition("/")[0] for kind in all_kinds() for place in kind.folders.values()})
    # line ends are part of a text: git keeps every byte, and compares them as texts still
    kept = [f"{each} -text" for each in (*(f"{folder}/**" for folder in folders), LOCK)]
    made += [name for name, lines in ((".gitignore", _IGNORED), (".gitattributes", kept)) if _add(root, name, lines)]
    for kind in all_kinds():
        for place in kind.folders.values():
            (root / place).mkdir(parents=True, exist_ok=True)
            made.append(f"{place}/")
    return Made(root, base_url, target, tuple(made))


def _add(root: Path, name: str, lines: Iterable[str]) -> bool:
    """Add lines to a file of git's: those about whose files it says nothing yet. Tell whether there were any."""
    present = read_file(root, name)
    told = {line.partition(" ")[0] for line in (present or b"").decode(errors="replace").splitlines()}
    missing = [each for each in lines if each.partition(" ")[0] not in told]
    if missing:
        lead = present + (b"" if present.endswith(b"\n") else b"\n") if present else b""
        write_file(root, name, lead + "".join(f"{each}\n" for each in missing).encode(), expected=present)
    return bool(missing)
