"""One call of a tool in a child process: its valves, who calls, what is handed to it, and what it came to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cochat_devkit.plugin import Call, CallResult, LoadRequest, Part, Turn
from cochat_devkit.runtime.conversation import Conversation, Plugin
from cochat_devkit.runtime.loading import Loaded, stored_specs, to_failure
from cochat_devkit.runtime.saved_valves import apply_valves
from cochat_devkit.runtime.tool_calls import OFFERED, call_tool, parse_arguments
from cochat_devkit.runtime.turn_models import answer_plugins
from cochat_devkit.runtime.turn_tools import text_of_result

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation


class NoSuchMethod(Exception):
    """A plugin has no method of that name."""


async def make_call(loaded: Loaded, request: LoadRequest, call: Call, generation: Generation) -> CallResult:
    """Call one method of a loaded tool.

    Raises:
        NoSuchMethod: it has none of that name.
        Exception: its valves do not fit what is saved.
    """
    instance = loaded.instance
    specs = {spec["name"]: spec for spec in stored_specs(loaded, generation)}
    if call.method not in specs:
        known = ", ".join(specs) or "none"
        raise NoSuchMethod(f"the tool has no method {call.method}; it has: {known}")
    apply_valves(instance, call.valves)
    turn = Turn([], role=call.role, replies=call.replies)
    chat = Conversation([Plugin(Part(request), loaded)], turn, generation)
    answer_plugins(chat)
    offered = {**chat.offer(), "__id__": request.id, "__messages__": [], "__files__": [], "__features__": {}}
    if hasattr(instance, "UserValves"):
        offered["__user__"]["valves"] = instance.UserValves(**call.user_valves)
    spec = specs[call.method]
    arguments = parse_arguments(spec, call.words)
    begun = time.perf_counter()
    named = {name: offered[name] for name in OFFERED[generation]}
    answer, error = await call_tool(instance, spec, arguments, named, generation)
    text = text_of_result(call.method, answer.text, generation)
    return CallResult(
        text=text if isinstance(text, str | None) else repr(text),
        files=answer.files,
        embeds=answer.embeds,
        events=chat.page.events,
        error=to_failure(error, loaded.filename) if error is not None else None,
        ms=(time.perf_counter() - begun) * 1000,
    )
