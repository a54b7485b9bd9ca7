"""What a page is: a path, a template, what the template is given, and every address that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from cochat_devkit.resource import EMPTY
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.paths import file_stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cochat_devkit.operations.browse import Catalogue

Line = TypeVar("Line")
#: so many links to pieces stand on each side of the one that is shown
_BESIDE = 2
#: the parts of a page's path by name, as they were before they were made safe for a URL and a file's name
Params = dict[str, str]

#: a longer number names nothing, and would take long to read
_LONGEST_NUMBER = 9


class Asked(NamedTuple):
    """Hold what a reader asks of a page: the parts of its path, and behind the question mark what is never needed.

    `query` is empty in the static site.
    """

    params: Mapping[str, str]
    query: Mapping[str, str] = EMPTY


class Page(NamedTuple):
    """Say everything of one page; routes, links, the static site and the walk of the browser tests loop over these.

    `path` has its parts in braces: `{type}/{stem}` stand for a resource, which `make` is given as `ref`. `make` gives
    what the template is laid out with. `every` lists the parts of every address that there is of it. `menu` is what the
    navigation calls a page without parts, in English; "" where it does not lead there. `way` is what the page of a
    resource calls the way to this one about the same resource, where there is one for its type.
    """

    name: str
    path: str
    template: str
    make: Callable[[Catalogue, Asked], dict[str, Any]]
    every: Callable[[Catalogue], Iterable[Params]] = lambda _catalogue: [{}]
    menu: str = ""
    way: str = ""
    has_way: Callable[[str], bool] = lambda _type: True

    def address(self, **params: str) -> str:
        """Write the path of one address: relative to a language's root, each part as a URL takes it."""
        parts = dict(params)
        if "ref" in parts:
            parts["type"], _, slug = parts.pop("ref").partition("/")
            parts["stem"] = file_stem(slug)
        return self.path.format(**{name: quote(part, safe="") for name, part in parts.items()})


def number_in(text: str, otherwise: int) -> int:
    """Read a number from 1 that stands in an address; what is none is `otherwise`."""
    return max(1, int(text)) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else otherwise


def count_pieces(total: int, size: int) -> int:
    """Count the pieces that a list of so many lines comes in: an empty one is a piece, too."""
    return max(1, -(-total // size))


def query_of(asked: Mapping[str, str]) -> str:
    """Write what stands behind an address, the question mark included, without what is not asked for."""
    said = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(said)}" if said else ""


def in_order(lines: Sequence[Line], value_of: Callable[[Line], Any], sort: str) -> list[Line]:
    """Sort by a value, downwards where `sort` begins with a hyphen; those whose value is None come last either way."""
    said = [each for each in lines if value_of(each) is not None]
    said.sort(key=value_of, reverse=sort.startswith("-"))
    return said + [each for each in lines if value_of(each) is None]


def pieces_near(number: int, count: int) -> Iterator[int | None]:
    """Name the pieces that links lead to: the first, the last, and those beside; None for a gap."""
    wanted = {1, count, *range(max(1, number - _BESIDE), min(count, number + _BESIDE) + 1)}
    before = 0
    for each in sorted(wanted):
        if each - before > 1:
            yield None
        yield each
        before = each
