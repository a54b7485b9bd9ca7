"""Every kind goes the whole road on every server: pull, edit, push, create, delete, and from server to server."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.contract.conftest import start_local
from tests.contract.stage import make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Json, Server

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(64))).decode()
HEADLIKE = "---\nnot: a head\n---\nHello {{name}}\r\n trailing  \n"
BASE = "some-base"


class Stock:
    """What a test put on a server: one resource of each kind that it has, with every field that a form takes."""

    def __init__(self, server: Server, word: str) -> None:
        self.server, self.word = server, word
        self.is_new = server.generation == "0.12"
        self.base_id = self._add_base()
        self._add_prompt()
        self._add_models()
        if self.is_new:
            self._add_skill()
            self._add_automation()

    def post(self, path: str, form: Json) -> Json:
        return read_json(self.server.admin.post(path, json=form))

    @property
    def personas(self) -> str:
        """Where workspace models with a base lie: on CoChat agents are something else."""
        return "models" if self.server.flavor == "cochat" else "agents"

    @property
    def paths(self) -> dict[str, str]:
        """Where each resource lies in a workspace."""
        found = {
            "prompt": f"prompts/{self.word}.md",
            "agent": f"{self.personas}/{self.word}.md",
            "model": f"models/{self.word}%2Fover%3Afree.md",
            "knowledge": f"knowledge/{self.word}/knowledge.yaml",
        }
        if self.is_new:
            found |= {"skill": f"skills/{self.word}/SKILL.md", "automation": f"automations/{self.word}.yaml"}
        return found

    def _add_prompt(self) -> None:
        if self.is_new:
            more = {"name": "A prompt", "command": self.word, "tags": ["b", "a"], "data": {"d": 1}, "meta": {"m": [1]}}
        else:
            more = {"title": "A prompt", "command": f"/{self.word}"}
        form = {"content": HEADLIKE, **more, **self.server.access(read_users=[self.server.user_person.id])}
        self.post("/api/v1/prompts/create", form)

    def _add_models(self) -> None:
        meta = {
            "profile_image_url": f"data:image/png;base64,{PICTURE}",
            "description": "It finds out",
            "toolIds": ["web", "server:1"],
            "filterIds": ["f"],
            "actionIds": ["a"],
            "tags": [{"name": "b"}, {"name": "a"}],
            "capabilities": {"vision": True, "usage": False},
            "suggestion_prompts": [{"content": "Hi"}],
            "knowledge": [{"id": self.base_id, "name": self.word, "type": "collection"}],
            "something_new": {"deep": [1, None, True]},
        }
        params = {"system": "You find out.\nBe kind.", "temperature": 0.5, "custom": {"x": 1}}
        form = {"base_model_id": BASE, "name": "Researcher", "meta": meta, "params": params, "is_active": False}
        self.post("/api/v1/models/create", {"id": self.word, **form, **self.server.public()})
        over = {"id": f"{self.word}/over:free", "base_model_id": None, "name": "Over", "meta": {}, "params": {}}
        self.post("/api/v1/models/create", {**over, **self.server.private()})

    def _add_base(self) -> str:
        form = {"name": self.word, "description": "What we sell", **self.server.private()}
        base_id: str = self.post("/api/v1/knowledge/create", form)["id"]
        for name, content in (("one.md", b"alpha\r\n" + self.word.encode()), ("two.txt", "你好".encode())):
            self.attach(base_id, name, content)
        return base_id

    def attach(self, base_id: str, name: str, content: bytes) -> None:
        """Put a file into a base, as the server's own pages do."""
        path = "/api/v1/files/?process=true&process_in_background=false"
        uploaded = read_json(self.server.admin.post(path, files={"file": (name, content)}))
        self.post(f"/api/v1/knowledge/{base_id}/file/add", {"file_id": uploaded["id"]})

    def _add_skill(self) -> None:
        files = [
            {"path": "SKILL.md", "content": f"---\nname: {self.word}\ndescription: It audits\n---\nDo it.\n"},
            {"path": "scripts/run.py", "content": "print(1)\n"},
            {"path": "data.bin", "content": "/wA=", "encoding": "base64"},
        ]
        form = {"id": self.word, "name": f"Skill {self.word}", "description": "It audits", "files": files}
        self.post("/api/v1/skills/create", {**form, "meta": {"tags": ["t"]}, **self.server.private()})

    def _add_automation(self) -> None:
        data = {"prompt": "Say hi.", "model_id": BASE, "rrule": "FREQ=DAILY"}
        self.post("/api/v1/automations/create", {"name": self.word, "data": data, "is_active": False})


@pytest.fixture(scope="session")
def stock(server: Server) -> Stock:
    return Stock(server, make_id().replace("_", "-"))


@pytest.fixture
def desk(stock: Stock, tmp_path: Path) -> Desk:
    """An admin's workspace that has pulled."""
    desk = make_desk(tmp_path / "admin", stock.server.url, stock.server.admin_person.token)
    desk.json("pull")
    return desk


def test_every_kind_is_pulled_and_stays_as_it_is(stock: Stock, desk: Desk) -> None:
    """Each kind has its files; a second pull changes no byte and no row, and a push has nothing to say."""
    assert {kind: path for kind, path in stock.paths.items() if path not in desk.files()} == {}
    assert desk.files()[f"{stock.personas}/{stock.word}.png"] == base64.b64decode(PICTURE)
    assert desk.files()[stock.paths["prompt"]].decode().endswith(HEADLIKE)
    assert desk.files()[f"knowledge/{stock.word}/files/one.md"] == b"alpha\r\n" + stock.word.encode()
    assert f"- knowledge/{stock.word}" in desk.files()[stock.paths["agent"]].decode()
    before = desk.files(), desk.mirror_dump()
    assert desk.json("pull").actions == {}
    assert (desk.files(), desk.mirror_dump()) == before
    pushed = desk.json("push")
    assert (pushed.actions, pushed.json["requests"]) == ({}, 0)
    assert desk.json("status").json["items"] == []


EDITS = {
    "prompt": ("Hello", "Hey"),
    "agent": ("Be kind", "Be brief"),
    "model": ("name: Over", "name: Under"),
    "knowledge": ("What we sell", "What we sold"),
    "skill": ("Do it", "Do that"),
    "automation": ("Say hi", "Say no"),
}


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_is_sent_and_nothing_else_moves(stock: Stock, desk: Desk, kind: str) -> None:
    """One line changed here is one resource changed there, and all its other fields are as before."""
    if kind not in stock.paths:
        pytest.skip(f"{stock.server.generation} has no {kind}")
    old, new = EDITS[kind]
    desk.edit(stock.paths[kind], old, new)
    pushed = desk.json("push")
    assert list(pushed.actions.values()) == ["update-there"]
    again = make_desk(desk.folder.parent / "again", stock.server.url, stock.server.admin_person.token)
    again.json("pull")
    assert _resources(again) == _resources(desk)
    desk.edit(stock.paths[kind], new, old)
    assert list(desk.json("push").actions.values()) == ["update-there"]


def test_files_of_a_base_are_replaced_added_and_removed(stock: Stock, desk: Desk) -> None:
    """I work on a base's files as on any others, and the server then has the same bytes."""
    folder = desk.path(f"knowledge/{stock.word}/files")
    (folder / "one.md").write_bytes(b"alpha the second\r\n" + stock.word.encode())
    (folder / "three.md").write_bytes(b"gamma " + stock.word.encode())
    (folder / "two.txt").unlink()
    if stock.is_new:
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "four.md").write_bytes(b"delta " + stock.word.encode())
    assert list(desk.json("push").actions.values()) == ["update-there"]
    again = make_desk(desk.folder.parent / "again", stock.server.url, stock.server.admin_person.token)
    again.json("pull")
    assert _resources(again) == _resources(desk)
    assert desk.json("pull").actions == {}


def test_a_push_of_a_base_s_files_is_taken_back(stock: Stock, desk: Desk) -> None:
    """What was replaced or removed there comes back byte for byte, what was added goes; my files stay."""
    folder = desk.path(f"knowledge/{stock.word}/files")
    there = {path: content for path, content in _resources(desk).items() if path.startswith(f"knowledge/{stock.word}/")}
    (folder / "one.md").write_bytes(b"alpha the third\r\n" + stock.word.encode())
    (folder / "six.md").write_bytes(b"zeta " + make_id().encode())
    next(place for place in folder.iterdir() if place.name not in ("one.md", "six.md")).unlink()
    mine = {place.name: place.read_bytes() for place in folder.iterdir() if place.is_file()}
    desk.json("push")
    run = desk.json("undo").json["runs"][0]["run"]
    assert desk.json("undo", str(run)).actions == {f"knowledge/{stock.word}": "update-there"}
    assert {place.name: place.read_bytes() for place in folder.iterdir() if place.is_file()} == mine
    again = make_desk(desk.folder.parent / "again", stock.server.url, stock.server.admin_person.token)
    again.json("pull")
    assert {path: again.files().get(path) for path in there} == there
    assert "knowledge/" + stock.word in desk.json("status").actions


def test_a_deleted_base_comes_back_with_its_files(stock: Stock, desk: Desk) -> None:
    """A base that I deleted there is made again by an undo, under another id, with every byte of its files."""
    word = make_id().replace("_", "-")
    texts = {f"knowledge/{word}/knowledge.yaml": b"description: mine\n", f"knowledge/{word}/files/a.md": word.encode()}
    for path, content in texts.items():
        desk.path(path).parent.mkdir(parents=True, exist_ok=True)
        desk.path(path).write_bytes(content)
    desk.json("push")
    for path in texts:
        desk.path(path).unlink()
    desk.json("push", "--delete", "--confirm-deletes", "1")
    run = desk.json("undo").json["runs"][0]["run"]
    desk.json("undo", str(run))
    again = make_desk(desk.folder.parent / "again", stock.server.url, stock.server.admin_person.token)
    again.json("pull")
    assert {path: again.files().get(path) for path in texts} == texts


@pytest.mark.generation("0.6")
def test_a_file_that_is_pushed_is_known_by_its_bytes(stock: Stock, desk: Desk) -> None:
    """0.6 keeps the digest that comes with an upload, so that a clone need not read the bytes to know them."""
    content = f"zeta {make_id()}".encode()
    desk.path(f"knowledge/{stock.word}/files/seven.md").write_bytes(content)
    desk.json("push")
    rows = read_json(stock.server.admin.post(f"/api/v1/knowledge/{stock.base_id}/files/batch/add", json=[]))["files"]
    (meta,) = [row["meta"] for row in rows if row["meta"]["name"] == "seven.md"]
    assert meta["data"]["file_hash"] == hashlib.sha256(content).hexdigest()
    desk.path(f"knowledge/{stock.word}/files/seven.md").unlink()
    desk.json("push")


def test_another_s_file_in_a_base_comes_here(stock: Stock, desk: Desk) -> None:
    """A file that a colleague adds in the browser is in my folder after the next pull, though no time moved there."""
    content = f"epsilon {make_id()}".encode()
    stock.attach(stock.base_id, "five.md", content)
    assert desk.json("pull").actions == {f"knowledge/{stock.word}": "update-here"}
    assert desk.path(f"knowledge/{stock.word}/files/five.md").read_bytes() == content


def test_new_ones_are_created_and_deleted_by_name(stock: Stock, desk: Desk) -> None:
    """A file that I write is a resource there; deleted here it goes there only when I say so."""
    word = make_id().replace("_", "-")
    texts = {
        f"prompts/{word}.md": "---\nname: Fresh\n---\nBody\n",
        f"{stock.personas}/{word}.md": f"---\nname: Writer\nbase: {BASE}\ntools: [tool/web]\n---\nYou write.\n",
        f"knowledge/{word}/knowledge.yaml": "description: mine\n",
        f"knowledge/{word}/files/a.md": f"text of {word}\n",
    }
    if stock.is_new:
        texts[f"skills/{word}/SKILL.md"] = f"---\nname: {word}\ndescription: mine\n---\nX\n"
        texts[f"automations/{word}.yaml"] = f"prompt: p\nmodel: {BASE}\nrrule: FREQ=WEEKLY\nactive: false\n"
    for path, text in texts.items():
        desk.path(path).parent.mkdir(parents=True, exist_ok=True)
        desk.path(path).write_text(text, encoding="utf-8")
    created = desk.json("push")
    assert set(created.actions.values()) == {"create-there"}
    assert desk.json("pull").actions == {}
    assert {path: desk.files()[path].decode() for path in texts} == texts
    for path in texts:
        desk.path(path).unlink()
    kept = desk.json("push")
    assert kept.actions == {}
    gone = desk.json("push", "--delete", "--confirm-deletes", str(len(created.actions)))
    assert set(gone.actions.values()) == {"delete-there"}
    assert desk.json("pull").actions == {}


def test_from_server_to_files_to_another_server(stock: Stock, desk: Desk, tmp_path: Path) -> None:
    """What I pulled from one server and pushed to another is the same there, but for ids."""
    flavor = stock.server.flavor if not stock.server.is_real else "owui-0.12" if stock.is_new else "owui-0.6"
    mine = [path for path in _resources(desk) if stock.word in path]
    (tmp_path / "other").mkdir()
    with start_local(flavor, tmp_path / "other") as (url, _email, _password, token):
        there = make_desk(tmp_path / "there", url, token)
        for path in mine:
            there.path(path).parent.mkdir(parents=True, exist_ok=True)
            there.path(path).write_bytes(desk.path(path).read_bytes())
        # people and plugins are of one server
        shared = f"access:\n  read:\n  - user:{stock.server.user_person.id}\n"
        there.edit(stock.paths["prompt"], shared, "access: public\n")
        assert set(there.json("push", "--no-verify").actions.values()) == {"create-there"}
        back = make_desk(tmp_path / "back", url, token)
        back.json("pull")
        assert _resources(back) == {path: there.path(path).read_bytes() for path in mine}


def test_an_ordinary_user_gets_what_may_be_read(stock: Stock, tmp_path: Path) -> None:
    """What is shared with me is here, the rest is no file, no change and no error; a second pull has nothing to do."""
    desk = make_desk(tmp_path, stock.server.url, stock.server.user_person.token)
    desk.json("pull")
    assert stock.paths["prompt"] in desk.files()
    assert stock.paths["knowledge"] not in desk.files()
    before = desk.files()
    assert set(desk.json("pull").actions.values()) <= {"skip"}
    assert desk.files() == before
    assert desk.json("push").json["requests"] == 0


def _resources(desk: Desk) -> dict[str, bytes]:
    folders = ("prompts/", "agents/", "models/", "skills/", "knowledge/", "automations/")
    return {path: content for path, content in desk.files().items() if path.startswith(folders)}
