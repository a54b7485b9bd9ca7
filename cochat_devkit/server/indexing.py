"""What the local server makes of a file: its text, and whether a base takes that in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cochat_devkit.server.file_quirks import DUPLICATE_CONTENT, EMPTY_CONTENT
from cochat_devkit.server.file_texts import NoText, extract_text
from cochat_devkit.server.library import Member
from cochat_devkit.server.quirks import NOT_FOUND

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.library import Library, StoredFile


class IndexFailed(Exception):
    """A file was not taken in; the message begins with the status that the real server's own error bears."""


def process_upload(library: Library, caller: Caller, file: StoredFile) -> None:
    """Take the text out of a fresh file, and put it into the base that its metadata name; failures are its status."""
    try:
        _process(library, caller, file)
    except (NoText, IndexFailed) as failure:
        message = str(failure).removeprefix("400: ")
        current = library.file(file.id) or file
        library.change_file(file, data={**current.wire["data"], "status": "failed", "error": message})


def index_in_base(library: Library, caller: Caller, file: StoredFile, base_id: str) -> None:
    """Let a base know the text of a file.

    Raises:
        IndexFailed: the caller may not change the file, the file has no text, or the base has that text already.
    """
    _refuse_others(library, caller, file)
    known = file.text
    if known is None and library.quirks.tells_failures:
        _fail(library, file, {}, EMPTY_CONTENT)
    _keep_text(library, file, known or "", base_id)


def change_text(library: Library, file: StoredFile, text: str) -> list[str]:
    """Exchange the text of a file, and let every base of it know; name the bases that would not take it.

    Raises:
        IndexFailed: the text is empty.
    """
    file = _keep_text(library, file, text, None)
    refusing = []
    for base in library.bases_of(file):
        base_id = base["id"]
        try:
            file = _keep_text(library, file, text, base_id)
        except IndexFailed:
            refusing.append(base_id)
            continue
        library.texts.forget_file(base_id, file.id)
        library.texts.add(base_id, file.id, digest_of(text))
    return refusing


def keep_unindexed_text(library: Library, caller: Caller, file: StoredFile, text: str) -> None:
    """Exchange the text of a file as a server does whose index cannot be reached then: the file counts as failed.

    An empty text means that the bytes are to be read again.
    """
    if not caller.is_admin and file.owner_id != caller.id:
        return
    if not text:
        content_type = file.wire["meta"].get("content_type")
        text = extract_text(library.bytes.get(file.id) or b"", file.name, content_type, library.quirks) or ""
    data = {**file.wire["data"], "content": text, "status": "failed"}
    library.change_file(file, data=data, hash=digest_of(text))


def digest_of(text: str) -> str:
    """Make the digest by which a text is known."""
    return hashlib.sha256(text.encode()).hexdigest()


def _process(library: Library, caller: Caller, file: StoredFile) -> None:
    meta = file.wire["meta"]
    raw = library.bytes.get(file.id) or b""
    text = extract_text(raw, file.name, meta.get("content_type"), library.quirks)
    if text is None:
        _complete(library, file, {})
    else:
        file = _keep_text(library, file, text, None)
    if library.quirks.has_folders:
        _put_where_asked(library, caller, file, meta["data"])


def _put_where_asked(library: Library, caller: Caller, file: StoredFile, asked: Wire) -> None:
    """Put a file into the base that was named with it; one that is unknown or not the caller's is passed over."""
    base = library.bases.get(str(asked.get("knowledge_id")))
    if base is None or not library.bases.may(caller, "write", base):
        return
    folder = library.folder(str(asked.get("directory_id")))
    folder_id = folder.id if folder and folder.base_id == base["id"] else None
    index_in_base(library, caller, file, base["id"])
    library.members.put(Member(base["id"], file.id, caller.id, library.context.clock(), folder_id))


def _refuse_others(library: Library, caller: Caller, file: StoredFile) -> None:
    is_own = caller.is_admin or file.owner_id == caller.id
    if not is_own and (library.quirks.unreadable_file is None or not library.may_use_file(caller, "write", file)):
        raise IndexFailed(f"404: {NOT_FOUND}")


def _keep_text(library: Library, file: StoredFile, text: str, base_id: str | None) -> StoredFile:
    """Write a text down, compare it with those that the base knows, and complete the file."""
    digest = digest_of(text)
    if base_id and is_duplicate(library, base_id, file, digest):
        _fail(library, file, {"content": text}, DUPLICATE_CONTENT)
    if not text.strip():
        _fail(library, file, {"content": text}, EMPTY_CONTENT)
    if base_id:
        library.texts.add(base_id, file.id, digest)
    collection = base_id or f"file-{file.id}"
    return _complete(library, file, {"content": text}, hash=digest, collection=collection)


def is_duplicate(library: Library, base_id: str, file: StoredFile, digest: str) -> bool:
    """Tell whether a base knows a text already; some servers do not mind it of the same file."""
    knowing = library.texts.files_with(base_id, digest)
    if library.quirks.may_be_added_again:
        return bool(knowing) and knowing[0] != file.id
    return bool(knowing)


def _complete(
    library: Library,
    file: StoredFile,
    data: Wire,
    *,
    hash: str | None = None,  # noqa: A002 - the key on the wire
    collection: str | None = None,
) -> StoredFile:
    no_error = {"error": None} if library.quirks.tells_failures else {}
    changes: Wire = {"data": {**file.wire["data"], **data, "status": "completed", **no_error}}
    if collection:
        changes |= {"hash": hash, "meta": {**file.wire["meta"], "collection_name": collection}}
    return library.change_file(file, **changes)


def _fail(library: Library, file: StoredFile, data: Wire, message: str) -> None:
    """Mark a file as failed.

    Raises:
        IndexFailed: always.
    """
    changes: Wire = {"data": {**file.wire["data"], **data, "status": "failed"}}
    if library.quirks.tells_failures:
        changes["data"]["error"] = message
        changes["hash"] = None
    elif "content" in data:
        changes["hash"] = digest_of(data["content"])
    library.change_file(file, **changes)
    raise IndexFailed(f"400: {message}")
