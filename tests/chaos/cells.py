"""Run every cell of the fault matrix, or those whose sentence has all the given words, and say what went wrong.

`python -m tests.chaos.cells [--seed N] [--jobs N] [WORD…]`, for example `python -m tests.chaos.cells "list of agent"`;
all of them take about two hours on two cores.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.chaos.matrix import Cell, every_cell, run_cells
from tests.chaos.result import Result
from tests.chaos.rows import end_with, isolated

#: as many share a workspace, so that its journal and trash do not grow without end
_CELLS_OF_ONE_SHARE = 150


def main() -> int:
    """Run the cells that were asked for; 1 if any failed."""
    words = argparse.ArgumentParser(prog="python -m tests.chaos.cells", description=__doc__.splitlines()[0])
    words.add_argument("words", nargs="*", metavar="WORD", help="run those alone whose sentence has all of these")
    words.add_argument("--seed", type=int, default=None, help="repeat a run; every run prints its seed")
    words.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="share them among so many processes")
    asked = words.parse_args()
    seed = time.time_ns() % 1_000_000 if asked.seed is None else asked.seed
    cells = [cell for cell in every_cell() if all(word in str(cell) for word in asked.words)]
    if not cells:
        words.error(f"there is no cell of {', '.join(asked.words)}")
    shares = divide(cells, seed)
    print(f"seed {seed}: {len(cells)} cells in {len(shares)} shares", flush=True)
    ran, failures, began = 0, 0, time.monotonic()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.jobs, mp_context=context, initializer=end_with, initargs=(os.getpid(),)) as pool:
        for each in as_completed([pool.submit(_run_share, share, seed) for share in shares]):
            result = each.result()
            ran, failures = ran + result.ran, failures + len(result.failures)
            print(f"{ran} of {len(cells)}: {failures} failed, {time.monotonic() - began:.0f} s", flush=True)
    return 1 if failures or ran != len(cells) else 0


def divide(cells: list[Cell], seed: int) -> list[list[Cell]]:
    """Divide cells among workspaces, those of a server and a role beside each other, each in an order of its own."""
    shuffled = random.Random(seed).sample(cells, len(cells))
    by_world = sorted(shuffled, key=lambda cell: (cell.flavor, cell.role))
    return [by_world[at : at + _CELLS_OF_ONE_SHARE] for at in range(0, len(by_world), _CELLS_OF_ONE_SHARE)]


def _run_share(cells: list[Cell], seed: int) -> Result:
    try:
        with isolated():
            return run_cells(cells, seed)
    except Exception:  # noqa: BLE001 - whatever it is, the other shares still run
        result = Result(seed)
        result.fail(traceback.format_exc()[-2000:])
        return result


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # the processes that work for this one end with it
        os._exit(130)
