"""Scenarios of pipes: what they are given, and what becomes of what they return."""

from __future__ import annotations

from typing import Any

from cochat_devkit.plugin import Part, Turn
from tests.parity.chats.scenario import Scenario, function, says, tool
from tests.parity.chats.sources import (
    STARTS_WITH_VALVES,
    a_pipe,
    a_tool,
    hook,
    noting_all,
    plugin,
    taking_all,
    valves,
)

STREAMED = {"stream": True}


def _asked(name: str, fact: str, source: str, *others: Part, **more: Any) -> Scenario:
    """Ask a pipe."""
    known = {each: more.pop(each) for each in ("versions", "gaps") if each in more}
    valves_, user_valves = more.pop("valves", {}), more.pop("user_valves", {})
    settings = {"model": "p", "path": "api", **more}
    parts = (function("p", source, valves_, user_valves), *others)
    return Scenario("pipes", name, fact, Turn([says("hi")], parts, **settings), **known)


def _three_ways(name: str, fact: str, source: str) -> tuple[Scenario, ...]:
    """Ask a pipe through the API, whole and streamed, and from a page."""
    return (
        _asked(name, f"{fact} (asked for the whole answer)", source),
        _asked(f"{name}_streamed", f"{fact} (streamed)", source, body=STREAMED),
        _asked(f"{name}_page", f"{fact} (streamed to a page)", source, body=STREAMED, path="page"),
    )


_MODEL = """
from pydantic import BaseModel


class Answer(BaseModel):
    id: str = "x"
    choices: list = [{"index": 0, "message": {"role": "assistant", "content": "of a model"}}]
"""
_STREAMING = """
from starlette.responses import StreamingResponse


async def lines():
    yield 'data: {"choices": [{"index": 0, "delta": {"content": "as it is"}}]}\\n\\n'
    yield "data: [DONE]\\n\\n"
"""
_CHUNK = '{"choices": [{"index": 0, "delta": {"content": "chunk"}, "finish_reason": None}]}'
_RETURNS = (
    *_three_ways("text", "A text is the answer.", a_pipe('return "plain"')),
    *_three_ways("generator", "What is yielded are the pieces of the answer.", a_pipe('yield "one "', 'yield "two"')),
    *_three_ways(
        "async_generator",
        "A pipe may yield as a coroutine does.",
        a_pipe('yield "one "', 'yield "two"', is_async=True),
    ),
    *_three_ways(
        "dictionary",
        "A dictionary is handed on as it is.",
        a_pipe('return {"choices": [{"index": 0, "message": {"role": "assistant", "content": "mine"}}]}'),
    ),
    *_three_ways("list", "A list is no answer.", a_pipe('return ["one", "two"]')),
    *_three_ways("none", "None is no answer.", a_pipe("return None")),
    *_three_ways(
        "model_of_pydantic", "A pydantic model is handed on as a dictionary.", a_pipe("return Answer()", head=_MODEL)
    ),
    *_three_ways(
        "streaming_response",
        "A StreamingResponse is handed on as it is.",
        a_pipe('return StreamingResponse(lines(), media_type="text/event-stream")', head=_STREAMING),
    ),
    *_three_ways(
        "data_lines",
        "Lines that begin with `data:` are events of their own.",
        a_pipe('yield \'data: {"choices": [{"index": 0, "delta": {"content": "mine"}}]}\'', 'yield "and text"'),
    ),
    *_three_ways("chunks", "Dictionaries that are yielded are events.", a_pipe(f"yield {_CHUNK}", f"yield {_CHUNK}")),
    *_three_ways("raises", "What a pipe raises is told as an error.", a_pipe('raise ValueError("no such luck")')),
    *_three_ways(
        "raises_midway",
        "A generator that raises breaks its answer off.",
        a_pipe('yield "one "', 'raise ValueError("no such luck")'),
    ),
    _asked("text_async", "A pipe may be a coroutine.", a_pipe('return "later"', is_async=True)),
    _asked("bytes", "Bytes are text.", a_pipe('yield b"bytes"'), body=STREAMED),
    _asked(
        "numbers", "What is no text is written out where the whole answer is asked for.", a_pipe("yield 1", "yield 2")
    ),
    _asked("numbers_streamed", "A number among the pieces breaks the stream off.", a_pipe("yield 1"), body=STREAMED),
    _asked("iterator_streamed", "Any iterator is streamed.", a_pipe('return iter(["one ", "two"])'), body=STREAMED),
    _asked("iterator", "An iterator that is no generator is no whole answer.", a_pipe('return iter(["one", "two"])')),
    _asked(
        "text_like_an_event",
        "A returned text is text, even if it looks like an event.",
        a_pipe('return "data: x"'),
        body=STREAMED,
    ),
    _asked(
        "text_page_whole",
        "A page may ask for the whole answer.",
        a_pipe('return "plain"'),
        body={"stream": False},
        path="page",
    ),
    _asked(
        "raises_page_whole",
        "An error of a pipe is kept with the message.",
        a_pipe('raise ValueError("no such luck")'),
        body={"stream": False},
        path="page",
    ),
    _asked(
        "error_dictionary_page",
        "An error that is returned is kept with the message.",
        a_pipe('return {"error": {"detail": "mine"}}'),
        body=STREAMED,
        path="page",
    ),
    _asked(
        "usage_page",
        "Usage that a pipe tells is kept with the message.",
        a_pipe('yield "one"', 'yield {"usage": {"total_tokens": 7, "prompt_tokens": 3, "completion_tokens": 4}}'),
        body=STREAMED,
        path="page",
    ),
    _asked(
        "reasoning_page",
        "Thoughts between tags are kept apart from the answer.",
        a_pipe('yield "<think>hm</think>"', 'yield "so"'),
        body=STREAMED,
        path="page",
    ),
)
_MANIFOLD = plugin(
    "Pipe",
    'name = "Many/"\n',
    hook("pipes", 'return [{"id": "a", "name": "A"}, {"id": "b.c", "name": "B"}]', takes="").replace(
        "self, )", "self)"
    ),
    hook("pipe", 'return body["model"]'),
)
_GREETER = tool(
    "greeter",
    a_tool(
        hook(
            "greet",
            '"""Greet somebody.',
            "",
            ":param name: who",
            '"""',
            'return f"Hello {name}"',
            takes="name: str",
        )
    ),
)
_CALLS_A_TOOL = (
    "note(tools=sorted(__tools__), spec=__tools__['greet']['spec'], of=__tools__['greet']['tool_id'])",
    "return await __tools__['greet']['callable'](name='Ann')",
)
_GIVEN = (
    _asked(
        "echo",
        "A pipe gets the request without what is the server's.",
        a_pipe("note(body=body)", 'return "x"'),
        body={
            "temperature": 0.5,
            "params": {"top_p": 0.1},
            "user": "me",
            "chat_id": "",
            "variables": {},
            "features": {},
        },
    ),
    _asked(
        "echo_page",
        "What a page asks reaches a pipe without ids.",
        a_pipe("note(body=body)", 'return "x"'),
        body={
            **STREAMED,
            "params": {"temperature": 0.5, "system": "Be brief."},
            "features": {},
            "variables": {},
            "model_item": {},
        },
        path="page",
    ),
    _asked(
        "reserved",
        "What a pipe gets on a plain call of the API.",
        a_pipe(noting_all("pipe"), 'return "x"', takes=taking_all("body")),
    ),
    _asked(
        "reserved_page",
        "What a pipe gets from a page.",
        a_pipe(noting_all("pipe"), 'return "x"', takes=taking_all("body")),
        body=STREAMED,
        path="page",
    ),
    _asked(
        "rest",
        "`**kwargs` of a pipe receives nothing.",
        a_pipe("note(rest=sorted(rest))", 'return "x"', takes="body, **rest"),
    ),
    _asked(
        "misspelt_reserved_pipe",
        "A misspelt reserved argument of a pipe is told as an error.",
        a_pipe('return "x"', takes="body, __usr__"),
    ),
    _asked("wrong_payload_name_pipe", "The body of a pipe is given by name.", a_pipe('return "x"', takes="payload")),
    _asked("manifold", "A manifold is told which of its models is asked.", _MANIFOLD, model="p.a"),
    _asked("manifold_dots", "What stands behind the first dot is the model of a manifold.", _MANIFOLD, model="p.b.c"),
    _asked("manifold_itself", "A manifold is no model itself.", _MANIFOLD, model="p"),
    _asked(
        "valves_of_a_pipe",
        "Saved valves reach a pipe, and what is not saved has its default.",
        plugin(
            "Pipe",
            valves(word="default", other="default"),
            STARTS_WITH_VALVES,
            hook("pipe", "return self.valves.word + self.valves.other"),
        ),
        valves={"word": "saved "},
    ),
    _asked(
        "user_valves_of_a_pipe",
        "What the asking person saved reaches a pipe.",
        plugin(
            "Pipe",
            valves("UserValves", city="Oslo"),
            hook("pipe", "return repr(__user__['valves'])", takes="body, __user__"),
        ),
        user_valves={"city": "Rome"},
    ),
    _asked(
        "tools_of_a_pipe",
        "A pipe is given the tools of the request, and may call them.",
        a_pipe(*_CALLS_A_TOOL, takes="body, __tools__", is_async=True),
        _GREETER,
        body=STREAMED,
        path="page",
    ),
    _asked(
        "tools_of_a_pipe_api",
        "A pipe is given the tools of a plain call of the API, too.",
        a_pipe(*_CALLS_A_TOOL, takes="body, __tools__", is_async=True),
        _GREETER,
    ),
)

SCENARIOS = (*_RETURNS, *_GIVEN)
