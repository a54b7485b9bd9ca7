"""Compressing beside the index: much of it in a thread, and what is stored is the same."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from cochat_devkit.mirror import packing
from cochat_devkit.mirror.bodies import pack_plain
from cochat_devkit.mirror.finding import Wanted, find
from cochat_devkit.mirror.packing import Packer
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.rows import Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.mirror.words import parse_query
from cochat_devkit.resource import Key, RemoteId, Slug, digest_of_body

URL = "https://server.test"
#: 1.8 MB as they are compressed
BODIES = [{"name": f"Tool {each}", "tags": [f"t{each}"], "content": f"{each} 模型 " * 500} for each in range(200)]


@pytest.fixture
def path(tmp_path):
    """Where the mirror lies."""
    return tmp_path / "mirror.db"


def remember(path, bodies, *more):
    with MirrorStore(path) as store:
        scope = store.enter_scope("main", url=URL, user_id="u", role="admin", dialect="cochat", server_version="1")
        store.remember(scope, rows=[*map(row, bodies), *more], bodies=[("", each) for each in bodies])


def row(body):
    return Row(Key("tool", Slug(body["name"])), "", RemoteId("x"), remote_digest=digest_of_body("", body))


@pytest.mark.parametrize("count", [0, 1, 5, 500])
def test_all_come_packed_in_their_order(monkeypatch, count):
    """Little is compressed where it is wanted, and much beside whatever is done meanwhile; both alike."""
    threads = set()

    def pack(plain):
        threads.add(threading.current_thread())
        return pack_plain(plain)

    monkeypatch.setattr(packing, "pack_plain", pack)
    plains = [f"{number} ".encode() * 200 for number in range(count)]
    packer = Packer()
    try:
        assert [*packer.begin(plains)()] == [*map(pack_plain, plains)]
    finally:
        packer.close()
    assert (threading.main_thread() in threads) == (count in {1, 5})
    assert not any(each.is_alive() for each in threads - {threading.main_thread()})


def test_a_large_batch_is_stored_and_found(path):
    """Two hundred bodies at once are there, each under its own digest, and found by words and tags."""
    remember(path, BODIES)
    with MirrorReader(path) as reader:
        assert [reader.body(digest_of_body("", each)) for each in BODIES] == BODIES
        wanted, sought = Wanted([("tool", None)]), parse_query("123 模型")
        found = find(reader, reader.scope_of("main", URL), sought, wanted, limit=5, read_file=lambda *_: "")
        assert [hit.key.slug for hit in found.found] == ["Tool 123"]
        assert reader.ask("SELECT digest FROM tag WHERE name = 't123'", ()) == [(digest_of_body("", BODIES[123]),)]


def test_a_large_batch_that_is_refused_leaves_nothing(path):
    """What was compressed for a batch that the tables refuse is nowhere, and the next batch is written."""
    with pytest.raises(sqlite3.IntegrityError):
        remember(path, BODIES, Row(Key("tool", Slug("x")), "", RemoteId("x"), remote_digest="of no body"))
    with MirrorReader(path) as reader:
        assert all(reader.ask(f"SELECT count(*) FROM {table}", ()) == [(0,)] for table in ("body", "tag", "text"))
    remember(path, BODIES)
    with MirrorReader(path) as reader:
        assert reader.ask("SELECT count(*) FROM body", ()) == [(len(BODIES),)]
