"""The merge: one body of two that came from a common base, by field, by key and by line. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from cochat_devkit.resource import is_same_json
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.resource import Body, Json

#: a longer text is not compared line by line: the comparison is quadratic in the worst case
LONGEST_TEXT_LINES = 20_000
_MARK = re.compile(r"<{7}|>{7}|\|{7}|={7}$")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class _Absent:
    """Stand for a key that is not there; unlike None, which is a value."""


_ABSENT = _Absent()


class Merged(NamedTuple):
    """Hold a merge: the body, and the fields that both sides changed differently (there the body has ours)."""

    body: Body
    conflicts: tuple[str, ...] = ()


def merge_bodies(base: Mapping[str, Json], local: Mapping[str, Json], remote: Mapping[str, Json]) -> Merged:
    """Merge field by field; texts by line, mappings by key, all else whole."""
    body: Body = {}
    conflicts: list[str] = []
    for name in dict.fromkeys((*local, *remote, *base)):
        sides = (base.get(name, _ABSENT), local.get(name, _ABSENT), remote.get(name, _ABSENT))
        found, inner = _merge_values(*sides)
        if found is not _ABSENT:
            body[name] = found
        conflicts += [f"{name}.{each}" if each else name for each in inner]
    return Merged(body, tuple(conflicts))


def merge_lines(base: str, local: str, remote: str) -> str | None:
    """Merge three texts by line; None where both sides changed the same or neighbouring lines differently."""
    if local == remote or remote == base:
        return local
    if local == base:
        return remote
    texts = [_LINE.findall(each) for each in (base, local, remote)]
    if max(len(lines) for lines in texts) > LONGEST_TEXT_LINES:
        return None
    return _merge_line_lists(*texts)


def merge_with_markers(base: str | None, local: str, remote: str) -> tuple[str, int]:
    """Merge three texts by line, with markers where that is not possible: (text, number of such places).

    Without a base, what both have counts as such.
    """
    here, there = _LINE.findall(local), _LINE.findall(remote)
    start = _LINE.findall(base) if base is not None else _shared_lines(here, there)
    merged: list[str] = []
    places = base_at = here_at = there_at = 0
    for base_start, here_start, there_start, length in _common_runs(start, here, there):
        gap = (start[base_at:base_start], here[here_at:here_start], there[there_at:there_start])
        found = _settle(*gap)
        if found is None:
            places += 1
            found = [
                *_marked(MARKS[0], gap[1]),
                *_marked(MARKS[1], gap[0]),
                *_marked(MARKS[2], gap[2]),
                f"{MARKS[3]}\n",
            ]
        merged += found
        merged += start[base_start : base_start + length]
        base_at, here_at, there_at = base_start + length, here_start + length, there_start + length
    return "".join(merged), places


#: what stands before the lines of here, of the base and of there, and after all
MARKS = ("<<<<<<< here", "||||||| base", "=======", ">>>>>>> there")


def marks_left(text: str, *originals: str) -> list[int]:
    """List the lines, counted from one, that are markers, or what is left of one, and stood in no original."""
    own = {line.rstrip("\r") for each in originals for line in each.split("\n")}
    lines = (line.rstrip("\r") for line in text.split("\n"))
    return [number for number, line in enumerate(lines, start=1) if _MARK.match(line) and line not in own]


def begun_merge(text: str, *originals: str) -> int | None:
    """Find the line, counted from one, where a merge begins that nobody finished; None where there is none.

    It has a marker of each side, and the line between them, in this order. A text that speaks of markers has them
    indented, or had that line in an original.
    """
    own = {line.rstrip("\r") for each in originals for line in each.split("\n")}
    begin, is_parted = None, False
    for number, line in enumerate((line.rstrip("\r") for line in text.split("\n")), start=1):
        if line.startswith("<<<<<<< ") and line not in own:
            begin, is_parted = number, False
        elif line == "=======":
            is_parted = begin is not None
        elif line.startswith(">>>>>>> ") and is_parted:
            return begin
    return None


def _marked(mark: str, lines: Sequence[str]) -> list[str]:
    closed = [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else f"{lines[-1]}\n"] if lines else []
    return [f"{mark}\n", *closed]


def _shared_lines(here: Sequence[str], there: Sequence[str]) -> list[str]:
    return [line for start, _, size in _shared_runs(here, there) for line in here[start : start + size]]


def _merge_values(base: Json, local: Json, remote: Json) -> tuple[Json, list[str]]:
    """Merge one value: (value or _ABSENT, names of the conflicts within, "" for the value itself)."""
    if _same(local, remote) or _same(remote, base):
        return local, []
    if _same(local, base):
        return remote, []
    if all(isinstance(each, str) for each in (base, local, remote)):
        text = merge_lines(base, local, remote)
        return (local, [""]) if text is None else (text, [])
    if all(isinstance(each, dict) for each in (base, local, remote)):
        merged = merge_bodies(base, local, remote)
        return merged.body, list(merged.conflicts)
    return local, [""]


def _same(one: Json, other: Json) -> bool:
    if one is _ABSENT or other is _ABSENT:
        return one is other
    return is_same_json(one, other)


def _merge_line_lists(base: Sequence[str], local: Sequence[str], remote: Sequence[str]) -> str | None:
    merged: list[str] = []
    base_at = local_at = remote_at = 0
    for base_start, local_start, remote_start, length in _common_runs(base, local, remote):
        found = _settle(base[base_at:base_start], local[local_at:local_start], remote[remote_at:remote_start])
        if found is None:
            return None
        merged += found
        merged += base[base_start : base_start + length]
        base_at, local_at, remote_at = base_start + length, local_start + length, remote_start + length
    return "".join(merged)


def _settle(base: Sequence[str], local: Sequence[str], remote: Sequence[str]) -> Sequence[str] | None:
    """Choose between what stands in one gap between two runs that all three share."""
    if local == remote or remote == base:
        return local
    return remote if local == base else None


def _common_runs(base: Sequence[str], local: Sequence[str], remote: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """List the runs of lines that all three share, in order, closed by an empty run at the ends of all."""
    here, there = _shared_runs(base, local), _shared_runs(base, remote)
    runs: list[tuple[int, int, int, int]] = []
    i = j = 0
    while i < len(here) and j < len(there):
        (here_base, here_at, here_size), (there_base, there_at, there_size) = here[i], there[j]
        start = max(here_base, there_base)
        end = min(here_base + here_size, there_base + there_size)
        if start < end:
            runs.append((start, here_at + start - here_base, there_at + start - there_base, end - start))
        if here_base + here_size < there_base + there_size:
            i += 1
        else:
            j += 1
    runs.append((len(base), len(local), len(remote), 0))
    return runs


def _shared_runs(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int, int]]:
    """List the runs of lines that two share, in order: (start in one, start in the other, length).

    What both begin and end with stays where it is: among lines that repeat, the longest run may be a shifted one, and
    an edit of the other side would come to lie elsewhere.
    """
    least = min(len(one), len(other))
    head = next((at for at in range(least) if one[at] != other[at]), least)
    tail = next((at for at in range(least - head) if one[-1 - at] != other[-1 - at]), least - head)
    inner = SequenceMatcher(None, one[head : len(one) - tail], other[head : len(other) - tail], autojunk=False)
    return [
        (0, 0, head),
        *((block.a + head, block.b + head, block.size) for block in inner.get_matching_blocks()),
        (len(one) - tail, len(other) - tail, tail),
        (len(one), len(other), 0),
    ]
