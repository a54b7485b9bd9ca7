"""The watcher sees what happens to the files of a workspace, and nothing else."""

from __future__ import annotations

import time

import pytest

from cochat_devkit.errors import LocalError
from cochat_devkit.watching.watcher import Watcher

PATIENCE_S = 10.0


@pytest.fixture
def folder(tmp_path):
    """A folder with one file, watched from its workspace."""
    (tmp_path / "plugins" / "tools").mkdir(parents=True)
    (tmp_path / "plugins" / "tools" / "old.py").write_text("old", encoding="utf-8")
    return tmp_path / "plugins" / "tools"


@pytest.fixture
def watcher(tmp_path, folder):
    """A running watcher."""
    with Watcher(tmp_path, ["plugins/tools", "plugins/none"]) as running:
        yield running


def seen_until(watcher, wanted):
    """Take paths until all that are wanted came; bounded by the queue's own waiting."""
    found = set()
    deadline = time.monotonic() + PATIENCE_S
    while not wanted <= found and (left_s := deadline - time.monotonic()) > 0:
        path = watcher.next_path(left_s)
        if path is not None:
            found.add(path)
    assert wanted <= found
    return found


def create(folder):
    (folder / "new.py").write_text("x", encoding="utf-8")
    return {"plugins/tools/new.py"}


def modify(folder):
    (folder / "old.py").write_text("new", encoding="utf-8")
    return {"plugins/tools/old.py"}


def rename(folder):
    (folder / "old.py").rename(folder / "renamed.py")
    return {"plugins/tools/old.py", "plugins/tools/renamed.py"}


def delete(folder):
    (folder / "old.py").unlink()
    return {"plugins/tools/old.py"}


def save_atomically(folder):
    (folder / ".old.py.1234.tmp").write_text("new", encoding="utf-8")
    (folder / ".old.py.1234.tmp").replace(folder / "old.py")
    return {"plugins/tools/old.py"}


@pytest.mark.parametrize("act", [create, modify, rename, delete, save_atomically])
def test_what_happens_to_a_file_is_seen(watcher, folder, act):
    """However my editor saves, the round begins."""
    found = seen_until(watcher, act(folder))
    assert not [path for path in found if path.endswith(".tmp")]


def test_other_peoples_files_are_passed_over(watcher, folder):
    """Swap files, caches and half-written files start nothing; the path is that of the workspace."""
    (folder / "__pycache__").mkdir()
    for name in (".x.py.swp", "x.py~", "x.pyc", ".x.tmp", "__pycache__/x.cpython-311.py"):
        (folder / name).write_text("x", encoding="utf-8")
    assert seen_until(watcher, create(folder)) == {"plugins/tools/new.py"}


def test_a_quiet_folder_says_nothing(watcher):
    """Waiting ends with the time."""
    assert watcher.next_path(0.01) is None


def test_a_dead_watcher_is_loud(watcher):
    """I am not left waiting for a watcher that will never speak again."""
    watcher._observer.stop()
    watcher._observer.join()
    with pytest.raises(LocalError, match="the file watcher died") as raised:
        watcher.next_path(0.01)
    assert raised.value.hint == "run cochat dev again"
