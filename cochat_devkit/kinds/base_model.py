"""The catalogue: the models that a server offers to chat with, free and paid told apart; the mirror keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds.codecs import PLAIN, TEXT, read_only
from cochat_devkit.kinds.kind import Endpoint, Endpoints, Facet, Field, Kind, Listing, Rights, WireContext

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire

_FREE_SUFFIX = ":free"


def _pricing_of(wire: Wire) -> Json:
    """Find the prices that a provider's own list has, wherever the server passes them on."""
    for place in (wire, wire.get("openai"), (wire.get("info") or {}).get("meta"), wire.get("meta")):
        if isinstance(place, dict) and isinstance(place.get("pricing"), dict):
            return {key: str(each) for key, each in place["pricing"].items() if isinstance(each, (str, int, float))}
    return None


def _read_price(wire: Wire, _of: Field, _context: WireContext) -> Json:
    return _pricing_of(wire)


def _read_cost(wire: Wire, _of: Field, _context: WireContext) -> Json:
    """Say free, paid or unknown."""
    prices = _pricing_of(wire)
    if str(wire.get("id", "")).endswith(_FREE_SUFFIX):
        return "free"
    if not prices:
        return "unknown"
    return "paid" if any(_is_more_than_nothing(each) for each in prices.values()) else "free"


def _is_more_than_nothing(price: str) -> bool:
    try:
        return float(price) > 0
    except ValueError:
        return True


def _read_context_length(wire: Wire, _of: Field, _context: WireContext) -> Json:
    for place in (wire, wire.get("openai")):
        if isinstance(place, dict) and isinstance(place.get("context_length"), int):
            return place["context_length"]
    return None


def _endpoints(path: str) -> Endpoints:
    return Endpoints(
        listing=Listing(Endpoint("GET", path), has_bodies=True, rights=Rights.READABLE),
        selects=lambda wire: not wire.get("preset"),
        may_be_absent=True,
    )


KIND = Kind(
    name="base-model",
    plural="base-models",
    summary="A model that the server offers to chat with",
    folders={},
    fields=(
        Field("name", ("name",), TEXT, implied=lambda facts: facts.slug),
        Field("owner", ("owned_by",), TEXT, implied=lambda _facts: ""),
        Field("cost", ("cost",), read_only(_read_cost), implied=lambda _facts: "unknown"),
        Field("pricing", ("pricing",), read_only(_read_price), implied=lambda _facts: None),
        Field(
            "context_length",
            ("context_length",),
            read_only(_read_context_length),
            implied=lambda _facts: None,
        ),
        Field("is_pipe", ("pipe",), PLAIN, implied=lambda _facts: None),
    ),
    derived=("created", "object", "connection_type", "tags", "actions", "filters", "info", "urlIdx", "openai"),
    form=None,
    is_on_request=True,
    facet=Facet("cost", ("free", "paid", "unknown")),
    unlisted=(),
    is_valid_slug=lambda _slug: False,
    slug_rule="the provider's own",
    answers_to=("model",),
    write_order=90,
    # Source: Open WebUI 0.12.4 and 0.6.43, main.py; checked by tests/contract/. It answers an object with `data`.
    endpoints={"0.12": _endpoints("/api/models"), "0.6": _endpoints("/api/models")},
)
