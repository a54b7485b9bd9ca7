"""The addresses of automations of the 0.12 generation."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cochat_devkit.server.answers import JsonAnswer
from cochat_devkit.server.automations import Automations, AutomationWish
from cochat_devkit.server.callers import AdmittedCaller
from cochat_devkit.server.context import ServerContext

_PATH = "/api/v1/automations"
_ITEM = f"{_PATH}/{{id_}}"

_Asked = Annotated[AutomationWish, Depends()]


class TerminalForm(BaseModel):
    """Take in where commands are to run."""

    server_id: str
    cwd: str | None = None


class TargetForm(BaseModel):
    """Take in where the result is to go."""

    type: Literal["chat", "channel"] = "chat"
    channel_id: str | None = None


class DataForm(BaseModel):
    """Take in what is to be done, and when."""

    prompt: str
    model_id: str
    rrule: str
    terminal: TerminalForm | None = None
    target: TargetForm | None = None


class AutomationForm(BaseModel):
    """Take in an automation."""

    name: str
    folder_id: str | None = None
    data: DataForm
    meta: dict[str, Any] | None = None
    is_active: bool | None = True


def add_routes(router: APIRouter, context: ServerContext) -> None:
    """Add the addresses, where the dialect has them."""
    if context.dialect.generation != "0.12":
        return
    automations = Automations(context)
    _add_saves(router, automations)
    _add_runs(router, automations)


def _add_saves(router: APIRouter, automations: Automations) -> None:
    @router.get(f"{_PATH}/list")
    def list_page(caller: AdmittedCaller, wish: _Asked) -> JsonAnswer:
        return JsonAnswer(automations.list_page(caller, wish))

    @router.post(f"{_PATH}/create")
    def create_automation(caller: AdmittedCaller, form: AutomationForm) -> JsonAnswer:
        return JsonAnswer(automations.create(caller, form.model_dump()))

    @router.get(_ITEM)
    def show_automation(caller: AdmittedCaller, id_: str) -> JsonAnswer:
        return JsonAnswer(automations.show(caller, id_))

    @router.post(f"{_ITEM}/update")
    def update_automation(caller: AdmittedCaller, id_: str, form: AutomationForm) -> JsonAnswer:
        return JsonAnswer(automations.update(caller, id_, form.model_dump()))

    @router.post(f"{_ITEM}/toggle")
    def toggle_automation(caller: AdmittedCaller, id_: str) -> JsonAnswer:
        return JsonAnswer(automations.flip(caller, id_))

    @router.delete(f"{_ITEM}/delete")
    def delete_automation(caller: AdmittedCaller, id_: str) -> bool:
        return automations.delete(caller, id_)


def _add_runs(router: APIRouter, automations: Automations) -> None:
    @router.post(f"{_ITEM}/run")
    def run_automation(caller: AdmittedCaller, id_: str) -> JsonAnswer:
        return JsonAnswer(automations.run(caller, id_))

    @router.get(f"{_ITEM}/runs")
    def list_runs(caller: AdmittedCaller, id_: str, skip: int = 0, limit: int = 50) -> JsonAnswer:
        return JsonAnswer(automations.runs(caller, id_, skip=skip, limit=limit))
