"""What a shell offers behind what was typed: commands, addresses, and the words of each option and argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

from tests.desk import Desk

TOML = """
default_target = "main"
[targets.main]
url = "http://127.0.0.1:9"
[targets.staging]
url = "http://127.0.0.1:10"
"""
TOOL = '''"""
title: Clock
"""


class Tools:
    def __init__(self):
        raise SystemExit("a completion runs nothing")

    async def look(self, query: str, /, count: int = 1, *, tags: list[str] = [], __user__: dict = {}) -> str:
        return query

    def tick(self) -> str:
        return ""

    def _wind(self) -> None:
        pass
'''
FILTER = "class Filter:\n    def inlet(self, body, __user__=None):\n        return body\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a workspace with two targets, a tool that must not run, a filter, and a skill with further files."""
    desk = Desk(tmp_path)
    texts = {
        "cochat.toml": TOML,
        "plugins/tools/clock.py": TOOL,
        "plugins/filters/shouts.py": FILTER,
        "plugins/tools/broken.py": "class Tools(:\n",
        "skills/writing/SKILL.md": "---\nname: Writing\n---\nWrite.\n",
        "skills/writing/docs/a.md": "A file\n",
        "skills/writing/docs/b.md": "Another\n",
    }
    for relative, text in texts.items():
        desk.path(relative).parent.mkdir(parents=True, exist_ok=True)
        desk.path(relative).write_text(text)
    return desk


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("sta", ["status"]),
        ("show tool/cl", ["tool/clock"]),
        ("ls --kind fil", ["filter"]),
        ("search --kind fil", ["filter"]),
        ("pull --target ", ["main", "staging"]),
        ("promote --from m", ["main"]),
        ("promote --from main --to s", ["staging"]),
        ("dev --push s", ["staging"]),
        ("trust --from m", ["main"]),
        ("ls --state n", ["new"]),
        ("ls --columns name,s", ["name,state"]),
        ("ls --columns ref,re", []),
        ("ls --sort up", ["updated"]),
        ("show skill/writing --file docs/", ["docs/a.md", "docs/b.md"]),
        ("run tool/clock ", ["look", "tick"]),
        ("run plugins/tools/clock.py lo", ["look"]),
        ("run tool/clock look ", ["query=", "count=", "tags="]),
        ("run tool/clock look count=1 ", ["query=", "tags="]),
        ("run filter/shouts inlet ", ["body=", "text="]),
        ("run tool/broken ", []),
        ("run tool/none ", []),
        ("show tool/none --file ", []),
        ("check tool/cl", ["tool/clock"]),
        ("check plugins/to", ["plugins/to"]),
    ],
)
def test_words_are_completed(desk: Desk, typed: str, offered: list[str]) -> None:
    """Behind a beginning I am offered what can stand there; what cannot be read offers nothing, and no error."""
    words = ["cochat", *typed.split(" ")]
    assert desk.complete(*words) == offered


def test_nothing_is_known_outside_a_workspace(tmp_path: Path) -> None:
    """Where there is no workspace, commands are all there is."""
    nowhere = Desk(tmp_path)
    assert nowhere.complete("cochat", "brow") == ["browse"]
    for typed in ("show tool", "pull --target m", "ls --state n", "run tool/clock l", "show skill/w --file d"):
        assert nowhere.complete("cochat", *typed.split(" ")) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_ask(tmp_path: Path, shell: str) -> None:
    """What I put into the shell's own file asks this command."""
    assert f"_COCHAT_COMPLETE={shell}_complete" in Desk(tmp_path).cochat("completion", shell).out
