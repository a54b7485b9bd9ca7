"""The command line starts at once: nothing heavy is imported on the way to help and to the offline commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial

import click
import pytest

from cochat_devkit import __version__
from cochat_devkit.cli.commands import SECTIONS, cochat
from cochat_devkit.mirror.rows import Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.resource import Fingerprint, Key, RemoteId, Slug, Version, digest_of_body

HEAVY = ("fastapi", "httpx", "keyring", "rich", "pydantic", "jinja2", "watchdog")
ONLINE = ("httpx", "fastapi", "uvicorn", "pydantic")
COMMANDS = [name for section in SECTIONS.values() for name in section]
#: what these print is no report, but a script and a story
WITHOUT_JSON = ("completion", "demo")
URL = "https://server.test"

SCRIPT = """
import json, sys
from cochat_devkit.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    print(json.dumps([ended.code or 0, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def run(folder, *words):
    """Run a command in a process of its own: (exit code, stdout, the packages it imported)."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    exit_code, modules = json.loads(done.stderr.splitlines()[-1])
    return exit_code, done.stdout, modules


@pytest.fixture
def workspace(tmp_path):
    """A workspace with one tool that was edited here since the last pull."""
    (tmp_path / "cochat.toml").write_text(f'[targets.main]\nurl = "{URL}"\n', encoding="utf-8")
    (tmp_path / "plugins" / "tools").mkdir(parents=True)
    (tmp_path / "plugins" / "tools" / "clock.py").write_text("class Tools:\n    edited = True\n", encoding="utf-8")
    body = {"name": "Clock", "content": "class Tools:\n    pass\n", "description": "", "access": "private", "meta": {}}
    digest = digest_of_body("", body)
    print_ = Fingerprint(digest[:32])
    row = Row(
        Key("tool", Slug("clock")),
        "",
        RemoteId("clock"),
        remote_fingerprint=print_,
        remote_digest=digest,
        base_local=print_,
        base_remote=print_,
        base_digest=digest,
        version=Version("v1"),
        path="plugins/tools/clock.py",
    )
    facts = {"user_id": "u1", "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
    with MirrorStore(tmp_path / "mirror.db") as store:
        store.remember(store.enter_scope("main", url=URL, **facts), rows=[row], bodies=[("", body)])
    return tmp_path


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["-h"]])
def test_help_and_version_load_nothing_heavy(tmp_path, words):
    """`cochat --help` is there before I look up."""
    exit_code, out, modules = run(tmp_path, *words)
    assert exit_code == 0
    assert out
    assert [name for name in HEAVY if name in modules] == []


def test_the_version_is_the_packages(tmp_path):
    """The version that I report is the one that I have."""
    assert run(tmp_path, "--version")[1].split()[-1] == __version__


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ls"], "tool/clock"),
        (["ls", "--json"], "edited here"),
        (["status"], "tool/clock"),
        (["show", "tool/clock"], "edited = True"),
        (["diff"], "+    edited = True"),
        (["log", "tool/clock"], "first seen"),
        (["search", "clock"], "tool/clock  Clock"),
        (["search", "clock", "--kind", "tool", "--json"], '"ref": "tool/clock"'),
        (["deps", "tool/clock"], "used by"),
        (["deps", "tool/clock", "--json"], '"used_by": []'),
        (["deps", "--missing", "--json"], '"items": []'),
        (["chain"], "every model"),
        (["search", "loc", "--substring"], "tool/clock  Clock"),
        (["search", "kind:tool"], "tool/clock  Clock"),
        (["ls", "--sort", "-updated", "--columns", "ref,updated"], "tool/clock"),
        (["show", "tool/clock@1"], "pass"),
        (["diff", "tool/clock@1"], "+    edited = True"),
    ],
)
def test_offline_commands_load_neither_orm_nor_http(workspace, words, expected):
    """Looking at what I have is fast, and needs no network."""
    exit_code, out, modules = run(workspace, *words)
    assert exit_code == 0
    assert expected in out
    assert [name for name in ONLINE if name in modules] == []


FORKING = """
import os, sys
os.cpu_count = lambda: 2
os.register_at_fork(after_in_parent=lambda: print("forked", file=sys.stderr))
from cochat_devkit.cli import main
main()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no second processes")
@pytest.mark.parametrize(
    ("words", "looks"),
    [
        (["ls"], True),
        (["status"], True),
        (["show", "tool/clock"], True),
        (["diff"], True),
        # the server is asked first, and that may take long
        (["status", "--fetch"], False),
        (["search", "clock"], False),
        (["--help"], False),
    ],
)
def test_all_files_are_asked_about_while_a_command_is_loaded(workspace, words, looks):
    """What I edited is told at once and as it is, by those commands alone that look at it as soon as they run."""
    command = [sys.executable, "-c", FORKING, *words]
    ask = partial(subprocess.run, command, cwd=workspace, capture_output=True, text=True, timeout=60)
    first = ask()
    assert "forked" not in first.stderr
    then = ask()
    assert then.stderr.replace("forked\n", "") == first.stderr
    assert (then.stdout, then.returncode) == (first.stdout, first.returncode)
    assert ("forked" in then.stderr) is looks


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_is_no_failure(workspace, unbuffered):
    """`set -o pipefail; cochat ls | head -1` goes on in my script."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cochat_devkit", "ls"],
        cwd=workspace,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    """I learn each command from its help: what it does, and examples that I can copy."""
    command = cochat.get_command(click.Context(cochat), name)
    assert command is not None
    shown = command.get_help(click.Context(command, info_name=f"cochat {name}"))
    assert shown.startswith(f"Usage: cochat {name}")
    _, found, examples = shown.partition("Examples:\n")
    assert found, f"cochat {name} --help has no examples"
    assert f"cochat {name}" in examples


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_speaks_json(name):
    """My scripts can read what any command says."""
    command = cochat.get_command(click.Context(cochat), name)
    assert command is not None
    options = [option for parameter in command.params for option in parameter.opts]
    assert ("--json" in options) is (name not in WITHOUT_JSON)


def test_every_commands_help_exits_with_0(tmp_path):
    """Asking for help is never an error."""
    script = (
        "import sys\nfrom cochat_devkit.cli import main\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n        main([name, '--help'])\n"
        "    except SystemExit as ended:\n        assert not ended.code, (name, ended.code)\n"
        "    print('#', name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *COMMANDS], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [line[2:] for line in done.stdout.splitlines() if line.startswith("# ")] == COMMANDS


def test_a_misspelt_command_is_answered_with_the_right_one(tmp_path):
    """A typing mistake costs me one look."""
    done = subprocess.run(
        [sys.executable, "-m", "cochat_devkit", "pul"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "did you mean `cochat pull`?" in done.stderr
    assert done.stdout == ""


def test_talking_to_a_server_needs_no_colours(tmp_path):
    """What reaches a server imports neither the command line of its HTTP library nor what that would print with."""
    script = "import sys, cochat_devkit.api.client; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "httpx" in done.stdout.split()
    assert not {"rich", "pygments"} & set(done.stdout.split())
