"""Show what differs between a real server and ours: `python -m tests.parity.chats VERSION [NAME…] [--both]`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.parity.chats.compare import differences
from tests.parity.chats.everything import SCENARIOS, generation_of
from tests.parity.chats.ours import our_side
from tests.parity.chats.real import real_side


def main(version: str, names: list[str], *, both: bool) -> None:
    """Print the differences of each scenario, or both answers."""
    chosen = [each for each in SCENARIOS if version in each.versions and (not names or each.name in names)]
    generation = generation_of(version)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ours").mkdir()
        with real_side(version, folder / "real") as real, our_side(folder / "ours") as ours:
            for scenario in chosen:
                begun = time.perf_counter()
                is_so = real.ask(scenario)
                here = time.perf_counter()
                says = ours.ask(scenario, generation)
                found = differences(is_so, says)
                times = f"{here - begun:.2f} s, {time.perf_counter() - here:.2f} s"
                print("##", "DIFFERS" if found else "same", scenario.area, scenario.name, times)
                for each in found:
                    print("  ", each)
                if both:
                    print(json.dumps({"real": is_so, "ours": says}, indent=1, ensure_ascii=False))


words = sys.argv[1:]
main(words[0], [each for each in words[1:] if each != "--both"], both="--both" in words)
