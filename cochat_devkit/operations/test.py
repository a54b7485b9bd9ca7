"""Test: run the plugins' own pytest tests, in a process of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cochat_devkit.errors import UsageError
from cochat_devkit.events import Notice, Report, ignore
from cochat_devkit.operations.check import choose_plugins
from cochat_devkit.operations.packages import python_of
from cochat_devkit.operations.trust import require_trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.findings import Finding
    from cochat_devkit.runtime.testing import TestRun
    from cochat_devkit.workspace.tree import LocalResource

__test__ = False  # pytest would take this module for one of its own

#: where tests lie, mirroring the folders beside it
TESTS = "plugins/tests"
#: a plugin's tests that take longer are stuck
TIMEOUT_S = 600.0


def test(config: Config, words: Sequence[str], *, emit: Emit) -> Report:
    """Run the tests of the plugins that some paths and addresses name, or the test files themselves; all for none.

    Raises:
        UsageError: a word names nothing, or nothing has tests.
        NotTrusted: what is tested came from a server, and nobody here has said that it may run.
    """
    files = [Path(word).resolve() for word in words if _is_test_path(config, word)]
    others = [word for word in words if not _is_test_path(config, word)]
    if others or not words:
        chosen, _tree = choose_plugins(config, others)
        files += _test_files(config, chosen)
    if not words and (config.root / TESTS).is_dir():
        files = [config.root / TESTS]
    if not files:
        raise UsageError("there are no tests here", hint=f"tests lie in {TESTS}/; cochat new makes them")
    require_trust(config, _tested_by(config, files))
    return _report(_run(config, files, emit, config))


def test_plugins_of(config: Config, chosen: Sequence[LocalResource], *, home: Config) -> TestRun:
    """Run the tests of some plugins, silently; one without tests passes.

    `home` is the workspace whose packages are there: the same, unless the files lie elsewhere.
    """
    return _run(config, _test_files(config, chosen), ignore, home)


def test_path_of(path: str) -> str:
    """Name the test file of a plugin: `plugins/tools/x.py` has `plugins/tests/tools/test_x.py`."""
    place = PurePosixPath(path)
    return f"{TESTS}/{place.parent.name}/test_{place.name}"


def _run(config: Config, files: Sequence[Path], emit: Emit, home: Config) -> TestRun:
    from cochat_devkit.runtime.testing import run_plugin_tests

    ran = run_plugin_tests(
        files,
        root=config.root,
        python=python_of(home),
        timeout_s=TIMEOUT_S,
        on_output=lambda line: emit(Notice(line)),
    )
    return replace(ran, findings=tuple(map(_with_hint, ran.findings)))


def _with_hint(finding: Finding) -> Finding:
    return replace(finding, hint="cochat install") if "ModuleNotFoundError" in finding.message else finding


def _test_files(config: Config, chosen: Sequence[LocalResource]) -> list[Path]:
    places = [config.root / test_path_of(each.path) for each in chosen]
    return [place for place in places if place.is_file()]


def _tested_by(config: Config, files: Sequence[Path]) -> list[LocalResource]:
    """Find the plugins whose tests lie in some files and folders."""
    wanted = {each.resolve() for each in files}
    found, _tree = choose_plugins(config, ())
    places = {each.path: (config.root / test_path_of(each.path)).resolve() for each in found}
    return [each for each in found if places[each.path].is_file() and not wanted.isdisjoint(_within(places[each.path]))]


def _within(place: Path) -> tuple[Path, ...]:
    return (place, *place.parents)


def _is_test_path(config: Config, word: str) -> bool:
    place = Path(word)
    return place.exists() and (config.root / TESTS).resolve() in _within(place.resolve())


def _report(run: TestRun) -> Report:
    report = Report(findings=list(run.findings), exit_code=1 if run.failed else 0)
    report.counts = {"passed": run.passed, "failed": run.failed, "skipped": run.skipped}
    report.extra = {"output": run.output}
    return report
