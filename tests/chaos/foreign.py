"""Somebody else saves at the very moment of our push: where the server has history it is always noticed.

Where it has none, a save before our look is noticed, and between our look and our write there is no other request.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.result import Result
from tests.chaos.sorts import FLAVORS, kind_of_request, operation_of, sorts_of
from tests.chaos.stage import World, open_world

if TYPE_CHECKING:
    from tests.chaos.proxy import Fault, Request
    from tests.chaos.sorts import Sort

WHAT = "foreign writers: saves just before our look, and between our look and our write"
BAR = 1_000
SHORT = 24
SMALL = 3

_LOOKS = ("get", "list", "files")
#: so many are made at a time, so that most are older than a second when somebody saves them
_STOCK = 8


def run(count: int, seed: int) -> Result:
    """Play `count` rounds: one push, and one to three saves of somebody else beside it."""
    result, chance = Result(seed), random.Random(seed)
    unseen = 0
    for number, flavor in enumerate(FLAVORS):
        share = count // len(FLAVORS) + (number < count % len(FLAVORS))
        with tempfile.TemporaryDirectory(prefix="chaos-foreign-") as folder, open_world(Path(folder), flavor) as world:
            for start in range(0, share, _STOCK):
                stock = [(chance.choice(sorts_of(flavor)), world.slug()) for _ in range(min(_STOCK, share - start))]
                for sort, slug in stock:
                    world.browser.create(sort, slug, world.mark())
                world.desk.cochat("pull")
                for sort, slug in stock:
                    result.count()
                    unseen += _play(world, chance, result, sort, slug)
    result.facts.append(f"{unseen} in the one window that a server without history leaves")
    return result


def _play(world: World, chance: random.Random, result: Result, sort: Sort, slug: str) -> bool:
    """Play one round; True where their save was covered and nobody could know."""
    desk, browser = world.desk, world.browser
    ours = world.mark()
    sort.save(desk.folder, slug, ours)
    theirs = [world.mark() for _ in range(chance.randint(1, 3))]
    moment = chance.choice(("before our look", "in the window"))
    is_done, is_younger = False, False

    def save_first(request: Request) -> Fault | None:
        nonlocal is_done, is_younger
        operation = operation_of(request.method, request.path)
        is_moment = operation in _LOOKS if moment == "before our look" else operation == "update"
        if is_moment and not is_done and kind_of_request(request.path) == sort.kind:
            is_done, before_s = True, browser.saved_s(sort, slug)
            for mark in theirs:
                browser.update(sort, slug, mark)
            is_younger = browser.saved_s(sort, slug) > before_s
        return None

    world.proxy.play(save_first)
    done = desk.json("push", "--no-verify", f"{sort.kind}/{slug}", expected=None)
    asked = [operation_of(each.request.method, each.request.path) for each in world.proxy.record]
    world.proxy.play()
    where = f"{sort.kind} on {world.flavor} with {len(theirs)} foreign saves {moment}"
    result.check(is_done, f"{where}: there was no such moment in {asked}")
    kept = browser.contents()[sort.kind, slug] + browser.past(sort, slug)
    there = sort.there[world.flavor]
    is_told_later = there.tells_covered and (is_younger or not there.has_drafts)
    must_know, is_kept = moment == "before our look" or is_told_later, theirs[-1] in kept
    if must_know:
        is_told = done.exit_code == 3 and [*done.actions.values()] == ["conflict"]
        result.check(is_told, f"{where}: exit {done.exit_code}, so nobody is told: {done.out[-300:]}")
    else:
        at = asked.index("update")
        result.check(asked[at - 1] in _LOOKS, f"{where}: the window is wider than one request: {asked}")
    if must_know or there.history:
        result.check(is_kept, f"{where}: their body is nowhere")
    if there.history:
        result.check(all(mark in kept for mark in theirs), f"{where}: one of their bodies is nowhere")
    here = sort.raw(desk.folder, slug) if slug in sort.slugs(desk.folder) else ""
    result.check(ours in kept + here, f"{where}: our body is nowhere")
    # whatever the outcome, the next round starts in step
    if slug in sort.slugs(desk.folder):
        sort.delete(desk.folder, slug)
    browser.delete(sort, slug)
    desk.json("pull", expected=None)
    return not is_kept
