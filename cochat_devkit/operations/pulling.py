"""One pull, carried through: observe both sides, decide about each resource, write files, remember."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from cochat_devkit.errors import LocalError, UnreadableFile
from cochat_devkit.events import Notice, Outcome, Progress, Report
from cochat_devkit.kinds import ref_of
from cochat_devkit.mirror.history import Origin, Seen
from cochat_devkit.operations.agreed import find_base_body, keeping_lock
from cochat_devkit.operations.blobs import arriving_blobs, fetch_blobs
from cochat_devkit.operations.conflicts import Conflicts, settle_hint
from cochat_devkit.operations.filesteps import FileSteps
from cochat_devkit.operations.indexing import index_files
from cochat_devkit.operations.laying import lay_foreseen
from cochat_devkit.operations.observe import fetch_remote
from cochat_devkit.operations.offline import base_of, local_side
from cochat_devkit.operations.records import Records, agree, agreed_row, to_row
from cochat_devkit.operations.unmeant import refuse_unmeant
from cochat_devkit.resource import Resource, State
from cochat_devkit.sync.decide import Action, Decision, OnConflict, Reason, decide
from cochat_devkit.workspace.blobs import read_blob, size_of_blob
from cochat_devkit.workspace.glance import glance, remember_laid
from cochat_devkit.workspace.staging import Staging
from cochat_devkit.workspace.tree import Layout, LocalResource, Tree, foresee, keep_resource, read_one, trash_resource

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

    from cochat_devkit.api.client import Client
    from cochat_devkit.config import Config, Target
    from cochat_devkit.errors import RemoteError
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.observe import RemoteView
    from cochat_devkit.operations.session import Selection, Session
    from cochat_devkit.resource import Key

#: so many resources are noted in the journal at once
_BATCH = 200
#: and so many files are given to the disk at once
_STAGED_AT_ONCE = 64
#: so much of what is kept by digest is held in memory, on its way to the disk
_STAGED_BYTES = 8 * 1024 * 1024
_WRITES_THEIRS = (Action.CREATE_HERE, Action.UPDATE_HERE)
#: what a pull leaves to a push: the edit here is kept
_LEFT_TO_PUSH = (Action.CREATE_THERE, Action.UPDATE_THERE, Action.DELETE_THERE)


def pull_from(
    session: Session,
    config: Config,
    selection: Selection,
    *,
    on_conflict: OnConflict,
    left_open: Iterable[Outcome],
    began_s: float,
    emit: Emit,
) -> Report:
    """Bring the files up to date with the server of a session; `left_open` is what became of an earlier run's steps.

    `began_s` is when the command began, by the monotonic clock. The caller holds the workspace's lock.

    Raises:
        RemoteError: the server could not be asked; files and mirror are as they were.
        OtherAccount: steps of whoever is signed in may be open; nothing was done.
    """
    with Records(config.mirror_path, session, expects_same_account=True) as records:
        with keeping_lock(config, session.target, records) as kept:
            rows = records.known(kind.name for kind in selection.kinds)
            view = fetch_remote(session.client, selection.kinds, rows, records, emit)
            kept.tree = glance(config.root, selection.kinds).tree()
            refuse_unmeant(config, session.target, kept.tree, rows, records.reader)
            conflicts = Conflicts(config.root, records, session.target.name)
            pulling = _Pull(
                config,
                session.client,
                session.target,
                selection,
                rows,
                view,
                kept.tree,
                records,
                conflicts,
                on_conflict,
                emit,
            )
            report = pulling.run(left_open)
        records.flush()
        if not index_files(config.root, selection.kinds, records, began_s=began_s):
            emit(Notice("not all files can be searched yet: the next pull goes on with them"))
        records.keep_bases(view.bases)
        if not report.counts.keys().isdisjoint(_WRITES_THEIRS):
            # the first look after a pull need not parse ten thousand files
            remember_laid(config.root, selection.kinds, kept.tree.found.values())
        report.requests = session.client.request_count
        report.extra["probe_requests"] = session.probe_requests
    return report


@dataclass(eq=False, repr=False)
class _Pull:
    """Carry one pull through: decide about each resource, act, remember."""

    config: Config
    client: Client
    aim: Target
    selection: Selection
    rows: dict[Key, Row]
    view: RemoteView
    tree: Tree
    records: Records
    conflicts: Conflicts
    on_conflict: OnConflict
    emit: Emit

    @property
    def root(self) -> Path:
        return self.config.root

    def __post_init__(self) -> None:
        self.steps = FileSteps(self.root, self.records, "pull", self.aim.name)
        self.staging = Staging(self.root)
        #: how what this batch writes is to lie in the files, and the row that remembers it then
        self.foreseen: dict[Key, tuple[Layout, Row]] = {}

    def run(self, left_open: Iterable[Outcome] = ()) -> Report:
        """Pull every resource of the selection; `left_open` is what became of an earlier run's steps."""
        report = Report()
        for outcome in left_open:
            report.add(outcome)
        kinds = {kind.name: kind for kind in self.selection.kinds}
        view, tree = self.view, self.tree
        keys = sorted({*self.rows, *view.seen, *view.unmoved, *view.unreadable, *tree.found, *tree.unreadable})
        self.selection.check_known((key, self._type_of(key)) for key in keys)
        meant = [key for key in keys if key.kind in kinds and self.selection.has(key, self._type_of(key))]
        with Staging(self.root) as self.staging:
            # a base never moves on before the files are sure to stay
            self.records.before_flush = self.staging.settle
            for start in range(0, len(meant), _BATCH):
                decisions = {key: self._decide(kinds[key.kind], key) for key in meant[start : start + _BATCH]}
                with closing(self._arriving(kinds, decisions)) as arriving:
                    # the first of them are asked for; they come while files are noted
                    next(arriving, None)
                    self._note_files(kinds, decisions)
                    for _kept in arriving:
                        pass
                self._stage_trees()
                for number, (key, decision) in enumerate(decisions.items(), start):
                    self.emit(Progress("files", number, len(meant)))
                    report.add(self._pull_one(kinds[key.kind], key, decision))
                    # thousands of bodies are not held longer than they are needed
                    self.view.seen.pop(key, None)
        self.emit(Progress("files", len(meant), len(meant)))
        for key in view.invisible.keys() - set(meant):
            # how the kind was listed is remembered, so what that did not show has to be as well
            self._keep_if_new(self.rows[key]._replace(remote_state=view.invisible[key]))
        self.steps.close()
        return report

    def _decide(self, kind: Kind, key: Key) -> Decision | None:
        """Decide about one resource; None for what the mirror alone keeps."""
        row = self.rows.get(key)
        if kind.form is None:
            return None
        return decide(base_of(row), local_side(self.tree, key, row.path if row else None), self.view.side(key))

    def _arriving(
        self, kinds: Mapping[str, Kind], decisions: Mapping[Key, Decision | None]
    ) -> Generator[None, None, None]:
        """Fetch the bytes of all files that a batch writes, some at a time; what cannot be kept is told in its turn."""
        written = [key for key, each in decisions.items() if each and each.action in _WRITES_THEIRS]
        for kind in (kind for kind in kinds.values() if kind.digest_field):
            sides = [(self._seen(key), self.tree.found.get(key)) for key in written if key.kind == kind.name]
            with suppress(LocalError, UnreadableFile):
                yield from arriving_blobs(self.root, kind, self.client, sides, self.emit)

    def _note_files(self, kinds: Mapping[str, Kind], decisions: Mapping[Key, Decision | None]) -> None:
        """Put into the journal which files are about to change, before the first of them does, and stage them."""
        wanted: dict[str, bytes] = {}
        seen: set[str] = set()
        self.foreseen = {}
        for key, decision in decisions.items():
            if decision and decision.action in (*_WRITES_THEIRS, Action.DELETE_HERE):
                try:
                    self._note_change(kinds[key.kind], key, decision.action)
                except LocalError:
                    # it cannot become files at all: writing it says so
                    continue
                if key in self.foreseen:
                    layout = self.foreseen[key][0]
                    wanted |= layout.written
                    seen.update(layout.before)
            if len(wanted) >= _STAGED_AT_ONCE:
                # the disk works while the next are foreseen
                self.staging.stage(wanted, new=wanted.keys() - seen)
                wanted = {}
        self.staging.stage(wanted, new=wanted.keys() - seen)
        self.records.flush()

    def _stage_trees(self) -> None:
        """Stage the files that are kept by digest, whose bytes are here by now; beyond some MiB they wait."""
        left_bytes = _STAGED_BYTES
        for layout in (each for each, _row in self.foreseen.values() if each.local.tree):
            there = layout.present.tree if layout.present else {}
            wanted: dict[str, bytes] = {}
            for place, digest in layout.local.tree.items() - there.items():
                size = size_of_blob(self.root, digest)
                if size is not None and size <= left_bytes and (content := read_blob(self.root, digest)) is not None:
                    wanted[place] = content
                    left_bytes -= size
            self.staging.stage(wanted, new=wanted.keys() - there.keys())

    def _note_change(self, kind: Kind, key: Key, action: Action, merged: Resource | None = None) -> None:
        """Foresee what becomes of a resource's files, theirs unless it was merged, and put it into the journal.

        Raises:
            BadResource: it cannot become files at all.
        """
        present, row = self.tree.found.get(key), self.rows.get(key)
        if action is Action.DELETE_HERE:
            self.steps.begin(key, action, present, None, (row, None))
            return
        theirs = self._seen(key)
        layout, becomes = self._foresee(kind, theirs, present, merged)
        self.foreseen[key] = layout, becomes
        self.records.keep_bodies((theirs.type, theirs.body))
        self.steps.begin(key, action, present, layout, (row, becomes))

    def _foresee(
        self, kind: Kind, theirs: Resource, present: LocalResource | None, merged: Resource | None = None
    ) -> tuple[Layout, Row]:
        """Say how theirs, or what it was merged into, will lie in the files, and which row remembers it then.

        Raises:
            BadResource: it cannot become files at all.
        """
        layout = foresee(self.root, kind, merged or theirs, present)
        base_local = None if merged else layout.local.fingerprint
        return layout, agreed_row(theirs, base_local, layout.local.path)

    def _pull_one(self, kind: Kind, key: Key, decision: Decision | None) -> Outcome:
        if decision is None:
            return self._mirror_only(key, self.rows.get(key))
        try:
            outcome = self._carry_out(kind, key, decision)
            if outcome.exit_code == 0 and decision.action is not Action.SKIP:
                self.conflicts.settle(kind, key)
        except LocalError as error:
            self.steps.settle(key, self.emit)
            outcome = self._outcome(key, decision, exit_code=1, error=error.message, hint=error.hint)
        except UnreadableFile as error:
            self.steps.settle(key, self.emit)
            outcome = self._tell_unreadable(key, error)
        else:
            self.steps.end(key)
        self.emit(outcome)
        return outcome

    def _mirror_only(self, key: Key, row: Row | None) -> Outcome:
        """Remember what is kept by the mirror alone; nothing of it is a file."""
        if key in self.view.unmoved:
            return self._outcome(key, Decision(Action.NOTHING, Reason.MIRRORED))
        theirs = self.view.seen.get(key)
        if theirs is None:
            if key in self.view.gone:
                self.records.drop(key)
            return self._outcome(key, Decision(Action.SKIP, Reason.INVISIBLE_THERE))
        moved = row is None or row.remote_fingerprint != theirs.fingerprint
        self._note_remote(key)
        return self._outcome(key, Decision(Action.MIRROR if moved else Action.NOTHING, Reason.MIRRORED))

    def _carry_out(self, kind: Kind, key: Key, decision: Decision) -> Outcome:
        match decision.action:
            case Action.CREATE_HERE | Action.UPDATE_HERE:
                self._write_theirs(kind, key)
            case Action.DELETE_HERE:
                trash_resource(self.root, self.tree.found.pop(key))
                self.records.drop(key)
            case Action.FORGET:
                self.records.drop(key)
            case Action.NOTHING if decision.reason is Reason.NOWHERE:
                self.records.drop(key)
            case Action.ADOPT:
                self._agree(key, self.tree.found[key])
            case Action.MERGE:
                return self._merge(kind, key, decision)
            case Action.CONFLICT:
                return self._conflict(kind, key, decision, ("the whole",))
            case Action.SKIP:
                return self._skip(key, decision)
            case _:
                self._note_remote(key)
        return self._outcome(key, decision)

    def _write_theirs(self, kind: Kind, key: Key) -> None:
        """Write the server's body over ours; the path stays, unless the type moved to another folder."""
        self._fetch_blobs(kind, key)
        foreseen = self.foreseen.pop(key, None)
        layout, row = foreseen or self._foresee(kind, self._seen(key), self.tree.found.get(key))
        laid = lay_foreseen(self.root, kind, layout, self.staging.write)
        self.tree.found[key] = laid.let_go(partial(read_one, self.root, kind, laid.type, laid.path))
        # its body is kept since it was foreseen
        self.records.keep(row)

    def _fetch_blobs(self, kind: Kind, key: Key) -> None:
        """Fetch the bytes of files that only the server has, so that all that follows is done offline."""
        theirs = self._theirs(key)
        if theirs is not None:
            fetch_blobs(self.root, kind, self.client, [(theirs, self.tree.found.get(key))], self.emit)

    def _keep_ours(self, key: Key, message: str) -> None:
        """Put an edit of ours that is about to be replaced into the history and the trash."""
        present, row = self.tree.found.get(key), self.rows.get(key)
        if present is not None:
            keep_resource(self.root, present)
            if row is None or present.fingerprint != row.base_local:
                body, type_ = present.resource.body, present.resource.type
                self.records.keep_seen(Seen(key, type_, body, Origin.HERE, message=message))

    def _merge(self, kind: Kind, key: Key, decision: Decision) -> Outcome:
        """Merge both edits into the file; the server's becomes the base, so ours is what is left to push."""
        # most pulls merge nothing
        from cochat_devkit.operations.merging import merge_sides
        from cochat_devkit.sync.describe import describe_changes

        row, present, theirs = self.rows[key], self.tree.found[key], self._seen(key)
        base = find_base_body(self.config, self.aim, kind, row, self.records.reader)
        merged = merge_sides(kind, base, present, theirs)
        if merged.conflicts or self.on_conflict is not OnConflict.STOP:
            return self._conflict(kind, key, decision, merged.conflicts or ("nothing that a merge could not settle",))
        self._keep_ours(key, "before a merge")
        self._fetch_blobs(kind, key)
        merged_resource = replace(present.resource, body=merged.body)
        self._note_change(kind, key, Action.MERGE, merged_resource)
        self.records.flush()
        self.tree.found[key] = lay_foreseen(self.root, kind, self.foreseen[key][0])
        self._settle_on_theirs(key, present.path)
        changes = describe_changes(present.resource.body, merged.body)
        return self._outcome(key, decision, changes=tuple(changes))

    def _conflict(self, kind: Kind, key: Key, decision: Decision, parts: tuple[str, ...]) -> Outcome:
        present, theirs = self.tree.found.get(key), self._theirs(key)
        if self.on_conflict is OnConflict.STOP:
            self._fetch_blobs(kind, key)
            self._note_remote(key)
            self.conflicts.note(kind, str(decision.reason), parts, self.rows.get(key), present, theirs)
            return self._outcome(
                key,
                Decision(Action.CONFLICT, decision.reason),
                exit_code=3,
                error=f"{decision.reason}: {', '.join(parts)}",
                hint=settle_hint(self._ref(key)),
            )
        if self.on_conflict is OnConflict.OURS:
            if theirs is None:
                self.records.drop(key)
            else:
                self._settle_on_theirs(key, present.path if present else None)
        elif theirs is None:
            self._keep_ours(key, "before it was settled with theirs")
            self._note_change(kind, key, Action.DELETE_HERE)
            self.records.flush()
            trash_resource(self.root, self.tree.found.pop(key))
            self.records.drop(key)
        else:
            self._keep_ours(key, "before it was settled with theirs")
            self._note_change(kind, key, Action.UPDATE_HERE)
            self.records.flush()
            self._write_theirs(kind, key)
        settled = f"{decision.reason}; settled with {self.on_conflict}"
        return Outcome(self._ref(key), str(decision.action), settled, path=present.path if present else None)

    def _skip(self, key: Key, decision: Decision) -> Outcome:
        row, summary = self.rows.get(key), self.view.unreadable.get(key)
        state = self.view.side(key).state
        fault = self.tree.fault_of(key, row.path if row else None)
        if row is not None and (fault is None or key in self.view.invisible):
            self._keep_if_new(row._replace(remote_state=state))
        elif fault is None and summary is not None:
            self._keep_if_new(to_row(summary, None, state))
        if fault is not None:
            return self._outcome(key, decision, exit_code=1, error=fault.message, hint=fault.hint)
        if key in self.view.faults:
            return self._tell_unreadable(key, self.view.faults[key])
        return self._outcome(key, decision)

    def _tell_unreadable(self, key: Key, fault: RemoteError) -> Outcome:
        """Say why a resource that the server has is left as it is here."""
        decision = Decision(Action.SKIP, Reason.UNREADABLE_THERE)
        return self._outcome(key, decision, exit_code=1, error=fault.message, hint=fault.hint)

    def _agree(self, key: Key, local: LocalResource) -> None:
        """Remember that both sides hold the same: as each of them writes it."""
        row = to_row(self._seen(key), self.rows.get(key))
        self._keep_if_new(agree(row, local.fingerprint, local.path))

    def _settle_on_theirs(self, key: Key, path: str | None) -> None:
        """Make the server's body the base: what differs here is then an edit of ours."""
        self._keep_if_new(agree(to_row(self._seen(key), self.rows.get(key)), None, path))

    def _note_remote(self, key: Key) -> None:
        """Remember what the server showed, or that it has it no more, and leave the base."""
        theirs, row = self.view.seen.get(key), self.rows.get(key)
        if theirs is not None:
            self._keep_if_new(to_row(theirs, row))
        elif row is not None and key in self.view.gone:
            self._keep_if_new(row._replace(remote_state=State.ABSENT))

    def _keep_if_new(self, row: Row) -> None:
        """Write a row only where it says something new: a pull that finds nothing changes nothing."""
        known = self.rows.get(row.key)
        if known is not None and known == row._replace(derived=None):
            return
        theirs = self._theirs(row.key)
        self.records.keep(row, *([(theirs.type, theirs.body)] if theirs else []))

    def _theirs(self, key: Key) -> Resource | None:
        """Give what the server has; what is as the mirror remembers it is read from there, when it is wanted."""
        row = self.view.unmoved.get(key)
        if row is None or key in self.view.seen:
            return self.view.seen.get(key)
        reader = self.records.reader
        return Resource(
            key=key,
            body=reader.body(str(row.remote_digest)),
            type=row.type,
            remote_id=row.remote_id,
            version=row.version,
            updated_at=row.updated_at,
            derived=reader.derived(self.records.scope, key),
            writable=row.writable,
        )

    def _seen(self, key: Key) -> Resource:
        """Give what the server has, which is known to have it."""
        theirs = self._theirs(key)
        if theirs is None:
            raise LookupError(f"{key} was not seen there")
        return theirs

    def _outcome(
        self,
        key: Key,
        decision: Decision,
        *,
        exit_code: int = 0,
        error: str | None = None,
        hint: str | None = None,
        changes: tuple[str, ...] = (),
    ) -> Outcome:
        kept = decision.action in _LEFT_TO_PUSH
        action = Action.NOTHING if kept else decision.action
        reason = f"{decision.reason}; kept for the next push" if kept else str(decision.reason)
        local = self.tree.found.get(key)
        path = local.path if local else None
        return Outcome(self._ref(key), str(action), reason, path, exit_code, error, hint, changes)

    def _type_of(self, key: Key) -> str:
        for place in (self.view.seen, self.view.unmoved, self.view.unreadable, self.rows):
            if key in place:
                return place[key].type
        return self.tree.found[key].type if key in self.tree.found else ""

    def _ref(self, key: Key) -> str:
        return ref_of(key, self._type_of(key))
