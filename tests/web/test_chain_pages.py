"""The chain drawn: which filters a message meets, in their order, why they run, and which do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.web.pages import all_pages
from tests.web.mirrored import FACTS, HOSTILE, Mirrored, row_of, scope_in

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: int = {priority}

    def __init__(self):
        self.valves = self.Valves()

    def {hook}(self, body):
        return body
"""


def _filter(made: Mirrored, slug: str, hook: str, priority: int, **facts: Any) -> None:
    body = {
        "name": slug.title(),
        "content": SOURCE.format(priority=priority, hook=hook),
        "active": True,
        "global": True,
    }
    made.show(f"function/{slug}", {**body, **facts}, type_="filter")


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror of two filters that run everywhere, one that an agent names, and one that is switched off."""
    made = Mirrored(tmp_path)
    _filter(made, "late", "inlet", 90)
    _filter(made, "early", "inlet", -5)
    _filter(made, "named", "outlet", 3, **{"global": False}, name=HOSTILE)
    _filter(made, "off", "inlet", 1, active=False, name=HOSTILE)
    made.show("agent/researcher", {"name": "Researcher", "base": "gpt", "filters": ["filter/named"]})
    made.show("agent/hostile", {"name": HOSTILE, "base": "gpt", "filters": []})
    return made


def test_filters_stand_in_their_order(mirrored: Mirrored) -> None:
    """I read from the message down to the page, and see each filter with its priority where it runs."""
    page = mirrored.get("chain.html")
    assert page.texts_of("li", "station") == ["A message", "The model", "The page"]
    assert [each.split()[0] for each in page.texts_of("li", "filter")] == ["Early", "Late"]
    assert page.texts_of("span", "priority") == ["-5", "90"]
    assert page.texts_of("h2")[0] == "inlet"
    assert "cochat chain --all" in page.text


def test_a_model_names_further_filters(mirrored: Mirrored) -> None:
    """For an agent I see those that it names, too, and that this is why they run."""
    page = mirrored.get("chain/agent/researcher.html")
    (named,) = [each for each in page.texts_of("li", "filter") if "filter/named" in each]
    assert "named by the model" in named
    assert page.texts_of("h2")[:2] == ["inlet", "outlet"]
    assert mirrored.get("r/agent/researcher.html").links("chain/agent") == ["../../chain/agent/researcher.html"]
    assert mirrored.get("r/filter/late.html").links("chain/") == []


def test_what_does_not_run_is_told_why(mirrored: Mirrored) -> None:
    """A filter that is switched off, and one that nobody names, stand apart with the reason."""
    page = mirrored.get("chain.html")
    assert "inactive" in page.texts_of("td")
    assert "neither global nor named by the model" in page.texts_of("td")


def test_of_very_many_that_do_not_run_some_are_shown(mirrored: Mirrored) -> None:
    """A thousand idle filters do not make a page that takes long: I see a hundred, and how many there are."""
    with mirrored.store() as store:
        body = {"name": "Idle", "content": "", "active": False, "global": True}
        rows = [row_of(f"function/idle_{number}", body, type_="filter") for number in range(1_000)]
        store.remember(scope_in(store), rows=rows, bodies=[("filter", body)])
    page = mirrored.get("chain.html")
    assert len(page.links("r/filter/idle_")) <= 100
    assert "and 902 more" in page.text


def test_filters_of_no_certain_order_stand_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server looks at saved priorities alone, those without stand in one frame."""
    monkeypatch.setitem(FACTS, "dialect", "owui-0.6")
    made = Mirrored(tmp_path)
    _filter(made, "one", "inlet", 1)
    _filter(made, "two", "inlet", 2)
    page = made.get("chain.html")
    assert len(page.texts_of("li", "together")) == 1
    assert "in no certain order" in page.texts_of("p", "notice")[0]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_that_a_server_sent_is_more_than_text(mirrored: Mirrored, language: str) -> None:
    """Names of filters and agents that look like HTML are shown as they are."""
    for path in ("chain.html", "chain/agent/researcher.html", "chain/agent/hostile.html"):
        page = mirrored.get(path, language)
        assert page.is_harmless()
        assert HOSTILE in page.text


def test_what_is_no_model_has_no_chain(mirrored: Mirrored) -> None:
    """A tool has none, and an agent that is nowhere is not here; written out, each model has its page."""
    assert mirrored.get("chain/tool/x.html").status == 400
    assert mirrored.get("chain/agent/nobody.html").status == 404
    catalogue = Catalogue(read_config(mirrored.root), None)
    assert [each["ref"] for each in all_pages()["chain-of"].every(catalogue)] == ["agent/hostile", "agent/researcher"]


def test_without_filters_the_way_is_short(tmp_path: Path) -> None:
    """Where no filter runs, the message goes to the model, and the answer to the page."""
    made = Mirrored(tmp_path)
    made.show("tool/one", {"name": "One", "content": ""})
    assert made.get("chain.html").texts_of("li", "station") == ["A message", "The model", "The page"]
