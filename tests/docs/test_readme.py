"""The README's commands work as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cochat_devkit.cli.commands import cochat
from cochat_devkit.operations.serve import running_server
from tests.browser.stage import demo_workspace
from tests.desk import Desk

ROOT = Path(__file__).parents[2]
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
PAGES = ("README.md", "docs/tutorial.md", "docs/how-to.md")


def test_first_two_commands_are_make() -> None:
    """The README starts with `make demo` and `make test`."""
    assert _commands("README.md")[:2] == [["make", "demo"], ["make", "test"]]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_one(page: str) -> None:
    """Each `cochat …` of a page is a command with options that it has."""
    words = [command[1:] for command in _commands(page) if command[0] == "cochat"]
    assert words
    for each in words:
        command = cochat.get_command(cochat.make_context("cochat", [], resilient_parsing=True), each[0])
        assert command is not None, each
        command.make_context(each[0], [word for word in each[1:] if word != "--help"])


def test_first_steps(tmp_path: Path) -> None:
    """The first steps of the README run from the first to the last."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## First steps")[1].split("##")[0]
    steps = [command[1:] for command in _commands_in(text) if command[0] == "cochat"]
    assert [step[0] for step in steps] == ["init", "login", "pull", "new", "check", "test", "chat", "push", "push"]
    with running_server(empty=False) as server:
        desk = Desk(tmp_path, server.token)
        for step in steps:
            if step[0] == "init":
                desk.cochat("init", step[1], "--url", server.url)
                desk = Desk(tmp_path / step[1], server.token)
            elif step[0] != "login":
                desk.cochat(*step)
    assert desk.json("status").json["items"] == []


def test_four_questions_are_answered_as_printed(tmp_path: Path) -> None:
    """What the README says that a command prints of the demo catalogue is what it prints."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## Look around")[1].split("## ")[0]
    told = [block.partition("\n") for block in re.findall(r"```console\n\$ cochat (.*?)```", text, re.DOTALL)]
    assert [shlex.split(command)[0] for command, _, _ in told] == ["deps", "chain", "log", "search"]
    with demo_workspace(tmp_path, "cochat", more=()) as desk:
        for command, _, printed in told:
            assert _is_shortened(printed, desk.cochat(*shlex.split(command)).out), command


def _is_shortened(told: str, printed: str) -> bool:
    """Tell whether a text is another one with lines left out where it has `…`; instants are anybody's."""
    parts = [re.escape(part) for part in _INSTANT.sub("INSTANT", told).split("…\n")]
    return re.fullmatch("(?:.*\n)*?".join(parts), _INSTANT.sub("INSTANT", printed)) is not None


def _commands(page: str) -> list[list[str]]:
    return _commands_in((ROOT / page).read_text(encoding="utf-8"))


def _commands_in(text: str) -> list[list[str]]:
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [shlex.split(line, comments=True) for line in lines]
