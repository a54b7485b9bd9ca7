"""The static site in a browser, from the disk and from a host below a path: it shows and finds what is there."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.web.export import export
from tests.browser.browsing import Browsed
from tests.browser.window import window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

#: pages of one sort that are opened
_OPENED = 2


class _Quiet(SimpleHTTPRequestHandler):
    """A host of files that tells nobody what it was asked."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _hosted(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def site(demo: Browsed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo catalogue as files, some way below a folder that is served."""
    place = tmp_path_factory.mktemp("host") / "some where" / "site"
    export(read_config(demo.folder), None, place)
    return place


@pytest.fixture(params=["disk", "host"])
def shown(request: pytest.FixtureRequest, demo: Browsed, site: Path) -> Iterator[Browsed]:
    """Where the site is read from."""
    if request.param == "disk":
        yield Browsed(demo.folder, f"{site.as_uri()}/")
        return
    with _hosted(site.parents[1]) as origin:
        yield Browsed(demo.folder, f"{origin}some%20where/site/")


def test_every_sort_of_page_opens(browser: Browser, shown: Browsed, demo: Browsed) -> None:
    """A page of each sort, in both languages: nothing is missing, nothing is refused, nothing is asked elsewhere."""
    with window(browser, shown) as opened:
        for language in ("en", "zh"):
            for address in demo.samples(language, _OPENED):
                opened.page.goto(shown.url + address)
                assert opened.page.locator("main h1").count() >= 1, address
        opened.page.goto(f"{shown.url}index.html")
        opened.page.wait_for_url(f"{shown.url}en/index.html")
        opened.page.get_by_role("link", name="中文").click()
        opened.page.wait_for_url(f"{shown.url}zh/index.html")
    assert opened.faults == []


def test_it_is_searched_as_one_types(browser: Browser, shown: Browsed) -> None:
    """From any page I type a word and come to what has it; a part of a word, and a kind, are enough."""
    with window(browser, shown) as opened:
        page = opened.page
        page.goto(f"{shown.url}en/index.html")
        page.locator("#find").fill("billing")
        page.locator("#find").press("Enter")
        page.wait_for_url(f"{shown.url}en/search.html?q=billing")
        hits = page.locator("#results .hits li")
        assert "filter/billing_filter" in hits.first.inner_text()
        page.locator("#words").fill("kind:agent web_sea")
        page.locator("#results .hits li", has_text="agent/researcher").wait_for()
        assert page.locator("#told").inner_text() == "1 found"
        page.locator("#words").fill("persona")
        hits.get_by_role("link", name="glossary.md").click()
        page.locator("main h1", has_text="glossary.md").wait_for()
        page.go_back()
        page.locator("#words").fill("<b>nowhere</b>")
        page.locator("#told", has_text="Nothing has these words.").wait_for()
        page.locator("#words").fill("researcher")
        hits.get_by_role("link").first.click()
        page.locator("main h1", has_text="Researcher").wait_for()
    assert opened.faults == []


def test_without_scripts_it_is_read_and_says_how_to_search(browser: Browser, shown: Browsed) -> None:
    """Scripts are off: every page is there, and the search says what it needs."""
    with window(browser, shown, runs_scripts=False) as opened:
        page = opened.page
        page.goto(f"{shown.url}index.html")
        page.wait_for_url(f"{shown.url}en/index.html")
        page.goto(f"{shown.url}en/search.html?q=billing")
        assert "`cochat browse` and `cochat search` do without" in page.locator("noscript").inner_text()
        page.get_by_role("link", name="Overview").click()
        page.wait_for_url(f"{shown.url}en/index.html")
    assert opened.faults == []
