"""Somebody who saves between our read and our write, where the write then fails: a conflict, both sides kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract import bases, skills, sources
from tests.contract.stage import FUNCTIONS, create_plugin, make_id, read_json, refusal
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server
    from tests.onlooker import Onlooker

TEXT = "---\nname: A\ndescription: What it is for\n---\n{}\n\nIn between.\n\nLast.\n"


@pytest.fixture
def desk(server: Server, onlooker: Onlooker, tmp_path: Path) -> Desk:
    """Make an admin's workspace."""
    return make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)


@pytest.fixture
def tool(server: Server, desk: Desk) -> str:
    """Put a tool on the server, pulled and edited."""
    made = make_id()
    form = {"id": made, "name": made, "content": sources.TOOL, "meta": {"description": ""}, **server.private()}
    read_json(server.admin.post("/api/v1/tools/create", json=form))
    desk.json("pull", f"tool/{made}")
    desk.path(f"plugins/tools/{made}.py").write_text(sources.TOOL + "# ours\n")
    return made


@pytest.fixture
def skill(server: Server, desk: Desk) -> str:
    """Put a skill on the server, pulled and edited."""
    made = skills.create(server.admin, content=TEXT.format("First."))["id"]
    desk.json("pull", f"skill/{made}")
    desk.path(f"skills/{made}/SKILL.md").write_text(TEXT.format("Ours."))
    return str(made)


@pytest.mark.generation("0.12")
def test_a_save_that_the_server_refuses_as_stale_is_a_conflict(server, desk, onlooker, skill):
    """Exit 3, theirs stays there and lies beside my files, mine is as I left it; settled offline, mine goes through."""
    theirs = TEXT.format("Theirs.")
    onlooker.before("POST", skills.url(skill, "/update"), lambda: save_skill(server, skill, content=theirs))
    refused = desk.json("push", "--no-verify", expected=3).json["items"][0]
    assert (refused["action"], refused["reason"]) == ("conflict", "edited here and there")
    assert skills.read(server.admin, skill)["content"] == theirs
    assert desk.path(f"skills/{skill}/SKILL.md").read_text() == TEXT.format("Ours.")
    offline = Desk(desk.folder, None)
    (told,) = offline.json("status").json["conflicts"]
    assert (told["ref"], told["parts"]) == (f"skill/{skill}", ["content"])
    assert desk.path(told["theirs"]).read_text() == theirs
    assert "+Theirs." in offline.cochat("diff", f"skill/{skill}").out
    offline.json("resolve", f"skill/{skill}", "--ours")
    assert desk.json("push", "--no-verify").actions == {f"skill/{skill}": "update-there"}
    assert skills.read(server.admin, skill)["content"] == TEXT.format("Ours.")


@pytest.mark.generation("0.12")
def test_a_stale_save_that_merges_is_taken_in_by_a_pull(server, desk, onlooker, skill):
    """What somebody saved elsewhere in the skill is no conflict, and is not covered: a pull merges, a push goes on."""
    onlooker.before("POST", skills.url(skill, "/update"), lambda: save_skill(server, skill, meta={"tags": ["theirs"]}))
    assert desk.json("push", "--no-verify", expected=3).actions == {f"skill/{skill}": "conflict"}
    assert desk.json("status").json["conflicts"] == []
    assert desk.json("pull", f"skill/{skill}").actions == {f"skill/{skill}": "merge"}
    assert desk.json("push", "--no-verify").actions == {f"skill/{skill}": "update-there"}
    there = skills.read(server.admin, skill)
    assert (there["content"], there["meta"]["tags"]) == (TEXT.format("Ours."), ["theirs"])


@pytest.mark.generation("0.12")
def test_a_stale_save_against_what_is_as_it_was_is_no_failure_of_the_server(server, desk, onlooker, skill):
    """Somebody saved and took it back: nothing is lost and nothing in conflict, exit 3, and the next push goes."""

    def save_and_take_back() -> None:
        save_skill(server, skill, content=TEXT.format("Theirs."))
        save_skill(server, skill, content=TEXT.format("First."))

    onlooker.before("POST", skills.url(skill, "/update"), save_and_take_back)
    told = desk.json("push", "--no-verify", expected=3).json["items"][0]
    assert "meanwhile" in told["error"]
    assert desk.json("status").json["conflicts"] == []
    assert desk.json("push", "--no-verify").actions == {f"skill/{skill}": "update-there"}


@pytest.mark.generation("0.12")
def test_a_taken_name_is_refused_and_no_conflict(server, desk):
    """Another skill's name is answered with the same status as a stale save, and is the server's no: exit 4."""
    taken, new = skills.create(server.admin)["name"], skills.make_skill_id()
    place = desk.path(f"skills/{new}/SKILL.md")
    place.parent.mkdir(parents=True)
    place.write_text(f"---\nname: {taken}\n---\nOurs.\n")
    refused = desk.json("push", "--no-verify", expected=4).json["items"][0]
    assert (refused["action"], skills.NAME_TAKEN[1] in refused["error"]) == ("failed", True)
    assert desk.json("status").json["conflicts"] == []


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_somebody_took_away_meanwhile_is_no_failure_of_the_server(server, desk, onlooker, is_replaced):
    """Of two who replace one file of a base the later is told with exit 3, and neither text is lost."""
    name = bases.unique("base").replace(" ", "-")
    made = bases.create_base(server.admin, name=name)["id"]
    first = bases.fill(server.admin, made, "note.txt", f"First of {name}.\n")
    desk.json("pull", f"knowledge/{name}")
    note = desk.path(f"knowledge/{name}/files/note.txt")
    note.write_text(f"Ours of {name}.\n")
    theirs = f"Theirs of {name}.\n"

    def take_away() -> None:
        read_json(bases.remove(server.admin, made, first))
        if is_replaced:
            bases.fill(server.admin, made, "note.txt", theirs)

    onlooker.before("POST", f"/api/v1/knowledge/{made}/file/remove", take_away)
    told = desk.json("push", "--no-verify", expected=3).json["items"][0]
    assert told["action"] == ("conflict" if is_replaced else "failed")
    assert note.read_text() == f"Ours of {name}.\n"
    if is_replaced:
        (conflict,) = desk.json("status").json["conflicts"]
        assert desk.path(conflict["theirs"]).with_name("files").joinpath("note.txt").read_text() == theirs
        desk.json("resolve", f"knowledge/{name}", "--ours")
    assert desk.json("push", "--no-verify").actions == {f"knowledge/{name}": "update-there"}
    assert desk.json("status", "--fetch", "--exit-code", f"knowledge/{name}").exit_code == 0


def test_what_somebody_deleted_meanwhile_is_a_conflict(server, desk, onlooker, tool):
    """A tool that goes just before my save: mine is kept, and is created again once I say so."""
    path = f"/api/v1/tools/id/{tool}"
    onlooker.before("POST", f"{path}/update", lambda: read_json(server.admin.delete(f"{path}/delete")))
    refused = desk.json("push", "--no-verify", expected=3).json["items"][0]
    assert (refused["action"], refused["reason"]) == ("conflict", "edited here, deleted there")
    desk.json("resolve", f"tool/{tool}", "--ours")
    assert desk.json("push", "--no-verify").actions == {f"tool/{tool}": "create-there"}
    assert source_there(server, tool).endswith("# ours\n")


def test_an_id_that_somebody_took_meanwhile_is_a_conflict(server, desk, onlooker):
    """A new tool whose id a colleague takes just before mine: theirs stays there, and lies beside mine."""
    new, theirs = make_id(), sources.TOOL + "# theirs\n"
    form = {"id": new, "name": new, "content": theirs, "meta": {"description": ""}, **server.private()}
    desk.path(f"plugins/tools/{new}.py").write_text(sources.TOOL + "# ours\n")
    onlooker.before(
        "POST", "/api/v1/tools/create", lambda: read_json(server.admin.post("/api/v1/tools/create", json=form))
    )
    refused = desk.json("push", "--no-verify", expected=3).json["items"][0]
    assert refused["action"] == "conflict"
    assert source_there(server, new) == theirs
    (told,) = desk.json("status").json["conflicts"]
    assert desk.path(told["theirs"]).read_text() == theirs
    assert desk.path(f"plugins/tools/{new}.py").read_text().endswith("# ours\n")


def test_a_source_that_the_server_refuses_is_told_beside_the_conflict(server, desk, onlooker, tool):
    """The server's own no is not swallowed by the conflict that was found after it."""
    desk.path(f"plugins/tools/{tool}.py").write_text("import nothing_of_this_name\n" + sources.TOOL)
    item = read_json(server.admin.get(f"/api/v1/tools/id/{tool}"))
    theirs = {**item, "content": sources.TOOL + "# theirs\n"}
    path = f"/api/v1/tools/id/{tool}/update"
    onlooker.before("POST", path, lambda: read_json(server.admin.post(path, json=theirs)))
    done = desk.json("push", "--no-verify", expected=3)
    assert "nothing_of_this_name" in done.err
    assert source_there(server, tool).endswith("# theirs\n")


def test_a_plan_that_somebody_outran_is_a_conflict(server, desk, onlooker, tool):
    """An applied plan meets the same: nothing is sent over theirs, exit 3."""
    desk.json("push", "--no-verify", "--out", "plan.json")
    path = f"/api/v1/tools/id/{tool}"
    onlooker.before("POST", f"{path}/update", lambda: read_json(server.admin.delete(f"{path}/delete")))
    assert desk.json("apply", "plan.json", expected=3).actions == {f"tool/{tool}": "conflict"}
    assert refusal(server.admin.get(path))[0] in (401, 404)


def test_a_switch_that_somebody_flipped_meanwhile_is_no_failure_of_the_server(server, desk, onlooker):
    """Two flips take each other back: I am told with exit 3, and the next push flips it."""
    made = create_plugin(server.admin, FUNCTIONS)["id"]
    desk.json("pull", f"filter/{made}")
    desk.path(f"plugins/filters/{made}.yaml").write_text("active: true\n")
    path = FUNCTIONS.url(made, "/toggle")
    onlooker.before("POST", path, lambda: read_json(server.admin.post(path)))
    told = desk.json("push", f"filter/{made}", "--no-verify", expected=3).json["items"][0]
    assert "flipped active at the same moment" in told["error"]
    desk.json("push", f"filter/{made}", "--no-verify")
    assert read_json(server.admin.get(FUNCTIONS.url(made)))["is_active"] is True


def save_skill(server: Server, skill: str, **changes: object) -> None:
    """Save a skill as the browser does: from the version that is there."""
    version = skills.read(server.admin, skill)["version_id"]
    read_json(skills.update(server.admin, skill, **changes, expected_version_id=version))


def source_there(server: Server, tool_id: str) -> str:
    found: str = read_json(server.admin.get(f"/api/v1/tools/id/{tool_id}"))["content"]
    return found


def test_a_file_that_somebody_added_meanwhile_comes_here(server, desk, onlooker):
    """What a colleague puts into a base while mine is uploaded is theirs to show: my next push does not remove it."""
    name = bases.unique("base").replace(" ", "-")
    made = bases.create_base(server.admin, name=name)["id"]
    bases.fill(server.admin, made, "note.txt", f"First of {name}.\n")
    desk.json("pull", f"knowledge/{name}")
    note = desk.path(f"knowledge/{name}/files/note.txt")
    note.write_text(f"Ours of {name}.\n")
    theirs = f"Theirs of {name}.\n"
    onlooker.before("POST", "/api/v1/files/", lambda: bases.fill(server.admin, made, "theirs.txt", theirs))
    told = desk.json("push", "--no-verify", f"knowledge/{name}")
    assert "somebody changed its files" in told.err
    note.write_text(f"Ours again of {name}.\n")
    assert desk.json("push", "--no-verify", f"knowledge/{name}", expected=3).actions == {
        f"knowledge/{name}": "conflict"
    }
    assert desk.json("pull", f"knowledge/{name}").actions == {f"knowledge/{name}": "merge"}
    assert note.with_name("theirs.txt").read_text() == theirs
    assert desk.json("push", "--no-verify", f"knowledge/{name}").actions == {f"knowledge/{name}": "update-there"}
    assert len(bases.file_ids(server.admin, made)) == 2


@pytest.mark.generation("0.12")
def test_a_file_that_i_save_while_theirs_is_fetched_stays(server, desk, onlooker):
    """A pull says that my file moved on, and leaves it; the next one tells the two edits apart."""
    name = bases.unique("base").replace(" ", "-")
    made = bases.create_base(server.admin, name=name)["id"]
    before = bases.fill(server.admin, made, "note.txt", f"First of {name}.\n")
    desk.json("pull", f"knowledge/{name}")
    read_json(bases.remove(server.admin, made, before))
    theirs = bases.fill(server.admin, made, "note.txt", f"Theirs of {name}.\n")
    note, mine = desk.path(f"knowledge/{name}/files/note.txt"), f"Mine of {name}.\n"
    onlooker.before("GET", f"/api/v1/files/{theirs}/content", lambda: note.write_text(mine))
    (told,) = desk.json("pull", f"knowledge/{name}", expected=1).json["items"]
    assert "files/note.txt changed while we worked" in told["error"]
    assert note.read_text() == mine
    assert desk.json("pull", f"knowledge/{name}", expected=3).actions == {f"knowledge/{name}": "conflict"}
    assert note.read_text() == mine


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_file_that_somebody_adds_to_my_new_base_comes_here(server, desk, onlooker, is_lost):
    """A colleague fills the base that I am making: their file comes here, and no push of mine removes it."""
    name, texts = make_id().replace("_", "-"), {}
    for each in ("a", "b"):
        texts[f"{each}.txt"] = f"Text {each} of {name}.\n"
        place = desk.path(f"knowledge/{name}/files/{each}.txt")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(texts[place.name])
    desk.path(f"knowledge/{name}/knowledge.yaml").write_text(f"name: {name}\ndescription: About it\n")

    def add_theirs() -> None:
        (made,) = [each["id"] for each in bases.list_bases(server.admin) if each["name"] == name]
        bases.fill(server.admin, made, "theirs.txt", f"Theirs of {name}.\n")
        if is_lost:
            onlooker.lose(f"/api/v1/knowledge/{made}/file/add")

    onlooker.before("POST", "/api/v1/files/", add_theirs)
    desk.json("push", "--no-verify", f"knowledge/{name}", expected=4 if is_lost else 0)
    desk.json("push", "--no-verify", f"knowledge/{name}", expected=None)
    desk.json("pull", f"knowledge/{name}")
    theirs = desk.path(f"knowledge/{name}/files/theirs.txt")
    assert theirs.read_text() == f"Theirs of {name}.\n"
    desk.json("push", "--no-verify", f"knowledge/{name}")
    (made,) = [each["id"] for each in bases.list_bases(server.admin) if each["name"] == name]
    names = [each["filename"] for each in bases.page(server.admin, made)["items"]]
    assert sorted(names) == ["a.txt", "b.txt", "theirs.txt"]


def test_a_file_that_somebody_replaces_once_i_have_sent_it_is_theirs_to_show(server, desk, onlooker):
    """I send two files, and a colleague replaces the first before I have sent the second: their text comes here."""
    name = make_id().replace("_", "-")
    made = bases.create_base(server.admin, name=name)["id"]
    for each in ("a", "z"):
        bases.fill(server.admin, made, f"{each}.txt", f"First {each} of {name}.\n")
    desk.json("pull", f"knowledge/{name}")
    for each in ("a", "z"):
        desk.path(f"knowledge/{name}/files/{each}.txt").write_text(f"Ours {each} of {name}.\n")
    theirs = f"Theirs of {name}.\n"

    def replace_first() -> None:
        ids = {each["filename"]: each["id"] for each in bases.page(server.admin, made)["items"]}
        read_json(bases.remove(server.admin, made, ids["a.txt"]))
        bases.fill(server.admin, made, "a.txt", theirs)

    path = "/api/v1/files/"
    onlooker.before("POST", path, lambda: onlooker.before("POST", path, replace_first))
    told = desk.json("push", "--no-verify", f"knowledge/{name}")
    assert "somebody changed its files" in told.err
    assert desk.json("pull", f"knowledge/{name}").actions == {f"knowledge/{name}": "update-here"}
    assert desk.path(f"knowledge/{name}/files/a.txt").read_text() == theirs


@pytest.mark.parametrize("is_new", [False, True])
def test_an_undo_takes_nothing_away_that_came_in_the_moment_of_its_run(server, desk, onlooker, is_new):
    """A colleague adds a file while I push: an undo of that push leaves the base as it is, and says that it moved."""
    name = make_id().replace("_", "-")
    note = desk.path(f"knowledge/{name}/files/note.txt")
    note.parent.mkdir(parents=True)
    note.write_text(f"First of {name}.\n")
    note.parent.with_name("knowledge.yaml").write_text(f"name: {name}\ndescription: About it\n")
    if not is_new:
        desk.json("push", "--no-verify", f"knowledge/{name}")
        note.write_text(f"Ours of {name}.\n")

    def find_base() -> str:
        (made,) = [each["id"] for each in bases.list_bases(server.admin) if each["name"] == name]
        return str(made)

    onlooker.before(
        "POST", "/api/v1/files/", lambda: bases.fill(server.admin, find_base(), "theirs.txt", f"Theirs of {name}.\n")
    )
    desk.json("push", "--no-verify", f"knowledge/{name}")
    run, files = desk.json("undo").json["runs"][0]["run"], bases.file_ids(server.admin, find_base())
    told = desk.json("undo", str(run), "--confirm-deletes", "1", expected=3).json["items"][0]
    assert (told["action"], told["reason"]) == ("conflict", "moved since that run")
    assert sorted(bases.file_ids(server.admin, find_base())) == sorted(files)
    assert len(files) == 2


def test_a_switch_that_somebody_flips_before_my_save_stays(server, desk, onlooker):
    """I save a source, and a colleague switches the filter on in that moment: it stays on, here as well."""
    made = create_plugin(server.admin, FUNCTIONS)["id"]
    desk.json("pull", f"filter/{made}")
    place = desk.path(f"plugins/filters/{made}.py")
    place.write_text(place.read_text() + "# ours\n")
    onlooker.before(
        "POST", FUNCTIONS.url(made, "/update"), lambda: read_json(server.admin.post(FUNCTIONS.url(made, "/toggle")))
    )
    told = desk.json("push", f"filter/{made}", "--no-verify")
    assert "somebody changed its active" in told.err
    run = desk.json("undo").json["runs"][0]["run"]
    assert desk.json("undo", str(run), expected=3).actions == {f"filter/{made}": "conflict"}
    assert read_json(server.admin.get(FUNCTIONS.url(made)))["is_active"] is True
    assert desk.json("pull", f"filter/{made}").actions == {f"filter/{made}": "update-here"}
    assert "active: true" in desk.path(f"plugins/filters/{made}.yaml").read_text()


@pytest.mark.generation("0.12")
def test_access_that_somebody_takes_away_before_my_save_stays_away(server, desk, onlooker, tool):
    """A tool that is made public or private beside my save of its source is not turned back by my next one."""
    path = f"/api/v1/tools/id/{tool}"
    grant = {"principal_type": "user", "principal_id": "*", "permission": "read"}
    onlooker.before(
        "POST",
        f"{path}/update",
        lambda: read_json(server.admin.post(f"{path}/access/update", json={"access_grants": [grant]})),
    )
    assert "somebody changed its access" in desk.json("push", "--no-verify").err
    assert desk.json("pull", f"tool/{tool}").actions == {f"tool/{tool}": "update-here"}
    place = desk.path(f"plugins/tools/{tool}.py")
    place.write_text(place.read_text() + "# more\n")
    desk.json("push", "--no-verify")
    assert [each["principal_id"] for each in read_json(server.admin.get(path))["access_grants"]] == ["*"]


@pytest.mark.generation("0.12")
def test_whom_we_cover_is_seen_though_the_answer_is_lost(server, desk, onlooker, tool):
    """The look into the history is taken as well where what became of my save has to be found out."""
    item = read_json(server.admin.get(f"/api/v1/tools/id/{tool}"))
    theirs = {**item, "content": sources.TOOL + "# theirs\n"}
    path = f"/api/v1/tools/id/{tool}/update"
    onlooker.before("POST", path, lambda: read_json(server.admin.post(path, json=theirs)))
    onlooker.lose(path)
    told = desk.json("push", "--no-verify", expected=3).json["items"][0]
    assert (told["action"], "covered" in told["reason"]) == ("conflict", True)
    assert "# theirs" in desk.path(f".cochat/conflicts/main/plugins/tools/{tool}.py").read_text()
