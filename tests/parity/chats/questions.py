"""Scenarios of questions: what becomes of a request's own messages and tools, and of a model that refuses."""

from __future__ import annotations

from typing import Any

from cochat_devkit.plugin import Part, Turn
from tests.parity.chats.scenario import Scenario, function, says, tool
from tests.parity.chats.sources import a_filter, hook

Json = Any
STREAMED = {"stream": True}
NATIVE = {**STREAMED, "params": {"function_calling": "native"}}
_ADDS = 'class Tools:\n    def add(self, a: int, b: int) -> str:\n        """Add."""\n        return str(a + b)\n'
_NOTES = function(
    "fa", a_filter(hook("inlet", "note(messages=body['messages'], tools=body.get('tools'))", "return body"))
)
_OWN_TOOL = {"type": "function", "function": {"name": "mine", "parameters": {"type": "object", "properties": {}}}}
_CALLS = {"calls": [{"name": "add", "arguments": {"a": 1, "b": 1}}]}
_REFUSES = {"status": 500, "body": {"error": {"message": "out of order"}}}
#: an answer of before, as 0.12 saves it
_OUTPUT = [
    {
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Let me see."}],
    },
    {"type": "function_call", "id": "c1", "call_id": "c1", "name": "add", "arguments": "{}", "status": "completed"},
    {
        "type": "function_call_output",
        "id": "fco_1",
        "call_id": "c1",
        "output": [{"type": "input_text", "text": "3"}],
        "status": "completed",
    },
]


def _call(id_: str) -> Json:
    return {"id": id_, "type": "function", "function": {"name": "x", "arguments": "{}"}}


def _asked(name: str, fact: str, messages: list[Json], *parts: Part, **more: Any) -> Scenario:
    settings = {"path": "api", "script": ({"text": "one"},), **more}
    return Scenario("questions", name, fact, Turn(messages, parts, **settings))


SCENARIOS = (
    _asked(
        "own_tools",
        "Who brings tools of their own gets no others on 0.12; 0.6 puts its own in their place.",
        [says("hi")],
        tool("adder", _ADDS),
        _NOTES,
        body={"tools": [_OWN_TOOL], "params": {"function_calling": "native"}},
    ),
    _asked(
        "own_tools_page",
        "The same from a page.",
        [says("hi")],
        tool("adder", _ADDS),
        _NOTES,
        path="page",
        body={**NATIVE, "tools": [_OWN_TOOL]},
    ),
    _asked(
        "system_prompt",
        "The places of a request's system prompt are filled in before the inlets see it.",
        [{"role": "system", "content": "It is {{CURRENT_WEEKDAY}}, and {{X}}."}, says("hi")],
        _NOTES,
        body={"variables": {"{{X}}": "warm"}},
    ),
    _asked(
        "messages_of_tools",
        "0.12 leaves out calls that nobody answered, and answers to no call.",
        [
            says("hi"),
            {"role": "assistant", "content": "", "tool_calls": [_call("1"), _call("2")]},
            {"role": "tool", "tool_call_id": "1", "content": "answered"},
            {"role": "tool", "tool_call_id": "9", "content": "answered to nobody"},
            {**says("and now?"), "id": "mine"},
        ],
        _NOTES,
    ),
    _asked(
        "answer_of_before",
        "0.12 takes a saved answer apart into its words, its calls and their results.",
        [says("hi"), {"role": "assistant", "content": "Let me see.", "output": _OUTPUT}, says("and now?")],
        _NOTES,
        path="page",
        body=STREAMED,
    ),
    _asked(
        "empty_part",
        "0.12 leaves out parts of a message with nothing in them.",
        [{"role": "user", "content": [{"type": "text", "text": " "}, {"type": "text", "text": "hi"}]}],
        _NOTES,
    ),
    _asked(
        "refused_page",
        "What a page sees of a model that refuses.",
        [says("hi")],
        path="page",
        body=STREAMED,
        script=(_REFUSES,),
    ),
    _asked(
        "refused_round",
        "What a page sees of a model that refuses after its tools were called.",
        [says("hi")],
        tool("adder", _ADDS),
        path="page",
        body=NATIVE,
        script=(_CALLS, _REFUSES),
    ),
)
