"""Pipes of every sort, streamed and whole: we say what the server says."""

from __future__ import annotations

import textwrap
from typing import Any

_PREAMBLE = """
import json
from fastapi.responses import StreamingResponse
from pydantic import BaseModel


class Piece(BaseModel):
    a: int = 1
"""
_STREAM = 'StreamingResponse(iter(["data: x\\\\n\\\\n", "data: y\\\\n\\\\n"]), media_type="text/event-stream")'
BODIES: dict[str, str] = {
    "text": "def pipe(self, body): return 'x'",
    "text_like_an_event": "def pipe(self, body): return 'data: x'",
    "empty_text": "def pipe(self, body): return ''",
    "async_text": "async def pipe(self, body): return 'x'",
    "nothing": "def pipe(self, body): return None",
    "number": "def pipe(self, body): return 3",
    "list": "def pipe(self, body): return ['a', 'b']",
    "dict": "def pipe(self, body): return {'a': 1}",
    "model": "def pipe(self, body): return Piece()",
    "generator": "def pipe(self, body):\n    yield 'a'\n    yield 'b'",
    "generator_of_nothing": "def pipe(self, body):\n    return\n    yield",
    "async_generator": "async def pipe(self, body):\n    yield 'a'\n    yield 'b'",
    "iterator": "def pipe(self, body): return iter(['a', 'b'])",
    "events": "def pipe(self, body):\n    yield 'data: {\"a\": 1}'\n    yield {'b': 2}\n    yield Piece()",
    "bytes": "def pipe(self, body):\n    yield b'raw'\n    yield b'data: x'",
    "empty_piece": "def pipe(self, body):\n    yield ''\n    yield 'b'",
    "stream": f"def pipe(self, body): return {_STREAM}",
    "raises": "def pipe(self, body): raise ValueError('no key')",
    "async_raises": "async def pipe(self, body): raise ValueError('no key')",
    "wrong_name_of_the_body": "def pipe(self, form): return 'x'",
    "misspelt_reserved": "def pipe(self, body, __event_emmiter__): return 'x'",
    "model_of_the_body": "def pipe(self, body): return body['model'] + repr(sorted(body))",
    "reserved": (
        "def pipe(self, body, __user__, __metadata__, __task__, __task_body__, __files__, __tools__, __chat_id__,"
        " __session_id__, __message_id__, __event_emitter__, __event_call__, __oauth_token__):\n"
        "    return repr((__user__['id'], sorted(__metadata__), __task__, __task_body__, __files__, __tools__,"
        " __chat_id__, __session_id__, __message_id__, __event_emitter__ is None, __event_call__ is None,"
        " __oauth_token__))"
    ),
    "not_offered": "def pipe(self, body, __model__='m', __id__='i', __messages__='s'): return __model__ + __id__",
    "rest": "def pipe(self, body, **rest): return repr(sorted(rest))",
    "valves": (
        "class Valves(BaseModel):\n    word: str = 'class'\n    n: int = 1\ndef __init__(self):\n"
        "    self.valves = self.Valves()\ndef pipe(self, body): return f'{self.valves.word} {self.valves.n}'"
    ),
    "user_valves": (
        "class UserValves(BaseModel):\n    city: str = 'Oslo'\n"
        "def pipe(self, body, __user__): return __user__['valves'].city"
    ),
    "user_valves_that_do_not_fit": (
        "class UserValves(BaseModel):\n    city: int = 1\n"
        "def pipe(self, body, __user__): return str(__user__['valves'].city)"
    ),
    "static": "@staticmethod\ndef pipe(body): return 'x'",
}
#: by name: source, body, saved valves, the user's saved valves
SAMPLES: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    f"{name}{'_streamed' if stream else ''}": (
        f"{_PREAMBLE}\n\nclass Pipe:\n{textwrap.indent(body, '    ')}\n",
        {"model": "sample.sub", "messages": [], "stream": stream},
        {"word": "saved", "n": None},
        {"city": "Rome"},
    )
    for name, body in BODIES.items()
    for stream in (False, True)
}
