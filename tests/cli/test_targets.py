"""Several targets: each has its own base, its own requests, and production asks first."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import click
import pytest

from cochat_devkit.cli import render
from cochat_devkit.cli.commands import cochat
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


class Typing(io.StringIO):
    """A terminal at which somebody has typed ahead."""

    def isatty(self) -> bool:
        return True


def call_production(desk: Desk) -> None:
    """Say in cochat.toml that the target is production."""
    settings = desk.path("cochat.toml")
    lines = settings.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("url ="))
    settings.write_text("\n".join([*lines[: place + 1], "production = true", *lines[place + 1 :]]) + "\n")


def test_on_a_terminal_the_plan_is_shown_before_i_am_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """I see what would be sent, and a no sends nothing; a yes sends it."""
    call_production(desk)
    monkeypatch.setattr("sys.stdin", Typing("n\n"))
    refused = desk.cochat("push", "--no-verify", expected=2)
    assert "would be created: tool/clock" in refused.out
    assert "nothing was done" in refused.err
    assert desk.json("status").actions == {"tool/clock": "create-there"}
    monkeypatch.setattr("sys.stdin", Typing("y\n"))
    assert "\ncreated: tool/clock" in desk.cochat("push", "--no-verify").out


def test_what_is_saved_while_i_am_asked_is_not_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A yes is about what I was shown: a file that came or was saved meanwhile waits, and is named."""
    call_production(desk)
    desk.path("plugins/tools/shown.py").write_text(TOOL)

    def ask(_question: str) -> bool:
        desk.path("plugins/tools/late.py").write_text(TOOL)
        desk.path("plugins/tools/clock.py").write_text(TOOL.replace("it", "that"))
        return True

    monkeypatch.setattr("sys.stdin", Typing(""))
    monkeypatch.setattr(render, "ask", ask)
    told = desk.cochat("push", "--no-verify", expected=1)
    assert "\ncreated: tool/shown" in told.out
    assert desk.json("status").actions == {"tool/clock": "create-there", "tool/late": "create-there"}


@pytest.mark.parametrize("verb", ["apply", "undo"])
def test_a_plan_and_an_undo_ask_for_production_too(desk: Desk, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """A saved plan and a run taken back reach production only when I say so; to save a plan asks nothing."""
    if verb == "undo":
        desk.json("push", "--no-verify")
    call_production(desk)
    if verb == "apply":
        desk.json("push", "--no-verify", "--out", "plan.json")
    words = {"apply": ("apply", "plan.json"), "undo": ("undo", "1", "--confirm-deletes", "1")}[verb]
    said = {"apply": "would be created: tool/clock", "undo": "would be deleted: tool/clock"}[verb]
    assert "--yes" in desk.json(*words, expected=2).json["error"]["hint"]
    monkeypatch.setattr("sys.stdin", Typing("n\n"))
    assert said in desk.cochat(*words, expected=2).out
    monkeypatch.setattr("sys.stdin", Typing(""))
    assert len(desk.json(*words, "--yes").actions) == 1


def test_an_undo_that_only_touches_files_asks_nothing(desk: Desk, server: RunningServer) -> None:
    """What a pull did is taken back here; production does not notice, and is not asked for."""
    desk.json("push", "--no-verify")
    other = make_desk(desk.folder.parent / "other", server.url, server.token)
    other.json("pull")
    call_production(other)
    assert other.json("undo", "1").actions == {"tool/clock": "delete-here"}


def test_production_asks_first(desk: Desk) -> None:
    """Without a terminal a push to production is refused unless I say --yes; a dry run shows what it would do."""
    call_production(desk)
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


def test_each_target_has_its_own_conflicts(desk: Desk, server: RunningServer) -> None:
    """What both servers have of one tool lies apart; status, diff and resolve are about the target I name."""
    path, settings = "plugins/tools/clock.py", desk.path("cochat.toml")
    with running_server() as other:
        settings.write_text(f'{settings.read_text()}\n[targets.far]\nurl = "{other.url}"\n')
        both = {"main": desk, "far": Desk(desk.folder, other.token)}
        there = {"main": server, "far": other}
        for name, each in both.items():
            each.json("push", "--no-verify", "--target", name)
            colleague = make_desk(desk.folder.parent / name, there[name].url, there[name].token)
            colleague.json("pull")
            colleague.edit(path, "'it'", f"'{name}'")
            colleague.json("push", "--no-verify")
        desk.edit(path, "'it'", "'ours'")
        for name, each in both.items():
            each.json("pull", "--target", name, expected=3)
    places = {}
    for name, each in both.items():
        (told,) = each.json("status", "--target", name).json["conflicts"]
        places[name] = desk.path(told["theirs"])
        assert f"'{name}'" in places[name].read_text()
        assert f"+        return '{name}'" in each.cochat("diff", "--target", name).out
    desk.json("resolve", "tool/clock", "--ours", "--target", "far")
    assert (places["main"].exists(), places["far"].exists()) == (True, False)
    desk.json("resolve", "tool/clock", "--theirs", "--target", "main")
    assert not places["main"].exists()
    assert "'main'" in desk.path(path).read_text()


OWN_REQUESTS = """
[targets.main.endpoints.agent]
update = "PUT /api/custom/agents/{id}"
delete = "DELETE /api/custom/agents/{id}"

[targets.main.endpoints.skill]
create = "POST /api/custom/skills/"
update = "PUT /api/custom/skills/{id}"
delete = "DELETE /api/custom/skills/{id}"
"""


def test_undocumented_writes_are_refused_until_they_are_named(tmp_path: Path) -> None:
    """CoChat documents no update of an agent: push says so and sends nothing; named in cochat.toml, it goes through."""
    with running_server(flavor="cochat", more_writes=("agent", "skill")) as server:
        desk = make_desk(tmp_path, server.url, server.token)
        agent, skill = desk.path("agents/writer.md"), desk.path("skills/audit/SKILL.md")
        agent.write_text("---\nname: Writer\nbase: some-model\n---\nYou write.\n")
        desk.json("push")
        desk.edit("agents/writer.md", "You write.", "You read.")
        (refused,) = desk.json("push", expected=4).json["items"]
        assert (refused["action"], "cochat.toml" in refused["hint"]) == ("failed", True)
        settings = desk.path("cochat.toml")
        settings.write_text(settings.read_text() + OWN_REQUESTS)
        skill.parent.mkdir()
        skill.write_text("---\nname: audit\ndescription: It audits\n---\nDo it.\n")
        assert desk.json("push").actions == {"agent/writer": "update-there", "skill/audit": "create-there"}
        desk.edit("skills/audit/SKILL.md", "Do it.", "Do that.")
        assert desk.json("push").actions == {"skill/audit": "update-there"}
        assert desk.json("pull").actions == {}
        agent.unlink()
        skill.unlink()
        assert set(desk.json("push", "--delete", "--confirm-deletes", "2").actions.values()) == {"delete-there"}
        assert desk.json("pull").actions == {}


def test_a_hint_names_the_target_that_i_named(desk: Desk, server: RunningServer) -> None:
    """What I copy out of a hint is not done to another target than the one I am at."""
    with desk.path("cochat.toml").open("a") as settings:
        settings.write(f'\n[targets.side]\nurl = "{server.url}"\n')
    for words, hint in (
        (("log", "tool/clock"), "cochat pull"),
        (("log", "tool/clock", "--target", "side"), "cochat pull --target side"),
        (("log", "tool/clock", "--target=side"), "cochat pull --target side"),
        (("restore", "tool/clock", "--target", "side"), "see cochat log --target side tool/clock"),
        (("log", "tool/clock"), "cochat pull"),
    ):
        told = desk.json(*words, expected=2).json["error"]["hint"]
        assert told.partition(";")[0] == hint
        assert hint in desk.cochat(*words, expected=2).err
    desk.cochat("push", "--no-verify")
    desk.edit("plugins/tools/clock.py", "'it'", "'half past'")
    other = make_desk(desk.folder.parent / "other", server.url, str(desk.token))
    other.cochat("pull")
    other.edit("plugins/tools/clock.py", "'it'", "'noon'")
    other.cochat("push", "--no-verify")
    (told,) = (each for each in desk.json("pull", "--target", "side", expected=3).json["items"] if each["hint"])
    assert told["hint"].startswith(
        "look: cochat diff --target side tool/clock; settle it: cochat resolve --target side"
    )


def test_the_commands_that_a_hint_completes_are_those_with_a_target() -> None:
    """A command that learns --target is known to the hints."""
    context = click.Context(cochat)
    commands = {name: cochat.get_command(context, name) for name in cochat.list_commands(context)}
    having = {name for name, each in commands.items() if each and any("--target" in one.opts for one in each.params)}
    assert {name for name in commands if re.search(render._AIMED, f"cochat {name}")} == having
