"""One hook of a filter, pipe, action or event, called as the server calls it: with what it is handed, and what came.

Source: Open WebUI 0.12.4 and 0.6.43, utils/filter.py, functions.py, utils/actions.py, events.py; checked by
tests/parity/chats/.
"""

from __future__ import annotations

import importlib
import inspect
import json
import time
from typing import TYPE_CHECKING, Any

from cochat_devkit.plugin import Call, CallResult, LoadRequest, Part, Turn
from cochat_devkit.runtime.action_calls import OFFERED as OFFERED_TO_ACTIONS
from cochat_devkit.runtime.action_calls import run_action
from cochat_devkit.runtime.conversation import CHAT, MESSAGE, SESSION, Conversation, Plugin
from cochat_devkit.runtime.filter_chain import OFFERED as OFFERED_TO_FILTERS
from cochat_devkit.runtime.filter_chain import Link, run_chain
from cochat_devkit.runtime.loading import Loaded, hook_names, to_failure
from cochat_devkit.runtime.offers import ask_for_offer
from cochat_devkit.runtime.people import EPOCH_S
from cochat_devkit.runtime.pipe_calls import OFFERED as OFFERED_TO_PIPES
from cochat_devkit.runtime.pipe_calls import run_streamed, run_whole
from cochat_devkit.runtime.saved_valves import apply_valves, apply_valves_to_pipe
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.turn_models import answer_plugins
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

#: what a hook calls its payload; the others call it `body`
_PAYLOADS = {"stream": "event", "event": "event"}
_WORDS = ("text", "id")


class NoSuchHook(Exception):
    """A function has no hook of that name, or the words are none of it."""


class _Asked(NamedTuple):
    """Hold one call: of what, in which chat, with which payload."""

    plugin: Plugin
    chat: Conversation
    call: Call
    payload: Json
    errors: list[Exception]

    @property
    def instance(self) -> Any:
        """Name the one that has the hook."""
        return self.plugin.loaded.instance


async def call_hook(loaded: Loaded, request: LoadRequest, call: Call, generation: Generation) -> CallResult:
    """Call one hook of a loaded function; `call.words` have its payload, as JSON, or the text of a message.

    Raises:
        NoSuchHook: it has none of that name, or a word is none of it.
        Exception: its valves do not fit what is saved.
    """
    has = hook_names(loaded, generation)
    if call.method not in has:
        raise NoSuchHook(f"the {loaded.type} has no hook {call.method}; it has: {', '.join(has) or 'none'}")
    plugin = Plugin(Part(request, call.valves, call.user_valves), loaded)
    question = {"role": "user", "content": call.words.get("text", "hello")}
    model = await _model_of(plugin)
    turn = Turn([question], (plugin.part,), model, role=call.role, replies=call.replies)
    chat = Conversation([plugin], turn, generation)
    answer_plugins(chat)
    asked = _Asked(plugin, chat, call, _payload(chat, call), [])
    begun = time.perf_counter()
    value: Any = None
    try:
        value = await _CALLERS[loaded.type](asked)
    except NoSuchHook:
        raise
    except Exception as error:  # noqa: BLE001 - a hook may raise anything, and that is the answer
        asked.errors.append(error)
    ms = (time.perf_counter() - begun) * 1000
    told = to_json(value)
    return CallResult(
        text=_text_of(told, call.method),
        value=told,
        before=asked.payload,
        events=chat.page.events,
        error=to_failure(asked.errors[0], loaded.filename) if asked.errors else None,
        ms=ms,
    )


def _text_of(value: Json, hook: str) -> str:
    """Write what came: of an answer its text, of all else the whole."""
    answers = value if isinstance(value, list) else [value]
    choices = [each["choices"][0] for each in answers if isinstance(each, dict) and each.get("choices")]
    if hook == "pipe" and choices:
        parts = [each.get("delta") or each.get("message") or {} for each in choices]
        return "".join(str(each.get("content") or "") for each in parts)
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


async def _model_of(plugin: Plugin) -> str:
    """Name the model that is asked: a pipe itself, or the first of its own."""
    if plugin.loaded.type != "pipe":
        return "scripted"
    models = (await ask_for_offer(plugin.loaded, plugin.part.valves)).models
    return f"{plugin.id}.{models[0]['id']}" if models else plugin.id


def _payload(chat: Conversation, call: Call) -> Json:
    """Read the payload from the words, with what a server puts beside it."""
    name = _PAYLOADS.get(call.method, "body")
    strange = [each for each in call.words if each not in (name, *_WORDS)]
    if strange:
        raise NoSuchHook(f"{strange[0]} is no word of {call.method}: give {name}=JSON, or text=…")
    given: Json = {}
    if name in call.words:
        try:
            given = json.loads(call.words[name])
        except ValueError as error:
            raise NoSuchHook(f"{name} is no JSON: {error}") from None
    if not isinstance(given, dict):
        return given
    return {**_BESIDE.get(call.method, _beside_a_body)(chat, call), **given}


def _beside_a_body(chat: Conversation, _call: Call) -> Json:
    return to_json({name: each for name, each in chat.body.items() if name != "metadata"})


def _beside_a_saved_chat(chat: Conversation, _call: Call) -> Json:
    messages = [{"id": "message-1", **each} for each in to_json(chat.turn.messages)]
    answer = {"id": MESSAGE, "role": "assistant", "content": "An answer."}
    whereabouts = {"chat_id": CHAT, "session_id": SESSION, "id": MESSAGE}
    return {"model": chat.model["id"], "messages": [*messages, answer], **whereabouts}


def _beside_a_chunk(chat: Conversation, call: Call) -> Json:
    if "event" in call.words:
        return {}
    choice = {"index": 0, "delta": {"content": call.words.get("text", "hello")}, "finish_reason": None}
    return {"id": "chunk", "object": "chat.completion.chunk", "model": chat.model["id"], "choices": [choice]}


def _beside_an_event(_chat: Conversation, _call: Call) -> Json:
    return {
        "schema": home.version(),
        "id": "event-of-the-devkit",
        "event": "tool.created",
        "resource": "tool",
        "operation": "created",
        "created_at": EPOCH_S,
        "instance_id": None,
        "version": home.version(),
        "source": "api",
        "actor": None,
        "subject": None,
        "data": {},
        "message": None,
    }


_BESIDE: dict[str, Callable[[Conversation, Call], Json]] = {
    "outlet": _beside_a_saved_chat,
    "action": _beside_a_saved_chat,
    "stream": _beside_a_chunk,
    "event": _beside_an_event,
}


async def _call_filter(asked: _Asked) -> Any:
    chat, hook = asked.chat, asked.call.method
    given = {**chat.offer(), "__features__": {}, "__body__": {**asked.payload} if hook == "stream" else {}}
    offered = {name: given[name] for name in OFFERED_TO_FILTERS[chat.generation].get(hook, ()) if name in given}
    is_sent = hook in ("inlet", "request") and isinstance(asked.payload, dict)
    payload = {**to_json(asked.payload), "metadata": chat.metadata} if is_sent else to_json(asked.payload)
    link = Link(asked.plugin.id, asked.instance, asked.call.valves, asked.call.user_valves)
    told, _steps = await run_chain([link], hook, payload, offered, chat.generation)
    if is_sent and isinstance(told, dict) and told.get("metadata") is chat.metadata:
        return {name: each for name, each in told.items() if name != "metadata"}
    return told


async def _call_pipe(asked: _Asked) -> Any:
    if asked.call.method == "pipes":
        offer = await ask_for_offer(asked.plugin.loaded, asked.call.valves)
        return offer.models
    chat, body = asked.chat, to_json(asked.payload)
    more: dict[str, Any] = {
        "__tools__": {},
        "__task__": None,
        "__task_body__": None,
        "__files__": [],
        "__session_id__": SESSION,
    }
    given = {**chat.offer(), "__chat_id__": CHAT, "__message_id__": MESSAGE, **more}
    offered = {name: given[name] for name in OFFERED_TO_PIPES}
    apply_valves_to_pipe(asked.instance, asked.call.valves)
    valves, failed = asked.call.user_valves, asked.errors.append
    if not body.get("stream"):
        return await run_whole(asked.instance, body, offered, valves, failed=failed)
    lines = run_streamed(asked.instance, body, offered, valves, chat.generation, failed=failed)
    return [_event_in(line) async for line in lines if str(line).strip()]


def _event_in(line: Any) -> Any:
    text = (line.decode("utf-8", "replace") if isinstance(line, bytes) else str(line)).strip()
    try:
        return json.loads(text.removeprefix("data:"))
    except ValueError:
        return text


async def _call_action(asked: _Asked) -> Any:
    chat, instance = asked.chat, asked.instance
    apply_valves(instance, asked.call.valves)
    given = {**chat.offer(), "__id__": asked.call.words.get("id", asked.plugin.id)}
    offered = {name: given[name] for name in OFFERED_TO_ACTIONS}
    body = to_json(asked.payload)
    value, _embeds = await run_action(asked.plugin.id, instance, body, offered, asked.call.user_valves, chat.generation)
    return value


async def _call_event(asked: _Asked) -> Any:
    instance, payload = asked.instance, to_json(asked.payload)
    apply_valves(instance, asked.call.valves)
    model = importlib.import_module("open_webui.events").Event
    given = {
        "event": payload,
        "__id__": asked.plugin.id,
        "__event__": model(**payload),
        "__event_id__": payload.get("id"),
        "__event_name__": payload.get("event"),
        "__app__": asked.chat.request.app,
        "__request__": asked.chat.request,
    }
    parameters = inspect.signature(instance.event).parameters
    takes_all = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    named = {name: each for name, each in given.items() if takes_all or name in parameters}
    result = instance.event(**named)
    return await result if inspect.iscoroutinefunction(instance.event) else result


_CALLERS: Mapping[str, Callable[[_Asked], Coroutine[Any, Any, Any]]] = {
    "filter": _call_filter,
    "pipe": _call_pipe,
    "action": _call_action,
    "event": _call_event,
}
