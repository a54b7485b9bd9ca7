"""A server that answers what a test tells it to, on loopback, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Answer:
    """What to answer; `drops` closes the connection after so many bytes of the answer's body, -1 before its head."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drops: int | None = None


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


def says(value: Any, status: int = 200, **headers: str) -> Answer:
    """Answer JSON."""
    named = {name.replace("_", "-"): each for name, each in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"content-type": "application/json", **named})


def refuses(status: int, detail: Any, **headers: str) -> Answer:
    """Answer as Open WebUI refuses."""
    return says({"detail": detail}, status, **headers)


PAGE = Answer(200, b"<!doctype html><title>CoChat</title>", {"content-type": "text/html; charset=utf-8"})


class FakeServer:
    """Hold the answers by method and path, each list used up but for its last; what is not there is the web page."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[tuple[str, str], list[Answer]] = {}
        self.asked: list[Asked] = []
        #: answers everything, where it is set
        self.decide: Callable[[Asked], Answer] | None = None
        self._lock = threading.Lock()

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Prepare the answers to a request."""
        self.answers[method, path] = list(answers)

    def paths(self) -> list[str]:
        """List what was asked for, in order."""
        return [each.path for each in self.asked]

    def answer(self, asked: Asked) -> Answer:
        """Take the next answer."""
        with self._lock:
            if self.decide is not None:
                return self.decide(asked)
            self.asked.append(asked)
            found = self.answers.get((asked.method, asked.path), [PAGE])
            return found.pop(0) if len(found) > 1 else found[0]


@contextmanager
def run_fake_server() -> Iterator[FakeServer]:
    """Run a server in a thread while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # head and body are two packets, and the second would wait 40 ms for the first to be confirmed
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            content = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            is_json = "json" in (self.headers["content-type"] or "")
            body = json.loads(content) if is_json else None
            given = fake.answer(Asked(self.command, self.path, headers, body))
            self.close_connection = given.drops is not None
            if given.drops == -1:
                return
            self.send_response_only(given.status)
            if "date" not in given.headers:
                self.send_header("date", self.date_time_string())
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body if given.drops is None else given.body[: given.drops])

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        fake = FakeServer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
