"""Chains of filters, right and wrong ones, each with a hook and a payload: we say what the server says."""

from __future__ import annotations

from typing import Any

_VALVES = """
    class Valves(BaseModel):
        priority: int = {priority}
        word: str = "{word}"

    def __init__(self):
        self.valves = self.Valves()
"""
_MARKS = '    def inlet(self, body):\n        body["trace"].append(self.valves.word)\n        return body\n'


def _filter(body: str) -> str:
    return f"from pydantic import BaseModel\n\n\nclass Filter:\n{body}"


def _marking(word: str, priority: int) -> str:
    return _filter(_VALVES.format(priority=priority, word=word) + _MARKS)


def _hook(signature: str, *lines: str, hook: str = "inlet", colour: str = "def") -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return _filter(f"    {colour} {hook}({signature}):\n{body}")


_USER_VALVES = "    class UserValves(BaseModel):\n        city: str = 'Oslo'\n\n"
_SHOWS_USER = (
    "    def inlet(self, body, __user__):\n"
    "        body['trace'].append(repr(__user__.get('valves')))\n        return body\n"
)
#: by name: filters as (id, source, saved valves, the user's saved valves), the hook, the payload
Chain = tuple[list[tuple[str, str, dict[str, Any], dict[str, Any]]], str, Any]
SAMPLES: dict[str, Chain] = {
    "none": ([], "inlet", {"trace": []}),
    "by_class_priority": (
        [("a", _marking("a", 5), {}, {}), ("b", _marking("b", 1), {}, {}), ("c", _marking("c", 3), {}, {})],
        "inlet",
        {"trace": []},
    ),
    "by_saved_priority": (
        [("a", _marking("a", 0), {"priority": 9}, {}), ("b", _marking("b", 0), {"priority": 2}, {})],
        "inlet",
        {"trace": []},
    ),
    "saved_valves": ([("a", _marking("a", 0), {"word": "saved"}, {})], "inlet", {"trace": []}),
    "valves_that_do_not_fit": ([("a", _marking("a", 0), {"priority": "high"}, {})], "inlet", {"trace": []}),
    "ties_by_id": (
        [("b", _marking("b", 1), {"priority": 1}, {}), ("c", _marking("c", 1), {"priority": 2}, {})],
        "inlet",
        {"trace": []},
    ),
    "async": ([("a", _hook("self, body", "return {**body, 'x': 1}", colour="async def"), {}, {})], "inlet", {}),
    "returns_none": ([("a", _hook("self, body", "body['x'] = 1"), {}, {})], "inlet", {}),
    "none_reaches_the_next": (
        [("a", _hook("self, body", "return None"), {}, {}), ("b", _hook("self, body", "return repr(body)"), {}, {})],
        "inlet",
        {},
    ),
    "raises": ([("a", _hook("self, body", "raise ValueError('no')"), {}, {})], "inlet", {}),
    "raises_in_the_outlet": ([("a", _hook("self, body", "raise KeyError('x')", hook="outlet"), {}, {})], "outlet", {}),
    "without_the_hook": ([("a", _hook("self, body", "return 1", hook="outlet"), {}, {})], "inlet", {"x": 1}),
    "hook_that_is_no_method": ([("a", _filter("    inlet = 3\n"), {}, {})], "inlet", {"x": 1}),
    "hook_that_is_none": ([("a", _filter("    inlet = None\n"), {}, {})], "inlet", {"x": 1}),
    "wrong_name_of_the_payload": ([("a", _hook("self, payload", "return payload"), {}, {})], "inlet", {}),
    "stream": ([("a", _hook("self, event", "return {**event, 'x': 1}", hook="stream"), {}, {})], "stream", {"y": 2}),
    "stream_with_a_body": ([("a", _hook("self, body", "return body", hook="stream"), {}, {})], "stream", {"y": 2}),
    "stream_with_reserved": (
        [("a", _hook("self, event, __body__=None", "return {**event, 'b': __body__}", hook="stream"), {}, {})],
        "stream",
        {"y": 2},
    ),
    "reserved": (
        [
            (
                "a",
                _hook(
                    "self, body, __id__=None, __model__=None, __metadata__=None, __nothing__='x'",
                    "return [__id__, __model__, __metadata__, __nothing__]",
                ),
                {},
                {},
            )
        ],
        "inlet",
        {},
    ),
    "rest_gets_nothing": ([("a", _hook("self, body, **rest", "return sorted(rest)"), {}, {})], "inlet", {}),
    "misspelt_reserved": ([("a", _hook("self, body, __event_emmiter__", "return body"), {}, {})], "inlet", {}),
    "user_valves": (
        [("a", _filter(_USER_VALVES + _SHOWS_USER), {}, {"city": "Rome"})],
        "inlet",
        {"trace": []},
    ),
    "user_valves_of_the_one_before": (
        [("a", _filter(_USER_VALVES + _SHOWS_USER), {}, {"city": "Rome"}), ("b", _filter(_SHOWS_USER), {}, {})],
        "inlet",
        {"trace": []},
    ),
    "user_valves_that_do_not_fit": (
        [("a", _filter(_USER_VALVES + _SHOWS_USER), {}, {"city": 3})],
        "inlet",
        {"trace": []},
    ),
    "file_handler": (
        [("a", _filter("    file_handler = True\n\n    def inlet(self, body):\n        return body\n"), {}, {})],
        "inlet",
        {"files": [1], "metadata": {"files": [2], "x": 1}},
    ),
    "file_handler_then_not": (
        [
            ("a", _filter("    file_handler = True\n\n    def inlet(self, body):\n        return body\n"), {}, {}),
            ("b", _filter("    file_handler = False\n\n    def inlet(self, body):\n        return body\n"), {}, {}),
        ],
        "inlet",
        {"files": [1], "metadata": {"files": [2], "x": 1}},
    ),
    "file_handler_in_the_outlet": (
        [("a", _filter("    file_handler = True\n\n    def outlet(self, body):\n        return body\n"), {}, {})],
        "outlet",
        {"files": [1]},
    ),
    "state_is_shared": (
        [
            (
                "a",
                _filter("    n = 0\n\n    def inlet(self, body):\n        self.n += 1\n        return {'n': self.n}\n"),
                {},
                {},
            )
        ],
        "inlet",
        {},
    ),
    "yields": ([("a", _hook("self, body", "yield body"), {}, {})], "inlet", {}),
    "returns_a_coroutine": (
        [("a", _hook("self, body", "return [type(body).__name__]"), {}, {})],
        "outlet",
        {"no": "outlet"},
    ),
}
