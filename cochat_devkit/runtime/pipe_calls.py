"""How a pipe is called, and what the server makes of whatever it returns, streamed or whole.

Source: Open WebUI 0.12.4 and 0.6.43, functions.py and utils/misc.py; checked by
tests/parity/test_running_against_server.py.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Generator, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

#: what the server hands to a pipe that names it
OFFERED = (
    *("__event_emitter__", "__event_call__", "__chat_id__", "__session_id__", "__message_id__", "__task__"),
    *("__task_body__", "__files__", "__user__", "__metadata__", "__oauth_token__", "__request__", "__tools__"),
)
_DONE = "data: [DONE]"


def _ignore(_error: Exception) -> None:
    """Make nothing of what a pipe raises beside what the reader is told."""


async def run_whole(
    instance: Any,
    body: Json,
    offered: Mapping[str, Any],
    user_valves: Mapping[str, Json],
    *,
    failed: Callable[[Exception], None] = _ignore,
) -> Json:
    """Ask for an answer that is not streamed: a completion, or what the pipe itself gave as one.

    `failed` is told what the pipe raises, of which the reader is told the text.
    """
    arguments = _arguments(instance, body, offered, user_valves)
    try:
        result = await _execute(instance.pipe, arguments)
    except Exception as error:  # noqa: BLE001 - the server tells whatever a pipe raises
        failed(error)
        return {"error": {"detail": str(error)}}
    if isinstance(result, dict) or _is_stream(result):
        return result
    if isinstance(result, BaseModel):
        return result.model_dump()
    return _completion(body["model"], await _joined(result))


async def run_streamed(
    instance: Any,
    body: Json,
    offered: Mapping[str, Any],
    user_valves: Mapping[str, Json],
    generation: Generation,
    *,
    failed: Callable[[Exception], None] = _ignore,
) -> AsyncGenerator[Any, None]:
    """Ask for an answer that is streamed: the lines of the event stream, as they are sent; `failed` as above."""
    arguments = _arguments(instance, body, offered, user_valves)
    model = body["model"]
    try:
        result = await _execute(instance.pipe, arguments)
        if _is_stream(result):
            async for each in result.body_iterator:
                yield each
            return
        if isinstance(result, dict):
            yield f"data: {json.dumps(result)}\n\n"
            return
    except Exception as error:  # noqa: BLE001 - the server tells whatever a pipe raises
        failed(error)
        yield f"data: {json.dumps({'error': {'detail': str(error)}})}\n\n"
        return
    async for each in _pieces(result):
        yield _line(model, each)
    if generation != "0.6" or isinstance(result, str | Generator):
        # 0.6 leaves an asynchronous stream without an end
        yield f"data: {json.dumps(_chunk(model, ''))}\n\n"
        yield _DONE


async def _pieces(result: Any) -> AsyncGenerator[Any, None]:
    """Go through what a pipe returned; a text is one piece, and what yields nothing has none."""
    if isinstance(result, str):
        yield _Text(result)
    elif isinstance(result, Iterator):
        for each in result:
            yield each
    elif isinstance(result, AsyncGenerator):
        async for each in result:
            yield each


class _Text(str):
    """A text that was returned and not yielded: it is a piece of the message even where it looks like an event."""

    __slots__ = ()


def _arguments(
    instance: Any, body: Json, offered: Mapping[str, Any], user_valves: Mapping[str, Json]
) -> dict[str, Any]:
    parameters = inspect.signature(instance.pipe).parameters
    given = {"body": body, **{name: each for name, each in offered.items() if name in parameters}}
    if "__user__" in given and hasattr(instance, "UserValves"):
        try:
            given["__user__"]["valves"] = instance.UserValves(**user_valves)
        except Exception:  # noqa: BLE001 - what is saved does not fit, and the class's own defaults stand in
            given["__user__"]["valves"] = instance.UserValves()
    return given


async def _execute(pipe: Any, arguments: Mapping[str, Any]) -> Any:
    result = pipe(**arguments)
    return await result if inspect.iscoroutinefunction(pipe) else result


def _is_stream(value: Any) -> bool:
    responses = sys.modules.get("starlette.responses")
    return responses is not None and isinstance(value, responses.StreamingResponse)


async def _joined(result: Any) -> str | None:
    """Join what was yielded; what is no text and yields nothing is no message."""
    if isinstance(result, str):
        return result
    if isinstance(result, Generator):
        return "".join(map(str, result))
    if isinstance(result, AsyncGenerator):
        return "".join([str(each) async for each in result])
    return None


def _line(model: str, each: Any) -> str:
    """Make a line of the stream of what a pipe yielded: its own events pass, all else is a piece of text."""
    if isinstance(each, BaseModel):
        each = f"data: {each.model_dump_json()}"
    elif isinstance(each, dict):
        each = f"data: {json.dumps(each)}"
    elif isinstance(each, bytes | bytearray):
        with contextlib.suppress(UnicodeDecodeError):
            each = each.decode("utf-8")
    is_event = not isinstance(each, _Text) and each.startswith("data:")
    return f"{each}\n\n" if is_event else f"data: {json.dumps(_chunk(model, each))}\n\n"


def _message(model: str) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": None}
    return {"id": f"{model}-{uuid.uuid4()}", "created": int(time.time()), "model": model, "choices": [choice]}


def _chunk(model: str, text: str) -> dict[str, Any]:
    found = _message(model)
    found["object"] = "chat.completion.chunk"
    found["choices"][0]["delta"] = {"content": text} if text else {}
    if not text:
        found["choices"][0]["finish_reason"] = "stop"
    return found


def _completion(model: str, text: str | None) -> dict[str, Any]:
    found = _message(model)
    found["object"] = "chat.completion"
    if text is not None:
        found["choices"][0]["message"] = {"role": "assistant", "content": text}
    found["choices"][0]["finish_reason"] = "stop"
    return found
