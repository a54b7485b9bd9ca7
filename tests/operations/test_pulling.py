"""A pull carried through: what cannot be settled or read is told with its name, and stays so until it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.proxy import Fault
from tests.chaos.sorts import AGENT, FLAVORS, KNOWLEDGE, PROMPT, TOOL
from tests.chaos.stage import open_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.proxy import Request
    from tests.chaos.sorts import Sort
    from tests.chaos.stage import World


@pytest.mark.parametrize("how", ["ours", "theirs"])
@pytest.mark.parametrize("sort", [TOOL, KNOWLEDGE], ids=lambda sort: sort.kind)
@pytest.mark.parametrize("flavor", FLAVORS)
def test_what_is_edited_here_and_deleted_there_can_be_settled(
    tmp_path: Path, flavor: str, sort: Sort, how: str
) -> None:
    """The pull that meets it says how, and that works at once: mine is created again, or goes."""
    with open_world(tmp_path, flavor) as world:
        desk, slug = world.desk, world.slug()
        ref = f"{sort.kind}/{slug}"
        for each in (slug, world.slug()):
            # where only a list can be asked, an empty one proves nothing
            world.browser.create(sort, each, world.mark())
        desk.json("pull")
        world.browser.delete(sort, slug)
        sort.append(desk.folder, slug, f"# {world.mark()}" if sort is TOOL else world.mark())
        for _again in range(2):
            (told,) = [each for each in desk.json("pull", expected=3).json["items"] if each["ref"] == ref]
            assert told["reason"] == "edited here, deleted there"
            assert desk.json("status").actions == {ref: "conflict"}
        done = desk.json("resolve", ref, f"--{how}")
        if how == "ours":
            assert desk.json("status").actions == {ref: "create-there"}
            assert desk.json("push", "--no-verify").actions == {ref: "create-there"}
            assert desk.json("pull").actions == {}
        else:
            assert done.actions == {ref: "delete-here"}
            assert desk.json("status").actions == desk.json("pull").actions == {}


LOST = {"404": Fault.MISSING_404, "401": Fault.MISSING_401}


@pytest.mark.parametrize("how", LOST)
@pytest.mark.parametrize("flavor", ["owui-0.12", "owui-0.6"])
def test_a_file_that_the_server_lost_leaves_its_base_alone_out(tmp_path: Path, flavor: str, how: str) -> None:
    """I am told of the base and what to do; my files of it stay, and everything else comes."""
    with open_world(tmp_path, flavor) as world:
        desk, ref = world.desk, "knowledge/docs"
        world.browser.create(KNOWLEDGE, "docs", world.mark())
        desk.json("pull")
        mine = desk.files()
        give_file(world, "docs", "another\n")
        for sort, slug in ((KNOWLEDGE, "good"), (TOOL, "good")):
            world.browser.create(sort, slug, world.mark())
        world.proxy.play(lambda asked: LOST[how] if is_content_of(asked, "docs", world) else None)
        items = {each["ref"]: each for each in desk.json("pull", expected=1).json["items"]}
        assert {each: items[each]["action"] for each in items} == {
            ref: "skip",
            "knowledge/good": "create-here",
            "tool/good": "create-here",
        }
        assert items[ref]["error"] == "reading note.md: the server lists it and has not its bytes"
        assert "attach it anew" in items[ref]["hint"]
        assert {path: content for path, content in desk.files().items() if path in mine} == mine | {
            "cochat.lock": desk.files()["cochat.lock"]
        }
        desk.json("push", "--delete", "--no-verify")
        assert ("knowledge", "docs") in world.browser.wires([KNOWLEDGE])
        assert desk.json("pull", expected=1).actions == {ref: "skip"}
        # mended there, it is taken in
        world.proxy.play()
        assert desk.json("pull").actions == {ref: "update-here"}
        assert desk.path("knowledge/docs/files/note.md").read_text() == "another\n"


def give_file(world: World, slug: str, text: str) -> None:
    """Put another file in the place of the one that a base has."""
    files = KNOWLEDGE.there[world.flavor].files
    assert files
    wire = world.browser.wires([KNOWLEDGE])["knowledge", slug]
    world.browser._attach(files, str(wire["id"]), text, instead_of=wire["attached"])


def is_content_of(asked: Request, slug: str, world: World) -> bool:
    """Tell whether a request asks for the bytes of a base's file."""
    if not asked.path.partition("?")[0].endswith("/content"):
        return False
    (attached,) = world.browser.wires([KNOWLEDGE])["knowledge", slug]["attached"].values()
    return attached[0] in asked.path


def test_an_agent_of_an_odd_form_leaves_itself_alone_out(tmp_path: Path) -> None:
    """Somebody saved a text where a list belongs: I am told which one and which field, and everything else comes."""
    with open_world(tmp_path, "owui-0.12") as world:
        desk = world.desk
        for slug in ("good", "odd"):
            world.browser.create(AGENT, slug, world.mark())
        desk.json("pull")
        mine = desk.files()

        def spoil(_asked: Request, answer: Any) -> Any:
            if isinstance(answer, dict):
                found = {key: spoil(_asked, each) for key, each in answer.items()}
                if found.get("id") == "odd" and isinstance(found.get("meta"), dict):
                    found["meta"] = {**found["meta"], "toolIds": "t"}
                return found
            return [spoil(_asked, each) for each in answer] if isinstance(answer, list) else answer

        world.proxy.rewrite = spoil
        world.browser.create(TOOL, "good", world.mark())
        world.browser.update(AGENT, "good", world.mark())
        for actions in (
            {"agent/good": "update-here", "tool/good": "create-here", "agent/odd": "skip"},
            {"agent/odd": "skip"},
        ):
            done = desk.json("pull", expected=1)
            assert done.actions == actions
            (told,) = [each for each in done.json["items"] if each["ref"] == "agent/odd"]
            assert told["error"] == "the server's tools is of a form that we do not know"
            assert told["hint"] == "mend it on the server, and save it there"
        assert desk.files()["agents/odd.md"] == mine["agents/odd.md"]
        assert "agent/odd: the server's tools" in desk.json("status", "--fetch").err
        world.proxy.rewrite = None
        assert desk.json("pull").actions == {}
        assert desk.json("status").actions == {}


def test_a_command_that_is_no_unicode_leaves_itself_alone_out(tmp_path: Path) -> None:
    """Half a pair in a command ends no pull: no file can say it, so that prompt is refused and the others come."""
    with open_world(tmp_path, "owui-0.12") as world:
        for slug in ("good", "halved"):
            world.browser.create(PROMPT, slug, world.mark())

        def halve(_asked: Request, answer: Any) -> Any:
            if isinstance(answer, dict):
                return {key: "h\ud800" if each == "halved" else halve(_asked, each) for key, each in answer.items()}
            return [halve(_asked, each) for each in answer] if isinstance(answer, list) else answer

        world.proxy.rewrite = halve
        for actions in ({"prompt/good": "create-here", "prompt/h": "create-here"}, {"prompt/h": "create-here"}):
            done = world.desk.json("pull", expected=1)
            assert done.actions == actions
            assert [each["ref"] for each in done.json["items"] if not each["ok"]] == ["prompt/h"]
        assert {*world.desk.files()} & {"prompts/good.md", "prompts/h.md"} == {"prompts/good.md"}
