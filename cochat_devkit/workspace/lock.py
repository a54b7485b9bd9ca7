"""The workspace's lock: one writing process, freed by the system when that process dies."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cochat_devkit.errors import CannotWrite, MirrorLocked
from cochat_devkit.workspace.files import clear_beside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = ".cochat/lock"


@contextmanager
def workspace_lock(root: Path) -> Iterator[None]:
    """Hold the lock while the block runs, and first clear away what a process left that died with it.

    The file says who holds it, and nothing where that one ended well.

    Raises:
        MirrorLocked: another process holds it.
        CannotWrite: the workspace cannot be written.
    """
    path = root / PATH
    try:
        path.parent.mkdir(exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise _cannot_write(root, error) from error
    try:
        if not _try_lock(handle):
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip() if hasattr(os, "pread") else ""
            raise MirrorLocked(
                f"another cochat is writing to this workspace ({holder or 'unknown process'})",
                hint="wait until it has ended",
            )
        if os.fstat(handle).st_size:
            clear_beside(root)
        try:
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} since {time.strftime('%Y-%m-%d %H:%M:%S')}".encode(), 0)
        except OSError as error:
            raise _cannot_write(root, error) from error
        try:
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _cannot_write(root: Path, error: OSError) -> CannotWrite:
    return CannotWrite(
        f"the workspace {root} cannot be written: {error.strerror}",
        hint="check the rights of the folder and the free space",
    )


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
