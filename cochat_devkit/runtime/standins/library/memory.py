"""What the played server keeps: people, chats, files and the like, in memory, for one process or one test.

Whoever runs a plugin puts in what the plugin may find; `standins.finder.install` empties it. Rows are plain values, as
a database has them: what plugins get are instances of the models of the version that is played.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cochat_devkit.resource import Json

Row = dict[str, Any]

#: by table and id, in the order in which they came
_TABLES: dict[str, dict[str, Row]] = {}
#: by table, what puts more into it
_FILLERS: dict[str, list[Callable[[], object]]] = {}
#: what answers for the server beside its tables, by what it does
_ANSWERERS: dict[str, Any] = {}


def reset() -> None:
    """Forget everything."""
    _TABLES.clear()
    _FILLERS.clear()
    _ANSWERERS.clear()


def set_answerer(what: str, answerer: Callable[..., Any] | None) -> None:
    """Say who answers for the server, until everything is forgotten; None for nobody."""
    _ANSWERERS[what] = answerer


def answerer(what: str) -> Any:
    """Find who answers for the server; None where nobody does."""
    return _ANSWERERS.get(what)


def rows(table: str) -> dict[str, Row]:
    """Give the rows of a table by id, to read and to change."""
    for fill in _FILLERS.pop(table, []):
        fill()
    return _TABLES.setdefault(table, {})


def fill_later(table: str, fill: Callable[[], object]) -> None:
    """Have more put into a table, when somebody first looks into it: most plugins never do."""
    _FILLERS.setdefault(table, []).append(fill)


def to_stored(value: Any) -> Any:
    """Give back what a database gives back of a value that it keeps as JSON.

    Raises:
        TypeError: there is no JSON for it.
    """
    return json.loads(json.dumps(value))


def now() -> int:
    """Tell the time as the rows have it, in whole seconds."""
    return int(time.time())


def new_id() -> str:
    """Make an id as the server makes them."""
    return str(uuid.uuid4())


def add_user(*, id: str, name: str = "User", email: str = "user@example.com", role: str = "user", **more: Json) -> None:
    """Let there be a person; `more` are further columns ("settings", "info", "timezone", …)."""
    times = dict.fromkeys(("last_active_at", "updated_at", "created_at"), now())
    row = {"id": id, "name": name, "email": email, "role": role, "profile_image_url": "/user.png", **times, **more}
    rows("user")[id] = to_stored(row)


def add_chat(
    *,
    id: str,
    user_id: str,
    title: str = "New Chat",
    messages: list[Json] | None = None,
    held: dict[str, Json] | None = None,
    **more: Json,
) -> None:
    """Let there be a chat with these messages, one after another; each may have an `id` of its own.

    `held` are messages by id, linked, that somebody goes on writing: the chat reads and writes these very ones. `more`
    are further columns ("meta", "folder_id", "pinned", …), and `chat` is the whole of its body.
    """
    body = {"title": title, "models": [], **to_history(messages or [])}
    times = dict.fromkeys(("updated_at", "created_at"), now())
    plain: Row = {
        "share_id": None,
        "archived": False,
        "pinned": False,
        "meta": {},
        "folder_id": None,
        "last_read_at": now(),
    }
    row = to_stored({"id": id, "user_id": user_id, "title": title, "chat": body, **plain, **times, **more})
    if held is not None:
        row["chat"]["history"] = {"messages": held, "currentId": next(reversed(held), None)}
    rows("chat")[id] = row


def to_history(messages: list[Json]) -> Json:
    """Make what a page keeps of messages: a list, and a history in which each follows the one before."""
    kept: list[Row] = []
    for each in messages:
        before = kept[-1] if kept else None
        message = {"id": each.get("id") or new_id(), "parentId": before and before["id"], "childrenIds": [], **each}
        if before:
            before["childrenIds"] = [message["id"]]
        kept.append(message)
    by_id = {each["id"]: each for each in kept}
    return {"history": {"messages": by_id, "currentId": kept[-1]["id"] if kept else None}, "messages": kept}


def add_file(*, id: str, user_id: str, filename: str, path: str | None = None, **more: Json) -> None:
    """Let there be a file; `more` are further columns ("data", whose "content" is its text, "meta", "hash")."""
    row: Row = {"id": id, "user_id": user_id, "filename": filename, "path": path, "hash": None, "data": {}, "meta": {}}
    add_row("file", {**row, **more})


def add_tool(*, id: str, user_id: str, content: str, specs: list[Json], valves: Json = None, **more: Json) -> None:
    """Let there be a tool; `more` are further columns ("name", "meta")."""
    row: Row = {
        "id": id,
        "user_id": user_id,
        "name": id,
        "content": content,
        "specs": specs,
        "valves": valves,
        "meta": {},
    }
    add_row("tool", {**row, **more})


def add_function(*, id: str, user_id: str, type: str, content: str, valves: Json = None, **more: Json) -> None:
    """Let there be a function that is switched on; `more` are further columns ("name", "meta", "is_global")."""
    row: Row = {
        "id": id,
        "user_id": user_id,
        "type": type,
        "name": id,
        "content": content,
        "valves": valves,
        "meta": {},
    }
    add_row("function", {**row, "is_active": True, "is_global": False, **more})


def add_model(*, id: str, user_id: str, base_model_id: str | None = None, **more: Json) -> None:
    """Let there be a model that somebody made; `more` are further columns ("name", "params", "meta")."""
    row: Row = {"id": id, "user_id": user_id, "base_model_id": base_model_id, "name": id, "params": {}, "meta": {}}
    add_row("model", {**row, "is_active": True, **more})


def add_memory(*, id: str, user_id: str, content: str, **more: Json) -> None:
    """Let a person have something that models remember of them."""
    add_row("memory", {"id": id, "user_id": user_id, "content": content, **more})


def add_folder(*, id: str, user_id: str, name: str, parent_id: str | None = None, **more: Json) -> None:
    """Let a person have a folder."""
    add_row("folder", {"id": id, "user_id": user_id, "name": name, "parent_id": parent_id, **more})


def add_row(table: str, row: Mapping[str, Json]) -> None:
    """Let there be a row that has an `id`, in a table that has times of its own."""
    times = dict.fromkeys(("updated_at", "created_at"), now())
    rows(table)[str(row["id"])] = to_stored({**times, **row})
