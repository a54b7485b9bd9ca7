"""`open_webui.models.knowledge`: knowledge bases and the files in them; nothing is searched.

Source: Open WebUI 0.12.4 and 0.6.43, models/knowledge.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import Any

from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import alter, now_twice, put_in, to_model, to_models, where
from cochat_devkit.runtime.standins.library.resources import may_use, newest_first, with_owners, without_grants

_MODEL, _WITH_OWNER = "models.knowledge.KnowledgeModel", "models.knowledge.KnowledgeUserModel"
_IN_IT = "models.knowledge.KnowledgeFileModel"


class KnowledgeTable:
    """Play `Knowledges`."""

    def insert_new_knowledge(self, user_id: str, form_data: Any) -> Any:
        told = without_grants("knowledge base", form_data.model_dump())
        return put_in("knowledge", _MODEL, {**told, "id": memory.new_id(), "user_id": user_id, **now_twice()})

    def get_knowledge_bases(self, skip: int = 0, limit: int = 30) -> Any:  # noqa: ARG002 - the server's neither
        return with_owners(_WITH_OWNER, newest_first(where("knowledge")))

    def get_knowledge_bases_by_user_id(self, user_id: str, permission: str = "write") -> Any:
        found = newest_first(where("knowledge"))
        return with_owners(_WITH_OWNER, (row for row in found if may_use(row, user_id, permission)))

    def get_knowledge_by_id(self, id: str) -> Any:
        return to_model(_MODEL, memory.rows("knowledge").get(id))

    def get_knowledge_by_id_and_user_id(self, id: str, user_id: str) -> Any:
        row = memory.rows("knowledge").get(id)
        return to_model(_MODEL, row) if row and may_use(row, user_id, "write") else None

    def check_access_by_user_id(self, id: str, user_id: str, permission: str = "write") -> bool:
        row = memory.rows("knowledge").get(id)
        return row is not None and may_use(row, user_id, permission)

    def get_knowledges_by_file_id(self, file_id: str) -> Any:
        ids = [row["knowledge_id"] for row in where("knowledge_file", file_id=file_id)]
        return to_models(_MODEL, (row for row in where("knowledge") if row["id"] in ids))

    def get_files_by_id(self, knowledge_id: str) -> Any:
        ids = [row["file_id"] for row in where("knowledge_file", knowledge_id=knowledge_id)]
        return to_models("models.files.FileModel", (row for row in where("file") if row["id"] in ids))

    def get_file_metadatas_by_id(self, knowledge_id: str) -> Any:
        found = (each.model_dump() for each in self.get_files_by_id(knowledge_id))
        return to_models("models.files.FileMetadataResponse", found)

    def has_file(self, knowledge_id: str, file_id: str) -> bool:
        return bool(where("knowledge_file", knowledge_id=knowledge_id, file_id=file_id))

    def add_file_to_knowledge_by_id(self, knowledge_id: str, file_id: str, user_id: str) -> Any:
        if self.has_file(knowledge_id, file_id):
            return None
        row = {"id": memory.new_id(), "knowledge_id": knowledge_id, "file_id": file_id, "user_id": user_id}
        return put_in("knowledge_file", _IN_IT, {**row, **now_twice()})

    def remove_file_from_knowledge_by_id(self, knowledge_id: str, file_id: str) -> bool:
        for row in where("knowledge_file", knowledge_id=knowledge_id, file_id=file_id):
            del memory.rows("knowledge_file")[row["id"]]
        return True

    def reset_knowledge_by_id(self, id: str) -> Any:
        for row in where("knowledge_file", knowledge_id=id):
            del memory.rows("knowledge_file")[row["id"]]
        return alter("knowledge", id, _MODEL, lambda _row: None)

    def update_knowledge_by_id(self, id: str, form_data: Any) -> Any:
        told = without_grants("knowledge base", form_data.model_dump())
        return alter("knowledge", id, _MODEL, lambda row: row.update(told))

    def delete_knowledge_by_id(self, id: str) -> bool:
        memory.rows("knowledge").pop(id, None)
        return True

    def delete_all_knowledge(self) -> bool:
        memory.rows("knowledge").clear()
        return True


PLAYS = {"KnowledgeTable": KnowledgeTable()}
