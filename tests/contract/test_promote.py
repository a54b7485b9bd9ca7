"""Promotion between two servers: an agent and all that it names arrive, ids rewritten, files byte for byte."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.contract.conftest import start_local
from tests.contract.stage import make_client, make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.stage import Server

CONTENT = "Grüße\r\n你好 "
TOOL = 'class Tools:\n    def say(self) -> str:\n        """Say it."""\n        return "it"\n'


PIPE = """class Pipe:
    def pipes(self) -> list:
        return [{"id": "first", "name": "First"}]

    def pipe(self, body: dict) -> str:
        return "it"
"""


@dataclass(frozen=True)
class Road:
    """A workspace of two servers: `start` is what its files agree with, `end` is where things go."""

    word: str
    start: Desk
    end: Desk
    far: str

    def promote(self, *words: str, expected: int | None = 0) -> dict[str, str]:
        """Promote with the token of the far end."""
        done = self.end.json("promote", *words, "--from", "main", "--to", "far", expected=expected)
        return done.actions


@pytest.fixture(params=["from it", "to it"])
def road(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[Road]:
    """Lay a road between the server under test and a local one, each way."""
    flavor = "owui-0.12" if server.generation == "0.12" else "owui-0.6"
    (tmp_path / "local").mkdir()
    with start_local(flavor, tmp_path / "local") as (url, _email, _password, token):
        ends = [(server.url, server.admin_person.token), (url, token)]
        (near, near_token), (far, far_token) = ends if request.param == "from it" else reversed(ends)
        start = make_desk(tmp_path / "desk", near, near_token)
        start.path("cochat.toml").write_text(
            f'default_target = "main"\n[targets.main]\nurl = "{near}"\n[targets.far]\nurl = "{far}"\n'
        )
        yield Road(make_id().replace("_", "-"), start, Desk(start.folder, far_token), far)


@pytest.fixture
def upward(server: Server, tmp_path: Path) -> Iterator[Road]:
    """Lay a road from a server of 0.6 to one of 0.12; the server under test is one of them."""
    is_new = server.generation == "0.12"
    (tmp_path / "local").mkdir()
    with start_local("owui-0.6" if is_new else "owui-0.12", tmp_path / "local") as (url, _email, _password, token):
        ends = [(server.url, server.admin_person.token), (url, token)]
        (near, near_token), (far, far_token) = reversed(ends) if is_new else ends
        start = make_desk(tmp_path / "desk", near, near_token)
        start.path("cochat.toml").write_text(
            f'default_target = "main"\n[targets.main]\nurl = "{near}"\n[targets.far]\nurl = "{far}"\n'
        )
        yield Road(make_id().replace("_", "-"), start, Desk(start.folder, far_token), far)


def test_what_only_the_other_server_can_say_stays_as_it_is(upward: Road) -> None:
    """Tags and a switch that 0.6 does not have stay in production and, when an entry of 0.6 is restored, in my file."""
    path, ref = f"prompts/{upward.word}.md", f"prompt/{upward.word}"
    upward.start.path(path).parent.mkdir(parents=True, exist_ok=True)
    upward.start.path(path).write_text("---\nname: A name\naccess: public\n---\nSay one.\n")
    upward.start.json("push", ref)
    assert upward.promote(ref) == {ref: "create-there"}
    with make_client(upward.far, upward.end.token) as far:
        listed = read_json(far.get("/api/v1/prompts/list?order_by=created_at&direction=asc"))["items"]
        (prompt,) = [each for each in listed if each["command"] == upward.word]
        at = f"/api/v1/prompts/id/{prompt['id']}"
        read_json(far.post(f"{at}/update", json={**prompt, "tags": ["kept"]}))
        read_json(far.post(f"{at}/toggle"))
        upward.start.edit(path, "one", "two")
        upward.start.json("push", ref)
        upward.end.json("pull", ref, "--target", "far")
        assert "kept" in upward.start.path(path).read_text()
        assert upward.promote(ref) == {ref: "update-there"}
        now = read_json(far.get(at))
        assert (now["content"].strip(), now["tags"], now["is_active"]) == ("Say two.", ["kept"], False)
    upward.start.json("restore", f"{ref}@2")
    restored = upward.start.path(path).read_text()
    assert ("one" in restored, "kept" in restored, "active: false" in restored) == (True, True, True)


def write_agent(road: Road, base: str) -> str:
    """Write an agent on a base model, and push it: its address."""
    road.start.path("agents").mkdir(exist_ok=True)
    road.start.path(f"agents/{road.word}.md").write_text(f"---\nbase: {base}\n---\nYou sell.\n")
    road.start.json("push", "--no-verify")
    return f"agent/{road.word}"


def test_a_base_that_a_pipe_of_mine_offers_has_to_be_there(road: Road) -> None:
    """An agent on a model of a pipe is refused where the pipe is not, with nothing sent; --with-refs takes it along."""
    pipe = road.word.replace("-", "_")
    road.start.path("plugins/pipes").mkdir(parents=True, exist_ok=True)
    road.start.path(f"plugins/pipes/{pipe}.py").write_text(PIPE)
    ref = write_agent(road, f"{pipe}.first")
    for words in (["--dry-run"], []):
        done = road.end.json("promote", ref, *words, "--from", "main", "--to", "far", expected=2)
        assert f"pipe/{pipe}" in done.json["error"]["message"]
    everything = {f"pipe/{pipe}": "create-there", ref: "create-there"}
    assert road.promote(ref, "--with-refs", "--no-verify") == everything


@pytest.mark.generation("0.12")
def test_the_agent_that_an_automation_runs_has_to_be_there(road: Road) -> None:
    """An automation is refused where the agent that it names is not, with nothing sent; --with-refs takes it along."""
    agent = write_agent(road, "some-base")
    road.start.path("automations").mkdir(exist_ok=True)
    text = f"prompt: Sell.\nmodel: {road.word}\nrrule: RRULE:FREQ=DAILY;BYHOUR=9;BYMINUTE=0\nactive: false\n"
    road.start.path(f"automations/{road.word}.yaml").write_text(text)
    road.start.json("push", "--no-verify")
    ref = f"automation/{road.word}"
    done = road.end.json("promote", ref, "--from", "main", "--to", "far", expected=2)
    assert f"{agent} (in {ref})" in done.json["error"]["message"]
    assert road.promote(ref, "--with-refs") == {agent: "create-there", ref: "create-there"}


def test_a_base_that_the_other_server_does_not_show_is_told(road: Road) -> None:
    """A provider may be away, so that is no refusal."""
    ref = write_agent(road, "some-base")
    done = road.end.json("promote", ref, "--dry-run", "--from", "main", "--to", "far")
    assert done.actions == {ref: "create-there"}
    assert "'some-base'" in done.err


def write_base(road: Road) -> str:
    """Write a base with one file, and push it: its address."""
    folder = road.start.path(f"knowledge/{road.word}/files")
    folder.mkdir(parents=True)
    (folder.parent / "knowledge.yaml").write_text("description: what we sell\n")
    (folder / "one.md").write_text(f"one of {road.word}\n")
    road.start.json("push", f"knowledge/{road.word}")
    return f"knowledge/{road.word}"


def test_without_the_bytes_nothing_is_made(road: Road) -> None:
    """In a colleague's clone where the file was edited, the bytes of the base are nowhere: that makes no empty one."""
    ref = write_base(road)
    clone = road.start.folder.parent / "clone"
    shutil.copytree(road.start.folder, clone, ignore=shutil.ignore_patterns(".cochat", "mirror.db*"))
    start, end = Desk(clone, road.start.token), Desk(clone, road.end.token)
    start.path(f"{ref}/files/one.md").write_text("edited here\n")
    start.json("pull", ref)
    for words in (["--dry-run"], []):
        done = end.json("promote", ref, *words, "--from", "main", "--to", "far", expected=1)
        assert "one.md" in done.json["items"][0]["error"]
    with make_client(road.far, road.end.token) as far:
        assert road.word not in far.get("/api/v1/knowledge/").text
    start.json("push", ref)
    assert replace(road, end=end).promote(ref) == {ref: "create-there"}


def test_what_did_not_move_is_taken_from_the_files(road: Road) -> None:
    """Where another file of the base was edited, the bytes of this one lie beside it, and arrive."""
    ref = write_base(road)
    road.start.path(f"{ref}/files/two.md").write_text("two\n")
    shutil.rmtree(road.start.path(".cochat/blobs"), ignore_errors=True)
    assert road.promote(ref) == {ref: "create-there"}
    back = make_desk(road.start.folder.parent / "back", road.far, road.end.token or "")
    back.json("pull", "--kind", "knowledge")
    assert back.path(f"{ref}/files/one.md").read_text() == f"one of {road.word}\n"


def test_an_agent_takes_along_what_it_names(road: Road, server: Server) -> None:
    """A base with its files, a tool and an agent that names both: one command, and a second one has nothing to do."""
    word, tool = road.word, road.word.replace("-", "_")
    # an agent of CoChat's own names no base
    named = "" if server.flavor == "cochat" else f"knowledge:\n- knowledge/{word}\n"
    texts = {
        f"plugins/tools/{tool}.py": TOOL,
        f"knowledge/{word}/knowledge.yaml": "description: what we sell\n",
        f"knowledge/{word}/files/one.md": f"{CONTENT}{word}",
        f"knowledge/{word}/files/two.txt": f"two {word}",
        f"agents/{word}.md": f"---\nbase: some-base\ntools:\n- tool/{tool}\n{named}---\nYou sell.\n",
    }
    for path, text in texts.items():
        road.start.path(path).parent.mkdir(parents=True, exist_ok=True)
        road.start.path(path).write_bytes(text.encode())
    road.start.json("push", "--no-verify")
    ref = f"agent/{word}"
    before = {path: road.start.files()[path] for path in texts}
    planned = road.promote(ref, f"knowledge/{word}", "--with-refs", "--no-verify", "--dry-run")
    everything = dict.fromkeys((f"tool/{tool}", f"knowledge/{word}", ref), "create-there")
    assert planned == everything
    assert road.promote(ref, f"knowledge/{word}", "--with-refs", "--no-verify") == everything
    assert {path: road.start.files()[path] for path in texts} == before
    assert road.promote(ref, f"knowledge/{word}", "--with-refs", "--no-verify") == {}
    back = make_desk(road.start.folder.parent / "back", road.far, road.end.token or "")
    back.json("pull")
    assert {path: back.files().get(path) for path in texts} == before
