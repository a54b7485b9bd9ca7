"""What a row of chaos found: how much was run, and each thing that went wrong with how to repeat it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

#: a row that takes hours says now and then how far it is
_NEWS_EACH_S = 60.0


@dataclass
class Result:
    """Gather one row. `ran` counts what was really tried; `facts` are figures worth reading beside the count."""

    seed: int
    ran: int = 0
    failures: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._told_s = time.monotonic()

    def count(self) -> None:
        """Count one more that was tried."""
        self.ran += 1
        if time.monotonic() - self._told_s > _NEWS_EACH_S:
            self._told_s = time.monotonic()
            self._say(f"{self.ran} begun, {len(self.failures)} failed")

    def check(self, holds: object, what: str) -> None:
        """Take note of a promise that does not hold."""
        if not holds:
            self.fail(what)

    def fail(self, what: str) -> None:
        """Take note of what went wrong, and say it at once: a row that is stopped later has told it."""
        self.failures.append(what)
        self._say(what)

    def _say(self, what: str) -> None:
        sys.stderr.write(f"seed {self.seed}: {what}\n")
        sys.stderr.flush()
