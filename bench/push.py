"""What a push of one thing costs: each sort of change to each kind of resource, its requests and its time."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.measure import print_table
from bench.servers import ALL, cochat, make_workspace, open_server
from tests.changes import CHANGES, lay_change, lay_texts, texts_for
from tests.desk import Desk

BAR_MIB = 200


def main() -> None:
    """Measure on every server and print the table."""
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        for name in ALL:
            rows += _measure(name, Path(home) / name.replace(" ", "-"))
    head = ["server", "change", "wall ms", "CPU ms", "peak MiB", "requests", "bar", "verdict"]
    print_table("A push of one change, sign-in and probe apart", head, rows)


def _measure(name: str, home: Path) -> list[list[str]]:
    with ExitStack() as stack:
        target = stack.enter_context(open_server(name, home))
        if target is None:
            return [[name, "not installed: make contract", *[""] * 6]]
        desk = Desk(home / "desk", target.token)
        make_workspace(desk.folder, target)
        lay_texts(desk, texts_for(target.flavor))
        cochat(desk.folder, target, "push", "--no-verify")
        # a push does not tell which of its requests find out what the server is: a pull does, and asks the same
        probe = cochat(desk.folder, target, "pull").report["probe_requests"]
        rows = []
        for change in (each for each in CHANGES if target.flavor in each.flavors):
            lay_change(desk, change)
            ran = cochat(desk.folder, target, "push", "--no-verify")
            requests = ran.report["requests"] - probe
            is_reached = requests <= change.most and ran.run.peak_mib <= BAR_MIB
            figures = [f"{ran.run.wall_s * 1000:.0f}", f"{ran.run.cpu_s * 1000:.0f}", f"{ran.run.peak_mib:.0f}"]
            verdict = "reached" if is_reached else "MISSED"
            rows.append([name, change.name, *figures, str(requests), str(change.most), verdict])
            lay_change(desk, change, is_back=True)
            cochat(desk.folder, target, "push", "--no-verify")
    return rows


if __name__ == "__main__":
    main()
