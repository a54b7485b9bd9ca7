"""Saved plans: write one to a file, read it back, and carry it out where nothing has moved since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite, MirrorError, StalePlan, UsageError
from cochat_devkit.events import Outcome, Progress, Report
from cochat_devkit.kinds import all_kinds, kind_named, ref_of
from cochat_devkit.mirror.journal import read_lineage
from cochat_devkit.operations.agreed import keeping_lock
from cochat_devkit.operations.apply import Applier, Errand
from cochat_devkit.operations.claims import Claims
from cochat_devkit.operations.observe import find_theirs
from cochat_devkit.operations.offline import local_side
from cochat_devkit.operations.push import count_known
from cochat_devkit.operations.records import Records
from cochat_devkit.operations.resume import resume
from cochat_devkit.operations.session import as_whoever_signs_in, connect
from cochat_devkit.resource import Resource
from cochat_devkit.sync.decide import ABSENT, Action, present
from cochat_devkit.sync.plan import check_plan, find_moved, parse_plan
from cochat_devkit.workspace.lock import workspace_lock
from cochat_devkit.workspace.tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.session import Session
    from cochat_devkit.resource import Key, Wire
    from cochat_devkit.sync.plan import Operation, Plan
    from cochat_devkit.workspace.tree import Tree


def write_plan(path: Path, text: str) -> None:
    """Write a plan, whole or not at all, where nothing lies yet or a plan does.

    Raises:
        CannotWrite: something else lies there, or the disk refuses.
    """
    try:
        if path.exists():
            _check_is_plan(path)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror}", hint="choose another place") from error


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        UsageError: there is no such file.
        BadResource: it is no plan, or it was changed.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="make one: cochat push --out PLAN") from error
    except UnicodeDecodeError as error:
        raise BadResource(f"{path} is no plan: it is no text", hint="make one: cochat push --out PLAN") from error
    return parse_plan(text, str(path))


def apply_plan(config: Config, plan: Plan, *, confirmed_deletions: int | None, emit: Emit) -> Report:
    """Carry out a saved plan, if everything that it expects still holds.

    Raises:
        StalePlan: something moved; nothing was sent.
        UsageError: it was made for another workspace, server or user.
        UnsafePlan: too much would be deleted; nothing was sent.
        RemoteError: the server could not be asked.
    """
    with workspace_lock(config.root):
        _check_server(config, plan)
        return as_whoever_signs_in(lambda: _apply(config, plan, confirmed_deletions, emit))


def _apply(config: Config, plan: Plan, confirmed_deletions: int | None, emit: Emit) -> Report:
    report = Report(requests=0)
    for outcome in resume(config, plan.target.name, emit).outcomes:
        report.add(outcome)
    tree = read_tree(config.root, all_kinds())
    with (
        connect(config, plan.target.name, emit) as session,
        Records(config.mirror_path, session, expects_same_account=True) as records,
    ):
        _check_made_for(plan, session, records)
        with keeping_lock(config, session.target, records, tree):
            rows = records.known(kind.name for kind in all_kinds())
            check_plan(plan, count_known(rows), confirmed=confirmed_deletions)
            seen = check_fresh(plan, session, records, rows, tree, emit)
            errands = [_to_errand(each, tree, rows, records) for each in plan.operations]
            applier = Applier(config, session, records, rows, tree, emit, is_strict=True, message=plan.message)
            claims = Claims(config, session.client, records, rows, tree, tree)
            obstacles = [
                (claims.obstacle(errand.operation.key) if errand.resource is None else None) or found
                for errand, found in zip(errands, applier.find_obstacles(errands, seen), strict=True)
            ]
            if any(obstacles):
                outcomes = [each or _held_back(errand) for errand, each in zip(errands, obstacles, strict=True)]
            else:
                outcomes = applier.carry_out(errands, "apply", undoes=plan.undoes)
            for outcome in outcomes:
                report.add(outcome)
            report.requests = session.client.request_count
    return report


def check_fresh(
    plan: Plan, session: Session, records: Records, rows: Mapping[Key, Row], tree: Tree, emit: Emit
) -> dict[Key, tuple[Wire, Resource]]:
    """Make sure that all is still as a plan expects: what the server holds of it.

    Raises:
        StalePlan: something moved.
    """
    moved: dict[Key, str] = {}
    seen: dict[Key, tuple[Wire, Resource]] = {}
    for number, each in enumerate(plan.operations):
        emit(Progress("checking the plan", number, len(plan.operations)))
        kind, row = kind_named(each.key.kind)[0], rows.get(each.key)
        wire, theirs = find_theirs(session.client, records, kind, each.key, row, needs_groups=False)
        if wire is not None and theirs is not None:
            seen[each.key] = wire, theirs
        there = present(theirs.fingerprint) if theirs else ABSENT
        here = local_side(tree, each.key, row.path if row else None)
        found = find_moved(each, here, there, theirs.version if theirs else None)
        if found is not None:
            moved[each.key] = f"{ref_of(each.key, each.type)}: {found}"
    if moved:
        raise StalePlan(
            f"the plan is stale, and nothing was sent; {'; '.join(moved.values())}",
            tuple(moved),
            hint="look: cochat status --fetch; plan again: cochat push --out PLAN",
        )
    return seen


def _held_back(errand: Errand) -> Outcome:
    operation = errand.operation
    reason = "held back: a plan is carried out whole or not at all"
    return Outcome(ref_of(operation.key, operation.type), str(Action.NOTHING), reason, errand.path)


def _to_errand(operation: Operation, tree: Tree, rows: Mapping[Key, Row], records: Records) -> Errand:
    """Take the body to be sent from the files, or from the mirror where the files say another one."""
    local, row = tree.found.get(operation.key), rows.get(operation.key)
    path = local.path if local else row.path if row else None
    if operation.body_digest is None:
        return Errand(operation, None, path=path)
    body = records.reader.body(operation.body_digest)
    resource = Resource(operation.key, body, operation.type)
    same = local is not None and local.resource.fingerprint == resource.fingerprint
    return Errand(operation, resource, local.resource.fingerprint if local and same else None, path)


def _check_server(config: Config, plan: Plan) -> None:
    aim = config.target_named(plan.target.name)
    if aim.url != plan.target.url:
        raise UsageError(
            f"the plan is for {plan.target.url}, and the target {aim.name} is {aim.url} now", hint="plan again"
        )


def _check_made_for(plan: Plan, session: Session, records: Records) -> None:
    if plan.target.user_id != session.client.identity.id:
        raise UsageError("the plan was made as another user", hint="sign in as that user, or plan again")
    if plan.lineage != read_lineage(records.reader):
        raise StalePlan(
            "the plan was made with another mirror: what it was made of is not known here",
            hint="plan again: cochat push --out PLAN",
        )


def _check_is_plan(path: Path) -> None:
    try:
        read_plan(path)
    except (BadResource, UsageError, MirrorError) as error:
        raise CannotWrite(f"{path} is there and is no plan; it is left as it is", hint="choose another name") from error
