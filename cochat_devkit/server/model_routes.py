"""The addresses of workspace models and of the list of models.

`models/sync` and `models/delete/all`, which the real servers have, are left out: they delete what nobody named, no
client of ours may call them, and here they answer 405.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from cochat_devkit.resource import Wire
from cochat_devkit.server.answers import JsonAnswer
from cochat_devkit.server.base_models import BaseModels
from cochat_devkit.server.callers import AdminCaller, AdmittedCaller
from cochat_devkit.server.collection import Collection
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.kind_routes import VersionForm
from cochat_devkit.server.model_forms import DEFAULT_PICTURE
from cochat_devkit.server.model_list import ModelList
from cochat_devkit.server.model_versions import ModelVersions
from cochat_devkit.server.models import Models
from cochat_devkit.server.prompt_routes import AskedWish

_PATH = "/api/v1/models"
#: one transparent dot
_NO_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class IdForm(BaseModel):
    """Take in an id that could not stand in a path."""

    id: str


class ImportForm(BaseModel):
    """Take in models that are written one by one."""

    models: list[dict[str, Any]]


class AccessForm(BaseModel):
    """Take in who may read and write a model."""

    id: str = Field(pattern=r"^\S+$")
    name: str | None = None
    access_grants: list[dict[str, Any]]


def add_routes(router: APIRouter, context: ServerContext, collections: Mapping[str, Collection]) -> None:
    """Add the addresses that the dialect has."""
    base = BaseModels(context, collections.get("function"))
    models = Models(context, lambda: model_list.base_ids())
    model_list = ModelList(context, base, models)
    _add_list(router, base, model_list)
    _add_listings(router, models)
    _add_item(router, models)
    _add_saves(router, models)
    if models.is_versioned:
        _add_access(router, models)
        _add_versions(router, ModelVersions(models, model_list, collections))


def _add_list(router: APIRouter, base: BaseModels, models: ModelList) -> None:
    @router.get("/api/models")
    @router.get(_PATH)
    def list_models(caller: AdmittedCaller, *, refresh: bool = False) -> JsonAnswer:
        return JsonAnswer({"data": models.chattable(caller, refresh=refresh)})

    @router.get("/api/models/base")
    def list_base_models(_caller: AdminCaller) -> JsonAnswer:
        return JsonAnswer({"data": base.offered()})


def _add_listings(router: APIRouter, models: Models) -> None:
    @router.get(f"{_PATH}/list")
    def list_page(caller: AdmittedCaller, wish: AskedWish) -> JsonAnswer:
        return JsonAnswer(models.list_page(caller, wish))

    @router.get(f"{_PATH}/export")
    def export_models(caller: AdmittedCaller, ids: Annotated[list[str] | None, Query()] = None) -> JsonAnswer:
        return JsonAnswer(models.export(caller, ids))

    @router.get(f"{_PATH}/base")
    def list_overrides(_caller: AdminCaller, tag: str | None = None) -> JsonAnswer:
        return JsonAnswer(models.list_overrides(tag))

    @router.get(f"{_PATH}/tags")
    def list_tags(caller: AdmittedCaller) -> JsonAnswer:
        return JsonAnswer(models.list_tags(caller, of_agents=True))

    if models.manners.tells_more:

        @router.get(f"{_PATH}/all")
        def list_all(_caller: AdminCaller) -> JsonAnswer:
            return JsonAnswer(models.list_all())

        @router.get(f"{_PATH}/base/tags")
        def list_override_tags(caller: AdminCaller) -> JsonAnswer:
            return JsonAnswer(models.list_tags(caller, of_agents=False))


def _add_item(router: APIRouter, models: Models) -> None:
    @router.get(f"{_PATH}/model")
    def show_model(caller: AdmittedCaller, id: str) -> JsonAnswer:  # noqa: A002 - the name in the query
        return JsonAnswer(models.show(caller, id))

    @router.get(f"{_PATH}/model/profile/image")
    def show_picture(caller: AdmittedCaller, id: str) -> Response:  # noqa: A002
        row = models.rows.get(id)
        is_shown = row is not None and (not models.is_versioned or models.rows.may(caller, "read", row))
        return _picture(row if is_shown else None, is_exact=models.is_versioned)


def _add_saves(router: APIRouter, models: Models) -> None:
    def create_model(caller: AdmittedCaller, form: BaseModel) -> JsonAnswer:
        return JsonAnswer(models.create(caller, form))

    def update_model(caller: AdmittedCaller, form: BaseModel) -> JsonAnswer:
        return JsonAnswer(models.update(caller, form))

    for path, save in ((f"{_PATH}/create", create_model), (f"{_PATH}/model/update", update_model)):
        save.__annotations__["form"] = models.manners.form
        router.add_api_route(path, save, methods=["POST"])

    @router.post(f"{_PATH}/import")
    def import_models(caller: AdmittedCaller, form: ImportForm) -> bool:
        return models.import_all(caller, form.models)

    @router.post(f"{_PATH}/model/toggle")
    def toggle_model(caller: AdmittedCaller, id: str) -> JsonAnswer:  # noqa: A002
        return JsonAnswer(models.toggle(caller, id))

    @router.post(f"{_PATH}/model/delete")
    def delete_model(caller: AdmittedCaller, form: IdForm) -> bool:
        return models.delete(caller, form.id)


def _add_access(router: APIRouter, models: Models) -> None:
    @router.post(f"{_PATH}/model/access/update")
    def set_access(caller: AdmittedCaller, form: AccessForm) -> JsonAnswer:
        return JsonAnswer(models.set_access(caller, form.id, form.name, form.access_grants))


def _add_versions(router: APIRouter, versions: ModelVersions) -> None:
    path = f"{_PATH}/model/history"

    @router.get(path)
    def list_versions(caller: AdmittedCaller, id: str, page: int = 1) -> JsonAnswer:  # noqa: A002
        return JsonAnswer(versions.page(caller, id, page))

    @router.get(f"{path}/{{version}}")
    def show_version(caller: AdmittedCaller, id: str, version: str) -> JsonAnswer:  # noqa: A002
        return JsonAnswer(versions.show(caller, id, version))

    @router.delete(f"{path}/{{version}}")
    def delete_version(caller: AdmittedCaller, id: str, version: str) -> bool:  # noqa: A002
        return versions.delete(caller, id, version)

    @router.post(f"{_PATH}/model/update/version")
    def restore_version(caller: AdmittedCaller, id: str, form: VersionForm) -> JsonAnswer:  # noqa: A002
        return JsonAnswer(versions.restore(caller, id, form.version_id))


def _picture(row: Wire | None, *, is_exact: bool) -> Response:
    """Answer with a model's picture: its bytes, where it is, or the default; `is_exact` tells what sort it is of."""
    url = str((row["meta"].get("profile_image_url") if row else None) or "")
    head, _, content = url.partition(",")
    if url.startswith("http"):
        return Response(status_code=302, headers={"location": url})
    if url.startswith("data:image"):
        sort = head.removeprefix("data:").partition(";")[0].lower()
        try:
            return Response(base64.b64decode(content), media_type=sort if is_exact else "image/png")
        except binascii.Error:
            pass  # a picture that cannot be read is none
    if is_exact:
        return Response(status_code=302, headers={"location": DEFAULT_PICTURE})
    return Response(_NO_PICTURE, media_type="image/png")
