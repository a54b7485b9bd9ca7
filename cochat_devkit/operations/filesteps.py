"""Steps of the journal about files: a resource's files change together, or are put back as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import LocalError
from cochat_devkit.events import Notice
from cochat_devkit.kinds import ref_of
from cochat_devkit.mirror.journal import Step, StepState, read_content
from cochat_devkit.resource import EMPTY, make_digest
from cochat_devkit.sync.decide import Action
from cochat_devkit.workspace.blobs import has_blob, read_blob
from cochat_devkit.workspace.files import read_file, trash_file, write_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cochat_devkit.events import Emit
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.records import Records
    from cochat_devkit.resource import Key
    from cochat_devkit.workspace.tree import Layout, LocalResource


class FileSteps:
    """Journal the changes of files of one run. A run without any is no run."""

    def __init__(self, root: Path, records: Records, command: str, target: str, *, undoes: int | None = None) -> None:
        self._root = root
        self._records = records
        self._command = command
        self._target = target
        self._undoes = undoes
        self._next = 0
        self._open: dict[Key, Step] = {}

    def begin(
        self,
        key: Key,
        action: Action,
        present: LocalResource | None,
        layout: Layout | None,
        rows: tuple[Row | None, Row | None],
    ) -> None:
        """Note which files of a resource are about to change, and keep what is in them; `layout` None: they all go.

        `rows` is what the mirror knows before and after.
        """
        before = layout.before if layout else present.files if present else {}
        becomes = layout.digests if layout else {}
        type_ = layout.local.type if layout else present.resource.type if present else ""
        self.begin_with(key, type_, action, before, becomes, rows, present.tree if present else {})

    def begin_with(
        self,
        key: Key,
        type_: str,
        action: Action,
        before: Mapping[str, bytes],
        becomes: Mapping[str, str],
        rows: tuple[Row | None, Row | None],
        tree: Mapping[str, str] = EMPTY,
    ) -> None:
        """Note files by their contents before and their digests after, and what the mirror knows before and after.

        `tree` has the digests of further files before, whose bytes lie among the blobs.
        """
        if self._records.run_id is None:
            self._records.begin_run(self._command, self._target, undoes=self._undoes)
        was = {**tree, **{place: make_digest(content) for place, content in before.items()}}
        touched = sorted(place for place in {*was, *becomes} if was.get(place) != becomes.get(place))
        step = Step(
            number=self._next,
            key=key,
            type=type_,
            action=str(action),
            state=StepState.BEGUN,
            row_before=rows[0],
            row_after=rows[1],
            files_before={place: was[place] for place in touched if place in was},
            files_after={place: becomes[place] for place in touched if place in becomes},
        )
        self._next += 1
        self._open[key] = step
        kept = (place for place in touched if place in before and not has_blob(self._root, was[place]))
        self._records.keep_step(step, *(before[place] for place in kept))

    def end(self, key: Key, *, is_done: bool = True) -> None:
        """Note that the files of a resource are as they were to be, or were left alone."""
        step = self._open.pop(key, None)
        if step is not None:
            self._records.end_step(step.number, StepState.DONE if is_done else StepState.DROPPED)

    def settle(self, key: Key, emit: Emit) -> None:
        """Bring the files of a resource whose change failed to one of its two states."""
        step = self._open.pop(key, None)
        if step is not None:
            self._records.flush()
            settle_files(self._root, self._records, step, emit)

    def close(self) -> None:
        """End the run. What a killed or interrupted process leaves begun is settled by the next command."""
        for key in list(self._open):
            self.end(key, is_done=False)
        if self._records.run_id is not None:
            self._records.end_run()


def settle_files(root: Path, records: Records, step: Step, emit: Emit) -> None:
    """Settle a step about files that was interrupted: done, not begun, or between; what is between is put back.

    A file that is neither as before nor as after was edited since: then all are left as they are.
    """
    places = sorted({*step.files_before, *step.files_after})
    try:
        contents = {place: read_file(root, place) for place in places}
        now = {place: make_digest(found) for place, found in contents.items() if found is not None}
        state = StepState.DROPPED
        if all(now.get(place) == step.files_after.get(place) for place in places):
            state = StepState.DONE
            _advance(records, step)
        elif all(now.get(place) in (step.files_before.get(place), step.files_after.get(place)) for place in places):
            put_files(root, records, contents, step.files_before)
            if any(now.get(place) != step.files_before.get(place) for place in places):
                emit(Notice(f"{ref_of(step.key, step.type)}: its files were half written; they are put back"))
    except LocalError as error:
        emit(Notice(f"{ref_of(step.key, step.type)}: an interrupted change of its files is left: {error.message}"))
        state = StepState.DROPPED
    records.keep_step(step._replace(state=state))


def _advance(records: Records, step: Step) -> None:
    """Make the base what it was to become with the files."""
    row = step.row_after
    if row is None:
        if step.action == Action.DELETE_HERE:
            records.drop(step.key)
        return
    records.keep(row)


def put_files(root: Path, records: Records, now: Mapping[str, bytes | None], wanted: Mapping[str, str]) -> None:
    """Bring files from what they are now to stored contents; what is not wanted goes to the trash.

    Raises:
        CannotWrite: one changed meanwhile, or the disk refuses.
    """
    for place, found in now.items():
        digest = wanted.get(place)
        if digest is not None and (found is None or make_digest(found) != digest):
            write_file(root, place, content_of(root, records.reader, digest), expected=found)
        elif digest is None and found is not None:
            trash_file(root, place, expected=found)


def content_of(root: Path, reader: MirrorReader, digest: str) -> bytes:
    """Find the bytes that a step names by digest: among the blobs, else in the mirror.

    Raises:
        MirrorDamaged: nobody has them.
    """
    found = read_blob(root, digest)
    return read_content(reader, digest) if found is None else found
