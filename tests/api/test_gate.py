"""The gate: when a server asks for patience, nobody of us is early."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.api.gate import (
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    LONGEST_WISH_S,
    MOST_AT_ONCE,
    Gate,
    gate_of,
    parse_retry_after,
    use_gate,
)
from tests.api.conftest import Clock

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("1e9", LONGEST_WISH_S),
        ("9" * 400, LONGEST_WISH_S),
        ("inf", LONGEST_WISH_S),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 13:00:30 +0100", 30.0),
        ("Tue, 24 Nov 2026 12:00:30 -0000", 30.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2099 11:00:00 GMT", LONGEST_WISH_S),
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("-nan", None),
        ("Tue, 99 Nov 2026 12:00:30 GMT", None),
        ("Tue, 24 Nov 2026 12:00:30 +9999", None),
        ("5 seconds", None),
        ("0x10", None),
    ],
)
def test_the_servers_wish_is_understood(value, seconds):
    """Seconds or a date, past or far away: the wait is what was asked for, within reason."""
    assert parse_retry_after(value, NOW) == seconds


@given(st.text(max_size=30) | st.datetimes(timezones=st.just(UTC)).map(format_datetime) | st.floats().map(str))
def test_no_answer_of_a_server_is_too_strange(value):
    """Whatever stands there, it is a wait of a sensible length, or none."""
    found = parse_retry_after(value, NOW)
    assert found is None or 0 <= found <= LONGEST_WISH_S


@given(st.integers(1, int(LONGEST_WISH_S)))
def test_a_date_and_its_seconds_are_the_same(seconds):
    """The two ways of asking have one meaning."""
    assert parse_retry_after(format_datetime(NOW + timedelta(seconds=seconds), usegmt=True), NOW) == seconds


def make_gate(clock):
    return Gate(clock=clock, sleep=clock.sleep, now=lambda: NOW + timedelta(seconds=clock.now_s))


def refuse(gate, retry_after=None):
    """Go through, and be refused."""
    passage = gate.enter()
    gate.leave()
    return gate.close(passage, retry_after).seconds


def succeed(gate):
    """Go through, and be answered."""
    passage = gate.enter()
    gate.leave()
    gate.note_success(passage)


def test_an_open_gate_makes_nobody_wait(clock):
    """A server that does not complain is asked at full speed."""
    succeed(make_gate(clock))
    assert clock.slept == []


@given(st.lists(st.tuples(st.sampled_from([None, "0", "0.25", "3", "-1", "x", "500"]), st.booleans()), max_size=8))
def test_nobody_is_early(answers):
    """Each request after a refusal goes out when the server's wait is over, and not before."""
    clock = Clock()
    gate = make_gate(clock)
    for retry_after, succeeds in answers:
        if succeeds:
            succeed(gate)
            continue
        opens_at = refuse(gate, retry_after) + clock.now_s
        asked_s = parse_retry_after(retry_after, NOW) or 0.0
        assert opens_at >= clock.now_s + asked_s
        succeed(gate)
        assert clock.now_s == opens_at


def test_without_a_word_we_wait_ever_longer(clock):
    """A server that does not say how long is given more time at each refusal, up to a limit, and never a crash."""
    gate = make_gate(clock)
    waits = [refuse(gate) for _ in range(1200)]
    assert waits[:5] == [FIRST_WAIT_S, 2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == max(waits) == LONGEST_WAIT_S


def test_success_forgets_the_refusals(clock):
    """Once the server answers again, its next refusal is the first one."""
    gate = make_gate(clock)
    for _ in range(5):
        refuse(gate)
    succeed(gate)
    assert refuse(gate) == FIRST_WAIT_S


def test_a_refusal_of_all_at_once_is_one_refusal(clock):
    """Eight requests in flight that are refused together wait as long as one, and slow us down as one."""
    gate = make_gate(clock)
    passages = [gate.enter() for _ in range(MOST_AT_ONCE)]
    waits = [gate.close(passage, None) for passage in passages]
    assert [wait.seconds for wait in waits] == [FIRST_WAIT_S] * MOST_AT_ONCE
    assert [wait.is_news for wait in waits] == [True] + [False] * (MOST_AT_ONCE - 1)
    assert gate.at_once == MOST_AT_ONCE // 2


def test_what_was_sent_before_the_refusal_says_nothing_after_it(clock):
    """A late answer to an early request neither forgets the refusal nor counts as a second one."""
    gate = make_gate(clock)
    first, second, third = gate.enter(), gate.enter(), gate.enter()
    gate.close(first, None)
    gate.note_success(second)
    clock.sleep(FIRST_WAIT_S)
    assert gate.close(third, None).seconds == 0.0
    for _ in range(3):
        gate.leave()
    assert refuse(gate) == FIRST_WAIT_S * 2


def test_a_shorter_wish_does_not_open_a_closed_gate(clock):
    """The longest wait that was asked for counts."""
    gate = make_gate(clock)
    first, second = gate.enter(), gate.enter()
    gate.close(first, "30")
    assert gate.close(second, "1").seconds == 30.0


def test_a_wish_beyond_our_patience_is_not_waited_for(clock):
    """A server that wants an hour is left alone: I am told at once, and nobody asks it again before its time."""
    gate = make_gate(clock)
    refuse(gate, "3600")
    assert gate.enter(600.0) is None
    assert clock.slept == []
    clock.now_s += 3000.0
    assert gate.enter(600.0) is not None
    assert clock.slept == [600.0]


def test_a_servers_date_is_read_by_its_own_clock(clock):
    """A server whose clock is an hour fast gets the ten seconds it asked for, not an hour and ten seconds."""
    gate = make_gate(clock)
    there = NOW + timedelta(hours=1)
    until = format_datetime(there + timedelta(seconds=10), usegmt=True)
    assert gate.close(gate.enter(), until, date=format_datetime(there, usegmt=True)).seconds == 10.0


def test_refusals_halve_what_is_under_way_and_answers_bring_it_back_one_by_one(clock):
    """A server under load is asked by fewer requests at once, and by more only as it answers."""
    gate = make_gate(clock)
    seen = [gate.at_once]
    for _ in range(4):
        refuse(gate)
        seen.append(gate.at_once)
    assert seen == [8, 4, 2, 1, 1]
    for expected in range(2, MOST_AT_ONCE + 1):
        for _ in range(MOST_AT_ONCE - 1):
            succeed(gate)
        assert gate.at_once == expected - 1
        succeed(gate)
        assert gate.at_once == expected
    succeed(gate)
    assert gate.at_once == MOST_AT_ONCE


def test_no_more_are_under_way_than_may_be(clock):
    """The limit holds for threads, too, and each of them gets its turn."""
    gate = make_gate(clock)
    for _ in range(2):
        refuse(gate)
    under_way, most, done = [], [], []

    def go() -> None:
        gate.enter()
        under_way.append(1)
        most.append(len(under_way))
        under_way.pop()
        gate.leave()
        done.append(1)

    run_threads(go, 32)
    assert len(done) == 32
    assert max(most) <= 2


def test_all_threads_wait_at_one_gate(clock):
    """A refusal of one request holds back the others, too."""
    gate = make_gate(clock)
    refuse(gate, "30")
    passed = []

    def go() -> None:
        gate.enter()
        passed.append(clock.now_s)
        gate.leave()

    run_threads(go, 8)
    assert len(passed) == 8
    assert min(passed) >= 1030.0


def test_a_server_has_one_gate_in_a_process(clock):
    """Whoever speaks to a server waits at the same gate; another server has its own."""
    assert gate_of("http://one.test") is gate_of("http://one.test")
    assert gate_of("http://one.test") is not gate_of("http://two.test")
    mine = make_gate(clock)
    use_gate("http://one.test", mine)
    assert gate_of("http://one.test") is mine


def run_threads(go, count):
    threads = [threading.Thread(target=go) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
