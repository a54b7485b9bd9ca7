"""The catalogue of models in the page: free and paid, what each reads and costs, and what of ours runs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.web.pages import all_pages
from cochat_devkit.web.pages.models import dollars, in_short
from tests.web.mirrored import HOSTILE, Mirrored

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror of four models, and an agent that runs on one."""
    made = Mirrored(tmp_path)
    prices = {"prompt": "0.000003", "completion": "0.000015"}
    made.show("base-model/big", {"name": "Big", "cost": "paid", "pricing": prices, "context_length": 1_048_576})
    free = {"prompt": "0", "completion": "0"}
    made.show("base-model/small:free", {"name": "small", "cost": "free", "pricing": free, "context_length": 32_768})
    made.show("base-model/hostile", {"name": HOSTILE, "cost": HOSTILE, "owner": HOSTILE, "pricing": {"prompt": "nan"}})
    made.show("base-model/auto", {"name": "Auto", "cost": "paid", "pricing": {"prompt": "-1"}})
    made.show("agent/researcher", {"name": "Researcher", "base": "big", "tools": []})
    return made


def test_each_model_tells_what_it_costs(mirrored: Mirrored) -> None:
    """I see free and paid, how much a model reads, and its price a million tokens in and out."""
    page = mirrored.get("models.html")
    rows = page.texts_of("tr")
    (big,) = [each for each in rows if each.startswith("Big big")]
    assert big == "Big big paid 1.05M $3.00 $15.00 Researcher"
    (small,) = [each for each in rows if each.startswith("small")]
    assert small == "small small:free free 32.8k $0.00 $0.00"
    assert "Auto auto paid – – –" in rows
    assert "r/agent/researcher.html" in page.links("researcher")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cost=free", ["small:free"]),
        ("q=BIG", ["big"]),
        ("context=128000", ["big"]),
        ("sort=context", ["small:free", "big", "hostile", "auto"]),
        ("sort=-in", ["big", "small:free", "hostile", "auto"]),
        ("sort=nonsense&context=x", ["hostile", "auto", "big", "small:free"]),
        ("q=nobody", []),
    ],
)
def test_the_list_is_searched_sorted_and_filtered(mirrored: Mirrored, query: str, expected: list[str]) -> None:
    """I find the free ones, the cheapest and those that read most; what says nothing comes last."""
    page = mirrored.get(f"models.html?{query}")
    slugs = [each for each in page.texts_of("code") if not each.startswith("cochat ")]
    assert sorted(slugs) == sorted(expected)
    if "sort=-in" in query or "sort=context" in query:
        assert slugs[:2] == expected[:2]
    assert bool(page.texts_of("p", "empty")) == (not expected)


def test_what_was_never_pulled_says_how(tmp_path: Path) -> None:
    """Without a catalogue I am told the command that brings it."""
    made = Mirrored(tmp_path)
    made.show("tool/one", {"name": "One", "content": ""})
    assert "cochat pull --kind base-model" in made.get("models.html").texts_of("p", "empty")[0]


def test_many_come_in_pieces(tmp_path: Path) -> None:
    """Hundreds come a hundred at a time, sorted and filtered all the same."""
    made = Mirrored(tmp_path)
    for number in range(130):
        made.show(f"base-model/m{number:03}", {"name": f"M {number:03}", "cost": "free" if number % 2 else "paid"})
    assert "models/2.html?sort=name" in made.get("models.html?sort=name").links("models/2")
    assert made.get("models.html?cost=free").links("models/2") == []
    assert len(made.get("models/2.html").texts_of("th")[6:]) == 30
    catalogue = Catalogue(read_config(made.root), None)
    assert [*all_pages()["models-piece"].every(catalogue)] == [{"number": "2"}]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_that_a_server_sent_is_more_than_text(mirrored: Mirrored, language: str) -> None:
    """A model's name that looks like HTML is text."""
    page = mirrored.get("models.html", language)
    assert page.is_harmless()
    assert HOSTILE in page.text


def test_numbers_are_written_as_people_say_them() -> None:
    """Large contexts are short, small prices exact."""
    assert [in_short(each) for each in (900, 32_768, 131_072, 1_048_576, 2_000_000)] == [
        *("900", "32.8k", "131k", "1.05M", "2M")
    ]
    assert [dollars(each) for each in (0, 0.075, 0.1, 3, 1200)] == ["$0.00", "$0.075", "$0.10", "$3.00", "$1,200.00"]
