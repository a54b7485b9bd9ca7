"""Who answers in a turn: a scripted model, an OpenAI-compatible one at a URL, or a pipe.

Each is given a payload and says a `Whole` answer, a `Stream` of lines, or that it `Refused`.

Source: Open WebUI 0.12.4 and 0.6.43, utils/chat.py, functions.py and routers/openai.py; checked by
tests/parity/chats/.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.offers import ask_for_offer
from cochat_devkit.runtime.pipe_calls import run_streamed, run_whole
from cochat_devkit.runtime.saved_valves import apply_valves_to_pipe
from cochat_devkit.runtime.scripts import Answer, Refused, Stream, Whole
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.runtime.standins.library import completions
from cochat_devkit.runtime.texts import add_system_text, fill_in
from cochat_devkit.runtime.turn_tools import make_tools

if TYPE_CHECKING:
    import http.client
    from collections.abc import AsyncIterator, Callable, Iterator

    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.conversation import Conversation, Plugin

_TIMEOUT_S = 300.0
_FAILED = 400
#: what 0.12 and 0.6 say of a model to themselves alone
_OWN_PARAMS = (
    *("stream_response", "stream_delta_chunk_size", "function_calling", "reasoning_tags", "system"),
    *("compact_token_threshold", "note_id", "tool_approval_mode", "model_controls", "custom_params"),
)


class NoAnswer(Exception):
    """A model at a URL cannot be reached, or says what is no answer."""


class UnknownModel(Exception):
    """A model is asked that nobody serves."""


async def check_model(chat: Conversation) -> None:
    """See whether the model that is asked is one of the list: a pipe with models of its own is none itself.

    Raises:
        UnknownModel: it is not.
        Exception: the valves of a pipe do not fit.
    """
    id_, _, _own = chat.base_model.partition(".")
    pipe = chat.pipes.get(id_)
    if pipe is None:
        return
    offer = await ask_for_offer(pipe.loaded, pipe.part.valves)
    models = {id_: id_} if offer.models is None else {f"{id_}.{each['id']}": each["name"] for each in offer.models}
    if chat.base_model not in models:
        raise UnknownModel("Model not found")
    if not chat.turn.agent:
        chat.model["name"] = models[chat.base_model]


async def read_out(response: Any) -> str:
    """Read the whole text of a response that a pipe returned."""
    pieces = [each async for each in response.body_iterator]
    return "".join(each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in pieces)


async def ask(chat: Conversation, payload: Json, *, is_first: bool = True) -> Answer:
    """Give a payload to who answers; `is_first` is false for the rounds after tools were called.

    Raises:
        Exception: whatever keeps the model from being asked at all.
    """
    metadata = {**payload.get("metadata", {}), **chat.request.state.metadata}
    payload = {**payload, "metadata": metadata}
    is_agent = chat.turn.agent is not None and payload["model"] == chat.model["id"]
    # a filter may have named another model than the one that was asked
    model = chat.base_model if is_agent else payload["model"]
    pipe = chat.pipes.get(model.partition(".")[0])
    if pipe is not None:
        return await _ask_pipe(chat, pipe, {**payload, "model": model}, is_agent=is_agent, is_first=is_first)
    body = {name: each for name, each in payload.items() if name != "metadata"}
    body["model"] = model
    if is_agent:
        _apply_agent(chat, body, metadata, is_first=is_first)
    return await _ask_model(chat, body, metadata)


def answer_plugins(chat: Conversation, *, then: Callable[[], None] = lambda: None) -> None:
    """Let the models of a turn answer where a plugin itself asks one: the turn's own, or the scripted one beside it.

    `then` is called after each.
    """

    async def answer(form: Json) -> Json:
        if form["model"] in (chat.model["id"], chat.base_model):
            found = await ask(chat, form)
        else:
            body = {name: each for name, each in form.items() if name != "metadata"}
            found = await _ask_model(chat, body, form.get("metadata", {}))
        then()
        if isinstance(found, Refused):
            raise NoAnswer(f"the model {form['model']} answered {found.status}: {json.dumps(found.body)}")
        return found.lines if isinstance(found, Stream) else found.body

    completions.answer_with(answer)


async def _ask_model(chat: Conversation, body: Json, metadata: Json) -> Answer:
    asked = to_json(body)
    chat.requests.append(asked)
    step = chat.note("model", body["model"], before=asked, after=None)
    if chat.turn.endpoint is not None:
        return _noted(step, await asyncio.to_thread(_post, chat.turn.endpoint, body))
    is_prompt = metadata.get("task") == "function_calling"
    return _noted(step, chat.script.answer(body, is_prompt=is_prompt))


def _apply_agent(chat: Conversation, body: Json, metadata: Json, *, is_first: bool) -> None:
    """Put an agent's parameters into a payload, and its system prompt before its messages, where it stands there."""
    params = chat.agent_params
    for name, value in {**params, **(params.get("custom_params") or {})}.items():
        # on 0.6 an agent's parameters win over those of the request
        if value is not None and name not in _OWN_PARAMS and (chat.generation == "0.6" or name not in body):
            body[name] = value
    # 0.12 adds the prompt in the first round alone; 0.6 adds it in each, to the same message
    if params.get("system") and (is_first or chat.generation == "0.6"):
        add_system_text(fill_in(params["system"], metadata, chat.make_user()), body["messages"])


async def _ask_pipe(chat: Conversation, pipe: Plugin, payload: Json, *, is_agent: bool, is_first: bool) -> Answer:
    metadata = payload["metadata"]
    body = {name: each for name, each in payload.items() if name != "metadata"}
    offered = _offer_to_pipe(chat, body, metadata)
    if is_agent:
        _apply_agent(chat, body, metadata, is_first=is_first)
    instance = pipe.loaded.instance
    apply_valves_to_pipe(instance, pipe.part.valves)
    asked = to_json(body)
    chat.requests.append(asked)
    step = chat.note("pipe", pipe.id, before=asked, after=None)

    def failed(error: Exception) -> None:
        step["error"] = chat.told(error, pipe.id)
        if metadata.get("task") is None:
            chat.ended_by = chat.failure_of(error, pipe.id)

    if body.get("stream", False):
        lines = run_streamed(instance, body, offered, pipe.part.user_valves, chat.generation, failed=failed)
        return _noted(step, Stream(lines))
    told = await run_whole(instance, body, offered, pipe.part.user_valves, failed=failed)
    return _noted(step, Stream(told.body_iterator) if _is_of_events(told) else Whole(told))


def _is_of_events(response: Any) -> bool:
    """Tell whether a pipe returned a stream of events; any other is handed on as it is."""
    return hasattr(response, "body_iterator") and "text/event-stream" in response.headers["Content-Type"]


def _offer_to_pipe(chat: Conversation, body: Json, metadata: Json) -> dict[str, Any]:
    files = metadata.get("files") or [] if chat.generation != "0.6" else metadata.get("files", [])
    offered = {
        "__event_emitter__": chat.page.emit,
        "__event_call__": chat.page.ask,
        "__chat_id__": metadata.get("chat_id"),
        "__session_id__": metadata.get("session_id"),
        "__message_id__": metadata.get("message_id"),
        "__task__": metadata.get("task"),
        "__task_body__": metadata.get("task_body"),
        "__files__": files,
        "__user__": chat.make_user(),
        "__metadata__": metadata,
        "__oauth_token__": None,
        "__request__": chat.request,
    }
    if chat.generation != "0.6":
        return {**offered, "__tools__": metadata.get("tools", {})}
    ids = metadata.get("tool_ids") or []
    more = {"__model__": chat.model, "__messages__": body["messages"]}
    asked_for = [each for each in chat.tools if each.id in ids]
    return {**offered, "__tools__": make_tools(asked_for, {**offered, **more}, chat.generation)}


def _noted(step: Json, answer: Answer) -> Answer:
    """Write down what an answer was; that of a stream when it has ended."""
    if not isinstance(answer, Stream):
        step["after"] = to_json(answer.body)
        return answer

    async def watched() -> AsyncIterator[Any]:
        step["after"] = []
        async for line in answer.lines:
            step["after"].append(line.decode("utf-8", "replace") if isinstance(line, bytes) else to_json(line))
            yield line

    return Stream(watched())


def _post(base_url: str, body: Json) -> Answer:
    """Post a payload to a model at a URL.

    Raises:
        NoAnswer: it cannot be reached, or what it says is no JSON.
    """
    # the many turns that ask no server do without
    import http.client
    import urllib.parse

    place = urllib.parse.urlsplit(f"{base_url.rstrip('/')}/chat/completions")
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", place.path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.status < _FAILED and "text/event-stream" in response.headers.get("Content-Type", ""):
            return Stream(_lines_of(response))
        said = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"the model at {base_url} cannot be asked: {error}") from error
    try:
        answer = json.loads(said)
    except ValueError:
        answer = said
    return Refused(response.status, answer) if response.status >= _FAILED else Whole(answer)


async def _lines_of(response: http.client.HTTPResponse) -> AsyncIterator[bytes]:
    reader: Iterator[bytes] = iter(response.readline, b"")
    while (line := await asyncio.to_thread(next, reader, b"")) != b"":
        yield line
