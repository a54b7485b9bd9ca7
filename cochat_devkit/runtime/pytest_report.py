"""A pytest plugin that writes what each test came to, a JSON object a line: runs in the process of the tests.

The file is named by the option `--cochat-report`; `start` events tell which test ran last when the time was over.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the name of the file."""
    parser.addoption("--cochat-report", type=Path, required=True, help="where the outcomes are written")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to write."""
    config.pluginmanager.register(_Reporter(config.getoption("--cochat-report"), config.rootpath))


class _Reporter:
    def __init__(self, path: Path, root: Path) -> None:
        self._path = path
        self._root = root

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._write({"event": "start", "test": nodeid, "path": location[0], "line": (location[1] or 0) + 1})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._write_failure(report, (report.location[0], (report.location[1] or 0) + 1))
        elif report.skipped or report.when == "call":
            self._write({"event": report.outcome, "test": report.nodeid})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._write_failure(report, (report.nodeid.partition("::")[0], 1))
        elif report.skipped:
            self._write({"event": "skipped", "test": report.nodeid})

    def _write_failure(self, report: pytest.CollectReport | pytest.TestReport, place: tuple[str, int]) -> None:
        path, line = self._innermost_place(report.longrepr) or place
        self._write(
            {"event": "failed", "test": report.nodeid, "path": path, "line": line, "message": _first_line(report)}
        )

    def _innermost_place(self, longrepr: Any) -> tuple[str, int] | None:
        """Find the innermost line of the workspace that a failure passed through."""
        found = None
        for entry in getattr(getattr(longrepr, "reprtraceback", None), "reprentries", ()):
            place = getattr(entry, "reprfileloc", None)
            if place is None:
                continue
            path = (self._root / place.path).resolve()
            if path.is_relative_to(self._root.resolve()) and "site-packages" not in path.parts:
                found = (path.relative_to(self._root.resolve()).as_posix(), place.lineno)
        return found

    def _write(self, event: dict[str, object]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


def _first_line(report: pytest.CollectReport | pytest.TestReport) -> str:
    """Take the sentence of the exception: `AssertionError: assert 1 == 2`, without what pytest explains below it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message).partition("\n")[0]
    said = [line[1:].strip() for line in report.longreprtext.splitlines() if line.startswith("E ")]
    return said[-1] if said else (report.longreprtext.strip().splitlines() or ["failed"])[-1]
