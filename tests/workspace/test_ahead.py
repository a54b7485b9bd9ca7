"""What a second process finds out while a command is still being loaded is what the command itself would find."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from cochat_devkit.kinds import all_kinds
from cochat_devkit.workspace import glance as glancing
from cochat_devkit.workspace import statcache
from cochat_devkit.workspace.glance import glance

TOOLS, FILTERS, SKILLS = "plugins/tools", "plugins/filters", "skills"

#: a process of its own: no test forks the process of the tests, which has threads
SCRIPT = """
import json, os, sys
from pathlib import Path
from cochat_devkit.workspace import ahead
os.cpu_count = lambda: 2
root = Path(sys.argv[1])
ahead.look_ahead()
found = [ahead.take_answer(root), ahead.take_answer(root)]
print(json.dumps([None if each is None else sorted(each[1]) for each in found]))
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no second processes")


def answers(folder, root, code=SCRIPT):
    """Look ahead in a folder, and ask twice what was found out about a workspace."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A workspace that the cache knows and believes."""
    for place in (f"{TOOLS}/a.py", f"{FILTERS}/f.py", f"{SKILLS}/s/SKILL.md", f"{SKILLS}/s/deep/more.txt"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(b"aaaa\n")
    # as if all that were long ago
    monkeypatch.setattr(glancing, "_RACY_NS", -(10**12))
    glance(tmp_path, all_kinds())
    return tmp_path.resolve()


def test_what_nobody_touched_is_as_it_was(root):
    """Ten thousand files that nobody touched are asked about while the command is being loaded, once."""
    assert answers(root, root) == [[FILTERS, TOOLS, SKILLS], None]


def test_a_parent_that_hears_of_no_child_is_answered(root):
    """It works under a supervisor that has the system tidy up after processes."""
    code = f"import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n{SCRIPT}"
    assert answers(root, root, code)[0] == [FILTERS, TOOLS, SKILLS]


def test_the_workspace_is_found_from_within(root):
    """It makes no difference in which of my folders I am."""
    assert answers(root / SKILLS / "s", root)[0] == [FILTERS, TOOLS, SKILLS]


@pytest.mark.parametrize(
    ("place", "left"),
    [
        (f"{TOOLS}/a.py", [FILTERS, SKILLS]),
        (f"{TOOLS}/new.py", [FILTERS, SKILLS]),
        (f"{SKILLS}/s/deep/more.txt", [FILTERS, TOOLS]),
        (f"{SKILLS}/s/deep/new.txt", [FILTERS, TOOLS]),
    ],
)
def test_what_changed_is_not_believed(root, place, left):
    """An edit and a new file are seen, though all else is known already."""
    (root / place).write_bytes(b"bbbb\nand more\n")
    assert answers(root, root)[0] == left


def test_a_folder_that_leads_out_is_not_believed(root, tmp_path_factory):
    """A folder that became a link out of my workspace is looked at as one."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "tools"
    (root / TOOLS).rename(elsewhere)
    (root / TOOLS).symlink_to(elsewhere, target_is_directory=True)
    assert answers(root, root)[0] == [FILTERS, SKILLS]


def test_another_workspace_is_not_believed(root, tmp_path_factory):
    """What was found out about one workspace says nothing of another."""
    assert answers(root, tmp_path_factory.mktemp("another")) == [None, None]


@pytest.mark.parametrize("content", [None, b"damaged"])
def test_without_a_cache_nothing_is_believed(root, content):
    """The first look asks about everything itself."""
    (root / statcache.PATH).unlink()
    if content is not None:
        (root / statcache.PATH).write_bytes(content)
    assert not answers(root, root)[0]
