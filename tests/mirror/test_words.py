"""The words of a text: any of them finds it, any two characters of Chinese do, and whatever is typed is a query."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cochat_devkit.mirror.index import ENTER
from cochat_devkit.mirror.tables import INDEX_TABLES
from cochat_devkit.mirror.words import (
    fold,
    make_snippet,
    parse_query,
    pieces_of,
    texts_of,
    to_entry,
    to_match,
    to_words,
)

#: Han, kana, syllables of Korean, a plane beyond the first, half width, and what stands between them
CJK = "模型工具网页搜索日历的一々〇ひらがなカタカナー한국어검색𠀀𠮷𰻝龍ﾓﾃﾞﾙ"
APART = " \n\t,.，。、；！？「」・-_()#*\":'\0…😀"
LATIN = "abcABCxyzÀéüßñøŁİıПрИвΣσς0129²"
texts = st.text(st.sampled_from(CJK + APART + LATIN), max_size=40)
anything = st.text(max_size=40)
#: what Python knows, too: what it does not know parts words here, and is a letter to SQLite
known = st.text(st.characters(exclude_categories=["Cn", "Co", "Cs", "M"]), max_size=40)


def matching(query, *docs):
    """Ask SQLite which of some texts a query finds."""
    found = to_match(parse_query(query))
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute(INDEX_TABLES[1])
        database.executemany(ENTER, [(number, b"", to_words(doc)) for number, doc in enumerate(docs)])
        if not found:
            return []
        asked = database.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid", (found,))
        return [row[0] for row in asked]


def cjk_runs(text):
    """Find the runs of a text as it is compared, by the names that Unicode gives."""
    plain = unicodedata.normalize("NFKC", text)
    letters = "\u3005\u3007\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
    return re.findall(f"[{letters}]+", plain)


@given(texts | anything, texts)
def test_any_part_of_a_run_finds_its_text_and_no_other(text, other):
    """Two Chinese characters are enough, wherever they stand, and what is not in a text does not find it."""
    for run in cjk_runs(text):
        for begin in range(len(run)):
            for end in range(begin + 1, min(begin + 5, len(run)) + 1):
                part = run[begin:end]
                expected = [n for n, each in enumerate((text, other)) if any(part in each for each in cjk_runs(each))]
                assert matching(part, text, other) == expected, part


@given(texts | known)
def test_any_word_finds_its_text(text):
    """A word that I see in a text finds it, in small letters and in capitals, and so does its beginning with a star."""
    for word in re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text)):
        assert matching(word, text) == [0]
        assert matching(f"{word}*", text) == [0]


@given(st.lists(anything | texts, min_size=1, max_size=4).map(" ".join))
@example('"')
@example('""')
@example("*")
@example('"*')
@example("NEAR(a b, 2) AND OR NOT ^a {title}: -x + y")
@example('a"b"c')
@example("kind:")
@example("\0")
@example("\ud800 模\udfff")
@example("a " * 2000)
@example('"' + "a " * 2000 + '"')
@example("模" * 2000)
def test_whatever_is_typed_is_a_query(typed):
    """I never have to know what a search engine takes for a mistake."""
    matching(typed, "a text")
    query = parse_query(typed, {"kind"})
    make_snippet(query, pieces_of({"name": "a text", "content": typed}))


@given(texts | anything)
def test_a_text_finds_itself(text):
    """A line that I copy out of a text finds it, as a phrase and as words."""
    for line in text.replace('"', " ").replace("*", " ").split("\n"):
        if any(map(str.isalnum, unicodedata.normalize("NFKC", line))):
            assert matching(f'"{line}"', text) == [0]
            assert matching(line, text) == [0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("calendar", [0, 1]),
        ("CALENDAR events", [0]),
        ("events calendar", [0]),
        ('"calendar events"', [0]),
        ('"events calendar"', []),
        ("calen", []),
        ("calen*", [0, 1]),
        ('"calendar ev"*', [0]),
        ("cafe", [2]),
        ("café", [2]),
        ("read_file", [3]),
        ("file", [3]),
        ("read_text", []),
        ("gpt模型", [4]),
        ("模型gpt", []),
        ("网页gpt", []),
        ("gpt模型x", []),
        ("搜索", [5]),
        ("搜", [5]),
        ("索", [5]),
        ("网索", []),
        ("网 索", [5]),
        ("网页，搜索", []),
        ("モデル", [6]),
        ("검색", [7]),
        ("C++", [8]),
        ("+++", []),
        ("", []),
        ("http://x.test/a", [9]),
        ("robot", [10]),
        ("x̂y", [11]),
        ("हिन्दी", [12]),
    ],
)
def test_what_finds_what(query, found):
    """Words in any order, phrases in theirs, beginnings, accents, names with underscores, scripts side by side."""
    docs = [
        "Lists calendar events.",
        "Calendar: nothing else",
        "A Café",
        "def read_file(path)",
        "用GPT模型写",
        "网页搜索工具",
        "ﾓﾃﾞﾙ",
        "한국어검색",
        "written in C++",
        "see http://x.test/a",
        "🤖Robot🫠",
        "the x̂y plane",
        "में हिन्दी लिखें",
    ]
    assert matching(query, *docs) == found


def test_filters_are_taken_out_of_a_query():
    """`kind:filter` narrows; what is no filter is looked for as it stands."""
    query = parse_query('web kind:filter http://x "a kind:b" kind:"a b"', {"kind"})
    assert [each.text for each in query.terms] == ["web", "http://x", "a kind:b"]
    assert query.filters == (("kind", "filter"), ("kind", "a b"))


def test_texts_of_a_body():
    """What people wrote is found, in lists and mappings, too; pictures, rights, numbers and switches are not."""
    body = {
        "name": "Scout",
        "description": "Finds things",
        "access": "private",
        "image": "data:image/png;base64,AAAA",
        "tags": ["field", "work"],
        "files": {"docs/a.md": "A *file*", "b.bin": {"data": "data:text/plain;base64,QQ=="}},
        "meta": {"vision": True, "limit": 3, "nothing": None},
        "content": "data: none",
    }
    assert dict(texts_of(body)) == {
        "name": "Scout",
        "description": "Finds things",
        "tags": "field\nwork",
        "files": "docs/a.md\nA *file*\ndata",
        "content": "data: none",
    }
    titles, text = to_entry(body)
    assert titles.split(b"\n") == [b"Scout", b"Finds things"]
    assert b"field" in text
    assert b"Scout" not in text


@given(texts | anything)
def test_folding_keeps_every_place(text):
    """What is marked in a folded text stands at the same place in the text itself."""
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("query", "content", "shown"),
    [
        ("event", "first\n    an Event, eventful EVENT  \nlast", "content:2: an [Event], eventful [EVENT]"),
        ("ev*", "an event", "content:1: an [event]"),
        ('"an event"', "an event, an even", "content:1: [an event], an even"),
        ("cafe", "ein Café", "content:1: ein [Café]"),
        ("搜索", "网页搜索工具", "content:1: 网页[搜索]工具"),
        ("gpt", "用GPT模型写", "content:1: 用[GPT]模型写"),
        ("read_file", "def read_file(x)", "content:1: def [read_file](x)"),
        ("scout", "nothing", "name:1: [Scout]"),
        ("the_id", "nothing", "description:1: Finds things"),
        ("x", "a" * 200 + " x " + "b" * 200, f"content:1: …{'a' * 39} [x] {'b' * 78}…"),
    ],
)
def test_the_line_that_shows_why(query, content, shown):
    """I see the line that has my words, with the words marked in it; a long line is cut around them."""
    body = {"name": "Scout", "description": "Finds things", "content": content}
    found = make_snippet(parse_query(query), pieces_of(body))
    text = found.text
    for begin, end in reversed(found.marks):
        text = f"{text[:begin]}[{text[begin:end]}]{text[end:]}"
    assert f"{found.field}:{found.line}: {text}" == shown


@given(texts | anything, st.text(st.sampled_from(CJK + LATIN), min_size=1, max_size=3))
def test_marks_stand_within_the_line(text, query):
    """No mark is empty, reaches out of its line, or overlaps the next."""
    body = {"name": "x", "content": f"{text}\n{text}{query}{text * 9}"}
    found = make_snippet(parse_query(query), pieces_of(body))
    places = [place for mark in found.marks for place in mark]
    assert places == sorted(places)
    assert all(begin < end <= len(found.text) for begin, end in found.marks)
    assert "\n" not in found.text
