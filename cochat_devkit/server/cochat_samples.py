"""The sample catalogue of what is CoChat's own: agents, skills and automations, named after its reference.

Only the names are CoChat's; every text says that it is a sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.server.automations import Automations
from cochat_devkit.server.cochat_rows import AGENTS, AUTOMATIONS, SKILLS, CochatRows
from cochat_devkit.server.settings import Settings
from cochat_devkit.server.skill_files import MAIN
from cochat_devkit.server.skills import Skills

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.context import ServerContext

_MARK = "[sample]"
#: where there is no other choice, CoChat's own client takes this one
DEFAULT_MODEL = "openrouter_manifold.anthropic/claude-sonnet-4"

#: what the reference lists as toggleable, by category
SKILL_NAMES = {
    "Creative": ("Algorithmic Art", "Canvas Design", "Frontend Design"),
    "Enterprise": ("Brand Guidelines", "Doc Coauthoring", "Internal Comms"),
    "Marketing": (
        "Competitor Alternatives", "Content Strategy", "Copywriting", "Email Sequence", "Launch Strategy",
        "Marketing Ideas", "Marketing Psychology", "Paid Ads", "Pricing Strategy", "SEO Audit", "Social Content",
        "Copy Editing",
    ),
    "Productivity": ("Brainstorming", "Systematic Debugging"),
    "Tools": ("Browser Control",),
}  # fmt: skip

_SCHEDULED = {"schedule": "0 9 * * 1", "timezone": "UTC"}
_PROMPT = {"id": "step-1", "type": "prompt", "prompt": "Say in one line that this is a sample."}
#: a reminder, something regular, and a workflow of several steps: what the reference says automations are for
_AUTOMATIONS: tuple[Wire, ...] = (
    {
        "name": "Reminder",
        "description": f"{_MARK} Once, at a set time",
        "trigger_type": "once",
        "trigger_config": {"at": "2048-01-01T09:00:00Z"},
        "actions": [{"id": "step-1", "type": "notify", "text": f"{_MARK} It is time."}],
        "max_runs": 1,
    },
    {
        "name": "Weekly summary",
        "description": f"{_MARK} Every Monday",
        "trigger_type": "schedule",
        "trigger_config": _SCHEDULED,
        "actions": [_PROMPT],
        "max_runs": None,
    },
    {
        "name": "Research and report",
        "description": f"{_MARK} Several steps, one after the other",
        "trigger_type": "schedule",
        "trigger_config": _SCHEDULED,
        "actions": [_PROMPT, {"id": "step-2", "type": "prompt", "prompt": "Sum it up."}],
        "max_runs": 10,
    },
)


def add_cochat(context: ServerContext, admin: Caller, agents: list[Wire]) -> None:
    """Add what only CoChat has: agents and skills that came with the server, automations of the admin's."""
    agent_rows = CochatRows(context, AGENTS)
    for agent in agents:
        agent_rows.add({"skills": [], **{key: agent[key] for key in agent if key != "id"}}, owner=None, id_=agent["id"])
    skill_rows = CochatRows(context, SKILLS)
    for category, name in _skills():
        skill = {
            "name": name,
            "description": f"{_MARK} {name}",
            "content": _text_of(name),
            "tier": "toggleable",
            "category": category,
            "enabled": True,
        }
        skill_rows.add(skill, owner=None, id_=_id_of(name))
    automation_rows = CochatRows(context, AUTOMATIONS)
    for automation in _AUTOMATIONS:
        more = {"folder_id": None, "chat_output": None, "is_enabled": False, "last_run_at": None}
        automation_rows.add({"user_id": admin.id, **more, **automation}, owner=admin)


def add_skills(context: ServerContext, admin: Caller) -> None:
    """Add the same skills to a server of the 0.12 generation, for everybody to read; one has a file more."""
    if context.dialect.generation != "0.12":
        return
    skills = Skills(context)
    everybody = {"principal_type": "user", "principal_id": "*", "permission": "read"}
    for category, name in _skills():
        files = [{"path": MAIN, "content": _text_of(name)}]
        if name == "SEO Audit":
            files.append({"path": "references/checklist.md", "content": f"# {_MARK} Checklist\n"})
        form = {
            "id": _id_of(name),
            "name": name,
            "description": f"{_MARK} {name}",
            "files": files,
            "meta": {"tags": [category.lower()]},
            "access_grants": [everybody],
        }
        skills.create(admin, form)


def add_automation(context: ServerContext, admin: Caller) -> None:
    """Add one automation of the admin's to a server of the 0.12 generation; it is switched off."""
    if context.dialect.generation != "0.12":
        return
    data = {
        "prompt": _PROMPT["prompt"],
        "model_id": DEFAULT_MODEL,
        "rrule": "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0",
        "terminal": None,
        "target": None,
    }
    form = {"name": f"{_MARK} Weekly summary", "folder_id": None, "data": data, "meta": None, "is_active": False}
    Automations(context).create(admin, form)


def add_settings(context: ServerContext) -> None:
    """Set a default model, and what looks like a secret: whoever mirrors settings must mask it."""
    Settings(context).put({"ui.default_models": DEFAULT_MODEL, "openai.api_keys": ["sample-of-a-secret"]})


def _skills() -> list[tuple[str, str]]:
    """List the skills: (category, name)."""
    return [(category, name) for category, names in SKILL_NAMES.items() for name in names]


def _id_of(name: str) -> str:
    return name.lower().replace(" ", "-")


def _text_of(name: str) -> str:
    head = f"---\nname: {_id_of(name)}\ndescription: '{_MARK} {name}'\n---\n"
    return f"{head}\n# {name}\n\nA sample: what CoChat's own skill of this name says is not known here.\n"
