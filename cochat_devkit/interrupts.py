"""Ctrl-C while locks are taken and given back: it strikes where we wait, and nowhere else.

Python raises KeyboardInterrupt between any two instructions of the main thread. In code that is not ours that may be
just behind the taking of a lock and just before anybody would give it back: whoever takes it next waits for ever.
"""

from __future__ import annotations

import signal
import threading
from concurrent.futures import TimeoutError as NotYet
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from concurrent.futures import Future

T = TypeVar("T")

#: who waits for threads looks as often whether an interruption is held back
TICK_S = 0.1


class _Hold:
    """Hold what the main thread is at: it alone is interrupted."""

    is_waiting = False
    has_come = False


@contextmanager
def held() -> Iterator[None]:
    """Hold an interruption back to the end of the block, or to where it waits; a second one strikes at once.

    Raises:
        KeyboardInterrupt: one came meanwhile.
    """
    if not _is_interrupted_here() or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _take_note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        strike()


@contextmanager
def let_through() -> Iterator[None]:
    """Be interrupted within the block: it waits for something, and takes no lock.

    Raises:
        KeyboardInterrupt: we are, or were before it began.
    """
    if not _is_interrupted_here():
        yield
        return
    _Hold.is_waiting = True
    try:
        strike()
        yield
    finally:
        _Hold.is_waiting = False


def strike() -> None:
    """Be interrupted now, where that was held back.

    Raises:
        KeyboardInterrupt: it was.
    """
    if _Hold.has_come and _is_interrupted_here():
        _Hold.has_come = False
        raise KeyboardInterrupt


def result_of(future: Future[T]) -> T:
    """Wait for what a thread finds, or raises.

    Raises:
        KeyboardInterrupt: we are interrupted first.
    """
    with held():
        while not future.done():
            strike()
            with suppress(NotYet):
                future.exception(timeout=TICK_S)
        return future.result()


def call_off(futures: Collection[Future[Any]]) -> None:
    """Cancel what has not begun, and wait for the rest; to be held."""
    for each in futures:
        each.cancel()
    wait(futures)


def _take_note(_signal: int, _frame: Any) -> None:
    has_come, _Hold.has_come = _Hold.has_come, True
    if _Hold.is_waiting or has_come:
        strike()


def _is_interrupted_here() -> bool:
    return threading.current_thread() is threading.main_thread()
