"""`cochat browse` as people type it: what it says of an export, what it refuses, and what a shell completes."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.desk import Desk
from tests.web.mirrored import Mirrored

if TYPE_CHECKING:
    from pathlib import Path

TOOL = {"name": "Clock", "description": "Tells the time", "content": "class Tools:\n    pass\n", "access": "private"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A workspace with one tool."""
    root = tmp_path / "work"
    root.mkdir()
    Mirrored(root).show("tool/clock", TOOL)
    return Desk(root)


def test_an_export_says_what_it_wrote_and_where(desk: Desk) -> None:
    """I read how much there is and what to open; a relative folder is one below where I am."""
    done = desk.cochat("browse", "--export", "site")
    assert re.fullmatch(r"[\d,]+ pages of 1 resources in site \([\d.]+ MB in [\d,]+ files, [\d.]+ s\)\n", done.out)
    assert "Open site/index.html" in done.err
    assert desk.path("site/index.html").is_file()


def test_an_export_is_told_to_programs(desk: Desk) -> None:
    """`--json` says the same in one object, and nothing else is on stdout."""
    told = desk.json("browse", "--export", "site").json
    files = [each for each in desk.path("site").rglob("*") if each.is_file()]
    assert {name: told[name] for name in ("version", "command", "ok", "exit_code")} == {
        "version": 1,
        "command": "browse",
        "ok": True,
        "exit_code": 0,
    }
    assert told["path"] == str(desk.path("site"))
    assert told["counts"]["resources"] == 1
    assert told["counts"]["cut"] == 0
    # with the list of the files themselves
    assert told["counts"]["files"] == len(files) - 1
    assert told["size_bytes"] > 10_000


def test_a_folder_that_is_not_ours_is_refused(desk: Desk) -> None:
    """I name the workspace itself: exit 2, with what to do; as one object where a program asks."""
    before = desk.files()
    done = desk.cochat("browse", "--export", "..", expected=2)
    assert "would be" in done.err
    done = desk.cochat("browse", "--export", ".", expected=2)
    assert "name another folder" in done.err
    told = desk.json("browse", "--export", "cochat.toml", expected=2).json
    assert (told["ok"], "is a file" in told["error"]["message"]) == (False, True)
    assert desk.files() == before


@pytest.mark.parametrize("words", [("--port", "1"), ("--host", "127.0.0.1"), ("--open",), ("--no-open",)])
def test_what_a_server_takes_an_export_does_not(desk: Desk, words: tuple[str, ...]) -> None:
    """Options that would do nothing are an error, not silence."""
    done = desk.cochat("browse", "--export", "site", *words, expected=2)
    assert "--export serves nothing, and takes no --" in done.err
    assert not desk.path("site").exists()


def test_an_unknown_target_is_told(desk: Desk) -> None:
    """The target is one of the settings', for pages that are served and for those that are written."""
    for words in ((), ("--export", "site")):
        assert "no target 'nowhere'" in desk.cochat("browse", *words, "--target", "nowhere", expected=2).err


def test_the_help_has_examples_of_each_use(desk: Desk) -> None:
    """`--help` shows how to serve, how to export and how to ask in SQL."""
    out = desk.cochat("browse", "--help").out
    for example in ("cochat browse --port 8766 --no-open", "cochat browse --export site", "cochat browse --datasette"):
        assert example in out


def test_a_terminal_sees_how_far_it_is(desk: Desk) -> None:
    """A long export shows what it does and how far it came, and leaves one line."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "cochat_devkit", "browse", "--export", "site"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    running = subprocess.Popen(words, cwd=desk.folder, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    seen = b""
    until_s = time.monotonic() + 60
    while time.monotonic() < until_s:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        seen += piece
        if not piece:
            break
    out, _ = running.communicate(timeout=30)
    os.close(ours)
    assert running.returncode == 0
    assert b"pages" in seen
    assert re.search(rb"\d+/\d+", seen)
    assert out.count(b"\n") == 1


def test_a_folder_is_completed(desk: Desk) -> None:
    """The shell completes folders behind --export, and the options."""
    environment = {**os.environ, "_COCHAT_COMPLETE": "bash_complete", "COMP_CWORD": "3"}
    for typed, wanted in (("cochat browse --export ", "dir"), ("cochat browse --dat", "--datasette")):
        count = str(len(typed.split(" ")) - 1)
        done = subprocess.run(
            [sys.executable, "-m", "cochat_devkit"],
            cwd=desk.folder,
            env={**environment, "COMP_WORDS": typed, "COMP_CWORD": count},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert wanted in done.stdout, (typed, done)
