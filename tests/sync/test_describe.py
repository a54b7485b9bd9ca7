"""What changed, in lines that a person reads."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.sync.describe import changed_names, describe_changes, unified_diff

NAMES = ("base/x.py", "here/x.py")


def diff(old, new):
    return list(unified_diff({"content": old}, {"content": new}, NAMES))


def test_a_diff_shows_what_changed_and_its_surroundings():
    """A changed line stands between its neighbours, and nothing stands there that is in neither text."""
    assert diff("a\nb\nc\n", "a\nB\nc\n") == [
        *("--- base/x.py content", "+++ here/x.py content", "@@ -1,3 +1,3 @@", " a", "-b", "+B", " c")
    ]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a\nb\n", "a\nb", [" a", "-b", "+b", r"\ No newline at end of file"]),
        ("a\nb", "a\nb\n", [" a", "-b", r"\ No newline at end of file", "+b"]),
        ("a\nb", "A\nb", ["-a", "+A", " b", r"\ No newline at end of file"]),
        ("", "a\nb\n", ["+a", "+b"]),
        ("a\n\n", "a\n", [" a", "-"]),
        ("@@ a\n", "@@ b\n", ["-@@ a", "+@@ b"]),
        ("-- a\n+\n", "++ b\n+\n", ["--- a", "+++ b", " +"]),
    ],
)
def test_ends_of_texts_are_shown_as_they_are(old, new, shown):
    """A missing final newline is said, and a final newline is no empty line."""
    assert diff(old, new)[3:] == shown


def test_a_carriage_return_can_be_seen():
    """A change of line ends alone is a difference that I can see."""
    assert diff("a\r\nb\n", "a\nb\n")[3:] == ["-a␍", "+a", " b"]


words = st.lists(st.sampled_from(["a", "b", "", "@@ -1 +1 @@", "--- a", "+++ b", " c"]), max_size=8)


@given(words, words, st.booleans(), st.booleans())
def test_a_diff_can_be_applied(tmp_path_factory, old, new, old_ends, new_ends):
    """What the diff shows is the whole difference: `patch` makes the new text of the old one with it."""
    before, after = ("\n".join(each) + ("\n" if ends else "") for each, ends in ((old, old_ends), (new, new_ends)))
    if before == after or "\n" not in before + after:
        return
    folder = tmp_path_factory.mktemp("patch")
    (folder / "x").write_text(before, encoding="utf-8")
    lines = ["--- x", "+++ x", *diff(before, after)[2:]]
    done = subprocess.run(
        ["patch", "-s", "-E", "x"],
        cwd=folder,
        input="\n".join(lines) + "\n",
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert ((folder / "x").read_text(encoding="utf-8") if (folder / "x").exists() else "") == after


def test_short_values_stand_side_by_side():
    """A field that is no text shows both values, after the texts."""
    lines = list(unified_diff({"name": "A", "content": "a\nb\n"}, {"name": "B", "content": "a\n"}, NAMES))
    assert lines[-4:] == ["--- base/x.py name", "+++ here/x.py name", "-'A'", "+'B'"]
    assert lines[0] == "--- base/x.py content"


def test_changes_are_summed_up_by_field():
    """One line for each field says enough to decide whether to look closer."""
    before = {"name": "A", "content": "a\nb\nc\n", "meta": {}, "access": "private"}
    after = {"name": "A", "content": "a\nB\nc\nd\n", "meta": {"k": 1}, "access": "public"}
    assert describe_changes(before, after) == [
        "content: +2 -1 lines",
        "meta: {} -> {'k': 1}",
        "access: 'private' -> 'public'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"), [("a\n", "a\nb\n", "+1 -0"), ("a\nb\n", "", "+0 -2"), ("a\nb", "a\nb\n", "+1 -1")]
)
def test_lines_are_counted_as_they_are_shown(old, new, said):
    """The counts are those of the diff."""
    assert describe_changes({"content": old}, {"content": new}) == [f"content: {said} lines"]


def test_a_long_value_is_cut():
    """A long value does not fill my screen."""
    (line,) = describe_changes({"name": "a" * 500}, {"name": "b"})
    assert line.startswith("name: 'aaa")
    assert "… -> 'b'" in line
    assert len(line) < 90


def test_a_change_that_python_does_not_see_is_named():
    """A switch from 1 to true is a change, and shown as one."""
    assert changed_names({"meta": {"a": [1]}}, {"meta": {"a": [True]}}) == ["meta"]
    assert changed_names({"a": 1, "b": "x"}, {"a": 1, "b": "x"}) == []
