"""A sidecar's `priority:` is the stored value that orders filters, and the only valve that is ever mirrored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.stage import FUNCTIONS, create_plugin, make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server

#: the requests that find out what the server is, and who we are
SIGN_IN = {"0.12": 3, "0.6": 5}
CANARIES = [f"canary-{number:02d}-5e1f" for number in range(12)]
SOURCE = """from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: int = 0
        api_key: str = ""
        headers: dict = {}
        count: int = 3

    def __init__(self):
        self.valves = self.Valves()

    def inlet(self, body):
        return body
"""
BARE = "class Filter:\n    def inlet(self, body):\n        return body\n"


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    """Make an admin's workspace."""
    return make_desk(tmp_path / "desk", server.url, server.admin_person.token)


def stored(server, plugin_id):
    return read_json(server.admin.get(FUNCTIONS.url(plugin_id, "/valves")))


def store(server, plugin_id, **values):
    read_json(server.admin.post(FUNCTIONS.url(plugin_id, "/valves/update"), json=values))


def test_priority_is_pulled_in_bulk_and_nothing_else_of_the_valves(server, desk):
    """A pull brings the priority of each filter, in no request more, and no other value reaches anything."""
    made = [create_plugin(server.admin, FUNCTIONS, source=SOURCE)["id"] for _ in range(4)]
    before = make_desk(desk.folder.parent / "before", server.url, server.admin_person.token).json("pull").json
    for number, each in enumerate(made):
        keys = CANARIES[number * 3 : number * 3 + 3]
        store(server, each, priority=number + 1, api_key=keys[0], headers={keys[1]: keys[2]}, count=9)
    pulled = desk.cochat("pull", "--json", "-v")
    for number, each in enumerate(made):
        assert desk.path(f"plugins/filters/{each}.yaml").read_text().splitlines().count(f"priority: {number + 1}") == 1
    assert Desk.json(desk, "pull").actions == {}
    everything = b"".join(desk.files().values()).decode(errors="replace") + desk.mirror_dump()
    raw = b"".join(place.read_bytes() for place in desk.folder.rglob("*") if place.is_file())
    for canary in CANARIES:
        assert canary not in everything
        assert canary.encode() not in raw
        assert canary not in pulled.out + pulled.err
    assert f'"requests": {before["requests"]}' in pulled.out


def test_priority_is_pushed_beside_the_other_values(server, desk):
    """A line in the sidecar becomes the stored value; the others stay; a second push has nothing to do."""
    plugin_id = create_plugin(server.admin, FUNCTIONS, source=SOURCE)["id"]
    store(server, plugin_id, api_key=CANARIES[0], count=9)
    desk.json("pull")
    sidecar = desk.path(f"plugins/filters/{plugin_id}.yaml")
    plain = sidecar.read_text() if sidecar.exists() else ""
    sidecar.write_text(plain + "priority: 7\n")
    alone = desk.json("push", f"filter/{plugin_id}", "--no-verify")
    assert alone.actions == {f"filter/{plugin_id}": "update-there"}
    assert stored(server, plugin_id) == {"api_key": CANARIES[0], "count": 9, "priority": 7}
    assert desk.json("push", "--no-verify").actions == {}
    assert desk.json("pull").actions == {}
    sidecar.write_text(plain or "{}\n")
    desk.json("push", f"filter/{plugin_id}", "--no-verify")
    assert stored(server, plugin_id) == {"api_key": CANARIES[0], "count": 9}
    assert desk.json("pull").actions == {}


def test_a_new_filter_has_its_priority_at_once(server, desk):
    """A filter is created with source, switches and priority in one push."""
    plugin_id = make_id()
    desk.path(f"plugins/filters/{plugin_id}.py").write_text(SOURCE)
    desk.path(f"plugins/filters/{plugin_id}.yaml").write_text("active: true\npriority: -2\n")
    desk.json("push", f"filter/{plugin_id}", "--no-verify")
    assert stored(server, plugin_id) == {"priority": -2}
    assert desk.json("pull").actions == {} or f"filter/{plugin_id}" not in desk.json("pull").actions
    assert desk.json("push", "--no-verify").actions == {}


def test_priority_moved_on_the_server_is_a_change_there(server, desk):
    """Somebody who sets another priority in the browser is not overwritten: the push is refused with exit 3."""
    plugin_id = create_plugin(server.admin, FUNCTIONS, source=SOURCE)["id"]
    store(server, plugin_id, priority=1)
    desk.json("pull")
    store(server, plugin_id, priority=5)
    desk.edit(f"plugins/filters/{plugin_id}.yaml", "priority: 1", "priority: 2")
    done = desk.json("push", f"filter/{plugin_id}", "--no-verify", expected=3)
    assert done.actions == {f"filter/{plugin_id}": "conflict"}
    assert stored(server, plugin_id) == {"priority": 5}


@pytest.mark.parametrize("source", [BARE, SOURCE.replace("        priority: int = 0\n", "")])
def test_a_filter_that_takes_no_priority_is_told(server, desk, source):
    """Where Valves has no such field the push says so, exit 4, and the other values stay."""
    plugin_id = create_plugin(server.admin, FUNCTIONS, source=source)["id"]
    if source is not BARE:
        store(server, plugin_id, count=9)
    desk.json("pull")
    sidecar = desk.path(f"plugins/filters/{plugin_id}.yaml")
    sidecar.write_text((sidecar.read_text() if sidecar.exists() else "") + "priority: 7\n")
    done = desk.cochat("push", f"filter/{plugin_id}", "--no-verify", expected=4)
    assert "its Valves have no field priority" in done.err
    assert stored(server, plugin_id) == ({} if source is BARE else {"count": 9})


@pytest.mark.parametrize(("edits", "most"), [(("priority",), 4), (("source",), 3), (("source", "priority"), 5)])
def test_requests_of_a_priority(server, desk, edits, most):
    """Priority alone is one read and three for valves; a source alone never asks for valves; together they are five."""
    plugin_id = create_plugin(server.admin, FUNCTIONS, source=SOURCE)["id"]
    desk.json("pull")
    idle = desk.json("whoami") and desk.json("pull", f"filter/{plugin_id}")
    assert idle.actions == {}
    if "priority" in edits:
        sidecar = desk.path(f"plugins/filters/{plugin_id}.yaml")
        sidecar.write_text((sidecar.read_text() if sidecar.exists() else "") + "priority: 7\n")
    if "source" in edits:
        desk.edit(f"plugins/filters/{plugin_id}.py", "return body", "return dict(body)")
    done = desk.json("push", f"filter/{plugin_id}", "--no-verify").json
    # CoChat is told from plain 0.6 by one question, and plain 0.6 is asked it twice
    sign_in = SIGN_IN[server.generation] - (server.flavor == "cochat")
    assert done["requests"] - sign_in <= most


def test_a_priority_without_a_valve_is_told_before_anything_is_sent(server, desk):
    """The server would refuse the value after it took the source; the check knows it first."""
    plugin_id = make_id()
    desk.path(f"plugins/filters/{plugin_id}.py").write_text(BARE)
    desk.path(f"plugins/filters/{plugin_id}.yaml").write_text("priority: 3\n")
    told = desk.json("push", f"filter/{plugin_id}", expected=1).json
    assert [each["code"] for each in told["findings"] if each["severity"] == "error"] == ["CC207"]
    assert server.admin.get(f"/api/v1/functions/id/{plugin_id}").status_code != 200


def test_priority_moved_while_a_source_is_pushed_is_a_conflict(server, desk):
    """The source goes, the priority that somebody set meanwhile stays, and the next pull has both to decide about."""
    plugin_id = create_plugin(server.admin, FUNCTIONS, source=SOURCE)["id"]
    store(server, plugin_id, priority=1)
    desk.json("pull")
    store(server, plugin_id, priority=5)
    desk.edit(f"plugins/filters/{plugin_id}.yaml", "priority: 1", "priority: 2")
    desk.edit(f"plugins/filters/{plugin_id}.py", "return body", "return dict(body)")
    done = desk.json("push", f"filter/{plugin_id}", "--no-verify", expected=3)
    assert done.actions == {f"filter/{plugin_id}": "conflict"}
    assert stored(server, plugin_id) == {"priority": 5}
    assert desk.json("pull", f"filter/{plugin_id}", expected=3).actions == {f"filter/{plugin_id}": "conflict"}
    assert "priority: 2" in desk.path(f"plugins/filters/{plugin_id}.yaml").read_text()
    assert desk.json("push", f"filter/{plugin_id}", "--no-verify", expected=3).exit_code == 3
    assert stored(server, plugin_id) == {"priority": 5}
    desk.json("resolve", f"filter/{plugin_id}", "--ours")
    desk.json("push", f"filter/{plugin_id}", "--no-verify")
    assert stored(server, plugin_id) == {"priority": 2}


def test_a_priority_takes_no_other_value_away(server, desk):
    """A valve gets another name in the source: what is stored under the old one is nobody's to throw away but mine."""
    plugin_id = create_plugin(server.admin, FUNCTIONS, source=SOURCE)["id"]
    store(server, plugin_id, api_key=CANARIES[0], priority=1)
    desk.json("pull")
    desk.edit(f"plugins/filters/{plugin_id}.yaml", "priority: 1", "priority: 2")
    desk.edit(f"plugins/filters/{plugin_id}.py", "api_key", "service_key")
    for _ in range(2):
        told = desk.cochat("push", f"filter/{plugin_id}", "--no-verify", expected=4)
        assert "would take away api_key" in told.err
        assert CANARIES[0] not in told.err + told.out
        assert stored(server, plugin_id) == {"api_key": CANARIES[0], "priority": 1}
    assert "service_key" in read_json(server.admin.get(FUNCTIONS.url(plugin_id)))["content"]
    desk.json("valves", f"filter/{plugin_id}", "unset", "api_key")
    desk.json("push", f"filter/{plugin_id}", "--no-verify")
    assert stored(server, plugin_id) == {"priority": 2}


@pytest.mark.parametrize("moment", ["/valves/spec", ""])
def test_a_key_that_a_colleague_sets_meanwhile_stays(server, onlooker, tmp_path, moment):
    """Whether they set it while I plan or while the schema is told: I send my priority, and their key with it."""
    desk = make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)
    plugin_id = create_plugin(server.admin, FUNCTIONS, source=SOURCE)["id"]
    store(server, plugin_id, api_key=CANARIES[0], priority=1)
    desk.json("pull")
    desk.edit(f"plugins/filters/{plugin_id}.yaml", "priority: 1", "priority: 2")

    def set_key() -> None:
        store(server, plugin_id, api_key=CANARIES[1], priority=1)

    onlooker.before("GET", FUNCTIONS.url(plugin_id, moment), set_key)
    desk.json("push", f"filter/{plugin_id}", "--no-verify")
    assert stored(server, plugin_id) == {"api_key": CANARIES[1], "priority": 2}


def test_a_priority_that_a_colleague_sets_meanwhile_is_a_conflict(server, onlooker, tmp_path):
    """Mine is not sent over theirs."""
    desk = make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)
    plugin_id = create_plugin(server.admin, FUNCTIONS, source=SOURCE)["id"]
    store(server, plugin_id, api_key=CANARIES[0], priority=1)
    desk.json("pull")
    desk.edit(f"plugins/filters/{plugin_id}.yaml", "priority: 1", "priority: 2")

    def set_priority() -> None:
        store(server, plugin_id, api_key=CANARIES[0], priority=5)

    onlooker.before("GET", FUNCTIONS.url(plugin_id, "/valves/spec"), set_priority)
    desk.json("push", f"filter/{plugin_id}", "--no-verify", expected=3)
    assert stored(server, plugin_id) == {"api_key": CANARIES[0], "priority": 5}


def test_a_source_is_pushed_past_a_moved_priority(server, desk):
    """A priority that somebody set in the browser stays when I push a source, and comes with the next pull."""
    plugin_id = create_plugin(server.admin, FUNCTIONS, source=SOURCE)["id"]
    store(server, plugin_id, priority=1)
    desk.json("pull")
    store(server, plugin_id, priority=5)
    desk.edit(f"plugins/filters/{plugin_id}.py", "return body", "return dict(body)")
    desk.json("push", f"filter/{plugin_id}", "--no-verify")
    assert stored(server, plugin_id) == {"priority": 5}
    assert desk.json("pull", f"filter/{plugin_id}").actions == {f"filter/{plugin_id}": "update-here"}
    assert "priority: 5" in desk.path(f"plugins/filters/{plugin_id}.yaml").read_text()
