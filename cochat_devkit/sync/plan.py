"""The plan: which writes would bring a server in step, and what must still hold for each, as one document. Pure.

A plan is immutable and carries a checksum; it is made of what was observed, saved as JSON, and carried out only where
everything that it expects still holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.resource import Fingerprint, Key, RemoteId, Slug, State, Version, make_digest, to_canonical_json
from cochat_devkit.sync.decide import Action, Decision, Policy, decide, settle
from cochat_devkit.sync.gates import check_deletions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cochat_devkit.resource import Json
    from cochat_devkit.sync.decide import Base, Side

#: moves with every change of the document's meaning
PLAN_FORMAT = 1

#: what writes to the server; all else is done here, or is no work
WRITES = (Action.CREATE_THERE, Action.UPDATE_THERE, Action.DELETE_THERE)


@dataclass(frozen=True)
class PlanTarget:
    """Name the server and the user that a plan is for."""

    name: str
    url: str
    user_id: str


@dataclass(frozen=True)
class Expected:
    """Hold what must still be so when an operation is carried out; no fingerprint: that side has nothing."""

    remote: Fingerprint | None = None
    #: None: the server gave no change token
    version: Version | None = None
    local: Fingerprint | None = None


@dataclass(frozen=True)
class Operation:
    """Hold one write: to what, why, on which conditions, and what it would change.

    `body_digest` names the body to be sent, None for a deletion. `fields` are the fields that would change; `lines` say
    it for people. `remote_id` is None where the server has yet to make the id.
    """

    key: Key
    type: str
    action: Action
    reason: str
    expected: Expected
    remote_id: RemoteId | None = None
    body_digest: str | None = None
    fields: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Hold the writes in the order in which they happen, and whose plan it is.

    `lineage` names the mirror whose observations it was made of; `undoes` the run that it takes back, None for a push.
    """

    lineage: str
    target: PlanTarget
    operations: tuple[Operation, ...] = ()
    message: str = ""
    undoes: int | None = None

    @property
    def checksum(self) -> str:
        """Name the plan's content; 64 hex digits."""
        return make_digest(to_canonical_json(_to_json(self)))

    def deletions(self) -> list[Key]:
        """Name what would be deleted on the server."""
        return [each.key for each in self.operations if each.action is Action.DELETE_THERE]


@dataclass(frozen=True)
class Sight:
    """Hold what was seen of one resource: its base, and both sides."""

    key: Key
    base: Base | None
    local: Side
    remote: Side
    type: str = ""
    remote_id: RemoteId | None = None
    version: Version | None = None


@dataclass(frozen=True)
class Planned:
    """Hold the operations in write order, and what was decided about every other resource that is not in step."""

    operations: tuple[Operation, ...]
    others: tuple[tuple[Sight, Decision], ...]

    def stopped(self) -> list[tuple[Sight, Decision]]:
        """List what keeps an all-or-nothing push from beginning."""
        return [each for each in self.others if each[1].action in (Action.MERGE, Action.CONFLICT, Action.SKIP)]


def plan_sync(sights: Iterable[Sight], write_order: Mapping[str, int], policy: Policy) -> Planned:
    """Decide about every resource; writes to the server in order: by kind, deletions last and the other way round."""
    operations: list[Operation] = []
    others: list[tuple[Sight, Decision]] = []
    for sight in sights:
        decided = decide(sight.base, sight.local, sight.remote)
        decision = settle(decided, sight.local, sight.remote, policy)
        if decision.action in WRITES:
            operations.append(_to_operation(sight, decision))
        elif decision.action is not Action.NOTHING or decided.action is not Action.NOTHING:
            others.append((sight, decision))
    operations.sort(key=lambda each: order_of(each, write_order))
    return Planned(tuple(operations), tuple(others))


def order_of(operation: Operation, write_order: Mapping[str, int]) -> tuple[int, int, Key]:
    """Say when an operation's turn is: what is named by others is written before them, and deleted after them."""
    place = write_order.get(operation.key.kind, 0)
    is_deletion = operation.action is Action.DELETE_THERE
    return (int(is_deletion), -place if is_deletion else place, operation.key)


def check_plan(plan: Plan, totals: Mapping[str, int], *, confirmed: int | None) -> None:
    """Let a plan through the safety gates, or not. `totals` counts what the server has of each kind.

    Raises:
        UnsafePlan: much would be deleted, and `confirmed` is not the exact number.
    """
    check_deletions(plan.deletions(), totals, confirmed=confirmed)


def find_moved(operation: Operation, local: Side, remote: Side, version: Version | None) -> str | None:
    """Say what moved since an operation was planned; None where everything is as expected."""
    for name, expected, side in (
        ("here", operation.expected.local, local),
        ("there", operation.expected.remote, remote),
    ):
        if side.state not in (State.PRESENT, State.ABSENT):
            return f"{name}: cannot be seen now"
        if side.fingerprint != expected:
            return f"{name}: {_movement(expected, side.fingerprint)}"
    if operation.expected.version is not None and version != operation.expected.version:
        return "there: saved again since"
    return None


def render_plan(plan: Plan) -> str:
    """Write a plan as JSON, its checksum with it; equal plans give equal bytes."""
    whole = {**_to_json(plan), "checksum": plan.checksum}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def parse_plan(text: str, shown: str) -> Plan:
    """Read a plan. `shown` names the file in errors.

    Raises:
        BadResource: it is no plan, it is one of a newer version, or a byte of it was changed.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadResource(f"{shown} is no plan: it is no JSON", hint=_MAKE_ANEW) from error
    if not isinstance(found, dict) or "format" not in found:
        raise BadResource(f"{shown} is no plan", hint=_MAKE_ANEW)
    if found["format"] != PLAN_FORMAT:
        raise BadResource(
            f"{shown} is a plan of format {found['format']!r}, and this version reads {PLAN_FORMAT}",
            hint="apply it with the version that made it, or plan again",
        )
    try:
        plan = _from_json(found)
        plan.message.encode()
        same = render_plan(plan) == text
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadResource(f"{shown} is no whole plan: {error!r}", hint=_MAKE_ANEW) from error
    if not same:
        raise BadResource(f"{shown} was changed after it was made: its checksum does not fit", hint=_MAKE_ANEW)
    return plan


_MAKE_ANEW = "make it anew: cochat push --out PLAN"


def _to_operation(sight: Sight, decision: Decision) -> Operation:
    return Operation(
        key=sight.key,
        type=sight.type,
        action=decision.action,
        reason=str(decision.reason),
        expected=Expected(sight.remote.fingerprint, sight.version, sight.local.fingerprint),
        remote_id=sight.remote_id,
    )


def _movement(expected: Fingerprint | None, found: Fingerprint | None) -> str:
    if expected is None:
        return "was not there, and is now"
    return "was there, and is gone" if found is None else "edited since"


def _to_json(plan: Plan) -> dict[str, Json]:
    return {
        "format": PLAN_FORMAT,
        "lineage": plan.lineage,
        "target": {"name": plan.target.name, "url": plan.target.url, "user_id": plan.target.user_id},
        "message": plan.message,
        "undoes": plan.undoes,
        "operations": [_operation_to_json(each) for each in plan.operations],
    }


def _operation_to_json(operation: Operation) -> dict[str, Json]:
    expected = operation.expected
    return {
        "kind": operation.key.kind,
        "slug": operation.key.slug,
        "type": operation.type,
        "action": str(operation.action),
        "reason": operation.reason,
        "remote_id": operation.remote_id,
        "expected": {"remote": expected.remote, "version": expected.version, "local": expected.local},
        "body_digest": operation.body_digest,
        "fields": list(operation.fields),
        "lines": list(operation.lines),
    }


def _from_json(found: dict[str, Json]) -> Plan:
    target = found["target"]
    return Plan(
        lineage=found["lineage"],
        target=PlanTarget(target["name"], target["url"], target["user_id"]),
        operations=tuple(_operation_from_json(each) for each in found["operations"]),
        message=found["message"],
        undoes=found["undoes"],
    )


def _operation_from_json(found: dict[str, Json]) -> Operation:
    expected = found["expected"]
    return Operation(
        key=Key(found["kind"], Slug(found["slug"])),
        type=found["type"],
        action=Action(found["action"]),
        reason=found["reason"],
        expected=Expected(
            _maybe(Fingerprint, expected["remote"]),
            _maybe(Version, expected["version"]),
            _maybe(Fingerprint, expected["local"]),
        ),
        remote_id=_maybe(RemoteId, found["remote_id"]),
        body_digest=found["body_digest"],
        fields=tuple(found["fields"]),
        lines=tuple(found["lines"]),
    )


def _maybe(make: Json, value: Json) -> Json:
    return None if value is None else make(value)
