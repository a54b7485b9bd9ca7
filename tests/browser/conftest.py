"""What the browser tests stand on: Chromium, and workspaces whose pages are served; `make browser` runs them."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.stage import ON_REQUEST, demo_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Browser

    from tests.browser.browsing import Browsed

_HERE = Path(__file__).parent
_FIGURES = "figures of the pages"
_WANTED = "COCHAT_BROWSER" in os.environ
#: without what they drive, the tests cannot even be read
collect_ignore_glob = [] if _WANTED else ["test_*.py"]


def pytest_configure() -> None:
    """Refuse a run that was asked for and cannot be: what is skipped in silence holds no promise."""
    from tests.browser.prepare import CHROMIUM, PACKAGES

    missing = [name for name in PACKAGES if find_spec(name) is None]
    missing += [] if Path(CHROMIUM).exists() else [CHROMIUM]
    if _WANTED and missing:
        raise pytest.UsageError(f"{' and '.join(missing)} is not installed: run `make browser` once")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run one Chromium for all tests."""
    from tests.browser.window import chromium

    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsed]:
    """Serve the pages of the demo catalogue of a CoChat, with all its models."""
    yield from _serve(tmp_path_factory, "cochat", ON_REQUEST)


@pytest.fixture(scope="session")
def other_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsed]:
    """Serve the pages of the demo catalogue of an Open WebUI."""
    yield from _serve(tmp_path_factory, "owui-0.12", ())


def _serve(places: pytest.TempPathFactory, flavor: str, more: Sequence[str]) -> Iterator[Browsed]:
    from tests.browser.browsing import browsing

    with demo_workspace(places.mktemp(flavor), flavor, more) as desk, browsing(desk.folder) as served:
        yield served


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keep a line of figures for the end of the run."""
    return lambda line: request.node.user_properties.append((_FIGURES, line))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests counted and timed."""
    for report in (each for found in terminalreporter.stats.values() for each in found):
        for name, line in getattr(report, "user_properties", ()):
            if name == _FIGURES and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {line}")
