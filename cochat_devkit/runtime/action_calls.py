"""How the button of an action is pressed: what reaches the method, and what goes back to the page.

Source: Open WebUI 0.12.4, utils/actions.py, and 0.6.43, utils/chat.py; checked by tests/parity/chats/ and
tests/runtime/test_actions_against_server.py.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.answers import to_answer
from cochat_devkit.runtime.conversation import CHAT, MESSAGE, SESSION
from cochat_devkit.runtime.saved_valves import apply_valves
from cochat_devkit.runtime.snapshots import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.conversation import Conversation, Plugin

#: what the server hands to an action that names it
OFFERED = ("__event_emitter__", "__event_call__", "__user__", "__request__", "__model__", "__id__")


class UnknownAction(Exception):
    """No action has the id of the button."""


async def press(chat: Conversation, button: str) -> None:
    """Press a button, "id" or "id.sub", in a chat; its answer is the answer of the chat.

    What the action raises is a refusal of 0.12; 0.6 answers as if there was nothing.
    """
    id_, _, sub = button.partition(".")
    try:
        chat.answer_body = await _press(chat, _find(chat, id_), sub or id_)
    except UnknownAction as error:
        chat.ended_by, chat.answer_body = chat.failure_of(error), {"detail": str(error)}
    except Exception as error:  # noqa: BLE001 - an action may raise anything
        chat.ended_by = chat.failure_of(error, id_)
        chat.trace[-1]["error"] = chat.told(error, id_)
        chat.answer_body = {} if chat.generation == "0.6" else {"detail": f"Error: {error}"}


def _find(chat: Conversation, id_: str) -> Plugin:
    if id_ not in chat.actions:
        raise UnknownAction(f"Action not found: {id_}")
    return chat.actions[id_]


async def _press(chat: Conversation, plugin: Plugin, button: str) -> Json:
    instance = plugin.loaded.instance
    body = {"model": chat.model["id"], "messages": copy.deepcopy(chat.turn.messages)}
    body |= {"chat_id": CHAT, "id": MESSAGE, "session_id": SESSION}
    step = chat.note("action", plugin.id, before=body, after=None)
    apply_valves(instance, plugin.part.valves)
    offered = {name: each for name, each in {**chat.offer(), "__id__": button}.items() if name in OFFERED}
    result, _ = await run_action(plugin.id, instance, body, offered, plugin.part.user_valves, chat.generation)
    if hasattr(result, "body") and hasattr(result, "render"):
        result = result.body.decode("utf-8", "replace")
    step["after"] = to_json(result)
    return result


async def run_action(
    id_: str,
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
    answer = to_answer(id_, result, generation)
    if not answer.embeds:
        return result, []
    await offered["__event_emitter__"]({"type": "embeds", "data": {"embeds": answer.embeds}})
    return answer.text, answer.embeds
