"""Scenarios of filters: their order, what each hook is given, and what comes of one that is wrong."""

from __future__ import annotations

from typing import Any

from cochat_devkit.plugin import Part, Turn
from tests.parity.chats.scenario import Scenario, function, says
from tests.parity.chats.sources import (
    ECHO,
    STARTS_WITH_VALVES,
    a_filter,
    hook,
    marking,
    noting_all,
    plugin,
    taking_all,
    valves,
)

NEWER = ("0.12.4",)
OLDER = ("0.6.43",)
STREAMED = {"stream": True}
TO_ECHO = {"model": "echo", "path": "api"}
ECHOING = function("echo", ECHO)
#: a chat that has begun before
A_CHAT = [says("hi"), {"role": "assistant", "content": "hello"}, says("and now?")]


def _echoed(name: str, fact: str, *filters: Part, body: Any = None, **more: Any) -> Scenario:
    """Ask, through the API, a pipe that answers with what it was given."""
    known = {each: more.pop(each) for each in ("versions", "gaps", "of_model") if each in more}
    turn = Turn([says("hi")], (ECHOING, *filters), body=body or {}, **{**TO_ECHO, **more})
    return Scenario("filters", name, fact, turn, **known)


def _on_page(name: str, fact: str, *filters: Part, **more: Any) -> Scenario:
    """Ask the scripted model from a page, streamed; it answers in pieces."""
    known = {each: more.pop(each) for each in ("versions", "gaps", "of_model") if each in more}
    settings = {"body": STREAMED, "script": ({"pieces": ["one ", "two ", "three"]},), **more}
    messages = settings.pop("messages", [says("hi")])
    return Scenario("filters", name, fact, Turn(messages, filters, path="page", **settings), **known)


def _by_api(name: str, fact: str, *filters: Part, **more: Any) -> Scenario:
    """Ask the scripted model through the API; it answers in pieces."""
    known = {each: more.pop(each) for each in ("versions", "gaps", "of_model") if each in more}
    settings = {"script": ({"pieces": ["one ", "two ", "three"]},), **more}
    return Scenario("filters", name, fact, Turn([says("hi")], filters, path="api", **settings), **known)


_ORDER = (
    _echoed(
        "class_priority",
        "0.12 orders filters by the priority of their classes; 0.6 only by what is saved.",
        function("fa", marking("a", 5)),
        function("fb", marking("b", 1)),
        function("fc", marking("c", 3)),
        versions=NEWER,
    ),
    _echoed(
        "saved_priority",
        "A saved priority wins over that of the class.",
        function("fa", marking("a", 1), {"priority": 9}),
        function("fb", marking("b", 5), {"priority": 2}),
        function("fc", marking("c", 9), {"priority": 4}),
    ),
    _echoed(
        "ties",
        "0.12 orders filters of the same priority by their ids.",
        function("fc", marking("c", 1)),
        function("fa", marking("a", 1)),
        function("fb", marking("b", 1)),
        versions=NEWER,
    ),
    _echoed(
        "negative_priority",
        "A priority may be negative: lower runs earlier.",
        function("fa", marking("a"), {"priority": 1}),
        function("fb", marking("b"), {"priority": -1}),
        function("fc", marking("c"), {"priority": 2}),
    ),
    _echoed(
        "of_the_model",
        "Filters of the model and global ones run in one chain.",
        function("fa", marking("a"), {"priority": 1}),
        function("fb", marking("b"), {"priority": 2}),
        function("fc", marking("c"), {"priority": 3}),
        of_model=("fb",),
    ),
    _echoed(
        "toggle_off",
        "A filter with a toggle does not run unless it is switched on.",
        function("fa", marking("a") + "    toggle = True\n"),
        function("fb", marking("b")),
    ),
    _echoed(
        "toggle_on",
        "A filter with a toggle runs where the request names it.",
        function("fa", marking("a") + "    toggle = True\n", {"priority": 2}),
        function("fb", marking("b"), {"priority": 1}),
        enabled=("fa",),
    ),
    _on_page(
        "toggle_on_page",
        "A filter with a toggle runs where the page has switched it on.",
        function("fa", marking("a") + "    toggle = True\n"),
        function("fb", marking("b") + "    toggle = True\n"),
        enabled=("fa",),
    ),
)

_VALVES = (
    _echoed("saved_valves", "Saved valves reach the filter.", function("fa", marking("a"), {"word": "saved"})),
    _echoed(
        "valves_that_are_never_set",
        "Without `self.valves` saved valves are never given.",
        function(
            "fa",
            plugin(
                "Filter",
                valves(word="default"),
                hook("inlet", 'body["messages"][-1]["content"] = str(hasattr(self, "valves"))', "return body"),
            ),
            {"word": "saved"},
        ),
    ),
    _echoed(
        "user_valves",
        "What the asking person saved is in `__user__['valves']`, an instance of UserValves.",
        function(
            "fa",
            _user_valves := a_filter(
                valves("UserValves", city="Oslo"),
                hook(
                    "inlet",
                    "mine = __user__['valves']",
                    'body["messages"][-1]["content"] = f"{type(mine).__name__} {mine.city}"',
                    "return body",
                    takes="body, __user__",
                ),
            ),
            user_valves={"city": "Rome"},
        ),
    ),
    _echoed(
        "user_valves_of_nobody", "UserValves have their defaults for who saved none.", function("fa", _user_valves)
    ),
    _echoed(
        "user_valves_of_the_one_before",
        "All filters of a chain share one `__user__`.",
        function("fa", _user_valves, {}, {"city": "Rome"}),
        function(
            "fb",
            a_filter(
                hook(
                    "inlet",
                    'body["messages"][-1]["content"] += " " + repr(__user__.get("valves"))',
                    "return body",
                    takes="body, __user__",
                )
            ),
        ),
    ),
)

_NOTES_ITS_METADATA = function(
    "fa",
    a_filter(
        hook(
            "inlet",
            "note(metadata={k: v for k, v in __metadata__.items() if k not in ('model', 'user_agent')})",
            "return body",
            takes="body, __metadata__",
        )
    ),
)
_CALLS = (
    _echoed(
        "inlet",
        "An inlet changes what the pipe is asked.",
        function(
            "fa",
            a_filter(
                hook(
                    "inlet",
                    'body["messages"].insert(0, {"role": "system", "content": "Be brief."})',
                    'body["temperature"] = 0.5',
                    "return body",
                )
            ),
        ),
    ),
    _echoed("inlet_streamed", "An inlet changes what the pipe is asked.", function("fa", marking("a")), body=STREAMED),
    _echoed(
        "inlet_async",
        "A hook may be a coroutine.",
        function("fa", a_filter(hook("inlet", 'return {**body, "top_p": 0.1}', is_async=True))),
    ),
    _on_page(
        "inlet_page",
        "A page's question goes through the inlets, and is saved as it was asked.",
        function("fa", marking("a")),
        messages=A_CHAT,
    ),
    _echoed(
        "inlet_reserved",
        "What an inlet gets on a plain call of the API.",
        function("fa", a_filter(hook("inlet", noting_all("inlet"), "return body", takes=taking_all("body")))),
    ),
    _on_page(
        "inlet_reserved_page",
        "What an inlet gets from a page.",
        function("fa", a_filter(hook("inlet", noting_all("inlet"), "return body", takes=taking_all("body")))),
    ),
    _on_page(
        "inlet_body_page",
        "What the body of an inlet has from a page.",
        function(
            "fa",
            a_filter(hook("inlet", "note(body={k: v for k, v in body.items() if k != 'metadata'})", "return body")),
        ),
        body={
            **STREAMED,
            "params": {"temperature": 0.5, "max_tokens": 9},
            "features": {"memory": False},
            "variables": {"{{USER_NAME}}": "Ann"},
        },
    ),
    _on_page(
        "metadata_page",
        "What `__metadata__` says of a page's question.",
        _NOTES_ITS_METADATA,
    ),
    _echoed(
        "metadata",
        "What `__metadata__` says of a plain call of the API.",
        _NOTES_ITS_METADATA,
    ),
    _echoed(
        "user",
        "What `__user__` says of a person.",
        function(
            "fa",
            a_filter(
                hook(
                    "inlet", "note(user=__user__['role'], keys=sorted(__user__))", "return body", takes="body, __user__"
                )
            ),
        ),
    ),
    _echoed(
        "user_admin",
        "An administrator is one for plugins, too.",
        function(
            "fa",
            a_filter(
                hook(
                    "inlet", "note(user=__user__['role'], keys=sorted(__user__))", "return body", takes="body, __user__"
                )
            ),
        ),
        role="admin",
    ),
    _on_page(
        "outlet_reserved_page",
        "What an outlet gets from a page.",
        function("fa", a_filter(hook("outlet", noting_all("outlet"), "return body", takes=taking_all("body")))),
    ),
    _by_api(
        "outlet_reserved",
        "0.12 runs outlets on plain calls of the API, 0.6 does not.",
        function("fa", a_filter(hook("outlet", noting_all("outlet"), "return body", takes=taking_all("body")))),
    ),
    _by_api(
        "outlet_reserved_streamed",
        "0.12 runs outlets on streamed plain calls of the API, 0.6 does not.",
        function("fa", a_filter(hook("outlet", noting_all("outlet"), "return body", takes=taking_all("body")))),
        body=STREAMED,
    ),
    _on_page(
        "stream_reserved_page",
        "What a stream hook gets from a page.",
        function("fa", a_filter(hook("stream", noting_all("stream"), "return event", takes=taking_all("event")))),
        script=({"text": "one"},),
    ),
    _by_api(
        "stream_reserved",
        "What a stream hook gets on a plain call of the API.",
        function("fa", a_filter(hook("stream", noting_all("stream"), "return event", takes=taking_all("event")))),
        script=({"text": "one"},),
        body=STREAMED,
    ),
    _on_page(
        "request_reserved_page",
        "What a request hook gets from a page; 0.6 has none.",
        function("fa", a_filter(hook("request", noting_all("request"), "return body", takes=taking_all("body")))),
    ),
    _by_api(
        "request",
        "A request hook changes what the model is asked, after all else; 0.6 has none.",
        function("fa", a_filter(hook("request", 'body["seed"] = 7', "return body"))),
    ),
    _echoed(
        "rest_gets_nothing",
        "`**kwargs` receives no reserved argument.",
        function("fa", a_filter(hook("inlet", "note(rest=sorted(rest))", "return body", takes="body, **rest"))),
    ),
    _echoed(
        "file_handler",
        "A filter with `file_handler` takes the files out of the request.",
        function(
            "fa", a_filter("file_handler = True\n", hook("inlet", "note(files=body.get('files'))", "return body"))
        ),
        function("fb", a_filter(hook("request", "note(metadata=body['metadata'].get('files'))", "return body"))),
        body={"files": [{"type": "text", "name": "a.txt", "content": "x"}]},
    ),
    _on_page(
        "shared_instance",
        "All hooks of a filter are of one instance.",
        function(
            "fa",
            a_filter(
                hook("inlet", "self.asked = body['messages'][-1]['content']", "return body"),
                hook("outlet", "note(asked=self.asked)", "return body"),
            ),
        ),
    ),
    _echoed("without_hooks", "A filter without a hook is none.", function("fa", a_filter("pass\n"))),
)

_OUTLETS = (
    _on_page(
        "outlet_page",
        "What an outlet makes of the answer is what the page shows and saves.",
        function("fa", a_filter(hook("outlet", 'body["messages"][-1]["content"] += " (checked)"', "return body"))),
    ),
    _on_page(
        "outlet_body_page",
        "What the body of an outlet has from a page.",
        function("fa", a_filter(hook("outlet", "note(body=body)", "return body"))),
        messages=A_CHAT,
    ),
    _by_api(
        "outlet",
        "On a plain call of the API an outlet changes nothing.",
        function(
            "fa", a_filter(hook("outlet", "note(body=body)", 'body["messages"][-1]["content"] = "x"', "return body"))
        ),
    ),
    _on_page(
        "outlet_of_three",
        "Outlets run in the order of the inlets.",
        *(
            function(
                id_,
                a_filter(
                    valves(priority=0),
                    STARTS_WITH_VALVES,
                    hook("outlet", f'body["messages"][-1]["content"] += " {id_}"', "return body"),
                ),
                {"priority": priority},
            )
            for id_, priority in (("fa", 3), ("fb", 1), ("fc", 2))
        ),
    ),
    _on_page(
        "outlet_not_streamed_page",
        "An outlet changes the answer to a page that asked for no stream.",
        function("fa", a_filter(hook("outlet", 'body["messages"][-1]["content"] += " (checked)"', "return body"))),
        body={"stream": False},
    ),
    _on_page(
        "outlet_of_a_question",
        "An outlet may change a message of the person, too.",
        function("fa", a_filter(hook("outlet", 'body["messages"][0]["content"] = "changed"', "return body"))),
        messages=A_CHAT,
    ),
)

_STREAMS = (
    _on_page(
        "stream_page",
        "A stream hook changes what is streamed to a page, and what is saved.",
        function(
            "fa",
            a_filter(
                hook(
                    "stream",
                    "for each in event.get('choices', []):",
                    "    text = each.get('delta', {}).get('content')",
                    "    if text: each['delta']['content'] = text.upper()",
                    "return event",
                    takes="event",
                )
            ),
        ),
    ),
    _by_api(
        "stream",
        "On a streamed plain call of the API 0.12 gives a stream hook events, 0.6 raw lines.",
        function(
            "fa",
            a_filter(
                hook(
                    "stream",
                    "note(event=event if isinstance(event, (str, dict)) else repr(event))",
                    "return event",
                    takes="event",
                )
            ),
        ),
        script=({"text": "one"},),
        body=STREAMED,
    ),
    _by_api(
        "stream_changes",
        "A stream hook that takes events for parsed changes them on 0.12, and ends the answer of 0.6.",
        function(
            "fa",
            a_filter(
                hook(
                    "stream",
                    "event.get('choices', [{}])[0].get('delta', {})['content'] = 'x'",
                    "return event",
                    takes="event",
                )
            ),
        ),
        script=({"text": "one"},),
        body=STREAMED,
        versions=NEWER,
    ),
    _on_page(
        "stream_drops",
        "A stream hook that returns None takes the event out of the stream.",
        function(
            "fa",
            a_filter(
                hook(
                    "stream",
                    "text = (event.get('choices') or [{}])[0].get('delta', {}).get('content')",
                    "return None if text == 'two ' else event",
                    takes="event",
                )
            ),
        ),
    ),
    _on_page(
        "stream_async",
        "A stream hook may be a coroutine.",
        function(
            "fa",
            a_filter(hook("stream", "note(type=type(event).__name__)", "return event", takes="event", is_async=True)),
        ),
        script=({"text": "one"},),
    ),
    _on_page(
        "stream_of_a_pipe",
        "A stream hook sees the events of a pipe.",
        ECHOING,
        function("fa", a_filter(hook("stream", "note(keys=sorted(event))", "return event", takes="event"))),
        model="echo",
    ),
)

_RAISING = 'raise ValueError("no such luck")'
_ERRORS = (
    *(
        make(
            f"{name}_raises{ending}",
            f"What comes of an {name} that raises.",
            function("fa", a_filter(hook(name, _RAISING, takes="event" if name == "stream" else "body"))),
            body=body,
        )
        for name in ("inlet", "outlet", "stream", "request")
        for make, ending, body in (
            (_by_api, "", {}),
            (_by_api, "_streamed", STREAMED),
            (_on_page, "_page", STREAMED),
        )
        # nothing streams there, so that nobody calls it
        if (name, ending) != ("stream", "")
    ),
    _echoed("inlet_none", "An inlet that returns None ends the turn.", function("fa", a_filter(hook("inlet", "pass")))),
    _on_page(
        "inlet_none_page", "An inlet that returns None ends the turn.", function("fa", a_filter(hook("inlet", "pass")))
    ),
    _on_page(
        "outlet_none_page",
        "An outlet that returns None changes nothing.",
        function("fa", a_filter(hook("outlet", "pass"))),
    ),
    _echoed(
        "request_none",
        "A request hook that returns None ends the turn; 0.6 has none.",
        function("fa", a_filter(hook("request", "pass"))),
    ),
    _echoed(
        "wrong_payload_name",
        "The payload is given by name: another one ends the turn.",
        function("fa", a_filter(hook("inlet", "return payload", takes="payload"))),
    ),
    _on_page(
        "stream_wrong_payload_name",
        "The payload of a stream hook is `event`: another name ends the stream.",
        function("fa", a_filter(hook("stream", "return body", takes="body"))),
    ),
    _echoed(
        "misspelt_reserved",
        "A misspelt reserved argument without default ends the turn.",
        function("fa", a_filter(hook("inlet", "return body", takes="body, __event_emmiter__"))),
    ),
    _echoed(
        "raises_in_a_chain",
        "The filter that raises ends the chain.",
        function("fa", marking("a"), {"priority": 1}),
        function(
            "fb",
            a_filter(valves(priority=0), STARTS_WITH_VALVES, hook("inlet", "note(ran='fb')", _RAISING)),
            {"priority": 2},
        ),
        function(
            "fc",
            a_filter(valves(priority=0), STARTS_WITH_VALVES, hook("inlet", "note(ran='fc')", "return body")),
            {"priority": 3},
        ),
    ),
    _echoed("yields", "An inlet that yields makes no body.", function("fa", a_filter(hook("inlet", "yield body")))),
)

SCENARIOS = (*_ORDER, *_VALVES, *_CALLS, *_OUTLETS, *_STREAMS, *_ERRORS)
