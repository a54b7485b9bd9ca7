"""The event loop of a test: it notices who holds it up, which tasks are left, and who asks for an address."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import itertools
import os
import selectors
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from cochat_devkit.runtime.kit.places import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from cochat_devkit.runtime.kit.places import Places

Given = TypeVar("Given")
#: a step that takes longer stops everybody else for a noticeable time
LIMIT_MS = 50
_LOOK_EVERY_S = 0.01
#: from when on a step is looked at: the look at the limit itself may come late
_LOOK_AFTER_S = 0.02
#: what takes its time once, or because somebody debugs: files of Python's own by their ends
_NOT_BLAMED = ("<frozen importlib._bootstrap>", "/bdb.py", "/pdb.py", "/ssl.py", "/pydevd.py", "/debugpy/")
#: how long tasks that were started and not awaited may take to come to their end
GRACE_S = 0.05


class Loop:
    """Run calls one after the other in one loop, as a server does in its own; made at the first."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._loop: _GuardedLoop | None = None
        self.watch = Watch(places)
        #: told of each host that somebody looks up
        self.on_look_up: Callable[[Any], None] = lambda _host: None

    def run(self, work: Coroutine[Any, Any, Given], *, watched: bool = True) -> Given:
        """Run a coroutine to its end."""
        if self._loop is None:
            self._loop = _GuardedLoop(self.watch, self._look_up)
        context = contextvars.copy_context()
        task = self._loop.create_task(work, context=context)
        with self.watch.looking() if watched else contextlib.nullcontext():
            return self._loop.run_until_complete(task)

    def _look_up(self, host: Any) -> None:
        self.on_look_up(host)

    def left_tasks(self) -> list[asyncio.Task[Any]]:
        """List the tasks that still run after a little grace."""
        if self._loop is None:
            return []
        self._loop.run_until_complete(_end(asyncio.all_tasks(self._loop), GRACE_S))
        return sorted(asyncio.all_tasks(self._loop), key=lambda each: each.get_name())

    def close(self) -> None:
        """End whatever still runs, and the loop."""
        if self._loop is None:
            return
        left = asyncio.all_tasks(self._loop)
        for each in left:
            each.cancel()
        self._loop.run_until_complete(_end(left, 1))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        self._loop = None


async def _end(tasks: set[asyncio.Task[Any]], timeout_s: float) -> None:
    """Wait for tasks to end; one that refuses to is left."""
    if tasks:
        await asyncio.wait(tasks, timeout=timeout_s)


class _GuardedLoop(asyncio.SelectorEventLoop):
    """Be an ordinary loop that tells when a step begins and ends, and who looks up a host."""

    def __init__(self, watch: Watch, on_look_up: Callable[[Any], None]) -> None:
        self._on_look_up = on_look_up
        super().__init__(_Selector(watch))

    async def getaddrinfo(self, host: Any, port: Any, **more: Any) -> Any:
        self._on_look_up(host)
        return await super().getaddrinfo(host, port, **more)


class _Selector(selectors.DefaultSelector):
    """Wait for events; between two waits the loop runs one step of all who are ready."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def select(self, timeout: float | None = None) -> Any:
        self._watch.end_step()
        try:
            return super().select(timeout)
        finally:
            self._watch.begin_step()


class Watch:
    """Look at the steps of a loop from another thread, and keep the plugin's line of each that takes too long."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._thread_id = 0
        self._begun: float | None = None
        self._waited_ns = 0
        self._collecting_s = 0.0
        self._excused_s = 0.0
        self._gc_begun = 0.0
        self._place: str | None = None
        self._delays: int | None = None
        #: the line of a plugin, and how many milliseconds it held everybody up
        self.found: list[tuple[str, float]] = []

    @contextlib.contextmanager
    def looking(self) -> Any:
        """Look while a call runs."""
        self._thread_id = threading.get_ident()
        with contextlib.suppress(OSError):
            self._delays = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        over = threading.Event()
        looker = threading.Thread(target=self._look, args=(over,), daemon=True, name="cochat-watch")
        gc.callbacks.append(self._on_collection)
        looker.start()
        try:
            yield
        finally:
            self.end_step()
            over.set()
            looker.join()
            gc.callbacks.remove(self._on_collection)
            if self._delays is not None:
                os.close(self._delays)
                self._delays = None

    def begin_step(self) -> None:
        """Take the time."""
        self._place, self._waited_ns = None, self._read_delay_ns()
        self._collecting_s = self._excused_s = 0.0
        self._begun = time.perf_counter()

    def end_step(self) -> None:
        """Judge by the time that the plugin itself took, and not the machine, the collector, or what is excused."""
        begun, self._begun = self._begun, None
        if begun is None or self._place is None:
            return
        waited_s = (self._read_delay_ns() - self._waited_ns) / 1e9
        took_ms = (time.perf_counter() - begun - waited_s - self._collecting_s - self._excused_s) * 1000
        if took_ms > LIMIT_MS:
            self.found.append((self._place, took_ms))

    def _look(self, over: threading.Event) -> None:
        looked_at, last_look = None, 0.0
        while not over.wait(_LOOK_EVERY_S):
            begun, now = self._begun, time.perf_counter()
            if begun is None or now - begun < _LOOK_AFTER_S:
                continue
            frame = sys._current_frames().get(self._thread_id)  # noqa: SLF001 - documented so
            # what called the loop has no part in it
            lines = list(itertools.takewhile(lambda each: each[0] != __file__, lines_of(frame)))
            if self._begun != begun:
                continue
            if any(mark in file for file, _line in lines for mark in _NOT_BLAMED):
                self._excused_s += now - (last_look if looked_at == begun else begun)
            else:
                self._place = self._places.of(lines) or self._place
            looked_at, last_look = begun, now

    def _on_collection(self, phase: str, _about: Any) -> None:
        if phase == "start":
            self._gc_begun = time.perf_counter()
        else:
            self._collecting_s += time.perf_counter() - self._gc_begun

    def _read_delay_ns(self) -> int:
        """Read how long the thread was ready and had no processor; only Linux tells."""
        if self._delays is None:
            return 0
        told = os.pread(self._delays, 64, 0).split()
        return int(told[1]) if len(told) > 1 else 0
