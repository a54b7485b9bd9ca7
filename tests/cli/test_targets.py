"""Several targets: each has its own base, its own requests, and production asks first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.operations.serve import RunningServer, running_server
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOOL = "class Tools:\n    def say(self) -> str:\n        return 'it'\n"


@pytest.fixture
def server() -> Iterator[RunningServer]:
    """Run an empty local server."""
    with running_server() as running:
        yield running


@pytest.fixture
def desk(server: RunningServer, tmp_path: Path) -> Desk:
    """Make a workspace with one tool that the server does not have."""
    desk = make_desk(tmp_path / "desk", server.url, server.token)
    desk.path("plugins/tools/clock.py").write_text(TOOL)
    return desk


def test_production_asks_first(desk: Desk) -> None:
    """Without a terminal a push to production is refused unless I say --yes; a dry run shows what it would do."""
    settings = desk.path("cochat.toml")
    lines = settings.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("url ="))
    settings.write_text("\n".join([*lines[: place + 1], "production = true", *lines[place + 1 :]]) + "\n")
    refused = desk.cochat("push", "--no-verify", expected=2)
    assert "production" in refused.err
    assert "--yes" in refused.err
    assert desk.json("push", "--no-verify", "--dry-run").actions == {"tool/clock": "create-there"}
    assert desk.json("push", "--no-verify", "--yes").actions == {"tool/clock": "create-there"}
    assert "--yes" in desk.cochat("valves", "tool/clock", "set", "x=1", expected=2).err


def test_a_request_of_the_target_is_the_one_that_is_sent(desk: Desk) -> None:
    """What cochat.toml names takes the place of what we know of the server."""
    settings = desk.path("cochat.toml")
    own = '\n[targets.main.endpoints.tool]\ncreate = "PUT /api/custom/tools"\n'
    settings.write_text(settings.read_text() + own)
    (item,) = desk.json("push", "--no-verify", expected=4).json["items"]
    assert item["error"] == "creating tool/clock: this server does not offer that"
    settings.write_text(settings.read_text().replace("PUT /api/custom/tools", "POST /api/v1/tools/create"))
    assert desk.json("push", "--no-verify").actions == {"tool/clock": "create-there"}
