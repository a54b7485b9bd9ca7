"""A fake server, and a transport to it that never really waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.api.gate import Gate
from cochat_devkit.api.transport import Transport
from tests.api.fake import FakeServer, run_fake_server

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "sk-canary0123456789abcdef"


class Clock:
    """A clock that moves only when somebody sleeps by it."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    """The time of a test."""
    return Clock()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A server that answers what the test says."""
    with run_fake_server() as fake:
        yield fake


@pytest.fixture
def events() -> list[object]:
    """What the transport told."""
    return []


@pytest.fixture
def transport(server: FakeServer, clock: Clock, events: list[object]) -> Iterator[Transport]:
    """A transport to the server."""
    gate = Gate(clock=clock, sleep=clock.sleep)
    with Transport(server.url, TOKEN, gate=gate, emit=events.append) as made:
        yield made
