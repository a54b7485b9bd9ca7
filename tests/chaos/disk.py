"""A disk that takes no more, or fails at a write: a clear error, nothing half-written, and the next run mends it.

Beside a limit on the size of files, which the kernel holds, single calls fail: a write, an fsync, a rename, a commit.
"""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import traceback
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cochat_devkit.cli import main
from cochat_devkit.workspace.file_system import sync_file_system
from cochat_devkit.workspace.files import LOCK
from cochat_devkit.workspace.lockfile import parse_lock, render_lock
from tests.chaos.machine import mirror_text
from tests.chaos.result import Result
from tests.chaos.sorts import FLAVORS, TOOL, kinds_of, marks_in, sort_named, sorts_of
from tests.chaos.stage import World, open_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from tests.desk import Desk

WHAT = "disk full or failing: pulls, pushes and undos with a limit on files, or one write, fsync, rename or commit lost"
BAR = 200
SHORT = 15
SMALL = 5

_EXITS = (0, 1, 3, 4)
_NO_SUCH_RUN = 2
_STOCK = 2
#: a plugin here is larger than some limits and smaller than others, and so are the mirror and its journal
_FILLING = "# " + "x" * 70 + "\n"
_FILE_CALLS = frozenset({"write", "fsync", "replace", "rename", "mkdir"})
_ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)
#: a command touches the disk about so often
_MOST_CALLS = 60
_TIMEOUT_S = 120
_LIMITS = (0, 0, 1, 10, 100, 1_000, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072)


def run(count: int, seed: int) -> Result:
    """Run `count` commands that meet a full disk."""
    result, chance = Result(seed), random.Random(seed)
    met = 0
    for number, flavor in enumerate(FLAVORS):
        share = count // len(FLAVORS) + (number < count % len(FLAVORS))
        with tempfile.TemporaryDirectory(prefix="chaos-disk-") as folder, open_world(Path(folder), flavor) as world:
            seen: set[bytes] = set()
            for _ in range(share):
                result.count()
                met += _play(world, chance, chance.choice((_with_limit, _with_failure)), result, seen)
    result.facts.append(f"{met} commands met it")
    return result


def _play(
    world: World, chance: random.Random, spoil: Callable[[random.Random], Spoiled], result: Result, seen: set[bytes]
) -> bool:
    """Play one command, and two clean ones after it; `seen` has the contents that files had as a whole before."""
    if chance.random() < 0.3:
        world.desk = world.new_desk()
    desk, browser = world.desk, world.browser
    _edit_there(world, chance)
    words = chance.choice(
        (("pull", "--json"), ("push", "--no-verify", "--json"), ("undo", _newest_run(desk), "--json"))
    )
    if words[0] == "push":
        _edit_here(world, chance)
    spoiled = spoil(chance)
    before, there = desk.files(), browser.contents()
    seen.update(before.values())
    done = _cochat(desk, words, spoiled.begin)
    where = f"{' '.join(words)} with {spoiled.what} on {world.flavor}"
    is_undo = words[0] == "undo"
    exits = (*_EXITS, _NO_SUCH_RUN) if is_undo else _EXITS
    result.check(done.returncode in exits, f"{where}: exit {done.returncode}: {_end(done.stdout + done.stderr)}")
    result.check(b"Traceback" not in done.stderr, f"{where}: {_end(done.stderr)}")
    if done.returncode:
        result.check(done.stdout.strip().startswith(b"{"), f"{where}: no JSON: {_end(done.stdout + done.stderr)}")
    after, marks = desk.files(), "".join([*browser.contents().values(), *there.values()])
    kept = marks_in(mirror_text(desk) + marks + _all_texts(desk))
    lost = marks_in("".join(content.decode() for content in before.values()) + marks) - kept
    result.check(not lost, f"{where}: gone: {lost}")
    _check_mirror(result, desk, where)
    # what an undo took away here is still there, until a push may delete
    last = ("status", "--fetch") if is_undo else ("status", "--fetch", "--exit-code")
    for clean in (("pull", "--on-conflict", "theirs"), ("push", "--no-verify"), last):
        with_room = desk.json(*clean, expected=None)
        result.check(with_room.exit_code == 0, f"{where}: with room again, {clean[0]}: {_end(with_room.out.encode())}")
        # what there was room for is whole, too: it is what an undo brings back
        seen.update(desk.files().values())
        if clean[0] == "pull":
            _check_whole(result, after, seen, where)
    return done.returncode != 0


def _check_whole(result: Result, after: dict[str, bytes], seen: set[bytes], where: str) -> None:
    """Check that each file is as it was, or as a whole one was or is once there is room again; and nothing is left."""
    for path, content in after.items():
        result.check(not path.endswith(".tmp"), f"{where}: {path} was left")
        if path == LOCK:
            # what it says is as far as the command came: each line has to be one
            lines = parse_lock(content.decode())
            result.check(render_lock(lines).encode() == content, f"{where}: {path} is half-written")
        else:
            result.check(content in seen, f"{where}: {path} is half-written")


@dataclass(frozen=True)
class Spoiled:
    """Say what is wrong with the disk, and how a process begins to feel it."""

    what: str
    begin: Callable[[], None]


def _with_limit(chance: random.Random) -> Spoiled:
    """Let no file grow beyond a size."""
    limit = chance.choice(_LIMITS) + chance.choice((0, chance.randrange(1, 200), chance.randrange(20_000)))
    return Spoiled(f"{limit} bytes", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))


def _with_failure(chance: random.Random) -> Spoiled:
    """Let one call fail: the profile hook of each thread sees it before it is made, and what it raises comes of it."""
    number, code = chance.randint(1, _MOST_CALLS), chance.choice(_ERRORS)
    left = number

    def look(frame: FrameType, event: str, called: Any) -> None:
        nonlocal left
        # what it calls is no function of Python's, and no hook sees it
        is_sync_of_all = event == "call" and frame.f_code is sync_file_system.__code__
        sort = "fsync" if is_sync_of_all else _sort_of_call(called) if event == "c_call" else None
        if sort:
            left -= 1
            if left == 0:
                is_commit = sort == "commit"
                raise sqlite3.OperationalError("disk I/O error") if is_commit else OSError(code, os.strerror(code))

    def begin() -> None:
        threading.setprofile(look)
        sys.setprofile(look)

    return Spoiled(f"{errno.errorcode[code]} at call {number}", begin)


def _sort_of_call(called: Any) -> str | None:
    """Name the sort of a call that touches the disk; None for any other."""
    name, owner = getattr(called, "__name__", ""), getattr(called, "__self__", None)
    if isinstance(owner, sqlite3.Connection):
        return "commit" if name == "commit" else None
    if isinstance(owner, io.BufferedWriter):
        return "write" if name == "write" else None
    return name if name in _FILE_CALLS and getattr(owner, "__name__", "") == "posix" else None


def _newest_run(desk: Desk) -> str:
    runs = desk.json("undo").json["runs"]
    return str(runs[0]["run"]) if runs else "1"


def _all_texts(desk: Desk) -> str:
    files = (path for path in desk.folder.rglob("*") if path.is_file() and not path.name.startswith("mirror.db"))
    return "".join(path.read_text("utf-8", "replace") for path in files)


def _edit_there(world: World, chance: random.Random) -> None:
    """Let something move on the server, so that there is something to write here."""
    there = list(world.browser.wires())
    for kind, sort in kinds_of(world.flavor).items():
        if sum(each == kind for each, _ in there) < _STOCK:
            world.browser.create(sort, world.slug(), world.mark())
    for kind, slug in chance.sample(there, min(2, len(there))):
        world.browser.update(sort_named(kind, world.flavor), slug, world.mark())


def _edit_here(world: World, chance: random.Random) -> None:
    path = world.desk.path(TOOL.path(world.slug()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_FILLING * chance.choice((0, 1, 100, 1_000)) + TOOL.text(world.mark()))
    sort = chance.choice(sorts_of(world.flavor))
    sort.save(world.desk.folder, world.slug(), world.mark())


def _cochat(desk: Desk, words: tuple[str, ...], begin: Callable[[], None]) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a child, which feels what is wrong with the disk from its first line on."""
    out, err = _wide_pipe(), _wide_pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(desk, words, begin, out[1], err[1])
    said = []
    for reading, writing in (out, err):
        os.close(writing)
        with os.fdopen(reading, "rb") as told:
            said.append(told.read())
    _pid, status = os.waitpid(child, 0)
    return subprocess.CompletedProcess(words, os.waitstatus_to_exitcode(status), *said)


def _wide_pipe() -> tuple[int, int]:
    """Make a pipe that takes all that a command says, so nobody waits; it is no file, and no limit holds for it."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 1 << 20)
    return reading, writing


def _be_the_child(desk: Desk, words: tuple[str, ...], begin: Callable[[], None], out: int, err: int) -> None:
    code = 1
    try:
        signal.alarm(_TIMEOUT_S)
        os.environ["COCHAT_TOKEN"] = desk.token or ""
        os.chdir(desk.folder)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        begin()
        main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - it is to be found in what was said
        os.write(2, traceback.format_exc().encode())
    finally:
        sys.setprofile(None)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _check_mirror(result: Result, desk: Desk, where: str) -> None:
    mirror = desk.path("mirror.db")
    if not mirror.exists():
        return
    with closing(sqlite3.connect(mirror)) as database:
        try:
            (found,) = database.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.DatabaseError as error:
            found = str(error)
    result.check(found == "ok", f"{where}: the mirror is damaged: {found}")


def _end(said: bytes) -> str:
    try:
        error = json.loads(said)["error"]
        return f"{error['type']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        return said.decode(errors="replace")[-500:]
