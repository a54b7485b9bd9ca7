"""A window of Chromium that remembers whatever went wrong in it, and asks axe-core what people cannot use."""

from __future__ import annotations

import functools
import re
from contextlib import contextmanager
from enum import StrEnum
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

    from tests.browser.browsing import Browsed

CHROMIUM = "/usr/bin/chromium"
#: nothing of its own leaves the machine: no look-up of a name, no updates, no telling home; one name leads to us
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--force-color-profile=srgb"),
)
REBOUND = "evil.test"
_NAMES = f"MAP {REBOUND} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
#: what becomes of a picture when one goes on before it has come
_LEFT = "net::ERR_ABORTED"
_SERIOUS = ("serious", "critical")
_SERVER_TIME = re.compile(r"page;dur=([0-9.]+)")
_PATIENCE_MS = 20_000
DESKTOP = (1280, 900)
PHONE = (390, 844)
#: style sheets and sounds are loaded again for rules that are off, and for sounds, of which we have none
_ASK_AXE = "() => axe.run(document, {resultTypes: ['violations'], preload: false}).then(found => found.violations)"
_TOLD_AXE = "() => typeof axe === 'object'"
_HIT = "() => window.__hit"
#: of drawings, too, whose links are no texts
_LINKS = (
    "() => [...document.querySelectorAll('a[href]')].map(each => new URL(each.getAttribute('href'), location).href)"
)
_WIDTH = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


class Sort(StrEnum):
    """Name the sorts of faults that are counted; what is of no other is odd."""

    CONSOLE = "console"
    ELSEWHERE = "elsewhere"
    AXE = "axe"
    ODD = "odd"


class Fault(NamedTuple):
    """Say what is wrong with an address."""

    address: str
    sort: Sort
    what: str


class Visit(NamedTuple):
    """Say what came of one address."""

    status: int
    server_ms: float
    links: frozenset[str]


class Window:
    """One page of Chromium on what is served; `faults` says what it complained of, with the address."""

    def __init__(self, page: Page, browsed: Browsed) -> None:
        self.page = page
        self.browsed = browsed
        self.faults: list[Fault] = []
        page.set_default_timeout(_PATIENCE_MS)
        page.on("console", self._hear_console)
        page.on("pageerror", lambda error: self.note(f"an error: {error}", Sort.CONSOLE))
        page.on("dialog", lambda dialog: (self.note(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda _popup: self.note("another window opened"))
        page.on("request", self._see_request)
        page.on("requestfailed", self._see_failure)
        page.on("response", self._see_response)

    def visit(self, address: str, *, status: int = 200) -> Visit:
        """Go to an address, relative to the token, and note what is wrong with it."""
        answer = self.page.goto(self.browsed.url + address)
        assert answer is not None
        if answer.status != status:
            self.note(f"answers {answer.status}, not {status}")
        links = self.page.evaluate(_LINKS)
        return Visit(answer.status, server_ms(answer.headers), frozenset(links))

    def check_access(self) -> None:
        """Note what axe-core finds on the page: what is serious or critical."""
        if not self.page.evaluate(_TOLD_AXE):
            self.page.evaluate(_axe())
        for each in self.page.evaluate(_ASK_AXE):
            if each["impact"] in _SERIOUS:
                where = "; ".join(" ".join(node["target"]) for node in each["nodes"][:3])
                why = each["nodes"][0]["failureSummary"].replace("\n", " ")
                what = f"axe {each['id']} ({each['impact']}, {len(each['nodes'])} times): {where}: {why}"
                self.note(what, Sort.AXE)

    def check_width(self) -> None:
        """Note where the page is wider than the window."""
        wanted, given = self.page.evaluate(_WIDTH)
        if wanted > given:
            self.note(f"is {wanted} pixels wide in a window of {given}")

    def check_not_hit(self) -> None:
        """Note where a text of somebody else's was run."""
        hit = self.page.evaluate(_HIT)
        if hit:
            self.note(f"ran what came from the server: {hit}")

    def note(self, what: str, sort: Sort = Sort.ODD) -> None:
        """Note what is wrong with the page that is open."""
        self.faults.append(Fault(self.page.url.removeprefix(self.browsed.url), sort, what))

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.note(f"the console has: {message.text}", Sort.CONSOLE)

    def _see_request(self, request: Request) -> None:
        if not request.url.startswith((self.browsed.origin, "data:")):
            self.note(f"asks {request.url}", Sort.ELSEWHERE)

    def _see_failure(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.note(f"{request.url} did not come: {request.failure}")

    def _see_response(self, answer: Response) -> None:
        if answer.status >= 400 and not answer.request.is_navigation_request():
            self.note(f"{answer.url} answers {answer.status}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium; it ends with the block."""
    flags = [*_FLAGS, f"--host-resolver-rules={_NAMES}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@contextmanager
def window(
    browser: Browser,
    browsed: Browsed,
    *,
    size: tuple[int, int] = DESKTOP,
    is_dark: bool = False,
    runs_scripts: bool = True,
) -> Iterator[Window]:
    """Open a window with nothing of others in it."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if is_dark else "light",
        java_script_enabled=runs_scripts,
        service_workers="block",
    )
    yield Window(context.new_page(), browsed)
    context.close()


def server_ms(headers: Mapping[str, str]) -> float:
    """Read how long the server says that a page took it."""
    found = _SERVER_TIME.search(headers.get("server-timing", ""))
    assert found, "the answer does not say how long it took"
    return float(found[1])


@functools.cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
