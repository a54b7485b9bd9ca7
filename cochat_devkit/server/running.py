"""A running local server: a socket on loopback, uvicorn in a thread of its own, and a clean end."""

from __future__ import annotations

import errno
import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from cochat_devkit.errors import UsageError
from cochat_devkit.server.hosts import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

#: how long a request that is under way may hold up the end
_LAST_REQUESTS_S = 1


class Listener:
    """Hold a running application: where it listens, and whether it has ended."""

    def __init__(self, app: FastAPI, bound: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_LAST_REQUESTS_S,
        )
        self.url = _url_of(bound)
        # free when it has ended: a lock of this sort is taken whole or not at all, whenever a signal comes
        self._is_running = threading.Lock()
        self._answers = threading.Event()
        self._server = _Announcing(config, self._answers)
        self._thread = threading.Thread(target=self._run, args=(bound,), name="local-server", daemon=True)

    @property
    def has_ended(self) -> bool:
        """Tell whether it has ended, by itself or otherwise."""
        return not self._is_running.locked()

    def start(self) -> None:
        """Return once it answers, or has ended."""
        self._is_running.acquire()
        self._thread.start()
        self._answers.wait()

    def wait(self) -> None:
        """Return when it has ended."""
        with self._is_running:
            return

    def stop(self) -> None:
        """End it, and return when it has ended."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self, bound: socket.socket) -> None:
        try:
            with bound:
                self._server.run(sockets=[bound])
        finally:
            self._is_running.release()
            self._answers.set()


@contextmanager
def listening(app: FastAPI, *, host: str, port: int) -> Iterator[Listener]:
    """Serve an application for the length of the block. Port 0 takes a free one.

    Raises:
        UsageError: the host is not on this machine, or the port is in use or not ours to take.
    """
    listener = Listener(app, bind(host, port))
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


def bind(host: str, port: int) -> socket.socket:
    """Take a port, before anything else is done.

    Raises:
        UsageError: the host is not on this machine, or the port is in use or not ours to take.
    """
    if not is_loopback(host):
        raise UsageError(
            f"the local server listens on this machine only, not on {host}", hint="use --host 127.0.0.1 or leave it out"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off the delay of small packets only where it reads that the protocol is TCP: 40 ms a request
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere the option would let two servers share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        raise UsageError(_why_not(error, port), hint="choose another: --port 0 takes a free one") from error
    return bound


class _Announcing(uvicorn.Server):
    """Tell when the first request can be answered."""

    def __init__(self, config: uvicorn.Config, answers: threading.Event) -> None:
        super().__init__(config)
        self._answers = answers

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._answers.set()


def _why_not(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use"
    return f"port {port} cannot be used: {error.strerror or error}"


def _url_of(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
