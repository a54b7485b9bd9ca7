"""The sample prompts of the local server, and its sample agents where agents are workspace models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.server.command_prompts import CommandPrompts
from cochat_devkit.server.models import Models
from cochat_devkit.server.prompts import Prompts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cochat_devkit.resource import Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.context import ServerContext

_MARK = "[sample]"
#: by command: name and text
PROMPTS = {
    "summarize": ("Summarize", "Summarize the following in {{count}} sentences:\n\n{{text}}\n"),
    "translate": ("Translate", "Translate into {{language}}, and keep the form of the text:\n\n{{text}}\n"),
    "review": ("Review", "Read this change as a reviewer would. Name what is wrong first.\n\n{{CLIPBOARD}}\n"),
}


def add_prompts(context: ServerContext, admin: Caller) -> None:
    """Add the sample prompts, which everybody may read."""
    for command, (name, content) in PROMPTS.items():
        form = {"content": f"{_MARK} {content}"}
        if context.dialect.generation == "0.6":
            CommandPrompts(context).create(
                admin, {**form, "command": f"/{command}", "title": name, "access_control": None}
            )
        else:
            everybody = {"principal_type": "user", "principal_id": "*", "permission": "read"}
            empty = dict.fromkeys(("data", "meta", "commit_message"))
            words = {"command": command, "name": name, "tags": ["sample"], "access_grants": [everybody]}
            Prompts(context).create(admin, {**form, **empty, **words})


def add_agents(context: ServerContext, admin: Caller, agents: Iterable[Wire]) -> None:
    """Add agents as workspace models: each has `id`, `name`, `description`, `system_prompt`, `model` and `tools`."""
    models = Models(context, set)
    for agent in agents:
        form = {
            "id": agent["id"],
            "name": agent["name"],
            "base_model_id": agent["model"],
            "meta": {"description": agent["description"], "toolIds": agent["tools"]},
            "params": {"system": agent["system_prompt"]},
        }
        models.create(admin, models.manners.form.model_validate(form))
