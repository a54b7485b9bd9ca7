"""The servers that the benchmarks run on, local and real, and the command line run against them."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.measure import Run, run_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCAL_FLAVORS = ("cochat", "owui-0.12", "owui-0.6")
REAL_VERSIONS = ("0.12.4", "0.6.43")
ALL = (*(f"local {flavor}" for flavor in LOCAL_FLAVORS), *(f"real {version}" for version in REAL_VERSIONS))


@dataclass(frozen=True)
class Target:
    """Say where a server answers, as whom, and which of the local flavors it is like."""

    name: str
    url: str
    token: str
    flavor: str

    @property
    def env(self) -> dict[str, str]:
        """Make the environment that signs in to it."""
        return {"COCHAT_TOKEN": self.token}


@dataclass(frozen=True)
class Ran:
    """What a command cost, and what it reported."""

    run: Run
    report: dict[str, Any]

    @property
    def requests(self) -> int:
        """Count the requests, without those that find out what the server is and who we are."""
        found: int = self.report["requests"] - self.report.get("probe_requests", 0)
        return found


@contextmanager
def open_server(name: str, home: Path, *, data: Path | None = None) -> Iterator[Target | None]:
    """Run a server of ALL, empty but for what `data` holds; None where a real one is not installed."""
    sort, version = name.split(" ")
    home.mkdir(parents=True, exist_ok=True)
    if sort == "local":
        words = [
            "serve",
            "--flavor",
            version,
            "--port",
            "0",
            "--empty",
            "--json",
            *(["--data", str(data)] if data else []),
        ]
        with subprocess.Popen(
            [sys.executable, "-m", "cochat_devkit", *words], stdout=subprocess.PIPE, text=True
        ) as process:
            facts = json.loads(process.stdout.readline() if process.stdout else "")
            try:
                yield Target(name, facts["url"], facts["token"], version)
            finally:
                process.terminate()
        return
    from tests.contract.real.prepare import is_ready
    from tests.contract.real.servers import start_real_server

    if not is_ready(version):
        yield None
        return
    with start_real_server(version, home / "server") as server:
        yield Target(name, server.url, server.token, f"owui-{server.generation}")


def cochat(folder: Path, target: Target, *words: str) -> Ran:
    """Run a command in a workspace, as a process of its own."""
    out = folder.with_suffix(".json")
    run = run_process([sys.executable, "-m", "cochat_devkit", *words, "--json"], cwd=folder, env=target.env, out=out)
    return Ran(run, json.loads(out.read_text(encoding="utf-8")))


def make_workspace(folder: Path, target: Target) -> None:
    """Make a workspace for a server."""
    run_process([sys.executable, "-m", "cochat_devkit", "init", str(folder), "--url", target.url], env=target.env)
