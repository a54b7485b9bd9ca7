"""What differs between two answers, in as few words as will do."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
_ABSENT = object()


def differences(real: Json, ours: Json) -> list[str]:
    """List the places where two answers differ, each with what the server has and what ours has; empty where none."""
    return list(_walk("", real, ours))


def _walk(place: str, real: Json, ours: Json) -> Iterator[str]:
    if isinstance(real, dict) and isinstance(ours, dict):
        for name in {**real, **ours}:
            yield from _walk(f"{place}.{name}" if place else name, real.get(name, _ABSENT), ours.get(name, _ABSENT))
    elif isinstance(real, list) and isinstance(ours, list):
        yield from _walk_list(place, real, ours)
    elif real != ours or isinstance(real, bool) is not isinstance(ours, bool):
        yield f"{place}: {_words(real)} there, {_words(ours)} here"


def _walk_list(place: str, real: list[Json], ours: list[Json]) -> Iterator[str]:
    """Go through two lists side by side; what one has more is told as that."""
    texts = [[json.dumps(each, sort_keys=True) for each in one] for one in (real, ours)]
    for what, i, i_end, j, j_end in difflib.SequenceMatcher(a=texts[0], b=texts[1], autojunk=False).get_opcodes():
        if what == "equal":
            continue
        both = min(i_end - i, j_end - j)
        for number in range(both):
            yield from _walk(f"{place}[{i + number}]", real[i + number], ours[j + number])
        for number in range(i + both, i_end):
            yield f"{place}[{number}]: {_words(real[number])} there, nothing here"
        for number in range(j + both, j_end):
            yield f"{place}[{number}]: nothing there, {_words(ours[number])} here"


def _words(value: Json) -> str:
    return "nothing" if value is _ABSENT else json.dumps(value, ensure_ascii=False)
