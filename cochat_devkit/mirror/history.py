"""History in the mirror: every body ever seen of a resource."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cochat_devkit.resource import Key, Slug, Version
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Scope
    from cochat_devkit.resource import Body


class Origin(StrEnum):
    """Say where a body was seen."""

    #: the server showed it, by a pull or after a push
    THERE = "there"
    #: it stood in the files, and was replaced
    HERE = "here"
    #: the server's own history told it
    THEIR_HISTORY = "their history"


class Seen(NamedTuple):
    """Hold one entry to be remembered; `body` is None for "it is gone", and may be partial where a server's history is.

    `at` is None for now.
    """

    key: Key
    type: str
    body: Body | None
    origin: Origin
    version: Version | None = None
    message: str | None = None
    at: datetime | None = None


class Entry(NamedTuple):
    """Hold one entry as remembered; `digest` is None where the resource was gone."""

    key: Key
    type: str
    digest: str | None
    origin: Origin
    version: Version | None
    message: str | None
    at: datetime


class Recent(NamedTuple):
    """Hold one entry of what the server showed, and the one before it of the same resource.

    `digest` is None where the resource was gone then, and `before` where it was before, or was never seen (`is_first`).
    """

    key: Key
    type: str
    digest: str | None
    at: datetime
    is_first: bool
    before: str | None


#: what we saw came in the order of the ids, whatever the clock said; what the server's history told goes by its time
_ENTRIES = """
SELECT kind, slug, type, digest, origin, version, message, at FROM history
WHERE scope_id = ? AND kind = ? AND slug = ?
ORDER BY CASE origin WHEN 'their history' THEN at
    ELSE max(CASE origin WHEN 'their history' THEN '' ELSE at END) OVER (ORDER BY id) END DESC, id DESC
"""

_SEEN = "SELECT 1 FROM history WHERE scope_id = ? AND kind = ? AND slug = ? AND digest = ? LIMIT 1"

_GONE = "SELECT 1 FROM history WHERE scope_id = ? AND kind = ? AND slug = ? AND digest IS NULL LIMIT 1"

_RECENT = """
SELECT h.kind, h.slug, h.type, h.digest, h.at, p.id IS NULL, p.digest
FROM history h LEFT JOIN history p ON p.id = (
    SELECT id FROM history q
    WHERE q.scope_id = h.scope_id AND q.kind = h.kind AND q.slug = h.slug AND q.origin = 'there' AND q.id < h.id
    ORDER BY q.id DESC LIMIT 1
)
WHERE h.scope_id = ? AND h.origin = 'there' ORDER BY h.id DESC LIMIT ?
"""


def read_recent(reader: MirrorReader, scope: Scope, most: int) -> list[Recent]:
    """Read what the server showed last, of all resources, newest first."""
    if not reader.has_table("history"):
        return []
    return [
        Recent(Key(kind, Slug(slug)), type_, digest, datetime.fromisoformat(at), bool(is_first), before)
        for kind, slug, type_, digest, at, is_first, before in reader.ask(_RECENT, (scope.id, most))
    ]


def read_history(reader: MirrorReader, scope: Scope, key: Key) -> list[Entry]:
    """Read what was ever seen of a resource, newest first."""
    if not reader.has_table("history"):
        return []
    return [_to_entry(found) for found in reader.ask(_ENTRIES, (scope.id, key.kind, key.slug))]


def was_seen(reader: MirrorReader, scope: Scope, key: Key, digest: str) -> bool:
    """Tell whether a body of a resource was ever seen as this account."""
    if not reader.has_table("history"):
        return False
    return bool(reader.ask(_SEEN, (scope.id, key.kind, key.slug, digest)))


def was_gone(reader: MirrorReader, scope: Scope | None, key: Key) -> bool:
    """Tell whether a resource was ever seen to be gone as this account."""
    if scope is None or not reader.has_table("history"):
        return False
    return bool(reader.ask(_GONE, (scope.id, key.kind, key.slug)))


def read_keys_with_history(reader: MirrorReader, scope: Scope, kinds: Iterable[str]) -> dict[Key, str]:
    """Read of which resources something was ever seen, deleted ones included, and their newest type."""
    if not reader.has_table("history"):
        return {}
    wanted = set(kinds)
    found = reader.ask("SELECT kind, slug, type FROM history WHERE scope_id = ? ORDER BY id", (scope.id,))
    return {Key(kind, Slug(slug)): type_ for kind, slug, type_ in found if kind in wanted}


def count_entries(reader: MirrorReader, scope: Scope) -> dict[Key, tuple[str, int]]:
    """Count what was ever seen of each resource, deleted ones included: (type, entries)."""
    if not reader.has_table("history"):
        return {}
    found = reader.ask(
        "SELECT kind, slug, max(type), count(*) FROM history WHERE scope_id = ? GROUP BY kind, slug", (scope.id,)
    )
    return {Key(kind, Slug(slug)): (type_, count) for kind, slug, type_, count in found}


def _to_entry(found: tuple[object, ...]) -> Entry:
    kind, slug, type_, digest, origin, version, message, at = found
    return Entry(
        key=Key(str(kind), Slug(str(slug))),
        type=str(type_),
        digest=None if digest is None else str(digest),
        origin=Origin(str(origin)),
        version=None if version is None else Version(str(version)),
        message=None if message is None else str(message),
        at=datetime.fromisoformat(str(at)),
    )
