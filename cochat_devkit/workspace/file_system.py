"""All that was written to a file system, brought to its disk by one call, where that promises what `fsync` promises."""

from __future__ import annotations

import functools
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

#: those whose way to the disk is the same for one file and for all: it ends when the disk has emptied its cache. Those
#: of a network or of a program, and those that lie over others, promise less for all than for one
_FIT = frozenset({"ext4", "xfs", "tmpfs"})
#: an older Linux does not tell that something could not be written. Source: syncfs(2)
_TELLS_SINCE = (5, 8)
#: what others have written waits along: where that is more, each file is waited for alone
MOST_WAITING_KIB = 32 * 1024
_WAITING = re.compile(rb"^(?:Dirty|Writeback): +(\d+) kB$", re.MULTILINE)


def open_file_system(folder: Path, devices: Collection[int]) -> int | None:
    """Open the file system of a folder before files are written to it: a handle for `sync_file_system`.

    `devices` are those that the files are on. None where one call for all would promise less than one for each file, or
    would have much of others' to wait for.
    """
    if len(devices) != 1 or _syncfs() is None:
        return None
    try:
        device = folder.stat().st_dev
        if device not in devices or not _is_fit(device) or _waiting_kib() > MOST_WAITING_KIB:
            return None
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None


def sync_file_system(handle: int) -> None:
    """Wait until all that was written is on the disk.

    Raises:
        OSError: something that was written since the handle was opened is not.
    """
    import ctypes

    if _syncfs()(handle) != 0:
        raise OSError(ctypes.get_errno(), "the file system could not be brought to the disk")


@functools.cache
def _syncfs() -> Any:
    """Find the call `syncfs(handle) -> 0 or -1`, which Python has no name for; None where none tells of failures."""
    if sys.platform != "linux" or _release() < _TELLS_SINCE:
        return None
    try:
        import ctypes
    except ImportError:
        # a Python that was built without it
        return None
    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)


def _release() -> tuple[int, ...]:
    return tuple(int(each) for each in os.uname().release.split(".")[:2] if each.isdecimal())


@functools.cache
def _is_fit(device: int) -> bool:
    """Tell whether a file system is one of those that we know. Source: proc_pid_mountinfo(5)."""
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    found = {each.partition(" - ")[2].split(" ")[0] for each in mounts if each.split(" ")[2] == number}
    return len(found) == 1 and found <= _FIT


def _waiting_kib() -> int:
    """Say how much of the memory waits to be written. Source: proc_meminfo(5)."""
    return sum(map(int, _WAITING.findall(Path("/proc/meminfo").read_bytes())))
