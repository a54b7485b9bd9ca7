"""`open_webui.utils.chat`: who answers where a plugin itself asks a model.

Whoever runs a plugin says so with `answer_with`; while nobody answers, asking refuses.

Source: Open WebUI 0.12.4 and 0.6.43, utils/chat.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.refusing import NotOffline

#: given the payload, gives a whole completion, or the lines of a stream
Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any] | AsyncIterator[Any]]]


def answer_with(answer: Answer | None) -> None:
    """Say who answers from now on, until the memory is reset; None for nobody."""
    memory.set_answerer("model", answer)


async def generate_chat_completion(request: Any, form_data: dict[str, Any]) -> Any:
    """Ask a model, one that the application has; who may ask it is not looked at.

    Raises:
        Exception: there is no model of that name; the server's own class and words.
    """
    if hasattr(request.state, "metadata"):
        form_data["metadata"] = {**form_data.get("metadata", {}), **request.state.metadata}
    if form_data["model"] not in request.app.state.MODELS:
        raise Exception("Model not found")  # noqa: TRY002 - the server's own
    answer: Answer | None = memory.answerer("model")
    if answer is None:
        raise NotOffline(f"the model {form_data['model']!r} (`cochat chat` has one that answers, a test `model`)")
    found = await answer(form_data)
    if isinstance(found, dict):
        return found
    return home.module("utils.chat").StreamingResponse(found, media_type="text/event-stream")


PLAYS = {"generate_chat_completion": generate_chat_completion}
