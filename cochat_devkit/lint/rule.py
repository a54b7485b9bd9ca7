"""What a rule is, and what it is shown of a plugin."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cochat_devkit.plugin import Generation, LoadFailure, PluginFacts, PluginKind


@dataclass(frozen=True)
class PluginFile:
    """Name one plugin in the workspace.

    `type` is "" for tools, else the type that its folder stands for: "filter", "pipe", "action", "event". `shown` is
    the path relative to the workspace, with forward slashes. `source` is the text as it stands in the file, and
    `stated_valves` names the valves whose values the sidecar states. One that may not run is looked at, and not loaded.
    """

    kind: PluginKind
    type: str
    id: str
    path: Path
    shown: str
    source: str
    stated_valves: tuple[str, ...] = ()
    may_run: bool = True


@dataclass(frozen=True)
class Subject:
    """Hold what a rule may look at: the file, and what came of loading it; None where it was not loaded."""

    file: PluginFile
    told: PluginFacts | LoadFailure | None
    generation: Generation

    @functools.cached_property
    def tree(self) -> ast.Module | None:
        """Parse the source; None where it is no Python."""
        try:
            return ast.parse(self.file.source.removeprefix("\ufeff"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def top_level_names(self) -> Iterator[tuple[str, ast.stmt]]:
        """List the names that classes and imports at module level bind, each with its statement."""
        for statement in self.tree.body if self.tree else ():
            if isinstance(statement, ast.ClassDef):
                yield statement.name, statement
            elif isinstance(statement, ast.Import | ast.ImportFrom):
                for name in statement.names:
                    yield (name.asname or name.name), statement


@dataclass(frozen=True)
class Hit:
    """Say what a rule found, and where; lines and columns count from 1."""

    message: str
    line: int = 1
    column: int = 1
    hint: str | None = None


@dataclass(frozen=True)
class Example:
    """Show a plugin that a rule accepts or complains about; `line` is where it complains."""

    source: str
    type: str = ""
    id: str = "example"
    line: int = 1
    stated_valves: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """Hold one rule. The docstring of its module explains it; its examples are its tests."""

    code: str
    title: str
    check: Callable[[Subject], Iterable[Hit]]
    valid: tuple[Example, ...]
    invalid: tuple[Example, ...]
    severity: Severity = Severity.ERROR
    explanation: str = ""
