"""A relay on loopback before a model: whoever runs plugins asks it, and never sees the key that it adds.

It serves one path that nobody can guess, takes chat completions alone, and streams the answer through.
"""

from __future__ import annotations

import json
import secrets
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx

from cochat_devkit.errors import Unreachable, UsageError
from cochat_devkit.redaction import remember_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT = httpx.Timeout(300.0, connect=10.0)
_MOST_BYTES = 50_000_000
#: what is said of an answer beside its body
_HEADERS = ("content-type",)


@contextmanager
def open_relay(url: str, key: str | None) -> Iterator[str]:
    """Serve a relay to the model at a base URL for the length of the `with` block: the base URL to ask instead."""
    token = secrets.token_urlsafe(24)
    if key:
        remember_secret(key)
    with httpx.Client(timeout=_TIMEOUT, headers=_authorization(key)) as client:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Relay)
        server.daemon_threads = True
        relay: Any = server
        relay.path, relay.target, relay.client = (
            f"/{token}/chat/completions",
            f"{url.rstrip('/')}/chat/completions",
            client,
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/{token}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def choose_model(url: str, key: str | None, wanted: str | None) -> str:
    """Name a model that is served at a base URL: the one that is wanted, or the only one.

    Raises:
        Unreachable: nobody answers there, or not as such a model does.
        UsageError: several are served, and the wanted one is not among them.
    """
    try:
        answer = httpx.get(f"{url.rstrip('/')}/models", headers=_authorization(key), timeout=_TIMEOUT)
        answer.raise_for_status()
        names = [str(each["id"]) for each in answer.json()["data"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"no model answers at {url}: {error}", hint="give it as NAME@URL, and see its key") from error
    if wanted in names:
        return str(wanted)
    if len(names) != 1:
        some = ", ".join(names[:8]) or "none"
        raise UsageError(f"{url} serves {len(names)} models: {some}", hint=f"name one: --model NAME@{url}")
    return names[0]


def _authorization(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


class _Relay(BaseHTTPRequestHandler):
    """Pass one request on."""

    server: Any

    def do_POST(self) -> None:
        """Pass on a chat completion; nothing else is there."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != self.server.path or length > _MOST_BYTES:
            self.send_error(404)
            return
        body = self.rfile.read(length)
        headers = {"Content-Type": "application/json"}
        begun = False
        try:
            with self.server.client.stream("POST", self.server.target, content=body, headers=headers) as answer:
                self.send_response(answer.status_code)
                for name in _HEADERS:
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.end_headers()
                begun = True
                for chunk in answer.iter_bytes():
                    self.wfile.write(chunk)
                    self.wfile.flush()
        except httpx.HTTPError as error:
            if not begun:
                self._say_error(f"the model cannot be asked: {type(error).__name__}")
        except OSError:
            self.close_connection = True  # who asked went away

    def _say_error(self, message: str) -> None:
        self.send_response(502)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"error": {"message": message}}).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing: what passes here is nobody's business."""
