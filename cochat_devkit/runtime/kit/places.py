"""Where plugins lie, and which line of them something passed through."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from cochat_devkit.plugin import PluginKind

#: folders that hold plugins in one repository or another
_FOLDERS = ("tools", "functions", "filters", "pipes", "actions", "events", "plugins", "src", "")


class Places:
    """Know the files of the plugins of a test, to say where something happened: `path:line`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: dict[str, str] = {}

    def add(self, path: Path) -> None:
        """Know one more file."""
        whole = path.absolute()
        self._names[str(whole)] = self.name(whole)

    def name(self, path: Path) -> str:
        """Name a file as people do, from the workspace's root on."""
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.name

    def of(self, lines: Iterable[tuple[str, int]]) -> str | None:
        """Name the first place that lies in a plugin; `lines` are files and line numbers, innermost first."""
        for file, line in lines:
            if file in self._names:
                return f"{self._names[file]}:{line}"
        return None

    def here(self) -> str | None:
        """Name the innermost line of a plugin that is being executed."""
        import sys

        return self.of(lines_of(sys._getframe(1)))  # noqa: SLF001 - the only name that Python has for it


def lines_of(frame: FrameType | None) -> Iterator[tuple[str, int]]:
    """Go through the lines that led to a frame, innermost first."""
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back


def workspace_of(test_file: Path, fallback: Path) -> Path:
    """Find the nearest folder above a test that has a `cochat.toml`."""
    return next((each for each in test_file.parents if (each / "cochat.toml").is_file()), fallback)


def plugin_of(test_file: Path, root: Path) -> Path:
    """Find the plugin that a test file `test_<id>.py` belongs to.

    Tests mirror the folders that plugins lie in, or lie beside or below them; the folder that the test's own is named
    for goes first.

    Raises:
        UsageError: there is none, or more than one.
    """
    name = test_file.name.removeprefix("test_")
    mirrored = test_file.parent.name
    for folder in (each for each in test_file.parents if each.is_relative_to(root)):
        places = [folder / each / name for each in (mirrored, *_FOLDERS)]
        places += [folder / "plugins" / each / name for each in (mirrored, *_FOLDERS) if each != "plugins"]
        found = list(dict.fromkeys(each for each in places if each != test_file and each.is_file()))
        if found and found[0].parent.name == mirrored:
            return found[0]
        if len(found) > 1:
            listed = ", ".join(each.relative_to(root).as_posix() for each in found)
            raise UsageError(f"{test_file.name} may belong to {listed}: name one, as in {_example(found[0], root)}")
        if found:
            return found[0]
    example = _example(root / "plugins" / "tools" / name, root)
    raise UsageError(f"there is no plugin {name} that {test_file.name} could belong to: name it, as in {example}")


def _example(path: Path, root: Path) -> str:
    return f'@pytest.mark.plugin("{path.relative_to(root).as_posix()}")'


def kind_of(path: Path, source: str) -> PluginKind:
    """Tell a tool from a function: by the folder that the kind table gives them, else by the class in the text."""
    import re

    from cochat_devkit.kinds import all_kinds

    place = path.absolute().parent.as_posix()
    for kind in all_kinds():
        if kind.plugin and any(place.endswith(folder) for folder in kind.folders.values()):
            return kind.plugin
    return "tool" if re.search(r"^class Tools\b", source, re.MULTILINE) else "function"


def absolute(path: str | Path, root: Path) -> Path:
    """Read a path that starts at the workspace."""
    return Path(os.path.normpath(root / path))
