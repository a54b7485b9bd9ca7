"""Which words a body is found by, what a query asks for, and where its words stand in a text; all of it pure.

Chinese, Japanese and Korean are written without spaces, or are searched for within words: a run of their characters is
found by each two that stand together. `模型工具` becomes `模型 型工 工具 具`: its last character stands alone, so that
every character begins a word, by which it is found when it is asked for alone, and so that no two runs read as one.
Of each line the words come first and then the pairs, which takes half the time of keeping them mixed; `GPT模型` asks
for both, and not for one beside the other.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache, lru_cache
from operator import add
from typing import TYPE_CHECKING

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from cochat_devkit.resource import Body, Json

#: moves when other words are made of the same text: every mirror is then indexed anew
WORDS_VERSION = "2"

#: what names a resource: a hit there weighs more than one in its text
_TITLES = ("name", "title", "command", "description")
#: what nobody wrote as a text: "private" would find nearly everything
_NO_TEXT = frozenset({"access"})
_PICTURE = re.compile(r"data:[\w.+-]+/[\w.+-]+[;,]")
#: what stands for the contents of a file
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")

#: jamo, repetition, numbers, kana, bopomofo, Han, syllables, compatible forms, kana of plane 1, planes 2, 3;
#: half and full width become these before; dots and dashes among the kana part words
_CJK = (
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb"
    "\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
_RUN = f"([{_CJK}]+)"
#: a letter or number of a word that is written apart from others
_LETTER = rf"[^\W_{_CJK}]"
_LETTERS = f"{_LETTER}+"
_PIECE = f"[{_CJK}]+|{_LETTER}+"
_ASCII_WORDS = re.compile("[a-zA-Z0-9]+")
_SYMBOL = re.compile(r"[\W_]")
#: some of Han are younger than Python's tables
_TAIL = rf"(?:(?![{_CJK}])[\W_])+\Z"
#: an optional name of a filter, then a phrase or a word
_PART = re.compile(r'(?:([a-z]+):)?("[^"]*"?\*?|[^\s"]+)')

#: short runs come again and again, long ones are sentences
_SHORT_BYTES = 48
_MOST_PAIRS = 20_000
_WITHOUT_ASCII = bytes([ord(" ")] * 128 + [*range(128, 256)])
_ASCII_ALONE = bytes([*range(128)] + [ord(" ")] * 128)
_SNIPPET_CHARS = 120
#: of a longer file the beginning is indexed
MOST_FILE_BYTES = 1_000_000


class Term(NamedTuple):
    """Hold one thing that is asked for: a word or a phrase; with `is_open` any word that begins like its last."""

    text: str
    is_open: bool = False


class Query(NamedTuple):
    """Hold what a person asks for: every term, and the filters (name, value) that hold, too.

    With `is_substring` a term is characters, wherever they stand.
    """

    terms: tuple[Term, ...]
    filters: tuple[tuple[str, str], ...] = ()
    is_substring: bool = False


class Snippet(NamedTuple):
    """Hold the line that shows why a body was found: field, line from 1, text, and where words stand in it.

    `file` names the one of the field's files that the line is of, "" where the field is a text.
    """

    field: str
    line: int
    text: str
    marks: tuple[tuple[int, int], ...]
    file: str = ""


class Piece(NamedTuple):
    """Hold one text of a body: its field, and of a field of files the file."""

    field: str
    file: str
    text: str


def parse_query(asked: str, filters: Container[str] = (), *, is_substring: bool = False) -> Query:
    """Read what a person types: words, "phrases", beginnings*, and `name:value` for the names of `filters`.

    Whatever is typed is a query: what cannot be a phrase or a filter is a word.
    """
    terms, held = [], []
    for name, part in _PART.findall(asked):
        text = part.strip('"' if is_substring and name not in filters else '"*')
        if name in filters:
            # no database takes half of a pair of surrogates
            held.append((name, text.encode("utf-8", "replace").decode()))
        elif not name and part.endswith(":") and part[:-1] in filters:
            held.append((part[:-1], ""))
        elif text or not is_substring:
            is_open = part.endswith("*") and not is_substring
            terms.append(Term(f"{name}:{text}" if name else text, is_open))
    return Query(tuple(terms), tuple(held), is_substring)


def to_match(query: Query) -> str:
    """Write the terms for FTS5, all of which must be there; "" where none has a letter or number."""
    return " ".join(filter(None, map(_term_to_match, query.terms)))


def to_words(text: str) -> bytes:
    """Write a text as the words that it is found by, spaces between them: of each line its words, then its pairs.

    In UTF-8, as the database takes it.
    """
    if text.isascii():
        return text.encode()
    # most lines of a source are English
    lines = _encode_plain(text).split(b"\n")
    return b"\n".join([each if each.isascii() else _line_to_words(each) for each in lines])


def to_entry(body: Body) -> tuple[bytes, bytes]:
    """Write a body as words, in UTF-8: of what names it, and of its other texts."""
    titles, texts = list[str](), list[str]()
    for name, text in texts_of(body):
        (titles if name in _TITLES else texts).append(text)
    return to_words("\n".join(titles)), to_words("\n".join(texts))


def texts_of(body: Body) -> Iterator[tuple[str, str]]:
    """List the texts of a body by field; where a field holds several, one a line."""
    for name, value in body.items():
        if name not in _NO_TEXT:
            text = value if isinstance(value, str) else "\n".join(_texts_in(value))
            if text and not _PICTURE.match(text):
                yield name, text


def pieces_of(body: Body) -> Iterator[Piece]:
    """List the texts of a body one by one: of a field that holds files each file, and what they are called."""
    for name, text in texts_of(body):
        value = body[name]
        if isinstance(value, dict) and value and all(isinstance(each, str) for each in value.values()):
            yield Piece(name, "", "\n".join(value))
            yield from (Piece(name, file, each) for file, each in value.items() if _is_text(each))
        else:
            yield Piece(name, "", text)


def make_snippet(query: Query, pieces: Iterable[Piece]) -> Snippet:
    """Find the line that shows why something was found, in its texts before its names."""
    sought = _sought_by(query)
    texts = sorted(pieces, key=lambda each: each.field in _TITLES)
    for piece in texts:
        folded = fold(piece.text)
        hits = [hit[0] for each in sought if (hit := next(_places(each, folded, 0, len(folded)), None))]
        if hits:
            return _snippet_at(piece, folded, min(hits), sought)
    # found by its id, or by words that stand in several texts
    named = next((each for each in reversed(texts) if each.field in _TITLES), Piece("", "", ""))
    return Snippet(named.field, 1, named.text[:_SNIPPET_CHARS].partition("\n")[0], ())


def has_all(query: Query, pieces: Iterable[Piece]) -> bool:
    """Tell whether every term stands somewhere in the texts, as `make_snippet` sees them."""
    missing = [*_sought_by(query)]
    if not missing:
        return False
    for piece in pieces:
        folded = fold(piece.text)
        missing = [each for each in missing if next(_places(each, folded, 0, len(folded)), None) is None]
        if not missing:
            return True
    return False


def letters_in(text: str) -> list[str]:
    """List the letters and numbers in characters that are sought, folded, without runs of CJK."""
    return _compiled(_LETTERS).findall(fold(_to_plain(text)))


def runs_to_match(text: str) -> str:
    """Write for FTS5 the runs of CJK in characters that are sought; "" where there are none."""
    return " AND ".join(_run_to_match(each) for each in _compiled(_RUN).findall(_to_plain(text)))


def count_words(query: Query) -> int:
    """Count the words that are asked for, those within phrases too; each character of a run of CJK is one."""
    return sum(map(_count_words, (each.text for each in query.terms)))


def to_text(content: bytes) -> str | None:
    """Read the bytes of a file as a text, its beginning alone where it is long; None where it is none."""
    head = content[:MOST_FILE_BYTES]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    if b"\0" in head:
        return None
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head, final=head == content)
    except UnicodeDecodeError:
        return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile an expression with the class of all CJK, which takes 4 ms, when it is wanted: for English it never is."""
    return re.compile(pattern)


def fold(text: str) -> str:
    """Write a text as it is compared, character for character: small, without accents, of common width."""
    return text.lower() if text.isascii() else text.translate(_FOLDS)


def _count_words(text: str) -> int:
    if text.isascii():
        return len(_ASCII_WORDS.findall(text)) or 1
    words, runs = _apart(text)
    return len(words.split()) + sum(map(len, runs)) or 1


def _term_to_match(term: Term) -> str:
    """Write a term for FTS5: its words as one phrase, its runs as another, since a line has them apart."""
    plain = _compiled(_TAIL).sub("", _to_plain(term.text).replace('"', " ").replace("\0", " "))
    words, runs = _apart(plain)
    ends_in_run = bool(_compiled(_RUN).match(plain[-1:]))
    phrases = []
    if _compiled(_PIECE).search(words):
        phrases.append(_to_phrase(words.split(), is_open=term.is_open and not ends_in_run))
    if runs:
        pairs = " ".join(map(_to_pairs, runs)).split()
        if not ends_in_run:
            phrases.append(_to_phrase(pairs, is_open=False))
        else:
            before = pairs[: -len(runs[-1])]
            phrases.append(_run_to_match(runs[-1], before))
    return " ".join(phrases)


def _run_to_match(run: str, before: Iterable[str] = ()) -> str:
    """Write for FTS5 a run that may go on behind its last two; `before` are the pairs that stand before it."""
    pairs = [*before, *_to_pairs(run).split()]
    return _to_phrase(pairs, is_open=True) if len(run) == 1 else _to_phrase(pairs[:-1], is_open=False)


def _to_phrase(words: list[str], *, is_open: bool) -> str:
    return f'"{" ".join(words)}"' + (" *" if is_open else "")


def _to_plain(text: str) -> str:
    """Write a text in common forms, and so that a database takes it."""
    return _encode_plain(text).decode()


def _encode_plain(text: str) -> bytes:
    """Write a text in common forms, in UTF-8: half of a pair of surrogates is no character."""
    plain = unicodedata.normalize("NFKC", text)
    try:
        return plain.encode()
    except UnicodeEncodeError:
        return plain.encode("utf-8", "replace")


def _line_to_words(line: bytes) -> bytes:
    # what is not ASCII is found fastest by blotting out what is
    pairs = [*map(_PAIRS.__getitem__, line.translate(_WITHOUT_ASCII).split())]
    if None not in pairs:
        return b" ".join((line.translate(_ASCII_ALONE), *pairs))  # type: ignore[arg-type] # none is None
    words, runs = _apart(line.decode())
    return f"{words} {' '.join(map(_to_pairs, runs))}".encode()


def _apart(text: str) -> tuple[str, list[str]]:
    """Part the words of a text, without symbols, from its runs of CJK."""
    parts = _compiled(_RUN).split(text)
    return _without_symbols(" ".join(parts[0::2])), parts[1::2]


class _Pairs(dict[bytes, "bytes | None"]):
    """Write what is not ASCII as pairs, short ones once each; None where there are letters of other scripts."""

    def __missing__(self, encoded: bytes) -> bytes | None:
        others, runs = _apart(encoded.decode())
        pairs = " ".join(map(_to_pairs, runs)).encode() if others.isspace() or not others else None
        if len(encoded) <= _SHORT_BYTES:
            if len(self) >= _MOST_PAIRS:
                self.clear()
            self[encoded] = pairs
        return pairs


_PAIRS = _Pairs()


def _without_symbols(word: str) -> str:
    """Take out what is no letter, number or mark: SQLite takes a symbol younger than its tables for a letter."""
    return word if word.isascii() else _SYMBOL.sub(_mark_or_space, word)


def _mark_or_space(found: re.Match[str]) -> str:
    return found[0] if unicodedata.category(found[0]).startswith("M") else " "


def _to_pairs(run: str) -> str:
    return " ".join(map(add, run, run[1:] + " "))


def _texts_in(value: Json) -> Iterator[str]:
    """Find the texts in a list or mapping, and what they are called there: names of files."""
    if isinstance(value, str):
        if _is_text(value):
            yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, str):
                yield name
            yield from _texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts_in(each)


def _is_text(value: str) -> bool:
    return not _PICTURE.match(value) and not _DIGEST.match(value)


class _Sought(NamedTuple):
    """Hold how a term looks in a folded text, and whether no letter may stand before and behind it."""

    pattern: re.Pattern[str]
    begins_word: bool
    ends_word: bool
    is_open: bool


@lru_cache(maxsize=8)
def _sought_by(query: Query) -> list[_Sought]:
    if query.is_substring:
        patterns = [re.compile(re.escape(fold(each.text))) for each in query.terms]
        return [_Sought(each, begins_word=False, ends_word=False, is_open=False) for each in patterns]
    return [each for each in map(_to_sought, query.terms) if each]


def _to_sought(term: Term) -> _Sought | None:
    pieces = _compiled(_PIECE).findall(fold(_to_plain(term.text)))
    if not pieces:
        return None
    pattern, was_run = re.escape(pieces[0]), _compiled(_RUN).match(pieces[0])
    for piece in pieces[1:]:
        is_run = _compiled(_RUN).match(piece)
        pattern += (r"[\W_]*" if is_run or was_run else r"[\W_]+") + re.escape(piece)
        was_run = is_run
    # a class of all CJK in the pattern would take longer to compile than to search with
    return _Sought(re.compile(pattern), not _compiled(_RUN).match(pieces[0]), not was_run, term.is_open and not was_run)


def _places(sought: _Sought, folded: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Find where a term stands in a part of a folded text: (first, end)."""
    for hit in sought.pattern.finditer(folded, begin, end):
        first, last = hit.span()
        while sought.is_open and last < end and _compiled(_LETTERS).match(folded, last):
            last += 1
        is_whole = not (sought.ends_word and not sought.is_open and _compiled(_LETTERS).match(folded, last))
        if is_whole and not (sought.begins_word and first and _compiled(_LETTERS).match(folded, first - 1)):
            yield first, last


def _snippet_at(piece: Piece, folded: str, hit: int, sought: list[_Sought]) -> Snippet:
    """Cut out the line of a hit, or of a long line what is around it."""
    text = piece.text
    begin = text.rfind("\n", 0, hit) + 1
    end = text.find("\n", hit)
    end = len(text) if end < 0 else end
    while begin < hit and text[begin].isspace():
        begin += 1
    cut = max(begin, hit - _SNIPPET_CHARS // 3) if end - begin > _SNIPPET_CHARS else begin
    end = min(end, cut + _SNIPPET_CHARS)
    before, after = "…" * (cut > begin), "…" * (end < len(text) and text[end] != "\n")
    while end > hit + 1 and text[end - 1].isspace():
        end -= 1
    marks, done = list[tuple[int, int]](), cut
    for first, last in sorted(place for each in sought for place in _places(each, folded, cut, end)):
        if first >= done:
            marks.append((first - cut + len(before), last - cut + len(before)))
            done = last
    line, shown = text.count("\n", 0, hit) + 1, before + text[cut:end] + after
    return Snippet(piece.field, line, shown, tuple(marks), piece.file)


class _Folds(dict[int, str]):
    """Fold characters one by one, each once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = unicodedata.normalize("NFKC", char)
        plain = plain if len(plain) == 1 else char
        if not _compiled(_RUN).match(plain):
            parts = unicodedata.normalize("NFD", plain)
            plain = parts[0] if all(map(unicodedata.combining, parts[1:])) else plain
        small = plain.lower()
        self[code] = small if len(small) == 1 else plain
        return self[code]


_FOLDS = _Folds()
