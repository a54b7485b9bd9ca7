"""Search: which resources of the mirror have the words, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit.errors import UnknownResource, UsageError
from cochat_devkit.kinds import all_kinds, kind_named, ref_of
from cochat_devkit.mirror.index import find
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.words import make_snippet, parse_query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.mirror.index import Hit
    from cochat_devkit.mirror.words import Query

#: (kind, type within it; None for all of them)
KindOrType = tuple[str, str | None]


class Found(NamedTuple):
    """Hold one resource that has the words: the line that shows them, and where in it they stand."""

    ref: str
    type: str
    name: str
    field: str
    line: int
    snippet: str
    marks: tuple[tuple[int, int], ...]


class Answer(NamedTuple):
    """Hold what was found, the best first; whether there is more, and whether only the newest was ranked."""

    found: list[Found]
    has_more: bool
    is_sample: bool


def search(config: Config, words: str, *, kinds: Sequence[str] = (), limit: int, target: str | None) -> Answer:
    """Find what the server showed last, by all of the words.

    Raises:
        UsageError: there is no word to look for, or a kind that there is not.
        UnknownResource: nothing was ever pulled of the target.
        MirrorError: the mirror cannot be searched.
    """
    query = parse_query(words, _FILTERS)
    if not query.terms:
        raise UsageError("there is no word to look for", hint="as in: cochat search calendar event")
    wanted: list[KindOrType] = [kind_or_type(kind) for kind in kinds]
    wanted += [_FILTERS[name](value) for name, value in query.filters]
    among = wanted or [(kind.name, None) for kind in all_kinds()]
    aim = config.target_named(target)
    with MirrorReader(config.mirror_path) as reader:
        scope = reader.scope_of(aim.name, aim.url)
        if scope is None:
            raise UnknownResource(f"nothing was ever pulled of {aim.name}", hint="cochat pull")
        hits = find(reader, scope, query, kinds=among, limit=limit)
    return Answer([_to_found(query, each) for each in hits.found], hits.has_more, hits.is_sample)


def kind_or_type(word: str) -> KindOrType:
    """Read the name of a kind or of one of its types.

    Raises:
        UnknownKind: it is none.
    """
    kind, type_ = kind_named(word)
    return kind.name, type_


#: what `name:value` in a query stands for
_FILTERS: Mapping[str, Callable[[str], KindOrType]] = {"kind": kind_or_type}


def _to_found(query: Query, hit: Hit) -> Found:
    shown = make_snippet(query, hit.body)
    name = str(hit.body.get("name", ""))
    type_ = hit.type or hit.key.kind
    return Found(ref_of(hit.key, hit.type), type_, name, shown.field, shown.line, shown.text, shown.marks)
