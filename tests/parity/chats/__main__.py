"""Show what differs between a real server and ours: `python -m tests.parity.chats VERSION [NAME…] [--both]`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.parity.chats.everything import SCENARIOS
from tests.parity.chats.ours import our_side
from tests.parity.chats.real import real_side


def main(version: str, names: list[str], *, both: bool) -> None:
    """Print the differences of each scenario, or both answers."""
    chosen = [each for each in SCENARIOS if version in each.versions and (not names or each.name in names)]
    generation = "0.6" if version.startswith("0.6") else "0.12"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ours").mkdir()
        with real_side(version, folder / "real") as real, our_side(folder / "ours") as ours:
            for scenario in chosen:
                begun = time.perf_counter()
                is_so = real.ask(scenario)
                here = time.perf_counter()
                says = ours.ask(scenario, generation)
                times = f"{here - begun:.2f} s, {time.perf_counter() - here:.2f} s"
                print("##", "same" if is_so == says else "DIFFERS", scenario.area, scenario.name, times)
                _show(is_so, says, both=both)


def _show(is_so, says, *, both):
    for name in {**is_so, **says}:
        one, other = (each.get(name) for each in (is_so, says))
        if one != other or both:
            rows = max(len(each) if isinstance(each, list) else 1 for each in (one, other))
            for row in range(rows):
                left, right = (
                    (each[row] if row < len(each) else "-") if isinstance(each, list) else each for each in (one, other)
                )
                if left != right or both:
                    print("   real", name, json.dumps(left, ensure_ascii=False))
                    print("   ours", name, json.dumps(right, ensure_ascii=False))


words = sys.argv[1:]
main(words[0], [each for each in words[1:] if each != "--both"], both="--both" in words)
