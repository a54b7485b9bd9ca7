"""The gate: when a server asks for patience, nobody of us is early."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.api.gate import FIRST_WAIT_S, LONGEST_WAIT_S, Gate, parse_retry_after
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
        ("1e9", LONGEST_WAIT_S),
        ("9" * 400, LONGEST_WAIT_S),
        ("inf", LONGEST_WAIT_S),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 13:00:30 +0100", 30.0),
        ("Tue, 24 Nov 2026 12:00:30 -0000", 30.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2099 11:00:00 GMT", LONGEST_WAIT_S),
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
    assert found is None or 0 <= found <= LONGEST_WAIT_S


@given(st.integers(1, int(LONGEST_WAIT_S)))
def test_a_date_and_its_seconds_are_the_same(seconds):
    """The two ways of asking have one meaning."""
    assert parse_retry_after(format_datetime(NOW + timedelta(seconds=seconds), usegmt=True), NOW) == seconds


def make_gate(clock):
    return Gate(clock=clock, sleep=clock.sleep, now=lambda: NOW + timedelta(seconds=clock.now_s))


def test_an_open_gate_makes_nobody_wait(clock):
    """A server that does not complain is asked at full speed."""
    make_gate(clock).pass_through()
    assert clock.slept == []


@given(st.lists(st.tuples(st.sampled_from([None, "0", "0.25", "3", "-1", "x", "500"]), st.booleans()), max_size=8))
def test_nobody_is_early(answers):
    """Each request after a refusal goes out when the server's wait is over, and not before."""
    clock = Clock()
    gate = make_gate(clock)
    for retry_after, succeeds in answers:
        gate.pass_through()
        if succeeds:
            gate.note_success()
            continue
        opens_at = clock.now_s + gate.close(retry_after)
        gate.pass_through()
        assert clock.now_s >= opens_at
        assert clock.now_s >= opens_at - LONGEST_WAIT_S
        asked_s = parse_retry_after(retry_after, NOW) or 0.0
        assert clock.now_s - (opens_at - asked_s) >= asked_s


def test_without_a_word_we_wait_ever_longer(clock):
    """A server that does not say how long is given more time at each refusal, up to a limit, and never a crash."""
    gate = make_gate(clock)
    waits = []
    for _ in range(1200):
        waits.append(gate.close(None))
        gate.pass_through()
    assert waits[:5] == [FIRST_WAIT_S, 2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == max(waits) == LONGEST_WAIT_S


def test_success_forgets_the_refusals(clock):
    """Once the server answers again, its next refusal is the first one."""
    gate = make_gate(clock)
    for _ in range(5):
        gate.close(None)
        gate.pass_through()
    gate.note_success()
    assert gate.close(None) == FIRST_WAIT_S


def test_a_refusal_of_all_at_once_is_one_refusal(clock):
    """Eight requests in flight that are refused together wait as long as one, not a hundred times as long."""
    gate = make_gate(clock)
    assert [gate.close(None) for _ in range(8)] == [FIRST_WAIT_S] * 8


def test_a_shorter_wish_does_not_open_a_closed_gate(clock):
    """The longest wait that was asked for counts."""
    gate = make_gate(clock)
    gate.close("30")
    assert gate.close("1") == 30.0


def test_all_threads_wait_at_one_gate(clock):
    """A refusal of one request holds back the others, too."""
    gate = make_gate(clock)
    gate.close("30")
    passed = []

    def go() -> None:
        gate.pass_through()
        passed.append(clock.now_s)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 8
    assert min(passed) >= 1030.0
