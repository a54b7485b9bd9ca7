"""`cochat search`: words in, resources out, for people and for programs; no is exit 1, and a mistake is told."""

from __future__ import annotations

import contextlib
import io
import sqlite3
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.cli import render
from cochat_devkit.cli.search import _marked
from cochat_devkit.mirror.rows import Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.operations.search import Found
from cochat_devkit.resource import Key, RemoteId, Slug, digest_of_body, fingerprint_in
from tests.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://server.test"
BODIES = {
    ("tool", "", "calendar"): {"name": "Calendar", "description": "Lists events", "content": "class Tools:\n    x = 1"},
    ("tool", "", "diary"): {"name": "Diary", "description": "", "content": "# see the calendar\n# 日历和工具"},
    ("function", "filter", "guard"): {"name": "Guard", "description": "", "content": "# calendar only"},
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a workspace whose mirror knows two tools and a filter."""
    desk = Desk(tmp_path)
    desk.cochat("init", "--url", URL)
    rows, bodies = [], []
    for (kind, type_, slug), body in BODIES.items():
        digest = digest_of_body(type_, body)
        shown = {"remote_fingerprint": fingerprint_in(digest), "remote_digest": digest}
        rows.append(Row(Key(kind, Slug(slug)), type_, RemoteId(slug), **shown))
        bodies.append((type_, body))
    with MirrorStore(desk.path("mirror.db")) as store:
        facts = {"user_id": "u1", "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
        store.remember(store.enter_scope("main", url=URL, **facts), rows=rows, bodies=bodies)
    return desk


def refs(desk: Desk, *words: str) -> list[str]:
    return [each["ref"] for each in desk.json("search", *words).json["items"]]


def test_people_read_what_and_why(desk: Desk) -> None:
    """I see each resource with its name, and the line that has my words."""
    lines = desk.cochat("search", "calendar").out.splitlines()
    assert lines[:2] == ["tool/calendar  Calendar", "    name:1: Calendar"]
    assert set(lines[2:]) == {
        "tool/diary  Diary",
        "    content:1: # see the calendar",
        "filter/guard  Guard",
        "    content:1: # calendar only",
    }


def test_programs_read_one_object(desk: Desk) -> None:
    """My script gets every fact by its name, places of the words included."""
    found = desk.json("search", "日历", "工具").json
    (item,) = found.pop("items")
    assert found == {
        "version": render.JSON_VERSION,
        "command": "search",
        "ok": True,
        "exit_code": 0,
        "query": "日历 工具",
        "counts": {"found": 1},
        "has_more": False,
        "is_sample": False,
    }
    assert item == {
        "ref": "tool/diary",
        "type": "tool",
        "name": "Diary",
        "field": "content",
        "line": 2,
        "snippet": "# 日历和工具",
        "marks": [[2, 4], [5, 7]],
    }


def test_kinds_narrow(desk: Desk) -> None:
    """I look among the filters alone, by an option or within the words."""
    assert refs(desk, "calendar", "--kind", "filter") == ["filter/guard"]
    assert refs(desk, "calendar", "kind:functions") == ["filter/guard"]
    both = refs(desk, "calendar", "kind:filter", "--kind", "tool")
    assert set(both) == {"filter/guard", "tool/calendar", "tool/diary"}
    for words in (("--kind", "nonsense"), ("kind:nonsense",)):
        assert "there is no kind 'nonsense'" in desk.cochat("search", "calendar", *words, expected=2).err


def test_no_is_exit_1(desk: Desk) -> None:
    """A script can ask whether a word is anywhere."""
    done = desk.cochat("search", "nowhere", expected=1)
    assert (done.out, done.err) == ("", "nothing in the mirror has all of: nowhere\n")
    assert desk.json("search", "nowhere", expected=1).json["ok"] is False
    assert desk.json("search", "+++", expected=1).json["items"] == []


def test_a_cut_list_says_so(desk: Desk) -> None:
    """I learn that there is more, and how to see it."""
    done = desk.cochat("search", "calendar", "--limit", "2")
    assert done.out.count("calendar") >= 2
    assert done.err == "these are the best 2; for more: --limit 4\n"
    assert desk.json("search", "calendar", "--limit", "2").json["has_more"] is True
    assert desk.cochat("search", "calendar").err == ""


def test_mistakes_are_told(desk: Desk, tmp_path: Path) -> None:
    """No words, only a filter, no pull yet, an index that is behind: each says what to do next."""
    assert "missing argument" in desk.cochat("search", expected=2).err
    assert "there is no word to look for" in desk.cochat("search", "kind:tool", expected=2).err
    with contextlib.closing(sqlite3.connect(desk.path("mirror.db"))) as database:
        database.execute("DELETE FROM fact WHERE name = 'words'")
        database.commit()
    behind = desk.cochat("search", "calendar", expected=1).err
    assert behind == "error: the mirror has no index of all its words yet\nhint:  cochat pull\n"
    new = Desk(tmp_path / "new")
    new.folder.mkdir()
    new.cochat("init", "--url", URL)
    nothing = new.cochat("search", "calendar", expected=2).err
    assert nothing == "error: nothing was ever pulled of main\nhint:  cochat pull\n"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_words_stand_out_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where I read it myself, my words are colored; in a file they are not."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    found = Found("tool/x", "tool", "X", "content", 1, "a calendar", ((2, 10),))
    with contextlib.redirect_stdout(_Terminal()):
        assert _marked(found) == "a \x1b[33mcalendar\x1b[0m"
    with contextlib.redirect_stdout(io.StringIO()):
        assert _marked(found) == "a calendar"
