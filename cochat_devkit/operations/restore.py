"""Restore: lay a body of old into the files; what was there goes to the history and the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource, UsageError
from cochat_devkit.events import Outcome, Report, ignore
from cochat_devkit.kinds.dialects import dialect_named
from cochat_devkit.kinds.wire import told_by
from cochat_devkit.mirror.history import Origin, Seen
from cochat_devkit.operations.laying import lay_resource
from cochat_devkit.operations.log import open_past, split_number
from cochat_devkit.operations.records import Records
from cochat_devkit.operations.resume import resume_files
from cochat_devkit.operations.trust import note_laid
from cochat_devkit.resource import Body, Resource
from cochat_devkit.sync.decide import Action
from cochat_devkit.sync.describe import describe_changes
from cochat_devkit.workspace.lock import workspace_lock
from cochat_devkit.workspace.sidecar import to_body
from cochat_devkit.workspace.tree import keep_resource, read_tree

if TYPE_CHECKING:
    from cochat_devkit.config import Config
    from cochat_devkit.mirror.history import Entry
    from cochat_devkit.operations.log import Past


def restore(config: Config, ref: str, *, target: str | None) -> Report:
    """Lay the body that `tool/x@3` names into the files, to be pushed then. The server and the base stay as they are.

    Raises:
        UsageError: no number, or the number of "it was gone".
        UnknownResource: there is no such entry.
        LocalError: a file changed meanwhile, or cannot be written.
    """
    plain, number = split_number(ref)
    if number is None:
        raise UsageError(f"{ref} does not say which entry", hint=f"see cochat log {ref}; then cochat restore {ref}@2")
    report = Report()
    with workspace_lock(config.root):
        resume_files(config, ignore)
    with workspace_lock(config.root), open_past(config, plain, target=target) as past:
        entry = past.entry(number)
        if past.kind.form is None:
            raise UsageError(f"{past.ref} is kept by the mirror alone: it has no files", hint=f"cochat show {ref}")
        if entry.digest is None:
            raise UsageError(f"{past.ref}@{number} says that it was gone", hint=f"see cochat log {past.ref}")
        fault = read_tree(config.root, [past.kind]).fault_of(past.key, past.row.path if past.row else None)
        if fault is not None:
            raise fault
        report.add(_restore(config, past, entry, number))
    return report


def _restore(config: Config, past: Past, entry: Entry, number: int) -> Outcome:
    present = past.local
    before: Body = present.resource.body if present else {}
    resource = Resource(past.key, _whole_body(past, entry), entry.type or past.type)
    if present is not None and (present.resource.type, before) == (resource.type, resource.body):
        return Outcome(past.ref, str(Action.NOTHING), f"the file already says what @{number} says", present.path)
    with Records(config.mirror_path, None, past.scope) as records:
        if present is not None:
            keep_resource(config.root, present)
            message = f"before @{number} was restored"
            records.keep_seen(Seen(past.key, present.resource.type, before, Origin.HERE, message=message))
        records.flush()
        if entry.origin is not Origin.HERE:
            note_laid(config, past.key, resource.body)
        laid = lay_resource(config.root, past.kind, resource, present)
    changes = tuple(describe_changes(before, laid.resource.body)) if present else ()
    reason = f"restored from @{number} of {entry.at:%Y-%m-%d %H:%M}"
    action = Action.UPDATE_HERE if present else Action.CREATE_HERE
    return Outcome(past.ref, str(action), reason, laid.path, hint=f"send it: cochat push {past.ref}", changes=changes)


def _whole_body(past: Past, entry: Entry) -> Body:
    """Take an entry's body; what a server did not, or cannot, say stays as it is here, else as the server showed it."""
    told = past.body(entry)
    if past.local is not None:
        is_theirs = entry.origin is not Origin.HERE
        said = told_by(past.kind, dialect_named(past.scope.dialect), told) if is_theirs else told
        return {**past.local.resource.body, **said}
    shown = next((each for each in past.entries if each.digest and each.origin is not Origin.THEIR_HISTORY), None)
    known = past.body(shown) if shown else {}
    lacking = [each.name for each in past.kind.fields if each.name not in told and each.name not in known]
    if not lacking:
        return {**known, **told}
    text = past.kind.text
    if text is not None and text.name not in told:
        raise UnknownResource(f"{past.ref}: this entry has no text", hint=f"see cochat log {past.ref}")
    source = str(told[text.name]) if text else ""
    return {**to_body(past.kind, past.key.slug, source, {**known, **told}), **told}
