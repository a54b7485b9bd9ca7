"""The plugins' own tests: pytest as a subprocess, and one finding for each test that failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cochat_devkit.errors import LocalError
from cochat_devkit.findings import Finding
from cochat_devkit.runtime.environment import without_secrets
from cochat_devkit.runtime.processes import MARK, kill_group, kill_marked, make_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cochat_devkit.resource import Json

TEST_FAILED = "CCT01"
TESTS_TIMED_OUT = "CCT02"
OUTPUT_LIMIT_CHARS = 1_000_000
#: pytest's exit codes: all passed, some failed, interrupted (a file could not be collected), none found
_RAN = (0, 1, 2, 5)
#: what makes a file pytest's configuration, by name
_CONFIGURATIONS = {
    "pytest.toml": "",
    ".pytest.toml": "",
    "pytest.ini": "",
    ".pytest.ini": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}


@dataclass(frozen=True)
class TestRun:
    """Say what came of a run: counts, a finding for each failed test, and what pytest printed."""

    __test__: ClassVar[bool] = False  # pytest collects classes by this prefix

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    findings: tuple[Finding, ...] = ()
    output: str = ""


def run_plugin_tests(
    paths: Sequence[Path],
    *,
    root: Path,
    python: Path | None = None,
    timeout_s: float = 120.0,
    on_output: Callable[[str], None] = lambda _line: None,
) -> TestRun:
    """Run the tests in files and folders of the workspace `root`; paths that do not exist have no tests.

    `python` is the interpreter that runs them, ours by default; it has pytest and us. `on_output` gets each line that
    pytest prints, as it comes. After `timeout_s`, or on Ctrl-C, pytest and whatever it started are ended.

    Raises:
        LocalError: pytest could not run at all.
    """
    there = [path for path in (root / each for each in paths) if path.exists()]
    if not there:
        return TestRun()
    with tempfile.TemporaryDirectory(prefix="cochat-tests-") as folder:
        report = Path(folder, "report.jsonl")
        report.touch()
        command = [str(python or sys.executable), *_options(root, Path(folder), report), *map(str, there)]
        output, exit_code, in_time = _run(command, root, timeout_s, on_output)
        events = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    if in_time and exit_code not in _RAN:
        said = output.strip().splitlines() or [f"it ended with exit code {exit_code}"]
        raise LocalError(f"pytest could not run: {said[-1]}", hint="run it yourself: python -m pytest plugins/tests")
    return _to_test_run(events, output, timeout_s if not in_time else None)


def _options(root: Path, folder: Path, report: Path) -> Iterator[str]:
    yield from ("-P", "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider")
    # two plugins of different types may have tests of the same name
    yield from ("--import-mode=importlib", f"--rootdir={root}")
    yield from ("-p", "cochat_devkit.runtime.pytest_report", f"--cochat-report={report}")
    if not _has_pytest_configuration(root):
        # pytest would go on looking in the folders above, which are somebody else's
        empty = folder / "pytest.ini"
        empty.write_text("[pytest]\n", encoding="utf-8")
        yield from ("-c", str(empty))


def _has_pytest_configuration(root: Path) -> bool:
    return any(
        (root / name).is_file() and mark in (root / name).read_text(encoding="utf-8", errors="replace")
        for name, mark in _CONFIGURATIONS.items()
    )


def _run(
    command: Sequence[str], root: Path, timeout_s: float, on_output: Callable[[str], None]
) -> tuple[str, int, bool]:
    """Run pytest: (what it printed, its exit code, whether it came to an end in time)."""
    environment = without_secrets(os.environ)
    environment.pop("PYTEST_ADDOPTS", None)
    environment.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)
    time_is_over, mark = threading.Event(), make_mark()
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=root,
        env={**environment, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1", MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a Ctrl-C is for us; we end the tests ourselves
    ) as process:

        def end_all() -> None:
            kill_group(process)
            kill_marked(mark)

        def end_what_is_left() -> None:
            # what a test started may hold the pipe open for longer than the tests take
            process.wait()
            end_all()

        def give_up() -> None:
            time_is_over.set()
            end_all()

        threading.Thread(target=end_what_is_left, daemon=True).start()
        timer = threading.Timer(timeout_s, give_up)
        timer.start()
        try:
            kept = 0
            for raw in process.stdout or ():
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                on_output(line)
                if kept < OUTPUT_LIMIT_CHARS:
                    lines.append(line[:OUTPUT_LIMIT_CHARS])
                    kept += len(line) + 1
            exit_code = process.wait()
        finally:
            timer.cancel()
            timer.join()
            end_all()
    return "\n".join(lines), exit_code, not time_is_over.is_set()


def _to_test_run(events: Sequence[Json], output: str, spent_s: float | None) -> TestRun:
    failures = [_to_finding(each) for each in events if each["event"] == "failed"]
    if spent_s is not None:
        failures.append(_to_timeout(events, spent_s))
    failed_tests = {each["test"] for each in events if each["event"] == "failed"}
    passed_tests = {each["test"] for each in events if each["event"] == "passed"} - failed_tests
    return TestRun(
        passed=len(passed_tests),
        failed=len(failed_tests) + (spent_s is not None),
        skipped=len({each["test"] for each in events if each["event"] == "skipped"}),
        findings=tuple(sorted(failures)),
        output=output,
    )


def _to_finding(event: Json) -> Finding:
    name = event["test"].rpartition("::")[2]
    return Finding(event["path"], event["line"], 1, TEST_FAILED, f"{name}: {event['message']}")


def _to_timeout(events: Sequence[Json], spent_s: float) -> Finding:
    """Blame the test that was running."""
    started = [each for each in events if each["event"] == "start"]
    message = f"the tests did not finish within {spent_s:g} seconds"
    if not started:
        return Finding("", 1, 1, TESTS_TIMED_OUT, message)
    last = started[-1]
    name = last["test"].rpartition("::")[2]
    return Finding(last["path"], last["line"], 1, TESTS_TIMED_OUT, f"{name}: {message}")
