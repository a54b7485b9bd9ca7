"""The list of the resources of one type, in pieces; what stands behind the question mark sorts and filters it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cochat_devkit.kinds import kind_named
from cochat_devkit.web.page import Page, count_pieces, in_order, number_in, query_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.operations.ls import Listed
    from cochat_devkit.resource import Json
    from cochat_devkit.web.page import Asked, Params

_PIECE = 100
#: by the name in the address: what a list can be sorted by
SORTS = ("name", "ref", "state", "version", "updated")
_ATTRIBUTES = {"updated": "updated_at"}
#: fields of a body that say much in a column, of those that a kind has
COLUMNS = ("active", "global", "priority", "base", "tags", "cost", "context_length", "description")


def _make(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    type_ = asked.params["type"]
    kind, _type = kind_named(type_)
    query = {name: asked.query.get(name, "") for name in ("q", "state", "sort")}
    of_type = [each for each in catalogue.listed() if each.type == type_]
    lines = _sorted(_filtered(of_type, query), query["sort"])
    number, count = number_in(asked.params["number"], 1), count_pieces(len(lines), _PIECE)
    piece = lines[(number - 1) * _PIECE : number * _PIECE]
    bodies = catalogue.bodies_of(piece)
    names = [name for name in COLUMNS if any(field.name == name for field in kind.fields)]
    return {
        "type": type_,
        "summary": kind.summary if type_ == kind.name else "",
        "lines": piece,
        "bodies": bodies,
        "columns": [name for name in names if any(_says(body.get(name)) for body in bodies.values())],
        "has_versions": any(each.version for each in of_type),
        "has_dates": any(each.updated_at for each in of_type),
        "total": len(of_type),
        "found": len(lines),
        "first": (number - 1) * _PIECE + 1,
        "number": number,
        "count": count,
        "states": Counter(each.state for each in of_type),
        "query": query,
        "behind": lambda **changes: query_of({**query, **changes}),
    }


def _every(catalogue: Catalogue) -> Iterator[Params]:
    for type_, count in Counter(each.type for each in catalogue.listed()).items():
        for number in range(1, count_pieces(count, _PIECE) + 1):
            yield {"type": type_, "number": str(number)}


def _filtered(lines: Sequence[Listed], query: Mapping[str, str]) -> list[Listed]:
    words, state = query["q"].lower().split(), query["state"]
    return [
        each
        for each in lines
        if (not state or each.state == state) and all(word in f"{each.name} {each.ref}".lower() for word in words)
    ]


def _sorted(lines: list[Listed], sort: str) -> list[Listed]:
    """Sort by a column, downwards with a hyphen before its name; what says nothing there comes last either way."""
    name = sort.removeprefix("-")
    if name not in SORTS:
        return lines
    attribute = _ATTRIBUTES.get(name, name)
    return in_order(lines, lambda each: (getattr(each, attribute) or "").casefold() or None, sort)


def _says(value: Json) -> bool:
    return value not in (None, "", [], {})


PAGES = (Page("list", "k/{type}/{number}.html", "list.html", _make, _every),)
