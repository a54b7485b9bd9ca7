"""Scenarios of events: what a plugin tells the page, what is kept of it, and what it asks."""

from __future__ import annotations

from typing import Any

from cochat_devkit.plugin import Turn
from tests.parity.chats.scenario import Scenario, function, says
from tests.parity.chats.sources import a_filter, a_pipe, hook

Json = Any
STREAMED = {"stream": True}


def _emitting(name: str, fact: str, *events: Json, path: Any = "page", answer: str = "answer", **more: Any) -> Scenario:
    """Let a pipe emit events and then answer."""
    lines = [f"await __event_emitter__({event!r})" for event in events]
    source = a_pipe(*lines, f"return {answer!r}", takes="body, __event_emitter__", is_async=True)
    turn = Turn([says("hi")], (function("p", source),), model="p", path=path, body=STREAMED)
    return Scenario("events", name, fact, turn, **more)


def _asking(name: str, fact: str, event: Json, replies: Json, **more: Any) -> Scenario:
    """Let a pipe ask the page and answer with what it was told."""
    source = a_pipe(f"return repr(await __event_call__({event!r}))", takes="body, __event_call__", is_async=True)
    turn = Turn([says("hi")], (function("p", source),), model="p", path="page", body=STREAMED, replies=replies)
    return Scenario("events", name, fact, turn, **more)


def _event(type_: str, **data: Json) -> Json:
    return {"type": type_, "data": data}


_SOURCE = {"document": ["text"], "metadata": [{"source": "there"}], "source": {"name": "There"}}
_KEPT = (
    _emitting(
        "status",
        "Statuses are kept in their order.",
        _event("status", description="a", done=False),
        _event("status", description="b", done=True, hidden=True),
    ),
    _emitting(
        "message",
        "A message is added to what is saved; the answer that follows replaces it.",
        _event("message", content="early "),
    ),
    _emitting(
        "message_alone",
        "A message is all that is saved where no answer follows.",
        _event("message", content="early "),
        answer="",
    ),
    _emitting(
        "replace",
        "A replacement is what is saved where no answer follows.",
        _event("message", content="early"),
        _event("replace", content="late"),
        answer="",
    ),
    _emitting(
        "embeds", "Embeds are kept.", _event("embeds", embeds=["<b>1</b>"]), _event("embeds", embeds=["<b>2</b>"])
    ),
    _emitting(
        "files",
        "Files are kept, later ones first.",
        _event("files", files=[{"type": "image", "url": "/a"}]),
        _event("files", files=[{"type": "image", "url": "/b"}]),
    ),
    _emitting("citation", "Citations are kept as sources.", _event("citation", **_SOURCE), _event("source", **_SOURCE)),
    _emitting(
        "citation_of_a_type",
        "A source with a type is not kept.",
        _event("source", type="code_execution", id="1", name="run"),
    ),
)
_FORWARDED = tuple(
    _emitting(
        f"forwards_{type_.replace(':', '_')}",
        f"{type_} reaches the page, and nothing of it is kept.",
        {"type": type_, "data": data},
    )
    for type_, data in (
        ("notification", {"type": "success", "content": "done"}),
        ("chat:message:delta", {"content": "delta"}),
        ("chat:message", {"content": "whole"}),
        ("chat:message:files", {"files": [{"type": "image", "url": "/a"}]}),
        ("chat:message:embeds", {"embeds": ["<b>1</b>"]}),
        ("chat:message:error", {"error": {"content": "oh"}}),
        ("chat:message:follow_ups", {"follow_ups": ["and?"]}),
        ("chat:title", "A title"),
        ("chat:tags", ["tag"]),
        ("made:up", {"x": 1}),
    )
)
_MORE = (
    _emitting(
        "emits_by_api",
        "On a plain call of the API events go nowhere.",
        _event("status", description="a", done=True),
        path="api",
    ),
    _emitting("no_data", "An event without data is one.", {"type": "status"}),
    Scenario(
        "events",
        "filters_emit",
        "What filters emit is kept with the message, whatever the hook.",
        Turn(
            [says("hi")],
            (
                function(
                    "fa",
                    a_filter(
                        hook(
                            "inlet",
                            "await __event_emitter__({'type': 'status', 'data': {'description': 'in', 'done': False}})",
                            "return body",
                            takes="body, __event_emitter__",
                            is_async=True,
                        ),
                        hook(
                            "outlet",
                            "await __event_emitter__({'type': 'status', 'data': {'description': 'out', 'done': True}})",
                            "return body",
                            takes="body, __event_emitter__",
                            is_async=True,
                        ),
                    ),
                ),
            ),
            path="page",
            body=STREAMED,
            script=({"text": "answer"},),
        ),
    ),
)
_ASKED = (
    _asking(
        "confirmation",
        "A page's confirmation is what it answers.",
        _event("confirmation", title="Sure?", message="Really?"),
        {"confirmation": True},
    ),
    _asking(
        "confirmation_no",
        "A page may say no.",
        _event("confirmation", title="Sure?", message="Really?"),
        {"confirmation": False},
    ),
    _asking(
        "input",
        "What a person typed is the answer.",
        _event("input", title="Name?", message="Yours", placeholder="Ann", value=""),
        {"input": "Bob"},
    ),
    _asking(
        "execute", "What a script came to is the answer.", _event("execute", code="return 1"), {"execute": {"a": [1]}}
    ),
    _asking(
        "asks_in_vain",
        "A page that is there and answers nothing answers None.",
        _event("confirmation", title="Sure?", message="Really?"),
        {"other": True},
        versions=(),
    ),
    _asking(
        "closed",
        "A page that is closed: 0.12 answers at once, with what is true.",
        _event("confirmation", title="Sure?", message="Really?"),
        {},
        versions=("0.12.4",),
    ),
)
SCENARIOS = tuple(each for each in (*_KEPT, *_FORWARDED, *_MORE, *_ASKED) if each.versions)
