"""Every page of the demo catalogue works in a browser, for everybody, and asks nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.walking import walk
from tests.browser.window import DESKTOP, PHONE, window

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from tests.browser.browsing import Browsed

#: pages of one sort that axe-core looks at in each light: it takes longer than all else together
_LOOKED_AT = 3
#: buttons are what scripts add, and how long ago something was goes on
_DROP_WHAT_DIFFERS = "() => document.querySelectorAll('main button, main time').forEach(each => each.remove())"


def test_every_page_at_a_desk_by_day(browser: Browser, demo: Browsed, record: Callable[[str], None]) -> None:
    """Whoever follows the links comes by every page there is; none complains, takes long or shuts anybody out."""
    looked_at = set(demo.samples("en", _LOOKED_AT))
    with window(browser, demo) as desk:
        walked = walk(desk, "en/index.html", lambda address: desk.check_access() if address in looked_at else None)
    record(walked.table())
    assert desk.faults == []
    assert walked.plain == set(demo.addresses("en")), "what no link reaches, or what the table of pages does not know"


def test_every_page_on_a_phone_at_night(browser: Browser, demo: Browsed, record: Callable[[str], None]) -> None:
    """The same in Chinese, in dark colours, on a screen that nothing is wider than; of the many models a few."""
    known, looked_at = demo.addresses("zh"), set(demo.samples("zh", _LOOKED_AT))
    further = {each for each, sort in known.items() if sort.endswith(" base-model") and each not in looked_at}
    with window(browser, demo, size=PHONE, is_dark=True) as phone:

        def look(address: str) -> None:
            phone.check_width()
            if address in looked_at:
                phone.check_access()

        walked = walk(phone, "zh/index.html", look, passes_by=further)
    record(walked.table())
    assert phone.faults == []
    assert walked.plain == set(known) - further


def test_every_page_of_an_open_webui(browser: Browser, other_demo: Browsed, record: Callable[[str], None]) -> None:
    """What another server has is shown as well."""
    with window(browser, other_demo) as desk:
        walked = walk(desk, "en/index.html", lambda _address: None)
    record(walked.table())
    assert desk.faults == []
    assert walked.plain == set(other_demo.addresses("en"))


@pytest.mark.parametrize(("size", "is_dark"), [(DESKTOP, True), (PHONE, False)], ids=["desk-night", "phone-day"])
def test_pages_in_the_other_lights(browser: Browser, demo: Browsed, size: tuple[int, int], *, is_dark: bool) -> None:
    """Nor does a page of any sort shut anybody out at a desk at night, or on a phone by day."""
    with window(browser, demo, size=size, is_dark=is_dark) as seen:
        for address in demo.samples("zh", 1):
            seen.visit(address)
            seen.check_width()
            seen.check_access()
    assert seen.faults == []


def test_pages_without_scripts_say_the_same(browser: Browser, demo: Browsed) -> None:
    """Whoever lets no script run reads what everybody reads."""
    with window(browser, demo) as usual, window(browser, demo, runs_scripts=False) as plain:
        for address in demo.samples("en", 1):
            usual.visit(address)
            plain.visit(address)
            for each in (usual, plain):
                each.page.evaluate(_DROP_WHAT_DIFFERS)
            assert plain.page.inner_text("main"), address
            assert plain.page.inner_text("main") == usual.page.inner_text("main"), address
    assert usual.faults == plain.faults == []
