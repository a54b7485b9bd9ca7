"""Lists in pages: searched, ordered and cut as SQLite and the real servers do it."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.server import pages
from cochat_devkit.server.pages import Wish

LETTERS = st.text(alphabet="aAbB%_ÄäÉé .*\n\\[", max_size=8)


@given(pattern=LETTERS, text=LETTERS)
def test_likeness_is_sqlites(pattern, text):
    """Whatever a person searches for, the same rows are found as by the real database."""
    with sqlite3.connect(":memory:") as database:
        (expected,) = database.execute("SELECT ? LIKE ?", (text, pattern)).fetchone()
    database.close()
    assert pages.is_like(pattern, text) is bool(expected)


@given(count=st.integers(min_value=0, max_value=100), number=st.integers(min_value=-2, max_value=6))
def test_pages_are_whole_and_apart(count, number):
    """Every row is on one page, and whatever is before the first page is the first."""
    rows = [{"n": n} for n in range(count)]
    cut = [pages.cut_page(rows, each) for each in range(1, 6)]
    assert [row for page in cut for row in page] == rows
    assert all(len(page) <= pages.SIZE for page in cut)
    if number < 1:
        assert pages.cut_page(rows, number) == cut[0]


@pytest.mark.parametrize("direction", ["asc", "desc", None, "sideways"])
def test_equal_rows_keep_their_order(direction):
    """An order without a tie-break leaves equal rows as the database has them."""
    rows = [{"name": name, "n": n} for n, name in enumerate("bab")]
    found = pages.ordered(rows, Wish(order_by="name", direction=direction), usual=None)
    expected = [1, 0, 2] if direction == "asc" else [0, 2, 1]
    assert [row["n"] for row in found] == expected


def test_an_order_that_nobody_knows_is_the_usual_one():
    """An unknown key orders nothing."""
    rows = [{"created_at": 1}, {"created_at": 2}]
    assert pages.ordered(rows, Wish(order_by="colour"), usual="created_at") == rows[::-1]
    assert pages.ordered(rows, Wish(order_by="colour"), usual=None) == rows


def test_whose_resources_are_asked_for():
    """One's own, those of others, or any."""
    assert [Wish(view_option=each).is_of("me", "me") for each in (None, "created", "shared")] == [True, True, False]
    assert [Wish(view_option=each).is_of("you", "me") for each in (None, "created", "shared")] == [True, False, True]
