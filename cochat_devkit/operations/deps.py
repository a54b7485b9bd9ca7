"""Deps: what a resource uses and what uses it, however far; the whole graph; and what is named and not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource
from cochat_devkit.operations.relations import Node, Standing, open_relations
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.operations.relations import Place, Relations, Tie


class Link(NamedTuple):
    """Hold one step from a resource to another: by which fields, and whether the server does not know of it yet.

    `further` are the steps from there, unless they stand elsewhere in the same tree (`is_elsewhere`).
    """

    node: Node
    fields: tuple[str, ...]
    is_only_here: bool
    further: tuple[Link, ...] = ()
    is_elsewhere: bool = False


@dataclass(frozen=True)
class Deps:
    """Hold what one resource uses, in its own order, and what uses it, by address."""

    node: Node
    uses: tuple[Link, ...]
    used_by: tuple[Link, ...]


class Edge(NamedTuple):
    """Say that one resource uses another: their addresses, and by which fields."""

    user: str
    used: str
    fields: tuple[str, ...]
    is_only_here: bool


@dataclass(frozen=True)
class Graph:
    """Hold every resource that uses another or is used, and who uses whom; both by address."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class Missing(NamedTuple):
    """Hold one resource that is named and that neither files nor mirror have, and who names it."""

    node: Node
    users: tuple[Edge, ...]


def deps(config: Config, ref: str, *, target: str | None, depth: int = 1) -> Deps:
    """Tell what a resource uses and what uses it, so many steps far.

    What is gone, or was never ours, can be asked for as long as somebody names it.

    Raises:
        UnknownResource: neither file nor mirror has it, and nobody names it.
        UsageError: the address is none.
    """
    with open_relations(config, target) as relations:
        return deps_among(relations, ref, depth=depth)


def deps_among(relations: Relations, ref: str, *, depth: int = 1) -> Deps:
    """Tell it of one of many resources that are asked for.

    Raises:
        UnknownResource: neither file nor mirror has it, and nobody names it.
        UsageError: the address is none.
    """
    place = relations.place_of(ref)
    node = relations.node(place)
    uses = _walk(relations, place, relations.uses, lambda tie: tie.used, depth)
    used_by = _walk(relations, place, relations.used_by, lambda tie: tie.user, depth)
    if node.standing not in (Standing.THERE, Standing.ONLY_HERE) and not used_by:
        raise UnknownResource(f"there is no {node.ref}, and nobody names it", hint=relations.hint_for(place))
    return Deps(node, uses, used_by)


def uses_of(config: Config, refs: Iterable[str], *, target: str | None) -> dict[str, tuple[Link, ...]]:
    """Tell what each of some resources uses, by their addresses."""
    with open_relations(config, target) as relations:
        return {ref: _walk(relations, relations.place_of(ref), relations.uses, lambda tie: tie.used, 1) for ref in refs}


def graph(config: Config, *, target: str | None) -> Graph:
    """Tell who uses whom among all resources."""
    with open_relations(config, target, is_whole=True) as relations:
        ties = relations.ties()
        places = dict.fromkeys(place for tie in ties for place in tie[:2])
        nodes = {place: relations.node(place) for place in places}
        edges = tuple(Edge(nodes[tie.user].ref, nodes[tie.used].ref, *tie[2:]) for tie in ties)
        return Graph(tuple(sorted(nodes.values())), edges)


def missing(config: Config, *, target: str | None) -> list[Missing]:
    """List what is named and neither in the files nor in the mirror, whether somebody looked for it or nobody could."""
    found = graph(config, target=target)
    users: dict[str, list[Edge]] = {}
    for edge in found.edges:
        users.setdefault(edge.used, []).append(edge)
    lacking = (Standing.MISSING, Standing.UNKNOWN)
    return [Missing(each, tuple(users[each.ref])) for each in found.nodes if each.standing in lacking]


def _walk(
    relations: Relations,
    start: Place,
    step: Callable[[Place], Sequence[Tie]],
    end_of: Callable[[Tie], Place],
    depth: int,
) -> tuple[Link, ...]:
    """Go so many steps, each resource once: a circle ends where it began."""
    steps: dict[Place, Sequence[Tie]] = {}
    reached_from: dict[Place, Place | None] = {start: None}
    edge_of = [start]
    for _ in range(depth):
        ahead: list[Place] = []
        for place in edge_of:
            steps[place] = step(place)
            for other in map(end_of, steps[place]):
                if other not in reached_from:
                    reached_from[other] = place
                    ahead.append(other)
        edge_of = ahead

    def links(place: Place) -> tuple[Link, ...]:
        found = []
        for tie in steps.get(place, ()):
            other = end_of(tie)
            is_first = reached_from[other] == place
            further = links(other) if is_first else ()
            is_elsewhere = not is_first and bool(steps.get(other))
            found.append(Link(relations.node(other), tie.fields, tie.is_only_here, further, is_elsewhere))
        return tuple(found)

    return links(start)
