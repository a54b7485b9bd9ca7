"""The list of models that can be chatted with: pipes, what is laid over them, and agents."""

from __future__ import annotations

import pytest

from tests.contract import models, texts
from tests.contract.stage import FUNCTIONS, create_plugin, make_id, read_json, refusal

PIPE_FIELDS = {
    "id", "name", "object", "created", "owned_by", "pipe", "has_user_valves", "actions", "filters", "tags",
}  # fmt: skip
PRESET_FIELDS = {
    "id", "name", "object", "created", "owned_by", "connection_type", "preset", "info", "actions", "filters", "tags",
}  # fmt: skip
ONE_PIPE = """class Pipe:
    class UserValves(__import__("pydantic").BaseModel):
        name: str = ""

    def pipe(self, body):
        return "said"
"""
NAMED_PIPES = """class Pipe:
    def __init__(self):
        self.name = "Maker: "
        self.pipes = [{"id": "a", "name": "A"}]

    def pipe(self, body):
        return "said"
"""
BROKEN_PIPES = """class Pipe:
    async def pipes(self):
        raise ValueError("no key")

    def pipe(self, body):
        return "said"
"""
ASYNC_PIPES = """class Pipe:
    async def pipes(self):
        return [{"id": "a", "name": "A"}]

    def pipe(self, body):
        return "said"
"""
PIPES_OF_VALVES = """from pydantic import BaseModel

class Pipe:
    class Valves(BaseModel):
        model: str = "usual"

    def __init__(self):
        self.valves = self.Valves()

    def pipes(self):
        return [{"id": self.valves.model, "name": "A"}]

    def pipe(self, body):
        return "said"
"""
TOGGLED_FILTER = '''"""
icon_url: data:image/svg+xml;base64,AAA
"""
class Filter:
    def __init__(self):
        self.toggle = True

    def inlet(self, body):
        return body
'''
ACTION = """class Action:
    actions = [{"id": "one", "name": "One"}, {"id": "two"}]

    def action(self, body):
        return None
"""


@pytest.fixture
def pipe(server):
    """An active pipe of two models."""
    return models.make_pipe(server)


def switch_on(server, source, *switches):
    """Create a function, turn these switches, and return its id."""
    id_ = create_plugin(server.admin, FUNCTIONS, make_id(), source)["id"]
    for switch in switches:
        read_json(server.admin.post(FUNCTIONS.url(id_, switch)))
    return id_


def switch_off(server, id_):
    read_json(server.admin.post(FUNCTIONS.url(id_, "/toggle")))


def test_both_addresses_tell_the_same(server, pipe):
    """`/api/models` and `/api/v1/models` are one list, in an envelope of `data`."""
    first, second = (server.admin.get(path) for path in ("/api/models", "/api/v1/models"))
    assert set(read_json(first)) == {"data"}
    names = [[row["id"] for row in read_json(answer)["data"]] for answer in (first, second)]
    assert names[0] == names[1]
    assert f"{pipe}.first" in names[0]


def test_a_pipe_of_several_models(server, pipe):
    """Each model of a pipe is listed under the pipe's id, a dot and its own."""
    rows = models.catalogue(server.admin)
    row = rows[f"{pipe}.first"]
    assert set(row) == PIPE_FIELDS
    assert (row["name"], row["object"], row["owned_by"], row["pipe"]) == ("First", "model", "openai", {"type": "pipe"})
    assert (row["has_user_valves"], row["actions"], row["tags"]) == (False, [], [])
    assert rows[f"{pipe}.maker/second"]["name"] == "Second"


def test_a_pipe_of_one_model(server):
    """A pipe that names no models is one, under the function's own name."""
    id_ = switch_on(server, ONE_PIPE, "/toggle")
    row = models.catalogue(server.admin)[id_]
    assert (row["name"], row["pipe"], row["created"] > 0) == ("A name", {"type": "pipe"}, True)


def test_a_pipe_with_a_name(server):
    """A pipe's own name stands before each model's, without anything between them."""
    id_ = switch_on(server, NAMED_PIPES, "/toggle")
    assert models.catalogue(server.admin)[f"{id_}.a"]["name"] == "Maker: A"


def test_pipes_that_take_their_time_or_fail(server):
    """Models may be named by a coroutine; where that raises the pipe has none, and the list is whole."""
    good, bad = switch_on(server, ASYNC_PIPES, "/toggle"), switch_on(server, BROKEN_PIPES, "/toggle")
    rows = models.catalogue(server.admin)
    assert f"{good}.a" in rows
    assert not [id_ for id_ in rows if id_.startswith(bad)]


def test_a_pipe_is_given_its_valves_first(server):
    """A pipe that names its models by its valves is asked with those that were saved."""
    id_ = switch_on(server, PIPES_OF_VALVES, "/toggle")
    assert f"{id_}.usual" in models.catalogue(server.admin)
    read_json(server.admin.post(FUNCTIONS.url(id_, "/valves/update"), json={"model": "other"}))
    assert f"{id_}.other" in models.catalogue(server.admin, refresh=True)


def test_a_pipe_whose_source_changes(server, pipe):
    """A saved source counts from the next list on."""
    form = FUNCTIONS.form(pipe, models.PIPE.replace("First", "Changed"))
    read_json(server.admin.post(FUNCTIONS.url(pipe, "/update"), json=form))
    assert models.catalogue(server.admin)[f"{pipe}.first"]["name"] == "Changed"


def test_a_pipe_that_is_switched_off_is_not_listed(server, pipe):
    """Only active pipes offer models; another pipe keeps the list from being empty, which 0.12 would not notice."""
    models.make_pipe(server)
    switch_off(server, pipe)
    assert f"{pipe}.first" not in models.catalogue(server.admin, refresh=True)


def test_an_agent_is_listed_as_a_preset(server, pipe):
    """An active agent is listed with all that it is but its params and its picture, and says through what it speaks."""
    meta = {"tags": [{"name": "kind"}], "profile_image_url": models.PICTURE, "toolIds": ["a"]}
    made = models.create(server, base_model_id=f"{pipe}.first", meta=meta, params={"system": "A secret"})
    row = models.catalogue(server.admin)[made["id"]]
    assert set(row) == PRESET_FIELDS | {"pipe"}
    assert (row["name"], row["preset"], row["owned_by"], row["created"]) == (
        "A name",
        True,
        "openai",
        made["created_at"],
    )
    assert (row["tags"], row["pipe"], row["connection_type"]) == ([{"name": "kind"}], {"type": "pipe"}, None)
    assert "A secret" not in str(row)
    assert "profile_image_url" not in row["info"]["meta"]
    assert row["info"]["meta"]["toolIds"] == ["a"]
    assert row["info"].get("params", {}) == {}


def test_an_agent_without_a_base_is_listed_all_the_same(server, pipe):
    """An agent whose base model is not there is listed, as long as the server has any model."""
    made = models.create(server)
    assert set(models.catalogue(server.admin)[made["id"]]) == PRESET_FIELDS


def test_an_agent_that_is_switched_off_is_not_listed(server, pipe):
    """An inactive agent cannot be chatted with."""
    made = models.create(server, is_active=False)
    assert made["id"] not in models.catalogue(server.admin)


def test_an_override_is_laid_over_its_model(server, pipe):
    """A model without a base changes the one of its id: its name and what is told of it."""
    id_ = f"{pipe}.maker/second"
    models.create(server, id=id_, base_model_id=None, name="Mine", meta={"tags": [{"name": "t"}]}, params={"a": 1})
    row = models.catalogue(server.admin)[id_]
    assert set(row) == PIPE_FIELDS | {"info"}
    assert (row["name"], row["tags"], row["info"]["name"]) == ("Mine", [{"name": "t"}], "Mine")
    assert row["info"].get("params", {}) == {}
    read_json(models.toggle(server.admin, id_))
    assert id_ not in models.catalogue(server.admin)


def test_an_override_of_nothing_is_not_listed(server, pipe):
    """What is laid over a model that is not there shows nowhere."""
    made = models.create(server, base_model_id=None)
    assert made["id"] not in models.catalogue(server.admin)


def test_filters_and_actions_are_told(server, pipe):
    """A model names its actions, and those of its filters that people can switch: the global ones and its own."""
    shown, action = switch_on(server, TOGGLED_FILTER, "/toggle"), switch_on(server, ACTION, "/toggle")
    everywhere = switch_on(server, TOGGLED_FILTER, "/toggle", "/toggle/global")
    unseen = switch_on(server, TOGGLED_FILTER)
    meta = {"filterIds": [shown, unseen, "nowhere"], "actionIds": [action]}
    made = models.create(server, meta=meta)
    try:
        rows = models.catalogue(server.admin)
        row, other = rows[made["id"]], rows[f"{pipe}.first"]
    finally:
        switch_off(server, everywhere)
    assert {each["id"] for each in row["filters"]} == {shown, everywhere}
    assert everywhere in {each["id"] for each in other["filters"]}
    assert shown not in {each["id"] for each in other["filters"]}
    (told,) = [each for each in row["filters"] if each["id"] == shown]
    icon = "data:image/svg+xml;base64,AAA"
    assert told == {
        "id": shown,
        "name": "A name",
        "description": "What it does",
        "icon": icon,
        "has_user_valves": False,
    }
    actions = [{"id": f"{action}.one", "name": "One"}, {"id": f"{action}.two", "name": "A name (two)"}]
    assert row["actions"] == [{**each, "description": "What it does", "icon": None} for each in actions]


def test_what_an_ordinary_user_is_shown(server, pipe):
    """An ordinary user sees what somebody has let them read: a pipe's models only once something is laid over them."""
    me = [server.user_person.id]
    open_, closed = models.create(server, **server.public()), models.create(server, **server.private())
    named = models.create(server, **server.access(read_users=me))
    models.create(server, id=f"{pipe}.first", base_model_id=None, **server.public())
    rows = models.catalogue(server.user)
    assert {open_["id"], named["id"], f"{pipe}.first"} <= set(rows)
    assert not {closed["id"], f"{pipe}.maker/second"} & set(rows)
    assert {closed["id"], f"{pipe}.maker/second"} <= set(models.catalogue(server.admin))


def test_base_models_are_for_administrators(server, pipe):
    """`/api/models/base` has what the server itself offers, as it is, with nothing laid over it."""
    models.create(server, id=f"{pipe}.first", base_model_id=None, name="Mine")
    rows = {row["id"]: row for row in read_json(server.admin.get("/api/models/base"))["data"]}
    assert set(rows[f"{pipe}.first"]) == PIPE_FIELDS - {"actions", "filters", "tags"}
    assert rows[f"{pipe}.first"]["name"] == "First"
    assert refusal(server.user.get("/api/models/base")) == (401, texts.PROHIBITED)


@pytest.mark.generation("0.12")
def test_an_ordinary_user_takes_no_id_of_a_base_model(server, pipe, allow_users):
    """On 0.12 only an administrator lays something over a model that the server has listed as its own."""
    allow_users("models", "models_import")
    taken = models.form(f"{pipe}.first")
    assert taken["id"] in models.catalogue(server.admin)
    answer = server.user.post(f"{models.PATH}/create", json=taken)
    assert refusal(answer) == (401, texts.MODEL_ID_TAKEN)
    answer = server.user.post(f"{models.PATH}/import", json={"models": [taken]})
    assert refusal(answer) == (401, texts.MODEL_ID_TAKEN)


@pytest.mark.generation("0.6")
def test_an_arena_is_offered_on_0_6(server, pipe):
    """On 0.6 a fresh server offers a model that is two; an ordinary user is not shown it."""
    row = models.catalogue(server.admin)["arena-model"]
    assert (row["name"], row["owned_by"], row["arena"]) == ("Arena Model", "arena", True)
    assert "arena-model" not in models.catalogue(server.user)


def test_the_list_is_empty_without_any_base_model(server):
    """Without base models nothing is listed, agents neither; 0.12 tells the old ones until it is refreshed."""
    models.make_pipe(server)
    made = models.create(server)
    assert made["id"] in models.catalogue(server.admin)
    active = [row["id"] for row in read_json(server.admin.get("/api/v1/functions/")) if is_live_pipe(row)]
    for id_ in active:
        switch_off(server, id_)
    try:
        is_stale = server.generation == "0.12"
        assert bool(models.catalogue(server.admin)) is is_stale
        assert models.catalogue(server.admin, refresh=True) == {}
        assert made["id"] in models.listed(server.admin)
    finally:
        for id_ in active:
            switch_off(server, id_)


def is_live_pipe(row):
    return row["type"] == "pipe" and row["is_active"]
