"""History and conflicts in the mirror: kept once, in order, for each server apart, across versions of the tables."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.mirror.bodies import pack_plain
from cochat_devkit.mirror.conflicts import Conflict, read_conflicts
from cochat_devkit.mirror.history import Origin, Seen, read_history, read_keys_with_history
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.rows import SCHEMA_VERSION, Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.resource import Key, RemoteId, Slug, Version, digest_of_body, to_plain

URL = "https://server.test"
KEY = Key("tool", Slug("x"))
FACTS = {"url": URL, "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
#: the tables of version 1 as they were, with one resource whose base is not what the server showed last
VERSION_1 = """
CREATE TABLE scope (id INTEGER NOT NULL, url VARCHAR NOT NULL, user_id VARCHAR NOT NULL, role VARCHAR NOT NULL,
    dialect VARCHAR NOT NULL, server_version VARCHAR NOT NULL, PRIMARY KEY (id), UNIQUE (url, user_id));
CREATE TABLE target (name VARCHAR NOT NULL, scope_id INTEGER NOT NULL, PRIMARY KEY (name),
    FOREIGN KEY(scope_id) REFERENCES scope (id));
CREATE TABLE listing (scope_id INTEGER NOT NULL, kind VARCHAR NOT NULL, basis VARCHAR NOT NULL,
    PRIMARY KEY (scope_id, kind), FOREIGN KEY(scope_id) REFERENCES scope (id));
CREATE TABLE body (digest VARCHAR NOT NULL, packed BLOB NOT NULL, PRIMARY KEY (digest));
CREATE TABLE resource (id INTEGER NOT NULL, scope_id INTEGER NOT NULL, kind VARCHAR NOT NULL, slug VARCHAR NOT NULL,
    type VARCHAR NOT NULL, remote_id VARCHAR NOT NULL, remote_state VARCHAR NOT NULL, remote_fingerprint VARCHAR,
    remote_digest VARCHAR, base_local VARCHAR, base_remote VARCHAR, base_digest VARCHAR, version VARCHAR,
    updated_at VARCHAR, writable BOOLEAN, path VARCHAR, derived BLOB, PRIMARY KEY (id), UNIQUE (scope_id, kind, slug),
    FOREIGN KEY(scope_id) REFERENCES scope (id), FOREIGN KEY(remote_digest) REFERENCES body (digest),
    FOREIGN KEY(base_digest) REFERENCES body (digest));
INSERT INTO scope VALUES (1, 'https://server.test', 'u1', 'admin', 'owui-0.12', '0.12.4');
INSERT INTO target VALUES ('main', 1);
PRAGMA user_version = 1;
"""


def body(text):
    return {"name": "x", "content": text}


def digest(text):
    return digest_of_body("", body(text))


def shown(text, version="v1"):
    """A row that says that the server showed this body."""
    return Row(KEY, "", RemoteId("x"), remote_digest=digest(text), version=Version(version))


def enter(store, user_id="u1"):
    return store.enter_scope("main", user_id=user_id, **FACTS)


@pytest.fixture
def path(tmp_path):
    """Where the mirror lies."""
    return tmp_path / "mirror.db"


steps = st.lists(st.tuples(st.sampled_from(["there", "here", "gone"]), st.sampled_from(["a", "b", "c"])), max_size=12)


@given(steps)
def test_nothing_seen_is_lost_and_nothing_is_said_twice(tmp_path_factory, taken):
    """Every body that was seen can be read again, newest first, without a neighbour of its origin that is equal."""
    path = tmp_path_factory.mktemp("mirror") / "mirror.db"
    expected = []
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        scope = enter(store)
        for origin, text in taken:
            if origin == "there":
                store.remember(scope, rows=[shown(text)], bodies=[("", body(text))])
            elif origin == "here":
                store.remember(scope, seen=[Seen(KEY, "", body(text), Origin.HERE)])
            else:
                store.remember(scope, gone=[KEY])
            side = "here" if origin == "here" else "there"
            entry = (side, None if origin == "gone" else digest(text))
            newest = next((each for each in reversed(expected) if each[0] == side), None)
            if entry != newest and (expected or origin != "gone"):
                expected.append(entry)
        found = read_history(reader, scope, KEY)
        assert [(str(each.origin), each.digest) for each in reversed(found)] == expected
        assert [each.at for each in found] == sorted((each.at for each in found), reverse=True)
        assert all(reader.body(each.digest) for each in found if each.digest)
        assert (KEY in read_keys_with_history(reader, scope, ["tool"])) == bool(expected)


def test_a_clock_that_goes_back_turns_no_history_round(path, monkeypatch):
    """What came later is newer, whatever the clock said; what the server's own history told stands at its time."""
    clock = [0]
    monkeypatch.setattr("cochat_devkit.mirror.past._now", lambda: f"2026-05-01T{clock[0]:02}:00:00.000000+00:00")
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        scope = enter(store)
        for text, clock[0] in (("a", 10), ("b", 11), ("c", 8)):
            store.remember(scope, rows=[shown(text)], bodies=[("", body(text))])
        at = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
        told = Seen(KEY, "", body("told"), Origin.THEIR_HISTORY, Version("v0"), None, at)
        store.remember(scope, seen=[told], bodies=[("", body("told"))])
        found = [each.digest for each in read_history(reader, scope, KEY)]
    assert found == [digest(text) for text in ("c", "b", "told", "a")]


def test_each_user_has_a_history(path):
    """What one account was shown is not told to another."""
    with MirrorStore(path) as store:
        mine, yours = enter(store), enter(store, "u2")
        store.remember(mine, rows=[shown("a")], bodies=[("", body("a"))])
    with MirrorReader(path) as reader:
        assert len(read_history(reader, mine, KEY)) == 1
        assert read_history(reader, yours, KEY) == []


def test_a_servers_history_is_stored_once(path):
    """A version that we saw ourselves only gets its message; one of before comes in, once, at its own time."""
    old = Seen(KEY, "", body("old"), Origin.THEIR_HISTORY, Version("v0"), "first", datetime(2026, 1, 2, tzinfo=UTC))
    known = Seen(KEY, "", None, Origin.THEIR_HISTORY, Version("v1"), "second", datetime(2026, 1, 3, tzinfo=UTC))
    with MirrorStore(path) as store:
        scope = enter(store)
        store.remember(scope, rows=[shown("a")], bodies=[("", body("a"))])
        for _ in range(2):
            store.remember(scope, seen=[old, known])
    with MirrorReader(path) as reader:
        found = read_history(reader, scope, KEY)
    assert [(each.version, each.message, str(each.origin)) for each in found] == [
        ("v1", "second", "there"),
        ("v0", "first", "their history"),
    ]
    assert found[1].at == datetime(2026, 1, 2, tzinfo=UTC)


def test_a_conflict_keeps_the_date_of_its_first_meeting(path):
    """A conflict that goes on is one row, since when it began; a settled one is none."""
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        scope = enter(store)
        store.remember(scope, conflicts=[Conflict(KEY, "", "edited", ("content",), local_digest="a")])
        first = read_conflicts(reader, scope)[KEY]
        store.remember(scope, conflicts=[Conflict(KEY, "", "edited", ("name",), local_digest="b", path="p")])
        second = read_conflicts(reader, scope)[KEY]
        assert (second.parts, second.local_digest, second.path) == (("name",), "b", "p")
        assert second.since == first.since is not None
        store.remember(scope, settled=[KEY])
        assert read_conflicts(reader, scope) == {}


def test_a_mirror_of_version_1_gets_a_history(path):
    """An update of the kit keeps the mirror; what it knew is the beginning of the history, the base before the rest."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1)
        for text in ("base", "shown"):
            connection.execute(
                "INSERT INTO body VALUES (?, ?)", (digest_of_body("", body(text)), pack_plain(to_plain("", body(text))))
            )
        connection.execute(
            "INSERT INTO resource (scope_id, kind, slug, type, remote_id, remote_state, remote_digest, base_digest, "
            "version) VALUES (1, 'tool', 'x', '', 'x', 'present', ?, ?, 'v2')",
            (digest("shown"), digest("base")),
        )
        connection.commit()
    with MirrorReader(path) as reader:
        scope = reader.scope_of("main", URL)
        assert read_history(reader, scope, KEY) == []
        assert read_conflicts(reader, scope) == {}
        assert reader.lock_digests() == {}
    with MirrorStore(path) as store:
        assert enter(store) == scope
    with MirrorReader(path) as reader:
        found = read_history(reader, scope, KEY)
        assert [each.digest for each in found] == [digest("shown"), digest("base")]
        assert reader.ask("PRAGMA user_version", ()) == [(SCHEMA_VERSION,)]
        assert reader.rows(scope)[KEY].version == "v2"
    with MirrorStore(path), MirrorReader(path) as reader:
        assert len(read_history(reader, scope, KEY)) == 2
