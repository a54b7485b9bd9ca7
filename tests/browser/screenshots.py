"""Take the pictures of the README: `make screenshots`; the demo catalogue's pages, as a reader sees them."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.browser.browsing import browsing
from tests.browser.stage import demo_workspace
from tests.browser.window import DESKTOP, PHONE, Window, chromium, window

HERE = Path(__file__).parents[2] / "docs" / "images"
#: what all pictures may weigh together, and each
MOST_BYTES, MOST_BYTES_EACH = 1_500_000, 150_000
#: a language of signs needs few colours, and a page of text no more
_COLOURS = 128
_SETTLED_MS = 400


class Picture(NamedTuple):
    """Say what is taken: the page, how it is looked at, and what is typed on it."""

    name: str
    address: str
    size: tuple[int, int] = DESKTOP
    is_dark: bool = False
    typed: str = ""


PICTURES = (
    Picture("home", "en/index.html"),
    Picture("home-dark", "en/index.html", is_dark=True),
    Picture("home-phone", "en/index.html", PHONE),
    Picture("home-chinese", "zh/index.html"),
    Picture("agent", "en/r/agent/researcher.html"),
    Picture("tool", "en/r/tool/web_search.html"),
    Picture("tool-dark", "en/r/tool/web_search.html", is_dark=True),
    Picture("chain", "en/chain.html"),
    Picture("graph", "en/r/agent/researcher/graph.html"),
    Picture("diff", "en/r/tool/web_search/diff/2-1.html"),
    Picture("search-dark", "en/search.html", is_dark=True, typed="web search"),
    Picture("models", "en/models.html"),
)


def main() -> None:
    """Take every picture anew, and refuse to leave heavy ones."""
    HERE.mkdir(parents=True, exist_ok=True)
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    with (
        tempfile.TemporaryDirectory(prefix="cochat-pictures-") as home,
        demo_workspace(Path(home), "cochat") as desk,
        browsing(desk.folder) as browsed,
        chromium() as browser,
    ):
        for each in PICTURES:
            with window(browser, browsed, size=each.size, is_dark=each.is_dark) as seen:
                place = HERE / f"{each.name}.png"
                _take(seen, each, place)
                print(f"{place.name}: {place.stat().st_size // 1000} kB", *seen.faults)
    weights = {place.name: place.stat().st_size for place in HERE.glob("*.png")}
    heavy = [name for name, size in weights.items() if size > MOST_BYTES_EACH]
    if heavy or sum(weights.values()) > MOST_BYTES:
        raise SystemExit(f"too heavy: {', '.join(heavy) or sum(weights.values())}")


def _take(seen: Window, picture: Picture, place: Path) -> None:
    seen.visit(picture.address)
    if picture.typed:
        seen.page.locator("main input[type=search]").press_sequentially(picture.typed)
        seen.page.locator("main mark").first.wait_for()
    seen.page.wait_for_timeout(_SETTLED_MS)
    seen.page.screenshot(path=place, animations="disabled", caret="hide")
    subprocess.run(["pngquant", "--force", "--strip", "--output", place, str(_COLOURS), place], check=True)


if __name__ == "__main__":
    main()
