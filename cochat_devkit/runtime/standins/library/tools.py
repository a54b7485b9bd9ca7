"""`open_webui.models.tools`: the tools of the played server.

Source: Open WebUI 0.12.4 and 0.6.43, models/tools.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import alter, to_model, where
from cochat_devkit.runtime.standins.library.resources import (
    insert,
    may_use,
    newest_first,
    save_user_valves,
    update,
    user_valves_of,
    valves_of,
    with_owners,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.runtime.standins.library.memory import Row

_MODEL, _WITH_OWNER = "models.tools.ToolModel", "models.tools.ToolUserModel"


class ToolsTable:
    """Play `Tools`."""

    def insert_new_tool(self, user_id: str, form_data: Any, specs: list[Any]) -> Any:
        return insert("tool", _MODEL, {**form_data.model_dump(), "specs": specs, "user_id": user_id})

    def get_tool_by_id(self, id: str) -> Any:
        return to_model(_MODEL, memory.rows("tool").get(id))

    def get_tools_by_ids(self, tool_ids: list[str]) -> Any:
        return {row["id"]: to_model(_MODEL, row) for row in where("tool") if row["id"] in tool_ids}

    def get_tools(self, defer_content: bool = False, user_id: str | None = None, permission: str = "read") -> Any:
        found = [row for row in where("tool") if user_id is None or may_use(row, user_id, permission)]
        shown: list[Row] = [{**row, "content": None} for row in found] if defer_content else found
        return with_owners(_WITH_OWNER, newest_first(shown))

    def get_tools_by_user_id(self, user_id: str, permission: str = "write", defer_content: bool = False) -> Any:
        return self.get_tools(defer_content, user_id, permission)

    def get_tool_valves_by_id(self, id: str) -> Any:
        return valves_of("tool", id)

    def update_tool_valves_by_id(self, id: str, valves: Any) -> Any:
        return alter("tool", id, _MODEL, lambda row: row.update(valves=valves))

    def get_user_valves_by_id_and_user_id(self, id: str, user_id: str) -> Any:
        return user_valves_of("tool", id, user_id)

    def update_user_valves_by_id_and_user_id(self, id: str, user_id: str, valves: Any) -> Any:
        return save_user_valves("tool", id, user_id, valves)

    def update_tool_by_id(self, id: str, updated: Mapping[str, Any]) -> Any:
        if id not in memory.rows("tool") and not home.is_old():
            raise ValueError("Tool not found")
        return update("tool", id, _MODEL, updated)

    def delete_tool_by_id(self, id: str) -> bool:
        memory.rows("tool").pop(id, None)
        return True


PLAYS = {"ToolsTable": ToolsTable()}
