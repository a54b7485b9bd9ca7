"""What becomes of a question before a model is asked: inlets, tools, what these found, and the last word of filters.

Source: Open WebUI 0.12.4 and 0.6.43, main.py and utils/middleware.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.reply_items import plain_messages
from cochat_devkit.runtime.texts import add_found, context_of, fill_in, last_question, merge_system, text_of
from cochat_devkit.runtime.tool_prompts import call_prompted
from cochat_devkit.runtime.turn_tools import make_tools

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.conversation import Conversation

#: what of a request needs a server: there is nothing here that could do it
_LEFT_OUT = ("web_search", "image_generation", "memory", "code_interpreter", "voice")


async def prepare(chat: Conversation) -> Json:
    """Make the payload that the model is given: inlets, tools, what these found, and the last word of filters."""
    payload = chat.body
    _apply_params(chat, payload)
    payload["messages"] = _messages_of(chat, payload)
    offered = chat.offer()
    payload.pop("variables", None)
    payload = await chat.run_hook("inlet", payload, offered)
    features = payload.pop("features", None)
    skills = payload.pop("skill_ids", None) if chat.generation != "0.6" else None
    _leave_out(chat, [*(name for name in _LEFT_OUT if (features or {}).get(name)), *(["skills"] if skills else [])])
    tool_ids, files = payload.pop("tool_ids", None), _without_doubles(payload.pop("files", None))
    _learn(chat, payload, tool_ids, files, features)
    if chat.generation != "0.6":
        offered["__features__"] = features or {}
    sources = await _add_tools(chat, payload, offered)
    if chat.generation != "0.6":
        _learn_base(chat, payload, sources)
    question = last_question(payload["messages"])
    if sources and question:
        add_found(context_of(sources), question, payload["messages"])
        chat.sources = [each for each in sources if each["source"].get("name") or each["source"].get("id")]
    if chat.generation != "0.6":
        payload = await chat.run_hook("request", payload, offered)
        payload["messages"] = merge_system(payload.get("messages", []))
    return payload


def _messages_of(chat: Conversation, payload: Json) -> list[Json]:
    """Bring messages into the form in which models take them, as 0.12 does; both fill in what a system prompt names."""
    messages: list[Json] = payload.get("messages", [])
    if chat.generation != "0.6":
        messages = plain_messages(messages, is_saved=chat.is_page)
    system = next((each for each in messages if each.get("role") == "system"), None)
    if system is not None and isinstance(system.get("content"), str) and system["content"]:
        system["content"] = fill_in(system["content"], chat.metadata, chat.make_user())
    return messages


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


def _leave_out(chat: Conversation, names: list[str]) -> None:
    """Say what is not done: what the server does by itself, and what hangs on the agent and on the request."""
    meta = (chat.turn.agent or {}).get("meta") or {}
    found = [name for name, key in (("knowledge", "knowledge"), ("skills", "skillIds")) if meta.get(key)]
    files = ["files"] if chat.body.get("files") else []
    for name in dict.fromkeys((*names, *found, *files)):
        chat.note("left out", name, result=f"{name}: the server's own, and not there offline")


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
    if chat.generation != "0.6" and chat.turn.body.get("tools") is not None:
        return []  # who brings tools of their own gets no others
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
