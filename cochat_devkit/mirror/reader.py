"""The mirror, read."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from cochat_devkit.errors import MirrorDamaged, MirrorTooNew
from cochat_devkit.mirror.bodies import unpack_body, unpack_json
from cochat_devkit.mirror.rows import SCHEMA_VERSION, LockDigests, Row, Scope
from cochat_devkit.resource import Fingerprint, Key, RemoteId, Slug, State, Version
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from cochat_devkit.resource import Body, Json

_SCOPE = "SELECT s.id, s.url, s.user_id, s.role, s.dialect, s.server_version FROM scope s"
_ROW = """
SELECT kind, slug, type, remote_id, remote_state, remote_fingerprint, remote_digest, base_local, base_remote,
       base_digest, version, updated_at, writable, path
FROM resource WHERE scope_id = ?
"""
#: the server still shows what both sides agreed on: a file that is as it was then is in step. SQLite finds the index
#: of such rows, and that of the others, by these very words
_AGREED = """
SELECT slug, base_local FROM resource
WHERE scope_id = ? AND kind = ?
    AND remote_state = 'present' AND remote_fingerprint = base_remote AND base_local IS NOT NULL
"""
_AGREED_AS_ONE = """
SELECT kind, type, group_concat(slug, ?), group_concat(base_local, ?) FROM resource
WHERE scope_id = ?
    AND remote_state = 'present' AND remote_fingerprint = base_remote AND base_local IS NOT NULL
GROUP BY kind, type
"""
_DATED_AS_ONE = """
SELECT kind, type, group_concat(slug, ?), group_concat(base_local, ?), count(*),
    group_concat(version, ?), count(version), group_concat(updated_at, ?), count(updated_at) FROM resource
WHERE scope_id = ?
    AND remote_state = 'present' AND remote_fingerprint = base_remote AND base_local IS NOT NULL
GROUP BY kind, type
"""
#: stands between the texts of a group where they are asked for as one
_NUL = "\0"
#: asked for by kind: otherwise SQLite takes the index of what was changed last, and reads all rows
_APART = f"""{_ROW}
AND (remote_state = 'present' AND remote_fingerprint = base_remote AND base_local IS NOT NULL) IS NOT TRUE
"""
_BODIES = "SELECT digest, packed FROM body WHERE digest IN (SELECT value FROM json_each(?))"


#: the server's version of a resource and when it says that it was changed, both as stored
Stamp = tuple[str | None, str | None]
#: the same half of the stamps of many
StampColumn = list[str | None] | None


class Dated(NamedTuple):
    """Hold what the server still shows as agreed, of one kind and type, a NUL between each text and the next.

    `versions` and `instants` are in the order of the slugs, and None where some have one and some none.
    """

    slugs: str
    fingerprints: str
    versions: StampColumn
    instants: StampColumn


class MirrorReader:
    """Read a mirror; a mirror that is not there reads as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = _open(path) if path.exists() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    def scope_of(self, target: str, url: str) -> Scope | None:
        """Find the scope that a target of `cochat.toml` was last used with; None before the first pull.

        Where it was last used with another server, as by COCHAT_URL, it is what is known of this one, if that is of one
        account alone.
        """
        linked = self.scope_linked(target, url)
        if linked is not None:
            return linked
        found = self.ask(f"{_SCOPE} JOIN target t ON t.name = ? WHERE s.url = ?", (target, url))
        return Scope(*found[0]) if len(found) == 1 else None

    def scope_linked(self, target: str, url: str) -> Scope | None:
        """Find the scope that a target was last used with; None where that was of another server."""
        found = self.ask(f"{_SCOPE} JOIN target t ON t.scope_id = s.id WHERE t.name = ? AND s.url = ?", (target, url))
        return Scope(*found[0]) if found else None

    def scope_of_user(self, url: str, user_id: str) -> Scope | None:
        """Find what is known of a user's server, whichever target it was asked as; None before the first time."""
        found = self.ask(f"{_SCOPE} WHERE s.url = ? AND s.user_id = ?", (url, user_id))
        return Scope(*found[0]) if found else None

    def scope_numbered(self, number: int) -> Scope | None:
        """Find a scope by its number."""
        found = self.ask(f"{_SCOPE} WHERE s.id = ?", (number,))
        return Scope(*found[0]) if found else None

    def rows(self, scope: Scope, kinds: Iterable[str] | None = None) -> dict[Key, Row]:
        """Read the rows of a scope, without what the server derived."""
        wanted = () if kinds is None else (*kinds,)
        among = "" if kinds is None else f" AND kind IN ({', '.join('?' * len(wanted))})"
        found = (_to_row(each) for each in self.ask(f"{_ROW}{among}", (scope.id, *wanted)))
        return {row.key: row for row in found}

    def agreed(self, scope: Scope, kind: str) -> dict[str, str]:
        """Read which resources of a kind the server still shows as agreed: the files' fingerprints then, by slug."""
        return dict(self.ask(_AGREED, (scope.id, kind)))

    def agreed_as_one(self, scope: Scope) -> dict[tuple[str, str], tuple[str, ...]]:
        """Read the same of all kinds, by (kind, type): (slugs, fingerprints), with a NUL between each and the next.

        They are sorted by slug where the mirror has its indexes; one of an earlier version may give them in any order.
        """
        return {each[:2]: each[2:] for each in self.ask(_AGREED_AS_ONE, (_NUL, _NUL, scope.id))}

    def stamps(self, scope: Scope, kind: str) -> dict[str, Stamp]:
        """Read how the server dates its resources of a kind: stamps by slug."""
        found = self.ask(
            "SELECT slug, version, updated_at FROM resource WHERE scope_id = ? AND kind = ?", (scope.id, kind)
        )
        return {slug: (version, updated_at) for slug, version, updated_at in found}

    def dated_as_one(self, scope: Scope) -> dict[tuple[str, str], Dated]:
        """Read the same, and how the server dates it, by one question."""
        found = self.ask(_DATED_AS_ONE, (*(_NUL,) * 4, scope.id))
        return {
            (kind, type_): Dated(
                slugs, prints, _to_column(versions, dated_by, count), _to_column(instants, timed, count)
            )
            for kind, type_, slugs, prints, count, versions, dated_by, instants, timed in found
        }

    def row(self, scope: Scope, kind: str, slug: str) -> Row | None:
        """Read one row; None where there is none."""
        found = self.ask(f"{_ROW} AND kind = ? AND slug = ?", (scope.id, kind, slug))
        return _to_row(found[0]) if found else None

    def rows_apart(self, scope: Scope, kinds: Iterable[str]) -> dict[Key, Row]:
        """Read the rows of some kinds that the server does not, or no longer, show as agreed."""
        wanted = (*kinds,)
        found = self.ask(f"{_APART} AND kind IN ({', '.join('?' * len(wanted))})", (scope.id, *wanted))
        return {row.key: row for row in map(_to_row, found)}

    def derived(self, scope: Scope, key: Key) -> Json:
        """Read what the server derived of one resource; `{}` where nothing is known."""
        found = self.ask(
            "SELECT derived FROM resource WHERE scope_id = ? AND kind = ? AND slug = ?", (scope.id, key.kind, key.slug)
        )
        return unpack_json(found[0][0]) if found and found[0][0] else {}

    def body(self, digest: str) -> Body:
        """Read a stored body.

        Raises:
            MirrorDamaged: it is not there.
        """
        found = self.ask("SELECT packed FROM body WHERE digest = ?", (digest,))
        if not found:
            raise MirrorDamaged(f"the mirror lacks the body {digest[:12]}", hint="delete mirror.db and pull again")
        return unpack_body(digest, found[0][0])

    def bodies(self, digests: Iterable[str]) -> dict[str, Body]:
        """Read several stored bodies at once; one that is not there is left out."""
        found = self.ask(_BODIES, (json.dumps([*digests]),))
        return {digest: unpack_body(digest, packed) for digest, packed in found}

    def body_shown(self, row: Row | None) -> Body:
        """Read the body that the server showed last; `{}` where nobody may know it.

        Raises:
            MirrorDamaged: it is not there.
        """
        return self.body(row.remote_digest) if row and row.remote_digest else {}

    def bases_of_listings(self, scope: Scope) -> dict[str, str]:
        """Say by kind how it was last listed: endpoint and role."""
        return dict(self.ask("SELECT kind, basis FROM listing WHERE scope_id = ?", (scope.id,)))

    def health(self) -> str:
        """Check the file: "ok", or SQLite's complaint."""
        found = self.ask("PRAGMA integrity_check", ())
        return str(found[0][0]) if found else "empty"

    def lock_digests(self) -> dict[str, LockDigests]:
        """Say by target what the lock said when the mirror knew as much."""
        if not self.has_table("locked"):
            return {}
        return {each[0]: LockDigests(*each[1:]) for each in self.ask("SELECT target, lines, file FROM locked", ())}

    def has_table(self, name: str) -> bool:
        """Tell whether the mirror has a table or view: one of an earlier version may lack it."""
        return bool(self.ask("SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?", (name,)))

    def body_named(self, fingerprint: Fingerprint) -> str | None:
        """Find the digest of a stored body by its fingerprint, with which a digest begins; None where there is none."""
        found = self.ask(
            "SELECT digest FROM body WHERE digest >= ? AND digest < ? LIMIT 1", (fingerprint, f"{fingerprint}g")
        )
        return str(found[0][0]) if found else None

    def ask(self, question: str, values: tuple[object, ...]) -> list[tuple[Json, ...]]:
        """Ask the database; a mirror that is not there answers nothing."""
        if self._connection is None:
            return []
        try:
            return self._connection.execute(question, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._to_error(error) from error

    def each(self, question: str, values: tuple[object, ...]) -> Iterator[tuple[Json, ...]]:
        """Ask the database, and take the answer row by row."""
        if self._connection is None:
            return
        try:
            yield from self._connection.execute(question, values)
        except sqlite3.DatabaseError as error:
            raise self._to_error(error) from error

    def ask_within(self, seconds: float, question: str, values: tuple[object, ...]) -> list[tuple[Json, ...]] | None:
        """Ask the database, and stop it once that took so much of the processor's time: None.

        A machine that is busy with something else takes longer by the clock; ten times as long is enough.
        """
        if self._connection is None or seconds <= 0:
            return None if self._connection else []
        with _stopping(self._connection, seconds):
            try:
                return self._connection.execute(question, values).fetchall()
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                    return None
                raise self._to_error(error) from error

    def _to_error(self, error: sqlite3.DatabaseError) -> MirrorDamaged:
        hint = "move it away and pull again; no work is lost"
        return MirrorDamaged(f"{self._path.name} cannot be read: {error}", hint=hint)


@contextmanager
def _stopping(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    from threading import Event, Thread

    began_s, ends_s, is_done = time.process_time(), time.monotonic() + 10 * seconds, Event()

    def watch() -> None:
        while not is_done.wait(seconds / 4):
            if time.process_time() - began_s >= seconds or time.monotonic() > ends_s:
                connection.interrupt()
                return

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_done.set()
        watcher.join()


def check_schema_version(found: int) -> None:
    """Refuse a mirror of a newer version.

    Raises:
        MirrorTooNew: it has tables that we do not know.
    """
    if found > SCHEMA_VERSION:
        raise MirrorTooNew(
            f"the mirror was written by a newer cochat-devkit (its schema is {found}, ours is {SCHEMA_VERSION})",
            hint="pip install --upgrade cochat-devkit",
        )


def _open(path: Path) -> sqlite3.Connection | None:
    """Open read-only; on a disk where not even SQLite may write its side files, as a file that nobody changes."""
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)
        except sqlite3.OperationalError:
            continue
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.OperationalError:
            connection.close()
            continue
        except sqlite3.DatabaseError as error:
            connection.close()
            raise MirrorDamaged(
                f"{path.name} is no mirror: {error}", hint="move it away and pull again; no work is lost"
            ) from error
        try:
            check_schema_version(version)
        except MirrorTooNew:
            connection.close()
            raise
        if version:
            return connection
        # a pull was stopped before it made the tables
        connection.close()
        return None
    raise MirrorDamaged(f"{path.name} cannot be opened", hint="check the rights of the file and its folder")


def _to_row(found: tuple[Json, ...]) -> Row:
    kind, slug, type_, remote_id, state, remote_fingerprint, remote_digest, *rest = found
    base_local, base_remote, base_digest, version, updated_at, writable, path = rest
    return Row(
        key=Key(kind, Slug(slug)),
        type=type_,
        remote_id=RemoteId(remote_id),
        remote_state=State(state),
        remote_fingerprint=_maybe(Fingerprint, remote_fingerprint),
        remote_digest=remote_digest,
        base_local=_maybe(Fingerprint, base_local),
        base_remote=_maybe(Fingerprint, base_remote),
        base_digest=base_digest,
        version=_maybe(Version, version),
        updated_at=datetime.fromisoformat(updated_at) if updated_at else None,
        writable=None if writable is None else bool(writable),
        path=path,
    )


def _to_column(texts: str | None, having: int, count: int) -> StampColumn:
    """Part what was asked for as one; None where it cannot be told which of them have it."""
    if texts is None:
        return [None] * count
    # what a server sends may hold what stands between
    return [*texts.split(_NUL)] if texts.count(_NUL) == count - 1 and having == count else None


def _maybe(make: Json, value: Json) -> Json:
    return None if value is None else make(value)
