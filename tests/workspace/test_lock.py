"""One process writes to a workspace; the lock dies with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from cochat_devkit.errors import CannotWrite, MirrorLocked
from cochat_devkit.workspace.lock import workspace_lock

HOLDER = """
import sys
from pathlib import Path
from cochat_devkit.workspace.lock import workspace_lock
with workspace_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A second process that holds the lock of the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    with process:
        yield process
        process.kill()


def test_a_second_writer_is_told_who_is_first(tmp_path, holder):
    """Two pulls at once do not mix: the second says whom it waits for, and changes nothing."""
    with pytest.raises(MirrorLocked, match=rf"process {holder.pid} since 20") as raised, workspace_lock(tmp_path):
        pytest.fail("the lock was given twice")
    assert raised.value.hint == "wait until it has ended"


def test_a_killed_process_leaves_no_lock(tmp_path, holder):
    """After a crash nothing has to be cleaned up by hand."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with workspace_lock(tmp_path):
        pass


def test_what_a_killed_process_left_beside_files_goes(tmp_path, holder):
    """After a crash git shows no file of ours that nobody asked for; what is not ours stays."""
    ours = [".cochat.lock.0123abcd.tmp", "plugins/tools/.clock.py.deadbeef.tmp", ".cochat/blobs/.0f.00000000.tmp"]
    others = ["plugins/tools/.clock.py.tmp", "plugins/tools/clock.py.deadbeef.tmp", ".git/.x.deadbeef.tmp"]
    elsewhere = tmp_path.with_name(f"{tmp_path.name}-elsewhere")
    elsewhere.mkdir()
    (elsewhere / ".x.deadbeef.tmp").write_bytes(b"")
    for place in (*ours, *others):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(b"x")
    (tmp_path / "plugins" / "linked").symlink_to(elsewhere)
    (tmp_path / ".folder.deadbeef.tmp").mkdir()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with workspace_lock(tmp_path):
        assert [place for place in (*ours, *others) if (tmp_path / place).exists()] == others
    assert (elsewhere / ".x.deadbeef.tmp").exists()
    assert (tmp_path / ".folder.deadbeef.tmp").is_dir()


def test_a_process_that_ended_well_left_nothing_to_look_for(tmp_path, monkeypatch):
    """Looking through a large workspace is paid for only after a crash."""
    monkeypatch.setattr("cochat_devkit.workspace.lock.clear_beside", lambda _root: pytest.fail("looked"))
    for _ in range(2):
        with workspace_lock(tmp_path):
            pass
    with pytest.raises(ZeroDivisionError), workspace_lock(tmp_path):
        raise ZeroDivisionError
    with workspace_lock(tmp_path):
        pass


def test_the_lock_is_free_after_use_and_after_a_failure(tmp_path):
    """The next command runs, whatever became of this one."""
    said = pytest.raises(MirrorLocked, match=f"process {os.getpid()} ")
    with workspace_lock(tmp_path), said, workspace_lock(tmp_path):
        pytest.fail("the lock was given twice")
    with pytest.raises(ZeroDivisionError), workspace_lock(tmp_path):
        raise ZeroDivisionError
    with workspace_lock(tmp_path):
        pass


def test_a_workspace_that_cannot_be_written_is_one_sentence(tmp_path):
    """I read which workspace is meant."""
    (tmp_path / ".cochat").write_bytes(b"")
    said = f"the workspace {tmp_path} cannot be written"
    with pytest.raises(CannotWrite, match=said) as raised, workspace_lock(tmp_path):
        pytest.fail("there is no lock")
    assert raised.value.hint == "check the rights of the folder and the free space"
