"""What it costs to look at 10,000 resources offline, whole processes, beside their floor."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import print_table, run_process, side_by_side
from cochat_devkit.kinds import kind_named
from cochat_devkit.mirror.rows import LockDigests, Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.resource import Key, RemoteId, Resource, Slug, Version, make_digest
from cochat_devkit.workspace.forms import path_for, render_files
from cochat_devkit.workspace.git import make_blob_hash
from cochat_devkit.workspace.lockfile import PATH, Entry, Lock, TargetLines, render_lock
from cochat_devkit.workspace.sidecar import to_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cochat_devkit.resource import Json

COUNT = 10_000
ROUNDS = 9
BAR_S = 0.15
BAR_MIB = 60.0
URL = "https://bench.invalid"
TARGET = "main"
SOURCE = '"""\ntitle: Bench {number}\n"""\n\nclass Tools:\n    def run(self, city: str) -> str:\n        return city\n'
#: an installed package has its bytecode, whatever the shell of a developer says
INSTALLED = {"PYTHONDONTWRITEBYTECODE": ""}
#: what anybody pays who asks the system about every file
STAT = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        os.stat(os.path.join(folder, name))
"""


def main() -> None:
    """Make both workspaces, measure, and print a table of each."""
    measure(f"{COUNT:,} tools, half with sidecars", make_workspace)
    measure(f"{COUNT:,} tools, filters, agents, prompts and skills", make_mixed_workspace)


def measure(title: str, make: Callable[[Path, int], None]) -> None:
    """Make a workspace, measure the offline commands in it, and print the table."""
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        root = Path(home)
        make(root, COUNT)
        # what users run: the script that an installation puts beside the interpreter
        ours = [str(Path(sys.executable).with_name("cochat"))]
        # numbers that are tools in either workspace, without and with a sidecar
        plain, beside = f"tool/bench_{COUNT // 2 + 6}", "tool/bench_7"
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "stat every file": [sys.executable, "-c", STAT, str(root)],
            "cochat status": [*ours, "status"],
            "cochat status --json": [*ours, "status", "--json"],
            "cochat ls": [*ours, "ls"],
            "cochat ls --json": [*ours, "ls", "--json"],
            "cochat show": [*ours, "show", plain],
            "cochat show --json": [*ours, "show", plain, "--json"],
            "cochat show, with a sidecar": [*ours, "show", beside],
            "cochat search": [*ours, "search", plain.partition("/")[2]],
            "cochat deps": [*ours, "deps", plain],
        }
        first, second = (run_process(commands["cochat status"], cwd=root, env=INSTALLED) for _ in range(2))
        found = side_by_side(
            {name: partial(run_process, command, cwd=root, env=INSTALLED) for name, command in commands.items()},
            rounds=ROUNDS,
        )
    rows = []
    for name, run in {**found, "status, the very first": first, "status, the second": second}.items():
        is_ours = name.startswith("cochat")
        reached = run.wall_s <= BAR_S and run.peak_mib <= BAR_MIB
        bar = ("reached" if reached else "MISSED") if is_ours else ""
        rows.append([name, f"{run.wall_s * 1000:.0f}", f"{run.cpu_s * 1000:.0f}", f"{run.peak_mib:.0f}", bar])
    head = ["command", "wall ms", "CPU ms", "peak MiB", f"bar: {BAR_S * 1000:.0f} ms, {BAR_MIB:.0f} MiB"]
    print_table(f"Offline with {title}, medians of {ROUNDS}", head, rows)


def make_workspace(root: Path, count: int) -> None:
    """Make what a pull of so many tools leaves: files, mirror and lock; every second tool has a sidecar."""
    _lay_out(root, (_make_tool(number) for number in range(count)))


def make_mixed_workspace(root: Path, count: int) -> None:
    """Make what a pull of so many resources of several kinds leaves: half of them are tools."""
    makers = [_make_filter, _make_agent, _make_agent, _make_prompt, _make_skill, *[_make_tool] * 5]
    _lay_out(root, (makers[number % len(makers)](number) for number in range(count)))


def _make_tool(number: int) -> Resource:
    stated = {"description": f"The tool of number {number}"} if number % 2 else {}
    return _make("tool", f"bench_{number}", SOURCE.replace("{number}", str(number)), stated)


def _make_filter(number: int) -> Resource:
    source = f'"""\ntitle: Bench {number}\n"""\n\nclass Filter:\n    def inlet(self, body):\n        return body\n'
    return _make("filter", f"bench_{number}", source, {})


def _make_agent(number: int) -> Resource:
    stated = {
        "name": f"Agent {number}",
        "base": "openai/gpt-5",
        "description": f"The agent of number {number}",
        "tools": [f"tool/bench_{number // 10 * 10 + 5}"],
        "filters": [f"filter/bench_{number // 10 * 10}"],
    }
    return _make("agent", f"agent-{number}", f"You answer questions about {number}.\n" * 8, stated)


def _make_prompt(number: int) -> Resource:
    return _make(
        "prompt", f"prompt-{number}", f"Sum up {{{{text}}}} in {number} words.\n", {"name": f"Prompt {number}"}
    )


def _make_skill(number: int) -> Resource:
    stated = {"name": f"Skill {number}", "files": {"references/more.md": f"More about {number}.\n"}}
    return _make("skill", f"skill-{number}", f"# Skill {number}\n\nDo it well.\n", stated)


def _make(word: str, slug: str, source: str, stated: dict[str, Json]) -> Resource:
    kind, type_ = kind_named(word)
    return Resource(Key(kind.name, Slug(slug)), to_body(kind, Slug(slug), source, stated), type_ or "")


def _lay_out(root: Path, resources: Iterable[Resource]) -> None:
    (root / "cochat.toml").write_text(f'[targets.{TARGET}]\nurl = "{URL}"\n', encoding="utf-8")
    rows, bodies, entries = [], [], {}
    for resource in resources:
        kind, key = kind_named(resource.key.kind)[0], resource.key
        path = path_for(kind, resource.type, key.slug)
        files = render_files(kind, resource, path, {})
        for place, content in files.items():
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).write_bytes(content)
        print_, digest, remote_id = resource.fingerprint, resource.digest, RemoteId(key.slug)
        row = Row(
            key,
            resource.type,
            remote_id,
            remote_fingerprint=print_,
            remote_digest=digest,
            base_local=print_,
            base_remote=print_,
            base_digest=digest,
            version=Version(f"v-{key.slug}"),
            path=path,
        )
        rows.append(row)
        bodies.append((resource.type, resource.body))
        blobs = {place: make_blob_hash(content) for place, content in files.items()}
        entries[key] = Entry(key, resource.type, remote_id, print_, print_, row.version, blobs)
    lines = TargetLines(URL, entries)
    lock = render_lock(Lock({TARGET: lines})).encode()
    (root / PATH).write_bytes(lock)
    digests = LockDigests(make_digest(render_lock(Lock({TARGET: lines})).encode()), make_digest(lock))
    facts = {"user_id": "u1", "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
    with MirrorStore(root / "mirror.db") as store:
        scope = store.enter_scope(TARGET, url=URL, **facts)
        store.remember(scope, rows=rows, bodies=bodies, lock_digests={TARGET: digests})


if __name__ == "__main__":
    main()
