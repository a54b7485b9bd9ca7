"""How the journal is written within a transaction of the store."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cochat_devkit.mirror.journal import pack_content, pack_step
from cochat_devkit.resource import make_digest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from cochat_devkit.mirror.journal import Step, StepState
    from cochat_devkit.mirror.rows import Scope


_BEGIN = """
INSERT INTO run (scope_id, command, target, started, ended, message, undoes)
VALUES (:scope_id, :command, :target, :at, NULL, :message, :undoes) RETURNING id
"""
_END = "UPDATE run SET ended = :at WHERE id = :id"
_STEP = """
INSERT INTO step (run_id, number, kind, slug, state, packed)
VALUES (:run_id, :number, :kind, :slug, :state, :packed)
ON CONFLICT (run_id, number) DO UPDATE SET state = excluded.state, packed = excluded.packed
"""
_STATE = "UPDATE step SET state = :state WHERE run_id = :run_id AND number = :number"
_CONTENT = "INSERT INTO content (digest, packed) VALUES (:digest, :packed) ON CONFLICT DO NOTHING"
_OPEN_STEPS = "SELECT count(*) FROM step WHERE run_id = :id AND state NOT IN ('done', 'dropped')"


def begin_run(
    connection: sqlite3.Connection, scope: Scope, command: str, target: str, message: str, undoes: int | None
) -> int:
    """Write that a run begins: its number."""
    facts = {"scope_id": scope.id, "command": command, "target": target, "message": message, "undoes": undoes}
    return int(connection.execute(_BEGIN, {**facts, "at": _now()}).fetchone()[0])


def end_run(connection: sqlite3.Connection, run_id: int) -> None:
    """Write that a run has ended, unless a step of it is still to be settled."""
    if not connection.execute(_OPEN_STEPS, {"id": run_id}).fetchone()[0]:
        connection.execute(_END, {"id": run_id, "at": _now()})


def write_steps(connection: sqlite3.Connection, run_id: int, steps: Iterable[Step]) -> None:
    """Write steps as they now are."""
    found = [
        {
            "run_id": run_id,
            "number": step.number,
            "kind": step.key.kind,
            "slug": step.key.slug,
            "state": str(step.state),
            "packed": pack_step(step),
        }
        for step in steps
    ]
    if found:
        connection.executemany(_STEP, found)


def write_states(connection: sqlite3.Connection, run_id: int, states: Mapping[int, StepState]) -> None:
    """Write how far steps came, by number; the rest of them stays as it is written."""
    found = [{"run_id": run_id, "number": number, "state": str(state)} for number, state in states.items()]
    if found:
        connection.executemany(_STATE, found)


def keep_contents(connection: sqlite3.Connection, contents: Iterable[bytes]) -> None:
    """Store contents of files, each once."""
    found = [{"digest": make_digest(each), "packed": pack_content(each)} for each in contents]
    if found:
        connection.executemany(_CONTENT, found)


def make_lineage(connection: sqlite3.Connection) -> None:
    """Give the mirror an id of its own, unless it has one."""
    fact = "INSERT INTO fact (name, value) VALUES ('lineage', :value) ON CONFLICT DO NOTHING"
    connection.execute(fact, {"value": uuid.uuid4().hex})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
