"""What it costs to look at 10,000 resources offline: `status`, `ls` and `show`, whole processes, beside their floor."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.measure import print_table, run_process, side_by_side
from cochat_devkit.kinds import kind_named
from cochat_devkit.mirror.rows import LockDigests, Row
from cochat_devkit.resource import Key, RemoteId, Resource, Slug, Version, digest_of_body, make_digest
from cochat_devkit.workspace.forms import path_for, render_files
from cochat_devkit.workspace.git import make_blob_hash
from cochat_devkit.workspace.lockfile import PATH, Entry, Lock, TargetLines, render_lock
from cochat_devkit.workspace.sidecar import to_body

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
    """Make the workspace, measure, and print the table."""
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        root = Path(home)
        make_workspace(root, COUNT)
        # what users run: the script that an installation puts beside the interpreter
        ours = [str(Path(sys.executable).with_name("cochat"))]
        plain, beside = (f"tool/bench_{COUNT // 2 + odd}" for odd in (0, 1))
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "stat every file": [sys.executable, "-c", STAT, str(root / "plugins")],
            "cochat status": [*ours, "status"],
            "cochat status --json": [*ours, "status", "--json"],
            "cochat ls": [*ours, "ls"],
            "cochat ls --json": [*ours, "ls", "--json"],
            "cochat show": [*ours, "show", plain],
            "cochat show --json": [*ours, "show", plain, "--json"],
            "cochat show, with a sidecar": [*ours, "show", beside],
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
    print_table(f"Offline with {COUNT:,} tools, half with sidecars, medians of {ROUNDS}", head, rows)


def make_workspace(root: Path, count: int) -> None:
    """Make what a pull of so many tools leaves: files, mirror and lock; every second tool has a sidecar."""
    from cochat_devkit.mirror.store import MirrorStore

    kind = kind_named("tool")[0]
    (root / "cochat.toml").write_text(f'[targets.{TARGET}]\nurl = "{URL}"\n', encoding="utf-8")
    rows, bodies, entries = [], [], {}
    for number in range(count):
        slug = Slug(f"bench_{number}")
        stated = {"description": f"The tool of number {number}"} if number % 2 else {}
        body = to_body(kind, slug, SOURCE.replace("{number}", str(number)), stated)
        resource = Resource(Key(kind.name, slug), body)
        path = path_for(kind, "", slug)
        files = render_files(kind, resource, path, {})
        for place, content in files.items():
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).write_bytes(content)
        print_, digest, remote_id = resource.fingerprint, digest_of_body("", body), RemoteId(slug)
        row = Row(
            resource.key,
            "",
            remote_id,
            remote_fingerprint=print_,
            remote_digest=digest,
            base_local=print_,
            base_remote=print_,
            base_digest=digest,
            version=Version(f"v{number}"),
            path=path,
        )
        rows.append(row)
        bodies.append(("", body))
        blobs = {place: make_blob_hash(content) for place, content in files.items()}
        entries[resource.key] = Entry(resource.key, "", remote_id, print_, print_, row.version, blobs)
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
