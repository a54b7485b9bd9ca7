"""A time that passes only by sleeping, shared by threads: those who sleep at once wake at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

_START = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


class VirtualClock:
    """Tell the time, and let it pass.

    A thread sleeps from the moment at which it last looked: between its look and its sleep another thread may have
    let the time pass, which with a real clock would be no time at all.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self._lock = threading.Lock()
        self._looked = threading.local()

    def __call__(self) -> float:
        self._looked.at_s = self.now_s
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Let the time pass, together with whoever else sleeps."""
        until = getattr(self._looked, "at_s", self.now_s) + seconds
        with self._lock:
            self.now_s = max(self.now_s, until)

    def date(self) -> datetime:
        """Tell the date."""
        return _START + timedelta(seconds=self.now_s)
