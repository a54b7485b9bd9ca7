"""The texts of files are indexed with a pull, a piece at a time, and never for long."""

from __future__ import annotations

import time

import pytest

from cochat_devkit.kinds import kind_named
from cochat_devkit.mirror.finding import find_unindexed
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.operations.indexing import index_files
from cochat_devkit.operations.records import Records
from cochat_devkit.resource import make_digest
from cochat_devkit.workspace.blobs import keep_blob
from tests.mirror.test_index import enter, row

KINDS = [kind_named("knowledge")[0]]
LARGE = [f"{number} ".encode() * 600_000 for number in range(3)]


@pytest.fixture
def records(tmp_path):
    """A mirror of a knowledge base of three large files, one of them also under another name, and one that is gone."""
    digests = {f"f{number}.txt": keep_blob(tmp_path, content) for number, content in enumerate(LARGE)}
    digests |= {"again.txt": digests["f0.txt"], "gone.txt": make_digest(b"gone")}
    body = {"name": "Large", "description": "", "files": digests}
    with MirrorStore(tmp_path / "mirror.db") as store:
        scope = enter(store)
        store.remember(scope, rows=[row("large", body, kind="knowledge")], bodies=[("", body)])
    with Records(tmp_path / "mirror.db", None, scope) as records:
        yield records


def indexed(records):
    with MirrorReader(records.path) as reader:
        files = reader.ask("SELECT count(*) FROM text WHERE is_file", ())[0][0]
        return files, [slug for slug, *_rest in find_unindexed(reader, records.scope, "knowledge")]


def test_what_takes_long_goes_on_with_the_next_pull(tmp_path, records):
    """A pull is not made longer by more than half; each does a piece, until only that is left which is not here."""
    for done in (1, 2, 3):
        assert index_files(tmp_path, KINDS, records, began_s=time.monotonic()) is False
        assert indexed(records) == (done, ["large"])
    assert index_files(tmp_path, KINDS, records, began_s=time.monotonic()) is True
    assert indexed(records) == (3, ["large"])
    keep_blob(tmp_path, b"gone")
    assert index_files(tmp_path, KINDS, records, began_s=time.monotonic()) is True
    assert indexed(records) == (4, [])


def test_where_there_is_time_all_is_done_at_once(tmp_path, records):
    """A pull that took its time indexes everything."""
    keep_blob(tmp_path, b"gone")
    assert index_files(tmp_path, KINDS, records, began_s=time.monotonic() - 1_000) is True
    assert indexed(records) == (4, [])
