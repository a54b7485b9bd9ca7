"""Automations of 0.12: prompts on a schedule, seen by their owner alone, with times in nanoseconds."""

from __future__ import annotations

import time
import uuid

import pytest

from tests.contract import texts
from tests.contract.stage import find, ids, is_page, read_json, refusal
from tests.desk import make_desk

only_0_12 = pytest.mark.generation("0.12")

PATH = "/api/v1/automations"
FIELDS = {
    "id", "user_id", "folder_id", "name", "data", "meta", "is_active", "last_run_at", "next_run_at", "created_at",
    "updated_at", "last_run", "next_runs",
}  # fmt: skip
RUN_FIELDS = {"id", "automation_id", "chat_id", "status", "error", "created_at"}
DAILY = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"
MISSING = (404, texts.NOT_FOUND)
NOT_ALLOWED = (403, texts.UNAUTHORIZED)
TOO_LONG = "Schedule took too long to evaluate; simplify its recurrence rule."
SECOND_NS = 1_000_000_000
DAY_NS = 24 * 3600 * SECOND_NS


def form(rrule=DAILY, **more):
    data = {"prompt": "Say hello", "model_id": "a-model", "rrule": rrule}
    return {"name": f"Automation {uuid.uuid4().hex[:8]}", "data": data, **more}


def create(client, rrule=DAILY, **more):
    return read_json(client.post(f"{PATH}/create", json=form(rrule, **more)))


def read(client, automation):
    return read_json(client.get(f"{PATH}/{automation['id']}"))


def read_runs(client, automation, **query):
    return read_json(client.get(f"{PATH}/{automation['id']}/runs", params=query))


def wait_for_runs(client, automation, count):
    """Return the runs once there are as many; the server writes one down after it has answered."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        runs = read_runs(client, automation)
        if len(runs) >= count:
            return runs
        time.sleep(0.05)
    pytest.fail("the run was not written down")


@pytest.fixture
def owner(server):
    """Somebody who may have automations and has none: the others' are not in their way."""
    path = "/api/v1/users/default/permissions"
    before = read_json(server.admin.get(path))
    allowed = {**before, "features": {**before["features"], "automations": True}}
    read_json(server.admin.post(path, json=allowed))
    yield server.add_person().client
    read_json(server.admin.post(path, json=before))


@pytest.mark.generation("0.6")
def test_0_6_has_no_automations_of_0_12(server):
    """The list of 0.12 is a page; on plain 0.6 everything else is absent too."""
    assert is_page(server.admin.get(f"{PATH}/list"))
    if server.flavor != "cochat":
        assert is_page(server.admin.get(f"{PATH}/"))
        assert refusal(server.admin.post(f"{PATH}/create", json={})) == (405, texts.METHOD_NOT_ALLOWED)


@only_0_12
def test_the_address_of_cochat_is_a_page(server):
    """CoChat lists at the slash; here nothing is there."""
    assert is_page(server.admin.get(f"{PATH}/"))
    assert refusal(server.admin.post(f"{PATH}/", json={})) == (405, texts.METHOD_NOT_ALLOWED)


@only_0_12
def test_a_creation_answers_with_everything(server):
    """The server makes the id, fills the data's form up, and tells when it will run; times are nanoseconds."""
    before = time.time_ns()
    made = create(server.admin, meta={"any": 1})
    assert set(made) == FIELDS
    assert made["data"] == {
        "prompt": "Say hello", "model_id": "a-model", "rrule": DAILY, "terminal": None, "target": None,
    }  # fmt: skip
    assert (made["user_id"], made["folder_id"], made["meta"]) == (server.admin_person.id, None, {"any": 1})
    assert (made["is_active"], made["last_run_at"], made["last_run"]) == (True, None, None)
    assert before - SECOND_NS <= made["created_at"] == made["updated_at"] <= time.time_ns() + SECOND_NS
    assert len(made["next_runs"]) == 5
    assert made["next_run_at"] == made["next_runs"][0]
    assert {later - sooner for sooner, later in zip(made["next_runs"], made["next_runs"][1:], strict=False)} == {DAY_NS}
    assert read(server.admin, made) == made


@only_0_12
def test_the_data_have_a_form(server):
    """Terminal and target are kept, what else is in them is lost."""
    data = {
        **form()["data"], "odd": 1, "terminal": {"server_id": "s", "odd": 1}, "target": {"odd": 1},
    }  # fmt: skip
    kept = create(server.admin, data=data)["data"]
    assert "odd" not in kept
    assert kept["terminal"] == {"server_id": "s", "cwd": None}
    assert kept["target"] == {"type": "chat", "channel_id": None}


@only_0_12
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None},
        {"data": None},
        {"data": {"prompt": "p", "model_id": "m"}},
        {"data": {**form()["data"], "target": {"type": "mail"}}},
        {"meta": []},
        {"is_active": "perhaps"},
    ],
)
def test_what_does_not_fit_the_form_is_refused(server, wrong):
    """A name and data with prompt, model and rule are needed."""
    assert server.admin.post(f"{PATH}/create", json={**form(), **wrong}).status_code == 422


@only_0_12
@pytest.mark.parametrize(
    ("rrule", "sentence"),
    [
        ("", "Invalid RRULE: empty string"),
        ("every day", "Invalid RRULE: not enough values to unpack (expected 2, got 1)"),
        ("FREQ=OFTEN", "Invalid RRULE: invalid 'FREQ': OFTEN"),
        ("FREQ=DAILY;BYDAY=XX", "Invalid RRULE: invalid 'BYDAY': XX"),
        ("FREQ=DAILY;BYHOUR=99", "Invalid RRULE: hour must be in 0..23"),
        ("FREQ=HOURLY;INTERVAL=0", "Invalid RRULE: RRULE INTERVAL must be a positive integer"),
        ("EXRULE:FREQ=DAILY", "Invalid RRULE: EXRULE is not supported in recurrence rules"),
        (
            "RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY",
            "Invalid RRULE: only one RRULE is supported per recurrence rule",
        ),
        ("FREQ=DAILY;COUNT=3", "RRULE with COUNT requires an explicit DTSTART line to anchor the occurrence window"),
        ("FREQ=DAILY;UNTIL=20200101T000000", "RRULE has no future occurrences"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "RRULE has no future occurrences"),
        ("FREQ=DAILY;INTERVAL=0", TOO_LONG),
    ],
)
def test_a_bad_rule_is_refused_with_its_reason(server, rrule, sentence):
    """At creation and at an update alike."""
    assert refusal(server.admin.post(f"{PATH}/create", json=form(rrule))) == (400, sentence)
    made = create(server.admin)
    assert refusal(server.admin.post(f"{PATH}/{made['id']}/update", json=form(rrule))) == (400, sentence)
    assert read(server.admin, made) == made


@only_0_12
@pytest.mark.parametrize("separator", ["\n", " "])
def test_a_rule_may_run_once(server, separator):
    """With a start of its own, on a line before or a blank before."""
    made = create(server.admin, f"DTSTART:20480101T090000{separator}RRULE:FREQ=DAILY;COUNT=1")
    assert made["next_runs"] == [made["next_run_at"]]


@only_0_12
def test_short_intervals_keep_to_the_clock(server):
    """Every five minutes is at :00, :05 and so on, whenever it was saved."""
    made = create(server.admin, "FREQ=MINUTELY;INTERVAL=5")
    assert {moment % (300 * SECOND_NS) for moment in made["next_runs"]} == {0}


@only_0_12
def test_folders_and_channels_must_be_there(server):
    """An automation of an unknown folder or channel is missing something."""
    target = {"target": {"type": "channel", "channel_id": "any"}}
    for more in ({"folder_id": "any"}, {"data": {**form()["data"], **target}}):
        assert refusal(server.admin.post(f"{PATH}/create", json={**form(), **more})) == MISSING


@only_0_12
def test_the_list_is_complete_but_for_the_runs_to_come(server, owner):
    """Newest first, in pages of thirty, bodies included."""
    made = [create(owner) for _ in range(31)]
    first, second, third = (read_json(owner.get(f"{PATH}/list", params={"page": page})) for page in (1, 2, 3))
    assert ids(first["items"] + second["items"]) == [each["id"] for each in reversed(made)]
    assert [len(page["items"]) for page in (first, second, third)] == [30, 1, 0]
    assert [page["total"] for page in (first, second, third)] == [31] * 3
    assert second["items"] == [{**made[0], "next_runs": None}]
    assert read_json(owner.get(f"{PATH}/list", params={"page": 0})) == first


@only_0_12
def test_the_list_can_be_searched(server, owner):
    """By words of name and prompt, by the switch, by folder."""
    paused, active = create(owner, is_active=False, name="A Paused one"), create(owner)

    def found(**query):
        return ids(read_json(owner.get(f"{PATH}/list", params=query))["items"])

    assert found(status="paused") == [paused["id"]]
    assert found(status="active") == [active["id"]]
    assert found(query="a paused") == [paused["id"]]
    assert found(query="say HELLO") == found(status="any") == [active["id"], paused["id"]]
    assert found(query="nothing like it") == found(folder_id="any") == []


@only_0_12
def test_an_update_writes_everything_anew(server):
    """What it leaves out is lost, but for the switch; name and data are needed."""
    made = create(server.admin, meta={"any": 1}, is_active=False)
    path = f"{PATH}/{made['id']}/update"
    updated = read_json(server.admin.post(path, json={"name": "B", "data": form("FREQ=WEEKLY")["data"]}))
    assert (updated["name"], updated["meta"], updated["is_active"]) == ("B", None, True)
    assert updated["data"]["rrule"] == "FREQ=WEEKLY"
    assert (updated["id"], updated["created_at"]) == (made["id"], made["created_at"])
    assert updated["updated_at"] > made["updated_at"]
    assert read_json(server.admin.post(path, json=form(is_active=False)))["is_active"] is False
    assert read_json(server.admin.post(path, json=form(is_active=None)))["is_active"] is False
    assert server.admin.post(path, json={"name": "B"}).status_code == 422


@only_0_12
def test_the_switch_flips_and_forgets_the_next_run(server):
    """Switched off by the switch it has no next run; created or updated as off, it has one all the same."""
    made = create(server.admin, is_active=False)
    assert made["next_run_at"] is not None
    on, off = (read_json(server.admin.post(f"{PATH}/{made['id']}/toggle")) for _ in range(2))
    assert (on["is_active"], on["next_run_at"]) == (True, made["next_run_at"])
    assert (off["is_active"], off["next_run_at"], len(off["next_runs"])) == (False, None, 5)


@only_0_12
def test_a_run_is_answered_before_it_is_over(server):
    """The answer is the automation with the time; the run follows, here as an error: there is no such model."""
    made = create(server.admin)
    started = read_json(server.admin.post(f"{PATH}/{made['id']}/run"))
    assert set(started) == FIELDS
    assert started["last_run_at"] >= made["created_at"]
    assert started["updated_at"] == made["updated_at"]
    (run,) = wait_for_runs(server.admin, made, 1)
    assert set(run) == RUN_FIELDS
    assert (run["automation_id"], run["status"]) == (made["id"], "error")
    assert "Model not found" in run["error"]
    assert run["created_at"] > made["created_at"]
    assert read(server.admin, made)["last_run"] == run
    page = read_json(server.admin.get(f"{PATH}/list", params={"query": made["name"]}))
    assert find(page["items"], made["id"])["last_run"] == run


@only_0_12
def test_runs_are_listed_newest_first(server):
    """As many as are asked for."""
    made = create(server.admin)
    for count in (1, 2, 3):
        read_json(server.admin.post(f"{PATH}/{made['id']}/run"))
        runs = wait_for_runs(server.admin, made, count)
    times = [run["created_at"] for run in runs]
    assert times == sorted(times, reverse=True)
    assert read_runs(server.admin, made, skip=1, limit=1) == runs[1:2]
    assert read_runs(server.admin, made, skip=3) == []


@only_0_12
def test_a_deleted_automation_is_gone(server):
    """Delete is true once, then it is missing."""
    made = create(server.admin)
    assert read_json(server.admin.delete(f"{PATH}/{made['id']}/delete")) is True
    assert refusal(server.admin.delete(f"{PATH}/{made['id']}/delete")) == MISSING
    assert refusal(server.admin.get(f"{PATH}/{made['id']}")) == MISSING


REQUESTS = [
    ("GET", "", None), ("POST", "/update", form()), ("POST", "/toggle", None), ("POST", "/run", None),
    ("GET", "/runs", None), ("DELETE", "/delete", None),
]  # fmt: skip


@only_0_12
@pytest.mark.parametrize(("method", "rest", "body"), REQUESTS)
def test_automations_are_their_owners_alone(server, owner, method, rest, body):
    """Everybody else, an admin too, is told that it is missing."""
    made = create(owner)
    assert refusal(server.admin.request(method, f"{PATH}/{made['id']}{rest}", json=body)) == MISSING
    assert refusal(owner.request(method, f"{PATH}/{uuid.uuid4()}{rest}", json=body)) == MISSING
    assert read(owner, made) == made
    assert made["id"] not in ids(read_json(server.admin.get(f"{PATH}/list"))["items"])


@only_0_12
@pytest.mark.parametrize(("method", "rest", "body"), [*REQUESTS, ("POST", "", None)])
def test_users_need_a_permission(server, method, rest, body):
    """By default they have none: 403 in the words of a 401, whether the automation exists or not."""
    path = f"{PATH}/any{rest}" if (method, rest) != ("POST", "") else f"{PATH}/create"
    assert refusal(server.user.request(method, path, json=body or form())) == NOT_ALLOWED
    assert refusal(server.user.get(f"{PATH}/list")) == NOT_ALLOWED


@only_0_12
def test_a_stranger_sees_nothing(server):
    """Without a token everything is refused."""
    for path in ("/list", "/any", "/any/runs"):
        assert refusal(server.anonymous.get(f"{PATH}{path}")) == (401, texts.NOT_SIGNED_IN)


@pytest.mark.flavor("cochat")
def test_what_is_to_be_switched_off_is_not_created_where_there_is_no_switch(server, tmp_path):
    """CoChat's reference has no switch for automations: one that is off here would run there on its schedule."""
    desk, name = make_desk(tmp_path / "desk", server.url, server.admin_person.token), f"off-{uuid.uuid4().hex[:8]}"
    place = desk.path(f"automations/{name}.yaml")
    place.parent.mkdir(exist_ok=True)
    text = f"name: {name}\nactive: false\ntrigger: schedule\nsteps:\n- type: prompt\n  prompt: Say hello\n"
    place.write_text(text)
    for words in (("--dry-run",), ()):
        told = desk.cochat("push", "--no-verify", *words, f"automation/{name}", expected=4)
        assert "has no switch for active" in told.out + told.err
        assert name not in [each["name"] for each in read_json(server.admin.get(f"{PATH}/"))]
    place.write_text(text.replace("active: false\n", ""))
    desk.json("push", "--no-verify", f"automation/{name}")
    there = find_by_name(server, name)
    place.write_text(text.replace("Say hello", "Say goodbye"))
    desk.cochat("push", "--no-verify", f"automation/{name}", expected=4)
    assert find_by_name(server, name) == there


def find_by_name(server, name):
    (found,) = [each for each in read_json(server.admin.get(f"{PATH}/")) if each["name"] == name]
    return found
