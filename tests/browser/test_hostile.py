"""Whatever a server says is shown and never obeyed: fifty hostile texts as names, descriptions, bodies and pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.browsing import browsing
from tests.browser.hostile import SOME, TEXTS, hostile_workspace
from tests.browser.walking import walk
from tests.browser.window import window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.browser.browsing import Browsed

#: what stands on a page and is not ours: elements that run, frame or send away, attributes that run, links that do
_STRANGE = """
() => {
  const own = new URL("../".repeat(20), location).origin
  const isOurs = url => new URL(url, location).origin === own
  const runs = url => !["http:", "https:", "mailto:"].includes(new URL(url, location).protocol)
  const strange = each =>
    each.matches("iframe, frame, object, embed, base, style, applet, portal, foreignObject, animate, set, template")
    || each.matches("script") && !(each.src && isOurs(each.src) && !each.textContent)
    || each.matches("link") && !isOurs(each.href)
    || each.matches("meta[http-equiv]")
    || each.matches("form") && !isOurs(each.action)
    || each.matches("[formaction], [ping], [srcdoc], [background], [style]")
    || [...each.attributes].some(attribute => attribute.name.startsWith("on"))
    || each.matches("a[href], area[href]") && runs(each.getAttribute("href"))
    || each.matches("use, image") && !(each.getAttribute("href") ?? "").startsWith("#")
    || each.matches("img, video, audio, source, track") && !isOurs(each.src) && !each.src.startsWith("data:image/")
  return [...document.querySelectorAll("*")].filter(strange).map(each => each.outerHTML.slice(0, 200))
}
"""
_HEADING = re.compile(r"hostile\d+")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsed]:
    """Serve the pages of a workspace in which everything is hostile."""
    with hostile_workspace(tmp_path_factory.mktemp("hostile")) as desk, browsing(desk.folder) as served:
        yield served


def test_fifty_texts_are_shown_on_every_page_and_run_on_none(
    browser: Browser, hostile: Browsed, record: Callable[[str], None]
) -> None:
    """No page runs, fetches, frames or restyles anything for them, and each text is there to read."""
    shown: set[str] = set()
    with window(browser, hostile) as seen:

        def look(address: str) -> None:
            seen.check_not_hit()
            strange = seen.page.evaluate(_STRANGE)
            assert not strange, (address, strange)
            shown.update(_HEADING.findall(seen.page.inner_text("main")))

        walked = walk(seen, "en/index.html", look)
        seen.page.wait_for_timeout(200)
        seen.check_not_hit()
    record(walked.table())
    assert seen.faults == []
    assert walked.plain == set(hostile.addresses("en"))
    assert shown == {text.partition(" ")[0] for text in TEXTS}


def test_a_text_is_shown_to_the_letter(browser: Browser, hostile: Browsed) -> None:
    """What a name says is what one reads, signs and all."""
    with window(browser, hostile) as seen:
        for number in set(range(len(TEXTS))) - set(SOME):
            seen.visit(f"en/r/tool/hostile_{number}.html")
            told = seen.page.text_content("h1") or ""
            assert _letters(TEXTS[number]) in _letters(told), told
    assert seen.faults == []


def _letters(text: str) -> str:
    """Leave out what HTML has no letters for: blanks are one, and NUL is a sign that stands for it."""
    return "".join(each for each in text if each.isprintable() and not each.isspace())
