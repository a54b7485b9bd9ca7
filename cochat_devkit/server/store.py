"""Where the local server keeps its rows: in memory, and where a file was named in that file too."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cochat_devkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cochat_devkit.resource import Json, Wire

Row = TypeVar("Row")

#: "ccls": tells a data file of ours from any other database
_APPLICATION_ID = 0x63636C73


class Store:
    """Hold the tables of one server, one lock around all of them, and the file behind them.

    Rows are replaced, never changed in place: whoever took one out keeps what they saw.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open a store; without a path it ends with the process.

        Raises:
            UsageError: the file is no data file of ours, is in use, or cannot be opened.
        """
        self.lock = threading.RLock()
        self._database = _open(path) if path else None
        self._tables: dict[str, Table[Any]] = {}
        self.blobs = Blobs(self)

    def table(self, name: str, *, parse: Callable[[Wire], Row], dump: Callable[[Row], Wire]) -> Table[Row]:
        """Open a table: rows by key, in the order in which they came. Whoever asks again is given the same one."""
        if name not in self._tables:
            self._tables[name] = Table(self, name, parse=parse, dump=dump)
        return self._tables[name]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock, and write what was changed meanwhile to the file in one transaction."""
        with self.lock:
            try:
                yield
            except BaseException:
                if self._database:
                    self._database.rollback()
                raise
            if self._database:
                self._database.commit()

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            if self._database:
                self._database.close()
                self._database = None

    def read_rows(self, table: str) -> Iterator[tuple[str, Wire]]:
        """Read a table from the file: (key, row), oldest first."""
        if self._database:
            found = self._database.execute("SELECT key, row FROM rows WHERE name = ? ORDER BY rowid", (table,))
            for key, row in found:
                yield key, json.loads(row)

    def read_blob(self, key: str) -> bytes | None:
        """Read bytes from the file; None where there are none, or no file."""
        with self.lock:
            if self._database is None:
                return None
            found = self._database.execute("SELECT content FROM blobs WHERE key = ?", (key,)).fetchone()
            return bytes(found[0]) if found else None

    def write_blob(self, key: str, content: bytes | None) -> bool:
        """Write bytes to the file, or take them out; inside `writing()`. False says that there is no file."""
        if self._database is None:
            return False
        if content is None:
            self._database.execute("DELETE FROM blobs WHERE key = ?", (key,))
        else:
            self._database.execute("INSERT OR REPLACE INTO blobs (key, content) VALUES (?, ?)", (key, content))
        return True

    def write_row(self, table: str, key: str, row: Wire | None) -> None:
        """Write a row to the file, or take it out; inside `writing()`."""
        if self._database is None:
            return
        if row is None:
            self._database.execute("DELETE FROM rows WHERE name = ? AND key = ?", (table, key))
        else:
            self._database.execute(
                "INSERT INTO rows (name, key, row) VALUES (?, ?, ?) "
                "ON CONFLICT (name, key) DO UPDATE SET row = excluded.row",
                (table, key, json.dumps(row)),
            )


class Table(Generic[Row]):
    """Hold rows by key. Changes happen inside `Store.writing()`."""

    def __init__(self, store: Store, name: str, *, parse: Callable[[Wire], Row], dump: Callable[[Row], Wire]) -> None:
        self._store = store
        self._name = name
        self._dump = dump
        self._rows = {key: parse(row) for key, row in store.read_rows(name)}

    def get(self, key: str) -> Row | None:
        """Find a row; None where there is none."""
        return self._rows.get(key)

    def all(self) -> list[Row]:
        """List the rows, oldest first."""
        with self._store.lock:
            return list(self._rows.values())

    def put(self, key: str, row: Row) -> None:
        """Write a row; a new one goes behind the others, an old one keeps its place."""
        self._store.write_row(self._name, key, self._dump(row))
        self._rows[key] = row

    def remove(self, key: str) -> None:
        """Take a row out, if it is there."""
        self._store.write_row(self._name, key, None)
        self._rows.pop(key, None)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._rows)


class Blobs:
    """Hold bytes by key: in the file where there is one, else in memory. Changes happen inside `Store.writing()`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._in_memory: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """Find bytes; None where there are none."""
        found = self._in_memory.get(key)
        return self._store.read_blob(key) if found is None else found

    def put(self, key: str, content: bytes) -> None:
        """Write bytes."""
        if not self._store.write_blob(key, content):
            self._in_memory[key] = content

    def remove(self, key: str) -> None:
        """Take bytes out, if they are there."""
        self._store.write_blob(key, None)
        self._in_memory.pop(key, None)


class Notes:
    """Keep single values that the server needs again after a restart: its secret, its flavor, its admin's password."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table: Table[Wire] = store.table("notes", parse=lambda row: row, dump=lambda row: row)

    def get(self, name: str) -> Json:
        """Read a note; None where there is none."""
        return (self._table.get(name) or {}).get("value")

    def put(self, name: str, value: Json) -> None:
        """Write a note."""
        with self._store.writing():
            self._table.put(name, {"value": value})


def _open(path: Path) -> sqlite3.Connection:
    try:
        is_new = not path.exists() or path.stat().st_size == 0
        path.touch(mode=0o600)
        database = sqlite3.connect(path, timeout=0.5, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"{path} cannot be opened: {error}", hint="name another file for --data") from error
    try:
        _check_is_ours(database, path, is_new=is_new)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS rows (name TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL, "
            "UNIQUE (name, key))"
        )
        database.execute("CREATE TABLE IF NOT EXISTS blobs (key TEXT PRIMARY KEY, content BLOB NOT NULL)")
        database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        database.commit()
    except sqlite3.OperationalError as error:
        database.close()
        raise UsageError(
            f"{path} is in use: {error}", hint="another local server may have it open; name another file for --data"
        ) from error
    except sqlite3.DatabaseError as error:
        database.close()
        raise _not_ours(path) from error
    except UsageError:
        database.close()
        raise
    return database


def _check_is_ours(database: sqlite3.Connection, path: Path, *, is_new: bool) -> None:
    (found,) = database.execute("PRAGMA application_id").fetchone()
    if not is_new and found != _APPLICATION_ID:
        raise _not_ours(path)


def _not_ours(path: Path) -> UsageError:
    return UsageError(f"{path} is not a data file of the local server", hint="name another file for --data")
