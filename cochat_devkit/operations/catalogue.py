"""The catalogue of models: what a server offers to chat with, at what price, and what of ours runs on each; offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds.references import kinds_answering
from cochat_devkit.operations.mirrored import mirror_of
from cochat_devkit.operations.relations import open_relations
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.config import Config
    from cochat_devkit.operations.relations import Node
    from cochat_devkit.resource import Body, Json

#: the kind whose resources are offered, and not made by anybody here
OFFERED = "base-model"
_MILLION = 1_000_000
#: the field that names what an agent or a model runs on
_BASE = "base"


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


class Running(NamedTuple):
    """Hold one model that something of ours runs on, and the addresses of what does."""

    node: Node
    users: list[str]


def running(config: Config, *, target: str | None) -> dict[str, Running]:
    """Say by address what runs on each model: what names it as its base."""
    kinds = {kind.name for kind in kinds_answering("model")}
    found: dict[str, Running] = {}
    with open_relations(config, target) as relations:
        for tie in relations.ties():
            if _BASE in tie.fields and (tie.used.kind in kinds or not tie.used.kind):
                if tie.used.ref not in found:
                    found[tie.used.ref] = Running(relations.node(tie.used), [])
                found[tie.used.ref].users.append(tie.user.ref)
    return found


def offers(config: Config, *, target: str | None) -> list[Offer]:
    """List the models that a server offered when they were pulled last, by name."""
    with mirror_of(config, target) as (reader, scope):
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
