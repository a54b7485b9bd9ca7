"""Clashes: what both sides changed, to look at: both versions, the one that they began with, and which parts clash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource
from cochat_devkit.kinds import kind_named, parse_ref, ref_of
from cochat_devkit.mirror.conflicts import read_conflicts
from cochat_devkit.operations.agreed import find_base_body
from cochat_devkit.operations.mirrored import mirror_of
from cochat_devkit.resource import State
from cochat_devkit.sync.decide import Reason
from cochat_devkit.sync.merge import merge_bodies
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from cochat_devkit.config import Config
    from cochat_devkit.operations.ls import Shown
    from cochat_devkit.resource import Body

#: how a list calls what both sides changed
CLASHING = frozenset(
    str(each)
    for each in (
        *(Reason.EDITED_BOTH, Reason.NEW_BOTH),
        *(Reason.DELETED_HERE_EDITED_THERE, Reason.EDITED_HERE_DELETED_THERE),
    )
)


class Noted(NamedTuple):
    """Hold a conflict that a pull or push met: what it was, which parts, and since when."""

    ref: str
    type: str
    reason: str
    parts: tuple[str, ...]
    since: datetime | None


class Clash(NamedTuple):
    """Hold both sides of one conflict, and what both began with; None for a side that has nothing, or nobody knows.

    `parts` are the fields that no merge settles; `is_covered` says that a push of ours covered their version.
    """

    reason: str
    parts: tuple[str, ...]
    since: datetime | None
    base: Body | None
    ours: Body | None
    theirs: Body | None
    is_covered: bool


def noted_conflicts(config: Config, *, target: str | None) -> list[Noted]:
    """List the conflicts that were met and not settled, by address."""
    with mirror_of(config, target) as (reader, scope):
        found = read_conflicts(reader, scope).values() if scope else ()
        return [
            Noted(ref_of(each.key, each.type), each.type or each.key.kind, each.reason, each.parts, each.since)
            for each in found
        ]


def clash_of(config: Config, shown: Shown, *, target: str | None) -> Clash:
    """Tell what both sides of a resource say, as far as is known offline.

    Raises:
        UnknownResource: it is not in conflict.
    """
    key, _type = parse_ref(shown.line.ref)
    kind, _type = kind_named(key.kind)
    with mirror_of(config, target) as (reader, scope):
        noted = read_conflicts(reader, scope).get(key) if scope else None
        row = reader.row(scope, key.kind, key.slug) if scope else None
        if noted is None and shown.line.state not in CLASHING:
            raise UnknownResource(f"{shown.line.ref} is not in conflict", hint="cochat status")
        is_covered = noted is not None and noted.reason == Reason.OVERWRITTEN
        if is_covered and noted is not None:
            digests = noted.base_digest, noted.local_digest, noted.remote_digest
            base, ours, theirs = (reader.body(each) if each else None for each in digests)
        else:
            base = find_base_body(config, config.target_named(target), kind, row, reader) if row else None
            ours = shown.body if shown.is_local else None
            is_there = row is not None and row.remote_state is State.PRESENT and row.remote_digest is not None
            theirs = reader.body(str(row.remote_digest)) if row and is_there else None
    parts = noted.parts if noted else ()
    if base is not None and ours is not None and theirs is not None:
        parts = tuple(merge_bodies(base, ours, theirs).conflicts)
    reason = noted.reason if noted else shown.line.state
    return Clash(reason, parts, noted.since if noted else None, base, ours, theirs, is_covered)
