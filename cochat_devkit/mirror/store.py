"""The mirror, written: migrations of its tables, and transactions of whole batches."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, delete, event, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError, ProgrammingError

from cochat_devkit.errors import MirrorDamaged, MirrorError
from cochat_devkit.mirror.bodies import pack_json, pack_plain, to_plain
from cochat_devkit.mirror.past import add_history, add_history_of_rows, begin_history, keep_lock_digests, note_conflicts
from cochat_devkit.mirror.reader import check_schema_version
from cochat_devkit.mirror.rows import SCHEMA_VERSION, LockDigests, Row, Scope
from cochat_devkit.mirror.runs import begin_run, end_run, keep_contents, make_lineage, write_steps
from cochat_devkit.mirror.tables import BODY, LISTING, METADATA, RESOURCE, SCOPE, TARGET
from cochat_devkit.resource import make_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from sqlalchemy import Engine

    from cochat_devkit.mirror.conflicts import Conflict
    from cochat_devkit.mirror.history import Seen
    from cochat_devkit.mirror.journal import Step
    from cochat_devkit.resource import Json, Key


class MirrorStore:
    """Write a mirror. One process at a time does: the workspace's lock sees to that; readers never wait."""

    def __init__(self, path: Path) -> None:
        self._path = path
        #: digests of bodies that this very process stored: they are there, whatever is written again
        self._stored: set[str] = set()
        self._engine = _make_engine(path)
        try:
            with self._begin() as connection:
                _migrate(connection)
        except BaseException:
            self._engine.dispose()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def enter_scope(
        self, target: str, *, url: str, user_id: str, role: str, dialect: str, server_version: str
    ) -> Scope:
        """Find or make the scope of a server and user, and remember it as the target's; writes only what is new."""
        facts = {"role": role, "dialect": dialect, "server_version": server_version}
        with self._begin() as connection:
            mine = select(SCOPE).where(SCOPE.c.url == url, SCOPE.c.user_id == user_id)
            found = connection.execute(mine).mappings().first()
            if found is None or any(found[name] != value for name, value in facts.items()):
                statement = insert(SCOPE).values(url=url, user_id=user_id, **facts)
                connection.execute(statement.on_conflict_do_update(index_elements=["url", "user_id"], set_=facts))
                found = connection.execute(mine).mappings().one()
            link = insert(TARGET).values(name=target, scope_id=found["id"])
            connection.execute(
                link.on_conflict_do_update(
                    index_elements=["name"],
                    set_={"scope_id": found["id"]},
                    where=TARGET.c.scope_id != found["id"],
                )
            )
        return Scope(**dict(found))

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
        contents: Sequence[bytes] = (),
    ) -> None:
        """Write a batch in one transaction: rows as they now are, the bodies (type, body) they name, rows to drop.

        What the rows say of the server goes into the history, and so does `seen`, oldest first. `settled` are no
        conflicts any more. `lock_digests` say by target what `cochat.lock` says. `steps` are steps of the run `run_id`
        as they now are; `contents` are files' contents that they name.

        Raises:
            MirrorError: the disk refuses; nothing of the batch was written.
        """
        with self._begin() as connection:
            stored = [*bodies, *((each.type, each.body) for each in seen if each.body is not None)]
            packed = self._pack_new(stored)
            if packed:
                columns_of_bodies = [{"digest": digest, "packed": each} for digest, each in packed.items()]
                connection.execute(insert(BODY).on_conflict_do_nothing(), columns_of_bodies)
            if rows:
                statement = insert(RESOURCE)
                columns: dict[str, Json] = {
                    each.name: statement.excluded[each.name]
                    for each in RESOURCE.columns
                    if each.name not in ("id", "scope_id", "kind", "slug")
                }
                columns["derived"] = func.coalesce(statement.excluded.derived, RESOURCE.c.derived)
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["scope_id", "kind", "slug"], set_=columns),
                    [_to_columns(scope, row) for row in rows],
                )
            add_history(connection, scope, seen)
            add_history_of_rows(connection, scope, rows, gone)
            note_conflicts(connection, scope, conflicts, settled)
            keep_lock_digests(connection, lock_digests or {})
            keep_contents(connection, contents)
            if run_id is not None:
                write_steps(connection, run_id, steps)
            for key in gone:
                connection.execute(
                    delete(RESOURCE).where(
                        RESOURCE.c.scope_id == scope.id, RESOURCE.c.kind == key.kind, RESOURCE.c.slug == key.slug
                    )
                )
            for kind, basis in (bases or {}).items():
                listing = insert(LISTING).values(scope_id=scope.id, kind=kind, basis=basis)
                connection.execute(
                    listing.on_conflict_do_update(
                        index_elements=["scope_id", "kind"],
                        set_={"basis": basis},
                        where=LISTING.c.basis != basis,
                    )
                )

        self._stored |= packed.keys()

    def _pack_new(self, bodies: Sequence[tuple[str, dict[str, Json]]]) -> dict[str, bytes]:
        """Compress the bodies (type, body) that were not stored before, by their digests."""
        plain = {make_digest(each): each for each in (to_plain(*body) for body in bodies)}
        return {digest: pack_plain(each) for digest, each in plain.items() if digest not in self._stored}

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
    def _begin(self) -> Iterator[Connection]:
        """Open a transaction; what SQLite refuses becomes an error of ours, but for what is our own bug."""
        name = self._path.name
        try:
            with self._engine.begin() as connection:
                yield connection
        except (OperationalError, sqlite3.OperationalError) as error:
            raise MirrorError(
                f"{name} cannot be written: {_words_of(error)}", hint="check the rights and the space of its folder"
            ) from error
        except (IntegrityError, ProgrammingError):
            raise
        except (DatabaseError, sqlite3.DatabaseError) as error:
            raise MirrorDamaged(
                f"{name} cannot be used: {_words_of(error)}", hint="move it away and pull again; no work is lost"
            ) from error


def _words_of(error: DatabaseError | sqlite3.DatabaseError) -> str:
    return str(error.orig if isinstance(error, DatabaseError) else error)


def _make_engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        # Python's sqlite3 opens no transaction for CREATE: a crash or a full disk would leave some of the tables
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 5000")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _migrate(connection: Connection) -> None:
    """Bring the tables to our version: one step for each earlier version."""
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    check_schema_version(version)
    if version == 0:
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
        if tables:
            raise MirrorDamaged("mirror.db is a database of something else", hint="move it away and pull again")
    if version < SCHEMA_VERSION:
        # version 2 brought tables and changed none
        METADATA.create_all(connection)
        if version == 1:
            begin_history(connection)
        make_lineage(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _to_columns(scope: Scope, row: Row) -> dict[str, Json]:
    return {
        "scope_id": scope.id,
        "kind": row.key.kind,
        "slug": row.key.slug,
        "type": row.type,
        "remote_id": row.remote_id,
        "remote_state": str(row.remote_state),
        "remote_fingerprint": row.remote_fingerprint,
        "remote_digest": row.remote_digest,
        "base_local": row.base_local,
        "base_remote": row.base_remote,
        "base_digest": row.base_digest,
        "version": row.version,
        "updated_at": row.updated_at.isoformat() if row.updated_at else None,
        "writable": row.writable,
        "path": row.path,
        "derived": None if row.derived is None else pack_json(row.derived),
    }
