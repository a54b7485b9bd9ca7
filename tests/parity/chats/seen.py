"""What was seen of an answer, without what is new each time: ids, times, addresses and the pages' own bookkeeping."""

from __future__ import annotations

import re
from typing import Any

Json = Any
_PATTERNS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\b(msg|fco|fc|ci|r)_[0-9a-f]{24}\b"), r"<\1>"),
    (re.compile(r"errors\.pydantic\.dev/[\d.]+/"), "errors.pydantic.dev/"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "<here>"),
    (re.compile(r"\bat 0x[0-9a-f]+\b"), "at <address>"),
)
_TIMES = frozenset({"created", "timestamp", "created_at", "updated_at", "last_active_at", "started_at", "ended_at"})
#: where a message hangs in a chat, and who wrote it: the server's bookkeeping, and no plugin's doing
_BOOKKEEPING = frozenset({"id", "parentId", "childrenIds", "user", "user_id", "meta", "modelIdx", "timestamp", "model"})
#: events that keep the list of chats of a page, and those with which 0.12 takes a question back from other pages
_OF_PAGES = frozenset({"chat:list", "chat:active", "chat:messages", "request:interaction:done"})


def plain(seen: Json) -> Json:
    """Make what was seen comparable; `names` says what stands for the ids of this server and chat."""
    names = seen.get("names", {})
    kept = {name: each for name, each in seen.items() if name != "names" and each not in ([], None)}
    if "chunks" in kept:
        kept["chunks"] = [each.removeprefix("data: ") if isinstance(each, str) else each for each in kept["chunks"]]
    if "messages" in kept:
        kept["messages"] = [_without(each, _BOOKKEEPING) for each in kept["messages"]]
    if "events" in kept:
        kept["events"] = [_without_number(each) for each in kept["events"] if each.get("type") not in _OF_PAGES]
    return _plain(kept, names)


def _without(message: Json, names: frozenset[str]) -> Json:
    return {name: each for name, each in message.items() if name not in names}


def _without_number(event: Json) -> Json:
    """Take out the number that 0.12 gives to a question, for its pages alone."""
    if not isinstance(event.get("data"), dict):
        return event
    return {**event, "data": _without(event["data"], frozenset({"interaction_id"}))}


def _plain(value: Json, names: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {
            _text(name, names): "<time>" if name in _TIMES and isinstance(each, int | float) else _plain(each, names)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_plain(each, names) for each in value]
    return _text(value, names) if isinstance(value, str) else value


def _text(text: str, names: dict[str, str]) -> str:
    for literal, name in names.items():
        text = text.replace(literal, name)
    for pattern, name in _PATTERNS:
        text = pattern.sub(name, text)
    return text
