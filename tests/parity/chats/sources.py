"""The plugins of the scenarios, put together from a few lines each."""

from __future__ import annotations

import textwrap

from tests.parity.chats.scenario import LOG

#: every reserved argument that any hook gets on any version
RESERVED = (
    *("__user__", "__event_emitter__", "__event_call__", "__metadata__", "__oauth_token__", "__request__", "__model__"),
    *("__chat_id__", "__session_id__", "__message_id__", "__messages__", "__files__", "__id__", "__features__"),
    *("__tools__", "__task__", "__task_body__", "__body__", "__event_name__"),
)
#: lets a plugin write down what it sees: `note(word=value)` adds a line to the log of the scenario
NOTES = f"""
import json


def note(**what):
    with open({LOG!r}, "a", encoding="utf-8") as log:
        log.write(json.dumps(what, default=lambda value: type(value).__name__) + "\\n")


def shape(value):
    if isinstance(value, dict):
        return {{name: type(each).__name__ for name, each in sorted(value.items())}}
    return "callable" if callable(value) else value if isinstance(value, str) else type(value).__name__
"""
ECHO = """
import json


class Pipe:
    def pipe(self, body):
        return json.dumps(body, sort_keys=True)
"""


def hook(name: str, *lines: str, takes: str = "body", is_async: bool = False) -> str:
    """Write a method; what it takes stands behind `self`."""
    colour = "async def" if is_async else "def"
    return f"{colour} {name}(self, {takes}):\n" + textwrap.indent("\n".join(lines), "    ") + "\n"


def plugin(name: str, *members: str, head: str = "") -> str:
    """Write the class of a plugin, with what stands before it."""
    return f"{head}\n\nclass {name}:\n" + textwrap.indent("\n".join(members), "    ")


def valves(name: str = "Valves", **fields: str | int) -> str:
    """Write a class of valves with defaults."""
    lines = [f"{field}: {type(value).__name__} = {value!r}" for field, value in fields.items()]
    return f"class {name}(__import__('pydantic').BaseModel):\n" + textwrap.indent("\n".join(lines), "    ") + "\n"


STARTS_WITH_VALVES = "def __init__(self):\n    self.valves = self.Valves()\n"


def marking(word: str, priority: int = 0) -> str:
    """Write a filter that adds its word to the question."""
    adds = hook("inlet", 'body["messages"][-1]["content"] += " " + self.valves.word', "return body")
    return plugin("Filter", valves(priority=priority, word=word), STARTS_WITH_VALVES, adds)


def a_filter(*members: str) -> str:
    """Write a filter that can take notes."""
    return plugin("Filter", *members, head=NOTES)


def a_pipe(*lines: str, takes: str = "body", is_async: bool = False, head: str = "") -> str:
    """Write a pipe of these lines, that can take notes."""
    return plugin("Pipe", hook("pipe", *lines, takes=takes, is_async=is_async), head=NOTES + head)


def a_tool(*members: str, head: str = "") -> str:
    """Write a tool that can take notes."""
    return plugin("Tools", *members, head=NOTES + head)


def an_action(*lines: str, takes: str = "body", members: tuple[str, ...] = (), head: str = "") -> str:
    """Write an action of these lines, that can take notes."""
    return plugin("Action", hook("action", *lines, takes=takes, is_async=True), *members, head=NOTES + head)


def taking_all(takes: str) -> str:
    """Write the parameters of a hook that asks for every reserved argument."""
    return ", ".join([*filter(None, [takes]), *(f"{name}='absent'" for name in RESERVED)])


def noting_all(where: str) -> str:
    """Write the line that takes note of every reserved argument."""
    return f"note({where}={{name: shape(value) for name, value in locals().items() if name.startswith('__')}})"
