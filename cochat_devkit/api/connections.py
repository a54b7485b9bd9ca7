"""Connections that notice an answer which was there before its question: a doubled answer shifts all later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from cochat_devkit.interrupts import let_through

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable


def watch_connections(client: httpx.Client) -> None:
    """Let a client raise `httpx.RemoteProtocolError` for an answer that was read before its question was sent.

    The connection that brought it is closed. Without this, an answer about the same resource would pass for a new one.
    """
    # httpx has no public way to a backend of one's own; tests/api/test_connections.py fails where this stops working
    transports = [client._transport, *(each for each in client._mounts.values() if each)]  # noqa: SLF001
    for transport in transports:
        pool = getattr(transport, "_pool", None)
        if isinstance(pool, httpcore.ConnectionPool):
            pool._network_backend = _Backend()  # noqa: SLF001
    client.event_hooks = {"response": [_check_is_fresh]}


def _check_is_fresh(response: httpx.Response) -> None:
    stream = response.extensions.get("network_stream")
    if isinstance(stream, _Stream) and not stream.has_read:
        raise httpx.RemoteProtocolError("an answer came before its question", request=response.request)


class _Stream(httpcore.NetworkStream):
    """Remember whether anything was read since the last write."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self.has_read = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with let_through():
            content = self._inner.read(max_bytes, timeout)
        self.has_read = True
        return content

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.has_read = False
        with let_through():
            self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with let_through():
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Open connections that remember."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        with let_through():
            return _Stream(self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        with let_through():
            return _Stream(self._inner.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        with let_through():
            self._inner.sleep(seconds)
