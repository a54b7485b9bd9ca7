"""The planner under a seeded generator: it ends, a second plan is empty, nothing that one side only had is lost.

A case is one resource with a random past: what both sides agreed on, what each of them shows now, on a server that
stores texts as they are or rewrites them. Cases are planned together, a thousand to a plan, and the plan is carried out
on the simulated sides; the judgement knows nothing of how the planner decides.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.resource import Fingerprint, Key, Slug, State
from cochat_devkit.sync.decide import ABSENT, Action, Base, OnConflict, Policy, Side, present
from cochat_devkit.sync.plan import Plan, PlanTarget, Sight, parse_plan, plan_sync, render_plan
from tests.chaos.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.sync.plan import Planned

WHAT = "planner: ends, the second plan is empty, what one side only had is kept"
BAR = 1_000_000
SHORT = 1_000_000
SMALL = 20_000

_CASES_OF_ONE_PLAN = 1_000
_PLANS_BETWEEN_ROUND_TRIPS = 50
_ORDER = {"file": 0, "knowledge": 1, "tool": 2, "agent": 3, "automation": 4}
_TARGET = PlanTarget("main", "https://server.test", "u1")
_TEXTS = ("A", "B", "C", "D")
_UNSEEN = (Side(State.UNREADABLE), Side(State.NOT_LISTED))
_STOPPED = (Action.MERGE, Action.CONFLICT, Action.SKIP)
_POLICIES = tuple(Policy(who, delete) for who in OnConflict for delete in (True, False))


@dataclass(frozen=True)
class _Server:
    """Hold how a server stores a text."""

    rewrites: bool

    def stored(self, text: str) -> str:
        """Say what it makes of a text: A becomes a, and a stays."""
        return text.lower() if self.rewrites and text in "AB" else text


def run(count: int, seed: int) -> Result:
    """Plan so many cases."""
    result, chance = Result(seed), random.Random(seed)
    number = 0
    while result.ran < count and len(result.failures) < 20:
        server, policy = _Server(chance.random() < 0.5), _POLICIES[number % len(_POLICIES)]
        sights = list(_make_cases(chance, server, min(_CASES_OF_ONE_PLAN, count - result.ran)))
        planned = plan_sync(sights, _ORDER, policy)
        after = _carry_out(sights, planned, server)
        stopped = {sight.key for sight, decision in planned.others if decision.action in _STOPPED}
        _judge(result, sights, after, policy, server)
        _judge_bases(result, after, stopped)
        again = plan_sync(after, _ORDER, policy)
        result.check(not again.operations, f"the second plan writes: {again.operations[:2]}")
        left = [(sight.key, decision) for sight, decision in planned.others if decision.action in _STOPPED]
        still = [(sight.key, decision) for sight, decision in again.others if decision.action in _STOPPED]
        result.check(left == still, "a second plan settles what the first did not, or finds what it did not")
        acts = [decision for _sight, decision in again.others if decision.action not in (*_STOPPED, Action.NOTHING)]
        result.check(not acts, f"the second plan does something here: {acts[:2]}")
        if number % _PLANS_BETWEEN_ROUND_TRIPS == 0:
            plan = Plan("lineage", _TARGET, planned.operations)
            result.check(parse_plan(render_plan(plan), "plan") == plan, "a plan is not read as it was written")
        result.ran += len(sights)
        number += 1
    return result


def _make_cases(chance: random.Random, server: _Server, count: int) -> Iterator[Sight]:
    kinds = tuple(_ORDER)
    for number in range(count):
        local = _make_side(chance)
        remote = _make_side(chance)
        if remote.fingerprint is not None:
            remote = present(Fingerprint(server.stored(remote.fingerprint)))
        base = None
        if chance.random() < 0.75:
            agreed = chance.choice(_TEXTS)
            base = Base(Fingerprint(agreed), Fingerprint(server.stored(agreed)))
        yield Sight(Key(kinds[number % len(kinds)], Slug(f"x{number}")), base, local, remote)


def _make_side(chance: random.Random) -> Side:
    drawn = chance.random()
    if drawn < 0.18:
        return ABSENT
    return _UNSEEN[drawn < 0.21] if drawn < 0.24 else present(Fingerprint(chance.choice(_TEXTS)))


def _carry_out(sights: list[Sight], planned: Planned, server: _Server) -> list[Sight]:
    """Do what a plan says to both sides, and remember what they then agree on."""
    actions = {each.key: each.action for each in planned.operations}
    actions |= {sight.key: decision.action for sight, decision in planned.others}
    return [_after(sight, actions.get(sight.key, Action.NOTHING), server) for sight in sights]


def _after(sight: Sight, action: Action, server: _Server) -> Sight:
    base, local, remote = sight.base, sight.local, sight.remote
    if action in (Action.CREATE_THERE, Action.UPDATE_THERE) and local.fingerprint is not None:
        remote = present(Fingerprint(server.stored(local.fingerprint)))
    elif action in (Action.CREATE_HERE, Action.UPDATE_HERE):
        local = remote
    elif action is Action.DELETE_HERE:
        local = ABSENT
    elif action is Action.DELETE_THERE:
        remote = ABSENT
    elif action not in (Action.ADOPT, Action.FORGET):
        return sight
    agreed = local.fingerprint is not None and remote.fingerprint is not None
    base = Base(local.fingerprint, remote.fingerprint) if agreed else None  # type: ignore[arg-type]
    return Sight(sight.key, base, local, remote)


def _judge(result: Result, before: list[Sight], after: list[Sight], policy: Policy, server: _Server) -> None:
    """Look at every resource: what was not seen is untouched, what is new on one side only is kept somewhere."""
    for was, is_now in zip(before, after, strict=True):
        if _is_unseen(was):
            if (was.local, was.remote, was.base) != (is_now.local, is_now.remote, is_now.base):
                result.fail(f"touched what was not seen: {was} -> {is_now}")
            continue
        here, there = _edit_here(was), _edit_there(was)
        kept = (is_now.local.fingerprint, is_now.remote.fingerprint)
        both = _is_moved(was.base and was.base.local, was.local) and _is_moved(was.base and was.base.remote, was.remote)
        may_lose_here = both and policy.on_conflict is OnConflict.THEIRS
        may_lose_there = both and policy.on_conflict is OnConflict.OURS
        if here is not None and not may_lose_here and here not in kept and server.stored(here) not in kept:
            result.fail(f"lost an edit made here: {was} -> {is_now} ({policy})")
        if there is not None and not may_lose_there and there not in kept:
            result.fail(f"lost an edit made there: {was} -> {is_now} ({policy})")
        if both and policy.on_conflict is OnConflict.THEIRS and is_now.remote != was.remote:
            result.fail(f"theirs was to win: {was} -> {is_now} ({policy})")
        if is_now.remote == ABSENT and was.remote != ABSENT and not policy.delete:
            result.fail(f"deleted there unasked: {was} -> {is_now}")


def _judge_bases(result: Result, after: list[Sight], stopped: set[Key]) -> None:
    """Look at every resource that is settled: what both sides have is remembered, and nothing else."""
    for sight in after:
        if sight.key in stopped or (sight.local == ABSENT and sight.remote != ABSENT):
            # it waits for a decision, or for leave to be deleted there
            continue
        found = None if sight.base is None else (sight.base.local, sight.base.remote)
        wanted = (sight.local.fingerprint, sight.remote.fingerprint) if sight.local != ABSENT else None
        if found != wanted:
            result.fail(f"the base is not what both sides have: {sight}")


def _is_unseen(sight: Sight) -> bool:
    return sight.local in _UNSEEN or sight.remote in _UNSEEN


def _edit_here(sight: Sight) -> Fingerprint | None:
    found = sight.local.fingerprint
    return None if found is None or (sight.base and found == sight.base.local) else found


def _edit_there(sight: Sight) -> Fingerprint | None:
    found = sight.remote.fingerprint
    return None if found is None or (sight.base and found == sight.base.remote) else found


def _is_moved(base: Fingerprint | None, side: Side) -> bool:
    return side.fingerprint != base
