"""Somebody between a desk and its server: passes every request on, acts just before one, or loses an answer."""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TIMEOUT_S = 30.0
_HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "host")


class Stopped:
    """A request that is held until it is let go; its answer never comes."""

    def __init__(self, act: Callable[[], None], *, after: bool) -> None:
        self.act = act
        self.after = after
        self._came = threading.Event()
        self._let_go = threading.Event()

    def hold(self) -> None:
        """Say that the request came by, and wait."""
        self._came.set()
        self._let_go.wait(_TIMEOUT_S)

    def wait(self, timeout_s: float) -> None:
        """Wait until the request has come by."""
        assert self._came.wait(timeout_s), "the request never came"

    def close(self) -> None:
        """Let the request go."""
        self._let_go.set()


@dataclass
class Onlooker:
    """Hold what is to happen to which request; each happens once."""

    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    _acts: dict[tuple[str, str], Callable[[], None]] = field(default_factory=dict)
    _lost: set[str] = field(default_factory=set)
    _stops: dict[tuple[str, str], Stopped] = field(default_factory=dict)
    #: hang up on whoever calls
    is_deaf: bool = False

    def stop_at(self, method: str, path: str, *, after: bool, act: Callable[[], None]) -> Stopped:
        """Hold the next such request: before it is passed on, or after the server answered it."""
        stopped = self._stops[method, path] = Stopped(act, after=after)
        return stopped

    def before(self, method: str, path: str, act: Callable[[], None]) -> None:
        """Act before the next such request is passed on."""
        self._acts[method, path] = act

    def lose(self, path: str) -> None:
        """Let the next request to a path through, and its answer get lost."""
        self._lost.add(path)

    def lets_through(self, method: str, path: str) -> bool:
        """Do what is to be done before a request; tell whether it is passed on."""
        self.requests.append((method, path))
        stop = self._stops.get((method, path))
        if self.is_deaf or (stop and not stop.after):
            self._hold(method, path)
            return False
        acts = (self._acts.pop((method, path), None), stop.act if stop else None)
        for act in acts:
            if act is not None:
                act()
        return True

    def takes_answer(self, method: str, path: str) -> bool:
        """Tell whether an answer gets lost."""
        if self._hold(method, path):
            return True
        if path not in self._lost:
            return False
        self._lost.remove(path)
        return True

    def _hold(self, method: str, path: str) -> bool:
        stop = self._stops.pop((method, path), None)
        if stop is not None:
            stop.hold()
        return stop is not None


@contextmanager
def run_onlooker(server_url: str) -> Iterator[Onlooker]:
    """Listen on loopback before a server."""
    onlooker = Onlooker()
    listener = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(server_url, onlooker))
    listener.daemon_threads = True
    onlooker.url = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield onlooker
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(_TIMEOUT_S)


def _make_handler(server_url: str, onlooker: Onlooker) -> type[BaseHTTPRequestHandler]:
    aim = urlsplit(server_url)

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = self.path.partition("?")[0]
            if not onlooker.lets_through(self.command, path):
                self.close_connection = True
                return
            connection = http.client.HTTPConnection(aim.hostname or "", aim.port, timeout=_TIMEOUT_S)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            if onlooker.takes_answer(self.command, path):
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_PUT = handle_one  # noqa: N815 - the names that http.server asks for

        def log_message(self, *_words: object) -> None:
            return

    return Handler
