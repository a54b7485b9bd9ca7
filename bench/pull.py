"""What a pull costs beside a bare script that fetches the same endpoints: 350 plugins, whole processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from bench.measure import Run, print_table, run_process, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS = 175
FUNCTIONS = 175
ROUNDS = 7
BAR_REQUESTS = 8
BAR_RATIO = 1.5
REAL_VERSIONS = ("0.12.4", "0.6.43")

#: what anybody would write first: the same endpoints, parsed, written to one file each
BARE = """
import os, pathlib, sys, httpx
url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
with httpx.Client(base_url=url, headers={"authorization": "Bearer " + os.environ["COCHAT_TOKEN"]}) as client:
    client.get("/api/version"), client.get("/api/v1/tools/id/nothing"), client.get("/api/v1/auths/")
    for kind in ("tools", "functions"):
        (folder / kind).mkdir(parents=True)
        for each in client.get(f"/api/v1/{kind}/export").raise_for_status().json():
            (folder / kind / (each["id"] + ".py")).write_text(each["content"], newline="")
"""

TOOL = '''"""
title: Bench {number}
author: bench
version: 0.1.0
"""

class Tools:
    async def run(self, city: str) -> str:
        """
        Run it.
        :param city: a city
        """
        return city
'''
FILTER = (
    '"""\ntitle: Bench {number}\n"""\n\nclass Filter:\n    def inlet(self, body: dict) -> dict:\n        return body\n'
)


def main() -> None:
    """Measure on the local server, and on every real one that is installed, and print the table."""
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        for name in ("local owui-0.12", "local owui-0.6", *(f"real {version}" for version in REAL_VERSIONS)):
            rows += _measure(name, Path(home) / name.replace(" ", "-"))
    head = ["server", "what", "wall ms", "x bare", "CPU ms", "peak MiB", "requests", "bar"]
    print_table(f"Pull of {TOOLS} tools and {FUNCTIONS} functions, medians of {ROUNDS}", head, rows)


def _measure(name: str, home: Path) -> list[list[str]]:
    with ExitStack() as stack:
        server = stack.enter_context(_server(name, home))
        if server is None:
            return [[name, "not installed: make contract", "", "", "", "", "", ""]]
        url, token = server
        _stock(url, token)
        env = {"COCHAT_TOKEN": token}
        pulled = home / "pulled"
        _make_workspace(pulled, url, env)
        _cochat(pulled, env)
        requests = _cochat(pulled, env)
        counter = iter(range(1_000_000))
        found = side_by_side(
            {
                "bare script": lambda: _bare(home / f"bare{next(counter)}", url, env),
                "first pull": lambda: _first_pull(home / f"first{next(counter)}", url, env),
                "pull with nothing new": partial(_pull, pulled, env),
            },
            rounds=ROUNDS,
        )
    bare_s = found["bare script"].wall_s
    rows = []
    for what, run in found.items():
        ratio = run.wall_s / bare_s
        is_ours = what != "bare script"
        reached = "reached" if ratio <= BAR_RATIO and requests <= BAR_REQUESTS else "MISSED"
        figures = [f"{run.wall_s * 1000:.0f}", f"{ratio:.2f}", f"{run.cpu_s * 1000:.0f}", f"{run.peak_mib:.0f}"]
        rows.append([name, what, *figures, str(requests if is_ours else 5), reached if is_ours else ""])
    return rows


def _bare(folder: Path, url: str, env: dict[str, str]) -> Run:
    return run_process([sys.executable, "-c", BARE, url, str(folder)], env=env)


def _first_pull(folder: Path, url: str, env: dict[str, str]) -> Run:
    _make_workspace(folder, url, env)
    run = _pull(folder, env)
    shutil.rmtree(folder)
    return run


def _pull(folder: Path, env: dict[str, str]) -> Run:
    return run_process([sys.executable, "-m", "cochat_devkit", "pull", "--json"], cwd=folder, env=env)


def _cochat(folder: Path, env: dict[str, str]) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "cochat_devkit", "pull", "--json"],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        check=True,
    )
    requests: int = json.loads(done.stdout)["requests"]
    return requests


def _make_workspace(folder: Path, url: str, env: dict[str, str]) -> None:
    run_process([sys.executable, "-m", "cochat_devkit", "init", str(folder), "--url", url], env=env)


def _stock(url: str, token: str) -> None:
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60) as client:
        for kind, count, source in (("tools", TOOLS, TOOL), ("functions", FUNCTIONS, FILTER)):
            for number in range(count):
                form = {"id": f"bench_{number}", "name": f"Bench {number}", "meta": {"description": ""}}
                content = source.replace("{number}", str(number))
                client.post(f"/api/v1/{kind}/create", json={**form, "content": content}).raise_for_status()


@contextmanager
def _server(name: str, home: Path) -> Iterator[tuple[str, str] | None]:
    sort, version = name.split(" ")
    home.mkdir()
    if sort == "local":
        command = [
            sys.executable,
            "-m",
            "cochat_devkit",
            "serve",
            "--flavor",
            version,
            "--port",
            "0",
            "--empty",
            "--json",
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            facts = json.loads(process.stdout.readline() if process.stdout else "")
            try:
                yield facts["url"], facts["token"]
            finally:
                process.terminate()
        return
    from tests.contract.real.prepare import is_ready
    from tests.contract.real.servers import start_real_server

    if not is_ready(version):
        yield None
        return
    with start_real_server(version, home / "server") as server:
        yield server.url, server.token


if __name__ == "__main__":
    main()
