"""Walk every page of ten thousand resources in Chromium, and print one line of what was seen on the way.

`python -m tests.browser.whole [--keep DIR] [--most N] [--axe-every N] [--count N] [--jobs N]`

Server time is the bar, and pages that are asked for side by side slow each other: what took too long beside another
page is asked for again alone, and the line says both.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
from playwright.sync_api import Error as PlaywrightError

from bench.offline import make_mixed_workspace
from tests.browser.browsing import browsing
from tests.browser.walking import BAR_MS, TRIES, best_of, spread, within
from tests.browser.window import Fault, Sort, chromium, server_ms, window
from tests.chaos.rows import end_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.browser.browsing import Browsed

COUNT = 10_000
#: axe-core takes longer than all else together: every so many pages of each sort are looked at
_AXE_EVERY = 10
#: at most so many pages are walked in one window, and kept as one line
_BATCH = 400
_LANGUAGE = "en"
_START = f"{_LANGUAGE}/index.html"
_PATIENCE_S = 30.0


class Batch(NamedTuple):
    """Hold what some pages showed: server time by address, faults, and by link the page that it was first seen on."""

    server_ms: dict[str, float]
    faults: list[Fault]
    links: dict[str, str]
    looked_at: int


@dataclass
class Ledger:
    """Hold what was seen so far, and keep it in a file, so that a later run goes on from it."""

    path: Path
    server_ms: dict[str, float] = field(default_factory=dict)
    alone_ms: dict[str, float] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    looked_at: int = 0
    seconds: float = 0.0

    def read(self) -> None:
        """Take in what earlier runs kept."""
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else ():
            said = json.loads(line)
            said["faults"] = [Fault(address, Sort(sort), what) for address, sort, what in said["faults"]]
            self._add(**said)

    def keep(self, batch: Batch, *, seconds: float, alone_ms: Mapping[str, float] | None = None) -> None:
        """Add what was seen; of its links those that nobody saw before."""
        fresh = {link: page for link, page in batch.links.items() if link not in self.links}
        said = {**batch._replace(links=fresh)._asdict(), "seconds": seconds, "alone_ms": dict(alone_ms or {})}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")
        self._add(**said)

    def slow(self) -> list[str]:
        """Name the pages that took too long beside another, and whenever they were asked for alone."""
        return [each for each, took in self.server_ms.items() if self.alone_ms.get(each, took) > BAR_MS]

    def _add(
        self,
        *,
        server_ms: Mapping[str, float],
        alone_ms: Mapping[str, float],
        faults: Sequence[Fault],
        links: Mapping[str, str],
        looked_at: int,
        seconds: float,
    ) -> None:
        self.server_ms |= server_ms
        self.alone_ms |= {each: min(took, self.alone_ms.get(each, took)) for each, took in alone_ms.items()}
        self.faults += faults
        self.links |= links
        self.looked_at += looked_at
        self.seconds += seconds


def main() -> int:
    """Walk what is left, or so much of it as was asked for; 1 where anything is wrong with what was seen so far."""
    words = argparse.ArgumentParser(prog="python -m tests.browser.whole", description=__doc__.splitlines()[0])
    words.add_argument(
        "--keep", type=Path, help="keep workspace and findings in a folder, and go on from what is there"
    )
    words.add_argument("--most", type=int, help="walk so many pages of what is left, and no more")
    words.add_argument("--axe-every", type=int, default=_AXE_EVERY, help="ask axe-core of every so many of each sort")
    words.add_argument("--count", type=int, default=COUNT, help="make so many resources")
    words.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="look at so many pages side by side")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="cochat-walk-") as scratch:
        home = asked.keep or Path(scratch)
        folder, ledger = home / "workspace", Ledger(home / "walked.jsonl")
        if not folder.exists():
            folder.mkdir(parents=True)
            make_mixed_workspace(folder, asked.count)
        ledger.read()
        with browsing(folder) as browsed:
            known = browsed.addresses(_LANGUAGE)
            for_axe = _spread_over(known, asked.axe_every)
            left = [each for each in _mixed(known) if each not in ledger.server_ms][: asked.most]
            _walk(browsed, left, for_axe, ledger, asked.jobs)
    print(_line(ledger, known, asked), flush=True)
    wrong = [*map(_sentence, ledger.faults), *_still_slow(ledger), *_misled(ledger, known)]
    print(*wrong[:200], sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


def _walk(browsed: Browsed, addresses: Sequence[str], for_axe: frozenset[str], ledger: Ledger, jobs: int) -> None:
    """Look at pages in so many processes, each with a Chromium of its own; then at the slow ones alone."""
    size = max(1, min(_BATCH, -(-len(addresses) // jobs)))
    batches = [addresses[first : first + size] for first in range(0, len(addresses), size)]
    context = multiprocessing.get_context("spawn")
    began_s = time.monotonic()
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=end_with, initargs=(os.getpid(),)) as pool:
        for batch in pool.map(partial(_look_at, browsed, for_axe), batches):
            now_s = time.monotonic()
            ledger.keep(batch, seconds=now_s - began_s)
            began_s = now_s
    ledger.keep(Batch({}, [], {}, 0), seconds=0.0, alone_ms=dict(_ask_alone(browsed, ledger.slow())))


def _look_at(browsed: Browsed, for_axe: frozenset[str], addresses: Sequence[str]) -> Batch:
    """Look at some pages, one after the other, in one window."""
    times: dict[str, float] = {}
    links: dict[str, str] = {}
    with chromium() as browser, window(browser, browsed) as seen:
        for address in addresses:
            try:
                visit = seen.visit(address)
                times[address] = visit.server_ms
                links |= dict.fromkeys((within(each, browsed.url).partition("?")[0] for each in visit.links), address)
                if address in for_axe:
                    seen.check_access()
            except PlaywrightError as error:
                seen.faults.append(Fault(address, Sort.ODD, f"did not come: {error.message}"))
        return Batch(times, seen.faults, links, len(for_axe.intersection(times)))


def _ask_alone(browsed: Browsed, addresses: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Ask for pages one at a time, again where they are slow: the best times."""
    with httpx.Client(base_url=browsed.url, trust_env=False, timeout=_PATIENCE_S) as client:
        for address in addresses:
            ask = partial(_server_ms_of, client, address)
            yield address, best_of(ask(), ask)


def _server_ms_of(client: httpx.Client, address: str) -> float:
    return server_ms(client.get(address).headers)


def _mixed(known: Mapping[str, str]) -> list[str]:
    """Order the addresses so that any stretch of them has something of each sort."""
    count = -(-len(known) // _BATCH)
    addresses = [*known]
    return [each for first in range(count) for each in addresses[first::count]]


def _spread_over(known: Mapping[str, str], every: int) -> frozenset[str]:
    """Pick every so many addresses of each sort, and the first of each."""
    by_sort = groupby(sorted(known, key=lambda each: known[each]), key=lambda each: known[each])
    return frozenset(each for _sort, found in by_sort for each in [*found][::every])


def _line(ledger: Ledger, known: Mapping[str, str], asked: argparse.Namespace) -> str:
    """Say in one line what was seen so far."""
    sorts = Counter(each.sort for each in ledger.faults)
    first = sum(each > BAR_MS for each in ledger.server_ms.values())
    still = len(_still_slow(ledger))
    return (
        f"{len(ledger.server_ms)} pages of {len(known)} addresses; server time, {asked.jobs} pages side by side: "
        f"{spread(ledger.server_ms.values())}, {first} over {BAR_MS:.0f} ms, of which {still} when asked for again "
        f"alone (best of {TRIES + 1}); {sorts[Sort.CONSOLE]} console errors; {sorts[Sort.ELSEWHERE]} requests "
        f"elsewhere; {sorts[Sort.AXE]} serious axe violations on {ledger.looked_at} pages (every {asked.axe_every}th "
        f"of each sort); {sorts[Sort.ODD] + len(_misled(ledger, known))} other faults; {ledger.seconds:.0f} s"
    )


def _still_slow(ledger: Ledger) -> list[str]:
    return [f"{each}: takes {took:.0f} ms alone" for each, took in ledger.alone_ms.items() if took > BAR_MS]


def _misled(ledger: Ledger, known: Mapping[str, str]) -> list[str]:
    """Name links that lead nowhere, and after the whole walk the pages that no link leads to."""
    ours = {link: page for link, page in ledger.links.items() if link.startswith(f"{_LANGUAGE}/")}
    dead = [f"{page}: leads to {link}, which is no page" for link, page in ours.items() if link not in known]
    if len(ledger.server_ms) < len(known):
        return dead
    return dead + [f"{each}: no link leads there" for each in known if each not in ours and each != _START]


def _sentence(fault: Fault) -> str:
    return f"{fault.address}: {fault.what}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # the processes that work for this one end with it
        os._exit(130)
