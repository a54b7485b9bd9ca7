"""An OpenAI-compatible model on loopback that says what a script tells it to, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Json = Any
MODEL = "scripted"
_CREATED = 1_767_225_600


class ScriptedModel:
    """Answer from a script, one line a request; beyond its end, the last message that it was sent.

    Lines are those of `cochat_devkit.plugin.Turn`, and are said in the same words as our own scripted model has.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._script: list[Json] = []
        self._lock = threading.Lock()
        #: the payloads of the requests since the script was given, in order
        self.requests: list[Json] = []

    def play(self, script: Sequence[Json]) -> None:
        """Begin a new script."""
        with self._lock:
            self._script, self.requests = list(script), []

    def take(self, payload: Json) -> tuple[int, Json]:
        """Keep a request, and say which line answers it: (its number, the line)."""
        with self._lock:
            self.requests.append(payload)
            number = len(self.requests)
            line = self._script.pop(0) if self._script else {"text": _last_text(payload["messages"])}
        return number, line


def _last_text(messages: list[Json]) -> str:
    content = messages[-1].get("content") if messages else ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    return content or ""


@contextmanager
def scripted_model() -> Iterator[ScriptedModel]:
    """Serve a scripted model for the length of the `with` block; `url` is its base, as a connection wants it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    model = ScriptedModel(f"http://127.0.0.1:{server.server_address[1]}/v1")
    server.model = model  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        row = {"id": MODEL, "object": "model", "created": _CREATED, "owned_by": "openai"}
        self._send_json(200, {"object": "list", "data": [row]})

    def do_POST(self) -> None:
        payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number, line = self.server.model.take(payload)  # type: ignore[attr-defined]
        if "status" in line:
            self._send_json(line["status"], line["body"])
        elif payload.get("stream"):
            self._send_stream(make_chunks(number, line))
        else:
            self._send_json(200, make_completion(number, line))

    def log_message(self, *_: Any) -> None:
        """Say nothing of each request."""

    def _send_json(self, status: int, body: Json) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _send_stream(self, chunks: list[Json]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True


def make_chunks(number: int, line: Json) -> list[Json]:
    """Make the events of a streamed answer."""
    deltas: list[Json] = [{"role": "assistant", "content": piece} for piece in line.get("pieces", [line.get("text")])]
    if "calls" in line:
        deltas = [{"role": "assistant", "tool_calls": [_call(number, *each)]} for each in enumerate(line["calls"])]
    reason = "tool_calls" if "calls" in line else "stop"
    return [*(_chunk(number, delta, None) for delta in deltas), _chunk(number, {}, reason)]


def make_completion(number: int, line: Json) -> Json:
    """Make a whole answer."""
    message: Json = {"role": "assistant", "content": line.get("text", "".join(line.get("pieces", [])))}
    if "calls" in line:
        message["content"] = None
        message["tool_calls"] = [_call(number, *each) for each in enumerate(line["calls"])]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if "calls" in line else "stop"}
    return {"object": "chat.completion", **_head(number), "choices": [choice]}


def _call(number: int, index: int, call: Json) -> Json:
    words = call["arguments"] if isinstance(call["arguments"], str) else json.dumps(call["arguments"])
    function = {"name": call["name"], "arguments": words}
    return {"index": index, "id": f"call_{number}_{index}", "type": "function", "function": function}


def _chunk(number: int, delta: Json, reason: str | None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"object": "chat.completion.chunk", **_head(number), "choices": [choice]}


def _head(number: int) -> Json:
    return {"id": f"chatcmpl-{number}", "created": _CREATED, "model": MODEL}
