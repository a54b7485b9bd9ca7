"""The addresses of prompts: by their command in the 0.6 generation, by an id in that of 0.12."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cochat_devkit.server.answers import JsonAnswer
from cochat_devkit.server.callers import AdmittedCaller
from cochat_devkit.server.command_prompts import CommandPrompts
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.kind_routes import GrantsForm, VersionForm
from cochat_devkit.server.pages import Wish
from cochat_devkit.server.prompts import Prompts

_PATH = "/api/v1/prompts"

#: a list's wish, read from the query
AskedWish = Annotated[Wish, Depends()]


class CommandPromptForm(BaseModel):
    """Take in a prompt of the 0.6 generation."""

    command: str
    title: str
    content: str
    access_control: dict[str, Any] | None = None


class PromptForm(BaseModel):
    """Take in a prompt of the 0.12 generation."""

    command: str
    name: str
    content: str
    data: dict[str, Any] | None = None
    meta: dict[str, Any] | None = None
    tags: list[str] | None = None
    access_grants: list[dict[str, Any]] | None = None
    commit_message: str | None = None
    is_production: bool | None = True


class PromptMetaForm(BaseModel):
    """Take in what of a prompt is written without a version."""

    name: str
    command: str
    tags: list[str] | None = None


def add_routes(router: APIRouter, context: ServerContext) -> None:
    """Add the addresses that the dialect has."""
    if context.dialect.generation == "0.6":
        _add_by_command(router, CommandPrompts(context))
        return
    prompts = Prompts(context)
    _add_lists(router, prompts)
    _add_saves(router, prompts)
    _add_versions(router, prompts)


def _add_by_command(router: APIRouter, prompts: CommandPrompts) -> None:
    @router.get(f"{_PATH}/")
    def list_readable(caller: AdmittedCaller) -> JsonAnswer:
        return JsonAnswer(prompts.list_seen(caller, "read", with_owner=False))

    @router.get(f"{_PATH}/list")
    def list_writable(caller: AdmittedCaller) -> JsonAnswer:
        return JsonAnswer(prompts.list_seen(caller, "write", with_owner=True))

    @router.post(f"{_PATH}/create")
    def create_prompt(caller: AdmittedCaller, form: CommandPromptForm) -> JsonAnswer:
        return JsonAnswer(prompts.create(caller, form.model_dump()))

    path = f"{_PATH}/command/{{command}}"

    @router.get(path)
    def show_prompt(caller: AdmittedCaller, command: str) -> JsonAnswer:
        return JsonAnswer(prompts.show(caller, command))

    @router.post(f"{path}/update")
    def update_prompt(caller: AdmittedCaller, command: str, form: CommandPromptForm) -> JsonAnswer:
        return JsonAnswer(prompts.update(caller, command, form.model_dump()))

    @router.delete(f"{path}/delete")
    def delete_prompt(caller: AdmittedCaller, command: str) -> bool:
        return prompts.delete(caller, command)


def _add_lists(router: APIRouter, prompts: Prompts) -> None:
    @router.get(f"{_PATH}/")
    def list_active(caller: AdmittedCaller) -> JsonAnswer:
        return JsonAnswer(prompts.list_active(caller))

    @router.get(f"{_PATH}/list")
    def list_page(caller: AdmittedCaller, wish: AskedWish) -> JsonAnswer:
        return JsonAnswer(prompts.list_page(caller, wish))

    @router.get(f"{_PATH}/tags")
    def list_tags(caller: AdmittedCaller) -> JsonAnswer:
        return JsonAnswer(prompts.list_tags(caller))

    @router.get(f"{_PATH}/id/{{id_}}")
    def show_prompt(caller: AdmittedCaller, id_: str) -> JsonAnswer:
        return JsonAnswer(prompts.show(caller, id_))


def _add_saves(router: APIRouter, prompts: Prompts) -> None:
    @router.post(f"{_PATH}/create")
    def create_prompt(caller: AdmittedCaller, form: PromptForm) -> JsonAnswer:
        return JsonAnswer(prompts.create(caller, form.model_dump()))

    path = f"{_PATH}/id/{{id_}}"

    @router.post(f"{path}/update")
    def update_prompt(caller: AdmittedCaller, id_: str, form: PromptForm) -> JsonAnswer:
        return JsonAnswer(prompts.update(caller, id_, form.model_dump()))

    @router.post(f"{path}/update/meta")
    def update_meta(caller: AdmittedCaller, id_: str, form: PromptMetaForm) -> JsonAnswer:
        return JsonAnswer(prompts.update_meta(caller, id_, form.model_dump()))

    @router.post(f"{path}/toggle")
    def toggle_prompt(caller: AdmittedCaller, id_: str) -> JsonAnswer:
        return JsonAnswer(prompts.toggle(caller, id_))

    @router.post(f"{path}/access/update")
    def set_access(caller: AdmittedCaller, id_: str, form: GrantsForm) -> JsonAnswer:
        return JsonAnswer(prompts.set_access(caller, id_, form.access_grants))

    @router.delete(f"{path}/delete")
    def delete_prompt(caller: AdmittedCaller, id_: str) -> bool:
        return prompts.delete(caller, id_)


def _add_versions(router: APIRouter, prompts: Prompts) -> None:
    path = f"{_PATH}/id/{{id_}}/history"

    @router.get(path)
    def list_versions(caller: AdmittedCaller, id_: str, page: int = 0) -> JsonAnswer:
        return JsonAnswer(prompts.list_versions(caller, id_, page))

    @router.get(f"{path}/diff")
    def show_difference(caller: AdmittedCaller, id_: str, from_id: str, to_id: str) -> JsonAnswer:
        return JsonAnswer(prompts.show_difference(caller, id_, from_id, to_id))

    @router.get(f"{path}/{{version}}")
    def show_version(caller: AdmittedCaller, id_: str, version: str) -> JsonAnswer:
        return JsonAnswer(prompts.show_version(caller, id_, version))

    @router.delete(f"{path}/{{version}}")
    def delete_version(caller: AdmittedCaller, id_: str, version: str) -> bool:
        return prompts.delete_version(caller, id_, version)

    @router.post(f"{_PATH}/id/{{id_}}/update/version")
    def restore_version(caller: AdmittedCaller, id_: str, form: VersionForm) -> JsonAnswer:
        return JsonAnswer(prompts.restore_version(caller, id_, form.version_id))
