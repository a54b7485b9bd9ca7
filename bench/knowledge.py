"""What a knowledge base of 2,000 small files costs: a first pull, one with nothing new, a push of one changed file."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx

from bench.measure import print_table, run_process
from bench.servers import ALL, Ran, Target, cochat, make_workspace, open_server

FILES = 2_000
BAR_MIB = 200
AT_ONCE = 8
#: the listing of each kind and page, and one of the files of the base
BAR_PULL = 8 + 1 + 1
BAR_PUSH = 7

#: the same endpoints: the base, its files in the fewest answers there are, and the bytes of each, eight at a time
BARE = """
import os, pathlib, sys, httpx
from concurrent.futures import ThreadPoolExecutor
url, folder, generation = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
folder.mkdir()
headers = {"authorization": "Bearer " + os.environ["COCHAT_TOKEN"]}
with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
    (base,) = client.get("/api/v1/knowledge/").raise_for_status().json()["items"]
    at = f"/api/v1/knowledge/{base['id']}/files"
    if generation == "0.12":
        files = client.get(at, params={"limit": 100000}).raise_for_status().json()["items"]
    else:
        files = client.post(f"{at}/batch/add", json=[]).raise_for_status().json()["files"]
    def fetch(file):
        content = client.get(f"/api/v1/files/{file['id']}/content").raise_for_status().content
        (folder / file["meta"]["name"]).write_bytes(content)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fetch, files))
"""


def main() -> None:
    """Measure on every server and print the table."""
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        for name in ALL:
            rows += _measure(name, Path(home) / name.replace(" ", "-"))
    head = ["server", "what", "wall s", "x bare", "CPU s", "peak MiB", "requests", "of them bytes", "bar"]
    print_table(f"A knowledge base of {FILES:,} small files", head, rows)


def _measure(name: str, home: Path) -> list[list[str]]:
    with ExitStack() as stack:
        target = stack.enter_context(open_server(name, home))
        if target is None:
            return [[name, "not installed: make contract", *[""] * 7]]
        _stock(target)
        generation = target.flavor.removeprefix("owui-").replace("cochat", "0.6")
        bare = run_process([sys.executable, "-c", BARE, target.url, str(home / "bare"), generation], env=target.env)
        pulled = home / "pulled"
        make_workspace(pulled, target)
        first = cochat(pulled, target, "pull")
        idle = cochat(pulled, target, "pull")
        (pulled / "knowledge" / "many" / "files" / "f0001.md").write_text("changed\n")
        pushed = cochat(pulled, target, "push", "--no-verify")
    figures = [f"{bare.wall_s:.2f}", "1.00", f"{bare.cpu_s:.2f}", f"{bare.peak_mib:.0f}"]
    return [
        [name, "bare script", *figures, str(FILES + 2), str(FILES), ""],
        _row(name, "first pull", first, bare.wall_s, contents=FILES, most=BAR_PULL),
        _row(name, "pull with nothing new", idle, bare.wall_s, contents=0, most=BAR_PULL),
        _row(name, "push of one file", pushed, bare.wall_s, contents=0, most=BAR_PUSH + PROBE[generation]),
    ]


#: a push counts the requests that find out what the server is, where 0.6 is asked twice whether it is CoChat, and who
#: we are
PROBE = {"0.12": 3, "0.6": 5}


def _row(name: str, what: str, ran: Ran, bare_s: float, *, contents: int, most: int) -> list[str]:
    run = ran.run
    missed = [
        *([f"requests > {most} + {contents}"] if ran.requests > most + contents else []),
        *([f"peak > {BAR_MIB} MiB"] if run.peak_mib > BAR_MIB else []),
    ]
    verdict = f"MISSED: {', '.join(missed)}" if missed else "reached"
    figures = [f"{run.wall_s:.2f}", f"{run.wall_s / bare_s:.2f}", f"{run.cpu_s:.2f}", f"{run.peak_mib:.0f}"]
    return [name, what, *figures, str(ran.requests), str(contents), verdict]


def _stock(target: Target) -> None:
    with httpx.Client(base_url=target.url, headers={"authorization": f"Bearer {target.token}"}, timeout=300) as client:
        base = client.post("/api/v1/knowledge/create", json={"name": "many", "description": "d"}).raise_for_status()

        def upload(number: int) -> str:
            path = "/api/v1/files/?process=true&process_in_background=false"
            files = {"file": (f"f{number:04}.md", f"file {number} of many\n" * 20)}
            file_id: str = client.post(path, files=files).raise_for_status().json()["id"]
            return file_id

        with ThreadPoolExecutor(AT_ONCE) as pool:
            form = [{"file_id": each} for each in pool.map(upload, range(FILES))]
        client.post(f"/api/v1/knowledge/{base.json()['id']}/files/batch/add", json=form).raise_for_status()


if __name__ == "__main__":
    main()
