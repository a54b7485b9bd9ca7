"""The search page: what has the words, best first; as one types, a script asks for this same page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.errors import DevkitError
from cochat_devkit.kinds import all_kinds
from cochat_devkit.operations.ls import text_of
from cochat_devkit.redaction import redact
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.web.formatted import language_of
from cochat_devkit.web.page import Page, number_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.operations.search import Found
    from cochat_devkit.web.page import Asked

_FIRST, _MOST = 25, 200


class _Line(NamedTuple):
    """Hold one line of the results: what was found, its snippet in pieces (text, is it a hit), and where it stands."""

    found: Found
    pieces: list[tuple[str, bool]]
    anchor: str


def _make(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    words, kind = asked.query.get("q", ""), asked.query.get("kind", "")
    limit = min(number_in(asked.query.get("n", ""), _FIRST), _MOST)
    given = {
        "words": words,
        "kind": kind,
        "types": [type_ for each in all_kinds() for type_ in each.types or (each.name,)],
        "answer": None,
        "error": None,
        "lines": [],
        "more": _MOST if limit < _MOST else None,
    }
    if not words.strip():
        return given
    try:
        answer = catalogue.search(_as_typed(words), [kind] if kind else [], limit)
    except DevkitError as error:
        return {**given, "error": error}
    return {**given, "answer": answer, "lines": [_line(each) for each in answer.found]}


def _as_typed(words: str) -> str:
    """Let the last word be the beginning of one, unless it is a phrase or the value of a filter."""
    last = words.rsplit(maxsplit=1)[-1]
    is_whole = words != words.rstrip() or words.count('"') % 2 or not last[-1].isalnum() or ":" in last
    return words if is_whole else f"{words}*"


def _line(found: Found) -> _Line:
    text = text_of(found.ref)
    language = language_of(found.file) if found.file else text.language if found.field == text.name else "markdown"
    anchor = f"#L-{found.line}" if language != "markdown" else ""
    return _Line(found, [*_pieces(found.snippet, found.marks)], anchor)


def _pieces(text: str, marks: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """Part a line at its marks; one that holds a secret is masked as a whole, and has none."""
    masked = redact(text)
    if masked != text:
        text, marks = masked, ()
    done = 0
    for first, end in marks:
        yield text[done:first], False
        yield text[first:end], True
        done = end
    yield text[done:], False


PAGES = (Page("search", "search.html", "search.html", _make, menu="Search"),)
