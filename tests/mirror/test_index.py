"""The index of the mirror: what the server shows now is found, nothing is indexed twice, and no pull depends on it."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import textwrap
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cochat_devkit.errors import MirrorError
from cochat_devkit.mirror.finding import Wanted, find
from cochat_devkit.mirror.history import Origin, Seen
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.rows import SCHEMA_VERSION, Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.mirror.words import parse_query
from cochat_devkit.resource import Key, RemoteId, Slug, State, digest_of_body, fingerprint_in

URL = "https://server.test"
FACTS = {"role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
ALL = [("tool", None), ("function", None)]
TEXTS = {
    "clock": {"name": "Clock", "description": "Tells the time", "content": "def now(): pass  # 模型工具"},
    "diary": {"name": "Diary", "description": "", "content": "# the clock strikes\nclock = 1"},
    "weather": {"name": "Weather", "description": "", "content": "\ud800 sunny, 网页"},
}


def enter(store, target="main", url=URL, user_id="u1"):
    return store.enter_scope(target, url=url, user_id=user_id, **FACTS)


def row(slug, body, kind="tool", type_="", **more):
    digest = digest_of_body(type_, body)
    known = {"remote_fingerprint": fingerprint_in(digest), "remote_digest": digest}
    return Row(Key(kind, Slug(slug)), type_, RemoteId(slug), **(known | more))


def remember(store, scope, texts, **more):
    rows = [row(slug, body) for slug, body in texts.items()]
    store.remember(scope, rows=rows, bodies=[("", body) for body in texts.values()], **more)


def no_file(_key, _place, _digest):
    return ""


def slugs(path, query, target="main", url=URL, limit=20, kinds=ALL):
    """Search as an operation does: slugs, the best first."""
    with MirrorReader(path) as reader:
        scope = reader.scope_of(target, url)
        found = find(reader, scope, parse_query(query), Wanted(kinds), limit=limit, read_file=no_file)
        return [hit.key.slug for hit in found.found]


def entries(path):
    """Count the bodies that have a number, and those that have words."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, words, instance)")
        (texts,) = database.execute("SELECT count(*) FROM text").fetchone()
        (indexed,) = database.execute("SELECT count(DISTINCT doc) FROM word").fetchone()
        return texts, indexed


@pytest.fixture
def path(tmp_path):
    """A mirror of three tools."""
    path = tmp_path / "mirror.db"
    with MirrorStore(path) as store:
        remember(store, enter(store), TEXTS)
    return path


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sunny", ["weather"]),
        ("网页", ["weather"]),
        ("型工", ["clock"]),
        ("clock", ["clock", "diary"]),
        ("clock strikes", ["diary"]),
        ("time now", ["clock"]),
        ("nothing", []),
        ("!?", []),
    ],
)
def test_names_come_before_texts(path, query, expected):
    """What bears the word in its name stands above what only mentions it, and all words must be there."""
    assert slugs(path, query) == expected


def test_only_what_the_server_shows_now_is_found(path):
    """An older text of a resource, one that is gone or unreadable, and another server's are not in the answer."""
    with MirrorStore(path) as store:
        scope, other = enter(store), enter(store, "prod", "https://prod.test")
        remember(store, scope, {"weather": {"name": "Weather", "content": "cloudy"}}, gone=[Key("tool", Slug("diary"))])
        remember(store, other, {"theirs": {"name": "Theirs", "content": "sunny"}})
        store.remember(scope, rows=[row("clock", TEXTS["clock"], remote_state=State.NOT_LISTED)])
    assert [slugs(path, each) for each in ("sunny", "cloudy", "strikes", "time")] == [[], ["weather"], [], []]
    assert slugs(path, "sunny", "prod", "https://prod.test") == ["theirs"]
    with MirrorStore(path) as store:
        remember(store, enter(store), TEXTS)
    assert slugs(path, "sunny") == ["weather"], "what comes back is found again"


def test_a_body_is_indexed_once(path):
    """However often a pull sees the same body, in one run or in many, and whichever resources bear it."""
    assert entries(path) == (3, 3)
    with MirrorStore(path) as store:
        scope = enter(store)
        again = Seen(Key("tool", Slug("clock")), "", TEXTS["clock"], Origin.HERE)
        remember(store, scope, TEXTS, seen=[again])
        remember(store, scope, {"copy": TEXTS["clock"]})
    assert entries(path) == (3, 3)
    assert sorted(slugs(path, "time")) == ["clock", "copy"]


def test_what_lies_in_the_history_alone_is_indexed_for_when_it_is_shown(path):
    """A version that I wrote here is found as soon as the server shows it."""
    body = {"name": "Moon", "content": "waning"}
    with MirrorStore(path) as store:
        scope = enter(store)
        store.remember(scope, seen=[Seen(Key("tool", Slug("moon_phase")), "", body, Origin.HERE)])
        assert slugs(path, "waning") == []
        store.remember(scope, rows=[row("moon_phase", body)])
    assert slugs(path, "waning") == ["moon_phase"]


def test_kinds_and_types_narrow(path):
    """I look among filters alone, or among several kinds."""
    body = {"name": "Clock filter", "content": "clock"}
    with MirrorStore(path) as store:
        rows = [row("f", body, "function", "filter"), row("p", body, "function", "pipe")]
        store.remember(enter(store), rows=rows, bodies=[("filter", body), ("pipe", body)])
    assert set(slugs(path, "clock", kinds=[("function", None)])) == {"f", "p"}
    assert slugs(path, "clock", kinds=[("function", "filter")]) == ["f"]
    assert set(slugs(path, "clock", kinds=[("function", "pipe"), ("tool", None)])) == {"p", "clock", "diary"}


def test_an_id_finds_its_resource(path):
    """I find what I can name, first of all and once, even where its body is not for me to read; `beginning*` serves."""
    named = {"name": "Another", "description": "", "content": "# unlike weather and clock"}
    with MirrorStore(path) as store:
        scope = enter(store)
        remember(store, scope, {"weather_2": named, "cl": named, "2": TEXTS["diary"]})
        hidden = {"remote_fingerprint": None, "remote_digest": None, "remote_state": State.UNREADABLE}
        store.remember(scope, rows=[row("secret", {}, **hidden)], gone=[Key("tool", Slug("diary"))])
    assert slugs(path, "weather_2") == ["weather_2"]
    assert slugs(path, "cl") == ["cl"]
    assert slugs(path, "clock")[0] == "clock"
    assert slugs(path, "weather*")[:2] == ["weather", "weather_2"]
    assert len(slugs(path, "weather*")) == len(set(slugs(path, "weather*"))) == 3
    assert slugs(path, "weather*", limit=2) == ["weather", "weather_2"]
    assert slugs(path, "secret") == ["secret"]
    assert slugs(path, "secret", kinds=[("function", None)]) == []
    assert slugs(path, "diary") == ["2"], "one that is gone is not found by its id"
    assert slugs(path, "\ud800") == []


def test_there_is_more_than_was_asked_for(path):
    """I am told that the list was cut, and only then."""
    with MirrorReader(path) as reader:
        scope, query = reader.scope_of("main", URL), parse_query("clock")
        assert [
            find(reader, scope, query, Wanted(ALL), limit=each, read_file=no_file).has_more for each in (1, 2, 3)
        ] == [
            True,
            False,
            False,
        ]


@settings(max_examples=20)
@given(
    st.lists(st.sampled_from(["one", "two", "one two", "two 三四"]), min_size=1, max_size=12),
    st.integers(1, 3),
    st.integers(1, 6),
)
def test_a_sample_still_finds_what_is_there(tmp_path_factory, texts, most, limit):
    """Where too many fit to rank them all, the newest are ranked first, and nothing that fits is called missing."""
    path = tmp_path_factory.mktemp("mirror") / "mirror.db"
    bodies = {f"t{number}": {"name": f"N{number}", "content": text} for number, text in enumerate(texts)}
    with MirrorStore(path) as store:
        for slug, body in bodies.items():
            remember(store, enter(store), {slug: body})
    with MirrorReader(path) as reader:
        scope = reader.scope_of("main", URL)
        for word in ("one", "三四"):
            fitting = [slug for slug, body in bodies.items() if word in body["content"]]
            hits = find(reader, scope, parse_query(word), Wanted(ALL), limit=limit, read_file=no_file, most=most)
            found = [hit.key.slug for hit in hits.found]
            assert set(found) <= set(fitting)
            assert len(found) == len(set(found)) == min(limit, len(fitting))
            assert hits.has_more is (len(fitting) > limit)
            assert hits.is_sample is (len(fitting) > most)


def make_earlier(path):
    """Make of a mirror one as version 2 left it: without what the index needs."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        for statement in (
            "DROP TABLE words",
            "DROP TABLE tag",
            "DROP TABLE attached",
            "DROP TABLE text",
            "DROP INDEX resource_shows",
            "DELETE FROM fact WHERE name = 'words'",
            "PRAGMA user_version = 2",
        ):
            database.execute(statement)
        database.commit()


def test_an_earlier_mirror_is_indexed_by_the_first_write(path):
    """After an upgrade I am told to pull, and then find what was pulled long ago; a damaged body stops nothing."""
    with MirrorStore(path) as store:
        remember(store, enter(store), {"broken": {"name": "Broken", "content": "sunny"}})
    make_earlier(path)
    with contextlib.closing(sqlite3.connect(path)) as database:
        digest = digest_of_body("", {"name": "Broken", "content": "sunny"})
        database.execute("UPDATE body SET packed = ? WHERE digest = ?", (zlib.compress(b"{}"), digest))
        database.commit()
    with pytest.raises(MirrorError, match="no index of all its words yet") as raised:
        slugs(path, "sunny")
    assert raised.value.hint == "cochat pull"
    with MirrorStore(path):
        pass
    assert slugs(path, "sunny") == ["weather"]
    assert slugs(path, "diary") == ["diary"]
    with MirrorReader(path) as reader:
        assert reader.health() == "ok"
        assert reader.ask("PRAGMA user_version", ()) == [(SCHEMA_VERSION,)]


def test_other_words_are_made_of_all_bodies(path):
    """When a later version of the kit makes other words, no body is left behind."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE fact SET value = '0' WHERE name = 'words'")
        database.commit()
    with pytest.raises(MirrorError, match="no index of all its words yet"):
        slugs(path, "sunny")
    with MirrorStore(path):
        pass
    assert slugs(path, "sunny") == ["weather"]
    assert entries(path) == (3, 3)


def test_a_batch_that_fails_leaves_no_words(path):
    """What was not stored is not indexed either: the next pull does both."""
    body = {"name": "Late", "content": "twilight"}
    with MirrorStore(path) as store:
        scope = enter(store)
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            store.remember(scope, rows=[row("late", body), row("lost", {"name": "no body"})], bodies=[("", body)])
        assert entries(path) == (3, 3)
        remember(store, scope, {"late": body})
    assert slugs(path, "twilight") == ["late"]
    assert entries(path) == (4, 4)


#: takes from every connection of this process what SQLite was built with: FTS5 with it
WITHOUT_FTS5 = """
import ctypes, _sqlite3
library = ctypes.CDLL(_sqlite3.__file__)
called = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
@called
def drop(database, _message, _interface):
    return library.sqlite3_drop_modules(ctypes.c_void_p(database), None)
library.sqlite3_auto_extension(drop)
"""
REMEMBER = """
import sys
from pathlib import Path
from cochat_devkit.errors import MirrorError
from tests.mirror.test_index import MirrorReader, MirrorStore, enter, remember, slugs
path = Path(sys.argv[1])
with MirrorStore(path) as store:
    remember(store, enter(store), {"dusk": {"name": "Dusk", "content": "twilight"}})
with MirrorReader(path) as reader:
    print(reader.health(), len(reader.rows(reader.scope_of("main", "https://server.test"))))
try:
    slugs(path, "twilight")
except MirrorError as error:
    print(error.message)
"""


@pytest.mark.parametrize("is_new", [True, False])
def test_a_python_without_fts5_pulls_and_says_that_it_cannot_search(tmp_path, path, is_new):
    """An old system's Python mirrors as ever; another Python on the same mirror finds what that one stored."""
    path = tmp_path / "new.db" if is_new else path
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WITHOUT_FTS5) + REMEMBER, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "sqlite3_drop_modules" in done.stderr:
        pytest.skip("this Python's SQLite is not a library of its own, or before 3.30")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"ok {1 if is_new else 4}",
        "this Python's SQLite was built without FTS5, with which the mirror is searched",
    ]
    with pytest.raises(MirrorError, match="no index of all its words yet"):
        slugs(path, "twilight")
    with MirrorStore(path):
        pass
    assert slugs(path, "twilight") == ["dusk"]
