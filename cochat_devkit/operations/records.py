"""The mirror, while a verb works: what it remembers, and what it is to remember, written in batches."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cochat_devkit.errors import OtherAccount, UnexpectedReply
from cochat_devkit.kinds import all_kinds
from cochat_devkit.kinds.dialects import dialect_named
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.rows import Row, Scope
from cochat_devkit.resource import State, fingerprint_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from cochat_devkit.api.probe import ServerFacts
    from cochat_devkit.mirror.conflicts import Conflict
    from cochat_devkit.mirror.history import Seen
    from cochat_devkit.mirror.index import NamedFiles
    from cochat_devkit.mirror.journal import Step, StepState
    from cochat_devkit.mirror.rows import LockDigests
    from cochat_devkit.mirror.store import MirrorStore
    from cochat_devkit.operations.session import Session
    from cochat_devkit.resource import Body, Fingerprint, Json, Key, RemoteId, Resource

#: rows and files are recorded in batches: an interruption loses at most the record, never a file. More than a pull has
#: in one of its own, so that what one gathers is written with the notes of the next
_BATCH = 400


@dataclass(eq=False, repr=False)
class Records:
    """Read and write the rows of one scope. The mirror is opened to be written only when something is.

    Use as a context manager: what was gathered is written at the end, however that comes.
    """

    path: Path
    session: Session | None
    #: whose rows they are, where no server is asked
    offline_scope: Scope | None = None
    #: something was decided before the sign-in: by what was known to whoever used the target last
    expects_same_account: bool = False
    _rows: list[Row] = field(default_factory=list)
    _bodies: list[tuple[str, dict[str, Json]]] = field(default_factory=list)
    _gone: list[Key] = field(default_factory=list)
    _seen: list[Seen] = field(default_factory=list)
    _conflicts: list[Conflict] = field(default_factory=list)
    _settled: list[Key] = field(default_factory=list)
    _steps: dict[int, Step] = field(default_factory=dict)
    _states: dict[int, StepState] = field(default_factory=dict)
    _contents: list[bytes] = field(default_factory=list)
    #: makes sure that what is about to be remembered is so
    before_flush: Callable[[], None] = lambda: None
    #: the run whose steps are kept
    run_id: int | None = None

    def __enter__(self) -> Self:
        self._ends = ExitStack()
        self._store: MirrorStore | None = None
        self._open_reader()
        try:
            self.scope = self.offline_scope or self._enter_scope()
            self.teach_names()
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

    def keep_bodies(self, *bodies: tuple[str, Body]) -> None:
        """Store bodies (type, body) that a step or a plan names."""
        self._bodies += bodies

    def drop(self, key: Key) -> None:
        """Forget a row; its bodies stay, and its history."""
        self._gone.append(key)

    def keep_seen(self, *seen: Seen) -> None:
        """Add to the history what no row says: a body of ours that is about to be replaced."""
        self._seen += seen

    def keep_conflict(self, conflict: Conflict) -> None:
        """Remember a conflict."""
        self._conflicts.append(conflict)

    def settle(self, key: Key) -> None:
        """Remember that a resource is no conflict any more."""
        self._settled.append(key)

    def begin_run(self, command: str, target: str, *, message: str = "", undoes: int | None = None) -> int:
        """Begin a run of the journal: its number."""
        self.run_id = self._writer().begin_run(self.scope, command, target, message=message, undoes=undoes)
        return self.run_id

    def keep_step(self, step: Step, *contents: bytes) -> None:
        """Remember how far a step of the run came, and contents of files that it names."""
        self._steps[step.number] = step
        self._states.pop(step.number, None)
        self._contents += contents

    def end_step(self, number: int, state: StepState) -> None:
        """Remember how a step of the run ended that was kept before."""
        if number in self._steps:
            self._steps[number] = self._steps[number]._replace(state=state)
        else:
            self._states[number] = state

    def end_run(self) -> None:
        """End the run, unless a step of it is still to be settled by the next command."""
        self.flush()
        if self.run_id is not None:
            self._writer().end_run(self.run_id)
            self.run_id = None

    def keep_bases(self, bases: dict[str, str]) -> None:
        """Remember how each kind was listed."""
        known = self.reader.bases_of_listings(self.scope)
        moved = {kind: basis for kind, basis in bases.items() if known.get(kind) != basis}
        if moved:
            self._writer().remember(self.scope, bases=moved)

    def keep_lock_digests(self, digests: dict[str, LockDigests]) -> None:
        """Remember by target what `cochat.lock` says."""
        known = self.reader.lock_digests()
        moved = {target: each for target, each in digests.items() if known.get(target) != each}
        if moved:
            self._writer().remember(self.scope, lock_digests=moved)

    def index_files(self, batch: Iterable[NamedFiles]) -> None:
        """Index files that stored bodies name."""
        self._writer().index_files(batch)

    def open_index(self) -> None:
        """Bring the index of an earlier version up to date."""
        self._writer()

    def flush(self) -> None:
        """Write what was gathered, in one transaction."""
        self.before_flush()
        waiting = (self._rows, self._gone, self._seen, self._conflicts, self._settled, self._bodies)
        if any((*waiting, self._steps, self._states)):
            self._writer().remember(
                self.scope,
                rows=self._rows,
                bodies=self._bodies,
                gone=self._gone,
                seen=self._seen,
                conflicts=self._conflicts,
                settled=self._settled,
                run_id=self.run_id,
                steps=list(self._steps.values()),
                states=self._states,
                contents=self._contents,
            )
        self._rows, self._bodies, self._gone = [], [], []
        self._seen, self._conflicts, self._settled = [], [], []
        self._steps, self._states, self._contents = {}, {}, []

    def _enter_scope(self) -> Scope:
        """Find or make the scope of the session's server and user.

        Raises:
            UnexpectedReply: the server was another product when it was last asked.
            OtherAccount: it is not the scope that was expected; the target is remembered as this one's by now.
        """
        session = self.session
        if session is None:
            raise LookupError("records without a session need a scope")
        identity = session.client.identity
        facts = {
            "url": session.target.url,
            "user_id": identity.id,
            "role": identity.role,
            "dialect": session.facts.dialect.name,
            "server_version": session.facts.version,
        }
        known = self.reader.scope_of_user(session.target.url, identity.id)
        if known is not None:
            _check_product(known, session.facts)
        linked = self.reader.scope_linked(session.target.name, session.target.url)
        if linked is not None and linked == Scope(id=linked.id, **facts):
            return linked
        before = self.reader.scope_of(session.target.name, session.target.url)
        scope = self._writer().enter_scope(session.target.name, **facts)
        self._open_reader()
        if self.expects_same_account and _number(before) != _number(known):
            raise OtherAccount(
                f"you are signed in to {scope.url} as {identity.email or identity.id}, and the target"
                f" {session.target.name} was last used by somebody else",
                hint="run the command again: it then starts from what you know",
            )
        return scope

    def teach_names(self) -> None:
        """Tell the client the addresses of what others name by ids that a server made, as the rows know them by now."""
        if self.session is None:
            return
        client = self.session.client
        client.remember_files_by(self._files_of)
        for name in {name for kind in all_kinds() for name in kind.refers_to}:
            names = {row.remote_id: row.key.slug for row in self.reader.rows(self.scope, [name]).values()}
            client.know_names(name, names)

    def _files_of(self, kind: str) -> dict[RemoteId, dict[str, str]]:
        """Read which files each resource had when it was last read: by the file's id, its digest."""
        found: dict[RemoteId, dict[str, str]] = {}
        for key, row in self.reader.rows(self.scope, [kind]).items():
            attached = self.reader.derived(self.scope, key).get("attached") or {}
            if row.remote_id is not None:
                found[row.remote_id] = {file_id: each["digest"] for file_id, each in attached.items()}
        return found

    def _open_reader(self) -> None:
        self.reader = self._ends.enter_context(MirrorReader(self.path))

    def _writer(self) -> MirrorStore:
        if self._store is None:
            from cochat_devkit.mirror.store import MirrorStore

            self._store = self._ends.enter_context(MirrorStore(self.path))
        return self._store


def _number(scope: Scope | None) -> int | None:
    return scope.id if scope else None


def _check_product(known: Scope, facts: ServerFacts) -> None:
    """See that a server is the product that it was: whatever another one does not have would be taken for deleted.

    That it lacked what it now shows was the mistake: then it is what it shows.
    """
    before, now = dialect_named(known.dialect), facts.dialect
    had_lost_it = facts.is_proven and before.landmark is None and before.generation == now.generation
    if before.landmark != now.landmark and not had_lost_it:
        raise UnexpectedReply(
            f"{known.url} was {before.title} when it was last asked, and answers like {now.title} now",
            hint="try again; where it is another server for good, move mirror.db away and pull again",
        )


def to_row(theirs: Resource, known: Row | None, state: State = State.PRESENT) -> Row:
    """Make a row of what the server shows, on the base that is known."""
    digest = theirs.digest if state is State.PRESENT else None
    return Row(
        key=theirs.key,
        type=theirs.type,
        remote_id=theirs.remote_id,
        remote_state=state,
        remote_fingerprint=fingerprint_in(digest) if digest else None,
        remote_digest=digest,
        base_local=known.base_local if known else None,
        base_remote=known.base_remote if known else None,
        base_digest=known.base_digest if known else None,
        version=theirs.version,
        updated_at=theirs.updated_at,
        writable=theirs.writable,
        path=known.path if known else None,
        derived=dict(theirs.derived),
    )


def agreed_row(theirs: Resource, base_local: Fingerprint | None, path: str | None) -> Row:
    """Make a row on which both sides agree: on what the server holds, and on the files of that fingerprint."""
    return agree(to_row(theirs, None), base_local, path)


def agree(row: Row, base_local: Fingerprint | None, path: str | None) -> Row:
    """Make what a row says of the server the base, with the files of that fingerprint, by default the same one."""
    there = row.remote_fingerprint
    return row._replace(base_local=base_local or there, base_remote=there, base_digest=row.remote_digest, path=path)
