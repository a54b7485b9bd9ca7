"""A graph laid out as a drawing: boxes in columns, users left of what they use, with lines between them. Pure."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH, HEIGHT = 208, 44
_GAP_X, _GAP_Y, _EDGE = 96, 14, 12
_SWEEPS = 4
#: a longer way is drawn in fewer columns: in a circle it would have no end
_MOST_COLUMNS = 8
_MOST_LETTERS = 22


class Dot(NamedTuple):
    """Hold what is to be drawn: who it is, what it is called, and a class for its look."""

    key: str
    label: str
    type: str
    standing: str = ""


class Box(NamedTuple):
    """Hold a box at its place; `label` is as much of the name as has room."""

    dot: Dot
    label: str
    x: int
    y: int


class Line(NamedTuple):
    """Hold a line from a user to what it uses, as an SVG path."""

    user: str
    used: str
    path: str


class Drawing(NamedTuple):
    """Hold boxes and lines, and how large a sheet they take."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]


def draw(dots: Iterable[Dot], ties: Sequence[tuple[str, str]], columns: Mapping[str, int]) -> Drawing:
    """Lay boxes out in their columns, near those that they are tied to; `ties` are pairs of keys (user, used)."""
    by_column: dict[int, list[Dot]] = {}
    for dot in sorted(dots, key=lambda each: (each.type, each.label, each.key)):
        by_column.setdefault(columns[dot.key], []).append(dot)
    stacks = [by_column[column] for column in sorted(by_column)]
    _untangle(stacks, ties)
    tallest = max((len(each) for each in stacks), default=0)
    boxes = {}
    for at, stack in enumerate(stacks):
        top = _EDGE + (tallest - len(stack)) * (HEIGHT + _GAP_Y) // 2
        for row, dot in enumerate(stack):
            x, y = _EDGE + at * (WIDTH + _GAP_X), top + row * (HEIGHT + _GAP_Y)
            boxes[dot.key] = Box(dot, shortened(dot.label), x, y)
    lines = [Line(*tie, _path(boxes[tie[0]], boxes[tie[1]])) for tie in ties if tie[0] in boxes and tie[1] in boxes]
    width = 2 * _EDGE + len(stacks) * (WIDTH + _GAP_X) - _GAP_X if stacks else 0
    return Drawing(width, 2 * _EDGE + tallest * (HEIGHT + _GAP_Y) - _GAP_Y if stacks else 0, [*boxes.values()], lines)


def columns_of(keys: Iterable[str], ties: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Say in which column each stands: right of all that use it, as far as there is an end to that."""
    columns = dict.fromkeys(keys, 0)
    for _ in range(_MOST_COLUMNS):
        is_settled = True
        for user, used in ties:
            wanted = min(columns[user] + 1, _MOST_COLUMNS - 1)
            if user != used and columns[used] < wanted:
                columns[used], is_settled = wanted, False
        if is_settled:
            break
    return columns


def shortened(label: str) -> str:
    """Cut a name to the width of a box; wide letters count twice."""
    room = _MOST_LETTERS
    for at, letter in enumerate(label):
        room -= 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if room < 0:
            return f"{label[: at - 1].rstrip()}…"
    return label


def _untangle(stacks: list[list[Dot]], ties: Sequence[tuple[str, str]]) -> None:
    """Put each near the middle of its neighbours, from left to right and back, so that fewer lines cross."""
    near: dict[str, list[str]] = {}
    for user, used in ties:
        near.setdefault(user, []).append(used)
        near.setdefault(used, []).append(user)
    for sweep in range(_SWEEPS):
        places = {dot.key: row - len(stack) / 2 for stack in stacks for row, dot in enumerate(stack)}
        for stack in stacks if sweep % 2 == 0 else reversed(stacks):

            def middle(dot: Dot, places: Mapping[str, float] = places) -> float:
                found = [places[key] for key in near.get(dot.key, ()) if key in places]
                return sum(found) / len(found) if found else places[dot.key]

            stack.sort(key=middle)
            places |= {dot.key: row - len(stack) / 2 for row, dot in enumerate(stack)}


def _path(user: Box, used: Box) -> str:
    """Draw a bow from the right side of one box to the left side of another; back, where that stands further left."""
    x, y, to_x, to_y = user.x + WIDTH, user.y + HEIGHT // 2, used.x, used.y + HEIGHT // 2
    if used.x <= user.x:
        x, to_x = (user.x + WIDTH, used.x + WIDTH) if used.x == user.x else (user.x, used.x + WIDTH)
    bend = max(_GAP_X // 2, abs(to_x - x) // 2)
    out = bend if x == user.x + WIDTH else -bend
    into = -bend if to_x == used.x else bend
    return f"M{x} {y}C{x + out} {y} {to_x + into} {to_y} {to_x} {to_y}"
