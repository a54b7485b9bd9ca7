"""The list of the resources of one type, in pieces."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cochat_devkit.web.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Asked, Params

_PIECE = 100
#: nobody has so many pieces
_LONGEST_NUMBER = 9


def _make(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    lines = [each for each in catalogue.listed() if each.type == asked.params["type"]]
    number, count = _number(asked.params["number"]), _pieces(len(lines))
    piece = lines[(number - 1) * _PIECE : number * _PIECE]
    return {"type": asked.params["type"], "lines": piece, "total": len(lines), "number": number, "count": count}


def _every(catalogue: Catalogue) -> Iterator[Params]:
    for type_, count in Counter(each.type for each in catalogue.listed()).items():
        for number in range(1, _pieces(count) + 1):
            yield {"type": type_, "number": str(number)}


def _pieces(count: int) -> int:
    return max(1, -(-count // _PIECE))


def _number(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else 1


PAGES = (Page("list", "k/{type}/{number}.html", "list.html", _make, _every),)
