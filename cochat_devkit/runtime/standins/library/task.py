"""`open_webui.utils.task`: how a template is filled in with a question, messages and a person.

Source: Open WebUI 0.12.4 and 0.6.43, utils/task.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library.misc import get_last_user_message, get_messages_content
from cochat_devkit.runtime.standins.refusing import NotOffline

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROMPT = re.compile(r"{{prompt(?::(start|end|middletruncate):(\d+))?}}", re.IGNORECASE)
_MESSAGES = re.compile(r"{{MESSAGES(?::(START|END|MIDDLETRUNCATE):(\d+))?}}")
_OF_PERSON = ("name", "email", "bio", "gender")


def get_task_model_id(
    default_model_id: str, task_model: str, task_model_external: str, models: Mapping[str, Any]
) -> str:
    """Choose the model for side tasks: the one set for models like this, where it is there."""
    model = models[default_model_id] if home.is_old() else models.get(default_model_id, {})
    wanted = task_model if model.get("connection_type") == "local" else task_model_external
    return wanted if wanted and wanted in models else default_model_id


def prompt_variables_template(template: str, variables: Mapping[str, str]) -> str:
    """Put values in the place of names."""
    for name, value in variables.items():
        template = template.replace(name, value)
    return template


def prompt_template(template: str, user: Any = None) -> str:
    """Fill in what is known of the time and of a person."""
    now = dt.datetime.now()  # noqa: DTZ005 - the server's own clock, too, is that of the place
    date, time = now.strftime("%Y-%m-%d"), now.strftime("%I:%M:%S %p")
    told = {"CURRENT_DATE": date, "CURRENT_TIME": time, "CURRENT_DATETIME": f"{date} {time}"}
    told |= {"CURRENT_WEEKDAY": now.strftime("%A"), **_of_person(template, user, now)}
    return prompt_variables_template(template, {f"{{{{{name}}}}}": value for name, value in told.items()})


def _of_person(template: str, user: Any, now: dt.datetime) -> dict[str, str]:
    person = user.model_dump() if hasattr(user, "model_dump") else user
    names = [name for name in _OF_PERSON if name != "email" or not home.is_old()]
    groups = {} if home.is_old() else {"USER_GROUPS": ""}
    if not isinstance(person, dict):
        names += ["birth_date", "age", "location"]
        return {**{f"USER_{name.upper()}": "Unknown" for name in names}, **groups}
    if groups and "{{USER_GROUPS}}" in template:
        raise NotOffline("open_webui.utils.task.prompt_template with the groups of a person")
    born = person.get("date_of_birth")
    if isinstance(born, str):
        born = dt.datetime.strptime(born, "%Y-%m-%d")  # noqa: DTZ007 - a birthday has no zone
    age = None if born is None else now.year - born.year - ((now.month, now.day) < (born.month, born.day))
    told = {name: person.get(name) for name in names}
    told |= {"birth_date": born, "age": age, "location": (person.get("info") or {}).get("location")}
    return {**{f"USER_{name.upper()}": str(value) for name, value in told.items()}, **groups}


def replace_prompt_variable(template: str, prompt: str) -> str:
    """Put a question in the place of its name, or a part of it."""

    def part(found: re.Match[str]) -> str:
        if found[1] is None:
            return prompt
        length = int(found[2])
        if found[1].lower() != "middletruncate":
            return prompt[:length] if found[1].lower() == "start" else prompt[-length:]
        return prompt if len(prompt) <= length else f"{prompt[: -(-length // 2)]}...{prompt[-(length // 2) :]}"

    return _PROMPT.sub(part, template)


def replace_messages_variable(template: str, messages: Any = None) -> str:
    """Put messages in the place of their name, or some of them."""

    def part(found: re.Match[str]) -> str:
        if messages is None or found[1] is None:
            return "" if messages is None else get_messages_content(messages)
        count = int(found[2])
        if found[1] != "MIDDLETRUNCATE":
            return get_messages_content(messages[:count] if found[1] == "START" else messages[-count:])
        if len(messages) <= count:
            return get_messages_content(messages)
        half = count // 2
        return "\n".join(map(get_messages_content, (messages[:half], messages[-(count - half) :])))

    return _MESSAGES.sub(part, template)


def title_generation_template(template: str, messages: Any, user: Any = None) -> str:
    """Fill in a template with the last question, the messages and a person; so do those for tags and queries."""
    question = get_last_user_message(messages)
    told = replace_prompt_variable(template, question or "")
    return prompt_template(replace_messages_variable(told, messages), user)


def tools_function_calling_generation_template(template: str, tools_specs: str) -> str:
    """Fill in what tools there are."""
    return template.replace("{{TOOLS}}", tools_specs)


PLAYS = {
    **{
        each.__name__: each
        for each in (get_task_model_id, prompt_variables_template, prompt_template, replace_prompt_variable)
    },
    "replace_messages_variable": replace_messages_variable,
    "title_generation_template": title_generation_template,
    "tags_generation_template": title_generation_template,
    "query_generation_template": title_generation_template,
    "tools_function_calling_generation_template": tools_function_calling_generation_template,
}
