"""Apply: carry out a plan, each write checked before, journalled while it happens, and verified after."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cochat_devkit.errors import DevkitError, LocalError, NotAllowed, RemoteError, SignedOut, UsageError
from cochat_devkit.events import Notice, Outcome, Progress
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.kinds.kind import SourceFacts, WrittenBy
from cochat_devkit.kinds.wire import new_remote_id
from cochat_devkit.mirror.journal import Step, StepState, read_open_runs
from cochat_devkit.operations.agreed import find_base_body
from cochat_devkit.operations.blobs import blob_reader, check_blobs, fetch_blobs
from cochat_devkit.operations.conflicts import Conflicts
from cochat_devkit.operations.indexing import index_files
from cochat_devkit.operations.merging import merge_sides
from cochat_devkit.operations.observe import check_kind, find_theirs
from cochat_devkit.operations.offline import base_of, local_side
from cochat_devkit.operations.records import agreed_row, to_row
from cochat_devkit.operations.send import check_requests, make_form, send_changes, send_new
from cochat_devkit.operations.unheard import (
    advance,
    ids_listed,
    note_applied,
    note_covered,
    settle_write,
    tell_covered_later,
)
from cochat_devkit.operations.verify import find_overwritten
from cochat_devkit.resource import State
from cochat_devkit.sync.decide import ABSENT, Action, Decision, Reason, decide, present
from cochat_devkit.sync.describe import describe_changes
from cochat_devkit.sync.outcome import Verdict, find_untaken
from cochat_devkit.sync.plan import WRITES, find_moved
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.blobs import keep_blob

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.records import Records
    from cochat_devkit.operations.send import ReadBlob
    from cochat_devkit.operations.session import Session
    from cochat_devkit.resource import Fingerprint, Key, Resource, Wire
    from cochat_devkit.sync.plan import Operation
    from cochat_devkit.workspace.tree import Tree

#: what keeps a push from writing, for somebody to look at
STANDS_IN_THE_WAY = frozenset(
    {Action.MERGE, Action.CONFLICT, Action.UPDATE_HERE, Action.DELETE_HERE, Action.SKIP},
)


@dataclass(frozen=True)
class Errand:
    """Hold one operation with what it takes to carry it out.

    `resource` is what is to be sent, None for a deletion. `base_local` is the fingerprint of the files that become the
    base, None for that of what the server then holds; `path` is where the files are, or were. `base_kept` has the base
    that stays, where neither side's becomes it.
    """

    operation: Operation
    resource: Resource | None
    base_local: Fingerprint | None = None
    path: str | None = None
    base_kept: Row | None = None


class _Ready(NamedTuple):
    """Hold a write that is begun: its step, the object and the resource that it starts from, and why it is done."""

    step: Step
    kind: Kind
    wire: Wire | None
    theirs: Resource | None
    decision: Decision


@dataclass
class Applier:
    """Carry out operations one after the other; what fails fails that one alone, but for deletions.

    A deletion may be the second half of a move: while something that was to be brought is not (`is_short`, which is
    also said of what the caller left out), nothing is deleted.

    `is_strict` refuses whatever is not as planned. Otherwise what moved is decided about anew, for a plan that was made
    of the base and not of what the server shows.
    """

    config: Config
    session: Session
    records: Records
    rows: Mapping[Key, Row]
    tree: Tree
    emit: Emit
    is_strict: bool
    message: str = ""
    is_short: bool = False
    conflicts: Conflicts = field(init=False)
    #: what an earlier run may have created
    open_creates: set[Key] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.conflicts = Conflicts(self.config.root, self.records, self.session.target.name)

    def carry_out(self, errands: Sequence[Errand], command: str, *, undoes: int | None = None) -> list[Outcome]:
        """Carry out errands in their order.

        Raises:
            SignedOut: the token is no longer accepted; what was done is recorded.
        """
        if not errands:
            return []
        began_s, target = time.monotonic(), self.session.target.name
        self.open_creates = self._find_open_creates()
        self.records.begin_run(command, target, message=self.message, undoes=undoes)
        steps = [self._intend(number, errand) for number, errand in enumerate(errands)]
        self.records.flush()
        outcomes: list[Outcome] = []
        try:
            for number, (step, errand) in enumerate(zip(steps, errands, strict=True)):
                self.emit(Progress("pushing", number, len(errands)))
                outcomes.append(self._carry_out_one(step, errand))
                self.is_short |= errand.resource is not None and not outcomes[-1].ok
                self.emit(outcomes[-1])
            self.emit(Progress("pushing", len(errands), len(errands)))
        finally:
            for step in steps[len(outcomes) + 1 :]:
                self.records.keep_step(step._replace(state=StepState.DROPPED))
            self.records.end_run()
        kinds = {errand.operation.key.kind for errand in errands}
        index_files(self.config.root, [kind_named(each)[0] for each in sorted(kinds)], self.records, began_s=began_s)
        return outcomes

    def _find_open_creates(self) -> set[Key]:
        """Find what an earlier run may have created, and nobody knows: it is not created once more."""
        runs = [run for run in read_open_runs(self.records.reader) if run.scope_id == self.records.scope.id]
        steps = [step for run in runs for step in run.steps if step.state is StepState.BEGUN]
        return {step.key for step in steps if step.action == Action.CREATE_THERE}

    def _intend(self, number: int, errand: Errand) -> Step:
        """Note what is to be done, before anything is."""
        operation, resource = errand.operation, errand.resource
        step = Step(
            number=number,
            key=operation.key,
            type=operation.type,
            action=str(operation.action),
            remote_id=operation.remote_id,
            sent_digest=resource.digest if resource else None,
            base_local=errand.base_local,
            path=errand.path,
            row_before=self.rows.get(operation.key),
            row_after=errand.base_kept,
        )
        self.records.keep_step(step)
        if resource:
            self.records.keep_bodies((resource.type, resource.body))
        return step

    def _carry_out_one(self, step: Step, errand: Errand) -> Outcome:
        if self.is_short and errand.resource is None:
            self._drop(step)
            return self._kept(errand)
        try:
            ready = self._check(step, errand)
        except SignedOut:
            self._drop(step)
            raise
        except (RemoteError, LocalError, UsageError) as error:
            self._drop(step)
            return self._outcome_of_error(errand, error)
        if isinstance(ready, Outcome):
            return ready
        try:
            return self._write(ready, errand)
        except SignedOut:
            raise
        except (RemoteError, LocalError, UsageError) as error:
            return self._left_open(errand, error)

    def _check(self, step: Step, errand: Errand) -> Outcome | _Ready:
        """Look whether an errand is still to be done as it was planned: what came of it, or what is begun."""
        operation, row = errand.operation, self.rows.get(step.key)
        kind = kind_named(step.key.kind)[0]
        check_writable(self._ref(errand), kind, operation, row)
        known_valves = self._known_valves(kind, row, errand)
        wire, theirs = self._read_theirs(kind, errand, known_valves)
        there, here = present(theirs.fingerprint) if theirs else ABSENT, local_side(self.tree, step.key, errand.path)
        if self.is_strict and (moved := find_moved(operation, here, there, theirs.version if theirs else None)):
            self._drop(step)
            return self._stale(errand, moved)
        planned = Decision(operation.action, _reason(operation))
        decision = planned if self.is_strict else decide(base_of(row), here, there)
        if decision.action not in WRITES and kind.valve_fields and known_valves is not None:
            # what is kept of theirs has to be theirs in everything
            wire, theirs = self._read_theirs(kind, errand, None)
            decision = decide(base_of(row), here, present(theirs.fingerprint) if theirs else ABSENT)
        if decision.action not in WRITES:
            self._drop(step)
            return self._settle_without_writing(errand, decision, theirs)
        if decision.action is Action.CREATE_THERE and step.key in self.open_creates:
            self._drop(step)
            return self._held_back(errand)
        self.check_sendable(errand, wire, theirs)
        step = self._begin(step._replace(action=str(decision.action)), kind, theirs)
        return _Ready(step, kind, wire, theirs, decision)

    def check_sendable(self, errand: Errand, wire: Wire | None, theirs: Resource | None) -> None:
        """Refuse what cannot be sent over what the server holds, before anything is.

        Raises:
            NotAllowed: we may read it, and not write it.
            NotSupported: the server has no request for it, or cannot hold a field that says something.
            UsageError: it names somebody whom the server does not have, or is of another kind there.
            BadResource: bytes that are to be sent are not here.
            RemoteError: the server could not be asked.
        """
        key, client, resource = errand.operation.key, self.session.client, errand.resource
        kind, body = kind_named(key.kind)[0], resource.body if resource else None
        # an admin may write what the server says is not his
        if theirs is not None and theirs.writable is False and not client.identity.is_admin:
            raise NotAllowed(
                f"{self._ref(errand)}: the server lets you read it, and not change it",
                hint="ask its owner for the right to write",
            )
        before = theirs.body if theirs else None
        check_requests(client, kind, before, body)
        if resource is not None:
            check_blobs(self.config.root, kind, self.tree.found.get(key), before, resource.body)
            form = make_form(client, kind, resource, wire, needs_groups=names_groups(resource))
            check_kind(client, kind, key, form)

    def find_obstacles(
        self, errands: Sequence[Errand], seen: Mapping[Key, tuple[Wire, Resource]]
    ) -> list[Outcome | None]:
        """Say for each errand what would keep it from being sent; None where nothing is known that would.

        `seen` is what the server holds. What an errand makes those after it may name.
        """
        with self.session.client.supposing():
            found = [self._find_obstacle(each, seen.get(each.operation.key)) for each in errands]
        pairs = [*zip(errands, found, strict=True)]
        is_short = self.is_short or any(errand.resource and obstacle for errand, obstacle in pairs)
        return [
            self._kept(errand) if is_short and not (errand.resource or obstacle) else obstacle
            for errand, obstacle in pairs
        ]

    def _find_obstacle(self, errand: Errand, seen: tuple[Wire, Resource] | None) -> Outcome | None:
        operation, client = errand.operation, self.session.client
        key, kind = operation.key, kind_named(operation.key.kind)[0]
        try:
            check_writable(self._ref(errand), kind, operation, self.rows.get(key))
            self.check_sendable(errand, *(seen or (None, None)))
        except SignedOut:
            raise
        except (RemoteError, LocalError, UsageError) as error:
            return self._outcome_of_error(errand, error)
        if operation.action is Action.CREATE_THERE:
            # what is sent after it may name it, by whichever id the server makes
            client.know_names(kind.name, {new_remote_id(client.endpoints(kind), key.slug): key.slug})
        return None

    def _write(self, ready: _Ready, errand: Errand) -> Outcome:
        """Send what is begun, and verify it; what a request may have reached stays open until that is known."""
        step, kind, wire, theirs, decision = ready
        try:
            after = self._send(kind, errand, wire, theirs)
        except SignedOut:
            raise
        except (RemoteError, LocalError, UsageError) as error:
            return self._find_out(step, errand, theirs, error)
        step = note_applied(self.records, step, after)
        outcome = self._outcome(errand, decision, theirs)
        if after is not None and (untaken := _find_untaken(kind, theirs, errand, after)):
            # against a base that is what the server holds it is still a change of ours
            step = step._replace(base_local=None)
            outcome = outcome._replace(
                exit_code=NotAllowed.exit_code,
                error=f"{outcome.ref}: sent, but the server did not take its {', '.join(untaken)}",
                hint=f"it may have no place for it, or you no right to it; what is left: cochat diff {outcome.ref}",
            )
        if wire is None or theirs is None or after is None:
            self._advance(step, outcome.ref, after)
            return outcome
        try:
            covered = find_overwritten(self.session.client, kind, wire, theirs.version, step.before_saved_s, after)
        except RemoteError as error:
            self._advance(step, outcome.ref, after)
            return outcome._replace(
                exit_code=error.exit_code, error=f"{outcome.ref}: sent, {_UNVERIFIED}: {error.message}"
            )
        self._advance(step, outcome.ref, after, covered)
        told = note_covered(self.conflicts, kind, step, self.tree.found.get(step.key), covered)
        if told is None and errand.operation.reason == Reason.TAKEN_BACK:
            conflict = self.conflicts.known.get(step.key)
            is_back = conflict is not None and conflict.remote_digest == errand.operation.body_digest
            self.conflicts.settle(kind, step.key, even_covered=is_back)
        return told or outcome

    def _advance(self, step: Step, ref: str, after: Resource | None, covered: Sequence[Resource] = ()) -> None:
        """Make what the server holds the base, and tell what of it somebody else changed beside it."""
        foreign = advance(self.records, step, after, covered)
        if foreign:
            hint = f"take it in: cochat pull {ref}"
            self.emit(Notice(f"{ref}: somebody changed its {', '.join(foreign)} in the moment of this write", hint))

    def _read_theirs(
        self, kind: Kind, errand: Errand, known_valves: Wire | None
    ) -> tuple[Wire | None, Resource | None]:
        """Read what the server holds in the moment before a write."""
        key = errand.operation.key
        # one of that name may be what we made ourselves
        is_ours = errand.operation.reason == Reason.TAKEN_BACK or key in self.open_creates
        return find_theirs(
            self.session.client,
            self.records,
            kind,
            key,
            self.rows.get(key),
            needs_groups=names_groups(errand.resource),
            known_valves=known_valves,
            new=errand.resource.body if errand.resource and not is_ours else None,
        )

    def _known_valves(self, kind: Kind, row: Row | None, errand: Errand) -> Wire | None:
        """Say what is taken for the fields that are valves before a write; None where they have to be read.

        A push that is decided by the base takes what that says: where a value is to be sent, it is read and compared in
        the moment before. A deletion reads them where there are any, since it keeps what goes.
        """
        if not kind.valve_fields:
            return {}
        if row is None or row.base_digest is None:
            return None
        base = self.records.reader.body(row.base_digest)
        bodies = [base, *([errand.resource.body] if errand.resource else [])]
        is_said = any(body.get(name) is not None for body in bodies for name in kind.valve_fields)
        if is_said and (self.is_strict or errand.resource is None):
            return None
        return {name: base[name] for name in kind.valve_fields if base.get(name) is not None}

    def _settle_without_writing(self, errand: Errand, decision: Decision, theirs: Resource | None) -> Outcome:
        """Do what a decision takes that sends nothing."""
        key = errand.operation.key
        if decision.action in STANDS_IN_THE_WAY:
            self.note_refusal(key, decision, theirs)
            return self.refuse(key, decision, theirs)
        self.remember(key, decision, theirs, errand.base_local, errand.path)
        return self._outcome(errand, decision, theirs)

    def remember(
        self, key: Key, decision: Decision, theirs: Resource | None, base_local: Fingerprint | None, path: str | None
    ) -> None:
        """Remember that both sides agree, or that both have nothing."""
        if decision.action is Action.ADOPT and theirs is not None:
            self.records.keep(agreed_row(theirs, base_local, path), (theirs.type, theirs.body))
        elif decision.action is Action.FORGET:
            self.records.drop(key)
        self.records.flush()

    def _begin(self, step: Step, kind: Kind, theirs: Resource | None) -> Step:
        """Note that a request is about to go out, with what is there now."""
        known_ids = None
        if step.action == Action.CREATE_THERE and self.session.client.endpoints(kind).makes_id:
            known_ids = ids_listed(self.session.client, kind)
        if theirs is not None:
            self.records.keep_bodies((theirs.type, theirs.body))
        step = step._replace(
            state=StepState.BEGUN,
            # what is made again gets another id than it had, where the server makes it
            remote_id=theirs.remote_id if theirs else step.remote_id if known_ids is None else None,
            before_digest=theirs.digest if theirs else None,
            before_version=theirs.version if theirs else None,
            before_saved_s=_saved_s(theirs),
            known_ids=known_ids,
        )
        self.records.keep_step(step)
        self.records.flush()
        return step

    def _send(self, kind: Kind, errand: Errand, wire: Wire | None, theirs: Resource | None) -> Resource | None:
        """Send one write: what the server then holds."""
        client, resource = self.session.client, errand.resource
        needs_groups = names_groups(errand.resource)
        if resource is None:
            if theirs is not None:
                read = blob_reader(self.config.root, kind, client=client, told=wire)
                self._keep_attached(kind, theirs, None, read)
                client.send_delete(kind, theirs.remote_id)
            return None
        local = self.tree.found.get(resource.key)
        read = blob_reader(self.config.root, kind, local=local, client=client, told=wire)
        if wire is None or theirs is None:
            return send_new(client, kind, resource, needs_groups=needs_groups, message=self.message, read_blob=read)
        self._keep_attached(kind, theirs, resource, read)
        return send_changes(
            client, kind, wire, resource.body, needs_groups=needs_groups, message=self.message, read_blob=read
        )

    def _keep_attached(self, kind: Kind, theirs: Resource, ours: Resource | None, read: ReadBlob) -> None:
        """Keep the bytes of files that are about to go from the server: no request could bring them back."""
        name = kind.digest_field
        if name is None:
            return
        wanted = set(ours.body[name].values()) if ours else set()
        for digest in {*theirs.body[name].values()} - wanted:
            keep_blob(self.config.root, read(digest))

    def _find_out(self, step: Step, errand: Errand, before: Resource | None, error: DevkitError) -> Outcome:
        """Read what became of a write that ended in an error; where nobody answers, the next command does."""
        if step.known_ids is not None:
            # the listing of this session was made before: a new session has to look
            return self._left_open(errand, error)
        try:
            verdict = settle_write(self.session.client, self.records, step)
        except SignedOut:
            raise
        except RemoteError:
            return self._left_open(errand, error)
        local = self.tree.found.get(step.key)
        told = tell_covered_later(self.session.client, self.conflicts, step, local, verdict, self.emit)
        if told is not None:
            return told
        if verdict is Verdict.DONE:
            return self._outcome(errand, Decision(Action(step.action), _reason(errand.operation)), before)
        if verdict is Verdict.OTHER:
            return self._settle_meanwhile(errand, error)
        return self._outcome_of_error(errand, error)

    def _settle_meanwhile(self, errand: Errand, error: DevkitError) -> Outcome:
        """Decide anew about what somebody wrote in the moment of a write that failed; it stays and is kept."""
        key = errand.operation.key
        try:
            _wire, theirs = self._read_theirs(kind_named(key.kind)[0], errand, None)
        except SignedOut:
            raise
        except RemoteError:
            return self._outcome_of_error(errand, error)
        here, there = local_side(self.tree, key, errand.path), present(theirs.fingerprint) if theirs else ABSENT
        decision = decide(base_of(self.rows.get(key)), here, there)
        if decision.action not in STANDS_IN_THE_WAY:
            return self._outcome_of_error(errand, error)
        # what the server said may stand in the way of the next push as well
        self.emit(Notice(error.message))
        self.note_refusal(key, decision, theirs)
        return self.refuse(key, decision, theirs)

    def _drop(self, step: Step) -> None:
        self.records.keep_step(step._replace(state=StepState.DROPPED))
        self.records.flush()

    def note_refusal(self, key: Key, decision: Decision, theirs: Resource | None) -> None:
        """Remember what the server showed, and a conflict where that is one: to be looked at and settled offline."""
        row, local, kind = self.rows.get(key), self.tree.found.get(key), kind_named(key.kind)[0]
        if theirs is not None:
            self.records.keep(to_row(theirs, row), (theirs.type, theirs.body))
        elif row is not None:
            self.records.keep(row._replace(remote_state=State.ABSENT))
        parts: tuple[str, ...] = ()
        if decision.action is Action.MERGE and row and local and theirs:
            base = find_base_body(self.config, self.session.target, kind, row, self.records.reader)
            parts = merge_sides(kind, base, local, theirs).conflicts
        if parts or decision.action is Action.CONFLICT:
            if theirs is not None:
                fetch_blobs(self.config.root, kind, self.session.client, [(theirs, local)], self.emit)
            self.conflicts.note(kind, str(decision.reason), parts, row, local, theirs)
        self.records.flush()

    def refuse(self, key: Key, decision: Decision, theirs: Resource | None) -> Outcome:
        """Say that both sides moved, and how."""
        row, local = self.rows.get(key), self.tree.found.get(key)
        base = self.records.reader.body(row.base_digest) if row and row.base_digest else {}
        here = describe_changes(base, local.resource.body) if local else ["deleted"]
        there = describe_changes(base, theirs.body) if theirs else ["deleted"]
        ref = ref_of(key, self._type(key, ""))
        return Outcome(
            ref,
            str(Action.CONFLICT),
            str(decision.reason),
            local.path if local else None,
            3,
            f"the server moved: {decision.reason}",
            f"take theirs in or merge: cochat pull {ref}; what cannot be merged: cochat resolve {ref}",
            (*(f"here: {line}" for line in here), *(f"there: {line}" for line in there)),
        )

    def _left_open(self, errand: Errand, error: DevkitError) -> Outcome:
        self.emit(Notice(f"{self._ref(errand)}: what became of it will be found out by the next command"))
        return self._outcome_of_error(errand, error)

    def _held_back(self, errand: Errand) -> Outcome:
        return Outcome(
            self._ref(errand),
            str(Action.CONFLICT),
            "it may be there already",
            errand.path,
            3,
            "not sent once more: an earlier run may have created it, and nobody knows which one that is",
            "see what is there: cochat pull; then delete the one too many, here or there",
        )

    def _kept(self, errand: Errand) -> Outcome:
        reason = "held back: nothing is deleted while something else is not sent"
        return Outcome(self._ref(errand), str(Action.NOTHING), reason, errand.path)

    def _stale(self, errand: Errand, moved: str) -> Outcome:
        return Outcome(
            self._ref(errand),
            str(Action.CONFLICT),
            "moved since it was planned",
            errand.path,
            3,
            f"moved since it was planned: {moved}",
            "nothing was sent for it; see cochat status --fetch",
        )

    def _outcome_of_error(self, errand: Errand, error: DevkitError) -> Outcome:
        action = str(errand.operation.action)
        return Outcome(self._ref(errand), "failed", action, errand.path, error.exit_code, error.message, error.hint)

    def _outcome(self, errand: Errand, decision: Decision, theirs: Resource | None) -> Outcome:
        changes = describe_changes(theirs.body, errand.resource.body) if theirs and errand.resource else []
        path = errand.path if errand.resource else None
        return Outcome(self._ref(errand), str(decision.action), str(decision.reason), path, changes=tuple(changes))

    def _ref(self, errand: Errand) -> str:
        return ref_of(errand.operation.key, self._type(errand.operation.key, errand.operation.type))

    def _type(self, key: Key, otherwise: str) -> str:
        if key in self.tree.found:
            return self.tree.found[key].resource.type
        return self.rows[key].type if key in self.rows else otherwise


def _find_untaken(kind: Kind, before: Resource | None, errand: Errand, after: Resource) -> list[str]:
    """Name the fields that the server did not take, though it said nothing against them."""
    if errand.resource is None:
        return []
    facts = SourceFacts(after.key.slug, {})
    was = before.body if before else {each.name: each.implied(facts) for each in kind.fields}
    plain = [each.name for each in kind.fields if each.written_by in (WrittenBy.ACCESS, WrittenBy.SWITCH)]
    return find_untaken(was, errand.resource.body, after.body, never_rewritten=plain)


_UNVERIFIED = "but nobody knows whether it covered somebody's version, since the history cannot be read"


def _saved_s(theirs: Resource | None) -> int | None:
    return int(theirs.updated_at.timestamp()) if theirs and theirs.updated_at else None


def _reason(operation: Operation) -> Reason:
    return next(each for each in Reason if str(each) == operation.reason)


def check_writable(ref: str, kind: Kind, operation: Operation, row: Row | None) -> None:
    """Refuse what the server could never take, before it is asked.

    Raises:
        UsageError: the id is none that the server takes.
        NotAllowed: the server does not show the resource to us.
    """
    if operation.action is Action.CREATE_THERE and row is None and not kind.is_valid_slug(operation.key.slug):
        raise UsageError(f"{ref}: the server takes no id {operation.key.slug!r}", hint=f"an id has {kind.slug_rule}")
    if row is not None and row.remote_state is State.UNREADABLE:
        raise NotAllowed(f"{ref}: the server does not show it to you", hint="ask its owner for access")


def names_groups(resource: Resource | None) -> bool:
    """Tell whether it takes the server's groups to write down who may see a resource; None is a deletion."""
    return resource is not None and isinstance(resource.body.get("access"), dict)
