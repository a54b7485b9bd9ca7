"""Questions asked before their turn: a server works on the next answer while the last one is still being read."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING

from cochat_devkit.interrupts import result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx

#: answers that wait for their turn at once
MOST_AHEAD = 2


class Ahead:
    """Ask for some paths in order, a few at a time, and hold each answer until it is taken or nobody wants it any more.

    An answer is opened and not read: a server that has much to say waits with it, and we hold none of it. `open_` asks
    for one path, in a thread of ours; None: it could not be had now, and whoever wants it asks in turn.
    """

    def __init__(self, open_: Callable[[str], httpx.Response | None], paths: Iterable[str]) -> None:
        self._open = open_
        self._waiting = deque(dict.fromkeys(paths))
        self._asked: dict[str, Future[httpx.Response | None]] = {}
        self._lock = threading.Lock()
        #: what the threads ask next; None: there is nothing more for one of them
        self._turns: SimpleQueue[tuple[str, Future[httpx.Response | None]] | None] = SimpleQueue()
        self._thread_count = 0
        self._go_on()

    def take(self, path: str) -> httpx.Response | None:
        """Take the answer for a path, which the caller closes, and let the next be asked; None where there is none."""
        with self._lock:
            asked = self._asked.pop(path, None)
            if asked is None and path in self._waiting:
                self._waiting.remove(path)
        found = result_of(asked) if asked else None
        self._go_on()
        return found

    def close(self) -> None:
        """Let go of what nobody took. What is still under way is not waited for: its thread lets go of it."""
        with self._lock:
            self._waiting.clear()
            left, self._asked = list(self._asked.values()), {}
            for _each in range(self._thread_count):
                self._turns.put(None)
        for each in left:
            each.add_done_callback(_let_go)

    def _go_on(self) -> None:
        with self._lock:
            while self._waiting and len(self._asked) < MOST_AHEAD:
                path = self._waiting.popleft()
                asked: Future[httpx.Response | None] = Future()
                self._asked[path] = asked
                self._turns.put((path, asked))
                # threads stay, as it takes longer to start one than to ask; there are no more than ask at once
                if self._thread_count < MOST_AHEAD:
                    self._thread_count += 1
                    # an interrupted command does not wait for a slow server
                    threading.Thread(target=self._ask, name=f"asking ahead {self._thread_count}", daemon=True).start()

    def _ask(self) -> None:
        while turn := self._turns.get():
            path, asked = turn
            found = None
            try:
                found = self._open(path)
            finally:
                asked.set_result(found)


def _let_go(asked: Future[httpx.Response | None]) -> None:
    if response := asked.result():
        response.close()
