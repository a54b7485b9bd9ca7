"""What survives a restart with a data file: skills, automations, settings, and what is CoChat's own."""

from __future__ import annotations

import pytest

from cochat_devkit.server.store import Store
from tests.server.fakes import read, staged

SKILLS = "/api/v1/skills"
AUTOMATIONS = "/api/v1/automations"


@pytest.fixture
def restarted(tmp_path):
    """Return a function that does something on one server, and reads from the next one on the same file."""

    def run(flavor, act, look):
        path = tmp_path / "server.db"
        store = Store(path)
        with staged(flavor, store=store) as stage:
            acted = act(stage.admin)
            before = look(stage.admin, acted)
        store.close()
        store = Store(path)
        with staged(flavor, store=store) as stage:
            after = look(stage.admin, acted)
        store.close()
        return before, after

    return run


def test_skills_keep_their_files_and_versions(restarted):
    """The text, a binary file, the history and its snapshots."""

    def act(admin):
        files = [{"path": "SKILL.md", "content": "é"}, {"path": "b", "content": "AAH/", "encoding": "base64"}]
        made = read(admin.post(f"{SKILLS}/create", json={"id": "kept", "name": "Kept", "files": files}))
        read(admin.post(f"{SKILLS}/id/kept/update", json={"id": "kept", "name": "Kept", "content": "new"}))
        return made["version_id"]

    def look(admin, first):
        paths = (
            "/export",
            "/",
            "/id/kept/history",
            f"/id/kept/history/{first}",
            f"/export?ids=kept&version_id={first}",
        )
        return [read(admin.get(f"{SKILLS}{path}")) for path in paths]

    before, after = restarted("owui-0.12", act, look)
    assert before == after
    assert after[0][0]["files"][0]["content"] == "new"
    assert after[4]["files"][0]["content"] == "é"


def test_automations_keep_their_runs(restarted):
    """On 0.12."""

    def act(admin):
        data = {"prompt": "p", "model_id": "m", "rrule": "DTSTART:20480101T090000 RRULE:FREQ=DAILY;COUNT=1"}
        made = read(admin.post(f"{AUTOMATIONS}/create", json={"name": "A", "data": data}))
        read(admin.post(f"{AUTOMATIONS}/{made['id']}/run"))
        return made["id"]

    def look(admin, id_):
        return [read(admin.get(f"{AUTOMATIONS}/{path}")) for path in ("list", id_, f"{id_}/runs")]

    before, after = restarted("owui-0.12", act, look)
    assert before == after
    assert len(after[2]) == 1


def test_a_deleted_automation_leaves_no_run_behind(tmp_path):
    """Nor itself: the file has neither."""
    store = Store(tmp_path / "server.db")
    with staged("owui-0.12", store=store) as stage:
        data = {"prompt": "p", "model_id": "m", "rrule": "FREQ=DAILY"}
        made = read(stage.admin.post(f"{AUTOMATIONS}/create", json={"name": "A", "data": data}))
        read(stage.admin.post(f"{AUTOMATIONS}/{made['id']}/run"))
        assert [key for key, _ in store.read_rows("automation runs")] == [made["id"]]
        read(stage.admin.delete(f"{AUTOMATIONS}/{made['id']}/delete"))
        assert [*store.read_rows("automation runs"), *store.read_rows("automations")] == []
    store.close()


def test_cochats_own_is_kept(restarted):
    """Agents, automations and runs."""

    def act(admin):
        read(admin.post("/api/custom/agents/", json={"name": "A", "system_prompt": "p"}))
        made = read(admin.post(f"{AUTOMATIONS}/create", json={"name": "A", "actions": [{"id": "a"}]}))
        read(admin.post(f"{AUTOMATIONS}/{made['id']}/run", json={}))
        return made["id"]

    def look(admin, id_):
        return [
            read(admin.get(path)) for path in ("/api/custom/agents/", f"{AUTOMATIONS}/", f"{AUTOMATIONS}/{id_}/runs")
        ]

    before, after = restarted("cochat", act, look)
    assert before == after
    assert [len(each) for each in after] == [1, 1, 1]


@pytest.mark.parametrize("flavor", ["cochat", "owui-0.12"])
def test_settings_are_kept(restarted, flavor):
    """What was set, in the export of either form."""

    def act(admin):
        form = read(admin.get("/api/v1/configs/models"))
        read(admin.post("/api/v1/configs/models", json={**form, "DEFAULT_MODELS": "a"}))

    def look(admin, _acted):
        return read(admin.get("/api/v1/configs/export"))

    before, after = restarted(flavor, act, look)
    assert before == after
    assert "a" in (after.get("ui.default_models"), after.get("ui", {}).get("default_models"))
