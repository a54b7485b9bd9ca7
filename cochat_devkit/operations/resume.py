"""Resume: settle what a run left open that was killed or lost its server, before the next one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import RateLimited, RemoteError, SignedOut, Unreachable
from cochat_devkit.events import Notice, Outcome
from cochat_devkit.kinds import all_kinds, ref_of
from cochat_devkit.mirror.journal import OPEN, Run, StepState, read_open_runs
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.operations.agreed import keeping_lock
from cochat_devkit.operations.conflicts import Conflicts
from cochat_devkit.operations.filesteps import settle_files
from cochat_devkit.operations.records import Records
from cochat_devkit.operations.session import connect
from cochat_devkit.operations.unheard import settle_write, tell_covered_later
from cochat_devkit.sync.decide import Action
from cochat_devkit.sync.outcome import Verdict
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.tree import read_tree

if TYPE_CHECKING:
    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.mirror.journal import Step
    from cochat_devkit.operations.session import Session
    from cochat_devkit.resource import Key
    from cochat_devkit.workspace.tree import Tree


class Resumed(NamedTuple):
    """Say what became of what earlier runs left open; `held` names what nobody can tell yet, and nothing is sent of."""

    outcomes: tuple[Outcome, ...] = ()
    held: frozenset[Key] = frozenset()


def resume(config: Config, target: str | None, emit: Emit) -> Resumed:
    """Settle the open steps of earlier runs: of files always, of writes where whoever used the target last left some.

    The workspace's lock is held by the caller. What cannot be settled now stays open.

    Raises:
        RemoteError: the server could not be asked.
    """
    with MirrorReader(config.mirror_path) as reader:
        runs = read_open_runs(reader)
        aim = config.target_named(target)
        scope = reader.scope_of(aim.name, aim.url)
    if not runs:
        return Resumed()
    for run in runs:
        _settle_offline(config, run, emit)
    unheard = [run for run in runs if _sent(run)]
    if scope is None or all(run.scope_id != scope.id for run in unheard):
        return Resumed()
    return _settle_writes(config, target, unheard, emit)


def resume_files(config: Config, emit: Emit) -> None:
    """Settle the open steps about files of earlier runs; the server is not asked."""
    with MirrorReader(config.mirror_path) as reader:
        runs = read_open_runs(reader)
    for run in runs:
        _settle_offline(config, run, emit)


def _sent(run: Run) -> list[Step]:
    """List the steps of which the server may know."""
    return [
        each for each in run.steps if each.state in OPEN and each.state is not StepState.INTENDED and _is_write(each)
    ]


def _is_write(step: Step) -> bool:
    return not step.is_about_files


def _settle_offline(config: Config, run: Run, emit: Emit) -> None:
    """Drop what was never begun, and finish or put back files."""
    open_steps = [each for each in run.steps if each.state in OPEN]
    with MirrorReader(config.mirror_path) as reader:
        scope = reader.scope_numbered(run.scope_id)
    with Records(config.mirror_path, None, scope) as records:
        records.run_id = run.id
        for step in open_steps:
            if step.state is StepState.INTENDED:
                records.keep_step(step._replace(state=StepState.DROPPED))
            elif step.is_about_files:
                settle_files(config.root, records, step, emit)
        records.end_run()


def _settle_writes(config: Config, target: str | None, runs: list[Run], emit: Emit) -> Resumed:
    outcomes: list[Outcome] = []
    held: set[Key] = set()
    with connect(config, target, emit) as session, Records(config.mirror_path, session) as records:
        tree = read_tree(config.root, all_kinds())
        with keeping_lock(config, session.target, records, tree):
            for run in runs:
                if records.scope.id != run.scope_id:
                    # somebody else's, or another server's: not ours to judge
                    continue
                records.run_id = run.id
                for step in _sent(run):
                    try:
                        outcomes.append(_settle_write(session, config, records, tree, step, emit))
                    except (SignedOut, Unreachable, RateLimited):
                        raise
                    except RemoteError as error:
                        # that one may be closed to us by now: it says nothing about the others
                        outcomes.append(_left_open(step, error))
                        held.add(step.key)
                records.end_run()
    return Resumed(tuple(outcomes), frozenset(held))


def _settle_write(session: Session, config: Config, records: Records, tree: Tree, step: Step, emit: Emit) -> Outcome:
    """Settle one write, and say what became of it."""
    ref, client = ref_of(step.key, step.type), session.client
    verdict = settle_write(client, records, step)
    emit(Notice(f"{ref}: an earlier run was interrupted; {_FOUND[verdict]}"))
    if verdict is Verdict.OTHER:
        hint = f"see what is there: cochat pull {ref}; what cannot be merged: cochat resolve {ref}"
        reason = "an earlier run was interrupted, and the server holds something else by now"
        return Outcome(ref, str(Action.CONFLICT), reason, step.path, 3, f"{ref}: {reason}", hint)
    conflicts = Conflicts(config.root, records, session.target.name)
    told = tell_covered_later(client, conflicts, step, tree.found.get(step.key), verdict, emit)
    if told is not None:
        return told
    action = step.action if verdict is Verdict.DONE else str(Action.NOTHING)
    return Outcome(ref, action, f"an earlier run was interrupted; {_FOUND[verdict]}", step.path)


def _left_open(step: Step, error: RemoteError) -> Outcome:
    """Say that nobody can tell yet what became of a write."""
    ref = ref_of(step.key, step.type)
    said = f"{ref}: what an earlier run sent may have arrived, and nobody can tell: {error.message}"
    return Outcome(ref, str(Action.SKIP), _OPEN, step.path, error.exit_code, said, error.hint)


_OPEN = "an earlier run was interrupted, and what became of it cannot be seen now"
_FOUND = {
    Verdict.DONE: "what it sent has arrived",
    Verdict.UNTOUCHED: "nothing of it has arrived, so it is still to be sent",
    Verdict.PARTLY: "a part of it has arrived, and the rest is still to be sent",
    Verdict.OTHER: "the server holds something else",
}
