"""Conflicts in the mirror: what both sides changed, since when, and with which bodies."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from cochat_devkit.resource import Key, Slug
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Scope


class Conflict(NamedTuple):
    """Hold one conflict; a digest is None where that side has no body.

    `parts` names what could not be merged; `path` is the server's side as a file, relative to the workspace, None
    where the server has none; `run` is the run that met it, where runs are recorded.
    """

    key: Key
    type: str
    reason: str
    parts: tuple[str, ...] = ()
    base_digest: str | None = None
    local_digest: str | None = None
    remote_digest: str | None = None
    path: str | None = None
    since: datetime | None = None
    run: str | None = None


_CONFLICTS = """
SELECT kind, slug, type, reason, parts, base_digest, local_digest, remote_digest, path, since, run FROM conflict
WHERE scope_id = ? ORDER BY kind, slug
"""


def read_conflicts(reader: MirrorReader, scope: Scope) -> dict[Key, Conflict]:
    """Read the conflicts of a scope."""
    if not reader.has_table("conflict"):
        return {}
    found = (_to_conflict(*each) for each in reader.ask(_CONFLICTS, (scope.id,)))
    return {each.key: each for each in found}


def _to_conflict(kind: str, slug: str, type_: str, reason: str, parts: str, *rest: str | None) -> Conflict:
    base_digest, local_digest, remote_digest, path, since, run = rest
    return Conflict(
        key=Key(kind, Slug(slug)),
        type=type_,
        reason=reason,
        parts=tuple(json.loads(parts)),
        base_digest=base_digest,
        local_digest=local_digest,
        remote_digest=remote_digest,
        path=path,
        since=datetime.fromisoformat(since) if since else None,
        run=run,
    )
