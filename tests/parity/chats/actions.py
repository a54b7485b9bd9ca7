"""Scenarios of actions: buttons under a message, pressed."""

from __future__ import annotations

from typing import Any

from cochat_devkit.plugin import Turn
from tests.parity.chats.scenario import Scenario, function, says
from tests.parity.chats.sources import STARTS_WITH_VALVES, an_action, noting_all, taking_all, valves

Json = Any


def _pressed(name: str, fact: str, source: str, **more: Any) -> Scenario:
    """Press a button under the answer of the scripted model."""
    action, replies, role = more.pop("action", "act"), more.pop("replies", {}), more.pop("role", "admin")
    part = function("act", source, more.pop("valves", {}), more.pop("user_valves", {}))
    turn = Turn([says("hi")], (part,), path="page", role=role, replies=replies, action=action)
    return Scenario("actions", name, fact, turn, **more)


_EMIT = "await __event_emitter__({!r})"
_MANY = ('actions = [{"id": "one", "name": "One"}, {"id": "two", "name": "Two", "icon_url": "data:,"}]\n',)
SCENARIOS = (
    _pressed(
        "returns",
        "What an action returns is the answer.",
        an_action('return {"content": body["messages"][-1]["content"]}'),
    ),
    _pressed("returns_nothing", "An action may return nothing.", an_action("pass")),
    _pressed("returns_words", "An action may return text.", an_action('return "words"')),
    _pressed("body", "An action gets the chat as the page has it.", an_action("note(body=body)", "return {}")),
    _pressed(
        "reserved_of_an_action",
        "What an action gets.",
        an_action(noting_all("action"), "return {}", takes=taking_all("body")),
    ),
    _pressed(
        "sub_action",
        "A button of several is told to the action as `__id__`.",
        an_action("return __id__", takes="body, __id__", members=_MANY),
        action="act.two",
    ),
    _pressed(
        "itself",
        "The action's own id is its `__id__` where no button is named.",
        an_action("return __id__", takes="body, __id__", members=_MANY),
    ),
    _pressed(
        "unknown_sub_action",
        "Nobody checks the name of a button.",
        an_action("return __id__", takes="body, __id__", members=_MANY),
        action="act.nine",
    ),
    _pressed("unknown_action", "An unknown action is refused.", an_action("return {}"), action="nobody"),
    _pressed(
        "emits_status",
        "What an action emits is kept with the message.",
        an_action(
            _EMIT.format({"type": "status", "data": {"description": "a", "done": True}}),
            _EMIT.format({"type": "replace", "data": {"content": "replaced"}}),
            "return {}",
            takes="body, __event_emitter__",
        ),
    ),
    _pressed(
        "asks",
        "An action asks the page.",
        an_action(
            "return {'said': await __event_call__({'type': 'input', 'data': {'title': 'T', 'message': 'M'}})}",
            takes="body, __event_call__",
        ),
        replies={"input": "Bob"},
    ),
    _pressed("raises_in_an_action", "What an action raises.", an_action('raise ValueError("no such luck")')),
    _pressed(
        "misspelt_of_an_action",
        "A misspelt reserved argument of an action.",
        an_action("return {}", takes="body, __usr__"),
    ),
    _pressed(
        "valves_of_an_action",
        "Saved valves reach an action, those of the person in `__user__`.",
        an_action(
            "return self.valves.word + __user__['valves'].city",
            takes="body, __user__",
            members=(valves(word="default"), valves("UserValves", city="Oslo"), STARTS_WITH_VALVES),
        ),
        valves={"word": "saved "},
        user_valves={"city": "Rome"},
    ),
    _pressed(
        "page_of_an_action",
        "A page that an action returns is embedded; 0.6 hands it on.",
        an_action(
            "return HTMLResponse('<b>page</b>', headers={'Content-Disposition': 'inline'})",
            head="from fastapi.responses import HTMLResponse\n",
        ),
    ),
    _pressed(
        "not_async",
        "An action may be a plain method.",
        an_action("return {'a': 1}").replace("async def action", "def action"),
    ),
)
