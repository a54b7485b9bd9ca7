"""Status and diff: what differs between base, files and the server as last seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cochat_devkit.events import Notice, Outcome, Report
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.operations.offline import base_of, last_seen, local_side, survey
from cochat_devkit.resource import State
from cochat_devkit.sync.decide import Action, Decision, Reason, decide, present

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cochat_devkit.config import Config
    from cochat_devkit.errors import BadResource
    from cochat_devkit.events import Emit
    from cochat_devkit.mirror.conflicts import Conflict
    from cochat_devkit.operations.offline import Known, Survey
    from cochat_devkit.operations.session import Selection
    from cochat_devkit.resource import Body, Json, Key


@dataclass(frozen=True)
class Difference:
    """Hold one resource that is not in step, and how."""

    key: Key
    type: str
    path: str | None
    decision: Decision
    base: Body | None
    local: Body | None
    remote: Body | None
    #: set where a pull cannot merge the two sides
    conflict: Conflict | None = None
    #: set where its file cannot be read
    fault: BadResource | None = None

    @property
    def action(self) -> Action:
        """Say what a pull or push would do, as far as is known offline."""
        return Action.CONFLICT if self.conflict else self.decision.action

    @property
    def ref(self) -> str:
        """Write its address."""
        return ref_of(self.key, self.type)


def status(
    config: Config, selection: Selection, *, target: str | None, fetch: bool, emit: Emit, drift_exits: bool
) -> Report:
    """Say what differs; `fetch` asks the server first, and leaves the files alone."""
    report = Report()
    if fetch:
        report.requests = fetch_into_mirror(config, selection, target=target, emit=emit)
    found, unavailable, invisible = differences(config, selection, target=target)
    for each in found:
        exit_code = 1 if each.decision.reason is Reason.UNREADABLE_HERE else 0
        error, hint = (each.fault.message, each.fault.hint) if each.fault else (None, None)
        if each.action is Action.CONFLICT:
            hint = _settle_hint(each.ref)
        if each.decision.reason is Reason.NEVER_MET_THERE:
            hint = f"if it was deleted there: delete its file, then cochat push {each.ref} --delete"
        reason = str(each.decision.reason)
        report.add(Outcome(each.ref, str(each.action), reason, each.path, exit_code, error=error, hint=hint))
    report.extra = {
        "conflicts": [_conflict_json(each) for each in found if each.action is Action.CONFLICT],
        "unavailable": sorted(unavailable),
        "invisible": sorted(invisible),
        "target": config.target_named(target).name,
    }
    if found and drift_exits:
        report.exit_code = max(report.exit_code, 3)
    return report


def diff_lines(config: Config, selection: Selection, *, target: str | None) -> list[tuple[Difference, list[str]]]:
    """Write the differences: for each resource its lines. Ours against the base; theirs, where they moved, too.

    A file that cannot be read has no lines of ours: its fault says why.
    """
    with survey(config, selection, target) as surveyed:
        return lines_surveyed(surveyed, selection)


def lines_surveyed(surveyed: Survey, selection: Selection) -> list[tuple[Difference, list[str]]]:
    """Write the differences of what a look at both sides found."""
    written = []
    for each in _differences(surveyed, selection, with_bodies=True)[0]:
        lines = list(_diff_one(each))
        if lines or each.fault:
            written.append((each, lines))
    return written


def differences(
    config: Config, selection: Selection, *, target: str | None, with_bodies: bool = False
) -> tuple[list[Difference], list[str], list[str]]:
    """Compare offline: (what is not in step, addresses nobody lets us read, addresses no longer shown to us)."""
    with survey(config, selection, target) as surveyed:
        return _differences(surveyed, selection, with_bodies=with_bodies)


def _differences(
    surveyed: Survey, selection: Selection, *, with_bodies: bool
) -> tuple[list[Difference], list[str], list[str]]:
    known = surveyed.rest
    found: list[Difference] = []
    conflicts = _read_conflicts(known)
    covered = [each for each in conflicts.values() if each.reason == Reason.OVERWRITTEN]
    if covered:
        paths = {(each.kind, each.slug): each.path for each in surveyed.in_step}
        meant = [each for each in covered if selection.has(each.key, each.type)]
        found += [_covered(known, each, paths, with_bodies=with_bodies) for each in meant]
    for key, type_ in sorted(known.types.items()):
        if kind_named(key.kind)[0].form is None or any(each.key == key for each in covered):
            continue
        row = known.rows.get(key)
        side = local_side(known.tree, key, row.path if row else None)
        base = base_of(row)
        decision = decide(base, side, last_seen(row))
        if decision.action in (Action.NOTHING, Action.FORGET) or decision.reason is Reason.UNREADABLE_THERE:
            continue
        if decision.reason is Reason.INVISIBLE_THERE and base is not None and side == present(base.local):
            # told apart: nobody edited it here, and whether somebody did there cannot be known
            continue
        conflict = _conflict_now(known, key, type_, decision, conflicts.get(key))
        found.append(replace(_difference(known, key, decision, with_bodies=with_bodies), conflict=conflict))
    shown = [row for row in known.rows.values() if selection.has(row.key, row.type)]
    unavailable = [ref_of(row.key, row.type) for row in shown if row.remote_state is State.UNREADABLE]
    invisible = [ref_of(row.key, row.type) for row in shown if row.remote_state.is_invisible]
    return sorted(found, key=lambda each: each.key), unavailable, invisible


def fetch_into_mirror(config: Config, selection: Selection, *, target: str | None, emit: Emit) -> int:
    """Ask the server, and remember what it shows, without touching files or the lock: the number of requests."""
    from cochat_devkit.operations.agreed import take_in_lock
    from cochat_devkit.operations.observe import fetch_remote
    from cochat_devkit.operations.records import Records, to_row
    from cochat_devkit.operations.session import connect
    from cochat_devkit.workspace.lock import workspace_lock

    with (
        workspace_lock(config.root),
        connect(config, target, emit) as session,
        Records(config.mirror_path, session) as records,
    ):
        take_in_lock(config, session.target, records)
        rows = records.known(kind.name for kind in selection.kinds)
        view = fetch_remote(session.client, selection.kinds, rows, records, emit)
        for theirs in view.seen.values():
            row = to_row(theirs, rows.get(theirs.key))
            if rows.get(row.key) != row._replace(derived=None):
                records.keep(row, (theirs.type, theirs.body))
        for key, fault in view.faults.items():
            emit(Notice(f"{ref_of(key, view.unreadable[key].type)}: {fault.message}", fault.hint))
        for key in (*view.invisible, *view.gone, *view.unreadable):
            state = view.side(key).state
            row = rows[key]._replace(remote_state=state) if key in rows else to_row(view.unreadable[key], None, state)
            if rows.get(key) != row._replace(derived=None):
                records.keep(row)
        records.flush()
        records.keep_bases(view.bases)
        return session.client.request_count


def _read_conflicts(known: Known) -> dict[Key, Conflict]:
    if known.scope is None:
        return {}
    from cochat_devkit.mirror.conflicts import read_conflicts

    return read_conflicts(known.reader, known.scope)


def _settle_hint(ref: str) -> str:
    from cochat_devkit.operations.conflicts import settle_hint

    return settle_hint(ref)


def _conflict_json(each: Difference) -> dict[str, Json]:
    conflict = each.conflict
    return {
        "ref": each.ref,
        "reason": str(each.decision.reason),
        "parts": list(conflict.parts) if conflict else [],
        "since": conflict.since.isoformat(timespec="seconds") if conflict and conflict.since else None,
        "theirs": conflict.path if conflict else None,
    }


def _conflict_now(known: Known, key: Key, type_: str, decision: Decision, noted: Conflict | None) -> Conflict | None:
    """Say what a pull could not merge as the sides are now; `noted` is what the last pull met, if it did."""
    if decision.action not in (Action.CONFLICT, Action.MERGE):
        return None
    from cochat_devkit.mirror.conflicts import Conflict
    from cochat_devkit.sync.merge import merge_bodies

    if decision.action is Action.CONFLICT:
        return noted or Conflict(key, type_, str(decision.reason))
    local, row = known.tree.found.get(key), known.rows.get(key)
    if local is None or row is None or row.remote_digest is None:
        return None
    here = local.resource.digest
    if noted and (here, row.remote_digest) == (noted.local_digest, noted.remote_digest):
        return noted
    if row.base_digest is None:
        return None
    bodies = known.reader.body(row.base_digest), local.resource.body, known.reader.body(row.remote_digest)
    parts = merge_bodies(*bodies).conflicts
    return (noted or Conflict(key, type_, str(decision.reason)))._replace(parts=parts) if parts else None


def _covered(
    known: Known, conflict: Conflict, paths: Mapping[tuple[str, str], str], *, with_bodies: bool
) -> Difference:
    """Show a version that a push of ours covered: it is in the mirror, and no longer on the server."""
    key, local = conflict.key, known.tree.found.get(conflict.key)
    path = local.path if local else paths.get((key.kind, str(key.slug)))
    digests = (conflict.local_digest, conflict.remote_digest) if with_bodies else (None, None)
    ours, theirs = (known.reader.body(digest) if digest else None for digest in digests)
    decision = Decision(Action.CONFLICT, Reason.OVERWRITTEN)
    return Difference(key, conflict.type, path, decision, ours, ours, theirs, conflict)


def _difference(known: Known, key: Key, decision: Decision, *, with_bodies: bool) -> Difference:
    row, local = known.rows.get(key), known.tree.found.get(key)
    path = local.path if local else row.path if row else None
    base = remote = None
    if with_bodies and row is not None:
        base = known.reader.body(row.base_digest) if row.base_digest else None
        is_shown = row.remote_state is State.PRESENT
        remote = known.reader.body(row.remote_digest) if row.remote_digest and is_shown else None
    here = local.resource.body if with_bodies and local else None
    is_read = decision.reason is not Reason.UNREADABLE_HERE
    fault = None if is_read else known.tree.fault_of(key, row.path if row else None)
    return Difference(key, known.types[key], path, decision, base, here, remote, fault=fault)


def _diff_one(each: Difference) -> Iterator[str]:
    from cochat_devkit.sync.describe import unified_diff

    name = each.path or each.ref
    base = each.base or {}
    if each.fault is None and (each.local is not None or each.base is not None):
        yield from unified_diff(base, each.local or {}, (f"base/{name}", f"here/{name}"))
    if each.remote is not None and each.remote != each.base:
        yield from unified_diff(base, each.remote, (f"base/{name}", f"there/{name}"))
