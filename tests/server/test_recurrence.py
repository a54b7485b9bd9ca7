"""When a rule comes to pass: told in time, or refused in time."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from cochat_devkit.server.recurrence import TIMEOUT_S, RuleRefused, next_moments_ns, next_moments_of


def moments(rule, count=3):
    """Return the next moments as the clock on the wall shows them."""
    return [datetime.fromtimestamp(each // 10**9) for each in next_moments_ns(rule, count=count)]  # noqa: DTZ006


@pytest.mark.parametrize(
    "start", ["DTSTART:20480101T090000\n", "DTSTART:20480101T090000 ", "dtstart:20480101T090000\r\n"]
)
def test_a_start_is_kept(start):
    """On a line before the rule or a blank before it."""
    assert moments(f"{start}RRULE:FREQ=DAILY;COUNT=2") == [datetime(2048, 1, 1, 9), datetime(2048, 1, 2, 9)]  # noqa: DTZ001


def test_a_start_in_a_zone_is_read_without_it():
    """Rules are of the clock on the wall, whatever zone they name."""
    found = moments("DTSTART;TZID=Europe/Berlin:20480101T090000\nRRULE:FREQ=YEARLY", 1)
    assert found == [datetime(2048, 1, 1, 9)]  # noqa: DTZ001


@pytest.mark.parametrize(("frequency", "seconds"), [("MINUTELY;INTERVAL=15", 900), ("HOURLY;INTERVAL=6", 6 * 3600)])
def test_without_a_start_short_intervals_keep_to_the_clock(frequency, seconds):
    """A quarter of an hour is at :00, :15, :30 and :45, six hours are at 0, 6, 12 and 18."""
    for each in moments(f"FREQ={frequency}"):
        assert (each - datetime(2000, 1, 1)).total_seconds() % seconds == 0  # noqa: DTZ001


def test_a_start_long_ago_is_forgotten_by_short_intervals():
    """Counting every second since 2001 would take too long: the clock is kept to instead."""
    found = moments("DTSTART:20010101T000001 RRULE:FREQ=SECONDLY;INTERVAL=10")
    assert {each.second % 10 for each in found} == {0}


def test_a_rule_without_an_end_of_the_search_is_ended():
    """What dateutil would search for ever is refused in about two seconds, and nothing is left running."""
    started = time.monotonic()
    with pytest.raises(RuleRefused, match="took too long"):
        next_moments_ns("FREQ=DAILY;INTERVAL=0", count=1)
    assert time.monotonic() - started < TIMEOUT_S + 5


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY;BYEASTER=x", "\0", "FREQ", "FREQ=DAILY;UNTIL=never", "RDATE:x", ";", "=" * 99]
)
def test_what_is_no_rule_is_refused(rule):
    """Whatever dateutil raises."""
    with pytest.raises(RuleRefused, match="Invalid RRULE"):
        next_moments_ns(rule, count=1)


def test_several_rules_are_followed_at_once():
    """Each rule gets its own answer: its moments, a complaint, none where it is over."""
    found = next_moments_of(["FREQ=DAILY", "FREQ=DAILY;UNTIL=20200101", "no rule"], count=2, timeout_s=TIMEOUT_S)
    assert [len(each) if isinstance(each, list) else type(each) for each in found] == [2, 0, str]
    assert next_moments_of([], count=1, timeout_s=TIMEOUT_S) == []


def test_a_rule_without_an_end_leaves_the_others_theirs():
    """One rule that is searched for ever is told so, and those behind it are followed; too many end it all."""
    never = "FREQ=DAILY;INTERVAL=0"
    found = next_moments_of([never, "FREQ=DAILY"], count=1, timeout_s=TIMEOUT_S)
    assert [found[0], len(found[1] or [])] == [None, 1]
    assert next_moments_of([never] * 3 + ["FREQ=DAILY"], count=1, timeout_s=0.1) == [None] * 4
