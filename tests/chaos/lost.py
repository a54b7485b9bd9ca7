"""Answers that were lost after the server did what was asked: nothing is made twice, and nothing is undone."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from tests.chaos.matrix import sort_of_request
from tests.chaos.proxy import Fault, Request
from tests.chaos.result import Result
from tests.chaos.stage import FILTER, FLAVORS, TOOL, Sort, World, open_world

WHAT = "lost answers: creates, updates and deletes, each as often as asked"
BAR = 1_000
SHORT = 100
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
    desk = world.desk
    made: dict[str, Sort] = {world.slug(): chance.choice((TOOL, FILTER)) for _ in range(size)}
    expected: dict[tuple[str, str], str] = {}
    for operation in ("create", "update", "delete"):
        for slug, sort in made.items():
            path = desk.path(sort.path(slug))
            if operation == "delete":
                path.unlink()
                desk.path(sort.sidecar(slug)).unlink(missing_ok=True)
                expected.pop((sort.kind, slug))
            else:
                text = sort.source(world.mark())
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
                expected[sort.kind, slug] = text
        words = (
            "push",
            "--no-verify",
            *(("--delete", "--confirm-deletes", str(size)) if operation == "delete" else ()),
        )
        fault = chance.choice(_FAULTS)
        where = f"{fault} on {operation} on {world.flavor}"

        def script(request: Request, fault: Fault = fault, operation: str = operation) -> Fault | None:
            return fault if sort_of_request(request) == operation else None

        world.proxy.play(script)
        told = desk.json(*words, expected=None)
        sent = [each.request.path for each in world.proxy.record if each.fault is not None]
        lost[operation] += len(sent)
        result.check(len(sent) == size, f"{where}: {len(sent)} of {size} were sent: {told.err[-300:]}")
        result.check(len(set(map(str, sent))) == len(sent) or operation == "create", f"{where}: sent twice")
        result.check(told.exit_code in (0, 4), f"{where}: exit {told.exit_code}: {told.err[-300:]}")
        world.proxy.play()
        desk.json(*words, expected=None)
        again = [each.request for each in world.proxy.record if each.request.method != "GET"]
        result.check(not again, f"{where}: written again: {[each.path for each in again][:3]}")
        settled = desk.json("pull", expected=None)
        result.check(settled.exit_code == 0, f"{where}: the pull after it: {settled.out[-300:]}")
        state = desk.json("status", "--fetch", "--exit-code", expected=None)
        result.check(state.exit_code == 0, f"{where}: still not in step: {state.out[-300:]}")
        found = world.browser.contents()
        result.check(found == expected, f"{where}: the server holds {len(found)}, expected {len(expected)}")
