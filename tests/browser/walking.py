"""The walk: every link from the first page on, each address once, and what was seen on the way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from tests.browser.window import Window

#: what a page may take of the server's time
BAR_MS = 200.0
#: times that a slow page is asked again: another program may have had the processor
TRIES = 4
#: addresses that differ behind the question mark alone, for each page
_MOST_QUERIES = 4


@dataclass
class Walked:
    """Hold what a walk came by: each address with the server's time, in the order of the walk."""

    server_ms: dict[str, float] = field(default_factory=dict)

    @property
    def plain(self) -> set[str]:
        """List the addresses that ask nothing behind a question mark."""
        return {each for each in self.server_ms if "?" not in each}

    def table(self) -> str:
        """Say how long the server took, in one line."""
        return f"{len(self.server_ms)} pages, server time {spread(self.server_ms.values())}"


def spread(times_ms: Iterable[float]) -> str:
    """Say how long things took, in a few words."""
    times = sorted(times_ms)
    middle, high = times[len(times) // 2], times[int(len(times) * 0.95)]
    return f"p50 {middle:.0f} ms, p95 {high:.0f} ms, max {times[-1]:.0f} ms"


def walk(window: Window, start: str, look: Callable[[str], None], *, passes_by: Container[str] = frozenset()) -> Walked:
    """Follow all links from an address, breadth first, within its language; `look` at each page that was reached.

    What stands in `passes_by` is not gone to.
    """
    walked, asked = Walked(), set[tuple[str, frozenset[str]]]()
    language = start.partition("/")[0]
    ahead, known = deque([start]), {start}
    while ahead:
        address = ahead.popleft()
        walked.server_ms[address] = visit_timed(window, address, links := set[str]())
        look(address)
        for link in sorted(links):
            if link in known or link in passes_by or not link.startswith(f"{language}/"):
                continue
            known.add(link)
            path, _, query = link.partition("?")
            if not query or _is_new(asked, path, query):
                ahead.append(link)
    return walked


def visit_timed(window: Window, address: str, links: set[str]) -> float:
    """Visit a page, again where it was slow: the best time. Its links are added to `links`."""
    seen = window.visit(address)
    links |= {within(each, window.browsed.url) for each in seen.links} - {""}
    best_ms = best_of(seen.server_ms, lambda: window.visit(address).server_ms)
    if best_ms > BAR_MS:
        window.note(f"takes {best_ms:.0f} ms of the server's time")
    return best_ms


def best_of(first_ms: float, ask_again: Callable[[], float]) -> float:
    """Take the best time of a page that is asked again as long as it is slow."""
    best_ms = first_ms
    for _ in range(TRIES):
        if best_ms <= BAR_MS:
            break
        best_ms = min(best_ms, ask_again())
    return best_ms


def within(link: str, url: str) -> str:
    """Name an address of ours relative to the token, without what is behind `#`; empty for anybody else's."""
    plain = urlsplit(link)._replace(fragment="").geturl()
    return plain.removeprefix(url) if plain.startswith(url) else ""


def _is_new(asked: set[tuple[str, frozenset[str]]], path: str, query: str) -> bool:
    """Tell whether a question is of a sort that the walk has not asked often enough."""
    sort = (path, frozenset(parse_qs(query, keep_blank_values=True)))
    if sort in asked or sum(each[0] == path for each in asked) >= _MOST_QUERIES:
        return False
    asked.add(sort)
    return True
