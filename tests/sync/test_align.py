"""Which lines stand for each other: everything once and in order, close where it can be, and in time in any case."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.sync.align import Run, align, lines_of

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "\n", "end"]), max_size=30)


@given(LINES, LINES)
def test_every_line_has_its_place(old: list[str], new: list[str]) -> None:
    """No line is lost or told twice, and what is called the same is."""
    runs = align(old, new)
    assert [line for run in runs for line in old[run.old_from : run.old_to]] == old
    assert [line for run in runs for line in new[run.new_from : run.new_to]] == new
    assert all(old[run.old_from : run.old_to] == new[run.new_from : run.new_to] for run in runs if run.is_same)
    assert all(one.is_same is not other.is_same for one, other in itertools.pairwise(runs))


@given(LINES)
def test_a_text_is_the_same_as_itself(lines: list[str]) -> None:
    """Nothing differs where nothing does."""
    assert align(lines, lines) == ([Run(0, len(lines), 0, len(lines), is_same=True)] if lines else [])


def test_a_line_that_came_is_told_alone() -> None:
    """One new line is one new line, though others of its sort stand around it."""
    old = ["def a():", "    return 1", "", "def b():", "    return 1", ""]
    new = [*old[:3], "def new():", "    return 1", "", *old[3:]]
    apart = [run for run in align(old, new) if not run.is_same]
    assert [(run.old_to - run.old_from, run.new_to - run.new_from) for run in apart] == [(0, 3)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([f"{n}\n" for n in range(10_000)], [f"{n * 2}\n" for n in range(10_000)]),
        ([f"{n}\n" for n in range(10_000)], [f"{n}\n" for n in reversed(range(10_000))]),
        (["a\n", "b\n"] * 5_000, ["b\n", "a\n", "c\n"] * 3_300),
        (["\n"] * 10_000, ["x\n", *["\n"] * 9_000]),
    ],
    ids=["halves", "upside down", "few lines again and again", "blank"],
)
def test_no_text_takes_long(old: list[str], new: list[str]) -> None:
    """Ten thousand lines are compared while I wait: closely compared, these take minutes."""
    began_s = time.process_time()
    align(old, new)
    assert time.process_time() - began_s < 2


def test_lines_end_where_line_feeds_stand() -> None:
    """Signs that some call a line's end are part of it."""
    assert lines_of("a\r\nb\u2028c\n\nd") == ["a\r\n", "b\u2028c\n", "\n", "d"]
