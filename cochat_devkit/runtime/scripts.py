"""What an answer of a model is, and the model that answers as a script says."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cochat_devkit.resource import Json

_EPOCH_S = 1_767_225_600
_WORD = re.compile(r"\S+\s*|\s+")


class Whole(NamedTuple):
    """Hold an answer that is not streamed."""

    body: Json


class Refused(NamedTuple):
    """Hold what a model at a URL said instead of an answer, and with which status."""

    status: int
    body: Json


class Stream(NamedTuple):
    """Hold the lines of an event stream, as they come."""

    lines: AsyncIterator[Any]


Answer = Whole | Refused | Stream


class Script:
    """Answer as a script says; it is gone through once."""

    def __init__(self, steps: tuple[Json, ...]) -> None:
        self._steps = list(steps)
        self._calls = 0

    def answer(self, body: Json, *, is_prompt: bool) -> Whole | Stream:
        """Answer a payload with the next step; a prompt for tools takes one only where it has calls."""
        if is_prompt:
            has_calls = bool(self._steps) and "calls" in self._steps[0]
            calls = self._steps.pop(0)["calls"] if has_calls else []
            asked = [{"name": each["name"], "parameters": each.get("arguments", {})} for each in calls]
            return Whole(_completion(body, {"role": "assistant", "content": json.dumps({"tool_calls": asked})}, "stop"))
        step = self._steps.pop(0) if self._steps else {"text": _last_words(body)}
        if "calls" in step:
            calls = [self._call(number, each) for number, each in enumerate(step["calls"])]
            return _said(body, [{"tool_calls": calls}], "tool_calls")
        pieces = step["chunks"] if "chunks" in step else _WORD.findall(step["text"])
        return _said(body, [{"content": each} for each in pieces], "stop")

    def _call(self, number: int, call: Json) -> Json:
        self._calls += 1
        arguments = call.get("arguments", {})
        said = arguments if isinstance(arguments, str) else json.dumps(arguments)
        function = {"name": call["name"], "arguments": said}
        return {"index": number, "id": f"call_{self._calls}", "type": "function", "function": function}


def _last_words(body: Json) -> str:
    content = body["messages"][-1].get("content") if body.get("messages") else ""
    if isinstance(content, list):
        return next((str(each.get("text", "")) for each in content if each.get("type") == "text"), "")
    return str(content or "")


def _said(body: Json, deltas: list[Json], ending: str) -> Whole | Stream:
    if not body.get("stream"):
        texts = [each["content"] for each in deltas if "content" in each]
        message: Json = {"role": "assistant", "content": "".join(texts)}
        if calls := [call for each in deltas for call in each.get("tool_calls", [])]:
            message.update(content=None, tool_calls=[{k: v for k, v in c.items() if k != "index"} for c in calls])
        return Whole(_completion(body, message, ending))

    async def lines() -> AsyncIterator[bytes]:
        for each in (*(_chunk(body, delta, None) for delta in deltas), _chunk(body, {}, ending)):
            yield b"data: " + json.dumps(each).encode() + b"\n"
            yield b"\n"
        yield b"data: [DONE]\n"
        yield b"\n"

    return Stream(lines())


def _completion(body: Json, message: Json, ending: str) -> Json:
    choice = {"index": 0, "message": message, "finish_reason": ending}
    return {**_head(body, "chat.completion"), "choices": [choice]}


def _chunk(body: Json, delta: Json, ending: str | None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": ending}
    return {**_head(body, "chat.completion.chunk"), "choices": [choice]}


def _head(body: Json, kind: str) -> Json:
    return {"id": "chatcmpl-scripted", "object": kind, "created": _EPOCH_S, "model": body["model"]}
