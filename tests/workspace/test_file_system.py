"""One call for all files of a file system, and only where it promises what one call for each does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cochat_devkit.workspace import file_system
from cochat_devkit.workspace.file_system import open_file_system, sync_file_system

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a call")
MEMORY = Path("/dev/shm")


@pytest.fixture
def quiet(monkeypatch):
    """Take what others have written for little, however much it is."""
    monkeypatch.setattr(file_system, "MOST_WAITING_KIB", 1 << 40)


def test_what_lies_in_memory_is_brought_nowhere_at_once(quiet):
    """A file system that we know is opened, asked, and has nothing to tell."""
    handle = open_file_system(MEMORY, {MEMORY.stat().st_dev})
    assert handle is not None
    try:
        sync_file_system(handle)
    finally:
        os.close(handle)


@pytest.mark.parametrize("release", ["5.7.19", "4.18.0-553.el8", "5.4.0-1-generic", "odd"])
def test_a_linux_that_does_not_tell_of_failures_is_not_asked(quiet, monkeypatch, release):
    """Before 5.8 a disk that failed to write was no failure of the call."""
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "host", release, "", "x86_64")))
    file_system._syncfs.cache_clear()
    try:
        assert open_file_system(MEMORY, {MEMORY.stat().st_dev}) is None
    finally:
        file_system._syncfs.cache_clear()


def test_a_file_system_that_we_do_not_know_is_not_asked(quiet):
    """What a program or a network keeps may promise less for all files than for one."""
    proc = Path("/proc/self")
    assert open_file_system(proc, {proc.stat().st_dev}) is None


def test_files_that_lie_on_several_file_systems_are_waited_for_one_by_one(quiet):
    """A folder of the workspace may be another disk."""
    here = MEMORY.stat().st_dev
    assert open_file_system(MEMORY, {here, here + 1}) is None
    assert open_file_system(MEMORY, {here + 1}) is None


def test_nobody_waits_for_what_others_have_written(monkeypatch):
    """Where gigabytes of a copy wait for the disk, our few files are waited for alone."""
    monkeypatch.setattr(file_system, "MOST_WAITING_KIB", -1)
    assert open_file_system(MEMORY, {MEMORY.stat().st_dev}) is None


def test_a_failure_is_told():
    """A handle that names nothing is the nearest thing to a disk that fails."""
    with pytest.raises(OSError, match="could not be brought to the disk"):
        sync_file_system(-1)
