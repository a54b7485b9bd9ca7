"""One pass over plugins: load each, ask every rule, and have ruff look at all of them meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cochat_devkit.events import Emit, Progress, ignore
from cochat_devkit.findings import Finding
from cochat_devkit.lint.ruff import SYNTAX_ERROR, run_ruff
from cochat_devkit.lint.rule import PluginFile, Subject
from cochat_devkit.lint.rules import all_rules
from cochat_devkit.plugin import Generation, LoadFailure, LoadRequest, PluginLoader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def check_plugins(
    files: Sequence[PluginFile],
    loader: PluginLoader,
    *,
    generation: Generation,
    root: Path,
    with_ruff: bool = True,
    emit: Emit = ignore,
) -> list[Finding]:
    """Check plugins: findings in the order of files and lines. The loader executes the plugins that may run.

    `root` is the workspace, where ruff is run. A syntax error is told once: by us, with the server's words.

    Raises:
        LocalError: ruff cannot be run.
    """
    findings: list[Finding] = []
    no_python: set[str] = set()
    with ThreadPoolExecutor(max_workers=1) as pool:
        ruff = pool.submit(run_ruff, {file.path: file.shown for file in files} if with_ruff else {}, root)
        for done, file in enumerate(files):
            emit(Progress("check", done, len(files)))
            request = LoadRequest(file.kind, file.id, file.source, file.path, generation)
            told = loader.load(request) if file.may_run else None
            if isinstance(told, LoadFailure) and told.exception in ("SyntaxError", "IndentationError", "TabError"):
                no_python.add(file.shown)
            findings += _ask_rules(Subject(file, told, generation))
        findings += [each for each in ruff.result() if each.code != SYNTAX_ERROR or each.path not in no_python]
    emit(Progress("check", len(files), len(files)))
    return sorted(findings, key=lambda each: (each.path, each.line, each.column, each.code, each.message))


def _ask_rules(subject: Subject) -> Iterator[Finding]:
    for rule in all_rules():
        for hit in rule.check(subject):
            yield Finding(
                path=subject.file.shown,
                line=hit.line,
                column=hit.column,
                code=rule.code,
                message=hit.message,
                severity=rule.severity,
                hint=hit.hint,
            )
