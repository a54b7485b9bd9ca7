"""Who uses whom, drawn and as lists: of everything, and around one resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.web.pages import all_pages
from tests.web.mirrored import HOSTILE, Mirrored, scope_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror of an automation that runs an agent, which has two tools, one of them gone."""
    made = Mirrored(tmp_path)
    made.show("tool/search", {"name": HOSTILE, "content": ""})
    made.show("agent/researcher", {"name": "Researcher", "base": "gpt", "tools": ["tool/search", "tool/gone"]})
    made.show("automation/weekly", {"name": "Weekly", "model": "researcher", "prompt": ""})
    made.show("tool/alone", {"name": "Alone", "content": ""})
    with made.store() as store:
        store.remember(scope_in(store), bases={"tool": "x", "agent": "x", "automation": "x"})
    return made


def test_everything_is_drawn(mirrored: Mirrored) -> None:
    """I see who uses whom, follow each by a link, and what is named and not there stands out."""
    page = mirrored.get("graph.html")
    assert {"r/agent/researcher/graph.html", "r/automation/weekly/graph.html"} <= set(page.links("graph"))
    assert "r/tool/alone/graph.html" not in page.links("graph")
    assert not page.links("r/tool/gone")
    classes = [found["class"] for name, found in page.elements if name == "g" and "box" in (found.get("class") or "")]
    assert "box k-tool missing" in classes
    assert "named by agent/researcher" in page.text


def test_around_one_stand_both_sides(mirrored: Mirrored) -> None:
    """Around an agent I see what uses it and what it uses, drawn and as lists, and come back to its page."""
    page = mirrored.get("r/agent/researcher/graph.html")
    assert [found.get("href") for _name, found in page.elements if found.get("aria-current") == "page"][-1] == (
        "../../../r/agent/researcher/graph.html"
    )
    assert "../../../r/automation/weekly.html" in page.links("weekly")
    assert "cochat deps agent/researcher --depth 2" in page.text
    assert mirrored.get("r/agent/researcher.html").links("researcher/graph") == ["../../r/agent/researcher/graph.html"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_that_a_server_sent_is_more_than_text(mirrored: Mirrored, language: str) -> None:
    """A name that looks like HTML is text in the drawing, too."""
    for path in ("graph.html", "r/agent/researcher/graph.html", "r/tool/search/graph.html"):
        page = mirrored.get(path, language)
        assert page.status == 200
        assert page.is_harmless()
        assert HOSTILE in page.text


def test_much_is_drawn_by_kinds(tmp_path: Path) -> None:
    """Of hundreds I see the kinds and how many there are, and lists with an end."""
    made = Mirrored(tmp_path)
    for number in range(120):
        made.show(f"agent/a{number}", {"name": f"A {number}", "tools": ["tool/one"]})
    made.show("tool/one", {"name": "One", "content": ""})
    page = made.get("graph.html")
    assert [found["class"] for name, found in page.elements if name == "g" and found.get("transform")] == [
        *("box k-agent kind", "box k-tool kind")
    ]
    assert "and 20 more" in page.text
    assert "by 120" in page.text
    around = made.get("r/tool/one/graph.html")
    assert "96 more are not drawn" in around.text


def test_the_static_site_has_those_that_are_tied(mirrored: Mirrored) -> None:
    """Written out, what uses or is used has a page, and nothing else."""
    catalogue = Catalogue(read_config(mirrored.root), None)
    found = [each["ref"] for each in all_pages()["graph-of"].every(catalogue)]
    assert found == ["agent/researcher", "automation/weekly", "tool/search"]


def test_without_relations_there_is_nothing_to_draw(tmp_path: Path) -> None:
    """Where nothing names another, I am told so; and what nobody uses has an empty side."""
    made = Mirrored(tmp_path)
    made.show("tool/one", {"name": "One", "content": ""})
    assert made.get("graph.html").texts_of("p", "empty") == ["No resource names another one."]
    assert made.get("r/tool/one/graph.html").status == 200
    assert made.get("r/tool/none/graph.html").status == 404
