"""One call of a tool in a child process: its valves, who calls, what is handed to it, and what it came to."""

from __future__ import annotations

import importlib
import json
import time
from typing import TYPE_CHECKING, Any

from cochat_devkit.plugin import Call, CallResult
from cochat_devkit.runtime.events import Page
from cochat_devkit.runtime.loading import Loaded, stored_specs, to_failure
from cochat_devkit.runtime.standins.refusing import Refusing
from cochat_devkit.runtime.tool_calls import OFFERED, call_tool, parse_arguments

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

_CHAT, _MESSAGE, _SESSION = "chat-of-the-devkit", "message-of-the-devkit", "session-of-the-devkit"
_EPOCH_S = 1_767_225_600
MODEL = {"id": "scripted", "name": "Scripted", "object": "model", "owned_by": "openai"}


class NoSuchMethod(Exception):
    """A tool has no method of that name."""


async def make_call(loaded: Loaded, id_: str, call: Call, generation: Generation) -> CallResult:
    """Call one method of a loaded tool.

    Raises:
        NoSuchMethod: it has none of that name.
        Exception: its valves do not fit what is saved.
    """
    instance = loaded.instance
    specs = {spec["name"]: spec for spec in stored_specs(loaded, generation)}
    if call.method not in specs:
        known = ", ".join(specs) or "none"
        raise NoSuchMethod(f"the tool has no method {call.method}; it has: {known}")
    if hasattr(instance, "valves") and hasattr(instance, "Valves"):
        instance.valves = instance.Valves(**call.valves)
    page = Page(call.replies, generation)
    user = make_user(call.role)
    if hasattr(instance, "UserValves"):
        user["valves"] = instance.UserValves(**call.user_valves)
    offered = _offer(id_, user, page)
    spec = specs[call.method]
    arguments = parse_arguments(spec, call.words)
    begun = time.perf_counter()
    named = {name: offered[name] for name in OFFERED[generation]}
    answer, error = await call_tool(instance, spec, arguments, named, generation)
    return CallResult(
        text=answer.text if isinstance(answer.text, str | None) else repr(answer.text),
        files=answer.files,
        embeds=answer.embeds,
        events=json.loads(json.dumps(page.events, default=repr)),
        error=to_failure(error, loaded.filename) if error is not None else None,
        ms=(time.perf_counter() - begun) * 1000,
    )


def make_user(role: str) -> dict[str, Any]:
    """Make the person who calls, as the played version describes people to plugins."""
    model = importlib.import_module("open_webui.models.users").UserModel
    person = model(
        id=f"{role}-of-the-devkit",
        name=role.capitalize(),
        email=f"{role}@example.com",
        role=role,
        profile_image_url="/user.png",
        last_active_at=_EPOCH_S,
        updated_at=_EPOCH_S,
        created_at=_EPOCH_S,
    )
    found: dict[str, Any] = person.model_dump()
    return found


def _offer(id_: str, user: dict[str, Any], page: Page) -> dict[str, Json]:
    metadata = {
        "user_id": user["id"],
        "chat_id": _CHAT,
        "message_id": _MESSAGE,
        "session_id": _SESSION,
        "tool_ids": [id_],
        "filter_ids": [],
        "files": None,
        "features": {},
        "variables": {},
        "model": MODEL,
    }
    return {
        "__event_emitter__": page.emit,
        "__event_call__": page.ask,
        "__user__": user,
        "__metadata__": metadata,
        "__oauth_token__": None,
        "__request__": Refusing("__request__"),
        "__model__": MODEL,
        "__chat_id__": _CHAT,
        "__message_id__": _MESSAGE,
        "__messages__": [],
        "__files__": [],
        "__id__": id_,
        "__features__": {},
    }
