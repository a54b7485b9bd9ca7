"""The lock beside the mirror: a killed pull leaves it whole, and only a server of `cochat.toml` is written into it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from cochat_devkit.operations.serve import RunningServer, running_server
from cochat_devkit.workspace.lockfile import read_lock
from tests.desk import Desk, make_desk
from tests.onlooker import run_onlooker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT = 300
KILLS = 8
SOURCE = '"""\ntitle: T{}\n"""\n\n\nclass Tools:\n    def one(self) -> str:\n        """One."""\n        return "{}"\n'


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Run a local server with some hundred tools."""
    with running_server() as running:
        with httpx.Client(
            base_url=running.url, headers={"Authorization": f"Bearer {running.token}"}, trust_env=False
        ) as admin:
            for number in range(COUNT):
                form = {"id": f"t{number}", "name": "t", "content": SOURCE.format(number, 0), "meta": {}}
                admin.post("/api/v1/tools/create", json=form | {"access_control": {}}).raise_for_status()
        yield running


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a POSIX signal")
def test_a_killed_pull_leaves_a_whole_lock(server: RunningServer, tmp_path: Path) -> None:
    """Whenever a pull is killed, the lock is the one before or a whole new one, and the next pull completes it."""
    began_s = time.monotonic()
    with _pulling(make_desk(tmp_path / "whole", server.url, server.token)) as pulling:
        pulling.wait()
    whole_s = time.monotonic() - began_s
    chance = random.Random(7)
    killed = 0
    for number in range(KILLS):
        desk = make_desk(tmp_path / str(number), server.url, server.token)
        with _pulling(desk) as pulling:
            with suppress(subprocess.TimeoutExpired):
                pulling.wait(timeout=whole_s * chance.uniform(0.3, 0.95))
            pulling.send_signal(signal.SIGKILL)
            pulling.wait()
            killed += pulling.returncode == -signal.SIGKILL
        lock = read_lock(desk.folder)
        assert lock is None or lock.targets["main"].url == server.url
    assert killed
    desk.json("pull")
    lock = read_lock(desk.folder)
    assert lock is not None
    assert len(lock.targets["main"].entries) == COUNT
    assert desk.json("status").json["items"] == []
    desk.path("mirror.db").unlink()
    assert desk.json("status", "--exit-code").json["items"] == []


def _pulling(desk: Desk) -> subprocess.Popen[bytes]:
    """Start a pull as a process of its own."""
    environment = {**os.environ, "COCHAT_TOKEN": desk.token or ""}
    command = [sys.executable, "-m", "cochat_devkit", "pull", "--json"]
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=desk.folder, env=environment, stdout=nowhere, stderr=nowhere)


def test_what_another_account_agreed_on_is_not_taken_for_deleted(tmp_path: Path) -> None:
    """A server that was set up anew under its old address has none of it: my files stay, and I can send them again."""
    with running_server() as first:
        desk = make_desk(tmp_path, first.url, first.token)
        desk.path("plugins/tools/mine.py").write_text(SOURCE.format(0, 0))
        desk.json("push", "--no-verify")
    with running_server(port=int(first.url.rpartition(":")[2])) as again:
        desk = Desk(desk.folder, again.token)
        for _twice in range(2):
            assert desk.json("pull").actions == {"tool/mine": "skip"}
        desk.edit("plugins/tools/mine.py", '"0"', '"1"')
        assert desk.json("push", "--no-verify", expected=3).actions == {"tool/mine": "conflict"}
        desk.json("resolve", "tool/mine", "--ours")
        assert desk.json("push", "--no-verify").actions == {"tool/mine": "create-there"}
        assert desk.json("pull").actions == {}


def test_a_line_that_nobody_looked_at_stays_as_it_is(server: RunningServer, tmp_path: Path) -> None:
    """The version that a colleague met in this workspace is not put back by my look at something else."""
    desk = make_desk(tmp_path, server.url, server.token)
    desk.json("pull", "tool/t1", "tool/t2")
    made = server.context.people.add(name="Bob", email="bob@example.com", password="password", role="admin")
    bob = Desk(desk.folder, server.context.people.make_session(made)[0])
    bob.edit("plugins/tools/t1.py", '"0"', '"1"')
    bob.json("push", "--no-verify")
    locked = desk.path("cochat.lock").read_bytes()
    assert desk.json("status", "tool/t1").actions == {}
    desk.json("pull", "tool/t2")
    assert desk.path("cochat.lock").read_bytes() == locked
    assert desk.json("status", "tool/t1").actions == {}


def test_a_server_of_the_environment_leaves_no_trace_in_git(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI that points COCHAT_URL elsewhere neither decides by our lock nor rewrites it."""
    desk = make_desk(tmp_path, "https://production.example", server.token)
    desk.path("cochat.lock").write_text(
        f"# cochat.lock 1\nmain . url=https://production.example\nmain tool/t1 id=t1 here={'a' * 32} there={'b' * 32}\n"
    )
    before = desk.path("cochat.lock").read_bytes()
    monkeypatch.setenv("COCHAT_URL", server.url)
    assert desk.json("pull", "tool/t1").actions == {"tool/t1": "create-here"}
    assert desk.path("cochat.lock").read_bytes() == before


def test_an_address_with_a_slash_at_its_end_is_the_same_server(server: RunningServer, tmp_path: Path) -> None:
    """However `cochat.toml` writes its address, what is agreed with the server goes into the lock."""
    desk = make_desk(tmp_path, server.url, server.token)
    desk.edit("cochat.toml", server.url, f"{server.url.upper().replace('HTTP', 'http')}/")
    desk.json("pull", "tool/t3")
    assert f"url={server.url}\n" in desk.path("cochat.lock").read_text()
    desk.edit("plugins/tools/t3.py", '"0"', '"1"')
    before = desk.path("cochat.lock").read_bytes()
    desk.json("push", "--no-verify", "tool/t3")
    assert desk.path("cochat.lock").read_bytes() != before


def test_another_file_that_is_saved_meanwhile_hides_no_report(server: RunningServer, tmp_path: Path) -> None:
    """An untouched plugin is saved in the editor while a push works: that says what it did, and writes the lock."""
    with run_onlooker(server.url) as onlooker:
        desk = make_desk(tmp_path, onlooker.url, server.token)
        desk.json("pull", "tool/t4", "tool/t5")
        path, locked = desk.path("plugins/tools/t4.py"), desk.path("cochat.lock").read_bytes()
        onlooker.before("GET", "/api/v1/tools/id/t5", lambda: path.write_text(f"# typed\n{path.read_text()}"))
        desk.edit("plugins/tools/t5.py", '"0"', '"1"')
        assert desk.json("push", "--no-verify").actions == {"tool/t5": "update-there"}
        after = desk.path("cochat.lock").read_bytes()
        assert after != locked
        assert _line(after, "t4") == _line(locked, "t4")
        assert desk.json("status").actions == {"tool/t4": "update-there"}


def _line(lock: bytes, tool: str) -> bytes:
    (line,) = (line for line in lock.splitlines() if f" tool/{tool} ".encode() in line)
    return line
