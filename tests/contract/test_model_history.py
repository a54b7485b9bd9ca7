"""Versions of workspace models on 0.12: what makes a new one, how they are chained, and the way back."""

from __future__ import annotations

import pytest

from tests.contract import models, texts
from tests.contract.models import PATH
from tests.contract.stage import read_json, refusal

pytestmark = pytest.mark.generation("0.12")

ENTRY_FIELDS = {"id", "model_id", "parent_id", "user_id", "commit_message", "created_at", "user"}
SNAPSHOT_FIELDS = {"name", "base_model_id", "params", "meta"}
NOT_FOUND = (404, texts.NOT_FOUND)
NO_VERSION = (404, texts.MODEL_VERSION_NOT_FOUND)


@pytest.fixture
def agent(server):
    """A private agent of the administrator with one version, without a base model that would have to exist."""
    return models.create(server, base_model_id=None, commit_message="first")


def update(server, model, **more):
    """Save a model and return its version afterwards."""
    return models.update(server, model["id"], **{"base_model_id": None, **more})["version_id"]


def read_history(server, model, **query):
    """Return the entries of one page by id."""
    entries = read_json(models.get(server.admin, model["id"], "/history", **query))
    return {entry["id"]: entry for entry in entries}


def read_entry(server, model, version):
    return read_json(models.get(server.admin, model["id"], f"/history/{version}"))


def go_back(client, model, version):
    path = f"{PATH}/model/update/version"
    return client.post(path, params={"id": model["id"]}, json={"version_id": version})


def delete_version(client, model, version):
    return client.delete(f"{PATH}/model/history/{version}", params={"id": model["id"]})


def test_a_creation_is_the_first_version(server, agent):
    """History begins with an entry without a parent, whose id is the model's version."""
    history = read_history(server, agent)
    assert list(history) == [agent["version_id"]]
    entry = history[agent["version_id"]]
    assert set(entry) == ENTRY_FIELDS
    assert (entry["parent_id"], entry["commit_message"], entry["model_id"]) == (None, "first", agent["id"])
    assert entry["user"] == {"name": server.admin_person.name}
    whole = read_entry(server, agent, agent["version_id"])
    assert whole == {**entry, "snapshot": {key: agent[key] for key in SNAPSHOT_FIELDS}}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Another name"},
        {"base_model_id": "another-base"},
        {"params": {"temperature": 1}},
        {"meta": {"description": "Something else"}},
        {"meta": {"colour": None}},
    ],
)
def test_what_makes_a_version(server, agent, change):
    """Name, base model, params and meta make a version, which comes after the one before."""
    version = update(server, agent, commit_message="second", **change)
    assert version != agent["version_id"]
    entry = read_entry(server, agent, version)
    assert (entry["parent_id"], entry["commit_message"]) == (agent["version_id"], "second")


@pytest.mark.parametrize("change", [{}, {"is_active": False}, {"meta": {"hidden": True}}, {"commit_message": "same"}])
def test_what_makes_no_version(server, agent, change):
    """An identical save, the switch, and `meta.hidden` leave the version as it is."""
    assert update(server, agent, **change) == agent["version_id"]
    assert len(read_history(server, agent)) == 1


def test_pages_of_twenty_counted_from_one(server, agent):
    """Page 1 is the first, and so is page 0."""
    for number in range(20):
        update(server, agent, name=f"Version {number}")
    first, second = read_history(server, agent), read_history(server, agent, page=2)
    assert (len(first), len(second)) == (20, 1)
    assert not set(first) & set(second)
    assert read_history(server, agent, page=0) == read_history(server, agent, page=1) == first


def test_going_back(server, agent):
    """The model bears the old version's id again and no version is added; switch and `hidden` stay as they are now."""
    newer = update(server, agent, name="Another", params={"a": 1}, meta={"hidden": True}, is_active=False)
    restored = read_json(go_back(server.admin, agent, agent["version_id"]))
    assert (restored["name"], restored["params"], restored["version_id"]) == ("A name", {}, agent["version_id"])
    assert (restored["meta"]["hidden"], restored["is_active"]) == (True, False)
    assert set(read_history(server, agent)) == {agent["version_id"], newer}


def test_going_back_needs_what_the_version_names(server, agent):
    """A version whose base model, tool or filter is not there any more is refused."""
    before = update(server, agent, base_model_id="nowhere")
    tool = update(server, agent, meta={"toolIds": ["nowhere"]})
    filter_ = update(server, agent, meta={"filterIds": ["nowhere"]})
    update(server, agent)
    assert refusal(go_back(server.admin, agent, before)) == (400, "The base model is unavailable.")
    assert refusal(go_back(server.admin, agent, tool)) == (400, "A referenced tool is missing or inaccessible.")
    assert refusal(go_back(server.admin, agent, filter_)) == (400, "A referenced function is unavailable: nowhere")


def test_a_version_that_the_model_does_not_have(server, agent):
    """A version of another model is none of this one."""
    for version in ("nowhere", models.create(server)["version_id"]):
        assert refusal(models.get(server.admin, agent["id"], f"/history/{version}")) == NO_VERSION
        assert refusal(go_back(server.admin, agent, version)) == NO_VERSION
        assert refusal(delete_version(server.admin, agent, version)) == NO_VERSION


def test_deleting_a_version(server, agent):
    """A version can be taken out, but not the current one; what came after it comes after its parent then."""
    middle = update(server, agent, name="Middle")
    last = update(server, agent, name="Last")
    assert refusal(delete_version(server.admin, agent, last)) == (400, texts.VERSION_IS_CURRENT)
    assert read_json(delete_version(server.admin, agent, middle)) is True
    assert read_entry(server, agent, last)["parent_id"] == agent["version_id"]


def test_versions_end_with_their_model(server, agent):
    """History is gone with the model."""
    read_json(models.delete(server.admin, agent["id"]))
    assert refusal(models.get(server.admin, agent["id"], "/history")) == NOT_FOUND
    fresh = models.create(server, id=agent["id"])
    assert list(read_history(server, fresh)) == [fresh["version_id"]]


def test_versions_are_for_writers(server):
    """Whoever may read a model and not write it is refused its history."""
    model = models.create(server, **server.access(read_users=[server.user_person.id]))
    refused = (403, texts.PROHIBITED)
    assert refusal(models.get(server.user, model["id"], "/history")) == refused
    assert refusal(models.get(server.user, model["id"], f"/history/{model['version_id']}")) == refused
    assert refusal(go_back(server.user, model, model["version_id"])) == refused
    assert refusal(delete_version(server.user, model, "nowhere")) == refused
