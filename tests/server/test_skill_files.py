"""Files of skills and packages of them, by properties: what is accepted is safe and comes back as it was."""

from __future__ import annotations

import base64
import io
import stat
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.server.skill_files import (
    FilesRefused,
    bytes_of,
    changed_files,
    checked_files,
    checked_path,
    make_file,
    summaries,
)
from cochat_devkit.server.skill_packages import read_packages, write_archive

MAIN = {"path": "SKILL.md", "content": "text"}
names = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0:"), min_size=1, max_size=6).filter(
    lambda name: name not in (".", "..")
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
contents = st.one_of(st.binary(max_size=20), st.text(st.characters(codec="utf-8"), max_size=20).map(str.encode))


@st.composite
def trees(draw):
    """Draw the files of a skill: no file is a folder too."""
    found = {}
    for path in draw(st.lists(paths, max_size=6)):
        folders = [path[: index + 1] for index, character in enumerate(path) if character == "/"]
        is_apart = not any(known.startswith(f"{path}/") for known in found)
        if is_apart and not any(folder.rstrip("/") in found for folder in folders) and path != "SKILL.md":
            found[path] = draw(contents)
    files = [make_file(path, content) for path, content in found.items() if not path.startswith("SKILL.md/")]
    return [MAIN, *files]


@given(st.text(max_size=12))
def test_a_path_that_is_taken_stays_within_its_folder(path):
    """Whatever is accepted is relative, has no way up, and no empty part."""
    try:
        taken = checked_path(path)
    except FilesRefused:
        return
    assert taken == path
    assert not set(taken.split("/")) & {"", ".", ".."}
    assert not set(taken) & set("\\\0:")


@given(contents)
def test_bytes_come_back(content):
    """As text or as base64."""
    file = make_file("a", content)
    assert bytes_of(file) == content
    assert summaries([file])[0]["size"] == len(content)
    if "encoding" in file:
        assert base64.b64decode(file["content"]) == content


@given(trees())
def test_files_are_sorted_and_taken_again(files):
    """What was accepted is accepted again, and is the same."""
    taken = checked_files(files)
    assert [each["path"] for each in taken] == sorted(each["path"] for each in files)
    assert checked_files(taken) == taken


@given(trees(), st.randoms(use_true_random=False))
def test_moving_there_and_back_changes_nothing(files, random):
    """A move is undone by the move back."""
    taken = checked_files(files)
    others = [each["path"] for each in taken if each["path"] != "SKILL.md"]
    if not others:
        return
    there = random.choice(others)
    moves = [("move", there, "elsewhere for a while"), ("move", "elsewhere for a while", there)]
    operations = [{"op": op, "path": path, "destination": destination} for op, path, destination in moves]
    assert changed_files(taken, operations) == taken


@given(trees())
def test_an_archive_comes_back_as_it_was(files):
    """Written and read, a skill has the same files."""
    taken = checked_files(files)
    written = write_archive([{"id": "a-skill", "files": taken}])
    (package,) = read_packages([("a.zip", written)])
    assert package["files"] == taken


def test_what_was_too_large_may_stay_and_not_grow():
    """A file over the limit is kept by an update that does not touch it."""
    large = {"path": "a", "content": "x" * (10 * 1024 * 1024 + 1)}
    with pytest.raises(FilesRefused, match="File exceeds 10 MiB: a"):
        checked_files([MAIN, large])
    assert checked_files([MAIN, large], [MAIN, large]) == [MAIN, large]
    with pytest.raises(FilesRefused):
        checked_files([MAIN, {**large, "content": large["content"] + "x"}], [MAIN, large])


def archive(*entries):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as opened:
        for info, content in entries:
            # a name alone would be written with the time of day, and the test that has it in its name with it
            opened.writestr(info if isinstance(info, zipfile.ZipInfo) else zipfile.ZipInfo(info), content)
    return written.getvalue()


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (archive(("SKILL.md", "text"), (link("a"), "/etc/passwd")), "Archives cannot contain links or special files"),
        (archive(("SKILL.md", "text"), ("../a", "")), "Invalid file path"),
        (archive(("SKILL.md", "text"), ("C:/a", "")), "File paths must be relative POSIX paths"),
        (archive(("SKILL.md", "x" * (10 * 1024 * 1024 + 1))), "Archive exceeds import limits"),
        (archive(("SKILL.md", "text"))[:-30], "File is not a zip file"),
    ],
)
def test_a_hostile_archive_is_refused(content, sentence):
    """Nothing of it is read into a skill."""
    with pytest.raises(FilesRefused, match=sentence):
        read_packages([("a.zip", content)])


def test_the_head_of_a_text_is_read_as_yaml():
    """Several lines, a list, a number; what is no YAML is no head."""
    text = "---\nname: 12\ndescription: >\n  two\n  lines\n---\n"
    (package,) = read_packages([("a.md", text.encode())])
    assert (package["id"], package["name"], package["description"]) == ("12", "12", "two lines")
    for broken in ("---\na: [\n---\n", "---\n- a\n---\n", "---\nname: a\n", "--- \r\nnothing"):
        (package,) = read_packages([("a.md", broken.encode())])
        assert (package["name"], package["description"]) == ("Imported skill", "")


@pytest.mark.parametrize(
    "value", ['{"files": [1]}', '{"files": 1}', '{"files": [{"path": "SKILL.md"}]}', "null", "[]x"]
)
def test_json_that_is_no_package_is_refused(value):
    """Whatever it is, it is an answer and no crash."""
    with pytest.raises(FilesRefused):
        read_packages([("a.json", value.encode())])
