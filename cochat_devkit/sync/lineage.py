"""The order of a server's versions: parents before children, whatever their times and ids say. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class VersionNode:
    """Name one version: its parent, None for the first, and when it was made, in whole seconds."""

    id: str
    parent_id: str | None
    made_at_s: int


def order_versions(nodes: Iterable[VersionNode]) -> list[VersionNode]:
    """Order versions oldest first, a version never before its parent, else by time, then by id.

    Each is given the time of its parent where its own is earlier, so the times rise as well. A parent that is not among
    them, or a circle, holds nothing up.
    """
    known = {node.id: node for node in nodes}
    ranks: dict[str, tuple[int, int]] = {}
    for node in known.values():
        for each in reversed(_line_of(node, known, ranks)):
            time, depth = ranks.get(str(each.parent_id), (each.made_at_s, -1))
            ranks[each.id] = (max(time, each.made_at_s), depth + 1)
    ordered = sorted(known.values(), key=lambda each: (*ranks[each.id], each.id))
    return [replace(each, made_at_s=ranks[each.id][0]) for each in ordered]


def _line_of(node: VersionNode, known: Mapping[str, VersionNode], ranked: Mapping[str, object]) -> list[VersionNode]:
    """List a version and those before it that have no rank yet, youngest first."""
    line: dict[str, VersionNode] = {}
    at: VersionNode | None = node
    while at is not None and at.id not in line and at.id not in ranked:
        line[at.id] = at
        at = known.get(str(at.parent_id))
    return list(line.values())
