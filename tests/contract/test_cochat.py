"""What only CoChat has: its agents, its skills, its automations.

No host of CoChat was seen. These are the addresses of its reference and of its public client, and our reading of what
they answer; they run on the local server of that flavor alone, and hold what the kit stands on.
"""

from __future__ import annotations

import uuid

import pytest

from tests.contract import texts
from tests.contract.stage import find, ids, is_page, read_json, refusal

pytestmark = pytest.mark.flavor("cochat")

AGENTS = "/api/custom/agents/"
SKILLS = "/api/custom/skills/"
AUTOMATIONS = "/api/v1/automations"
AGENT_FIELDS = {
    "id", "name", "description", "system_prompt", "model", "tools", "skills", "is_builtin", "created_at", "updated_at",
}  # fmt: skip
AUTOMATION_FIELDS = {
    "id", "user_id", "name", "description", "folder_id", "trigger_type", "trigger_config", "actions", "chat_output",
    "is_enabled", "max_runs", "last_run_at", "created_at", "updated_at",
}  # fmt: skip
NOT_ALLOWED = (405, texts.METHOD_NOT_ALLOWED)
UNDOCUMENTED = [
    ("PUT", f"{AGENTS}any"), ("DELETE", f"{AGENTS}any"), ("POST", SKILLS), ("PUT", f"{SKILLS}any"),
    ("DELETE", f"{SKILLS}any"), ("PUT", f"{AUTOMATIONS}/any"), ("DELETE", f"{AUTOMATIONS}/any"),
]  # fmt: skip


def create_agent(client, **more):
    form = {"name": f"Agent {uuid.uuid4().hex[:8]}", "system_prompt": "You are a test.", **more}
    return read_json(client.post(AGENTS, json=form))


def create_automation(client, **more):
    return read_json(client.post(f"{AUTOMATIONS}/create", json={"name": "An automation", **more}))


def test_an_agent_needs_a_name_and_a_prompt(server):
    """Nothing else; the server makes the id."""
    made = create_agent(server.admin)
    assert set(made) == AGENT_FIELDS
    assert (made["system_prompt"], made["tools"], made["skills"]) == ("You are a test.", [], [])
    assert (made["is_builtin"], made["model"], made["description"]) == (False, None, None)
    assert find(read_json(server.admin.get(AGENTS)), made["id"]) == made
    for missing in ("name", "system_prompt"):
        form = {key: value for key, value in made.items() if key != missing}
        assert server.admin.post(AGENTS, json=form).status_code == 422


def test_an_agent_keeps_what_it_was_given(server):
    """Two of one name are two agents."""
    more = {"description": "d", "model": "m", "tools": ["web_search"], "skills": ["seo-audit"], "name": "Twice"}
    one, two = create_agent(server.admin, **more), create_agent(server.admin, **more)
    assert one.items() >= more.items()
    assert one["id"] != two["id"]


def test_agents_are_their_makers(server):
    """Others do not see them, but for admins; so nobody may read an absence as a deletion."""
    made = create_agent(server.user)
    other = server.add_person().client
    assert made["id"] in ids(read_json(server.user.get(AGENTS)))
    assert made["id"] in ids(read_json(server.admin.get(AGENTS)))
    assert made["id"] not in ids(read_json(other.get(AGENTS)))


def test_skills_are_listed_by_tier(server):
    """An empty server has none; the answer is a list whatever the tier."""
    for query in ({}, {"tier": "toggleable"}, {"tier": "any"}):
        assert read_json(server.user.get(SKILLS, params=query)) == []


def test_an_automation_keeps_what_it_was_given(server):
    """The server makes the id, fills up what was left out, and lists one's own alone."""
    more = {
        "description": "d",
        "trigger_type": "schedule",
        "trigger_config": {"cron": "0 9 * * *"},
        "actions": [{"id": "one", "type": "prompt", "prompt": "Hello"}],
        "chat_output": "chat",
        "is_enabled": False,
        "max_runs": 3,
    }
    made = create_automation(server.user, **more)
    assert set(made) == AUTOMATION_FIELDS
    assert made.items() >= more.items()
    assert (made["user_id"], made["folder_id"], made["last_run_at"]) == (server.user_person.id, None, None)
    assert find(read_json(server.user.get(f"{AUTOMATIONS}/")), made["id"]) == made
    assert made["id"] not in ids(read_json(server.admin.get(f"{AUTOMATIONS}/")))
    assert server.user.post(f"{AUTOMATIONS}/create", json={}).status_code == 422


def test_a_run_says_that_nothing_was_run(server):
    """The local server runs no automations, and says so in the answer, in the list and in the run."""
    made = create_automation(server.admin, actions=[{"id": "one"}])
    answer = read_json(server.admin.post(f"{AUTOMATIONS}/{made['id']}/run", json={"input": "x"}))
    assert set(answer) == {"success", "message", "error"}
    assert answer["success"] is False
    (run,) = read_json(server.admin.get(f"{AUTOMATIONS}/{made['id']}/runs"))
    assert {"id", "automation_id", "status", "started_at", "completed_at", "action_results"} <= set(run)
    (result,) = run["action_results"]
    assert (result["action_id"], result["status"], result["error"]) == ("one", "failed", answer["error"])
    assert read_json(server.admin.get(f"{AUTOMATIONS}/runs/{run['id']}")) == run
    assert find(read_json(server.admin.get(f"{AUTOMATIONS}/")), made["id"])["last_run_at"] == run["started_at"]


def test_what_is_missing_or_others_is_told(server):
    """Runs of others' automations are not there."""
    made = create_automation(server.admin)
    for client, id_ in ((server.user, made["id"]), (server.admin, "any")):
        assert refusal(client.post(f"{AUTOMATIONS}/{id_}/run", json={})) == (404, texts.NOT_FOUND)
        assert refusal(client.get(f"{AUTOMATIONS}/{id_}/runs")) == (404, texts.NOT_FOUND)
        assert refusal(client.get(f"{AUTOMATIONS}/runs/{id_}")) == (404, texts.NOT_FOUND)


@pytest.mark.parametrize(("method", "path"), UNDOCUMENTED)
def test_what_is_not_documented_is_not_there(server, method, path):
    """A write that the reference does not have is refused as an unknown address is, and a reading leads to the page."""
    assert refusal(server.admin.request(method, path, json={})) == NOT_ALLOWED
    if path not in (AGENTS, SKILLS):
        assert is_page(server.admin.get(path))


def test_a_missing_slash_leads_to_the_page(server):
    """As everywhere else."""
    for path in (AGENTS, SKILLS, f"{AUTOMATIONS}/"):
        assert is_page(server.admin.get(path.rstrip("/")))


@pytest.mark.parametrize("path", [AGENTS, SKILLS, f"{AUTOMATIONS}/", f"{AUTOMATIONS}/any/runs"])
def test_a_stranger_sees_nothing(server, path):
    """Without a token everything is refused."""
    assert refusal(server.anonymous.get(path)) == (401, texts.NOT_SIGNED_IN)
