"""Each row of chaos in small, with a seed that stays; the numbers of the bars are `make soak`."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.cells import divide
from tests.chaos.matrix import every_cell
from tests.chaos.rows import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = 20_261_125


@pytest.mark.parametrize("name", list(ROWS))
def test_nothing_is_lost(name: str) -> None:
    """Whatever the network, the server, the disk and others do, my work is still somewhere, and I am told."""
    row = ROWS[name]
    result = row.run(row.SMALL, SEED)
    assert result.failures == []
    assert result.ran >= row.SMALL


def test_every_row_says_what_it_is() -> None:
    """The table can be read: a sentence and three sizes for each row."""
    for name, row in ROWS.items():
        assert row.WHAT, name
        assert row.SMALL <= row.SHORT <= row.BAR, name


def test_every_cell_of_the_matrix_is_run_once() -> None:
    """Whoever runs them all has met each, and none twice."""
    cells = every_cell()
    shares = divide(cells, SEED)
    assert len(cells) > 10_000
    assert sorted(str(cell) for share in shares for cell in share) == sorted({str(cell) for cell in cells})


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks the system for the children of a process")
def test_what_a_killed_run_started_ends_with_it() -> None:
    """A run that is killed leaves no process behind, neither those that share its work nor their servers."""
    command = [sys.executable, "-m", "tests.chaos", "lost", "--count", "400", "--jobs", "2"]
    run = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        groups = _until(lambda: {group for pid, parent, group in _processes() if parent == run.pid and group == pid})
        _until(lambda: [pid for pid, parent, group in _processes() if group in groups and parent in groups])
    finally:
        run.kill()
        run.wait()
    assert _until(lambda: not [pid for pid, _parent, group in _processes() if group in groups])


def _until(look: Callable[[], Any]) -> Any:
    """Look until something is seen."""
    deadline = time.monotonic() + 60
    while not (seen := look()):
        assert time.monotonic() < deadline, "nothing was seen in a minute"
        time.sleep(0.1)
    return seen


def _processes() -> Iterator[tuple[int, int, int]]:
    """List the processes of this machine: (id, parent, group)."""
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            told = place.read_text().rpartition(")")[2].split()
            if told[0] != "Z":
                yield int(place.parent.name), int(told[1]), int(told[2])
