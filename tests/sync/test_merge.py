"""The merge: what only one side changed survives, what both changed differently is a conflict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.resource import is_same_json
from cochat_devkit.sync.merge import (
    LONGEST_TEXT_LINES,
    MARKS,
    Merged,
    begun_merge,
    marks_left,
    merge_bodies,
    merge_lines,
    merge_with_markers,
)

lines = st.sampled_from(["a", "b", "c", "d", "", "  a", "a\r", "é", "x = 1"])
texts = st.builds(
    lambda parts, ends: "\n".join(parts) + ("\n" if ends and parts else ""), st.lists(lines, max_size=12), st.booleans()
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(0, 1), st.just(1.0), st.sampled_from(["", "a", "b", "a\nb\n"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=3)
)
bodies = st.dictionaries(st.sampled_from(["name", "content", "meta", "extra"]), values, max_size=4)


@given(texts, texts)
def test_an_edit_of_one_side_is_taken_whole(base, edited):
    """Where nobody else touched the text, the merge is that side's text, byte for byte."""
    assert merge_lines(base, edited, base) == edited
    assert merge_lines(base, base, edited) == edited
    assert merge_lines(base, edited, edited) == edited


@given(texts, texts, texts)
def test_it_does_not_matter_who_merges(base, one, other):
    """My colleague's merge and mine have the same result."""
    assert merge_lines(base, one, other) == merge_lines(base, other, one)


@given(texts, texts, texts)
def test_a_merge_invents_nothing(base, one, other):
    """Each line of a merge was written by somebody: there are no conflict markers in live code."""
    merged = merge_lines(base, one, other)
    if merged is None:
        return
    known = {line for text in (base, one, other) for line in text.split("\n")}
    assert set(merged.split("\n")) <= known


@st.composite
def edited_twice(draw):
    """A text of unlike lines, and two edits of it that insert lines of their own."""
    base = [f"line {number}\n" for number in range(draw(st.integers(0, 12)))]
    sides = []
    for who in ("ours", "theirs"):
        kept = [line for line in base if draw(st.booleans()) or draw(st.booleans())]
        for number in range(draw(st.integers(0, 3))):
            kept.insert(draw(st.integers(0, len(kept))), f"{who} {number}\n")
        sides.append(kept)
    return base, *sides


@given(edited_twice())
def test_what_one_side_added_survives_and_what_it_removed_is_gone(sides):
    """A merge keeps every line that either of us added, and drops every line that either of us removed."""
    base, ours, theirs = sides
    merged = merge_lines("".join(base), "".join(ours), "".join(theirs))
    if merged is None:
        return
    found = merged.splitlines(keepends=True)
    assert {line for line in (*ours, *theirs) if line not in base} <= set(found)
    assert {line for line in base if line in ours and line in theirs} == {line for line in found if line in base}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"),
        ("a\nb\nc\n", "A\nb\nc\n", "a\nB\nc\n", None),
        ("a\nb\nc\n", "A\nb\nc\n", "B\nb\nc\n", None),
        ("a\nb\nc\n", "a\nc\n", "a\nB\nc\n", None),
        ("a\nb\nc\n", "a\nc\n", "a\nc\n", "a\nc\n"),
        ("a\nb\n", "x\na\nb\n", "a\nb\ny\n", "x\na\nb\ny\n"),
        ("a\nb\n", "a\nx\nb\n", "a\ny\nb\n", None),
        ("", "a\n", "b\n", None),
        ("", "a\n", "", "a\n"),
        ("a\n", "", "b\n", None),
        ("a\nb", "A\nb", "a\nb\nc", None),
        ("a\nb\nc", "A\nb\nc", "a\nb\nc\n", "A\nb\nc\n"),
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nc", "A\nb\nc"),
        ("a\r\nb\r\nc\r\n", "A\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n", "A\r\nb\r\nC\r\n"),
        ("a\nb\nc\n", "a\r\nb\r\nc\r\n", "a\nb\nC\n", None),
        ("a\nb\nc\n", "a \nb\nc\n", "a\nb\nc \n", "a \nb\nc \n"),
    ],
)
def test_merging_by_line(base, ours, theirs, merged):
    """Edits of lines that stand apart merge; edits of the same line or of neighbours are a conflict."""
    assert merge_lines(base, ours, theirs) == merged


def test_a_huge_text_is_a_conflict_and_no_wait():
    """A text of more lines than can be compared in good time is left to me; one side's edit of it is not."""
    base = "x\n" * (LONGEST_TEXT_LINES + 1)
    ours, theirs = "a\n" + base, base + "b\n"
    assert merge_lines(base, ours, theirs) is None
    assert merge_lines(base, ours, base) == ours
    longest = "".join(f"{number}\n" for number in range(LONGEST_TEXT_LINES - 1))
    assert merge_lines(longest, "a\n" + longest, longest + "b\n") == f"a\n{longest}b\n"


@given(bodies, bodies)
def test_a_body_that_one_side_changed_is_that_sides(base, edited):
    """Field by field, too, the only edit wins."""
    for found in (
        merge_bodies(base, edited, base),
        merge_bodies(base, base, edited),
        merge_bodies(base, edited, edited),
    ):
        assert found.conflicts == ()
        assert is_same_json(found.body, edited)


@given(bodies, bodies, bodies)
def test_bodies_merge_alike_on_both_sides(base, one, other):
    """Who merges does not matter to fields either; in a conflict each of us keeps his own."""
    mine, theirs = merge_bodies(base, one, other), merge_bodies(base, other, one)
    assert sorted(mine.conflicts) == sorted(theirs.conflicts)
    if not mine.conflicts:
        assert is_same_json(mine.body, theirs.body)


def test_different_fields_merge():
    """I change the title, my colleague the code: both stay."""
    base = {"name": "N", "content": "a\n", "meta": {}}
    merged = merge_bodies(base, base | {"name": "M"}, base | {"content": "b\n"})
    assert merged == Merged({"name": "M", "content": "b\n", "meta": {}})


def test_the_same_field_changed_twice_is_a_conflict_that_keeps_ours():
    """What nobody can decide is named, and my own text stays in my file."""
    base = {"name": "N", "content": "a\n"}
    merged = merge_bodies(base, base | {"name": "M"}, base | {"name": "O"})
    assert merged == Merged({"name": "M", "content": "a\n"}, ("name",))


def test_mappings_merge_by_key():
    """Edits of different keys of `meta` do not meet; of the same key they do, and the key is named."""
    base = {"meta": {"a": 1, "b": {"c": 1}, "gone": 1}}
    ours, theirs = {"meta": {"a": 2, "b": {"c": 1}}}, {"meta": {"a": 1, "b": {"c": 2, "d": 3}, "gone": 1}}
    assert merge_bodies(base, ours, theirs) == Merged({"meta": {"a": 2, "b": {"c": 2, "d": 3}}})
    clash = merge_bodies(base, {"meta": {"a": 2}}, {"meta": {"a": 3, "b": {"c": 1}}})
    assert clash.conflicts == ("meta.a",)
    assert clash.body == {"meta": {"a": 2}}


def test_a_key_removed_here_and_changed_there_is_a_conflict():
    """A deletion does not win over an edit, nor an edit over a deletion, unseen."""
    base = {"meta": {"a": 1}}
    assert merge_bodies(base, {"meta": {}}, {"meta": {"a": 2}}) == Merged({"meta": {}}, ("meta.a",))
    assert merge_bodies(base, {"meta": {"a": 2}}, {"meta": {}}) == Merged({"meta": {"a": 2}}, ("meta.a",))


@pytest.mark.parametrize(("one", "other"), [(True, 1), (False, 0), (1, 1.0), (None, False), ("1", 1)])
@pytest.mark.parametrize("nest", [lambda x: x, lambda x: [x], lambda x: {"k": [x]}], ids=["plain", "list", "mapping"])
def test_values_that_only_python_takes_for_equal_differ(nest, one, other):
    """`true` is not 1: an edit from one to the other is an edit, however deep it stands."""
    assert merge_bodies({"v": nest(one)}, {"v": nest(other)}, {"v": nest(one)}).body["v"] == nest(other)
    assert is_same_json(merge_bodies({"v": nest(one)}, {"v": nest(other)}, {"v": nest(one)}).body, {"v": nest(other)})
    assert merge_bodies({"v": nest("base")}, {"v": nest(one)}, {"v": nest(other)}).conflicts


line_texts = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n"]), max_size=6).map("".join)


@given(st.none() | line_texts, line_texts, line_texts)
def test_markers_lose_no_line(base, local, remote):
    """What a person sees in the editor holds every line of both sides, and markers exactly where a merge cannot go."""
    text, places = merge_with_markers(base, local, remote)
    assert text.count(MARKS[0]) == text.count(MARKS[3]) == places
    assert bool(marks_left(text)) == bool(places)
    if base is not None and places == 0:
        assert text == merge_lines(base, local, remote)
    if base is not None:
        assert (places == 0) == (merge_lines(base, local, remote) is not None)
        for side, own, other in (("here", local, remote), ("there", remote, local)):
            assert set(own.splitlines()) - set(base.splitlines()) <= set(_side(text, side).splitlines()), (side, other)


@given(line_texts, line_texts, line_texts)
def test_either_side_alone_is_a_merge(base, local, remote):
    """Whoever keeps the lines of one side in every place has no markers left, and a text that compares as merged."""
    text, _places = merge_with_markers(base, local, remote)
    assert marks_left(_side(text, "here")) == []
    assert marks_left(_side(text, "there")) == []


def test_a_line_without_end_keeps_to_itself():
    """A last line without a line end does not run into a marker."""
    text, places = merge_with_markers("a", "b", "c")
    assert (text, places) == ("<<<<<<< here\nb\n||||||| base\na\n=======\nc\n>>>>>>> there\n", 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> main\n", 2),
        ("<<<<<<< HEAD\r\nb\r\n||||||| base\r\n=======\r\n>>>>>>> main\r\n", 1),
        ("<<<<<<< a\n<<<<<<< b\n=======\n>>>>>>> c", 2),
        ("<<<<<<< known\nb\n=======\nc\n>>>>>>> main\n<<<<<<< b\n=======\n>>>>>>> c", 6),
        ("<<<<<<< known\nb\n=======\nc\n>>>>>>> main\n", None),
        ("    <<<<<<< HEAD\n    =======\n    >>>>>>> main\n", None),
        ("Heading\n=======\n", None),
        ("<<<<<<< HEAD\n>>>>>>> main\n=======\n", None),
        ("=======\n<<<<<<< HEAD\n>>>>>>> main\n", None),
        ("<<<<<<< a\n=======\n<<<<<<< b\n>>>>>>> c\n", None),
        ("<<<<<<< HEAD\nb\n=======!\nc\n>>>>>>> main\n", None),
    ],
)
def test_a_merge_that_nobody_finished_is_found_where_it_begins(text, line):
    """All its markers stand at the beginning of a line, in their order; one that was there before is text."""
    assert begun_merge(text, "<<<<<<< known\n=======\n") == line


def test_a_title_underlined_by_seven_is_no_marker():
    """A text that had such a line before has it afterwards."""
    title = "Heading\n=======\n"
    assert marks_left(title, title) == []
    assert marks_left(title) == [2]
    assert marks_left("<<<<<<<x\n") == [1]


def _side(text, side):
    kept, place = [], ""
    for line in text.splitlines(keepends=True):
        if line.rstrip("\n") in MARKS:
            place = {MARKS[0]: "here", MARKS[1]: "base", MARKS[2]: "there", MARKS[3]: ""}[line.rstrip("\n")]
        elif place in ("", side):
            kept.append(line)
    return "".join(kept)


@st.composite
def apart(draw):
    """Make a base, two edits of it in places that do not touch, and the text that has both."""
    base, ours, theirs, both = [], [], [], []
    for number, sort in enumerate(draw(st.lists(st.sampled_from(("kept", "ours", "theirs")), max_size=12))):
        line, kept = f"line {number}\n", f"kept {number}\n"
        new = draw(st.sampled_from(("", f"new {number}\n", f"new {number}\nand {number}\n")))
        base += [line, kept]
        ours += [new if sort == "ours" else line, kept]
        theirs += [new if sort == "theirs" else line, kept]
        both += [line if sort == "kept" else new, kept]
    return tuple("".join(each) for each in (base, ours, theirs, both))


@given(apart())
def test_edits_that_do_not_touch_are_both_there(texts):
    """However many places each of us edits: with a line between them, the merge has every edit and asks nobody."""
    base, ours, theirs, both = texts
    assert merge_lines(base, ours, theirs) == both
    assert merge_with_markers(base, ours, theirs) == (both, 0)


def test_lines_that_are_everywhere_are_lines_too():
    """In a long text of which every line stands there many times, an edit on each side is merged as in a short one."""
    base = ["a\n", "b\n", "c\n"] * 100
    ours, theirs, both = [*base], [*base], [*base]
    ours[30] = both[30] = "ours\n"
    theirs[250] = both[250] = "theirs\n"
    assert merge_lines("".join(base), "".join(ours), "".join(theirs)) == "".join(both)
    marked, places = merge_with_markers(None, "".join(base), "".join(theirs))
    assert (places, len(marked.splitlines())) == (1, len(base) + 5)


def test_a_huge_text_that_one_side_changed_is_that_sides():
    """How long it is matters only where both changed it, and then the longest of the three counts."""
    huge = "".join(f"{number}\n" for number in range(LONGEST_TEXT_LINES + 1))
    assert merge_lines("a\n", "a\n", huge) == huge
    assert merge_lines("a\n", huge, "a\n") == huge
    assert merge_lines("a\nb\n", "ours\nb\n", f"a\nb\n{huge}") is None


def test_a_text_is_merged_within_its_field():
    """Two lines of one field, edited on one side each, are no conflict."""
    base, ours, theirs = ({"content": text} for text in ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n"))
    assert merge_bodies(base, ours, theirs) == Merged({"content": "A\nb\nC\n"})


def test_a_place_that_cannot_be_merged_shows_all_three():
    """Between the marks stand whole lines, those of here, of the base and of there, and no line beside them."""
    merged, places = merge_with_markers("a\nb1\nb2\nc\n", "a\nh1\nh2\nc\n", "a\nt1\nt2\nc\n")
    assert places == 1
    shown = ["a", "<<<<<<< here", "h1", "h2", "||||||| base", "b1", "b2", "=======", "t1", "t2", ">>>>>>> there", "c"]
    assert merged.splitlines() == shown


def test_without_a_base_what_both_have_is_the_base():
    """Two texts that never met: only what one of them lacks stands between marks."""
    merged, places = merge_with_markers(None, "a\nh\nb\nc\n", "a\nt\nb\nc\n")
    assert places == 1
    assert merged.splitlines() == ["a", "<<<<<<< here", "h", "||||||| base", "=======", "t", ">>>>>>> there", "b", "c"]


def test_only_the_whole_mark_is_one():
    """What only resembles a mark is text, and so is a mark that stood there before."""
    assert marks_left("=======!\n") == []
    assert marks_left("<<<<<<< a!\n", "<<<<<<< a!\n") == []
    assert marks_left("a\r\n=======\r\n") == [2]
    assert marks_left("a\r\n=======\r\n", "=======\n") == []
