"""`cochat trust`: what came from a server runs here once its owner has said so, and not before."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.credentials import config_folder
from cochat_devkit.events import ignore
from cochat_devkit.operations.dev import dev
from cochat_devkit.operations.serve import running_server
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cochat_devkit.operations.serve import RunningServer

NAME = "plugins/tools/clock.py"
TEST = "plugins/tests/tools/test_clock.py"
#: leaves a mark where its file runs; the server runs a text that has none
TOOL = '''"""
title: Clock
"""
from pathlib import Path

if __file__.endswith("/clock.py"):
    Path({mark!r}).touch()


class Tools:
    def now(self) -> str:
        """Tell the time."""
        return "noon"

    def later(self) -> str:
        """Tell another time."""
        return "night"
'''


@pytest.fixture
def server() -> Iterator[RunningServer]:
    """Run a local server."""
    with running_server(flavor="owui-0.12") as running:
        yield running


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Name the file that appears where the tool runs."""
    return tmp_path / "ran"


@pytest.fixture
def author(server: RunningServer, tmp_path: Path, mark: Path) -> Desk:
    """Make the desk of who wrote the tool and sent it."""
    desk = make_desk(tmp_path / "author", server.url, server.token)
    desk.path("plugins/tools").mkdir(parents=True, exist_ok=True)
    desk.path(NAME).write_text(TOOL.format(mark=str(mark)))
    desk.cochat("push")
    mark.unlink()
    return desk


@pytest.fixture
def reader(server: RunningServer, tmp_path: Path, author: Desk, mark: Path) -> Desk:
    """Make the desk of who pulls it."""
    desk = make_desk(tmp_path / "reader", server.url, server.token)
    desk.cochat("pull", "tool/clock")
    assert not mark.exists()
    return desk


def states(desk: Desk) -> dict[str, str]:
    """Say what is trusted."""
    return {each["ref"]: each["state"] for each in desk.json("trust", "--list").json["items"]}


def change_there(author: Desk, old: str, new: str) -> None:
    """Have the author send another version."""
    author.edit(NAME, old, new)
    author.cochat("push")


def test_what_was_pulled_is_run_by_nothing(reader, mark):
    """Whatever I type, code of a server is not executed before I said so; and I am told what to type."""
    reader.path(TEST).parent.mkdir(parents=True)
    reader.path(TEST).write_text("def test_it():\n    raise AssertionError\n")
    chat = ("chat", "--tool", "clock", "what time is it?")
    for words in (("run", "tool/clock", "now"), chat, ("specs", "tool/clock"), ("test",), ("test", TEST)):
        told = reader.json(*words, expected=2).json["error"]
        assert told["type"] == "NotTrusted"
        assert "tool/clock was not run: it came from http://127.0.0.1" in told["message"]
        assert told["hint"] == "look: cochat show tool/clock; then: cochat trust tool/clock"
    assert not mark.exists()


def test_a_check_looks_at_it_all_the_same(reader, mark):
    """A check of what I pulled finds what can be seen without running it, says what it left out, and does not fail."""
    reader.edit(NAME, '        return "noon"', "        return noon")
    found = reader.json("check", expected=1).json["findings"]
    assert [each["code"] for each in found] == ["CC002", "F821"]
    assert (found[0]["severity"], found[0]["hint"]) == (
        "warning",
        "look: cochat show tool/clock; then: cochat trust tool/clock",
    )
    reader.edit(NAME, "        return noon", '        return "noon"')
    reader.cochat("check")
    assert not mark.exists()


def test_one_word_is_enough(reader, mark):
    """Once I said so, the tool runs, and I am not asked again, whatever I edit in it."""
    said = reader.cochat("trust", "tool/clock")
    assert said.out == "trusted: tool/clock\n"
    assert NAME in said.err
    assert reader.cochat("run", "tool/clock", "now").out == "noon\n"
    reader.edit(NAME, '"noon"', '"midnight"')
    assert reader.cochat("run", "tool/clock", "now").out == "midnight\n"
    assert states(reader) == {"tool/clock": "trusted"}


def test_an_edit_does_not_make_the_rest_mine(reader, mark):
    """One changed line in somebody's plugin does not run the others."""
    reader.edit(NAME, '"noon"', '"midnight"')
    reader.cochat("run", "tool/clock", "now", expected=2)
    reader.cochat("trust", "tool/clock")
    assert reader.cochat("run", "tool/clock", "now").out == "midnight\n"
    reader.edit(NAME, '"midnight"', '"dawn"')
    assert reader.cochat("run", "tool/clock", "now").out == "dawn\n"


def test_what_changes_there_is_asked_about_anew(reader, author, mark):
    """My word was about the code that I saw; the next version needs another, merged into my edits or not."""
    reader.cochat("trust", "--all")
    change_there(author, '"noon"', '"elsewhere"')
    reader.cochat("pull", "tool/clock")
    reader.cochat("run", "tool/clock", "now", expected=2)
    reader.cochat("trust", "tool/clock")
    assert reader.cochat("run", "tool/clock", "now").out == "elsewhere\n"
    reader.edit(NAME, '"night"', '"my night"')
    change_there(author, '"elsewhere"', '"nowhere"')
    assert reader.json("pull", "tool/clock").actions == {"tool/clock": "merge"}
    reader.cochat("run", "tool/clock", "now", expected=2)


def test_a_name_that_changes_there_is_no_other_code(reader, author):
    """A colleague who renames a tool does not have me asked about the code that I know."""
    reader.cochat("trust", "--all")
    author.path("plugins/tools/clock.yaml").write_text("name: Big clock\n")
    author.cochat("push")
    assert reader.json("pull", "tool/clock").actions == {"tool/clock": "update-here"}
    assert states(reader) == {"tool/clock": "trusted"}


def test_the_author_is_never_asked(author, mark):
    """What I wrote and sent is mine: also when the server shows it to me again."""
    author.cochat("pull")
    assert states(author) == {"tool/clock": "trusted"}
    assert author.cochat("run", "tool/clock", "now").out == "noon\n"
    author.edit(NAME, '"noon"', '"one"')
    author.cochat("push")
    author.cochat("pull")
    assert author.cochat("run", "tool/clock", "now").out == "one\n"
    author.path("plugins/tools/fresh.py").write_text("class Tools:\n    def a(self):\n        return 'a'\n")
    assert states(author)["tool/fresh"] == "your own"
    assert author.cochat("run", "tool/fresh", "a").out == "a\n"
    author.path("plugins/tools/fresh.py").unlink()


def test_a_push_of_what_is_not_trusted_runs_nothing(reader, mark):
    """An edit of somebody's plugin can be sent without running it here, and that does not make it mine."""
    reader.edit(NAME, "title: Clock", "title: Better clock")
    reader.path(TEST).parent.mkdir(parents=True)
    reader.path(TEST).write_text("def test_it():\n    raise AssertionError\n")
    mark.unlink(missing_ok=True)
    said = reader.cochat("push", "--dry-run")
    assert "tool/clock was not loaded or tested: it came from http://127.0.0.1" in said.err
    assert not mark.exists()
    reader.cochat("push")
    assert states(reader) == {"tool/clock": "not trusted"}


def test_a_promotion_of_what_is_not_trusted_runs_nothing(reader, mark):
    """What one server showed goes to another without running here, also where the file says something else by now."""
    with running_server(flavor="owui-0.12") as other:
        settings = reader.path("cochat.toml")
        settings.write_text(f'{settings.read_text()}\n[targets.other]\nurl = "{other.url}"\n')
        reader.edit(NAME, '"noon"', '"midnight"')
        target = ("tool/clock", "--from", "main", "--to", "other")
        said = Desk(reader.folder, other.token).cochat("promote", *target)
    assert "tool/clock was not loaded or tested: it came from http://127.0.0.1" in said.err
    assert not mark.exists()


def test_what_i_wrote_stays_mine_when_it_is_promoted(author, mark):
    """An edit of my own that goes past the first server to another one runs here as before, and so does the next."""
    with running_server(flavor="owui-0.12") as other:
        settings = author.path("cochat.toml")
        settings.write_text(f'{settings.read_text()}\n[targets.other]\nurl = "{other.url}"\n')
        for old, new in (('"noon"', '"dawn"'), ('"dawn"', '"dusk"')):
            author.edit(NAME, old, new)
            words = ("tool/clock", "--from-files", "--from", "main", "--to", "other")
            said = Desk(author.folder, other.token).cochat("promote", *words)
            assert "trust" not in said.err
            assert mark.exists()
            mark.unlink()
            assert states(author) == {"tool/clock": "trusted"}


def test_a_save_of_what_is_not_trusted_is_looked_at_alone(reader, mark):
    """While I watch, a saved plugin that is not trusted ends its round where it would have been loaded."""
    reader.path(TEST).parent.mkdir(parents=True)
    rounds, saves = [], iter(["# once\n"])

    def is_over() -> bool:
        for line in saves:
            with reader.path(NAME).open("a") as file:
                file.write(line)
        return bool(rounds)

    config = read_config(reader.folder)
    dev(config, push_to=None, emit=ignore, on_round=rounds.append, on_ready=lambda: None, is_over=is_over)
    assert [(each.ref, each.stopped_at, each.message) for each in rounds] == [("tool/clock", "trust", "was not loaded")]
    assert [each.code for each in rounds[0].findings] == ["CC002"]
    assert not mark.exists()


def test_a_version_of_old_that_is_laid_into_the_file_is_not_hidden_by_an_edit(reader, author):
    """What I restore from the server's past, and never trusted, is asked about, as it is and edited."""
    change_there(author, '"noon"', '"elsewhere"')
    reader.cochat("pull", "tool/clock")
    reader.cochat("trust", "tool/clock")
    reader.cochat("restore", "tool/clock@2")
    assert '"noon"' in reader.path(NAME).read_text()
    assert states(reader) == {"tool/clock": "not trusted"}
    reader.edit(NAME, '"night"', '"my night"')
    assert states(reader) == {"tool/clock": "not trusted"}
    reader.cochat("trust", "tool/clock")
    reader.edit(NAME, '"my night"', '"your night"')
    assert states(reader) == {"tool/clock": "trusted"}


def test_what_i_copy_from_the_past_is_asked_about_too(reader, author):
    """A text that the server once showed is the server's, however it came into the file."""
    before = reader.path(NAME).read_bytes()
    change_there(author, '"noon"', '"elsewhere"')
    reader.cochat("pull", "tool/clock")
    reader.cochat("trust", "tool/clock")
    reader.path(NAME).write_bytes(before)
    assert states(reader) == {"tool/clock": "not trusted"}


def test_without_the_mirror_the_lock_knows(reader, mark):
    """A clone of my workspace has no mirror: what cochat.lock says came from the server is asked about there, too."""
    for path in reader.folder.glob("mirror.db*"):
        path.unlink()
    assert states(reader) == {"tool/clock": "not trusted"}
    reader.edit(NAME, '"noon"', '"midnight"')
    assert states(reader) == {"tool/clock": "not trusted"}
    reader.cochat("trust", "tool/clock")
    assert reader.cochat("run", "tool/clock", "now").out == "midnight\n"
    reader.edit(NAME, '"midnight"', '"dawn"')
    assert reader.cochat("run", "tool/clock", "now").out == "dawn\n"


def test_another_workspace_asks_for_itself(reader, tmp_path):
    """My word is about one workspace."""
    reader.cochat("trust", "--all")
    shutil.copytree(reader.folder, tmp_path / "copy")
    assert states(Desk(tmp_path / "copy", reader.token)) == {"tool/clock": "not trusted"}


def test_what_a_killed_pull_had_laid_is_not_run(reader, author):
    """A pull that died after it had written the file, and before it knew, leaves nothing that passes for my own."""
    reader.cochat("trust", "--all")
    lock, known = reader.path("cochat.lock").read_bytes(), _rows(reader, "resource")
    change_there(author, '"noon"', '"elsewhere"')
    history = _rows(reader, "history")
    reader.cochat("pull", "tool/clock")
    with contextlib.closing(sqlite3.connect(reader.path("mirror.db"))) as mirror, mirror:
        for table, rows in (("resource", known), ("history", history)):
            mirror.execute(f"DELETE FROM {table}")
            mirror.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    reader.path("cochat.lock").write_bytes(lock)
    assert states(reader) == {"tool/clock": "trusted"}, "nothing but the journal tells"
    with contextlib.closing(sqlite3.connect(reader.path("mirror.db"))) as mirror, mirror:
        newest = "(SELECT max(id) FROM run)"
        mirror.execute(f"UPDATE run SET ended = NULL WHERE id = {newest}")
        mirror.execute(f"UPDATE step SET state = 'begun' WHERE run_id = {newest}")
    assert states(reader) == {"tool/clock": "not trusted"}


def _rows(desk: Desk, table: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(desk.path("mirror.db"))) as mirror:
        return mirror.execute(f"SELECT * FROM {table}").fetchall()


def test_trust_is_taken_back(reader, author):
    """I can change my mind; about what I wrote myself there is nothing to take back."""
    reader.cochat("trust", "--all")
    assert reader.cochat("trust", "--revoke", "tool/clock").out == "revoked: tool/clock\n"
    assert states(reader) == {"tool/clock": "not trusted"}
    assert reader.cochat("trust", "--revoke", "--all").out == "none of these was trusted\n"
    reader.path("plugins/tools/fresh.py").write_text("class Tools: ...\n")
    assert "is your own" in reader.cochat("trust", "--revoke", "tool/fresh", expected=2).err


def test_i_see_what_i_am_asked_about(reader, server):
    """Before I say yes I see which file it is, where it came from, how large it is, and when it changed."""
    (item,) = reader.json("trust").json["items"]
    assert (item["ref"], item["path"], item["state"], item["from"]) == ("tool/clock", NAME, "not trusted", [server.url])
    assert item["size_bytes"] == reader.path(NAME).stat().st_size
    assert item["changed_at"]
    listed = reader.cochat("trust", "--list").out
    assert all(each in listed for each in ("tool/clock", NAME, server.url, str(item["size_bytes"])))


@pytest.mark.parametrize(("answer", "exit_code"), [("y", 0), ("n", 2)])
def test_a_person_at_a_terminal_is_asked(reader, mark, answer, exit_code):
    """Where I sit at a terminal, a command shows what would run and asks; a no runs nothing, a yes holds."""
    ours, theirs = os.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        done = subprocess.run(
            [sys.executable, "-m", "cochat_devkit", "run", "tool/clock", "now"],
            cwd=reader.folder,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert (done.returncode, mark.exists()) == (exit_code, exit_code == 0), done
    assert NAME in done.stderr
    assert "may this code run on this machine, with your rights?" in done.stderr
    assert states(reader) == {"tool/clock": "trusted" if exit_code == 0 else "not trusted"}


def test_only_what_came_from_one_target_is_meant(reader):
    """I trust one server's code and not another's."""
    reader.edit("cochat.toml", "[targets.main]", '[targets.other]\nurl = "https://other.test"\n\n[targets.main]')
    assert reader.cochat("trust", "--all", "--from", "other").out == "nothing here waits for your word\n"
    assert states(reader) == {"tool/clock": "not trusted"}
    assert reader.cochat("trust", "--all", "--from", "main").out == "trusted: tool/clock\n"


def test_only_i_can_read_what_i_trust(reader):
    """What is trusted is kept for me alone, outside the workspace, and no half of it after a kill."""
    before = reader.files()
    reader.cochat("trust", "--all")
    assert reader.files() == before
    (kept,) = (
        each
        for each in (config_folder() / "trust").iterdir()
        if json.loads(each.read_text())["workspace"] == str(reader.folder.resolve())
    )
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [stat.S_IMODE(each.stat().st_mode) for each in (kept.parent, config_folder())] == [0o700, 0o700]
    assert not any(each.name.startswith(".") for each in kept.parent.iterdir())
    kept.write_text("{")
    told = reader.json("run", "tool/clock", "now", expected=1).json["error"]
    assert told["message"] == f"{kept} cannot be read"
    kept.unlink()


@pytest.mark.parametrize(
    "words", [("trust", "--all", "tool/clock"), ("trust", "--revoke"), ("trust", "tool/nothing"), ("trust", "wrong")]
)
def test_what_says_nothing_is_refused(reader, words):
    """A word that means nothing trusts nothing."""
    reader.cochat(*words, expected=2)
    assert states(reader) == {"tool/clock": "not trusted"}
