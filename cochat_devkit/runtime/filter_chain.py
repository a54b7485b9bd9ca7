"""In which order filters run, what each is given, and what it makes of what it gets.

Source: Open WebUI 0.12.4 and 0.6.43, utils/filter.py; checked by tests/parity/test_running_against_server.py.
"""

from __future__ import annotations

import contextlib
import inspect
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.offers import written_priority
from cochat_devkit.runtime.saved_valves import apply_valves
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

_ALWAYS = ("__event_emitter__", "__event_call__", "__user__", "__metadata__", "__request__", "__model__", "__id__")
_IN_0_6 = (*_ALWAYS, "__oauth_token__")
_IN_0_12 = (*_IN_0_6, "__chat_id__", "__message_id__")
#: what the server hands to a hook that names it, by generation and hook
OFFERED: Mapping[Generation, Mapping[str, tuple[str, ...]]] = {
    "0.12": {
        "inlet": _IN_0_12,
        "request": (*_IN_0_12, "__features__"),
        "stream": (*_IN_0_12, "__body__"),
        "outlet": _ALWAYS,
    },
    "0.6": {"inlet": _IN_0_6, "stream": (*_IN_0_6, "__body__"), "outlet": _ALWAYS},
}
#: how the payload of a hook is called; the others call it `body`
_PAYLOAD = {"stream": "event"}


class Link(NamedTuple):
    """Hold one filter of a chain: its id, its one instance, and what is saved as its valves and as the user's."""

    id: str
    instance: Any
    valves: Mapping[str, Json]
    user_valves: Mapping[str, Json]


class Step(NamedTuple):
    """Say what one filter did: the payload before and after, or what it raised. One without the hook is no step."""

    id: str
    before: Json
    after: Json
    error: Exception | None = None


def order(links: Iterable[Link], generation: Generation, *, enabled: Collection[str] = ()) -> list[Link]:
    """Put the filters that run in their order. One with a toggle runs only where it is among the enabled.

    0.6 orders by the saved priority alone, and leaves those of the same as they come; 0.12 by the class's own, too,
    and those of the same by their ids.

    Raises:
        TypeError: a priority is no number, which ends the chat on the server, too.
    """
    running = [each for each in links if not getattr(each.instance, "toggle", None) or each.id in enabled]
    if generation == "0.6":
        return sorted(running, key=lambda each: each.valves.get("priority", 0))
    return sorted(running, key=lambda each: (written_priority(each.instance, each.valves), each.id))


async def run_chain(
    links: Sequence[Link],
    hook: str,
    payload: Json,
    offered: Mapping[str, Any],
    generation: Generation,
    *,
    into: list[Step] | None = None,
) -> tuple[Json, list[Step]]:
    """Run one hook of filters that are in order: (what comes out, the steps).

    `offered` are the reserved arguments. All filters share one `__user__`: the valves of a user that one of them gets
    are still there for the next, as on the server. `into` is where the steps are put as they are done.

    Raises:
        Exception: what a filter raises ends the chain; its step is the last one.
    """
    steps: list[Step] = [] if into is None else into
    drops_files: Any = None
    for link in links:
        handler = getattr(link.instance, hook, None)
        if not (callable(handler) if generation != "0.6" else handler):
            continue
        if hook == "inlet" and hasattr(link.instance, "file_handler"):
            own = link.instance.file_handler
            drops_files = own if generation == "0.6" else drops_files or own
        before = to_json(payload)
        try:
            payload = await _run_one(link, handler, hook, payload, offered)
        except Exception as error:
            steps.append(Step(link.id, before, None, error))
            raise
        steps.append(Step(link.id, before, to_json(payload)))
    if drops_files:
        payload.get("metadata", {}).pop("files", None)
        payload.pop("files", None)
    return payload, steps


async def _run_one(link: Link, handler: Any, hook: str, payload: Json, offered: Mapping[str, Any]) -> Json:
    instance = link.instance
    apply_valves(instance, link.valves)
    parameters = inspect.signature(handler).parameters
    named = {name: each for name, each in {**offered, "__id__": link.id}.items() if name in parameters}
    given = {_PAYLOAD.get(hook, "body"): payload, **named}
    if "__user__" in given and hasattr(instance, "UserValves"):
        # valves that do not fit are logged on the server, and the filter runs without them
        with contextlib.suppress(Exception):
            given["__user__"]["valves"] = instance.UserValves(**link.user_valves)
    result = handler(**given)
    return await result if inspect.iscoroutinefunction(handler) else result
