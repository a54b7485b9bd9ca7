"""`open_webui.models.files`: what people uploaded, and what plugins made for them.

Source: Open WebUI 0.12.4 and 0.6.43, models/files.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import (
    alter,
    by,
    first,
    now_twice,
    page,
    put_in,
    to_model,
    to_models,
    where,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.runtime.standins.library.memory import Row

_MODEL = "models.files.FileModel"
_ABOUT = "models.files.FileMetadataResponse"


class FilesTable:
    """Play `Files`."""

    def insert_new_file(self, user_id: str, form_data: Any) -> Any:
        told = form_data.model_dump()
        if not home.is_old():
            told["meta"] = _without_callables(told["meta"])
        return put_in("file", _MODEL, {**told, "user_id": user_id, **now_twice()})

    def get_file_by_id(self, id: str) -> Any:
        return to_model(_MODEL, memory.rows("file").get(id))

    def get_file_by_id_and_user_id(self, id: str, user_id: str) -> Any:
        return to_model(_MODEL, first(where("file", id=id, user_id=user_id)))

    def get_file_metadata_by_id(self, id: str) -> Any:
        return to_model(_ABOUT, _about(memory.rows("file").get(id)))

    def get_files(self) -> Any:
        return to_models(_MODEL, where("file"))

    def get_files_by_ids(self, ids: list[str]) -> Any:
        return to_models(_MODEL, _of_ids(ids))

    def get_file_metadatas_by_ids(self, ids: list[str]) -> Any:
        return to_models(_ABOUT, map(_about, _of_ids(ids)))  # type: ignore[arg-type]

    def get_files_by_user_id(self, user_id: str) -> Any:
        return to_models(_MODEL, where("file", user_id=user_id))

    def count_files_by_user_id(self, user_id: str | None = None) -> int:
        return len(where("file", user_id=user_id) if user_id else where("file"))

    def check_access_by_user_id(self, id: str, user_id: str, permission: str = "write") -> bool:  # noqa: ARG002
        return bool(where("file", id=id, user_id=user_id))

    def search_files(self, user_id: str | None = None, filename: str = "*", skip: int = 0, limit: int = 100) -> Any:
        found = where("file", user_id=user_id) if user_id else where("file")
        # what is no joker in the server's patterns is none here
        pattern = filename.lower().replace("[", "[[]")
        found = [row for row in found if fnmatch.fnmatchcase(row["filename"].lower(), pattern)]
        found = by(by(found, "id", descending=True), "created_at", descending=True)
        return to_models(_MODEL, page(found, skip, limit))

    def update_file_by_id(self, id: str, form_data: Any) -> Any:
        def change(row: Row) -> None:
            row["hash"] = row["hash"] if form_data.hash is None else form_data.hash
            for name in ("data", "meta"):
                if (told := getattr(form_data, name)) is not None:
                    row[name] = {**(row[name] or {}), **told}

        return alter("file", id, _MODEL, change)

    def update_file_hash_by_id(self, id: str, hash: str | None) -> Any:
        return alter("file", id, _MODEL, lambda row: row.update(hash=hash))

    def update_file_data_by_id(self, id: str, data: Mapping[str, Any]) -> Any:
        return alter("file", id, _MODEL, lambda row: row.update(data={**(row["data"] or {}), **data}))

    def update_file_metadata_by_id(self, id: str, meta: Mapping[str, Any]) -> Any:
        return alter("file", id, _MODEL, lambda row: row.update(meta={**(row["meta"] or {}), **meta}))

    def update_file_name_by_id(self, id: str, name: str) -> Any:
        return alter(
            "file", id, _MODEL, lambda row: row.update(filename=name, meta={**(row["meta"] or {}), "name": name})
        )

    def delete_file_by_id(self, id: str) -> bool:
        memory.rows("file").pop(id, None)
        return True

    def delete_all_files(self) -> bool:
        memory.rows("file").clear()
        return True


def _about(row: Row | None) -> Row | None:
    names = ("id", "hash", "meta", "created_at", "updated_at")
    return None if row is None else {name: row[name] for name in names}


def _of_ids(ids: list[str]) -> list[Row]:
    found = by((row for row in where("file") if row["id"] in ids), "id")
    return by(found, "updated_at", descending=True)


def _without_callables(value: Any) -> Any:
    """Leave out of what is said of a file whatever can be called: it is not kept."""
    if isinstance(value, dict):
        return {name: _without_callables(each) for name, each in value.items() if not callable(each)}
    return [_without_callables(each) for each in value if not callable(each)] if isinstance(value, list) else value


def _sanitize_meta(cls: Any, told: Any) -> Any:  # noqa: ARG001 - the name makes it a method of the class
    content_type = told.get("content_type") if isinstance(told, dict) else None
    if content_type is None or isinstance(content_type, str):
        return told
    listed = content_type if isinstance(content_type, list) else []
    return {**told, "content_type": next((each for each in listed if isinstance(each, str)), None)}


PLAYS = {"FilesTable": FilesTable()}
VALIDATORS = {"FileMeta": {"sanitize_meta": model_validator(mode="before")(_sanitize_meta)}}
