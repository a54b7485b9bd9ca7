"""Conflicts as data: what both sides changed is noted with its bodies and the server's files, until the sides agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from cochat_devkit.mirror.conflicts import Conflict, read_conflicts
from cochat_devkit.mirror.history import Origin, Seen
from cochat_devkit.operations.laying import clear_theirs, lay_theirs
from cochat_devkit.sync.decide import Reason

if TYPE_CHECKING:
    from pathlib import Path

    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.records import Records
    from cochat_devkit.resource import Key, Resource
    from cochat_devkit.workspace.tree import LocalResource


class How(StrEnum):
    """Say how to settle: with one side's body, with what a merge can do, or by hand."""

    OURS = "ours"
    THEIRS = "theirs"
    MERGE = "merge"
    EDIT = "edit"


@dataclass(eq=False, repr=False)
class Conflicts:
    """Keep the conflicts of one scope while a verb works; `target` names whose folder has the server's files."""

    root: Path
    records: Records
    target: str
    known: dict[Key, Conflict] = field(init=False)

    def __post_init__(self) -> None:
        self.known = read_conflicts(self.records.reader, self.records.scope)

    def note(
        self,
        kind: Kind,
        reason: str,
        parts: tuple[str, ...],
        row: Row | None,
        local: LocalResource | None,
        theirs: Resource | None,
    ) -> None:
        """Remember a conflict: both bodies in the history, the server's as files too. Nothing new writes nothing."""
        found = local.resource if local else theirs
        if found is None:
            raise LookupError("a conflict has at least one side")
        before = self.known.get(found.key)
        conflict = Conflict(
            key=found.key,
            type=theirs.type if theirs else found.type,
            reason=reason,
            parts=parts,
            base_digest=row.base_digest if row else None,
            local_digest=local.resource.digest if local else None,
            remote_digest=theirs.digest if theirs else None,
        )
        if before is not None and before._replace(path=None, since=None, run=None) == conflict:
            return
        if local is not None:
            body, type_ = local.resource.body, local.resource.type
            self.records.keep_seen(Seen(found.key, type_, body, Origin.HERE, message="in conflict"))
        if before is not None and is_covered(before) and not is_covered(conflict):
            # it waits for somebody's choice; what both sides changed since is seen by every look at them
            return
        path = lay_theirs(self.root, self.target, kind, theirs) if theirs else None
        conflict = conflict._replace(path=path, since=before.since if before else None)
        self.records.keep_conflict(conflict)
        self.known[found.key] = conflict

    def settle(self, kind: Kind, key: Key, *, even_covered: bool = False) -> None:
        """Forget a conflict, if there was one: the sides agree, or somebody chose.

        A version that a push of ours covered stays, though the sides agree, until somebody chose (`even_covered`).
        """
        conflict = self.known.get(key)
        if conflict is None or (is_covered(conflict) and not even_covered):
            return
        del self.known[key]
        self.records.settle(key)
        if conflict.path is not None:
            clear_theirs(self.root, kind, key, conflict.type, conflict.path)


def is_covered(conflict: Conflict) -> bool:
    """Tell whether a conflict is a version of somebody else that a push of ours covered."""
    return conflict.reason == Reason.OVERWRITTEN


def settle_hint(ref: str) -> str:
    """Say what to type about a conflict."""
    return f"look: cochat diff {ref}; settle it: cochat resolve {ref} --ours, --theirs, --merge or --edit"
