"""Which lines of two texts stand for each other, in bounded time, whatever the texts are. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
#: equal pairs of lines that are looked at closely, in all: what goes beyond counts as replaced
_MOST_PAIRS = 20_000


class Run(NamedTuple):
    """Hold lines that are the same on both sides, or that stand in each other's place; from 0, ends not included."""

    old_from: int
    old_to: int
    new_from: int
    new_to: int
    is_same: bool = False


def lines_of(text: str) -> list[str]:
    """Part a text into lines with their ends."""
    return _LINE.findall(text)


def align(old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """Find the runs of lines that are the same, and what lies between them, in order.

    Lines that stand once in both texts are matched first, in the longest order that both have; what lies between two
    of them is compared closely where it is small.
    """
    runs: list[Run] = []
    for run in _aligned(old, new):
        if runs and runs[-1].is_same == run.is_same:
            runs[-1] = runs[-1]._replace(old_to=run.old_to, new_to=run.new_to)
        else:
            runs.append(run)
    return runs


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    """Yield runs; two of a sort may follow each other."""
    old_done = new_done = 0
    room = _MOST_PAIRS
    for old_at, new_at in [*_anchors(old, new), (len(old), len(new))]:
        gap = Run(old_done, old_at, new_done, new_at)
        for run in _between(old, new, gap) if old_done < old_at or new_done < new_at else ():
            if run.is_same:
                yield run
                continue
            there = Counter(new[run.new_from : run.new_to])
            cost = sum(1 + there[line] for line in old[run.old_from : run.old_to])
            yield from _closely(old, new, run) if cost <= room else [run]
            room -= min(cost, room)
        if old_at < len(old):
            yield Run(old_at, old_at + 1, new_at, new_at + 1, is_same=True)
        old_done, new_done = old_at + 1, new_at + 1


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Find the lines that stand once on both sides, in the longest order that both have: (old, new)."""
    in_old, in_new = Counter(old), Counter(new)
    places = {line: at for at, line in enumerate(new) if in_new[line] == 1}
    pairs = [(at, places[line]) for at, line in enumerate(old) if in_old[line] == 1 and line in places]
    # patience: the top of each pile is the least end of an order of that length
    tops: list[int] = []
    chains: list[tuple[int, int, object]] = []
    for old_at, new_at in pairs:
        pile = bisect_left(tops, new_at)
        chain = (old_at, new_at, chains[pile - 1] if pile else None)
        tops[pile : pile + 1] = [new_at]
        chains[pile : pile + 1] = [chain]
    found: list[tuple[int, int]] = []
    link: object = chains[-1] if chains else None
    while isinstance(link, tuple):
        found.append(link[:2])
        link = link[2]
    return found[::-1]


def _between(old: Sequence[str], new: Sequence[str], gap: Run) -> Iterator[Run]:
    """Part what lies between two anchors into what begins and ends alike, and the rest."""
    old_from, old_to, new_from, new_to, _is_same = gap
    head = tail = 0
    room = min(old_to - old_from, new_to - new_from)
    while head < room and old[old_from + head] == new[new_from + head]:
        head += 1
    while tail < room - head and old[old_to - 1 - tail] == new[new_to - 1 - tail]:
        tail += 1
    if head:
        yield Run(old_from, old_from + head, new_from, new_from + head, is_same=True)
    if (old_to - old_from, new_to - new_from) != (head + tail, head + tail):
        yield Run(old_from + head, old_to - tail, new_from + head, new_to - tail)
    if tail:
        yield Run(old_to - tail, old_to, new_to - tail, new_to, is_same=True)


def _closely(old: Sequence[str], new: Sequence[str], run: Run) -> Iterator[Run]:
    """Compare each line of a small run with each."""
    old_from, old_to, new_from, new_to, _is_same = run
    matcher = SequenceMatcher(None, old[old_from:old_to], new[new_from:new_to], autojunk=False)
    for tag, one, one_end, other, other_end in matcher.get_opcodes():
        ends = old_from + one, old_from + one_end, new_from + other, new_from + other_end
        yield Run(*ends, is_same=tag == "equal")
