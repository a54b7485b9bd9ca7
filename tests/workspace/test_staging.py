"""Many files at once: on the disk before the first of them is put in place, and whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.workspace import staging as staging_module
from cochat_devkit.workspace.file_system import _syncfs
from cochat_devkit.workspace.staging import Staging


@pytest.fixture(autouse=True, params=["one by one", "at once"])
def way(request, monkeypatch):
    """Have files waited for in each of the ways that there are."""
    if request.param == "at once" and _syncfs() is None:
        pytest.skip("there is no call for all files of a file system")
    ways = {"one by one": lambda *_words: None, "at once": lambda folder, _devices: os.open(folder, os.O_RDONLY)}
    monkeypatch.setattr(staging_module, "open_file_system", ways[request.param])
    return request.param


def names(folder):
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file())


def test_what_was_staged_is_put_in_place_without_writing_it_again(tmp_path, monkeypatch):
    """The bytes are on the disk once, and the place gets them by its new name alone."""
    with Staging(tmp_path) as staging:
        staging.stage({"a/x.py": b"new", "a/y.py": b"other"})
        assert not (tmp_path / "a/x.py").exists()
        monkeypatch.setattr(staging_module, "write_file", lambda *_words, **_more: pytest.fail("it was written again"))
        staging.write(tmp_path, "a/x.py", b"new", expected=None)
        assert (tmp_path / "a/x.py").read_bytes() == b"new"
    assert names(tmp_path) == ["a/x.py"]


def test_every_file_is_on_the_disk_before_one_is_put_in_place(tmp_path, monkeypatch, way):
    """A power cut never leaves an empty file where a plugin was."""
    told = []
    fsync, sync_all, rename = os.fsync, staging_module.sync_file_system, os.rename

    def note_sync(handle):
        told.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "on disk")
        fsync(handle)

    def note_sync_of_all(handle):
        there = [each for each in names(tmp_path) if each.endswith(".tmp")]
        sync_all(handle)
        told.extend(["on disk"] * len(there) or ["folder"])

    def note_put(*words, **more):
        told.append("put")
        rename(*words, **more)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(staging_module, "sync_file_system", note_sync_of_all)
    monkeypatch.setattr(os, "rename", note_put)
    with Staging(tmp_path) as staging:
        staging.stage({"x.py": b"x", "y.py": b"y"})
        staging.write(tmp_path, "x.py", b"x", expected=None)
        staging.write(tmp_path, "y.py", b"y", expected=None)
        staging.settle()
        assert sorted(told[:3], reverse=True) == ["put", "on disk", "on disk"]
        assert told[:2] == ["on disk", "on disk"] or way == "one by one"
        assert told[3:] == ["put", "folder"]
        staging.settle()
    assert len(told) == 5


def test_a_folder_waits_for_the_disk_once_for_all_its_files(tmp_path, monkeypatch):
    """Those that were not staged included, as the bytes of a knowledge base's files come late."""
    told = []
    fsync, sync_all = os.fsync, staging_module.sync_file_system

    def note_sync(handle):
        told.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def note_sync_of_all(handle):
        told.append("folder")
        sync_all(handle)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(staging_module, "sync_file_system", note_sync_of_all)
    with Staging(tmp_path) as staging:
        staging.write(tmp_path, "a/x.md", b"x", expected=None)
        staging.write(tmp_path, "a/y.md", b"y", expected=None)
        assert told == ["file", "file"]
    assert told == ["file", "file", "folder"]
    assert names(tmp_path) == ["a/x.md", "a/y.md"]


def test_ctrl_c_while_folders_wait_for_the_disk_leaves_none_out(tmp_path, monkeypatch):
    """What is recorded on the way out is as sure to stay there as ever: the folders wait once more."""
    told = []
    handles = {*Path("/proc/self/fd").iterdir()} if Path("/proc/self/fd").exists() else None
    fsync = os.fsync

    def note_sync(handle):
        told.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def strike(_staging, _folder_or_system):
        raise KeyboardInterrupt

    def put_and_settle():
        with Staging(tmp_path) as staging:
            staging.write(tmp_path, "a/x.md", b"x", expected=None)
            monkeypatch.setattr(os, "fsync", note_sync)
            with monkeypatch.context() as struck:
                struck.setattr(Staging, "_settle_folder", strike)
                struck.setattr(Staging, "_settle_at_once", strike)
                staging.settle()

    with pytest.raises(KeyboardInterrupt):
        put_and_settle()
    assert told == ["folder"]
    assert handles is None or {*Path("/proc/self/fd").iterdir()} == handles


def test_a_folder_on_another_disk_is_waited_for_by_itself(tmp_path, monkeypatch):
    """What waits for the workspace's own disk promises nothing of one that joined meanwhile."""
    settled = []
    settle = Staging._settle_folder
    monkeypatch.setattr(Staging, "_settle_folder", lambda self, folder: (settled.append(folder), settle(self, folder)))
    with Staging(tmp_path) as staging:
        staging.write(tmp_path, "a/x.md", b"x", expected=None)
        staging.write(tmp_path, "b/x.md", b"x", expected=None)
        staging._devices.add(-1)
    assert sorted(settled) == ["a", "b"]


def test_a_disk_that_refuses_at_the_end_is_told(tmp_path, monkeypatch):
    """What may not stay there is never recorded as being there, then or later."""

    def refuse(_handle):
        raise OSError(5, "Input/output error")

    refused = pytest.raises(CannotWrite, match="Input/output error")
    with refused, Staging(tmp_path) as staging:
        staging.write(tmp_path, "a/x.md", b"x", expected=None)
        monkeypatch.setattr(os, "fsync", refuse)
        monkeypatch.setattr(staging_module, "sync_file_system", refuse)
        with pytest.raises(CannotWrite, match="Input/output error"):
            staging.settle()
        monkeypatch.undo()
    with refused:
        staging.settle()


def test_a_folder_that_moves_away_takes_nothing_out_of_sight(tmp_path):
    """What was written lies in the folder that I moved, and the mirror is never told that it is where it was meant."""
    moved = pytest.raises(CannotWrite, match="a was moved while we worked")
    with moved, Staging(tmp_path) as staging:
        staging.stage({"a/x.py": b"x", "a/y.py": b"y"})
        staging.write(tmp_path, "a/x.py", b"x", expected=None)
        (tmp_path / "a").rename(tmp_path / "b")
        (tmp_path / "a").mkdir()
        with pytest.raises(CannotWrite):
            staging.settle()
    with moved:
        staging.settle()
    assert names(tmp_path) == ["b/x.py"]


def test_what_lies_in_many_folders_is_written_all_the_same(tmp_path, monkeypatch):
    """Only so many folders are held open, and none for longer than its files are on their way."""
    monkeypatch.setattr(staging_module, "_MOST_FOLDERS", 2)
    files = {f"{folder}/x.py": folder.encode() for folder in "abcd"}
    handles = Path("/proc/self/fd")
    before = {*handles.iterdir()} if handles.exists() else None
    with Staging(tmp_path) as staging:
        for _ in range(2):
            staging.stage(files)
            for place, content in files.items():
                staging.write(tmp_path, place, content, expected=None)
                (tmp_path / place).unlink()
            staging.settle()
            assert before is None or {*handles.iterdir()} == before
    assert names(tmp_path) == []


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path):
    """My edit between plan and write stays, and nothing lies beside it."""
    (tmp_path / "x.py").write_bytes(b"old")
    with Staging(tmp_path) as staging:
        staging.stage({"x.py": b"new"})
        (tmp_path / "x.py").write_bytes(b"mine")
        with pytest.raises(CannotWrite, match="changed while we worked"):
            staging.write(tmp_path, "x.py", b"new", expected=b"old")
        assert names(tmp_path) == ["x.py"]
    assert (tmp_path / "x.py").read_bytes() == b"mine"


def test_other_content_than_was_staged_is_written_all_the_same(tmp_path):
    """What was foreseen is a head start and no promise."""
    with Staging(tmp_path) as staging:
        staging.stage({"x.py": b"foreseen"})
        staging.write(tmp_path, "x.py", b"another", expected=None)
    assert (tmp_path / "x.py").read_bytes() == b"another"
    assert names(tmp_path) == ["x.py"]


def test_a_file_keeps_its_rights(tmp_path):
    """What I made executable or private stays so."""
    (tmp_path / "x.py").write_bytes(b"old")
    (tmp_path / "x.py").chmod(0o750)
    with Staging(tmp_path) as staging:
        staging.stage({"x.py": b"new"})
        staging.write(tmp_path, "x.py", b"new", expected=b"old")
    assert (tmp_path / "x.py").stat().st_mode & 0o777 == 0o750


def test_nothing_is_staged_outside_of_the_workspace(tmp_path):
    """A link that leads out is refused when the file's turn comes, and nothing was written through it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "plugins").symlink_to(outside)
    with Staging(root) as staging:
        staging.stage({"plugins/x.py": b"x", "../y.py": b"y"})
        for place in ("plugins/x.py", "../y.py"):
            with pytest.raises(BadResource, match="leads out"):
                staging.write(root, place, b"x", expected=None)
    assert names(tmp_path) == []


def test_a_disk_that_refuses_is_told_when_the_files_turn_comes(tmp_path, monkeypatch):
    """One file that cannot be written is one failure, with its name."""
    (tmp_path / "x").write_bytes(b"a file where a folder should be")
    with Staging(tmp_path) as staging:
        staging.stage({"x/y.py": b"y", "z.py": b"z"})
        with pytest.raises(CannotWrite, match=r"x/y\.py cannot be written"):
            staging.write(tmp_path, "x/y.py", b"y", expected=None)
        staging.write(tmp_path, "z.py", b"z", expected=None)
    assert names(tmp_path) == ["x", "z.py"]
    real = os.fsync

    def refuse(handle):
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(28, "No space left on device")
        real(handle)

    def refuse_all(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    monkeypatch.setattr(staging_module, "sync_file_system", refuse_all)
    with Staging(tmp_path) as staging:
        staging.stage({"w.py": b"w"})
        with pytest.raises(CannotWrite, match="No space left"):
            staging.write(tmp_path, "w.py", b"w", expected=None)
    assert names(tmp_path) == ["x", "z.py"]
