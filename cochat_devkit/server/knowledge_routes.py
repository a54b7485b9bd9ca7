"""The addresses of knowledge bases and of the files in them."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from cochat_devkit.server import files_routes
from cochat_devkit.server.answers import JsonAnswer
from cochat_devkit.server.callers import AdmittedCaller
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.knowledge import BaseDesk
from cochat_devkit.server.knowledge_files import FileWish, ShelfDesk
from cochat_devkit.server.knowledge_folders import FolderDesk
from cochat_devkit.server.knowledge_sync import Entry, SyncDesk
from cochat_devkit.server.library import Library
from cochat_devkit.server.models import Models
from cochat_devkit.server.pages import Wish

_AT = "/api/v1/knowledge"
_ITEM = f"{_AT}/{{id}}"
_JSON = "application/json"


class BaseForm(BaseModel):
    """Take in a base; of the two sorts of access each generation looks at its own."""

    name: str
    description: str
    access_control: dict[str, Any] | None = None
    access_grants: list[dict[str, Any]] | None = None


class GrantsForm(BaseModel):
    """Take in who may read and write."""

    access_grants: list[dict[str, Any]]


class FileForm(BaseModel):
    """Take in a file, and the folder that it is for."""

    file_id: str
    directory_id: str | None = None


class FolderForm(BaseModel):
    """Take in a new folder."""

    name: str
    parent_id: str | None = None


class FolderChanges(BaseModel):
    """Take in what is to change of a folder; a parent of null is the top."""

    name: str | None = None
    parent_id: str | None = None


class ManifestEntry(BaseModel):
    """Take in a file on somebody's disk."""

    filename: str
    path: str
    checksum: str
    size: int


class ManifestForm(BaseModel):
    """Take in all files on somebody's disk."""

    manifest: list[ManifestEntry]


class CleanupForm(BaseModel):
    """Take in what is to go."""

    file_ids: list[str]
    dir_ids: list[str] = []


def add_routes(router: APIRouter, context: ServerContext) -> None:
    """Add the addresses of files, of bases, and of their folders where the server has them."""
    library = Library(context)
    files_routes.add_routes(router, library)
    models = Models(context, base_ids=tuple)
    bases = BaseDesk(library, forget_base=models.forget_base)
    shelf, folders = ShelfDesk(library, bases), FolderDesk(library, bases)
    _add_listings(router, bases, shelf)
    _add_base(router, bases)
    if context.dialect.access == "grants":
        _add_access(router, bases)
    _add_files(router, shelf, takes_limit=library.quirks.takes_limit)
    if library.quirks.has_folders:
        _add_folders(router, folders)
        _add_sync(router, SyncDesk(library, folders))


def _add_listings(router: APIRouter, bases: BaseDesk, shelf: ShelfDesk) -> None:
    @router.get(f"{_AT}/")
    def list_bases(caller: AdmittedCaller, page: int = 1) -> Response:
        return JsonAnswer(bases.list_page(caller, Wish(page=page)))

    @router.get(f"{_AT}/search")
    def search(
        caller: AdmittedCaller,
        query: str | None = None,
        view_option: str | None = None,
        order_by: str | None = None,
        direction: str | None = None,
        page: int = 1,
    ) -> Response:
        wish = Wish(query=query, view_option=view_option, order_by=order_by, direction=direction, page=page)
        return JsonAnswer(bases.list_page(caller, wish))

    @router.get(f"{_AT}/search/files")
    def search_files(caller: AdmittedCaller, query: str | None = None, page: int = 1) -> Response:
        return JsonAnswer(shelf.search(caller, query, page))


def _add_base(router: APIRouter, bases: BaseDesk) -> None:
    @router.post(f"{_AT}/create")
    def create(caller: AdmittedCaller, form: BaseForm) -> Response:
        return JsonAnswer(bases.create(caller, form.model_dump()))

    @router.get(_ITEM)
    def show(caller: AdmittedCaller, id: str) -> Response:  # noqa: A002 - the name in the path
        return JsonAnswer(bases.show(caller, id))

    @router.post(f"{_ITEM}/update")
    def update(caller: AdmittedCaller, id: str, form: BaseForm) -> Response:  # noqa: A002
        return _written(bases.update(caller, id, form.model_dump()))

    @router.delete(f"{_ITEM}/delete")
    def delete(caller: AdmittedCaller, id: str) -> bool:  # noqa: A002
        return bases.delete(caller, id)

    @router.post(f"{_ITEM}/reset")
    def reset(caller: AdmittedCaller, id: str, *, include_directories: bool = True) -> Response:  # noqa: A002
        return JsonAnswer(bases.reset(caller, id, with_folders=include_directories))


def _add_access(router: APIRouter, bases: BaseDesk) -> None:
    @router.post(f"{_ITEM}/access/update")
    def set_access(caller: AdmittedCaller, id: str, form: GrantsForm) -> Response:  # noqa: A002
        return _written(bases.set_access(caller, id, form.access_grants))


def _add_files(router: APIRouter, shelf: ShelfDesk, *, takes_limit: bool) -> None:
    def wish(
        query: str | None = None,
        view_option: str | None = None,
        order_by: str | None = None,
        direction: str | None = None,
        directory_id: str | None = None,
        page: int = 1,
        limit: int | None = None,
    ) -> FileWish:
        return FileWish(query, view_option, order_by, direction, directory_id, page, limit)

    @router.get(f"{_ITEM}/files")
    def list_files(caller: AdmittedCaller, id: str, wish: Annotated[FileWish, Depends(wish)]) -> Response:  # noqa: A002
        is_free = takes_limit and caller.is_admin
        return JsonAnswer(shelf.list_page(caller, id, wish if is_free else wish.without_limit()))

    @router.post(f"{_ITEM}/file/add")
    def add(caller: AdmittedCaller, id: str, form: FileForm) -> Response:  # noqa: A002
        return _written(shelf.add(caller, id, form.file_id, form.directory_id))

    @router.post(f"{_ITEM}/file/update")
    def update(caller: AdmittedCaller, id: str, form: FileForm) -> Response:  # noqa: A002
        return _written(shelf.reindex(caller, id, form.file_id))

    @router.post(f"{_ITEM}/file/remove")
    def remove(caller: AdmittedCaller, id: str, form: FileForm, *, delete_file: bool = True) -> Response:  # noqa: A002
        return _written(shelf.remove(caller, id, form.file_id, delete_file=delete_file))

    @router.post(f"{_ITEM}/files/batch/add")
    def add_batch(caller: AdmittedCaller, id: str, form: list[FileForm]) -> Response:  # noqa: A002
        return _written(shelf.add_batch(caller, id, [(each.file_id, each.directory_id) for each in form]))


def _add_folders(router: APIRouter, folders: FolderDesk) -> None:
    @router.post(f"{_ITEM}/dirs/create")
    def create(caller: AdmittedCaller, id: str, form: FolderForm) -> Response:  # noqa: A002
        return JsonAnswer(folders.create(caller, id, form.name, form.parent_id))

    @router.post(f"{_ITEM}/dirs/{{folder}}/update")
    def update(caller: AdmittedCaller, id: str, folder: str, form: FolderChanges) -> Response:  # noqa: A002
        return JsonAnswer(folders.update(caller, id, folder, form.model_dump(exclude_unset=True)))

    @router.delete(f"{_ITEM}/dirs/{{folder}}/delete")
    def delete(caller: AdmittedCaller, id: str, folder: str, *, move_files: bool = True) -> Response:  # noqa: A002
        return JsonAnswer(folders.delete(caller, id, folder, keep_files=move_files))

    @router.post(f"{_ITEM}/file/move")
    def move(caller: AdmittedCaller, id: str, form: FileForm) -> Response:  # noqa: A002
        return JsonAnswer(folders.move_file(caller, id, form.file_id, form.directory_id))


def _add_sync(router: APIRouter, sync: SyncDesk) -> None:
    @router.post(f"{_ITEM}/sync/diff")
    def compare(caller: AdmittedCaller, id: str, form: ManifestForm) -> Response:  # noqa: A002
        manifest = [Entry(each.path, each.filename, each.checksum) for each in form.manifest]
        return JsonAnswer(sync.compare(caller, id, manifest))

    @router.post(f"{_ITEM}/sync/cleanup")
    def clean_up(caller: AdmittedCaller, id: str, form: CleanupForm) -> Response:  # noqa: A002
        return JsonAnswer(sync.clean_up(caller, id, form.file_ids, form.dir_ids))

    @router.get(f"{_ITEM}/files/pending")
    def list_pending(caller: AdmittedCaller, id: str) -> Response:  # noqa: A002
        return JsonAnswer(sync.list_pending(caller, id))

    @router.get(f"{_ITEM}/export")
    def export(caller: AdmittedCaller, id: str) -> Response:  # noqa: A002
        name, packed = sync.export(caller, id)
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
        return Response(packed, headers=headers, media_type="application/zip")


def _written(body: bytes) -> Response:
    return Response(body, media_type=_JSON)
