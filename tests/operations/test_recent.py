"""What happened lately: of all resources what the server showed anew, and whose mirror it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.bodies import bodies_of
from cochat_devkit.operations.ls import ls
from cochat_devkit.operations.recent import Seat, recent_changes, recent_runs, seat_of
from cochat_devkit.operations.session import select
from cochat_devkit.resource import Key, Slug, State
from tests.web.mirrored import URL, Mirrored, row_of, scope_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror to be filled."""
    return Mirrored(tmp_path)


def tool(name: str, content: str = "class Tools: ...\n") -> dict[str, object]:
    return {"name": name, "description": "", "content": content, "access": "private", "meta": {}}


def changes(mirrored: Mirrored, newest: int = 10) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    found = recent_changes(read_config(mirrored.root), target=None, newest=newest)
    return [(each.what, each.refs, each.names) for each in found]


def forget(mirrored: Mirrored, slug: str) -> None:
    with mirrored.store() as store:
        store.remember(scope_in(store), gone=[Key("tool", Slug(slug))])


def test_before_the_first_pull_nothing_has_happened(mirrored: Mirrored) -> None:
    """Without a mirror there are no changes and no runs, and the server is what the settings say."""
    config = read_config(mirrored.root)
    assert changes(mirrored) == recent_runs(config, target=None, newest=5) == []
    assert seat_of(config, target=None) == Seat(URL)


def test_each_change_says_what_it_was(mirrored: Mirrored) -> None:
    """First seen, changed in these fields, gone, and back again, newest first."""
    mirrored.show("tool/a", tool("A"))
    mirrored.show("tool/a", tool("B", "class Tools:\n    b = 1\n"))
    forget(mirrored, "a")
    mirrored.show("tool/a", tool("B"))
    assert changes(mirrored) == [
        ("back again", ("tool/a",), ()),
        ("gone", ("tool/a",), ()),
        ("changed", ("tool/a",), ("content", "name")),
        ("first seen", ("tool/a",), ()),
    ]
    assert len(changes(mirrored, newest=2)) == 2
    assert seat_of(read_config(mirrored.root), target=None) == Seat(URL, "Open WebUI 0.12", "0.12.4", "admin")


def test_what_comes_at_once_is_one_change(mirrored: Mirrored) -> None:
    """The first pull is a line for each type, and not one for each of a thousand resources."""
    rows = [row_of(f"tool/t{number}", tool(f"T {number}")) for number in range(3)]
    rows.append(row_of("function/f", tool("F"), type_="filter"))
    bodies = [*(("", tool(f"T {number}")) for number in range(3)), ("filter", tool("F"))]
    with mirrored.store() as store:
        store.remember(scope_in(store), rows=rows, bodies=bodies)
    mirrored.show("tool/t1", tool("changed"))
    found = changes(mirrored)
    assert found[0] == ("changed", ("tool/t1",), ("name",))
    assert sorted(len(refs) for _what, refs, _names in found[1:]) == [1, 3]
    assert ("first seen", ("filter/f",), ()) in found


def test_bodies_come_from_where_they_are(mirrored: Mirrored) -> None:
    """Of a list I get what the file says where it differs, what the server showed where there is none, or nothing."""
    mirrored.show("tool/there", tool("There"))
    mirrored.show("tool/both", tool("Both, there"))
    unread = {"remote_state": State.UNREADABLE, "remote_fingerprint": None, "remote_digest": None}
    mirrored.show("tool/closed", tool("Closed"), **unread)
    folder = mirrored.root / "plugins" / "tools"
    folder.mkdir(parents=True)
    for slug, title in (("both", "Both, here"), ("here", "Here")):
        (folder / f"{slug}.py").write_text(f'"""\ntitle: {title}\n"""\n\nclass Tools: ...\n', encoding="utf-8")
    config = read_config(mirrored.root)
    lines = ls(config, select(), target=None)
    names = {ref: body.get("name") for ref, body in bodies_of(config, lines, target=None).items()}
    assert names == {"tool/both": "Both, here", "tool/closed": None, "tool/here": "Here", "tool/there": "There"}
    assert bodies_of(config, [], target=None) == {}
