"""The order of a server's versions: parents before children, whatever their times and ids say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class VersionNode:
    """Name one version: its parent, None for the first, and when it was made, in whole seconds."""

    id: str
    parent_id: str | None
    made_at_s: int


def order_versions(nodes: Iterable[VersionNode]) -> list[VersionNode]:
    """Order versions oldest first: a version never before its parent, else by time, then by id.

    A parent that is not among them, or a circle, holds nothing up.
    """
    waiting = {node.id: node for node in nodes}
    ordered: list[VersionNode] = []
    while waiting:
        free = [node for node in waiting.values() if node.parent_id not in waiting or node.parent_id == node.id]
        for node in sorted(free or waiting.values(), key=lambda each: (each.made_at_s, each.id))[: None if free else 1]:
            ordered.append(node)
            del waiting[node.id]
    # a generation at a time so far: time decides between lines of descent, without passing a parent
    return _by_time(ordered)


def _by_time(ordered: list[VersionNode]) -> list[VersionNode]:
    """Sort by time, each version at the earliest at the time of its parent."""
    times: dict[str, int] = {}
    depths: dict[str, int] = {}
    for node in ordered:
        parent = node.parent_id if node.parent_id in times else None
        times[node.id] = max(node.made_at_s, times[parent]) if parent else node.made_at_s
        depths[node.id] = depths[parent] + 1 if parent else 0
    return sorted(ordered, key=lambda each: (times[each.id], depths[each.id], each.id))
