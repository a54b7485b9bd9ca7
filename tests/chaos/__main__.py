"""Print the table of what is never lost: what, the bar, what was run now, and what went wrong.

`python -m tests.chaos [--full] [--seed N] [--count N] [--jobs N] [NAME…]`
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from tests.chaos.rows import ROWS, end_with, run_row

if TYPE_CHECKING:
    from tests.chaos.result import Result


def main() -> int:
    """Run the rows that were asked for; 1 if any failed."""
    words = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.splitlines()[0])
    words.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}; all where none is given")
    words.add_argument("--full", action="store_true", help="run as many as the bars ask for")
    words.add_argument("--seed", type=int, default=None, help="repeat a run; every run prints its seed")
    words.add_argument("--count", type=int, default=None, help="run so many of each instead")
    words.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="share each row among so many processes")
    asked = words.parse_args()
    if unknown := [name for name in asked.names if name not in ROWS]:
        words.error(f"there is no {', '.join(unknown)}")
    seed = time.time_ns() % 1_000_000 if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    print(f"{'row':<8} {'asked':>7} {'reached':>8} {'failed':>6} {'time':>7}  what", flush=True)
    failures: list[str] = []
    for name in asked.names or ROWS:
        row = ROWS[name]
        count = asked.count or (row.BAR if asked.full else row.SHORT)
        began = time.monotonic()
        parts = _share(name, count, seed, asked.jobs)
        took_s = time.monotonic() - began
        ran, failed = sum(each.ran for each in parts), sum(len(each.failures) for each in parts)
        facts = "; ".join(", ".join(each.facts) for each in parts if each.facts)
        columns = f"{name:<8} {row.BAR:>7} {ran:>8} {failed:>6} {took_s:>6.1f}s"
        print(f"{columns}  {row.WHAT}{f' ({facts})' if facts else ''}", flush=True)
        for part in parts:
            repeat = f"python -m tests.chaos {name} --seed {part.seed} --count {_count_of(part, parts, count)} --jobs 1"
            failures += [f"{name}: {each}\n    repeat: {repeat}" for each in part.failures[:20]]
    for each in failures:
        print(each, file=sys.stderr)
    return 1 if failures else 0


def _share(name: str, count: int, seed: int, jobs: int) -> list[Result]:
    """Run a row in so many processes, each with a seed and a home of its own."""
    parts = max(1, min(jobs, count // max(ROWS[name].SMALL, 1)))
    counts = [count // parts + (number < count % parts) for number in range(parts)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(parts, mp_context=context, initializer=end_with, initargs=(os.getpid(),)) as pool:
        return list(pool.map(run_row, [name] * parts, counts, [seed + number for number in range(parts)]))


def _count_of(part: Result, parts: list[Result], count: int) -> int:
    number = parts.index(part)
    return count // len(parts) + (number < count % len(parts))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # the processes that work for this one end with it
        os._exit(130)
