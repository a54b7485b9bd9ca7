"""`cochat demo`: the whole job once, told as a story, on a local server that lives as long as the story."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.errors import DevkitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOOL = "plugins/tools/weather.py"
#: a command that takes longer is stuck
_TIMEOUT_S = 120.0
_LONGEST_OUTPUT_LINES = 12


@click.command("demo")
@click.option("--flavor", default="cochat", show_default=True, metavar="NAME", help="What the server stands in for.")
def command(flavor: str) -> None:
    """See the whole job once: pull, write a tool, check, test, push, meet a colleague's edit, merge, push.

    Nothing outside a temporary folder is touched; the local server ends with the story.

    \b
    Examples:
      cochat demo
      cochat demo --flavor owui-0.12
    """
    home = Path(tempfile.mkdtemp(prefix="cochat-demo-"))
    with _local_server(flavor) as server:
        _tell(_Stage(home, server))
    render.out(f"\nThe server has ended. Your workspace lies in {home / 'mine'}: look around.")


@dataclass(frozen=True)
class _Stage:
    """Hold where the story plays: a folder, and the server's own first line."""

    home: Path
    server: Mapping[str, str]

    def run(self, who: str, *words: str, expected: int = 0, given: str | None = None, is_shown: bool = True) -> None:
        """Run one command in somebody's workspace, show it, and end the story where it does not go as told."""
        folder = self.home / who
        folder.mkdir(exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COCHAT_")}
        environment |= {"COCHAT_CONFIG_DIR": str(self.home / "config"), "PYTHON_KEYRING_BACKEND": _NO_KEYRING}
        done = subprocess.run(
            [sys.executable, "-m", "cochat_devkit", *words],
            cwd=folder,
            env=environment,
            input=given or "",
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        said = (done.stdout + done.stderr).strip()
        if done.returncode != expected:
            raise DevkitError(f"cochat {words[0]} ended with {done.returncode}, not {expected}:\n{said}")
        if is_shown:
            note = f"   (exit {done.returncode})" if done.returncode else ""
            render.out(f"  {render.paint_out('$ cochat ' + ' '.join(words), 'cyan')}{note}")
            for line in _shortened(said):
                render.out(f"    {line}")

    def edit(self, who: str, path: str, old: str, new: str) -> None:
        """Change a file as an author would."""
        place = self.home / who / path
        text = place.read_text(encoding="utf-8")
        if old not in text:
            raise DevkitError(f"{path} has no {old!r} to edit")
        place.write_text(text.replace(old, new, 1), encoding="utf-8")


_NO_KEYRING = "keyring.backends.null.Keyring"


def _tell(stage: _Stage) -> None:
    email, password = stage.server["email"], stage.server["password"]
    sign_in = ("login", "--email", email, "--password-stdin")
    _say("1. A workspace for a server, and what the server has.")
    stage.run("mine", "init", "--url", stage.server["url"])
    stage.run("mine", *sign_in, given=password)
    stage.run("mine", "pull")
    stage.run("mine", "status")
    _say("2. A new tool: scaffolded, linted, loaded as the server would, tested, sent.")
    stage.run("mine", "new", "tool", "weather", "--author", "you")
    stage.run("mine", "check", "tool/weather")
    stage.run("mine", "test", "tool/weather")
    stage.run("mine", "push")
    _say("3. A colleague edits the same tool: another title, straight on the server.")
    stage.run("colleague", "init", "--url", stage.server["url"], is_shown=False)
    stage.run("colleague", "pull", "tool/weather", is_shown=False)
    stage.edit("colleague", _TOOL, "title: ", "title: Reliable ")
    stage.run("colleague", "push", "tool/weather", is_shown=False)
    _say("4. You edit it, too. The push sends nothing, and names both changes.")
    stage.edit("mine", _TOOL, "version: 0.1.0", "version: 0.2.0")
    stage.run("mine", "push", expected=3)
    _say("5. Pull merges the two edits line by line. The colleague's runs here once you have seen it; then it is sent.")
    stage.run("mine", "pull", "tool/weather")
    stage.run("mine", "diff")
    stage.run("mine", "trust", "tool/weather")
    stage.run("mine", "push")
    stage.run("mine", "status")


@contextmanager
def _local_server(flavor: str) -> Iterator[Mapping[str, str]]:
    """Run the local server on a free port in a process of its own, and end that process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cochat_devkit", "serve", "--flavor", flavor, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        try:
            facts: Any = json.loads(line)
        except ValueError as error:
            raise DevkitError("the local server did not start", hint="try it alone: cochat serve") from error
        yield facts
    finally:
        process.terminate()
        process.wait(timeout=_TIMEOUT_S)
        if process.stdout:
            process.stdout.close()


def _say(text: str) -> None:
    render.out(f"\n{render.paint_out(text, 'green')}")


def _shortened(text: str) -> list[str]:
    lines = text.splitlines()
    if len(lines) <= _LONGEST_OUTPUT_LINES:
        return lines
    hidden = len(lines) - _LONGEST_OUTPUT_LINES + 1
    return [*lines[:3], f"… {hidden} more lines", *lines[hidden + 3 :]]
