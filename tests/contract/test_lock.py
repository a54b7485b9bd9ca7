"""`cochat.lock` on every server: a clone decides by it alone, git carries it, a pull writes it only when it must."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from tests.contract.stage import read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server

SOURCE = '''"""
title: Lock
"""


class Tools:
    def one(self) -> str:
        """Say one."""
        return "one"

    def two(self) -> str:
        """Say two."""
        return "two"
'''


@pytest.fixture
def tool(server: Server) -> str:
    """Put a tool on the server."""
    name = f"lock_{uuid.uuid4().hex[:8]}"
    form = {"id": name, "name": name, "content": SOURCE, "meta": {"description": ""}, **server.private()}
    read_json(server.admin.post("/api/v1/tools/create", json=form))
    return name


@pytest.fixture
def desk(server: Server, tool: str, tmp_path: Path) -> Desk:
    """Make a workspace in git that has pulled the tool."""
    desk = make_desk(tmp_path / "desk", server.url, server.admin_person.token)
    desk.json("pull", f"tool/{tool}")
    _git(desk, "init", "-q")
    _commit(desk)
    return desk


def test_a_pull_writes_one_line_and_the_next_pull_none(server: Server, tool: str, desk: Desk) -> None:
    """The lock names the tool, its versions and its files by git's own names; nothing in it depends on when or who."""
    (line,) = _lines(desk, tool)
    blob = _git(desk, "hash-object", f"plugins/tools/{tool}.py").strip()
    assert line.startswith(f"main tool/{tool} id={tool} here=")
    assert f"plugins/tools/{tool}.py={blob}" in line
    before = desk.path("cochat.lock").read_bytes()
    assert desk.json("pull", f"tool/{tool}").actions == {}
    assert desk.path("cochat.lock").read_bytes() == before
    other = make_desk(desk.folder.parent / "other", server.url, server.admin_person.token)
    other.json("pull", f"tool/{tool}")
    assert other.path("cochat.lock").read_bytes() == before


def test_a_pushed_edit_changes_one_line(tool: str, desk: Desk) -> None:
    """The review of a push shows the source and one line of the lock."""
    desk.edit(f"plugins/tools/{tool}.py", '"one"', '"ONE"')
    desk.json("push", "--no-verify")
    assert _git(desk, "diff", "--numstat", "cochat.lock").split()[:2] == ["1", "1"]
    desk.path(f"plugins/tools/{tool}.py").unlink()
    desk.json("push", "--no-verify", "--delete", "--confirm-deletes", "1")
    assert _lines(desk, tool) == []


def test_a_clone_without_mirror_and_network_knows_what_drifted(tool: str, desk: Desk) -> None:
    """In CI, with nothing but the clone, status says in step, and exits 3 once a file differs from what was agreed."""
    ci = _clone(desk, "ci", token=None)
    assert ci.json("status", "--exit-code").json["items"] == []
    ci.edit(f"plugins/tools/{tool}.py", '"one"', '"drift"')
    found = ci.json("status", "--exit-code", expected=3)
    assert found.actions == {f"tool/{tool}": "update-there"}
    ci.path(f"plugins/tools/{tool}.py").unlink()
    assert ci.json("status", "--exit-code", expected=3).actions == {f"tool/{tool}": "delete-there"}
    assert not ci.path("mirror.db").exists()


def test_a_clone_takes_in_what_moved_on_the_server(server: Server, tool: str, desk: Desk) -> None:
    """A fresh clone that pulls takes the server's edit: it is no conflict, since the lock knows the common past."""
    clone = _clone(desk, "clone", token=desk.token)
    _edit_there(server, tool, '"one"', '"there"')
    assert clone.json("pull", f"tool/{tool}").actions == {f"tool/{tool}": "update-here"}


def test_a_clone_drifts_from_the_server(server: Server, tool: str, desk: Desk) -> None:
    """With --fetch the drift check asks the server, and sees an edit made there."""
    clone = _clone(desk, "clone", token=desk.token)
    assert clone.json("status", "--fetch", "--exit-code", f"tool/{tool}").json["items"] == []
    _edit_there(server, tool, '"one"', '"there"')
    drifted = clone.json("status", "--fetch", "--exit-code", f"tool/{tool}", expected=3)
    assert drifted.actions == {f"tool/{tool}": "update-here"}


def test_a_clone_merges_with_the_base_out_of_git(server: Server, tool: str, desk: Desk) -> None:
    """Both sides edited: the clone merges, with the body that the lock names and git still has."""
    clone = _clone(desk, "clone", token=desk.token)
    _edit_there(server, tool, '"one"', '"there"')
    clone.edit(f"plugins/tools/{tool}.py", '"two"', '"here"')
    assert clone.json("pull", f"tool/{tool}").actions == {f"tool/{tool}": "merge"}
    text = clone.path(f"plugins/tools/{tool}.py").read_text()
    assert '"there"' in text
    assert '"here"' in text


def test_without_the_object_it_is_a_conflict_and_no_guess(server: Server, tool: str, desk: Desk) -> None:
    """A copy without git has no base to merge with: it stops and says so, and the file stays."""
    clone = _clone(desk, "clone", token=desk.token)
    shutil.rmtree(clone.path(".git"))
    _edit_there(server, tool, '"one"', '"there"')
    clone.edit(f"plugins/tools/{tool}.py", '"two"', '"here"')
    stopped = clone.json("pull", f"tool/{tool}", expected=3)
    assert "not known here" in stopped.json["items"][0]["error"]
    assert '"there"' not in clone.path(f"plugins/tools/{tool}.py").read_text()


def test_an_object_that_is_something_else_is_no_base(server: Server, tool: str, desk: Desk) -> None:
    """A lock that names other bytes than those that were agreed on gives no base, though git has them."""
    clone = _clone(desk, "clone", token=desk.token)
    path = f"plugins/tools/{tool}.py"
    right, wrong = _git(clone, "hash-object", path).strip(), _git(clone, "hash-object", "cochat.toml").strip()
    lock = clone.path("cochat.lock")
    lock.write_text(lock.read_text().replace(right, wrong))
    _edit_there(server, tool, '"one"', '"there"')
    clone.edit(path, '"two"', '"here"')
    assert "not known here" in clone.json("pull", f"tool/{tool}", expected=3).json["items"][0]["error"]


def test_an_older_checkout_is_no_edit(server: Server, tool: str, desk: Desk) -> None:
    """Going back in git takes the lock along: the old file is in step with the old base, and a push sends nothing."""
    desk.edit(f"plugins/tools/{tool}.py", '"one"', '"second"')
    desk.json("push", "--no-verify")
    _commit(desk)
    _git(desk, "checkout", "-q", "HEAD~1")
    assert desk.json("push", "--no-verify").actions == {}
    assert '"second"' in _content(server, tool)
    assert desk.json("pull", f"tool/{tool}").actions == {f"tool/{tool}": "update-here"}
    _git(desk, "diff", "--exit-code", "master", "--", "cochat.lock", f"plugins/tools/{tool}.py")


def test_a_colleagues_push_arrives_by_git(server: Server, tool: str, desk: Desk) -> None:
    """What a colleague pushed and committed is no edit of mine once git brought it; the server's next edit comes in."""
    colleague = _clone(desk, "colleague", token=desk.token)
    colleague.edit(f"plugins/tools/{tool}.py", '"one"', '"colleague"')
    colleague.json("push", "--no-verify")
    _commit(colleague)
    _git(desk, "pull", "-q", str(colleague.folder), "master")
    assert desk.json("status").json["items"] == []
    _edit_there(server, tool, '"two"', '"later"')
    assert desk.json("pull", f"tool/{tool}").actions == {f"tool/{tool}": "update-here"}


def test_an_unfinished_merge_stops_everything(tool: str, desk: Desk) -> None:
    """Markers of git in the lock are said with their line; nothing is asked, written or taken for absent."""
    lock = desk.path("cochat.lock")
    line = _lines(desk, tool)[0]
    lock.write_text(f"{lock.read_text()}<<<<<<< HEAD\n{line}\n=======\n{line}x\n>>>>>>> other\n")
    before = desk.files()
    for words in (["status"], ["pull"], ["push"], ["status", "--exit-code"]):
        said = desk.cochat(*words, expected=1)
        assert "cochat.lock:" in said.err
        assert "cochat pull" in said.err
    plugin = desk.path("plugins/tools/broken.py")
    plugin.write_text("class Tools:\n    def work(self, a: int) -> int:\n        return b\n")
    found = [each["path"] for each in desk.json("check", expected=1).json["findings"]]
    assert {"cochat.lock", "plugins/tools/broken.py"} <= {*found}
    plugin.unlink()
    assert desk.files() == before


def test_another_servers_lines_are_not_ours(server: Server, tool: str, desk: Desk) -> None:
    """A target that means another server now is not decided by what was agreed with the one before."""
    desk.path("mirror.db").unlink()
    lock = desk.path("cochat.lock")
    lock.write_text(lock.read_text().replace(server.url, "https://elsewhere.example"))
    assert desk.json("status").actions == {f"tool/{tool}": "create-there"}
    assert desk.json("pull", f"tool/{tool}").actions == {f"tool/{tool}": "adopt"}
    assert server.url in lock.read_text()


def test_an_ordinary_user_keeps_a_lock(server: Server, tmp_path: Path) -> None:
    """A lock names what its puller may read, and nothing of the rest; two with the same rights write the same."""
    name = f"lock_{uuid.uuid4().hex[:8]}"
    access = server.access(write_users=[server.user_person.id], read_users=[server.user_person.id])
    form = {"id": name, "name": name, "content": SOURCE, "meta": {"description": ""}, **access}
    read_json(server.admin.post("/api/v1/tools/create", json=form))
    desk = make_desk(tmp_path, server.url, server.user_person.token)
    desk.json("pull")
    assert len(_lines(desk, name)) == 1
    assert {unquote(line.split()[1]) for line in desk.path("cochat.lock").read_text().splitlines()[2:]} <= {
        each["ref"] for each in desk.json("ls").json["items"] if each["path"]
    }


def _clone(desk: Desk, name: str, *, token: str | None) -> Desk:
    folder = desk.folder.parent / name
    _git(desk, "clone", "-q", str(desk.folder), str(folder))
    return Desk(folder, token)


def _commit(desk: Desk) -> None:
    _git(desk, "add", "--all")
    _git(desk, "commit", "-q", "-m", "state")


def _git(desk: Desk, *words: str) -> str:
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=master")
    return subprocess.run(
        ["git", *settings, *words], cwd=desk.folder, capture_output=True, text=True, check=True
    ).stdout


def _lines(desk: Desk, tool: str) -> list[str]:
    return [line for line in desk.path("cochat.lock").read_text().splitlines() if f" tool/{tool} " in line]


def _content(server: Server, tool: str) -> str:
    return str(read_json(server.admin.get(f"/api/v1/tools/id/{tool}"))["content"])


def _edit_there(server: Server, tool: str, old: str, new: str) -> None:
    item = read_json(server.admin.get(f"/api/v1/tools/id/{tool}"))
    assert old in item["content"]
    form = {each: item[each] for each in ("id", "name", "content", "meta", "access_control") if each in item}
    form["content"] = item["content"].replace(old, new)
    read_json(server.admin.post(f"/api/v1/tools/id/{tool}/update", json=form))
