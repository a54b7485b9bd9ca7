"""Count how many small faults in the core the tests of each module notice: `python -m tests.mutation [MODULE…]`.

Nothing is changed in this tree: the tests run in copies of it, each in a process forked from one that has imported what
does not change.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

import pytest

from tests.mutation.mutants import Mutant, make_mutants

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).parents[2]
_BAR = 0.9
_COPIED = ("cochat_devkit", "tests", "templates", "plugins", "pyproject.toml", "README.md")
#: a mutant may run for ever: it has so many times as long as the code without a fault
_PATIENCE = 8
#: pytest says so of plugins that the parent has imported
_IMPORTED_BEFORE = "ignore::pytest.PytestAssertRewriteWarning"


@dataclass(frozen=True)
class Module:
    """Name a module of the core and the tests that are about it alone.

    `equivalent` says of mutants that no test could tell from the code why that is so, by (the line, what was done).
    """

    path: str
    tests: tuple[str, ...]
    equivalent: dict[tuple[str, str], str] = field(default_factory=dict)


_SHORTER = "what is left out is only left out to be shorter"
_EFFORT = "how hard it tries is no promise"
_LAST = "the last run of both is empty and ends where the other ends"
_AS_LONG = "a tuple has as many values as fields"
_ROW_SAID = (
    "said: dict[str, Json] = {name: value for name, value in zip(Row._fields, row, strict=True) if value is not None}"
)
_UNPACKED = 'return Step(number, key, found.pop("type", ""), found.pop("action"), StepState(state), **found)'
MODULES = {
    "decide": Module("cochat_devkit/sync/decide.py", ("tests/sync/test_decide.py",)),
    "merge": Module(
        "cochat_devkit/sync/merge.py",
        ("tests/sync/test_merge.py",),
        {
            ("LONGEST_TEXT_LINES = 20_000", "20000 -> 20001"): _EFFORT,
            ("while i < len(here) and j < len(there):", "i < len(here): Lt -> LtE"): _LAST,
            (
                "if here_base + here_size < there_base + there_size:",
                "here_base + here_size < there_base + there_size: Lt -> LtE",
            ): "of two that end at once, either may be left first",
            ("runs.append((len(base), len(local), len(remote), 0))", "0 -> 1"): _LAST,
        },
    ),
    "plan": Module("cochat_devkit/sync/plan.py", ("tests/sync/test_plan.py",)),
    "journal": Module(
        "cochat_devkit/mirror/journal.py",
        ("tests/mirror/test_journal.py",),
        {
            ("return zlib.compress(content, 6)", "6 -> 7"): _EFFORT,
            ("_SORTED = json.JSONEncoder(sort_keys=True)", "True -> False"): _EFFORT,
            ("_ALL = -1", "1 -> 2"): "SQLite takes every negative number for no limit",
            ("fields = zip(Step._fields, step, strict=True)", "True -> False"): _AS_LONG,
            (_ROW_SAID, "True -> False"): _AS_LONG,
            (_ROW_SAID, "if value is not None: left out"): _SHORTER,
            (_UNPACKED, "'type' -> '!type'"): "what is not taken out is laid over the same",
        },
    ),
}


def main() -> int:
    """Run the mutants of the modules that were asked for; 1 if too few are killed."""
    words = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    words.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}; all where none is given")
    words.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="so many at once")
    asked = words.parse_args()
    if unknown := [name for name in asked.modules if name not in MODULES]:
        words.error(f"there is no {', '.join(unknown)}")
    print(f"{'module':<10} {'mutants':>8} {'killed':>7} {'survived':>9} {'share':>6} {'time':>7}", flush=True)
    is_enough = True
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copies: Queue[Path] = Queue()
        for number in range(asked.jobs):
            copies.put(_copy_tree(Path(folder) / f"copy{number}"))
        for name in asked.modules or MODULES:
            began = time.monotonic()
            mutants, survivors = _try_all(MODULES[name], copies, asked.jobs)
            killed = len(mutants) - len(survivors)
            share = killed / len(mutants)
            is_enough = is_enough and share >= _BAR
            took_s = time.monotonic() - began
            figures = f"{len(mutants):>8} {killed:>7} {len(survivors):>9} {share:>6.1%}"
            print(f"{name:<10} {figures} {took_s:>6.1f}s", flush=True)
            for each in survivors:
                print(f"  survived {MODULES[name].path}:{each.line}  {each.what}", flush=True)
    return 0 if is_enough else 1


def _try_all(module: Module, copies: Queue[Path], jobs: int) -> tuple[list[Mutant], list[Mutant]]:
    """Try every mutant: (all, those that no test noticed). Those that nothing could notice are not among them."""
    source = (REPOSITORY / module.path).read_text()
    lines = source.splitlines()
    mutants = [
        each for each in make_mutants(source) if (lines[each.line - 1].strip(), each.what) not in module.equivalent
    ]
    began = time.monotonic()
    if _is_noticed(module, source, copies, timeout_s=300.0):
        raise SystemExit(f"the tests of {module.path} fail without any fault")
    timeout_s = 2.0 + _PATIENCE * (time.monotonic() - began)
    with ThreadPoolExecutor(jobs) as pool:
        noticed = list(pool.map(lambda each: _is_noticed(module, each.source, copies, timeout_s), mutants))
    return mutants, [each for each, was in zip(mutants, noticed, strict=True) if not was]


def _is_noticed(module: Module, source: str, copies: Queue[Path], timeout_s: float) -> bool:
    """Run the tests of a module on another source of it, in a copy of the tree that nobody else uses."""
    copy = copies.get()
    place = copy / module.path
    kept = place.read_text()
    try:
        place.write_text(source)
        return _run_tests(copy, module.tests, timeout_s) != 0
    finally:
        place.write_text(kept)
        copies.put(copy)


def _run_tests(copy: Path, tests: Sequence[str], timeout_s: float) -> int:
    """Run tests in a child; one that does not end is killed, and has failed."""
    child = os.fork()
    if child == 0:
        _be_the_child(copy, tests, timeout_s)
    _pid, status = os.waitpid(child, 0)
    return status


def _be_the_child(copy: Path, tests: Sequence[str], timeout_s: float) -> None:
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, timeout_s)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.chdir(copy)
        # every generated case of every child is the same, so a mutant that dies once always does
        os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(copy))
        for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "cochat_devkit")]:
            del sys.modules[name]
        words = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "--hypothesis-seed=1", "-W", _IMPORTED_BEFORE]
        code = int(pytest.main([*words, *(str(copy / each) for each in tests)]))
    finally:
        os._exit(code)


def _copy_tree(to: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "mirror.db")
    for name in _COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=ignored)
        else:
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, to / name)
    return to


if __name__ == "__main__":
    import hypothesis  # noqa: F401 - imported before the children are forked
    import pydantic  # noqa: F401

    sys.exit(main())
