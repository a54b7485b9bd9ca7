"""Somebody else saves in the one moment between our look and our write: where the server has history, it is noticed."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.matrix import sort_of_request
from tests.chaos.result import Result
from tests.chaos.stage import FILTER, TOOL, World, open_world

if TYPE_CHECKING:
    from tests.chaos.proxy import Fault, Request

WHAT = "foreign writers: a save in the window between our look and our write, on a server with history"
BAR = 1_000
SHORT = 30
SMALL = 3


def run(count: int, seed: int) -> Result:
    """Play `count` rounds: one push, and one to three saves of somebody else in its window."""
    result, chance = Result(seed), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="chaos-foreign-") as folder, open_world(Path(folder), "owui-0.12") as world:
        world.desk.cochat("pull")
        for _ in range(count):
            result.ran += 1
            _play(world, chance, result)
    return result


def _play(world: World, chance: random.Random, result: Result) -> None:
    desk, browser, sort, slug = world.desk, world.browser, chance.choice((TOOL, FILTER)), world.slug()
    browser.create(sort, slug, world.mark())
    desk.cochat("pull", f"{sort.kind}/{slug}")
    desk.path(sort.path(slug)).write_text(sort.source(world.mark()))
    theirs = [world.mark() for _ in range(chance.randint(1, 3))]

    def save_first(request: Request) -> Fault | None:
        if sort_of_request(request) == "update":
            for mark in theirs:
                browser.update(sort, slug, mark)
        return None

    world.proxy.play(save_first)
    done = desk.json("push", "--no-verify", f"{sort.kind}/{slug}", expected=None)
    world.proxy.play()
    where = f"{sort.kind} with {len(theirs)} foreign saves"
    result.check(done.exit_code == 3, f"{where}: exit {done.exit_code}, so nobody is told")
    kept = browser.contents()[sort.kind, slug] + browser.past(sort, slug)
    result.check(all(mark in kept for mark in theirs), f"{where}: their body is nowhere")
    # whatever the outcome, the next round starts in step
    desk.path(sort.path(slug)).unlink(missing_ok=True)
    browser.delete(sort, slug)
    desk.json("pull", expected=None)
