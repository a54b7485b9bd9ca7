"""Agents and models have their ids in common on Open WebUI: a file that moves between their folders costs neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract import models
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    """Make an admin's workspace."""
    if server.flavor == "cochat":
        pytest.skip("CoChat keeps its agents elsewhere")
    return make_desk(tmp_path / "desk", server.url, server.admin_person.token)


@pytest.fixture
def slug(server: Server, desk: Desk) -> str:
    """Put an agent on the server, and pull it."""
    made = models.make_model_id().replace("/", "-").replace(":", "-")
    models.create(server, id=made, **server.private())
    desk.json("pull", f"agent/{made}")
    return made


def move(desk: Desk, slug: str, old: str, new: str) -> None:
    desk.path(new).mkdir(exist_ok=True)
    desk.path(f"{old}/{slug}.md").rename(desk.path(f"{new}/{slug}.md"))


@pytest.mark.parametrize("words", [(), ("--kind", "agent"), ("--atomic",), ("--dry-run",)])
def test_an_agent_that_is_moved_to_models_is_not_deleted_there(server, desk, slug, words):
    """It is one object there: a push says where the file belongs and deletes nothing, whichever part is pushed."""
    move(desk, slug, "agents", "models")
    there = models.read(server, slug)
    told = desk.json("push", "--delete", "--confirm-deletes", "1", *words, expected=None).json["items"]
    found = {each["ref"]: each for each in told}
    assert found[f"agent/{slug}"]["action"] == "conflict"
    assert f"model/{slug}" in found[f"agent/{slug}"]["error"]
    if "--kind" not in words:
        assert found[f"model/{slug}"]["action"] == "failed"
        assert "agents/" in found[f"model/{slug}"]["hint"]
    assert models.read(server, slug) == there
    move(desk, slug, "models", "agents")
    assert desk.json("push").json["items"] == []


def test_a_plan_does_not_delete_what_was_moved_since_it_was_made(server, desk, slug):
    """I plan the deletion of an agent, and then lay its file among the models: the plan is not carried out."""
    place, text = desk.path(f"agents/{slug}.md"), desk.path(f"agents/{slug}.md").read_text()
    place.unlink()
    desk.json("push", "--delete", "--confirm-deletes", "1", "--out", "plan.json")
    desk.path("models").mkdir(exist_ok=True)
    desk.path(f"models/{slug}.md").write_text(text)
    (told,) = desk.json("apply", "plan.json", "--confirm-deletes", "1", expected=3).json["items"]
    assert (told["action"], f"model/{slug}" in told["error"]) == ("conflict", True)
    assert models.read(server, slug)["id"] == slug


def test_a_moved_file_that_cannot_be_read_keeps_it_there_as_well(server, desk, slug):
    """What it says is not known; that it is there is."""
    move(desk, slug, "agents", "models")
    desk.path(f"models/{slug}.md").write_text("---\nname: [\n---\n")
    desk.json("push", "--delete", "--confirm-deletes", "1", expected=None)
    assert models.read(server, slug)["id"] == slug


def test_what_lies_nowhere_any_more_is_deleted(server, desk, slug):
    """Once no file names it, it goes as any other; and an id of its own makes a model of it."""
    move(desk, slug, "agents", "models")
    place = desk.path(f"models/{slug}.md")
    desk.json("push", expected=None)
    place.rename(place.with_name(f"{slug}-model.md"))
    place = place.with_name(f"{slug}-model.md")
    place.write_text(place.read_text().replace(f"base: {models.BASE}\n", ""))
    told = desk.json("push", "--delete", "--confirm-deletes", "1")
    assert told.actions == {f"agent/{slug}": "delete-there", f"model/{slug}-model": "create-there"}
    assert models.read(server, f"{slug}-model")["base_model_id"] is None


@pytest.mark.parametrize("words", [("--dry-run",), ("--atomic",), ()])
def test_an_agent_without_a_base_is_not_sent(server, desk, slug, words):
    """The server would take it for a model, and a pull would lay a second file: neither made nor turned into one."""
    new, base = f"{slug}-new", f"base: {models.BASE}\n"
    for path, text in {
        f"agents/{new}.md": "---\nname: A\n---\nx\n",
        f"models/{new}.md": f"---\n{base}---\nx\n",
    }.items():
        desk.path(path).parent.mkdir(exist_ok=True)
        desk.path(path).write_text(text)
        ref = f"{path.partition('s/')[0]}/{new}"
        (told,) = desk.json("push", ref, *words, expected=2).json["items"]
        assert told["action"] == "failed"
        assert "base" in told["hint"]
        assert ("models/" if path.startswith("agents") else "agents/") in told["hint"]
        desk.path(path).unlink()
    there = models.read(server, slug)
    desk.edit(f"agents/{slug}.md", base, "")
    (told,) = desk.json("push", *words, expected=2).json["items"]
    assert (told["ref"], told["action"]) == (f"agent/{slug}", "failed")
    assert models.read(server, slug) == there
