"""Push: check and test what changed here, then send it, each write checked before and verified after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.errors import (
    DevkitError,
    LintFailed,
    LocalError,
    NotAllowed,
    RemoteError,
    SignedOut,
    TestsFailed,
    UsageError,
)
from cochat_devkit.events import Outcome, Progress, Report
from cochat_devkit.kinds import all_kinds, ref_of
from cochat_devkit.mirror.bodies import pack_body
from cochat_devkit.mirror.rows import Row
from cochat_devkit.operations.agreed import keeping_lock
from cochat_devkit.operations.observe import base_of, find_theirs, local_side, look_offline
from cochat_devkit.operations.records import Records
from cochat_devkit.operations.send import send_changes, send_new
from cochat_devkit.operations.session import connect
from cochat_devkit.resource import Resource, State
from cochat_devkit.sync.decide import ABSENT, Action, Decision, Reason, decide, present
from cochat_devkit.sync.describe import describe_changes
from cochat_devkit.sync.gates import check_deletions
from cochat_devkit.workspace.lock import workspace_lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.operations.session import Selection, Session
    from cochat_devkit.resource import Key
    from cochat_devkit.workspace.tree import LocalResource, Tree


@dataclass(frozen=True)
class PushOptions:
    """Say how far a push goes."""

    dry_run: bool = False
    delete: bool = False
    confirmed_deletions: int | None = None
    verify: bool = True


def push(config: Config, selection: Selection, *, target: str | None, options: PushOptions, emit: Emit) -> Report:
    """Send what changed here since both sides last agreed. Where nothing did, nothing is asked of the server.

    Raises:
        LintFailed, TestsFailed: a changed plugin does not pass; nothing was sent.
        UnsafePlan: too much would be deleted; nothing was sent.
        RemoteError: the server could not be asked.
    """
    with workspace_lock(config.root):
        changes = find_changes(config, selection, target=target)
        report = Report(requests=0)
        for key, fault in changes.blocked.items():
            report.add(Outcome(ref_of(key), str(Action.SKIP), str(Reason.UNREADABLE_HERE), None, 1, *_said(fault)))
        wanted = [key for key in changes.keys if options.delete or key in changes.tree.found]
        for key in changes.keys:
            if key not in wanted:
                report.add(_kept_there(changes, key))
        if not wanted:
            return report
        if options.delete:
            doomed = [key for key in wanted if key not in changes.tree.found]
            check_deletions(doomed, changes.totals(), confirmed=options.confirmed_deletions)
        if options.verify:
            _verify(config, [changes.tree.found[key] for key in wanted if key in changes.tree.found], emit)
        _send(config, target, changes, wanted, options, report, emit)
        return report


@dataclass(frozen=True)
class Changes:
    """Hold what differs here from the base: the keys in the order of writing, and what they were found in."""

    keys: tuple[Key, ...]
    rows: Mapping[Key, Row]
    tree: Tree
    blocked: Mapping[Key, LocalError]

    def totals(self) -> dict[str, int]:
        """Count by kind what the server is known to have."""
        counts: dict[str, int] = {}
        for row in self.rows.values():
            if row.base_remote is not None:
                counts[row.key.kind] = counts.get(row.key.kind, 0) + 1
        return counts


def find_changes(config: Config, selection: Selection, *, target: str | None) -> Changes:
    """Compare the files with the base, offline."""
    with look_offline(config, selection, target) as known:
        tree, rows = known.tree, known.rows
    order = {kind.name: number for number, kind in enumerate(all_kinds())}
    meant = [key for key, type_ in known.types.items() if selection.has(key, type_)]
    changed = [key for key in meant if _is_changed(rows.get(key), tree, key)]
    blocked = {key: tree.unreadable[key] for key in meant if key in tree.unreadable}
    return Changes(tuple(sorted(changed, key=lambda key: (order[key.kind], key))), rows, tree, blocked)


def _is_changed(row: Row | None, tree: Tree, key: Key) -> bool:
    side = local_side(tree, key, row.path if row else None)
    base = base_of(row)
    if side.state is State.PRESENT:
        return base is None or side.fingerprint != base.local
    return side.state is State.ABSENT and base is not None


def _verify(config: Config, changed: Sequence[LocalResource], emit: Emit) -> None:
    """Check and test the changed plugins.

    Raises:
        LintFailed, TestsFailed: one does not pass.
    """
    from cochat_devkit.operations.check import check_plugins_of
    from cochat_devkit.operations.test import test_plugins_of

    checked = check_plugins_of(config, changed, emit=emit)
    if any(each.stops for each in checked):
        raise LintFailed("nothing was sent: a changed plugin does not pass the check", checked, hint=_NO_VERIFY)
    tested = test_plugins_of(config, changed)
    if tested.failed:
        raise TestsFailed("nothing was sent: a changed plugin's tests fail", tested.findings, hint=_NO_VERIFY)


_NO_VERIFY = "mend it, or send it as it is: cochat push --no-verify"


def _send(
    config: Config,
    target: str | None,
    changes: Changes,
    wanted: Sequence[Key],
    options: PushOptions,
    report: Report,
    emit: Emit,
) -> None:
    with (
        connect(config, target, emit) as session,
        Records(config.mirror_path, session) as records,
        keeping_lock(config, session.target, records, changes.tree),
    ):
        pushed = _Push(changes, session, records, emit, dry_run=options.dry_run)
        for number, key in enumerate(wanted):
            emit(Progress("pushing", number, len(wanted)))
            outcome = pushed.push_one(key)
            emit(outcome)
            report.add(outcome)
        emit(Progress("pushing", len(wanted), len(wanted)))
        report.requests = session.client.request_count


@dataclass
class _Push:
    """Carry one push through: read, decide, write, verify, remember; one resource after the other."""

    changes: Changes
    session: Session
    records: Records
    emit: Emit
    dry_run: bool

    def push_one(self, key: Key) -> Outcome:
        """Push one resource; what fails fails this one alone, but for a token that is no longer accepted."""
        kind = next(each for each in all_kinds() if each.name == key.kind)
        try:
            return self._push_one(kind, key)
        except SignedOut:
            raise
        except (RemoteError, LocalError, UsageError) as error:
            action = Action.UPDATE_THERE if key in self.changes.rows else Action.CREATE_THERE
            return Outcome(self._ref(key), "failed", str(action), self._path(key), error.exit_code, *_said(error))

    def _push_one(self, kind: Kind, key: Key) -> Outcome:
        row, local = self.changes.rows.get(key), self.changes.tree.found.get(key)
        if local is not None and row is None and not kind.is_valid_slug(key.slug):
            raise UsageError(f"{local.path}: the server takes no id {key.slug!r}", hint=f"an id has {kind.slug_rule}")
        if row is not None and row.remote_state is State.UNREADABLE:
            raise NotAllowed(f"{self._ref(key)}: the server does not show it to you", hint="ask its owner for access")
        needs_groups = local is not None and _names_groups(local)
        wire, theirs = find_theirs(self.session.client, kind, key, row, needs_groups=needs_groups)
        there = present(theirs.fingerprint) if theirs else ABSENT
        here = present(local.resource.fingerprint) if local else ABSENT
        decision = decide(base_of(row), here, there)
        if decision.action in (Action.MERGE, Action.CONFLICT, Action.UPDATE_HERE):
            return self._refuse(key, decision, theirs)
        if self.dry_run or decision.action in (Action.NOTHING, Action.FORGET):
            return self._outcome(key, decision, theirs)
        if decision.action is Action.ADOPT and theirs is not None and local is not None:
            self._agree(key, local, theirs)
        elif decision.action is Action.CREATE_THERE and local is not None:
            self._agree(key, local, send_new(self.session.client, kind, local.resource, needs_groups=needs_groups))
        elif decision.action is Action.UPDATE_THERE and local is not None and wire is not None:
            body = local.resource.body
            self._agree(key, local, send_changes(self.session.client, kind, wire, body, needs_groups=needs_groups))
        elif decision.action is Action.DELETE_THERE and theirs is not None:
            self.session.client.send_delete(kind, theirs.remote_id)
            self.records.drop(key)
            self.records.flush()
        return self._outcome(key, decision, theirs)

    def _refuse(self, key: Key, decision: Decision, theirs: Resource | None) -> Outcome:
        row, local = self.changes.rows.get(key), self.changes.tree.found.get(key)
        base = self.records.reader.body(row.base_digest) if row and row.base_digest else {}
        here = describe_changes(base, local.resource.body) if local else ["deleted"]
        there = describe_changes(base, theirs.body) if theirs else ["deleted"]
        ref = self._ref(key)
        return Outcome(
            ref,
            str(Action.CONFLICT),
            str(decision.reason),
            self._path(key),
            3,
            f"the server moved: {decision.reason}",
            f"take theirs in or merge: cochat pull {ref}; what cannot be merged: cochat resolve {ref}",
            (*(f"here: {line}" for line in here), *(f"there: {line}" for line in there)),
        )

    def _agree(self, key: Key, local: LocalResource, theirs: Resource) -> None:
        """Remember what the server now holds as the base: not what was sent."""
        digest = pack_body(theirs.type, theirs.body)[0]
        row = Row(
            key=key,
            type=theirs.type,
            remote_id=theirs.remote_id,
            remote_state=State.PRESENT,
            remote_fingerprint=theirs.fingerprint,
            remote_digest=digest,
            base_local=local.resource.fingerprint,
            base_remote=theirs.fingerprint,
            base_digest=digest,
            version=theirs.version,
            updated_at=theirs.updated_at,
            writable=theirs.writable,
            path=local.path,
            derived=dict(theirs.derived),
        )
        self.records.keep(row, (theirs.type, theirs.body))
        self.records.flush()

    def _outcome(self, key: Key, decision: Decision, theirs: Resource | None) -> Outcome:
        local = self.changes.tree.found.get(key)
        changes = describe_changes(theirs.body, local.resource.body) if theirs and local else []
        return Outcome(
            self._ref(key), str(decision.action), str(decision.reason), self._path(key), changes=tuple(changes)
        )

    def _ref(self, key: Key) -> str:
        return ref_of(key, _type_of(key, self.changes.rows, self.changes.tree))

    def _path(self, key: Key) -> str | None:
        local = self.changes.tree.found.get(key)
        return local.path if local else None


def _type_of(key: Key, rows: Mapping[Key, Row], tree: Tree) -> str:
    if key in tree.found:
        return tree.found[key].resource.type
    return rows[key].type if key in rows else ""


def _kept_there(changes: Changes, key: Key) -> Outcome:
    ref = ref_of(key, _type_of(key, changes.rows, changes.tree))
    return Outcome(ref, str(Action.NOTHING), str(Reason.DELETED_HERE), hint="to delete it there: cochat push --delete")


def _said(error: DevkitError) -> tuple[str, str | None]:
    return error.message, error.hint


def _names_groups(local: LocalResource) -> bool:
    return isinstance(local.resource.body.get("access"), dict)
