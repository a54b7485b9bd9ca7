"""What an operation tells while it runs: progress, waits, and one outcome for each resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from cochat_devkit.findings import Finding
    from cochat_devkit.resource import Json


class Progress(NamedTuple):
    """Say how far a step is; `total` is None while it is not known."""

    step: str
    done: int = 0
    total: int | None = None


class Waiting(NamedTuple):
    """Say that we wait, why, and for how long."""

    reason: str
    seconds: float


class Notice(NamedTuple):
    """Say one thing that a person should know and no program needs."""

    message: str
    hint: str | None = None


class Outcome(NamedTuple):
    """Say what was done, or would be done, about one resource.

    `action` is a word of `sync.decide.Action`; `reason` says what happened to the item; `ok` is False where the item
    failed; `exit_code` is what this item alone would exit with; `changes` are lines for people; `error` is the
    sentence of what went wrong.
    """

    ref: str
    action: str
    reason: str = ""
    path: str | None = None
    exit_code: int = 0
    error: str | None = None
    hint: str | None = None
    changes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether nothing needs attention."""
        return self.exit_code == 0


Event = Progress | Waiting | Notice | Outcome
Emit = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """Tell nobody."""


@dataclass
class Report:
    """Gather what an operation found: the shape that `--json` prints.

    `counts` counts items by action or severity; `requests` is the number of HTTP requests made, None where the
    command makes none; `extra` holds a command's own fields.
    """

    items: list[Outcome] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    requests: int | None = None
    extra: dict[str, Json] = field(default_factory=dict)
    exit_code: int = 0

    def add(self, outcome: Outcome) -> None:
        """Take in one outcome, count it, and let its exit code weigh in (the highest of 4, 3, 1 applies)."""
        self.items.append(outcome)
        self.counts[outcome.action] = self.counts.get(outcome.action, 0) + 1
        self.exit_code = max(self.exit_code, outcome.exit_code)
