"""Moments in nanoseconds, made of a clock that tells whole seconds: no two are the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SECOND_NS = 1_000_000_000


class Moments:
    """Tell moments, each later than the one before."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._last = 0
        self._lock = threading.Lock()

    def now_ns(self) -> int:
        """Tell now, in nanoseconds since the epoch."""
        with self._lock:
            self._last = max(self._clock() * _SECOND_NS, self._last + 1)
            return self._last
