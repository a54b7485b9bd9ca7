"""Side by side: every change stands beside what it replaces, with its words, and what did not change is folded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.web.sides import Cell, Sides, differences, side_by_side, to_text

TEXTS = st.lists(st.sampled_from(["one two three", "one four three", "x", "", "x\r"]), max_size=12).map("\n".join)


def rows(sides: Sides) -> list[tuple[str, str | None, str | None]]:
    def text(cell: Cell | None) -> str | None:
        return "".join(f"[{each}]" if is_marked else each for each, is_marked in cell.pieces) if cell else None

    return [(row.sort, text(row.old), text(row.new)) for block in sides.blocks for row in block.rows]


def test_words_that_changed_are_marked() -> None:
    """Within a line I see the words that changed; what has nothing in common is another line."""
    sides = side_by_side("say hello there\nabc\n", "say goodbye there\nxyz\n")
    assert rows(sides) == [("changed", "say [hello] there", "say [goodbye] there"), ("changed", "abc", "xyz")]
    assert (sides.added, sides.removed) == (2, 2)


def test_what_came_or_went_has_nothing_beside_it() -> None:
    """A new line stands alone on the right, one that is gone alone on the left."""
    assert rows(side_by_side("a\nb\n", "a\nnew\nb\n"))[1] == ("added", None, "new")
    assert rows(side_by_side("a\nold\nb\n", "a\nb\n"))[1] == ("removed", "old", None)


def test_what_did_not_change_is_folded() -> None:
    """Around a change stand three lines; the rest is folded, and of very much only the number is told."""
    lines = [f"line {number}" for number in range(100)]
    sides = side_by_side("\n".join(lines), "\n".join([*lines[:50], "changed", *lines[51:]]))
    assert [(each.is_folded, each.height) for each in sides.blocks] == [
        *((True, 47), (False, 3), (False, 1), (False, 3), (True, 46))
    ]
    assert sides.blocks[0].rows[0].old == (1, [("line 0", False)])
    longer = side_by_side("a\n" + "same\n" * 500, "b\n" + "same\n" * 500)
    assert longer.blocks[-1].rows == []
    assert longer.blocks[-1].height == 497
    assert longer.left_out == 0


def test_ends_of_lines_can_be_seen() -> None:
    """A line feed that came and a carriage return that went are shown."""
    assert rows(side_by_side("x", "x\n")) == [("changed", "x", "x[␊]")]
    assert rows(side_by_side("x\r\n", "x\n")) == [("changed", "x[␍]", "x")]


def test_too_much_is_counted() -> None:
    """Of thousands of changed lines I see the first, and how many more there are; of an endless line its beginning."""
    sides = side_by_side("".join(f"{n}\n" for n in range(3_000)), "")
    assert len(rows(sides)) == 1_000
    assert (sides.removed, sides.left_out) == (3_000, 2_000)
    ((_sort, old, _new),) = rows(side_by_side("x" * 5_000, "y"))
    assert old is not None
    assert old.endswith("… (+3000)")


@given(TEXTS, TEXTS)
def test_each_side_is_what_it_was(old: str, new: str) -> None:
    """Read down one side, every line is there with its number, whatever was folded beside it."""
    sides = side_by_side(old, new)
    for side, text in (("old", old), ("new", new)):
        cells = [getattr(row, side) for block in sides.blocks for row in block.rows]
        said = ["".join(each for each, _ in cell.pieces).removesuffix("␊") for cell in cells if cell]
        lines = text.split("\n") if text else []
        assert said == [line.replace("\r", "␍") for line in (lines[:-1] if text.endswith("\n") else lines)]
        assert [cell.number for cell in cells if cell] == list(range(1, len(said) + 1))


def test_fields_are_told_by_their_size() -> None:
    """Short values stand in one line each; texts and long lists side by side; what is the same is left out."""
    found = differences(
        {"name": "A", "content": "x\n", "tags": ["a", "b"], "same": 1, "gone": True},
        {"name": "B", "content": "y\n", "tags": ["a"], "same": 1},
    )
    assert [(each.name, each.sides is None) for each in found] == [
        *(("name", True), ("gone", True), ("content", False), ("tags", False))
    ]


def test_a_secret_is_masked_before_it_is_parted() -> None:
    """What looks like a key is masked on both sides, though a part of it changed."""
    old, new = ("token = sk-abcdefghijklmnopqrst0123" + each for each in "12")
    assert rows(side_by_side(to_text(f"{old}\n"), to_text(f"{new}\nx\n")))[0] == ("same", "token = •••", "token = •••")
