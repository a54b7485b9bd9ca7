"""What a plugin must not do behind a test's back: each guard watches, and says afterwards what it saw."""

from __future__ import annotations

import gc
import sys
import warnings
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from cochat_devkit.runtime.kit.stage import Stage

#: how many calls before a coroutine are remembered: the plugin's line is among them
_DEPTH = 8


class Guard(Protocol):
    """Watch one test."""

    def __init__(self, stage: Stage) -> None:
        """Begin to watch."""
        ...

    def stop(self) -> list[str]:
        """Stop, and say what was wrong: sentences that begin with the plugin's line where it is known."""
        ...


class Unawaited:
    """Notice coroutines that were made in a plugin and never awaited."""

    def __init__(self, stage: Stage) -> None:
        self._places = stage.places
        self._found: list[str] = []
        self._depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(max(self._depth, _DEPTH))
        # the hook that the interpreter calls for each; without it Python's own warning has to do
        self._hook: Any = getattr(warnings, "_warn_unawaited_coroutine", None)
        if self._hook is not None:
            warnings._warn_unawaited_coroutine = self._notice  # type: ignore[attr-defined]  # noqa: SLF001

    def stop(self) -> list[str]:
        """Collect what is only kept alive by a circle, and give the hook back."""
        if self._hook is not None:
            gc.collect(1)
            warnings._warn_unawaited_coroutine = self._hook  # type: ignore[attr-defined]  # noqa: SLF001
        sys.set_coroutine_origin_tracking_depth(self._depth)
        return self._found

    def _notice(self, coroutine: Any) -> None:
        place = self._places.of((file, line) for file, line, _name in coroutine.cr_origin or ())
        if place is None:
            self._hook(coroutine)
        else:
            self._found.append(f"{place}: {coroutine.__qualname__}() was never awaited")


class Blocking:
    """Notice steps that hold up everybody else."""

    def __init__(self, stage: Stage) -> None:
        self._watch = stage.loop.watch
        self._watch.found.clear()

    def stop(self) -> list[str]:
        """Say who held up the loop."""
        return [
            f"{place}: held up the event loop, and so every user, for {ms:.0f} ms" for place, ms in self._watch.found
        ]


class LeftTasks:
    """Notice tasks that still run when the test is over."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def stop(self) -> list[str]:
        """Give them a moment, and say which are left and where they were started."""
        return [self._sentence(each) for each in self._stage.loop.left_tasks()]

    def _sentence(self, task: Any) -> str:
        work = task.get_coro()
        origin = ((file, line) for file, line, _name in getattr(work, "cr_origin", None) or ())
        code = getattr(work, "cr_code", None)
        place = self._stage.places.of(origin) or (
            self._stage.places.of([(code.co_filename, code.co_firstlineno)]) if code else None
        )
        name = getattr(work, "__qualname__", repr(work))
        return f"{place or 'a plugin'}: the task {name}() was left running"


GUARDS: dict[str, type[Guard]] = {
    # the first: while it waits for tasks, the others still watch
    "allow_left_tasks": LeftTasks,
    "allow_unawaited": Unawaited,
    "allow_blocking": Blocking,
}


class Guards:
    """Hold the guards of one test, but for those that it opted out of."""

    def __init__(self, stage: Stage, opted_out: Collection[str]) -> None:
        self._standing = {name: guard(stage) for name, guard in GUARDS.items() if name not in opted_out}

    def stop(self) -> list[str]:
        """Stop all of them, once, and say what they saw, each with the marker that allows it."""
        standing, self._standing = self._standing, {}
        return [
            f"{sentence} (@pytest.mark.{name} would let it)"
            for name, guard in standing.items()
            for sentence in dict.fromkeys(guard.stop())
        ]
