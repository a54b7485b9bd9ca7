"""`open_webui.routers.memories`: memories as plugins make and change them; nothing is searched by its meaning.

Source: Open WebUI 0.12.4 and 0.6.43, routers/memories.py; what is there without a database of vectors is checked by
tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library.memories import MemoriesTable
from cochat_devkit.runtime.standins.refusing import NotOffline

_NOT_FOUND = 404


async def add_memory(form_data: Any, user: Any) -> Any:
    """Remember something."""
    more = {} if home.is_old() else {"memory_type": form_data.type, "path": form_data.path}
    meta = None if home.is_old() else {"created_by": "manual"}
    return MemoriesTable().insert_new_memory(user.id, form_data.content.strip(), meta=meta, **more)


async def update_memory_by_id(memory_id: str, form_data: Any, user: Any) -> Any:
    """Remember something else instead.

    Raises:
        HTTPException: this person has no such memory.
    """
    more = {} if home.is_old() else {"memory_type": form_data.type}
    if not home.is_old() and form_data.path is not None:
        more |= {"path": form_data.path, "update_path": True}
    found = MemoriesTable().update_memory_by_id_and_user_id(memory_id, user.id, form_data.content, **more)
    if found is None:
        errors = home.module("constants").ERROR_MESSAGES
        raise _not_found("Memory not found" if home.is_old() else errors.NOT_FOUND)
    return found


async def delete_memory_by_id(memory_id: str, user: Any) -> bool:
    """Forget something."""
    return bool(MemoriesTable().delete_memory_by_id_and_user_id(memory_id, user.id))


async def query_memory(form_data: Any, user: Any) -> Any:  # noqa: ARG001 - there is nothing to look in
    """Refuse to look for what is like something, unless there is nothing to look in.

    Raises:
        HTTPException: this person has no memories.
    """
    if not MemoriesTable().get_memories_by_user_id(user.id):
        raise _not_found("No memories found for user")
    raise NotOffline("open_webui.routers.memories.query_memory, which looks for meanings,")


def _not_found(detail: Any) -> Exception:
    made: Exception = home.module("routers.memories").HTTPException(status_code=_NOT_FOUND, detail=detail)
    return made


PLAYS = {each.__name__: each for each in (add_memory, update_memory_by_id, delete_memory_by_id, query_memory)}
