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
from tests.chaos.sorts import FLAVORS, sorts_of
from tests.chaos.stage import World, open_world

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

    from tests.chaos.sorts import Sort
    from tests.desk import Desk

WHAT = "writers: two to eight processes of ours at once, on one workspace or on several, some killed"
BAR = 1_000
SHORT = 12
SMALL = 3

#: each round leaves resources behind, and each of its desks begins by pulling them all
_ROUNDS_OF_ONE_SERVER = 10
_LOCKED_OR_DONE = (0, 1, -signal.SIGKILL)


def run(count: int, seed: int) -> Result:
    """Play `count` rounds."""
    result, chance = Result(seed), random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.machine", "cochat_devkit.mirror.store", "cochat_devkit.api.client"])
    writers = unseen = 0
    for number, flavor in enumerate(FLAVORS):
        share = count // len(FLAVORS) + (number < count % len(FLAVORS))
        with tempfile.TemporaryDirectory(prefix="chaos-writers-") as folder, open_world(Path(folder), flavor) as world:
            for played in range(share):
                if played % _ROUNDS_OF_ONE_SERVER == 0:
                    world.start_over()
                    world.desk.cochat("pull")
                result.count()
                crowd = chance.randint(2, 8)
                writers += crowd
                scene = chance.choice((_share_a_workspace, _share_a_server))
                try:
                    unseen += scene(world, context, chance, crowd)
                except AssertionError as error:
                    result.fail(f"{scene.__name__} of {crowd} on {flavor}: {str(error)[:500]}")
                    world.desk = world.new_desk()
                    world.desk.cochat("pull")
    result.facts.append(f"{writers} processes, {unseen} edits covered unseen where no history tells")
    return result


def _share_a_workspace(world: World, context: ForkServerContext, chance: random.Random, crowd: int) -> int:
    """Push from one folder in several processes, and kill some of them: one after the other or not at all."""
    desk = world.desk
    made = {world.slug(): chance.choice(sorts_of(world.flavor)) for _ in range(3)}
    for slug, sort in made.items():
        sort.save(desk.folder, slug, world.mark())
    exits = _run_all(context, [desk] * crowd, chance, kills=chance.random() < 0.5)
    assert all(code in _LOCKED_OR_DONE for code in exits), f"exits {exits}"
    for words in (("pull",), ("push", "--no-verify"), ("status", "--fetch", "--exit-code")):
        done = desk.json(*words, expected=None)
        assert done.exit_code == 0, f"afterwards {words[0]}: {done.out[-300:]}"
    there = world.browser.contents()
    for slug, sort in made.items():
        assert sort.agrees(desk.folder, slug, there.get((sort.kind, slug), "")), f"{sort.kind}/{slug} did not arrive"
    return 0


def _share_a_server(world: World, context: ForkServerContext, chance: random.Random, crowd: int) -> int:
    """Push new resources and one shared one from several folders at once: each arrives, and none becomes nowhere.

    Returns how many edits were covered with nobody told, which only a server without history lets happen.
    """
    shared, sort = world.slug(), chance.choice(sorts_of(world.flavor))
    world.browser.create(sort, shared, world.mark())
    desks = [world.new_desk() for _ in range(crowd)]
    own: dict[Path, tuple[Sort, str]] = {}
    for desk in desks:
        desk.cochat("pull")
        own[desk.folder] = chance.choice(sorts_of(world.flavor)), world.slug()
        own[desk.folder][0].save(desk.folder, own[desk.folder][1], world.mark())
    # all but the first and second have only their own to send: of those two, one at most may win in silence
    marks = {desk.folder: world.mark() for desk in desks[:2]}
    for folder, mark in marks.items():
        sort.save(folder, shared, mark)
    exits = _run_all(context, desks, chance, kills=False)
    # whoever comes second finds that somebody moved it: the server failed nobody, and the others met nobody
    assert all(code in (0, 3) for code in exits[:2]), f"exits {exits}"
    assert not any(exits[2:]), f"exits {exits}"
    there = world.browser.contents()
    for desk in desks:
        mine, slug = own[desk.folder]
        assert mine.agrees(desk.folder, slug, there.get((mine.kind, slug), "")), f"{mine.kind}/{slug} did not arrive"
    kept = there[sort.kind, shared] + world.browser.past(sort, shared)
    for desk, code in zip(desks[:2], exits, strict=False):
        text = sort.raw(desk.folder, shared)
        assert marks[desk.folder] in kept + text, f"the body of a writer that exited {code} is nowhere"
    if exits[:2] == [0, 0]:
        there_is = sort.there[world.flavor]
        saved = sorted(int(each["created_at"]) for each in world.browser.versions(sort, shared))
        is_too_soon = there_is.has_drafts and saved[0] == saved[1]
        is_untold = not there_is.tells_covered or is_too_soon
        assert is_untold, f"both wrote {sort.kind}/{shared}, and neither was told: saved at {saved}"
        return 1
    return 0


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
