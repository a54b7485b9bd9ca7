"""Every kind in the hands of an ordinary user: made, edited, deleted, and what becomes of it when rights are lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.contract.stage import make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.contract.stage import Server

PERMISSIONS = "/api/v1/users/default/permissions"
TOOL = 'class Tools:\n    def say(self) -> str:\n        """Say it."""\n        return "it"\n'
#: by kind: a line of the file, and what it becomes
EDITS = {
    "tool": ('return "it"', 'return "that"'),
    "prompt": ("Body", "Text"),
    "agent": ("You write", "You read"),
    "model": ("You write", "You read"),
    "knowledge": ("description: mine", "description: ours"),
    "skill": ("X\n", "Y\n"),
    "automation": ("prompt: p", "prompt: q"),
}
#: kinds that the server keeps under another name than that of their folder
PLACES = {"agent": "models", "knowledge": "knowledge"}


@pytest.fixture
def rights(server: Server) -> Iterator[Callable[..., None]]:
    """Return a function that gives ordinary users each right of the workspace, or takes it."""
    before = read_json(server.admin.get(PERMISSIONS))

    def allow(*, is_allowed: bool = True) -> None:
        wanted = {**before, "workspace": dict.fromkeys(before["workspace"], is_allowed)}
        if "automations" in before["features"]:
            wanted["features"] = {**before["features"], "automations": is_allowed}
        read_json(server.admin.post(PERMISSIONS, json=wanted))

    yield allow
    read_json(server.admin.post(PERMISSIONS, json=before))


@pytest.fixture
def texts(server: Server) -> dict[str, str]:
    """Write the main file of one resource of each kind that this server lets an ordinary user make, by its address."""
    word = make_id().replace("_", "-")
    persona = "model" if server.flavor == "cochat" else "agent"
    found = {
        f"plugins/tools/{word.replace('-', '_')}.py": TOOL,
        f"prompts/{word}.md": "---\nname: Fresh\n---\nBody\n",
        f"{persona}s/{word}.md": "---\nname: Writer\nbase: some-base\n---\nYou write.\n",
        f"knowledge/{word}/knowledge.yaml": "description: mine\n",
    }
    if server.generation == "0.12":
        found[f"skills/{word}/SKILL.md"] = f"---\nname: {word}\ndescription: mine\n---\nX\n"
        found[f"automations/{word}.yaml"] = "prompt: p\nmodel: some-base\nrrule: FREQ=WEEKLY\nactive: false\n"
    return found


@pytest.fixture
def desk(server: Server, rights: Callable[..., None], texts: dict[str, str], tmp_path: Path) -> Desk:
    """Make the workspace of an ordinary user who has just made all of that, with a file in the base."""
    rights()
    desk = make_desk(tmp_path / "desk", server.url, server.add_person().token)
    for path, text in texts.items():
        desk.path(path).parent.mkdir(parents=True, exist_ok=True)
        desk.path(path).write_text(text)
        if path.endswith("knowledge.yaml"):
            desk.path(path).with_name("files").mkdir()
            desk.path(path).with_name("files").joinpath("a.md").write_text(f"text of {path}\n")
    created = desk.json("push", "--no-verify")
    assert list(created.actions.values()) == ["create-there"] * len(texts)
    return desk


def test_each_kind_goes_both_ways(desk: Desk, texts: dict[str, str]) -> None:
    """What I made is in step; an edit of each is sent, my other workspace has it, each goes when I say so."""
    assert _pull(desk, texts) == {}
    for path in texts:
        old, new = EDITS[_kind_of(path)]
        desk.edit(path, old, new)
    assert list(desk.json("push", "--no-verify").actions.values()) == ["update-there"] * len(texts)
    again = make_desk(desk.folder.parent / "again", _url(desk), desk.token or "")
    _pull(again, texts)
    assert {path: again.files().get(path) for path in texts} == {path: desk.files()[path] for path in texts}
    for path in texts:
        desk.path(path).unlink()
    gone = desk.json("push", "--no-verify", "--delete", "--confirm-deletes", str(len(texts)))
    assert list(gone.actions.values()) == ["delete-there"] * len(texts)
    assert set(desk.json("pull").actions).isdisjoint(_refs(texts))


def test_rights_that_are_lost_delete_nothing(desk: Desk, rights: Callable[..., None], texts: dict[str, str]) -> None:
    """Files and bases stay whatever the server no longer shows; the status names it, and with the rights it is back."""
    _pull(desk, texts)
    before = desk.files()
    rights(is_allowed=False)
    for _ in range(2):
        hidden = _pull(desk, texts)
        assert set(hidden.values()) <= {"skip"}
        assert desk.files() == before
        status = desk.json("status").json
        assert {each["action"] for each in status["items"]} <= {"skip"}
        assert set(hidden) <= {*status["invisible"], *status["unavailable"]}
    assert desk.json("push", "--no-verify", "--delete").actions == {}
    rights()
    assert _pull(desk, texts) == {}
    assert desk.files() == before
    assert desk.json("status").json["invisible"] == []
    path = next(path for path in texts if path.startswith("prompts/"))
    desk.edit(path, "Body", "Again")
    assert list(desk.json("push", "--no-verify").actions.values()) == ["update-there"]


@pytest.mark.parametrize("right", ["read", "write"])
def test_what_is_no_longer_shared_is_not_deleted(
    server: Server, rights: Callable[..., None], texts: dict[str, str], right: str, tmp_path: Path
) -> None:
    """Somebody shows me his work and then no longer: my copy stays, though the server may say "not there"."""
    rights()
    theirs = {path: text for path, text in texts.items() if not path.startswith("automations")}
    owner = make_desk(tmp_path / "owner", server.url, server.admin_person.token)
    for path, text in theirs.items():
        owner.path(path).parent.mkdir(parents=True, exist_ok=True)
        owner.path(path).write_text(text)
    owner.json("push", "--no-verify")
    _share(server, owner, theirs, right)
    mine = make_desk(tmp_path / "mine", server.url, server.user_person.token)
    mine.json("pull")
    before = mine.files()
    assert any(path.startswith("prompts/") for path in before.keys() & theirs.keys())
    _share(server, owner, theirs, None)
    for _ in range(2):
        again = mine.json("pull").actions
        assert {again.get(ref, "skip") for ref in _refs(theirs)} == {"skip"}
        assert mine.files() == before
    assert set(_refs(path for path in theirs if path in before)) <= set(mine.json("status").json["invisible"])


@pytest.mark.parametrize("commands", [(), ("pull",)])
def test_a_push_does_not_take_for_deleted_what_is_no_longer_shared(
    server: Server, rights: Callable[..., None], texts: dict[str, str], commands: tuple[str, ...], tmp_path: Path
) -> None:
    """What I edit or take away waits: it is neither a conflict nor agreed that it is gone, and the lock keeps it."""
    rights()
    theirs = {path: text for path, text in texts.items() if not path.startswith("automations")}
    owner = make_desk(tmp_path / "owner", server.url, server.admin_person.token)
    for path, text in theirs.items():
        owner.path(path).parent.mkdir(parents=True, exist_ok=True)
        owner.path(path).write_text(text)
    owner.json("push", "--no-verify")
    _share(server, owner, theirs, "write")
    mine = make_desk(tmp_path / "mine", server.url, server.user_person.token)
    mine.json("pull")
    shown = [path for path in theirs if path in mine.files()]
    assert any(path.startswith("prompts/") for path in shown)
    _share(server, owner, theirs, None)
    for command in commands:
        mine.json(command)
    lock = mine.path("cochat.lock").read_bytes()
    for path in shown:
        mine.edit(path, *EDITS[_kind_of(path)])
    asked = [*_refs(shown), "--no-verify"]
    for words in ((), ("--dry-run",), ("--delete", "--confirm-deletes", str(len(shown)))):
        told = mine.json("push", *words, *asked, expected=4).json["items"]
        assert {each["action"] for each in told} == {"failed"}
        assert len(told) == len(shown)
        assert not mine.json("resolve", *_refs(shown), "--ours", expected=None).actions
        for path in (path for path in shown if "--dry-run" in words):
            mine.path(path).unlink()
    assert mine.path("cochat.lock").read_bytes() == lock


@pytest.mark.flavor("cochat")
def test_a_colleagues_agent_that_only_git_brought_is_not_made_twice(server: Server, tmp_path: Path) -> None:
    """CoChat shows me my agents alone: an edit of hers waits, and no second one of that name comes to be."""
    word, (hers, mine) = make_id(), (server.add_person(), server.add_person())
    desk = make_desk(tmp_path / "hers", server.url, hers.token)
    desk.path(f"agents/{word}.md").parent.mkdir(exist_ok=True)
    desk.path(f"agents/{word}.md").write_text(f"---\nname: {word}\nbase: m\n---\nYou write.\n")
    desk.json("push")
    clone = make_desk(tmp_path / "mine", server.url, mine.token)
    for name, content in desk.files().items():
        clone.path(name).parent.mkdir(exist_ok=True)
        clone.path(name).write_bytes(content)
    (line,) = _lines_of(clone, f"agent/{word}")
    clone.edit(f"agents/{word}.md", "You write", "You read")
    for command in ("push", "pull", "push"):
        clone.json(command, expected=None)
    told = clone.json("push", expected=4)
    assert told.actions == {f"agent/{word}": "failed"}
    assert "not show" in told.json["items"][0]["error"]
    assert not clone.json("resolve", f"agent/{word}", "--ours", expected=None).actions
    clone.path(f"agents/{word}.md").unlink()
    clone.json("push", "--delete", "--confirm-deletes", "1", expected=4)
    assert _lines_of(clone, f"agent/{word}") == [line]
    assert [each["name"] for each in read_json(mine.client.get("/api/custom/agents/"))] == []


def _lines_of(desk: Desk, ref: str) -> list[str]:
    return [each for each in desk.path("cochat.lock").read_text().splitlines() if f" {ref} " in each]


@pytest.mark.generation("0.12")
def test_what_i_may_only_read_is_not_sent(
    server: Server, rights: Callable[..., None], texts: dict[str, str], tmp_path: Path
) -> None:
    """A dry run says so as the push does, for an edit as for a deletion; with --atomic nothing of mine goes either."""
    rights()
    theirs = {path: text for path, text in texts.items() if _kind_of(path) in ("prompt", "knowledge")}
    owner = make_desk(tmp_path / "owner", server.url, server.admin_person.token)
    mine = make_desk(tmp_path / "mine", server.url, server.user_person.token)
    for path, text in theirs.items():
        owner.path(path).parent.mkdir(parents=True, exist_ok=True)
        owner.path(path).write_text(text)
    owner.json("push")
    _share(server, owner, theirs, "read")
    _pull(mine, theirs)
    word = make_id()
    mine.path(f"prompts/{word}.md").write_text("---\nname: Mine\n---\nx\n")
    for words in (("--dry-run",), ("--atomic",), ("--delete", "--confirm-deletes", "2", "--atomic")):
        for path in theirs:
            if "--delete" in words:
                mine.path(path).unlink()
            else:
                mine.edit(path, *EDITS[_kind_of(path)])
        told = mine.json("push", *words, *_refs(theirs), f"prompt/{word}", expected=4)
        failed = [each for each in told.json["items"] if each["action"] == "failed"]
        assert {each["ref"] for each in failed} == set(_refs(theirs))
        assert all("not change it" in each["error"] for each in failed)
        if "--dry-run" in words:
            for path, text in theirs.items():
                mine.path(path).write_text(text)
    assert mine.json("push", f"prompt/{word}").actions == {f"prompt/{word}": "create-there"}
    _pull(owner, theirs)
    assert all(EDITS[_kind_of(path)][0] in owner.path(path).read_text() for path in theirs)


@pytest.mark.flavor("cochat")
def test_what_cochat_has_no_request_for_is_not_sent(server: Server, tmp_path: Path) -> None:
    """An agent cannot be changed there, nor deleted, nor a skill made: a dry run says so, --atomic sends nothing."""
    desk, word, skill, prompt = (
        make_desk(tmp_path / "desk", server.url, server.admin_person.token),
        *(make_id().replace("_", "-") for _ in range(3)),
    )
    for path in (f"agents/{word}.md", f"skills/{skill}/SKILL.md", f"prompts/{prompt}.md"):
        desk.path(path).parent.mkdir(parents=True, exist_ok=True)
    agent = desk.path(f"agents/{word}.md")
    agent.write_text(f"---\nname: {word}\nbase: m\n---\nYou write.\n")
    desk.json("push")
    desk.path(f"prompts/{prompt}.md").write_text("---\nname: Mine\n---\nx\n")
    desk.path(f"skills/{skill}/SKILL.md").write_text("---\nname: s\ndescription: d\n---\nx\n")
    agent.write_text(agent.read_text().replace("write", "read"))
    for deleting in ((), ("--delete", "--confirm-deletes", "1")):
        if deleting:
            agent.unlink()
        for words in (("--dry-run",), ("--atomic",)):
            told = desk.json("push", *words, *deleting, expected=4)
            failed = {each["ref"] for each in told.json["items"] if each["action"] == "failed"}
            assert failed == {f"agent/{word}", f"skill/{skill}"}
            assert "found out" not in told.err
    assert all(each["command"] != f"/{prompt}" for each in read_json(server.admin.get("/api/v1/prompts/")))


def test_what_the_server_quietly_leaves_out_is_told(
    server: Server, rights: Callable[..., None], tmp_path: Path
) -> None:
    """I may make a tool, and not share it: push says that it is not public, and so does each status, until it is."""
    rights()
    allowed = read_json(server.admin.get(PERMISSIONS))
    read_json(server.admin.post(PERMISSIONS, json={**allowed, "sharing": dict.fromkeys(allowed["sharing"], False)}))
    desk, word = make_desk(tmp_path / "desk", server.url, server.add_person().token), make_id()
    desk.path(f"plugins/tools/{word}.py").write_text(TOOL)
    desk.path(f"plugins/tools/{word}.yaml").write_text("access: public\n")
    done = desk.json("push", "--no-verify", expected=None)
    (told,) = done.json["items"]
    assert told["action"] == "create-there"
    if server.generation == "0.6":
        # there the right to share is asked for by its pages alone
        assert read_json(server.admin.get(f"/api/v1/tools/id/{word}"))["access_control"] is None
        assert told["ok"]
    else:
        assert read_json(server.admin.get(f"/api/v1/tools/id/{word}"))["access_grants"] == []
        assert (done.exit_code, told["error"]) == (4, f"tool/{word}: sent, but the server did not take its access")
        assert desk.json("status").actions == {f"tool/{word}": "update-there"}
        read_json(server.admin.post(PERMISSIONS, json={**allowed, "sharing": dict.fromkeys(allowed["sharing"], True)}))
        assert desk.json("push", "--no-verify").actions == {f"tool/{word}": "update-there"}
    assert desk.json("status").actions == {}


def test_my_own_prompt_that_is_deleted_there_goes_here(desk: Desk, server: Server, texts: dict[str, str]) -> None:
    """What is mine the server would show me: where it says "not there", it is gone."""
    _pull(desk, texts)
    path = next(path for path in texts if path.startswith("prompts/"))
    place = f"id/{_remote_id(desk, path)}" if server.generation == "0.12" else f"command{_remote_id(desk, path)}"
    assert read_json(server.admin.delete(f"/api/v1/prompts/{place}/delete")) is True
    assert _pull(desk, texts) == {_refs([path])[0]: "delete-here"}
    assert not desk.path(path).exists()


def _share(server: Server, owner: Desk, texts: dict[str, str], right: str | None) -> None:
    """Let the ordinary user read or write all of that, or nobody."""
    me = [server.user_person.id]
    chosen = server.access(read_users=me, write_users=me if right == "write" else ()) if right else server.private()
    for path in texts:
        kind, name = _kind_of(path), _remote_id(owner, path)
        at = f"/api/v1/{PLACES.get(kind, f'{kind}s')}"
        if kind in ("agent", "model"):
            item, update = f"{at}/model?id={name}", f"{at}/model/update?id={name}"
            access = f"{at}/model/access/update"
        else:
            middle = {"knowledge": "/", "prompt": "/id/" if server.generation == "0.12" else "/command"}
            item = f"{at}{middle.get(kind, '/id/')}{name}"
            update, access = f"{item}/update", f"{item}/access/update"
        known = read_json(server.admin.get(item))
        if server.generation == "0.12":
            read_json(server.admin.post(access, json={"id": name, "name": known["name"], **chosen}))
        else:
            read_json(server.admin.post(update, json={**known, **chosen}))


def _remote_id(desk: Desk, path: str) -> str:
    found = re.search(rf" {_refs([path])[0]} .*?\bid=(\S+)", desk.path("cochat.lock").read_text())
    assert found
    return found[1]


def _pull(desk: Desk, texts: dict[str, str]) -> dict[str, str]:
    """Pull what is mine, whatever else other tests left on the server: what was done, by address."""
    return desk.json("pull", *_refs(texts)).actions


def _refs(texts: Iterable[str]) -> list[str]:
    slugs = ((path, path.removeprefix("plugins/").split("/")[1].partition(".")[0]) for path in texts)
    return [f"{_kind_of(path)}/{slug}" for path, slug in slugs]


def _kind_of(path: str) -> str:
    return path.removeprefix("plugins/").partition("/")[0].removesuffix("s")


def _url(desk: Desk) -> str:
    return desk.path("cochat.toml").read_text().partition('url = "')[2].partition('"')[0]
