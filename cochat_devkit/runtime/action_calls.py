"""How the button of an action is pressed: what reaches the method, and what goes back to the page.

Source: Open WebUI 0.12.4, utils/actions.py, and 0.6.43, utils/chat.py.
"""

from __future__ import annotations

import contextlib
import inspect
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.answers import to_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

#: what the server hands to an action that names it
OFFERED = ("__event_emitter__", "__event_call__", "__user__", "__request__", "__model__", "__id__")


async def run_action(
    instance: Any,
    body: Json,
    offered: Mapping[str, Any],
    user_valves: Mapping[str, Json],
    generation: Generation,
) -> tuple[Any, list[str]]:
    """Press a button: (what goes back to the page, the pages that 0.12 shows below the message).

    Raises:
        Exception: what the action raises.
    """
    parameters = inspect.signature(instance.action).parameters
    given = {"body": body, **{name: each for name, each in offered.items() if name in parameters}}
    if "__user__" in given and hasattr(instance, "UserValves"):
        # valves that do not fit are logged on the server, and the action runs without them
        with contextlib.suppress(Exception):
            given["__user__"]["valves"] = instance.UserValves(**user_valves)
    result = instance.action(**given)
    if inspect.iscoroutinefunction(instance.action):
        result = await result
    if generation == "0.6":
        return result, []
    answer = to_answer(offered["__id__"], result, generation)
    if not answer.embeds:
        return result, []
    await offered["__event_emitter__"]({"type": "embeds", "data": {"embeds": answer.embeds}})
    return answer.text, answer.embeds
