"""The walk of every page of many resources, in small: `make browser-all` is the same with ten thousand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 300


def test_every_page_is_walked_and_a_second_run_goes_on(tmp_path: Path, record: Callable[[str], None]) -> None:
    """Whoever has no hour walks in pieces, and the last line is about all of them."""
    first = _walk(tmp_path, "--most", "20")
    assert first.startswith("20 pages of ")
    last = _walk(tmp_path)
    record(last.strip())
    pages, addresses = re.findall(r"\d+", last)[:2]
    assert pages == addresses
    assert "0 console errors; 0 requests elsewhere; 0 serious axe violations" in last
    assert "; 0 other faults;" in last


def _walk(folder: Path, *options: str) -> str:
    command = [sys.executable, "-m", "tests.browser.whole", "--keep", str(folder), "--count", "20", *options]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
