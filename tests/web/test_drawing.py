"""A drawn graph: users left of what they use, nothing on top of another, and an end whatever the graph is."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.web.drawing import HEIGHT, WIDTH, Dot, columns_of, draw, shortened

KEYS = [f"k{number}" for number in range(9)]
TIES = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=20, unique=True)


@given(TIES)
def test_every_box_has_a_place_of_its_own(ties: list[tuple[str, str]]) -> None:
    """Each resource is drawn once, within the sheet, on top of no other; each use is a line. Circles, too, end."""
    drawing = draw([Dot(key, key, "tool") for key in KEYS], ties, columns_of(KEYS, ties))
    assert sorted(box.dot.key for box in drawing.boxes) == KEYS
    assert [(line.user, line.used) for line in drawing.lines] == ties
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - WIDTH
        assert 0 <= box.y <= drawing.height - HEIGHT
    for one, other in itertools.combinations(drawing.boxes, 2):
        assert one.x != other.x or abs(one.y - other.y) >= HEIGHT


def test_users_stand_left_of_what_they_use() -> None:
    """I read from left to right: what uses, what is used, and what that uses."""
    ties = [("agent", "tool"), ("agent", "model"), ("model", "base"), ("agent", "base")]
    columns = columns_of(["base", "model", "tool", "agent"], ties)
    assert columns == {"agent": 0, "model": 1, "tool": 1, "base": 2}


def test_lines_do_not_cross_without_need() -> None:
    """What belongs together stands together."""
    dots = [Dot(key, key, "") for key in ("a", "b", "x", "y")]
    drawing = draw(dots, [("a", "y"), ("b", "x")], {"a": 0, "b": 0, "x": 1, "y": 1})
    rows = {box.dot.key: box.y for box in drawing.boxes}
    assert (rows["a"] < rows["b"]) == (rows["y"] < rows["x"])


def test_long_names_are_cut_to_the_box() -> None:
    """A name that has no room is cut; wide letters take twice as much."""
    assert shortened("short") == "short"
    assert shortened("x" * 40) == f"{'x' * 21}…"
    assert shortened("网页搜索与资料整理的工具箱") == "网页搜索与资料整理的…"


def test_nothing_is_a_sheet_without_size() -> None:
    """Without resources there is nothing to draw."""
    assert draw([], [], {}) == (0, 0, [], [])
