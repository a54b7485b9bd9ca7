"""`cochat.lock`: what is written is read, a change of one resource is a change of one line, a bad merge is said."""

from __future__ import annotations

import difflib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.errors import BadResource
from cochat_devkit.resource import Fingerprint, Key, RemoteId, Slug, Version
from cochat_devkit.workspace.lockfile import (
    Entry,
    Lock,
    TargetLines,
    parse_lock,
    read_lock,
    render_lock,
    write_lock,
)

words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
prints = st.text("0123456789abcdef", min_size=32, max_size=32).map(Fingerprint)
paths = st.builds("plugins/{}".format, words)
entries = st.builds(
    Entry,
    st.builds(Key, st.just("tool"), words.map(Slug)),
    st.just(""),
    words.map(RemoteId),
    prints,
    prints,
    st.none() | words.map(Version),
    st.dictionaries(paths, st.sampled_from(["", "a" * 40]), max_size=3),
    st.just(()) | st.just((("newer", "thing"),)),
) | st.builds(
    Entry,
    st.builds(Key, st.just("function"), words.map(Slug)),
    st.sampled_from(["filter", "pipe"]),
    words.map(RemoteId),
    prints,
    prints,
)
targets = st.builds(
    lambda url, found: TargetLines(url, {each.key: each for each in found}), words, st.lists(entries, max_size=4)
)
locks = st.builds(Lock, st.dictionaries(words, targets, max_size=3))


def facts(lock):
    """Say what a lock says, whatever the order of a line's further files."""
    return {
        (name, key): entry._replace(files=dict(entry.files))
        for name, target in lock.targets.items()
        for key, entry in target.entries.items()
    } | {name: target.url for name, target in lock.targets.items()}


@given(locks)
def test_what_is_written_is_read(lock):
    """The lock says after a clone what it said before."""
    assert facts(parse_lock(render_lock(lock))) == facts(lock)
    assert render_lock(parse_lock(render_lock(lock))) == render_lock(lock)
    for target, again in zip(lock.targets.values(), parse_lock(render_lock(lock)).targets.values(), strict=False):
        assert target.url or again.url


@given(locks, st.randoms(use_true_random=False))
def test_the_order_of_lines_says_nothing(lock, chance):
    """A merge in git may put lines in any order, and the next write brings them into the one order again."""
    head, *lines = render_lock(lock).splitlines()
    chance.shuffle(lines)
    assert render_lock(parse_lock("\n".join([head, *lines]))) == render_lock(lock)


@given(locks, entries, prints)
def test_one_resource_is_one_line(lock, entry, other):
    """A review of a pull shows one changed line for each changed resource."""
    here = lock.targets.get("main", TargetLines("https://x.test"))
    texts = [
        render_lock(lock.with_target("main", TargetLines("https://x.test", {**here.entries, entry.key: each})))
        for each in (entry._replace(there=Fingerprint("0" * 32)), entry._replace(there=Fingerprint("1" * 31 + "2")))
    ]
    one, two = (text.splitlines() for text in texts)
    assert len(one) == len(two)
    assert sum(left != right for left, right in zip(one, two, strict=True)) == 1


@given(entries)
def test_a_new_resource_is_one_new_line(entry):
    """A resource that came is a line that came."""
    before = Lock({"main": TargetLines("https://x.test")})
    after = before.with_target("main", TargetLines("https://x.test", {entry.key: entry}))
    lines = list(difflib.ndiff(render_lock(before).splitlines(), render_lock(after).splitlines()))
    assert [line[0] for line in lines if line[0] != " "] == ["+"]


LINE = f"main tool/x id=x here={'a' * 32} there={'b' * 32} plugins/tools/x.py={'c' * 40}"


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "=======", ">>>>>>> theirs", "||||||| base", "<<<<<<<"])
def test_a_marker_of_git_is_an_error(marker):
    """A merge that nobody finished is said with its line and what to do, and nothing is decided by half of it."""
    with pytest.raises(BadResource, match=r"cochat\.lock:3: a merge in git was not finished") as caught:
        parse_lock(f"# cochat.lock 1\n{LINE}\n{marker}\n{LINE}\n")
    assert "cochat pull" in caught.value.hint


def test_two_lines_about_the_same_are_an_error():
    """Two lines about one resource are said with both numbers, however they differ."""
    other = LINE.replace("a" * 32, "d" * 32)
    with pytest.raises(BadResource, match=r"cochat\.lock:3: line 2 is about the same") as caught:
        parse_lock(f"# cochat.lock 1\n{LINE}\n{other}\n")
    assert "cochat pull" in caught.value.hint
    moved = "main filter/y id=y here=a there=b\nmain pipe/y id=y here=a there=b\n"
    with pytest.raises(BadResource, match="about the same"):
        parse_lock(f"# cochat.lock 1\n{moved}")


@pytest.mark.parametrize("line", ["main", "main tool/x", "main tool/x id=x", "main tool id=x here=a there=b", "x x x"])
def test_a_broken_line_is_an_error(line):
    """A line that was cut is not taken for "nothing is known"."""
    with pytest.raises(BadResource, match=r"cochat\.lock:2: this line says nothing"):
        parse_lock(f"# cochat.lock 1\n{line}\n")


def test_what_a_newer_version_wrote_is_kept():
    """A colleague's newer version may write lines, kinds and words that mine does not know; mine keeps them."""
    newer = (
        f"# cochat.lock 9: words\n{LINE} \n".replace("id=x", "colour=red id=x")
        + "main gizmo/one anything at all\nmain tool/z !5\n~whole=new line\n"
    )
    lock = parse_lock(newer)
    again = render_lock(lock)
    assert again.startswith("# cochat.lock 9")
    for line in ("main gizmo/one anything at all", "main tool/z !5", "~whole=new line"):
        assert f"\n{line}\n" in again
    assert "colour=red" in again
    assert parse_lock(again) == lock


def test_an_unknown_kind_of_the_same_format_is_kept():
    """A kind that a newer version brought is a line like others."""
    assert "main gizmo/x id=x" in render_lock(parse_lock("# cochat.lock 1\nmain gizmo/x id=x here=a there=b\n"))


def test_it_is_written_only_if_it_says_something_new(tmp_path):
    """A pull that finds nothing leaves the file alone; line ends that git changed are no news."""
    lock = parse_lock(f"# cochat.lock 1\n{LINE}\nmain . url=https://x.test\n")
    assert read_lock(tmp_path) is None
    written = write_lock(tmp_path, lock)
    assert (tmp_path / "cochat.lock").read_bytes() == written
    before = (tmp_path / "cochat.lock").stat().st_mtime_ns
    assert write_lock(tmp_path, lock) == written
    assert (tmp_path / "cochat.lock").stat().st_mtime_ns == before
    assert read_lock(tmp_path) == lock
    (tmp_path / "cochat.lock").write_bytes((tmp_path / "cochat.lock").read_bytes().replace(b"\n", b"\r\n"))
    assert read_lock(tmp_path) == lock


def test_lines_are_sorted_for_any_names():
    """The order is that of the bytes, so `sort -c` agrees and a merge finds its place."""
    names = ["a", "a-b", "a_b", "ab", "B", "ü", "a b"]
    random.Random(1).shuffle(names)
    found = {
        Key("tool", Slug(name)): Entry(Key("tool", Slug(name)), "", RemoteId(name), Fingerprint("1"), Fingerprint("2"))
        for name in names
    }
    lines = render_lock(Lock({"main": TargetLines("https://x.test", found)})).splitlines()
    assert lines == sorted(lines)
