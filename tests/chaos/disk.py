"""A disk that takes no more: a clear error, no half-written file, and the next run with room ends in step."""

from __future__ import annotations

import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.result import Result
from tests.chaos.sorts import FILTER, FLAVORS, TOOL, sort_named
from tests.chaos.stage import World, open_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.desk import Desk

WHAT = "disk full: pulls and pushes with a limit on the size of a file, from nothing upwards"
BAR = 200
SHORT = 15
SMALL = 5

_EXITS = (0, 1, 3, 4)
_STOCK = 6
#: a plugin here is larger than some limits and smaller than others, and so are the mirror and its journal
_FILLING = "    # " + "x" * 70 + "\n"
_LIMITS = (0, 0, 1, 10, 100, 1_000, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072)


def run(count: int, seed: int) -> Result:
    """Run `count` commands that meet a full disk."""
    result, chance = Result(seed), random.Random(seed)
    met = 0
    for number, flavor in enumerate(FLAVORS):
        share = count // len(FLAVORS) + (number < count % len(FLAVORS))
        with tempfile.TemporaryDirectory(prefix="chaos-disk-") as folder, open_world(Path(folder), flavor) as world:
            for _ in range(share):
                result.ran += 1
                limit = chance.choice(_LIMITS) + chance.choice((0, chance.randrange(1, 200), chance.randrange(20_000)))
                met += _play(world, chance, limit, result)
    result.facts.append(f"{met} commands met the limit")
    return result


def _play(world: World, chance: random.Random, limit: int, result: Result) -> bool:
    if chance.random() < 0.3:
        world.desk = world.new_desk()
    desk, browser = world.desk, world.browser
    _edit_there(world, chance)
    words = chance.choice((("pull", "--json"), ("push", "--no-verify", "--json")))
    if words[0] == "push":
        _edit_here(world, chance)
    before, there = desk.files(), browser.contents()
    done = _cochat(desk, words, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    where = f"{' '.join(words)} with {limit} bytes on {world.flavor}"
    result.check(done.returncode in _EXITS, f"{where}: exit {done.returncode}: {_end(done.stdout + done.stderr)}")
    result.check(b"Traceback" not in done.stderr, f"{where}: {_end(done.stderr)}")
    if done.returncode:
        result.check(done.stdout.strip().startswith(b"{"), f"{where}: no JSON: {_end(done.stdout + done.stderr)}")
    whole = {text.encode() for text in browser.contents().values()} | {text.encode() for text in there.values()}
    for path, content in desk.files().items():
        is_whole = content == before.get(path) or content in whole or path.endswith((".yaml", "cochat.lock"))
        result.check(is_whole, f"{where}: {path} is half-written")
        result.check(not path.endswith(".tmp"), f"{where}: {path} was left")
    lost = set(before) - set(desk.files())
    result.check(not lost, f"{where}: gone: {lost}")
    _check_mirror(result, desk, where)
    for clean in (("pull", "--on-conflict", "theirs"), ("push", "--no-verify"), ("status", "--fetch", "--exit-code")):
        after = desk.json(*clean, expected=None)
        result.check(after.exit_code == 0, f"{where}: with room again, {clean[0]}: {_end(after.out.encode())}")
    return done.returncode != 0


def _edit_there(world: World, chance: random.Random) -> None:
    """Let something move on the server, so that there is something to write here."""
    there = list(world.browser.contents())
    for sort in (TOOL, FILTER):
        if sum(kind == sort.kind for kind, _ in there) < _STOCK:
            world.browser.create(sort, world.slug(), world.mark())
    if there:
        kind, slug = chance.choice(there)
        world.browser.update(sort_named(kind, world.flavor), slug, world.mark())


def _edit_here(world: World, chance: random.Random) -> None:
    path = world.desk.path(TOOL.path(world.slug()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TOOL.text(world.mark()) + _FILLING * chance.choice((0, 1, 100, 1_000)))


def _cochat(desk: Desk, words: tuple[str, ...], limit: Callable[[], None]) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own, which the limit is laid upon."""
    environment = {
        **os.environ,
        "COCHAT_TOKEN": desk.token or "",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "cochat_devkit", *words],
        cwd=desk.folder,
        env=environment,
        preexec_fn=limit,
        capture_output=True,
        timeout=120,
        check=False,
    )


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
