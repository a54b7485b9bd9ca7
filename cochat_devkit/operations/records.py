"""The mirror, while a verb works: what it remembers, and what it is to remember, written in batches."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cochat_devkit.errors import NotSupported
from cochat_devkit.kinds import all_kinds
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.rows import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from cochat_devkit.kinds import Kind
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.mirror.store import MirrorStore
    from cochat_devkit.operations.session import Session
    from cochat_devkit.resource import Body, Json, Key

#: rows and files are recorded in batches: an interruption loses at most the record, never a file
_BATCH = 200


@dataclass
class Records:
    """Read and write the rows of one scope. The ORM is imported when there is something to write, not before.

    Use as a context manager: what was gathered is written at the end, however that comes.
    """

    path: Path
    session: Session
    _rows: list[Row] = field(default_factory=list)
    _bodies: list[tuple[str, dict[str, Json]]] = field(default_factory=list)
    _gone: list[Key] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._ends = ExitStack()
        self._store: MirrorStore | None = None
        self._open_reader()
        session, identity = self.session, self.session.client.identity
        facts = {
            "url": session.target.url,
            "user_id": identity.id,
            "role": identity.role,
            "dialect": session.facts.dialect.name,
            "server_version": session.facts.version,
        }
        try:
            known = self.reader.scope_of(session.target.name, session.target.url)
            if known is not None and known == Scope(id=known.id, **facts):
                self.scope = known
            else:
                self.scope = self._writer().enter_scope(session.target.name, **facts)
                self._open_reader()
            self._teach_names()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._ends:
            self.flush()

    def known(self, kinds: Iterable[str]) -> dict[Key, Row]:
        """Read what is remembered of some kinds."""
        return self.reader.rows(self.scope, kinds)

    def keep(self, row: Row, *bodies: tuple[str, Body]) -> None:
        """Remember a row, and the bodies (type, body) that it names."""
        self._rows.append(row)
        self._bodies += bodies
        if len(self._rows) >= _BATCH:
            self.flush()

    def drop(self, key: Key) -> None:
        """Forget a row; its bodies stay."""
        self._gone.append(key)

    def keep_bases(self, bases: dict[str, str]) -> None:
        """Remember how each kind was listed."""
        known = self.reader.bases_of_listings(self.scope)
        moved = {kind: basis for kind, basis in bases.items() if known.get(kind) != basis}
        if moved:
            self._writer().remember(self.scope, bases=moved)

    def flush(self) -> None:
        """Write what was gathered, in one transaction."""
        if self._rows or self._gone:
            self._writer().remember(self.scope, rows=self._rows, bodies=self._bodies, gone=self._gone)
        self._rows, self._bodies, self._gone = [], [], []

    def _teach_names(self) -> None:
        """Tell the client the addresses of what others name by ids that a server made."""
        referred = {name for kind in all_kinds() for name in kind.refers_to}
        for key, row in self.reader.rows(self.scope, referred).items():
            self.session.client.know_names(key.kind, {row.remote_id: key.slug})
        for kind in all_kinds():
            self._teach_files(kind)

    def _teach_files(self, kind: Kind) -> None:
        """Tell the client the digests of files that were read before, so that none is read twice."""
        client = self.session.client
        try:
            if client.endpoints(kind).attachments is None:
                return
        except NotSupported:
            return
        for key in self.reader.rows(self.scope, [kind.name]):
            told = self.reader.derived(self.scope, key).get("attached") or {}
            client.files_of(kind).know({file_id: each["digest"] for file_id, each in told.items()})

    def _open_reader(self) -> None:
        self.reader = self._ends.enter_context(MirrorReader(self.path))

    def _writer(self) -> MirrorStore:
        if self._store is None:
            from cochat_devkit.mirror.store import MirrorStore

            self._store = self._ends.enter_context(MirrorStore(self.path))
        return self._store
