"""How an answer comes to who called the API: as it is, with stream hooks on its way and nobody to call tools.

Source: Open WebUI 0.12.4 and 0.6.43, utils/middleware.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cochat_devkit.runtime.conversation import NO_PAGE
from cochat_devkit.runtime.reply_items import merged_usage
from cochat_devkit.runtime.scripts import PREFIX, Refused, Stream, Whole
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.runtime.turn_models import read_out
from cochat_devkit.runtime.turn_outlets import run_unheard_outlets

if TYPE_CHECKING:
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.conversation import Conversation


async def whole_to_caller(chat: Conversation, payload: Json, answer: Whole | Refused) -> None:
    """Give a whole answer to who called. 0.12 runs the outlets, and throws away what they make of it."""
    body = answer.body
    if chat.generation != "0.6" and isinstance(answer, Whole) and isinstance(body, dict):
        choices = body.get("choices") or []
        content = choices[0].get("message", {}).get("content") if choices else ""
        if content or body.get("output"):
            ending = choices[0].get("finish_reason") if choices else None
            said = {"content": content, **({"finish_reason": ending} if ending else {})}
            if usage := body.get("usage"):
                said["usage"] = merged_usage({}, usage)
            await run_unheard_outlets(chat, payload, said)
    if hasattr(body, "body_iterator"):
        body = await read_out(body)
    chat.answer_body = {**chat.sources_event(), **body} if isinstance(body, dict) else body


async def _stream_new_to_caller(chat: Conversation, payload: Json, answer: Stream) -> None:
    """Hand a stream to who called as 0.12 does: filters see events, and what they raise ends it."""
    offered = {**chat.offer(), **NO_PAGE}
    said: Json = {}
    try:
        if event := chat.sources_event():
            _send(chat, await chat.run_hook("stream", event, offered))
        async for line in answer.lines:
            text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
            event = _event_in(text)
            if isinstance(event, dict) and chat.links():
                event = await chat.run_hook("stream", event, offered)
            elif event is None:
                event = text.strip()
            if event:
                _send(chat, event)
                _add_to(said, event)
    except Exception as error:  # noqa: BLE001 - the server ends the stream with a word of its own
        chat.ended_by = chat.failure_of(error)
        _send(chat, {"error": {"message": "Chat completion stream failed"}})
        _send(chat, "data: [DONE]")
        return
    if said:
        await run_unheard_outlets(chat, payload, said)


async def _stream_old_to_caller(chat: Conversation, _payload: Json, answer: Stream) -> None:
    """Hand a stream to who called as 0.6 does: filters see the raw lines, and what they raise breaks it off."""
    offered = {**chat.offer(), **NO_PAGE}
    try:
        if event := chat.sources_event():
            _send(chat, await chat.run_hook("stream", event, offered))
        async for line in answer.lines:
            if told := await chat.run_hook("stream", line, offered):
                text = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
                event = _event_in(text) if isinstance(text, str) else text
                _send(chat, text.strip() if event is None else event)
    except Exception as error:  # noqa: BLE001 - the server breaks the stream off
        chat.ended_by = chat.failure_of(error)


#: by generation
STREAM_TO_CALLER = {"0.12": _stream_new_to_caller, "0.6": _stream_old_to_caller}


def _event_in(text: str) -> Json:
    """Read the event of a line; None where it has none, as at the end of a stream."""
    if not text.startswith(PREFIX):
        return None
    try:
        return json.loads(text[len(PREFIX) :].strip())
    except ValueError:
        return None


def _send(chat: Conversation, event: Json) -> None:
    if event:
        chat.chunks.append(to_json(event))


def _add_to(said: Json, event: Json) -> None:
    """Gather of an event what the outlets of a plain call are shown."""
    if not isinstance(event, dict):
        return
    if usage := {**(event.get("usage") or {}), **event.get("timings", {})}:
        said["usage"] = merged_usage(said.get("usage", {}), usage)
    for choice in event.get("choices", []):
        if choice.get("finish_reason"):
            said["finish_reason"] = choice["finish_reason"]
        if content := (choice.get("delta") or {}).get("content"):
            said["content"] = said.get("content", "") + content
