"""`cochat chat`: one question through filters, tools and pipes, and each step of it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOUTS = '''"""
title: Shouts
"""
from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        mark: str = "!"

    def __init__(self):
        self.valves = self.Valves()

    def inlet(self, body):
        body["messages"][-1]["content"] += self.valves.mark
        return body

    def stream(self, event):
        for choice in event.get("choices", []):
            if choice.get("delta", {}).get("content"):
                choice["delta"]["content"] = choice["delta"]["content"].upper()
        return event

    def outlet(self, body):
        body["messages"][-1]["content"] += " Bye."
        return body
'''
WEATHER = '''"""
title: Weather
"""
import os


class Tools:
    async def forecast(self, city: str) -> str:
        """Tell the weather.

        :param city: where
        """
        return f"{city}: 20 degrees, {os.environ.get('OPENAI_API_KEY')}"
'''
PIPE = "class Pipe:\n    def pipe(self, body):\n        return 'piped ' + body['messages'][-1]['content']\n"
AGENT = """---
name: Friend
base: some-model
tools: [tool/weather]
filters: [filter/shouts]
---
Be kind.
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a workspace with a filter, a tool, a pipe and an agent; no server is asked for anything."""
    desk = make_desk(tmp_path / "desk", "http://127.0.0.1:9", "t")
    files = {"filters/shouts.py": SHOUTS, "tools/weather.py": WEATHER, "pipes/own.py": PIPE}
    for name, text in files.items():
        desk.path(f"plugins/{name}").parent.mkdir(parents=True, exist_ok=True)
        desk.path(f"plugins/{name}").write_text(text)
    desk.path("agents").mkdir(exist_ok=True)
    desk.path("agents/friend.md").write_text(AGENT)
    return desk


def test_what_each_filter_changed_is_shown_and_the_answer_stands_alone(desk: Desk) -> None:
    """stdout is what the person reads; stderr has every step, as a difference."""
    done = desk.cochat("chat", "--filter", "shouts", "--says", "It is warm.", "how warm?")
    assert done.out == "IT IS WARM. Bye.\n"
    assert "inlet  shouts\n  - messages[0].content: how warm?\n  + messages[0].content: how warm?!\n" in done.err
    assert "stream  shouts: 4 events, 3 changed\n  - It is warm.\n  + IT IS WARM.\n" in done.err
    assert "outlet  shouts\n  - messages[1].content: IT IS WARM.\n" in done.err
    assert desk.cochat("chat", "--no-trace", "--filter", "shouts", "hi").err == ""


def test_a_tool_is_called_by_the_scripted_model(desk: Desk) -> None:
    """The call that I give is made, and its result is what the model reads; without a text it says that."""
    words = ("--tool", "plugins/tools/weather.py", "--calls", 'forecast:{"city": "Oslo"}', "how warm?")
    done = desk.cochat("chat", *words)
    assert done.out == "Oslo: 20 degrees, None\n"
    assert 'tool  weather: forecast {"city": "Oslo"}\n  reads Oslo: 20 degrees, None\n' in done.err
    older = desk.cochat("chat", *words, "--target-version", "0.6", "--param", "function_calling=native")
    assert older.out == "Oslo: 20 degrees, None\n"
    told = desk.json("chat", *words).json
    assert [each["step"] for each in told["trace"] if each["step"] != "stream"] == ["model", "tool", "model"]
    assert (told["ok"], told["error"], told["text"]) == (True, None, "Oslo: 20 degrees, None")


def test_an_agent_brings_its_prompt_its_tools_and_its_filters(desk: Desk) -> None:
    """What the agent's file says is what takes part; a valve that I give is what is saved."""
    told = desk.json("chat", "--agent", "friend", "--valve", "filter/shouts:mark=?", "how warm").json
    (request,) = told["payloads"]
    assert request["messages"] == [
        {"role": "system", "content": "Be kind.\n"},
        {"role": "user", "content": "how warm?"},
    ]
    assert request["tools"][0]["function"]["name"] == "forecast"
    assert told["text"] == "HOW WARM? Bye."


def test_a_pipe_answers_as_a_page_or_a_caller_reads_it(desk: Desk) -> None:
    """On a plain call of 0.6 no outlet runs."""
    words = ("chat", "--pipe", "own", "--filter", "shouts", "--no-stream")
    assert desk.cochat(*words, "hi").out == "piped hi! Bye.\n"
    assert desk.cochat(*words, "--api", "--target-version", "0.6", "hi").out == "piped hi!\n"


def test_one_of_the_models_of_a_pipe_is_asked(desk: Desk) -> None:
    """The first of them, or the one that I name as the server does."""
    source = "class Pipe:\n    pipes = [{'id': 'a', 'name': 'A'}, {'id': 'b.1', 'name': 'B'}]\n"
    desk.path("plugins/pipes/many.py").write_text(source + "    def pipe(self, body):\n        return body['model']\n")
    assert desk.cochat("chat", "--pipe", "many", "hi").out == "many.a\n"
    assert desk.cochat("chat", "--pipe", "pipe/many.b.1", "hi").out == "many.b.1\n"
    assert desk.cochat("chat", "--pipe", "plugins/pipes/many.py", "hi").out == "many.a\n"
    assert "many has no model c; it has: a, b.1" in desk.cochat("chat", "--pipe", "many.c", "hi", expected=2).err


def test_what_a_plugin_raises_is_named_with_its_line(desk: Desk) -> None:
    """Exit 1, the sentence and the line in my file, also where the server would say nothing."""
    done = desk.cochat("chat", "--filter", "shouts", "--api", "--stream", "--target-version", "0.6", "hi", expected=1)
    assert "error: AttributeError in shouts (line 19)" in done.err
    desk.path("plugins/filters/shouts.py").write_text("class Filter:\n    def outlet(self, body):\n        1 / 0\n")
    done = desk.cochat("chat", "--filter", "shouts", "hi", expected=1)
    assert (done.out, "error: ZeroDivisionError (line 3): division by zero" in done.err) == ("hi\n", True)


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("--filter", "nothing"), 2, "filter/nothing names no plugin"),
        (("--tool", "filter/shouts"), 2, "filter/shouts is not one tool"),
        (("--agent", "tool/weather"), 2, "tool/weather is not one agent"),
        (("--model", "gpt"), 2, "'gpt' is no model"),
        (("--valve", "word=x"), 2, "'word=x' is no REF:NAME=VALUE"),
        (("--filter", "broken"), 1, "plugins/filters/broken.py:2: ZeroDivisionError: division by zero"),
        (("--model", "http://127.0.0.1:9/v1"), 4, "no model answers at http://127.0.0.1:9/v1"),
    ],
)
def test_a_wrong_word_gets_one_sentence(desk: Desk, words: tuple[str, ...], exit_code: int, said: str) -> None:
    """I am told which word was wrong, with the exit code that says what sort of no it is."""
    desk.path("plugins/filters/broken.py").write_text("class Filter:\n    1 / 0\n")
    assert said in desk.cochat("chat", *words, "hi", expected=exit_code).err


def test_a_chat_that_never_ends_or_takes_its_process_down_is_told(desk: Desk) -> None:
    """One sentence and exit 1; my shell goes on."""
    source = "import os\nimport time\n\n\nclass Filter:\n    def inlet(self, body):\n        {}\n"
    desk.path("plugins/filters/bad.py").write_text(source.format("time.sleep(60)"))
    done = desk.cochat("chat", "--filter", "bad", "--timeout", "1", "hi", expected=1)
    assert "the chat came to no end: the plugin did not finish within 1 seconds" in done.err
    assert "--timeout 600" in done.err
    desk.path("plugins/filters/bad.py").write_text(source.format("os._exit(3)"))
    done = desk.cochat("chat", "--filter", "bad", "hi", expected=1)
    assert "the chat came to no end: the plugin ended its process (exit code 3)" in done.err


class _Model(BaseHTTPRequestHandler):
    """Answer as a model does, and keep what was asked with which key."""

    def do_GET(self) -> None:
        self._say({"data": [{"id": "tiny"}, {"id": "some-model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((self.path, self.headers.get("Authorization"), body))  # type: ignore[attr-defined]
        if not body.get("stream"):
            self._say({"choices": [{"index": 0, "message": {"role": "assistant", "content": "whole"}}]})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in ("from ", "afar"):
            event = {"choices": [{"index": 0, "delta": {"content": piece}}]}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def _say(self, body: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def _served() -> Iterator[tuple[str, list[Any]]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    server.heard = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", server.heard  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_model_at_a_url_answers_and_its_key_reaches_nobody_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is added on the way: the plugins' process has none, and no output shows it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1")
    with _served() as (url, heard):
        done = desk.cochat("chat", "--model", f"tiny@{url}", "--filter", "shouts", "hi")
        assert desk.cochat("chat", "--model", f"big@{url}", "--api", "--no-stream", "hi").out == "whole\n"
        desk.cochat("chat", "--model", url, "--agent", "friend", "hi")
        assert heard[2][2]["model"] == "some-model"
        assert f"{url} serves 2 models: tiny, some-model" in desk.cochat("chat", "--model", url, "hi", expected=2).err
    assert done.out == "FROM AFAR Bye.\n"
    first, second = heard[:2]
    assert first[:2] == ("/v1/chat/completions", "Bearer sk-canary-1")
    assert (first[2]["model"], second[2]["model"]) == ("tiny", "big")
    assert first[2]["messages"] == [{"role": "user", "content": "hi!"}]
    assert "canary" not in done.out + done.err
