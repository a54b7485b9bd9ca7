"""The page of parity says what was found, and knows every behaviour that is asked for."""

from __future__ import annotations

import re

import pytest

from tests.parity.chats.compare import differences
from tests.parity.chats.everything import SCENARIOS, UNKNOWN
from tests.parity.chats.scenario import Gap
from tests.parity.chats.seen import plain
from tests.parity.index import LOADING
from tests.parity.report import HEAD, PAGE, Row, make_page, merged, read_rows
from tests.parity.running import all_runs


def test_rows_of_one_behaviour_become_one():
    """I see both versions of a behaviour side by side, with what is said of either."""
    found = merged([
        Row("pipes", "text", "A text is the answer.", {"0.12.4": "validated"}),
        Row("tools", "text", "Another.", {"0.12.4": "unknown"}, "Nobody asked."),
        Row("pipes", "text", "A text is the answer.", {"0.6.43": "gap"}, "Ours has more."),
    ])  # fmt: skip
    both = {"0.12.4": "validated", "0.6.43": "gap"}
    assert found[0] == Row("pipes", "text", "A text is the answer.", both, "Ours has more.")
    assert [each.area for each in found] == ["pipes", "tools"]


def test_the_page_counts_and_names():
    """The head counts what is validated, a gap or unknown for each version; a cell holds any text."""
    rows = [
        Row("pipes", "text", "A | B\nC <b>", {"0.12.4": "validated", "0.6.43": "gap"}, "differs"),
        Row("pipes", "new", "Only there.", {"0.12.4": "unknown"}, "why"),
    ]
    page = make_page(rows, "2026-11-30")
    assert page.startswith(HEAD)
    assert "Asked on 2026-11-30." in page
    assert "| 0.12.4 | 1 | 0 | 1 |\n| 0.6.43 | 0 | 1 | 0 |" in page
    assert "| `text` | A \\| B C &lt;b> | validated | gap | differs |" in page
    assert "| `new` | Only there. | unknown |  | why |" in page


def test_a_page_is_read_back():
    """Where some parts are asked anew, the other rows stay as they were, whatever text is in them."""
    rows = [
        Row("pipes", "a | b", "It says <b> \\| and more.", {"0.12.4": "validated", "0.6.43": "gap"}, "one | two"),
        Row("library, each alone", "new", "Only there.", {"0.12.4": "unknown"}),
    ]
    assert list(read_rows(make_page(rows, "2026-11-30"))) == rows


def test_every_behaviour_stands_on_the_page():
    """The page that is shipped is of today's scenarios and plugins: `make parity` writes it."""
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([^`]*)`", page, re.MULTILINE))
    asked = {each.name for each in SCENARIOS} | {name for _, name, *_ in UNKNOWN}
    loaded = {name for fact in LOADING for name in fact.plugins}
    assert page.startswith(HEAD)
    assert (asked | loaded | set(all_runs())) - named == set()


def test_no_difference_lacks_its_reason():
    """Each gap of the page is named: what differs without a name fails the command that writes it."""
    assert "not the same" not in PAGE.read_text(encoding="utf-8")


def test_scenarios_have_names_of_their_own_and_reasons_for_gaps():
    """I find a scenario by its name, and a known difference says why it is there."""
    names = [each.name for each in SCENARIOS]
    assert len(names) == len(set(names)) > 200
    assert all(gap.why.endswith(".") for each in SCENARIOS for gap in each.gaps.values())
    assert all(set(each.gaps) <= set(each.versions) for each in SCENARIOS)


@pytest.mark.parametrize(
    ("real", "ours", "found"),
    [
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b: 1 there, 2 here"]),
        ({"a": 1}, {}, ["a: 1 there, nothing here"]),
        ({"a": None}, {}, ["a: null there, nothing here"]),
        ({"a": True}, {"a": 1}, ["a: true there, 1 here"]),
        ({"a": ["x", "y", "z"]}, {"a": ["x", "z"]}, ['a[1]: "y" there, nothing here']),
        ({"a": ["x"]}, {"a": ["x", "y"]}, ['a[1]: nothing there, "y" here']),
        ({"a": [{"b": 1, "c": 1}]}, {"a": [{"b": 2, "c": 1}]}, ["a[0].b: 1 there, 2 here"]),
    ],
)
def test_a_difference_is_told_by_its_place(real, ours, found):
    """Whatever differs between a server and us, I am told where, and what both have."""
    assert differences(real, ours) == found


def test_a_known_difference_covers_its_places_alone():
    """Another difference beside the known one is not covered by it, and none at all is not either."""
    gap = Gap("Worded anew.", ("requests[0].text",))
    assert gap.is_all_of(["requests[0].text: 1 there, 2 here"])
    assert not gap.is_all_of(["requests[0].text: 1 there, 2 here", "status: 200 there, 400 here"])
    assert not gap.is_all_of([])
    assert Gap("Everywhere.").is_all_of(["status: 200 there, 400 here"])


def test_what_is_new_each_time_is_left_out():
    """Ids, times and addresses do not make two equal answers differ, and nothing else is hidden."""
    seen = {
        "status": 200,
        "events": [{"type": "chat:list"}, {"type": "status", "data": {"description": "at http://127.0.0.1:8080/x"}}],
        "messages": [{"id": "m", "role": "user", "content": "chat-1 says hi", "timestamp": 17}],
        "chunks": ["data: [DONE]", {"id": "p-0e3f5a0c-2f57-4f43-8b0a-6f6f6c2a9d11", "created": 12}],
        "names": {"chat-1": "<chat>"},
    }
    assert plain(seen) == {
        "status": 200,
        "events": [{"type": "status", "data": {"description": "at <here>/x"}}],
        "messages": [{"role": "user", "content": "<chat> says hi"}],
        "chunks": ["[DONE]", {"id": "p-<uuid>", "created": "<time>"}],
    }
