"""What it costs to start: `cochat --help` and `--version` beside a bare interpreter and bare imports."""

from __future__ import annotations

import sys

from bench.measure import print_table, run_process, side_by_side

ROUNDS = 15
BAR_CPU_S = 0.10
BAR_MIB = 25.0


def main() -> None:
    """Measure, and print the table."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import click": [sys.executable, "-c", "import click"],
        "import httpx": [sys.executable, "-c", "import httpx"],
        "cochat --help": [sys.executable, "-m", "cochat_devkit", "--help"],
        "cochat --version": [sys.executable, "-m", "cochat_devkit", "--version"],
        "cochat pull --help": [sys.executable, "-m", "cochat_devkit", "pull", "--help"],
    }
    found = side_by_side(
        {name: lambda command=command: run_process(command) for name, command in commands.items()}, rounds=ROUNDS
    )
    bare_s = found["python -c pass"].cpu_s
    rows = []
    for name, run in found.items():
        is_ours = name.startswith("cochat")
        reached = run.cpu_s <= BAR_CPU_S and run.peak_mib <= BAR_MIB
        bar = ("reached" if reached else "MISSED") if is_ours else ""
        ratio = f"{run.cpu_s / bare_s:.1f}"
        rows.append([name, f"{run.cpu_s * 1000:.0f}", ratio, f"{run.wall_s * 1000:.0f}", f"{run.peak_mib:.0f}", bar])
    head = ["command", "CPU ms", "x bare", "wall ms", "peak MiB", f"bar: {BAR_CPU_S * 1000:.0f} ms, {BAR_MIB:.0f} MiB"]
    print_table(f"Start-up, medians of {ROUNDS}", head, rows)


if __name__ == "__main__":
    main()
