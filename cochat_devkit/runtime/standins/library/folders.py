"""`open_webui.models.folders`: where people put their chats.

Source: Open WebUI 0.12.4 and 0.6.43, models/folders.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import (
    alter,
    first,
    now_twice,
    put_in,
    to_model,
    to_models,
    where,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.runtime.standins.library.memory import Row

_MODEL = "models.folders.FolderModel"


class FolderTable:
    """Play `Folders`."""

    def insert_new_folder(self, user_id: str, form_data: Any, parent_id: str | None = None) -> Any:
        told = form_data.model_dump(exclude_unset=True)
        row = {"id": memory.new_id(), "user_id": user_id, **told, "parent_id": parent_id, **now_twice()}
        return put_in("folder", _MODEL, row)

    def get_folder_by_id(self, id: str) -> Any:
        return to_model(_MODEL, memory.rows("folder").get(id))

    def get_folder_by_id_and_user_id(self, id: str, user_id: str) -> Any:
        return to_model(_MODEL, first(where("folder", id=id, user_id=user_id)))

    def get_folders_by_user_id(self, user_id: str) -> Any:
        return to_models(_MODEL, where("folder", user_id=user_id))

    def get_folders_by_parent_id_and_user_id(self, parent_id: str | None, user_id: str) -> Any:
        return to_models(_MODEL, where("folder", parent_id=parent_id, user_id=user_id))

    def get_folder_by_parent_id_and_user_id_and_name(self, parent_id: str | None, user_id: str, name: str) -> Any:
        found = where("folder", parent_id=parent_id, user_id=user_id)
        return to_model(_MODEL, first(row for row in found if row["name"].lower() == name.lower()))

    def get_children_folders_by_id_and_user_id(self, id: str, user_id: str) -> Any:
        return to_models(_MODEL, _below(id, user_id)) if where("folder", id=id, user_id=user_id) else None

    def update_folder_parent_id_by_id_and_user_id(self, id: str, user_id: str, parent_id: str) -> Any:
        return _change(id, user_id, lambda row: row.update(parent_id=parent_id))

    def update_folder_is_expanded_by_id_and_user_id(self, id: str, user_id: str, is_expanded: bool) -> Any:
        return _change(id, user_id, lambda row: row.update(is_expanded=is_expanded))

    def update_folder_by_id_and_user_id(self, id: str, user_id: str, form_data: Any) -> Any:
        told = form_data.model_dump(exclude_unset=True)
        row = first(where("folder", id=id, user_id=user_id))
        if row is None:
            return None
        same = where("folder", name=told.get("name"), parent_id=row["parent_id"], user_id=user_id)
        if any(each["id"] != id for each in same):
            return None

        def change(row: Row) -> None:
            row["name"] = told.get("name", row["name"])
            for name in ("data", "meta"):
                if name in told:
                    row[name] = {**(row[name] or {}), **told[name]}

        return _change(id, user_id, change)

    def delete_folder_by_id_and_user_id(self, id: str, user_id: str) -> list[str]:
        if not where("folder", id=id, user_id=user_id):
            return []
        gone = [id, *(row["id"] for row in _below(id, user_id))]
        for each in gone:
            del memory.rows("folder")[each]
        return gone

    def normalize_folder_name(self, name: str) -> str:
        return re.sub(r"[\s_]+", " ", name).strip().lower()

    def search_folders_by_names(self, user_id: str, queries: list[str]) -> Any:
        wanted = [self.normalize_folder_name(each) for each in queries]
        found: dict[str, Row] = {}
        for row in where("folder", user_id=user_id):
            if self.normalize_folder_name(row["name"]) in wanted:
                found |= {each["id"]: each for each in (row, *_below(row["id"], user_id))}
        return to_models(_MODEL, found.values())

    def search_folders_by_name_contains(self, user_id: str, query: str) -> Any:
        wanted = self.normalize_folder_name(query)
        found = where("folder", user_id=user_id)
        return to_models(_MODEL, (row for row in found if wanted in self.normalize_folder_name(row["name"])))


def _below(id: str, user_id: str) -> list[Row]:
    """List the folders in a folder, each behind those that are in it."""
    children = where("folder", parent_id=id, user_id=user_id)
    return [each for child in children for each in (*_below(child["id"], user_id), child)]


def _change(id: str, user_id: str, change: Callable[[Row], None]) -> Any:
    return alter("folder", id, _MODEL, change) if where("folder", id=id, user_id=user_id) else None


PLAYS = {"FolderTable": FolderTable()}
