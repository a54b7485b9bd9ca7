"""What changed between two bodies, in lines for people. Pure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from cochat_devkit.resource import is_same_json
from cochat_devkit.sync.align import align, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cochat_devkit.resource import Json

_LONGEST = 60
#: the field that holds further files by their paths
_FILES = "files"
#: more files than these are counted, not named
_MOST_FILES = 5
_HEADER_LINES = 2


def describe_changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[str]:
    """Say by field what changed: texts of several lines by their counts, all else by both values."""
    return [_describe(name, before.get(name), after.get(name)) for name in changed_names(before, after)]


def changed_names(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[str]:
    """Name the fields that differ."""
    return [name for name in dict.fromkeys((*before, *after)) if not is_same_json(before.get(name), after.get(name))]


def unified_diff(before: Mapping[str, Json], after: Mapping[str, Json], names: tuple[str, str]) -> Iterator[str]:
    """Write the difference as a unified diff, the long texts first; lines without their ends."""
    changed = changed_names(before, after)
    for name in changed:
        old, new = before.get(name), after.get(name)
        if _is_text(old) or _is_text(new):
            yield from _text_diff(str(old or ""), str(new or ""), (f"{names[0]} {name}", f"{names[1]} {name}"))
    for name in changed:
        old, new = before.get(name), after.get(name)
        if not (_is_text(old) or _is_text(new)):
            yield f"--- {names[0]} {name}"
            yield f"+++ {names[1]} {name}"
            yield f"-{_short(old)}"
            yield f"+{_short(new)}"


def _describe(name: str, old: Json, new: Json) -> str:
    if _is_text(old) or _is_text(new):
        added, removed = _counts(str(old or ""), str(new or ""))
        return f"{name}: +{added} -{removed} lines"
    if isinstance(old, dict) and isinstance(new, dict) and name == _FILES:
        return f"{name}: {', '.join(_describe_files(old, new))}"
    return f"{name}: {_short(old)} -> {_short(new)}"


def _describe_files(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    """Say which files of a tree came, went or changed; many by their number."""
    sorts = {
        "new": [path for path in new if path not in old],
        "gone": [path for path in old if path not in new],
        "changed": [path for path in new if path in old and not is_same_json(old[path], new[path])],
    }
    for word, paths in sorts.items():
        if len(paths) > _MOST_FILES:
            yield f"{len(paths)} {word}"
        elif paths:
            yield f"{word}: {' '.join(paths)}"


def _counts(old: str, new: str) -> tuple[int, int]:
    apart = [run for run in align(lines_of(old), lines_of(new)) if not run.is_same]
    return sum(run.new_to - run.new_from for run in apart), sum(run.old_to - run.old_from for run in apart)


def _text_diff(old: str, new: str, names: tuple[str, str]) -> Iterator[str]:
    lines = difflib.unified_diff(lines_of(old), lines_of(new), *names, lineterm="")
    for number, line in enumerate(lines):
        # a line end that cannot be seen is a difference all the same
        yield line.removesuffix("\n").replace("\r", "␍")
        is_content = number >= _HEADER_LINES and not line.startswith("@@")
        if is_content and not line.endswith("\n"):
            yield r"\ No newline at end of file"


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and "\n" in value


def _short(value: Json) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
