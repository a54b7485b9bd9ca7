"""Who names whom: the table of what every shown body names, made, filled and asked here alone.

What a body names follows from its kind and its digest: an entry is never changed nor taken out, and who names somebody
now are the rows of a scope that show such a body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import MirrorDamaged, MirrorError
from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.kinds.references import mentions_in, names_others, naming_of
from cochat_devkit.mirror.bodies import unpack_body
from cochat_devkit.mirror.tables import MENTION_TABLES
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from cochat_devkit.kinds import Kind
    from cochat_devkit.kinds.references import Naming
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Row, Scope
    from cochat_devkit.resource import Body, Key

#: moves when something else is read out of the same fields: every mirror is then read anew
_MENTIONS_VERSION = "1"

_FACT = "SELECT value FROM fact WHERE name = 'mentions'"
_KEEP_FACT = """
INSERT INTO fact (name, value) VALUES ('mentions', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
_ADD = "INSERT OR IGNORE INTO mention (kind, digest, field, ref) VALUES (?, ?, ?, ?)"
_PACKED = "SELECT packed FROM body WHERE digest = ?"
_SHOWN = "SELECT DISTINCT kind, remote_digest FROM resource WHERE remote_digest IS NOT NULL AND kind IN ({})"
#: from those who may name, and from those who are named
_TOLD_BY = """
SELECT r.kind, r.slug, r.type, m.field, m.ref FROM resource r
CROSS JOIN mention m ON m.digest = r.remote_digest AND m.kind = r.kind
WHERE r.scope_id = ? AND r.remote_state = 'present' AND {}
"""
_TOLD_OF = """
SELECT r.kind, r.slug, r.type, m.field, m.ref FROM mention m
CROSS JOIN resource r ON r.remote_digest = m.digest AND r.kind = m.kind
WHERE r.scope_id = ? AND r.remote_state = 'present' AND {}
"""
_SHOWN_BY_ROW = "(r.kind, r.remote_digest) IN (SELECT m.kind, m.digest FROM mention m WHERE {})"
_BODIES = """
SELECT r.kind, r.slug, r.type, r.remote_digest, b.packed FROM resource r
JOIN body b ON b.digest = r.remote_digest
WHERE r.scope_id = ? AND r.remote_state = 'present' AND {}
"""
_TYPES = "SELECT kind, slug, type FROM resource WHERE scope_id = ? AND remote_state <> 'absent'"
_MADE_IDS = """
SELECT kind, remote_id, slug, type FROM resource
WHERE scope_id = ? AND kind IN ({}) AND remote_id <> slug AND remote_state <> 'absent'
"""


class Told(NamedTuple):
    """Hold that a resource (kind, slug, type) names somebody: by which field, and how."""

    kind: str
    slug: str
    type: str
    field: str
    ref: str


def prepare_mentions(connection: sqlite3.Connection) -> None:
    """Make the table of what all shown bodies name, unless it is there as we would make it."""
    version = _version()
    if connection.execute(_FACT).fetchone() == (version,):
        return
    connection.execute("DROP TABLE IF EXISTS mention")
    for statement in MENTION_TABLES:
        connection.execute(statement)
    names = [*_naming_kinds()]
    shown = connection.execute(_SHOWN.format(_marks(names)), names).fetchall()
    _add(connection, shown, {})
    connection.execute(_KEEP_FACT, (version,))


def add_mentions(connection: sqlite3.Connection, rows: Iterable[Row], bodies: Mapping[str, Body]) -> None:
    """Enter whom the bodies name that rows of this transaction show; `bodies` are those at hand, by their digests."""
    kinds = _naming_kinds()
    shown = {(row.key.kind, row.remote_digest) for row in rows if row.key.kind in kinds and row.remote_digest}
    if shown:
        _add(connection, shown, bodies)


def read_mentions(reader: MirrorReader, scope: Scope) -> list[Told]:
    """Read all that the server's resources of a scope name."""
    kinds = [*_naming_kinds()]
    return _read_by(reader, scope, f"r.kind IN ({_marks(kinds)})", kinds)


def read_mentions_by(reader: MirrorReader, scope: Scope, kind: str, slug: str) -> list[Told]:
    """Read whom one resource names."""
    return _read_by(reader, scope, "r.kind = ? AND r.slug = ?", (kind, slug)) if kind in _naming_kinds() else []


def read_mentions_of(reader: MirrorReader, scope: Scope, naming: Naming) -> list[Told]:
    """Read who names a resource in one of the ways in which it can be named."""
    if not has_mentions(reader):
        return [each for each in read_mentions(reader, scope) if naming.fits(each.ref)]
    condition, values = _condition(naming)
    return [Told(*each) for each in reader.ask(_TOLD_OF.format(condition), (scope.id, *values))]


def read_types(reader: MirrorReader, scope: Scope) -> dict[tuple[str, str], str]:
    """Read of which type everything is that the server has: by (kind, slug)."""
    return {each[:2]: each[2] for each in reader.ask(_TYPES, (scope.id,))}


def read_made_ids(reader: MirrorReader, scope: Scope) -> dict[tuple[str, str], tuple[str, str]]:
    """Read what the ids stand for that are not the slugs themselves: (slug, type) by (kind, id)."""
    kinds = [kind.name for kind in all_kinds() if any(each.makes_id for each in kind.endpoints.values())]
    return {each[:2]: each[2:] for each in reader.ask(_MADE_IDS.format(_marks(kinds)), (scope.id, *kinds))}


def condition_of_users(reader: MirrorReader, scope: Scope, key: Key, type_: str | None) -> tuple[str, tuple[str, ...]]:
    """Write as a condition on `r`, a row of the table `resource`, that it uses somebody: (SQL, its values).

    Raises:
        MirrorError: there is no table to ask.
    """
    if not has_mentions(reader):
        raise MirrorError("the mirror does not know yet who uses whom", hint="cochat pull")
    row = reader.row(scope, key.kind, key.slug)
    id_, type_ = (row.remote_id, type_ or row.type) if row else (key.slug, type_ or "")
    condition, values = _condition(naming_of(kind_named(key.kind)[0], key.slug, type_, id_))
    return _SHOWN_BY_ROW.format(condition), values


def has_mentions(reader: MirrorReader) -> bool:
    """Tell whether the table is there as we would make it: the next command that writes makes it."""
    return reader.has_table("mention") and reader.ask(_FACT, ()) == [(_version(),)]


def _condition(naming: Naming) -> tuple[str, tuple[str, ...]]:
    """Write as a condition on `m`, a row of the table `mention`, that it names a resource: (SQL, its values)."""
    ranges = [(f"{lead}.", f"{lead}/") for lead in naming.leads]
    among = [f"m.ref IN ({_marks(naming.refs)})", *["(m.ref >= ? AND m.ref < ?)"] * len(ranges)]
    return f"({' OR '.join(among)})", (*naming.refs, *(each for both in ranges for each in both))


def _read_by(reader: MirrorReader, scope: Scope, condition: str, values: Sequence[str]) -> list[Told]:
    """Read whom some resources name: from the table, or where there is none yet from their bodies."""
    if has_mentions(reader):
        return [Told(*each) for each in reader.ask(_TOLD_BY.format(condition), (scope.id, *values))]
    kinds = _naming_kinds()
    return [
        Told(kind, slug, type_, *each)
        for kind, slug, type_, digest, packed in reader.ask(_BODIES.format(condition), (scope.id, *values))
        for each in mentions_in(kinds[kind], unpack_body(digest, packed))
    ]


def _add(connection: sqlite3.Connection, shown: Iterable[tuple[str, str]], bodies: Mapping[str, Body]) -> None:
    kinds = _naming_kinds()
    found = (
        (kind, digest, *each)
        for kind, digest in shown
        for each in mentions_in(kinds[kind], bodies[digest] if digest in bodies else _stored(connection, digest))
    )
    connection.executemany(_ADD, found)


def _stored(connection: sqlite3.Connection, digest: str) -> Body:
    """Read a stored body; a damaged one is told by whoever asks for it, and stops no pull."""
    try:
        return unpack_body(digest, connection.execute(_PACKED, (digest,)).fetchone()[0])
    except MirrorDamaged:
        return {}


def _naming_kinds() -> dict[str, Kind]:
    return {kind.name: kind for kind in all_kinds() if names_others(kind)}


def _version() -> str:
    """Name what the table is made of: our version, and the fields that name others."""
    fields = (f"{kind.name}.{each.name}" for kind in all_kinds() for each in kind.fields if each.codec.mentions)
    return " ".join([_MENTIONS_VERSION, *sorted(fields)])


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
