"""Conflicts on every server: both sides are kept, nothing live holds markers, and each way to settle one leads on."""

from __future__ import annotations

import os
import stat
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.contract.stage import read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Json, Person, Server

SOURCE = '''"""
title: Clash
"""


class Tools:
    def one(self) -> str:
        """Say one."""
        return "one"

    def two(self) -> str:
        """Say two."""
        return "two"
'''


@pytest.fixture
def tool(server: Server) -> str:
    """Put a tool on the server that the ordinary user may write."""
    name = f"clash_{uuid.uuid4().hex[:8]}"
    people = [server.user_person.id]
    form = {"id": name, "name": name, "content": SOURCE, "meta": {"description": ""}}
    form |= server.access(read_users=people, write_users=people)
    read_json(server.admin.post("/api/v1/tools/create", json=form))
    return name


@pytest.fixture
def path(tool: str) -> str:
    """Name the tool's file."""
    return f"plugins/tools/{tool}.py"


@pytest.fixture
def desk(server: Server, person: Person, tool: str, path: str, tmp_path: Path) -> Desk:
    """Make a workspace in conflict: both sides changed one line, and the server another one, too."""
    desk = make_desk(tmp_path, server.url, person.token)
    desk.json("pull", f"tool/{tool}")
    _edit_there(server, tool, ('"one"', '"there"'), ('"two"', '"second"'))
    desk.edit(path, '"one"', '"here"')
    desk.json("pull", f"tool/{tool}", expected=3)
    return desk


def test_a_conflict_is_kept_as_data(tool: str, path: str, desk: Desk) -> None:
    """The file is as I left it, theirs lies beside, status says since when and what; a second pull changes nothing."""
    offline = Desk(desk.folder, None)
    assert b"<<<" not in desk.path(path).read_bytes()
    assert b'"here"' in desk.path(path).read_bytes()
    status = offline.json("status").json
    (conflict,) = status["conflicts"]
    assert (conflict["ref"], conflict["parts"]) == (f"tool/{tool}", ["content"])
    assert conflict["since"]
    assert b'"there"' in desk.path(conflict["theirs"]).read_bytes()
    assert status["items"][0]["action"] == "conflict"
    assert f"cochat resolve tool/{tool}" in status["items"][0]["hint"]
    theirs = desk.path(conflict["theirs"])
    before = desk.mirror_dump(), desk.files(), desk.mirror_written_ns(), theirs.stat().st_mtime_ns
    again = desk.json("pull", f"tool/{tool}", expected=3).json["items"][0]
    assert "cochat resolve" in again["hint"]
    assert (desk.mirror_dump(), desk.files(), desk.mirror_written_ns(), theirs.stat().st_mtime_ns) == before


def test_a_push_that_is_refused_leaves_it_as_a_pull_does(
    server: Server, person: Person, tool: str, path: str, tmp_path: Path
) -> None:
    """What a push met is there to be looked at and settled without the server; a dry run leaves nothing."""
    desk = make_desk(tmp_path, server.url, person.token)
    desk.json("pull", f"tool/{tool}")
    _edit_there(server, tool, ('"one"', '"there"'))
    desk.edit(path, '"one"', '"here"')
    before = desk.mirror_dump()
    desk.json("push", "--no-verify", "--dry-run", expected=3)
    assert desk.mirror_dump() == before
    refused = desk.json("push", "--no-verify", expected=3).json["items"][0]
    assert f"cochat resolve tool/{tool}" in refused["hint"]
    offline = Desk(desk.folder, None)
    (conflict,) = offline.json("status").json["conflicts"]
    assert (conflict["ref"], conflict["parts"]) == (f"tool/{tool}", ["content"])
    assert b'"there"' in desk.path(conflict["theirs"]).read_bytes()
    assert '"there"' in offline.cochat("diff", f"tool/{tool}").out
    offline.json("resolve", f"tool/{tool}", "--theirs")
    assert b'"there"' in desk.path(path).read_bytes()
    assert desk.json("push", "--no-verify").actions == {}


def test_a_push_that_could_be_merged_leaves_what_it_saw(
    server: Server, person: Person, tool: str, path: str, tmp_path: Path
) -> None:
    """Other lines changed there: the push is refused, and a merge needs nobody but me."""
    desk = make_desk(tmp_path, server.url, person.token)
    desk.json("pull", f"tool/{tool}")
    _edit_there(server, tool, ('"two"', '"second"'))
    desk.edit(path, '"one"', '"here"')
    desk.json("push", "--no-verify", expected=3)
    offline = Desk(desk.folder, None)
    assert offline.json("status").json["conflicts"] == []
    assert offline.json("resolve", f"tool/{tool}", "--merge").actions == {f"tool/{tool}": "merge"}
    assert desk.json("push", "--no-verify").actions == {f"tool/{tool}": "update-there"}
    assert '"second"' in _item(server, tool)["content"]
    assert '"here"' in _item(server, tool)["content"]


def test_ours(server: Server, tool: str, path: str, desk: Desk) -> None:
    """Ours stays, offline; the next push sends it over theirs, which stays in the history."""
    assert Desk(desk.folder, None).json("resolve", f"tool/{tool}", "--ours").exit_code == 0
    assert desk.json("status", f"tool/{tool}*").json["conflicts"] == []
    _is_settled(desk)
    assert desk.json("push", "--no-verify").actions == {f"tool/{tool}": "update-there"}
    assert '"here"' in _item(server, tool)["content"]
    bodies = [_body(desk, each["ref"]) for each in desk.json("log", f"tool/{tool}").json["items"]]
    assert any('"there"' in body["content"] for body in bodies)


def test_theirs(tool: str, path: str, desk: Desk) -> None:
    """Theirs replaces ours, which goes to the trash and to the history; then both sides are in step."""
    Desk(desk.folder, None).json("resolve", f"tool/{tool}", "--theirs")
    assert b'"there"' in desk.path(path).read_bytes()
    assert any(b'"here"' in place.read_bytes() for place in desk.folder.glob(f".cochat/trash/*/{path}"))
    bodies = [_body(desk, each["ref"]) for each in desk.json("log", f"tool/{tool}").json["items"]]
    assert any('"here"' in body["content"] for body in bodies)
    _is_settled(desk)
    assert desk.json("pull", f"tool/{tool}").actions == {}
    assert desk.json("status", f"tool/{tool}*").json["items"] == []


def test_merge_says_what_it_cannot(server: Server, tool: str, path: str, desk: Desk) -> None:
    """What can be merged is, what cannot stays ours and in conflict; once edited apart, the merge goes through."""
    _edit_there(server, tool, name="Renamed there")
    desk.json("pull", f"tool/{tool}", expected=3)
    refused = desk.json("resolve", f"tool/{tool}", "--merge", expected=3).json["items"][0]
    assert "content" in refused["error"]
    assert "Renamed there" in desk.path(path).with_suffix(".yaml").read_text()
    (left,) = desk.json("status", f"tool/{tool}*").json["conflicts"]
    assert left["parts"] == ["content"]
    assert '"there"' in _item(server, tool)["content"]
    desk.edit(path, '"here"', '"one"')
    desk.edit(path, "class Tools:", "class Tools:\n    mine = True\n")
    assert desk.json("status", f"tool/{tool}*").json["conflicts"] == []
    assert desk.json("resolve", f"tool/{tool}", "--merge").actions == {f"tool/{tool}": "merge"}
    text = desk.path(path).read_text()
    assert "mine = True" in text
    assert '"second"' in text
    assert desk.json("push", "--no-verify").actions == {f"tool/{tool}": "update-there"}


def test_edit_takes_what_a_person_made(
    server: Server, tool: str, path: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The editor shows markers only where both changed; its result is the file, and the next push sends it."""
    _set_editor(
        monkeypatch,
        desk,
        "assert text.count('<<<<<<<') == 1 and '\"second\"' in text",
        "lines = [each for each in text.splitlines(True) if not each.startswith(('<<<', '|||', '===', '>>>'))]",
        "text = ''.join(line for line in lines if '\"one\"' not in line and '\"there\"' not in line)",
    )
    done = desk.json("resolve", f"tool/{tool}", "--edit")
    assert done.actions == {f"tool/{tool}": "merge"}
    assert desk.path(path).read_text() == SOURCE.replace('"one"', '"here"').replace('"two"', '"second"')
    _is_settled(desk)
    assert any(b'"two"' in place.read_bytes() for place in desk.folder.glob(f".cochat/trash/*/{path}"))
    desk.json("push", "--no-verify")
    assert '"here"' in _item(server, tool)["content"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("pass", "marker is left"),
        ("text = text.replace('<<<<<<< here', '').replace('>>>>>>> there', '')", "marker is left"),
        ("text = 'class Tools:\\n  def broken('", "does not compile"),
        ("sys.exit(3)", "editor ended with 3"),
    ],
)
def test_edit_takes_nothing_unfinished(
    tool: str, path: str, desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str, said: str
) -> None:
    """A marker that is left, a source that does not compile, an editor that failed: the file and the conflict stay."""
    before = desk.files()
    _set_editor(monkeypatch, desk, step)
    done = desk.cochat("resolve", f"tool/{tool}", "--edit", expected=None)
    assert done.exit_code in (1, 3)
    assert said in done.err
    assert desk.files() == before
    assert len(desk.json("status", f"tool/{tool}*").json["conflicts"]) == 1


def test_edit_notices_what_changed_meanwhile(tool: str, path: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that I saved elsewhere while the editor was open is not covered; the edit is kept and named."""
    live = str(desk.path(path))
    _set_editor(monkeypatch, desk, "text = 'class Tools:\\n    pass\\n'", f"Path({live!r}).write_text('other = 1\\n')")
    done = desk.cochat("resolve", f"tool/{tool}", "--edit", expected=3)
    assert "changed meanwhile" in done.err
    assert desk.path(path).read_text() == "other = 1\n"
    assert list(desk.folder.glob(f".cochat/conflicts/edit-*/{path}"))


def test_it_disappears_when_the_sides_agree(server: Server, tool: str, path: str, desk: Desk) -> None:
    """Whoever types the same on both sides has settled it."""
    desk.path(path).write_text(_item(server, tool)["content"])
    assert desk.json("status", f"tool/{tool}*").json["conflicts"] == []
    assert desk.json("pull", f"tool/{tool}").actions == {f"tool/{tool}": "adopt"}
    _is_settled(desk)
    assert desk.json("resolve", f"tool/{tool}", "--ours").json["items"][0]["reason"] == "no conflict"


@pytest.mark.parametrize("how", ["ours", "theirs"])
def test_deleted_there_edited_here(server: Server, tool: str, path: str, desk: Desk, how: str) -> None:
    """A tool that was deleted there while I edited it: ours creates it again, theirs puts mine into the trash."""
    read_json(server.admin.delete(f"/api/v1/tools/id/{tool}/delete"))
    desk.json("status", "--fetch", f"tool/{tool}")
    assert desk.json("resolve", f"tool/{tool}", "--merge", expected=3).json["items"][0]["hint"]
    desk.json("resolve", f"tool/{tool}", f"--{how}")
    assert desk.path(path).exists() is (how == "ours")
    status = desk.json("status", f"tool/{tool}*").actions
    assert status == ({f"tool/{tool}": "create-there"} if how == "ours" else {})


@pytest.mark.parametrize("how", ["ours", "theirs"])
def test_deleted_here_edited_there(tool: str, path: str, desk: Desk, how: str) -> None:
    """A file that I deleted while it was edited there: ours leaves the deletion to a push, theirs brings it back."""
    desk.path(path).unlink()
    desk.json("resolve", f"tool/{tool}", f"--{how}")
    assert desk.path(path).exists() is (how == "theirs")
    assert desk.json("status", f"tool/{tool}*").actions == ({} if how == "theirs" else {f"tool/{tool}": "delete-there"})


def test_several_at_once(server: Server, tool: str, desk: Desk) -> None:
    """Globs settle all that are in conflict, and leave the rest alone; a way to settle must be named."""
    other = f"{tool}_b"
    people = [server.user_person.id]
    form = {"id": other, "name": other, "content": SOURCE, "meta": {"description": ""}}
    form |= server.access(read_users=people, write_users=people)
    read_json(server.admin.post("/api/v1/tools/create", json=form))
    desk.json("pull", f"tool/{other}")
    _edit_there(server, other, ('"one"', '"there"'))
    desk.edit(f"plugins/tools/{other}.py", '"one"', '"here"')
    desk.json("pull", f"tool/{other}", expected=3)
    assert "--ours" in desk.cochat("resolve", f"tool/{tool}*", expected=2).err
    assert len(desk.json("resolve", f"tool/{tool}*", "--theirs").actions) == 2
    assert desk.json("status", f"tool/{tool}*").json["items"] == []
    assert "no conflicts" in desk.cochat("resolve", f"tool/{tool}*", "--theirs").out


def _is_settled(desk: Desk) -> None:
    assert 'INSERT INTO "conflict"' not in desk.mirror_dump()
    assert not list(desk.folder.glob(".cochat/conflicts/**/*.py"))


def _set_editor(monkeypatch: pytest.MonkeyPatch, desk: Desk, *steps: str) -> None:
    """Make an editor that changes `text`, the file's content, by these steps."""
    place = desk.folder.parent / f"editor-{uuid.uuid4().hex[:6]}"
    lines = [f"#!{sys.executable}", "import sys", "from pathlib import Path", "place = Path(sys.argv[1])"]
    lines += ["text = place.read_text()", *steps, "place.write_text(text)"]
    place.write_text("\n".join(lines))
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("EDITOR", str(place))
    monkeypatch.delenv("VISUAL", raising=False)
    assert os.access(place, os.X_OK)


def _body(desk: Desk, ref: str) -> Json:
    return desk.json("show", ref).json["body"]


def _item(server: Server, tool: str) -> Json:
    return read_json(server.admin.get(f"/api/v1/tools/id/{tool}"))


def _edit_there(server: Server, tool: str, *edits: tuple[str, str], **changes: str) -> None:
    item = _item(server, tool)
    form = {each: item[each] for each in ("id", "name", "content", "meta", "access_control") if each in item}
    for old, new in edits:
        assert old in form["content"]
        form["content"] = form["content"].replace(old, new)
    read_json(server.admin.post(f"/api/v1/tools/id/{tool}/update", json={**form, **changes}))
