"""Run every benchmark, or those that are named: `python -m bench start_up pull`."""

from __future__ import annotations

import compileall
import importlib
import sys
from pathlib import Path

ALL = ("start_up", "offline", "plan", "ingest", "search", "pull", "push", "knowledge", "runtime", "scale")


def main() -> None:
    """Run the benchmarks one after the other, on modules that are compiled, as an installation's are."""
    compileall.compile_dir(Path(__file__).parent.parent / "cochat_devkit", quiet=1)
    for name in sys.argv[1:] or ALL:
        if name not in ALL:
            sys.exit(f"there is no benchmark {name!r}; there are: {', '.join(ALL)}")
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
