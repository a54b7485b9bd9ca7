"""`open_webui.routers.files`: an upload as plugins make one.

Source: Open WebUI 0.12.4 and 0.6.43, routers/files.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath
from typing import Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.files import FilesTable
from cochat_devkit.runtime.standins.library.storage import LocalStorageProvider
from cochat_devkit.runtime.standins.refusing import NotOffline

_BAD_REQUEST = 400


def upload_file_handler(
    request: Any,  # noqa: ARG001 - the server's has settings there, and here are none
    file: Any,
    metadata: Any = None,
    process: bool = True,
    process_in_background: bool = True,
    user: Any = None,
    background_tasks: Any = None,
) -> Any:
    """Keep a file. What a server reads out of its text for searches is left undone."""
    if process and not (background_tasks and process_in_background):
        raise NotOffline("open_webui.routers.files.process_uploaded_file")
    errors = home.module("constants").ERROR_MESSAGES
    try:
        told = json.loads(metadata) if isinstance(metadata, str) else metadata or {}
    except ValueError as error:
        raise _http_error(errors.DEFAULT) from error
    name = PurePosixPath(file.filename).name
    id_ = memory.new_id()
    try:
        content, path = LocalStorageProvider().upload_file(file.file, f"{id_}_{name}", {})
    except ValueError as error:
        raise _http_error(errors.DEFAULT if home.is_old() else errors.EMPTY_CONTENT) from error
    meta = {"name": name, "content_type": file.content_type, "size": len(content)}
    if not home.is_old():
        meta["file_hash"] = told.get("file_hash") or hashlib.sha256(content).hexdigest()
    form = home.module("models.files").FileForm(
        id=id_,
        filename=name,
        path=path,
        data={"status": "pending"} if process else {},
        meta={**meta, "data": told},
    )
    kept = FilesTable().insert_new_file(user.id, form)
    return {"status": True, **kept.model_dump()} if process else kept


def _http_error(detail: Any) -> Exception:
    made: Exception = home.module("routers.files").HTTPException(status_code=_BAD_REQUEST, detail=detail)
    return made


PLAYS = {"upload_file_handler": upload_file_handler}
