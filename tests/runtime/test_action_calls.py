"""A button under a message, pressed offline: what the action is given, tells the page, and answers."""

from __future__ import annotations

import pytest

from cochat_devkit.plugin import LoadRequest, Part, Turn, TurnResult
from cochat_devkit.runtime.child_loader import ChildLoader

SOURCE = """
from pydantic import BaseModel


class Action:
    actions = [{"id": "up", "name": "Up"}]

    class Valves(BaseModel):
        word: str = "default"

    def __init__(self):
        self.valves = self.Valves()

    async def action(self, body, __id__, __event_emitter__):
        if __id__ == "raises":
            raise ValueError("no such luck")
        await __event_emitter__({"type": "status", "data": {"description": __id__, "done": True}})
        return {"content": f"{self.valves.word} {body['messages'][-1]['content']}"}
"""


@pytest.fixture(scope="module")
def loader():
    with ChildLoader() as found:
        yield found


@pytest.fixture(params=["0.12", "0.6"])
def generation(request):
    return request.param


def press(loader, generation, button):
    part = Part(LoadRequest("function", "act", SOURCE), valves={"word": "saved"})
    turn = Turn([{"role": "user", "content": "hi"}], (part,), action=button)
    told = loader.chat(turn, generation, timeout_s=20)
    assert isinstance(told, TurnResult), told
    return told


def test_a_button_of_several(loader, generation):
    """My action is told which of its buttons was pressed, has its valves, and what it emits is kept."""
    told = press(loader, generation, "act.up")
    assert told.body == {"content": "saved hi"}
    assert told.messages[-1]["statusHistory"] == [{"description": "up", "done": True}]
    assert [(each["step"], each["id"], each["after"]) for each in told.trace] == [("action", "act", told.body)]
    assert told.requests == []


@pytest.mark.parametrize(("generation", "body"), [("0.12", {"detail": "Error: no such luck"}), ("0.6", {})])
def test_an_action_that_raises(loader, generation, body):
    """I am shown the line of my action that raised, also where the server says nothing of it."""
    told = press(loader, generation, "act.raises")
    assert (told.body, told.error.exception, told.error.line, told.error.plugin) == (body, "ValueError", 16, "act")
    assert told.trace[0]["error"]["message"] == "no such luck"


def test_an_action_that_is_not_there(loader, generation):
    """A button of an action that I do not have is refused as the server refuses it."""
    assert press(loader, generation, "nobody").body == {"detail": "Action not found: nobody"}
