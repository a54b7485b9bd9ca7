"""Actions of every sort: we hand them what the server hands them, and make of their result what it makes of it."""

from __future__ import annotations

from typing import Any

_PREAMBLE = """
from fastapi.responses import HTMLResponse
from pydantic import BaseModel


class Action:
"""
_INLINE = "HTMLResponse('<p>', headers={'Content-Disposition': 'inline'})"
_BODIES = {
    "text": "def action(self, body): return 'x'",
    "nothing": "async def action(self, body): return None",
    "dict": "async def action(self, body): return {'a': [1]}",
    "list": "def action(self, body): return [1, {'b': 2}]",
    "body": "def action(self, body): return sorted(body)",
    "wrong_name_of_the_body": "def action(self, form): return form",
    "reserved": (
        "def action(self, body, __id__, __model__, __user__, __event_emitter__, __event_call__, __request__):\n"
        "    return [__id__, __model__['id'], __user__['role'], callable(__event_emitter__), callable(__event_call__)]"
    ),
    "not_offered": (
        "def action(self, body, __metadata__='m', __chat_id__='c', __message_id__='i', __oauth_token__='o',"
        " __messages__='s', __files__='f'):\n"
        "    return __metadata__ + __chat_id__ + __message_id__ + __oauth_token__ + __messages__ + __files__"
    ),
    "misspelt_reserved": "def action(self, body, __event_emmiter__): return 'x'",
    "rest": "def action(self, body, **rest): return sorted(rest)",
    "emits": (
        "async def action(self, body, __event_emitter__):\n"
        "    await __event_emitter__({'type': 'replace', 'data': {'content': 'x'}})"
    ),
    "asks": (
        "async def action(self, body, __event_call__):\n"
        "    return await __event_call__({'type': 'confirmation', 'data': {}})"
    ),
    "raises": "def action(self, body): raise ValueError('no')",
    "async_raises": "async def action(self, body): raise KeyError('x')",
    "yields": "def action(self, body):\n    yield 'x'",
    "page": f"def action(self, body): return {_INLINE}",
    "page_with_a_word": f"async def action(self, body): return ({_INLINE}, {{'said': 1}})",
    "page_to_download": "def action(self, body): return HTMLResponse('<p>')",
    "valves": (
        "class Valves(BaseModel):\n    word: str = 'class'\n    n: int = 1\ndef __init__(self):\n"
        "    self.valves = self.Valves(word='code')\ndef action(self, body): return [self.valves.word, self.valves.n]"
    ),
    "user_valves": (
        "class UserValves(BaseModel):\n    city: str = 'Oslo'\n"
        "def action(self, body, __user__): return __user__['valves'].city"
    ),
    "user_valves_that_do_not_fit": (
        "class UserValves(BaseModel):\n    city: int = 1\ndef action(self, body, __user__): return 'valves' in __user__"
    ),
}
_SAVED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "valves": ({"n": 5}, {}),
    "user_valves": ({}, {"city": "Rome"}),
    "user_valves_that_do_not_fit": ({}, {"city": "Rome"}),
}


def _source(body: str) -> str:
    return _PREAMBLE + "".join(f"    {line}\n" for line in body.split("\n"))


#: by name: the source, the id that is asked for, and what is saved as valves and as those of the user
SAMPLES = {
    **{name: (_source(body), "sample", *_SAVED.get(name, ({}, {}))) for name, body in _BODIES.items()},
    "button": (_source(_BODIES["reserved"]), "sample.second", {}, {}),
}
