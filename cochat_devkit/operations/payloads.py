"""What a hook made of a payload: each place that differs, in a line of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.resource import Json


def changes(before: Json, after: Json) -> list[str]:
    """List what differs, a line for each place in each of them: `- messages[0].content: hi`."""
    if before is None or after is None or before == after:
        return []
    was, now = dict(_leaves(before, "")), dict(_leaves(after, ""))
    lines: list[str] = []
    for place in dict.fromkeys((*was, *now)):
        if was.get(place, _NOTHING) != now.get(place, _NOTHING):
            lines += [f"- {line}" for line in _lines(place, was[place])] if place in was else []
            lines += [f"+ {line}" for line in _lines(place, now[place])] if place in now else []
    return lines


_NOTHING = object()


def _leaves(value: Json, place: str) -> Iterator[tuple[str, Json]]:
    """Go through the values that hold no others, each with its place."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _leaves(each, f"{place}.{name}" if place else name)
    elif isinstance(value, list) and value:
        for number, each in enumerate(value):
            yield from _leaves(each, f"{place}[{number}]")
    else:
        yield place, value


def _lines(place: str, value: Json) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    first, *others = text.split("\n")
    return [f"{place}: {first}", *(f"    {each}" for each in others)]
