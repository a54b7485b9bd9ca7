"""The decision, against a table that was written by hand out of the rules and not out of the code."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.resource import Fingerprint, State
from cochat_devkit.sync.decide import (
    ABSENT,
    Action,
    Base,
    Decision,
    OnConflict,
    Policy,
    Reason,
    Side,
    decide,
    present,
    settle,
)

SIDES = ("absent", "A", "B", "C", "unreadable", "not listed")

#: a base is known or it is not: one that cannot be read, or was never listed, is none.
#: by base: a line for each local, a column for each remote, both in the order of SIDES
ORACLE = {
    "absent": """
        no  ch  ch  ch  s2  s3
        ct  ad  xb  xb  s2  s3
        ct  xb  ad  xb  s2  s3
        ct  xb  xb  ad  s2  s3
        s1  s1  s1  s1  s1  s1
        s1  s1  s1  s1  s1  s1
    """,
    "A": """
        fg  dt  xr  xr  s2  s3
        dh  ok  uh  uh  s2  s3
        xl  ut  ad  mg  s2  s3
        xl  ut  mg  ad  s2  s3
        s1  s1  s1  s1  s1  s1
        s1  s1  s1  s1  s1  s1
    """,
    "B": """
        fg  xr  dt  xr  s2  s3
        xl  ad  ut  mg  s2  s3
        dh  uh  ok  uh  s2  s3
        xl  mg  ut  ad  s2  s3
        s1  s1  s1  s1  s1  s1
        s1  s1  s1  s1  s1  s1
    """,
    "C": """
        fg  xr  xr  dt  s2  s3
        xl  ad  mg  ut  s2  s3
        xl  mg  ad  ut  s2  s3
        dh  uh  uh  ok  s2  s3
        s1  s1  s1  s1  s1  s1
        s1  s1  s1  s1  s1  s1
    """,
}
MEANING = {
    "no": (Action.NOTHING, Reason.NOWHERE),
    "ok": (Action.NOTHING, Reason.IN_STEP),
    "ad": (Action.ADOPT, Reason.SAME_EDIT),
    "ch": (Action.CREATE_HERE, Reason.NEW_THERE),
    "ct": (Action.CREATE_THERE, Reason.NEW_HERE),
    "uh": (Action.UPDATE_HERE, Reason.EDITED_THERE),
    "ut": (Action.UPDATE_THERE, Reason.EDITED_HERE),
    "dh": (Action.DELETE_HERE, Reason.DELETED_THERE),
    "dt": (Action.DELETE_THERE, Reason.DELETED_HERE),
    "mg": (Action.MERGE, Reason.EDITED_BOTH),
    "xb": (Action.CONFLICT, Reason.NEW_BOTH),
    "xl": (Action.CONFLICT, Reason.EDITED_HERE_DELETED_THERE),
    "xr": (Action.CONFLICT, Reason.DELETED_HERE_EDITED_THERE),
    "fg": (Action.FORGET, Reason.DELETED_BOTH),
    "s1": (Action.SKIP, Reason.UNREADABLE_HERE),
    "s2": (Action.SKIP, Reason.UNREADABLE_THERE),
    "s3": (Action.SKIP, Reason.INVISIBLE_THERE),
}


def make_side(word):
    if word in ("absent", "unreadable", "not listed"):
        return Side(State(word))
    return present(Fingerprint(word))


def make_base(word):
    return Base(Fingerprint(word), Fingerprint(word)) if word in ORACLE and word != "absent" else None


def cells():
    for base in SIDES:
        table = ORACLE.get(base, ORACLE["absent"])
        lines = [line.split() for line in table.split("\n") if line.strip()]
        for local, line in zip(SIDES, lines, strict=True):
            for remote, code in zip(SIDES, line, strict=True):
                yield base, local, remote, code


@pytest.mark.parametrize(("base", "local", "remote", "code"), list(cells()))
def test_every_cell_is_as_agreed(base, local, remote, code):
    """Whatever both sides show, what happens to my resource is what the rules say, with the reason that they give."""
    decision = decide(make_base(base), make_side(local), make_side(remote))
    assert (decision.action, decision.reason) == MEANING[code]


#: what a policy makes of a cell, by its code: (ours, theirs); all else stays as it is whoever wins
SETTLED = {
    "mg": (Action.UPDATE_THERE, Action.UPDATE_HERE),
    "xb": (Action.UPDATE_THERE, Action.UPDATE_HERE),
    "xl": (Action.CREATE_THERE, Action.DELETE_HERE),
    "xr": (Action.DELETE_THERE, Action.CREATE_HERE),
}


@pytest.mark.parametrize("delete", [True, False])
@pytest.mark.parametrize("on_conflict", list(OnConflict))
@pytest.mark.parametrize(("base", "local", "remote", "code"), list(cells()))
def test_every_cell_under_every_policy(base, local, remote, code, on_conflict, delete):
    """A policy settles conflicts one way, never deletes on the server unless it may, and changes nothing else."""
    here, there = make_side(local), make_side(remote)
    found = settle(decide(make_base(base), here, there), here, there, Policy(on_conflict, delete))
    action, reason = MEANING[code]
    if code in SETTLED and on_conflict is not OnConflict.STOP:
        action = SETTLED[code][on_conflict is OnConflict.THEIRS]
    if action is Action.DELETE_THERE and not delete:
        action = Action.NOTHING
    assert (found.action, found.reason) == (action, reason)


def test_the_table_has_every_cell():
    """No combination was forgotten."""
    assert len({each[:3] for each in cells()}) == 6 * 6 * 6
    assert {code for *_, code in cells()} == set(MEANING)


def test_a_server_that_rewrites_is_no_edit():
    """A server that stores my text in its own form makes no work: each side is compared with what it showed itself."""
    base = Base(local=Fingerprint("mine"), remote=Fingerprint("rewritten"))
    assert decide(base, present(Fingerprint("mine")), present(Fingerprint("rewritten"))).reason is Reason.IN_STEP
    assert decide(base, present(Fingerprint("new")), present(Fingerprint("rewritten"))).action is Action.UPDATE_THERE
    assert decide(base, present(Fingerprint("mine")), present(Fingerprint("new"))).action is Action.UPDATE_HERE
    assert decide(base, present(Fingerprint("rewritten")), present(Fingerprint("mine"))).action is Action.MERGE


def test_what_is_the_same_on_both_sides_is_no_edit_of_either():
    """Where I write what a server had made of my text, there is nothing to send; and the other way round."""
    base, mine, rewritten = Base(Fingerprint("mine"), Fingerprint("rewritten")), *map(make_side, ("mine", "rewritten"))
    assert decide(base, rewritten, rewritten) == decide(base, mine, mine) == MEANING["ad"]


def test_an_observation_without_content_has_no_fingerprint():
    """Nobody can claim to know the content of what was not seen, nor leave out that of what was."""
    for state in State:
        with pytest.raises(ValueError, match="exactly when it is present"):
            Side(state, None if state is State.PRESENT else Fingerprint("A"))


MIRRORED = {
    Action.CREATE_HERE: Action.CREATE_THERE,
    Action.UPDATE_HERE: Action.UPDATE_THERE,
    Action.DELETE_HERE: Action.DELETE_THERE,
}
MIRRORED |= {there: here for here, there in MIRRORED.items()}

prints = st.sampled_from("ABCD").map(Fingerprint)
sides = st.one_of(
    prints.map(present),
    st.sampled_from([State.ABSENT, State.UNREADABLE, State.NOT_LISTED, State.UNPROVEN, State.NEVER_MET]).map(Side),
)
bases = st.one_of(st.none(), st.builds(Base, prints, prints))


@given(bases, sides, sides)
def test_neither_side_is_favoured(base, local, remote):
    """What holds for my edits holds for my colleagues' edits, the other way round."""
    swapped = None if base is None else Base(base.remote, base.local)
    there, back = decide(base, local, remote).action, decide(swapped, remote, local).action
    assert back is MIRRORED.get(there, there)


@given(bases, sides, sides)
def test_nothing_is_deleted_that_is_not_gone_elsewhere(base, local, remote):
    """A deletion follows only from the other side being absent for sure, and never takes what somebody edited."""
    action = decide(base, local, remote).action
    if action is Action.DELETE_HERE:
        assert remote is not None
        assert (remote, local) == (ABSENT, present(base.local))
    if action is Action.DELETE_THERE:
        assert (local, remote) == (ABSENT, present(base.remote))
    if action in (Action.FORGET, Action.DELETE_HERE, Action.DELETE_THERE):
        assert base is not None


def test_what_was_not_seen_is_left_alone():
    """A server that fails, or a folder that cannot be read, changes nothing on either side."""
    unseen = [Side(State.UNREADABLE), Side(State.NOT_LISTED)]
    others = [make_side(word) for word in SIDES]
    for base, one, other in itertools.product(map(make_base, ORACLE), unseen, others):
        assert decide(base, one, other).action is Action.SKIP
        assert decide(base, other, one).action is Action.SKIP


def apply(decision: Decision, base, local, remote, settled):
    """Do what was decided to a pair of sides; the state after it."""
    match decision.action:
        case Action.CREATE_HERE | Action.UPDATE_HERE:
            local = remote
        case Action.CREATE_THERE | Action.UPDATE_THERE:
            remote = local
        case Action.DELETE_HERE:
            local = ABSENT
        case Action.DELETE_THERE:
            remote = ABSENT
        case Action.MERGE | Action.CONFLICT:
            local = remote = settled
        case Action.SKIP:
            return base, local, remote
    both = local.state is State.PRESENT and remote.state is State.PRESENT
    return (Base(local.fingerprint, remote.fingerprint) if both else None), local, remote


@given(bases, sides, sides, prints)
def test_a_second_run_finds_nothing_to_do(base, local, remote, settled):
    """Pulling or pushing twice is the same as once."""
    first = decide(base, local, remote)
    again = decide(*apply(first, base, local, remote, present(settled)))
    assert again.action is (Action.SKIP if first.action is Action.SKIP else Action.NOTHING)


def test_without_a_word_nothing_is_won_and_nothing_deleted():
    """A policy that says nothing lets a conflict stand and deletes nothing on the server."""
    a, b = present(Fingerprint("A")), present(Fingerprint("B"))
    conflict = Decision(Action.CONFLICT, Reason.NEW_BOTH)
    assert settle(conflict, a, b, Policy()) == conflict
    assert settle(Decision(Action.DELETE_THERE, Reason.DELETED_HERE), ABSENT, a, Policy()).action is Action.NOTHING


def test_the_words_that_others_read_stay():
    """Plans, journals and `--json` hold these words: what an earlier version wrote is read by a later one."""
    assert {each.name: str(each) for each in Action} == {
        "NOTHING": "nothing",
        "MIRROR": "mirror",
        "ADOPT": "adopt",
        "CREATE_HERE": "create-here",
        "UPDATE_HERE": "update-here",
        "DELETE_HERE": "delete-here",
        "CREATE_THERE": "create-there",
        "UPDATE_THERE": "update-there",
        "DELETE_THERE": "delete-there",
        "MERGE": "merge",
        "CONFLICT": "conflict",
        "FORGET": "forget",
        "SKIP": "skip",
    }
    assert {each.name: str(each) for each in Reason} == {
        "IN_STEP": "in step",
        "EDITED_HERE": "edited here",
        "EDITED_THERE": "edited there",
        "SAME_EDIT": "same on both sides",
        "EDITED_BOTH": "edited here and there",
        "NEW_HERE": "new here",
        "NEW_THERE": "new there",
        "NEW_BOTH": "here and there, and different, with no common past",
        "DELETED_HERE": "deleted here",
        "DELETED_THERE": "deleted there",
        "DELETED_BOTH": "deleted here and there",
        "DELETED_HERE_EDITED_THERE": "deleted here, edited there",
        "EDITED_HERE_DELETED_THERE": "edited here, deleted there",
        "UNREADABLE_HERE": "its file cannot be read",
        "UNREADABLE_THERE": "the server does not show its body to you",
        "INVISIBLE_THERE": "the server did not show it this time; that is not a deletion",
        "NEVER_MET_THERE": "the server has none, and never showed it to you: only cochat.lock knows it",
        "MIRRORED": "kept by the mirror alone",
        "NOWHERE": "nowhere",
        "TAKEN_BACK": "taken back",
        "OVERWRITTEN": "somebody saved it in the moment before this push, and the push covered that",
    }
    assert [str(each) for each in OnConflict] == ["stop", "ours", "theirs"]
