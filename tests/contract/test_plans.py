"""Plans on every server: seen before they are sent, saved, refused when stale, taken back; nobody is covered unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract import prompts, sources
from tests.contract.stage import make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server
    from tests.onlooker import Onlooker

MOST_REQUESTS_OF_ONE_PUSH = 3
#: an id that the probe asks for, to find out what sort of server answers
PROBED = "asks_for_nothing"


@pytest.fixture
def ids(server: Server) -> list[str]:
    """Put three tools on the server that no other test knows."""
    found = [make_id() for _ in range(3)]
    for each in found:
        form = {"id": each, "name": each, "content": sources.TOOL, "meta": {"description": ""}, **server.private()}
        read_json(server.admin.post("/api/v1/tools/create", json=form))
    return found


@pytest.fixture
def desk(server: Server, onlooker: Onlooker, ids: list[str], tmp_path: Path) -> Desk:
    """Make an admin's workspace that has pulled those tools."""
    made = make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)
    made.json("pull", *(f"tool/{each}" for each in ids))
    return made


def test_a_dry_run_prints_the_plan_and_sends_nothing(server, ids, desk):
    """I see what would be sent, field by field, and nothing is."""
    before = source_there(server, ids[0])
    add_line(desk, ids[0])
    planned = desk.json("push", "--no-verify", "--dry-run")
    assert planned.actions == {f"tool/{ids[0]}": "update-there"}
    operation = planned.json["plan"]["operations"][0]
    assert (operation["slug"], operation["action"], operation["fields"]) == (ids[0], "update-there", ["content"])
    assert operation["lines"] == ["content: +1 -0 lines"]
    assert source_there(server, ids[0]) == before


def test_a_saved_plan_is_carried_out_once(server, ids, desk):
    """What I saved is what is sent; carried out again it is stale."""
    add_line(desk, ids[0])
    desk.json("push", "--no-verify", "--out", "plan.json")
    assert "# more" not in source_there(server, ids[0])
    assert desk.json("apply", "plan.json").actions == {f"tool/{ids[0]}": "update-there"}
    assert "# more" in source_there(server, ids[0])
    assert desk.json("pull", f"tool/{ids[0]}").actions == {}
    again = desk.json("apply", "plan.json", expected=3).json["error"]
    assert (again["type"], ids[0] in again["message"]) == ("StalePlan", True)


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_stale_plan_sends_nothing_at_all(server, ids, desk, where):
    """One resource that moved, here or there, keeps the whole plan from being carried out, and is named."""
    for each in ids:
        add_line(desk, each)
    desk.json("push", "--no-verify", "--out", "plan.json")
    if where == "here":
        add_line(desk, ids[1], "# even more\n")
    else:
        edit_there(server, ids[1], sources.TOOL + "# theirs\n")
    refused = desk.json("apply", "plan.json", expected=3).json["error"]
    assert (refused["type"], f"tool/{ids[1]}: {where}" in refused["message"]) == ("StalePlan", True)
    assert "# more" not in source_there(server, ids[0])


NOBODY = "access:\n  read:\n  - Nobody of this name"


@pytest.mark.parametrize("head", ["knowledge: [knowledge/none-of-this-name]", NOBODY])
def test_a_dry_run_says_what_the_run_says(server, desk, head):
    """Whom my files name and the server does not have is told before anything is sent, in the same words."""
    word = make_id().replace("_", "-")
    for path, text in {f"agents/{word}.md": f"---\nbase: m\n{head}\n---\nhi", f"prompts/{word}.md": "hi\n"}.items():
        desk.path(path).parent.mkdir(exist_ok=True)
        desk.path(path).write_text(text)
    desk.json("push", f"prompt/{word}")
    desk.path(f"prompts/{word}.md").write_text(f"---\n{NOBODY}\n---\nhi\n")
    refs = [f"agent/{word}", f"prompt/{word}"]
    told = [told_of(desk, *words) for words in (("--dry-run", *refs), ("--out", "plan.json", *refs), refs)]
    assert told[0] == told[1] == told[2]
    assert {each[0] for each in told[0]} == {*refs}
    assert {each[1] for each in told[0]} == {"failed"}


def test_a_dry_run_knows_what_the_same_push_would_make(server, desk):
    """An agent may name a base that is new as well: both are to be made, and then they are."""
    if server.flavor == "cochat":
        pytest.skip("agents of CoChat name no bases")
    word = make_id().replace("_", "-")
    desk.path(f"knowledge/{word}").mkdir(parents=True)
    desk.path(f"knowledge/{word}/knowledge.yaml").write_text(f"name: {word}\ndescription: d\n")
    desk.path("agents").mkdir(exist_ok=True)
    desk.path(f"agents/{word}.md").write_text(f"---\nbase: m\nknowledge: [knowledge/{word}]\n---\nhi")
    refs = [f"agent/{word}", f"knowledge/{word}"]
    told = [told_of(desk, *words) for words in (("--dry-run", *refs), refs)]
    assert told[0] == told[1]
    assert {each[1] for each in told[0]} == {"create-there"}


def told_of(desk: Desk, *words: str) -> list[tuple[str, ...]]:
    items = desk.json("push", "--no-verify", *words, expected=None).json["items"]
    return sorted((each["ref"], each["action"], str(each["error"])) for each in items)


def test_a_changed_plan_is_refused(ids, desk):
    """A plan of which a byte was changed is no plan, be it a blank."""
    add_line(desk, ids[0])
    desk.json("push", "--no-verify", "--out", "plan.json")
    text = desk.path("plan.json").read_text()
    for changed in (text.replace(ids[0], ids[1]), text.replace("{", "{ ", 1), text[:-20], "[]", "{}", ""):
        desk.path("plan.json").write_text(changed)
        refused = desk.json("apply", "plan.json", expected=None)
        assert refused.exit_code == 1
        assert refused.json["error"]["type"] == "BadResource"


def test_a_plan_is_for_one_workspace_and_user(server, ids, desk, onlooker, tmp_path):
    """A plan that was made elsewhere, or as somebody else, is not carried out."""
    add_line(desk, ids[0])
    desk.json("push", "--no-verify", "--out", str(tmp_path / "plan.json"))
    other = make_desk(tmp_path / "other", onlooker.url, server.admin_person.token)
    other.json("pull", f"tool/{ids[0]}")
    other.path(f"plugins/tools/{ids[0]}.py").write_bytes(desk.path(f"plugins/tools/{ids[0]}.py").read_bytes())
    assert other.json("apply", str(tmp_path / "plan.json"), expected=3).json["error"]["type"] == "StalePlan"
    theirs = Desk(desk.folder, server.user_person.token)
    assert theirs.json("apply", str(tmp_path / "plan.json"), expected=2).json["error"]["type"] == "UsageError"


def test_one_conflict_stops_itself_alone(server, ids, desk):
    """Of three edits the one that also moved on the server is refused, and the others are sent."""
    for each in ids:
        add_line(desk, each)
    edit_there(server, ids[1], sources.TOOL + "# theirs\n")
    pushed = desk.json("push", "--no-verify", expected=3).actions
    assert pushed == {f"tool/{each}": "conflict" if each == ids[1] else "update-there" for each in ids}
    assert "# theirs" in source_there(server, ids[1])


def test_atomic_sends_all_or_nothing(server, ids, desk):
    """With --atomic one conflict keeps everything from being sent; without one everything is."""
    for each in ids:
        add_line(desk, each)
    edit_there(server, ids[1], sources.TOOL + "# theirs\n")
    refused = desk.json("push", "--no-verify", "--atomic", expected=3)
    assert refused.actions == {f"tool/{ids[1]}": "conflict"}
    assert "# more" not in source_there(server, ids[0])
    desk.json("pull", f"tool/{ids[1]}", "--on-conflict", "ours")
    assert set(desk.json("push", "--no-verify", "--atomic").actions.values()) == {"update-there"}


#: what cannot be sent, by what is wrong with it: its file, and the text of that
UNSENDABLE = {
    "its id": ("plugins/tools/Zz_{}.py", sources.TOOL),
    "no YAML": ("prompts/{}.md", "---\nname: [zz\n---\nx\n"),
    "whom it names": ("models/{}.md", "---\nknowledge: [knowledge/none-of-this-name]\n---\nhi\n"),
    "its group": ("prompts/{}.md", "---\naccess: {read: [Nobody of this name]}\n---\nhi\n"),
    "an unfinished merge": ("prompts/{}.md", "---\nname: zz\n---\n<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n"),
}


@pytest.mark.parametrize("fault", UNSENDABLE)
def test_atomic_sends_nothing_beside_what_cannot_be_sent(server, desk, fault):
    """With --atomic a mistake in one file keeps all others from being sent, and is named."""
    place, text = UNSENDABLE[fault]
    word, path = make_id(), place.format(make_id())
    write(desk, f"prompts/{word}.md", "---\nname: Sound\n---\nx\n")
    write(desk, path, text)
    refused = desk.json("push", "--no-verify", "--atomic", expected=None)
    assert refused.exit_code in (1, 2)
    assert [each["ref"] for each in refused.json["items"] if each["action"] == "nothing"] == [f"prompt/{word}"]
    assert len(refused.actions) == 1
    assert not is_there(server, word)
    desk.path(path).unlink()
    assert desk.json("push", "--no-verify", "--atomic").actions == {f"prompt/{word}": "create-there"}
    assert is_there(server, word)


@pytest.mark.parametrize("fault", ["its id", "whom it names", "its group"])
def test_a_plan_with_what_cannot_be_sent_is_not_carried_out(server, desk, fault):
    """A plan that said already what cannot be sent sends nothing, and says so again."""
    place, text = UNSENDABLE[fault]
    word = make_id()
    write(desk, f"prompts/{word}.md", "---\nname: Sound\n---\nx\n")
    write(desk, place.format(make_id()), text)
    told = [
        desk.json(*words, expected=2).json["items"]
        for words in (("push", "--no-verify", "--out", "plan.json"), ("apply", "plan.json"))
    ]
    faults = [[(each["ref"], each["error"]) for each in items if not each["ok"]] for items in told]
    assert faults[0] == faults[1]
    assert len(faults[0]) == 1
    assert not is_there(server, word)


def test_atomic_names_what_it_makes_by_the_servers_id(server, desk):
    """A model may name a base that is new as well: the id is the one that the server made, and no guess."""
    word = make_id().replace("_", "-")
    write(desk, f"knowledge/{word}/knowledge.yaml", f"name: {word}\ndescription: d\n")
    write(desk, f"models/{word}.md", f"---\nname: M\nknowledge: [knowledge/{word}]\n---\nhi\n")
    desk.json("push", "--no-verify", "--atomic")
    listed = read_json(server.admin.get("/api/v1/knowledge/"))
    (base,) = [each for each in (listed["items"] if isinstance(listed, dict) else listed) if each["name"] == word]
    model = read_json(server.admin.get("/api/v1/models/model", params={"id": word}))
    assert [each["id"] for each in model["meta"]["knowledge"]] == [base["id"]]


def test_one_push_takes_three_requests(ids, desk, onlooker):
    """A changed source costs a read, a write and, where there is history, a look into it; sign-in and probe apart."""
    add_line(desk, ids[0])
    onlooker.requests.clear()
    desk.json("push", "--no-verify")
    asked = [path for _method, path in onlooker.requests if path.startswith("/api/v1/tools/") and PROBED not in path]
    assert 2 <= len(asked) <= MOST_REQUESTS_OF_ONE_PUSH
    assert all(ids[0] in path for path in asked)


@pytest.mark.generation("0.12")
def test_the_message_stands_in_the_servers_history(server, ids, desk):
    """What I say with -m is what my colleagues read beside the version."""
    add_line(desk, ids[0])
    desk.json("push", "--no-verify", "-m", "say more")
    version = read_json(server.admin.get(f"/api/v1/tools/id/{ids[0]}"))["version_id"]
    assert read_json(server.admin.get(f"/api/v1/tools/id/{ids[0]}/history/{version}"))["commit_message"] == "say more"


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("times", [1, 2])
def test_whom_we_cover_is_seen_and_comes_back(server, ids, desk, onlooker, times):
    """Somebody who saves between our read and our write is found out, kept, and brought back by an undo."""
    add_line(desk, ids[0])

    def meddle() -> None:
        for number in range(times):
            edit_there(server, ids[0], sources.TOOL + f"# theirs {number}\n")

    onlooker.before("POST", f"/api/v1/tools/id/{ids[0]}/update", meddle)
    covered = desk.json("push", "--no-verify", expected=3).json["items"][0]
    assert covered["action"] == "conflict"
    assert "# more" in source_there(server, ids[0])
    newest = f"# theirs {times - 1}"
    assert newest in desk.path(f".cochat/conflicts/main/plugins/tools/{ids[0]}.py").read_text()
    desk.json("pull", f"tool/{ids[0]}")
    assert newest in desk.path(f".cochat/conflicts/main/plugins/tools/{ids[0]}.py").read_text()
    words = covered["hint"].partition("cochat ")[2].partition(";")[0].split()
    desk.json(*words)
    assert newest in source_there(server, ids[0])
    assert not desk.path(f".cochat/conflicts/main/plugins/tools/{ids[0]}.py").exists()
    # theirs was never in my file: my next push does not cover it again
    assert desk.json("push", "--no-verify", expected=3).actions == {f"tool/{ids[0]}": "conflict"}
    assert newest in source_there(server, ids[0])
    if times > 1:
        logged = [each["message"] or "" for each in desk.json("log", f"tool/{ids[0]}").json["items"]]
        assert sum("covered" in each for each in logged) == times


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_whom_we_cover_can_be_settled_here(server, ids, desk, onlooker, side):
    """I keep my version, or take the covered one into my file and push it; its code is trusted once I say so."""
    desk.json("trust", f"tool/{ids[0]}")
    add_line(desk, ids[0])
    theirs = sources.TOOL + "# theirs\n"
    onlooker.before("POST", f"/api/v1/tools/id/{ids[0]}/update", lambda: edit_there(server, ids[0], theirs))
    desk.json("push", "--no-verify", expected=3)
    (told,) = desk.json("status", f"tool/{ids[0]}").json["conflicts"]
    assert "covered" in told["reason"]
    assert "+# theirs" in desk.cochat("diff", f"tool/{ids[0]}").out
    desk.json("resolve", f"tool/{ids[0]}", f"--{side}")
    add_line(desk, ids[0])
    (standing,) = desk.json("trust", "--list", f"tool/{ids[0]}").json["items"]
    assert (standing["state"] == "trusted") is (side == "ours")
    assert desk.json("status", f"tool/{ids[0]}").json["conflicts"] == []
    assert not desk.path(f".cochat/conflicts/main/plugins/tools/{ids[0]}.py").exists()
    desk.json("push", "--no-verify")
    assert ("# theirs" in source_there(server, ids[0])) is (side == "theirs")


@pytest.mark.generation("0.12")
def test_whom_we_cover_can_be_merged_here(server, ids, desk, onlooker):
    """What changed in other lines than mine comes into my file; the same line is for me to choose."""
    lines = [f"# line {number}" for number in range(9)]

    def source(**changed: str) -> str:
        return sources.TOOL + "".join(f"{changed.get(f'l{number}', line)}\n" for number, line in enumerate(lines))

    place = desk.path(f"plugins/tools/{ids[0]}.py")
    place.write_text(source())
    desk.json("push", "--no-verify")
    for mine, theirs, expected in ({"l8": "# mine"}, {"l0": "# theirs"}, 0), ({"l8": "# x"}, {"l8": "# y"}, 3):
        place.write_text(source(**mine))
        covered = source(**theirs)
        path = f"/api/v1/tools/id/{ids[0]}/update"
        onlooker.before("POST", path, lambda covered=covered: edit_there(server, ids[0], covered))
        desk.json("push", "--no-verify", expected=3)
        desk.json("resolve", f"tool/{ids[0]}", "--merge", expected=expected)
        if expected == 0:
            assert place.read_text() == source(**mine, **theirs)
            desk.json("push", "--no-verify")
        else:
            assert place.read_text() == source(**mine)
            assert [each["ref"] for each in desk.json("status").json["conflicts"]] == [f"tool/{ids[0]}"]


@pytest.mark.generation("0.12")
def test_whom_we_cover_waits_for_a_choice(server, ids, desk, onlooker):
    """Neither an undo of a later push nor a conflict of a later edit forgets the version that a push covered."""
    add_line(desk, ids[0])
    theirs = sources.TOOL + "# theirs\n"
    onlooker.before("POST", f"/api/v1/tools/id/{ids[0]}/update", lambda: edit_there(server, ids[0], theirs))
    desk.json("push", "--no-verify", expected=3)
    add_line(desk, ids[0], "# later\n")
    desk.json("push", "--no-verify")
    desk.json("undo", str(desk.json("undo").json["runs"][0]["run"]))
    kept = desk.path(f".cochat/conflicts/main/plugins/tools/{ids[0]}.py")
    assert kept.read_text() == theirs
    edit_there(server, ids[0], sources.TOOL + "# in between\n")
    desk.json("pull", f"tool/{ids[0]}", expected=3)
    assert kept.read_text() == theirs
    desk.json("resolve", f"tool/{ids[0]}", "--ours")
    assert kept.read_text() == theirs
    desk.json("resolve", f"tool/{ids[0]}", "--theirs")
    assert desk.path(f"plugins/tools/{ids[0]}.py").read_text() == theirs


@pytest.mark.generation("0.12")
def test_whom_we_cover_is_seen_among_drafts(server, onlooker, tmp_path):
    """A prompt that a colleague saves in the moment of my push is found out; an older draft is nobody's loss."""
    command = make_id().replace("_", "-")
    form = {"command": command, "name": command, "content": "Live."}
    made = read_json(server.admin.post("/api/v1/prompts/create", json=form))
    address = f"/api/v1/prompts/id/{made['id']}/update"
    prompts.wait_for_next_second(server, made)
    read_json(server.admin.post(address, json={**form, "content": "A draft.", "is_production": False}))
    desk = make_desk(tmp_path / "prompts", onlooker.url, server.admin_person.token)
    desk.json("pull", f"prompt/{command}")
    desk.path(f"prompts/{command}.md").write_text(f"---\nname: {command}\n---\nMine.")

    def meddle() -> None:
        prompts.wait_for_next_second(server, prompts.read(server, made))
        read_json(server.admin.post(address, json={**form, "content": "Theirs."}))

    onlooker.before("POST", address, meddle)
    covered = desk.json("push", "--no-verify", expected=3).json
    assert covered["items"][0]["action"] == "conflict"
    assert desk.path(f".cochat/conflicts/main/prompts/{command}.md").read_text().endswith("Theirs.")
    logged = [each["message"] or "" for each in desk.json("log", f"prompt/{command}").json["items"]]
    assert sum("covered" in each for each in logged) == 1
    desk.json("resolve", f"prompt/{command}", "--theirs")
    desk.json("push", "--no-verify")
    assert prompts.read(server, made)["content"] == "Theirs."


@pytest.mark.parametrize("sidecar", ["access: {read: [nobody]}\n", "name: [\n"], ids=["refused", "unreadable"])
def test_nothing_is_deleted_while_what_replaces_it_is_not_sent(server, ids, desk, sidecar):
    """I call a tool by another name, and that one cannot be sent: the old one stays there until it can."""
    new, (old, edited, failing) = make_id(), ids
    desk.path(f"plugins/tools/{old}.py").rename(desk.path(f"plugins/tools/{new}.py"))
    desk.path(f"plugins/tools/{new}.yaml").write_text(sidecar)
    add_line(desk, edited)
    words = ("push", "--no-verify", "--delete", "--confirm-deletes", "1")
    for dry in (("--dry-run",), ()):
        done = desk.json(*words, *dry, expected=None)
        said = {each["ref"]: each for each in done.json["items"]}
        assert done.exit_code in (1, 2)
        assert not said[f"tool/{new}"]["ok"]
        assert (said[f"tool/{old}"]["action"], said[f"tool/{old}"]["ok"]) == ("nothing", True)
        assert "held back" in said[f"tool/{old}"]["reason"]
        assert said[f"tool/{edited}"]["action"] == "update-there"
    assert source_there(server, old) == sources.TOOL
    # one deletion that fails holds up no other
    desk.path(f"plugins/tools/{new}.yaml").unlink()
    desk.path(f"plugins/tools/{failing}.py").unlink()
    edit_there(server, failing, sources.TOOL + "# theirs\n")
    done = desk.json("push", "--no-verify", "--delete", "--confirm-deletes", "2", expected=3)
    assert done.actions == {
        f"tool/{new}": "create-there",
        f"tool/{old}": "delete-there",
        f"tool/{failing}": "conflict",
    }


def test_a_field_that_the_server_does_not_know_is_told(server, ids, desk):
    """It keeps what I say of a plugin, or I am told that it does not, and it stays a change of mine."""
    desk.path(f"plugins/tools/{ids[0]}.yaml").write_text("meta: {mood: good}\n")
    done = desk.json("push", "--no-verify", expected=None)
    (told,) = done.json["items"]
    meta = read_json(server.admin.get(f"/api/v1/tools/id/{ids[0]}"))["meta"]
    assert (meta.get("mood") == "good") is told["ok"] is (done.exit_code == 0)
    assert bool(desk.json("status").actions) is not told["ok"]
    if not told["ok"]:
        assert told["error"] == f"tool/{ids[0]}: sent, but the server did not take its meta"


def test_an_undone_push_gives_the_server_what_it_had(server, ids, desk):
    """Update, create and delete are taken back together, my files stay, and an undo can be undone."""
    new = make_id()
    desk.path(f"plugins/tools/{new}.py").write_text(sources.TOOL)
    add_line(desk, ids[0])
    desk.path(f"plugins/tools/{ids[1]}.py").unlink()
    desk.json("push", "--no-verify", "--delete", "--confirm-deletes", "1")
    run = desk.json("undo").json["runs"][0]
    assert {each["action"] for each in run["steps"]} == {"create-there", "update-there", "delete-there"}
    files = desk.files()
    desk.json("undo", str(run["run"]), "--dry-run", "--confirm-deletes", "1")
    assert "# more" in source_there(server, ids[0])
    desk.json("undo", str(run["run"]), "--confirm-deletes", "1")
    assert source_there(server, ids[0]) == source_there(server, ids[1]) == sources.TOOL
    assert new not in ids_there(server)
    assert {name: files[name] for name in files if name != "cochat.lock"} == {
        name: content for name, content in desk.files().items() if name != "cochat.lock"
    }
    again = desk.json("undo").json["runs"][0]
    assert again["undoes"] == run["run"]
    desk.json("undo", str(again["run"]), "--confirm-deletes", "1")
    assert "# more" in source_there(server, ids[0])
    assert new in ids_there(server)
    assert ids[1] not in ids_there(server)


def test_an_undo_leaves_what_moved_since(server, ids, desk):
    """What somebody edited after my push is not taken back; the rest is."""
    add_line(desk, ids[0])
    add_line(desk, ids[1])
    desk.json("push", "--no-verify")
    run = desk.json("undo").json["runs"][0]["run"]
    edit_there(server, ids[0], sources.TOOL + "# theirs\n")
    undone = desk.json("undo", str(run), expected=3).actions
    assert undone == {f"tool/{ids[0]}": "conflict", f"tool/{ids[1]}": "update-there"}
    assert "# theirs" in source_there(server, ids[0])
    assert source_there(server, ids[1]) == sources.TOOL


def test_an_undone_pull_gives_the_files_what_they_had(server, ids, desk):
    """Files are put back as they were, the server is left alone, and the next pull takes the edits in again."""
    before = desk.files()
    edit_there(server, ids[0], sources.TOOL + "# theirs\n")
    read_json(server.admin.delete(f"/api/v1/tools/id/{ids[1]}/delete"))
    new = make_id()
    form = {"id": new, "name": "New", "content": sources.TOOL, "meta": {"description": ""}, **server.private()}
    read_json(server.admin.post("/api/v1/tools/create", json=form))
    refs = [f"tool/{each}" for each in (*ids, new)]
    desk.json("pull", *refs)
    after = desk.files()
    run = desk.json("undo").json["runs"][0]["run"]
    desk.json("undo", str(run))
    assert without_lock(desk.files()) == without_lock(before)
    assert "# theirs" in source_there(server, ids[0])
    desk.json("pull", *refs)
    assert without_lock(desk.files()) == without_lock(after)


def test_an_undone_pull_leaves_what_i_edited_since(server, ids, desk):
    """A file that I edited after the pull stays mine."""
    edit_there(server, ids[0], sources.TOOL + "# theirs\n")
    desk.json("pull", f"tool/{ids[0]}")
    run = desk.json("undo").json["runs"][0]["run"]
    add_line(desk, ids[0])
    assert desk.json("undo", str(run), expected=3).actions == {f"tool/{ids[0]}": "conflict"}
    assert "# more" in desk.path(f"plugins/tools/{ids[0]}.py").read_text()


def test_a_lost_answer_is_found_out(server, ids, desk, onlooker):
    """An update, a create and a delete whose answers get lost are done all the same, and known to be."""
    new = make_id()
    desk.path(f"plugins/tools/{new}.py").write_text(sources.TOOL)
    add_line(desk, ids[0])
    desk.path(f"plugins/tools/{ids[1]}.py").unlink()
    for path in ("/api/v1/tools/create", f"/api/v1/tools/id/{ids[0]}/update", f"/api/v1/tools/id/{ids[1]}/delete"):
        onlooker.lose(path)
    pushed = desk.json("push", "--no-verify", "--delete", "--confirm-deletes", "1").actions
    assert pushed == {
        f"tool/{new}": "create-there",
        f"tool/{ids[0]}": "update-there",
        f"tool/{ids[1]}": "delete-there",
    }
    assert desk.json("pull", f"tool/{new}", f"tool/{ids[0]}").actions == {}
    assert desk.json("push", "--no-verify", "--delete").json["requests"] == 0


def add_line(desk: Desk, tool_id: str, line: str = "# more\n") -> None:
    place = desk.path(f"plugins/tools/{tool_id}.py")
    place.write_bytes(place.read_bytes() + line.encode())


def source_there(server: Server, tool_id: str) -> str:
    found: str = read_json(server.admin.get(f"/api/v1/tools/id/{tool_id}"))["content"]
    return found


def ids_there(server: Server) -> set[str]:
    return {each["id"] for each in read_json(server.admin.get("/api/v1/tools/export"))}


def edit_there(server: Server, tool_id: str, source: str) -> None:
    item = read_json(server.admin.get(f"/api/v1/tools/id/{tool_id}"))
    form = {**item, "content": source}
    read_json(server.admin.post(f"/api/v1/tools/id/{tool_id}/update", json=form))


def without_lock(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name != "cochat.lock"}


def write(desk: Desk, path: str, text: str) -> None:
    desk.path(path).parent.mkdir(parents=True, exist_ok=True)
    desk.path(path).write_text(text)


def is_there(server: Server, command: str) -> bool:
    return any(each["command"].removeprefix("/") == command for each in read_json(server.admin.get("/api/v1/prompts/")))
