"""Versions: their line of descent, their pages, and what lies between two."""

from __future__ import annotations

from cochat_devkit.server.history import make_difference, make_entry, make_snapshot, newest_first, without_entry


def entry(parent=None, *, now=0, **snapshot):
    return make_entry(snapshot, user_id="u", parent_id=parent, commit_message=None, now=now)


def test_what_loading_decides_makes_no_version():
    """A snapshot leaves out the manifest and an empty `i18n`, and keeps everything else."""
    wire = {"name": "n", "content": "c", "meta": {"description": None, "manifest": {"a": 1}, "i18n": None, "x": 1}}
    snapshot = make_snapshot(wire, ("name", "content", "meta"), without=("manifest",))
    assert snapshot == {"name": "n", "content": "c", "meta": {"description": None, "x": 1}}
    wire["meta"]["i18n"] = {"de": {"name": "N"}}
    assert "i18n" in make_snapshot(wire, ("meta",), without=())["meta"]


def test_a_snapshot_is_a_copy():
    """What happens to a resource later does not reach its versions."""
    wire = {"meta": {"tags": ["a"]}}
    snapshot = make_snapshot(wire, ("meta",), without=())
    wire["meta"]["tags"].append("b")
    assert snapshot == {"meta": {"tags": ["a"]}}


def test_the_children_of_a_removed_version_follow_its_parent():
    """The line of descent has no gap."""
    first = entry()
    second = entry(first.id)
    third = entry(second.id)
    left = without_entry((first, second, third), second)
    assert [(each.id, each.parent_id) for each in left] == [(first.id, None), (third.id, first.id)]


def test_versions_are_told_in_pages_of_twenty_newest_first():
    """The page numbers begin at 1, and what is below counts as 1."""
    entries = [entry(now=number) for number in range(25)]
    assert [each.created_at for each in newest_first(entries, page=1)] == list(range(24, 4, -1))
    assert [each.created_at for each in newest_first(entries, page=2)] == [4, 3, 2, 1, 0]
    assert newest_first(entries, page=0) == newest_first(entries, page=1)
    assert newest_first(entries, page=3) == []


def test_a_difference_has_lines_and_fields():
    """The source is compared line by line, the rest field by field."""
    before, after = entry(name="a", content="x\ny\n", meta={}), entry(name="b", content="x\nz\n", meta={})
    difference = make_difference(before, after, source_key="content")
    assert difference["metadata"] == {"name": {"before": "a", "after": "b"}}
    assert difference["content_diff"].splitlines() == [
        "--- selected.py", "+++ production.py", "@@ -1,2 +1,2 @@", " x", "-y", "+z",
    ]  # fmt: skip
    assert not difference["line_endings_only"]


def test_a_change_of_line_endings_is_called_so():
    """A difference without lines says that it is one of line ends."""
    difference = make_difference(entry(content="x\ny"), entry(content="x\r\ny"), source_key="content")
    assert difference["content_diff"] == ""
    assert difference["line_endings_only"]
