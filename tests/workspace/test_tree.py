"""The tree of files: read as it is, written as it should be, and never taken for empty where it cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.kinds.kind import SourceFacts
from cochat_devkit.resource import Key, Resource, Slug, make_digest
from cochat_devkit.workspace.files import TRASH, write_file
from cochat_devkit.workspace.tree import (
    foresee,
    keep_resource,
    path_for,
    read_one,
    read_tree,
    sidecar_path_of,
    trash_resource,
    write_layout,
)

TOOL, FUNCTION = kind_named("tool")[0], kind_named("function")[0]
BASE, SKILL = kind_named("knowledge")[0], kind_named("skill")[0]
APART, AS_ONE = "e\u0301.txt", "\xe9.txt"
SOURCE = "class Tools:\n    pass\n"


def key(slug, kind="tool"):
    return Key(kind, Slug(slug))


def write(root, relative, content):
    path = root / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def resource(slug, source=SOURCE, kind=TOOL, type_="", **body):
    whole = {"name": slug, "content": source, "description": "", "access": "private", "meta": {}}
    if kind is FUNCTION:
        whole = {name: value for name, value in whole.items() if name != "access"} | {
            "active": False,
            "global": False,
            "priority": None,
        }
    return Resource(key(slug, kind.name), whole | body, type_)


def lay(root, theirs, kind=TOOL, present=None):
    """Lay a resource, and read it: the files say what was foreseen."""
    written = write_layout(root, foresee(root, kind, theirs, present))
    assert read_one(root, kind, theirs.type, written.path) == written
    return written


def files(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "source", ["a\r\nb\r\n", "a", "", "ünï 💥\n", "\ufeffx\n", "a \n\n\n", "\x0c\u2028\n", "from utils\n"]
)
def test_sources_are_kept_byte_for_byte(tmp_path, source):
    """Line ends, trailing spaces, accents and a missing last newline are mine."""
    write(tmp_path, "plugins/tools/x.py", source)
    local = read_tree(tmp_path, [TOOL]).found[key("x")]
    assert local.source == source.encode()
    assert local.text == source
    before = files(tmp_path)
    assert foresee(tmp_path, TOOL, local.resource, local).written == {}
    lay(tmp_path, local.resource, present=local)
    assert files(tmp_path) == before


NAMES = [
    "web_search",
    "__x",
    "conftest_x",
    "__init__",
    "conftest",
    "con",
    "CON",
    "A",
    "ünï",
    "한",
    "\u1112\u1161",
    "x" * 300,
]


@pytest.mark.parametrize("slug", [*NAMES, "../x", "/etc/passwd", ".x", "a.b", "", "日本" * 60, "\u202e"], ids=ascii)
@pytest.mark.parametrize(("kind", "type_"), [(TOOL, ""), (FUNCTION, "filter")])
def test_whatever_its_name_a_resource_is_found_again(tmp_path, slug, kind, type_):
    """What a pull writes the next command reads: no name makes a file that is overlooked."""
    theirs = resource(slug, kind=kind, type_=type_)
    lay(tmp_path, theirs, kind)
    tree = read_tree(tmp_path, all_kinds())
    assert not tree.unreadable
    assert [(each.resource.key, each.resource.body, each.resource.type) for each in tree.found.values()] == [
        (theirs.key, theirs.body, type_)
    ]
    assert all(name.startswith(f"{kind.folders[type_]}/") for name in files(tmp_path))


def test_types_live_in_folders_of_their_own(tmp_path):
    """A file's folder says what it is."""
    for folder in FUNCTION.folders.values():
        write(tmp_path, f"{folder}/{folder[-4:-1]}.py", "x")
    found = read_tree(tmp_path, [FUNCTION]).found
    assert {str(each.slug): found[each].resource.type for each in found} == {
        "ter": "filter",
        "ipe": "pipe",
        "ion": "action",
        "ent": "event",
    }


def test_files_that_are_no_resources_are_passed_over(tmp_path):
    """Packages, pytest's files, caches, notes and half-written files are not plugins."""
    for name in ("__init__.py", "conftest.py", ".x.py.12345678.tmp", ".hidden.py", "notes.md", "x.pyc", "left.yaml"):
        write(tmp_path, f"plugins/tools/{name}", "x")
    tree = read_tree(tmp_path, [TOOL])
    assert (tree.found, tree.unreadable, tree.unlisted) == ({}, {}, {})


def test_an_empty_workspace_is_empty(tmp_path):
    """A folder that is not there has nothing in it."""
    assert read_tree(tmp_path, all_kinds()).found == {}
    assert read_tree(tmp_path, all_kinds()).unlisted == {}


def test_an_id_in_the_sidecar_wins(tmp_path):
    """A plugin whose file I renamed keeps its id."""
    write(tmp_path, "plugins/tools/new_name.py", SOURCE)
    write(tmp_path, "plugins/tools/new_name.yaml", "id: old_name\naccess: public\n")
    (local,) = read_tree(tmp_path, [TOOL]).found.values()
    assert (local.resource.key, local.resource.body["access"]) == (key("old_name"), "public")
    assert lay(tmp_path, resource("old_name", "new\n"), present=local).resource.key == key("old_name")
    assert files(tmp_path)["plugins/tools/new_name.yaml"] == b"id: old_name\n"


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_two_files_with_one_id_block_both(tmp_path, order):
    """Which of two is meant is not guessed."""
    write(tmp_path, f"plugins/tools/{order[0]}.py", SOURCE)
    write(tmp_path, f"plugins/tools/{order[1]}.py", SOURCE)
    write(tmp_path, f"plugins/tools/{order[1]}.yaml", f"id: {order[0]}\n")
    tree = read_tree(tmp_path, [TOOL])
    assert tree.found == {}
    assert set(tree.unreadable) == {key(order[0])}
    message = tree.unreadable[key(order[0])].message
    assert f"two files claim to be tool/{order[0]}" in message
    assert "plugins/tools/a.py and plugins/tools/b.py" in message


@pytest.mark.parametrize("bad", ["filters", "pipes"])
def test_an_unreadable_twin_blocks_the_other(tmp_path, bad):
    """One id in two folders is a mistake even where one of the files cannot be read."""
    for folder in ("filters", "pipes"):
        write(tmp_path, f"plugins/{folder}/x.py", b"\xff" if folder == bad else b"x")
    tree = read_tree(tmp_path, [FUNCTION])
    assert tree.found == {}
    assert set(tree.unreadable) == {key("x", "function")}


@pytest.mark.parametrize(
    ("source", "sidecar", "message"),
    [
        (b"a\n\xff", None, "plugins/tools/x.py:2: this is no UTF-8"),
        (b"a", b"name: \xff", "plugins/tools/x.yaml:1: this is no UTF-8"),
        (b"a", b"nam: X", "plugins/tools/x.yaml:1: a tool has no 'nam'"),
    ],
)
def test_a_file_that_cannot_be_read_blocks_its_resource_alone(tmp_path, source, sidecar, message):
    """I read path and line, and everything else goes on."""
    write(tmp_path, "plugins/tools/x.py", source)
    write(tmp_path, "plugins/tools/y.py", SOURCE)
    if sidecar is not None:
        write(tmp_path, "plugins/tools/x.yaml", sidecar)
    tree = read_tree(tmp_path, [TOOL])
    assert set(tree.found) == {key("y")}
    assert tree.unreadable[key("x")].message.startswith(message)


@pytest.mark.parametrize("make", ["folder", "dangling", "outside", "sidecar folder"])
def test_what_is_no_plain_file_is_not_taken_for_absent(tmp_path, make):
    """A link that leads nowhere or out, or a folder in place of a file, is no deletion."""
    (tmp_path / "w/plugins/tools").mkdir(parents=True)
    place = tmp_path / "w/plugins/tools/x.py"
    if make == "folder":
        place.mkdir()
    elif make == "sidecar folder":
        place.write_bytes(b"x")
        place.with_suffix(".yaml").mkdir()
    else:
        (tmp_path / "there.py").write_bytes(b"x")
        place.symlink_to(tmp_path / "there.py" if make == "outside" else "nowhere.py")
    tree = read_tree(tmp_path / "w", [TOOL])
    assert set(tree.unreadable) == {key("x")}
    assert tree.found == {}


@pytest.mark.parametrize(
    "sidecar", ["id: real\nnam: X\n", "id: 'real' # why\nname: [\n", "name: X\n\tid: y\nid: real\n"]
)
def test_a_broken_sidecar_blocks_the_id_that_it_states(tmp_path, sidecar):
    """A typing mistake in a sidecar does not make the resource that it stands for look deleted."""
    write(tmp_path, "plugins/tools/x.py", SOURCE)
    write(tmp_path, "plugins/tools/x.yaml", sidecar)
    assert key("real") in read_tree(tmp_path, [TOOL]).unreadable
    write(tmp_path, "plugins/tools/x.py", b"\xff")
    write(tmp_path, "plugins/tools/x.yaml", "id: real\n")
    assert key("real") in read_tree(tmp_path, [TOOL]).unreadable


@pytest.mark.parametrize("make", ["file", "file above", "outside", "dangling", "loop"])
def test_a_folder_that_cannot_be_listed_is_not_empty(tmp_path, make):
    """A folder that is gone wrong blocks what lies in it; it does not read as deleted."""
    root = tmp_path / "w"
    (root / "plugins").mkdir(parents=True)
    place = root / "plugins/tools"
    if make == "file":
        place.write_bytes(b"")
    elif make == "file above":
        (root / "plugins").rmdir()
        (root / "plugins").write_bytes(b"")
    else:
        (tmp_path / "outside").mkdir()
        place.symlink_to({"outside": tmp_path / "outside", "dangling": "unmounted", "loop": place}[make])
    tree = read_tree(root, [TOOL])
    assert set(tree.unlisted) == {"plugins/tools"}
    assert "plugins/tools" in tree.unlisted["plugins/tools"].message


def test_a_file_name_that_is_no_unicode_is_named(tmp_path):
    """A file from another system's character set is pointed out, in letters that can be shown."""
    (tmp_path / "plugins/tools").mkdir(parents=True)
    with open(os.fsencode(tmp_path / "plugins/tools") + b"/\xff.py", "wb") as file:  # noqa: PTH123
        file.write(b"x")
    ((blocked, fault),) = read_tree(tmp_path, [TOOL]).unreadable.items()
    assert str(blocked) == "tool/\\xff"
    assert fault.message == "plugins/tools/\\xff.py: the name of this file is no Unicode"
    assert fault.hint == "rename it"


def test_a_pull_leaves_the_authors_own_imports(tmp_path):
    """The server's rewriting of `from utils` does not reach my file while nothing else changed."""
    write(tmp_path, "plugins/tools/x.py", "from utils import a\r\n")
    local = read_tree(tmp_path, [TOOL]).found[key("x")]
    assert local.resource.body["content"] == "from open_webui.utils import a\r\n"
    lay(tmp_path, resource("x", "from open_webui.utils import a\r\n", access="public"), present=local)
    assert files(tmp_path)["plugins/tools/x.py"] == b"from utils import a\r\n"


@pytest.mark.parametrize("which", ["x.py", "x.yaml"])
def test_a_file_saved_during_a_pull_is_left(tmp_path, which):
    """What I typed while the command ran wins over what it meant to write."""
    write(tmp_path, "plugins/tools/x.py", SOURCE)
    write(tmp_path, "plugins/tools/x.yaml", "access: public\n")
    local = read_tree(tmp_path, [TOOL]).found[key("x")]
    write(tmp_path, f"plugins/tools/{which}", "# mine\n")
    with pytest.raises(CannotWrite, match=f"plugins/tools/{which} changed while we worked"):
        lay(tmp_path, resource("x", "theirs\n", access={"read": ["A"]}), present=local)
    assert files(tmp_path)[f"plugins/tools/{which}"] == b"# mine\n"


@pytest.mark.parametrize("access", ["private", "public"])
def test_a_sidecar_that_was_left_behind_does_not_speak_for_a_new_source(tmp_path, access):
    """A stray sidecar is kept in the trash, and what is laid down reads as what the server has."""
    write(tmp_path, "plugins/tools/x.yaml", "name: Stray\n")
    theirs = resource("x", access=access)
    assert lay(tmp_path, theirs).resource.body == theirs.body
    kept = [name for name in files(tmp_path) if name.startswith(TRASH)]
    assert kept
    assert all(files(tmp_path)[name] == b"name: Stray\n" for name in kept)


def test_a_text_that_no_file_can_hold_is_refused(tmp_path):
    """Half a Unicode pair on the server is an error with the resource's name, and makes no file."""
    with pytest.raises(BadResource, match="tool/x: its text is no Unicode"):
        lay(tmp_path, resource("x", "\ud800"))
    assert files(tmp_path) == {}


def test_a_resource_goes_to_the_trash_whole(tmp_path):
    """What a pull removes can be brought back: source and sidecar."""
    local = lay(tmp_path, resource("x", access="public"))
    keep_resource(tmp_path, local)
    assert len(files(tmp_path)) == 4
    trash_resource(tmp_path, local)
    found = files(tmp_path)
    assert all(name.startswith(TRASH) for name in found)
    assert sorted(found.values()) == sorted([SOURCE.encode(), b"access: public\n"] * 2)


@pytest.mark.parametrize("which", ["x.py", "x.yaml"])
def test_a_resource_that_is_edited_in_that_moment_stays_whole(tmp_path, which):
    """What somebody deleted there goes to the trash with all its files, or with none."""
    local = lay(tmp_path, resource("x", access="public"))
    write(tmp_path, f"plugins/tools/{which}", "# mine\n")
    with pytest.raises(CannotWrite, match=f"plugins/tools/{which} changed while we worked"):
        trash_resource(tmp_path, local)
    assert sorted(files(tmp_path)) == ["plugins/tools/x.py", "plugins/tools/x.yaml"]


def test_paths_of_new_files():
    """A new resource's file is where people look for it."""
    assert path_for(TOOL, "", Slug("web_search")) == "plugins/tools/web_search.py"
    assert path_for(FUNCTION, "pipe", Slug("A")) == "plugins/pipes/%41.py"
    assert path_for(FUNCTION, "newer", Slug("x")) == "plugins/functions/x.py"
    assert sidecar_path_of(TOOL, "plugins/tools/a%2Eb.py") == "plugins/tools/a%2Eb.yaml"


def test_a_file_that_went_away_is_said(tmp_path):
    """A file that is deleted between the scan and the reading is no empty resource."""
    with pytest.raises(BadResource, match=r"plugins/tools/x\.py is gone"):
        read_one(tmp_path, TOOL, "", "plugins/tools/x.py")


def of_base(**named):
    """Make a base of these texts, and what gives their bytes."""
    contents = {make_digest(text.encode()): text.encode() for text in named.values()}
    body = {"name": "docs", "files": {name: make_digest(text.encode()) for name, text in named.items()}}
    facts = SourceFacts(Slug("docs"), {})
    whole = {each.name: each.implied(facts) for each in BASE.fields} | body
    return Resource(key("docs", BASE.name), whole), contents.__getitem__


def lay_base(root, present=None, write=write_file, **named):
    theirs, read_blob = of_base(**named)
    write_layout(root, foresee(root, BASE, theirs, present), read_blob, write)
    local = read_one(root, BASE, "", "knowledge/docs/knowledge.yaml")
    assert local.resource.body == theirs.body
    return local


def names_in(root):
    folder = root / "knowledge/docs/files"
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_names_that_differ_by_case_or_accents_lie_side_by_side(tmp_path):
    """Four files of a base are four files here, and are the same four when they are read."""
    lay_base(tmp_path, **{APART: "1", AS_ONE: "2", "README.md": "3", "readme.md": "4"})
    assert names_in(tmp_path) == {"%~\xe9.txt": "1", AS_ONE: "2", "README.md": "3", "%-readme.md": "4"}


def test_files_that_an_earlier_version_laid_are_the_same_files(tmp_path):
    """A tree that was pulled before an upgrade is read as what the server has, and moves with the next change."""
    present = lay_base(tmp_path, **{"a.md": "0"})
    (tmp_path / "knowledge/docs/files/a.md").unlink()
    named = {APART: "1", AS_ONE: "2", "README.md": "3", "readme.md": "4"}
    for name, text in named.items():
        write(tmp_path, f"knowledge/docs/files/{name}", text)
    present = read_one(tmp_path, BASE, "", present.path)
    assert present.resource.body["files"] == of_base(**named)[0].body["files"]
    assert names_in(tmp_path) == named
    lay_base(tmp_path, present, **named, b="5")
    assert names_in(tmp_path) == {"%~\xe9.txt": "1", AS_ONE: "2", "README.md": "3", "%-readme.md": "4", "b": "5"}


def test_two_files_of_one_name_block_their_base(tmp_path):
    """What a git merge left under two paths is never sent as one: I am told both."""
    lay_base(tmp_path, **{"README.md": "3", "readme.md": "4"})
    write(tmp_path, "knowledge/docs/files/readme.md", "5")
    with pytest.raises(BadResource, match=r"files/%-readme\.md and \S+files/readme\.md are both the file 'readme\.md'"):
        read_one(tmp_path, BASE, "", "knowledge/docs/knowledge.yaml")


def test_a_name_that_the_disk_took_apart_is_read_as_one(tmp_path):
    """Where one file has both names, as on a Mac, it bears the one that was written."""
    lay_base(tmp_path, **{f"{AS_ONE}/{AS_ONE}": "1"})
    folder = tmp_path / "knowledge/docs/files" / AS_ONE
    (folder / APART).hardlink_to(folder / AS_ONE)
    assert set(read_one(tmp_path, BASE, "", "knowledge/docs/knowledge.yaml").tree) == {
        f"knowledge/docs/files/{AS_ONE}/{AS_ONE}"
    }


@pytest.mark.parametrize(
    ("which", "after"),
    [
        ("a.md", {"a.md": "theirs", "b.md": "2"}),
        ("a.md", {"b.md": "2"}),
        ("new.md", {"a.md": "1", "b.md": "2", "new.md": "theirs"}),
        ("a.md", {"A.md": "1", "b.md": "2"}),
    ],
)
def test_a_further_file_saved_during_a_pull_is_left(tmp_path, which, after):
    """What I typed into a file of a base while it was fetched stays in its place."""
    present = lay_base(tmp_path, **{"a.md": "1", "b.md": "2"})
    write(tmp_path, f"knowledge/docs/files/{which}", "mine")
    with pytest.raises(CannotWrite, match=f"knowledge/docs/files/{which} changed while we worked"):
        lay_base(tmp_path, present, **after)
    assert names_in(tmp_path) == {"a.md": "1", "b.md": "2", which: "mine"}


def test_a_further_file_that_went_away_during_a_pull_stays_away(tmp_path):
    """What I deleted while a newer one was fetched is my edit as well."""
    present = lay_base(tmp_path, **{"a.md": "1", "b.md": "2"})
    (tmp_path / "knowledge/docs/files/a.md").unlink()
    with pytest.raises(CannotWrite, match=r"a\.md changed while we worked"):
        lay_base(tmp_path, present, **{"a.md": "theirs", "b.md": "2"})
    assert names_in(tmp_path) == {"b.md": "2"}


def test_further_files_that_are_as_they_are_to_be_are_no_obstacle(tmp_path):
    """A pull that was cut short, or my own copy of theirs, is gone on with."""
    present = lay_base(tmp_path, **{"a.md": "1", "b.md": "2", "c.md": "3"})
    write(tmp_path, "knowledge/docs/files/a.md", "theirs")
    write(tmp_path, "knowledge/docs/files/d.md", "4")
    (tmp_path / "knowledge/docs/files/c.md").unlink()
    lay_base(tmp_path, present, **{"a.md": "theirs", "b.md": "2", "d.md": "4"})
    assert names_in(tmp_path) == {"a.md": "theirs", "b.md": "2", "d.md": "4"}


@pytest.mark.parametrize(("kind", "place"), [(BASE, "knowledge/docs/files/a.md"), (SKILL, "skills/docs/a.md")])
def test_what_lies_where_a_resource_comes_is_in_the_way(tmp_path, kind, place):
    """Files of a folder that is no base or skill yet stay as they are under one that comes by that name."""
    write(tmp_path, place, "mine")
    mine = files(tmp_path)
    facts = SourceFacts(Slug("docs"), {})
    body = {each.name: each.implied(facts) for each in kind.fields}
    digest = make_digest(b"theirs")
    theirs = Resource(key("docs", kind.name), body | {"files": {"a.md": "theirs" if kind is SKILL else digest}})
    with pytest.raises(CannotWrite, match=f"{place} is in the way") as refused:
        write_layout(tmp_path, foresee(tmp_path, kind, theirs, None), {digest: b"theirs"}.__getitem__)
    assert refused.value.hint.startswith("move it away and run the command again")
    assert files(tmp_path) == mine
    write(tmp_path, place, "theirs")
    write_layout(tmp_path, foresee(tmp_path, kind, theirs, None), {digest: b"theirs"}.__getitem__)
    assert read_one(tmp_path, kind, "", path_for(kind, "", Slug("docs"))).resource.body == theirs.body
    assert not (tmp_path / TRASH).exists()


def test_a_file_that_comes_up_where_a_base_comes_is_left(tmp_path):
    """What I save in the folder of a new base while its files are fetched stays in its place."""
    theirs, read_blob = of_base(**{"a.md": "theirs"})
    layout = foresee(tmp_path, BASE, theirs, None)
    write(tmp_path, "knowledge/docs/files/a.md", "mine")
    with pytest.raises(CannotWrite, match=r"knowledge/docs/files/a\.md changed while we worked"):
        write_layout(tmp_path, layout, read_blob)
    assert names_in(tmp_path) == {"a.md": "mine"}


@pytest.mark.parametrize("which", ["knowledge.yaml", "files/a.md"])
def test_what_was_edited_since_the_scan_does_not_go_to_the_trash(tmp_path, which):
    """A base that was deleted there stays here, whole, where I edit it in that moment."""
    present = lay_base(tmp_path, **{"a.md": "1", "b.md": "2"})
    write(tmp_path, f"knowledge/docs/{which}", "name: mine\n")
    with pytest.raises(CannotWrite, match=f"knowledge/docs/{which} changed while we worked"):
        trash_resource(tmp_path, present)
    assert len([name for name in files(tmp_path) if name.startswith("knowledge/")]) == 3
    assert (tmp_path / f"knowledge/docs/{which}").read_text() == "name: mine\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["readme.md", "x"], ["README.md", "readme.md", "x"]),
        (["README.md", "readme.md"], ["readme.md"]),
        (["readme.md"], ["README.md"]),
        (["docs/a", "docs/x"], ["Docs/b", "docs/a"]),
        (["docs/a"], ["Docs"]),
    ],
)
def test_what_gives_way_is_gone_before_another_takes_its_place(tmp_path, before, after):
    """On a Mac or Windows a file that goes does not take along the one that came in its place."""
    present = lay_base(tmp_path, **dict.fromkeys(before, "1"))

    def write_folding(root, relative, content, *, expected):
        path = root / relative
        for place in [path, *path.parents][: len(Path(relative).parts)]:
            beside = [each.name for each in place.parent.iterdir()] if place.parent.exists() else []
            assert [each for each in beside if each.casefold() == place.name.casefold()] in ([], [place.name])
        write_file(root, relative, content, expected=expected)

    lay_base(tmp_path, present, write_folding, **dict.fromkeys(after, "2"))


def test_a_file_of_a_skill_gives_way_too(tmp_path):
    """Also where the files of a resource are its text."""
    facts = SourceFacts(Slug("one"), {})
    body = {each.name: each.implied(facts) for each in SKILL.fields}
    before = Resource(key("one", "skill"), body | {"files": {"readme.md": "1"}})
    present = lay(tmp_path, before, SKILL)
    seen = []

    def write_looking(root, relative, content, *, expected):
        seen.append((relative, (root / "skills/one/readme.md").exists()))
        write_file(root, relative, content, expected=expected)

    after = Resource(before.key, body | {"files": {"README.md": "2"}})
    write_layout(tmp_path, foresee(tmp_path, SKILL, after, present), write=write_looking)
    assert seen == [("skills/one/README.md", False)]
    assert read_one(tmp_path, SKILL, "", "skills/one/SKILL.md").resource.body == after.body
