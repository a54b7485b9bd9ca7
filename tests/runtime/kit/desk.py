"""What tests of the test kit write down and run: plugins and tests of an author."""

from __future__ import annotations

import pytest


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def run_pytest(pytester, tmp_path):
    """Run the tests that were written, in this process."""
    return lambda *words: pytester.runpytest_inprocess(f"--rootdir={tmp_path}", *words, str(tmp_path))
