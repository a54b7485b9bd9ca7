"""Print the table of what is never lost: what, the bar, what was run now, and what went wrong.

`python -m tests.chaos [--full] [--seed N] [--count N] [NAME…]`
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.chaos.result import Result
from tests.chaos.rows import ROWS, Row, isolated


def main() -> int:
    """Run the rows that were asked for; 1 if any failed."""
    words = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.splitlines()[0])
    words.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}; all where none is given")
    words.add_argument("--full", action="store_true", help="run as many as the bars ask for")
    words.add_argument("--seed", type=int, default=None, help="repeat a run; every run prints its seed")
    words.add_argument("--count", type=int, default=None, help="run so many of each instead")
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
        with isolated():
            result = _run(row, count, seed)
        took_s = time.monotonic() - began
        facts = f" ({', '.join(result.facts)})" if result.facts else ""
        columns = f"{name:<8} {row.BAR:>7} {result.ran:>8} {len(result.failures):>6} {took_s:>6.1f}s"
        print(f"{columns}  {row.WHAT}{facts}", flush=True)
        repeat = f"python -m tests.chaos {name} --seed {seed} --count {count}"
        failures += [f"{name}: {each}\n    repeat: {repeat}" for each in result.failures[:20]]
    for each in failures:
        print(each, file=sys.stderr)
    return 1 if failures else 0


def _run(row: Row, count: int, seed: int) -> Result:
    """Run a row; one that breaks has failed, and the others still run."""
    try:
        return row.run(count, seed)
    except Exception:  # noqa: BLE001 - whatever it is, it belongs into the table
        return Result(seed, failures=[traceback.format_exc()[-2000:]])


if __name__ == "__main__":
    sys.exit(main())
