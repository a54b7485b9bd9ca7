"""Four questions of the README, asked of the pages: each says what the command says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.window import window
from tests.desk import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.browsing import Browsed

_LONGEST_WAIT_MS = 5_000


def _told(demo: Browsed, *words: str) -> dict[str, Any]:
    return Desk(demo.folder).json(*words).json


def test_which_agents_use_a_tool(browser: Browser, demo: Browsed) -> None:
    """The tool's page leads to the agents that `cochat deps` names, and so does its drawing."""
    used_by = [each["ref"] for each in _told(demo, "deps", "tool/web_search")["used_by"]]
    assert used_by == ["agent/researcher"]
    with window(browser, demo) as seen:
        for address in ("en/r/tool/web_search.html", "en/r/tool/web_search/graph.html"):
            links = seen.visit(address).links
            assert f"{demo.url}en/r/agent/researcher.html" in links, address
        seen.visit("en/r/tool/web_search.html")
        seen.page.locator("main").get_by_role("link", name="Researcher").first.click()
        assert seen.page.inner_text("h1") == "Researcher"
    assert seen.faults == []


def test_in_which_order_the_ten_filters_run(browser: Browser, demo: Browsed) -> None:
    """The page draws the filters one after the other as `cochat chain` lists them, and names those that do not run."""
    told = _told(demo, "chain", "--all")
    runs = [each["ref"] for each in told["items"] if "inlet" in each["hooks"]]
    assert runs[0] == "filter/moderation_filter"
    with window(browser, demo) as seen:
        seen.visit("en/chain.html")
        assert seen.page.locator(".chain .stretch").first.locator(".filter code").all_inner_texts() == runs
        idle = seen.page.locator("main table tbody th").all_inner_texts()
    assert len(runs) + len(idle) == len(_told(demo, "ls", "filter/*")["items"]) == 10
    assert seen.faults == []


def test_what_the_last_pull_changed(browser: Browser, demo: Browsed) -> None:
    """The page of the newest run names what `cochat log` names."""
    told = _told(demo, "log")
    changed = [each["ref"] for each in told["items"]]
    assert changed
    with window(browser, demo) as seen:
        seen.visit(f"en/runs/{told['run']['run']}.html")
        assert seen.page.locator(".touched b").all_inner_texts() == changed
    assert seen.faults == []


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["as one types", "without scripts"])
def test_where_a_word_is(browser: Browser, demo: Browsed, *, runs_scripts: bool) -> None:
    """The word is found as it is typed, or once it is sent where no script runs."""
    found = [each["ref"] for each in _told(demo, "search", "billing")["items"]]
    assert "filter/billing_filter" in found
    with window(browser, demo, runs_scripts=runs_scripts) as seen:
        seen.visit("en/search.html")
        seen.page.locator("main input[type=search]").press_sequentially("billing")
        if not runs_scripts:
            seen.page.keyboard.press("Enter")
        first = seen.page.locator("main a[href*='billing_filter']").first
        first.wait_for(timeout=_LONGEST_WAIT_MS)
        assert seen.page.locator("main mark").first.inner_text().lower() == "billing"
    assert seen.faults == []
