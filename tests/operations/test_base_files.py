"""The files of a knowledge base change with it: what dies or is undone leaves them as before, or as they are there."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.chaos.kill import _run_and_kill
from tests.chaos.sorts import FLAVORS, sort_named
from tests.chaos.stage import World, open_world

if TYPE_CHECKING:
    from pathlib import Path

SLUG = "handbook"
NOTE = f"knowledge/{SLUG}/files/note.md"


def give(world: World, text: str) -> None:
    """Put another file in the place of the one that the base has, and leave the base itself as it is."""
    files = sort_named("knowledge", world.flavor).there[world.flavor].files
    assert files
    wire = world.browser.wires([sort_named("knowledge", world.flavor)])["knowledge", SLUG]
    world.browser._attach(files, str(wire["id"]), text, instead_of=wire["attached"])


def note(world: World) -> str:
    """Read the file here."""
    return world.desk.path(NOTE).read_text()


@pytest.mark.parametrize("flavor", FLAVORS)
def test_an_undo_of_a_pull_brings_the_files_back(tmp_path: Path, flavor: str) -> None:
    """I take back a pull, and the base's files are as they were; taken back again, as they are there."""
    with open_world(tmp_path, flavor) as world:
        world.browser.create(sort_named("knowledge", flavor), SLUG, world.mark())
        world.desk.json("pull")
        before = note(world)
        give(world, "another text\n")
        world.desk.json("pull")
        assert note(world) == "another text\n"
        for expected in (before, "another text\n"):
            world.desk.json("undo", str(world.desk.json("undo").json["runs"][0]["run"]))
            assert note(world) == expected
        assert world.desk.json("pull").actions == {}


@pytest.mark.parametrize("flavor", FLAVORS)
def test_an_undo_of_a_deletion_brings_the_files_back(tmp_path: Path, flavor: str) -> None:
    """Somebody deleted the base there and the pull took it away here: it comes back with its files, to be sent."""
    with open_world(tmp_path, flavor) as world:
        for slug in (SLUG, "other"):
            world.browser.create(sort_named("knowledge", flavor), slug, world.mark())
        world.desk.json("pull")
        before = world.desk.files()
        world.browser.delete(sort_named("knowledge", flavor), SLUG)
        assert world.desk.json("pull").actions == {f"knowledge/{SLUG}": "delete-here"}
        world.desk.json("undo", str(world.desk.json("undo").json["runs"][0]["run"]))
        after = world.desk.files()
        assert {path: after.get(path) for path in before if SLUG in path} == {
            path: content for path, content in before.items() if SLUG in path
        }


def test_a_pull_that_dies_does_not_make_their_old_file_an_edit_of_mine(tmp_path: Path) -> None:
    """Wherever it dies, the next pull has the file that is there, and nothing is left to push."""
    with open_world(tmp_path, "owui-0.6") as world:
        world.browser.create(sort_named("knowledge", "owui-0.6"), SLUG, world.mark())
        world.desk.json("pull")
        for point in itertools.count(1):
            text = f"text {point}\n"
            give(world, text)
            came_through, _points = _run_and_kill(world.desk, ("pull",), point)
            world.desk.json("pull")
            assert note(world) == text, f"killed at point {point}"
            assert world.desk.json("status").json["items"] == []
            if came_through:
                break


@pytest.mark.parametrize("how", ["theirs", "merge"])
def test_what_was_looked_at_alone_is_fetched_before_it_is_taken(tmp_path: Path, how: str) -> None:
    """A fetch brings no bytes: taking theirs says what does, and leaves my files whole until then."""
    with open_world(tmp_path, "owui-0.12") as world:
        world.browser.create(sort_named("knowledge", "owui-0.12"), SLUG, world.mark())
        world.desk.json("pull")
        give(world, "theirs\n")
        side = world.desk.path(f"knowledge/{SLUG}/files/mine.md")
        side.write_text("mine\n")
        if how == "theirs":
            world.desk.path(NOTE).write_text("mine\n")
        before = world.desk.files()
        world.desk.json("status", "--fetch")
        ref = f"knowledge/{SLUG}"
        (told,) = world.desk.json("resolve", ref, f"--{how}", expected=1).json["items"]
        assert told["error"] == f"the bytes of {NOTE} are not here"
        assert told["hint"] == f"fetch them: cochat pull {ref}"
        assert world.desk.files() == before
        world.desk.json("pull", ref, expected=3 if how == "theirs" else 0)
        world.desk.json("resolve", ref, f"--{how}")
        assert note(world) == "theirs\n"


@pytest.mark.parametrize("is_left_behind", [False, True])
def test_what_lay_beside_a_conflict_goes_with_it(tmp_path: Path, *, is_left_behind: bool) -> None:
    """Their files of a base are there to look at until I chose, and not longer; old ones are in nobody's way."""
    with open_world(tmp_path, "owui-0.12") as world:
        world.browser.create(sort_named("knowledge", "owui-0.12"), SLUG, world.mark())
        world.desk.json("pull")
        if is_left_behind:
            old = world.desk.path(f".cochat/conflicts/main/{NOTE}")
            old.parent.mkdir(parents=True)
            old.write_text("of an earlier conflict\n")
        give(world, "theirs\n")
        world.desk.path(NOTE).write_text("mine\n")
        world.desk.json("pull", expected=3)
        (told,) = world.desk.json("status").json["conflicts"]
        beside = world.desk.path(told["theirs"]).parent
        assert (beside / "files/note.md").read_text() == "theirs\n"
        world.desk.json("resolve", f"knowledge/{SLUG}", "--ours")
        assert [path for path in beside.rglob("*") if path.is_file()] == []
