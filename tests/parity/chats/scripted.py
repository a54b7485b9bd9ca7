"""An OpenAI-compatible model on loopback that says what a script tells it to, and keeps what it was asked."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Json = Any
MODEL = "scripted"
_CREATED = 1_767_225_600
_HEAD = {"id": "chatcmpl-scripted", "created": _CREATED, "model": MODEL}
_WORD = re.compile(r"\S+\s*|\s+")


class ScriptedModel:
    """Answer from a script, one line a request; beyond its end, the last message that it was sent.

    Lines are those of `cochat_devkit.plugin.Turn`, and said in the same words as our own scripted model does; and
    `{"status": …, "body": …}`, which is sent as it stands.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._script: list[Json] = []
        self._calls = 0
        self._lock = threading.Lock()
        #: the payloads of the requests since the script was given, in order
        self.requests: list[Json] = []

    def play(self, script: Sequence[Json]) -> None:
        """Begin a new script."""
        with self._lock:
            self._script, self.requests, self._calls = list(script), [], 0

    def take(self, payload: Json) -> Json:
        """Keep a request, and say which line answers it; calls have got their ids."""
        with self._lock:
            self.requests.append(payload)
            line = self._script.pop(0) if self._script else {"text": _last_text(payload["messages"])}
            if "calls" not in line:
                return line
            first = self._calls + 1
            self._calls += len(line["calls"])
        return {"calls": [_make_call(first + index, index, call) for index, call in enumerate(line["calls"])]}


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
        line = self.server.model.take(payload)  # type: ignore[attr-defined]
        if "status" in line:
            self._send_json(line["status"], line["body"])
        elif payload.get("stream"):
            self._send_stream(make_chunks(line))
        else:
            self._send_json(200, make_completion(line))

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


def make_chunks(line: Json) -> list[Json]:
    """Make the events of a streamed answer."""
    deltas: list[Json] = [{"content": piece} for piece in _pieces(line)]
    if "calls" in line:
        deltas = [{"tool_calls": line["calls"]}]
    reason = "tool_calls" if "calls" in line else "stop"
    return [*(_chunk(delta, None) for delta in deltas), _chunk({}, reason)]


def make_completion(line: Json) -> Json:
    """Make a whole answer."""
    message: Json = {"role": "assistant", "content": "".join(_pieces(line))}
    if "calls" in line:
        calls = [{name: each for name, each in call.items() if name != "index"} for call in line["calls"]]
        message.update(content=None, tool_calls=calls)
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if "calls" in line else "stop"}
    return {**_HEAD, "object": "chat.completion", "choices": [choice]}


def _pieces(line: Json) -> list[str]:
    pieces: list[str] = line["chunks"] if "chunks" in line else _WORD.findall(line.get("text", ""))
    return pieces


def _make_call(number: int, index: int, call: Json) -> Json:
    arguments = call.get("arguments", {})
    said = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {
        "index": index,
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": call["name"], "arguments": said},
    }


def _chunk(delta: Json, reason: str | None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {**_HEAD, "object": "chat.completion.chunk", "choices": [choice]}
