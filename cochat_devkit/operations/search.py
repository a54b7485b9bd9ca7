"""Search: which resources of the mirror have the words, offline."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource, UsageError
from cochat_devkit.kinds import all_kinds, kind_named, parse_ref, ref_of
from cochat_devkit.mirror.finding import Wanted, find, find_unindexed
from cochat_devkit.mirror.mentions import condition_of_users
from cochat_devkit.mirror.words import Piece, Snippet, count_words, make_snippet, parse_query, pieces_of
from cochat_devkit.operations.mirrored import mirror_of
from cochat_devkit.operations.periods import parse_span
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from cochat_devkit.config import Config
    from cochat_devkit.mirror.finding import Hit
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Scope
    from cochat_devkit.mirror.words import Query
    from cochat_devkit.resource import Key

#: (kind, type within it; None for all of them)
KindOrType = tuple[str, str | None]

#: what `name:value` in a query can ask for
FILTERS = ("kind", "tag", "is", "changed", "uses")
_MOST_CHARS = 5_000
_MOST_WORDS = 100
_EXAMPLE = "as in: cochat search calendar event"


class Found(NamedTuple):
    """Hold one resource that was found: the line that shows why, and where in it the words stand.

    Where no words were asked for, there is no line: "", 0.
    `file` names the one of its files that the line is of, "" where it is of a text. `changed_at` is when the server
    says that it was changed, else when we saw that it was; None where nobody knows.
    """

    ref: str
    type: str
    name: str
    field: str
    line: int
    snippet: str
    marks: tuple[tuple[int, int], ...]
    file: str = ""
    changed_at: str | None = None


class Answer(NamedTuple):
    """Hold what was found, the best first; whether there is more, and whether only the newest was ranked.

    `looked_through` says how many of the newest were looked at where others were not, and None where all were.
    `unindexed` names those of whose files not all can be found yet.
    """

    found: list[Found]
    has_more: bool
    is_sample: bool
    looked_through: int | None = None
    unindexed: tuple[str, ...] = ()


def search(
    config: Config,
    words: str,
    *,
    kinds: Sequence[str] = (),
    limit: int,
    target: str | None,
    is_substring: bool = False,
) -> Answer:
    """Find what the server showed last, by all of the words; without words all that the filters let through.

    With `is_substring` words are characters, wherever they stand.

    Raises:
        UsageError: there is nothing to look for, too much of it, a filter of another form, a kind that there is not.
        UnknownResource: nothing was ever pulled of the target.
        MirrorError: the mirror cannot be searched.
    """
    query = _parse(words, is_substring=is_substring)
    wanted = _to_wanted(query, kinds)
    if not query.terms and not query.filters and not kinds:
        raise UsageError("there is no word to look for", hint=_EXAMPLE)
    aim = config.target_named(target)
    with mirror_of(config, target) as (reader, scope):
        if scope is None:
            raise UnknownResource(f"nothing was ever pulled of {aim.name}", hint="cochat pull")
        asked = ((_CONDITIONS[name], value) for name, value in query.filters if name in _CONDITIONS)
        wanted = wanted._replace(conditions=[write(reader, scope, value) for write, value in asked])
        read_file = _FileReader(config.root, reader, scope)
        hits = find(reader, scope, query, wanted, limit=limit, read_file=read_file)
        found = [_to_found(query, each, read_file) for each in hits.found]
        unindexed = _find_unindexed(reader, scope, {name for name, _type in wanted.kinds}) if query.terms else ()
    return Answer(found, hits.has_more, hits.is_sample, hits.looked_through, unindexed)


def kind_or_type(word: str) -> KindOrType:
    """Read the name of a kind or of one of its types.

    Raises:
        UnknownKind: it is none.
    """
    kind, type_ = kind_named(word)
    return kind.name, type_


def _parse(words: str, *, is_substring: bool) -> Query:
    if len(words) > _MOST_CHARS:
        raise _too_much(f"{len(words):,} characters are", _MOST_CHARS)
    query = parse_query(words, FILTERS, is_substring=is_substring)
    count = count_words(query)
    if count > _MOST_WORDS:
        raise _too_much(f"{count:,} words are", _MOST_WORDS)
    return query


def _too_much(what: str, most: int) -> UsageError:
    return UsageError(f"{what} too many to look for (at most {most:,})", hint="a few words find it")


def _to_wanted(query: Query, kinds: Iterable[str]) -> Wanted:
    """Read what the filters ask for: of several kinds any, of all else everything."""
    asked: dict[str, list[str]] = {name: [] for name in FILTERS}
    for name, value in query.filters:
        if not value:
            raise UsageError(f"{name}: asks for nothing", hint=f"as in: cochat search {_EXAMPLES[name]}")
        asked[name].append(value)
    among = [kind_or_type(each) for each in (*kinds, *asked["kind"])]
    spans = [parse_span(each, datetime.now(UTC)) for each in asked["changed"]]
    return Wanted(
        kinds=among or [(kind.name, None) for kind in all_kinds()],
        tags=asked["tag"],
        since=max((_to_stamp(each.since) for each in spans if each.since), default=None),
        before=min((_to_stamp(each.before) for each in spans if each.before), default=None),
    )


_EXAMPLES = {
    "kind": "kind:filter",
    "tag": "tag:finance",
    "is": "is:free",
    "changed": "changed:7d",
    "uses": "uses:tool/web_search",
}


def _uses(reader: MirrorReader, scope: Scope, ref: str) -> tuple[str, tuple[str, ...]]:
    """Write for the mirror that a resource uses another, which nobody needs to have."""
    return condition_of_users(reader, scope, *parse_ref(ref))


def _is(reader: MirrorReader, scope: Scope, word: str) -> tuple[str, tuple[str, ...]]:
    """Write for the mirror that a resource is of those that a word of its kind's own tells from others."""
    words = {each: kind for kind in all_kinds() if kind.facet for each in kind.facet.words}
    kind = words.get(word.casefold())
    if kind is None or kind.facet is None:
        raise UsageError(f"there is nothing to tell by is:{word}", hint=f"words behind is: {', '.join(words)}")
    rows = reader.rows(scope, [kind.name]).values()
    if not rows and kind.is_on_request:
        raise UnknownResource(f"the mirror has no {kind.plural}", hint=f"cochat pull --kind {kind.name}")
    bodies = reader.bodies({row.remote_digest for row in rows if row.remote_digest}).items()
    digests = [digest for digest, body in bodies if body.get(kind.facet.field) == word.casefold()]
    return "r.remote_digest IN (SELECT value FROM json_each(?))", (json.dumps(digests),)


_CONDITIONS: dict[str, Callable[[MirrorReader, Scope, str], tuple[str, tuple[str, ...]]]] = {
    "uses": _uses,
    "is": _is,
}


def _to_stamp(at: datetime) -> str:
    """Write an instant as the mirror compares it: what it holds has a fraction or a zone behind the seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%S}"


class _FileReader:
    """Read the texts of files that resources name by digest."""

    def __init__(self, root: Path, reader: MirrorReader, scope: Scope) -> None:
        self._root = root
        self._reader = reader
        self._scope = scope

    def __call__(self, key: Key, place: str, digest: str) -> str:
        """Read one: of which resource, its place there, its digest; "" where nobody has it any more."""
        from cochat_devkit.operations.indexing import read_attached, to_text

        row = self._reader.row(self._scope, *key)
        content = read_attached(self._root, kind_named(key.kind)[0], row.path if row else None, place, digest)
        return (to_text(content) or "") if content is not None else ""


def _to_found(query: Query, hit: Hit, read_file: _FileReader) -> Found:
    name, type_ = str(hit.body.get("name", "")), hit.type or hit.key.kind
    if not query.terms:
        shown = Snippet("", 0, "", ())
    elif hit.file is None or hit.file_digest is None:
        shown = make_snippet(query, pieces_of(hit.body))
    else:
        field = kind_named(hit.key.kind)[0].digest_field or ""
        text = read_file(hit.key, hit.file, hit.file_digest)
        # where its bytes are nowhere any more, there is no line to show
        shown = make_snippet(query, [Piece(field, hit.file, text)])._replace(field=field, file=hit.file)
    return Found(
        *(ref_of(hit.key, hit.type), type_, name, shown.field, shown.line, shown.text, shown.marks),
        file=shown.file,
        changed_at=hit.changed_at,
    )


def _find_unindexed(reader: MirrorReader, scope: Scope, names: Iterable[str]) -> tuple[str, ...]:
    named = [kind_named(name)[0] for name in sorted(names)]
    return tuple(
        f"{kind.name}/{slug}"
        for kind in named
        if kind.digest_field
        for slug, *_rest in find_unindexed(reader, scope, kind.name)
    )
