"""What calls, chains, pipes and stand-ins come to here and by a real server's own code, each alone."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.facts import VERSIONS
from tests.parity.report import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "tests" / "runtime"
TIMEOUT_S = 600.0
#: pytest's ways to end after all tests have run
_ANSWERED = (0, 1)
_PARAMETERS = re.compile(r"\[(?P<generation>[\d.]+)-(?P<name>.*)\]$")


def rows(version: str) -> list[Row]:
    """Run the tests on one version: a row for each sample."""
    generation = next(each for each, known in VERSIONS.items() if known == version)
    files = sorted(FOLDER.glob("test_*_against_server.py"))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n0", f"--junitxml={report}", "-k", f"[{generation}-", *files],
            cwd=REPOSITORY,
            env={**os.environ, "COCHAT_CONTRACT_REAL": "1"},
            stdout=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode not in _ANSWERED:
            raise RuntimeError(f"the tests of {FOLDER} that ask a server cannot be run: pytest ended {done.returncode}")
        cases = list(ET.parse(report).iter("testcase"))
    facts = {each.stem: _facts(each) for each in files}
    return list(_rows(cases, facts))


def _rows(cases: list[ET.Element], facts: dict[str, dict[str, str]]) -> Iterator[Row]:
    for case in cases:
        title = case.get("name", "")
        file = case.get("classname", "").rpartition(".")[2]
        found = _PARAMETERS.search(title)
        if found is None:
            continue
        problem = next((each for each in case if each.tag in ("failure", "error")), None)
        note = "" if problem is None else f"not the same: {(problem.get('message') or '').splitlines()[0]}"
        area = f"{file.removeprefix('test_').removesuffix('_against_server')}, each alone"
        state = {VERSIONS[found["generation"]]: "validated" if problem is None else "gap"}
        yield Row(area, found["name"], facts[file][title[: found.start()]], state, note)  # type: ignore[arg-type]


def _facts(path: Path) -> dict[str, str]:
    """Read the promises of a module's tests: by name, the first line of each."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    return {
        each.name: (ast.get_docstring(each) or "").partition("\n")[0]
        for each in module.body
        if isinstance(each, ast.FunctionDef)
    }
