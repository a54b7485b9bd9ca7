"""Nobody but the reader's own browser, at our own address, gets a page: other origins and rebound names are refused."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.browser.window import REBOUND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.browsing import Browsed

#: each gives back what another page got to see of ours, which must be nothing
_TRIES = {
    "fetch": "url => fetch(url).then(answer => answer.text(), () => '')",
    "fetch without cors": "url => fetch(url, {mode: 'no-cors'}).then(answer => answer.text(), () => '')",
    "picture": """url => new Promise(done => {
      const picture = new Image()
      picture.onload = () => done("a picture came")
      picture.onerror = () => done("")
      picture.src = url.replace("en/index.html", "static/icon.svg")
    })""",
    "script": """url => new Promise(done => {
      const script = document.createElement("script")
      script.onload = () => done("a script came")
      script.onerror = () => done("")
      script.src = url.replace("en/index.html", "static/app.js")
      document.head.append(script)
    })""",
    "style": """url => new Promise(done => {
      const link = Object.assign(document.createElement("link"), {rel: "stylesheet"})
      link.onload = () => done("a style came")
      link.onerror = () => done("")
      link.href = url.replace("en/index.html", "static/style.css")
      document.head.append(link)
    })""",
}
_EMBED = """
([name, attribute, url]) => document.body.append(Object.assign(document.createElement(name), {[attribute]: url}))
"""
_SEND = """
([action, method]) => {
  const form = Object.assign(document.createElement("form"), {action, method})
  document.body.append(form)
  form.submit()
}
"""


class _Stranger(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>a stranger</title><body>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@contextmanager
def _stranger(browser: Browser) -> Iterator[Page]:
    """Open a page of another origin on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Stranger)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with _page(browser) as page:
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
            yield page
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("how", _TRIES)
def test_a_page_of_another_origin_reads_nothing(browser: Browser, demo: Browsed, how: str) -> None:
    """Though it knows the address with its token, a stranger's page is answered 403, and sees none of it."""
    with _stranger(browser) as page:
        answers = _listen(page, demo)
        assert page.evaluate(_TRIES[how], f"{demo.url}en/index.html") == ""
    assert set(answers) <= {403}


def test_a_page_of_another_origin_frames_nothing(browser: Browser, demo: Browsed) -> None:
    """In a frame, an object or an embed of a stranger there is nothing of ours."""
    for element, attribute in (("iframe", "src"), ("object", "data"), ("embed", "src")):
        with _stranger(browser) as page:
            answers = _listen(page, demo)
            page.evaluate(_EMBED, [element, attribute, f"{demo.url}en/index.html"])
            page.wait_for_timeout(300)
            assert not any("cochat" in frame.content() for frame in page.frames[1:]), element
        assert set(answers) <= {403}, element


def test_a_window_or_a_form_of_another_origin_gets_403(browser: Browser, demo: Browsed) -> None:
    """A stranger who opens a window on us, or sends us a form, is refused, and reads nothing of the window."""
    with _stranger(browser) as page:
        with page.expect_popup() as opened:
            page.evaluate("url => { window.opened = window.open(url) }", f"{demo.url}en/index.html")
        opened.value.wait_for_load_state()
        assert "not" in opened.value.inner_text("body")
        assert "main" not in opened.value.content()
    for method in ("get", "post"):
        with _stranger(browser) as page:
            answers = _listen(page, demo)
            with page.expect_navigation():
                page.evaluate(_SEND, [f"{demo.url}en/index.html", method])
        assert answers == [403], method


def test_a_rebound_name_gets_403(browser: Browser, demo: Browsed) -> None:
    """A name of a stranger's that leads to this machine is not a name of ours."""
    with _page(browser) as page:
        answer = page.goto(demo.url.replace("127.0.0.1", REBOUND))
        assert answer is not None
        assert answer.status == 403
        assert page.locator("main").count() == 0


def test_who_lacks_the_token_gets_403(browser: Browser, demo: Browsed) -> None:
    """Another program on this machine that finds the port finds no page."""
    with _page(browser) as page:
        for address in ("", "en/index.html", "static/style.css", f"{'x' * 24}/en/index.html"):
            answer = page.goto(demo.origin + address)
            assert answer is not None
            assert answer.status == 403, address
            assert page.locator("main").count() == 0


def _listen(page: Page, demo: Browsed) -> list[int]:
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status) if answer.url.startswith(demo.origin) else None)
    return answers
