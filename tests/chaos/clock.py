"""A time that passes only by sleeping, shared by threads: those who sleep at once wake at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

_START = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


class VirtualClock:
    """Tell the time, and let it pass."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Let the time pass, together with whoever else sleeps."""
        until = self.now_s + seconds
        with self._lock:
            self.now_s = max(self.now_s, until)

    def date(self) -> datetime:
        """Tell the date."""
        return _START + timedelta(seconds=self.now_s)
