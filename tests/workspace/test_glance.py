"""A glance at the folders finds what reading every file finds, whatever happened to the files since the last one."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.errors import BadResource
from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.resource import Key, Slug, make_digest
from cochat_devkit.workspace import glance as glancing
from cochat_devkit.workspace import statcache
from cochat_devkit.workspace.files import LOCK
from cochat_devkit.workspace.glance import glance, remember_laid
from cochat_devkit.workspace.tree import parse_one, read_one, read_tree

TOOL = kind_named("tool")[0]
TOOLS, SKILLS, PERSONAS = "plugins/tools", kind_named("skill")[0].folders[""], kind_named("agent")[0].folders[""]
FILTERS, PIPES = "plugins/filters", "plugins/pipes"
KNOWLEDGE = kind_named("knowledge")[0].folders[""]
#: long ago, as far as any file system's clock can tell
OLD_NS = 10**18

PLACES = [
    f"{TOOLS}/a.py",
    f"{TOOLS}/a.yaml",
    f"{TOOLS}/b.py",
    f"{TOOLS}/b.yaml",
    f"{TOOLS}/conftest.py",
    f"{TOOLS}/.hidden.py",
    f"{TOOLS}/a.b.py",
    f"{FILTERS}/f.py",
    f"{PERSONAS}/p.md",
    f"{PERSONAS}/p.png",
    f"{SKILLS}/s/SKILL.md",
    f"{SKILLS}/s.yaml",
    f"{SKILLS}/s/deep/more.txt",
    f"{SKILLS}/s/__pycache__/x.txt",
    f"{SKILLS}/t/SKILL.md",
    f"{KNOWLEDGE}/k/knowledge.yaml",
    f"{KNOWLEDGE}/k/files/one.txt",
    # of one id with the filter
    f"{PIPES}/f.py",
]
CONTENTS = [b"", b"aaaa\n", b"bbbb\n", b"id: a\n", b"id: b\n", b"name: x\n", b"name: [\n", b"\xff\n", b"image: p.png\n"]
PLACE, CONTENT = st.sampled_from(PLACES), st.sampled_from(CONTENTS)


def clear(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_room(path):
    for folder in reversed(path.parents):
        if folder.is_symlink() or folder.is_file():
            folder.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)


def write(root, place, content):
    """Write as an editor that keeps the inode does."""
    if (root / place).is_file():
        (root / place).write_bytes(content)
    else:
        replace(root, place, content)


def replace(root, place, content):
    make_room(root / place)
    clear(root / place)
    (root / place).write_bytes(content)


def move(root, place, to):
    if (root / place).is_file() and place != to:
        make_room(root / to)
        clear(root / to)
        # it may have been there through a link that made room
        if (root / place).is_file():
            (root / place).rename(root / to)


def delete(root, place):
    clear(root / place)


def make_folder(root, place):
    make_room(root / place)
    clear(root / place)
    (root / place).mkdir()


def link(root, place, to):
    make_room(root / place)
    clear(root / place)
    (root / place).symlink_to(root / to)


def age(root, place):
    if (root / place).is_file():
        os.utime(root / place, ns=(OLD_NS, OLD_NS))


def age_folder(root, place):
    folder = (root / place).parent
    if folder.is_dir():
        os.utime(folder, ns=(OLD_NS, OLD_NS))


def link_folder(root, place, to=None):
    """Put the folder of a file somewhere else, and a link in its place."""
    folder = (root / place).parent
    elsewhere = to or root / "elsewhere" / place.replace("/", " ")
    if folder.is_dir() and not folder.is_symlink():
        make_room(elsewhere)
        clear(elsewhere)
        folder.rename(elsewhere)
        folder.symlink_to(elsewhere, target_is_directory=True)


def damage(root, at):
    cache = root / statcache.PATH
    if cache.is_file() and cache.stat().st_size:
        content = bytearray(cache.read_bytes())
        content[at % len(content)] ^= 1
        cache.write_bytes(content)


def truncate(root, at):
    cache = root / statcache.PATH
    if cache.is_file() and cache.stat().st_size:
        os.truncate(cache, at % cache.stat().st_size)


def look(root):
    check(root)
    next_tick(root)


def next_tick(root):
    """Wait until the file system's clock goes on, so that the next edit bears another time than the last."""
    probe = root / "probe"
    probe.write_bytes(b"")
    before_ns = probe.stat().st_mtime_ns
    while probe.stat().st_mtime_ns == before_ns:
        probe.write_bytes(b"")


def told(tree):
    found = {key: (each.type, each.path, each.fingerprint, each.title, each) for key, each in tree.found.items()}
    faults = (tree.unreadable, tree.unlisted, tree.unread)
    return found, [{key: each.message for key, each in fault.items()} for fault in faults]


def check(root):
    seen = glance(root, all_kinds())
    assert told(seen.tree()) == told(read_tree(root, all_kinds()))
    assert {Key(*each[:2]) for each in seen.glimpses()} == set(seen.tree().found)
    assert {Key(*address) for address in seen.types()} == set(seen.tree().found)


STEP = st.one_of(
    st.tuples(st.just(write), PLACE, CONTENT),
    st.tuples(st.just(write), PLACE, CONTENT),
    st.tuples(st.just(replace), PLACE, CONTENT),
    st.tuples(st.just(move), PLACE, PLACE),
    st.tuples(st.just(delete), PLACE),
    st.tuples(st.just(make_folder), PLACE),
    st.tuples(st.just(link), PLACE, PLACE),
    st.tuples(st.just(age), PLACE),
    st.tuples(st.just(age_folder), PLACE),
    st.tuples(st.just(link_folder), PLACE),
    st.tuples(st.just(damage), st.integers(0, 5000)),
    st.tuples(st.just(truncate), st.integers(0, 5000)),
    st.tuples(st.just(look)),
)


@pytest.mark.parametrize("racy_ns", [glancing._RACY_NS, 0], ids=["careful", "believing"])
def test_a_glance_finds_what_reading_finds(tmp_path_factory, monkeypatch, racy_ns):
    """Whatever was edited, moved, deleted, linked or damaged, I am never told what was true before."""
    monkeypatch.setattr(glancing, "_RACY_NS", racy_ns)
    root = tmp_path_factory.mktemp("workspace")

    @given(st.lists(STEP, max_size=8))
    def run(steps):
        clear(root / "plugins")
        clear(root / ".cochat")
        for folder in {place.rpartition("/")[0] for place in PLACES if place.count("/") == 2}:
            clear(root / folder)
        for place in PLACES[:-1]:
            replace(root, place, b"name: x\n")
        look(root)
        for act, *words in steps:
            act(root, *words)
        look(root)
        check(root)

    run()


@pytest.fixture
def seen_before(tmp_path, monkeypatch):
    """A workspace with a tool that the cache knows and believes."""
    monkeypatch.setattr(glancing, "_RACY_NS", 0)
    path = tmp_path / TOOLS / "a.py"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"aaaa\n")
    os.utime(path, ns=(OLD_NS, OLD_NS))
    next_tick(tmp_path)
    glance(tmp_path, [TOOL])
    return path


def fingerprint(root):
    return glance(root, [TOOL]).tree().found[Key("tool", Slug("a"))].fingerprint


def test_what_did_not_change_is_not_read(tmp_path, seen_before, monkeypatch):
    """Ten thousand files that nobody touched cost ten thousand questions and no reading."""
    before = fingerprint(tmp_path)

    def refuse(*_words):
        raise AssertionError("it was read")

    monkeypatch.setattr("cochat_devkit.workspace.tree.read_files", refuse)
    assert fingerprint(tmp_path) == before
    seen_before.write_bytes(b"bbbb\n")
    with pytest.raises(AssertionError, match="it was read"):
        fingerprint(tmp_path)


@pytest.fixture
def skill_seen_before(tmp_path, monkeypatch):
    """A workspace with a skill of two folders that the cache knows and believes."""
    monkeypatch.setattr(glancing, "_RACY_NS", 0)
    replace(tmp_path, f"{SKILLS}/s/SKILL.md", b"aaaa\n")
    replace(tmp_path, f"{SKILLS}/s/deep/more.txt", b"aaaa\n")
    next_tick(tmp_path)
    look(tmp_path)
    return tmp_path / SKILLS / "s"


def test_a_folder_that_nobody_touched_is_not_listed(tmp_path, seen_before, skill_seen_before, monkeypatch):
    """A thousand skills that nobody touched cost a question for each folder, and no list of any."""
    glance(tmp_path, all_kinds())
    monkeypatch.setattr(os, "scandir", lambda _folder: pytest.fail("it was listed"))
    seen = glance(tmp_path, all_kinds())
    assert {each.path for each in seen.glimpses()} == {f"{TOOLS}/a.py", f"{SKILLS}/s/SKILL.md"}


@pytest.mark.parametrize("place", [f"{SKILLS}/s/deep/new.txt", f"{SKILLS}/s/new.txt", f"{SKILLS}/t/SKILL.md"])
@pytest.mark.parametrize("keeps_times", [False, True])
def test_what_comes_to_a_folder_is_seen(tmp_path, skill_seen_before, place, keeps_times):
    """A new file is found, however deep, and though a program set the time of its folder back."""
    before = glance(tmp_path, all_kinds()).fingerprints()
    times = {folder: folder.stat() for folder in skill_seen_before.parent.rglob("*") if folder.is_dir()}
    write(tmp_path, place, b"new\n")
    for folder, then in times.items() if keeps_times else ():
        os.utime(folder, ns=(then.st_atime_ns, then.st_mtime_ns))
    check(tmp_path)
    assert glance(tmp_path, all_kinds()).fingerprints() != before


def test_a_folder_that_became_a_link_out_of_the_workspace_is_seen(tmp_path_factory, tmp_path, skill_seen_before):
    """Nothing is taken for a skill of mine because it once was one, when its folder is now a link that leads out."""
    outside = tmp_path_factory.mktemp("outside") / "s"
    link_folder(tmp_path, f"{SKILLS}/s/SKILL.md", to=outside)
    seen = glance(tmp_path, all_kinds())
    assert Key("skill", Slug("s")) not in seen.tree().found
    check(tmp_path)


def test_a_touched_file_is_read_and_not_parsed_again(tmp_path, seen_before, monkeypatch):
    """A checkout that leaves every content as it was costs the reading alone."""
    before = fingerprint(tmp_path)
    monkeypatch.setattr("cochat_devkit.workspace.tree.parse_one", lambda *_words: pytest.fail("it was parsed"))
    os.utime(seen_before)
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize("keeps_times", [False, True])
def test_an_edit_of_the_same_size_is_seen(tmp_path, seen_before, keeps_times):
    """An edit is an edit, though it is as long as what was there, and a program set the time back."""
    before = fingerprint(tmp_path)
    next_tick(tmp_path)
    seen_before.write_bytes(b"bbbb\n")
    if keeps_times:
        os.utime(seen_before, ns=(OLD_NS, OLD_NS))
    assert fingerprint(tmp_path) != before


def test_an_edit_behind_a_link_is_seen(tmp_path, seen_before):
    """A file that is a link is as new as what it leads to."""
    elsewhere = tmp_path / "mine.py"
    seen_before.rename(elsewhere)
    seen_before.symlink_to(elsewhere)
    before = fingerprint(tmp_path)
    elsewhere.write_bytes(b"bbbb\n")
    assert fingerprint(tmp_path) != before


def test_what_changed_just_now_is_not_believed(tmp_path):
    """Two edits within one tick of the clock are two edits."""
    path = tmp_path / TOOLS / "a.py"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"aaaa\n")
    glance(tmp_path, [TOOL])
    shelf = statcache.read_cache(tmp_path).shelf(TOOLS)
    assert shelf.stats.by_name() == dict.fromkeys(("./", "a.py"), statcache.SMUDGED)
    assert set(shelf.known) == {"a"}


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"00000000\n", b"00000000\n{}", b"[]", b'{"format": 1}'],
)
def test_a_damaged_cache_is_none(tmp_path, seen_before, content):
    """What a crash left of the cache costs time and nothing else."""
    before = fingerprint(tmp_path)
    (tmp_path / statcache.PATH).write_bytes(content)
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize("title", ["\0", "two\nlines", "", "ü\ud800"])
def test_whatever_a_resource_is_called_the_cache_says_what_the_file_says(tmp_path, monkeypatch, title):
    """A name from a server cannot be so odd that another is shown."""
    monkeypatch.setattr(glancing, "_RACY_NS", 0)
    for stem in ("a", "b"):
        replace(tmp_path, f"{TOOLS}/{stem}.py", b"aaaa\n")
    replace(tmp_path, f"{TOOLS}/a.yaml", f"name: {json.dumps(title)}\n".encode())
    next_tick(tmp_path)
    check(tmp_path)
    check(tmp_path)


def test_a_name_that_no_column_holds_costs_nobody_else_the_cache(tmp_path, monkeypatch):
    """A resource with a NUL in its name is read anew by each glance; those beside it are not."""
    monkeypatch.setattr(glancing, "_RACY_NS", 0)
    for slug, name in {"a": "plain", "odd": "a\0b", "z": "plain, too"}.items():
        replace(tmp_path, f"{TOOLS}/{slug}.py", b"class Tools:\n    pass\n")
        replace(tmp_path, f"{TOOLS}/{slug}.yaml", f"name: {json.dumps(name)}\n".encode())
    glance(tmp_path, [TOOL])
    parsed = []
    monkeypatch.setattr(
        "cochat_devkit.workspace.tree.parse_one", lambda *told: parsed.append(told[2]) or parse_one(*told)
    )
    for _ in range(2):
        (sighting,) = glance(tmp_path, [TOOL]).sightings
        assert sighting.shelf.titles == ["plain", "a\0b", "plain, too"]
    assert parsed == [f"{TOOLS}/odd.py"] * 2


def test_the_cache_of_another_version_is_none(tmp_path, seen_before, monkeypatch):
    """After an upgrade every file is read anew: what was read out of it may be something else now."""
    assert statcache.read_cache(tmp_path).shelf(TOOLS).known
    monkeypatch.setattr(statcache, "__version__", "9.9.9")
    assert not statcache.read_cache(tmp_path).shelf(TOOLS).known


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path, seen_before):
    """In a workspace where I may not write I can look all the same."""
    before = fingerprint(tmp_path)
    clear(tmp_path / ".cochat")
    (tmp_path / ".cochat").write_bytes(b"in the way")
    assert fingerprint(tmp_path) == before


def test_no_cache_is_written_through_a_link(tmp_path, seen_before):
    """A workspace from elsewhere cannot make a command write outside of it."""
    clear(tmp_path / ".cochat")
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (tmp_path / ".cochat").symlink_to(outside)
    glance(tmp_path, [TOOL])
    assert list(outside.iterdir()) == []


def test_a_file_that_changes_after_the_glance_is_no_longer_what_was_decided_about(tmp_path, seen_before):
    """What is written over my file was decided about that very file."""
    local = glance(tmp_path, [TOOL]).tree().found[Key("tool", Slug("a"))]
    seen_before.write_bytes(b"cccc\n")
    with pytest.raises(BadResource, match="changed while we worked"):
        _ = local.files


@pytest.mark.parametrize("content", [None, b"", b"aaaa\n"])
def test_the_lock_is_named_by_what_it_says_now(tmp_path, monkeypatch, content):
    """A lock that came with a checkout is never taken for the one before."""
    monkeypatch.setattr(glancing, "_RACY_NS", 0)

    def lay(text):
        next_tick(tmp_path)
        delete(tmp_path, LOCK)
        if text is not None:
            (tmp_path / LOCK).write_bytes(text)
            os.utime(tmp_path / LOCK, ns=(OLD_NS, OLD_NS))
        next_tick(tmp_path)

    for text in (content, content, b"bbbb\n", content, None):
        lay(text)
        for _ in range(2):
            assert glance(tmp_path, [TOOL]).lock_digest == make_digest(text or b"")


def test_the_lock_is_not_read_again(tmp_path, monkeypatch):
    """A lock of ten thousand lines costs one question."""
    monkeypatch.setattr(glancing, "_RACY_NS", 0)
    (tmp_path / LOCK).write_bytes(b"aaaa\n")
    next_tick(tmp_path)
    before = glance(tmp_path, [TOOL]).lock_digest
    monkeypatch.setattr(glancing, "make_digest", lambda _content: pytest.fail("it was read"))
    assert glance(tmp_path, [TOOL]).lock_digest == before


def test_a_file_system_that_counts_beyond_63_bits_has_a_cache():
    """Large inodes cost me neither an error nor the cache."""
    large, larger = (33188, 10, OLD_NS, OLD_NS, 2**64 - 5), (33188, 10, OLD_NS, OLD_NS, 2**64 - 6)
    stats = statcache.Stats.of_each({"a.py": large})
    assert stats == statcache.Stats.of_each({"a.py": large})
    assert stats != statcache.Stats.of_each({"a.py": larger})
    assert stats.by_name()["a.py"] != statcache.SMUDGED


def test_a_folder_in_the_place_of_a_sidecar_is_seen(tmp_path, monkeypatch):
    """What makes a skill unreadable is told at once, though none of its files changed."""
    monkeypatch.setattr(glancing, "_RACY_NS", 0)
    replace(tmp_path, f"{SKILLS}/s/SKILL.md", b"aaaa\n")
    next_tick(tmp_path)
    look(tmp_path)
    make_folder(tmp_path, f"{SKILLS}/s.yaml")
    check(tmp_path)
    assert Key("skill", Slug("s")) in glance(tmp_path, all_kinds()).tree().unreadable


@pytest.fixture
def laid(tmp_path):
    """A tool that was laid down a moment ago, with what the pull still knows of it."""
    replace(tmp_path, f"{TOOLS}/a.py", b"aaaa\n")
    read = read_one(tmp_path, TOOL, "", f"{TOOLS}/a.py")
    return read.let_go(lambda: pytest.fail("it was read again"))


@pytest.mark.parametrize("edit", [None, b"bbbb\n"])
def test_what_was_just_laid_down_is_parsed_where_it_is_no_longer_so(tmp_path, monkeypatch, laid, edit):
    """A pull reads nothing that it just wrote and leaves nothing to parse, and an edit a moment later is an edit."""
    if edit is not None:
        write(tmp_path, laid.path, edit)
    monkeypatch.setattr("cochat_devkit.workspace.tree.read_files", lambda *_words: pytest.fail("it was read"))
    remember_laid(tmp_path, [TOOL], [laid])
    monkeypatch.undo()
    parsed = []
    monkeypatch.setattr(
        "cochat_devkit.workspace.tree.parse_one", lambda *words: parsed.append(words) or parse_one(*words)
    )
    (seen,) = glance(tmp_path, [TOOL]).glimpses()
    assert len(parsed) == (edit is not None)
    assert seen.fingerprint == read_one(tmp_path, TOOL, "", laid.path).fingerprint


def test_what_was_laid_down_a_while_ago_and_edited_is_not_believed(tmp_path, monkeypatch, laid):
    """A pull of many minutes takes nothing for its own that I edited meanwhile."""
    monkeypatch.setattr(glancing, "_RACY_NS", 0)
    write(tmp_path, laid.path, b"bbbb\n")
    next_tick(tmp_path)
    remember_laid(tmp_path, [TOOL], [laid])
    (seen,) = glance(tmp_path, [TOOL]).glimpses()
    assert seen.fingerprint == read_one(tmp_path, TOOL, "", laid.path).fingerprint != laid.fingerprint
