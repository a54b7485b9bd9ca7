"""`cochat run`: one call of a tool, with what a model and a page would get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

TOOL = '''"""
title: Weather
"""
import os
import time
from fastapi.responses import HTMLResponse
from open_webui.utils.webhook import post_webhook
from pydantic import BaseModel


class Tools:
    class Valves(BaseModel):
        units: str = "metric"
        api_key: str = ""

    class UserValves(BaseModel):
        city: str = "Oslo"

    def __init__(self):
        self.valves = self.Valves()

    async def forecast(self, city: str, days: int = 1, __user__: dict = {}, __event_emitter__=None) -> str:
        """
        Tell the weather.

        :param city: where
        """
        print("looking")
        await __event_emitter__({"type": "status", "data": {"description": "asking", "done": False}})
        return f"{city} {days!r} {self.valves.units} {__user__['role']} {__user__['valves'].city}"

    async def ask(self, __event_call__=None) -> str:
        """Ask first."""
        return repr(await __event_call__({"type": "confirmation", "data": {"title": "Really?"}}))

    def page(self):
        """Show it."""
        return HTMLResponse("<p>hi</p>", headers={"Content-Disposition": "inline"})

    def fail(self):
        """Fail."""
        raise ValueError("no such city")

    def nothing(self):
        """Return nothing."""

    def leave(self):
        """End the process."""
        os._exit(3)

    def sleep(self):
        """Take for ever."""
        time.sleep(60)

    async def look(self) -> str:
        """Use what is the server's."""
        return str(await post_webhook("name", "http://127.0.0.1:9", "hi", {}))

    def tell(self) -> str:
        """Tell a secret."""
        return self.valves.api_key
'''


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a workspace with one tool; no server is asked for anything."""
    desk = make_desk(tmp_path / "desk", "http://127.0.0.1:9", "t")
    desk.path("plugins/tools").mkdir(parents=True, exist_ok=True)
    desk.path("plugins/tools/weather.py").write_text(TOOL)
    return desk


def run(desk: Desk, *words: str, expected: int = 0) -> dict[str, Any]:
    """Run the command, and read what it says."""
    return desk.json("run", "tool/weather", *words, expected=expected).json


def test_a_call_shows_what_the_model_reads(desk: Desk) -> None:
    """Arguments in their types, valves, the user and what the user saved: all reach the method."""
    told = run(desk, "forecast", "city=5", "days=3", "--valve", "units=imperial", "--user-valve", "city=Rome")
    assert told["text"] == "5 3 imperial user Rome"
    assert told["events"] == [{"type": "status", "data": {"description": "asking", "done": False}}]
    assert (told["output"], told["error"], told["ok"]) == ("looking\n", None, True)
    assert run(desk, "forecast", "city=x", "--as", "admin")["text"] == "x 1 metric admin Oslo"


def test_people_read_the_answer_and_the_events_that_they_ask_for(desk: Desk) -> None:
    """stdout is the result; what the tool printed is talk."""
    done = desk.cochat("run", "plugins/tools/weather.py", "forecast", "city=Oslo", "--events")
    assert done.out.splitlines() == [
        'event  {"type": "status", "data": {"description": "asking", "done": false}}',
        "Oslo 1 metric user Oslo",
    ]
    assert "looking" in done.err


def test_a_closed_page_answers_as_the_server_says(desk: Desk) -> None:
    """0.12 answers an error that is true, 0.6 gives up; a reply that I give is the answer."""
    assert run(desk, "ask")["text"] == "{'error': 'Client session disconnected.'}"
    assert run(desk, "ask", "--reply", "confirmation=true")["text"] == "True"
    assert run(desk, "ask", "--target-version", "0.6", expected=1)["error"]["exception"] == "TimeoutError"


def test_a_page_that_is_returned_is_shown(desk: Desk) -> None:
    """The model is told that it is there; the page itself is an embed."""
    told = run(desk, "page")
    assert told["embeds"] == ["<p>hi</p>"]
    assert "active and visible" in told["text"]


def test_what_a_method_raises_is_what_the_model_reads(desk: Desk) -> None:
    """Exit 1, the text of the server for each generation, and the line in my file."""
    told = run(desk, "fail", expected=1)
    assert told["text"] == '{\n  "error": "no such city"\n}'
    assert (told["error"]["exception"], told["error"]["line"]) == ("ValueError", 42)
    assert run(desk, "fail", "--target-version", "0.6", expected=1)["text"] == "no such city"


def test_a_tool_that_returns_nothing_is_taken_for_a_wrong_call(desk: Desk) -> None:
    """I am told before a model is: 0.12 says that the arguments could not be read, 0.6 says nothing."""
    assert "arguments could not be parsed" in run(desk, "nothing")["text"]
    assert run(desk, "nothing", "--target-version", "0.6")["text"] is None


def test_what_only_the_server_has_is_named(desk: Desk) -> None:
    """A call into the server's own code says which, and where I made it."""
    told = run(desk, "look", expected=1)
    assert (told["error"]["exception"], told["error"]["line"]) == ("NotOffline", 57)
    assert "open_webui.utils.webhook.post_webhook" in told["error"]["message"]


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("leave",), 1, "the plugin ended its process (exit code 3)"),
        (("sleep", "--timeout", "1"), 1, "the plugin did not finish within 1 seconds"),
        (("missing",), 2, "the tool has no method missing; it has: ask, fail, forecast"),
        (("forecast", "Oslo"), 2, "'Oslo' is no NAME=VALUE"),
    ],
)
def test_whatever_a_tool_does_one_sentence_says_it(
    desk: Desk, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    """A tool that ends its process or sleeps for ever ends the call, not us."""
    assert said in run(desk, *words, expected=exit_code)["error"]["message"]


def test_a_secret_valve_is_never_shown(desk: Desk) -> None:
    """A key that I give reaches the tool, and no output of ours."""
    done = desk.cochat("run", "tool/weather", "tell", "--valve", "api_key=sk-very-secret-1")
    assert "very-secret" not in done.out + done.err


def test_only_one_plugin_can_be_called(desk: Desk) -> None:
    """A pattern and an agent are told apart from a plugin."""
    desk.path("plugins/tools/other.py").write_text(TOOL)
    desk.path("agents").mkdir(exist_ok=True)
    desk.path("agents/friend.md").write_text("---\nname: Friend\nbase: some-model\n---\nBe kind.\n")
    for word in ("tool/*", "agent/friend"):
        assert "is not one plugin" in desk.cochat("run", word, "x", expected=2).err
    assert "names no plugin" in desk.cochat("run", "tool/nothing", "x", expected=2).err


FILTER = """
from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        mark: str = "!"

    def __init__(self):
        self.valves = self.Valves()

    async def inlet(self, body, __user__, __metadata__, __chat_id__=None):
        assert body["metadata"] is __metadata__
        body["messages"][-1]["content"] += self.valves.mark + __user__["role"] + str(__chat_id__ is None)
        return body

    def stream(self, event, __body__=None):
        event["choices"][0]["delta"]["content"] += str(__body__ is None)
        return event

    def outlet(self, body, __oauth_token__="absent"):
        body["messages"][-1]["content"] = __oauth_token__
        return body
"""


def test_a_hook_of_a_filter_gets_what_the_server_gives_it(desk: Desk) -> None:
    """I give a body or a text; who asks, the chat and the valves are as there, and I see what changed."""
    desk.path("plugins/filters").mkdir(parents=True, exist_ok=True)
    desk.path("plugins/filters/marks.py").write_text(FILTER)
    told = desk.json("run", "filter/marks", "inlet", "text=hi", "--valve", "mark=?", "--as", "admin").json
    assert told["value"]["messages"] == [{"role": "user", "content": "hi?adminFalse"}]
    assert told["changes"] == ["- messages[0].content: hi", "+ messages[0].content: hi?adminFalse"]
    old = desk.cochat(
        "run", "filter/marks", "inlet", 'body={"messages": [{"content": "x"}]}', "--target-version", "0.6"
    )
    assert '"content": "x!userTrue"' in old.out
    assert "+ messages[0].content: x!userTrue" in old.err
    assert desk.json("run", "filter/marks", "stream", "text=a").json["changes"][-1].endswith("content: aFalse")
    assert '"content": "absent"' in desk.cochat("run", "filter/marks", "outlet").out


def test_a_pipe_and_an_action_are_called_too(desk: Desk) -> None:
    """A pipe's text is the result, its models are listed, and the button of an action is pressed."""
    pipe = (
        "class Pipe:\n    pipes = [{'id': 'a', 'name': 'A'}]\n    def pipe(self, body, __user__):\n"
        "        yield 'hi '\n        yield __user__['name']\n"
    )
    action = (
        "class Action:\n    async def action(self, body, __id__):\n        return {'id': __id__, 'of': body['id']}\n"
    )
    for path, source in (("pipes/own.py", pipe), ("actions/act.py", action)):
        desk.path(f"plugins/{path}").parent.mkdir(parents=True, exist_ok=True)
        desk.path(f"plugins/{path}").write_text(source)
    assert desk.cochat("run", "pipe/own", "pipe").out == "hi User\n"
    assert desk.cochat("run", "plugins/pipes/own.py", "pipe", 'body={"stream": false}').out == "hi User\n"
    assert desk.json("run", "pipe/own", "pipe").json["before"]["model"] == "own.a"
    assert desk.json("run", "pipe/own", "pipes").json["value"] == [{"id": "a", "name": "A"}]
    pressed = desk.json("run", "action/act", "action", "id=two").json
    assert pressed["value"] == {"id": "two", "of": "message-of-the-devkit"}


def test_a_hook_that_raises_or_is_not_there(desk: Desk) -> None:
    """Exit 1 with the line, exit 2 with the hooks that are there."""
    desk.path("plugins/filters").mkdir(parents=True, exist_ok=True)
    desk.path("plugins/filters/bad.py").write_text("class Filter:\n    def inlet(self, body):\n        1 / 0\n")
    done = desk.cochat("run", "filter/bad", "inlet", expected=1)
    assert (done.out, done.err) == ("", "inlet raised ZeroDivisionError (line 3): division by zero\n")
    assert "has no hook pipe; it has: inlet" in desk.cochat("run", "filter/bad", "pipe", expected=2).err
    desk.path("plugins/filters/late.py").write_text(
        "class Filter:\n    def request(self, body):\n        return body\n"
    )
    assert desk.cochat("run", "filter/late", "request").exit_code == 0
    older = desk.cochat("run", "filter/late", "request", "--target-version", "0.6", expected=2)
    assert "has no hook request; it has: none" in older.err
    assert "body is no JSON" in desk.cochat("run", "filter/bad", "inlet", "body=x", expected=2).err
    assert "x is no word of inlet" in desk.cochat("run", "filter/bad", "inlet", "x=1", expected=2).err


def test_an_event_of_the_server_is_heard(desk: Desk) -> None:
    """0.12 alone has such plugins: one is handed the event as a dictionary and as the server's own object."""
    source = "class Event:\n    async def event(self, event, **rest):\n        return [event['event'], sorted(rest)]\n"
    desk.path("plugins/events").mkdir(parents=True, exist_ok=True)
    desk.path("plugins/events/ear.py").write_text(source)
    told = desk.json("run", "plugins/events/ear.py", "event", 'event={"event": "user.created"}').json
    names = ["__app__", "__event__", "__event_id__", "__event_name__", "__id__", "__request__"]
    assert told["value"] == ["user.created", names]
