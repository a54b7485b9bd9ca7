"""What a pull costs beside a bare script that fetches the same endpoints: 354 objects of all kinds, whole processes."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from bench.measure import Run, print_table, run_process, side_by_side
from bench.servers import ALL, Ran, Target, cochat, make_workspace, open_server

if TYPE_CHECKING:
    from collections.abc import Callable

#: how many of each kind, the same in all; what a server has no place for is made up for by tools
COUNTS = {
    "tool": 130,
    "function": 100,
    "prompt": 60,
    "skill": 20,
    "agent": 25,
    "model": 10,
    "knowledge": 4,
    "automation": 5,
}
FILES_EACH = 3
PAGE = 30
#: on a shared machine the ratio of two medians of 21 has a standard deviation of 0.06, so that of as many of 0.04
ROUNDS = 61
BAR_RATIO = 1.5
BAR_MIB = 200

_LISTS_06 = ("tools/export", "functions/export?include_valves=true", "prompts/", "models/export", "models/base")
#: the requests that have all of a kind, those that have a page, and whether whoever asks gets all files in one answer
PLANS: dict[str, dict[str, list[str]]] = {
    "owui-0.12": {
        "lists": [
            "/api/v1/tools/export",
            "/api/v1/functions/export?include_valves=true",
            "/api/v1/models/all",
            "/api/v1/skills/export?format=json",
            "/api/v1/skills/",
        ],
        "pages": ["/api/v1/prompts/list?order_by=created_at&direction=asc", "/api/v1/automations/list?"],
    },
    "owui-0.6": {"lists": [f"/api/v1/{each}" for each in _LISTS_06], "pages": []},
    "cochat": {
        "lists": [
            *(f"/api/v1/{each}" for each in _LISTS_06),
            "/api/custom/agents/",
            "/api/custom/skills/?tier=toggleable",
            "/api/v1/automations/",
        ],
        "pages": [],
    },
}

#: what anybody would write first: the same endpoints, parsed, written to one file each
BARE = """
import json, os, pathlib, sys, httpx
url, folder, plan, generation = sys.argv[1], pathlib.Path(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4]
folder.mkdir()
count = 0
def write(content):
    global count
    count += 1
    (folder / str(count)).write_bytes(content)
headers = {"authorization": "Bearer " + os.environ["COCHAT_TOKEN"]}
with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
    def ask(path, **more):
        return client.request(more.pop("method", "GET"), path, **more).raise_for_status()
    def pages(path):
        found, page = [], 1
        while True:
            answer = ask(f"{path}&page={page}").json()
            found += answer["items"]
            page += 1
            if len(found) >= answer["total"]:
                return found
    client.get("/api/version"), client.get("/api/v1/tools/id/nothing"), client.get("/api/v1/auths/")
    for path in plan["lists"]:
        answer = ask(path)
        for each in answer.json() if "json" in answer.headers["content-type"] else []:
            write(json.dumps(each).encode())
    for path in plan["pages"]:
        for each in pages(path):
            write(json.dumps(each).encode())
    for base in pages("/api/v1/knowledge/?"):
        write(json.dumps(base).encode())
        at = f"/api/v1/knowledge/{base['id']}/files"
        if generation == "0.12":
            files = ask(f"{at}?limit=100000").json()["items"]
        else:
            files = ask(f"{at}/batch/add", method="POST", json=[]).json()["files"]
        for each in files:
            write(ask(f"/api/v1/files/{each['id']}/content").content)
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
    """Measure on every server, local and real, that is installed, and print the table."""
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        for name in ALL:
            rows += _measure(name, Path(home) / name.replace(" ", "-"))
    head = ["server", "what", "wall ms", "x bare", "CPU ms", "peak MiB", "requests", "of them bytes", "most", "bar"]
    print_table(f"Pull of {sum(COUNTS.values())} objects of all kinds, medians of {ROUNDS}", head, rows)


def _measure(name: str, home: Path) -> list[list[str]]:
    with ExitStack() as stack:
        target = stack.enter_context(open_server(name, home))
        if target is None:
            return [[name, "not installed: make contract", *[""] * 8]]
        _stock(target)
        pulled = home / "pulled"
        make_workspace(pulled, target)
        told = {"first pull": cochat(pulled, target, "pull"), "pull with nothing new": cochat(pulled, target, "pull")}
        numbers = iter(range(1_000_000))
        contenders: dict[str, Callable[[], Run]] = {
            "bare script": lambda: _bare(home / f"bare{next(numbers)}", target),
            "first pull": lambda: _first_pull(home / f"first{next(numbers)}", target),
            "pull with nothing new": lambda: cochat(pulled, target, "pull").run,
        }
        found = side_by_side(contenders, rounds=ROUNDS)
    bare_s = found["bare script"].wall_s
    return [_row(name, what, run, bare_s, told.get(what)) for what, run in found.items()]


def _row(name: str, what: str, run: Run, bare_s: float, told: Ran | None) -> list[str]:
    ratio = run.wall_s / bare_s
    figures = [f"{run.wall_s * 1000:.0f}", f"{ratio:.2f}", f"{run.cpu_s * 1000:.0f}", f"{run.peak_mib:.0f}"]
    if told is None:
        return [name, what, *figures, "", "", "", ""]
    contents = COUNTS["knowledge"] * FILES_EACH if what == "first pull" else 0
    most = 8 + -(-COUNTS["prompt"] // PAGE) + -(-COUNTS["knowledge"] // PAGE) + COUNTS["knowledge"]
    missed = [
        *(["wall"] if ratio > BAR_RATIO else []),
        *(["requests"] if told.requests - contents > most else []),
        *(["memory"] if run.peak_mib > BAR_MIB else []),
    ]
    verdict = f"MISSED: {', '.join(missed)}" if missed else "reached"
    return [name, what, *figures, str(told.requests), str(contents), str(most), verdict]


def _bare(folder: Path, target: Target) -> Run:
    generation = "0.12" if target.flavor == "owui-0.12" else "0.6"
    words = [target.url, str(folder), json.dumps(PLANS[target.flavor]), generation]
    return run_process([sys.executable, "-c", BARE, *words], env=target.env)


def _first_pull(folder: Path, target: Target) -> Run:
    # the folder stays to the end, as that of the bare script does: some file systems make new files slowly, for whoever
    # comes next, where many were deleted a moment ago (ext4 without a journal: 600 files in 350 ms instead of 25)
    make_workspace(folder, target)
    return cochat(folder, target, "pull").run


def _stock(target: Target) -> None:
    headers = {"authorization": f"Bearer {target.token}"}
    with httpx.Client(base_url=target.url, headers=headers, timeout=60) as client:
        counts, is_new = dict(COUNTS), target.flavor == "owui-0.12"
        if not is_new:
            counts["tool"] += counts.pop("skill") + counts.pop("automation")
        for kind, count in counts.items():
            path = {"agent": "model"}.get(kind, kind) + ("" if kind == "knowledge" else "s")
            for number in range(count):
                answer = client.post(f"/api/v1/{path}/create", json=_make_form(kind, number, is_new=is_new))
                made = answer.raise_for_status().json()
                for file in range(FILES_EACH if kind == "knowledge" else 0):
                    _attach(client, made["id"], f"f{file}.md", f"file {file} of {number}\n".encode())


def _attach(client: httpx.Client, base_id: str, name: str, content: bytes) -> None:
    path = "/api/v1/files/?process=true&process_in_background=false"
    uploaded = client.post(path, files={"file": (name, content)}).raise_for_status().json()
    client.post(f"/api/v1/knowledge/{base_id}/file/add", json={"file_id": uploaded["id"]}).raise_for_status()


def _make_form(kind: str, number: int, *, is_new: bool) -> dict[str, Any]:
    slug = f"bench_{number}"
    persona = {"id": f"{kind}_{number}", "name": f"{kind} {number}", "meta": {}, "params": {"system": "You help.\n"}}
    forms: dict[str, Callable[[], dict[str, Any]]] = {
        "tool": lambda: _plugin(slug, TOOL, number),
        "function": lambda: _plugin(slug, FILTER, number),
        "prompt": lambda: {
            "command": slug if is_new else f"/{slug}",
            "name" if is_new else "title": slug,
            "content": f"Say {number}.\n",
        },
        "skill": lambda: {"id": slug, "name": slug, "content": f"---\nname: {slug}\ndescription: d\n---\nDo it.\n"},
        "agent": lambda: {**persona, "base_model_id": "some-base"},
        "model": lambda: {**persona, "base_model_id": None},
        "knowledge": lambda: {"name": slug, "description": "d"},
        "automation": lambda: {
            "name": slug,
            "data": {"prompt": "Say hi.", "model_id": "some-base", "rrule": "FREQ=DAILY"},
            "is_active": False,
        },
    }
    return forms[kind]()


def _plugin(slug: str, source: str, number: int) -> dict[str, Any]:
    content = source.replace("{number}", str(number))
    return {"id": slug, "name": slug, "meta": {"description": ""}, "content": content}


if __name__ == "__main__":
    main()
