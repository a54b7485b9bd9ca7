"""A pull carried through: what cannot be settled or read is told with its name, and stays so until it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.sorts import FLAVORS, KNOWLEDGE, TOOL
from tests.chaos.stage import open_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.sorts import Sort


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
