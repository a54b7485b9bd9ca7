"""`updated_at`, the change token of 0.6: what moves it and what does not."""

from __future__ import annotations

import pytest

from tests.contract import sources
from tests.contract.stage import FUNCTIONS, TOOLS, create_plugin, read_json

MOVES = {
    "tools": ["/update", "/valves/update"],
    "functions": ["/update", "/valves/update", "/toggle", "/toggle/global"],
}
TRIES = 2000


def wait_for_next_second(server, kind, plugin):
    """Return once the server's clock shows a later second than the plugin's; times are whole seconds."""
    clock = create_plugin(server.admin, kind)["id"]
    for _ in range(TRIES):
        saved = read_json(server.admin.post(kind.url(clock, "/update"), json=kind.form(clock)))
        if saved["updated_at"] > plugin["updated_at"]:
            return
    pytest.fail("the server's clock stands still")


def read_times(server, kind, plugin):
    item = read_json(server.admin.get(kind.url(plugin["id"])))
    return item["created_at"], item["updated_at"]


def test_every_save_moves_the_time_of_change(server, kind):
    """An identical update, a save of valves and each switch move `updated_at`, and never `created_at`."""
    source = sources.with_valves(kind.source)
    plugins = {move: create_plugin(server.admin, kind, source=source) for move in MOVES[kind.name]}
    newest = max(plugins.values(), key=lambda plugin: plugin["updated_at"])
    wait_for_next_second(server, kind, newest)
    for move, plugin in plugins.items():
        form = kind.form(plugin["id"], source) if move == "/update" else {}
        read_json(server.admin.post(kind.url(plugin["id"], move), json=form))
        created_at, updated_at = read_times(server, kind, plugin)
        assert created_at == plugin["created_at"]
        assert updated_at > plugin["updated_at"], move


@pytest.mark.generation("0.12")
def test_access_and_user_valves_do_not_move_the_time_of_change(server):
    """On 0.12 a change of access is seen in the grants only."""
    tool = create_plugin(server.admin, TOOLS, source=sources.with_valves(sources.TOOL))
    wait_for_next_second(server, TOOLS, tool)
    read_json(server.admin.post(TOOLS.url(tool["id"], "/access/update"), json=server.public()))
    read_json(server.admin.post(TOOLS.url(tool["id"], "/valves/user/update"), json={"lang": "de"}))
    assert read_times(server, TOOLS, tool) == (tool["created_at"], tool["updated_at"])


def test_a_refused_update_of_a_tool_does_not_move_the_time_of_change(server):
    """What is not stored is not a change."""
    tool = create_plugin(server.admin, TOOLS)
    wait_for_next_second(server, FUNCTIONS, tool)
    assert server.admin.post(TOOLS.url(tool["id"], "/update"), json=TOOLS.form(tool["id"], "1/0")).status_code == 400
    assert read_times(server, TOOLS, tool) == (tool["created_at"], tool["updated_at"])
