"""What became of a write that nobody answered: every case of what was, was sent and is, against a table by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.sync.outcome import Verdict, agreed_after, find_untaken, judge

A = {"content": "a", "name": "n"}
B = {"content": "b", "name": "m"}
C = {"content": "c", "name": "n"}
HALF = {"content": "b", "name": "n"}

D, U, P, X = Verdict.DONE, Verdict.UNTOUCHED, Verdict.PARTLY, Verdict.OTHER


@pytest.mark.parametrize(
    ("before", "sent", "now", "verdict"),
    [
        # an update
        (A, B, B, D),
        (A, B, A, U),
        (A, B, HALF, P),
        (A, B, C, X),
        (A, B, None, X),
        # a create
        (None, B, B, D),
        (None, B, None, U),
        (None, B, C, X),
        (None, B, HALF, X),
        # a deletion
        (A, None, None, D),
        (A, None, A, U),
        (A, None, C, X),
        # there was nothing, and nothing was sent
        (None, None, None, D),
        (None, None, A, X),
    ],
)
def test_the_verdict_is_as_agreed(before, sent, now, verdict):
    """It holds what we sent: done. It holds what was: nothing happened. Neither: somebody else wrote."""
    assert judge(before, sent, now) is verdict


def test_a_new_resource_may_lack_its_switches():
    """A create that was stopped before its switches were flipped is ours, and what is missing is still to be sent."""
    now = {**B, "active": False}
    assert judge(None, {**B, "active": True}, now, sent_later=["active"]) is P
    assert judge(None, {**B, "active": True}, now) is X


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        # the old one was taken away, and the new one is still to be added
        ({"kept": "k", "gone": "g"}, P),
        ({"kept": "k", "moved": "new"}, P),
        ({"kept": "k", "moved": "old", "made": "m"}, P),
        ({"kept": "k", "made": "m"}, P),
        # somebody else was here
        ({"moved": "old"}, X),
        ({"kept": "k", "moved": "theirs"}, X),
        ({"kept": "other", "moved": "new"}, X),
        ({"kept": "k", "moved": "old", "made": "theirs"}, X),
        ({"kept": "k", "moved": "old", "more": "theirs"}, X),
        (None, X),
    ],
)
def test_files_that_are_replaced_one_by_one_may_be_half_replaced(now, verdict):
    """A file is taken away before the new one is added: stopped between, that is no edit by somebody else."""
    before = {"name": "n", "files": {"kept": "k", "moved": "old", "gone": "g"}}
    sent = {"name": "n", "files": {"kept": "k", "moved": "new", "made": "m"}}
    assert judge(before, sent, {"name": "n", "files": now}, sent_by_entry=["files"]) is verdict


bodies = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2))


@given(st.none() | bodies, st.none() | bodies, st.none() | bodies)
def test_nobody_elses_write_is_taken_for_ours(before, sent, now):
    """Whatever is there that neither was before nor was sent is never called ours."""
    verdict = judge(before, sent, now)
    if verdict is D:
        assert now == sent
    if verdict is U:
        assert now == before
    if verdict is P:
        for name in {*now, *sent, *before}:
            assert now.get(name) in (sent.get(name), before.get(name))


def test_true_is_not_one():
    """JSON's values are told apart as JSON does."""
    for one, other in itertools.permutations([True, 1, 1.0], 2):
        assert judge({"a": 0}, {"a": one}, {"a": other}) is X


FILES = {"kept": "k", "moved": "old", "gone": "g"}


@pytest.mark.parametrize(
    ("sent", "now", "agreed"),
    [
        # what we changed is as the server then has it
        ({"a": 1}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        # what we left alone is as it was
        ({"a": 0}, {"a": 0}, {"a": 0}),
        ({"a": 0}, {"a": 2}, {"a": 0}),
        ({"a": False}, {"a": 2}, {"a": 2}),
        # and so is each file
        ({"files": {"kept": "k", "moved": "new"}}, {"files": {"kept": "k", "moved": "new"}}, None),
        (
            {"files": {"kept": "k", "moved": "new"}},
            {"files": {"moved": "new", "more": "theirs"}},
            {"files": {"kept": "k", "moved": "new"}},
        ),
        # also where it is one that we had just sent, or taken away
        (
            {"files": {"kept": "k", "moved": "new", "made": "m"}},
            {"files": {"kept": "theirs", "moved": "theirs", "gone": "theirs"}},
            {"files": {"kept": "k", "moved": "new", "made": "m"}},
        ),
    ],
)
def test_what_somebody_changes_beside_a_write_is_not_agreed_on(sent, now, agreed):
    """The base has what we sent, as the server took it, and what we saw before; theirs is still to be taken in."""
    before = {"a": 0, "files": FILES}
    found = agreed_after(before, {**before, **sent}, {**before, **now}, D, sent_by_entry=["files"])
    assert found == {**before, **(agreed or now)}


@pytest.mark.parametrize(
    ("verdict", "now", "agreed"),
    [
        (D, {"a": "a", "b": "b", "more": "theirs"}, {"a": "a", "b": "b"}),
        (D, {"a": "a", "b": "theirs"}, {"a": "a", "b": "b"}),
        (D, {"a": "a"}, {"a": "a", "b": "b"}),
        # what did not arrive is still to be sent
        (P, {"a": "a", "more": "theirs"}, {"a": "a"}),
        (P, {"a": "a", "b": "theirs"}, {"a": "a"}),
        (P, {}, {}),
    ],
)
def test_of_what_we_create_no_file_of_somebody_else_is_agreed_on(verdict, now, agreed):
    """There was no file before: none but ours is ours, and the server may have made more of the other fields."""
    sent = {"name": "n", "files": {"a": "a", "b": "b"}}
    found = agreed_after(None, sent, {"name": "N", "files": now}, verdict, sent_by_entry=["files"])
    assert found == {"name": "N", "files": agreed}


@given(bodies, bodies, st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9))), st.booleans())
def test_nothing_of_somebody_else_is_agreed_on(before, sent, theirs, is_new):
    """Whatever a third party does to the files between our save and our look, the base has what we sent."""
    there = dict(sent)
    for name, value in theirs:
        there.pop(name, None)
        if value is not None:
            there[name] = value
    was = None if is_new else {"files": before}
    for now in (there, sent):
        agreed = agreed_after(was, {"files": sent}, {"files": now}, D, sent_by_entry=["files"])
        assert agreed == {"files": sent}


@given(bodies, bodies, bodies, st.booleans())
def test_of_what_came_in_part_nothing_of_somebody_else_is_agreed_on(before, sent, now, is_new):
    """The base has what is there, as it was or as we sent it, and nothing else."""
    was = None if is_new else {"files": before}
    agreed = agreed_after(was, {"files": sent}, {"files": now}, P, sent_by_entry=["files"])["files"]
    known = [sent, *([] if is_new else [before])]
    assert agreed == {name: each for name, each in now.items() if any(each == one.get(name) for one in known)}


@given(bodies, bodies, bodies)
def test_only_what_we_left_alone_can_be_theirs(before, sent, now):
    """Where base and server then differ, we had sent what was; where nobody else wrote, they do not differ."""
    agreed = agreed_after(before, sent, now, D)
    assert agreed.keys() == now.keys()
    for name in now:
        if agreed[name] != now[name]:
            assert agreed[name] == before[name] == sent[name]
    assert agreed_after(before, sent, sent, D) == sent


@pytest.mark.parametrize(
    ("now", "untaken"),
    [
        ({"text": "new", "access": "public"}, []),
        ({"text": "old", "access": "public"}, ["text"]),
        ({"text": "new", "access": "private"}, ["access"]),
        # a server may write a text in its own way, but not who may see it
        ({"text": "NEW", "access": {"read": ["us"]}}, ["access"]),
        ({"access": "public"}, []),
    ],
)
def test_what_a_server_did_not_take_is_named(now, untaken):
    """It may answer that all is well, and leave out what one has no right to."""
    before, sent = {"text": "old", "access": "private", "same": 1}, {"text": "new", "access": "public", "same": 1}
    assert find_untaken(before, sent, {**now, "same": 2}, never_rewritten=["access"]) == untaken
