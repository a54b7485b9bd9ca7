"""The addresses that only CoChat has; the forms of the answers are our reading of its reference."""

import uuid
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from cochat_devkit.resource import Json, Wire
from cochat_devkit.server.answers import JsonAnswer
from cochat_devkit.server.callers import AdmittedCaller
from cochat_devkit.server.cochat_rows import AGENTS, AUTOMATIONS, RUNS, SKILLS, CochatRows
from cochat_devkit.server.context import ServerContext

_AGENTS = "/api/custom/agents/"
_SKILLS = "/api/custom/skills/"
_AUTOMATIONS = "/api/v1/automations"
_NOT_RUN = "the local server runs no automations"


class AgentForm(BaseModel):
    """Take in an agent."""

    name: str
    system_prompt: str
    description: str | None = None
    model: str | None = None
    tools: list[str] = []
    skills: list[str] = []


class AgentPatch(BaseModel):
    """Take in what is to change of an agent."""

    name: str | None = None
    system_prompt: str | None = None
    description: str | None = None
    model: str | None = None
    tools: list[str] | None = None
    skills: list[str] | None = None


class SkillForm(BaseModel):
    """Take in a skill."""

    name: str
    content: str
    description: str | None = None
    tier: str = "toggleable"
    category: str | None = None
    enabled: bool = True


class SkillPatch(BaseModel):
    """Take in what is to change of a skill."""

    name: str | None = None
    content: str | None = None
    description: str | None = None
    tier: str | None = None
    category: str | None = None
    enabled: bool | None = None


class ActionForm(BaseModel):
    """Take in one step of an automation, whatever it is."""

    model_config = ConfigDict(extra="allow")


class AutomationForm(BaseModel):
    """Take in an automation."""

    name: str
    description: str | None = None
    folder_id: str | None = None
    trigger_type: str = "manual"
    trigger_config: dict[str, Any] = {}
    actions: list[ActionForm] = []
    chat_output: Any = None
    is_enabled: bool = True
    max_runs: int | None = None


class RunForm(BaseModel):
    """Take in what an automation is run on."""

    input: Any = None


def add_routes(router: APIRouter, context: ServerContext) -> None:
    """Add the addresses, where the dialect has them."""
    if context.dialect.landmark is None:
        return
    _add_agents(router, context)
    _add_skills(router, context)
    _add_automations(router, context)
    _add_runs(router, context)


def _add_agents(router: APIRouter, context: ServerContext) -> None:
    agents = CochatRows(context, AGENTS)

    @router.get(_AGENTS)
    def list_agents(caller: AdmittedCaller) -> JsonAnswer:
        return JsonAnswer(agents.list_seen(caller))

    @router.post(_AGENTS)
    def create_agent(caller: AdmittedCaller, form: AgentForm) -> JsonAnswer:
        return JsonAnswer(agents.add(make_agent(**form.model_dump()), owner=caller))

    if "agent" not in context.more_writes:
        return

    @router.put(f"{_AGENTS}{{id_}}")
    def update_agent(caller: AdmittedCaller, id_: str, patch: AgentPatch) -> JsonAnswer:
        return JsonAnswer(agents.change(caller, id_, patch.model_dump(exclude_unset=True)))

    @router.delete(f"{_AGENTS}{{id_}}")
    def delete_agent(caller: AdmittedCaller, id_: str) -> bool:
        return agents.remove(caller, id_)


def _add_skills(router: APIRouter, context: ServerContext) -> None:
    skills = CochatRows(context, SKILLS)

    @router.get(_SKILLS)
    def list_skills(caller: AdmittedCaller, tier: str | None = None) -> JsonAnswer:
        return JsonAnswer([row for row in skills.list_seen(caller) if tier is None or row["tier"] == tier])

    if "skill" not in context.more_writes:
        return

    @router.post(_SKILLS)
    def create_skill(caller: AdmittedCaller, form: SkillForm) -> JsonAnswer:
        return JsonAnswer(skills.add(form.model_dump(), owner=caller))

    @router.put(f"{_SKILLS}{{id_}}")
    def update_skill(caller: AdmittedCaller, id_: str, patch: SkillPatch) -> JsonAnswer:
        return JsonAnswer(skills.change(caller, id_, patch.model_dump(exclude_unset=True)))

    @router.delete(f"{_SKILLS}{{id_}}")
    def delete_skill(caller: AdmittedCaller, id_: str) -> bool:
        return skills.remove(caller, id_)


def _add_automations(router: APIRouter, context: ServerContext) -> None:
    automations = CochatRows(context, AUTOMATIONS)

    @router.get(f"{_AUTOMATIONS}/")
    def list_automations(caller: AdmittedCaller) -> JsonAnswer:
        return JsonAnswer(automations.list_own(caller))

    @router.post(f"{_AUTOMATIONS}/create")
    def create_automation(caller: AdmittedCaller, form: AutomationForm) -> JsonAnswer:
        wire = {"user_id": caller.id, **form.model_dump(), "last_run_at": None}
        return JsonAnswer(automations.add(wire, owner=caller))

    if "automation" not in context.more_writes:
        return

    @router.put(f"{_AUTOMATIONS}/{{id_}}")
    def update_automation(caller: AdmittedCaller, id_: str, form: AutomationForm) -> JsonAnswer:
        return JsonAnswer(automations.change(caller, id_, form.model_dump()))

    @router.delete(f"{_AUTOMATIONS}/{{id_}}")
    def delete_automation(caller: AdmittedCaller, id_: str) -> bool:
        return automations.remove(caller, id_)


def _add_runs(router: APIRouter, context: ServerContext) -> None:
    automations, runs = CochatRows(context, AUTOMATIONS), CochatRows(context, RUNS)

    @router.post(f"{_AUTOMATIONS}/{{id_}}/run")
    def run_automation(caller: AdmittedCaller, id_: str, form: RunForm) -> JsonAnswer:  # noqa: ARG001 - nothing runs
        automation = automations.find_own(caller, id_)
        now = context.clock()
        runs.add(_make_run(automation, now), owner=caller)
        automations.change(caller, id_, {"last_run_at": now})
        return JsonAnswer({"success": False, "message": None, "error": _NOT_RUN})

    @router.get(f"{_AUTOMATIONS}/runs/{{id_}}")
    def show_run(caller: AdmittedCaller, id_: str) -> JsonAnswer:
        return JsonAnswer(runs.find_own(caller, id_))

    @router.get(f"{_AUTOMATIONS}/{{id_}}/runs")
    def list_runs(caller: AdmittedCaller, id_: str) -> JsonAnswer:
        automations.find_own(caller, id_)
        return JsonAnswer([run for run in reversed(runs.list_own(caller)) if run["automation_id"] == id_])


def make_agent(
    *,
    name: str,
    system_prompt: str,
    description: str | None,
    model: str | None,
    tools: list[str],
    skills: list[str],
    is_builtin: bool = False,
) -> Wire:
    """Make an agent as it is listed, but for its id and times."""
    return {
        "name": name,
        "description": description,
        "system_prompt": system_prompt,
        "model": model,
        "tools": tools,
        "skills": skills,
        "is_builtin": is_builtin,
    }


def _make_run(automation: Wire, now: int) -> dict[str, Json]:
    return {
        "automation_id": automation["id"],
        "status": "failed",
        "started_at": now,
        "completed_at": now,
        "action_results": [
            {
                "action_id": str(action.get("id") or uuid.uuid4()),
                "status": "failed",
                "output": None,
                "duration_ms": 0,
                "error": _NOT_RUN,
            }
            for action in automation["actions"]
        ],
    }
