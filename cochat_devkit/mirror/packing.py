"""Compressing bodies while something else is done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cochat_devkit.interrupts import held, result_of
from cochat_devkit.mirror.bodies import pack_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import ThreadPoolExecutor

#: fewer bytes take less time than a thread to start and to take turns
_WORTH_A_THREAD = 100_000


class Packer:
    """Compress much in a thread of its own: zlib and SQLite both work without Python's lock, and so beside each other.

    To be closed.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def begin(self, plains: Sequence[bytes]) -> Callable[[], Iterable[bytes]]:
        """Begin to compress what `to_plain` wrote; whoever calls the answer gets all of it, in the same order."""
        if sum(map(len, plains)) < _WORTH_A_THREAD:
            return partial(map, pack_plain, plains)
        with held():
            if self._pool is None:
                # most commands have less to compress
                from concurrent.futures import ThreadPoolExecutor

                self._pool = ThreadPoolExecutor(1)
            return partial(result_of, self._pool.submit(_pack_all, plains))

    def close(self) -> None:
        """Wait for the thread to end."""
        if self._pool is not None:
            with held():
                self._pool.shutdown()


def _pack_all(plains: Iterable[bytes]) -> list[bytes]:
    return [*map(pack_plain, plains)]
