"""The debouncer: many events of one save become one round. Pure, with an injected clock."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Debouncer:
    """Hold changed paths back until they were quiet for `quiet_s`; all times are seconds of one clock."""

    quiet_s: float
    _last_event_s: dict[str, float] = field(default_factory=dict)

    def note(self, path: str, now_s: float) -> None:
        """Take in one event."""
        self._last_event_s[path] = now_s

    def take_quiet(self, now_s: float) -> list[str]:
        """Take out the paths that have been quiet for long enough, sorted."""
        # the same sum as in wait_s: whoever waited that long must not be told to wait on
        ready = sorted(path for path, at_s in self._last_event_s.items() if now_s >= at_s + self.quiet_s)
        for path in ready:
            del self._last_event_s[path]
        return ready

    def wait_s(self, now_s: float) -> float | None:
        """Say how long until the next path is quiet; None where nothing is held back."""
        if not self._last_event_s:
            return None
        return max(0.0, min(self._last_event_s.values()) + self.quiet_s - now_s)
