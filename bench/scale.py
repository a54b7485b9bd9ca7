"""What a pull of 10,000 resources costs, beside a bare script that fetches the same endpoints: whole processes."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import Run, print_table, run_process, side_by_side
from bench.servers import Ran, Target, cochat, make_workspace, open_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.plugin import LoadFailure, LoadRequest, PluginFacts, PluginOffer

EACH = 3_000
SKILLS = 1_000
BODY_BYTES = 5_000
ROUNDS = 3
BAR_REQUESTS = 12
BAR_S = 4.0
BAR_MIB = 200

#: the same endpoints, parsed one after the other, written to one file each
BARE = """
import os, pathlib, sys, httpx
url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
paths = ("tools/export", "functions/export?include_valves=true", "models/all", "skills/export?format=json", "skills/")
headers = {"authorization": "Bearer " + os.environ["COCHAT_TOKEN"]}
with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
    for number, path in enumerate(paths):
        (folder / str(number)).mkdir(parents=True)
        for each in client.get(f"/api/v1/{path}").raise_for_status().json():
            text = str(each.get("content") or (each.get("params") or {}).get("system") or each.get("files"))
            (folder / str(number) / each["id"]).write_text(text, newline="")
"""

_WORDS = ("filter", "inlet", "outlet", "valves", "return", "self", "body", "await", "user", "chat", "模型", "工具")


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        data = Path(home) / "server.db"
        stock(data)
        with open_server("local owui-0.12", Path(home), data=data) as target:
            if target is None:
                raise RuntimeError("the local server is always there")
            rows = _measure(Path(home), target)
    title = f"Pull of {3 * EACH + SKILLS:,} resources of {BODY_BYTES:,} bytes on the local server, medians of {ROUNDS}"
    head = ["what", "wall s", "x bare", "CPU s", "peak MiB", "requests", "bar"]
    print_table(title, head, rows)


def _measure(home: Path, target: Target) -> list[list[str]]:
    pulled = home / "pulled"
    make_workspace(pulled, target)
    told: dict[str, Ran] = {"first pull": cochat(pulled, target, "pull")}

    def idle() -> Run:
        told["pull with nothing new"] = cochat(pulled, target, "pull")
        return told["pull with nothing new"].run

    numbers = iter(range(1_000))
    contenders: dict[str, Callable[[], Run]] = {
        "bare script": lambda: run_process(
            [sys.executable, "-c", BARE, target.url, str(home / f"bare{next(numbers)}")], env=target.env
        ),
        "pull with nothing new": idle,
    }
    found = side_by_side(contenders, rounds=ROUNDS)
    found["first pull"] = told["first pull"].run
    rows = []
    for what, run in found.items():
        ran = told.get(what)
        bar = "" if ran is None else _verdict(what, run, ran.requests)
        figures = [f"{run.wall_s:.2f}", f"{run.wall_s / found['bare script'].wall_s:.2f}", f"{run.cpu_s:.2f}"]
        rows.append([what, *figures, f"{run.peak_mib:.0f}", str(ran.requests if ran else 5), bar])
    return rows


def _verdict(what: str, run: Run, requests: int) -> str:
    missed = [
        *([f"requests > {BAR_REQUESTS}"] if requests > BAR_REQUESTS else []),
        *([f"wall > {BAR_S:.0f} s"] if "nothing new" in what and run.wall_s > BAR_S else []),
        *([f"peak > {BAR_MIB} MiB"] if run.peak_mib > BAR_MIB else []),
    ]
    return f"MISSED: {', '.join(missed)}" if missed else "reached"


class _Loader:
    """Tell of every plugin the same, without running it: what is stocked is what a server would have stored."""

    def load(self, request: LoadRequest) -> PluginFacts | LoadFailure:
        from cochat_devkit.plugin import PluginFacts

        spec = {"name": "run", "description": "Run it.", "parameters": {"type": "object", "properties": {}}}
        is_tool = request.kind == "tool"
        return PluginFacts("tool" if is_tool else "filter", {"title": request.id}, specs=[spec] if is_tool else [])

    def check_valves(self, _request: LoadRequest, values: Any, *, user: bool = False) -> Any:  # noqa: ARG002
        return values

    def find_offer(self, _request: LoadRequest, _valves: Any) -> PluginOffer | LoadFailure:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing runs."""


def stock(data: Path) -> None:
    """Fill a data file of the local server by the requests that anybody would make; no plugin is run for it."""
    import httpx

    from cochat_devkit.operations.serve import running_server

    chance = random.Random(7)
    with running_server(flavor="owui-0.12", data=data, loader=_Loader()) as server:
        headers = {"authorization": f"Bearer {server.token}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
            for path, count in (("tools", EACH), ("functions", EACH), ("models", EACH), ("skills", SKILLS)):
                for number in range(count):
                    text = f"# {number}\n" + " ".join(chance.choices(_WORDS, k=BODY_BYTES // 6))
                    form = _make_form(path, number, text[:BODY_BYTES])
                    client.post(f"/api/v1/{path}/create", json=form).raise_for_status()


def _make_form(path: str, number: int, text: str) -> dict[str, Any]:
    more: dict[str, dict[str, Any]] = {
        "tools": {"content": text, "meta": {"description": "d"}},
        "functions": {"content": text, "meta": {"description": "d"}},
        "models": {"base_model_id": "some-base", "params": {"system": text}, "meta": {"description": "d"}},
        "skills": {"description": "d", "content": f"---\nname: bench_{number}\ndescription: d\n---\n{text}"},
    }
    return {"id": f"bench_{number}", "name": f"bench_{number}", **more[path]}


if __name__ == "__main__":
    main()
