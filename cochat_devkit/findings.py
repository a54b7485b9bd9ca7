"""What is wrong with a file: one finding, with its place, its rule and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """Order findings by what they do: an error stops a push, a warning is shown, an info only on request."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, order=True)
class Finding:
    """Name one defect. `path` is relative to the workspace, with forward slashes; lines and columns count from 1."""

    path: str
    line: int
    column: int
    code: str
    message: str
    severity: Severity = Severity.ERROR
    hint: str | None = field(default=None, compare=False)

    @property
    def stops(self) -> bool:
        """Tell whether this finding makes the answer no."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.message}"
