"""`cochat search`: words in, resources out, for people and for programs; no is exit 1, and a mistake is told."""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cochat_devkit.cli import render
from cochat_devkit.cli.search import _marked, _tell_limits
from cochat_devkit.mirror.rows import Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.operations.search import Answer, Found
from cochat_devkit.resource import Key, RemoteId, Slug, digest_of_body, fingerprint_in
from cochat_devkit.workspace.lock import workspace_lock
from tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "https://server.test"
BODIES = {
    ("tool", "", "calendar"): {"name": "Calendar", "description": "Lists events", "content": "class Tools:\n    x = 1"},
    ("tool", "", "diary"): {"name": "Diary", "description": "", "content": "# see the calendar\n# 日历和工具"},
    ("function", "filter", "guard"): {"name": "Guard", "description": "", "content": "# calendar only"},
    ("agent", "", "clerk"): {
        "name": "Clerk",
        "system": "Pays bills.",
        "tags": ["Finance", "Café"],
        "tools": ["tool/diary", "tool/gone"],
        "filters": ["filter/guard"],
    },
    ("prompt", "", "bill"): {"name": "Bill", "content": "Write a bill.", "tags": ["finance", "two words"]},
}
#: what is not here the server does not date: it was changed when we saw it
CHANGED = {
    "diary": datetime(2026, 2, 3, 10, tzinfo=UTC),
    "guard": datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "clerk": datetime(2026, 1, 1, tzinfo=UTC),
    "bill": datetime(2024, 2, 29, 12, tzinfo=UTC),
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a workspace whose mirror knows two tools and a filter."""
    desk = Desk(tmp_path)
    desk.cochat("init", "--url", URL)
    remember(desk, BODIES)
    return desk


def remember(desk: Desk, shown_now: dict[tuple[str, str, str], dict[str, object]]) -> None:
    """Let the mirror know what a server shows, by kind, type and slug."""
    rows, bodies = [], []
    for (kind, type_, slug), body in shown_now.items():
        digest = digest_of_body(type_, body)
        at = CHANGED.get(slug)
        shown = {"remote_fingerprint": fingerprint_in(digest), "remote_digest": digest, "updated_at": at}
        rows.append(Row(Key(kind, Slug(slug)), type_, RemoteId(slug), **shown))
        bodies.append((type_, body))
    with MirrorStore(desk.path("mirror.db")) as store:
        facts = {"user_id": "u1", "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
        store.remember(store.enter_scope("main", url=URL, **facts), rows=rows, bodies=bodies)


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
        "looked_through": None,
        "unindexed": [],
    }
    assert item == {
        "ref": "tool/diary",
        "type": "tool",
        "name": "Diary",
        "field": "content",
        "line": 2,
        "snippet": "# 日历和工具",
        "marks": [[2, 4], [5, 7]],
        "file": "",
        "changed_at": "2026-02-03T10:00:00+00:00",
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
    assert done.err == "these are the first 2; for more: --limit 4\n"
    assert desk.json("search", "calendar", "--limit", "2").json["has_more"] is True
    assert desk.cochat("search", "calendar").err == ""


def test_mistakes_are_told(desk: Desk, tmp_path: Path) -> None:
    """No words, no pull yet, an index that is behind: each says what to do next."""
    assert "there is no word to look for" in desk.cochat("search", expected=2).err
    with contextlib.closing(sqlite3.connect(desk.path("mirror.db"))) as database:
        database.execute("DELETE FROM fact WHERE name = 'words'")
        database.commit()
    with workspace_lock(desk.folder):
        behind = desk.cochat("search", "calendar", expected=1).err
    assert behind.endswith("error: the mirror has no index of all its words yet\nhint:  cochat pull\n")
    new = Desk(tmp_path / "new")
    new.folder.mkdir()
    new.cochat("init", "--url", URL)
    nothing = new.cochat("search", "calendar", expected=2).err
    assert nothing == "error: nothing was ever pulled of main\nhint:  cochat pull\n"


def test_a_mirror_of_an_earlier_version_is_searched_without_a_server(desk: Desk) -> None:
    """After an upgrade on a plane I search as before; once I am told why it took a moment."""
    with contextlib.closing(sqlite3.connect(desk.path("mirror.db"))) as database:
        database.execute("DELETE FROM fact WHERE name IN ('words', 'mentions')")
        database.commit()
    first, second = (desk.cochat("search", "calendar") for _ in range(2))
    assert first.err == "note: the mirror is of an earlier version: its words are indexed, once\n"
    assert second.err == ""
    assert first.out == second.out != ""


@pytest.fixture
def utc() -> Iterator[None]:
    """Let the reader live where the clocks show UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("utc")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("tag:finance", ["agent/clerk", "prompt/bill"]),
        ("tag:CAFE", ["agent/clerk"]),
        ("tag:finance tag:café", ["agent/clerk"]),
        ('tag:"two words"', ["prompt/bill"]),
        ("tag:two", []),
        ("tag:finance write", ["prompt/bill"]),
        ("changed:2025", ["filter/guard"]),
        ("changed:2025-12", ["filter/guard"]),
        ("changed:2026-1-1", ["agent/clerk"]),
        ("changed:2024-02-29", ["prompt/bill"]),
        ("changed:<2026-01-01", ["filter/guard", "prompt/bill"]),
        ("changed:<=2026-01-01", ["agent/clerk", "filter/guard", "prompt/bill"]),
        ("changed:>2026-01-01 changed:<2026-06", ["tool/diary"]),
        ("changed:>=2026-01-01 changed:<2026-06", ["tool/diary", "agent/clerk"]),
        ("changed:2025-12..2026-01", ["agent/clerk", "filter/guard"]),
        ("changed:1d", ["tool/calendar"]),
        ("changed:<2w", ["tool/calendar"]),
        ("changed:>1h", ["tool/diary", "agent/clerk", "filter/guard", "prompt/bill"]),
        ("changed:2026-02 calendar", ["tool/diary"]),
        ("changed:2026-02 --kind filter", []),
        ("uses:tool/diary", ["agent/clerk"]),
        ("uses:filter/guard tag:finance", ["agent/clerk"]),
        ("uses:function/guard pays", ["agent/clerk"]),
        ("uses:tool/gone", ["agent/clerk"]),
        ("uses:tool/calendar", []),
        ("kind:tool", ["tool/calendar", "tool/diary"]),
        ("kind:tool kind:filter changed:<2026-02", ["filter/guard"]),
    ],
)
def test_filters_narrow_and_alone_they_list_the_newest_first(desk: Desk, words: str, found: list[str]) -> None:
    """I ask for what is under a tag, and for what was changed when; what no server dates, by when I saw it."""
    asked = words.split(" --kind ")
    options = [part for each in asked[1:] for part in ("--kind", each)]
    answer = desk.json("search", asked[0], *options, expected=None)
    assert [each["ref"] for each in answer.json["items"]] == found
    assert answer.exit_code == (0 if found else 1)


def test_models_are_told_apart_by_what_they_cost(desk: Desk) -> None:
    """I find a free model among hundreds, and am told how to get the catalogue where I have none."""
    done = desk.cochat("search", "is:free", expected=2)
    assert done.err == "error: the mirror has no base-models\nhint:  cochat pull --kind base-model\n"
    costs = {"gemma": "free", "gpt": "paid", "llama": "free", "pipe": "unknown"}
    remember(desk, {("base-model", "", slug): {"name": slug, "cost": cost} for slug, cost in costs.items()})
    assert set(refs(desk, "is:free")) == {"base-model/gemma", "base-model/llama"}
    assert refs(desk, "is:FREE", "gemma") == ["base-model/gemma"]
    assert refs(desk, "is:paid") == ["base-model/gpt"]
    assert refs(desk, "is:unknown", "--kind", "base-model") == ["base-model/pipe"]
    assert desk.json("search", "is:free", "is:paid", expected=1).json["items"] == []


def test_a_kind_alone_lists_too(desk: Desk) -> None:
    """An option narrows as its word does."""
    assert refs(desk, "--kind", "tool") == ["tool/calendar", "tool/diary"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("changed:", "changed: asks for nothing"),
        ("tag:", "tag: asks for nothing"),
        ("kind: calendar", "kind: asks for nothing"),
        ("changed:yesterday", "changed:yesterday is no time"),
        ("changed:2026-13", "changed:2026-13 is no time"),
        ("changed:2026-02-30", "changed:2026-02-30 is no time"),
        ("changed:0000", "changed:0000 is no time"),
        ("changed:9999", "changed:9999 is no time"),
        ("changed:999999y", "changed:999999y is no time"),
        ("changed:２０２６", "changed:２０２６ is no time"),
        ("changed:=2026", "changed:=2026 is no time"),
        ("changed:2026..", "changed:2026.. is no time"),
        ("changed:>2026..2027", "changed:>2026..2027 is no time"),
        ("uses:", "uses: asks for nothing"),
        ("uses:web_search", "'web_search' is no address"),
        ("uses:nonsense/x", "there is no kind 'nonsense'"),
        ("kind:nonsense", "there is no kind 'nonsense'"),
        ("is:", "is: asks for nothing"),
        ("is:cheap", "there is nothing to tell by is:cheap"),
    ],
)
def test_a_filter_of_another_form_is_one_clear_error(desk: Desk, words: str, told: str) -> None:
    """A slip in a filter is told with an example, and never read as a word that finds nothing."""
    done = desk.cochat("search", words, expected=2)
    assert done.err.startswith(f"error: {told}")
    assert "\nhint:  " in done.err


@pytest.mark.parametrize("words", ["a " * 3_000, "x" * 5_001, '"' + "word " * 200 + '"', "模" * 101])
def test_too_much_is_told(desk: Desk, words: str) -> None:
    """A page that I pasted by mistake is answered at once, by a sentence."""
    assert "too many to look for (at most" in desk.cochat("search", words, expected=2).err


HELD = ["tag:\ud800", "uses:tool/\ud800", "kind:\ud800", "changed:\ud800", "uses:tool/diary", "tag:finance"]
OPERATORS = [
    "AND",
    "OR",
    "NOT",
    "NEAR(a b, 2)",
    "title:",
    "{title} : a",
    "^a",
    "a + b",
    "-a",
    "*",
    '"',
    '""',
    "''",
    ";--",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    words=st.lists(
        st.one_of(st.text(), st.sampled_from([*OPERATORS, "\0", "\ud800", "a*", "日", "changed:", "x" * 999, *HELD]))
    ),
    is_substring=st.booleans(),
)
def test_no_query_is_a_bug(desk: Desk, words: list[str], *, is_substring: bool) -> None:
    """Whatever I type or paste is answered, or refused with a reason."""
    told = desk.cochat("search", "--json", *["--substring"] * is_substring, "--", *words, expected=None)
    assert told.exit_code in (0, 1, 2)
    assert told.json["ok"] is (told.exit_code == 0)


def test_characters_within_words(desk: Desk) -> None:
    """I find a piece of a name or of code wherever it stands, case and accents aside, and see where."""
    assert refs(desk, "--substring", "alend") == ["tool/calendar", "filter/guard", "tool/diary"]
    assert refs(desk, "--substring", "ALEND", "kind:filter") == ["filter/guard"]
    assert refs(desk, "--substring", '"tools:\n    x ="') == ["tool/calendar"]
    assert refs(desk, "--substring", "#") == ["tool/diary", "filter/guard"]
    assert refs(desk, "--substring", "历和", "lenda") == ["tool/diary"]
    assert refs(desk, "--substring", "afe") == ["agent/clerk"]
    assert desk.json("search", "--substring", "alendr", expected=1).json["items"] == []
    (item,) = desk.json("search", "--substring", "ist").json["items"]
    assert (item["snippet"], item["marks"]) == ("Lists events", [[1, 4]])


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


def test_what_was_not_looked_through_is_not_called_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a question was stopped, I am told how far it came, and not that there is nothing."""
    _tell_limits("=>", Answer([], has_more=False, is_sample=True, looked_through=5_000), 20)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "nothing in the newest 5,000 has all of: =>"
    assert "only the newest 5,000 were looked through" in second


def test_a_terminal_obeys_nothing_that_was_found() -> None:
    """A text that would hide itself or pose as another line by codes of the terminal is shown with them spelled out."""
    found = Found("tool/x", "tool", "X", "content", 1, "\x1b[8ma\x1b[0m \x1b]0;b\x07", ((4, 5),))
    with contextlib.redirect_stdout(_Terminal()) as terminal:
        render.out(_marked(found))
    shown = terminal.getvalue()
    assert "\x1b[8m" not in shown
    assert "\x1b[0m \x1b]" not in shown
    assert "\\x1b[8m" in shown
    with contextlib.redirect_stdout(io.StringIO()):
        assert _marked(found) == found.snippet
