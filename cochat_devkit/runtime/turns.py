"""One whole turn of a chat, step by step as the server takes it; runs plugin code in this process.

Only a child process, or a test process whose owner asked for it, may come here.

Source: Open WebUI 0.12.4 and 0.6.43, main.py, utils/middleware.py and utils/chat.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cochat_devkit.plugin import TurnResult
from cochat_devkit.runtime.action_calls import press
from cochat_devkit.runtime.conversation import Conversation, Plugin
from cochat_devkit.runtime.scripts import Answer, Refused, Stream, detail_of
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.runtime.turn_callers import STREAM_TO_CALLER, whole_to_caller
from cochat_devkit.runtime.turn_models import UnknownModel, answer_plugins, ask, check_model
from cochat_devkit.runtime.turn_pages import stream_to_page, whole_to_page
from cochat_devkit.runtime.turn_payload import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.plugin import Generation, Turn
    from cochat_devkit.resource import Json

__all__ = ["Plugin", "hold_turn", "run_turn"]


class RefusedByModel(Exception):
    """A model answered with an error."""


async def run_turn(plugins: Sequence[Plugin], turn: Turn, generation: Generation) -> TurnResult:
    """Run one turn of a chat with plugins that are loaded already.

    What a plugin raises ends as it does on the server, and is told in the result.
    """
    return await hold_turn(Conversation(plugins, turn, generation))


async def hold_turn(chat: Conversation) -> TurnResult:
    """Run the one turn of a chat that has not begun."""
    begun = time.perf_counter()
    answer_plugins(chat)
    try:
        if chat.turn.action is not None:
            await press(chat, chat.turn.action)
        else:
            await _run(chat)
    except UnknownModel as error:
        chat.ended_by, chat.answer_body = chat.failure_of(error), {"detail": str(error)}
    except Exception as error:  # noqa: BLE001 - the server tells the person whatever a plugin raises
        await _fail(chat, error)
    ms = (time.perf_counter() - begun) * 1000
    return TurnResult(
        text=_text(chat),
        chunks=chat.chunks,
        body=to_json(chat.answer_body),
        messages=_messages(chat),
        events=chat.page.events,
        requests=chat.requests,
        trace=chat.trace,
        error=chat.ended_by,
        ms=ms,
    )


async def _run(chat: Conversation) -> None:
    await check_model(chat)
    payload = await prepare(chat)
    await _answer(chat, payload, await ask(chat, payload))


async def _answer(chat: Conversation, payload: Json, answer: Answer) -> None:
    if chat.saved is not None and chat.generation == "0.6":
        chat.saved.save({"parentId": chat.saved.question_id, "model": chat.model["id"]})
    if isinstance(answer, Refused):
        refused = RefusedByModel(detail_of(answer.body))
        if chat.generation != "0.6" and chat.is_page:
            raise refused
        chat.ended_by = chat.failure_of(refused)
    if isinstance(answer, Stream):
        await (stream_to_page if chat.is_page else STREAM_TO_CALLER[chat.generation])(chat, payload, answer)
    else:
        await (whole_to_page if chat.is_page else whole_to_caller)(chat, payload, answer)


async def _fail(chat: Conversation, error: Exception) -> None:
    """End a turn as the server ends it: in the chat, or as the answer of a call, which 0.6 leaves empty."""
    chat.ended_by = chat.failure_of(error)
    if chat.saved is None:
        chat.answer_body = None if chat.generation == "0.6" else {"detail": str(error)}
        return
    content = {"content": str(error)}
    done = {} if chat.generation == "0.6" else {"done": True}
    chat.saved.save({"parentId": chat.saved.question_id, "error": content, **done})
    await chat.tell([{"type": "chat:message:error", "data": {"error": content, **done}}])
    if chat.generation == "0.6":
        await chat.tell([{"type": "chat:tasks:cancel"}])


def _text(chat: Conversation) -> str | None:
    """Read what the person reads: the saved answer, or what a call gave."""
    if chat.saved is not None:
        return str(chat.saved.answer.get("content") or "") or None
    if chat.chunks:
        deltas = [each["choices"][0].get("delta") or {} for each in chat.chunks if _has_choices(each)]
        return "".join(str(each.get("content") or "") for each in deltas)
    if not _has_choices(chat.answer_body):
        return None
    content = (chat.answer_body["choices"][0].get("message") or {}).get("content")
    return content if content is None else str(content)


def _has_choices(value: Json) -> bool:
    return isinstance(value, dict) and bool(value.get("choices"))


def _messages(chat: Conversation) -> list[Json]:
    if chat.saved is not None:
        hidden = ("parentId", "childrenIds")
        return [{name: each for name, each in one.items() if name not in hidden} for one in chat.saved.chain()]
    text = _text(chat)
    return [*to_json(chat.turn.messages), *([{"role": "assistant", "content": text}] if text is not None else [])]
