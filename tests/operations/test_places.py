"""What comes from a server is laid beside what is here, and never over the files of something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.kinds import kind_named
from cochat_devkit.resource import Slug
from cochat_devkit.workspace.forms import path_aside, path_for, stem_of
from tests.chaos.sorts import AGENT, KNOWLEDGE, SKILL, TOOL
from tests.chaos.stage import open_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.sorts import Sort
    from tests.chaos.stage import World

FLAVOR = "owui-0.12"
TOOL_KIND = kind_named("tool")[0]


def rename(world: World, sort: Sort, slug: str, other: str) -> None:
    """Give the files of a resource another name, and state the id that they had."""
    sort.rename(world.desk.folder, slug, other)
    sidecar = next((each for each in sort.siblings if each.endswith(".yaml")), sort.main)
    place = world.desk.path(sidecar.format(slug=other))
    told = place.read_text() if place.exists() else ""
    head = f"---\nid: {slug}\n"
    if place.suffix == ".yaml":
        place.write_text(f"id: {slug}\n{told}")
    else:
        place.write_text(told.replace("---\n", head, 1) if told.startswith("---\n") else f"{head}---\n{told}")


@pytest.mark.parametrize("sort", [TOOL, AGENT, SKILL, KNOWLEDGE], ids=lambda sort: sort.kind)
def test_what_bears_the_name_of_my_renamed_file_lies_aside(tmp_path: Path, sort: Sort) -> None:
    """I renamed a file and kept its id; a colleague makes one of that name: mine stays, and theirs comes, too."""
    with open_world(tmp_path, FLAVOR) as world:
        world.browser.create(sort, "one", world.mark())
        world.desk.json("pull")
        rename(world, sort, "one", "two")
        assert world.desk.json("status").actions == {}
        mine = world.desk.files()
        theirs = world.mark()
        world.browser.create(sort, "two", theirs)
        made = {each["ref"]: each for each in world.desk.json("pull").json["items"] if each["action"] != "nothing"}
        ref = f"{sort.kind}/two"
        assert {each: made[each]["action"] for each in made} == {ref: "create-here"}
        now = world.desk.files()
        assert {path: now[path] for path in mine if path != "cochat.lock"} == {
            path: content for path, content in mine.items() if path != "cochat.lock"
        }
        assert any(theirs.encode() in content for path, content in now.items() if path not in mine)
        for words in (("status",), ("pull",), ("push", "--no-verify")):
            assert world.desk.json(*words).actions == {}
        # whoever comes to it in another way comes to the same place
        theirs_here = {path: content for path, content in now.items() if path not in mine}
        for path in theirs_here:
            world.desk.path(path).unlink()
        assert world.desk.json("restore", f"{ref}@1").json["items"][0]["path"] == made[ref]["path"]
        assert {path: content for path, content in world.desk.files().items() if path not in mine} == theirs_here


def test_what_finds_no_place_is_refused_alone(tmp_path: Path) -> None:
    """Where even the place aside is another's, I am told both names, and everything else comes."""
    with open_world(tmp_path, FLAVOR) as world:
        taken = [stem_of(TOOL_KIND, find(TOOL_KIND, "", Slug("two"))) for find in (path_for, path_aside)]
        for number, stem in enumerate(taken):
            world.browser.create(TOOL, f"mine{number}", world.mark())
            world.desk.json("pull")
            rename(world, TOOL, f"mine{number}", stem)
        mine = world.desk.files()
        for slug in ("three", "two"):
            world.browser.create(TOOL, slug, world.mark())
        items = {each["ref"]: each for each in world.desk.json("pull", expected=1).json["items"]}
        assert items["tool/three"]["action"] == "create-here"
        place = f"plugins/tools/{taken[0]}.py"
        assert items["tool/two"]["error"] == f"tool/two has no place: {place} is tool/mine0"
        assert items["tool/two"]["hint"] == f"rename {place}"
        now = world.desk.files()
        assert {path: now[path] for path in mine if path != "cochat.lock"} == {
            path: content for path, content in mine.items() if path != "cochat.lock"
        }


DRAFTS = [(SKILL, "skills/one/notes.md"), (KNOWLEDGE, "knowledge/one/files/note.md")]


@pytest.mark.parametrize(("sort", "draft"), DRAFTS, ids=lambda each: each.kind if each in (SKILL, KNOWLEDGE) else "")
def test_a_draft_in_the_way_is_told_and_kept(tmp_path: Path, sort: Sort, draft: str) -> None:
    """I have files, and no base or skill yet; one of that name comes: mine stay, and what I am told to do helps."""
    with open_world(tmp_path, FLAVOR) as world:
        desk, ref, place = world.desk, f"{sort.kind}/one", world.desk.path(draft)
        place.parent.mkdir(parents=True)
        place.write_text("mine\n")
        world.browser.create(sort, "one", world.mark())
        for _again in range(2):
            (told,) = desk.json("pull", expected=1).json["items"]
            assert told["error"] == f"{draft} is in the way: it belongs to no resource"
            assert [each for each in desk.files() if each.startswith(f"{sort.folder}/")] == [draft]
        main = desk.path(sort.path("one"))
        assert f"or write {sort.path('one')} and pull" in told["hint"]
        main.write_text("---\n---\n" if sort is SKILL else "{}\n")
        desk.json("pull", expected=3)
        assert place.read_text() == "mine\n"
        desk.json("resolve", ref, "--ours")
        assert desk.json("push", "--no-verify").actions == {ref: "update-there"}
        assert place.read_text() == "mine\n"


@pytest.mark.parametrize(("sort", "draft"), DRAFTS, ids=lambda each: each.kind if each in (SKILL, KNOWLEDGE) else "")
def test_theirs_does_not_replace_what_nothing_has_seen(tmp_path: Path, sort: Sort, draft: str) -> None:
    """I removed the main file and edited another: taking theirs leaves that, and says how it goes on."""
    with open_world(tmp_path, FLAVOR) as world:
        desk, ref, place = world.desk, f"{sort.kind}/one", world.desk.path(draft)
        world.browser.create(sort, "one", world.mark())
        desk.json("pull")
        desk.path(sort.path("one")).unlink()
        place.write_text("mine\n")
        world.browser.update(sort, "one", world.mark())
        desk.json("pull", expected=3)
        (told,) = desk.json("resolve", ref, "--theirs", expected=1).json["items"]
        assert told["error"] == f"{draft} is in the way: it belongs to no resource"
        assert told["hint"].startswith("move it away and run the command again")
        assert place.read_text() == "mine\n"
        assert not desk.path(sort.path("one")).exists()
        place.rename(desk.path("draft.md"))
        desk.json("resolve", ref, "--theirs")
        assert desk.json("status").actions == {}
