"""CoChat's undocumented writes, answered only by a server that was told so; and its sample catalogue."""

from __future__ import annotations

import httpx
import pytest

from cochat_devkit.operations.serve import running_server
from cochat_devkit.server.cochat_rows import CochatRows
from cochat_devkit.server.cochat_samples import SKILL_NAMES
from cochat_devkit.server.samples import MARK
from tests.server.fakes import read, staged, told

AGENTS = "/api/custom/agents/"
SKILLS = "/api/custom/skills/"
AUTOMATIONS = "/api/v1/automations"
ALL = ("agent", "skill", "automation")
NOT_ALLOWED = (405, "Method Not Allowed")
NOT_FOUND = (404, "We could not find what you're looking for :/")


@pytest.fixture(scope="module")
def told_so():
    with staged("cochat", more_writes=ALL) as stage:
        yield stage


@pytest.fixture(scope="module")
def catalogue():
    with running_server(flavor="cochat", empty=False, more_writes=ALL) as running:
        headers = {"Authorization": f"Bearer {running.token}"}
        with httpx.Client(base_url=running.url, headers=headers, trust_env=False) as admin:
            yield admin


def test_an_agent_can_be_changed_and_deleted(told_so):
    """A change is a patch and moves the time; a deletion is true once."""
    made = read(told_so.admin.post(AGENTS, json={"name": "A", "system_prompt": "p", "tools": ["t"]}))
    told_so.clock.now += 5
    changed = read(told_so.admin.put(f"{AGENTS}{made['id']}", json={"name": "B"}))
    assert changed == {**made, "name": "B", "updated_at": made["updated_at"] + 5}
    assert read(told_so.admin.get(AGENTS)) == [changed]
    assert read(told_so.admin.delete(f"{AGENTS}{made['id']}")) is True
    assert told(told_so.admin.delete(f"{AGENTS}{made['id']}")) == NOT_FOUND
    assert read(told_so.admin.get(AGENTS)) == []


def test_a_skill_can_be_made_changed_and_deleted(told_so):
    """The list asks for a tier."""
    made = read(told_so.user.post(SKILLS, json={"name": "S", "content": "text"}))
    assert read(told_so.user.get(SKILLS, params={"tier": "toggleable"})) == [made]
    assert read(told_so.user.get(SKILLS, params={"tier": "other"})) == []
    assert read(told_so.user.put(f"{SKILLS}{made['id']}", json={"enabled": False}))["enabled"] is False
    assert read(told_so.user.delete(f"{SKILLS}{made['id']}")) is True


def test_an_automation_can_be_changed_and_deleted(told_so):
    """A change writes it anew."""
    made = read(told_so.user.post(f"{AUTOMATIONS}/create", json={"name": "A", "description": "d"}))
    changed = read(told_so.user.put(f"{AUTOMATIONS}/{made['id']}", json={"name": "B"}))
    assert (changed["name"], changed["description"], changed["id"]) == ("B", None, made["id"])
    assert read(told_so.user.delete(f"{AUTOMATIONS}/{made['id']}")) is True


def test_nobody_writes_what_is_not_theirs(told_so):
    """What others made is not there, and admins alone write what came with the server."""
    theirs = read(told_so.admin.post(AGENTS, json={"name": "A", "system_prompt": "p"}))
    for method in ("PUT", "DELETE"):
        assert told(told_so.user.request(method, f"{AGENTS}{theirs['id']}", json={})) == NOT_FOUND
    assert theirs in read(told_so.admin.get(AGENTS))
    CochatRows(told_so.context, "cochat agents").add({"name": "Builtin"}, owner=None, id_="builtin")
    for method in ("PUT", "DELETE"):
        assert told(told_so.user.request(method, f"{AGENTS}builtin", json={}))[0] == 401
    assert read(told_so.admin.delete(f"{AGENTS}builtin")) is True


@pytest.mark.parametrize("kind", ALL)
def test_each_kind_is_told_apart(kind):
    """A server that answers one kind's writes refuses the others'."""
    paths = {"agent": f"{AGENTS}any", "skill": f"{SKILLS}any", "automation": f"{AUTOMATIONS}/any"}
    with staged("cochat", more_writes=[kind]) as stage:
        answers = {name: told(stage.admin.delete(path)) for name, path in paths.items()}
    assert answers == {name: NOT_FOUND if name == kind else NOT_ALLOWED for name in paths}


@pytest.mark.parametrize("flavor", ["owui-0.6", "owui-0.12"])
def test_other_flavors_have_none_of_it(flavor):
    """Whatever they were told."""
    with staged(flavor, more_writes=ALL) as stage:
        assert stage.admin.get(AGENTS).headers["content-type"].startswith("text/html")
        assert told(stage.admin.delete(f"{AGENTS}any")) == NOT_ALLOWED


def test_the_skills_are_those_of_the_reference(catalogue):
    """21 skills in five categories, each with a text that says what it is."""
    listed = read(catalogue.get(SKILLS, params={"tier": "toggleable"}))
    assert {(each["category"], each["name"]) for each in listed} == {
        (category, name) for category, names in SKILL_NAMES.items() for name in names
    }
    assert len(listed) == 21
    for each in listed:
        assert set(each) >= {"id", "name", "description", "content", "tier", "category", "enabled"}
        assert each["description"].startswith(MARK)
        assert MARK in each["content"]


def test_the_samples_show_every_sort(catalogue):
    """Three agents that came with the server, three automations, a default model, and a secret to be masked."""
    agents = read(catalogue.get(AGENTS))
    assert [each["name"] for each in agents] == ["General", "Researcher", "Technical"]
    assert all(each["is_builtin"] and each["description"].startswith(MARK) for each in agents)
    automations = read(catalogue.get(f"{AUTOMATIONS}/"))
    assert len(automations) == 3
    assert all(each["description"].startswith(MARK) and not each["is_enabled"] for each in automations)
    settings = read(catalogue.get("/api/v1/configs/export"))
    assert settings["openai"]["api_keys"] == ["sample-of-a-secret"]
    assert read(catalogue.get("/api/config"))["default_models"] == settings["ui"]["default_models"]


def test_0_12_has_the_same_skills_as_its_own(catalogue):
    """For everybody to read, one with a file more; and one automation, switched off."""
    names = {each["id"] for each in read(catalogue.get(SKILLS))}
    with running_server(flavor="owui-0.12", empty=False) as running:
        headers = {"Authorization": f"Bearer {running.token}"}
        exported = read(httpx.get(f"{running.url}/api/v1/skills/export", headers=headers, trust_env=False))
        page = read(httpx.get(f"{running.url}{AUTOMATIONS}/list", headers=headers, trust_env=False))
    assert {each["id"] for each in exported} == names
    assert sorted(len(each["files"]) for each in exported) == [1] * 20 + [2]
    (automation,) = page["items"]
    assert automation["name"].startswith(MARK)
    assert automation["is_active"] is False
