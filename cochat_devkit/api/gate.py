"""The shared gate: when the next request may go out, after a server asked us to wait."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: what we wait when a server asks for patience without saying how long, growing with each refusal
FIRST_WAIT_S = 1.0
#: no single wait is longer than this, whatever the server says
LONGEST_WAIT_S = 300.0
_MOST_DOUBLINGS = 16


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Read `Retry-After`, seconds or a date: seconds to wait, between 0 and LONGEST_WAIT_S; None where unreadable."""
    if value is None:
        return None
    try:
        seconds = float(value.strip())
    except ValueError:
        try:
            moment = parsedate_to_datetime(value.strip())
        except ValueError:
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    if seconds != seconds:  # noqa: PLR0124 - the test for "not a number"
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_S)


class Gate:
    """Hold back every thread of the process until the server's wait is over."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._lock = threading.Lock()
        self._opens_at = clock()
        self._refusals_in_a_row = 0

    def pass_through(self) -> None:
        """Wait until the gate is open; it may be closed again while we wait."""
        while (left_s := self._opens_at - self._clock()) > 0:
            self._sleep(left_s)

    def close(self, retry_after: str | None) -> float:
        """Close the gate as the server asked, or ever longer where it does not say: seconds until it opens."""
        with self._lock:
            if self._clock() >= self._opens_at:
                # requests that were under way when the gate closed are refused together: that is one refusal
                self._refusals_in_a_row += 1
            asked_s = parse_retry_after(retry_after, self._now())
            growing_s = min(
                FIRST_WAIT_S * 2 ** min(max(self._refusals_in_a_row - 1, 0), _MOST_DOUBLINGS), LONGEST_WAIT_S
            )
            wait_s = asked_s or growing_s
            self._opens_at = max(self._opens_at, self._clock() + wait_s)
            return self._opens_at - self._clock()

    def note_success(self) -> None:
        """Forget the refusals: the server answers again."""
        with self._lock:
            self._refusals_in_a_row = 0
