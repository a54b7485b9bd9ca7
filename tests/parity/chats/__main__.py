"""Show what a real server makes of scenarios: `python -m tests.parity.chats VERSION [NAME…]`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.parity.chats.filters import SCENARIOS
from tests.parity.chats.real import real_side


def main(version: str, names: list[str]) -> None:
    """Print the answers, one after the other."""
    with tempfile.TemporaryDirectory() as folder, real_side(version, Path(folder)) as real:
        for scenario in SCENARIOS:
            if not names or scenario.name in names:
                print("##", scenario.name)
                for name, each in real.ask(scenario).items():
                    for one in each if isinstance(each, list) else [each]:
                        print("  ", name, json.dumps(one, ensure_ascii=False))


main(sys.argv[1], sys.argv[2:])
