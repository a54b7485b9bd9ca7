"""What an answer of a model is, and the model that answers as a script says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cochat_devkit.resource import Json

_EPOCH_S = 1_767_225_600


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
#: what stands before the event in a line of a stream
PREFIX = "data:"


def detail_of(body: Json) -> str:
    """Say in a sentence what a model refused with."""
    error = body.get("error", body) if isinstance(body, dict) else body
    said = error.get("message", error) if isinstance(error, dict) else error
    return said if isinstance(said, str) else json.dumps(said)


class Script:
    """Answer as a script says; it is gone through once."""

    def __init__(self, steps: tuple[Json, ...]) -> None:
        self._steps = list(steps)
        self._asked = 0

    @property
    def left(self) -> tuple[Json, ...]:
        """Give the steps that were not said."""
        return tuple(self._steps)

    def answer(self, body: Json, *, is_prompt: bool) -> Answer:
        """Answer a payload with the next step; a prompt for tools takes one only where it has calls."""
        self._asked += 1
        if is_prompt and not (self._steps and _answers_prompt(self._steps[0])):
            return Whole(self._completion({"role": "assistant", "content": "{}"}, "stop"))
        step: Json = self._steps.pop(0) if self._steps else {"text": _last_words(body)}
        if "status" in step:
            return Refused(step["status"], step.get("body"))
        if is_prompt and "calls" in step:
            asked = [{"name": each["name"], "parameters": each.get("arguments", {})} for each in step["calls"]]
            return Whole(self._completion({"role": "assistant", "content": json.dumps({"tool_calls": asked})}, "stop"))
        calls = [self._call(number, each) for number, each in enumerate(step.get("calls", []))]
        pieces = [] if calls else step.get("pieces", [step.get("text", "")])
        ending = "tool_calls" if calls else "stop"
        if body.get("stream"):
            deltas = [{"tool_calls": [each]} for each in calls] + [{"content": each} for each in pieces]
            return Stream(self._lines([{"role": "assistant", **each} for each in deltas], ending))
        content = None if calls else "".join(pieces)
        more = {"tool_calls": calls} if calls else {}
        return Whole(self._completion({"role": "assistant", "content": content, **more}, ending))

    def _call(self, number: int, call: Json) -> Json:
        arguments = call.get("arguments", {})
        said = arguments if isinstance(arguments, str) else json.dumps(arguments)
        function = {"name": call["name"], "arguments": said}
        return {"index": number, "id": f"call_{self._asked}_{number}", "type": "function", "function": function}

    async def _lines(self, deltas: list[Json], ending: str) -> AsyncIterator[bytes]:
        """Write the lines of a stream as a server reads them: each event, and an empty line behind it."""
        head = self._head("chat.completion.chunk")
        choices = [{"index": 0, "delta": each, "finish_reason": None} for each in deltas]
        for each in (*choices, {"index": 0, "delta": {}, "finish_reason": ending}):
            yield b"data: " + json.dumps({**head, "choices": [each]}).encode() + b"\n"
            yield b"\n"
        yield b"data: [DONE]\n"
        yield b"\n"

    def _completion(self, message: Json, ending: str) -> Json:
        return {
            **self._head("chat.completion"),
            "choices": [{"index": 0, "message": message, "finish_reason": ending}],
        }

    def _head(self, kind: str) -> Json:
        return {"object": kind, "id": f"chatcmpl-{self._asked}", "created": _EPOCH_S, "model": "scripted"}


def _answers_prompt(step: Json) -> bool:
    """Tell whether a step is an answer to the question which tools to call."""
    return "calls" in step or "status" in step or str(step.get("text", "")).lstrip().startswith("{")


def _last_words(body: Json) -> str:
    content = body["messages"][-1].get("content") if body.get("messages") else ""
    if isinstance(content, list):
        return "".join(str(each.get("text", "")) for each in content)
    return str(content or "")
