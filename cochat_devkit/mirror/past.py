"""How history, conflicts and locks are written within a transaction of the store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cochat_devkit.mirror.history import Origin, Seen
from cochat_devkit.resource import digest_of_body

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from cochat_devkit.mirror.conflicts import Conflict
    from cochat_devkit.mirror.rows import LockDigests, Row, Scope
    from cochat_devkit.resource import Json, Key


#: an entry that says what the newest of its origin says is none; nor is a version that is known already. The cast keeps
#: SQLite from planning anew for each origin, lest the index of what was told could serve
_ADD = """
INSERT INTO history (scope_id, kind, slug, type, digest, origin, version, message, at)
SELECT :scope_id, :kind, :slug, :type, :digest, :origin, :version, :message, :at
WHERE NOT EXISTS (
    SELECT 1 FROM history WHERE id = (
        SELECT max(id) FROM history
        WHERE scope_id = :scope_id AND kind = :kind AND slug = :slug AND origin = CAST(:origin AS TEXT)
    ) AND digest IS :digest AND :origin <> 'their history'
) AND NOT (:origin = 'their history' AND EXISTS (
    SELECT 1 FROM history WHERE scope_id = :scope_id AND kind = :kind AND slug = :slug AND version = :version
)) AND NOT (:digest IS NULL AND NOT EXISTS (
    SELECT 1 FROM history WHERE scope_id = :scope_id AND kind = :kind AND slug = :slug
))
"""
#: what the server's own history says of a version that we saw ourselves
_ANNOTATE = """
UPDATE history SET message = :message
WHERE :message IS NOT NULL AND message IS NULL AND origin = 'there' AND version = :version AND id = (
    SELECT min(id) FROM history WHERE scope_id = :scope_id AND kind = :kind AND slug = :slug AND version = :version
)
"""
#: a version that was told in part, and is now seen as a whole: the whole takes its message, and its place
_TAKE_MESSAGE = """
UPDATE history SET message = (
    SELECT message FROM history WHERE scope_id = :scope_id AND kind = :kind AND slug = :slug
        AND origin = 'their history' AND version = :version
) WHERE message IS NULL AND id = (
    SELECT max(id) FROM history WHERE scope_id = :scope_id AND kind = :kind AND slug = :slug
        AND origin = 'there' AND version = :version
)
"""
_SUPERSEDE = """
DELETE FROM history WHERE scope_id = :scope_id AND kind = :kind AND slug = :slug
    AND origin = 'their history' AND version = :version
"""
_TOLD = "SELECT DISTINCT kind, slug, version FROM history WHERE scope_id = :scope_id AND origin = 'their history'"
_NOTE_CONFLICT = """
INSERT INTO conflict (
    scope_id, kind, slug, type, reason, parts, base_digest, local_digest, remote_digest, path, since, run
) VALUES (
    :scope_id, :kind, :slug, :type, :reason, :parts, :base_digest, :local_digest, :remote_digest, :path, :since, :run
)
ON CONFLICT (scope_id, kind, slug) DO UPDATE SET
    type = excluded.type, reason = excluded.reason, parts = excluded.parts, base_digest = excluded.base_digest,
    local_digest = excluded.local_digest, remote_digest = excluded.remote_digest, path = excluded.path,
    run = coalesce(excluded.run, run)
"""
_KEEP_DIGESTS = """
INSERT INTO locked (target, lines, file) VALUES (:target, :lines, :file)
ON CONFLICT (target) DO UPDATE SET lines = excluded.lines, file = excluded.file
"""
_SETTLE = "DELETE FROM conflict WHERE scope_id = :scope_id AND kind = :kind AND slug = :slug"
#: a mirror of before there was history: what it knows is the beginning of it
_BEGIN = """
INSERT INTO history (scope_id, kind, slug, type, digest, origin, version, message, at)
SELECT scope_id, kind, slug, type, digest, 'there', version, NULL, at FROM (
    SELECT scope_id, kind, slug, type, base_digest AS digest, NULL AS version,
        coalesce(updated_at, :at) AS at, 0 AS turn
    FROM resource WHERE base_digest IS NOT NULL AND base_digest IS NOT remote_digest
    UNION ALL
    SELECT scope_id, kind, slug, type, remote_digest, version, coalesce(updated_at, :at), 1
    FROM resource WHERE remote_digest IS NOT NULL
) ORDER BY turn, scope_id, kind, slug
"""


def add_history(connection: sqlite3.Connection, scope: Scope, seen: Iterable[Seen]) -> None:
    """Add entries, oldest first; their bodies are stored already."""
    now = _now()
    found = [_to_columns(scope, each, _digest_of(each), now) for each in seen]
    if found:
        connection.executemany(_ADD, found)
    told = [each for each in found if each["origin"] == Origin.THEIR_HISTORY and each["message"]]
    if told:
        connection.executemany(_ANNOTATE, told)


def add_history_of_rows(connection: sqlite3.Connection, scope: Scope, rows: Iterable[Row], gone: Iterable[Key]) -> None:
    """Add what a batch of rows says: the bodies that the server showed, and what is gone."""
    now = _now()
    shown = [
        _to_columns(scope, Seen(row.key, row.type, None, Origin.THERE, row.version), row.remote_digest, now)
        for row in rows
        if row.remote_digest is not None
    ]
    ended = [_to_columns(scope, Seen(key, "", None, Origin.THERE, message="gone"), None, now) for key in gone]
    if shown or ended:
        connection.executemany(_ADD, shown + ended)
    told = {tuple(each) for each in connection.execute(_TOLD, {"scope_id": scope.id})} if shown else set()
    whole = [each for each in shown if (each["kind"], each["slug"], each["version"]) in told]
    if whole:
        connection.executemany(_TAKE_MESSAGE, whole)
        connection.executemany(_SUPERSEDE, whole)


def note_conflicts(
    connection: sqlite3.Connection, scope: Scope, conflicts: Sequence[Conflict], settled: Sequence[Key]
) -> None:
    """Write conflicts, each as it is now and with the date of its first meeting; take settled ones out."""
    if settled:
        connection.executemany(_SETTLE, [_address(scope, key) for key in settled])
    if conflicts:
        connection.executemany(_NOTE_CONFLICT, [_to_conflict_columns(scope, each) for each in conflicts])


def keep_lock_digests(connection: sqlite3.Connection, digests: Mapping[str, LockDigests]) -> None:
    """Write by target what the lock says."""
    if digests:
        columns = [{"target": each, "lines": found.lines, "file": found.file} for each, found in digests.items()]
        connection.executemany(_KEEP_DIGESTS, columns)


def forget_lock_digests(connection: sqlite3.Connection, target: str) -> None:
    """Forget what the lock says of a target: the next command that decides by it reads it."""
    connection.execute("DELETE FROM locked WHERE target = ?", (target,))


def begin_history(connection: sqlite3.Connection) -> None:
    """Begin the history of a mirror that had none."""
    connection.execute(_BEGIN, {"at": _now()})


def _digest_of(seen: Seen) -> str | None:
    return None if seen.body is None else digest_of_body(seen.type, seen.body)


def _to_columns(scope: Scope, seen: Seen, digest: str | None, now: str) -> dict[str, Json]:
    return {
        **_address(scope, seen.key),
        "type": seen.type,
        "digest": digest,
        "origin": str(seen.origin),
        "version": seen.version,
        "message": seen.message,
        "at": now if seen.at is None else seen.at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


def _to_conflict_columns(scope: Scope, conflict: Conflict) -> dict[str, Json]:
    return {
        **_address(scope, conflict.key),
        "type": conflict.type,
        "reason": conflict.reason,
        "parts": json.dumps(conflict.parts),
        "base_digest": conflict.base_digest,
        "local_digest": conflict.local_digest,
        "remote_digest": conflict.remote_digest,
        "path": conflict.path,
        "since": conflict.since.isoformat() if conflict.since else _now(),
        "run": conflict.run,
    }


def _address(scope: Scope, key: Key) -> dict[str, Json]:
    return {"scope_id": scope.id, "kind": key.kind, "slug": key.slug}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
