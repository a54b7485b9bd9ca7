"""`open_webui.models.memories`: what models remember of people.

Source: Open WebUI 0.12.4 and 0.6.43, models/memories.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import alter, now_twice, put_in, to_model, to_models, where

if TYPE_CHECKING:
    from cochat_devkit.runtime.standins.library.memory import Row

_MODEL = "models.memories.MemoryModel"


class MemoriesTable:
    """Play `Memories`."""

    def normalize_memory_type(self, memory_type: str | None = None) -> str:
        return "user" if memory_type == "user" else "context"

    def insert_new_memory(
        self, user_id: str, content: str, memory_type: str | None = None, path: str | None = None, meta: Any = None
    ) -> Any:
        row = {"id": memory.new_id(), "user_id": user_id, "content": content, **now_twice()}
        if not home.is_old():
            row |= {"type": self.normalize_memory_type(memory_type), "path": path, "meta": meta}
        return put_in("memory", _MODEL, row)

    def update_memory_by_id_and_user_id(
        self,
        id: str,
        user_id: str,
        content: str | None,
        memory_type: str | None = None,
        path: str | None = None,
        update_path: bool = False,
        meta: Any = None,
    ) -> Any:
        def change(row: Row) -> None:
            row["content"] = content if content is not None or home.is_old() else row["content"]
            if memory_type is not None:
                row["type"] = self.normalize_memory_type(memory_type)
            if update_path:
                row["path"] = path
            if meta is not None:
                row["meta"] = {**(row["meta"] or {}), **meta}

        return alter("memory", id, _MODEL, change) if where("memory", id=id, user_id=user_id) else None

    def get_memories(self) -> Any:
        return to_models(_MODEL, where("memory"))

    def get_memories_by_user_id(self, user_id: str) -> Any:
        return to_models(_MODEL, where("memory", user_id=user_id))

    def get_memory_by_id(self, id: str) -> Any:
        return to_model(_MODEL, memory.rows("memory").get(id))

    def delete_memory_by_id(self, id: str) -> bool:
        memory.rows("memory").pop(id, None)
        return True

    def delete_memories_by_user_id(self, user_id: str) -> bool:
        return all(self.delete_memory_by_id(row["id"]) for row in where("memory", user_id=user_id))

    def delete_memory_by_id_and_user_id(self, id: str, user_id: str) -> bool | None:
        if where("memory", id=id, user_id=user_id):
            return self.delete_memory_by_id(id)
        return None if home.is_old() else False


PLAYS = {"MemoriesTable": MemoriesTable()}
