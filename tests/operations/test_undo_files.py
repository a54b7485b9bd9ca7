"""An undo of files never leaves a resource in two places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.sorts import ACTION, FILTER
from tests.chaos.stage import open_world

if TYPE_CHECKING:
    from pathlib import Path


def test_what_has_moved_to_another_folder_is_left_there(tmp_path: Path) -> None:
    """Somebody made a filter of my action: the undo that would bring the action's file back says that it moved."""
    with open_world(tmp_path, "owui-0.6") as world:
        desk, slug = world.desk, world.slug()
        world.browser.create(ACTION, slug, world.mark())
        desk.json("pull")
        desk.json("undo", "1")
        assert not desk.path(f"plugins/actions/{slug}.py").exists()
        world.browser.update(FILTER, slug, world.mark())
        desk.json("pull")
        before = desk.files()
        told = desk.json("undo", "2", expected=3).json["items"]
        assert [each["error"] for each in told] == [
            f"action/{slug}: left as it is: here: it lies in plugins/filters/{slug}.py by now"
        ]
        assert desk.files() == before
        assert desk.json("pull").actions == {}


def test_what_moved_with_the_run_moves_back(tmp_path: Path) -> None:
    """The pull itself moved the file: its undo brings it back to where it was."""
    with open_world(tmp_path, "owui-0.6") as world:
        desk, slug = world.desk, world.slug()
        world.browser.create(ACTION, slug, world.mark())
        desk.json("pull")
        world.browser.update(FILTER, slug, world.mark())
        desk.json("pull")
        assert desk.path(f"plugins/filters/{slug}.py").exists()
        desk.json("undo", "2")
        assert desk.path(f"plugins/actions/{slug}.py").exists()
        assert not desk.path(f"plugins/filters/{slug}.py").exists()
