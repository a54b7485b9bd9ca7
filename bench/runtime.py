"""What it takes to load and to call a plugin in the child that is kept warm, beside a process of its own for each.

The plugins that go through the loader are those of tests/parity/plugins/ that load, over again until there are 300.
CPU beside the clock: a busy machine makes the clock wait.
"""

from __future__ import annotations

import itertools
import math
import os
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.measure import print_table
from cochat_devkit.plugin import Call, CallResult, LoadFailure, LoadRequest
from cochat_devkit.runtime.child_loader import ChildLoader
from tests.parity.loading import all_plugins

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 100
COLD_ROUNDS = 10
MANY = 300
LOAD_BAR_MS = 35.0
CALL_BAR_MS = 60.0
MANY_BAR_S = 30.0
METHODS = 20
_METHOD = '''
    async def look_up_{number}(
        self, query: str, kind: Literal["a", "b"] = "a", place: Optional[{place}] = None, tags: list[str] = [],
        limit: int = 10, __user__: dict = {{}}, __event_emitter__=None
    ) -> str:
        """
        Look something up, and say what was found.

        :param query: what is looked for
        :param kind: of which kind
        :param place: where
        :param limit: how many at the most
        """
        return query
'''
SOURCE = '''"""
title: Twenty methods
version: 1.0.0
"""
from typing import Literal, Optional

from pydantic import BaseModel, Field


class Place(BaseModel):
    city: str = Field(..., description="the city")
    country: Optional[str] = None


class Tools:
    class Valves(BaseModel):
        api_key: str = Field("", description="the key")
        limit: int = 10

    def __init__(self):
        self.valves = self.Valves()
''' + "".join(
    # every fifth has a model among its parameters
    _METHOD.format(number=number, place="str" if number % 5 else "Place")
    for number in range(METHODS)
)
REQUEST = LoadRequest("tool", "twenty", SOURCE)
CALL = Call("look_up_0", {"query": "oslo", "limit": "3"})


class Times(NamedTuple):
    """What a round of some work took: by the clock, sorted, and of CPU on average."""

    wall_ms: list[float]
    cpu_ms: float

    def at(self, share: float) -> float:
        """Read the time that a share of the rounds kept to."""
        return self.wall_ms[math.ceil(len(self.wall_ms) * share) - 1]


def main() -> None:
    """Measure, and print the table."""
    with closing(ChildLoader()) as warm, closing(ChildLoader(forks=False)) as cold:
        warm.start()
        idle_mib = _peak_mib_of_children()
        loads = _measure(lambda: _load(warm), ROUNDS)
        calls = _measure(lambda: _call(warm), ROUNDS)
        cold_loads = _measure(lambda: _load(cold), COLD_ROUNDS)
        cold_calls = _measure(lambda: _call(cold), COLD_ROUNDS)
        many_s = _many_s(warm)
        peak_mib = _peak_mib_of_children()
    print_table(
        f"A plugin in the warm child, of {ROUNDS} rounds each, and in a process of its own",
        ["what", "median ms", "p95 ms", "CPU ms", "cold, median ms", "bar ms", "bar"],
        [
            _row(f"load a tool of {METHODS} methods", loads, cold_loads, LOAD_BAR_MS),
            _row("call one of them, over its own time", calls, cold_calls, CALL_BAR_MS),
        ],
    )
    cells = [f"{many_s:.1f}", f"{many_s / MANY * 1000:.0f}", f"{MANY_BAR_S:.0f}", _verdict(many_s, MANY_BAR_S)]
    print_table(
        f"{MANY} plugins through the loader, one after the other, on {os.cpu_count()} processors",
        ["s", "each ms", "bar s", "bar", "the child began with MiB", "its peak MiB"],
        [[*cells, f"{idle_mib:.0f}", f"{peak_mib:.0f}"]],
    )


def _load(loader: ChildLoader) -> float:
    told = loader.load(REQUEST)
    assert not isinstance(told, LoadFailure), told
    assert len(told.specs) == METHODS
    return 0.0


def _call(loader: ChildLoader) -> float:
    told = loader.call(REQUEST, CALL, timeout_s=10)
    assert isinstance(told, CallResult), told
    assert told.text == "oslo"
    return told.ms


def _measure(work: Callable[[], float], rounds: int) -> Times:
    """Do some work over and over, and take off the clock what it says was the plugin's own time."""
    wall_ms, cpu_s = [], _cpu_s()
    for _round in range(rounds):
        began_s = time.perf_counter()
        own_ms = work()
        wall_ms.append((time.perf_counter() - began_s) * 1000 - own_ms)
    return Times(sorted(wall_ms), (_cpu_s() - cpu_s) / rounds * 1000)


def _many_s(loader: ChildLoader) -> float:
    requests = [LoadRequest(each.kind, each.name, each.source, each.path) for each in all_plugins()]
    good = [each for each in requests if not isinstance(loader.load(each), LoadFailure)]
    began_s = time.perf_counter()
    for request in itertools.islice(itertools.cycle(good), MANY):
        loader.load(request)
    return time.perf_counter() - began_s


def _row(what: str, warm: Times, cold: Times, bar_ms: float) -> list[str]:
    times = [f"{warm.at(0.5):.1f}", f"{warm.at(0.95):.1f}", f"{warm.cpu_ms:.1f}", f"{cold.at(0.5):.0f}"]
    return [what, *times, f"{bar_ms:.0f}", _verdict(warm.at(0.95), bar_ms)]


def _verdict(found: float, bar: float) -> str:
    return "reached" if found <= bar else "MISSED"


def _cpu_s() -> float:
    """Read what we and our children have used of the processors, theirs that ended included."""
    ticks = sum(
        int(each) for child in _children() for each in (child / "stat").read_text().rpartition(")")[2].split()[11:15]
    )
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system + ticks / os.sysconf("SC_CLK_TCK")


def _peak_mib_of_children() -> float:
    """Read the most memory that a child of ours had at once; 0 where the system does not say."""
    found = [
        line.split()[1]
        for child in _children()
        for line in (child / "status").read_text().splitlines()
        if "VmHWM" in line
    ]
    return max(map(int, found), default=0) / 1024


def _children() -> list[Path]:
    """Find what the system tells of the processes that we started."""
    found = Path(f"/proc/self/task/{os.getpid()}/children")
    return [Path("/proc") / pid for pid in found.read_text().split()] if found.exists() else []


if __name__ == "__main__":
    main()
