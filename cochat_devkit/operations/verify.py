"""Verify a write: whether somebody's version lies between the one we started from and ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import NotSupported
from cochat_devkit.kinds.wire import from_wire

if TYPE_CHECKING:
    from cochat_devkit.api.client import Client
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Resource, Version, Wire

#: so many versions by others within the moment of one write are walked through
MOST_BETWEEN = 20


def find_overwritten(
    client: Client, kind: Kind, before: Wire, started_from: Version | None, ours: Resource
) -> list[Resource]:
    """Walk the parents of our version back to the one we started from: what others saved between, newest first.

    A write that made no version of its own, and a server without history, have nothing to walk.

    Raises:
        RemoteError: the history could not be read; what was written is written.
    """
    if ours.version is None or started_from is None or ours.version == started_from:
        return []
    endpoints = client.endpoints(kind)
    if endpoints.history is None or endpoints.history_has_drafts:
        return []
    found: list[Resource] = []
    version: str | None = ours.version
    for _ in range(MOST_BETWEEN):
        if version is None or version == started_from:
            break
        try:
            (entry,) = client.fetch_versions(kind, ours.remote_id, [version])
        except NotSupported:
            break
        if version != ours.version:
            wire = {**before, **(entry.get("snapshot") or {}), "version_id": version}
            found.append(from_wire(kind, wire, client.wire_context([wire])))
        version = entry.get("parent_id")
    return found
