"""The exchange of files where each text may be there once: every way from one state to another, by a simulation."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.sync.exchange import Exchange, make_exchanges
from cochat_devkit.sync.outcome import Verdict, judge

PATHS, TEXTS = "abc", "123"
#: every state of three files of three texts
STATES = [
    {path: text for path, text in zip(PATHS, texts, strict=True) if text}
    for texts in itertools.product(("", *TEXTS), repeat=len(PATHS))
]


def takes_each_once(state):
    return len({*state.values()}) == len(state)


@pytest.mark.parametrize(
    ("there", "wanted", "exchanges"),
    [
        ({"a": "1"}, {"a": "1"}, []),
        ({}, {"a": "1", "b": "2"}, [Exchange((), ("a",)), Exchange((), ("b",))]),
        ({"a": "1", "b": "2"}, {}, [Exchange(("a",), ()), Exchange(("b",), ())]),
        # changed, each on its own
        ({"a": "1", "b": "2"}, {"a": "3", "b": "4"}, [Exchange(("a",), ("a",)), Exchange(("b",), ("b",))]),
        # what only leaves comes last
        ({"a": "1", "b": "2"}, {"b": "3"}, [Exchange(("b",), ("b",)), Exchange(("a",), ())]),
        # renamed, swapped, turned round
        ({"a": "1", "b": "2"}, {"c": "1", "b": "2"}, [Exchange(("a",), ("c",))]),
        ({"a": "1", "b": "2"}, {"a": "2", "b": "1"}, [Exchange(("a", "b"), ("a", "b"))]),
        ({"a": "1", "b": "2", "c": "3"}, {"a": "2", "b": "3", "c": "1"}, [Exchange(tuple("abc"), tuple("abc"))]),
        # moved on, past one that is changed and one that stays
        (
            {"a": "1", "b": "2", "x": "3", "z": "4"},
            {"b": "1", "c": "2", "x": "5", "z": "4"},
            [Exchange(("a", "b"), ("b", "c")), Exchange(("x",), ("x",))],
        ),
        # doubled: as one that stays, both new, and beside a rename; that comes first
        ({"z": "1"}, {"a": "2", "b": "1", "z": "1"}, [Exchange((), ("b",), ("b", "z")), Exchange((), ("a",))]),
        ({}, {"a": "1", "b": "1"}, [Exchange((), ("a", "b"), ("a", "b"))]),
        ({"a": "1"}, {"c": "1", "d": "1"}, [Exchange(("a",), ("c", "d"), ("c", "d"))]),
        # two that were there twice, and of which nothing comes
        ({"a": "1", "b": "1"}, {"a": "1"}, [Exchange(("b",), ())]),
    ],
)
def test_the_exchanges_are_as_agreed(there, wanted, exchanges):
    """What shares no text goes apart, what shares one goes together."""
    assert make_exchanges(there, wanted) == exchanges


def test_every_change_arrives_and_no_text_is_there_twice():
    """Whatever the two states: each path leaves and comes once, and a text comes where nobody has it any more."""
    for there, wanted in itertools.product(filter(takes_each_once, STATES), repeat=2):
        now = dict(there)
        for each in make_exchanges(there, wanted):
            for path in each.leaving:
                del now[path]
            for path in each.coming:
                assert path not in now
                assert wanted[path] not in now.values()
                now[path] = wanted[path]
            assert not each.doubled
        assert now == wanted


def test_an_exchange_is_put_back_where_nobody_has_its_texts():
    """Refused with whatever was added by then, what left an exchange finds no other exchange's file in its way."""
    for there, wanted in itertools.product(filter(takes_each_once, STATES), STATES):
        now = dict(there)
        for each in make_exchanges(there, wanted):
            rest = {path: text for path, text in now.items() if path not in each.leaving}
            assert not {there[path] for path in each.leaving} & {*rest.values()}
            now = rest | {path: wanted[path] for path in each.coming}
        assert now == wanted


states = st.sampled_from(STATES)


@given(states, states, st.data())
def test_a_half_done_exchange_is_no_edit_of_somebody_else(there, wanted, data):
    """Stopped at any request of any exchange, or while it is put back, the state is told from somebody's edit."""
    now, seen = dict(there), [dict(there)]
    for each in make_exchanges(there, wanted):
        before, added = dict(now), data.draw(st.integers(0, len(each.coming)))
        for path in each.leaving:
            del now[path]
            seen.append(dict(now))
        for path in each.coming[:added]:
            now[path] = wanted[path]
            seen.append(dict(now))
        if added == len(each.coming):
            continue
        for path in each.coming[:added]:
            del now[path]
            seen.append(dict(now))
        for path in each.leaving:
            now[path] = there[path]
            seen.append(dict(now))
        assert now == before
    for state in seen:
        verdict = judge({"files": there}, {"files": wanted}, {"files": state}, sent_by_entry=["files"])
        assert verdict is not Verdict.OTHER
        assert verdict is not Verdict.DONE or state == wanted
        assert verdict is not Verdict.UNTOUCHED or state == there
