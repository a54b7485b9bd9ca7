"""The mirror, written: migrations of its tables, and transactions of whole batches."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cochat_devkit.errors import MirrorDamaged, MirrorError
from cochat_devkit.mirror.bodies import pack_json
from cochat_devkit.mirror.index import add_files, add_tags, add_words, forget_index, prepare_index
from cochat_devkit.mirror.mentions import add_mentions, prepare_mentions
from cochat_devkit.mirror.packing import Packer
from cochat_devkit.mirror.past import (
    add_history,
    add_history_of_rows,
    begin_history,
    forget_lock_digests,
    keep_lock_digests,
    note_conflicts,
)
from cochat_devkit.mirror.reader import check_schema_version
from cochat_devkit.mirror.rows import SCHEMA_VERSION, LockDigests, Row, Scope
from cochat_devkit.mirror.runs import begin_run, end_run, keep_contents, make_lineage, write_states, write_steps
from cochat_devkit.mirror.tables import TABLES
from cochat_devkit.mirror.views import VIEWS
from cochat_devkit.resource import make_digest, to_plain
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from cochat_devkit.mirror.conflicts import Conflict
    from cochat_devkit.mirror.history import Seen
    from cochat_devkit.mirror.index import NamedFiles
    from cochat_devkit.mirror.journal import Step, StepState
    from cochat_devkit.resource import Body, Json, Key

#: readers never wait for us, nor we for them; somebody else's tool may
_PATIENCE_S = 5.0
_FIND_SCOPE = """
SELECT id, url, user_id, role, dialect, server_version FROM scope WHERE url = :url AND user_id = :user_id
"""
_ENTER_SCOPE = """
INSERT INTO scope (url, user_id, role, dialect, server_version)
VALUES (:url, :user_id, :role, :dialect, :server_version)
ON CONFLICT (url, user_id) DO UPDATE SET
    role = excluded.role, dialect = excluded.dialect, server_version = excluded.server_version
    WHERE (role, dialect, server_version) IS NOT (excluded.role, excluded.dialect, excluded.server_version)
"""
_LINK_TARGET = """
INSERT INTO target (name, scope_id) VALUES (:name, :scope_id)
ON CONFLICT (name) DO UPDATE SET scope_id = excluded.scope_id WHERE scope_id <> excluded.scope_id
"""
_KEEP_BODY = "INSERT INTO body (digest, packed) VALUES (?, ?)"
_STORED = "SELECT digest FROM body WHERE digest IN ({})"
#: values that one question may hold
_MOST_VALUES = 500
#: what a row does not say of what the server derived stays as it was known
_KEEP_ROW = """
INSERT INTO resource (
    scope_id, kind, slug, type, remote_id, remote_state, remote_fingerprint, remote_digest,
    base_local, base_remote, base_digest, version, updated_at, writable, path, derived
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (scope_id, kind, slug) DO UPDATE SET
    type = excluded.type, remote_id = excluded.remote_id, remote_state = excluded.remote_state,
    remote_fingerprint = excluded.remote_fingerprint, remote_digest = excluded.remote_digest,
    base_local = excluded.base_local, base_remote = excluded.base_remote, base_digest = excluded.base_digest,
    version = excluded.version, updated_at = excluded.updated_at, writable = excluded.writable, path = excluded.path,
    derived = coalesce(excluded.derived, derived)
"""
_DROP_ROW = "DELETE FROM resource WHERE scope_id = ? AND kind = ? AND slug = ?"
_KEEP_BASIS = """
INSERT INTO listing (scope_id, kind, basis) VALUES (?, ?, ?)
ON CONFLICT (scope_id, kind) DO UPDATE SET basis = excluded.basis WHERE basis <> excluded.basis
"""


class MirrorStore:
    """Write a mirror. One process at a time does: the workspace's lock sees to that; readers never wait."""

    def __init__(self, path: Path) -> None:
        self._path = path
        #: digests of bodies that are known to be stored: they are there, whatever is written again
        self._stored: set[str] = set()
        self._packer = Packer()
        self._connection = _connect(path)
        try:
            with self._begin() as connection:
                _migrate(connection)
                self._has_index = prepare_index(connection)
                prepare_mentions(connection)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        self._packer.close()

    def enter_scope(
        self, target: str, *, url: str, user_id: str, role: str, dialect: str, server_version: str
    ) -> Scope:
        """Find or make the scope of a server and user, and remember it as the target's; writes only what is new.

        What the lock says of the target is then no longer known: it was so for whoever used the target before.
        """
        facts = {"url": url, "user_id": user_id, "role": role, "dialect": dialect, "server_version": server_version}
        with self._begin() as connection:
            connection.execute(_ENTER_SCOPE, facts)
            found = Scope(*connection.execute(_FIND_SCOPE, facts).fetchone())
            linked = connection.execute(_LINK_TARGET, {"name": target, "scope_id": found.id})
            if linked.rowcount:
                forget_lock_digests(connection, target)
        return found

    def remember(
        self,
        scope: Scope,
        *,
        rows: Sequence[Row] = (),
        bodies: Sequence[tuple[str, dict[str, Json]]] = (),
        gone: Sequence[Key] = (),
        bases: dict[str, str] | None = None,
        seen: Sequence[Seen] = (),
        conflicts: Sequence[Conflict] = (),
        settled: Sequence[Key] = (),
        lock_digests: Mapping[str, LockDigests] | None = None,
        run_id: int | None = None,
        steps: Sequence[Step] = (),
        states: Mapping[int, StepState] | None = None,
        contents: Sequence[bytes] = (),
    ) -> None:
        """Write a batch in one transaction: rows as they now are, the bodies (type, body) they name, rows to drop.

        What the rows say of the server goes into the history, and so does `seen`, oldest first. `settled` are no
        conflicts any more. `lock_digests` say by target what `cochat.lock` says. `steps` are steps of the run `run_id`
        as they now are, and `states` says by number how far others came; `contents` are those of files that steps name.

        Raises:
            MirrorError: the disk refuses; nothing of the batch was written.
        """
        with self._begin() as connection:
            new = self._find_new(bodies, seen)
            new_bodies = {digest: each.body for digest, each in new.items()}
            self._keep(connection, new_bodies, [each.plain for each in new.values()])
            add_mentions(connection, rows, new_bodies)
            connection.executemany(_KEEP_ROW, [_to_columns(scope, row) for row in rows])
            add_history(connection, scope, seen)
            add_history_of_rows(connection, scope, rows, gone)
            note_conflicts(connection, scope, conflicts, settled)
            keep_lock_digests(connection, lock_digests or {})
            keep_contents(connection, contents)
            if run_id is not None:
                write_steps(connection, run_id, steps)
                write_states(connection, run_id, states or {})
            connection.executemany(_DROP_ROW, [(scope.id, key.kind, key.slug) for key in gone])
            connection.executemany(_KEEP_BASIS, [(scope.id, *each) for each in (bases or {}).items()])
        self._stored |= new.keys()

    def _find_new(self, bodies: Sequence[tuple[str, Body]], seen: Sequence[Seen]) -> dict[str, _New]:
        """Find the bodies (type, body) that are not stored yet, by their digests."""
        stored = [*bodies, *((each.type, each.body) for each in seen if each.body is not None)]
        found = {make_digest(each.plain): each for each in (_New(to_plain(*each), each[1]) for each in stored)}
        unsure = [digest for digest in found if digest not in self._stored]
        for start in range(0, len(unsure), _MOST_VALUES):
            some = unsure[start : start + _MOST_VALUES]
            known = self._connection.execute(_STORED.format(", ".join("?" * len(some))), some)
            self._stored.update(digest for (digest,) in known)
        return {digest: found[digest] for digest in unsure if digest not in self._stored}

    def _keep(self, connection: sqlite3.Connection, bodies: Mapping[str, Body], plains: Sequence[bytes]) -> None:
        """Store new bodies by their digests, as they are written, and index them, or note that they are not."""
        packed = self._packer.begin(plains)
        if self._has_index:
            add_words(connection, bodies)
        elif bodies:
            forget_index(connection)
        connection.executemany(_KEEP_BODY, zip(bodies, packed(), strict=True))
        if self._has_index:
            add_tags(connection, bodies)

    def index_files(self, batch: Iterable[NamedFiles]) -> None:
        """Index files that stored bodies name, in one transaction."""
        if self._has_index:
            with self._begin() as connection:
                for each in batch:
                    add_files(connection, each)

    def begin_run(
        self, scope: Scope, command: str, target: str, *, message: str = "", undoes: int | None = None
    ) -> int:
        """Write that a run begins: its number."""
        with self._begin() as connection:
            return begin_run(connection, scope, command, target, message, undoes)

    def end_run(self, run_id: int) -> None:
        """Write that a run has ended, unless a step of it is still to be settled."""
        with self._begin() as connection:
            end_run(connection, run_id)

    @contextmanager
    def _begin(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction: all of it is written, or nothing."""
        with _translated(self._path):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise


class _New(NamedTuple):
    """Hold a body that is to be stored, and how it is written."""

    plain: bytes
    body: Body


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Make what SQLite refuses an error of ours, but for what is our own bug."""
    try:
        yield
    except sqlite3.OperationalError as error:
        hint = "check the rights and the space of its folder"
        raise MirrorError(f"{path.name} cannot be written: {error}", hint=hint) from error
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        hint = "move it away and pull again; no work is lost"
        raise MirrorDamaged(f"{path.name} cannot be used: {error}", hint=hint) from error


def _connect(path: Path) -> sqlite3.Connection:
    with _translated(path):
        # transactions are ours to begin: Python opens none for CREATE, and a full disk would leave some of the tables
        connection = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE_S)
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
    return connection


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables and views that are not there, within a transaction."""
    for statement in (*TABLES, *VIEWS):
        connection.execute(statement)


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to our version: one step for each earlier version."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    check_schema_version(version)
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise MirrorDamaged("mirror.db is a database of something else", hint="move it away and pull again")
    if version < SCHEMA_VERSION:
        # versions 2 to 4 brought tables and indexes and changed none; what bodies say is gathered where it is missing
        make_tables(connection)
        if version == 1:
            begin_history(connection)
        make_lineage(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _to_columns(scope: Scope, row: Row) -> tuple[Json, ...]:
    """Write a row in the order of the columns of _KEEP_ROW."""
    return (
        scope.id,
        row.key.kind,
        row.key.slug,
        row.type,
        row.remote_id,
        str(row.remote_state),
        row.remote_fingerprint,
        row.remote_digest,
        row.base_local,
        row.base_remote,
        row.base_digest,
        row.version,
        row.updated_at.isoformat() if row.updated_at else None,
        row.writable,
        row.path,
        None if row.derived is None else pack_json(row.derived),
    )
