"""The models that a server offers: free and paid, how much each reads, what it costs, and what of ours runs on it."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from cochat_devkit.operations.catalogue import OFFERED, offers, running
from cochat_devkit.web.page import Page, count_pieces, in_order, number_in, query_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.operations.catalogue import Offer
    from cochat_devkit.web.page import Asked, Params

_PIECE = 100
#: by the name in the address: the column that is sorted by
SORTS = {"name": "name", "context": "context_length", "in": "price_in", "out": "price_out"}
COSTS = ("free", "paid", "unknown")
#: the least context that can be asked for
CONTEXTS = (32_000, 128_000, 200_000, 1_000_000)
SAID = COSTS
_THOUSAND, _MILLION = 1_000, 1_000_000


def _make(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    query = {name: asked.query.get(name, "") for name in ("q", "cost", "context", "sort")}
    all_ = offers(catalogue.config, target=catalogue.target)
    found = _sorted(_filtered(all_, query), query["sort"])
    number = number_in(asked.params.get("number", ""), 1)
    runs = running(catalogue.config, target=catalogue.target)
    users = {ref for each in runs.values() for ref in each.users}
    return {
        "lines": found[(number - 1) * _PIECE : number * _PIECE],
        "total": len(all_),
        "found": len(found),
        "counts": {cost: sum(each.cost == cost for each in all_) for cost in COSTS},
        "number": number,
        "count": count_pieces(len(found), _PIECE),
        "query": query,
        "contexts": CONTEXTS,
        "running": runs,
        "names": {each.ref: each.name or each.ref for each in catalogue.listed() if each.ref in users},
        "offered": OFFERED,
        "in_short": in_short,
        "dollars": dollars,
        "behind": lambda **changes: query_of({**query, **changes}),
    }


def _filtered(lines: Sequence[Offer], query: Mapping[str, str]) -> list[Offer]:
    words, least = query["q"].lower().split(), number_in(query["context"], 0)
    return [
        each
        for each in lines
        if query["cost"] in ("", each.cost)
        and (each.context_length or 0) >= least
        and all(word in f"{each.name} {each.slug} {each.owner}".lower() for word in words)
    ]


def _sorted(lines: list[Offer], sort: str) -> list[Offer]:
    """Sort by a column, downwards with a hyphen before its name; what says nothing there comes last either way."""
    column = SORTS.get(sort.removeprefix("-"))
    if column is None:
        return lines
    return in_order(lines, attrgetter(column), sort)


def in_short(number: int) -> str:
    """Write how many tokens a model reads: 131k, 1M."""
    if number >= _MILLION:
        return f"{number / _MILLION:.3g}M"
    return f"{number / _THOUSAND:.3g}k" if number >= _THOUSAND else str(number)


def dollars(price: float) -> str:
    """Write a price, small ones as exactly as they are."""
    return f"${price:,.2f}" if price == 0 or price >= 0.1 else f"${price:.2g}"  # noqa: PLR2004 - ten cents


def _every_piece(catalogue: Catalogue) -> Iterator[Params]:
    count = len(offers(catalogue.config, target=catalogue.target))
    return ({"number": str(number)} for number in range(2, count_pieces(count, _PIECE) + 1))


PAGES = (
    Page("models", "models.html", "models.html", _make, menu="Models"),
    Page("models-piece", "models/{number}.html", "models.html", _make, _every_piece),
)
