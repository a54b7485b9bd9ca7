"""The catalogue of models: what a server offers to chat with, at what price, and what of ours runs on each; offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit.mirror.reader import MirrorReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.config import Config
    from cochat_devkit.resource import Body, Json

#: the kind whose resources are offered, and not made by anybody here
OFFERED = "base-model"
_MILLION = 1_000_000


class Offer(NamedTuple):
    """Hold one model that a server offers; prices are in dollars a million tokens, None where nobody says.

    `cost` is free, paid or unknown.
    """

    ref: str
    slug: str
    name: str
    owner: str
    cost: str
    context_length: int | None
    price_in: float | None
    price_out: float | None


def offers(config: Config, *, target: str | None) -> list[Offer]:
    """List the models that a server offered when they were pulled last, by name."""
    aim = config.target_named(target)
    with MirrorReader(config.mirror_path) as reader:
        scope = reader.scope_of(aim.name, aim.url)
        rows = reader.rows(scope, [OFFERED]) if scope else {}
        found = [
            _to_offer(str(row.key.slug), reader.body(row.remote_digest)) for row in rows.values() if row.remote_digest
        ]
    return sorted(found, key=lambda each: (each.name.lower(), each.slug))


def _to_offer(slug: str, body: Body) -> Offer:
    pricing = body.get("pricing") or {}
    length = body.get("context_length")
    return Offer(
        ref=f"{OFFERED}/{slug}",
        slug=slug,
        name=str(body.get("name") or slug),
        owner=str(body.get("owner") or ""),
        cost=str(body.get("cost") or "unknown"),
        context_length=length if isinstance(length, int) else None,
        price_in=_to_price(pricing, "prompt"),
        price_out=_to_price(pricing, "completion"),
    )


def _to_price(pricing: Mapping[str, Json], name: str) -> float | None:
    """Read what a token costs as what a million of them do; what is no price, or a sign for "it depends", is none."""
    try:
        price = float(pricing[name])
    except (KeyError, TypeError, ValueError):
        return None
    return price * _MILLION if 0 <= price < float("inf") else None
