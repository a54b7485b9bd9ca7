"""What a server names by an id of its own has one address here: a move or a new name costs nobody what is there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.contract import bases, prompts
from tests.contract.bases import no_bases_left  # noqa: F401 - a fixture
from tests.contract.stage import make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server

DELETING = ("push", "--delete", "--confirm-deletes", "1")


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    """Make an admin's workspace."""
    return make_desk(tmp_path / "desk", server.url, server.admin_person.token)


@pytest.fixture
def word(desk: Desk) -> str:
    """Push a base that lies in a folder of another name than it has: the word that both names begin with."""
    made = make_id().replace("_", "-")
    lay_base(desk, f"{made}-kb", f"{made} docs", "alpha\n")
    assert desk.json("push").actions == {f"knowledge/{made}-kb": "create-there"}
    return made


def lay_base(desk: Desk, slug: str, name: str, text: str) -> None:
    folder = desk.path(f"knowledge/{slug}")
    (folder / "files").mkdir(parents=True)
    (folder / "knowledge.yaml").write_text(f"name: {name}\ndescription: About it\n")
    (folder / "files/a.txt").write_text(f"{text.strip()} of {slug}\n")


def move(desk: Desk, old: str, new: str) -> None:
    desk.path(f"knowledge/{old}").rename(desk.path(f"knowledge/{new}"))


def named(server: Server, name: str) -> list[str]:
    return [each["id"] for each in bases.list_bases(server.admin) if each["name"] == name]


@pytest.mark.parametrize(
    "words", [DELETING, (*DELETING, "--atomic"), (*DELETING, "--dry-run"), ("push",), ("push", "--dry-run")]
)
def test_a_folder_that_is_moved_costs_no_base(server, desk, word, words):
    """The base is neither deleted nor made twice: I am told that it is the same one, and how it keeps its id."""
    there = named(server, f"{word} docs")
    move(desk, f"{word}-kb", f"{word}-docs")
    told = {each["ref"]: each for each in desk.json(*words, expected=3).json["items"]}
    assert told[f"knowledge/{word}-docs"]["action"] == "conflict"
    assert f"knowledge/{word}-kb" in told[f"knowledge/{word}-docs"]["error"]
    assert f"`id: {word}-kb`" in told[f"knowledge/{word}-docs"]["hint"]
    gone = told[f"knowledge/{word}-kb"]
    assert gone["action"] == ("conflict" if "--delete" in words else "nothing")
    assert named(server, f"{word} docs") == there
    assert len(bases.file_ids(server.admin, there[0])) == 1
    desk.json("pull", f"knowledge/{word}-kb", f"knowledge/{word}-docs", expected=None)
    assert desk.path(f"knowledge/{word}-docs/files/a.txt").exists()


def test_a_moved_folder_that_says_its_id_is_the_same_base(server, desk, word):
    """As the hint says: with the id in its file it keeps its address, and an edit goes where it belongs."""
    there = named(server, f"{word} docs")
    move(desk, f"{word}-kb", f"{word}-docs")
    stated = desk.path(f"knowledge/{word}-docs/knowledge.yaml")
    stated.write_text(f"id: {word}-kb\n{stated.read_text()}")
    assert desk.json(*DELETING).actions == {}
    assert desk.json("pull", f"knowledge/{word}-kb").actions == {}
    desk.edit(f"knowledge/{word}-docs/knowledge.yaml", "About it", "About them")
    assert desk.json(*DELETING).actions == {f"knowledge/{word}-kb": "update-there"}
    assert named(server, f"{word} docs") == there


def test_a_moved_folder_that_cannot_be_read_keeps_it_there_as_well(server, desk, word):
    """What it says is not known; that it is there is."""
    there = named(server, f"{word} docs")
    move(desk, f"{word}-kb", f"{word}-docs")
    desk.path(f"knowledge/{word}-docs/knowledge.yaml").write_text("name: [\n")
    assert desk.json(*DELETING, expected=None).actions[f"knowledge/{word}-kb"] == "conflict"
    assert named(server, f"{word} docs") == there


def test_what_lies_nowhere_any_more_is_deleted(server, desk, word):
    """Once no file stands for it, a base goes as anything else does; a new one of its name may come after."""
    (there,) = named(server, f"{word} docs")
    move(desk, f"{word}-kb", f"{word}-other")
    assert desk.json(*DELETING).actions == {
        f"knowledge/{word}-kb": "delete-there",
        f"knowledge/{word}-other": "create-there",
    }
    (made,) = named(server, f"{word} docs")
    assert made != there


@pytest.mark.parametrize("is_pulled", [True, False])
def test_a_new_folder_does_not_take_over_a_base_that_got_its_name(server, desk, word, is_pulled):
    """Somebody renames my base in the browser, and I make another of that name: they are two, here and there."""
    (there,) = named(server, f"{word} docs")
    read_json(
        server.admin.post(
            f"{bases.BASES}/{there}/update",
            json=bases.base_form(name=f"{word} handbook", description="About it", **server.private()),
        )
    )
    if is_pulled:
        desk.json("pull", f"knowledge/{word}-kb")
    lay_base(desk, f"{word}-handbook", f"{word} handbook", "other\n")
    assert desk.json("push").actions == {f"knowledge/{word}-handbook": "create-there"}
    assert len(named(server, f"{word} handbook")) == 2
    desk.json("pull", f"knowledge/{word}-*")
    assert desk.json("push").actions == {}
    assert len(bases.file_ids(server.admin, there)) == 1
    assert desk.path(f"knowledge/{word}-kb/files/a.txt").read_text() == f"alpha of {word}-kb\n"
    assert desk.path(f"knowledge/{word}-handbook/files/a.txt").read_text() == f"other of {word}-handbook\n"


@pytest.mark.generation("0.12")
def test_a_prompt_that_is_moved_to_its_new_command_is_not_deleted(server, desk):
    """Its command was changed in the browser, and I let its file follow."""
    made = prompts.create(server, **server.private())
    old, new = made["command"].removeprefix("/"), make_id()
    desk.json("pull", f"prompt/{old}")
    prompts.update(server, made, command=f"/{new}", **server.private())
    desk.json("pull", f"prompt/{old}")
    desk.path(f"prompts/{old}.md").rename(desk.path(f"prompts/{new}.md"))
    told = desk.json(*DELETING, expected=3)
    assert told.actions == {f"prompt/{old}": "conflict", f"prompt/{new}": "conflict"}
    assert prompts.read(server, made)["id"] == made["id"]
    stated = desk.path(f"prompts/{new}.md")
    stated.write_text(stated.read_text().replace("---\n", f"---\nid: {old}\n", 1))
    assert desk.json(*DELETING).actions == {}


@pytest.mark.generation("0.12")
def test_an_automation_that_is_moved_to_its_name_is_not_deleted(server, desk):
    """As with every kind whose ids the server makes."""
    word = make_id()
    old, new = desk.path(f"automations/{word}.yaml"), desk.path(f"automations/{word}-daily.yaml")
    old.parent.mkdir(exist_ok=True)
    old.write_text(f"name: {word} daily\nprompt: x\nmodel: m\nrrule: FREQ=DAILY\nactive: false\n")
    desk.json("push")
    old.rename(new)
    told = desk.json(*DELETING, expected=3)
    assert told.actions == {f"automation/{word}": "conflict", f"automation/{word}-daily": "conflict"}
    found = read_json(server.admin.get("/api/v1/automations/list"))["items"]
    assert [each["name"] for each in found if word in each["name"]] == [f"{word} daily"]


def test_a_base_with_two_addresses_is_neither_covered_nor_deleted(server, desk, word, tmp_path):
    """A merge in git can bring two lines of the lock and two folders that are one base: neither costs the other."""
    (there,) = named(server, f"{word} docs")
    clone = make_desk(tmp_path / "clone", server.url, server.admin_person.token)
    for name, content in desk.files().items():
        for place in {clone.path(name), clone.path(name.replace(f"{word}-kb", f"{word}-two"))}:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    line = next(each for each in desk.path("cochat.lock").read_text().splitlines(keepends=True) if word in each)
    lines = {line, line.replace(f"{word}-kb", f"{word}-two")}
    clone.path("cochat.lock").write_text(desk.path("cochat.lock").read_text().replace(line, "".join(sorted(lines))))
    clone.edit(f"knowledge/{word}-two/files/a.txt", "alpha", "beta")
    (told,) = clone.json("push", expected=3).json["items"]
    assert (told["ref"], told["action"]) == (f"knowledge/{word}-two", "conflict")
    assert f"knowledge/{word}-kb" in told["error"]
    shutil.rmtree(clone.path(f"knowledge/{word}-two"))
    assert clone.json(*DELETING, "--dry-run").actions == {f"knowledge/{word}-two": "forget"}
    assert clone.json(*DELETING).actions == {f"knowledge/{word}-two": "forget"}
    assert bases.read_base(server.admin, there)["name"] == f"{word} docs"
    assert clone.path("cochat.lock").read_bytes() == desk.path("cochat.lock").read_bytes()
    assert clone.json("pull", f"knowledge/{word}-kb").actions == {}
