"""What is found: characters within words, files, and in bounded time whatever is asked for."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cochat_devkit.mirror import finding
from cochat_devkit.mirror.finding import Wanted, find, find_unindexed
from cochat_devkit.mirror.index import NamedFiles
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.mirror.substrings import narrow
from cochat_devkit.mirror.words import MOST_FILE_BYTES, Query, Term, parse_query, to_text
from cochat_devkit.resource import make_digest
from tests.mirror.test_index import ALL, URL, enter, no_file, remember, row

TEXTS = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("aaabbcxyzAÉéßİıﬁ_-. \n模型工具日本한국ＡﾃﾞᾼЙйёΣςहिन्दी0１²Ⅷ"),
    ),
    min_size=1,
    max_size=40,
)


def slugs_of(reader, query, limit=20, **more):
    hits = find(reader, reader.scope_of("main", URL), query, Wanted(ALL), limit=limit, read_file=no_file, **more)
    return [hit.key.slug for hit in hits.found], hits


@settings(max_examples=200, deadline=None)
@given(text=TEXTS, first=st.integers(0, 39), length=st.integers(1, 8))
@example(text="web_search", first=2, length=5)
@example(text="Straße", first=3, length=3)
@example(text="GPT模型工具", first=1, length=4)
@example(text="हिन्दी", first=1, length=3)
def test_any_piece_of_a_text_finds_it(tmp_path_factory, text, first, length):
    """Whatever characters I remember of a text, in any language, they find it; where a word has them, at once."""
    piece = text[first : first + length]
    assume(piece)
    path = tmp_path_factory.mktemp("mirror") / "mirror.db"
    with MirrorStore(path) as store:
        remember(store, enter(store), {"it": {"name": "x", "content": text}, "other": {"name": "y", "content": "§"}})
    with MirrorReader(path) as reader:
        query = Query((Term(piece),), is_substring=True)
        assert "it" in slugs_of(reader, query)[0]


def test_the_index_tells_which_words_have_characters(tmp_path):
    """A rare piece of a word is found among any number of texts: only those that have such a word are read."""
    path = tmp_path / "mirror.db"
    with MirrorStore(path) as store:
        words = {f"t{number}": {"name": "x", "content": f"word{number}end other"} for number in range(400)}
        remember(store, enter(store), words)
    with MirrorReader(path) as reader:
        assert narrow(reader, parse_query("d17e", is_substring=True)) == '("word17end")'
        assert narrow(reader, parse_query("nowhere", is_substring=True)) == ""
        # each piece of what is typed narrows, not the first alone
        assert narrow(reader, parse_query('"d17end oth"', is_substring=True)) == '("word17end") AND ("other")'
        # all have it, and so has the first that is read
        assert narrow(reader, parse_query("ord", is_substring=True)) is None
        assert narrow(reader, parse_query("=>", is_substring=True)) is None
        assert slugs_of(reader, parse_query("d17e", is_substring=True))[0] == ["t17"]
        assert len(slugs_of(reader, parse_query("ord", is_substring=True))[0]) == 20


def test_where_not_all_was_read_the_answer_says_so(tmp_path, monkeypatch):
    """Signs that no index knows are sought in the newest alone, and I am told in how many."""
    path = tmp_path / "mirror.db"
    with MirrorStore(path) as store:
        for number in range(4):
            remember(
                store, enter(store), {f"t{number}": {"name": "x", "content": "->" if number == 0 else f"no {number}"}}
            )
    with MirrorReader(path) as reader:
        query = parse_query("->", is_substring=True)
        assert slugs_of(reader, query)[0] == ["t0"]
        monkeypatch.setattr(finding, "MOST_LOOKED_FOR_CHARACTERS", 3)
        found, hits = slugs_of(reader, query)
        assert (found, hits.is_sample, hits.looked_through) == ([], True, 3)


@pytest.mark.parametrize("query", ["sunny", "sun*", '"sunny day"', "day sunny", "网页", "nothing", "t3"])
def test_what_would_take_long_is_looked_for_in_the_newest(tmp_path, query):
    """A question that is stopped finds the same, as long as what has it is among the newest."""
    path = tmp_path / "mirror.db"
    texts = ["a sunny day", "a day, sunny", "网页 sun", "sunday", "dull"]
    with MirrorStore(path) as store:
        for number, text in enumerate(texts):
            remember(store, enter(store), {f"t{number}": {"name": "x", "content": text}})
    with MirrorReader(path) as reader:
        usual, _hits = slugs_of(reader, parse_query(query))
        stopped, hits = slugs_of(reader, parse_query(query), patience_s=0)
        assert sorted(stopped) == sorted(usual)
        assert (hits.is_sample, hits.looked_through) == (False, None)
        few, hits = slugs_of(reader, parse_query(query), patience_s=0, most_looked=2)
        assert set(few) <= set(usual)
        assert hits.looked_through == 2


def test_a_question_is_stopped_in_time(tmp_path):
    """Whatever the database is busy with, it is over when my patience is."""
    path = tmp_path / "mirror.db"
    with MirrorStore(path) as store:
        enter(store)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    with MirrorReader(path) as reader:
        began_s = time.monotonic()
        assert reader.ask_within(0.05, endless, ()) is None
        assert time.monotonic() - began_s < 5
        assert reader.ask_within(5, "SELECT 1", ()) == [(1,)]


FILES = {
    "welcome.md": b"Hello\nthe coffee machine\n",
    "a/logo.png": b"\x89PNG\0\0",
    "notes.txt": "Kaffee 咖啡机".encode(),
}


@pytest.fixture
def base(tmp_path):
    """A mirror of a knowledge base of three files, one of them a picture, and a tool."""
    path = tmp_path / "mirror.db"
    digests = {place: make_digest(content) for place, content in FILES.items()}
    body = {"name": "Handbook", "description": "", "files": digests}
    with MirrorStore(path) as store:
        scope = enter(store)
        shown = row("handbook", body, kind="knowledge")
        store.remember(scope, rows=[shown], bodies=[("", body)])
        remember(store, scope, {"machine": {"name": "Machine", "content": "coffee"}})
        texts = {digests[place]: text for place, content in FILES.items() if (text := to_text(content))}
        store.index_files([NamedFiles(shown.remote_digest, digests, texts)])
    return path


def test_the_text_of_a_file_is_found(base):
    """A word in a file of a knowledge base finds the base, and names the file."""
    kinds = [("knowledge", None), ("tool", None)]
    texts = {make_digest(content): to_text(content) or "" for content in FILES.values()}
    with MirrorReader(base) as reader:
        scope = reader.scope_of("main", URL)

        def found(query, **more):
            hits = find(reader, scope, query, Wanted(kinds), limit=9, read_file=lambda *named: texts[named[2]], **more)
            return sorted((hit.key.slug, hit.file or "") for hit in hits.found)

        both = [("handbook", "welcome.md"), ("machine", "")]
        for more in ({}, {"patience_s": 0}):
            assert found(parse_query("coffee"), **more) == both
            assert found(parse_query("咖啡"), **more) == [("handbook", "notes.txt")]
            assert found(parse_query("png"), **more) == [("handbook", "")]
            # its base is called so, and not the file
            assert found(parse_query("handbook coffee"), **more) == []
        assert found(parse_query("offe", is_substring=True)) == both
        # what stands for a file is no word of anybody's
        assert found(parse_query(make_digest(FILES["notes.txt"]))) == []


def test_a_file_is_indexed_once(base):
    """Another version of a base with the same files costs nothing, and what is shown no more is not found."""
    digests = {"renamed.md": make_digest(FILES["welcome.md"])}
    body = {"name": "Handbook", "description": "", "files": digests}
    with MirrorStore(base) as store:
        scope = enter(store)
        shown = row("handbook", body, kind="knowledge")
        store.remember(scope, rows=[shown], bodies=[("", body)])
        with MirrorReader(base) as reader:
            assert [each[0] for each in find_unindexed(reader, scope, "knowledge")] == ["handbook"]
            before = reader.ask("SELECT count(*) FROM text", ())
        store.index_files([NamedFiles(shown.remote_digest, digests, {digests["renamed.md"]: "other"})])
    with MirrorReader(base) as reader:
        assert find_unindexed(reader, scope, "knowledge") == []
        assert reader.ask("SELECT count(*) FROM text", ()) == before
        hits = find(reader, scope, parse_query("coffee"), Wanted([("knowledge", None)]), limit=9, read_file=no_file)
        assert [hit.file for hit in hits.found] == ["renamed.md"]
        gone = find(reader, scope, parse_query("咖啡"), Wanted([("knowledge", None)]), limit=9, read_file=no_file)
        assert gone.found == []


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"plain", "plain"),
        ("日历".encode(), "日历"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("wide".encode("utf-16"), "wide"),
        (b"\x89PNG\0", None),
        (b"caf\xe9", None),
        (b"", ""),
        (b"x" * (MOST_FILE_BYTES - 1) + "é".encode(), "x" * (MOST_FILE_BYTES - 1)),
        (b"x" * (MOST_FILE_BYTES + 5), "x" * MOST_FILE_BYTES),
    ],
)
def test_which_files_are_texts(content, text):
    """Texts of any common form are read, the beginning alone of long ones; a picture is none."""
    assert to_text(content) == text
