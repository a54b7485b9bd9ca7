"""Answers that were lost after the server did what was asked: nothing is made twice, and nothing is undone."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from tests.chaos.proxy import Fault, Request
from tests.chaos.result import Result
from tests.chaos.sorts import FLAVORS, Sort, operation_of, sorts_of
from tests.chaos.stage import World, open_world

WHAT = "lost answers: creates, updates and deletes, each as often as asked"
BAR = 1_000
SHORT = 48
SMALL = 12

_FAULTS = (
    Fault.LOST,
    Fault.TRUNCATED,
    Fault.BROKEN_JSON,
    Fault.LOGIN_PAGE_AFTER,
    Fault.FAILED_AFTER,
    Fault.WRONG_TYPE,
    Fault.NOBODY,
)
_BATCH = 25


def run(count: int, seed: int) -> Result:
    """Lose the answers of `count` creates, `count` updates and `count` deletes."""
    result, chance = Result(seed), random.Random(seed)
    lost = dict.fromkeys(("create", "update", "delete"), 0)
    share = -(-count // len(FLAVORS))
    for flavor in FLAVORS:
        with tempfile.TemporaryDirectory(prefix="chaos-lost-") as folder, open_world(Path(folder), flavor) as world:
            world.desk.cochat("pull")
            done = 0
            while done < share:
                size = min(_BATCH, share - done)
                _play_batch(world, chance, size, lost, result)
                done += size
    result.ran = min(lost.values())
    result.facts.append(", ".join(f"{number} {operation}s" for operation, number in lost.items()))
    return result


def _play_batch(world: World, chance: random.Random, size: int, lost: dict[str, int], result: Result) -> None:
    desk, sorts = world.desk, sorts_of(world.flavor)
    made: dict[str, Sort] = {world.slug(): chance.choice(sorts) for _ in range(size)}
    for operation in ("create", "update", "delete"):
        for slug, sort in made.items():
            if operation == "delete":
                sort.delete(desk.folder, slug)
            else:
                sort.save(desk.folder, slug, world.mark())
        words = (
            "push",
            "--no-verify",
            *(("--delete", "--confirm-deletes", str(size)) if operation == "delete" else ()),
        )
        fault = chance.choice(_FAULTS)
        where = f"{fault} on {operation} on {world.flavor}"

        def script(request: Request, fault: Fault = fault, operation: str = operation) -> Fault | None:
            return fault if operation_of(request.method, request.path) == operation else None

        world.proxy.play(script)
        told = desk.json(*words, expected=None)
        sent = [each.request for each in world.proxy.record if each.fault is not None]
        lost[operation] += len(sent)
        result.check(len(sent) == size, f"{where}: {len(sent)} of {size} were sent: {told.err[-300:]}")
        result.check(told.exit_code in (0, 4), f"{where}: exit {told.exit_code}: {told.err[-300:]}")
        world.proxy.play()
        desk.json(*words, expected=None)
        again = [each.request for each in world.proxy.record if _is_repeated(each.request, operation)]
        result.check(not again, f"{where}: written again: {[(each.method, each.path) for each in again][:3]}")
        # what took several requests was interrupted half-way, and is completed by the run after
        desk.json(*words, expected=None)
        settled = desk.json("pull", expected=None)
        result.check(settled.exit_code == 0, f"{where}: the pull after it: {settled.out[-300:]}")
        state = desk.json("status", "--fetch", "--exit-code", expected=None)
        result.check(state.exit_code == 0, f"{where}: still not in step: {state.out[-300:]}")
        found = world.browser.contents()
        wanted = set() if operation == "delete" else {(sort.kind, slug) for slug, sort in made.items()}
        result.check(set(found) == wanted, f"{where}: the server holds {len(found)}, expected {len(wanted)}")
        for slug, sort in made.items():
            there = found.get((sort.kind, slug))
            result.check(sort.agrees(desk.folder, slug, there), f"{where}: {sort.kind}/{slug} differs")


def _is_repeated(request: Request, operation: str) -> bool:
    """Tell whether a request does again what was done; attaching files to what is there is no such thing."""
    return operation_of(request.method, request.path) == operation
