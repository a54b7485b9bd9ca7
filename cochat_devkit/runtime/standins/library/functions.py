"""`open_webui.models.functions`: the filters, pipes and actions of the played server.

Source: Open WebUI 0.12.4 and 0.6.43, models/functions.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import alter, to_model, to_models, where
from cochat_devkit.runtime.standins.library.resources import (
    insert,
    newest_first,
    save_user_valves,
    update,
    user_valves_of,
    valves_of,
    with_owners,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODEL = "models.functions.FunctionModel"
_WITH_VALVES = "models.functions.FunctionWithValvesModel"


class FunctionsTable:
    """Play `Functions`."""

    def insert_new_function(self, user_id: str, type: str, form_data: Any) -> Any:
        state = {"is_active": False, "is_global": False}
        return insert("function", _MODEL, {**form_data.model_dump(), **state, "user_id": user_id, "type": type})

    def get_function_by_id(self, id: str) -> Any:
        return to_model(_MODEL, memory.rows("function").get(id))

    def get_functions_by_ids(self, ids: list[str]) -> Any:
        return [self.get_function_by_id(each) for each in ids if each in memory.rows("function")]

    def get_functions(self, active_only: bool = False, include_valves: bool = False) -> Any:
        found = where("function", is_active=True) if active_only else where("function")
        if include_valves:
            none: Any = None if home.is_old() else {}
            return to_models(_WITH_VALVES, [{**row, "valves": row.get("valves") or none} for row in found])
        return to_models(_MODEL, found)

    def get_function_list(self) -> Any:
        return with_owners("models.functions.FunctionUserResponse", newest_first(where("function")))

    def get_functions_by_type(self, type: str, active_only: bool = False) -> Any:
        found = where("function", type=type, is_active=True) if active_only else where("function", type=type)
        return to_models(_MODEL, found)

    def get_global_filter_functions(self) -> Any:
        return to_models(_MODEL, where("function", type="filter", is_active=True, is_global=True))

    def get_global_action_functions(self) -> Any:
        return to_models(_MODEL, where("function", type="action", is_active=True, is_global=True))

    def get_active_function_ids_by_type(self, type: str) -> Any:
        return [(row["id"], row["is_global"]) for row in where("function", type=type, is_active=True)]

    def get_active_filter_ids(self) -> Any:
        return self.get_active_function_ids_by_type("filter")

    def get_function_valves_by_id(self, id: str) -> Any:
        return valves_of("function", id)

    def get_function_valves_by_ids(self, ids: list[str]) -> Any:
        return {row["id"]: row.get("valves") or {} for row in where("function") if row["id"] in ids}

    def update_function_valves_by_id(self, id: str, valves: Any) -> Any:
        return alter("function", id, _MODEL, lambda row: row.update(valves=valves))

    def update_function_metadata_by_id(self, id: str, metadata: Mapping[str, Any]) -> Any:
        before = memory.rows("function").get(id, {}).get("meta", {})
        return self.update_function_by_id(id, {"meta": {**before, **metadata}})

    def get_user_valves_by_id_and_user_id(self, id: str, user_id: str) -> Any:
        found = user_valves_of("function", id, user_id)
        return {} if found is None and not home.is_old() else found

    def update_user_valves_by_id_and_user_id(self, id: str, user_id: str, valves: Any) -> Any:
        return save_user_valves("function", id, user_id, valves)

    def update_function_by_id(self, id: str, updated: Mapping[str, Any]) -> Any:
        if id not in memory.rows("function") and not home.is_old():
            raise ValueError("Function not found")
        return update("function", id, _MODEL, updated)

    def deactivate_all_functions(self) -> bool:
        for id in list(memory.rows("function")):
            alter("function", id, _MODEL, lambda row: row.update(is_active=False))
        return True

    def delete_function_by_id(self, id: str) -> bool:
        memory.rows("function").pop(id, None)
        return True


PLAYS = {"FunctionsTable": FunctionsTable()}
