"""The addresses of files."""

import hashlib
import json
import mimetypes
import re
from email.utils import formatdate
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Header, Query, Response, UploadFile
from pydantic import BaseModel

from cochat_devkit.resource import Wire
from cochat_devkit.server.answers import JsonAnswer
from cochat_devkit.server.callers import AdmittedCaller
from cochat_devkit.server.file_quirks import BAD_METADATA_400, UPLOAD_FAILED_400
from cochat_devkit.server.files import FileDesk, Upload
from cochat_devkit.server.library import Library, StoredFile
from cochat_devkit.server.refusals import refused

_AT = "/api/v1/files"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class TextForm(BaseModel):
    """Take in a text."""

    content: str


class NameForm(BaseModel):
    """Take in a name."""

    filename: str


def add_routes(router: APIRouter, library: Library) -> None:
    """Add the addresses of files."""
    desk = FileDesk(library)
    _add_upload(router, desk)
    _add_listings(router, desk, in_pages=library.quirks.pages_files)
    _add_reads(router, desk)
    _add_changes(router, desk)
    if library.quirks.can_rename:
        _add_rename(router, desk)


def _add_upload(router: APIRouter, desk: FileDesk) -> None:
    @router.post(f"{_AT}/")
    def take_upload(
        caller: AdmittedCaller,
        file: Annotated[UploadFile, File()],
        metadata: Annotated[str | None, Form()] = None,
        *,
        process: bool = True,
        process_in_background: bool = True,  # noqa: ARG001 - both ways it is done at once
    ) -> Response:
        upload = Upload(file.filename or "", file.file.read(), file.content_type, _parse_metadata(metadata))
        return JsonAnswer(desk.take(caller, upload, process=process))


def _add_listings(router: APIRouter, desk: FileDesk, *, in_pages: bool) -> None:
    def list_files(caller: AdmittedCaller, *, content: bool = True) -> Response:
        return JsonAnswer(desk.list_all(caller, with_text=content))

    def list_page(caller: AdmittedCaller, page: Annotated[int, Query(ge=1)] = 1, *, content: bool = True) -> Response:
        return JsonAnswer(desk.list_page(caller, page, with_text=content))

    def search(caller: AdmittedCaller, filename: str, *, content: bool = True) -> Response:
        return JsonAnswer(desk.search(caller, filename, with_text=content))

    def search_part(
        caller: AdmittedCaller,
        filename: str,
        skip: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        *,
        content: bool = True,
    ) -> Response:
        return JsonAnswer(desk.search(caller, filename, with_text=content, skip=skip, limit=limit))

    def count(caller: AdmittedCaller) -> int:
        return desk.count(caller)

    router.add_api_route(f"{_AT}/", list_page if in_pages else list_files, response_model=None)
    router.add_api_route(f"{_AT}/search", search_part if in_pages else search, response_model=None)
    if in_pages:
        router.add_api_route(f"{_AT}/count", count, response_model=None)


def _add_reads(router: APIRouter, desk: FileDesk) -> None:
    at = f"{_AT}/{{id}}"

    @router.get(at)
    def show(caller: AdmittedCaller, id: str) -> Response:  # noqa: A002 - the name in the path
        return JsonAnswer(desk.find(caller, id).wire)

    @router.get(f"{at}/process/status")
    def show_status(caller: AdmittedCaller, id: str, *, stream: bool = False) -> Response:  # noqa: A002
        return _answer_status(desk.find(caller, id), in_stream=stream)

    @router.get(f"{at}/data/content")
    def show_text(caller: AdmittedCaller, id: str) -> Response:  # noqa: A002
        return JsonAnswer({"content": desk.find(caller, id).text or ""})

    @router.get(f"{at}/content")
    def read(
        caller: AdmittedCaller,
        id: str,  # noqa: A002
        range: Annotated[str | None, Header()] = None,  # noqa: A002 - the name of the header
        *,
        attachment: bool = False,
    ) -> Response:
        file = desk.find(caller, id)
        headers = {"content-disposition": found} if (found := _disposition(file, is_attachment=attachment)) else {}
        return _answer_bytes(file, desk.read(file), range, headers)

    @router.get(f"{at}/content/{{name}}")
    def read_by_name(
        caller: AdmittedCaller,
        id: str,  # noqa: A002
        range: Annotated[str | None, Header()] = None,  # noqa: A002
    ) -> Response:
        file = desk.find(caller, id)
        return _answer_bytes(file, desk.read(file), range, {"content-disposition": f"attachment; {_name_of(file)}"})


def _add_changes(router: APIRouter, desk: FileDesk) -> None:
    at = f"{_AT}/{{id}}"

    @router.post(f"{at}/data/content/update")
    def change_text(caller: AdmittedCaller, id: str, form: TextForm) -> Response:  # noqa: A002
        return JsonAnswer({"content": desk.change_text(caller, id, form.content)})

    @router.delete(at)
    def delete(caller: AdmittedCaller, id: str) -> Response:  # noqa: A002
        return JsonAnswer(desk.delete(caller, id))


def _add_rename(router: APIRouter, desk: FileDesk) -> None:
    @router.post(f"{_AT}/{{id}}/rename")
    def rename(caller: AdmittedCaller, id: str, form: NameForm) -> Response:  # noqa: A002
        return JsonAnswer(desk.rename(caller, id, form.filename))


def _parse_metadata(text: str | None) -> Wire:
    try:
        parsed: Any = json.loads(text) if text else {}
    except json.JSONDecodeError as error:
        raise refused(BAD_METADATA_400) from error
    if not isinstance(parsed, dict):
        raise refused(UPLOAD_FAILED_400)
    return parsed


def _answer_status(file: StoredFile, *, in_stream: bool) -> Response:
    data = file.wire["data"]
    if not in_stream:
        return JsonAnswer({"status": data.get("status", "pending")})
    event = {key: data[key] for key in ("status", "error") if data.get(key)}
    lines = f"data: {json.dumps(event)}\n\n" if "status" in event else ""
    return Response(lines, media_type="text/event-stream")


def _answer_bytes(file: StoredFile, content: bytes, asked: str | None, headers: dict[str, str]) -> Response:
    """Answer bytes, or the one part of them that was asked for."""
    made = file.wire["created_at"]
    # as a real server makes it: of time and size, so that it tells nothing of what the bytes are
    etag = hashlib.md5(f"{file.id}-{made}-{len(content)}".encode(), usedforsecurity=False).hexdigest()
    headers = {
        **headers,
        "accept-ranges": "bytes",
        "etag": f'"{etag}"',
        "last-modified": formatdate(made, usegmt=True),
    }
    media_type = _media_type(file)
    part = _parse_range(asked, len(content))
    if part is None:
        return Response(content, headers=headers, media_type=media_type)
    if not part:
        return Response(status_code=416, headers={"content-range": f"bytes */{len(content)}"})
    headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return Response(content[part.start : part.stop], 206, headers=headers, media_type=media_type)


def _parse_range(asked: str | None, size: int) -> range | None:
    """Read which part is asked for: None for all of it, an empty one where there is no such."""
    found = _RANGE.fullmatch(asked or "")
    if not found or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return range(max(0, size - int(last)), size)
    return range(int(first), min(size, int(last) + 1 if last else size))


def _media_type(file: StoredFile) -> str:
    if file.name.lower().endswith(".pdf"):
        return "application/pdf"
    return file.wire["meta"].get("content_type") or mimetypes.guess_type(file.name)[0] or "text/plain"


def _disposition(file: StoredFile, *, is_attachment: bool) -> str | None:
    """Say how the bytes are to be saved; None for text, which is shown."""
    media_type = _media_type(file)
    if is_attachment:
        return f"attachment; {_name_of(file)}"
    if media_type == "application/pdf":
        return f"inline; {_name_of(file)}"
    return None if file.wire["meta"].get("content_type") == "text/plain" else f"attachment; {_name_of(file)}"


def _name_of(file: StoredFile) -> str:
    return f"filename*=UTF-8''{quote(file.name)}"
