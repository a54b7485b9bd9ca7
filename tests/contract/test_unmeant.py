"""A file that was emptied, or half merged by git: nothing of it is sent, and nothing is written over it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.changes import TEXTS
from tests.contract.stage import make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.contract.stage import Server

BLANK = (b"", b"\n", b"\xef\xbb\xbf", b" \r\n\r\n")
ZEROS = b"\0" * 40
#: which file is emptied, and of what it says something
FILES = {
    "prompts/{}.md": "prompt/{}",
    "models/{}.md": "model/{}",
    "agents/{}.md": "agent/{}",
    "automations/{}.yaml": "automation/{}",
    "knowledge/{}/knowledge.yaml": "knowledge/{}",
    "skills/{}/SKILL.md": "skill/{}",
    "plugins/tools/{}.py": "tool/{}",
    "plugins/filters/{}.py": "filter/{}",
    "plugins/filters/{}.yaml": "filter/{}",
}
TEXT_OF = {path.format(name): TEXTS[path.format(name)] for path, name in zip(FILES, [*"pmgukstff"], strict=True)}


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    """Make an admin's workspace."""
    return make_desk(tmp_path / "desk", server.url, server.admin_person.token)


def push(desk: Desk, pattern: str) -> tuple[str, Path]:
    """Put one resource on the server: its address, and the file."""
    name, text = make_id(), next(text for path, text in TEXT_OF.items() if _is_of(pattern, path))
    place = desk.path(pattern.format(name))
    place.parent.mkdir(parents=True, exist_ok=True)
    if pattern.endswith(".yaml") and pattern.startswith("plugins/"):
        place.with_suffix(".py").write_text(TEXTS["plugins/filters/f.py"])
    place.write_text(text.replace("name: s\n", f"name: {name}\n"))
    ref = FILES[pattern].format(name)
    desk.json("push", ref, "--no-verify")
    return ref, place


def _is_of(pattern: str, path: str) -> bool:
    head, tail = pattern.split("{}")
    return path.startswith(head) and path.endswith(tail)


def is_refused(desk: Desk, ref: str, words: tuple[str, ...]) -> str:
    """Say why a command passes a resource over."""
    (told,) = desk.json(*words, ref, expected=1).json["items"]
    assert (told["action"], told["reason"]) == ("skip", "its file cannot be read")
    assert "if you mean it" in told["hint"]
    return str(told["error"])


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("pattern", FILES)
def test_an_emptied_file_wipes_nothing(desk: Desk, pattern: str) -> None:
    """Whichever file it is: I am told, both sides stay as they are, and with the file back all is in step."""
    ref, place = push(desk, pattern)
    before = place.read_bytes()
    for blank in BLANK:
        place.write_bytes(blank)
        assert f"{place.name} is empty" in is_refused(desk, ref, ("push", "--no-verify"))
    for words in (("push", "--dry-run"), ("pull",)):
        assert f"{place.name} is empty" in is_refused(desk, ref, words)
    assert place.read_bytes() == blank
    place.write_bytes(before)
    assert desk.json("pull", ref).actions == desk.json("push", ref, "--no-verify").actions == {}


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("pattern", ["prompts/{}.md", "models/{}.md", "agents/{}.md", "skills/{}/SKILL.md"])
def test_a_lost_head_wipes_nothing(desk: Desk, pattern: str) -> None:
    """A text without the lines between hyphens that it had is not sent; an empty head says that I mean it."""
    ref, place = push(desk, pattern)
    whole, text = place.read_text(), place.read_text().rpartition("---\n")[2]
    for lost in (f"\n{whole}", whole.rpartition("---\n")[0], text):
        place.write_text(lost)
        for words in (("push", "--no-verify"), ("push", "--dry-run"), ("pull",)):
            assert f"{place.name} has no head" in is_refused(desk, ref, words)
    assert place.read_text() == text
    # an agent without a base would be a model there
    base = "".join(line for line in whole.splitlines(keepends=True) if line.startswith("base: "))
    place.write_text(f"---\n{base}---\n{text}")
    assert desk.json("push", ref, "--dry-run").actions == {ref: "update-there"}


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("pattern", ["prompts/{}.md", "agents/{}.md", "skills/{}/SKILL.md", "plugins/tools/{}.py"])
def test_a_file_of_zeros_wipes_nothing(desk: Desk, pattern: str) -> None:
    """A loss of power leaves such files: they are taken for emptied ones."""
    ref, place = push(desk, pattern)
    place.write_bytes(ZEROS)
    for words in (("push", "--no-verify"), ("pull",)):
        assert f"{place.name} is empty" in is_refused(desk, ref, words)
    assert place.read_bytes() == ZEROS


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("pattern", ["knowledge/{}/knowledge.yaml", "plugins/filters/{}.yaml", "automations/{}.yaml"])
@pytest.mark.parametrize("left", ["# was: public\n", "---\n", "---\n# was\n...\n", "~\n"])
def test_a_file_that_states_nothing_any_more_wipes_nothing(desk: Desk, pattern: str, left: str) -> None:
    """Comments alone, or lines of hyphens, say no more than an empty file; `{}` says that I mean it."""
    ref, place = push(desk, pattern)
    place.write_text(left)
    for words in (("push", "--no-verify"), ("pull",)):
        assert f"{place.name} says nothing" in is_refused(desk, ref, words)
    assert place.read_text() == left


@pytest.mark.generation("0.12")
def test_a_sidecar_of_comments_is_one_where_there_was_nothing_to_say(desk: Desk) -> None:
    """Where the source says all, what stands beside it is mine to write."""
    ref, place = push(desk, "plugins/tools/{}.py")
    place.with_suffix(".yaml").write_text("# nothing to say\n")
    place.write_text(place.read_text() + "# more\n")
    assert desk.json("push", ref, "--no-verify").actions == {ref: "update-there"}


@pytest.mark.generation("0.12")
def test_a_picture_that_was_emptied_is_not_sent(desk: Desk) -> None:
    """An agent keeps its picture there."""
    ref, place = push(desk, "agents/{}.md")
    picture = place.with_suffix(".png")
    place.write_text(place.read_text().replace("---\n", f"---\nimage: {picture.name}\n", 1))
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert desk.json("push", ref).actions == {ref: "update-there"}
    picture.write_bytes(b"")
    (told,) = desk.json("push", ref, expected=1).json["items"]
    assert told["error"] == f"agents/{picture.name} is empty"


def test_a_text_that_never_had_a_head_needs_none(desk: Desk) -> None:
    """A prompt that its name and text say whole is edited as a text."""
    name = make_id()
    place = desk.path(f"prompts/{name}.md")
    place.write_text("Say hello\n")
    desk.json("push", f"prompt/{name}")
    place.write_text("Say good-bye\n")
    assert desk.json("push", f"prompt/{name}").actions == {f"prompt/{name}": "update-there"}


def test_a_lost_head_makes_no_second_resource(desk: Desk) -> None:
    """Where the head had said the id, the file stands for the same resource still."""
    name = make_id()
    place = desk.path("prompts/anything.md")
    place.write_text(f"---\nid: {name}\nname: A name\n---\nSay hello\n")
    desk.json("push", f"prompt/{name}")
    place.write_text("Say hello\n")
    told = desk.json("push", expected=1).json["items"]
    assert {each["ref"]: each["action"] for each in told} == {f"prompt/{name}": "skip", "prompt/anything": "skip"}
    assert desk.json("pull", f"prompt/{name}", expected=1).actions == {f"prompt/{name}": "skip"}


def test_a_lost_head_is_seen_where_the_mirror_is_lost_as_well(desk: Desk) -> None:
    """In a fresh clone the lock says that there was a base; what it was nobody knows, so it is not wiped."""
    ref, place = push(desk, "prompts/{}.md")
    desk.path("mirror.db").unlink()
    shutil.rmtree(desk.path(".cochat"))
    place.write_text("Hello\n")
    assert "has no head" in is_refused(desk, ref, ("push",))


def test_an_emptied_file_comes_back_from_the_history(desk: Desk) -> None:
    """What the hint points at brings it back."""
    ref, place = push(desk, "prompts/{}.md")
    place.write_bytes(b"")
    status = desk.json("status", ref, expected=1).json["items"]
    assert [(each["ref"], each["reason"]) for each in status] == [(ref, "its file cannot be read")]
    assert f"{place.name} is empty" in status[0]["error"]
    assert f"cochat log {ref}" in status[0]["hint"]
    (item,) = desk.json("diff", ref, expected=1).json["items"]
    assert (item["diff"], item["error"], item["hint"]) == ([], status[0]["error"], status[0]["hint"])
    for command in ("status", "diff"):
        done = desk.cochat(command, ref, expected=1)
        assert f"{place.name} is empty" in done.err
        assert f"cochat log {ref}" in done.err
    desk.json("restore", f"{ref}@1")
    assert place.read_text() == "---\nname: P\n---\nHello\n"
    assert desk.json("push", ref).actions == {}


@pytest.mark.generation("0.12")
def test_a_byte_order_mark_changes_nothing_there(desk: Desk) -> None:
    """A file that an editor saved with a BOM is in step, and an edit of it keeps what its head says."""
    ref, place = push(desk, "agents/{}.md")
    place.write_bytes(b"\xef\xbb\xbf" + place.read_bytes())
    assert desk.json("push", ref, "--no-verify").actions == {}
    place.write_bytes(place.read_bytes() + b"More.\n")
    assert desk.json("push", ref, "--no-verify").actions == {ref: "update-there"}
    assert desk.json("pull", ref).actions == {}
    assert place.read_bytes().startswith(b"\xef\xbb\xbf---\nname: G\n")


MERGE = "<<<<<<< HEAD\nMine.\n=======\nTheirs.\n>>>>>>> branch\n"


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("pattern", ["prompts/{}.md", "agents/{}.md", "skills/{}/SKILL.md", "plugins/tools/{}.py"])
@pytest.mark.parametrize("push_first", [push, None])
def test_an_unfinished_merge_goes_nowhere(desk: Desk, pattern: str, push_first: Callable[..., Any] | None) -> None:
    """I am told the line, by every command, and no user of the agent sees both sides of my conflict."""
    if push_first is not None:
        ref, place = push_first(desk, pattern)
    else:
        name = make_id()
        ref, place = FILES[pattern].format(name), desk.path(pattern.format(name))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("Hello\n")
    text = place.read_text()
    place.write_text(text + MERGE)
    line = text.count("\n") + 1
    for words in (("push", "--no-verify"), ("push", "--dry-run"), ("pull",)):
        (told,) = desk.json(*words, ref, expected=1).json["items"]
        assert told["error"] == f"{place.relative_to(desk.folder)}:{line}: a merge in git was not finished"
    findings = desk.json("check", expected=1).json["findings"]
    assert (str(place.relative_to(desk.folder)), line) in {(each["path"], each["line"]) for each in findings}
    assert place.read_text() == text + MERGE
    place.write_text(text)
    assert desk.json("pull", ref).json["ok"]


@pytest.mark.generation("0.12")
def test_a_text_about_merges_is_a_text(server: Server, desk: Desk) -> None:
    """What came from the server so is edited freely; what I write myself has its markers indented."""
    name = make_id()
    form = {"command": name, "name": name, "content": MERGE, **server.private()}
    read_json(server.admin.post("/api/v1/prompts/create", json=form))
    desk.json("pull", f"prompt/{name}")
    place = desk.path(f"prompts/{name}.md")
    place.write_text(place.read_text() + "More.\n")
    assert desk.json("push", f"prompt/{name}").actions == {f"prompt/{name}": "update-there"}
    ref, place = push(desk, "prompts/{}.md")
    text = place.read_text()
    place.write_text(text + "".join(f"    {line}\n" for line in MERGE.splitlines()))
    assert desk.json("push", ref).actions == {ref: "update-there"}
    desk.json("check")


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n"


def push_base(desk: Desk) -> tuple[str, Path]:
    """Put a base with one document there: its address, and the document."""
    name = make_id()
    place = desk.path(f"knowledge/{name}/files/doc.md")
    place.parent.mkdir(parents=True)
    (place.parent.parent / "knowledge.yaml").write_text(f"name: {name}\n")
    place.write_text(f"{name}\n")
    desk.json("push", f"knowledge/{name}")
    return f"knowledge/{name}", place


@pytest.mark.parametrize("name", ["doc.md", "new.md"])
def test_a_pointer_of_git_lfs_replaces_no_document(desk: Desk, name: str) -> None:
    """Who has not fetched the large files pushes none of the pointers that stand for them."""
    ref, place = push_base(desk)
    place = place.with_name(name)
    place.write_text(POINTER)
    for words in (("push", "--dry-run"), ("push",), ("pull",)):
        (told,) = desk.json(*words, ref, expected=1).json["items"]
        assert told["error"] == f"{place.relative_to(desk.folder)} is what Git LFS left in the place of the file"
        assert told["hint"] == "fetch it: git lfs pull"
    place.write_text("the document\n")
    assert desk.json("push", ref).actions == {ref: "update-there"}


@pytest.mark.generation("0.12")
def test_a_pointer_of_git_lfs_is_no_picture_and_no_file_of_a_skill(desk: Desk) -> None:
    """What lies beside a text is looked at as well."""
    agent, place = push(desk, "agents/{}.md")
    picture = place.with_suffix(".png")
    place.write_text(place.read_text().replace("---\n", f"---\nimage: {picture.name}\n", 1))
    picture.write_text(POINTER)
    skill, place = push(desk, "skills/{}/SKILL.md")
    place.with_name("table.csv").write_text(POINTER)
    told = desk.json("push", agent, skill, expected=1).json["items"]
    assert [each["error"].endswith("is what Git LFS left in the place of the file") for each in told] == [True, True]


def test_an_unfinished_merge_in_a_document_goes_nowhere(desk: Desk) -> None:
    """A changed document of a base is looked into; one about merges that I add is a text."""
    ref, place = push_base(desk)
    place.write_text(f"One\n{MERGE}")
    for words in (("push", "--dry-run"), ("push",), ("pull",)):
        (told,) = desk.json(*words, ref, expected=1).json["items"]
        assert told["error"] == f"{place.relative_to(desk.folder)}:2: a merge in git was not finished"
    place.write_text("One\n")
    place.with_name("new.md").write_text(MERGE)
    assert desk.json("push", ref).actions == {ref: "update-there"}
