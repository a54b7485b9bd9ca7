"""The shared gate: when the next request may go out, and how many at once, after a server asked us to wait."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from cochat_devkit.interrupts import TICK_S, strike
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: requests in flight at once, where the server does not mind
MOST_AT_ONCE = 8
#: what we wait when a server asks for patience without saying how long, growing with each refusal
FIRST_WAIT_S = 1.0
#: no wait that we choose ourselves is longer than this
LONGEST_WAIT_S = 300.0
#: a server that asks for more than a day is taken to mean a day
LONGEST_WISH_S = 86_400.0
_MOST_DOUBLINGS = 16


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Read `Retry-After`, seconds or a date: seconds to wait, between 0 and LONGEST_WISH_S; None where unreadable."""
    if value is None:
        return None
    try:
        seconds = float(value.strip())
    except ValueError:
        moment = parse_http_date(value)
        if moment is None:
            return None
        seconds = (moment - now).total_seconds()
    if seconds != seconds:  # noqa: PLR0124 - the test for "not a number"
        return None
    return min(max(seconds, 0.0), LONGEST_WISH_S)


def parse_http_date(value: str | None) -> datetime | None:
    """Read a date as HTTP writes it; None where there is none."""
    try:
        moment = parsedate_to_datetime((value or "").strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


class Wait(NamedTuple):
    """Say how long the gate stays closed, and whether it is this refusal that made it so."""

    seconds: float
    is_news: bool


class Passage(NamedTuple):
    """Hold one request's place; `age` counts the refusals before it was let through, after `waited_s` of waiting."""

    age: int
    waited_s: float


class Gate:
    """Hold back every thread of the process until the server's wait is over, and let through only so many at once.

    How many is found out: a refusal halves the number, every MOST_AT_ONCE answers add one, between 1 and MOST_AT_ONCE.
    Adding faster would crowd a server that counts anew each time it opens. Safe to use from several threads. Every
    `enter`, and every `try_enter` that was let in, is followed by one `leave`.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._sleep = sleep or self._sleep_lightly
        self._now = now
        self._changed = threading.Condition()
        self._given_up = 0
        self._opens_at = clock()
        self._at_once = float(MOST_AT_ONCE)
        self._in_flight = 0
        self._refusals = 0
        self._refusals_in_a_row = 0

    @property
    def at_once(self) -> int:
        """Say how many requests may be under way now."""
        return int(self._at_once)

    @property
    def given_up(self) -> int:
        """Count how often those who waited were told to give up."""
        return self._given_up

    def enter(self, patience_s: float = float("inf"), *, since: int | None = None) -> Passage | None:
        """Wait for a place and until the gate is open; None, at once, where that would take more than our patience.

        None, too, for whoever waits when everybody is told to give up; `since` is `given_up` as it was at the start.
        """
        waited_s = 0.0
        since = self._given_up if since is None else since
        while True:
            with self._changed:
                self._wait_until(lambda: self._in_flight < self.at_once or self._given_up != since)
                if self._given_up != since:
                    return None
                left_s = self._opens_at - self._clock()
                if left_s <= 0:
                    self._in_flight += 1
                    return Passage(self._refusals, waited_s)
            if waited_s + left_s > patience_s:
                return None
            self._sleep(left_s)
            waited_s += left_s

    def try_enter(self) -> Passage | None:
        """Take a place where one is free and nobody has to wait; None where it is otherwise."""
        with self._changed:
            if self._in_flight >= self.at_once or self._opens_at > self._clock():
                return None
            self._in_flight += 1
            return Passage(self._refusals, 0.0)

    def give_up(self) -> None:
        """Send away all who wait: nobody wants their answers any more."""
        with self._changed:
            self._given_up += 1
            self._changed.notify_all()

    def leave(self) -> None:
        """Give the place back."""
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def close(self, passage: Passage, retry_after: str | None, *, date: str | None = None) -> Wait:
        """Close the gate as the server asked, or ever longer where it does not say.

        `date` is the answer's own `Date`: a server's date is read by that server's clock, not by ours.
        """
        with self._changed:
            is_first = passage.age == self._refusals
            if is_first:
                # requests that were under way when the gate closed are refused together: that is one refusal
                self._refusals += 1
                self._refusals_in_a_row += 1
                self._at_once = max(self._at_once / 2, 1.0)
            now_s = self._clock()
            opens_at = now_s + self._wait_s(retry_after, parse_http_date(date) or self._now(), is_first=is_first)
            is_news = opens_at > self._opens_at
            self._opens_at = max(self._opens_at, opens_at)
            return Wait(max(self._opens_at - now_s, 0.0), is_news)

    def note_success(self, passage: Passage) -> None:
        """Take note that the server answers again, and let a little more through."""
        with self._changed:
            if passage.age != self._refusals:
                return  # sent before the refusal: it says nothing of the time after it
            self._refusals_in_a_row = 0
            self._at_once = min(self._at_once + 1 / MOST_AT_ONCE, float(MOST_AT_ONCE))
            self._changed.notify_all()

    def _sleep_lightly(self, seconds: float) -> None:
        """Sleep, unless told to give up."""
        with self._changed:
            since = self._given_up
            self._wait_until(lambda: self._given_up != since, time.monotonic() + seconds)

    def _wait_until(self, is_so: Callable[[], bool], latest_s: float = float("inf")) -> None:
        """Wait for what a thread does, or an interruption that is held back."""
        while not is_so() and (left_s := latest_s - time.monotonic()) > 0:
            strike()
            self._changed.wait(min(left_s, TICK_S))

    def _wait_s(self, retry_after: str | None, now: datetime, *, is_first: bool) -> float:
        asked_s = parse_retry_after(retry_after, now)
        if asked_s:
            return asked_s
        if not is_first:
            return 0.0
        doublings = min(self._refusals_in_a_row - 1, _MOST_DOUBLINGS)
        return min(FIRST_WAIT_S * 2.0**doublings, LONGEST_WAIT_S)


_gates: dict[str, Gate] = {}
_gates_lock = threading.Lock()


def gate_of(server: str) -> Gate:
    """Find the one gate that this process has for a server, by its address."""
    with _gates_lock:
        return _gates.setdefault(server, Gate())


def use_gate(server: str, gate: Gate) -> None:
    """Let this process use a gate of the caller's for a server, with a clock of its own."""
    with _gates_lock:
        _gates[server] = gate
