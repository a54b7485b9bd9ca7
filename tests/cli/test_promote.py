"""`cochat promote`, with two servers at once: the body arrives, the files stay, and nobody's edit there is covered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cochat_devkit.operations.serve import RunningServer, running_server
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOOL = 'class Tools:\n    def say(self) -> str:\n        """Say it."""\n        return "it"\n'
FLAVORS = ["owui-0.6", "owui-0.12", "cochat"]


@pytest.fixture(params=FLAVORS)
def staging(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """Run the server that things come from."""
    with running_server(flavor=request.param) as running:
        yield running


@pytest.fixture(params=["owui-0.6", "owui-0.12"])
def prod(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """Run the server that things go to."""
    with running_server(flavor=request.param) as running:
        yield running


@pytest.fixture
def desk(staging: RunningServer, prod: RunningServer, tmp_path: Path) -> Desk:
    """Make a workspace of both servers that staging and the files agree in."""
    desk = make_desk(tmp_path / "desk", staging.url, staging.token)
    name = "main"
    settings = desk.path("cochat.toml")
    settings.write_text(
        f'default_target = "{name}"\n[targets.{name}]\nurl = "{staging.url}"\n[targets.prod]\nurl = "{prod.url}"\n'
    )
    desk.path("plugins/tools/clock.py").write_text(TOOL)
    desk.path("plugins/tools/clock.yaml").write_text("name: The clock\naccess: public\n")
    desk.json("push", "--no-verify")
    return desk


def promote(desk: Desk, prod: RunningServer, *words: str, expected: int | None = 0) -> Any:
    """Promote to prod, signed in there."""
    return Desk(desk.folder, prod.token).json("promote", *words, "--from", "main", "--to", "prod", expected=expected)


def there(server: RunningServer, path: str) -> Any:
    """Ask a server as its admin."""
    answer = httpx.get(f"{server.url}{path}", headers={"Authorization": f"Bearer {server.token}"}, trust_env=False)
    return answer.json()


def save(server: RunningServer, path: str, form: dict[str, Any]) -> Any:
    """Save something on a server as its admin."""
    head = {"Authorization": f"Bearer {server.token}"}
    answer = httpx.post(f"{server.url}{path}", json=form, headers=head, trust_env=False)
    answer.raise_for_status()
    return answer.json()


def test_a_tool_arrives_and_the_files_stay(desk: Desk, prod: RunningServer) -> None:
    """A dry run sends nothing; then the tool is there with name and access, and a second time nothing is to do."""
    files = {name: text for name, text in desk.files().items() if name != "cochat.lock"}
    planned = promote(desk, prod, "tool/clock", "--dry-run")
    assert planned.actions == {"tool/clock": "create-there"}
    assert there(prod, "/api/v1/tools/") == []
    assert promote(desk, prod, "tool/clock").actions == {"tool/clock": "create-there"}
    arrived = there(prod, "/api/v1/tools/id/clock")
    assert (arrived["content"], arrived["name"]) == (TOOL, "The clock")
    assert {name: text for name, text in desk.files().items() if name != "cochat.lock"} == files
    assert promote(desk, prod, "tool/clock").actions == {}
    assert Desk(desk.folder, prod.token).json("status", "--target", "prod").json["counts"].keys() <= {"nothing"}


def test_what_was_agreed_goes_and_not_the_edit(desk: Desk, prod: RunningServer) -> None:
    """An edit that staging never saw stays here, unless I ask for the files."""
    desk.edit("plugins/tools/clock.py", '"it"', '"edited"')
    promote(desk, prod, "tool/clock")
    assert there(prod, "/api/v1/tools/id/clock")["content"] == TOOL
    promote(desk, prod, "tool/clock", "--from-files")
    assert '"edited"' in there(prod, "/api/v1/tools/id/clock")["content"]
    assert '"edited"' in desk.path("plugins/tools/clock.py").read_text()


def test_a_change_on_the_other_side_is_refused(desk: Desk, prod: RunningServer) -> None:
    """What somebody changed in production since is not covered: exit 3, and it is still there."""
    promote(desk, prod, "tool/clock")
    form = {**there(prod, "/api/v1/tools/id/clock"), "content": TOOL.replace("it", "theirs")}
    save(prod, "/api/v1/tools/id/clock/update", form)
    desk.edit("plugins/tools/clock.py", '"it"', '"newer"')
    desk.json("push", "--no-verify")
    done = promote(desk, prod, "tool/clock", expected=3)
    assert done.actions == {"tool/clock": "conflict"}
    assert "--target prod" in done.json["items"][0]["hint"]
    assert "theirs" in there(prod, "/api/v1/tools/id/clock")["content"]


def carol_saves(prod: RunningServer, old: str, new: str) -> None:
    """Edit the tool in production, past this workspace."""
    tool = there(prod, "/api/v1/tools/id/clock")
    save(prod, "/api/v1/tools/id/clock/update", {**tool, "content": tool["content"].replace(old, new)})


def test_what_was_pulled_from_the_other_side_is_not_taken_back(desk: Desk, prod: RunningServer) -> None:
    """Carol's edit, merged into my file, stays in production until staging has it too: the hints are the whole way."""
    promote(desk, prod, "tool/clock")
    carol_saves(prod, "class", "# Carol was here\nclass")
    desk.edit("plugins/tools/clock.py", '"it"', '"newer"')
    desk.json("push", "--no-verify")
    hint = promote(desk, prod, "tool/clock", expected=3).json["items"][0]["hint"]
    pulling, pushing = "cochat pull tool/clock --target prod", "cochat push tool/clock --target main"
    assert pulling in hint
    assert pushing in hint
    Desk(desk.folder, prod.token).cochat(*pulling.split()[1:])
    for words in (["--dry-run"], []):
        done = promote(desk, prod, "tool/clock", *words, expected=3)
        assert done.actions == {"tool/clock": "conflict"}
        assert pushing in done.json["items"][0]["hint"]
    assert "Carol" in there(prod, "/api/v1/tools/id/clock")["content"]
    desk.cochat(*pushing.split()[1:], "--no-verify")
    assert promote(desk, prod, "tool/clock", "--no-verify").actions == {"tool/clock": "update-there"}
    arrived = there(prod, "/api/v1/tools/id/clock")["content"]
    assert ("Carol" in arrived, '"newer"' in arrived) == (True, True)


def test_a_step_back_that_was_pulled_is_not_taken_back(desk: Desk, prod: RunningServer) -> None:
    """Where production went back to what it had before, staging's version waits until I say that the files count."""
    promote(desk, prod, "tool/clock")
    desk.edit("plugins/tools/clock.py", '"it"', '"newer"')
    desk.json("push", "--no-verify")
    promote(desk, prod, "tool/clock")
    carol_saves(prod, '"newer"', '"it"')
    Desk(desk.folder, prod.token).cochat("pull", "tool/clock", "--target", "prod")
    promote(desk, prod, "tool/clock", expected=3)
    assert there(prod, "/api/v1/tools/id/clock")["content"] == TOOL
    assert promote(desk, prod, "tool/clock", "--from-files", "--no-verify").actions == {}


def test_my_next_edit_does_not_hold_back_what_staging_has(desk: Desk, prod: RunningServer) -> None:
    """What was promoted before is no edit of production's: the next version goes, and what I am at stays here."""
    promote(desk, prod, "tool/clock")
    desk.edit("plugins/tools/clock.py", '"it"', '"newer"')
    desk.json("push", "--no-verify")
    desk.edit("plugins/tools/clock.py", '"newer"', '"newest"')
    assert promote(desk, prod, "tool/clock").actions == {"tool/clock": "update-there"}
    assert '"newer"' in there(prod, "/api/v1/tools/id/clock")["content"]


def test_mine_goes_where_i_said_so(desk: Desk, prod: RunningServer) -> None:
    """After `pull --on-conflict ours` the edit of production counts as seen, and mine replaces it."""
    promote(desk, prod, "tool/clock")
    carol_saves(prod, '"it"', '"theirs"')
    desk.edit("plugins/tools/clock.py", '"it"', '"newer"')
    desk.json("push", "--no-verify")
    words = ("pull", "tool/clock", "--target", "prod", "--on-conflict", "ours")
    Desk(desk.folder, prod.token).cochat(*words)
    assert promote(desk, prod, "tool/clock").actions == {"tool/clock": "update-there"}
    assert '"newer"' in there(prod, "/api/v1/tools/id/clock")["content"]


def test_what_is_there_already_and_differs_is_refused(desk: Desk, prod: RunningServer) -> None:
    """A tool of the same id that this workspace never saw is somebody's: exit 3."""
    save(
        prod,
        "/api/v1/tools/create",
        {"id": "clock", "name": "Other", "content": TOOL + "# other\n", "meta": {"description": ""}},
    )
    promote(desk, prod, "tool/clock", expected=3)
    assert there(prod, "/api/v1/tools/id/clock")["name"] == "Other"


def test_a_plugin_that_does_not_load_stays_where_it_is(desk: Desk, prod: RunningServer) -> None:
    """The gates are those of a push: what staging agreed on is checked, not the file beside it."""
    desk.edit("plugins/tools/clock.py", "class Tools:", "1 / 0\n\n\nclass Tools:")
    done = promote(desk, prod, "tool/clock", "--from-files", expected=1)
    assert done.json["error"]["type"] == "LintFailed"
    assert there(prod, "/api/v1/tools/") == []
    assert promote(desk, prod, "tool/clock").actions == {"tool/clock": "create-there"}


def test_references_come_along_or_fail_the_whole(
    desk: Desk, prod: RunningServer, request: pytest.FixtureRequest
) -> None:
    """An agent whose tool is not there is refused by name, with nothing sent; --with-refs takes the tool along."""
    # a workspace model with a base is an agent in production, and is none on CoChat
    base = None if request.node.callspec.params["staging"] == "cochat" else "some-model"
    model = {"id": "helper", "base_model_id": base, "name": "Helper", "params": {"system": "Help."}}
    save_agent = {**model, "meta": {"toolIds": ["clock"], "description": "Helps"}}
    staging_url = desk.path("cochat.toml").read_text().split('url = "')[1].split('"')[0]
    head = {"Authorization": f"Bearer {desk.token}"}
    made = httpx.post(f"{staging_url}/api/v1/models/create", json=save_agent, headers=head, trust_env=False)
    if made.status_code != 200 or "json" not in made.headers["content-type"]:
        pytest.skip("this flavor's agents are not workspace models")
    desk.json("pull")
    folders = {"agent": "agents", "model": "models"}
    (ref,) = [f"{kind}/helper" for kind, place in folders.items() if any(desk.path(place).glob("helper*"))]
    done = promote(desk, prod, ref, expected=2)
    assert "tool/clock" in done.json["error"]["message"]
    assert there(prod, "/api/v1/tools/") == []
    assert promote(desk, prod, ref, "--with-refs").actions == {"tool/clock": "create-there", ref: "create-there"}
    assert there(prod, "/api/v1/models/model?id=helper")["meta"]["toolIds"] == ["clock"]


@pytest.mark.parametrize("staging", ["cochat"], indirect=True)
@pytest.mark.parametrize("prod", ["owui-0.12"], indirect=True)
def test_an_agent_keeps_what_cochat_has_no_word_for(desk: Desk, prod: RunningServer) -> None:
    """Who may see it in production, its tags and its parameters are production's: CoChat's agents have none."""
    desk.path("agents/helper.md").write_text("---\nbase: some-model\n---\nHelp.\n")
    desk.json("push", "agent/helper")
    promote(desk, prod, "agent/helper")
    agent = there(prod, "/api/v1/models/model?id=helper")
    everybody = {"principal_type": "user", "principal_id": "*", "permission": "read"}
    meta, params = {**agent["meta"], "tags": [{"name": "kept"}]}, {**agent["params"], "temperature": 0.5}
    agent |= {"meta": meta, "params": params, "access_grants": [everybody]}
    save(prod, "/api/v1/models/model/update?id=helper", agent)
    save(prod, "/api/v1/models/model/access/update", {**agent, "id": "helper"})
    Desk(desk.folder, prod.token).json("pull", "agent/helper", "--target", "prod")
    assert promote(desk, prod, "agent/helper").actions == {}
    now = there(prod, "/api/v1/models/model?id=helper")
    assert (now["meta"]["tags"], now["params"]["temperature"]) == ([{"name": "kept"}], 0.5)
    assert [each["principal_id"] for each in now["access_grants"]] == ["*"]


def test_production_is_asked_for(desk: Desk, prod: RunningServer) -> None:
    """A target that is production takes nothing from a script without --yes."""
    settings = desk.path("cochat.toml")
    settings.write_text(settings.read_text() + "production = true\n")
    assert "--yes" in promote(desk, prod, "tool/clock", expected=2).json["error"]["hint"]
    assert promote(desk, prod, "tool/clock", "--yes").actions == {"tool/clock": "create-there"}


def test_one_server_twice_is_no_promotion(desk: Desk, prod: RunningServer) -> None:
    """From a target to itself is asked wrongly; so is what was never agreed on, and what nobody knows."""
    desk.cochat("promote", "tool/clock", "--from", "main", "--to", "main", expected=2)
    desk.path("plugins/tools/new.py").write_text(TOOL)
    assert "never agreed" in promote(desk, prod, "tool/new", expected=2).json["error"]["message"]
    promote(desk, prod, "tool/nobody", expected=2)
