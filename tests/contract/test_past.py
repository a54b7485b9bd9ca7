"""The past on every server: what was seen is kept, numbered, compared and brought back; deleted things, too."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.contract.stage import read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Json, Person, Server

SOURCE = '''"""
title: Past
"""


class Tools:
    def one(self) -> str:
        """Say one."""
        return "one"
'''


@pytest.fixture
def tool(server: Server) -> str:
    """Put a tool on the server that the ordinary user may write."""
    name = f"past_{uuid.uuid4().hex[:8]}"
    people = [server.user_person.id]
    form = {"id": name, "name": name, "content": SOURCE, "meta": {"description": ""}}
    form |= server.access(read_users=people, write_users=people)
    read_json(server.admin.post("/api/v1/tools/create", json=form))
    return name


@pytest.fixture
def desk(server: Server, person: Person, tool: str, tmp_path: Path) -> Desk:
    """Make a workspace that has pulled the tool."""
    desk = make_desk(tmp_path, server.url, person.token)
    desk.json("pull", f"tool/{tool}")
    return desk


def test_every_body_is_kept_once(server: Server, tool: str, desk: Desk) -> None:
    """Pulled, pushed, and the edit that theirs replaced: each is an entry, newest first; a no-op pull adds none."""
    path = f"plugins/tools/{tool}.py"
    desk.edit(path, '"one"', '"pushed"')
    desk.json("push", "--no-verify")
    _edit_there(server, tool, '"pushed"', '"theirs"')
    desk.edit(path, '"pushed"', '"mine"')
    desk.json("pull", f"tool/{tool}", "--on-conflict", "theirs")
    desk.json("pull", f"tool/{tool}")
    items = _log(desk, tool)
    assert [each["ref"] for each in items] == [f"tool/{tool}@{number}" for number in range(1, len(items) + 1)]
    said = [(each["origin"], _body(desk, each["ref"])["content"].count('"mine"')) for each in items]
    assert said == [("there", 0), ("here", 1), ("there", 0), ("there", 0)]
    assert items[0]["changes"] == ["content: +1 -1 lines"]
    assert items[-1]["changes"] == ["first seen"]
    assert len(_log(desk, tool, "-n", "2")) == 2


def test_any_two_are_compared(tool: str, desk: Desk) -> None:
    """An entry is compared with the file, or with another entry."""
    path = f"plugins/tools/{tool}.py"
    for old, new in (("one", "two"), ("two", "three")):
        desk.edit(path, f'"{old}"', f'"{new}"')
        desk.json("push", "--no-verify")
    desk.edit(path, '"three"', '"now"')
    assert _moved(desk.json("diff", f"tool/{tool}@1")) == ['-        return "three"', '+        return "now"']
    assert _moved(desk.json("diff", f"tool/{tool}@3..@2")) == ['-        return "one"', '+        return "two"']
    assert "no @9" in desk.cochat("diff", f"tool/{tool}@9", expected=2).err


def test_a_version_comes_back_and_is_pushed(server: Server, tool: str, desk: Desk) -> None:
    """An old version is laid into the file, byte for byte; what was there is kept; the push sends it."""
    path = f"plugins/tools/{tool}.py"
    first = desk.path(path).read_bytes()
    desk.edit(path, '"one"', '"two"')
    desk.json("push", "--no-verify")
    desk.edit(path, '"two"', '"unsent"')
    restored = desk.json("restore", f"tool/{tool}@2")
    assert restored.actions == {f"tool/{tool}": "update-here"}
    assert desk.path(path).read_bytes() == first
    assert any(b'"unsent"' in place.read_bytes() for place in desk.folder.glob(f".cochat/trash/*/{path}"))
    assert '"unsent"' in _body(desk, f"tool/{tool}@1")["content"]
    assert desk.json("push", "--no-verify").actions == {f"tool/{tool}": "update-there"}
    assert '"one"' in _item(server, tool)["content"]
    assert desk.json("restore", f"tool/{tool}@1").actions == {}


def test_what_was_deleted_comes_back(server: Server, desk: Desk, tool: str) -> None:
    """A tool that somebody deleted on the server keeps its past here, and is created again from it."""
    read_json(server.admin.delete(f"/api/v1/tools/id/{tool}/delete"))
    desk.json("pull", f"tool/{tool}")
    assert not desk.path(f"plugins/tools/{tool}.py").exists()
    items = _log(desk, tool)
    assert [each["is_gone"] for each in items] == [True, False]
    assert "was gone" in desk.cochat("restore", f"tool/{tool}@1", expected=2).err
    assert desk.json("restore", f"tool/{tool}@2").actions == {f"tool/{tool}": "create-here"}
    assert desk.path(f"plugins/tools/{tool}.py").read_text() == SOURCE
    assert desk.json("status", f"tool/{tool}*").actions == {f"tool/{tool}": "create-there"}


@pytest.mark.generation("0.12")
def test_the_servers_own_history_is_taken_in_once(server: Server, tool: str, desk: Desk) -> None:
    """Versions from before the first pull come in, in the order of their descent, with their messages; once."""
    name = f"{tool}_old"
    people = [server.user_person.id]
    form = {"id": name, "name": name, "content": SOURCE, "meta": {"description": ""}}
    form |= server.access(read_users=people, write_users=people)
    read_json(server.admin.post("/api/v1/tools/create", json={**form, "commit_message": "v0"}))
    for number in range(1, 25):
        source = SOURCE.replace('"one"', f'"v{number}"')
        update = {**form, "content": source, "commit_message": f"v{number}"}
        read_json(server.admin.post(f"/api/v1/tools/id/{name}/update", json=update))
    desk.json("pull", f"tool/{name}")
    items = desk.json("log", f"tool/{name}", "--fetch").json["items"]
    assert [each["message"] for each in items] == [f"v{number}" for number in range(24, -1, -1)]
    assert [each["origin"] for each in items] == ["there", *["their history"] * 24]
    assert [each["changes"] for each in items[:-1]] == [["content: +1 -1 lines"]] * 24
    assert _moved(desk.json("diff", f"tool/{name}@25")) == ['-        return "one"', '+        return "v24"']
    dump = desk.mirror_dump()
    again = desk.json("log", f"tool/{name}", "--fetch").json
    assert again["items"] == items
    assert desk.mirror_dump() == dump
    assert desk.json("restore", f"tool/{name}@25").actions == {f"tool/{name}": "update-here"}
    assert desk.path(f"plugins/tools/{name}.py").read_text() == SOURCE
    before = _item(server, name)
    assert desk.json("push", f"tool/{name}", "--no-verify").actions == {f"tool/{name}": "update-there"}
    assert _item(server, name).get("access_grants") == before.get("access_grants"), "a snapshot says nothing of access"


@pytest.mark.generation("0.12")
def test_what_happened_between_two_pulls_is_told_between_them(server: Server, tool: str, desk: Desk) -> None:
    """A version that came and went between two pulls stands between them, all within one second."""
    for old, new in (("one", "two"), ("two", "three"), ("three", "four")):
        _edit_there(server, tool, f'"{old}"', f'"{new}"')
    desk.json("pull", f"tool/{tool}")
    items = desk.json("log", f"tool/{tool}", "--fetch").json["items"]
    contents = [_body(desk, each["ref"])["content"].split('return "')[1].partition('"')[0] for each in items]
    assert contents == ["four", "three", "two", "one"]
    assert [each["origin"] for each in items] == ["there", "their history", "their history", "there"]
    assert [each["changes"] for each in items[:-1]] == [["content: +1 -1 lines"]] * 3


@pytest.mark.generation("0.12")
def test_a_version_that_was_told_and_then_pulled_is_one(server: Server, tool: str, desk: Desk) -> None:
    """What the server's history told in part, and a later pull as a whole, is one entry, with its message."""
    _edit_there(server, tool, '"one"', '"two"', commit_message="say two")
    told = desk.json("log", f"tool/{tool}", "--fetch").json["items"]
    assert [(each["origin"], each["message"]) for each in told] == [("their history", "say two"), ("there", None)]
    desk.json("pull", f"tool/{tool}")
    items = _log(desk, tool)
    assert [(each["origin"], each["message"]) for each in items] == [("there", "say two"), ("there", None)]
    assert "access" in _body(desk, f"tool/{tool}@1")


@pytest.mark.generation("0.12")
def test_the_history_of_a_prompt(server: Server, tmp_path: Path) -> None:
    """A prompt, whose pages count from zero and whose id the server makes, has its history, lock and way back, too."""
    command = f"past-{uuid.uuid4().hex[:8]}"
    form = {"command": command, "name": "Past", "content": "one", "access_grants": []}
    made = read_json(server.admin.post("/api/v1/prompts/create", json=form))
    for text in ("two", "three"):
        update = {**form, "content": text, "commit_message": text}
        read_json(server.admin.post(f"/api/v1/prompts/id/{made['id']}/update", json=update))
    desk = make_desk(tmp_path, server.url, server.admin_person.token)
    desk.json("pull", f"prompt/{command}")
    assert f" prompt/{command} id={made['id']} " in desk.path("cochat.lock").read_text()
    items = desk.json("log", f"prompt/{command}", "--fetch").json["items"]
    assert [each["origin"] for each in items] == ["there", "their history", "their history"]
    assert {each["message"] for each in items} >= {"two", "three"}
    assert desk.json("log", f"prompt/{command}", "--fetch").json["items"] == items
    old = {_body(desk, each["ref"])["content"]: each["ref"] for each in items}
    assert set(old) == {"one", "two", "three"}
    desk.json("restore", old["one"])
    assert desk.json("push", f"prompt/{command}", "--no-verify").actions == {f"prompt/{command}": "update-there"}
    assert read_json(server.admin.get(f"/api/v1/prompts/id/{made['id']}"))["content"] == "one"


@pytest.mark.generation("0.6")
def test_a_server_without_history_says_so(tool: str, desk: Desk) -> None:
    """Where the server keeps none, that is said, and the local log is still there."""
    assert "keeps no history" in desk.cochat("log", f"tool/{tool}", "--fetch", expected=4).err
    assert len(_log(desk, tool)) == 1


def _log(desk: Desk, tool: str, *words: str) -> list[Json]:
    found: list[Json] = Desk(desk.folder, None).json("log", f"tool/{tool}", *words).json["items"]
    return found


def _body(desk: Desk, ref: str) -> Json:
    return Desk(desk.folder, None).json("show", ref).json["body"]


def _moved(done: Json) -> list[str]:
    lines = done.json["items"][0]["diff"]
    return [line for line in lines if line[:1] in "+-" and not line.startswith(("---", "+++"))]


def _item(server: Server, tool: str) -> Json:
    return read_json(server.admin.get(f"/api/v1/tools/id/{tool}"))


def _edit_there(server: Server, tool: str, old: str, new: str, **more: str) -> None:
    item = _item(server, tool)
    assert old in item["content"]
    form = {each: item[each] for each in ("id", "name", "content", "meta", "access_control") if each in item}
    form["content"] = item["content"].replace(old, new)
    read_json(server.admin.post(f"/api/v1/tools/id/{tool}/update", json=form | more))
