"""`open_webui.models.chats`: the chats of the played server.

Source: Open WebUI 0.12.4 and 0.6.43, models/chats.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import field_validator

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import (
    by,
    first,
    is_like,
    now_twice,
    page,
    put_in,
    to_model,
    to_models,
    where,
)
from cochat_devkit.runtime.standins.library.folders import FolderTable
from cochat_devkit.runtime.standins.library.history import (
    clean,
    current_of,
    join,
    mend,
    messages_of,
    put,
    rows_of,
)
from cochat_devkit.runtime.standins.library.tags import ensure_tags, tag_id_of, tags_of
from cochat_devkit.runtime.standins.refusing import NotOffline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cochat_devkit.runtime.standins.library.memory import Row

_MODEL = "models.chats.ChatModel"
_ENTRY = "models.chats.ChatTitleIdResponse"
_FILE = "models.chats.ChatFileModel"
_WORDS = ("tag:", "folder:", "pinned:", "archived:", "shared:")
_SWITCHES = {"true": True, "false": False}


class ChatTable:
    """Play `Chats`."""

    def insert_new_chat(
        self, user_id: str, form_data: Any, id: str = "", internal_meta: Any = None, timer_at: Any = None
    ) -> Any:
        chat = clean(form_data.chat)
        row = {"id": id or memory.new_id(), "user_id": user_id, "title": chat.get("title", "New Chat"), "chat": chat}
        row |= {"folder_id": form_data.folder_id, "archived": False, "pinned": False, "meta": internal_meta or {}}
        row |= dict.fromkeys(("created_at", "updated_at"), memory.now())
        if not home.is_old():
            _require_person(user_id)
            row |= {"variables": form_data.variables or {}, "current_message_id": current_of(chat)}
            row |= {"timer_at": timer_at, "last_read_at": memory.now()}
        memory.rows("chat")[row["id"]] = memory.to_stored(row)
        return to_model(_MODEL, memory.rows("chat")[row["id"]])

    def get_chat_by_id(self, id: str) -> Any:
        return _read(memory.rows("chat").get(id))

    def get_chat_by_id_and_user_id(self, id: str, user_id: str) -> Any:
        return _read(first(where("chat", id=id, user_id=user_id)))

    def is_chat_owner(self, id: str, user_id: str) -> bool:
        return bool(where("chat", id=id, user_id=user_id))

    def get_chat_folder_id(self, id: str, user_id: str) -> Any:
        row = first(where("chat", id=id, user_id=user_id))
        return row["folder_id"] if row else None

    def get_chat_title_by_id(self, id: str) -> Any:
        row = memory.rows("chat").get(id)
        if row is None:
            return None
        return row["chat"].get("title", "New Chat") if home.is_old() else row["title"] or "New Chat"

    def get_messages_map_by_chat_id(self, id: str) -> Any:
        row = memory.rows("chat").get(id)
        if row is None:
            return None
        if home.is_old():
            return memory.to_stored(messages_of(row["chat"]))
        return memory.to_stored(_rows_of(row) or messages_of(row["chat"]))

    def get_message_by_id_and_message_id(self, id: str, message_id: str) -> Any:
        found = self.get_messages_map_by_chat_id(id)
        return None if found is None else found.get(message_id, {})

    def get_chats(self, skip: int = 0, limit: int = 50) -> Any:  # noqa: ARG002 - the server's leaves them alone, too
        return to_models(_MODEL, by(_visible(where("chat")), "updated_at", descending=True))

    def get_chats_by_user_id(self, user_id: str, filter: Any = None, skip: Any = None, limit: Any = None) -> Any:
        found = _visible(where("chat", user_id=user_id))
        since = (filter or {}).get("updated_at")
        found = _ordered([row for row in found if not since or row["updated_at"] > since], filter or {})
        answer = home.module("models.chats").ChatListResponse
        return answer(items=to_models(_MODEL, page(found, skip, limit)), total=len(found))

    def get_chat_list_by_user_id(
        self, user_id: str, include_archived: bool = False, filter: Any = None, skip: int = 0, limit: int = 50
    ) -> Any:
        found = _visible(where("chat", user_id=user_id))
        text = (filter or {}).get("query")
        found = [row for row in found if include_archived or not row["archived"]]
        found = _ordered([row for row in found if not text or is_like(row["title"], f"%{text}%")], filter or {})
        return _listed(page(found, skip, limit or None))

    def get_chat_title_id_list_by_user_id(
        self,
        user_id: str,
        include_archived: bool = False,
        include_folders: bool = False,
        include_pinned: bool = False,
        sort_by: str = "updated_at",
        sort_dir: str = "desc",
        skip: Any = None,
        limit: Any = None,
    ) -> Any:
        found = [
            row
            for row in _visible(where("chat", user_id=user_id))
            if (include_archived or not row["archived"])
            and (include_folders or row["folder_id"] is None)
            and (include_pinned or not row["pinned"])
        ]
        column = "title" if sort_by == "title" else "updated_at"
        found = by(by(found, "id"), column, descending=sort_dir != "asc")
        return to_models(_ENTRY, map(_entry, page(found, skip, limit or None)))

    def get_pinned_chats_by_user_id(self, user_id: str) -> Any:
        found = _visible(where("chat", user_id=user_id, pinned=True, archived=False))
        return _listed(by(found, "updated_at", descending=True))

    def get_archived_chats_by_user_id(self, user_id: str) -> Any:
        found = _visible(where("chat", user_id=user_id, archived=True))
        return to_models(_MODEL, by(found, "updated_at", descending=True))

    def get_chats_by_user_id_and_search_text(
        self, user_id: str, search_text: str, include_archived: bool = False, skip: int = 0, limit: int = 60
    ) -> Any:
        words = clean(search_text).lower().split(" " if home.is_old() else None)
        if not any(words):
            return self.get_chat_list_by_user_id(user_id, include_archived, {}, skip, limit)
        names = [word.removeprefix("folder:") for word in words if word.startswith("folder:")]
        folders = [each.id for each in FolderTable().search_folders_by_names(user_id, names)]
        # 0.6 passes over a folder that is not there
        is_anywhere = not folders and (home.is_old() or not names)
        text = " ".join(word for word in words if not word.startswith(_WORDS))
        found = [
            row
            for row in _visible(where("chat", user_id=user_id))
            if (is_anywhere or row["folder_id"] in folders)
            and _is_asked_for(row, words, include_archived=include_archived)
            and _says(row, text)
        ]
        found = by(by(found, "id"), "updated_at", descending=True)
        if not home.is_old():
            found.sort(key=lambda row: not _says_all(row, text))
        return to_models(_MODEL, page(found, skip, limit))

    def update_chat_by_id(self, id: str, chat: Mapping[str, Any], touch: bool = True) -> Any:
        def change(row: Row) -> None:
            told = clean(chat)
            if not home.is_old():
                told = {**row["chat"], **told}
                if "history" in chat:
                    told["history"] = join(row["chat"].get("history") or {}, chat["history"])
                row["current_message_id"] = current_of(told)
            row |= {"chat": told, "title": told.get("title", "New Chat")}

        return _change(id, change, touch=touch)

    def update_chat_title_by_id(self, id: str, title: str) -> Any:
        def change(row: Row) -> None:
            row |= {"title": clean(title), "chat": {**row["chat"], "title": clean(title)}}

        return _change(id, change, touch=home.is_old())

    def update_chat_variables_by_id(self, id: str, variables: Any, touch: bool = True) -> Any:
        kept = variables if isinstance(variables, dict) else {}
        return _change(id, lambda row: row.update(variables=kept), touch=touch)

    def update_chat_params_by_id(self, id: str, params: Mapping[str, Any]) -> Any:
        def change(row: Row) -> None:
            row["chat"] = {**row["chat"], "params": {**(row["chat"].get("params") or {}), **clean(params)}}

        return _change(id, change, touch=False)

    def upsert_message_to_chat_by_id_and_message_id(
        self, id: str, message_id: str, message: Mapping[str, Any], touch: bool = True
    ) -> Any:
        def change(row: Row) -> None:
            history = row["chat"].setdefault("history", {})
            if home.is_old():
                messages = history["messages"]
                messages[message_id] = {**messages.get(message_id, {}), **clean(message)}
                history["currentId"] = message_id
            else:
                mend(row["chat"])
                put(history, clean(message_id), clean(message), memory.now())
                row["current_message_id"] = current_of(row["chat"])
            row["title"] = row["chat"].get("title", "New Chat")

        return _change(id, change, touch=touch)

    def add_message_status_to_chat_by_id_and_message_id(self, id: str, message_id: str, status: Any) -> Any:
        def change(row: Row) -> None:
            if not home.is_old():
                mend(row["chat"])
                row["current_message_id"] = current_of(row["chat"])
            row["chat"].setdefault("history", {})
            if message := messages_of(row["chat"]).get(message_id):
                message.setdefault("statusHistory", []).append(clean(status))
            row["title"] = row["chat"].get("title", "New Chat")

        return _change(id, change, touch=home.is_old())

    def add_message_files_by_id_and_message_id(self, id: str, message_id: str, files: list[Any]) -> Any:
        kept: list[Any] = []

        def change(row: Row) -> None:
            row["chat"].setdefault("history", {})
            if message := messages_of(row["chat"]).get(message_id):
                message["files"] = [*message.get("files", []), *files]
                kept.extend(message["files"])

        return None if _change(id, change) is None else kept

    def toggle_chat_pinned_by_id(self, id: str) -> Any:
        return _change(id, lambda row: row.update(pinned=not row["pinned"], **_seen()))

    def toggle_chat_archive_by_id(self, id: str) -> Any:
        return _change(id, lambda row: row.update(archived=not row["archived"], folder_id=None, **_seen()))

    def update_chat_folder_id_by_id_and_user_id(self, id: str, user_id: str, folder_id: str) -> Any:
        if not home.is_old() and not where("chat", id=id, user_id=user_id):
            return None
        return _change(id, lambda row: row.update(folder_id=folder_id, pinned=False, **_seen()))

    def get_chat_tags_by_id_and_user_id(self, id: str, user_id: str) -> Any:
        return tags_of(memory.rows("chat").get(id, {"meta": {}})["meta"].get("tags", []), user_id)

    def add_chat_tag_by_id_and_user_id_and_tag_name(self, id: str, user_id: str, tag_name: str) -> Any:
        ensure_tags([tag_name], user_id)

        def change(row: Row) -> None:
            tags = row["meta"].get("tags", [])
            if tag_id_of(tag_name) not in tags:
                row["meta"] = {**row["meta"], "tags": [*tags, tag_id_of(tag_name)]}

        changed = _change(id, change, touch=False)
        return changed if home.is_old() else None

    def delete_tag_by_id_and_user_id_and_tag_name(self, id: str, user_id: str, tag_name: str) -> bool:  # noqa: ARG002
        def change(row: Row) -> None:
            tags = row["meta"].get("tags", [])
            row["meta"] = {**row["meta"], "tags": [each for each in tags if each != tag_id_of(tag_name)]}

        return _change(id, change, touch=False) is not None

    def insert_chat_files(self, chat_id: str, message_id: str, file_ids: list[str], user_id: str) -> Any:
        kept = {row["file_id"]: row["message_id"] for row in where("chat_file", chat_id=chat_id)}
        asked = [each for each in dict.fromkeys(file_ids) if each]
        if home.is_old():
            # a chat has a file once, and 0.6 looks at the one message alone
            new = [each for each in asked if kept.get(each) != message_id]
            new = [] if kept.keys() & new else new
        else:
            new = [each for each in asked if each not in kept and _may_read(each, user_id)]
        row = {"user_id": user_id, "chat_id": chat_id, "message_id": message_id, **now_twice()}
        return [put_in("chat_file", _FILE, {**row, "id": memory.new_id(), "file_id": each}) for each in new] or None

    def get_chat_files_by_chat_id_and_message_id(self, chat_id: str, message_id: str) -> Any:
        return to_models(_FILE, where("chat_file", chat_id=chat_id, message_id=message_id))

    def delete_chat_file(self, chat_id: str, file_id: str) -> bool:
        for row in where("chat_file", chat_id=chat_id, file_id=file_id):
            del memory.rows("chat_file")[row["id"]]
        return True

    def delete_chat_by_id(self, id: str) -> bool:
        memory.rows("chat").pop(id, None)
        return True

    def delete_chat_by_id_and_user_id(self, id: str, user_id: str) -> bool:
        return all(self.delete_chat_by_id(row["id"]) for row in where("chat", id=id, user_id=user_id))

    def delete_chats_by_user_id(self, user_id: str) -> bool:
        return all(self.delete_chat_by_id(row["id"]) for row in where("chat", user_id=user_id))


def _may_read(file_id: str, user_id: str) -> bool:
    owner = memory.rows("file").get(file_id, {}).get("user_id")
    is_admin = memory.rows("user").get(user_id, {}).get("role") == "admin"
    return owner is not None and (owner == user_id or is_admin)


def _read(row: Row | None) -> Any:
    """Show a chat; the newer servers mend its history as they read it."""
    found = to_model(_MODEL, row)
    if found is not None and not home.is_old():
        mend(found.chat)
    return found


def _change(id: str, change: Callable[[Row], None], *, touch: bool = True) -> Any:
    """Change a chat, and show the outcome; None where it is not there, or what it would become cannot be kept."""
    row = memory.rows("chat").get(id)
    if row is None:
        return None
    changed = memory.to_stored(row)
    try:
        change(changed)
        kept = memory.to_stored({**changed, **({"updated_at": memory.now()} if touch else {})})
    except (KeyError, TypeError):
        return None
    memory.rows("chat")[id] = kept
    _hold(messages_of(row["chat"]), kept["chat"])
    return to_model(_MODEL, kept)


def _hold(messages: dict[str, Any], chat: Row) -> None:
    """Let the messages of a chat stay those that a turn which is running has in hand."""
    if messages and "messages" in (chat.get("history") or {}):
        told = dict(chat["history"]["messages"])
        messages.clear()
        messages.update(told)
        chat["history"]["messages"] = messages


def _require_person(user_id: str) -> None:
    if user_id not in memory.rows("user"):
        raise NotOffline(f"open_webui.models.chats.Chats.insert_new_chat for {user_id!r}, who is not there,")


def _seen() -> Row:
    """Say what changes of a chat when its owner does something to it."""
    return {} if home.is_old() else {"last_read_at": memory.now()}


def _rows_of(row: Row) -> Any:
    return rows_of(row["chat"], row["user_id"], row["created_at"])


def _visible(found: list[Row]) -> list[Row]:
    """Leave out the newer servers' own chats."""
    return [row for row in found if (row["meta"] or {}).get("internal") is not True]


def _ordered(found: list[Row], wanted: Mapping[str, Any]) -> list[Row]:
    column, direction = wanted.get("order_by"), str(wanted.get("direction") or "")
    found = by(found, "id")
    if column and direction:
        return by(found, column, descending=direction.lower() == "desc")
    return by(found, "updated_at", descending=True)


def _listed(found: list[Row]) -> Any:
    """Show chats as lists of them do: whole in 0.6, and by their titles in newer ones."""
    return to_models(_MODEL, found) if home.is_old() else to_models(_ENTRY, map(_entry, found))


def _entry(row: Row) -> Row:
    names = ("id", "title", "updated_at", "created_at", *(() if home.is_old() else ("last_read_at",)))
    return {name: row[name] for name in names}


def _is_asked_for(row: Row, words: list[str], *, include_archived: bool) -> bool:
    """Tell whether a chat is what the words of a search with a colon ask for."""
    told = {word.partition(":")[0]: _SWITCHES.get(word.partition(":")[2]) for word in words if word.startswith(_WORDS)}
    is_archived = told.get("archived")
    if is_archived is None and not include_archived:
        is_archived = False
    switches = {"archived": is_archived, "pinned": told.get("pinned"), "shared": told.get("shared")}
    facts = {"archived": row["archived"], "pinned": row["pinned"], "shared": row.get("share_id") is not None}
    tags = [word.removeprefix("tag:") for word in words if word.startswith("tag:")]
    kept = row["meta"].get("tags", [])
    return all(wanted is None or facts[name] == wanted for name, wanted in switches.items()) and (
        not kept if "none" in tags else all(tag in kept for tag in tags)
    )


def _says(row: Row, text: str) -> bool:
    """Tell whether a chat has a text, or, on newer servers, each of its words somewhere."""
    terms = [] if home.is_old() else list(dict.fromkeys(re.findall(r"[a-z0-9]+", text)))
    return _says_all(row, text) or (terms not in ([], [text]) and all(_says_all(row, term) for term in terms))


def _says_all(row: Row, text: str) -> bool:
    messages = [*(row["chat"].get("messages") or [])]
    if not home.is_old():
        messages += messages_of(row["chat"]).values()
    contents = (each.get("content") for each in messages)
    return is_like(row["title"], f"%{text}%") or any(is_like(each, f"%{text}%") for each in contents)


PLAYS = {"ChatTable": ChatTable()}
_VARIABLES = field_validator("variables", mode="before")(
    classmethod(lambda _cls, value: value if isinstance(value, dict) else {})
)
VALIDATORS = {name: {"normalize_variables": _VARIABLES} for name in ("ChatModel", "ChatResponse")}
