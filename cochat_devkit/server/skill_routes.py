"""The addresses of skills of the 0.12 generation."""

import mimetypes
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from cochat_devkit.server.answers import JsonAnswer
from cochat_devkit.server.callers import AdminCaller, AdmittedCaller
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.kind_routes import GrantsForm, UrlForm
from cochat_devkit.server.prompt_routes import AskedWish
from cochat_devkit.server.quirks import Refusal
from cochat_devkit.server.refusals import refused
from cochat_devkit.server.skill_files import FilesRefused, bytes_of, find_file, summaries
from cochat_devkit.server.skill_packages import write_archive
from cochat_devkit.server.skill_versions import FILE_MISSING
from cochat_devkit.server.skills import Skills

PATH = "/api/v1/skills"
_ITEM = f"{PATH}/id/{{id_}}"
_BYTES = "application/octet-stream"
_FETCH_FAILED = Refusal(400, "Could not download the skill. Check that the URL is accessible.")
_BAD_FORMAT = Refusal(400, "Export format must be json, zip, or skill")


class FileForm(BaseModel):
    """Take in one file."""

    model_config = ConfigDict(extra="forbid")
    path: str
    content: str
    encoding: Literal["base64"] | None = None


class OperationForm(BaseModel):
    """Take in one change of the files."""

    op: Literal["put", "move", "delete"]
    path: str
    content: str | None = None
    encoding: Literal["base64"] | None = None
    destination: str | None = None


class FilesForm(BaseModel):
    """Take in files as the server answers them."""

    model_config = ConfigDict(extra="forbid")
    files: list[FileForm]


class MetaForm(BaseModel):
    """Take in what a skill has besides its files."""

    i18n: dict[str, dict[str, str]] | None = None
    tags: list[str] | None = []


class SkillForm(BaseModel):
    """Take in a skill; for an update, what is to change of it."""

    id: str
    name: str
    description: str | None = None
    content: str | None = None
    files: list[FileForm] | None = None
    data: FilesForm | None = None
    operations: list[OperationForm] | None = None
    expected_version_id: str | None = None
    commit_message: str | None = None
    meta: MetaForm = Field(default_factory=MetaForm)
    is_active: bool = True
    access_grants: list[dict[str, Any]] | None = None

    def to_create(self) -> dict[str, Any]:
        """Say what a new skill is to be."""
        return {**self.model_dump(), **self._files()}

    def to_patch(self) -> dict[str, Any]:
        """Say what is to change: what was not named is not in it."""
        named = self.model_dump(exclude_unset=True, exclude={"id", "access_grants"})
        return named | {key: value for key, value in self._files().items() if key in named}

    def _files(self) -> dict[str, Any]:
        """Write the files without the encodings that they do not have."""
        keys = {"files", "data", "operations"}
        return self.model_dump(include=keys, exclude_none=True)


class CloneForm(BaseModel):
    """Take in what a clone is to be called."""

    id: str
    name: str
    version_id: str | None = None


class RestoreForm(BaseModel):
    """Take in the version to go back to, and the one that is left."""

    version_id: str
    expected_version_id: str


def add_routes(router: APIRouter, context: ServerContext) -> None:
    """Add the addresses, where the dialect has them."""
    if context.dialect.generation != "0.12":
        return
    skills = Skills(context)
    _add_lists(router, skills)
    _add_export(router, skills)
    _add_saves(router, skills)
    _add_files(router, skills)
    _add_history(router, skills)
    _add_versions(router, skills)


def _add_lists(router: APIRouter, skills: Skills) -> None:
    @router.get(f"{PATH}/")
    def list_readable(caller: AdmittedCaller, query: str | None = None) -> JsonAnswer:
        return JsonAnswer(skills.list_readable(caller, query))

    @router.get(f"{PATH}/list")
    def list_page(caller: AdmittedCaller, wish: AskedWish) -> JsonAnswer:
        return JsonAnswer(skills.list_page(caller, wish))

    @router.get(_ITEM)
    def show_skill(caller: AdmittedCaller, id_: str) -> JsonAnswer:
        return JsonAnswer(skills.show(caller, id_))


def _add_export(router: APIRouter, skills: Skills) -> None:
    @router.get(f"{PATH}/export")
    def export_skills(
        caller: AdmittedCaller,
        format: str = "json",  # noqa: A002 - the name in the query
        ids: Annotated[list[str] | None, Query()] = None,
        version_id: str | None = None,
    ) -> Response:
        is_one = len(ids or ()) == 1
        packages = skills.packages(caller, ids, version_id, is_archive_of_one=format == "skill")
        if format == "json":
            return JsonAnswer(packages[0] if is_one else packages)
        if format not in ("zip", "skill"):
            raise refused(_BAD_FORMAT)
        name = f"{packages[0]['id']}.skill" if format == "skill" else "skills.zip"
        return _send_archive(packages, name)


def _send_archive(packages: list[dict[str, Any]], name: str) -> Response:
    try:
        written = write_archive(packages)
    except FilesRefused as error:
        raise refused(Refusal(400, str(error))) from error
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(written, media_type="application/zip", headers=headers)


def _add_saves(router: APIRouter, skills: Skills) -> None:
    @router.post(f"{PATH}/create")
    def create_skill(caller: AdmittedCaller, form: SkillForm) -> JsonAnswer:
        return JsonAnswer(skills.create(caller, form.to_create()))

    @router.post(f"{_ITEM}/update")
    def update_skill(caller: AdmittedCaller, id_: str, form: SkillForm) -> JsonAnswer:
        return JsonAnswer(skills.update(caller, id_, form.to_patch()))

    @router.post(f"{_ITEM}/clone")
    def clone_skill(caller: AdmittedCaller, id_: str, form: CloneForm) -> JsonAnswer:
        return JsonAnswer(skills.clone(caller, id_, form.model_dump()))

    @router.post(f"{_ITEM}/toggle")
    def toggle_skill(caller: AdmittedCaller, id_: str) -> JsonAnswer:
        return JsonAnswer(skills.flip(caller, id_))

    @router.post(f"{_ITEM}/access/update")
    def set_access(caller: AdmittedCaller, id_: str, form: GrantsForm) -> JsonAnswer:
        return JsonAnswer(skills.set_access(caller, id_, form.access_grants))

    @router.delete(f"{_ITEM}/delete")
    def delete_skill(caller: AdmittedCaller, id_: str) -> bool:
        return skills.delete(caller, id_)

    @router.post(f"{PATH}/load/url")
    def fetch_skill(_caller: AdminCaller, form: UrlForm) -> None:  # noqa: ARG001 - offline there is nothing to fetch
        raise refused(_FETCH_FAILED)


def _add_files(router: APIRouter, skills: Skills) -> None:
    @router.get(f"{_ITEM}/files")
    def list_files(caller: AdmittedCaller, id_: str, version_id: str | None = None) -> JsonAnswer:
        row = skills.find_for(caller, id_)
        files = skills.snapshot(row, version_id)["data"]["files"]
        return JsonAnswer({"version_id": version_id or row["version_id"], "files": summaries(files)})

    @router.get(f"{_ITEM}/files/content")
    def download_file(caller: AdmittedCaller, id_: str, path: str, version_id: str) -> Response:
        row = skills.find_for(caller, id_)
        file = find_file(skills.snapshot(row, version_id)["data"]["files"], path)
        if file is None:
            raise refused(FILE_MISSING)
        name = quote(path.rpartition("/")[2], safe="")
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{name}",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, no-store",
        }
        return Response(bytes_of(file), media_type=mimetypes.guess_type(path)[0] or _BYTES, headers=headers)


def _add_history(router: APIRouter, skills: Skills) -> None:
    history = f"{_ITEM}/history"

    @router.get(history)
    def list_versions(caller: AdmittedCaller, id_: str, page: int = 1) -> JsonAnswer:
        skills.find_for(caller, id_)
        return JsonAnswer(skills.versions.page(id_, page))

    @router.get(f"{history}/diff")
    def show_changes(caller: AdmittedCaller, id_: str, from_id: str, to_id: str) -> JsonAnswer:
        skills.find_for(caller, id_)
        return JsonAnswer(skills.versions.changes(id_, from_id, to_id))

    @router.get(f"{history}/diff/file")
    def show_lines(caller: AdmittedCaller, id_: str, from_id: str, to_id: str, path: str) -> JsonAnswer:
        skills.find_for(caller, id_)
        return JsonAnswer(skills.versions.lines(id_, from_id, to_id, path))

    @router.get(f"{history}/{{version}}")
    def show_version(caller: AdmittedCaller, id_: str, version: str) -> JsonAnswer:
        skills.find_for(caller, id_)
        return JsonAnswer(skills.versions.show_bare(id_, version))


def _add_versions(router: APIRouter, skills: Skills) -> None:
    @router.delete(f"{_ITEM}/history/{{version}}")
    def delete_version(caller: AdmittedCaller, id_: str, version: str) -> bool:
        return skills.delete_version(caller, id_, version)

    @router.post(f"{_ITEM}/update/version")
    def restore_version(caller: AdmittedCaller, id_: str, form: RestoreForm) -> JsonAnswer:
        return JsonAnswer(skills.restore(caller, id_, form.version_id, form.expected_version_id))
