"""The tree of a chat's messages: how it is mended, joined and added to. Nothing here looks outside.

Source: Open WebUI 0.12.4 and 0.6.43, models/chats.py, models/chat_messages.py; checked by
tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: what the newer servers keep of a message beside its chat, in their order; others are in the chat alone
_KEPT = ("user_id", "role", "parentId", "content", "output", "model", "files", "sources", "embeds", "meta", "done")
_KEPT_AFTER = ("statusHistory", "error", "usage", "contextSummary", "timestamp")
#: what providers call the tokens that went in, and those that came out
_TOKENS_IN = ("input_tokens", "prompt_tokens", "prompt_eval_count")
_TOKENS_OUT = ("output_tokens", "completion_tokens", "eval_count", "predicted_n")
_ANSWERS_TO = {"user": "assistant", "assistant": "user"}

Message = dict[str, Any]


def clean(value: Any) -> Any:
    """Take out of all texts what a database does not keep: null characters, and halves of letters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "surrogatepass").decode("utf-8", "ignore")
    if isinstance(value, dict):
        return {name: clean(each) for name, each in value.items()}
    return [clean(each) for each in value] if isinstance(value, list) else value


def messages_of(chat: Mapping[str, Any]) -> dict[str, Message]:
    """Give the messages of a chat's history by id."""
    return (chat.get("history") or {}).get("messages") or {}


def mend(chat: dict[str, Any]) -> None:
    """Let each message know those that follow it, and let the current one be the last of its branch."""
    history = chat.get("history")
    if not isinstance(history, dict) or not isinstance(history.get("messages"), dict):
        return
    messages = history["messages"]
    for id_, message in messages.items():
        _tell_parent(messages, message.get("parentId"), id_)
    current = messages.get(history.get("currentId"))
    if current and current.get("id") and current.get("role"):
        history["currentId"] = _last_of_branch(messages, history["currentId"])
        return
    leaves = [each for each in messages if messages[each].get("role") and not messages[each].get("childrenIds")]
    if leaves:
        history["currentId"] = max(leaves, key=lambda each: messages[each].get("timestamp") or 0)


def current_of(chat: Mapping[str, Any]) -> str | None:
    """Name the message that a page shows last."""
    history = chat.get("history") if isinstance(chat.get("history"), dict) else {}
    named = (history or {}).get("currentId") or chat.get("currentId") or chat.get("branchPointMessageId")
    listed = chat.get("messages") if isinstance(chat.get("messages"), list) else []
    return named or next((each["id"] for each in reversed(listed or []) if each.get("id")), None)


def join(stored: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Join two histories: messages of both stay, and the later word counts."""
    messages = {
        id_: {**message, "childrenIds": []}
        for id_, message in {**(stored.get("messages") or {}), **(told.get("messages") or {})}.items()
    }
    for id_, message in messages.items():
        if message.get("parentId") in messages:
            messages[message["parentId"]]["childrenIds"].append(id_)
    current = next((each for each in (told.get("currentId"), stored.get("currentId")) if each in messages), None)
    return {**stored, **told, "messages": messages, "currentId": current}


def put(history: dict[str, Any], id_: str, message: Mapping[str, Any], now: int) -> Message:
    """Put a message into a history, or more words of one that is there."""
    messages = history.setdefault("messages", {})
    if id_ in messages:
        messages[id_] = {**messages[id_], **message}
    else:
        parent_id = message.get("parentId") or next(
            (each for each, other in messages.items() if id_ in other.get("childrenIds", [])), None
        )
        parent_role = messages.get(parent_id, {}).get("role")
        messages[id_] = {
            **message,
            "id": message.get("id") or id_,
            "parentId": parent_id,
            "childrenIds": message.get("childrenIds") or [],
            "role": message.get("role") or _ANSWERS_TO.get(parent_role, "assistant"),
            "timestamp": message.get("timestamp") or now,
        }
        history["currentId"] = id_
    _tell_parent(messages, messages[id_].get("parentId"), id_)
    placed: Message = messages[id_]
    return placed


def rows_of(chat: Mapping[str, Any], user_id: str, now: int) -> dict[str, Message]:
    """Show messages as they are kept beside a chat: what has a value, in the order of the columns."""
    kept = {id_: _row_of(id_, each, user_id, now) for id_, each in messages_of(chat).items() if each.get("role")}
    for id_, message in kept.items():
        _tell_parent(kept, message.get("parentId"), id_)
    for message in kept.values():
        message.setdefault("childrenIds", [])
    return kept


def _row_of(id_: str, message: Mapping[str, Any], user_id: str, now: int) -> Message:
    usage = _to_usage(message.get("usage") or (message.get("info") or {}).get("usage"))
    told = {"user_id": user_id, "done": True, "timestamp": now, **message, "usage": usage}
    found = {name: told[name] for name in (*_KEPT, *_KEPT_AFTER) if told.get(name) is not None}
    return {"id": id_, **found, "content": found.get("content", ""), **({"info": {"usage": usage}} if usage else {})}


def _to_usage(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Count tokens under the names of the server's, beside those of the provider."""
    if not told:
        return None
    put_in = next((told[name] for name in _TOKENS_IN if told.get(name)), None)
    if put_in is None:
        put_in = int(told.get("prompt_n") or 0) + int(told.get("cache_n") or 0)
    put_out = next((told[name] for name in _TOKENS_OUT if told.get(name)), 0)
    total = told.get("total_tokens") or put_in + put_out
    return {**told, "input_tokens": put_in, "output_tokens": put_out, "total_tokens": total}


def _tell_parent(messages: dict[str, Message], parent_id: str | None, id_: str) -> None:
    parent = messages.get(parent_id) if parent_id else None
    if parent is not None and id_ not in parent.setdefault("childrenIds", []):
        parent["childrenIds"].append(id_)


def _last_of_branch(messages: Mapping[str, Message], id_: str) -> str:
    seen = set()
    while id_ not in seen:
        seen.add(id_)
        children = reversed(messages[id_].get("childrenIds") or [])
        id_ = next((each for each in children if _follows(messages.get(each), each, id_, seen)), id_)
    return id_


def _follows(message: Message | None, id_: str, parent_id: str, seen: set[str]) -> bool:
    if message is None or id_ in seen:
        return False
    return message.get("id") == id_ and bool(message.get("role")) and message.get("parentId") == parent_id
