"""Everything is reached by the keyboard, and one sees where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.window import window

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.browsing import Browsed

#: links and fields of a page that are gone through
_MOST_STEPS = 100
#: what the focus is on, and whether it shows: an outline, a border or a shadow that is not there without it
_FOCUS = """
() => {
  const at = document.activeElement
  if (at === document.body) return null
  const drawn = element => {
    const style = getComputedStyle(element)
    return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.borderColor,
            style.backgroundColor, style.textDecorationLine].join(" ")
  }
  const box = at.getBoundingClientRect()
  const focused = drawn(at)
  at.blur()
  const blurred = drawn(at)
  at.focus()
  return {
    name: at.matches("a") ? new URL(at.getAttribute("href"), location).pathname
                          : at.tagName.toLowerCase() + " " + (at.name || at.id),
    shows: focused !== blurred && box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0,
  }
}
"""
_ALL = """
() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, textarea")]
  .filter(each => each.checkVisibility() && each.tabIndex >= 0 && !each.disabled)
  .map(each => each.matches("a") ? new URL(each.getAttribute("href"), location).pathname
                                 : each.tagName.toLowerCase() + " " + (each.name || each.id))
"""


def test_tab_reaches_everything_and_shows_where(browser: Browser, demo: Browsed) -> None:
    """On each page the tab key goes through the links and fields, and each shows that it is the one."""
    with window(browser, demo) as seen:
        for address in demo.samples("en", 1, by_page=True):
            seen.visit(address)
            wanted, reached = seen.page.evaluate(_ALL)[:_MOST_STEPS], set()
            while not reached.issuperset(wanted):
                seen.page.keyboard.press("Tab")
                at = seen.page.evaluate(_FOCUS)
                assert at, (address, f"is left without {set(wanted) - reached}")
                assert at["shows"], (address, at)
                reached.add(at["name"])
    assert seen.faults == []


def test_the_first_step_leads_past_the_head(browser: Browser, demo: Browsed) -> None:
    """The first tab on each page offers to go to the text, and goes there."""
    with window(browser, demo) as seen:
        for address in demo.samples("en", 1, by_page=True):
            seen.visit(address)
            seen.page.keyboard.press("Tab")
            seen.page.keyboard.press("Enter")
            assert seen.page.evaluate("() => document.activeElement.id") == "main", address
    assert seen.faults == []
