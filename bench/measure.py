"""How the benchmarks measure: whole processes, side by side in one run, medians and ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Run:
    """What one process cost: seconds of wall and CPU, the peak of its memory in MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


#: what is installed is compiled once and for all, and so is what is measured
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
#: on Linux the peak of a process is never below what its parent had when it began: a small one starts what is measured
_LAUNCH = """
import os, subprocess, sys, time
began_s = time.perf_counter()
with open(sys.argv[1], "wb") as printed:
    process = subprocess.Popen(sys.argv[2:], stdout=printed)
_pid, status, used = os.wait4(process.pid, 0)
wall_s = time.perf_counter() - began_s
print(os.waitstatus_to_exitcode(status), wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def run_process(
    command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, out: Path | None = None
) -> Run:
    """Run a process to its end, and read what it cost from the system; what it prints goes into the file `out`.

    Raises:
        RuntimeError: it failed.
    """
    launched = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCH, str(out or os.devnull), *command],
        cwd=cwd,
        env={**_ENVIRONMENT, **(env or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    exit_code, wall_s, cpu_s, peak = launched.stdout.split()
    if exit_code != "0":
        raise RuntimeError(f"{' '.join(command)} ended with {exit_code}: {launched.stderr}")
    return Run(float(wall_s), float(cpu_s), int(peak) / (1024 * 1024 if sys.platform == "darwin" else 1024))


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
