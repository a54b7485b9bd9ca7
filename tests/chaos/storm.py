"""A storm of 429: nobody of us is early, and little more is asked and waited than must be."""

from __future__ import annotations

import math
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from cochat_devkit.api.gate import FIRST_WAIT_S, LONGEST_WAIT_S, LONGEST_WISH_S, MOST_AT_ONCE, Gate
from cochat_devkit.api.transport import Transport
from cochat_devkit.errors import RateLimited
from tests.api.fake import Answer, Asked, refuses, run_fake_server, says
from tests.chaos.clock import VirtualClock
from tests.chaos.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

WHAT = "429 storm: requests, nine answers of ten refuse"
BAR = 10_000
SHORT = 10_000
SMALL = 300

_REFUSED = 0.9
#: more than this times the minimum, in requests or in time, is a failure
_MOST_RATIO = 1.2
_FORMS = ("seconds", "date", "absent", "zero", "negative", "unreadable", "huge")
_SILENT = {"absent": None, "zero": "0", "negative": "-30", "unreadable": "soon"}


def run(count: int, seed: int) -> Result:
    """Make `count` requests against a server that refuses at random, and a fifth as many against one that counts."""
    result = Result(seed)
    _run_random(result, count, random.Random(seed))
    _run_windows(result, max(count // 5, 40))
    return result


@dataclass
class _Storm:
    """Refuse nine of ten, in every form there is, and know what each refusal costs at least."""

    clock: VirtualClock
    chance: random.Random
    requests: int = 0
    refusals: int = 0
    early: int = 0
    #: what a client has to wait in all: what was asked for, or where nothing was, its own growing wait
    least_s: float = 0.0
    not_before_s: float = 0.0
    _silent_in_a_row: int = 0

    def answer(self, _asked: Asked) -> Answer:
        self.requests += 1
        self.early += self.clock() < self.not_before_s
        if self.chance.random() >= _REFUSED:
            self._silent_in_a_row = 0
            return says("fine")
        self.refusals += 1
        value, wait_s = self._wish(self.chance.choices(_FORMS, weights=(30, 30, 10, 10, 9, 10, 1))[0])
        self.not_before_s = self.clock() + wait_s
        self.least_s += wait_s
        date = format_datetime(self.clock.date(), usegmt=True)
        headers = {"date": date} | ({"retry_after": value} if value is not None else {})
        return refuses(429, "slow down", **headers)

    def _wish(self, form: str) -> tuple[str | None, float]:
        wait_s = self.chance.randint(1, 90)
        self._silent_in_a_row += 1
        if form == "seconds":
            return str(wait_s), wait_s
        if form == "date":
            # dates have whole seconds, so the moment and the wait are those of the second that has begun
            moment = self.clock.date().replace(microsecond=0) + timedelta(seconds=wait_s)
            return format_datetime(moment, usegmt=True), wait_s
        if form == "huge":
            return "9" * 12, LONGEST_WISH_S
        return _SILENT[form], min(FIRST_WAIT_S * 2 ** (self._silent_in_a_row - 1), LONGEST_WAIT_S)


def _run_random(result: Result, count: int, chance: random.Random) -> None:
    clock = VirtualClock()
    storm = _Storm(clock, chance)
    calls = 0
    with _transport_to(storm.answer, clock) as transport:
        while storm.requests < count:
            try:
                transport.send("GET", "/api/x", "asking")
                calls += 1
            except RateLimited:
                # the command gave up, as it should; its author comes back when the server's time is over
                clock.sleep(max(storm.not_before_s - clock(), 0.0))
    result.ran += storm.requests
    result.check(storm.early == 0, f"{storm.early} of {storm.requests} requests came before their time")
    _check_ratio(result, "requests", storm.requests, calls + storm.refusals)
    _check_ratio(result, "time", clock(), storm.least_s)


@dataclass
class _Window:
    """Let `room` requests through in each window of time, and say how long the window still is."""

    clock: VirtualClock
    room: int
    length_s: float
    requests: int = 0
    crowded: int = 0
    _window: int = -1
    _used: int = 0
    _refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, _asked: Asked) -> Answer:
        with self._lock:
            self.requests += 1
            window = int(self.clock() // self.length_s)
            if window != self._window:
                self._window, self._used, self._refused = window, 0, 0
            if self._used < self.room:
                self._used += 1
                return says("fine")
            self._refused += 1
            # those under way when the first refusal was sent may not know of it; nobody else has an excuse
            self.crowded += self._refused > MOST_AT_ONCE
            left_s = (window + 1) * self.length_s - self.clock()
            return refuses(429, "slow down", retry_after=str(math.ceil(left_s)))


def _run_windows(result: Result, count: int) -> None:
    """Fetch with eight threads from a server that lets four through every ten seconds."""
    clock = VirtualClock()
    server = _Window(clock, room=4, length_s=10.0)
    with _transport_to(server.answer, clock) as transport, ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        list(pool.map(lambda _: transport.send("GET", "/api/x", "asking"), range(count)))
    windows = math.ceil(count / server.room)
    result.ran += server.requests
    result.check(server.crowded == 0, f"{server.crowded} requests came though their window was known to be full")
    # that a window is full is learnt by one refusal at least
    _check_ratio(result, "requests of eight threads", server.requests, count + windows - 1)
    _check_ratio(result, "time of eight threads", clock(), (windows - 1) * server.length_s)


def _check_ratio(result: Result, what: str, found: float, least: float) -> None:
    ratio = found / least
    result.facts.append(f"{what} {ratio:.3f}")
    result.check(ratio <= _MOST_RATIO, f"{what}: {ratio:.3f} times the minimum")
    result.check(ratio >= 1.0, f"{what}: {ratio:.3f} times the minimum: the minimum is wrong")


def _transport_to(answer: object, clock: VirtualClock) -> AbstractContextManager[Transport]:
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Iterator[Transport]:
        with run_fake_server() as fake:
            fake.decide = answer  # type: ignore[assignment]
            gate = Gate(clock=clock, sleep=lambda seconds: _sleep(gate, clock, seconds), now=clock.date)
            with Transport(fake.url, "sk-storm0123456789abcdef", gate=gate) as transport:
                yield transport

    return opened()


def _sleep(gate: Gate, clock: VirtualClock, seconds: float) -> None:
    """Let the time pass, once no request is under way: a request takes no time here."""
    with gate._changed:
        gate._changed.wait_for(lambda: gate._in_flight == 0)
    clock.sleep(seconds)
