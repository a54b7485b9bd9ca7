"""The store of the local server: rows that survive a restart, in a file that is surely ours."""

from __future__ import annotations

import sqlite3
import stat
import sys

import pytest

from cochat_devkit.errors import UsageError
from cochat_devkit.server.store import Notes, Store


def open_table(store):
    return store.table("words", parse=lambda row: row["word"], dump=lambda word: {"word": word})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "server.db"


def test_rows_come_back_after_a_restart_in_their_order(path):
    """A changed row keeps its place, a removed one is gone, another table's rows are its own."""
    store = Store(path)
    table = open_table(store)
    with store.writing():
        for key in ("b", "a", "c"):
            table.put(key, key.upper())
        table.put("b", "changed")
        table.remove("c")
    Notes(store).put("a", [1])
    store.close()

    store = Store(path)
    assert open_table(store).all() == ["changed", "A"]
    assert Notes(store).get("a") == [1]
    assert Notes(store).get("b") is None
    store.close()


def test_what_failed_is_not_in_the_file(path):
    """A change that is broken off half way leaves the file as it was."""
    store = Store(path)
    table = open_table(store)

    def break_off() -> None:
        with store.writing():
            table.put("a", "A")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    store.close()
    store = Store(path)
    assert open_table(store).all() == []
    store.close()


def test_without_a_file_nothing_is_written(tmp_path):
    """The memory is enough for a demonstration."""
    store = Store()
    with store.writing():
        open_table(store).put("a", "A")
    store.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
def test_only_the_owner_reads_the_file(path):
    """The file holds a password and valves."""
    Store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_database_is_left_alone(path):
    """A `mirror.db` named by mistake is refused, and not touched."""
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE resources (id TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is not a data file of the local server"):
        Store(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(path):
    """Any other file is refused, and not touched."""
    path.write_text("# my notes\n" * 100, encoding="utf-8")
    with pytest.raises(UsageError, match="is not a data file of the local server"):
        Store(path)
    assert path.read_text(encoding="utf-8") == "# my notes\n" * 100


def test_one_server_at_a_time(path):
    """Two servers on one file would not see each other's rows: the second is refused."""
    store = Store(path)
    with pytest.raises(UsageError, match="in use"):
        Store(path)
    store.close()
    Store(path).close()


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    """The message says which file could not be opened."""
    with pytest.raises(UsageError, match=r"nowhere.server\.db cannot be opened"):
        Store(tmp_path / "nowhere" / "server.db")


def test_whoever_asks_again_is_given_the_same_table():
    """Two parts of the server that keep the same rows see each other's."""
    store = Store()
    first, second = open_table(store), open_table(store)
    with store.writing():
        first.put("a", "A")
    assert second.get("a") == "A"
    assert second is first


def test_bytes_are_kept_in_the_file(tmp_path):
    """Bytes come back after a restart, and not when the transaction that wrote them failed."""
    store = Store(tmp_path / "data.db")
    with store.writing():
        store.blobs.put("kept", b"\x00\xff")
        store.blobs.put("gone", b"x")
    with store.writing():
        store.blobs.remove("gone")
    with pytest.raises(TypeError), store.writing():
        len(store.blobs.put("failed", b"y"))
    store.close()
    again = Store(tmp_path / "data.db")
    assert [again.blobs.get(key) for key in ("kept", "gone", "failed")] == [b"\x00\xff", None, None]
    again.close()


def test_bytes_are_kept_in_memory_without_a_file():
    """Without a data file bytes last as long as the process."""
    store = Store()
    with store.writing():
        store.blobs.put("key", b"x")
    assert store.blobs.get("key") == b"x"
    with store.writing():
        store.blobs.remove("key")
    assert store.blobs.get("key") is None
