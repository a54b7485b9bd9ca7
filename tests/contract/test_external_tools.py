"""Tools of other servers: listed beside a server's own, mirrored when asked for, and never written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.stage import make_id, read_json, refusal
from tests.desk import make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.stage import Json, Server

PATH = "/api/v1/configs/tool_servers"
CONNECTIONS = "TOOL_SERVER_CONNECTIONS"
SECRET = "canary-of-a-tool-server"
EVERYBODY = [{"principal_type": "user", "principal_id": "*", "permission": "read"}]
FIELDS = {"id", "user_id", "name", "meta", "updated_at", "created_at", "user"}


def mcp(id_: str, *, is_on: bool = True, grants: list[Json] | None = None) -> dict[str, Json]:
    """Make the form of a connection to an MCP server."""
    return {
        "url": "http://127.0.0.1:1/mcp",
        "path": "",
        "type": "mcp",
        "auth_type": "bearer",
        "headers": None,
        "key": SECRET,
        "config": {"enable": is_on, "access_grants": grants or []},
        "info": {"id": id_, "name": f"Name of {id_}", "description": "It rains"},
    }


@pytest.fixture
def connected(server: Server) -> Iterator[dict[str, str]]:
    """Connect three MCP servers: for admins, for everybody, and one that is switched off; their tools by name."""
    ids = {word: make_id() for word in ("own", "shared", "off")}
    connections = [mcp(ids["own"]), mcp(ids["shared"], grants=EVERYBODY), mcp(ids["off"], is_on=False)]
    read_json(server.admin.post(PATH, json={CONNECTIONS: connections}))
    yield {word: f"server:mcp:{id_}" for word, id_ in ids.items()}
    read_json(server.admin.post(PATH, json={CONNECTIONS: []}))


def listed(client: Json) -> dict[str, Json]:
    return {each["id"]: each for each in read_json(client.get("/api/v1/tools/")) if each["id"].startswith("server:")}


def test_the_connections_are_the_administrators(server: Server, connected: dict[str, str]) -> None:
    """What is set is told with its secrets, to admins alone."""
    told = read_json(server.admin.get(PATH))[CONNECTIONS]
    assert [each["info"]["id"] for each in told] == [each.removeprefix("server:mcp:") for each in connected.values()]
    assert {each["key"] for each in told} == {SECRET}
    assert server.user.get(PATH).status_code == 401
    assert server.admin.post(PATH, json={CONNECTIONS: [{"url": "u", "path": "p"}]}).status_code == 422


def test_their_tools_are_listed_and_nowhere_else(server: Server, connected: dict[str, str]) -> None:
    """They have an id that says where they are from, no source, and a time that is always now."""
    found = listed(server.admin)
    on = [connected["own"], connected["shared"]]
    assert list(found) == ([*connected.values()] if server.generation == "0.6" else on)
    one = found[connected["own"]]
    access = "access_control" if server.generation == "0.6" else "access_grants"
    versions = set() if server.generation == "0.6" else {"version_id"}
    assert set(one) == FIELDS | versions | {access}
    assert (one["user_id"], one["meta"]["description"]) == (one["id"], "It rains")
    assert one["id"] not in server.admin.get("/api/v1/tools/export").text
    assert refusal(server.admin.get(f"/api/v1/tools/id/{one['id']}"))[0] in (401, 404)


def test_who_sees_them(server: Server, connected: dict[str, str]) -> None:
    """On 0.12 those to whom the connection is given; on 0.6, without a list of its own, everybody."""
    seen = set(listed(server.user))
    assert seen == ({*connected.values()} if server.generation == "0.6" else {connected["shared"]})


@pytest.mark.parametrize("who", ["admin", "user"])
def test_they_are_mirrored_when_asked_for(server: Server, connected: dict[str, str], tmp_path: Path, who: str) -> None:
    """A pull brings no file of them; asked for, they are in the mirror, without secrets, and never written."""
    person = server.admin_person if who == "admin" else server.user_person
    desk = make_desk(tmp_path, server.url, person.token)
    desk.json("pull")
    assert not any("server:" in name or "external" in name for name in desk.files())
    desk.json("pull", "--kind", "external-tool")
    assert desk.json("pull", "--kind", "external-tool").actions == {}
    shown = {each["ref"]: each for each in desk.json("ls", "external-tool/*").json["items"]}
    assert f"external-tool/{connected['shared']}" in shown
    assert "It rains" in desk.cochat("show", f"external-tool/{connected['shared']}").out
    assert SECRET not in desk.mirror_dump()
    pushed = desk.json("push")
    assert (pushed.actions, pushed.json["requests"]) == ({}, 0)
    assert desk.json("status").json["items"] == []


def test_the_mirrored_settings_hide_their_keys(server: Server, connected: dict[str, str], tmp_path: Path) -> None:
    """The platform's configuration names the connections, and not what opens them."""
    assert connected
    desk = make_desk(tmp_path, server.url, server.admin_person.token)
    desk.json("pull", "--kind", "config")
    shown = desk.cochat("show", "config/platform", "--json").out
    assert "127.0.0.1:1/mcp" in shown
    assert SECRET not in shown + desk.mirror_dump()
