"""The sample models of a local CoChat: more than four hundred, the free ones told apart by their prices."""

from __future__ import annotations

import httpx
import pytest

from cochat_devkit.operations.serve import running_server
from cochat_devkit.server.sample_models import COUNT, FREE, PAID, SAMPLE_PIPE
from cochat_devkit.server.samples import MARK, PEOPLE
from tests.server.fakes import FakeLoader, read, staged

#: as CoChat's reference names them
FREE_NAMES = {
    "Llama 3.3 70B", "Gemma 3 27B", "Mistral Small 3.1", "Qwen3 4B", "Qwen3 80B", "NVIDIA Nemotron 9B",
    "OpenAI gpt-oss-120B", "Arcee Trinity Mini", "GLM 4.5 Air",
}  # fmt: skip


@pytest.fixture(scope="module")
def cochat():
    with running_server(flavor="cochat", empty=False) as running:
        yield running


def client(running, email=None):
    token = running.token
    if email:
        form = {"email": email, "password": running.password}
        token = read(httpx.post(f"{running.url}/api/v1/auths/signin", json=form, trust_env=False))["token"]
    return httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)


def models(running, email=None, **query):
    with client(running, email) as asking:
        return {row["id"]: row for row in read(asking.get("/api/v1/models", params=query))["data"]}


def is_free(row):
    return {float(price) for price in row["pricing"].values()} == {0}


def test_nine_are_free_and_the_others_are_paid(cochat):
    """Prices stand where OpenRouter's list has them, as texts; the free ones are those of CoChat's reference."""
    rows = [row for row in models(cochat).values() if "pricing" in row]
    assert len(rows) == COUNT > 400
    free = [row for row in rows if is_free(row)]
    assert {row["name"].removeprefix("OpenRouter/") for row in free} == FREE_NAMES == set(FREE.values())
    assert all(row["id"].endswith(":free") for row in free)
    assert all(isinstance(row["pricing"]["prompt"], str) for row in rows)
    assert {f"{SAMPLE_PIPE}.{id_}" for id_ in PAID} <= {row["id"] for row in rows if not is_free(row)}
    assert all(row["description"].startswith(MARK) for row in rows)


def test_everybody_sees_them(cochat):
    """An ordinary user of a CoChat is offered what the administrator is."""
    seen = models(cochat, PEOPLE[0][1])
    assert len([row for row in seen.values() if "pricing" in row]) == COUNT


def test_they_are_models_of_their_pipe(cochat):
    """What the pipe says of itself is said of them: they come and go with it."""
    row = models(cochat)[f"{SAMPLE_PIPE}.anthropic/claude-sonnet-4"]
    assert (row["pipe"], row["object"], row["owned_by"]) == ({"type": "pipe"}, "model", "openai")
    with client(cochat) as admin:
        read(admin.post(f"/api/v1/functions/id/{SAMPLE_PIPE}/toggle"))
        try:
            assert models(cochat) == {}
        finally:
            read(admin.post(f"/api/v1/functions/id/{SAMPLE_PIPE}/toggle"))
    assert len(models(cochat)) > COUNT


def test_an_empty_server_and_other_flavors_have_none():
    """Only the catalogue of a CoChat has samples; a fresh server offers what its pipes do."""
    with staged("cochat") as stage:
        assert read(stage.admin.get("/api/models")) == {"data": []}
    with running_server(flavor="owui-0.12", empty=False) as running:
        rows = models(running)
        assert not [row for row in rows.values() if "pricing" in row]
        assert {"general", "researcher", "technical"} <= set(rows)


def test_prompts_and_agents_of_the_catalogue(cochat):
    """Everybody may read the sample prompts, which say what they are."""
    with client(cochat, PEOPLE[1][1]) as user:
        found = {row["command"]: row for row in read(user.get("/api/v1/prompts/"))}
        assert {"/summarize", "/translate", "/review"} == set(found)
        assert all(row["content"].startswith(MARK) for row in found.values())


def test_a_restart_keeps_prompts_models_and_versions(tmp_path):
    """With a data file the second server tells what the first was told."""
    data = tmp_path / "server.db"
    asked = ("/api/v1/prompts/list", "/api/v1/models/all", "/api/v1/models/model/history?id=general")
    told = []
    for _ in range(2):
        starting = running_server(flavor="owui-0.12", empty=False, data=data, loader=FakeLoader())
        with starting as running, client(running) as admin:
            told.append([read(admin.get(path)) for path in asked])
    assert told[0] == told[1]
    assert told[0][0]["total"] == 3
    assert len(told[0][2]) == 1


def test_plugins_are_asked_once():
    """A list of four hundred models is cheap to ask for again: no plugin is loaded that has not changed."""
    with staged("owui-0.12") as stage:
        form = {"id": "a_pipe", "name": "A", "content": "class Pipe:\n    pass\n", "meta": {"description": "d"}}
        read(stage.admin.post("/api/v1/functions/create", json=form))
        read(stage.admin.post("/api/v1/functions/id/a_pipe/toggle"))
        loads = len(stage.loader.requests)
        for _ in range(3):
            assert [row["id"] for row in read(stage.admin.get("/api/models"))["data"]] == ["a_pipe"]
        assert len(stage.loader.requests) == loads + 1
        read(stage.admin.get("/api/models", params={"refresh": True}))
        assert len(stage.loader.requests) == loads + 2
