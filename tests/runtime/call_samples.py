"""Calls of every sort that models make, and values of every sort that methods return: we say what the server says."""

from __future__ import annotations

import textwrap
from typing import Any

_PREAMBLE = """
import json
from typing import *
from pydantic import BaseModel
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

PNG = "data:image/png;base64,iVBORw0KGgo="
INLINE = {"Content-Disposition": "inline"}


class Leaf(BaseModel):
    a: int = 1


class Odd:
    def __repr__(self):
        return "odd"
"""
#: by name: a method `run`, and the arguments that a model gave
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "text": ("def run(self): return 'x'", {}),
    "async": ("async def run(self): return 'x'", {}),
    "nothing": ("def run(self): return None", {}),
    "whole_number": ("def run(self): return 3", {}),
    "fraction": ("def run(self): return 1.5", {}),
    "flag": ("def run(self): return True", {}),
    "empty_text": ("def run(self): return ''", {}),
    "dict": ("def run(self): return {'a': 'ü', 'b': [1, None]}", {}),
    "list": ("def run(self): return ['a', 1]", {}),
    "empty_list": ("def run(self): return []", {}),
    "list_of_data": ("def run(self): return ['data:text/plain,x', 'data:text/plain,y', 'z']", {}),
    "list_of_images": ("def run(self): return [PNG, 'z', 'data:image/svg+xml,<svg/>']", {}),
    "image": ("def run(self): return PNG", {}),
    "image_in_dict": ("def run(self): return {'picture': PNG, 'deep': [{'p': PNG}]}", {}),
    "tuple": ("def run(self): return ('a', 'b')", {}),
    "empty_tuple": ("def run(self): return ()", {}),
    "triple": ("def run(self): return ({'a': 1}, 2, 3)", {}),
    "set": ("def run(self): return {1}", {}),
    "bytes": ("def run(self): return b'x'", {}),
    "object": ("def run(self): return Odd()", {}),
    "model": ("def run(self): return Leaf()", {}),
    "page": ("def run(self): return HTMLResponse('<p>hi</p>', headers=INLINE)", {}),
    "page_downloaded": ("def run(self): return HTMLResponse('<p>hi</p>')", {}),
    "page_client_error": ("def run(self): return HTMLResponse('x', status_code=404, headers=INLINE)", {}),
    "page_server_error": ("def run(self): return HTMLResponse('x', status_code=503, headers=INLINE)", {}),
    "page_moved": ("def run(self): return HTMLResponse('x', status_code=302, headers=INLINE)", {}),
    "page_with_words": ("def run(self): return HTMLResponse('x', headers=INLINE), 'it shows x'", {}),
    "page_with_facts": ("def run(self): return HTMLResponse('x', headers=INLINE), {'shown': ['x']}", {}),
    "page_with_number": ("def run(self): return HTMLResponse('x', headers=INLINE), 5", {}),
    "json_response": ("def run(self): return JSONResponse({'a': 1}).body.decode()", {}),
    "raises": ("def run(self): raise ValueError('no such city')", {}),
    "raises_nothing_to_say": ("def run(self): raise KeyError", {}),
    "raises_later": ("async def run(self): raise RuntimeError('later')", {}),
    "int_from_text": ("def run(self, a: int): return repr(a)", {"a": "5"}),
    "int_from_bad_text": ("def run(self, a: int): return repr(a)", {"a": "five"}),
    "optional_int_from_text": ("def run(self, a: Optional[int] = None): return repr(a)", {"a": "5"}),
    "newer_optional_int": ("def run(self, a: int | None = None): return repr(a)", {"a": "5"}),
    "float_from_text": ("def run(self, a: float): return repr(a)", {"a": "5"}),
    "text_from_int": ("def run(self, a: str): return repr(a)", {"a": 5}),
    "text_from_fraction": ("def run(self, a: str): return repr(a)", {"a": 1.5}),
    "text_from_flag": ("def run(self, a: str): return repr(a)", {"a": True}),
    "optional_text_from_int": ("def run(self, a: Optional[str] = None): return repr(a)", {"a": 5}),
    "flag_from_text": ("def run(self, a: bool): return repr(a)", {"a": "true"}),
    "int_from_fraction": ("def run(self, a: int): return repr(a)", {"a": 5.0}),
    "list_from_text": ("def run(self, a: list[str]): return repr(a)", {"a": "x"}),
    "union_of_three": ("def run(self, a: int | str | None = None): return repr(a)", {"a": "5"}),
    "untyped": ("def run(self, a): return repr(a)", {"a": "5"}),
    "quoted_type": ("def run(self, a: 'int'): return repr(a)", {"a": "5"}),
    "null": ("def run(self, a: Optional[int] = 7): return repr(a)", {"a": None}),
    "model_gets_a_dict": ("def run(self, leaf: Leaf): return repr(leaf)", {"leaf": {"a": 2}}),
    "literal": ("def run(self, a: Literal['x', 'y'] = 'x'): return repr(a)", {"a": "z"}),
    "too_many": ("def run(self, a: int = 1): return repr(a)", {"a": 2, "b": 3}),
    "too_few": ("def run(self, a: int): return repr(a)", {}),
    "reserved_from_the_model": ("def run(self, a: int = 1, __id__=None): return repr((a, __id__))", {"__id__": "x"}),
    "id_and_messages": ("def run(self, __id__=None, __messages__=None): return repr((__id__, __messages__))", {}),
    "rest": ("def run(self, **rest): return repr(sorted(rest))", {"rest": 1}),
    "positions": ("def run(self, *args): return repr(args)", {"args": [1]}),
    "keyword_only": ("def run(self, *, a: int): return repr(a)", {"a": "5"}),
    "static": ("@staticmethod\ndef run(a: int): return repr(a)", {"a": "5"}),
    "of_the_class": ("@classmethod\ndef run(cls, a: int): return repr(a)", {"a": "5"}),
}
SAMPLES = {
    name: (f"{_PREAMBLE}\nclass Tools:\n{textwrap.indent(method, '    ')}\n", arguments)
    for name, (method, arguments) in METHODS.items()
}
