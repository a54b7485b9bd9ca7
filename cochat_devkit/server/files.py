"""The files of the local server: uploaded, listed, read, changed and deleted as the real servers do it."""

from __future__ import annotations

import fnmatch
import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.server.file_quirks import (
    EMPTY_CONTENT_400,
    NO_FILES_MATCH_404,
    NOT_REINDEXED_500,
    UPLOAD_FAILED_400,
)
from cochat_devkit.server.indexing import IndexFailed, change_text, keep_unindexed_text, process_upload
from cochat_devkit.server.pages import is_like
from cochat_devkit.server.quirks import NOT_FOUND_404
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller, Right
    from cochat_devkit.server.library import Library, StoredFile

PAGE_SIZE = 50
#: where a real server would keep the bytes; nothing is there
_UPLOADS = "/app/backend/data/uploads"


@dataclass(frozen=True)
class Upload:
    """Hold what somebody sent."""

    name: str
    content: bytes
    content_type: str | None
    metadata: Wire


class FileDesk:
    """Answer what is asked about files. Every method answers as the real server does, or raises its refusal."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._quirks = library.quirks
        self._store = library.context.store

    def take(self, caller: Caller, upload: Upload, *, process: bool) -> Wire:
        """Keep an upload, and make of it what can be made; the answer is of the moment before that."""
        name = upload.name.rpartition("/")[2]
        self._refuse_unfit(name, upload.content)
        file_id, now = str(uuid.uuid4()), self._library.context.clock()
        digest = upload.metadata.get("file_hash") or hashlib.sha256(upload.content).hexdigest()
        wire: Wire = {
            "id": file_id,
            "user_id": caller.id,
            "hash": None,
            "filename": name,
            "path": f"{_UPLOADS}/{file_id}_{name}",
            "data": {"status": "pending"} if process else {},
            "meta": {
                "name": name,
                "content_type": upload.content_type,
                "size": len(upload.content),
                **({"file_hash": digest} if self._quirks.keeps_digest else {}),
                "data": upload.metadata,
            },
            **({"access_control": None} if self._quirks.has_access_field else {}),
            "created_at": now,
            "updated_at": now,
        }
        with self._store.writing():
            self._library.bytes.put(file_id, upload.content)
            file = self._library.put_file(wire)
            if process:
                process_upload(self._library, caller, file)
        return {**wire, "status": True} if process else to_response(file)

    def list_all(self, caller: Caller, *, with_text: bool) -> list[Wire]:
        """List the files that somebody sees, oldest first."""
        return [to_response(file, with_text=with_text) for file in self._seen(caller)]

    def list_page(self, caller: Caller, page: int, *, with_text: bool) -> Wire:
        """List one page of the files that somebody sees, newest change first."""
        seen = sorted(self._seen(caller), key=lambda file: (file.wire["updated_at"], file.id), reverse=True)
        start = (page - 1) * PAGE_SIZE
        items = [to_response(file, with_text=with_text) for file in seen[start : start + PAGE_SIZE]]
        return {"items": items, "total": len(seen)}

    def search(self, caller: Caller, pattern: str, *, with_text: bool, skip: int = 0, limit: int | None = None) -> Json:
        """List the files whose whole name fits a pattern with `*` and `?`."""
        found = [file for file in self._seen(caller) if self._fits(file.name, pattern)]
        if self._quirks.pages_files:
            found.sort(key=lambda file: (file.wire["created_at"], file.id), reverse=True)
        found = found[skip:] if limit is None else found[skip : skip + limit]
        if not found:
            raise refused(NO_FILES_MATCH_404)
        return [to_response(file, with_text=with_text) for file in found]

    def count(self, caller: Caller) -> int:
        """Count the files that somebody sees."""
        return len(self._seen(caller))

    def find(self, caller: Caller, file_id: str, right: Right = "read") -> StoredFile:
        """Find a file that somebody may use; to everybody else it is not there."""
        file = self._library.find_file(file_id, NOT_FOUND_404)
        if not self._library.may_use_file(caller, right, file):
            raise refused(NOT_FOUND_404)
        return file

    def read(self, file: StoredFile) -> bytes:
        """Read the bytes of a file."""
        content = self._library.bytes.get(file.id)
        if content is None:
            raise refused(NOT_FOUND_404)
        return content

    def change_text(self, caller: Caller, file_id: str, text: str) -> str:
        """Exchange the text of a file and show it; the bytes stay."""
        file = self.find(caller, file_id, "write")
        if not self._quirks.text_can_change:
            with self._store.writing():
                keep_unindexed_text(self._library, caller, file, text)
            return file.text or ""
        if not text.strip():
            raise refused(EMPTY_CONTENT_400)
        with self._store.writing():
            try:
                refusing = change_text(self._library, file, text)
            except IndexFailed:
                refusing = []
        if refusing:
            raise refused(NOT_REINDEXED_500)
        return text

    def rename(self, caller: Caller, file_id: str, name: str) -> Wire:
        """Give a file another name."""
        file = self.find(caller, file_id, "write")
        with self._store.writing():
            renamed = self._library.change_file(file, filename=name, meta={**file.wire["meta"], "name": name})
        return renamed.wire

    def delete(self, caller: Caller, file_id: str) -> Wire:
        """Delete a file."""
        file = self.find(caller, file_id, "write")
        with self._store.writing():
            if self._quirks.deletion_leaves_no_trace:
                for base in self._library.bases_of(file):
                    self._library.take_out(base["id"], file)
            self._library.remove_file(file_id)
        return {"message": "File deleted successfully"}

    def _seen(self, caller: Caller) -> list[StoredFile]:
        return [file for file in self._library.files() if caller.is_admin or file.owner_id == caller.id]

    def _fits(self, name: str, pattern: str) -> bool:
        if not self._quirks.pages_files:
            return fnmatch.fnmatch(name.lower(), pattern.lower())
        places = {"*": ".*", "?": "."}
        expression = "".join(places.get(letter, re.escape(letter)) for letter in pattern)
        return re.fullmatch(expression, name, re.DOTALL | re.IGNORECASE | re.ASCII) is not None

    def _refuse_unfit(self, name: str, content: bytes) -> None:
        if not content:
            raise refused(self._quirks.empty_file)
        longest = self._quirks.longest_name_bytes
        if longest is not None and len(name.encode(errors="replace")) > longest:
            raise refused(UPLOAD_FAILED_400)


def to_response(file: StoredFile, *, with_text: bool = True) -> Wire:
    """Show a file as listings do: without the path, and without the text where it is not wanted."""
    wire = {key: value for key, value in file.wire.items() if key not in ("path", "access_control")}
    if not with_text:
        wire["data"] = {key: value for key, value in wire["data"].items() if key != "content"}
    return wire


def is_named_like(query: str | None, file: StoredFile) -> bool:
    """Tell whether a part of a file's name is what is searched for."""
    return not query or is_like(f"%{query}%", file.name)
