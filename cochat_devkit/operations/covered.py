"""What a push of ours covered: settled by keeping ours, or by taking their version into the files again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cochat_devkit.events import Outcome
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.mirror.history import Origin, Seen
from cochat_devkit.operations.conflicts import Conflicts, How, is_covered
from cochat_devkit.operations.laying import lay_resource
from cochat_devkit.operations.merging import merge_sides
from cochat_devkit.operations.trust import note_laid
from cochat_devkit.resource import Resource
from cochat_devkit.sync.decide import Action
from cochat_devkit.workspace.tree import keep_resource, read_tree

if TYPE_CHECKING:
    from cochat_devkit.config import Config, Target
    from cochat_devkit.operations.records import Records
    from cochat_devkit.resource import Key


def settle_covered(config: Config, aim: Target, records: Records, key: Key, how: How) -> Outcome | None:
    """Settle a version that a push covered: ours stays, or theirs goes into the files, alone or merged with ours.

    None where none was covered; what cannot be merged stays a conflict. An editor has nothing to show of it: what
    can be is merged, and the rest lies beside the files.

    Raises:
        CannotWrite: a file changed meanwhile, or the disk refuses.
    """
    conflicts, kind = Conflicts(config.root, records, aim.name), kind_named(key.kind)[0]
    conflict = conflicts.known.get(key)
    if conflict is None or not is_covered(conflict) or conflict.remote_digest is None:
        return None
    ref = ref_of(key, conflict.type)
    if how is How.OURS:
        conflicts.settle(kind, key, even_covered=True)
        return Outcome(
            ref, str(Action.NOTHING), f"yours stays on {aim.name}; theirs is in the history: cochat log {ref}"
        )
    present = read_tree(config.root, [kind]).found.get(key)
    theirs = Resource(key, records.reader.body(conflict.remote_digest), conflict.type)
    said = "theirs is in your files"
    if how is not How.THEIRS and present is not None:
        base = records.reader.body(conflict.base_digest) if conflict.base_digest else None
        merged = merge_sides(kind, base, present, theirs)
        if merged.conflicts:
            parts = ", ".join(merged.conflicts)
            hint = f"take one side: cochat resolve {ref} --ours, or --theirs; theirs lies in {conflict.path}"
            return Outcome(ref, str(Action.CONFLICT), conflict.reason, present.path, 3, f"cannot merge: {parts}", hint)
        theirs, said = replace(theirs, body=merged.body), "both are in your files"
    if present is not None:
        keep_resource(config.root, present)
        ours = Seen(key, present.resource.type, present.resource.body, Origin.HERE, message="before theirs was taken")
        records.keep_seen(ours)
    note_laid(config, key, theirs.body)
    laid = lay_resource(config.root, kind, theirs, present)
    conflicts.settle(kind, key, even_covered=True)
    return Outcome(ref, str(Action.UPDATE_HERE), said, laid.path, hint=f"send it: cochat push {ref}")
