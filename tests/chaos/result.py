"""What a row of chaos found: how much was run, and each thing that went wrong with how to repeat it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Result:
    """Gather one row. `ran` counts what was really tried; `facts` are figures worth reading beside the count."""

    seed: int
    ran: int = 0
    failures: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    def check(self, holds: object, what: str) -> None:
        """Take note of a promise that does not hold."""
        if not holds:
            self.fail(what)

    def fail(self, what: str) -> None:
        """Take note of what went wrong."""
        self.failures.append(what)
