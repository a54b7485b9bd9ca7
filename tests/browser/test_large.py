"""Ten thousand resources are looked at as quickly as ten: every sort of page, over HTTP and in the browser."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import httpx
import pytest

from bench.offline import make_mixed_workspace
from tests.browser.browsing import browsing
from tests.browser.walking import BAR_MS, Walked, best_of, visit_timed
from tests.browser.window import server_ms, window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.browser.browsing import Browsed

COUNT = 10_000
#: pages of one sort that are asked for over HTTP, and that are looked at in the browser
_ASKED, _LOOKED_AT = 60, 4
_PATIENCE_S = 30.0
_LINK = re.compile(r'<a [^>]*href="([^"#?]*)')


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsed]:
    """Serve the pages of ten thousand resources of several kinds."""
    folder = tmp_path_factory.mktemp("large")
    make_mixed_workspace(folder, COUNT)
    with browsing(folder) as served:
        yield served


def test_pages_of_ten_thousand_are_quick_and_lead_on(large: Browsed, record: Callable[[str], None]) -> None:
    """Every piece of every list, and many pages of each sort: all answer in time, and no link leads nowhere."""
    known = large.addresses("en")
    lists = [address for address, sort in known.items() if sort.startswith("list ")]
    walked, dead, slow = Walked(), set[str](), dict[str, float]()
    with httpx.Client(base_url=large.url, trust_env=False, timeout=_PATIENCE_S) as client:
        for address in dict.fromkeys([*lists, *large.samples("en", _ASKED)]):
            answer = client.get(address)
            took_ms = best_of(server_ms(answer.headers), lambda page=address: server_ms(client.get(page).headers))
            assert answer.status_code == httpx.codes.OK, address
            walked.server_ms[address] = took_ms
            slow |= {address: took_ms} if took_ms > BAR_MS else {}
            links = (urljoin(str(answer.url), unescape(each)) for each in _LINK.findall(answer.text) if each)
            dead |= {each for each in (link.removeprefix(large.url) for link in links) if _is_dead(each, known)}
    record(f"{walked.table()}; of {len(known)} addresses")
    assert sum(sort.startswith("resource ") for sort in known.values()) == COUNT
    assert dead == set()
    assert slow == {}


def test_pages_of_ten_thousand_in_the_browser(browser: Browser, large: Browsed, record: Callable[[str], None]) -> None:
    """Nor does the browser complain of them, or axe-core of the first of each sort."""
    walked = Walked()
    looked_at = set(large.samples("en", 1))
    with window(browser, large) as seen:
        for address in large.samples("en", _LOOKED_AT):
            walked.server_ms[address] = visit_timed(seen, address, set())
            if address in looked_at:
                seen.check_access()
    record(walked.table())
    assert seen.faults == []


def _is_dead(link: str, known: dict[str, str]) -> bool:
    return link.startswith("en/") and link not in known
