"""A push whose process dies: the next command finds out what became of each write, and nothing is done twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.mirror.journal import read_open_runs
from cochat_devkit.mirror.reader import MirrorReader
from tests.contract import prompts, sources
from tests.contract.stage import make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.stage import Server
    from tests.onlooker import Onlooker

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 60


@pytest.fixture
def tool(server: Server) -> str:
    """Put a tool on the server that no other test knows."""
    made = make_id()
    form = {"id": made, "name": made, "content": sources.TOOL, "meta": {"description": ""}, **server.private()}
    read_json(server.admin.post("/api/v1/tools/create", json=form))
    return made


@pytest.fixture
def desk(server: Server, onlooker: Onlooker, tool: str, tmp_path: Path) -> Desk:
    """Make an admin's workspace that has pulled that tool."""
    made = make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)
    made.json("pull", f"tool/{tool}")
    return made


@pytest.mark.parametrize("arrives", [True, False])
def test_an_update_is_settled_by_what_the_server_holds(server, desk, onlooker, tool, arrives):
    """Killed while it waits for the answer: what arrived is done, what did not is still to be pushed."""
    add_line(desk, tool)
    push_and_die(desk, onlooker, "POST", f"/api/v1/tools/id/{tool}/update", after=arrives)
    assert ("# more" in source_there(server, tool)) is arrives
    assert len(open_runs(desk)) == 1
    again = desk.json("push", "--no-verify").actions
    assert again == {f"tool/{tool}": "update-there"}
    assert "# more" in source_there(server, tool)
    assert open_runs(desk) == []
    assert desk.json("push", "--no-verify").json["requests"] == 0


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("command", ["push", "pull"])
def test_a_create_is_never_repeated_blindly(server, desk, onlooker, arrives, command):
    """Killed while it creates: there is one in the end, whichever command comes next."""
    new = make_id()
    desk.path(f"plugins/tools/{new}.py").write_text(sources.TOOL)
    push_and_die(desk, onlooker, "POST", "/api/v1/tools/create", after=arrives)
    if command == "pull":
        desk.json("pull", f"tool/{new}")
    desk.json("push", "--no-verify")
    listed = [each["id"] for each in read_json(server.admin.get("/api/v1/tools/export"))]
    assert listed.count(new) == 1
    assert open_runs(desk) == []


@pytest.mark.parametrize("arrives", [True, False])
def test_a_lost_create_of_a_prompt_is_recognised(server, desk, onlooker, arrives):
    """It is found again by its body where the server made its id, else by its command, and not created twice."""
    command = make_id()
    place = desk.path(f"prompts/{command}.md")
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"---\nname: {command}\n---\nSay it.\n")
    push_and_die(desk, onlooker, "POST", "/api/v1/prompts/create", after=arrives)
    pushed = desk.json("push", "--no-verify")
    assert pushed.actions == {f"prompt/{command}": "create-there"}
    assert commands_there(server).count(command) == 1
    assert open_runs(desk) == []
    place.write_text(place.read_text() + "And again.\n")
    assert desk.json("push", "--no-verify").actions == {f"prompt/{command}": "update-there"}
    assert commands_there(server).count(command) == 1


@pytest.mark.generation("0.12")
def test_a_draft_of_a_prompt_is_nobody_covered(server, desk):
    """A draft that a colleague keeps beside the live prompt is no version that my push covered."""
    command = make_id().replace("_", "-")
    form = {"command": command, "name": command, "content": "Live."}
    made = read_json(server.admin.post("/api/v1/prompts/create", json=form))
    desk.json("pull", f"prompt/{command}")
    # the newest entry is the draft, by whole seconds
    prompts.wait_for_next_second(server, prompts.read(server, made))
    draft = {**form, "content": "A draft.", "is_production": False}
    read_json(server.admin.post(f"/api/v1/prompts/id/{made['id']}/update", json=draft))
    place = desk.path(f"prompts/{command}.md")
    place.write_text(place.read_text() + "More.\n")
    assert desk.json("push", "--no-verify").actions == {f"prompt/{command}": "update-there"}


@pytest.mark.parametrize("arrives", [True, False])
def test_a_lost_knowledge_base_is_recognised(server, desk, onlooker, arrives):
    """Bases may bear the same name, so nothing but ours, new and equal tells the lost one; its files follow."""
    slug = make_id().replace("_", "-")
    folder = desk.path(f"knowledge/{slug}")
    (folder / "files").mkdir(parents=True)
    (folder / "knowledge.yaml").write_text(f"name: {slug}\ndescription: About {slug}\n")
    (folder / "files" / "a.txt").write_text("A text.\n")
    push_and_die(desk, onlooker, "POST", "/api/v1/knowledge/create", after=arrives)
    desk.json("push", "--no-verify")
    assert names_of_bases(server).count(slug) == 1
    assert open_runs(desk) == []
    assert desk.json("push", "--no-verify").json["requests"] == 0
    assert desk.json("pull", f"knowledge/{slug}").actions == {}


def test_a_half_replaced_file_is_no_edit_of_somebody_else(server, desk, onlooker):
    """Killed between taking the old file away and adding the new one: the next pull and push complete it."""
    slug = make_id().replace("_", "-")
    place = desk.path(f"knowledge/{slug}/files/a.txt")
    place.parent.mkdir(parents=True)
    (place.parent.parent / "knowledge.yaml").write_text(f"name: {slug}\ndescription: About {slug}\n")
    place.write_text(f"A text of {slug}.\n")
    desk.json("push", "--no-verify")
    place.write_text(f"Another text of {slug}.\n")
    base = next(each for each in bases_there(server) if each["name"] == slug)
    push_and_die(desk, onlooker, "POST", f"/api/v1/knowledge/{base['id']}/file/add", after=False)
    assert desk.json("pull", f"knowledge/{slug}").actions == {}
    desk.json("push", "--no-verify")
    assert [each["filename"] for each in files_there(server, base)] == ["a.txt"]
    assert desk.json("push", "--no-verify").json["requests"] == 0


@pytest.mark.parametrize("arrives", [True, False])
def test_a_delete_is_settled(server, desk, onlooker, tool, arrives):
    """Killed while it deletes: it is gone in the end, and what it was can be brought back."""
    desk.path(f"plugins/tools/{tool}.py").unlink()
    words = ("--delete", "--confirm-deletes", "1")
    push_and_die(desk, onlooker, "DELETE", f"/api/v1/tools/id/{tool}/delete", *words, after=arrives)
    desk.json("push", "--no-verify", *words)
    assert tool not in [each["id"] for each in read_json(server.admin.get("/api/v1/tools/export"))]
    run = next(each for each in desk.json("undo").json["runs"] if each["steps"][0]["state"] == "done")
    desk.json("undo", str(run["run"]))
    assert source_there(server, tool) == sources.TOOL


def test_what_somebody_wrote_since_is_a_conflict(server, desk, onlooker, tool):
    """Killed before it arrived, and then a colleague saved: nothing is sent over theirs."""
    add_line(desk, tool)
    push_and_die(desk, onlooker, "POST", f"/api/v1/tools/id/{tool}/update", after=False)
    item = read_json(server.admin.get(f"/api/v1/tools/id/{tool}"))
    theirs = sources.TOOL + "# theirs\n"
    read_json(server.admin.post(f"/api/v1/tools/id/{tool}/update", json={**item, "content": theirs}))
    desk.json("push", "--no-verify", expected=3)
    assert source_there(server, tool) == theirs
    assert "# more" in desk.path(f"plugins/tools/{tool}.py").read_text()


@pytest.mark.generation("0.12")
def test_whom_a_killed_push_covered_is_found_out_later(server, desk, onlooker, tool):
    """The look into the history that a killed push could not take is taken by the next command."""
    add_line(desk, tool)

    def meddle() -> None:
        item = read_json(server.admin.get(f"/api/v1/tools/id/{tool}"))
        theirs = {**item, "content": sources.TOOL + "# theirs\n"}
        read_json(server.admin.post(f"/api/v1/tools/id/{tool}/update", json=theirs))

    push_and_die(desk, onlooker, "POST", f"/api/v1/tools/id/{tool}/update", after=True, act=meddle)
    covered = desk.json("push", "--no-verify", expected=3).json["items"][0]
    assert covered["action"] == "conflict"
    assert "# theirs" in desk.path(f".cochat/conflicts/main/plugins/tools/{tool}.py").read_text()


def test_a_dead_server_leaves_it_open(desk, onlooker, tool):
    """While nobody answers nothing is guessed: the step stays open until the server can be asked."""
    add_line(desk, tool)
    push_and_die(desk, onlooker, "POST", f"/api/v1/tools/id/{tool}/update", after=True)
    onlooker.is_deaf = True
    desk.json("push", "--no-verify", expected=4)
    assert len(open_runs(desk)) == 1
    onlooker.is_deaf = False
    desk.json("push", "--no-verify")
    assert open_runs(desk) == []


def test_what_is_closed_to_me_since_keeps_nothing_else_from_being_done(server, onlooker, allow_users, tool, tmp_path):
    """A push of mine is lost, and then the owner takes my access away: it waits and is told, and all else goes on."""
    allow_users("tools")
    desk = make_desk(tmp_path / "mine", onlooker.url, server.user_person.token)
    path, item = f"/api/v1/tools/id/{tool}", read_json(server.admin.get(f"/api/v1/tools/id/{tool}"))
    me = [server.user_person.id]
    share(server, item, server.access(read_users=me, write_users=me))
    other = make_id()
    read_json(server.admin.post("/api/v1/tools/create", json={**item, "id": other}))
    share(server, {**item, "id": other}, server.access(read_users=me, write_users=me))
    desk.json("pull")
    add_line(desk, tool)
    push_and_die(desk, onlooker, "POST", f"{path}/update", after=False)
    share(server, item, server.private())
    add_line(desk, other)
    for words in (("pull",), ("push", "--no-verify")):
        told, *more = desk.json(*words, expected=4).json["items"]
        assert (told["ref"], told["action"], "nobody can tell" in told["error"]) == (f"tool/{tool}", "skip", True)
        assert words == ("pull",) or [each["ref"] for each in more] == [f"tool/{other}"]
        assert len(open_runs(desk)) == 1
    assert source_there(server, other) == source_there(server, tool) + "# more\n"
    share(server, item, server.access(read_users=me, write_users=me))
    assert desk.json("push", "--no-verify").actions == {f"tool/{tool}": "update-there"}
    assert open_runs(desk) == []
    assert source_there(server, tool).endswith("# more\n")


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("is_deletion", [False, True])
def test_a_prompt_that_is_hidden_from_me_is_not_taken_for_gone(server, onlooker, tmp_path, is_deletion):
    """A server that tells what is closed as not there says nothing about what became of my write."""
    desk = make_desk(tmp_path / "mine", onlooker.url, server.user_person.token)
    command, me = make_id(), [server.user_person.id]
    form = {"command": command, "name": command, "content": "Say it.", **server.access(read_users=me, write_users=me)}
    made = read_json(server.admin.post("/api/v1/prompts/create", json=form))
    desk.json("pull", f"prompt/{command}")
    place = desk.path(f"prompts/{command}.md")
    path = f"/api/v1/prompts/id/{made['id']}"
    if is_deletion:
        place.unlink()
        words = ("--delete", "--confirm-deletes", "1")
        push_and_die(desk, onlooker, "DELETE", f"{path}/delete", *words, after=False)
    else:
        place.write_text(place.read_text() + "And again.\n")
        push_and_die(desk, onlooker, "POST", f"{path}/update", after=False)
    read_json(server.admin.post(f"{path}/access/update", json=server.private()))
    desk.json("pull", expected=4)
    assert len(open_runs(desk)) == 1
    assert prompts.read(server, made)["content"] == "Say it."


def test_a_base_whose_folder_is_not_its_name_is_made_once(server, desk, onlooker):
    """What fails after a create is still known to be made: the next push completes it, and makes no second one."""
    name, folder = make_base(desk)
    edited = folder / "files" / "a.txt"
    onlooker.before("POST", "/api/v1/knowledge/create", lambda: edited.write_text(f"Edited of {name}.\n") and None)
    desk.json("push", "--no-verify", expected=1)
    desk.json("push", "--no-verify")
    assert names_of_bases(server).count(name) == 1
    assert desk.json("push", "--no-verify").json["requests"] == 0
    (base,) = [each for each in bases_there(server) if each["name"] == name]
    assert [each["filename"] for each in files_there(server, base)] == ["a.txt"]


def test_a_look_in_between_does_not_hide_a_lost_base(server, desk, onlooker):
    """What status shows of a base whose create was never heard of is no other one: it is found, and there is one."""
    name, folder = make_base(desk)
    onlooker.lose("/api/v1/knowledge/create")
    desk.json("push", "--no-verify", expected=4)
    desk.json("status", "--fetch")
    desk.json("push", "--no-verify")
    assert names_of_bases(server).count(name) == 1
    assert open_runs(desk) == []
    assert desk.json("push", "--no-verify").json["requests"] == 0
    pulled = desk.json("pull", "--kind", "knowledge").actions
    assert f"knowledge/{folder.name}" not in pulled
    assert [each.parent for each in folder.parent.glob("*/knowledge.yaml") if name in each.read_text()] == [folder]


def test_a_lost_base_that_somebody_edited_since_is_not_made_again(server, desk, onlooker):
    """Whether it is mine a person has to say: a conflict for as long as I have not looked, and one base there."""
    name, _folder = make_base(desk)
    onlooker.lose("/api/v1/knowledge/create")
    desk.json("push", "--no-verify", expected=4)
    (base,) = [each for each in bases_there(server) if each["name"] == name]
    form = {"name": name, "description": "Better words."}
    read_json(server.admin.post(f"/api/v1/knowledge/{base['id']}/update", json=form))
    for _ in range(2):
        told = desk.json("push", "--no-verify", expected=3)
        assert {each["action"] for each in told.json["items"]} == {"conflict"}
        assert names_of_bases(server).count(name) == 1


def test_a_lost_base_beside_an_equal_one_is_not_made_again(server, desk, onlooker):
    """Either may be mine: nothing is sent a third time."""
    name, _folder = make_base(desk)
    onlooker.lose("/api/v1/knowledge/create")
    desk.json("push", "--no-verify", expected=4)
    read_json(server.admin.post("/api/v1/knowledge/create", json={"name": name, "description": f"About {name}"}))
    desk.json("push", "--no-verify", expected=3)
    assert names_of_bases(server).count(name) == 2
    # once I have seen them it is for me to say whether there shall be one more
    desk.json("pull", "--kind", "knowledge", expected=3)
    assert open_runs(desk) != []
    desk.json("push", "--no-verify")
    assert open_runs(desk) == []


def test_an_undone_deletion_whose_answer_is_lost_makes_one(server, desk, onlooker):
    """What comes back gets another id: the undo of a deletion is looked for by its body, as every create is."""
    name, folder = make_base(desk)
    desk.json("push", "--no-verify")
    shutil.rmtree(folder)
    desk.json("push", "--no-verify", "--delete", "--confirm-deletes", "1")
    run = str(desk.json("undo").json["runs"][0]["run"])
    onlooker.lose("/api/v1/knowledge/create")
    desk.json("undo", run, expected=4)
    assert names_of_bases(server).count(name) == 1
    desk.json("undo", run, expected=None)
    assert names_of_bases(server).count(name) == 1
    assert open_runs(desk) == []


def make_base(desk: Desk) -> tuple[str, Path]:
    """Write a new base of one file whose folder is another word than its name: both."""
    slug = make_id().replace("_", "-")
    name, folder = f"The base {slug}", desk.path(f"knowledge/{slug}")
    (folder / "files").mkdir(parents=True)
    (folder / "knowledge.yaml").write_text(f"name: {name}\ndescription: About {name}\n")
    (folder / "files" / "a.txt").write_text(f"A text of {name}.\n")
    return name, folder


def push_and_die(
    desk: Desk,
    onlooker: Onlooker,
    method: str,
    path: str,
    *words: str,
    after: bool,
    act: Callable[[], None] = lambda: None,
) -> None:
    """Push in a child process, and kill it when a request comes by: before it is passed on, or after."""
    child = subprocess.Popen(
        [sys.executable, "-m", "cochat_devkit", "push", "--no-verify", *words],
        cwd=desk.folder,
        env={**os.environ, "COCHAT_TOKEN": desk.token or "", "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with closing(onlooker.stop_at(method, path, after=after, act=act)) as stopped:
        stopped.wait(TIMEOUT_S)
        child.send_signal(signal.SIGKILL)
        assert child.wait(TIMEOUT_S) == -signal.SIGKILL


def open_runs(desk: Desk) -> list[int]:
    with MirrorReader(desk.path("mirror.db")) as reader:
        return [each.id for each in read_open_runs(reader)]


def add_line(desk: Desk, tool_id: str) -> None:
    place = desk.path(f"plugins/tools/{tool_id}.py")
    place.write_bytes(place.read_bytes() + b"# more\n")


def share(server: Server, tool: dict[str, object], access: dict[str, object]) -> None:
    """Give somebody access to a tool, as its owner does."""
    path = f"/api/v1/tools/id/{tool['id']}"
    if server.generation == "0.12":
        read_json(server.admin.post(f"{path}/access/update", json=access))
    else:
        read_json(server.admin.post(f"{path}/update", json={**tool, **access}))


def source_there(server: Server, tool_id: str) -> str:
    found: str = read_json(server.admin.get(f"/api/v1/tools/id/{tool_id}"))["content"]
    return found


def commands_there(server: Server) -> list[str]:
    """List the commands of the prompts, which begin with a slash on 0.6."""
    return [str(each["command"]).removeprefix("/") for each in read_json(server.admin.get("/api/v1/prompts/"))]


def bases_there(server: Server) -> list[dict[str, str]]:
    found = read_json(server.admin.get("/api/v1/knowledge/"))
    listed: list[dict[str, str]] = found["items"] if isinstance(found, dict) else found
    return listed


def files_there(server: Server, base: dict[str, str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = read_json(server.admin.get(f"/api/v1/knowledge/{base['id']}/files"))["items"]
    return found


def names_of_bases(server: Server) -> list[str]:
    return [each["name"] for each in bases_there(server)]
