"""What is found in the mirror: by words in the order of their rank, by filters alone or by characters newest first.

No question takes long: what would, is stopped, and the newest resources are looked through instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cochat_devkit.errors import MirrorError
from cochat_devkit.mirror.bodies import unpack_body
from cochat_devkit.mirror.index import HAS_FTS5, WORDS_FACT
from cochat_devkit.mirror.substrings import narrow
from cochat_devkit.mirror.words import WORDS_VERSION, Piece, fold, has_all, pieces_of, to_match
from cochat_devkit.resource import Key, Slug
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Scope
    from cochat_devkit.mirror.words import Query
    from cochat_devkit.resource import Body, Json

#: so many bodies that have the words are ranked, the newest first; a word that is everywhere would take a second
MOST_CANDIDATES = 20_000
#: beyond that a question is stopped: thousands of words begin with one letter
PATIENCE_S = 0.05
#: so many of the newest are looked through instead
MOST_LOOKED = 1_000
#: and so many for characters that no word of the index has
MOST_LOOKED_FOR_CHARACTERS = 5_000
#: a hit in a name counts as so many in a text
_RANK = "bm25(8.0, 1.0)"
_BEYOND = 2**62

_CUT = "SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT 1 OFFSET ?"
#: where the server does not date its resources: when we saw that one was changed
_SEEN_AT = "(SELECT max(h.at) FROM history h WHERE h.scope_id = r.scope_id AND h.kind = r.kind AND h.slug = r.slug)"
_COLUMNS = f"r.kind, r.slug, r.type, coalesce(r.updated_at, {_SEEN_AT}), body.digest, body.packed"
#: the texts come first and in their order, and what shows them is looked up until there are enough: by the digest, so
#: the plus keeps SQLite from going through the scope
_SHOWN = """
SELECT {columns}, attached.place, attached.digest, text.id FROM words CROSS JOIN text ON text.id = words.rowid
LEFT JOIN attached ON text.is_file AND attached.digest = text.digest
CROSS JOIN resource r ON r.remote_digest = coalesce(attached.body, text.digest)
CROSS JOIN body ON body.digest = r.remote_digest
WHERE words MATCH ? AND {texts_are} AND +r.scope_id = ? AND r.remote_state = 'present' AND {wanted}
ORDER BY {order} LIMIT ?
"""
_RANKED = ("rank MATCH ? AND words.rowid < ? AND words.rowid > ?", "rank")
_NEWEST = ("TRUE", "words.rowid DESC")
#: what bears the word as its id, whether its body may be read or not
_NAMED = """
SELECT {columns}, NULL, NULL, NULL FROM resource r LEFT JOIN body ON body.digest = r.remote_digest
WHERE r.scope_id = ? AND {named} AND r.remote_state IN ('present', 'unreadable') AND {wanted} ORDER BY r.slug LIMIT ?
"""
#: those that the server dates come out of an index in their order; of the others there are few
_LISTED = """
SELECT {columns}, NULL, NULL, NULL FROM (
    SELECT * FROM (
        SELECT r.id, r.updated_at AS at FROM resource r
        WHERE r.scope_id = ? AND r.updated_at IS NOT NULL AND {states} AND {dated} ORDER BY r.updated_at DESC LIMIT ?
    ) UNION ALL SELECT * FROM (
        SELECT r.id, {seen_at} AS at FROM resource r
        WHERE r.scope_id = ? AND r.updated_at IS NULL AND {states} AND {undated} ORDER BY at DESC LIMIT ?
    ) ORDER BY at DESC LIMIT ?
) AS listed CROSS JOIN resource r ON r.id = listed.id LEFT JOIN body ON body.digest = r.remote_digest
ORDER BY listed.at DESC, r.kind, r.slug
"""
_FILES = "SELECT place, digest FROM attached WHERE body = ? AND place <> '' ORDER BY place"
_UNINDEXED = """
SELECT r.slug, r.path, r.remote_digest FROM resource r
WHERE r.scope_id = ? AND r.kind = ? AND r.remote_state = 'present' AND r.remote_digest IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM attached WHERE attached.body = r.remote_digest AND attached.place = ''
)
"""
_OF_KIND = "(r.kind = ? AND coalesce(?, r.type) = r.type)"
_TAGGED = "r.remote_digest IN (SELECT digest FROM tag WHERE name = ?)"

#: gives the text of a file: of which resource, its place there, and its digest; "" where it cannot be had
ReadFile = Callable[[Key, str, str], str]
_Row = tuple["Json", ...]


class Wanted(NamedTuple):
    """Say which resources may be found: of some kinds (kind, type or None for all its types), and under all tags.

    `since` and `before` bound when they were changed: instants in UTC, as the mirror writes them. `conditions` are
    further ones in SQL about a row of `resource r`, each with its values.
    """

    kinds: Sequence[tuple[str, str | None]]
    tags: Sequence[str] = ()
    since: str | None = None
    before: str | None = None
    conditions: Sequence[tuple[str, tuple[str, ...]]] = ()

    def to_sql(self, changed_at: str = f"coalesce(r.updated_at, {_SEEN_AT})") -> tuple[str, tuple[str | None, ...]]:
        """Write it as a condition, and its values; `changed_at` is what tells when a row was changed."""
        parts = [f"({' OR '.join([_OF_KIND] * len(self.kinds))})", *[_TAGGED] * len(self.tags)]
        values: list[str | None] = [*(each for kind in self.kinds for each in kind), *map(fold, self.tags)]
        for bound, sign in ((self.since, ">="), (self.before, "<")):
            if bound is not None:
                parts.append(f"{changed_at} {sign} ?")
                values.append(bound)
        for condition, further in self.conditions:
            parts.append(condition)
            values += further
        return " AND ".join(parts), tuple(values)


class Hit(NamedTuple):
    """Hold one resource that was found, and its body; `{}` where nobody may read it.

    `file` and `file_digest` name the one of its files that has the words, None where its body has. `changed_at` is
    when the server says that it was changed, else when we saw that it was.
    """

    key: Key
    type: str
    body: Body
    changed_at: str | None = None
    file: str | None = None
    file_digest: str | None = None


class Hits(NamedTuple):
    """Hold what was found, the best first; whether more fits, and whether only the newest that fits was ranked.

    `looked_through` says how many of the newest were looked at where others were not; None where all were.
    """

    found: list[Hit]
    has_more: bool
    is_sample: bool
    looked_through: int | None = None


def find(
    reader: MirrorReader,
    scope: Scope,
    query: Query,
    wanted: Wanted,
    *,
    limit: int,
    read_file: ReadFile,
    most: int = MOST_CANDIDATES,
    most_looked: int = MOST_LOOKED,
    patience_s: float = PATIENCE_S,
) -> Hits:
    """Find what the server of a scope shows now, in its bodies and the files that they name.

    What bears the only word as its id comes first. Where more than `most` have the words, the newest are ranked first,
    and older ones only where those are too few: what is there is found. Without words what is wanted is listed, the
    newest first.

    Raises:
        MirrorError: there is no index to ask.
    """
    _check_index(reader)
    asking = _Asking(reader, scope, query, wanted, limit, read_file)
    if not query.terms:
        return asking.list_newest()
    if query.is_substring:
        return asking.find_characters()
    return asking.find_words(most, most_looked, patience_s)


def has_index(reader: MirrorReader) -> bool:
    """Tell whether the mirror has an index of all its bodies that we can ask."""
    return _has_fts5(reader) and _is_up_to_date(reader)


def is_index_behind(reader: MirrorReader) -> bool:
    """Tell whether the next process that writes will make the index anew."""
    return _has_fts5(reader) and not _is_up_to_date(reader)


def find_unindexed(reader: MirrorReader, scope: Scope, kind: str) -> list[tuple[str, str | None, str]]:
    """Find what the server shows of a kind that names files by digest, and whose files are not all indexed.

    Returns (slug, path, digest of the body) of each.
    """
    return reader.ask(_UNINDEXED, (scope.id, kind))


def find_indexed_files(reader: MirrorReader) -> set[str]:
    """Find the digests of all files that were indexed, or are no texts."""
    return {digest for (digest,) in reader.ask("SELECT DISTINCT digest FROM attached", ())}


class _Asking(NamedTuple):
    """Hold one question, and answer it in one way or another."""

    reader: MirrorReader
    scope: Scope
    query: Query
    wanted: Wanted
    limit: int
    read_file: ReadFile

    def list_newest(self) -> Hits:
        """List all that is wanted, what was changed last before the rest."""
        return self._to_hits([*self._listed(self.limit + 1, "r.remote_state IN ('present', 'unreadable')")])

    def find_words(self, most: int, most_looked: int, patience_s: float) -> Hits:
        """Find by words, as far as there is time, and then by looking at the newest."""
        found = self._find_by_id()
        named = {each[:2] for each in found}
        match, wanted = to_match(self.query), self.wanted.to_sql()
        ends, above, is_sample = time.process_time() + patience_s, _BEYOND, False
        while match and len(found) <= self.limit:
            cut = self.reader.ask_within(ends - time.process_time(), _CUT, (match, above, most))
            if cut is None:
                return self._look_at_newest(found, most_looked)
            below = cut[0][0] if cut else -_BEYOND
            room = self.limit + 1 - len(found) + len(named)
            values = (match, _RANK, above, below, self.scope.id, *wanted[1], room)
            question = _shown(_RANKED, wanted[0])
            ranked = self.reader.ask_within(ends - time.process_time(), question, values)
            if ranked is None:
                return self._look_at_newest(found, most_looked)
            found += [each for each in ranked if each[:2] not in named or each[6]]
            if not cut:
                break
            # the cut itself is the first of those that were not ranked yet
            above, is_sample = below + 1, True
        return self._to_hits(found, is_sample=is_sample)

    def find_characters(self) -> Hits:
        """Find by characters within words: in what has a word with them, as the index tells, else in the newest."""
        found = self._find_by_id()
        named = {each[:2] for each in found}
        narrowed = narrow(self.reader, self.query)
        if narrowed == "":
            return self._to_hits(found)
        most = MOST_LOOKED_FOR_CHARACTERS
        newest = self._newest(most + 1) if narrowed is None else self._newest_with(narrowed, most + 1)
        for looked, each in enumerate(newest):
            if looked == most:
                return self._to_hits(found, is_sample=True, looked_through=looked)
            if (each[:2] not in named or each[6]) and has_all(self.query, self._pieces(each)):
                found.append(each)
                if len(found) > self.limit:
                    break
        return self._to_hits(found)

    def _look_at_newest(self, found: list[_Row], most: int) -> Hits:
        """Look at the newest that are wanted, one by one."""
        known = {(*each[:2], each[6]) for each in found}
        for looked, each in enumerate(self._newest(most + 1)):
            if looked == most:
                return self._to_hits(found, is_sample=True, looked_through=looked)
            if (*each[:2], each[6]) not in known and has_all(self.query, self._pieces(each)):
                found.append(each)
                if len(found) > self.limit:
                    return self._to_hits(found, is_sample=True)
        return self._to_hits(found)

    def _newest(self, most: int) -> Iterator[_Row]:
        """List the texts of what is wanted: each body, and behind it the files that it names."""
        for each in self._listed(most, "r.remote_state = 'present'"):
            yield each
            for place, digest in self.reader.ask(_FILES, (each[4],)):
                yield (*each[:6], place, digest, None)

    def _newest_with(self, match: str, most: int) -> Iterator[_Row]:
        """List the texts of what is wanted in which the index has something, the newest first."""
        wanted = self.wanted.to_sql()
        return self.reader.each(_shown(_NEWEST, wanted[0]), (match, self.scope.id, *wanted[1], most))

    def _listed(self, most: int, states: str) -> Iterator[_Row]:
        """List what is wanted, what was changed last before the rest."""
        dated, undated = self.wanted.to_sql("r.updated_at"), self.wanted.to_sql(_SEEN_AT)
        question = _LISTED.format(columns=_COLUMNS, seen_at=_SEEN_AT, states=states, dated=dated[0], undated=undated[0])
        of_each = (self.scope.id, *dated[1], most)
        return self.reader.each(question, (*of_each, *of_each, most))

    def _find_by_id(self) -> list[_Row]:
        """Find what bears the only term as its id, or has its characters there."""
        if len(self.query.terms) != 1:
            return []
        ((text, is_open),) = self.query.terms
        # a slug has no half of a pair of surrogates, which no database takes
        first = text.encode("utf-8", "replace").decode()
        if self.query.is_substring:
            return self._ask_named("instr(lower(r.slug), ?)", (first.lower(),))
        last = f"{first}\U0010ffff" if is_open else first
        names = [name for name, _type in self.wanted.kinds]
        named = f"r.kind IN ({', '.join('?' * len(names))}) AND r.slug >= ? AND r.slug <= ?"
        return self._ask_named(named, (*names, first, last))

    def _ask_named(self, named: str, values: tuple[str, ...]) -> list[_Row]:
        wanted = self.wanted.to_sql()
        question = _NAMED.format(columns=_COLUMNS, named=named, wanted=wanted[0])
        return self.reader.ask(question, (self.scope.id, *values, *wanted[1], self.limit + 1))

    def _pieces(self, row: _Row) -> Iterator[Piece]:
        """List the texts of what was found: of a body, or of the one file."""
        place, file_digest = row[6:8]
        if place is None:
            yield from pieces_of(unpack_body(*row[4:6]))
        else:
            key = Key(row[0], Slug(row[1]))
            yield Piece("", place, self.read_file(key, place, file_digest))

    def _to_hits(self, found: list[_Row], *, is_sample: bool = False, looked_through: int | None = None) -> Hits:
        hits = [_to_hit(*each) for each in found[: self.limit]]
        return Hits(hits, len(found) > self.limit, is_sample, looked_through)


def _shown(form: tuple[str, str], wanted: str) -> str:
    texts_are, order = form
    return _SHOWN.format(columns=_COLUMNS, texts_are=texts_are, order=order, wanted=wanted)


def _has_fts5(reader: MirrorReader) -> bool:
    return bool(reader.ask(HAS_FTS5, ()))


def _is_up_to_date(reader: MirrorReader) -> bool:
    return reader.ask(WORDS_FACT, ()) == [(WORDS_VERSION,)]


def _check_index(reader: MirrorReader) -> None:
    if not _has_fts5(reader):
        raise MirrorError(
            "this Python's SQLite was built without FTS5, with which the mirror is searched",
            hint="use another Python: most have it",
        )
    if not _is_up_to_date(reader):
        raise MirrorError("the mirror has no index of all its words yet", hint="cochat pull")


def _to_hit(
    kind: str,
    slug: str,
    type_: str,
    changed: str | None,
    digest: str | None,
    packed: bytes | None,
    place: str | None,
    file_digest: str | None,
    _number: int | None,
) -> Hit:
    body = unpack_body(digest, packed) if digest and packed else {}
    return Hit(Key(kind, Slug(slug)), type_, body, changed, place, file_digest)
