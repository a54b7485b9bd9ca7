"""Verify a write: whether somebody's version lies between the one we started from and ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds.wire import from_wire

if TYPE_CHECKING:
    from cochat_devkit.api.client import Client
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Resource, Version, Wire

#: so many versions by others within the moment of one write are walked through
MOST_BETWEEN = 20


def find_overwritten(
    client: Client, kind: Kind, before: Wire, started_from: Version | None, saved_s: int | None, ours: Resource
) -> list[Resource]:
    """Walk the parents of our version back to the one we started from: what others saved between, newest first.

    A write that made no version of its own, and a server without history, have nothing to walk. Where drafts are
    parents as well, only what is younger than the last save of what we started from (`saved_s`) lies between: any save,
    that of a draft too, would have moved that time. What somebody saves within that same second is not told apart.

    A write that named the version it starts from has nothing to walk, either: the server refuses it where that is no
    longer the newest.

    Raises:
        RemoteError: the history could not be read; what was written is written.
    """
    if ours.version is None or started_from is None or ours.version == started_from:
        return []
    endpoints = client.endpoints(kind)
    if endpoints.history is None or endpoints.guard or (endpoints.history_has_drafts and saved_s is None):
        return []
    oldest_s = saved_s if endpoints.history_has_drafts else None
    found: list[Resource] = []
    version: str | None = ours.version
    for _ in range(MOST_BETWEEN):
        if version is None or version == started_from:
            break
        (entry,) = client.fetch_versions(kind, ours.remote_id, [version])
        if version != ours.version:
            if oldest_s is not None and entry.get("created_at", oldest_s) <= oldest_s:
                break
            wire = {**before, **(entry.get("snapshot") or {}), "version_id": version}
            found.append(from_wire(kind, wire, client.wire_context([wire])))
        version = entry.get("parent_id")
    return found
