"""The main road on every server: pull, edit, push, meet another's edit, merge; as admin and as an ordinary user."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.workspace.statcache import read_cache
from tests.contract.stage import make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Json, Server

COUNT = 100
MOST_REQUESTS = 8
PLUGINS = ("--kind", "tool", "--kind", "function")
#: every byte of these must survive: CRLF, trailing blanks, no final newline, letters beyond ASCII
ODD_SOURCE = (
    'class Tools:\r\n    def hi(self) -> str:  \r\n        """Say „grüß dich“ 你好."""\r\n        return "\u2028"'
)


@pytest.fixture(scope="session")
def stocked(server: Server) -> Server:
    """Put a hundred tools and a hundred functions on the server, with every sort of access and switch."""
    for number in range(COUNT):
        access = (server.public(), server.private(), server.access(read_users=[server.user_person.id]))[number % 3]
        meta = {"description": f"Does {number}" if number % 2 else "Something else"}
        form = {"id": f"road_{number}", "name": f"Road {number}", "content": _tool(number), "meta": meta, **access}
        read_json(server.admin.post("/api/v1/tools/create", json=form))
        form = {"id": f"way_{number}", "name": f"Way {number}", "content": _filter(number), "meta": {"description": ""}}
        read_json(server.admin.post("/api/v1/functions/create", json=form))
        for switch in ("/toggle", "/toggle/global")[: number % 3]:
            read_json(server.admin.post(f"/api/v1/functions/id/way_{number}{switch}"))
    odd = {"id": "road_odd", "name": "Odd", "content": ODD_SOURCE, "meta": {"description": ""}, **server.private()}
    read_json(server.admin.post("/api/v1/tools/create", json=odd))
    return server


@pytest.fixture
def desk(stocked: Server, tmp_path: Path) -> Desk:
    """Make an admin's workspace that has pulled."""
    desk = make_desk(tmp_path / "admin", stocked.url, stocked.admin_person.token)
    desk.json("pull")
    return desk


def test_first_pull_takes_few_requests(stocked: Server, tmp_path: Path) -> None:
    """A pull of two hundred plugins into an empty workspace is eight requests at most, asking who is there included."""
    desk = make_desk(tmp_path, stocked.url, stocked.admin_person.token)
    pulled = desk.json("pull", *PLUGINS).json
    assert pulled["requests"] <= MOST_REQUESTS
    assert pulled["counts"]["create-here"] >= 2 * COUNT
    assert desk.path("plugins/tools/road_7.py").read_bytes() == _tool(7).encode()
    assert desk.path("plugins/tools/road_odd.py").read_bytes() == ODD_SOURCE.encode()


def test_the_first_look_after_a_pull_need_not_read_every_file(stocked: Server, tmp_path: Path) -> None:
    """What a pull wrote is known to the stat cache at once."""
    desk = make_desk(tmp_path, stocked.url, stocked.admin_person.token)
    desk.json("pull", *PLUGINS)
    known = read_cache(desk.folder).shelf("plugins/tools").known
    assert {f"road_{number}" for number in range(COUNT)} <= known.keys()


def test_second_pull_changes_no_byte_and_no_row(desk: Desk) -> None:
    """A pull that finds nothing new leaves every file and every row as it was; so does the push after it."""
    before = desk.files(), desk.mirror_dump(), desk.mirror_written_ns()
    again = desk.json("pull")
    assert again.actions == {}
    assert (desk.files(), desk.mirror_dump(), desk.mirror_written_ns()) == before
    pushed = desk.json("push")
    assert (pushed.actions, pushed.json["requests"]) == ({}, 0)
    assert (desk.files(), desk.mirror_dump(), desk.mirror_written_ns()) == before


def test_one_line_edit_is_one_update(stocked: Server, desk: Desk) -> None:
    """A one-line edit changes that tool's source on the server, and nothing else of anything."""
    before = _everything(stocked)
    desk.edit("plugins/tools/road_1.py", "return city", "return city.upper()")
    pushed = desk.json("push", "--no-verify")
    assert pushed.actions == {"tool/road_1": "update-there"}
    after = _everything(stocked)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"tool/road_1"}
    moved = {name for name, value in before["tool/road_1"].items() if after["tool/road_1"][name] != value}
    assert moved <= {"content", "updated_at", "version_id"}
    assert "content" in moved
    assert desk.json("pull").actions == {}
    read_json(stocked.admin.post("/api/v1/tools/id/road_1/update", json=_form(before["tool/road_1"])))


def test_each_field_is_sent_by_itself(stocked: Server, desk: Desk) -> None:
    """Name, description, access and both switches go to the server from the sidecar, and come back equal."""
    desk.path("plugins/tools/road_4.yaml").write_text("name: Better\ndescription: said so\naccess: public\n")
    desk.path("plugins/filters/way_0.yaml").write_text("active: true\nglobal: true\n")
    desk.json("push", "--no-verify")
    there = _everything(stocked)
    assert (there["tool/road_4"]["name"], there["tool/road_4"]["meta"]["description"]) == ("Better", "said so")
    assert (there["function/way_0"]["is_active"], there["function/way_0"]["is_global"]) == (True, True)
    seen = read_json(stocked.user.get("/api/v1/tools/"))
    assert "road_4" in {each["id"] for each in seen}
    assert desk.json("pull").actions == {}
    desk.path("plugins/filters/way_0.yaml").unlink()
    desk.path("plugins/tools/road_4.yaml").write_text("name: Better\ndescription: said so\n")
    desk.json("push", "--no-verify")
    there = _everything(stocked)
    assert (there["function/way_0"]["is_active"], there["function/way_0"]["is_global"]) == (False, False)
    assert "road_4" not in {each["id"] for each in read_json(stocked.user.get("/api/v1/tools/"))}


def test_groups_are_written_by_name(stocked: Server, desk: Desk) -> None:
    """Access for a group is written in the file by the group's name, and reaches the server as its id."""
    group = read_json(
        stocked.admin.post("/api/v1/groups/create", json={"name": f"Team {desk.folder.parent.name}", "description": ""})
    )
    desk.path("plugins/tools/road_10.yaml").write_text(f"access:\n  read: [{group['name']}]\n")
    desk.json("push", "--no-verify")
    there = _everything(stocked)["tool/road_10"]
    granted = there.get("access_grants") or there["access_control"]["read"]["group_ids"]
    assert group["id"] in str(granted)
    fresh = make_desk(desk.folder / "fresh", stocked.url, stocked.admin_person.token)
    fresh.json("pull", "tool/road_10")
    assert group["name"] in fresh.path("plugins/tools/road_10.yaml").read_text()
    assert group["id"] not in fresh.path("plugins/tools/road_10.yaml").read_text()


def test_push_is_refused_when_the_server_moved(stocked: Server, desk: Desk) -> None:
    """A tool that was edited on the server after the pull is not covered: nothing is sent, both changes are named."""
    _edit_there(stocked, "road_2", name="Renamed there")
    desk.edit("plugins/tools/road_2.py", "return city", "return city.lower()")
    before = _everything(stocked)
    refused = desk.json("push", "--no-verify", expected=3)
    assert refused.actions == {"tool/road_2": "conflict"}
    changes = refused.json["items"][0]["changes"]
    assert any(line.startswith("here: content") for line in changes)
    assert any(line.startswith("there: name") and "Renamed there" in line for line in changes)
    assert _everything(stocked) == before
    assert desk.json("pull").actions == {"tool/road_2": "merge"}
    assert desk.json("push", "--no-verify").actions == {"tool/road_2": "update-there"}
    after = _everything(stocked)["tool/road_2"]
    assert after["name"] == "Renamed there"
    assert "city.lower()" in after["content"]


def test_conflict_is_settled_with_either_side(stocked: Server, desk: Desk) -> None:
    """Both sides changed the same line: pull stops with exit 3 and leaves the file; --on-conflict settles it."""
    _edit_there(stocked, "road_3", content=_tool(3).replace("return city", "return 'there'"))
    desk.edit("plugins/tools/road_3.py", "return city", "return 'here'")
    stopped = desk.json("pull", expected=3)
    assert stopped.actions == {"tool/road_3": "conflict"}
    assert b"'here'" in desk.path("plugins/tools/road_3.py").read_bytes()
    desk.json("pull", "tool/road_3", "--on-conflict", "ours")
    desk.json("push", "--no-verify")
    assert "'here'" in _everything(stocked)["tool/road_3"]["content"]
    _edit_there(stocked, "road_3", content=_tool(3).replace("return city", "return 'again'"))
    desk.edit("plugins/tools/road_3.py", "'here'", "'mine'")
    desk.json("pull", "tool/road_3", "--on-conflict", "theirs")
    assert b"'again'" in desk.path("plugins/tools/road_3.py").read_bytes()
    kept = [place.read_bytes() for place in desk.folder.glob(".cochat/trash/*/plugins/tools/road_3.py")]
    assert any(b"'mine'" in content for content in kept)


def test_create_and_delete(stocked: Server, desk: Desk) -> None:
    """A new file is created there; a deleted one is deleted there only when asked to."""
    name = f"fresh_{_digest(desk.folder)}"
    desk.path(f"plugins/tools/{name}.py").write_text(_tool(0), newline="")
    assert desk.json("push", "--no-verify").actions == {f"tool/{name}": "create-there"}
    there = _everything(stocked)[f"tool/{name}"]
    assert there["name"] == "Road 0"
    assert name not in {each["id"] for each in read_json(stocked.user.get("/api/v1/tools/"))}, "new tools are private"
    desk.path(f"plugins/tools/{name}.py").unlink()
    kept = desk.json("push", "--no-verify")
    assert (kept.actions, kept.json["requests"]) == ({}, 0)
    assert f"tool/{name}" in _everything(stocked)
    assert desk.json("push", "--no-verify", "--delete").actions == {f"tool/{name}": "delete-there"}
    assert f"tool/{name}" not in _everything(stocked)


def test_deleted_there_goes_to_the_trash_here(stocked: Server, desk: Desk) -> None:
    """What was deleted on the server is moved to the trash here; with an edit here it is a conflict and stays."""
    for name in ("gone_plain", "gone_edited"):
        form = {"id": name, "name": name, "content": _tool(0), "meta": {"description": ""}}
        stocked.admin.post("/api/v1/tools/create", json=form)
    desk.json("pull")
    desk.edit("plugins/tools/gone_edited.py", "return city", "return city * 2")
    for name in ("gone_plain", "gone_edited"):
        stocked.admin.delete(f"/api/v1/tools/id/{name}/delete")
    pulled = desk.json("pull", expected=3)
    assert pulled.actions == {"tool/gone_plain": "delete-here", "tool/gone_edited": "conflict"}
    assert not desk.path("plugins/tools/gone_plain.py").exists()
    assert list(desk.folder.glob(".cochat/trash/*/plugins/tools/gone_plain.py"))
    assert desk.path("plugins/tools/gone_edited.py").exists()


def test_changed_type_moves_the_file(stocked: Server, desk: Desk) -> None:
    """A filter that became a pipe on the server moves to the other folder with its sidecar; an edited one stays."""
    pipe = "class Pipe:\n    def pipe(self, body: dict) -> str:\n        return ''\n"
    for name in ("turns", "turns_edited"):
        form = {"id": name, "name": name, "content": _filter(0), "meta": {"description": "said"}}
        stocked.admin.post("/api/v1/functions/create", json=form)
    desk.json("pull", "function/turns*")
    desk.edit("plugins/filters/turns_edited.py", "return body", "return {**body}")
    for name in ("turns", "turns_edited"):
        form = {"id": name, "name": name, "content": pipe, "meta": {"description": "said"}}
        read_json(stocked.admin.post(f"/api/v1/functions/id/{name}/update", json=form))
    desk.json("pull", "function/turns*", expected=3)
    assert desk.path("plugins/pipes/turns.py").read_text() == pipe
    assert desk.path("plugins/pipes/turns.yaml").exists()
    assert not list(desk.folder.glob("plugins/filters/turns.*"))
    assert "{**body}" in desk.path("plugins/filters/turns_edited.py").read_text()
    assert [each["ref"] for each in desk.json("status", "function/turns*").json["items"]] == ["filter/turns_edited"]
    for name in ("turns", "turns_edited"):
        read_json(stocked.admin.delete(f"/api/v1/functions/id/{name}/delete"))


def test_refused_plugin_leaves_the_live_one_running(stocked: Server, desk: Desk) -> None:
    """A source that the server cannot load is refused with its reason, and a live function stays switched on."""
    read_json(stocked.admin.post("/api/v1/functions/id/way_3/toggle"))
    desk.json("pull")
    desk.edit("plugins/filters/way_3.py", "class Filter", "raise ValueError('broken on purpose')\nclass Filter")
    failed = desk.json("push", "--no-verify", expected=4)
    assert "broken on purpose" in failed.json["items"][0]["error"]
    there = _everything(stocked)["function/way_3"]
    assert there["is_active"] is True
    assert "broken on purpose" not in there["content"]
    read_json(stocked.admin.post("/api/v1/functions/id/way_3/toggle"))


def test_ordinary_user_gets_what_may_be_read(stocked: Server, tmp_path: Path) -> None:
    """An ordinary user pulls what may be read; the rest is unavailable, makes no file, no change and no error."""
    desk = make_desk(tmp_path, stocked.url, stocked.user_person.token)
    desk.json("pull")
    files, rows = desk.files(), desk.mirror_dump()
    assert desk.json("pull").actions.keys() == {f"{each}" for each in desk.json("status").json["unavailable"]}
    assert (desk.files(), desk.mirror_dump()) == (files, rows)
    status = desk.json("status").json
    assert status["items"] == []
    assert "filter/way_1" in status["unavailable"]
    shows_source = stocked.generation == "0.6"
    assert desk.path("plugins/tools/road_5.py").exists() is shows_source
    assert not desk.path("plugins/tools/road_7.py").exists(), "a private tool of somebody else"
    assert not list(desk.folder.glob("plugins/filters/*"))


def test_read_only_is_said_when_pushed(stocked: Server, tmp_path: Path) -> None:
    """What one may read and not write is pulled, and a push of it says who could help; nothing changes there."""
    desk = make_desk(tmp_path, stocked.url, stocked.user_person.token)
    desk.json("pull")
    path = desk.path("plugins/tools/road_5.py")
    if stocked.generation == "0.12":
        path.write_text(_tool(5))
    else:
        desk.edit("plugins/tools/road_5.py", "return city", "return city + '!'")
    before = _everything(stocked)
    failed = desk.json("push", "--no-verify", expected=4).json["items"][0]
    assert failed["action"] == "failed"
    assert failed["hint"]
    assert _everything(stocked) == before


def test_what_i_sent_before_the_first_pull_is_known_to_have_been_there(stocked: Server, tmp_path: Path) -> None:
    """Sent from a new workspace, then deleted there: the first pull says so, and nothing is left unsettled."""
    desk, slug = make_desk(tmp_path, stocked.url, stocked.admin_person.token), make_id()
    place = desk.path(f"plugins/tools/{slug}.py")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(_tool(0))
    desk.json("push", "--no-verify")
    read_json(stocked.admin.delete(f"/api/v1/tools/id/{slug}/delete"))
    assert desk.json("pull", f"tool/{slug}").actions == {f"tool/{slug}": "delete-here"}
    assert not place.exists()
    assert list(desk.path(".cochat/trash").rglob(f"{slug}.py"))


def test_lost_rights_delete_nothing(stocked: Server, tmp_path: Path) -> None:
    """A token that loses its rights between two pulls: no file and no base is lost, and the status says so."""
    person = stocked.add_person(role="admin")
    desk = make_desk(tmp_path, stocked.url, person.token)
    desk.json("pull")
    files = desk.files()
    _set_role(stocked, person.id, person.email, person.name, "user")
    pulled = desk.json("pull", expected=None)
    assert pulled.exit_code == 0, pulled
    assert desk.files() == files
    status = desk.json("status").json
    assert "filter/way_1" in status["unavailable"]
    assert {"tool/road_1", "tool/road_odd"} <= {*status["invisible"], *status["unavailable"]}
    assert desk.json("pull").json["counts"].get("delete-here") is None
    assert desk.files() == files
    _set_role(stocked, person.id, person.email, person.name, "admin")
    desk.json("pull")
    assert desk.files() == files
    assert desk.json("status").json["invisible"] == []


def test_api_key_works_as_a_token_does(stocked: Server, tmp_path: Path) -> None:
    """An API key pulls and pushes as the session's token does."""
    key = read_json(stocked.admin.post("/api/v1/auths/api_key"))["api_key"]
    desk = make_desk(tmp_path, stocked.url, key)
    assert desk.json("whoami").json["email"] == stocked.admin_person.email
    pulled = desk.json("pull", *PLUGINS).json
    assert pulled["requests"] <= MOST_REQUESTS + 1
    assert key not in desk.mirror_dump()


def test_dead_tokens_are_told_from_missing_rights(stocked: Server, tmp_path: Path) -> None:
    """A bad token and no token at all are exit 4 or 2 with a hint to sign in; nothing is pulled or lost."""
    for token in ("eyJhbGciOiJIUzI1NiJ9.eyJpZCI6ICJ4In0.c2lnbmF0dXJl", "sk-00000000000000000000000000000000"):
        desk = make_desk(tmp_path / _digest(token), stocked.url, token)
        refused = desk.cochat("pull", expected=4)
        assert "cochat login" in refused.err
        assert token not in refused.err + refused.out
    nobody = Desk(tmp_path / _digest(token), None)
    assert "cochat login" in nobody.cochat("pull", expected=2).err


def _tool(number: int) -> str:
    return (
        f'"""\ntitle: Road {number}\nauthor: somebody\nversion: 0.1.0\ndescription: Does {number}\n"""\n\n'
        "class Tools:\n    async def run(self, city: str) -> str:\n"
        '        """\n        Run it.\n        :param city: a city\n        """\n        return city\n'
    )


def _filter(number: int) -> str:
    head = f'"""\ntitle: Way {number}\n"""\n\n'
    return f"{head}class Filter:\n    def inlet(self, body: dict) -> dict:\n        return body\n"


def _everything(server: Server) -> dict[str, Json]:
    tools = read_json(server.admin.get("/api/v1/tools/export"))
    functions = read_json(server.admin.get("/api/v1/functions/export"))
    return {f"tool/{each['id']}": each for each in tools} | {f"function/{each['id']}": each for each in functions}


def _form(item: Json) -> Json:
    return {name: item[name] for name in ("id", "name", "content", "meta", "access_control") if name in item}


def _edit_there(server: Server, tool_id: str, **changes: str) -> None:
    item = read_json(server.admin.get(f"/api/v1/tools/id/{tool_id}"))
    read_json(server.admin.post(f"/api/v1/tools/id/{tool_id}/update", json={**_form(item), **changes}))


def _set_role(server: Server, person_id: str, email: str, name: str, role: str) -> None:
    form = {"role": role, "name": name, "email": email, "profile_image_url": "/user.png"}
    read_json(server.admin.post(f"/api/v1/users/{person_id}/update", json=form))


def _digest(value: object) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()[:8]
