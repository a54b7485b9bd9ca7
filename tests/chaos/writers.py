"""Several of us at once, on one workspace and on several: no stale lock, and nobody's work is covered unseen."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.machine import run_here
from tests.chaos.result import Result
from tests.chaos.stage import FLAVORS, TOOL, World, open_world

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

    from tests.desk import Desk

WHAT = "writers: two to eight processes of ours at once, on one workspace or on several, some killed"
BAR = 1_000
SHORT = 15
SMALL = 3

_LOCKED_OR_DONE = (0, 1, 3, -signal.SIGKILL)


def run(count: int, seed: int) -> Result:
    """Play `count` rounds."""
    result, chance = Result(seed), random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.machine", "cochat_devkit.mirror.store", "cochat_devkit.api.client"])
    writers = 0
    for number, flavor in enumerate(FLAVORS):
        share = count // len(FLAVORS) + (number < count % len(FLAVORS))
        with tempfile.TemporaryDirectory(prefix="chaos-writers-") as folder, open_world(Path(folder), flavor) as world:
            world.desk.cochat("pull")
            for _ in range(share):
                result.ran += 1
                crowd = chance.randint(2, 8)
                writers += crowd
                scene = chance.choice((_share_a_workspace, _share_a_server))
                try:
                    scene(world, context, chance, crowd)
                except AssertionError as error:
                    result.fail(f"{scene.__name__} of {crowd} on {flavor}: {str(error)[:500]}")
                    world.desk = world.new_desk()
                    world.desk.cochat("pull")
    result.facts.append(f"{writers} processes")
    return result


def _share_a_workspace(world: World, context: ForkServerContext, chance: random.Random, crowd: int) -> None:
    """Push from one folder in several processes, and kill some of them: one after the other or not at all."""
    desk = world.desk
    slugs = [world.slug() for _ in range(3)]
    for slug in slugs:
        _write(desk, slug, TOOL.source(world.mark()))
    exits = _run_all(context, [desk] * crowd, chance, kills=chance.random() < 0.5)
    assert all(code in _LOCKED_OR_DONE for code in exits), f"exits {exits}"
    for words in (("pull",), ("push", "--no-verify"), ("status", "--fetch", "--exit-code")):
        done = desk.json(*words, expected=None)
        assert done.exit_code == 0, f"afterwards {words[0]}: {done.out[-300:]}"
    there = world.browser.contents()
    for slug in slugs:
        assert there.get((TOOL.kind, slug)) == desk.path(TOOL.path(slug)).read_text(), f"{slug} did not arrive"


def _share_a_server(world: World, context: ForkServerContext, chance: random.Random, crowd: int) -> None:
    """Push new plugins and one shared plugin from several folders at once: each arrives, and none becomes nowhere."""
    shared = world.slug()
    world.browser.create(TOOL, shared, world.mark())
    desks = [world.new_desk() for _ in range(crowd)]
    own = {}
    for desk in desks:
        desk.cochat("pull")
        own[desk.folder] = world.slug()
        _write(desk, own[desk.folder], TOOL.source(world.mark()))
    # all but the first and second have only their own to send: of those two, one at most may win in silence
    sources = {desk.folder: TOOL.source(world.mark()) for desk in desks[:2]}
    for folder, source in sources.items():
        (folder / TOOL.path(shared)).write_text(source)
    exits = _run_all(context, desks, chance, kills=False)
    assert all(code in (0, 3) for code in exits), f"exits {exits}"
    there = world.browser.contents()
    for desk in desks:
        arrived = there.get((TOOL.kind, own[desk.folder]))
        assert arrived == desk.path(TOOL.path(own[desk.folder])).read_text(), f"{own[desk.folder]} did not arrive"
    kept = there[TOOL.kind, shared] + world.browser.past(TOOL, shared)
    for desk, code in zip(desks[:2], exits, strict=False):
        mine = sources[desk.folder]
        text = desk.path(TOOL.path(shared)).read_text()
        mark = mine[mine.index("mark-") :][:18]
        assert mark in kept or mark in text, f"the body of a writer that exited {code} is nowhere"


def _run_all(context: ForkServerContext, desks: list[Desk], chance: random.Random, *, kills: bool) -> list[int]:
    processes = [
        context.Process(
            target=run_here, args=(str(desk.folder), desk.token, ("push", "--no-verify"), os.environ.copy())
        )
        for desk in desks
    ]
    for process in processes:
        process.start()
    if kills:
        victim = chance.choice(processes)
        victim.join(chance.random() * 0.3)
        if victim.is_alive():
            victim.kill()
    for process in processes:
        process.join(120)
        assert process.exitcode is not None, "a writer does not end"
    return [process.exitcode for process in processes if process.exitcode is not None]


def _write(desk: Desk, slug: str, source: str) -> None:
    path = desk.path(TOOL.path(slug))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
