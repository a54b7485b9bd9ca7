"""The outlets at the end of a turn: what they are shown, and what becomes of what they make of it.

Source: Open WebUI 0.12.4, utils/middleware.py, and 0.6.43, utils/chat.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING

from cochat_devkit.runtime.conversation import CHAT, MESSAGE, NO_PAGE, SESSION
from cochat_devkit.runtime.saved_chat import output_text
from cochat_devkit.runtime.snapshots import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.conversation import Conversation


async def run_unheard_outlets(chat: Conversation, payload: Json, said: Json) -> None:
    """Run the outlets on a plain call: nobody hears what they say."""
    answer_id = f"msg_{uuid.uuid4().hex[:24]}"
    asked = [{"role": each.get("role"), "content": each.get("content")} for each in payload.get("messages", [])]
    messages = [*asked, {"id": answer_id, "role": "assistant", **said}]
    await _run_new_outlets(chat, messages, "", None, answer_id, said.get("finish_reason"))


async def _run_new_outlets(
    chat: Conversation,
    messages: Sequence[Json],
    chat_id: str,
    session_id: str | None,
    answer_id: str,
    finish_reason: str | None,
) -> Json:
    """Run the outlets as 0.12 does; what one raises, nobody hears. None where nothing came out."""
    if not chat.links():
        return None
    body = {
        "model": chat.model["id"],
        "messages": [_for_outlet(each, answer_id, finish_reason) for each in messages],
        "filter_ids": list(chat.turn.enabled),
        "chat_id": chat_id,
        "session_id": session_id,
        "id": answer_id,
    }
    offered = chat.offer()
    for name in ("__oauth_token__", "__chat_id__", "__message_id__"):
        offered.pop(name)
    if not chat.is_page:
        offered.update(NO_PAGE)
    with contextlib.suppress(Exception):
        return await chat.run_hook("outlet", body, offered)
    return None


def _for_outlet(message: Json, answer_id: str, finish_reason: str | None) -> Json:
    kept = {name: to_json(message[name]) for name in ("output", "usage", "sources") if message.get(name)}
    ended = {"finish_reason": finish_reason} if finish_reason and message.get("id") == answer_id else {}
    return {
        "id": message.get("id"),
        "role": message.get("role"),
        "content": message.get("content") or output_text(message.get("output")),
        "info": message.get("info"),
        "timestamp": message.get("timestamp"),
        **kept,
        **ended,
    }


async def run_page_outlets(chat: Conversation, finish_reason: str | None) -> None:
    """Run the outlets on a chat that is saved, and put what they say over its messages."""
    saved = chat.saved_chat
    if chat.generation == "0.6":
        result = await _run_old_outlets(chat)
    else:
        result = await _run_new_outlets(chat, saved.chain(), CHAT, SESSION, MESSAGE, finish_reason)
    if not (isinstance(result, dict) and result.get("messages")):
        return
    # what is no list of messages, nobody hears of
    with contextlib.suppress(Exception):
        _APPLIERS[chat.generation](chat, result["messages"])
        if chat.generation != "0.6":
            await chat.tell([{"type": "chat:outlet", "data": {"messages": result["messages"]}}])


async def _run_old_outlets(chat: Conversation) -> Json:
    """Run the outlets as a browser has 0.6 do it, by a call of its own; what one raises is an empty answer."""
    metadata = {
        "chat_id": CHAT,
        "message_id": MESSAGE,
        "filter_ids": list(chat.turn.enabled),
        "session_id": SESSION,
        "user_id": chat.make_user()["id"],
    }
    offered = {**chat.offer(), "__metadata__": metadata}
    offered.pop("__oauth_token__")
    names = ("id", "role", "content", "info", "timestamp", "usage", "sources")
    body = {
        "model": chat.model["id"],
        "messages": [{name: to_json(each[name]) for name in names if name in each} for each in chat.saved_chat.chain()],
        "chat_id": CHAT,
        "session_id": SESSION,
        "id": MESSAGE,
        **({"filter_ids": list(chat.turn.enabled)} if chat.turn.enabled else {}),
    }
    with contextlib.suppress(Exception):
        return to_json(await chat.run_hook("outlet", body, offered))
    return None


def _apply_new(chat: Conversation, messages: Sequence[Json]) -> None:
    for message in messages:
        original = chat.saved_chat.messages.get(message.get("id"))
        if original is None:
            continue
        before = original.get("content") or output_text(original.get("output"))
        now = message.get("content") or output_text(message.get("output"))
        output = message.get("output") if message.get("output") != original.get("output") else None
        if before != now or output:
            original["originalContent"] = before
            original.update({"output": to_json(output)} if output else {})
            original.update({"content": now or ""} if before != now else {})


def _apply_old(chat: Conversation, messages: Sequence[Json]) -> None:
    for message in messages:
        original = chat.saved_chat.messages.get(message.get("id"))
        if original is not None:
            if original.get("content") != message.get("content"):
                original["originalContent"] = original.get("content")
            original.update(message)


_APPLIERS = {"0.12": _apply_new, "0.6": _apply_old}
