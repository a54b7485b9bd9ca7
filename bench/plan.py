"""What planning 10,000 resources against 10,000 costs: decisions, operations in write order, checksum."""

from __future__ import annotations

import random
import statistics
import time

from bench.measure import print_table
from cochat_devkit.resource import Fingerprint, Key, Slug
from cochat_devkit.sync.decide import ABSENT, Base, Policy, present
from cochat_devkit.sync.plan import Plan, PlanTarget, Sight, plan_sync

COUNT = 10_000
ROUNDS = 9
BAR_S = 0.3
_SEED = 11


def main() -> None:
    """Measure and print the table."""
    rows = []
    for what, moved in (("nothing moved", 0.0), ("one in ten moved", 0.1), ("everything moved", 1.0)):
        sights = _make_sights(moved)
        runs = []
        for _round in range(ROUNDS):
            started_s = time.perf_counter()
            planned = plan_sync(sights, {"tool": 50}, Policy())
            checksum = Plan("lineage", PlanTarget("main", "http://x", "u"), planned.operations).checksum
            runs.append(time.perf_counter() - started_s)
            if not checksum:
                raise AssertionError("a plan without a checksum")
        median_s = statistics.median(runs)
        reached = "reached" if median_s <= BAR_S else "MISSED"
        rows.append([what, str(len(planned.operations)), f"{median_s * 1000:.0f}", f"{BAR_S * 1000:.0f}", reached])
    head = ["what", "operations", "ms", "bar ms", "bar"]
    print_table(f"Planning {COUNT:,} against {COUNT:,}, medians of {ROUNDS}", head, rows)


def _make_sights(moved: float) -> list[Sight]:
    """Make resources of which some were edited here, and some deleted."""
    chance = random.Random(_SEED)
    sights = []
    for number in range(COUNT):
        base = Fingerprint(f"{number:032x}")
        local = present(base)
        if chance.random() < moved:
            local = present(Fingerprint(f"{number + COUNT:032x}")) if chance.random() < 0.9 else ABSENT
        sights.append(Sight(Key("tool", Slug(f"tool_{number}")), Base(base, base), local, present(base)))
    return sights


if __name__ == "__main__":
    main()
