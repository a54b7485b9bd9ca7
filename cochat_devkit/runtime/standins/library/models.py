"""`open_webui.models.models`: the models that people made of others.

Source: Open WebUI 0.12.4 and 0.6.43, models/models.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator
from pydantic.fields import FieldInfo

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import alter, by, to_model, to_models, where
from cochat_devkit.runtime.standins.library.resources import insert, may_use, update, with_owners

_MODEL, _WITH_OWNER = "models.models.ModelModel", "models.models.ModelUserResponse"


class ModelsTable:
    """Play `Models`."""

    def insert_new_model(self, form_data: Any, user_id: str) -> Any:
        return insert("model", _MODEL, {**form_data.model_dump(), "user_id": user_id})

    def get_all_models(self) -> Any:
        return to_models(_MODEL, where("model"))

    def get_models(self, writable_by_user_id: str | None = None, ids: list[str] | None = None) -> Any:
        found = (row for row in where("model") if row["base_model_id"] is not None)
        asked = (row for row in found if ids is None or row["id"] in ids)
        writer = writable_by_user_id
        return with_owners(_WITH_OWNER, (row for row in asked if writer is None or may_use(row, writer, "write")))

    def get_base_models(self, tag: str | None = None) -> Any:
        found = where("model", base_model_id=None)
        return to_models(_MODEL, (row for row in found if tag is None or {"name": tag} in row["meta"].get("tags", [])))

    def get_models_by_user_id(self, user_id: str, permission: str = "write") -> Any:
        found = (row for row in where("model") if row["base_model_id"] is not None)
        return with_owners(_WITH_OWNER, (row for row in found if may_use(row, user_id, permission)))

    def get_model_by_id(self, id: str) -> Any:
        return to_model(_MODEL, memory.rows("model").get(id))

    def get_models_by_ids(self, ids: list[str]) -> Any:
        return to_models(_MODEL, by((row for row in where("model") if row["id"] in ids), "id"))

    def toggle_model_by_id(self, id: str) -> Any:
        return alter("model", id, _MODEL, lambda row: row.update(is_active=not row["is_active"]))

    def update_model_by_id(self, id: str, model: Any) -> Any:
        told = model.model_dump(exclude={"id"})
        if not home.is_old() and "is_active" not in model.model_fields_set:
            told.pop("is_active")
        # 0.6 leaves the time of the last change as it was
        return update("model", id, _MODEL, told, touch=not home.is_old())

    def update_model_updated_at_by_id(self, id: str) -> Any:
        return alter("model", id, _MODEL, lambda _row: None)

    def delete_model_by_id(self, id: str) -> bool:
        memory.rows("model").pop(id, None)
        return True

    def delete_all_models(self) -> bool:
        memory.rows("model").clear()
        return True


def _normalize_tags(cls: Any, data: Any) -> Any:  # noqa: ARG001 - the name makes it a method of the class
    if not isinstance(data, dict) or "tags" not in data:
        return data
    listed = data["tags"] if isinstance(data["tags"], list) else []
    names = (each.get("name") if isinstance(each, dict) else each for each in listed)
    return {**data, "tags": [{"name": name.strip()} for name in names if isinstance(name, str) and name.strip()]}


def _strip_knowledge_content(cls: Any, v: Any) -> Any:  # noqa: ARG001 - likewise
    return [_stripped(each) for each in v] if isinstance(v, list) else v


def _stripped(item: Any) -> Any:
    """Leave the text of what is attached out of it."""
    if not isinstance(item, dict):
        return item
    told = {name: _stripped(each) if name == "file" else each for name, each in item.items()}
    if isinstance(told.get("data"), dict):
        told["data"] = {name: each for name, each in told["data"].items() if name != "content"}
    return told


#: an older pydantic beside a plugin does not know how to leave out what is empty
_LEFT_OUT: dict[str, Any] = {"exclude_if": lambda value: not value} if hasattr(FieldInfo, "exclude_if") else {}

PLAYS = {"ModelsTable": ModelsTable()}
VALIDATORS = {
    "ModelParams": {"model_controls": Field(default_factory=dict, **_LEFT_OUT)},
    "ModelMeta": {
        "normalize_tags": model_validator(mode="before")(_normalize_tags),
        "strip_knowledge_content": field_validator("knowledge", mode="before")(_strip_knowledge_content),
    },
}
