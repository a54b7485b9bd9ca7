"""Resolve: settle what both sides changed, offline, with the bodies that the last pull or fetch saw."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, LocalError, UnknownResource, UsageError
from cochat_devkit.events import Outcome, Report, ignore
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.mirror.history import Origin, Seen
from cochat_devkit.operations.agreed import files_of, find_base_body, keeping_lock
from cochat_devkit.operations.conflicts import Conflicts, How
from cochat_devkit.operations.covered import settle_covered
from cochat_devkit.operations.laying import CONFLICTS, lay_resource
from cochat_devkit.operations.merging import compile_fault
from cochat_devkit.operations.offline import base_of, last_seen, local_side, look_offline
from cochat_devkit.operations.records import Records
from cochat_devkit.operations.resume import resume_files
from cochat_devkit.operations.trust import note_laid
from cochat_devkit.resource import Resource, State
from cochat_devkit.sync.decide import Action, decide
from cochat_devkit.sync.describe import describe_changes
from cochat_devkit.sync.merge import marks_left, merge_bodies, merge_with_markers
from cochat_devkit.workspace.files import inside, write_file
from cochat_devkit.workspace.lock import workspace_lock
from cochat_devkit.workspace.tree import (
    LocalResource,
    Tree,
    foresee,
    keep_resource,
    read_one,
    trash_resource,
    write_layout,
)

if TYPE_CHECKING:
    from cochat_devkit.config import Config, Target
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.session import Selection
    from cochat_devkit.resource import Body, Key
    from cochat_devkit.sync.decide import Decision

#: opens some files for a person and comes back when the person is done
Edit = Callable[[list[Path]], None]


def resolve(config: Config, selection: Selection, how: How, *, target: str | None, edit: Edit) -> Report:
    """Settle the conflicts among some resources. The server is not asked, and not changed: push does that.

    Raises:
        UnknownResource: an address names nothing, or nothing was ever pulled.
        MirrorLocked: another process writes to the workspace.
    """
    report = Report()
    with workspace_lock(config.root):
        resume_files(config, ignore)
    with look_offline(config, selection, target) as known:
        keys = [key for key, type_ in sorted(known.types.items()) if selection.has(key, type_)]
        if known.scope is None:
            raise UnknownResource("nothing was ever pulled here", hint="cochat pull")
        scope, types = known.scope, known.types
    aim = config.target_named(target)
    for key in keys:
        # one at a time: an editor may be open for long, and what it settles is settled
        case = _open_case(config, selection, aim, key)
        if case is None:
            with workspace_lock(config.root), Records(config.mirror_path, None, scope) as records:
                covered = settle_covered(config, aim, records, key, how)
            if covered is not None:
                report.add(covered)
            elif len(keys) == 1:
                report.add(Outcome(ref_of(key, types[key]), str(Action.NOTHING), "no conflict"))
            continue
        scratch = _edit(case, edit) if how is How.EDIT else None
        if isinstance(scratch, Outcome):
            report.add(scratch)
            continue
        with workspace_lock(config.root), Records(config.mirror_path, None, scope) as records:
            now = _open_case(config, selection, aim, key)
            with keeping_lock(config, aim, records, now.tree if now else None):
                report.add(_settle(now, case, how, records, scratch))
    return report


@dataclass(frozen=True)
class _Case:
    """Hold one conflict: both sides, and the body that both started from, None where nobody knows it."""

    config: Config
    aim: Target
    kind: Kind
    key: Key
    row: Row
    decision: Decision
    tree: Tree
    local: LocalResource | None
    theirs: Resource | None
    base: Body | None

    @property
    def ref(self) -> str:
        return ref_of(self.key, self.row.type)

    @property
    def root(self) -> Path:
        return self.config.root

    def outcome(self, action: Action, reason: str, **more: object) -> Outcome:
        path = self.local.path if self.local else self.row.path
        return Outcome(self.ref, str(action), reason, path)._replace(**more)  # type: ignore[arg-type]

    def refused(self, error: str, hint: str, exit_code: int = 3) -> Outcome:
        reason = str(self.decision.reason)
        return self.outcome(Action.CONFLICT, reason, exit_code=exit_code, error=error, hint=hint)


def _open_case(config: Config, selection: Selection, aim: Target, key: Key) -> _Case | None:
    """Look whether a resource is in conflict, as far as is known offline; None where it is not."""
    with look_offline(config, selection, aim.name) as known:
        row = known.rows.get(key)
        if row is None:
            return None
        decision = decide(base_of(row), local_side(known.tree, key, row.path), last_seen(row))
        if decision.action not in (Action.MERGE, Action.CONFLICT):
            return None
        kind, _ = kind_named(key.kind)
        theirs = None
        if row.remote_state is State.PRESENT:
            if row.remote_digest is None:
                raise UnknownResource(f"{ref_of(key, row.type)}: the server's side is not here yet", hint="cochat pull")
            theirs = Resource(key, known.reader.body(row.remote_digest), row.type)
        base = find_base_body(config, aim, kind, row, known.reader) if row.base_local else None
        return _Case(config, aim, kind, key, row, decision, known.tree, known.tree.found.get(key), theirs, base)


def _settle(now: _Case | None, then: _Case, how: How, records: Records, scratch: Path | None) -> Outcome:
    """Settle one conflict under the lock, if it still is what we saw."""
    if now is None or (now.local, now.theirs) != (then.local, then.theirs):
        kept = f"; your edit is kept in {scratch.relative_to(then.root)}" if scratch else ""
        return then.refused(f"it changed meanwhile{kept}", f"cochat resolve {then.ref} --{how}")
    conflicts = Conflicts(now.root, records, now.aim.name)
    try:
        if scratch is not None:
            outcome = _take_edited(now, records, scratch)
        else:
            outcome = {How.OURS: _take_ours, How.THEIRS: _take_theirs, How.MERGE: _merge}[how](now, records)
    except LocalError as error:
        return now.refused(error.message, error.hint or f"cochat diff {now.ref}", exit_code=1)
    if outcome.ok:
        conflicts.settle(now.kind, now.key)
    return outcome


def _take_ours(case: _Case, records: Records) -> Outcome:
    if case.theirs is None:
        # gone there, kept here: without a past it is new, and a push creates it
        records.drop(case.key)
    else:
        _start_from_theirs(case, records)
    return case.outcome(Action.ADOPT, f"{case.decision.reason}; settled with ours", hint=_push_hint(case))


def _take_theirs(case: _Case, records: Records) -> Outcome:
    _keep_ours(case, records)
    reason = f"{case.decision.reason}; settled with theirs"
    if case.theirs is None:
        if case.local is not None:
            trash_resource(case.root, case.local)
            case.tree.found.pop(case.key, None)
        records.drop(case.key)
        return case.outcome(Action.DELETE_HERE, reason)
    laid = lay_resource(case.root, case.kind, case.theirs, case.local)
    _agree(case, records, laid)
    return case.outcome(Action.UPDATE_HERE if case.local else Action.CREATE_HERE, reason, path=laid.path)


def _merge(case: _Case, records: Records) -> Outcome:
    """Merge field by field and line by line; what cannot be merged stays ours, and the conflict stays with it."""
    if refusal := _why_no_merge(case):
        return refusal
    local, theirs = _both(case)
    merged = merge_bodies(case.base or {}, local.resource.body, theirs.body)
    if fault := compile_fault(case.kind, local, merged.body):
        return case.refused(f"merged, it would not compile: {fault}", f"cochat resolve {case.ref} --edit")
    changes = tuple(describe_changes(local.resource.body, merged.body))
    if changes:
        _keep_ours(case, records)
        note_laid(case.config, case.key, merged.body)
        case.tree.found[case.key] = lay_resource(case.root, case.kind, replace(local.resource, body=merged.body), local)
    if merged.conflicts:
        left = ", ".join(merged.conflicts)
        refused = case.refused(
            f"this cannot be merged: {left}", f"cochat resolve {case.ref} --edit, --ours or --theirs"
        )
        return refused._replace(changes=changes)
    _start_from_theirs(case, records)
    reason = f"{case.decision.reason}; merged"
    return case.outcome(Action.MERGE, reason, changes=changes, hint=_push_hint(case))


def _edit(case: _Case, edit: Edit) -> Path | Outcome:
    """Let a person edit both sides into one: the folder with the result, or why there is none."""
    if refusal := _why_no_merge(case):
        return refusal
    local, _theirs = _both(case)
    scratch = inside(case.root, f"{CONFLICTS}/edit-{secrets.token_hex(4)}")
    originals = _lay_scratch(case, scratch)
    marked = [scratch / path for path in originals if marks_left((scratch / path).read_text("utf-8"), *originals[path])]
    edit(marked or [scratch / local.path])
    shown = scratch.relative_to(case.root)
    for path, texts in originals.items():
        place = scratch / path
        lines = marks_left(place.read_text("utf-8", "replace"), *texts) if place.is_file() else []
        if lines:
            return case.refused(f"{shown}/{path}:{lines[0]}: a conflict marker is left", _again(case))
    try:
        edited = read_one(scratch, case.kind, local.resource.type, local.path)
    except BadResource as error:
        return case.refused(f"{shown}: {error.message}", _again(case), exit_code=1)
    if edited.resource.key != case.key:
        return case.refused(f"{shown}: the edit is about {edited.resource.key}", _again(case))
    if fault := compile_fault(case.kind, None, edited.resource.body):
        return case.refused(f"{shown}/{local.path}: this does not compile: {fault}", _again(case), exit_code=1)
    return scratch


def _lay_scratch(case: _Case, scratch: Path) -> dict[str, tuple[str, str]]:
    """Write each file of a resource merged as far as can be, with markers elsewhere: by path, both sides' texts."""
    local, theirs = _both(case)
    here = {path: content.decode("utf-8") for path, content in files_of(local).items()}
    there = _texts_of(case, theirs)
    base = _texts_of(case, replace(theirs, body=case.base)) if case.base is not None else None
    originals: dict[str, tuple[str, str]] = {}
    for path in dict.fromkeys((*here, *there)):
        sides = here.get(path, ""), there.get(path, "")
        text, _places = merge_with_markers(None if base is None else base.get(path, ""), *sides)
        if text:
            write_file(scratch, path, text.encode(), expected=None)
            originals[path] = sides
    return originals


def _texts_of(case: _Case, resource: Resource) -> dict[str, str]:
    """Write a body in the style of our files, to compare it with them line by line."""
    local, _theirs = _both(case)
    with tempfile.TemporaryDirectory(prefix="cochat-side-") as folder:
        root = Path(folder)
        for path, content in files_of(local).items():
            write_file(root, path, content, expected=None)
        written = write_layout(root, foresee(root, case.kind, resource, local))
        return {path: content.decode("utf-8") for path, content in files_of(written).items()}


def _take_edited(case: _Case, records: Records, scratch: Path) -> Outcome:
    """Put an edit in the place of our files, byte for byte, the main one last."""
    local, _theirs = _both(case)
    edited = read_one(scratch, case.kind, local.resource.type, local.path)
    before, after = files_of(local), files_of(edited)
    _keep_ours(case, records)
    for path in sorted({*before, *after}, key=lambda each: each == local.path):
        if path not in after:
            # its twin in the trash is there already
            inside(case.root, path).unlink()
        elif after[path] != before.get(path):
            write_file(case.root, path, after[path], expected=before.get(path))
    case.tree.found[case.key] = read_one(case.root, case.kind, local.resource.type, local.path)
    _start_from_theirs(case, records)
    shutil.rmtree(scratch, ignore_errors=True)
    changes = tuple(describe_changes(local.resource.body, edited.resource.body))
    reason = f"{case.decision.reason}; settled by hand"
    return case.outcome(Action.MERGE, reason, changes=changes, hint=_push_hint(case))


def _why_no_merge(case: _Case) -> Outcome | None:
    """Say why two sides cannot become one."""
    if case.local is None or case.theirs is None:
        return case.refused("one side is gone: there is nothing to merge", _one_side(case))
    if case.local.resource.type != case.theirs.type:
        return case.refused(f"it is a {case.local.resource.type} here and a {case.theirs.type} there", _one_side(case))
    return None


def _both(case: _Case) -> tuple[LocalResource, Resource]:
    if case.local is None or case.theirs is None:
        raise UsageError(f"{case.ref}: one side is gone", hint=_one_side(case))
    return case.local, case.theirs


def _start_from_theirs(case: _Case, records: Records) -> None:
    """Make the server's body the base: what differs here is then an edit of ours, to be pushed."""
    row = case.row
    records.keep(
        row._replace(
            base_local=row.remote_fingerprint,
            base_remote=row.remote_fingerprint,
            base_digest=row.remote_digest,
            path=case.local.path if case.local else row.path,
        )
    )


def _agree(case: _Case, records: Records, laid: LocalResource) -> None:
    row = case.row
    case.tree.found[case.key] = laid
    records.keep(
        row._replace(
            base_local=laid.resource.fingerprint,
            base_remote=row.remote_fingerprint,
            base_digest=row.remote_digest,
            path=laid.path,
        )
    )


def _keep_ours(case: _Case, records: Records) -> None:
    """Put our side into the trash and the history, on disk before anything replaces it."""
    if case.local is not None:
        keep_resource(case.root, case.local)
        resource = case.local.resource
        records.keep_seen(Seen(case.key, resource.type, resource.body, Origin.HERE, message="before it was resolved"))
        records.flush()


def _push_hint(case: _Case) -> str:
    if case.local is None:
        return f"to delete it there: cochat push {case.ref} --delete"
    return f"send it: cochat push {case.ref}"


def _one_side(case: _Case) -> str:
    return f"cochat resolve {case.ref} --ours or --theirs"


def _again(case: _Case) -> str:
    return f"cochat resolve {case.ref} --edit"
