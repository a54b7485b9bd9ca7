"""Who names whom: kept with the bodies, asked by either end, read from the bodies where an earlier mirror lacks it."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cochat_devkit.errors import MirrorError, MirrorTooNew
from cochat_devkit.kinds import kind_named
from cochat_devkit.kinds.references import naming_of
from cochat_devkit.mirror import reader as mirror_reader
from cochat_devkit.mirror.mentions import (
    condition_of_users,
    has_mentions,
    read_made_ids,
    read_mentions,
    read_mentions_by,
    read_mentions_of,
)
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.rows import SCHEMA_VERSION, Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.resource import Key, RemoteId, Slug, State, digest_of_body

URL = "https://server.test"
FACTS = {"url": URL, "user_id": "u1", "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
RESEARCHER = {"name": "Researcher", "tools": ["tool/web", "id:server:mcp:x"], "base": "router.big", "skills": None}
WRITER = {"name": "Writer", "tools": ["tool/web"], "filters": ["filter/guard"], "base": "router"}
AGENTS = {"researcher": RESEARCHER, "writer": WRITER}
TOOL = {"name": "Web", "content": "class Tools:\n    tools = ['tool/other']"}


@pytest.fixture
def path(tmp_path):
    """Where the mirror lies: two agents and a tool."""
    place = tmp_path / "mirror.db"
    with MirrorStore(place) as store:
        remember(store, "agent", AGENTS)
        remember(store, "tool", {"web": TOOL})
    return place


def remember(store, kind, bodies, *, ids=None, type_="", **more):
    scope = store.enter_scope("main", **FACTS)
    rows = [
        Row(
            Key(kind, Slug(slug)),
            type_,
            RemoteId((ids or {}).get(slug, slug)),
            remote_digest=digest_of_body(type_, body),
            **more,
        )
        for slug, body in bodies.items()
    ]
    store.remember(scope, rows=rows, bodies=[(type_, body) for body in bodies.values()])


@contextlib.contextmanager
def opened(path):
    with MirrorReader(path) as reader:
        yield reader, reader.scope_of("main", URL)


def told(path):
    with opened(path) as (reader, scope):
        return sorted((each.slug, each.field, each.ref) for each in read_mentions(reader, scope))


def users(path, kind, slug, type_="", id_=None):
    naming = naming_of(kind_named(kind)[0], slug, type_, id_ or slug)
    with opened(path) as (reader, scope):
        found = {each.slug for each in read_mentions_of(reader, scope, naming)}
        if has_mentions(reader):
            condition, values = condition_of_users(reader, scope, Key(kind, Slug(slug)), type_ or None)
            asked = f"SELECT r.slug FROM resource r WHERE r.scope_id = ? AND r.remote_state = 'present' AND {condition}"
            assert {slug for (slug,) in reader.ask(asked, (scope.id, *values))} == found
    return found


def change(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


ALL = [
    ("researcher", "base", "model:router.big"),
    ("researcher", "tools", "tool/web"),
    ("researcher", "tools", "tool:server:mcp:x"),
    ("writer", "base", "model:router"),
    ("writer", "filters", "filter/guard"),
    ("writer", "tools", "tool/web"),
]


def test_what_is_remembered_tells_whom_it_names(path):
    """Every field that names somebody is known, and no text that only looks like it."""
    assert told(path) == ALL
    with opened(path) as (reader, scope):
        assert {each.ref for each in read_mentions_by(reader, scope, "agent", "writer")} == {
            "tool/web",
            "filter/guard",
            "model:router",
        }
        assert read_mentions_by(reader, scope, "tool", "web") == []


def test_who_names_somebody_is_found_however_it_is_named(path):
    """I ask who uses a tool, a filter, a service outside, a model or the pipe that offers it."""
    assert users(path, "tool", "web") == {"researcher", "writer"}
    assert users(path, "function", "guard", "filter") == {"writer"}
    assert users(path, "function", "guard", "pipe") == set()
    assert users(path, "function", "guard") == {"writer"}
    assert users(path, "external-tool", "server:mcp:x") == {"researcher"}
    assert users(path, "base-model", "router.big") == {"researcher"}
    assert users(path, "function", "router", "pipe") == {"researcher", "writer"}
    assert users(path, "function", "rout", "pipe") == set()
    assert users(path, "tool", "we%") == users(path, "tool", "") == set()


def test_only_what_the_server_shows_now_counts(path):
    """An agent that was changed, or is gone, uses what it says now."""
    with MirrorStore(path) as store:
        remember(store, "agent", {"writer": {**WRITER, "tools": []}})
        remember(store, "agent", {"researcher": RESEARCHER}, remote_state=State.ABSENT)
    assert users(path, "tool", "web") == set()
    with MirrorStore(path) as store:
        # bodies that are stored already, shown again
        remember(store, "agent", AGENTS)
    assert users(path, "tool", "web") == {"researcher", "writer"}


def test_one_body_is_read_as_each_kind_that_shows_it(path):
    """Two kinds may show equal bodies, and their fields mean what each kind says."""
    with MirrorStore(path) as store:
        remember(store, "automation", {"nightly": RESEARCHER})
        remember(store, "model", {"laid": RESEARCHER})
    assert users(path, "tool", "web") == {"researcher", "writer", "laid"}


def test_ids_that_a_server_made_are_known(path):
    """What a server calls by an id of its own is found behind it, and nothing else has to be read."""
    with MirrorStore(path) as store:
        remember(store, "knowledge", {"handbook": {"name": "Handbook"}}, ids={"handbook": "6f-1"})
    with opened(path) as (reader, scope):
        assert read_made_ids(reader, scope) == {("knowledge", "6f-1"): ("handbook", "")}


def make_earlier(path):
    """Make of a mirror one as version 3 left it."""
    change(path, "DROP TABLE mention", "DELETE FROM fact WHERE name = 'mentions'", "PRAGMA user_version = 3")


def test_an_earlier_mirror_answers_and_is_brought_up_to_date_by_the_first_write(path):
    """After an upgrade I can ask at once; the next pull makes the table of what was pulled long ago."""
    make_earlier(path)
    assert told(path) == ALL
    assert users(path, "tool", "web") == {"researcher", "writer"}
    with opened(path) as (reader, scope), pytest.raises(MirrorError, match="does not know yet") as raised:
        condition_of_users(reader, scope, Key("tool", Slug("web")), None)
    assert raised.value.hint == "cochat pull"
    with MirrorStore(path):
        pass
    with opened(path) as (reader, _scope):
        assert has_mentions(reader)
        assert reader.ask("PRAGMA user_version", ()) == [(SCHEMA_VERSION,)]
        assert reader.health() == "ok"
    assert told(path) == ALL
    assert users(path, "tool", "web") == {"researcher", "writer"}


def test_an_earlier_kit_does_not_write_into_a_mirror_that_it_would_leave_incomplete(path, monkeypatch):
    """A colleague with the version before is told to upgrade, and takes no one's users away."""
    monkeypatch.setattr(mirror_reader, "SCHEMA_VERSION", 3)
    with pytest.raises(MirrorTooNew):
        MirrorReader(path)


@pytest.mark.parametrize(
    "fact", ["UPDATE fact SET value = '0' WHERE name = 'mentions'", "DELETE FROM fact WHERE name = 'mentions'"]
)
def test_other_readings_are_made_of_all_bodies(path, fact):
    """When a later version of the kit reads more out of the same fields, no body is left behind."""
    change(path, fact, "DELETE FROM mention", "INSERT INTO mention SELECT 'agent', digest, 'old', 'tool/old' FROM body")
    assert told(path) == ALL
    with MirrorStore(path):
        pass
    assert told(path) == ALL
    with opened(path) as (reader, _scope):
        assert has_mentions(reader)


def test_a_damaged_body_stops_nothing(path):
    """A mirror with one damaged body is brought up to date; who asks for that body is told."""
    make_earlier(path)
    change(path, f"UPDATE body SET packed = x'00' WHERE digest = '{digest_of_body('', WRITER)}'")
    with MirrorStore(path):
        pass
    assert users(path, "tool", "web") == {"researcher"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.just("id"), inner, max_size=3),
    max_leaves=6,
)


NAMING = ("tools", "skills", "filters", "knowledge", "base", "model", "steps", "actions")


@settings(max_examples=25)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMING, json_values)))
def test_whatever_a_server_says_is_remembered_and_found_alike(tmp_path_factory, body):
    """No answer of a server stops a pull, and the table tells what the bodies do."""
    path = tmp_path_factory.mktemp("mirror") / "mirror.db"
    with MirrorStore(path) as store:
        for kind in ("agent", "automation"):
            remember(store, kind, {"x": {"name": "x", **body}})
    indexed = told(path)
    make_earlier(path)
    assert told(path) == indexed


odd_names = st.sampled_from(["r", "r.a", "r.a.b", "r/a", "r0", "R", "r.", "", "%", "é", "r\u0301"]) | st.text(
    st.characters(codec="utf-8"), max_size=4
)


@settings(max_examples=25)
@given(
    bases=st.lists(odd_names, max_size=6, unique=True),
    asked=st.lists(odd_names, min_size=1, max_size=6),
    word=st.sampled_from([("function", "pipe"), ("function", ""), ("base-model", ""), ("tool", ""), ("model", "")]),
)
def test_the_index_answers_as_the_bodies_do(tmp_path_factory, bases, asked, word):
    """Whatever resources are called, who uses one is the same whether the table tells or the bodies."""
    path = tmp_path_factory.mktemp("mirror") / "mirror.db"
    with MirrorStore(path) as store:
        remember(
            store,
            "agent",
            {f"a{number}": {"base": name, "tools": [f"tool/{name}"]} for number, name in enumerate(bases)},
        )
    indexed = [users(path, word[0], name, word[1]) for name in asked]
    make_earlier(path)
    assert [users(path, word[0], name, word[1]) for name in asked] == indexed
