"""History in the page: every version that was seen, and any two of them side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.web.pages import all_pages
from tests.web.mirrored import HOSTILE, Mirrored, row_of, scope_in

if TYPE_CHECKING:
    from pathlib import Path

REF = "tool/weather"


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror that saw a tool three times, and another that is gone."""
    made = Mirrored(tmp_path)
    for number in (1, 2, 3):
        content = f"class Tools:\n    number = {number}\n"
        made.show(REF, {"name": "Weather", "description": "Tells it", "content": content}, version=f"v{number}")
    row = made.show("tool/gone", {"name": HOSTILE, "content": HOSTILE})
    with made.store() as store:
        store.remember(scope_in(store), gone=[row.key])
    return made


def test_the_newest_comes_first(mirrored: Mirrored) -> None:
    """I see when each version was seen, what it changed, and go to the difference."""
    page = mirrored.get("r/tool/weather/history.html")
    assert page.texts_of("span", "at") == ["@1", "@2", "@3"]
    assert page.texts_of("ul", "changes") == ["content: +1 -1 lines", "content: +1 -1 lines", "first seen"]
    assert page.links("diff") == [f"../../../r/tool/weather/diff/{pair}.html" for pair in ("3-1", "2-1", "3-2")]
    assert "cochat log tool/weather" in page.text


def test_two_versions_stand_side_by_side(mirrored: Mirrored) -> None:
    """I see the lines that changed beside each other, the words marked, each with its number."""
    page = mirrored.get("r/tool/weather/diff/3-1.html")
    assert page.texts_of("del") == ["1"]
    assert page.texts_of("ins") == ["3"]
    assert page.texts_of("td", "no") == ["1", "1", "2", "2"]
    assert page.status == 200


def test_deleted_resources_have_their_past(mirrored: Mirrored) -> None:
    """What the server lost is told of, and its name is text and nothing else."""
    page = mirrored.get("r/tool/gone/history.html")
    assert page.texts_of("ul", "changes") == ["gone", "first seen"]
    assert HOSTILE in page.text
    diff = mirrored.get("r/tool/gone/diff/2-1.html", "zh")
    assert HOSTILE in diff.text
    assert page.is_harmless()
    assert diff.is_harmless()


@pytest.mark.parametrize("path", ["weather/diff/9-1.html", "weather/diff/x-1.html", "no/history.html"])
def test_what_was_never_seen_is_told(mirrored: Mirrored, path: str) -> None:
    """A version or a resource that is not there is named, with what to type."""
    page = mirrored.get(f"r/tool/{path}")
    assert page.status == 404
    assert page.texts_of("h1") == ["Not here"]


def test_a_static_site_has_an_end(mirrored: Mirrored) -> None:
    """Written out, there is each version with the one before it, and the first with the last."""
    catalogue = Catalogue(read_config(mirrored.root), None)
    assert sorted(each["ref"] for each in all_pages()["history"].every(catalogue)) == ["tool/gone", REF]
    pairs = [(each["old"], each["new"]) for each in all_pages()["diff"].every(catalogue) if each["ref"] == REF]
    assert pairs == [("2", "1"), ("3", "2"), ("3", "1")]


def test_what_nobody_may_read_has_no_past(mirrored: Mirrored) -> None:
    """Of a resource that is listed and closed to me, I am told so."""
    hidden = row_of("tool/closed", {})._replace(remote_fingerprint=None, remote_digest=None)
    with mirrored.store() as store:
        store.remember(scope_in(store), rows=[hidden])
    page = mirrored.get("r/tool/closed/history.html")
    assert page.texts_of("p", "empty") == ["Nobody here may see what it says."]
    catalogue = Catalogue(read_config(mirrored.root), None)
    assert {"ref": "tool/closed"} in [*all_pages()["history"].every(catalogue)]
