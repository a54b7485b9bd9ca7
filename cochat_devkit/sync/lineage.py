"""The order of a server's versions: parents before children, whatever their times and ids say. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class VersionNode:
    """Name one version: its parent, None for the first, and when it was made, in microseconds."""

    id: str
    parent_id: str | None
    made_at_us: int


def order_versions(nodes: Iterable[VersionNode]) -> list[VersionNode]:
    """Order versions oldest first, a version never before its parent, else by time, then by id.

    Each is given the time of its parent where its own is earlier, so the times rise as well. A parent that is not among
    them, or a circle, holds nothing up.
    """
    known = {node.id: node for node in nodes}
    ranks: dict[str, tuple[int, int]] = {}
    for node in known.values():
        for each in reversed(_line_of(node, known, ranks)):
            time, depth = ranks.get(str(each.parent_id), (each.made_at_us, -1))
            ranks[each.id] = (max(time, each.made_at_us), depth + 1)
    ordered = sorted(known.values(), key=lambda each: (*ranks[each.id], each.id))
    return [replace(each, made_at_us=ranks[each.id][0]) for each in ordered]


def place_versions(nodes: Iterable[VersionNode], seen_at_us: Mapping[str, int]) -> list[VersionNode]:
    """Order versions, and date them so that they stand right among those that we saw ourselves, by our own clock.

    A server counts whole seconds, and its clock is not ours: a version is dated no earlier than what it was made from,
    and before what was made from it.
    """
    ordered = order_versions(nodes)
    latest: dict[str | None, int] = {}
    for node in reversed(ordered):
        bound = seen_at_us.get(node.id, latest.get(node.id))
        if bound is not None:
            latest[node.parent_id] = min(bound - 1, latest.get(node.parent_id, bound - 1))
    placed: dict[str, VersionNode] = {}
    for node in ordered:
        parent = placed.get(str(node.parent_id))
        time = max(node.made_at_us, parent.made_at_us if parent else 0)
        time = seen_at_us.get(node.id, min(time, latest.get(node.id, time)))
        placed[node.id] = replace(node, made_at_us=time)
    return list(placed.values())


def _line_of(node: VersionNode, known: Mapping[str, VersionNode], ranked: Mapping[str, object]) -> list[VersionNode]:
    """List a version and those before it that have no rank yet, youngest first."""
    line: dict[str, VersionNode] = {}
    at: VersionNode | None = node
    while at is not None and at.id not in line and at.id not in ranked:
        line[at.id] = at
        at = known.get(str(at.parent_id))
    return list(line.values())
