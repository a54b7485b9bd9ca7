"""How processes that run plugin code are bound to us, and ended together with whatever they started."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

#: the environment variable by which what a plugin started is known, wherever it went
MARK = "STARTED_FOR_PLUGINS_OF"
#: who goes on forking is killed for so long
_LONGEST_HUNT_S = 3.0
#: Source: linux/prctl.h
_SET_PARENT_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36


def make_mark() -> str:
    """Make a value of `MARK` that no other process has."""
    return secrets.token_hex(16)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that was started with `start_new_session`, and the processes of its group that still live.

    Where there are no groups, the process alone.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def kill_marked(mark: str) -> None:
    """Kill the processes that were started with this mark in their environment, or by one that was; Linux alone.

    What cleared its own environment is not found.
    """
    wanted = f"{MARK}={mark}".encode()
    _hunt(lambda: _with_environment(wanted))


def adopt_orphans() -> None:
    """Become the parent of what our descendants leave behind, so that `kill_children` finds it; Linux alone."""
    _control(_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """Have the system kill this process when its parent dies; Linux alone. What this process forks is not bound."""
    _control(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def kill_children() -> None:
    """Kill every child of this process, and what these leave behind, until there is none; for who adopts orphans."""
    _hunt(_children)


def _hunt(find: Callable[[], Iterator[int]]) -> None:
    """Kill what is found until nothing is: who is killed may have forked meanwhile."""
    deadline = time.monotonic() + _LONGEST_HUNT_S
    while found := list(find()):
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return
        time.sleep(0.001)


def _children() -> Iterator[int]:
    """List our children that live, and bury those that do not."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        for pid, place in _processes():
            with contextlib.suppress(OSError):
                # its name, which may be anything, ends at the last bracket
                state, parent = (place / "stat").read_bytes().rpartition(b")")[2].split()[:2]
                if int(parent) == os.getpid() and state != b"Z":
                    yield pid


def _with_environment(wanted: bytes) -> Iterator[int]:
    for pid, place in _processes():
        with contextlib.suppress(OSError):
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                yield pid


def _processes() -> Iterator[tuple[int, Path]]:
    """List all processes but this one: none where the system does not show them as files."""
    found = Path("/proc").iterdir() if sys.platform == "linux" else ()
    return ((int(each.name), each) for each in found if each.name.isdecimal() and int(each.name) != os.getpid())


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
