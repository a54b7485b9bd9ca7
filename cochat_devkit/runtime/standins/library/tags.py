"""`open_webui.models.tags`: the words that people sort their chats by.

Source: Open WebUI 0.12.4 and 0.6.43, models/tags.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import by, first, to_model, to_models, where

if TYPE_CHECKING:
    from collections.abc import Iterable

_MODEL = "models.tags.TagModel"


def tag_id_of(name: str) -> str:
    """Make the id of a tag out of its name."""
    return name.replace(" ", "_").lower()


def ensure_tags(names: Iterable[str], user_id: str) -> None:
    """Let a person have tags of these names."""
    for name in names:
        key = f"{user_id}/{tag_id_of(name)}"
        memory.rows("tag").setdefault(key, {"id": tag_id_of(name), "name": name, "user_id": user_id, "meta": None})


def tags_of(ids: list[str], user_id: str) -> Any:
    """Show those of a person's tags that have these ids; 0.6 in the order of the ids, and None for one that is not."""
    found = {row["id"]: row for row in where("tag", user_id=user_id) if row["id"] in ids}
    if home.is_old():
        return [to_model(_MODEL, found.get(each)) for each in ids]
    return to_models(_MODEL, by(found.values(), "id"))


class TagTable:
    """Play `Tags`."""

    def insert_new_tag(self, name: str, user_id: str) -> Any:
        if self.get_tag_by_name_and_user_id(name, user_id) is not None:
            return None
        ensure_tags([name], user_id)
        return self.get_tag_by_name_and_user_id(name, user_id)

    def get_tag_by_name_and_user_id(self, name: str, user_id: str) -> Any:
        return to_model(_MODEL, first(where("tag", id=tag_id_of(name), user_id=user_id)))

    def get_tags_by_user_id(self, user_id: str) -> Any:
        return to_models(_MODEL, by(where("tag", user_id=user_id), "id"))

    def get_tags_by_ids_and_user_id(self, ids: list[str], user_id: str) -> Any:
        return to_models(_MODEL, by((row for row in where("tag", user_id=user_id) if row["id"] in ids), "id"))

    def delete_tag_by_name_and_user_id(self, name: str, user_id: str) -> bool:
        memory.rows("tag").pop(f"{user_id}/{tag_id_of(name)}", None)
        return True

    def ensure_tags_exist(self, names: list[str], user_id: str) -> None:
        ensure_tags(names, user_id)


PLAYS = {"TagTable": TagTable()}
