"""The index of the words of every stored body, in SQLite's FTS5: made, filled and asked here alone.

An entry is never changed nor taken out: a body's digest says what its words are. What is found is what a scope shows
now, since its rows name the digests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit.errors import MirrorDamaged, MirrorError
from cochat_devkit.mirror.bodies import unpack_body
from cochat_devkit.mirror.tables import INDEX_TABLES
from cochat_devkit.mirror.words import WORDS_VERSION, to_entry, to_match
from cochat_devkit.resource import Key, Slug

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Scope
    from cochat_devkit.mirror.words import Query
    from cochat_devkit.resource import Body, Json

#: so many bodies that have the words are ranked, the newest first; a word that is everywhere would take a second
MOST_CANDIDATES = 20_000
#: a hit in a name counts as so many in a text
_RANK = "bm25(8.0, 1.0)"
_BATCH = 500

_HAS_FTS5 = "SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"
_FACT = "SELECT value FROM fact WHERE name = 'words'"
_KEEP_FACT = """
INSERT INTO fact (name, value) VALUES ('words', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
_FORGET_FACT = "DELETE FROM fact WHERE name = 'words'"
_LAST = "SELECT coalesce(max(id), 0) FROM text"
_NUMBER = "INSERT INTO text (id, digest) VALUES (?, ?)"
_ENTER = "INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)"
#: small segments are merged by sixteen, not by four: a pull writes many, and a question of many looks into each
_SETTINGS = (("automerge", 16), ("crisismerge", 64))
_STORED = "SELECT digest, packed FROM body ORDER BY rowid"
_CUT = "SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT 1 OFFSET ?"
#: the words come first and in the order of their rank, and what is behind them is looked up until there are enough
_FIND = """
SELECT r.kind, r.slug, r.type, text.digest, body.packed FROM words
CROSS JOIN text ON text.id = words.rowid
CROSS JOIN resource r ON r.remote_digest = text.digest
CROSS JOIN body ON body.digest = text.digest
WHERE words MATCH ? AND rank MATCH ? AND words.rowid < ? AND words.rowid > ?
    AND r.scope_id = ? AND r.remote_state = 'present' AND {kinds} ORDER BY rank LIMIT ?
"""
#: what bears the word as its id, whether its body may be read or not
_NAMED = """
SELECT r.kind, r.slug, r.type, r.remote_digest, body.packed FROM resource r
LEFT JOIN body ON body.digest = r.remote_digest
WHERE r.scope_id = ? AND r.kind IN ({names}) AND r.slug >= ? AND r.slug <= ?
    AND r.remote_state IN ('present', 'unreadable') AND {kinds} ORDER BY r.slug LIMIT ?
"""
_OF_KIND = "(r.kind = ? AND coalesce(?, r.type) = r.type)"
_BEYOND = 2**62


class Hit(NamedTuple):
    """Hold one resource that was found, and its body; `{}` where nobody may read it."""

    key: Key
    type: str
    body: Body


class Hits(NamedTuple):
    """Hold what was found, the best first; whether more fits, and whether only the newest that fits was ranked."""

    found: list[Hit]
    has_more: bool
    is_sample: bool


def prepare_index(connection: sqlite3.Connection) -> bool:
    """Make the index of all bodies unless it is there; False where this Python's SQLite knows no FTS5."""
    if connection.execute(_HAS_FTS5).fetchone() is None:
        return False
    if connection.execute(_FACT).fetchone() == (WORDS_VERSION,):
        return True
    # of other words, or without those that a Python without FTS5 stored
    for table in ("words", "text"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in INDEX_TABLES:
        connection.execute(statement)
    connection.executemany("INSERT INTO words (words, rank) VALUES (?, ?)", _SETTINGS)
    stored = connection.execute(_STORED)
    while batch := stored.fetchmany(_BATCH):
        add_words(connection, dict(each for each in map(_to_body, batch) if each))
    connection.execute(_KEEP_FACT, (WORDS_VERSION,))
    return True


def add_words(connection: sqlite3.Connection, bodies: Mapping[str, Body]) -> None:
    """Index bodies that are stored in this transaction, by their digests: none of them was indexed before."""
    last = connection.execute(_LAST).fetchone()[0]
    numbers = [*enumerate(bodies, last + 1)]
    connection.executemany(_NUMBER, numbers)
    connection.executemany(_ENTER, [(number, *to_entry(bodies[digest])) for number, digest in numbers])


def forget_index(connection: sqlite3.Connection) -> None:
    """Note that bodies were stored that the index lacks: it is made anew by the next Python that can."""
    connection.execute(_FORGET_FACT)


def find(
    reader: MirrorReader,
    scope: Scope,
    query: Query,
    *,
    kinds: Sequence[tuple[str, str | None]],
    limit: int,
    most: int = MOST_CANDIDATES,
) -> Hits:
    """Find what the server of a scope shows now among some kinds (kind, type or None for all its types).

    What bears the only word as its id comes first. Where more than `most` bodies have the words, the newest are ranked
    first, and older ones only where those are too few: what is there is found.

    Raises:
        MirrorError: there is no index to ask.
    """
    _check_index(reader)
    found = _find_named(reader, scope, query, kinds, limit + 1)
    named = {each[:2] for each in found}
    match = to_match(query)
    question = _FIND.format(kinds=_any_of(kinds))
    wanted = [each for kind in kinds for each in kind]
    above, is_sample = _BEYOND, False
    while match and len(found) <= limit:
        cut = reader.ask(_CUT, (match, above, most))
        below = cut[0][0] if cut else -_BEYOND
        room = limit + 1 - len(found) + len(named)
        ranked = reader.ask(question, (match, _RANK, above, below, scope.id, *wanted, room))
        found += [each for each in ranked if each[:2] not in named]
        if not cut:
            break
        # the cut itself is the first of those that were not ranked yet
        above, is_sample = below + 1, True
    return Hits([_to_hit(*each) for each in found[:limit]], has_more=len(found) > limit, is_sample=is_sample)


def _find_named(
    reader: MirrorReader, scope: Scope, query: Query, kinds: Sequence[tuple[str, str | None]], limit: int
) -> list[tuple[Json, ...]]:
    if len(query.terms) != 1:
        return []
    ((text, is_open),) = query.terms
    names = [name for name, _type in kinds]
    question = _NAMED.format(names=", ".join("?" * len(names)), kinds=_any_of(kinds))
    wanted = [each for kind in kinds for each in kind]
    # a slug has no half of a pair of surrogates, which no database takes
    first = text.encode("utf-8", "replace").decode()
    last = f"{first}\U0010ffff" if is_open else first
    return reader.ask(question, (scope.id, *names, first, last, *wanted, limit))


def _any_of(kinds: Sequence[tuple[str, str | None]]) -> str:
    return f"({' OR '.join([_OF_KIND] * len(kinds))})"


def _check_index(reader: MirrorReader) -> None:
    if not reader.ask(_HAS_FTS5, ()):
        raise MirrorError(
            "this Python's SQLite was built without FTS5, with which the mirror is searched",
            hint="use another Python: most have it",
        )
    if reader.ask(_FACT, ()) != [(WORDS_VERSION,)]:
        raise MirrorError("the mirror has no index of all its words yet", hint="cochat pull")


def _to_hit(kind: str, slug: str, type_: str, digest: str | None, packed: bytes | None) -> Hit:
    body = unpack_body(digest, packed) if digest and packed else {}
    return Hit(Key(kind, Slug(slug)), type_, body)


def _to_body(stored: tuple[str, bytes]) -> tuple[str, Body] | None:
    """Unpack a body; a damaged one is told by whoever asks for it, and stops no pull."""
    digest, packed = stored
    try:
        return digest, unpack_body(digest, packed)
    except MirrorDamaged:
        return None
