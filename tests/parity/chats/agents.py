"""Scenarios of agents: models of the workspace that stand before another one."""

from __future__ import annotations

from typing import Any

from cochat_devkit.plugin import Part, Turn
from tests.parity.chats.scenario import Scenario, function, says
from tests.parity.chats.sources import a_filter, a_pipe, hook

Json = Any


def _asked(name: str, fact: str, agent: Json, *parts: Part, **more: Any) -> Scenario:
    """Ask an agent before the scripted model, or before a pipe."""
    known = {each: more.pop(each) for each in ("versions", "gaps", "of_model") if each in more}
    settings = {"path": "api", "script": ({"text": "answer"},), **more}
    about = {"id": "agent", "name": "Agent", "meta": {}, "params": {}, **agent}
    messages = settings.pop("messages", [says("hi")])
    return Scenario("agents", name, fact, Turn(messages, parts, agent=about, **settings), **known)


_NOTES_MODEL = a_filter(
    hook(
        "inlet",
        "note(model=body['model'], id=__model__['id'], base=__model__['info'].get('base_model_id'))",
        "return body",
        takes="body, __model__",
    )
)
_SYSTEM = {"role": "system", "content": "Be kind."}
SCENARIOS = (
    _asked("agent", "An agent's base model is asked.", {}),
    _asked("agent_system", "An agent's system prompt stands before the messages.", {"params": {"system": "Be brief."}}),
    _asked(
        "agent_system_and_own",
        "An agent's system prompt stands before that of the person.",
        {"params": {"system": "Be brief."}},
        messages=[_SYSTEM, says("hi")],
    ),
    _asked(
        "agent_params",
        "An agent's parameters are added to those of the request, which win on 0.12, and give way on 0.6.",
        {"params": {"temperature": 0.5, "top_p": 0.1}},
        body={"params": {"temperature": 0.9}},
    ),
    _asked("agent_in_filters", "A filter sees the agent, and not its base.", {}, function("fa", _NOTES_MODEL)),
    _asked("agent_filters", "An agent has filters of its own.", {}, function("fa", _NOTES_MODEL), of_model=("fa",)),
    _asked(
        "agent_page",
        "An agent answers a page as its base model does.",
        {"params": {"system": "Be brief."}},
        path="page",
        body={"stream": True},
    ),
    _asked(
        "agent_of_a_pipe",
        "A pipe is given its own id, and the agent's parameters.",
        {"params": {"system": "Be brief.", "temperature": 0.5}},
        function("p", a_pipe("note(body=body)", 'return "x"')),
        model="p",
    ),
)
