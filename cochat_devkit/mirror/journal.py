"""The journal in the mirror: what runs set out to do and how far each step came."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cochat_devkit.errors import MirrorDamaged
from cochat_devkit.mirror.rows import Row
from cochat_devkit.resource import EMPTY, Fingerprint, Key, RemoteId, Slug, State, Version, make_digest
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Scope
    from cochat_devkit.resource import Json


class StepState(StrEnum):
    """Say how far a step came."""

    #: nothing of it was done
    INTENDED = "intended"
    #: it may have been done: a request went out, or files are being written
    BEGUN = "begun"
    #: it was done, and the base does not know yet
    APPLIED = "applied"
    #: it was done, and the base says so
    DONE = "done"
    #: it was not done, or what became of it was settled otherwise
    DROPPED = "dropped"


#: made once: to make one takes a fifth of the time of writing a step
_SORTED = json.JSONEncoder(sort_keys=True)
#: what is empty and not left out: no second is not the second 0, and no list of ids not an empty one
_SAYS_SOMETHING = (0, ())
#: a step in one of these is looked at again by the next run
OPEN = (StepState.INTENDED, StepState.BEGUN, StepState.APPLIED)


class Step(NamedTuple):
    """Hold one step of a run: a write to the server, or to the files of one resource.

    Digests name stored bodies: of the server's before and after, and of what is sent; None where there is none.
    `before_saved_s` is when the server's before was saved, in seconds of the server's clock since 1970.
    `files_before` and `files_after` name by path the stored contents of files before a step, and their digests after.
    `known_ids` are the ids that the server listed before a create of which it makes the id. `row_before` is what the
    mirror knew; `base_local` the fingerprint of the files that the step makes the base; `row_after` what the mirror
    then knows of files, and after a write to the server the base that stays, None where the write makes one.
    """

    number: int
    key: Key
    type: str
    action: str
    state: StepState = StepState.INTENDED
    remote_id: RemoteId | None = None
    before_digest: str | None = None
    before_version: Version | None = None
    before_saved_s: int | None = None
    sent_digest: str | None = None
    after_digest: str | None = None
    after_version: Version | None = None
    base_local: Fingerprint | None = None
    path: str | None = None
    row_before: Row | None = None
    row_after: Row | None = None
    known_ids: tuple[str, ...] | None = None
    files_before: Mapping[str, str] = EMPTY
    files_after: Mapping[str, str] = EMPTY
    note: str = ""

    @property
    def is_about_files(self) -> bool:
        """Tell whether the step writes files here, and not to the server."""
        return self.action.endswith("-here") or self.action == "merge"


class Run(NamedTuple):
    """Hold one run of a writing command; `ended` is None while it works, or after it was killed."""

    id: int
    scope_id: int
    command: str
    target: str
    started: datetime
    ended: datetime | None = None
    message: str = ""
    #: the run that this one took back
    undoes: int | None = None
    steps: tuple[Step, ...] = ()


class Tally(NamedTuple):
    """Hold one run in numbers: its head, how many steps it did by their action, and how many it left to be settled.

    `total` counts those that were not done, too.
    """

    run: Run
    done: Mapping[str, int]
    open: int
    total: int


_RUNS = "SELECT id, scope_id, command, target, started, ended, message, undoes FROM run"
_STEPS = "SELECT number, kind, slug, state, packed FROM step WHERE run_id = ? ORDER BY number LIMIT ? OFFSET ?"
#: as SQLite says it
_ALL = -1

#: a run that ended without a step done is none that anybody looks for
_NEWEST = """
SELECT id FROM run r WHERE scope_id = ? AND coalesce(?, command) = command
    AND (ended IS NULL OR EXISTS (SELECT 1 FROM step WHERE run_id = r.id AND state = 'done'))
ORDER BY id DESC LIMIT 1
"""
_LAST_DONE = """
SELECT number, kind, slug, state, packed FROM step JOIN run ON run.id = step.run_id
WHERE run.scope_id = ? AND kind = ? AND slug = ? AND state = 'done' ORDER BY run_id DESC, number DESC LIMIT 1
"""
#: a step of an early version is compressed, and does not tell its action so
_TALLY = """
SELECT state, CASE WHEN substr(packed, 1, 1) = x'7B' THEN json_extract(CAST(packed AS TEXT), '$.action') END, count(*)
FROM step WHERE run_id = ? GROUP BY 1, 2
"""


def read_tallies(reader: MirrorReader, scope: Scope, *, newest: int) -> list[Tally]:
    """Read the newest runs of a scope without their steps, which may be many thousand; newest first."""
    if not reader.has_table("run"):
        return []
    found = reader.ask(f"{_RUNS} WHERE scope_id = ? ORDER BY id DESC LIMIT ?", (scope.id, newest))
    return [_tally(reader, _to_run(each)) for each in found]


def read_runs(reader: MirrorReader, scope: Scope, *, newest: int) -> list[Run]:
    """Read the newest runs of a scope with their steps, newest first."""
    if not reader.has_table("run"):
        return []
    found = reader.ask(f"{_RUNS} WHERE scope_id = ? ORDER BY id DESC LIMIT ?", (scope.id, newest))
    return [_with_steps(reader, each) for each in found]


def read_run(reader: MirrorReader, scope: Scope, run_id: int, *, first: int = 0, most: int = _ALL) -> Run | None:
    """Read one run of a scope with its steps, or so many of them from one on; None where there is none."""
    if not reader.has_table("run"):
        return None
    found = reader.ask(f"{_RUNS} WHERE scope_id = ? AND id = ?", (scope.id, run_id))
    return _with_steps(reader, found[0], first, most) if found else None


def read_tally(reader: MirrorReader, scope: Scope, run_id: int) -> Tally | None:
    """Read one run of a scope in numbers; None where there is none."""
    run = read_run(reader, scope, run_id, most=0)
    return _tally(reader, run) if run else None


def find_run(reader: MirrorReader, scope: Scope, command: str | None) -> int | None:
    """Find the newest run that ended or did something, of any command or of one: its number."""
    if not reader.has_table("run"):
        return None
    found = reader.ask(_NEWEST, (scope.id, command))
    return int(found[0][0]) if found else None


def read_last_step(reader: MirrorReader, scope: Scope, key: Key) -> Step | None:
    """Read what was last done to one resource, on the server or in the files; None where nothing was."""
    if not reader.has_table("run"):
        return None
    found = reader.ask(_LAST_DONE, (scope.id, key.kind, key.slug))
    return _to_step(found[0]) if found else None


def read_open_runs(reader: MirrorReader) -> list[Run]:
    """Read the runs of all scopes that were never ended, oldest first."""
    if not reader.has_table("run"):
        return []
    return [_with_steps(reader, each) for each in reader.ask(f"{_RUNS} WHERE ended IS NULL ORDER BY id", ())]


def read_lineage(reader: MirrorReader) -> str | None:
    """Read the mirror's own id; None before it has one."""
    if not reader.has_table("fact"):
        return None
    found = reader.ask("SELECT value FROM fact WHERE name = 'lineage'", ())
    return str(found[0][0]) if found else None


def read_content(reader: MirrorReader, digest: str) -> bytes:
    """Read the stored content of a file.

    Raises:
        MirrorDamaged: it is not there, or not what was stored.
    """
    found = reader.ask("SELECT packed FROM content WHERE digest = ?", (digest,)) if reader.has_table("content") else []
    try:
        content = zlib.decompress(found[0][0]) if found else None
    except zlib.error:
        content = None
    if content is None or make_digest(content) != digest:
        raise MirrorDamaged(f"the mirror lacks the file {digest[:12]}", hint="see .cochat/trash for what was replaced")
    return content


def pack_content(content: bytes) -> bytes:
    """Compress the content of a file."""
    return zlib.compress(content, 6)


def pack_step(step: Step) -> bytes:
    """Write all of a step but its address and state."""
    fields = zip(Step._fields, step, strict=True)
    said: dict[str, Json] = {name: value for name, value in fields if value or value in _SAYS_SOMETHING}
    for name in ("number", "key", "state"):
        del said[name]
    for name, row in (("row_before", step.row_before), ("row_after", step.row_after)):
        if row is not None:
            said[name] = _from_row(row)
    return _SORTED.encode(said).encode()


def unpack_step(number: int, key: Key, state: str, packed: bytes) -> Step:
    """Read a step."""
    # steps of earlier versions are compressed; digests hardly shrink, and it took longer than all else about a step
    found = json.loads(packed if packed.startswith(b"{") else zlib.decompress(packed))
    found["row_before"], found["row_after"] = (_to_row(key, found.get(name)) for name in ("row_before", "row_after"))
    if "known_ids" in found:
        found["known_ids"] = tuple(found["known_ids"])
    return Step(number, key, found.pop("type", ""), found.pop("action"), StepState(state), **found)


def _with_steps(reader: MirrorReader, found: tuple[Json, ...], first: int = 0, most: int = _ALL) -> Run:
    run = _to_run(found)
    return run._replace(steps=tuple(_to_step(each) for each in reader.ask(_STEPS, (run.id, most, first))))


def _to_step(found: tuple[Json, ...]) -> Step:
    number, kind, slug, state, packed = found
    return unpack_step(number, Key(kind, Slug(slug)), state, packed)


def _tally(reader: MirrorReader, run: Run) -> Tally:
    done: dict[str, int] = {}
    count_open = total = 0
    for state, action, count in reader.ask(_TALLY, (run.id,)):
        total += count
        if state in OPEN:
            count_open += count
        elif state == StepState.DONE:
            done[action or ""] = count
    return Tally(run, done, count_open, total)


def _to_run(found: tuple[Json, ...]) -> Run:
    run_id, scope_id, command, target, started, ended, message, undoes = found
    return Run(run_id, scope_id, command, target, datetime.fromisoformat(started), _time(ended), message, undoes)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _from_row(row: Row) -> dict[str, Json]:
    said: dict[str, Json] = {name: value for name, value in zip(Row._fields, row, strict=True) if value is not None}
    del said["key"]
    said.pop("derived", None)
    if row.updated_at is not None:
        said["updated_at"] = row.updated_at.isoformat()
    return said


def _to_row(key: Key, found: dict[str, Json] | None) -> Row | None:
    if found is None:
        return None
    known = {**found, "updated_at": _time(found.get("updated_at")), "remote_state": State(found["remote_state"])}
    return Row(key=key, **known)
