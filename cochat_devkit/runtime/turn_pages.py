"""How an answer comes to a page: into its saved chat, with the tools that the model asks for called on the way.

Source: Open WebUI 0.12.4 and 0.6.43, utils/middleware.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from cochat_devkit.runtime.reply_items import ItemReply, clean_message
from cochat_devkit.runtime.reply_tags import tags_by_kind
from cochat_devkit.runtime.reply_text import TextReply
from cochat_devkit.runtime.scripts import PREFIX, Refused, Stream, Whole, detail_of
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.runtime.texts import merge_system
from cochat_devkit.runtime.turn_models import ask
from cochat_devkit.runtime.turn_outlets import run_page_outlets
from cochat_devkit.runtime.turn_tools import run_call, text_of_result

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.conversation import Conversation

#: how often a model may ask for tools before the server goes no further
ROUNDS: dict[Generation, int] = {"0.12": 256, "0.6": 30}


async def whole_to_page(chat: Conversation, _payload: Json, answer: Whole | Refused) -> None:
    """Save a whole answer in the chat, and tell the page."""
    saved, body = chat.saved_chat, answer.body
    is_new = chat.generation != "0.6"
    if not isinstance(body, dict):
        return
    if "error" in body:
        error = body["error"].get("detail", body["error"]) if isinstance(body["error"], dict) else str(body["error"])
        done = {"done": True} if is_new else {}
        saved.save({"error": {"content": error}, **done})
        await chat.tell([{"type": "chat:message:error", "data": {"error": {"content": error}, **done}}])
    choices = body.get("choices") or []
    message = choices[0].get("message", {}) if choices else {}
    content = message.get("content") or ""
    if content or (is_new and message.get("tool_calls")):
        await chat.tell([{"type": "chat:completion", "data": body}])
        shown = ItemReply(content).whole(body.get("usage") or {}) if is_new else {"content": content}
        await chat.tell([{"type": "chat:completion", "data": {"done": True, **shown, "title": "New Chat"}}])
        saved.save({"role": "assistant", **shown, **({"done": True} if is_new else {})})
        await run_page_outlets(chat, choices[0].get("finish_reason"))
    chat.answer_body = {**chat.sources_event(), **body}


async def stream_to_page(chat: Conversation, payload: Json, answer: Stream) -> None:
    """Gather a stream in the chat; call the tools that the model asks for, and ask it again."""
    saved = chat.saved_chat
    begun = saved.answer.get("content", "")
    tags = tags_by_kind(chat.metadata["params"]["reasoning_tags"])
    reply: ItemReply | TextReply = ItemReply(begun, tags) if chat.generation != "0.6" else TextReply(begun, tags)
    await chat.tell(reply.opening)
    if event := chat.sources_event():
        await chat.tell([{"type": "chat:completion", "data": event}])
        saved.save(event)
    offered = chat.offer()
    await _take_stream(chat, reply, answer, {"__body__": payload, **offered})
    calls, rounds = await _end_round(chat, reply), 0
    messages = list(payload["messages"])
    while calls and rounds < ROUNDS[chat.generation]:
        rounds += 1
        await chat.tell(reply.begin_calls(calls))
        results = [await _result(chat, payload, each) for each in calls]
        await chat.tell(reply.end_calls(results))
        calls = []
        try:
            next_payload, messages = await _next_payload(chat, payload, reply, messages, offered)
            answer_again = await ask(chat, next_payload, is_first=False)
            if not isinstance(answer_again, Stream):
                await _refuse_round(chat, answer_again)
                break
            reply.begin_round()
            await _take_stream(chat, reply, answer_again, {"__body__": next_payload, **offered})
            calls = await _end_round(chat, reply)
        except Exception as error:  # noqa: BLE001 - the answer so far is kept, and 0.12 says what was in the way
            await _break_off(chat, error)
            break
    if calls and chat.generation != "0.6":
        await _tell_error(chat, f"Tool-call limit reached ({ROUNDS[chat.generation]} iterations).")
    await _end_stream(chat, reply)


async def _end_round(chat: Conversation, reply: ItemReply | TextReply) -> list[Json]:
    calls = reply.end_round()
    await chat.tell(reply.closing)
    return calls


async def _end_stream(chat: Conversation, reply: ItemReply | TextReply) -> None:
    ending = reply.ending()
    done = {"done": True} if chat.generation != "0.6" else {}
    chat.saved_chat.save({**done, **ending})
    await chat.tell([{"type": "chat:completion", "data": {"done": True, **ending, "title": "New Chat"}}])
    await run_page_outlets(chat, reply.finish_reason)


async def _take_stream(chat: Conversation, reply: ItemReply | TextReply, answer: Stream, offered: Json) -> None:
    """Take the lines of a stream. A line that a filter raises on is lost, and the stream goes on."""
    async for line in answer.lines:
        text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
        if not text.strip():
            continue
        if not text.startswith(PREFIX):
            await _tell_bare_error(chat, text)
            continue
        with contextlib.suppress(Exception):
            event = await chat.run_hook("stream", json.loads(text[len(PREFIX) :].strip()), offered)
            if not event:
                continue
            chat.chunks.append(to_json(event))
            await _take_event(chat, reply, event)


async def _take_event(chat: Conversation, reply: ItemReply | TextReply, event: Json) -> None:
    if "event" in event:
        await chat.page.emit(event.get("event", {}))
    if "selected_model_id" in event:
        chat.saved_chat.save({"selectedModelId": event["selected_model_id"]})
        await chat.tell([{"type": "chat:completion", "data": event}])
        return
    if not event.get("choices") and event.get("error") and chat.generation != "0.6":
        chat.saved_chat.save({"error": {"content": event["error"]}})
    await chat.tell(reply.take(event))


async def _tell_bare_error(chat: Conversation, text: str) -> None:
    """Keep an error that a model said without the form of an event; 0.6 overhears it."""
    if chat.generation == "0.6":
        return
    with contextlib.suppress(ValueError):
        said = json.loads(text)
        if isinstance(said, dict) and said.get("error"):
            chat.saved_chat.save({"error": {"content": said["error"]}})
            await chat.tell([{"type": "chat:completion", "data": {"error": said["error"]}}])


async def _result(chat: Conversation, payload: Json, call: Json) -> Json:
    """Make one call and write down its result as the next round is given it."""
    more = {"__messages__": payload.get("messages", []), "__files__": chat.metadata.get("files")}
    if chat.generation != "0.6":
        more["__files__"] = more["__files__"] or []
    called = await run_call(chat, call, chat.metadata.get("tools", {}), more)
    content = text_of_result(call["function"]["name"], called.answer.text, chat.generation)
    if content is not called.answer.text:
        chat.trace[-1]["result"] = content
    images = [chat.keep_image(each["url"]) for each in called.answer.files if _is_image(each)]
    return {
        "tool_call_id": call.get("id", ""),
        "content": content or "",
        "images": images,
        "arguments": call["function"].get("arguments", "{}"),
        **({"files": called.answer.files} if called.answer.files else {}),
        **({"embeds": called.answer.embeds} if called.answer.embeds else {}),
    }


def _is_image(file: Json) -> bool:
    return file.get("type") == "image" and bool(file.get("url"))


async def _next_payload(
    chat: Conversation, payload: Json, reply: ItemReply | TextReply, messages: list[Json], offered: Json
) -> tuple[Json, list[Json]]:
    """Make the payload of the next round, and the messages that the one after it begins with."""
    made = {**payload, "stream": True, "metadata": chat.metadata}
    if chat.generation == "0.6":
        made["messages"] = reply.next_messages(payload["messages"])
        return made, messages
    messages = reply.next_messages(messages)
    made["messages"] = [_with_bytes(chat, clean_message(each)) for each in messages]
    made = await chat.run_hook("request", made, offered)
    made["messages"] = merge_system(made.get("messages", []))
    return made, messages


def _with_bytes(chat: Conversation, message: Json) -> Json:
    """Put an image itself where a message says in which file it is kept: a model can read no files."""
    if not isinstance(message.get("content"), list):
        return message
    parts = to_json(message["content"])
    for part in parts:
        if isinstance(part, dict) and part.get("type") == "image_url":
            part["image_url"]["url"] = chat.images.get(part["image_url"]["url"], part["image_url"]["url"])
    return {**message, "content": parts}


async def _refuse_round(chat: Conversation, answer: Whole | Refused) -> None:
    if chat.generation != "0.6" and isinstance(answer, Refused):
        await _tell_error(chat, detail_of(answer.body))


async def _break_off(chat: Conversation, error: Exception) -> None:
    chat.ended_by = chat.failure_of(error)
    if chat.generation != "0.6":
        await _tell_error(chat, str(error))


async def _tell_error(chat: Conversation, content: Json) -> None:
    chat.saved_chat.save({"error": {"content": content}})
    await chat.tell([{"type": "chat:message:error", "data": {"error": {"content": content}}}])
