"""What a run did: each resource that a pull, push or undo touched, what became of it, and what changed in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource
from cochat_devkit.kinds import ref_of
from cochat_devkit.mirror.history import read_history
from cochat_devkit.mirror.journal import find_run, read_run, read_tally
from cochat_devkit.operations.mirrored import mirror_of
from cochat_devkit.sync.describe import describe_changes
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from cochat_devkit.config import Config
    from cochat_devkit.mirror.journal import Step, Tally
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Scope

#: names the newest run of all, where the name of a command names its newest
LAST = "last"
_LONGEST_NUMBER = 9


class Touched(NamedTuple):
    """Hold what a run did to one resource.

    `changes` says by field what differs between what it was and what it became; `old` and `new` are the numbers of
    both in the resource's history, None where that does not have them. `paths` are the files that were written.
    """

    ref: str
    type: str
    action: str
    state: str
    changes: tuple[str, ...]
    old: int | None
    new: int | None
    paths: tuple[str, ...]


class Told(NamedTuple):
    """Hold a run in numbers, and what it did to some or all of its resources."""

    tally: Tally
    touched: list[Touched]


def tell_run(config: Config, name: str, *, target: str | None, first: int = 0, most: int = -1) -> Told:
    """Tell what a run did, of all resources or of so many from one on; what ended without doing anything is no run.

    `name` is its number, "last", or the name of a command, whose newest run is meant.

    Raises:
        UnknownResource: there is no such run.
    """
    aim = config.target_named(target)
    with mirror_of(config, target) as (reader, scope):
        number = _number_of(reader, scope, name) if scope else None
        tally = read_tally(reader, scope, number) if scope and number is not None else None
        if scope is None or tally is None:
            raise UnknownResource(f"there is no run {name} of the target {aim.name}", hint="see cochat undo --list")
        run = read_run(reader, scope, tally.run.id, first=first, most=most)
        touched = [_to_touched(reader, scope, step) for step in run.steps] if run else []
        return Told(tally, touched)


def _number_of(reader: MirrorReader, scope: Scope, name: str) -> int | None:
    if name.isdecimal():
        return int(name) if len(name) <= _LONGEST_NUMBER else None
    return find_run(reader, scope, None if name == LAST else name)


def _to_touched(reader: MirrorReader, scope: Scope, step: Step) -> Touched:
    before, after = _digests_of(step)
    entries = enumerate(read_history(reader, scope, step.key), start=1)
    numbers = {entry.digest: number for number, entry in reversed([*entries])}
    changes: list[str] = []
    if before and after and before != after:
        changes = describe_changes(reader.body(before), reader.body(after))
    return Touched(
        ref=ref_of(step.key, step.type),
        type=step.type or step.key.kind,
        action=step.action,
        state=str(step.state),
        changes=tuple(changes),
        old=numbers.get(before) if before else None,
        new=numbers.get(after),
        paths=tuple(sorted({*step.files_before, *step.files_after})),
    )


def _digests_of(step: Step) -> tuple[str | None, str | None]:
    """Name the bodies of what a resource was, and of what it became: on the server, or as both sides agreed on it."""
    if not step.is_about_files:
        return step.before_digest, step.after_digest or step.sent_digest
    was, becomes = step.row_before, step.row_after
    return (
        was.base_digest if was else None,
        (becomes.base_digest or becomes.remote_digest) if becomes else None,
    )
