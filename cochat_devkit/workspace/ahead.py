"""Looking ahead: while this process is still being loaded, a second one asks the system about the files.

To ask about ten thousand files takes a third of a short command, and to load the rest of it another. Where there are no
two processes, as on Windows, and where nobody looked ahead, all is asked later.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.asking import ask_as_before
from cochat_devkit.workspace.files import inside
from cochat_devkit.workspace.statcache import PATH, read_cache

if TYPE_CHECKING:
    from cochat_devkit.workspace.statcache import StatCache


class _Asked(NamedTuple):
    """Hold what another process was asked: its number, and the pipe that its answer comes through."""

    root: Path
    cache: StatCache
    process: int
    pipe: int


#: at most one: what was asked and not yet answered
_asked: list[_Asked] = []


def look_ahead() -> None:
    """Let a second process ask about the workspace around the current folder, if a cache knows any.

    For who looks at the files once, and soon.
    """
    if not hasattr(os, "fork") or (os.cpu_count() or 1) == 1:
        return
    # whoever is in the way of this is in the way of the command itself, too, and is told of there
    with contextlib.suppress(OSError):
        here = Path.cwd()
        root = next((folder for folder in (here, *here.parents) if (folder / PATH).is_file()), None)
        if root is not None:
            _asked.append(_ask_another(root, read_cache(root)))


def _ask_another(root: Path, cache: StatCache) -> _Asked:
    pipe, answer = os.pipe()
    process = os.fork()
    if process == 0:
        # it ends here, whatever happens: what the other one has yet to print, and to tidy up, is none of its business
        try:
            told = "".join(f"{folder}\0" for folder in cache.folders if _is_as_left(root, folder, cache))
            os.write(answer, told.encode())
        finally:
            os._exit(0)
    os.close(answer)
    return _Asked(root, cache, process, pipe)


def take_answer(root: Path) -> tuple[StatCache, frozenset[str]] | None:
    """Take what was found out, once: (the cache, the folders in which all is as that says).

    None where nobody looked ahead, or at another workspace.
    """
    if not _asked:
        return None
    asked = _asked.pop()
    with os.fdopen(asked.pipe, "rb") as pipe:
        told = pipe.read().decode(errors="replace")
    # where nobody in this process is told of children that end, it is gone already
    with contextlib.suppress(ChildProcessError):
        os.waitpid(asked.process, 0)
    # behind the last NUL, which is in no name, there is nothing, or what was cut off
    return (asked.cache, frozenset(told.split("\0")[:-1])) if asked.root == root else None


def _is_as_left(root: Path, folder: str, cache: StatCache) -> bool:
    before = cache.shelf(folder).stats
    try:
        return ask_as_before(str(inside(root, folder)), before) == before
    except (BadResource, OSError):
        return False
