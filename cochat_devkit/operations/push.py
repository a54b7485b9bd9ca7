"""Push: make a plan of what changed here, check and test it, and carry it out or hand it over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cochat_devkit.errors import DevkitError, LintFailed, LocalError, NotAllowed, RemoteError, SignedOut, TestsFailed
from cochat_devkit.events import Notice, Outcome, Progress, Report
from cochat_devkit.kinds import all_kinds, kind_named, ref_of
from cochat_devkit.mirror.journal import read_lineage
from cochat_devkit.operations.agreed import keeping_lock
from cochat_devkit.operations.apply import STANDS_IN_THE_WAY, Applier, Errand, names_groups
from cochat_devkit.operations.claims import Claims, type_of
from cochat_devkit.operations.observe import find_theirs
from cochat_devkit.operations.offline import base_of, last_seen, local_side, look_offline
from cochat_devkit.operations.records import Records
from cochat_devkit.operations.resume import resume
from cochat_devkit.operations.session import as_whoever_signs_in, connect
from cochat_devkit.operations.trust import find_untrusted, keep_own, trust_hint
from cochat_devkit.resource import Key, Resource, State
from cochat_devkit.sync.decide import ABSENT, Action, Decision, Policy, Reason, present
from cochat_devkit.sync.describe import changed_names, describe_changes
from cochat_devkit.sync.gates import check_deletions
from cochat_devkit.sync.plan import Operation, Plan, Planned, PlanTarget, Sight, plan_sync, render_plan
from cochat_devkit.workspace.lock import workspace_lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.session import Selection, Session
    from cochat_devkit.resource import Fingerprint, Wire
    from cochat_devkit.workspace.tree import LocalResource, Tree


@dataclass(frozen=True)
class PushOptions:
    """Say how far a push goes: `plan_only` sends nothing, `atomic` sends all or nothing.

    `checked` has what somebody looked at, None for what is deleted here: what was saved or came since is not sent.
    """

    plan_only: bool = False
    atomic: bool = False
    delete: bool = False
    confirmed_deletions: int | None = None
    verify: bool = True
    message: str = ""
    checked: Mapping[Key, Fingerprint | None] | None = None


def push(config: Config, selection: Selection, *, target: str | None, options: PushOptions, emit: Emit) -> Report:
    """Send what changed here since both sides last agreed. Where nothing did, nothing is asked of the server.

    Where nothing is to be sent, the plan is in the report's `plan`, as a document.

    Raises:
        LintFailed, TestsFailed: a changed plugin does not pass; nothing was sent.
        UnsafePlan: too much would be deleted; nothing was sent.
        RemoteError: the server could not be asked.
    """
    with workspace_lock(config.root):
        return as_whoever_signs_in(lambda: _push(config, selection, target, options, emit))


def _push(config: Config, selection: Selection, target: str | None, options: PushOptions, emit: Emit) -> Report:
    report = Report(requests=0)
    resumed = resume(config, target, emit)
    for outcome in resumed.outcomes:
        report.add(outcome)
    changes = find_changes(config, selection, target=target)
    for key, fault in changes.blocked.items():
        report.add(Outcome(ref_of(key), str(Action.SKIP), str(Reason.UNREADABLE_HERE), None, 1, *_said(fault)))
    keys = [key for key in changes.keys if key not in resumed.held]
    wanted = [key for key in keys if options.delete or key in changes.tree.found]
    for key in keys:
        if key not in wanted:
            report.add(_kept_there(changes, key))
    is_short = bool(changes.blocked)
    for key in [key for key in wanted if _is_saved_since(changes.tree, key, options.checked)]:
        is_short = True
        local = changes.tree.found.get(key)
        wanted.remove(key)
        said = "saved again since it was checked"
        report.add(Outcome(ref_of(key), str(Action.SKIP), said, local.path if local else None, 1, said))
    if not wanted and not options.plan_only:
        return report
    if options.delete:
        doomed = [key for key in wanted if key not in changes.tree.found]
        check_deletions(doomed, changes.totals(), confirmed=options.confirmed_deletions)
    changed = [changes.tree.found[key] for key in wanted if key in changes.tree.found]
    if options.verify:
        verify(config, changed, emit)
    keep_own(config, changed)
    plan_and_send(config, target, changes, wanted, options, report, emit, is_short=is_short)
    return report


def _is_saved_since(tree: Tree, key: Key, checked: Mapping[Key, Fingerprint | None] | None) -> bool:
    return checked is not None and (key not in checked or _fingerprint(tree, key) != checked[key])


def _fingerprint(tree: Tree, key: Key) -> Fingerprint | None:
    return tree.found[key].fingerprint if key in tree.found else None


def look_at_changes(config: Config, selection: Selection, *, target: str | None) -> dict[Key, Fingerprint | None]:
    """Say what a push would look at now, for one that sends only that; the server is not asked."""
    changes = find_changes(config, selection, target=target)
    return {key: _fingerprint(changes.tree, key) for key in changes.keys}


@dataclass(frozen=True)
class Changes:
    """Hold what differs here from the base: the keys in the order of writing, and what they were found in."""

    keys: tuple[Key, ...]
    rows: Mapping[Key, Row]
    tree: Tree
    blocked: Mapping[Key, LocalError]

    def totals(self) -> dict[str, int]:
        """Count by kind what the server is known to have."""
        return count_known(self.rows)


def count_known(rows: Mapping[Key, Row]) -> dict[str, int]:
    """Count by kind what both sides ever agreed on."""
    counts: dict[str, int] = {}
    for row in rows.values():
        if row.base_remote is not None:
            counts[row.key.kind] = counts.get(row.key.kind, 0) + 1
    return counts


def write_order() -> dict[str, int]:
    """Say by kind when it is written."""
    return {kind.name: number for number, kind in enumerate(all_kinds())}


def find_changes(config: Config, selection: Selection, *, target: str | None) -> Changes:
    """Compare the files with the base, offline."""
    with look_offline(config, selection, target) as known:
        tree, rows = known.tree, known.rows
    order = write_order()
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


def verify(config: Config, changed: Sequence[LocalResource], emit: Emit, *, home: Config | None = None) -> None:
    """Check and test the changed plugins; what must not run here is looked at, and not loaded nor tested.

    `home` is the workspace whose trust and packages count, where the files lie elsewhere.

    Raises:
        LintFailed, TestsFailed: one does not pass.
    """
    from cochat_devkit.operations.check import check_plugins_of
    from cochat_devkit.operations.test import test_plugins_of

    held = find_untrusted(home or config, changed)
    for each in held.values():
        emit(Notice(f"{each.ref} was not loaded or tested: {each.why}", trust_hint([each.ref])))
    checked = check_plugins_of(config, changed, emit=emit, home=home)
    if any(each.stops for each in checked):
        raise LintFailed("nothing was sent: a changed plugin does not pass the check", checked, hint=_NO_VERIFY)
    tested = test_plugins_of(config, [each for each in changed if each.key not in held], home=home or config)
    if tested.failed:
        raise TestsFailed("nothing was sent: a changed plugin's tests fail", tested.findings, hint=_NO_VERIFY)


_NO_VERIFY = "mend it, or send it as it is: cochat push --no-verify"


def plan_and_send(
    config: Config,
    target: str | None,
    changes: Changes,
    wanted: Sequence[Key],
    options: PushOptions,
    report: Report,
    emit: Emit,
    *,
    files: Tree | None = None,
    is_short: bool = False,
) -> None:
    """Plan the changes and send them, or hand the plan over. `files` is what lies here, where that is something else.

    `is_short` says that something which is to be sent is not among the changes.

    Raises:
        OtherAccount: the changes were found by what another account knew; nothing was decided.
        RemoteError: the server could not be asked.
    """
    with (
        connect(config, target, emit) as session,
        Records(config.mirror_path, session, expects_same_account=True) as records,
        keeping_lock(config, session.target, records, files or changes.tree),
    ):
        pushing = _Push(config, changes, session, records, emit, options, files or changes.tree)
        pushing.applier.is_short = is_short
        for outcome in pushing.run(wanted, may_send=not options.atomic or report.exit_code == 0):
            report.add(outcome)
        if pushing.plan is not None:
            report.extra["plan"] = render_plan(pushing.plan)
        report.requests = (report.requests or 0) + session.client.request_count


@dataclass
class _Push:
    """Carry one push through: see, plan, and then send, or hand the plan over."""

    config: Config
    changes: Changes
    session: Session
    records: Records
    emit: Emit
    options: PushOptions
    #: what lies here, pushed or not
    files: Tree
    plan: Plan | None = None

    def __post_init__(self) -> None:
        self.claims = Claims(
            self.config, self.session.client, self.records, self.changes.rows, self.changes.tree, self.files
        )
        #: what the server showed, where it was asked before planning
        self.seen: dict[Key, tuple[Wire, Resource]] = {}
        self.failed: list[Outcome] = []
        self.applier = Applier(
            self.config,
            self.session,
            self.records,
            self.changes.rows,
            self.changes.tree,
            self.emit,
            is_strict=self.is_exact,
            message=self.options.message,
        )

    @property
    def is_exact(self) -> bool:
        """Tell whether the plan is made of what the server shows now, and not of the base.

        A push that goes on at once reads each resource in the moment before it writes it; reading all of them for the
        plan as well would ask twice, and widen the window between reading and writing.
        """
        return self.options.plan_only or self.options.atomic

    def run(self, wanted: Sequence[Key], *, may_send: bool) -> list[Outcome]:
        sights = self._see(wanted)
        planned = plan_sync(sights, write_order(), Policy(delete=self.options.delete))
        others = [self._settle(sight, decision) for sight, decision in planned.others]
        others += self.failed
        if self.options.plan_only:
            self.plan = self._make_plan(planned)
            return [*others, *self._would(self.plan.operations)]
        if self.options.atomic:
            would = self._would(planned.operations)
            if not may_send or any(not each.ok for each in (*others, *would)):
                held = zip(planned.operations, would, strict=True)
                return [*others, *(self._held_back(each) if outcome.ok else outcome for each, outcome in held)]
        errands = [self._to_errand(each) for each in planned.operations]
        return [*others, *self.applier.carry_out(errands, "push")]

    def _see(self, wanted: Sequence[Key]) -> list[Sight]:
        sights: list[Sight] = []
        for number, key in enumerate(wanted):
            if self.is_exact:
                self.emit(Progress("planning", number, len(wanted)))
            try:
                claimed = self._settle_claimed(key)
                if claimed is None:
                    sights.append(self._see_one(key))
                else:
                    self._fail(key, claimed)
            except SignedOut:
                raise
            except (RemoteError, LocalError) as error:
                action = Action.UPDATE_THERE if key in self.changes.rows else Action.CREATE_THERE
                outcome = Outcome(
                    self._ref(key), "failed", str(action), self._path(key), error.exit_code, *_said(error)
                )
                self._fail(key, outcome)
        return sights

    def _fail(self, key: Key, outcome: Outcome) -> None:
        self.emit(outcome)
        self.failed.append(outcome)
        self.applier.is_short |= key in self.changes.tree.found

    def _settle_claimed(self, key: Key) -> Outcome | None:
        """Leave alone what another address claims; where two were known of one resource, one may go."""
        other = self.claims.find_other(key)
        is_twin = other is not None and other.kind == key.kind and other in self.changes.rows
        if key in self.changes.tree.found or not is_twin:
            return self.claims.obstacle(key)
        decision = Decision(Action.FORGET, Reason.DELETED_HERE)
        if not self.options.plan_only:
            self.applier.remember(key, decision, None, None, None)
        return Outcome(self._ref(key), str(decision.action), str(decision.reason))

    def _see_one(self, key: Key) -> Sight:
        row, local = self.changes.rows.get(key), self.changes.tree.found.get(key)
        base, here = base_of(row), local_side(self.changes.tree, key, row.path if row else None)
        version = row.version if row else None
        remote_id = row.remote_id if row else None
        there = present(base.remote) if base else last_seen(row)
        # what was seen there and has no common past with ours has to be looked at, whatever comes of it
        if (self.is_exact or (row is not None and base is None)) and there.state is not State.UNREADABLE:
            kind = kind_named(key.kind)[0]
            needs_groups = names_groups(local.resource if local else None)
            body = local.resource.body if local else None
            wire, theirs = find_theirs(
                self.session.client, self.records, kind, key, row, needs_groups=needs_groups, new=body
            )
            there = present(theirs.fingerprint) if theirs else ABSENT
            version = theirs.version if theirs else None
            remote_id = theirs.remote_id if theirs else None
            if wire is not None and theirs is not None:
                self.seen[key] = wire, theirs
        if there.state is State.UNREADABLE or (row is not None and row.remote_state is State.UNREADABLE):
            hint = f"ask its owner for access, or see what keeps it from being read: cochat pull {self._ref(key)}"
            raise NotAllowed(f"{self._ref(key)}: the server does not show it to you", hint=hint)
        return Sight(key, base, here, there, self._type(key), remote_id, version)

    def _settle(self, sight: Sight, decision: Decision) -> Outcome:
        """Do what takes no write, or say what stands in the way."""
        key, theirs = sight.key, self._theirs(sight.key)
        if decision.action in STANDS_IN_THE_WAY:
            if not self.options.plan_only:
                self.applier.note_refusal(key, decision, theirs)
            outcome = self.applier.refuse(key, decision, theirs)
            self.applier.is_short |= key in self.changes.tree.found
        else:
            if not self.options.plan_only:
                self.applier.remember(key, decision, theirs, sight.local.fingerprint, self._path(key))
            outcome = Outcome(self._ref(key), str(decision.action), str(decision.reason), self._path(key))
        self.emit(outcome)
        return outcome

    def _make_plan(self, planned: Planned) -> Plan:
        """Make the document, and store the bodies that it names."""
        lineage = read_lineage(self.records.reader) or ""
        target = self.session.target
        operations = []
        for each in planned.operations:
            local = self.changes.tree.found.get(each.key)
            operations.append(self._described(each, local.resource if local else None))
            if local is not None:
                self.records.keep_bodies((local.resource.type, local.resource.body))
        self.records.flush()
        aim = PlanTarget(target.name, target.url, self.session.client.identity.id)
        return Plan(lineage, aim, tuple(operations), self.options.message)

    def _described(self, operation: Operation, resource: Resource | None) -> Operation:
        theirs = self._theirs(operation.key)
        before = theirs.body if theirs else {}
        if resource is None:
            return replace(operation, fields=tuple(before))
        return replace(
            operation,
            body_digest=resource.digest,
            fields=tuple(changed_names(before, resource.body)),
            lines=tuple(describe_changes(before, resource.body)) if theirs else (),
        )

    def _would(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Say what operations would do, and what would keep them from being done."""
        found = self.applier.find_obstacles([self._to_errand(each) for each in operations], self.seen)
        return [outcome or self._planned(each) for each, outcome in zip(operations, found, strict=True)]

    def _planned(self, operation: Operation) -> Outcome:
        ref, path = self._ref(operation.key), self._path(operation.key)
        return Outcome(ref, str(operation.action), operation.reason, path, changes=operation.lines)

    def _held_back(self, operation: Operation) -> Outcome:
        reason = "held back: --atomic sends all or nothing"
        return Outcome(self._ref(operation.key), str(Action.NOTHING), reason, self._path(operation.key))

    def _to_errand(self, operation: Operation) -> Errand:
        local, row = self.changes.tree.found.get(operation.key), self.changes.rows.get(operation.key)
        if local is None:
            return Errand(operation, None, path=row.path if row else None)
        return Errand(operation, local.resource, local.fingerprint, local.path)

    def _theirs(self, key: Key) -> Resource | None:
        return self.seen[key][1] if key in self.seen else None

    def _ref(self, key: Key) -> str:
        return ref_of(key, self._type(key))

    def _type(self, key: Key) -> str:
        return type_of(key, self.changes.rows, self.changes.tree)

    def _path(self, key: Key) -> str | None:
        local = self.changes.tree.found.get(key)
        return local.path if local else None


def _kept_there(changes: Changes, key: Key) -> Outcome:
    ref = ref_of(key, type_of(key, changes.rows, changes.tree))
    return Outcome(ref, str(Action.NOTHING), str(Reason.DELETED_HERE), hint="to delete it there: cochat push --delete")


def _said(error: DevkitError) -> tuple[str, str | None]:
    return error.message, error.hint
