"""The versions of workspace models on the local server, and the way back to one.

Source: Open WebUI 0.12.4, routers/models.py; checked by tests/contract/test_model_history.py.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from cochat_devkit.server.model_forms import Form12
from cochat_devkit.server.quirks import NOT_FOUND_404, PROHIBITED, VERSION_IS_CURRENT, Refusal
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Collection as Some
    from collections.abc import Mapping

    from cochat_devkit.resource import Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.collection import Collection
    from cochat_devkit.server.model_list import ModelList
    from cochat_devkit.server.models import Models

_PROHIBITED_403 = Refusal(403, PROHIBITED)
_NO_BASE = Refusal(400, "The base model is unavailable.")
_NO_TOOL = Refusal(400, "A referenced tool is missing or inaccessible.")
_NO_FUNCTION = Refusal(400, "A referenced function is unavailable: {id}")
_FUNCTION_KEYS = ("filterIds", "defaultFilterIds", "actionIds")


class ModelVersions:
    """Show versions of models, and go back to one."""

    def __init__(self, models: Models, model_list: ModelList, collections: Mapping[str, Collection]) -> None:
        self._models = models
        self._list = model_list
        self._collections = collections

    def page(self, caller: Caller, id_: str, number: int) -> list[Wire]:
        """Show one page of versions, counted from 1."""
        self._find(caller, id_)
        return self._models.versions.page(id_, number)

    def show(self, caller: Caller, id_: str, version_id: str) -> Wire:
        """Show one version."""
        self._find(caller, id_)
        return self._models.versions.show(id_, version_id)

    def delete(self, caller: Caller, id_: str, version_id: str) -> bool:
        """Take a version out, unless it is the current one."""
        with self._models.rows.context.store.writing():
            if self._find(caller, id_)["version_id"] == version_id:
                raise refused(VERSION_IS_CURRENT)
            self._models.versions.remove(id_, version_id)
        return True

    def restore(self, caller: Caller, id_: str, version_id: str) -> Wire:
        """Go back to a version, if all that it names is still there."""
        row = self._find(caller, id_)
        entry = self._models.versions.find(id_, version_id)
        form = Form12(id=id_, **copy.deepcopy(entry.snapshot))
        if row["base_model_id"] and not form.base_model_id and not caller.is_admin:
            raise refused(_PROHIBITED_403)
        self._refuse_missing(caller, form)
        return self._models.restore(row, form, entry.id)

    def _find(self, caller: Caller, id_: str) -> Wire:
        row = self._models.rows.find(id_, NOT_FOUND_404)
        self._models.rows.refuse_others(caller, "write", row, _PROHIBITED_403)
        return row

    def _refuse_missing(self, caller: Caller, form: Form12) -> None:
        meta = form.meta.model_dump()
        if form.base_model_id and form.base_model_id not in self._list.ids():
            raise refused(_NO_BASE)
        if not set(meta.get("toolIds") or []) <= set(self._tools(caller)):
            raise refused(_NO_TOOL)
        active = self._active_functions()
        for id_ in (each for key in _FUNCTION_KEYS for each in meta.get(key) or []):
            if id_ not in active:
                raise refused(_NO_FUNCTION, id_=id_)

    def _tools(self, caller: Caller) -> Some[str]:
        tools = self._collections.get("tool")
        return tools.readable_ids(caller) if tools else ()

    def _active_functions(self) -> Some[str]:
        functions = self._collections.get("function")
        return {item.wire["id"] for item in functions.items() if item.wire["is_active"]} if functions else ()
