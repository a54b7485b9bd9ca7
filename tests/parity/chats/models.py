"""Scenarios of what is between plugins and a model: refusals, parameters, system prompts, and what plugins share."""

from __future__ import annotations

from typing import Any

from cochat_devkit.plugin import Part, Turn
from tests.contract.real.prepare import VERSIONS
from tests.parity.chats.scenario import Gap, Scenario, function, says, tool
from tests.parity.chats.sources import a_filter, a_tool, hook, plugin
from tests.parity.chats.tools import ADDING, NATIVE, call

Json = Any
STREAMED = {"stream": True}
_REFUSAL = {"status": 429, "body": {"error": {"message": "too many questions", "type": "limit"}}}
_SYSTEM = {"role": "system", "content": "Greet {{USER_NAME}} kindly."}
_ADDS_A_TOOL = {"type": "function", "function": {"name": "theirs", "description": "", "parameters": {"type": "object"}}}


def _asked(name: str, fact: str, script: tuple[Json, ...], *parts: Part, **more: Any) -> Scenario:
    known = {each: more.pop(each) for each in ("versions", "gaps") if each in more}
    messages = more.pop("messages", [says("hi")])
    return Scenario("models", name, fact, Turn(messages, parts, script=script, **{"path": "page", **more}), **known)


_SAYS = ({"pieces": ["one ", "two"]},)
_WITHOUT_STATUS = dict.fromkeys(
    VERSIONS, Gap("A turn of ours has no status of HTTP; what is said is the same.", ("status",))
)
_REFUSED = (
    _asked("refuses", "A model that refuses is told to who called.", (_REFUSAL,), path="api", gaps=_WITHOUT_STATUS),
    _asked(
        "refuses_streamed",
        "A model that refuses streams nothing.",
        (_REFUSAL,),
        path="api",
        body=STREAMED,
        gaps=_WITHOUT_STATUS,
    ),
    _asked("refuses_page", "A refusal is kept with the message.", (_REFUSAL,), body=STREAMED),
    _asked("refuses_page_whole", "A refusal is kept with the message.", (_REFUSAL,), body={"stream": False}),
    _asked(
        "refuses_after_a_call",
        "A refusal after tools were called ends the answer.",
        ({"calls": [call("add", {"a": 2})]}, _REFUSAL),
        tool("adder", ADDING),
        body=NATIVE,
    ),
)
_GIVEN = (
    _asked("plain", "A model is asked what the person wrote.", _SAYS, path="api"),
    _asked("plain_streamed", "A model's stream is handed on.", _SAYS, path="api", body=STREAMED),
    _asked("plain_page", "A model's stream is told to the page and saved.", _SAYS, body=STREAMED),
    _asked("plain_page_whole", "A model's whole answer is told to the page and saved.", _SAYS, body={"stream": False}),
    _asked(
        "params",
        "Parameters of a request are put into the payload, those of the server's own are not.",
        _SAYS,
        path="api",
        body={"params": {"temperature": 0.5, "stop": ["x"], "custom_params": {"mine": "3"}, "reasoning_tags": []}},
    ),
    _asked(
        "params_page",
        "Parameters of a page are put into the payload.",
        _SAYS,
        body={**STREAMED, "params": {"temperature": 0.5, "max_tokens": 9, "stream_delta_chunk_size": 1}},
    ),
    _asked(
        "system_prompt_filled_in",
        "Placeholders of a system prompt are filled in.",
        _SAYS,
        messages=[_SYSTEM, says("hi")],
        path="api",
        body={"variables": {"{{USER_NAME}}": "Ann"}},
    ),
    _asked(
        "system_prompt_page",
        "Placeholders of a page's system prompt are filled in.",
        _SAYS,
        messages=[_SYSTEM, says("hi")],
        body={**STREAMED, "variables": {"{{USER_NAME}}": "Ann"}},
    ),
)
_SHARED = (
    _asked(
        "metadata_is_shared",
        "What an inlet writes into the metadata is there for an outlet; on 0.6 the outlet has another one.",
        _SAYS,
        function(
            "fa",
            a_filter(
                hook("inlet", "__metadata__['mine'] = 1", "return body", takes="body, __metadata__"),
                hook("outlet", "note(mine=__metadata__.get('mine'))", "return body", takes="body, __metadata__"),
            ),
        ),
        body=STREAMED,
    ),
    _asked(
        "tools_of_a_filter",
        "Tools that an inlet adds are told to the model beside those that the person chose.",
        _SAYS,
        function("fa", a_filter(hook("inlet", f"body['tools'] = [{_ADDS_A_TOOL!r}]", "return body"))),
        tool("adder", ADDING),
        body=NATIVE,
    ),
    _asked(
        "tool_ids_of_a_filter",
        "A filter may choose the tools.",
        _SAYS,
        function("fa", a_filter(hook("inlet", "body['tool_ids'] = []", "return body"))),
        tool("adder", ADDING),
        body=NATIVE,
    ),
    _asked(
        "model_of_a_filter",
        "A filter may ask another model.",
        _SAYS,
        function("fa", a_filter(hook("inlet", "body['model'] = 'p'", "return body"))),
        function("p", plugin("Pipe", hook("pipe", "return 'of the pipe'"))),
        path="api",
    ),
    _asked(
        "stream_of_a_filter",
        "A filter may ask for the whole answer.",
        _SAYS,
        function("fa", a_filter(hook("inlet", "body['stream'] = False", "return body"))),
        body=STREAMED,
    ),
    _asked(
        "tool_without_its_name",
        "A tool whose method has another name than its function ends every chat that has it.",
        _SAYS,
        tool(
            "named",
            a_tool("def __init__(self):\n    self.fmt = lambda word: word\n", "def known(self):\n    return ''\n"),
        ),
        body=NATIVE,
    ),
    _asked(
        "rest_of_a_tool",
        "Named rests of a tool are arguments of their names.",
        ({"calls": [call("take", {"args": [1], "kwargs": {"a": 2}})]}, {"text": "done"}),
        tool("taker", a_tool("def take(self, *args, **kwargs):\n    return repr((args, kwargs))\n")),
        body=NATIVE,
    ),
    _asked(
        "model_for_an_argument",
        "An argument whose type is a pydantic model is a dictionary.",
        ({"calls": [call("take", {"point": {"x": 1}})]}, {"text": "done"}),
        tool(
            "taker",
            a_tool(
                hook("take", "return repr(point)", takes="point: Point"),
                head="from pydantic import BaseModel\n\n\nclass Point(BaseModel):\n    x: int\n",
            ),
        ),
        body=NATIVE,
    ),
)
SCENARIOS = (*_REFUSED, *_GIVEN, *_SHARED)
