"""Scenarios of tools: a scripted model calls them, over several rounds, rightly and wrongly."""

from __future__ import annotations

from typing import Any

from cochat_devkit.plugin import Part, Turn
from tests.parity.chats.scenario import Scenario, function, says, tool
from tests.parity.chats.sources import (
    STARTS_WITH_VALVES,
    a_filter,
    a_tool,
    hook,
    noting_all,
    taking_all,
    valves,
)

Json = Any
NATIVE = {"stream": True, "params": {"function_calling": "native"}}
#: how a model that cannot call tools itself is asked which to call, in the words of each version
PROMPTED = {"0.12.4": "legacy", "0.6.43": "default"}


_OF_SCENARIOS = ("versions", "gaps", "by_endpoint")


def call(name: str, arguments: Json = None) -> Json:
    """Let the model call a tool."""
    return {"name": name, "arguments": {} if arguments is None else arguments}


def _asked(name: str, fact: str, script: tuple[Json, ...], *parts: Part, **more: Any) -> Scenario:
    """Ask from a page a model that calls tools itself."""
    known = {each: more.pop(each) for each in _OF_SCENARIOS if each in more}
    settings = {"body": NATIVE, "path": "page", **more}
    return Scenario("tools", name, fact, Turn([says("hi")], parts, script=script, **settings), **known)


def _returning(name: str, fact: str, *lines: str, head: str = "", **more: Any) -> Scenario:
    """Let the model call a tool of these lines once."""
    source = a_tool(hook("make", '"""Make something."""', *lines, takes="").replace("self, )", "self)"), head=head)
    return _asked(name, fact, ({"calls": [call("make")]}, {"text": "done"}), tool("maker", source), **more)


ADDING = a_tool(
    hook(
        "add",
        '"""Add two numbers.',
        "",
        ":param a: the first",
        ":param b: the second",
        '"""',
        "note(a=a, b=b)",
        "return str(a + b)",
        takes="a: int, b: int = 1",
    )
)
_ROUNDS = (
    _asked(
        "one_call",
        "A tool is called, and the model is told what it returned.",
        ({"calls": [call("add", {"a": 2, "b": 3})]}, {"text": "It is 5."}),
        tool("adder", ADDING),
    ),
    _asked(
        "no_call",
        "A model that calls nothing answers at once; it was told of the tools.",
        ({"text": "I know."},),
        tool("adder", ADDING),
    ),
    _asked(
        "two_rounds",
        "A model may call again after it read an answer.",
        ({"calls": [call("add", {"a": 2})]}, {"calls": [call("add", {"a": 3})]}, {"text": "3 and 4."}),
        tool("adder", ADDING),
    ),
    _asked(
        "two_calls",
        "A model may call twice at once.",
        ({"calls": [call("add", {"a": 2}), call("add", {"a": 3})]}, {"text": "3 and 4."}),
        tool("adder", ADDING),
    ),
    _asked(
        "text_before_a_call",
        "What a model says before its calls is kept.",
        ({"text": "Let me see."},),
        tool("adder", ADDING),
    ),
    _asked(
        "unknown_tool",
        "A call of a tool that is not there is answered with that.",
        ({"calls": [call("subtract", {"a": 2})]}, {"text": "Sorry."}),
        tool("adder", ADDING),
    ),
    _asked(
        "broken_arguments",
        "Arguments that are no JSON reach no tool.",
        ({"calls": [call("add", '{"a": 2')]}, {"text": "Sorry."}),
        tool("adder", ADDING),
    ),
    _asked(
        "arguments_of_python",
        "Arguments as Python writes them are understood.",
        ({"calls": [call("add", "{'a': 2}")]}, {"text": "3"}),
        tool("adder", ADDING),
    ),
    _asked(
        "arguments_that_are_a_list",
        "Arguments are an object.",
        ({"calls": [call("add", "[2]")]}, {"text": "Sorry."}),
        tool("adder", ADDING),
    ),
    _asked(
        "no_arguments",
        "A call without arguments is one with none.",
        ({"calls": [call("now", "")]}, {"text": "Now."}),
        tool("clock", a_tool("def now(self):\n    return 'noon'\n")),
    ),
    _asked(
        "missing_argument",
        "A missing argument is told to the model.",
        ({"calls": [call("add", {"b": 2})]}, {"text": "Sorry."}),
        tool("adder", ADDING),
    ),
    _asked(
        "argument_not_in_the_spec",
        "An argument that the spec does not name is dropped.",
        ({"calls": [call("add", {"a": 2, "c": 9, "__user__": {"id": "x"}})]}, {"text": "3"}),
        tool("adder", ADDING),
    ),
    _asked(
        "text_for_a_number",
        "0.12 turns text into a whole number, 0.6 hands it on.",
        ({"calls": [call("add", {"a": "2", "b": 3})]}, {"text": "5"}),
        tool("adder", ADDING),
    ),
    _asked(
        "number_for_text",
        "0.12 turns a number into text, 0.6 hands it on.",
        ({"calls": [call("shout", {"word": 5})]}, {"text": "5"}),
        tool("shouter", a_tool(hook("shout", "return repr(word)", takes="word: str"))),
    ),
    _asked(
        "two_tools_of_one_name",
        "Two methods of one name are told apart by the ids of their tools.",
        ({"calls": [call("add", {"a": 1}), call("other_add", {"a": 1})]}, {"text": "done"}),
        tool("adder", ADDING),
        tool("other", a_tool(hook("add", "return 'other'", takes="a: int"))),
    ),
    _asked(
        "whole",
        "A page that asks for no stream gets calls unanswered.",
        ({"calls": [call("add", {"a": 2})]}, {"text": "3"}),
        tool("adder", ADDING),
        body={"stream": False, "params": {"function_calling": "native"}},
    ),
    _asked(
        "api",
        "On a plain call of the API the caller answers the model's calls.",
        ({"calls": [call("add", {"a": 2})]}, {"text": "3"}),
        tool("adder", ADDING),
        body={"params": {"function_calling": "native"}},
        path="api",
    ),
    _asked(
        "api_streamed",
        "On a streamed plain call of the API the caller answers the model's calls.",
        ({"calls": [call("add", {"a": 2})]}, {"text": "3"}),
        tool("adder", ADDING),
        body=NATIVE,
        path="api",
    ),
    _asked(
        "request_each_round",
        "A request hook runs before each round; 0.6 has none.",
        ({"calls": [call("add", {"a": 2})]}, {"text": "3"}),
        tool("adder", ADDING),
        function(
            "fa",
            a_filter(
                hook(
                    "request",
                    "note(roles=[each['role'] for each in body['messages']])",
                    'body["seed"] = 7',
                    "return body",
                )
            ),
        ),
    ),
    _asked(
        "stream_each_round",
        "A stream hook sees the events of every round.",
        ({"calls": [call("add", {"a": 2})]}, {"text": "3"}),
        tool("adder", ADDING),
        function(
            "fa",
            a_filter(
                hook(
                    "stream",
                    "note(delta=[each.get('delta') for each in event['choices']])",
                    "return event",
                    takes="event",
                )
            ),
        ),
    ),
)
_IMAGE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJg"
    "gg=="
)
_RESULTS = (
    _returning("returns_text", "A text is what the model reads.", "return 'text'"),
    _returning("returns_dictionary", "A dictionary is written as JSON.", "return {'a': 1, 'b': ['ä']}"),
    _returning("returns_list", "A list is written as JSON.", "return [1, 'two', {'three': 3}]"),
    _returning("returns_number", "A number is written out.", "return 42"),
    _returning("returns_true", "A truth is written out.", "return True"),
    _returning("returns_none", "Nothing is nothing.", "return None"),
    _returning("returns_empty_text", "An empty text is one.", "return ''"),
    _returning("returns_files", "Data URIs of a list become files.", "return ['data:text/plain;base64,eA==', 'rest']"),
    _returning("returns_image", "An image is shown, and not read as text.", f"return {_IMAGE!r}"),
    _returning(
        "returns_image_among_others",
        "An image in a dictionary is taken out of it; 0.6 leaves it.",
        f"return {{'image': {_IMAGE!r}, 'a': 1}}",
    ),
    _returning(
        "returns_page",
        "A page that is inline is shown with the message.",
        "return HTMLResponse('<b>page</b>', headers={'Content-Disposition': 'inline'})",
        head="from fastapi.responses import HTMLResponse\n",
    ),
    _returning(
        "returns_page_that_is_none",
        "A page that is not inline is text.",
        "return HTMLResponse('<b>page</b>')",
        head="from fastapi.responses import HTMLResponse\n",
    ),
    _returning(
        "returns_page_and_words",
        "A page may come with words for the model; 0.6 knows none.",
        "return HTMLResponse('<b>page</b>', headers={'Content-Disposition': 'inline'}), 'shown'",
        head="from fastapi.responses import HTMLResponse\n",
        versions=("0.12.4",),
    ),
    _returning(
        "returns_model_of_pydantic",
        "A pydantic model is written out.",
        "return Made()",
        head="from pydantic import BaseModel\n\nclass Made(BaseModel):\n    a: int = 1\n",
        versions=("0.12.4",),
    ),
    _returning("raises_in_a_tool", "What a tool raises is told to the model.", "raise ValueError('no such luck')"),
    _returning("raises_without_words", "An exception without words leaves the model with none.", "raise KeyError"),
    _returning("yields_in_a_tool", "A tool that yields returns a generator.", "yield 1", versions=()),
)
_LOOKS_AT_IDS = hook(
    "look",
    "note(id=__id__, chat=__metadata__['chat_id'], message=__metadata__['message_id'])",
    "return 'seen'",
    takes="__id__, __metadata__",
)
_CITATION = {
    "document": ["text"],
    "metadata": [{"source": "there"}],
    "source": {"name": "There", "url": "https://there.test"},
}
_EMITS = hook(
    "look",
    *(
        f"await __event_emitter__({event!r})"
        for event in (
            {"type": "status", "data": {"description": "looking", "done": False}},
            {"type": "status", "data": {"description": "looked", "done": True}},
            {"type": "citation", "data": _CITATION},
        )
    ),
    "return 'seen'",
    takes="__event_emitter__",
    is_async=True,
)


def _asking(type_: str, **data: str) -> str:
    asked = {"type": type_, "data": data}
    return hook("ask", f"return repr(await __event_call__({asked!r}))", takes="__event_call__", is_async=True)


_GIVEN = (
    _asked(
        "reserved_of_a_tool",
        "What a method of a tool gets.",
        ({"calls": [call("look")]}, {"text": "done"}),
        tool("looker", a_tool(f"def look(self, {taking_all('')}):\n    {noting_all('tool')}\n    return 'seen'\n")),
    ),
    _asked(
        "messages_of_a_tool",
        "`__messages__` is what the model was asked.",
        ({"calls": [call("look")]}, {"text": "done"}),
        tool("looker", a_tool("def look(self, __messages__):\n    note(messages=__messages__)\n    return 'seen'\n")),
    ),
    _asked(
        "ids_of_a_tool",
        "A tool is told its own id, and which message it works for.",
        ({"calls": [call("look")]}, {"text": "done"}),
        tool(
            "looker",
            a_tool(_LOOKS_AT_IDS),
        ),
    ),
    _asked(
        "valves_of_a_tool",
        "Saved valves reach a tool, and what a person saved is in `__user__`.",
        ({"calls": [call("look")]}, {"text": "done"}),
        tool(
            "looker",
            a_tool(
                valves(word="default"),
                valves("UserValves", city="Oslo"),
                STARTS_WITH_VALVES,
                "def look(self, __user__):\n    return self.valves.word + __user__['valves'].city\n",
            ),
            {"word": "saved "},
            {"city": "Rome"},
        ),
    ),
    _asked(
        "sync_and_async",
        "Methods may be coroutines.",
        ({"calls": [call("now"), call("later")]}, {"text": "done"}),
        tool("clock", a_tool("def now(self):\n    return 'now'\n", "async def later(self):\n    return 'later'\n")),
    ),
    _asked(
        "specs",
        "What the model is told of tools.",
        ({"text": "done"},),
        tool(
            "specs",
            a_tool(
                hook(
                    "search",
                    '"""Search the web.',
                    "",
                    "More words.",
                    ":param query: what for",
                    ":param limit: how many",
                    '"""',
                    "return ''",
                    takes="query: str, limit: int = 5, tags: list[str] = [], exact: bool | None = None, __user__=None",
                ),
                "def plain(self, anything):\n    return ''\n",
                "def _hidden(self):\n    return ''\n",
            ),
        ),
    ),
    _asked(
        "emits",
        "What a tool emits reaches the page, and is kept with the message.",
        ({"calls": [call("look")]}, {"text": "done"}),
        tool(
            "looker",
            a_tool(_EMITS),
        ),
    ),
    _asked(
        "citation_of_a_tool",
        "A tool with `citation` is cited by the server only where it is asked to call tools for a model.",
        ({"calls": [call("look")]}, {"text": "done"}),
        tool("looker", a_tool("citation = True\n", "def look(self):\n    return 'seen'\n")),
    ),
    _asked(
        "asks_a_closed_page",
        "A tool that asks a page that is closed.",
        ({"calls": [call("ask")]}, {"text": "done"}),
        tool(
            "asker",
            a_tool(_asking("confirmation", title="Sure?", message="Really?")),
        ),
        versions=("0.12.4",),
    ),
    _asked(
        "asks_a_page",
        "A tool that asks a page reads its answer.",
        ({"calls": [call("ask")]}, {"text": "done"}),
        tool(
            "asker",
            a_tool(_asking("input", title="Name?", message="Yours", placeholder="Ann")),
        ),
        replies={"input": "Bob"},
    ),
)


def _prompted(version: str, name: str, fact: str, script: tuple[Json, ...], *parts: Part) -> Scenario:
    """Ask a model that cannot call tools itself, and is asked by the server which to call."""
    body = {"stream": True, "params": {"function_calling": PROMPTED[version]}}
    return _asked(
        f"{name}_{PROMPTED[version]}",
        fact,
        script,
        *parts,
        body=body,
        versions=(version,),
        by_endpoint=True,
    )


_CHOOSES = {"text": '{"tool_calls": [{"name": "add", "parameters": {"a": 2, "b": 3}}]}'}
_PROMPTED = tuple(
    scenario
    for version in PROMPTED
    for scenario in (
        _prompted(
            version,
            "prompted",
            "A model that cannot call tools is asked which to call, and is told what they returned.",
            (_CHOOSES, {"text": "It is 5."}),
            tool("adder", ADDING),
        ),
        _prompted(
            version,
            "prompted_none",
            "A model that chooses no tool answers as if there were none.",
            ({"text": '{"tool_calls": []}'}, {"text": "I know."}),
            tool("adder", ADDING),
        ),
    )
)
SCENARIOS = tuple(each for each in (*_ROUNDS, *_RESULTS, *_GIVEN, *_PROMPTED) if each.versions)
