"""The index of the words of every stored body, and of the files that bodies name, in SQLite's FTS5: made and filled.

An entry is never changed nor taken out: a digest says what its words are. What is found is what a scope shows now,
since its rows name the digests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import MirrorDamaged
from cochat_devkit.kinds import all_kinds
from cochat_devkit.mirror.bodies import unpack_body
from cochat_devkit.mirror.tables import INDEX_TABLES
from cochat_devkit.mirror.words import WORDS_VERSION, fold, to_entry, to_words
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from cochat_devkit.resource import Body

#: stands among the files of a body where all of them are indexed
WHOLE = ""
_BATCH = 500

HAS_FTS5 = "SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"
WORDS_FACT = "SELECT value FROM fact WHERE name = 'words'"
_KEEP_FACT = """
INSERT INTO fact (name, value) VALUES ('words', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
_FORGET_FACT = "DELETE FROM fact WHERE name = 'words'"
_LAST = "SELECT coalesce(max(id), 0) FROM text"
_NUMBER = "INSERT INTO text (id, digest, is_file) VALUES (?, ?, ?)"
#: words come in UTF-8
ENTER = "INSERT INTO words (rowid, title, text) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT))"
_TAG = "INSERT OR IGNORE INTO tag (name, digest) VALUES (?, ?)"
_ATTACH = "INSERT OR IGNORE INTO attached (body, place, digest) VALUES (?, ?, ?)"
_IS_ATTACHED = "SELECT 1 FROM attached WHERE digest = ? LIMIT 1"
#: small segments are merged by sixteen, not by four: a pull writes many, and a question of many looks into each
_SETTINGS = (("automerge", 16), ("crisismerge", 64))
_STORED = "SELECT digest, packed FROM body ORDER BY rowid"
_TABLES = ("words", "text", "tag", "attached")


def prepare_index(connection: sqlite3.Connection) -> bool:
    """Make the index of all bodies unless it is there; False where this Python's SQLite knows no FTS5."""
    if connection.execute(HAS_FTS5).fetchone() is None:
        return False
    if connection.execute(WORDS_FACT).fetchone() == (WORDS_VERSION,):
        return True
    # of other words, or without those that a Python without FTS5 stored
    for table in _TABLES:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in INDEX_TABLES:
        connection.execute(statement)
    connection.executemany("INSERT INTO words (words, rank) VALUES (?, ?)", _SETTINGS)
    stored = connection.execute(_STORED)
    while batch := stored.fetchmany(_BATCH):
        bodies = dict(each for each in map(_to_body, batch) if each)
        add_words(connection, bodies)
        add_tags(connection, bodies)
    connection.execute(_KEEP_FACT, (WORDS_VERSION,))
    return True


def add_words(connection: sqlite3.Connection, bodies: Mapping[str, Body]) -> None:
    """Index bodies by their digests: none of them was indexed before, and this transaction has them in the end."""
    last = connection.execute(_LAST).fetchone()[0]
    numbers = [*enumerate(bodies, last + 1)]
    connection.executemany(_NUMBER, [(*each, False) for each in numbers])
    connection.executemany(ENTER, [(number, *to_entry(bodies[digest])) for number, digest in numbers])


def add_tags(connection: sqlite3.Connection, bodies: Mapping[str, Body]) -> None:
    """Enter what people sort bodies under, which are stored."""
    tag_fields = {kind.tag_field for kind in all_kinds() if kind.tag_field}
    connection.executemany(_TAG, [(tag, each) for each, body in bodies.items() for tag in _tags_of(body, tag_fields)])


class NamedFiles(NamedTuple):
    """Hold files that a stored body names: digests by place, and texts by digest; with `is_whole` it has no others."""

    body: str
    files: Mapping[str, str]
    texts: Mapping[str, str]
    is_whole: bool = True


def add_files(connection: sqlite3.Connection, named: NamedFiles) -> None:
    """Index files of a body: where they are, and those that are texts by their words, each once."""
    body, files, texts, is_whole = named
    last = connection.execute(_LAST).fetchone()[0]
    new = {each: text for each, text in texts.items() if connection.execute(_IS_ATTACHED, (each,)).fetchone() is None}
    numbers = [*enumerate(new, last + 1)]
    connection.executemany(_NUMBER, [(*each, True) for each in numbers])
    connection.executemany(ENTER, [(number, b"", to_words(new[digest])) for number, digest in numbers])
    connection.executemany(_ATTACH, [(body, place, digest) for place, digest in files.items()])
    if is_whole:
        connection.execute(_ATTACH, (body, WHOLE, WHOLE))


def forget_index(connection: sqlite3.Connection) -> None:
    """Note that bodies were stored that the index lacks: it is made anew by the next Python that can."""
    connection.execute(_FORGET_FACT)


def _tags_of(body: Body, fields: set[str]) -> Iterator[str]:
    for name in fields & body.keys():
        yield from (fold(each) for each in body[name] or () if isinstance(each, str))


def _to_body(stored: tuple[str, bytes]) -> tuple[str, Body] | None:
    """Unpack a body; a damaged one is told by whoever asks for it, and stops no pull."""
    digest, packed = stored
    try:
        return digest, unpack_body(digest, packed)
    except MirrorDamaged:
        return None
