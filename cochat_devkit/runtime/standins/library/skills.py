"""`open_webui.models.skills`: the skills of newer servers.

Source: Open WebUI 0.12.4, models/skills.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import alter, first, to_model, where
from cochat_devkit.runtime.standins.library.resources import insert, may_use, newest_first, update, with_owners
from cochat_devkit.runtime.standins.refusing import NotOffline

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODEL, _WITH_OWNER = "models.skills.SkillModel", "models.skills.SkillUserModel"
_FILES = ("files", "data", "operations")


class SkillsTable:
    """Play `Skills`, of those that are one text."""

    def insert_new_skill(self, user_id: str, form_data: Any) -> Any:
        told = form_data.model_dump()
        _refuse_files(told)
        names = ("id", "name", "description", "meta", "is_active", "access_grants")
        kept = {name: told[name] for name in names} | _to_content(told["content"] or "")
        return insert("skill", _MODEL, {**kept, "user_id": user_id})

    def get_skill_by_id(self, id: str) -> Any:
        return to_model(_MODEL, memory.rows("skill").get(id))

    def get_skill_by_name(self, name: str) -> Any:
        return to_model(_MODEL, first(where("skill", name=name)))

    def get_skills(self, user_id: str | None = None, ids: list[str] | None = None) -> Any:
        found = (row for row in where("skill") if ids is None or row["id"] in ids)
        readable = (row for row in found if user_id is None or may_use(row, user_id, "read"))
        return with_owners(_WITH_OWNER, newest_first(readable))

    def update_skill_by_id(self, id: str, updated: Mapping[str, Any]) -> Any:
        _refuse_files(updated)
        content = updated.get("content")
        names = ("name", "description", "meta", "is_active")
        told = {name: updated[name] for name in names if name in updated}
        return update("skill", id, _MODEL, told | ({} if content is None else _to_content(content)))

    def toggle_skill_by_id(self, id: str) -> Any:
        return alter("skill", id, _MODEL, lambda row: row.update(is_active=not row["is_active"]))

    def delete_skill_by_id(self, id: str) -> bool:
        memory.rows("skill").pop(id, None)
        return True


def _refuse_files(told: Mapping[str, Any]) -> None:
    if any(told.get(name) is not None for name in _FILES):
        raise NotOffline("a skill with files of its own")


def _to_content(text: str) -> dict[str, Any]:
    return {"content": text, "data": {"files": [{"path": "SKILL.md", "content": text}]}}


PLAYS = {"SkillsTable": SkillsTable()}
