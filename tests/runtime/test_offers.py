"""What a function offers to the list of models is asked in the child process, whatever the function does there."""

from __future__ import annotations

import os

import pytest

from cochat_devkit.plugin import LoadFailure, LoadRequest, PluginOffer
from cochat_devkit.runtime.child_loader import ChildLoader

PIPE = """from pydantic import BaseModel

class Pipe:
    class Valves(BaseModel):
        models: list[str] = ["usual"]

    def __init__(self):
        self.valves = self.Valves()

    def pipes(self):
        return [{"id": each, "name": each.title()} for each in self.valves.models]

    def pipe(self, body):
        return ""
"""


@pytest.fixture(scope="module", params=["fork", "process"])
def loader(request):
    with ChildLoader(timeout_s=5, forks=request.param == "fork" and hasattr(os, "fork")) as found:
        yield found


def ask(loader, source, valves=None):
    return loader.find_offer(LoadRequest("function", "asked", source), valves)


@pytest.mark.parametrize(
    ("valves", "names"), [(None, ["usual"]), ({"models": ["a", "b"]}, ["a", "b"]), ({"models": None}, ["usual"])]
)
def test_a_pipe_is_asked_with_its_valves(loader, valves, names):
    """Saved values count, nulls do not."""
    assert ask(loader, PIPE, valves).models == [{"id": name, "name": name.title()} for name in names]


def test_valves_that_do_not_fit_offer_nothing(loader):
    """A pipe whose valves cannot be set does not load for the list."""
    found = ask(loader, PIPE, {"models": 3})
    assert isinstance(found, LoadFailure)
    assert found.exception == "ValidationError"


@pytest.mark.parametrize(
    ("pipes", "models"),
    [
        ("pipes = [{'id': 'a', 'name': 'A'}]", [{"id": "a", "name": "A"}]),
        ("async def pipes(self): return [{'id': 1, 'name': 'A'}]", [{"id": "1", "name": "A"}]),
        ("def pipes(self): raise ValueError('no key')", []),
        ("pipes = [{'id': 'a', 'name': 'A'}, {'id': 'b'}, {'id': 'c', 'name': 'C'}]", [{"id": "a", "name": "A"}]),
        ("name = 'M/'; pipes = [{'id': 'a', 'name': 'A'}]", [{"id": "a", "name": "M/A"}]),
        ("def pipes(self):\n        yield {'id': 'a', 'name': 'A'}\n        raise OSError", [{"id": "a", "name": "A"}]),
        ("def pipes(self): return self.later()\n    async def later(self): return [{'id': 'a', 'name': 'A'}]", []),
        ("name = ''; pipes = [{'id': 1, 'name': 2}]", [{"id": "1", "name": "2"}]),
        ("pass", None),
    ],
)
def test_the_ways_in_which_a_pipe_names_its_models(loader, pipes, models):
    """A list, a function, a coroutine; what raises ends the list, and so does a model without a name."""
    assert ask(loader, f"class Pipe:\n    {pipes}\n").models == models


def test_a_pipe_that_hangs_or_dies_is_an_answer(loader):
    """Nobody waits for ever for a provider that does not answer."""
    with ChildLoader(timeout_s=1) as impatient:
        hangs = ask(impatient, "import time\nclass Pipe:\n    def pipes(self): time.sleep(60)\n")
    assert hangs.exception == "TimedOut"
    dies = ask(loader, "import os\nclass Pipe:\n    def pipes(self): os._exit(3)\n")
    assert dies.exception == "Crashed"
    assert isinstance(ask(loader, PIPE), PluginOffer)


def test_actions_and_filters(loader):
    """Buttons, icons, the switch and the place among others are told as the plugin has them."""
    source = "from pydantic import BaseModel\nclass Action:\n    actions = [{'id': 'a'}]\n    icon = 'i'\n"
    valves = "    class Valves(BaseModel):\n        priority: int = 3\n"
    assert ask(loader, source + valves) == PluginOffer(actions=[{"id": "a"}], icon="i", priority=3)
    assert ask(loader, source + valves, {"priority": 7}).priority == 7
    assert ask(loader, "class Filter:\n    toggle = True\n    actions = 3\n") == PluginOffer(toggle=True)


@pytest.mark.parametrize(("written", "counts"), [("None", 0), ("'high'", 0), ("'5'", 5), ("2.5", 2.5)])
def test_a_priority_that_is_no_number_counts_as_none(loader, written, counts):
    """What is told of one filter alone is a number; beside others the server would fail."""
    valves = f"    class Valves(BaseModel):\n        priority: object = {written}\n"
    assert ask(loader, f"from pydantic import BaseModel\nclass Action:\n{valves}").priority == counts
