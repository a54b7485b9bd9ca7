"""A proxy on loopback that lets one request through after the other, or does to it what a script says."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

#: the proxy closes by itself after so many requests, so that a client that never gives up does not run for ever
MOST_REQUESTS = 200_000
_SLOW_S = 0.05


class Fault(StrEnum):
    """Name what can be done to a request. Those in `APPLIED` reach the server first, so a write has happened."""

    RESET = "reset"
    LOST = "answer lost"
    TRUNCATED = "truncated"
    BROKEN_JSON = "broken JSON"
    LOGIN_PAGE = "login page"
    LOGIN_PAGE_AFTER = "login page after"
    MISSING_401 = "401 for missing"
    MISSING_404 = "404 for missing"
    SIGNED_OUT = "401 for everything"
    FORBIDDEN = "403"
    PATIENCE = "429"
    TOO_LARGE = "431"
    FAILED = "500"
    FAILED_AFTER = "500 after"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    DUPLICATED = "duplicated"
    SLOW = "slow"
    WRONG_TYPE = "wrong type"
    NOBODY = "null"
    EMPTY = "empty list"
    SHRUNK = "shrunk"
    #: a page that is shorter, and says that there are fewer in all: something was deleted while it was read
    FEWER = "fewer in all"
    #: a refusal that repeats everything it was sent, as debug pages do
    ECHO = "echo"


APPLIED = {
    Fault.LOST,
    Fault.TRUNCATED,
    Fault.BROKEN_JSON,
    Fault.LOGIN_PAGE_AFTER,
    Fault.FAILED_AFTER,
    Fault.DUPLICATED,
    Fault.SLOW,
    Fault.WRONG_TYPE,
    Fault.NOBODY,
    Fault.EMPTY,
    Fault.SHRUNK,
    Fault.FEWER,
}
_HTML = "text/html; charset=utf-8"
_PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body><form></form></body></html>"
_REFUSALS: dict[Fault, tuple[int, str, bytes]] = {
    Fault.LOGIN_PAGE: (200, _HTML, _PAGE),
    Fault.LOGIN_PAGE_AFTER: (200, _HTML, _PAGE),
    Fault.MISSING_401: (401, "application/json", b'{"detail":"We could not find what you\'re looking for :/"}'),
    Fault.MISSING_404: (404, "application/json", b'{"detail":"We could not find what you\'re looking for :/"}'),
    Fault.SIGNED_OUT: (401, "application/json", b'{"detail":"401 Unauthorized"}'),
    Fault.FORBIDDEN: (403, "application/json", b'{"detail":"You do not have permission to access this resource."}'),
    Fault.PATIENCE: (429, "application/json", b'{"detail":"slow down"}'),
    Fault.TOO_LARGE: (431, "text/plain", b"Request Header Fields Too Large"),
    Fault.FAILED: (500, "text/plain", b"Internal Server Error"),
    Fault.FAILED_AFTER: (500, "text/plain", b"Internal Server Error"),
    Fault.BAD_GATEWAY: (502, _HTML, b"<html><h1>502 Bad Gateway</h1></html>"),
    Fault.UNAVAILABLE: (503, _HTML, b"<html><h1>503 Service Unavailable</h1></html>"),
    Fault.WRONG_TYPE: (200, "application/json", b'{"status": "ok", "items": {"a": 1}}'),
    Fault.NOBODY: (200, "application/json", b"null"),
    Fault.EMPTY: (200, "application/json", b"[]"),
}


@dataclass(frozen=True)
class Request:
    """One request as it came; `number` counts from 1 since the script was set."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answered:
    """What was answered to whom, for a test to look at."""

    request: Request
    status: int
    fault: Fault | None


Script = Callable[[Request], Fault | None]


def no_fault(_request: Request) -> Fault | None:
    """Let everything through."""
    return None


@dataclass
class Proxy:
    """Stand before a server. Setting a script begins a new count and a new record."""

    url: str
    record: list[Answered] = field(default_factory=list)
    total: int = 0
    #: more header lines for every answer
    headers: dict[str, str] = field(default_factory=dict)
    #: changes the JSON of every answer that went through
    rewrite: Callable[[Request, Any], Any] | None = None
    #: requests that may have changed something: how many went to the server, and how many it answered
    writes_begun: int = 0
    writes_ended: int = 0
    _script: Script = no_fault
    _number: int = 0

    def writes(self) -> int | None:
        """Count what was written so far; None while the server is about to write."""
        return self.writes_ended if self.writes_ended == self.writes_begun else None

    def play(self, script: Script = no_fault) -> None:
        """Do this to the requests from now on."""
        self.record, self._number, self._script = [], 0, script

    def fault_for(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[Request, Fault | None]:
        """Count a request, and ask the script what to do to it."""
        self._number += 1
        self.total += 1
        request = Request(self._number, method, path, headers, body)
        return request, self._script(request)


@contextmanager
def run_proxy(upstream: str) -> Iterator[Proxy]:
    """Run a proxy before a server, in a thread, for the length of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(f"http://127.0.0.1:{listener.getsockname()[1]}")
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with httpx.AsyncClient(base_url=upstream, timeout=30.0, trust_env=False) as client:
            handler = _Handler(proxy, client)
            server = await asyncio.start_server(handler.serve, sock=listener)
            await stop.wait()
            server.close()
            handler.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="fault-proxy", daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


class _Handler:
    """Serve connections."""

    def __init__(self, proxy: Proxy, client: httpx.AsyncClient) -> None:
        self._proxy = proxy
        self._client = client
        self._open: set[asyncio.StreamWriter] = set()

    def close(self) -> None:
        """Drop every connection."""
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while self._proxy.total < MOST_REQUESTS and await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, httpx.HTTPError):
            pass  # the client or the server went away
        finally:
            self._open.discard(writer)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False where the connection ends with it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, path, _version = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request, fault = self._proxy.fault_for(method, path, headers, body)
        if fault is Fault.RESET:
            self._proxy.record.append(Answered(request, 0, fault))
            return _reset(writer)
        answer = await self._ask(request) if fault is None or fault in APPLIED else None
        if fault is Fault.ECHO:
            status, kind, content = _echo(request)
        else:
            status, kind, content = _spoilt(fault, answer)
        if self._proxy.rewrite and fault is None and "json" in kind:
            content = json.dumps(self._proxy.rewrite(request, json.loads(content))).encode()
        self._proxy.record.append(Answered(request, 0 if fault is Fault.LOST else status, fault))
        if fault is Fault.LOST:
            return _reset(writer)
        said = f"HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n"
        said += "".join(f"{name}: {value}\r\n" for name, value in self._proxy.headers.items())
        if fault in (Fault.PATIENCE, Fault.UNAVAILABLE):
            said += "retry-after: 7\r\n"
        whole = f"{said}\r\n".encode("latin-1") + content
        if fault is Fault.TRUNCATED:
            writer.write(whole[: len(whole) - max(len(content) // 2, 1)])
            await writer.drain()
            return False
        if fault is Fault.SLOW:
            for start in range(0, len(whole), len(whole) // 3 + 1):
                writer.write(whole[start : start + len(whole) // 3 + 1])
                await writer.drain()
                await asyncio.sleep(_SLOW_S)
            return True
        writer.write(whole * 2 if fault is Fault.DUPLICATED else whole)
        await writer.drain()
        return True

    async def _ask(self, request: Request) -> httpx.Response:
        kept = {name: value for name, value in request.headers.items() if name in _FORWARDED}
        is_write = request.method != "GET"
        self._proxy.writes_begun += is_write
        try:
            return await self._client.request(request.method, request.path, headers=kept, content=request.body)
        finally:
            self._proxy.writes_ended += is_write


_FORWARDED = ("authorization", "content-type", "accept", "user-agent")


def _reset(writer: asyncio.StreamWriter) -> bool:
    """End the connection as a crash does."""
    peer = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


def _echo(request: Request) -> tuple[int, str, bytes]:
    said = f"bad request: {request.method} {request.path} {request.headers} {request.body.decode(errors='replace')}"
    return 400, "application/json", json.dumps({"detail": said, "headers": request.headers}).encode()


def _spoilt(fault: Fault | None, answer: httpx.Response | None) -> tuple[int, str, bytes]:
    """Make the answer that a fault leaves: (status, content type, content)."""
    if fault in _REFUSALS:
        return _REFUSALS[fault]
    assert answer is not None
    status, kind, content = answer.status_code, answer.headers.get("content-type", "text/plain"), answer.content
    if fault is Fault.BROKEN_JSON:
        content = content[: max(len(content) // 2, 1)]
    if fault in (Fault.SHRUNK, Fault.FEWER) and "json" in kind:
        content = _shrunk(content, says_so=fault is Fault.FEWER)
    return status, kind, content


def _shrunk(content: bytes, *, says_so: bool) -> bytes:
    """Leave the first half of a list, and of a page the first half of its items."""
    value = json.loads(content)
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        items = value["items"][: len(value["items"]) // 2]
        fewer = {"total": value["total"] - len(value["items"]) + len(items)} if says_so and "total" in value else {}
        value = {**value, "items": items, **fewer}
    elif isinstance(value, list):
        value = value[: len(value) // 2]
    return json.dumps(value).encode()
