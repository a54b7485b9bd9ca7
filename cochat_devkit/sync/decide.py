"""The decision: what to do about one resource, from what base, local and remote show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cochat_devkit.resource import Fingerprint, State
from cochat_devkit.tuples import NamedTuple


class Action(StrEnum):
    """Name what is to be done about one resource."""

    NOTHING = "nothing"
    #: it is kept by the mirror alone, and the mirror was brought up to date
    MIRROR = "mirror"
    #: both sides already agree: remember that as the base
    ADOPT = "adopt"
    CREATE_HERE = "create-here"
    UPDATE_HERE = "update-here"
    DELETE_HERE = "delete-here"
    CREATE_THERE = "create-there"
    UPDATE_THERE = "update-there"
    DELETE_THERE = "delete-there"
    #: both sides changed: merge, and where that fails it is a conflict
    MERGE = "merge"
    CONFLICT = "conflict"
    #: gone on both sides: drop the base
    FORGET = "forget"
    #: one side could not be seen: leave everything as it is
    SKIP = "skip"


class Reason(StrEnum):
    """Say what happened to the item."""

    IN_STEP = "in step"
    EDITED_HERE = "edited here"
    EDITED_THERE = "edited there"
    SAME_EDIT = "same on both sides"
    EDITED_BOTH = "edited here and there"
    NEW_HERE = "new here"
    NEW_THERE = "new there"
    NEW_BOTH = "here and there, and different, with no common past"
    DELETED_HERE = "deleted here"
    DELETED_THERE = "deleted there"
    DELETED_BOTH = "deleted here and there"
    DELETED_HERE_EDITED_THERE = "deleted here, edited there"
    EDITED_HERE_DELETED_THERE = "edited here, deleted there"
    UNREADABLE_HERE = "its file cannot be read"
    UNREADABLE_THERE = "the server does not show its body to you"
    INVISIBLE_THERE = "the server did not show it this time; that is not a deletion"
    NEVER_MET_THERE = "the server has none, and never showed it to you: only cochat.lock knows it"
    MIRRORED = "kept by the mirror alone"
    NOWHERE = "nowhere"
    #: what an earlier run did is undone
    TAKEN_BACK = "taken back"
    #: found after a write, by the server's history
    OVERWRITTEN = "somebody saved it in the moment before this push, and the push covered that"


class Base(NamedTuple):
    """Hold what both sides last agreed on: one fingerprint for each, since a server may rewrite what it stores."""

    local: Fingerprint
    remote: Fingerprint


@dataclass(frozen=True)
class Side:
    """Hold one observation; `fingerprint` is set exactly where `state` is PRESENT."""

    state: State
    fingerprint: Fingerprint | None = None

    def __post_init__(self) -> None:
        if (self.state is State.PRESENT) != (self.fingerprint is not None):
            raise ValueError("a side has a fingerprint exactly when it is present")


class Decision(NamedTuple):
    """Say what to do, and why."""

    action: Action
    reason: Reason


class OnConflict(StrEnum):
    """Say how to settle a resource that both sides changed: not at all, or with one side's body."""

    STOP = "stop"
    OURS = "ours"
    THEIRS = "theirs"


class Policy(NamedTuple):
    """Say what is allowed without asking: whose edit wins, and whether what went here may be deleted there."""

    on_conflict: OnConflict = OnConflict.STOP
    delete: bool = False


ABSENT = Side(State.ABSENT)


def present(fingerprint: Fingerprint) -> Side:
    """Make the observation of a body."""
    return Side(State.PRESENT, fingerprint)


def decide(base: Base | None, local: Side, remote: Side) -> Decision:
    """Decide about one resource. Every combination has an answer; nothing that was not seen is ever deleted."""
    if local.state is State.UNREADABLE or local.state.is_invisible:
        return Decision(Action.SKIP, Reason.UNREADABLE_HERE)
    if remote.state is State.UNREADABLE:
        return Decision(Action.SKIP, Reason.UNREADABLE_THERE)
    if remote.state is State.NEVER_MET:
        return Decision(Action.SKIP, Reason.NEVER_MET_THERE)
    if remote.state.is_invisible:
        return Decision(Action.SKIP, Reason.INVISIBLE_THERE)
    return _first_meeting(local, remote) if base is None else _against(base, local, remote)


def settle(decision: Decision, local: Side, remote: Side, policy: Policy) -> Decision:
    """Apply a policy to a decision: conflicts go one way or stay, deletions there happen only where they may."""
    action = decision.action
    if action in (Action.MERGE, Action.CONFLICT) and policy.on_conflict is not OnConflict.STOP:
        here_wins = policy.on_conflict is OnConflict.OURS
        winner, loser = (local, remote) if here_wins else (remote, local)
        action = _WON[here_wins, winner.state is State.ABSENT, loser.state is State.ABSENT]
    if action is Action.DELETE_THERE and not policy.delete:
        action = Action.NOTHING
    return decision if action is decision.action else Decision(action, decision.reason)


def _first_meeting(local: Side, remote: Side) -> Decision:
    if local == remote:
        gone = local.state is State.ABSENT
        return Decision(Action.NOTHING, Reason.NOWHERE) if gone else Decision(Action.ADOPT, Reason.SAME_EDIT)
    if remote.state is State.ABSENT:
        return Decision(Action.CREATE_THERE, Reason.NEW_HERE)
    if local.state is State.ABSENT:
        return Decision(Action.CREATE_HERE, Reason.NEW_THERE)
    return Decision(Action.CONFLICT, Reason.NEW_BOTH)


def _against(base: Base, local: Side, remote: Side) -> Decision:
    here = _movement(base.local, local)
    there = _movement(base.remote, remote)
    # one side may have moved alone, to what the server had made of the other
    if local == remote and "edited" in (here, there):
        return Decision(Action.ADOPT, Reason.SAME_EDIT)
    return _TABLE[here, there]


def _movement(base: Fingerprint, side: Side) -> str:
    if side.state is State.ABSENT:
        return "gone"
    return "as base" if side.fingerprint == base else "edited"


_TABLE = {
    ("as base", "as base"): Decision(Action.NOTHING, Reason.IN_STEP),
    ("as base", "edited"): Decision(Action.UPDATE_HERE, Reason.EDITED_THERE),
    ("as base", "gone"): Decision(Action.DELETE_HERE, Reason.DELETED_THERE),
    ("edited", "as base"): Decision(Action.UPDATE_THERE, Reason.EDITED_HERE),
    ("edited", "edited"): Decision(Action.MERGE, Reason.EDITED_BOTH),
    ("edited", "gone"): Decision(Action.CONFLICT, Reason.EDITED_HERE_DELETED_THERE),
    ("gone", "as base"): Decision(Action.DELETE_THERE, Reason.DELETED_HERE),
    ("gone", "edited"): Decision(Action.CONFLICT, Reason.DELETED_HERE_EDITED_THERE),
    ("gone", "gone"): Decision(Action.FORGET, Reason.DELETED_BOTH),
}

#: by (ours wins, the winner has nothing, the loser has nothing)
_WON = {
    (True, False, False): Action.UPDATE_THERE,
    (True, False, True): Action.CREATE_THERE,
    (True, True, False): Action.DELETE_THERE,
    (False, False, False): Action.UPDATE_HERE,
    (False, False, True): Action.CREATE_HERE,
    (False, True, False): Action.DELETE_HERE,
}
