"""One workspace, two accounts or two servers by turns: nothing is decided by what another one knew, nor forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract import sources
from tests.contract.conftest import start_local
from tests.contract.stage import make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server
    from tests.onlooker import Onlooker


@pytest.fixture
def alice(server: Server, onlooker: Onlooker, tmp_path: Path) -> Desk:
    """Make an admin's workspace."""
    return make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)


@pytest.fixture
def bob(server: Server, alice: Desk) -> Desk:
    """Sit another admin down at the same workspace."""
    return Desk(alice.folder, server.add_person(role="admin").token)


@pytest.fixture
def base(alice: Desk) -> str:
    """Write a knowledge base, whose folder is not what its name would give: its slug."""
    return add_base(alice)


def add_base(desk: Desk) -> str:
    slug = make_id().replace("_", "-")
    write(desk, f"knowledge/{slug}/knowledge.yaml", f"name: Handbook of {slug}\ndescription: what we know\n")
    write(desk, f"knowledge/{slug}/files/a.txt", f"the text of {slug}\n")
    return slug


def add_tool(desk: Desk) -> str:
    made = make_id()
    write(desk, f"plugins/tools/{made}.py", sources.TOOL)
    return made


def write(desk: Desk, path: str, text: str) -> None:
    desk.path(path).parent.mkdir(parents=True, exist_ok=True)
    desk.path(path).write_text(text)


def edit(desk: Desk, base: str) -> dict[str, str]:
    """Edit a file of the base: what a push of it does."""
    desk.edit(f"knowledge/{base}/files/a.txt", "the text", "another text")
    return {f"knowledge/{base}": "update-there"}


def count_there(server: Server, base: str) -> int:
    """Count the bases of that name on the server."""
    answer = read_json(server.admin.get("/api/v1/knowledge/"))
    found = answer["items"] if isinstance(answer, dict) else answer
    return sum(each["name"] == f"Handbook of {base}" for each in found)


def lock_of(desk: Desk) -> list[str]:
    return desk.path("cochat.lock").read_text().splitlines()


def test_another_server_in_between(
    server: Server, alice: Desk, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at another server by COCHAT_URL makes nothing new here: my edit updates the base that there is."""
    alice.json("push", "--no-verify")
    locked = lock_of(alice)
    (tmp_path / "other").mkdir()
    with start_local("owui-0.12", tmp_path / "other") as (url, _email, _password, token):
        monkeypatch.setenv("COCHAT_URL", url)
        Desk(alice.folder, token).json("pull", "--kind", "tool")
        monkeypatch.delenv("COCHAT_URL")
    assert lock_of(alice) == locked
    assert alice.json("status").actions == {}
    wanted = edit(alice, base)
    assert alice.json("status").actions == wanted
    assert alice.json("push", "--no-verify").actions == wanted
    assert count_there(server, base) == 1
    assert alice.json("push", "--no-verify").json["requests"] == 0


def test_another_server_in_between_without_the_lock(
    server: Server, alice: Desk, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mirror alone remembers as much, whoever else was signed in to this server before."""
    alice.json("push", "--no-verify")
    Desk(alice.folder, server.user_person.token).json("pull", "--kind", "tool")
    (tmp_path / "other").mkdir()
    with start_local("owui-0.12", tmp_path / "other") as (url, _email, _password, token):
        monkeypatch.setenv("COCHAT_URL", url)
        Desk(alice.folder, token).json("pull", "--kind", "tool")
        monkeypatch.delenv("COCHAT_URL")
    alice.path("cochat.lock").unlink()
    wanted = edit(alice, base)
    assert alice.json("push", "--no-verify", f"knowledge/{base}").actions == wanted
    assert count_there(server, base) == 1


def test_another_account_in_between(server: Server, alice: Desk, bob: Desk, base: str) -> None:
    """A colleague's narrower pull leaves the lock as it is, and my next push knows my base."""
    tool = add_tool(alice)
    alice.json("push", "--no-verify")
    locked = lock_of(alice)
    assert bob.json("pull", f"tool/{tool}").actions == {}
    assert lock_of(alice) == locked
    assert bob.json("status", f"knowledge/{base}").actions == {}
    wanted = edit(alice, base)
    assert alice.json("push", "--no-verify").actions == wanted
    assert count_there(server, base) == 1


def test_an_ordinary_user_in_between(server: Server, alice: Desk, base: str) -> None:
    """What a colleague is not shown stays in the lock and in the files, line by line."""
    tool = add_tool(alice)
    alice.json("push", "--no-verify")
    locked = lock_of(alice)
    user = Desk(alice.folder, server.user_person.token)
    for _again in range(2):
        # what others shared with everybody does come
        user.json("pull", "--kind", "tool", "--kind", "knowledge")
        assert set(locked) <= set(lock_of(alice))
        assert alice.path(f"plugins/tools/{tool}.py").exists()
        assert alice.path(f"knowledge/{base}/files/a.txt").exists()
    wanted = edit(alice, base)
    assert alice.json("push", "--no-verify", f"knowledge/{base}").actions == wanted
    assert count_there(server, base) == 1


def test_two_accounts_push_by_turns(server: Server, alice: Desk, bob: Desk, base: str) -> None:
    """Each goes on from where the other one left off, and the lock says the same whoever did."""
    tool = add_tool(alice)
    alice.json("push", "--no-verify")
    wanted = edit(bob, base)
    assert bob.json("push", "--no-verify").actions == wanted
    assert any(f"tool/{tool} " in line for line in lock_of(bob))
    assert alice.json("status").actions == {}
    assert alice.json("pull", f"knowledge/{base}").actions == {}
    assert alice.json("status").actions == {}
    alice.edit(f"knowledge/{base}/files/a.txt", "another", "a third")
    assert alice.json("push", "--no-verify").actions == wanted
    assert bob.json("pull", f"knowledge/{base}").actions == {}
    assert count_there(server, base) == 1


@pytest.mark.generation("0.12")
def test_a_version_that_a_colleague_met_stays_in_the_lock(server: Server, alice: Desk, bob: Desk) -> None:
    """An edit and its undoing moved the version: what I know of it is older, and is not written over the line."""
    tools = [add_tool(alice), add_tool(alice)]
    alice.json("push", "--no-verify")
    held, locked = read_json(server.admin.get(f"/api/v1/tools/id/{tools[0]}")), lock_of(alice)
    form = {each: held[each] for each in ("id", "name", "content", "meta")}
    for content in (f"# more\n{held['content']}", held["content"]):
        read_json(server.admin.post(f"/api/v1/tools/id/{tools[0]}/update", json={**form, "content": content}))
    bob.json("pull", f"tool/{tools[0]}")
    met = lock_of(bob)
    assert met != locked
    alice.json("pull", f"tool/{tools[1]}")
    assert lock_of(alice) == met


def test_a_push_by_somebody_else_is_about_what_they_know(server: Server, alice: Desk, bob: Desk) -> None:
    """Without the lock my push knows what I agreed on, though a colleague, who knows less, was here last."""
    bases, tool = [add_base(alice), add_base(alice)], add_tool(alice)
    alice.json("push", "--no-verify")
    bob.json("pull", f"tool/{tool}")
    alice.path("cochat.lock").unlink()
    wanted = edit(alice, bases[0])
    assert alice.json("push", "--no-verify").actions == wanted
    assert [count_there(server, base) for base in bases] == [1, 1]


def test_a_base_of_a_colleague_is_not_made_again_without_the_lock(
    server: Server, alice: Desk, bob: Desk, base: str
) -> None:
    """What I am shown under the name of my new base may be it: I am told to look, and then it is for me to say."""
    alice.json("push", "--no-verify")
    alice.path("cochat.lock").unlink()
    bob.json("pull", "--kind", "tool")
    for words in (["--dry-run"], [], ["--atomic"], []):
        (told,) = bob.json("push", "--no-verify", *words, f"knowledge/{base}", expected=3).json["items"]
        assert (told["action"], "of that name" in told["error"]) == ("failed", True)
        assert count_there(server, base) == 1
    # it lies here a second time now, under the address that its name gives
    bob.json("pull", "--kind", "knowledge", expected=None)
    bob.json("push", "--no-verify", f"knowledge/{base}")
    assert count_there(server, base) == 2


@pytest.mark.parametrize("command", ["push", "pull", "apply", "undo"])
def test_what_i_left_open_is_settled_though_somebody_else_came(
    server: Server, alice: Desk, bob: Desk, onlooker: Onlooker, base: str, command: str
) -> None:
    """My create whose answer was lost is found again by my next command, and not repeated."""
    tool = add_tool(bob)
    bob.json("push", "--no-verify", f"tool/{tool}")
    run = bob.json("undo", "--list").json["runs"][0]["run"]
    bob.edit(f"plugins/tools/{tool}.py", "class Tools", "# more\nclass Tools")
    bob.json("push", "--no-verify", f"tool/{tool}", "--out", "plan.json")
    onlooker.lose("/api/v1/knowledge/create")
    bob.json("push", "--no-verify", f"knowledge/{base}", expected=4)
    alice.json("pull", f"tool/{tool}")
    words = {
        "push": ("push", "--no-verify"),
        "pull": ("pull", f"knowledge/{base}"),
        "apply": ("apply", "plan.json"),
        "undo": ("undo", str(run), "--confirm-deletes", "1"),
    }[command]
    bob.json(*words, expected=None)
    assert count_there(server, base) == 1
    assert bob.json("push", "--no-verify", f"knowledge/{base}", expected=None)
    assert count_there(server, base) == 1
    assert bob.json("status", f"knowledge/{base}").actions == {}


def test_a_run_of_somebody_else_is_not_taken_back(server: Server, alice: Desk, bob: Desk, base: str) -> None:
    """Signed in as another one I am told that there is no such run of mine; nothing is sent, the lock stays."""
    alice.json("push", "--no-verify")
    locked = lock_of(alice)
    run = alice.json("undo", "--list").json["runs"][0]["run"]
    refused = bob.json("undo", str(run), "--confirm-deletes", "1", expected=2).json["error"]
    assert refused["type"] == "UnknownResource"
    assert (count_there(server, base), lock_of(alice)) == (1, locked)


def test_a_plan_of_somebody_else_is_refused_and_moves_nothing(
    server: Server, alice: Desk, bob: Desk, base: str
) -> None:
    """A plan is for who made it; refused, it leaves the lock as it is, and its maker still carries it out."""
    alice.json("push", "--no-verify")
    wanted, locked = edit(alice, base), lock_of(alice)
    alice.json("push", "--no-verify", "--out", "plan.json")
    assert "another user" in bob.json("apply", "plan.json", expected=2).json["error"]["message"]
    assert lock_of(alice) == locked
    assert alice.json("apply", "plan.json").actions == wanted
    assert count_there(server, base) == 1


def test_a_promotion_knows_the_target_as_its_own_account(
    server: Server, alice: Desk, bob: Desk, base: str, tmp_path: Path
) -> None:
    """Another account at the far end in between makes no second base there."""
    (tmp_path / "near").mkdir()
    with start_local("owui-0.12", tmp_path / "near") as (url, _email, _password, token):
        far = alice.path("cochat.toml").read_text().replace("[targets.main]", "[targets.far]")
        alice.path("cochat.toml").write_text(f'{far}\n[targets.near]\nurl = "{url}"\n'.replace('"main"', '"far"'))
        Desk(alice.folder, token).json("push", "--no-verify", "--target", "near")
        words = ("promote", f"knowledge/{base}", "--from", "near", "--to", "far", "--no-verify")
        assert alice.json(*words).actions == {f"knowledge/{base}": "create-there"}
        bob.json("pull", "--kind", "tool", "--target", "far")
        alice.path("cochat.lock").unlink()
        edit(alice, base)
        assert alice.json(*words, "--from-files").actions == {f"knowledge/{base}": "update-there"}
        assert count_there(server, base) == 1
