"""Two versions side by side: rows of lines with the words that changed, long runs of what did not folded. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

from cochat_devkit.redaction import redact
from cochat_devkit.sync.align import align, lines_of
from cochat_devkit.sync.describe import changed_names
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cochat_devkit.resource import Json
    from cochat_devkit.sync.align import Run

_AROUND = 3
#: a longer run of what did not change is counted and not shown
_MOST_FOLDED = 60
#: nobody reads more than so many rows: the rest is counted
_MOST_ROWS = 1_000
#: words that are compared with words, in a line and in all
_MOST_WORDS = 200
_MOST_COMPARED = 12_000
#: lines that have less in common than this are other lines
_LEAST_ALIKE = 0.35
_LONGEST_LINE = 2_000
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_SHORT = 200

#: a text in pieces: each with whether it changed
Pieces = list[tuple[str, bool]]


class Cell(NamedTuple):
    """Hold one line of one side: its number from 1, and its text in pieces."""

    number: int
    pieces: Pieces


class Row(NamedTuple):
    """Hold what stands beside each other; a side without a line there is None."""

    sort: str
    old: Cell | None
    new: Cell | None


class Block(NamedTuple):
    """Hold so many rows; folded ones did not change, and of very many `rows` has none."""

    rows: list[Row]
    height: int
    is_folded: bool = False


@dataclass
class Sides:
    """Hold two texts beside each other; `left_out` counts the rows that are not shown any more."""

    blocks: list[Block] = field(default_factory=list)
    added: int = 0
    removed: int = 0
    left_out: int = 0


class Difference(NamedTuple):
    """Hold what changed in one field: long texts as sides, short values in pieces."""

    name: str
    sides: Sides | None
    old: Pieces
    new: Pieces


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[Difference]:
    """Compare two bodies field by field, short values first; what is the same is left out."""
    found = [_difference(name, before.get(name), after.get(name)) for name in changed_names(before, after)]
    return sorted(found, key=lambda each: each.sides is not None)


def side_by_side(old: str, new: str) -> Sides:
    """Lay two texts beside each other."""
    sides, words = Sides(), _Words()
    old_lines, new_lines = lines_of(old), lines_of(new)
    runs = align(old_lines, new_lines)
    room = _MOST_ROWS
    for at, run in enumerate(runs):
        if run.is_same:
            blocks = [*_folded(run, old_lines, is_first=at == 0, is_last=at == len(runs) - 1)]
        else:
            sides.removed += run.old_to - run.old_from
            sides.added += run.new_to - run.new_from
            count = max(run.old_to - run.old_from, run.new_to - run.new_from)
            rows = _rows(run, old_lines, new_lines, words, min(count, room))
            blocks = [Block([*rows], count)]
        for block in blocks:
            shown = block.rows[:room]
            sides.left_out += block.height - len(shown) if not block.is_folded or not room else 0
            sides.blocks += [block._replace(rows=shown)] if room else []
            room -= len(shown)
    return sides


def _difference(name: str, old: Json, new: Json) -> Difference:
    one, other = to_text(old), to_text(new)
    if "\n" in one or "\n" in other or len(one) + len(other) > _SHORT:
        return Difference(name, side_by_side(one, other), [], [])
    pieces = _Words().compare(one, other)
    return Difference(name, None, *pieces)


def to_text(value: Json) -> str:
    """Write a value as people read it: a text as it is, all else as JSON in lines; masked, before it is in pieces."""
    if isinstance(value, str):
        return redact(value)
    return "" if value is None else redact(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str))


def _folded(run: Run, lines: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[Block]:
    """Part what did not change into what stands around changes, and the rest, which is folded."""
    count = run.old_to - run.old_from
    head, tail = (0 if is_first else _AROUND), (0 if is_last else _AROUND)
    if count <= head + tail + 1:
        head, tail = count, 0

    def block(first: int, end: int, *, is_folded: bool) -> Block:
        within = range(first, end) if not is_folded or end - first <= _MOST_FOLDED else ()
        pieces = {at: _whole(lines[run.old_from + at]) for at in within}
        old_at, new_at = run.old_from + 1, run.new_from + 1
        rows = [Row("same", Cell(old_at + at, each), Cell(new_at + at, each)) for at, each in pieces.items()]
        return Block(rows, end - first, is_folded)

    for first, end, is_folded in ((0, head, False), (head, count - tail, True), (count - tail, count, False)):
        if first < end:
            yield block(first, end, is_folded=is_folded)


def _rows(run: Run, old: Sequence[str], new: Sequence[str], words: _Words, most: int) -> Iterator[Row]:
    olds, news = range(run.old_from, run.old_to), range(run.new_from, run.new_to)
    for _, (here, there) in zip(range(most), zip_longest(olds, news), strict=False):
        if here is None or there is None:
            yield Row(
                "added" if here is None else "removed",
                None if here is None else Cell(here + 1, _whole(old[here])),
                None if there is None else Cell(there + 1, _whole(new[there])),
            )
        else:
            one, other = words.compare(old[here], new[there])
            yield Row("changed", Cell(here + 1, one), Cell(there + 1, other))


def _whole(line: str) -> Pieces:
    return [(_plain(line), False)]


def _plain(line: str) -> str:
    """Write a line as it is shown: a line end that cannot be seen is a difference all the same."""
    shown = line.removesuffix("\n").replace("\r", "␍")
    return shown if len(shown) <= _LONGEST_LINE else f"{shown[:_LONGEST_LINE]}… (+{len(shown) - _LONGEST_LINE})"


class _Words:
    """Compare lines word by word, as long as that takes nobody's time."""

    def __init__(self) -> None:
        self._room = _MOST_COMPARED

    def compare(self, old: str, new: str) -> tuple[Pieces, Pieces]:
        """Part two lines into what they have in common and what they do not."""
        if old.removesuffix("\n") == new.removesuffix("\n"):
            # all that differs is that one has no end
            one, other = ([(_plain(each), False), ("␊" * each.endswith("\n"), True)] for each in (old, new))
            return _joined(one), _joined(other)
        before, after = (_WORD.findall(_plain(each)) for each in (old, new))
        self._room -= len(before) + len(after)
        if self._room < 0 or max(len(before), len(after)) > _MOST_WORDS:
            return _whole(old), _whole(new)
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        if matcher.ratio() < _LEAST_ALIKE:
            return _whole(old), _whole(new)
        codes = matcher.get_opcodes()
        return (
            _joined(("".join(before[first:end]), tag != "equal") for tag, first, end, _, _ in codes),
            _joined(("".join(after[first:end]), tag != "equal") for tag, _, _, first, end in codes),
        )


def _joined(pieces: Iterable[tuple[str, bool]]) -> Pieces:
    return [each for each in pieces if each[0]]
