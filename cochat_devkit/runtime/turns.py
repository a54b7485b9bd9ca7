"""One whole turn of a chat, step by step as the server takes it; runs plugin code in this process.

Only a child process, or a test process whose owner asked for it, may come here.

Source: Open WebUI 0.12.4 and 0.6.43, main.py, utils/middleware.py and utils/chat.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from cochat_devkit.plugin import TurnResult
from cochat_devkit.runtime.action_calls import press
from cochat_devkit.runtime.conversation import CHAT, MESSAGE, SESSION, Conversation, Plugin
from cochat_devkit.runtime.reply_items import ItemReply
from cochat_devkit.runtime.reply_tags import tags_by_kind
from cochat_devkit.runtime.reply_text import TextReply
from cochat_devkit.runtime.saved_chat import output_text
from cochat_devkit.runtime.scripts import Answer, Refused, Stream, Whole
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.runtime.texts import add_found, context_of, fill_in, last_question, merge_system, text_of
from cochat_devkit.runtime.tool_prompts import call_prompted
from cochat_devkit.runtime.turn_models import UnknownModel, answer_plugins, ask, check_model, read_out
from cochat_devkit.runtime.turn_tools import make_tools, run_call, unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.plugin import Generation, Turn
    from cochat_devkit.resource import Json

__all__ = ["Plugin", "run_turn"]

#: how often a model may ask for tools before the server goes no further
ROUNDS: dict[Generation, int] = {"0.12": 256, "0.6": 30}
#: what of a request needs a server: there is nothing here that could do it
_LEFT_OUT = ("web_search", "image_generation", "memory", "code_interpreter", "voice")
_PREFIX = "data:"
#: what stands for a page once the answer to a plain call is there
_NO_PAGE: dict[str, Any] = {"__event_emitter__": None, "__event_call__": None}


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
    payload = await _prepare(chat)
    await _answer(chat, payload, await ask(chat, payload))


async def _prepare(chat: Conversation) -> Json:
    """Make the payload that the model is given: inlets, tools, what these found, and the last word of filters."""
    payload = chat.body
    _apply_params(chat, payload)
    _fill_in_system(chat, payload)
    offered = chat.offer()
    payload.pop("variables", None)
    payload = await chat.run_hook("inlet", payload, offered)
    features = payload.pop("features", None)
    _leave_out(chat, features or {})
    tool_ids, files = payload.pop("tool_ids", None), _without_doubles(payload.pop("files", None))
    _learn(chat, payload, tool_ids, files, features)
    if chat.generation != "0.6":
        offered["__features__"] = features or {}
    sources = await _add_tools(chat, payload, offered)
    if chat.generation != "0.6":
        _learn_base(chat, payload, sources)
    if sources:
        add_found(context_of(sources), last_question(payload["messages"]) or "", payload["messages"])
        chat.sources = [each for each in sources if each["source"].get("name") or each["source"].get("id")]
    if chat.generation != "0.6":
        payload = await chat.run_hook("request", payload, offered)
        payload["messages"] = merge_system(payload.get("messages", []))
    return payload


def _fill_in_system(chat: Conversation, payload: Json) -> None:
    """Put what is known into the places that the person's own system prompt keeps for it."""
    system = next((each for each in payload["messages"] if each.get("role") == "system"), None)
    if system is not None and isinstance(system.get("content"), str):
        system["content"] = fill_in(system["content"], chat.metadata, chat.make_user())


def _apply_params(chat: Conversation, payload: Json) -> None:
    """Put the parameters of a request into the payload itself; those that the server reads go no further."""
    params = payload.pop("params", None) or {}
    custom = params.pop("custom_params", None) or {}
    for name in _OWN_PARAMS[chat.generation]:
        params.pop(name, None)
    for name, value in {**params, **{key: _parsed(each) for key, each in custom.items()}}.items():
        if value is not None and (chat.generation == "0.6" or name not in payload):
            payload[name] = value


_OWN_OLD = ("stream_response", "stream_delta_chunk_size", "function_calling", "reasoning_tags", "system")
_OWN_PARAMS: dict[Generation, tuple[str, ...]] = {
    "0.6": _OWN_OLD,
    "0.12": (*_OWN_OLD, "compact_token_threshold", "note_id", "tool_approval_mode", "model_controls"),
}


def _parsed(value: Any) -> Any:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value


def _leave_out(chat: Conversation, features: Json) -> None:
    for name in _LEFT_OUT:
        if features.get(name):
            chat.note("left out", name, result=f"{name} is the server's own, and is not there offline")


def _without_doubles(files: Json) -> Json:
    return list({json.dumps(each, sort_keys=True): each for each in files}.values()) if files else files


def _learn(chat: Conversation, payload: Json, tool_ids: Json, files: Json, features: Json) -> None:
    """Write into the metadata what is known now. 0.6 makes a new one, which the plugins before it never see."""
    if chat.generation == "0.6":
        chat.metadata = {**chat.metadata, "tool_ids": tool_ids, "files": files}
    else:
        chat.metadata.update(
            model_id=payload.get("model"),
            tool_ids=tool_ids,
            skill_ids=[],
            terminal_id=payload.pop("terminal_id", None),
            files=files,
            features=features or {},
        )
    payload["metadata"] = chat.metadata


def _learn_base(chat: Conversation, payload: Json, sources: list[Json]) -> None:
    """Write into the metadata of 0.12 what the prompts are before anything that was found is put to them."""
    system = next((text_of(each) for each in payload["messages"] if each.get("role") == "system"), None)
    own = fill_in(chat.agent_params.get("system") or "", chat.metadata, chat.make_user())
    chat.metadata.update(
        base_system_prompt="\n".join(filter(None, (own, system))) or None,
        base_user_prompt=last_question(payload["messages"]),
        sources=list(sources),
    )


async def _add_tools(chat: Conversation, payload: Json, offered: dict[str, Any]) -> list[Json]:
    """Give the model its tools, or have it asked which of them to call: what these found."""
    own = payload.get("tools")
    wanted = chat.metadata.get("tool_ids") or []
    plugins = [each for id_ in wanted for each in chat.tools if each.id == id_]
    if not plugins:
        return []
    more = {"__messages__": payload["messages"], "__files__": chat.metadata.get("files") or []}
    tools = make_tools(plugins, {**offered, **more}, chat.generation)
    if not tools:
        return []
    calling = chat.metadata["params"]["function_calling"]
    is_native = calling == "native" if chat.generation == "0.6" else calling != "legacy"
    if is_native or chat.generation != "0.6":
        chat.metadata["tools"] = tools
    if not is_native:
        return await call_prompted(chat, payload, tools)
    payload["tools"] = [{"type": "function", "function": each["spec"]} for each in tools.values()]
    if own and chat.generation != "0.6":
        payload["tools"] += own
    return []


async def _answer(chat: Conversation, payload: Json, answer: Answer) -> None:
    if chat.saved is not None and chat.generation == "0.6":
        chat.saved.save({"parentId": chat.saved.question_id, "model": chat.model["id"]})
    if isinstance(answer, Stream):
        await (_stream_to_page if chat.is_page else _STREAM_TO_CALLER[chat.generation])(chat, payload, answer)
    elif isinstance(answer, Refused) and chat.generation != "0.6" and chat.is_page:
        raise RefusedByModel(_detail_of(answer.body))
    else:
        await (_whole_to_page if chat.is_page else _whole_to_caller)(chat, payload, answer)


class RefusedByModel(Exception):
    """A model at a URL answered with an error."""


def _detail_of(body: Json) -> str:
    error = body.get("error", body) if isinstance(body, dict) else body
    said = error.get("message", error) if isinstance(error, dict) else error
    return said if isinstance(said, str) else json.dumps(said)


async def _whole_to_caller(chat: Conversation, payload: Json, answer: Whole | Refused) -> None:
    """Give a whole answer to who called. 0.12 runs the outlets, and throws away what they make of it."""
    body = answer.body
    if chat.generation != "0.6" and isinstance(answer, Whole) and isinstance(body, dict):
        choices = body.get("choices") or []
        content = choices[0].get("message", {}).get("content") if choices else ""
        if content or body.get("output"):
            ending = choices[0].get("finish_reason") if choices else None
            said = {"content": content, **({"finish_reason": ending} if ending else {})}
            await _run_unheard_outlets(chat, payload, said)
    if hasattr(body, "body_iterator"):
        body = await read_out(body)
    chat.answer_body = {**_sources_event(chat), **body} if isinstance(body, dict) else body


async def _whole_to_page(chat: Conversation, _payload: Json, answer: Whole | Refused) -> None:
    """Save a whole answer in the chat, and tell the page."""
    saved, body = _saved(chat), answer.body
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
        await _run_page_outlets(chat, choices[0].get("finish_reason"))
    chat.answer_body = {**_sources_event(chat), **body}


async def _stream_to_page(chat: Conversation, payload: Json, answer: Stream) -> None:
    """Gather a stream in the chat; call the tools that the model asks for, and ask it again."""
    saved = _saved(chat)
    begun = saved.answer.get("content", "")
    tags = tags_by_kind(chat.metadata["params"]["reasoning_tags"])
    reply: ItemReply | TextReply = ItemReply(begun, tags) if chat.generation != "0.6" else TextReply(begun, tags)
    await chat.tell(getattr(reply, "opening", []))
    if event := _sources_event(chat):
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
    _saved(chat).save({**done, **ending})
    await chat.tell([{"type": "chat:completion", "data": {"done": True, **ending, "title": "New Chat"}}])
    await _run_page_outlets(chat, getattr(reply, "finish_reason", None))


async def _take_stream(chat: Conversation, reply: ItemReply | TextReply, answer: Stream, offered: Json) -> None:
    """Take the lines of a stream. A line that a filter raises on is lost, and the stream goes on."""
    async for line in answer.lines:
        text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
        if not text.strip():
            continue
        if not text.startswith(_PREFIX):
            await _tell_bare_error(chat, text)
            continue
        with contextlib.suppress(Exception):
            event = await chat.run_hook("stream", json.loads(text[len(_PREFIX) :].strip()), offered)
            if not event:
                continue
            chat.chunks.append(to_json(event))
            await _take_event(chat, reply, event)


async def _take_event(chat: Conversation, reply: ItemReply | TextReply, event: Json) -> None:
    if "event" in event:
        await chat.page.emit(event.get("event", {}))
    if "selected_model_id" in event:
        _saved(chat).save({"selectedModelId": event["selected_model_id"]})
        await chat.tell([{"type": "chat:completion", "data": event}])
        return
    if not event.get("choices") and event.get("error") and chat.generation != "0.6":
        _saved(chat).save({"error": {"content": event["error"]}})
    await chat.tell(reply.take(event))


async def _tell_bare_error(chat: Conversation, text: str) -> None:
    """Keep an error that a model said without the form of an event; 0.6 overhears it."""
    if chat.generation == "0.6":
        return
    with contextlib.suppress(ValueError):
        said = json.loads(text)
        if isinstance(said, dict) and said.get("error"):
            _saved(chat).save({"error": {"content": said["error"]}})
            await chat.tell([{"type": "chat:completion", "data": {"error": said["error"]}}])


async def _result(chat: Conversation, payload: Json, call: Json) -> Json:
    """Make one call and write down its result as the next round is given it."""
    more = {"__messages__": payload.get("messages", []), "__files__": chat.metadata.get("files")}
    if chat.generation != "0.6":
        more["__files__"] = more["__files__"] or []
    called = await run_call(chat, call, chat.metadata.get("tools", {}), more)
    content = called.answer.text
    if content is None and chat.generation != "0.6":
        content = unreadable(call["function"]["name"])
        chat.trace[-1]["result"] = content
    return {
        "tool_call_id": call.get("id", ""),
        "content": content or "",
        "arguments": call["function"].get("arguments", "{}"),
        **({"files": called.answer.files} if called.answer.files else {}),
        **({"embeds": called.answer.embeds} if called.answer.embeds else {}),
    }


async def _next_payload(
    chat: Conversation, payload: Json, reply: ItemReply | TextReply, messages: list[Json], offered: Json
) -> tuple[Json, list[Json]]:
    """Make the payload of the next round, and the messages that the one after it begins with."""
    made = {**payload, "stream": True, "metadata": chat.metadata}
    if chat.generation == "0.6":
        made["messages"] = reply.next_messages(payload["messages"])
        return made, messages
    messages = reply.next_messages(messages)
    made["messages"] = [_clean(each) for each in messages]
    made = await chat.run_hook("request", made, offered)
    made["messages"] = merge_system(made.get("messages", []))
    return made, messages


def _clean(message: Json) -> Json:
    hidden = ("id", "output", "model", "contextSummary", "context_summary", "usage", "meta", "files")
    return {name: each for name, each in message.items() if name not in hidden}


async def _refuse_round(chat: Conversation, answer: Whole | Refused) -> None:
    if chat.generation != "0.6" and isinstance(answer, Refused):
        await _tell_error(chat, _detail_of(answer.body))


async def _break_off(chat: Conversation, error: Exception) -> None:
    chat.ended_by = chat.failure_of(error)
    if chat.generation != "0.6":
        await _tell_error(chat, str(error))


async def _tell_error(chat: Conversation, content: Json) -> None:
    _saved(chat).save({"error": {"content": content}})
    await chat.tell([{"type": "chat:message:error", "data": {"error": {"content": content}}}])


async def _stream_new_to_caller(chat: Conversation, payload: Json, answer: Stream) -> None:
    """Hand a stream to who called as 0.12 does: filters see events, and what they raise ends it."""
    offered = {**chat.offer(), **_NO_PAGE}
    said: Json = {}
    try:
        if event := _sources_event(chat):
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
        await _run_unheard_outlets(chat, payload, said)


async def _stream_old_to_caller(chat: Conversation, _payload: Json, answer: Stream) -> None:
    """Hand a stream to who called as 0.6 does: filters see the raw lines, and what they raise breaks it off."""
    offered = {**chat.offer(), **_NO_PAGE}
    try:
        if event := _sources_event(chat):
            _send(chat, await chat.run_hook("stream", event, offered))
        async for line in answer.lines:
            if told := await chat.run_hook("stream", line, offered):
                text = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
                event = _event_in(text) if isinstance(text, str) else text
                _send(chat, text.strip() if event is None else event)
    except Exception as error:  # noqa: BLE001 - the server breaks the stream off
        chat.ended_by = chat.failure_of(error)


_STREAM_TO_CALLER = {"0.12": _stream_new_to_caller, "0.6": _stream_old_to_caller}


def _event_in(text: str) -> Json:
    """Read the event of a line; None where it has none, as at the end of a stream."""
    if not text.startswith(_PREFIX):
        return None
    try:
        return json.loads(text[len(_PREFIX) :].strip())
    except ValueError:
        return None


def _send(chat: Conversation, event: Json) -> None:
    if event:
        chat.chunks.append(to_json(event))


def _add_to(said: Json, event: Json) -> None:
    """Gather of an event what the outlets of a plain call are shown."""
    for choice in event.get("choices", []) if isinstance(event, dict) else ():
        if choice.get("finish_reason"):
            said["finish_reason"] = choice["finish_reason"]
        if content := (choice.get("delta") or {}).get("content"):
            said["content"] = said.get("content", "") + content


async def _run_unheard_outlets(chat: Conversation, payload: Json, said: Json) -> None:
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
        offered.update(_NO_PAGE)
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


async def _run_page_outlets(chat: Conversation, finish_reason: str | None) -> None:
    """Run the outlets on a chat that is saved, and put what they say over its messages."""
    saved = _saved(chat)
    if chat.generation == "0.6":
        result = await _run_old_outlets(chat)
    else:
        result = await _run_new_outlets(chat, saved.chain(), CHAT, SESSION, MESSAGE, finish_reason)
    if not (isinstance(result, dict) and result.get("messages")):
        return
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
        "messages": [{name: to_json(each[name]) for name in names if name in each} for each in _saved(chat).chain()],
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
        original = _saved(chat).messages.get(message.get("id"))
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
        original = _saved(chat).messages.get(message.get("id"))
        if original is not None:
            if original.get("content") != message.get("content"):
                original["originalContent"] = original.get("content")
            original.update(message)


_APPLIERS = {"0.12": _apply_new, "0.6": _apply_old}


def _sources_event(chat: Conversation) -> Json:
    """Make the event that tells the sources of an answer; empty where it has none."""
    return {"sources": chat.sources} if chat.sources else {}


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


def _saved(chat: Conversation) -> Any:
    assert chat.saved is not None  # noqa: S101 - whoever comes here has a chat that is saved
    return chat.saved


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
