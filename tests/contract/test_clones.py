"""A fresh clone asks the server: it knows what the lock says, tells what is gone, and finds nothing that is not so."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.contract.stage import TOOLS, create_plugin, make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server

GONE = "the server has none, and never showed it to you: only cochat.lock knows it"


@pytest.fixture
def tool(server: Server) -> str:
    """Put a tool on the server."""
    return str(create_plugin(server.admin, TOOLS, **server.private())["id"])


@pytest.fixture
def desk(server: Server, tool: str, tmp_path: Path) -> Desk:
    """Make a workspace in git that has pulled the tool."""
    desk = make_desk(tmp_path / "desk", server.url, server.admin_person.token)
    desk.json("pull", f"tool/{tool}")
    git(desk, "init", "-q")
    commit(desk)
    return desk


@pytest.fixture
def base(desk: Desk) -> str:
    """Push a base whose folder is not what its name would give, and an agent that names it."""
    slug = make_id().replace("_", "-")
    write(desk, f"knowledge/{slug}/knowledge.yaml", f"name: Product Docs {slug}\n")
    write(desk, f"knowledge/{slug}/files/a.md", "alpha\n")
    write(desk, f"agents/{slug}.md", f"---\nbase: m\nknowledge: [knowledge/{slug}]\n---\nhi\n")
    desk.json("push", f"knowledge/{slug}", f"agent/{slug}")
    commit(desk)
    return slug


def clone(desk: Desk, token: str | None = None) -> Desk:
    folder = desk.folder.parent / "clone"
    git(desk, "clone", "-q", str(desk.folder), str(folder))
    return Desk(folder, token or desk.token)


def commit(desk: Desk) -> None:
    git(desk, "add", "--all")
    git(desk, "commit", "-q", "-m", "state")


def git(desk: Desk, *words: str) -> str:
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=master")
    return subprocess.run(
        ["git", *settings, *words], cwd=desk.folder, capture_output=True, text=True, check=True
    ).stdout


def write(desk: Desk, path: str, text: str) -> None:
    desk.path(path).parent.mkdir(parents=True, exist_ok=True)
    desk.path(path).write_text(text)


def reasons(desk: Desk, *words: str, expected: int) -> dict[str, str]:
    return {each["ref"]: each["reason"] for each in desk.json(*words, expected=expected).json["items"]}


def test_what_is_gone_there_is_told_in_a_clone(server: Server, tool: str, desk: Desk) -> None:
    """CI in a clone exits 3 for a tool that was deleted on the server; no file goes, and a pull says the same."""
    ci, ref = clone(desk), f"tool/{tool}"
    read_json(server.admin.delete(f"/api/v1/tools/id/{tool}/delete"))
    before = ci.files()
    for _twice in range(2):
        assert reasons(ci, "status", "--fetch", "--exit-code", ref, expected=3) == {ref: GONE}
        assert reasons(ci, "pull", ref, expected=0) == {ref: GONE}
        assert reasons(ci, "status", "--exit-code", ref, expected=3) == {ref: GONE}
    assert ci.files() == before
    ci.path(f"plugins/tools/{tool}.py").unlink()
    ci.json("push", "--delete", "--confirm-deletes", "1", "--no-verify", ref)
    assert ref not in ci.json("status", "--fetch").actions
    assert f" tool/{tool} " not in ci.path("cochat.lock").read_text()


def test_what_a_colleague_made_and_is_gone_again_is_told(server: Server, tool: str, desk: Desk) -> None:
    """The line of a colleague came by git, and the tool was deleted before I ever saw it: status says so."""
    mine, made = clone(desk), make_id()
    mine.json("pull", f"tool/{tool}")
    write(desk, f"plugins/tools/{made}.py", TOOLS.source)
    desk.json("push", "--no-verify", f"tool/{made}")
    commit(desk)
    git(mine, "pull", "-q", str(desk.folder), "master")
    read_json(server.admin.delete(f"/api/v1/tools/id/{made}/delete"))
    assert reasons(mine, "status", "--fetch", "--exit-code", f"tool/{made}", expected=3) == {f"tool/{made}": GONE}


def test_what_is_not_shown_to_me_is_no_drift(server: Server, tool: str, desk: Desk) -> None:
    """An ordinary user who is not shown a private tool gets no alarm for it, in a clone and after a pull."""
    ci, ref = clone(desk, server.user_person.token), f"tool/{tool}"
    for words in ((), ("--fetch",)):
        assert ci.json("status", "--exit-code", ref, *words).json["items"] == []
    assert ci.json("pull", ref).actions == {ref: "skip"}
    for words in ((), ("--fetch",)):
        told = ci.json("status", "--exit-code", ref, *words).json
        assert (told["items"], told["invisible"]) == ([], [ref])
    ci.edit(f"plugins/tools/{tool}.py", "class Tools", "# mine\nclass Tools")
    assert ci.json("status", "--exit-code", ref, expected=3).actions == {ref: "skip"}


def test_a_look_at_an_older_checkout_is_forgotten_with_it(tool: str, desk: Desk) -> None:
    """I look at the server from an older commit and come back: what I agreed on last is what decides."""
    desk.edit(f"plugins/tools/{tool}.py", "class Tools", "# second\nclass Tools")
    desk.json("push", "--no-verify", f"tool/{tool}")
    commit(desk)
    git(desk, "checkout", "-q", "HEAD~1")
    assert desk.json("status", "--fetch", f"tool/{tool}").actions == {f"tool/{tool}": "update-here"}
    git(desk, "checkout", "-q", "master")
    assert desk.json("status", f"tool/{tool}").actions == {}
    assert desk.json("push", "--no-verify", f"tool/{tool}").actions == {}


@pytest.mark.flavor("owui-0.12")
def test_a_look_in_a_clone_knows_bases_by_their_folders(desk: Desk, base: str) -> None:
    """A base whose folder is not its name is in step, and no pull after that look makes a second one."""
    ci, refs = clone(desk), (f"knowledge/{base}", f"agent/{base}")
    before = ci.files()
    assert ci.json("status", "--fetch", "--exit-code", *refs).json["items"] == []
    assert ci.json("pull", *refs).actions == {}
    assert ci.json("status", "--fetch", "--exit-code", *refs).json["items"] == []
    assert ci.files() == before


@pytest.mark.flavor("owui-0.12")
@pytest.mark.parametrize("words", [("pull", "--kind", "agent"), ("status", "--fetch", "agent/*")])
def test_an_agent_in_a_clone_names_bases_by_their_folders(desk: Desk, base: str, words: tuple[str, ...]) -> None:
    """A look at agents alone reads their bases by the addresses that the lock has for them."""
    mine = clone(desk)
    text = mine.path(f"agents/{base}.md").read_text()
    assert f"agent/{base}" not in mine.json(*words).actions
    assert mine.path(f"agents/{base}.md").read_text() == text


@pytest.mark.flavor("owui-0.12")
@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_the_first_push_in_a_clone_sends(desk: Desk, base: str, words: tuple[str, ...]) -> None:
    """An agent that is edited in a fresh clone is sent by the first push, as what its bases are called is known."""
    mine = clone(desk)
    mine.edit(f"agents/{base}.md", "hi", "hello")
    assert mine.json("push", *words).actions == {f"agent/{base}": "update-there"}


def test_a_base_that_was_made_again_arrives_by_git(server: Server, desk: Desk) -> None:
    """A colleague deletes a base and takes that back: it has another id, and is the same base here, where it lies."""
    slug = make_id().replace("_", "-")
    write(desk, f"knowledge/{slug}/knowledge.yaml", f"name: Docs {slug}\n")
    write(desk, f"knowledge/{slug}/files/a.md", "alpha\n")
    ref = f"knowledge/{slug}"
    desk.json("push", ref)
    commit(desk)
    mine = clone(desk)
    mine.json("pull", ref)
    shutil.rmtree(desk.path(ref))
    desk.json("push", "--delete", "--confirm-deletes", "1", ref)
    desk.json("undo", str(desk.json("undo", "--list").json["runs"][0]["run"]))
    git(desk, "checkout", "-q", "knowledge")
    desk.json("pull", ref)
    commit(desk)
    git(mine, "pull", "-q", str(desk.folder), "master")
    before = mine.files()
    assert mine.json("status", ref).actions == {}
    assert mine.json("pull", "--kind", "knowledge").actions.get(ref) is None
    after = mine.files()
    assert [name for name in before if name != "cochat.lock" and after.get(name) != before[name]] == []
    assert [line for line in mine.path("cochat.lock").read_text().splitlines() if slug in line] == [
        line for line in before["cochat.lock"].decode().splitlines() if slug in line
    ]
    mine.edit(f"{ref}/files/a.md", "alpha", "beta")
    assert mine.json("push", ref).actions == {ref: "update-there"}
    # and an older checkout does not bring the old id back
    git(desk, "checkout", "-q", "HEAD~1")
    assert ref not in desk.json("status").actions
    assert desk.json("pull", ref).actions == {ref: "update-here"}
    assert desk.json("pull", ref).actions == {}
