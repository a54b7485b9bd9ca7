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
    from collections.abc import Callable, Iterable, Iterator

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
    _hunt(lambda: _with_environment(wanted), _kill)


def adopt_orphans() -> None:
    """Become the parent of what our descendants leave behind, so that `kill_children` finds it; Linux alone."""
    _control(_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """Have the system kill this process when its parent dies; Linux alone. What this process forks is not bound."""
    _control(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def kill_children(but: int) -> None:
    """Kill every child of this process but one, and what these leave behind, until there is none, and bury them.

    For who adopts orphans.
    """
    _hunt(lambda: _children() - {but}, _kill_child)


def _kill_child(pid: int) -> None:
    _kill(pid)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _hunt(find: Callable[[], Iterable[int]], kill: Callable[[int], None]) -> None:
    """Kill what is found until nothing is: who is killed may have forked meanwhile."""
    deadline = time.monotonic() + _LONGEST_HUNT_S
    while found := list(find()):
        for pid in found:
            kill(pid)
        if time.monotonic() > deadline:
            return
        time.sleep(0.001)


def _children() -> set[int]:
    """List our children, those that nobody has buried among them."""
    told = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        # one that ends while the system writes its list can hide the next one
        return {int(each) for _twice in range(2) for each in told.read_bytes().split()}
    except OSError:  # not every kernel tells
        return {pid for pid, place in _processes() if _parent_of(place) == os.getpid()}


def _parent_of(place: Path) -> int | None:
    with contextlib.suppress(OSError):
        # its name, which may be anything, ends at the last bracket
        return int((place / "stat").read_bytes().rpartition(b")")[2].split()[1])
    return None


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
