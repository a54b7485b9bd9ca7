"""The mirror: what is written is read, once and for each server and user apart; what is no mirror says so."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cochat_devkit.errors import MirrorDamaged, MirrorError, MirrorTooNew
from cochat_devkit.mirror.bodies import pack_json, pack_plain, unpack_body, unpack_json
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.rows import SCHEMA_VERSION, LockDigests, Row
from cochat_devkit.mirror.store import MirrorStore, make_tables
from cochat_devkit.resource import (
    Fingerprint,
    Key,
    RemoteId,
    Slug,
    State,
    Version,
    digest_of_body,
    make_digest,
    to_plain,
)
from tests.desk import rows_of

URL = "https://server.test"
BODY = {"name": "Ünï", "content": "x\r\n" * 100, "meta": {"a": [1, True, None, 1.5]}}
DIGEST = digest_of_body("", BODY)


def enter(store, target="main", url=URL, user_id="u1", **facts):
    known = {"role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"} | facts
    return store.enter_scope(target, url=url, user_id=user_id, **known)


def row(slug="x", **more):
    return Row(Key("tool", Slug(slug)), "", RemoteId(slug), **more)


def whole(slug="x", **more):
    known = {
        "remote_fingerprint": Fingerprint("f1"),
        "remote_digest": DIGEST,
        "base_local": Fingerprint("f0"),
        "base_remote": Fingerprint("f1"),
        "base_digest": DIGEST,
        "version": Version("v1"),
        "updated_at": datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC),
        "writable": True,
        "path": "plugins/tools/x.py",
        "derived": {"specs": [1]},
    }
    return row(slug, **(known | more))


def dump(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [f'INSERT INTO "{table}" VALUES{row}' for table, row in rows_of(connection)]


@pytest.fixture
def path(tmp_path):
    """Where the mirror lies."""
    return tmp_path / "mirror.db"


maybe = st.none() | st.text(st.characters(codec="utf-8"), max_size=10)
rows = st.builds(
    Row,
    st.builds(Key, st.sampled_from(["tool", "function"]), st.text(st.characters(codec="utf-8"), max_size=10)),
    st.sampled_from(["", "filter"]),
    st.text(st.characters(codec="utf-8"), max_size=10),
    remote_state=st.sampled_from(State),
    remote_fingerprint=maybe,
    remote_digest=st.sampled_from([None, DIGEST]),
    base_local=maybe,
    base_remote=maybe,
    base_digest=st.sampled_from([None, DIGEST]),
    version=maybe,
    updated_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    writable=st.none() | st.booleans(),
    path=maybe,
    derived=st.none() | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@given(st.lists(rows, max_size=5, unique_by=lambda each: each.key))
def test_what_is_remembered_is_read(tmp_path_factory, remembered):
    """Every fact about every resource comes back as it was."""
    path = tmp_path_factory.mktemp("mirror") / "mirror.db"
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        scope = enter(store)
        store.remember(scope, rows=remembered, bodies=[("", BODY)], bases={"tool": "/export as admin"})
        assert reader.scope_of("main", URL) == scope
        assert reader.rows(scope) == {each.key: each._replace(derived=None) for each in remembered}
        assert reader.rows(scope, ["tool"]) == {k: v for k, v in reader.rows(scope).items() if k.kind == "tool"}
        assert {each.key: reader.derived(scope, each.key) for each in remembered} == {
            each.key: dict(each.derived or {}) for each in remembered
        }
        assert reader.body(DIGEST) == BODY
        assert reader.bases_of_listings(scope) == {"tool": "/export as admin"}
        assert reader.health() == "ok"


def test_the_same_again_changes_no_row(path):
    """A pull that finds nothing new leaves the database as it was."""
    dumps = []
    for _ in range(2):
        with MirrorStore(path) as store:
            scope = enter(store)
            store.remember(scope, rows=[whole(), whole("y")], bodies=[("", BODY)], bases={"tool": "b"})
        dumps.append(dump(path))
    assert dumps[0] == dumps[1]


def test_a_body_is_stored_once(path):
    """A thousand equal bodies take the room of one, and a type makes a body of its own."""
    with MirrorStore(path) as store:
        scope = enter(store)
        bodies = [("", BODY), ("", dict(reversed(BODY.items()))), ("filter", BODY)]
        store.remember(scope, rows=[whole(f"x{number}") for number in range(50)], bodies=bodies * 20)
    assert sum('INSERT INTO "body"' in line for line in dump(path)) == 2


def test_what_was_not_read_of_a_resource_stays(path):
    """A listing without what the server computed does not wipe it."""
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        scope = enter(store)
        store.remember(scope, rows=[whole()], bodies=[("", BODY)])
        store.remember(scope, rows=[whole(derived=None, version=Version("v2"))])
        assert reader.derived(scope, whole().key) == {"specs": [1]}
        assert reader.rows(scope)[whole().key].version == "v2"
        store.remember(scope, rows=[whole(derived={})])
        assert reader.derived(scope, whole().key) == {}


def test_servers_and_users_are_kept_apart(path):
    """Staging does not speak for production, nor one colleague's rights for another's."""
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        one, other, mine = enter(store), enter(store, "prod", "https://prod.test"), enter(store, "mine", user_id="u2")
        assert len({one.id, other.id, mine.id}) == 3
        store.remember(one, rows=[row("x")])
        store.remember(mine, rows=[row("y")])
        assert [list(reader.rows(scope)) for scope in (one, other, mine)] == [[row("x").key], [], [row("y").key]]
        store.remember(one, gone=[row("x").key, row("y").key])
        assert [list(reader.rows(scope)) for scope in (one, mine)] == [[], [row("y").key]]


def test_a_target_names_the_server_that_it_was_last_used_with(path):
    """After a change of the url in cochat.toml nothing of the old server is shown for the new one."""
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        first = enter(store)
        assert reader.scope_of("main", "https://new.test") is None
        assert reader.scope_of("other", URL) is None
        moved = enter(store, user_id="u2", role="user")
        assert reader.scope_of("main", URL) == moved != first
        assert enter(store, role="user") == first._replace(role="user"), "new facts of a known scope are taken in"


def test_a_look_at_another_server_leaves_what_is_known_of_this_one(path):
    """What COCHAT_URL named for once is not what my target is; of two accounts nobody says which one it is."""
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        first = enter(store)
        elsewhere = enter(store, url="https://other.test")
        assert reader.scope_of("main", "https://other.test") == elsewhere
        assert reader.scope_of("main", URL) == first
        assert reader.scope_linked("main", URL) is None
        assert reader.scope_of("never", URL) is None
        second = enter(store, user_id="u2")
        assert reader.scope_of("main", URL) == second
        enter(store, url="https://other.test")
        assert reader.scope_of("main", URL) is None


def test_what_the_lock_says_is_known_to_whoever_used_the_target_last(path):
    """Another account reads the lock anew, and so do I when I am back."""
    known = {"main": LockDigests("lines", "file"), "prod": LockDigests("others", "file")}
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        store.remember(enter(store), lock_digests=known)
        enter(store)
        assert reader.lock_digests() == known
        enter(store, user_id="u2")
        assert reader.lock_digests() == {"prod": known["prod"]}


def test_a_batch_is_written_whole_or_not_at_all(path):
    """A batch that names a body which is not there leaves no half of itself."""
    with MirrorStore(path) as store, MirrorReader(path) as reader:
        scope = enter(store)
        with pytest.raises(Exception, match="FOREIGN KEY"):
            store.remember(scope, rows=[row("y"), whole()])
        assert reader.rows(scope) == {}


def test_a_mirror_that_is_not_there_reads_as_empty(path, tmp_path):
    """Before the first pull the offline commands have nothing to say, and make no file."""
    with MirrorReader(path) as reader, MirrorStore(tmp_path / "other.db") as store:
        assert reader.scope_of("main", URL) is None
        assert reader.rows(enter(store)) == {}
        assert reader.derived(enter(store), row().key) == {}
        assert reader.health() == "empty"
        with pytest.raises(MirrorDamaged, match="lacks the body"):
            reader.body("0" * 64)
    assert not path.exists()


def test_a_mirror_that_was_never_filled_reads_as_empty(path):
    """A pull that was stopped at once leaves nothing that a reader stumbles over."""
    path.touch()
    with MirrorReader(path) as reader:
        assert reader.scope_of("main", URL) is None


def test_readers_do_not_wait_for_a_writer(path):
    """I can look while a pull writes; I see what was before it."""
    with MirrorStore(path) as store:
        scope = enter(store)
        store.remember(scope, rows=[row("x")])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer, MirrorReader(path) as reader:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM resource")
        assert list(reader.rows(scope)) == [row("x").key]
        with MirrorReader(path) as another:
            assert list(another.rows(scope)) == [row("x").key]
        writer.execute("COMMIT")
        assert reader.rows(scope) == {}


def test_a_writer_does_not_wait_for_readers(path):
    """A browser left open on the mirror does not hold up a pull, nor see it half way."""
    with MirrorStore(path) as store:
        scope = enter(store)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM resource").fetchone() == (0,)
            store.remember(scope, rows=[row("x")])
            assert reader.execute("SELECT count(*) FROM resource").fetchone() == (0,)


def test_a_text_file_is_no_mirror(path):
    """A file of another sort is named, with what to do; it is not overwritten."""
    path.write_text("not a database " * 100, encoding="utf-8")
    for use in (MirrorReader, MirrorStore):
        with pytest.raises(MirrorDamaged, match=r"^mirror\.db .*file is not a database") as raised:
            use(path)
        assert raised.value.hint == "move it away and pull again; no work is lost"
    assert path.read_text(encoding="utf-8").startswith("not a database")


def test_a_database_of_something_else_is_left_alone(path):
    """The kit does not move into somebody else's database."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(MirrorDamaged, match="a database of something else") as raised:
        MirrorStore(path)
    assert raised.value.hint
    assert "theirs" in "".join(dump(path))
    assert len(path.read_bytes()) == len(before)


def test_a_newer_mirror_is_not_touched(path):
    """A colleague's newer version is not undone by mine: I am told to upgrade."""
    with MirrorStore(path) as store:
        enter(store)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for use in (MirrorReader, MirrorStore):
        with pytest.raises(
            MirrorTooNew, match=f"its schema is {SCHEMA_VERSION + 1}, ours is {SCHEMA_VERSION}"
        ) as raised:
            use(path)
        assert raised.value.hint == "pip install --upgrade cochat-devkit"


def test_torn_pages_are_damage(path):
    """A mirror that a bad disk tore is said to be damaged, with what to do; it never reads as another server."""
    with MirrorStore(path) as store:
        scope = enter(store)
        store.remember(scope, rows=[whole(f"x{number}") for number in range(200)], bodies=[("", BODY)])
    content = bytearray(path.read_bytes())
    content[4096 : len(content)] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with MirrorReader(path) as reader:
        for ask in (reader.health, lambda: reader.rows(scope), lambda: reader.body(DIGEST)):
            with pytest.raises(MirrorDamaged) as raised:
                ask()
            assert raised.value.hint == "move it away and pull again; no work is lost"
    with pytest.raises(MirrorDamaged), MirrorStore(path) as store:
        store.remember(enter(store), rows=[row("new")])


@pytest.mark.parametrize("make", ["folder", "no folder"])
def test_a_place_that_cannot_hold_a_mirror_is_said(tmp_path, make):
    """I read that the file cannot be written, not a traceback."""
    path = tmp_path / "sub" / "mirror.db"
    if make == "folder":
        path.mkdir(parents=True)
        with pytest.raises(MirrorDamaged, match=r"mirror\.db cannot be opened"):
            MirrorReader(path)
    with pytest.raises(MirrorError, match=r"mirror\.db cannot be written: unable to open database file") as raised:
        MirrorStore(path)
    assert raised.value.hint == "check the rights and the space of its folder"


def test_damaged_bodies_are_not_believed():
    """A body whose bytes do not fit its name is damage, and never a wrong base."""
    digest, packed = DIGEST, pack_plain(to_plain("", BODY))
    assert unpack_body(digest, packed) == BODY
    for value in ({}, {"a": 1}, {"a": "b" * 1000}):
        assert unpack_json(pack_json(value)) == value
    # what an earlier version wrote
    assert unpack_json(zlib.compress(b'{"a":1}')) == {"a": 1}
    for broken in (packed[:-3], b"", b"x", pack_plain(to_plain("", {"other": 1})), zlib.compress(b"{}")):
        with pytest.raises(MirrorDamaged, match="is damaged") as raised:
            unpack_body(digest, broken)
        assert raised.value.hint
    for broken in (b"x", zlib.compress(b"{")):
        with pytest.raises(MirrorDamaged, match="is damaged"):
            unpack_json(broken)


@given(st.text(max_size=40), st.integers(0, 2000))
@example("", 0)
@example("long ", 20_000)
def test_what_is_packed_is_unpacked_the_same(text, times):
    """Short or long, a body comes out as it went in; a short one does not pay for the window of the longest."""
    body = {"content": text * times}
    plain = to_plain("", body)
    packed = pack_plain(plain)
    assert unpack_body(make_digest(plain), packed) == body
    assert unpack_json(pack_json(body)) == body
    # the first half byte says how large the window is. Source: RFC 1950, 2.2
    window_bytes = 1 << ((packed[0] >> 4) + 8)
    assert min(len(plain), 1 << 14) < window_bytes <= max(2 * len(plain), 512)


READ_AS_NOBODY = """
import os, sys
from pathlib import Path
from cochat_devkit.mirror.reader import MirrorReader
if os.getuid() == 0:
    os.setuid(65534)
path = Path(sys.argv[1])
try:
    (path.parent / "probe").touch()
except PermissionError:
    with MirrorReader(path) as reader:
        print(len(reader.rows(reader.scope_of("main", "https://server.test"))), reader.health())
"""


def test_a_mirror_on_a_read_only_disk_can_be_read(path):
    """I can browse a mirror that I may not write, not even its side files; run as nobody, since root may do all."""
    with MirrorStore(path) as store:
        store.remember(enter(store), rows=[row("x")])
    # what pytest makes is closed to everybody else
    folder = Path(tempfile.mkdtemp(prefix="cochat-read-only-"))
    try:
        shutil.copy(path, folder)
        (folder / "mirror.db").chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(READ_AS_NOBODY), str(folder / "mirror.db")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("1 ok\n", "")
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_tables_are_made_all_or_none(tmp_path):
    """A disk that fills while the mirror is made does not leave a file that is refused for ever after."""
    with contextlib.closing(sqlite3.connect(tmp_path / "mirror.db", isolation_level=None)) as database:
        database.execute("BEGIN")
        make_tables(database)
        database.execute("ROLLBACK")
    with contextlib.closing(sqlite3.connect(tmp_path / "mirror.db")) as database:
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
