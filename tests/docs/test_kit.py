"""What the how-to says of the test kit is so: its examples run, and it names every fixture and marker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpcore  # noqa: F401 - imported here, since what tests that run within import is forgotten after each
import httpx  # noqa: F401
import vcr  # noqa: F401

from cochat_devkit import pytest_plugin

if TYPE_CHECKING:
    import pytest

pytest_plugins = ("pytester",)
ROOT = Path(__file__).parents[2]


def _section() -> str:
    text = (ROOT / "docs/how-to.md").read_text(encoding="utf-8")
    return text.partition("## Test a plugin\n")[2].partition("\n## ")[0]


def test_the_examples_run(pytester: pytest.Pytester) -> None:
    """Each block is the file that its first line names, and the tests among them pass."""
    blocks = re.findall(r"```python\n# (\S+)\n(.*?)```", _section(), re.DOTALL)
    assert len(blocks) == 4
    for name, text in blocks:
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    result = pytester.runpytest_inprocess("-W", "error", "--import-mode=importlib", f"--rootdir={pytester.path}")
    result.assert_outcomes(passed=6)


def test_every_fixture_and_marker_is_there() -> None:
    """The table names what `pytest --fixtures` lists of us, and the text every marker and setting."""
    section = _section()
    source = Path(pytest_plugin.__file__).read_text(encoding="utf-8")
    fixtures = re.findall(r"@pytest\.fixture\ndef ([a-z]\w*)\(", source)
    markers = re.findall(r'^    "(\w+)(?:\([^)]*\))?": "', source, re.MULTILINE)
    assert len(fixtures) == 14
    assert len(markers) == 7
    assert [name for name in fixtures if not re.search(rf"\| [^|]*`{name}[`(]", section)] == []
    assert [name for name in markers if name not in section] == []
