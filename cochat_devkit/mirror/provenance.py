"""Where a resource's text came from: what any server of this mirror showed of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from cochat_devkit.mirror.journal import read_open_runs
from cochat_devkit.resource import Fingerprint, Key, Slug
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cochat_devkit.mirror.reader import MirrorReader


class Basis(NamedTuple):
    """Name a server's body that files started from; `digest` is None where the mirror was only told its fingerprint."""

    url: str
    fingerprint: Fingerprint
    digest: str | None
    changed_at: datetime | None = None


_BASES = """
SELECT r.kind, r.slug, s.url, r.base_remote, r.base_digest, r.updated_at
FROM resource r JOIN scope s ON s.id = r.scope_id
WHERE r.base_remote IS NOT NULL AND r.kind || '/' || r.slug IN (SELECT value FROM json_each(?))
"""
_SHOWN = """
SELECT DISTINCT s.url, h.digest FROM history h JOIN scope s ON s.id = h.scope_id
WHERE h.kind = ? AND h.slug = ? AND h.origin <> 'here' AND h.digest IS NOT NULL
"""


def read_bases(reader: MirrorReader, keys: Iterable[Key]) -> dict[Key, list[Basis]]:
    """Read what files started from, on every server; what a killed process was about to lay, too."""
    bases: dict[Key, list[Basis]] = {}
    for kind, slug, url, fingerprint, digest, changed_at in reader.ask(_BASES, (json.dumps([*map(str, keys)]),)):
        at = datetime.fromisoformat(changed_at) if changed_at else None
        bases.setdefault(Key(kind, Slug(slug)), []).append(Basis(url, Fingerprint(fingerprint), digest, at))
    for run in read_open_runs(reader):
        scope = reader.scope_numbered(run.scope_id)
        for step in run.steps:
            row = step.row_after
            if scope is not None and row is not None and row.base_remote is not None:
                basis = Basis(scope.url, row.base_remote, row.base_digest, row.updated_at)
                bases.setdefault(step.key, []).append(basis)
    return bases


def read_shown(reader: MirrorReader, key: Key) -> list[tuple[str, str]]:
    """Read every body of a resource that a server ever showed: addresses of servers, and digests."""
    if not reader.has_table("history"):
        return []
    return [(url, digest) for url, digest in reader.ask(_SHOWN, (key.kind, key.slug))]
