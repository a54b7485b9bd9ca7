"""Undo: list the runs of the journal, and take one back, where nothing has moved since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.errors import LocalError, RemoteError, SignedOut, UnknownResource
from cochat_devkit.events import Outcome, Report
from cochat_devkit.kinds import all_kinds, kind_named, ref_of
from cochat_devkit.kinds.valves import parse_spec
from cochat_devkit.kinds.wire import new_remote_id
from cochat_devkit.mirror.journal import Run, StepState, read_lineage, read_run, read_runs
from cochat_devkit.operations.agreed import keeping_lock
from cochat_devkit.operations.apply import Applier, Errand
from cochat_devkit.operations.filesteps import FileSteps, content_of, put_files
from cochat_devkit.operations.mirrored import mirror_of, scope_of
from cochat_devkit.operations.observe import find_theirs
from cochat_devkit.operations.offline import local_side
from cochat_devkit.operations.push import count_known, write_order
from cochat_devkit.operations.records import Records
from cochat_devkit.operations.resume import resume
from cochat_devkit.operations.session import as_whoever_signs_in, connect
from cochat_devkit.resource import Fingerprint, Resource, fingerprint_in, make_digest
from cochat_devkit.sync.decide import ABSENT, Action, Reason, present
from cochat_devkit.sync.describe import changed_names, describe_changes
from cochat_devkit.sync.plan import Expected, Operation, Plan, PlanTarget, check_plan, find_moved, order_of
from cochat_devkit.workspace.files import read_file
from cochat_devkit.workspace.lock import workspace_lock
from cochat_devkit.workspace.tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.journal import Step
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.session import Selection, Session
    from cochat_devkit.resource import Key
    from cochat_devkit.workspace.local import LocalResource
    from cochat_devkit.workspace.tree import Tree

#: a fingerprint is the beginning of the digest of the same body
_FINGERPRINT_DIGITS = 32
#: by the action of a step: the action that takes it back
_INVERSE = {
    Action.CREATE_THERE: Action.DELETE_THERE,
    Action.UPDATE_THERE: Action.UPDATE_THERE,
    Action.DELETE_THERE: Action.CREATE_THERE,
}


@dataclass(frozen=True)
class UndoOptions:
    """Say how far an undo goes."""

    dry_run: bool = False
    confirmed_deletions: int | None = None


def list_runs(config: Config, *, target: str | None, newest: int) -> list[Run]:
    """List the newest runs of a target that did something, newest first; the server is not asked."""
    with mirror_of(config, target) as (reader, scope):
        found = read_runs(reader, scope, newest=newest) if scope else []
    return [run for run in found if done_steps(run) or run.ended is None]


def done_steps(run: Run) -> list[Step]:
    """List what a run did."""
    return [each for each in run.steps if each.state is StepState.DONE]


def writes_there(config: Config, run_id: int, selection: Selection, *, target: str | None) -> bool:
    """Tell whether taking back a run writes to the server, and not to files alone.

    Raises:
        UnknownResource: there is no such run, or nothing of it is meant.
    """
    return any(not each.is_about_files for each in _find_steps(config, run_id, selection, target))


def undo(
    config: Config, run_id: int, selection: Selection, *, target: str | None, options: UndoOptions, emit: Emit
) -> Report:
    """Take back what a run did, to the server and to files; what moved since is left, and named.

    Raises:
        UnknownResource: there is no such run, or nothing of it is meant.
        UnsafePlan: too much would be deleted; nothing was done.
        RemoteError: the server could not be asked.
    """

    def undo_now() -> Report:
        report = Report(requests=0)
        resumed = resume(config, target, emit)
        for outcome in resumed.outcomes:
            report.add(outcome)
        steps = [each for each in _find_steps(config, run_id, selection, target) if each.key not in resumed.held]
        tree = read_tree(config.root, all_kinds())
        if any(not each.is_about_files for each in steps):
            _undo_writes(config, run_id, steps, tree, target, options, report, emit)
        if any(each.is_about_files for each in steps):
            _undo_files(config, run_id, steps, tree, target, options, report)
        return report

    with workspace_lock(config.root):
        return as_whoever_signs_in(undo_now)


def _find_steps(config: Config, run_id: int, selection: Selection, target: str | None) -> list[Step]:
    aim = config.target_named(target)
    with mirror_of(config, target) as (reader, scope):
        run = read_run(reader, scope, run_id) if scope else None
    if run is None:
        raise UnknownResource(f"there is no run {run_id} of the target {aim.name}", hint="see cochat undo --list")
    steps = [each for each in done_steps(run) if selection.has(each.key, each.type)]
    if not steps:
        raise UnknownResource(f"run {run_id} did nothing of that kind", hint="see cochat undo --list")
    return steps


def _undo_writes(
    config: Config,
    run_id: int,
    steps: Sequence[Step],
    tree: Tree,
    target: str | None,
    options: UndoOptions,
    report: Report,
    emit: Emit,
) -> None:
    with (
        connect(config, target, emit) as session,
        Records(config.mirror_path, session, expects_same_account=True) as records,
        keeping_lock(config, session.target, records, tree),
    ):
        rows = records.known(kind.name for kind in all_kinds())
        undoing = _Undoing(session, records, rows, tree)
        plan, moved = undoing.make_plan(run_id, steps)
        check_plan(plan, count_known(rows), confirmed=options.confirmed_deletions)
        for outcome in moved:
            emit(outcome)
            report.add(outcome)
        if options.dry_run:
            for each in plan.operations:
                report.add(Outcome(ref_of(each.key, each.type), str(each.action), each.reason, changes=each.lines))
        else:
            bases = {step.key: step for step in steps}
            errands = [undoing.to_errand(each, bases[each.key]) for each in plan.operations]
            applier = Applier(config, session, records, rows, tree, emit, is_strict=True, message=plan.message)
            outcomes = applier.carry_out(errands, "undo", undoes=run_id)
            for each, outcome in zip(plan.operations, outcomes, strict=True):
                report.add(undoing.with_word_on_valves(each, outcome))
        report.requests = session.client.request_count


@dataclass
class _Undoing:
    """Make the inverse of a run's writes."""

    session: Session
    records: Records
    rows: Mapping[Key, Row]
    tree: Tree

    def make_plan(self, run_id: int, steps: Sequence[Step]) -> tuple[Plan, list[Outcome]]:
        """Make the inverse plan of what is still as the run left it; what is not is told."""
        operations: list[Operation] = []
        moved: list[Outcome] = []
        for step in steps:
            if step.is_about_files:
                continue
            try:
                found = self._invert(step)
            except SignedOut:
                raise
            except (RemoteError, LocalError) as error:
                ref = ref_of(step.key, step.type)
                moved.append(Outcome(ref, "failed", step.action, step.path, error.exit_code, error.message, error.hint))
                continue
            if isinstance(found, Operation):
                operations.append(found)
            else:
                moved.append(found)
        operations.sort(key=lambda each: order_of(each, write_order()))
        target = self.session.target
        aim = PlanTarget(target.name, target.url, self.session.client.identity.id)
        lineage = read_lineage(self.records.reader) or ""
        return Plan(lineage, aim, tuple(operations), f"undo of run {run_id}", run_id), moved

    def _invert(self, step: Step) -> Operation | Outcome:
        """Turn one step round, if the server still shows what it left."""
        kind, row = kind_named(step.key.kind)[0], self.rows.get(step.key)
        theirs = self._find_theirs(kind, step, row)
        here = local_side(self.tree, step.key, row.path if row else step.path)
        left = Fingerprint(step.after_digest[:_FINGERPRINT_DIGITS]) if step.after_digest else None
        before = self.records.reader.body(step.before_digest) if step.before_digest else None
        operation = Operation(
            key=step.key,
            type=step.type,
            action=_INVERSE[Action(step.action)],
            reason=str(Reason.TAKEN_BACK),
            expected=Expected(left, step.after_version, here.fingerprint),
            remote_id=step.remote_id,
            body_digest=step.before_digest,
            fields=tuple(changed_names(theirs.body if theirs else {}, before or {})),
            lines=tuple(describe_changes(theirs.body, before)) if theirs and before else (),
        )
        there = present(theirs.fingerprint) if theirs else ABSENT
        stale = find_moved(operation, here, there, theirs.version if theirs else None)
        return _moved(step, stale) if stale else operation

    def _find_theirs(self, kind: Kind, step: Step, row: Row | None) -> Resource | None:
        return find_theirs(self.session.client, self.records, kind, step.key, row, needs_groups=False)[1]

    def to_errand(self, operation: Operation, step: Step) -> Errand:
        """Take the body from the mirror; the base becomes what it was before the run."""
        row, before = self.rows.get(operation.key), step.row_before
        path = row.path if row else before.path if before else step.path
        if operation.body_digest is None:
            return Errand(operation, None, path=path)
        body = self.records.reader.body(operation.body_digest)
        resource = Resource(operation.key, body, operation.type)
        if before is None or before.base_remote is None:
            return Errand(operation, resource, None, path)
        if before.base_remote == fingerprint_in(operation.body_digest):
            return Errand(operation, resource, before.base_local, path)
        # what comes back was covered, and never in the files: it stays a change of theirs
        return Errand(operation, resource, None, path, base_kept=before)

    def with_word_on_valves(self, operation: Operation, outcome: Outcome) -> Outcome:
        """Say of a plugin that is made again that its stored values are gone: they are not in the mirror."""
        client, kind = self.session.client, kind_named(operation.key.kind)[0]
        if not outcome.ok or outcome.action != Action.CREATE_THERE or client.endpoints(kind).valves is None:
            return outcome
        remote_id = new_remote_id(client.endpoints(kind), operation.key.slug)
        try:
            spec = parse_spec(client.valves_of(kind).fetch_spec(remote_id))
            has_valves = spec is not None and bool(spec.valves)
        except RemoteError:
            # nobody says that it has none
            has_valves = True
        if not has_valves:
            return outcome
        return outcome._replace(hint=f"its valves did not come back; set them again: cochat valves {outcome.ref}")


def _undo_files(
    config: Config,
    run_id: int,
    steps: Sequence[Step],
    tree: Tree,
    target: str | None,
    options: UndoOptions,
    report: Report,
) -> None:
    """Put files back as they were before a run, and the base with them: what the server moved is theirs to pull."""
    aim = config.target_named(target)
    scope = scope_of(config, target)
    with Records(config.mirror_path, None, scope) as records, keeping_lock(config, aim, records, tree) as kept:
        files = FileSteps(config.root, records, "undo", aim.name, undoes=run_id)
        rows = records.known(kind.name for kind in all_kinds())
        for step in steps:
            if step.is_about_files:
                known = rows.get(step.key), tree.found.get(step.key)
                report.add(_undo_files_of(config, records, files, step, *known, dry_run=options.dry_run))
        files.close()
        kept.tree = read_tree(config.root, all_kinds())


def _undo_files_of(
    config: Config,
    records: Records,
    files: FileSteps,
    step: Step,
    row: Row | None,
    local: LocalResource | None,
    *,
    dry_run: bool,
) -> Outcome:
    if local is not None and _lies_elsewhere(step, local):
        return _moved(step, f"here: it lies in {local.path} by now")
    places = sorted({*step.files_before, *step.files_after})
    path = next(iter(places), None)
    try:
        now = {place: read_file(config.root, place) for place in places}
        if any(content is not None for place, content in now.items() if place not in step.files_after) or any(
            now[place] is None or make_digest(now[place] or b"") != digest for place, digest in step.files_after.items()
        ):
            return _moved(step, "here: edited since")
        action = _inverse_here(step)
        outcome = Outcome(ref_of(step.key, step.type), str(action), str(Reason.TAKEN_BACK), path)
        if dry_run:
            return outcome
        there = {place: content for place, content in now.items() if content is not None}
        for digest in step.files_before.values():
            # nothing is begun whose bytes are not there
            content_of(config.root, records.reader, digest)
        put_back = _row_put_back(step, row)
        files.begin_with(step.key, step.type, action, there, step.files_before, (row, put_back))
        records.flush()
        put_files(config.root, records, now, step.files_before)
    except LocalError as error:
        return Outcome(ref_of(step.key, step.type), "failed", step.action, path, 1, error.message, error.hint)
    if put_back is not None:
        records.keep(put_back)
    files.end(step.key)
    records.flush()
    return outcome


def _lies_elsewhere(step: Step, local: LocalResource) -> bool:
    """Tell whether a resource would lie in two places, once its files of before are back."""
    known = {row.path for row in (step.row_before, step.row_after) if row is not None and row.path}
    return bool(step.files_before) and bool(known) and local.path not in {*known, *step.files_after}


def _row_put_back(step: Step, row: Row | None) -> Row | None:
    """Make the base what it was before the run; what the server was last seen to hold stays."""
    before = step.row_before
    if row is None:
        return before
    if before is None:
        return row._replace(base_local=None, base_remote=None, base_digest=None, path=None)
    base = {name: getattr(before, name) for name in ("base_local", "base_remote", "base_digest", "path")}
    return row._replace(**base)


def _inverse_here(step: Step) -> Action:
    if not step.files_before:
        return Action.DELETE_HERE
    return Action.UPDATE_HERE if step.files_after else Action.CREATE_HERE


def _moved(step: Step, what: str) -> Outcome:
    ref = ref_of(step.key, step.type)
    return Outcome(
        ref,
        str(Action.CONFLICT),
        "moved since that run",
        step.path,
        3,
        f"{ref}: left as it is: {what}",
        f"see cochat log {ref}; an older body comes back with cochat restore {ref}@N",
    )
