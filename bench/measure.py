"""How the benchmarks measure: whole processes, side by side in one run, medians and ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Run:
    """What one process cost: seconds of wall and CPU, the peak of its memory in MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def run_process(
    command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, out: Path | None = None
) -> Run:
    """Run a process to its end, and read what it cost from the system; what it prints goes into the file `out`.

    Raises:
        RuntimeError: it failed.
    """
    started_s = time.perf_counter()
    with (out or Path(os.devnull)).open("wb") as printed:
        process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=printed, stderr=subprocess.PIPE
        )
        said = process.stderr.read() if process.stderr else b""
    _pid, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stderr:
        process.stderr.close()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {said.decode(errors='replace')}")
    return Run(
        wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    )


def side_by_side(contenders: Mapping[str, Callable[[], Run]], *, rounds: int) -> dict[str, Run]:
    """Run the contenders in turns, so that a busy moment hits them alike: the medians by name."""
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for _round in range(rounds):
        for name, contend in contenders.items():
            runs[name].append(contend())
    return {name: _median(found) for name, found in runs.items()}


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    print(f"\n{title}")
    for row in (head, ["-" * width for width in widths], *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        statistics.median(run.wall_s for run in runs),
        statistics.median(run.cpu_s for run in runs),
        statistics.median(run.peak_mib for run in runs),
    )
