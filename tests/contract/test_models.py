"""Workspace models: what each listing tells, what a save resets and keeps, and which ids are taken."""

from __future__ import annotations

import pytest

from tests.contract import models, prompts, texts
from tests.contract.models import PATH
from tests.contract.stage import is_page, read_json, refusal

FIELDS_0_6 = {
    "id", "user_id", "base_model_id", "name", "params", "meta", "access_control", "is_active", "updated_at",
    "created_at",
}  # fmt: skip
FIELDS_0_12 = (FIELDS_0_6 - {"access_control"}) | {"version_id", "access_grants"}
FIELDS = {
    "0.6": {
        "create": FIELDS_0_6,
        "item": FIELDS_0_6,
        "/list": FIELDS_0_6 | {"user"},
        "/export": FIELDS_0_6,
        "/base": FIELDS_0_6,
    },
    "0.12": {
        "create": FIELDS_0_12,
        "item": FIELDS_0_12 | {"user", "write_access"},
        "/list": FIELDS_0_12 | {"user", "write_access"},
        "/export": FIELDS_0_12 | {"background_image_data"},
        "/base": FIELDS_0_12,
    },
}
META = {
    "0.6": {"profile_image_url": "/static/favicon.png", "description": None, "capabilities": None},
    "0.12": {
        "profile_image_url": None, "background_image_url": None, "description": None, "i18n": None,
        "capabilities": None, "knowledge": None, "voice": None, "voice_avatar": None,
    },
}  # fmt: skip
USER_FIELDS = {"id", "name", "role", "email"}
MISSING_ON_READ = {"0.6": (401, texts.NOT_FOUND), "0.12": (404, texts.NOT_FOUND)}
MISSING_ON_WRITE = (401, texts.NOT_FOUND)
UNAUTHORIZED = (401, texts.UNAUTHORIZED)
AGENT = {
    "meta": {
        "description": "What it does",
        "capabilities": {"vision": True},
        "toolIds": ["a_tool"],
        "tags": [{"name": "one"}],
        "suggestion_prompts": [{"content": "Hello"}],
        "colour": "red",
    },
    "params": {"system": "You are kind.", "temperature": 0.5, "custom_params": {"a": 1}},
}


@pytest.fixture
def agent(server):
    """A private agent of the administrator, as its creation answered it."""
    return models.create(server, **AGENT, **server.private())


@pytest.fixture
def override(server):
    """What the administrator lays over a base model, as its creation answered it."""
    return models.create(server, base_model_id=None, **server.private())


@pytest.fixture
def shared(server, access_of):
    """The administrator's agents, one for each right."""
    return {right: models.create(server, **AGENT, **access) for right, access in access_of.items()}


def without_picture(row):
    """Return a row as 0.12's list shows it."""
    return {**row, "meta": {key: value for key, value in row["meta"].items() if key != "profile_image_url"}}


def without_time(row):
    return {key: value for key, value in row.items() if key != "updated_at"}


def test_creating_answers_the_whole_model(server, agent):
    """The answer to a creation has all fields; `meta` is laid over the defaults of its generation."""
    assert set(agent) == FIELDS[server.generation]["create"]
    assert (agent["user_id"], agent["base_model_id"], agent["is_active"]) == (server.admin_person.id, models.BASE, True)
    assert agent["meta"] == {**META[server.generation], **AGENT["meta"]}
    assert agent["params"] == AGENT["params"]
    assert agent["created_at"] == agent["updated_at"]
    assert 1_600_000_000 < agent["created_at"] < 10_000_000_000


def test_an_item_is_the_model(server, agent):
    """Reading one model tells what its creation told."""
    item = models.read(server, agent["id"])
    assert set(item) == FIELDS[server.generation]["item"]
    assert {key: item[key] for key in agent} == agent
    if server.generation == "0.12":
        assert (item["write_access"], item["user"]) == (True, None)


def test_the_list_and_the_export_show_agents(server, agent, override):
    """What has a base model is in both, whole but for the picture, which 0.12 leaves out of its list."""
    row, export = models.listed(server.admin)[agent["id"]], models.exported(server.admin)[agent["id"]]
    assert set(row) == FIELDS[server.generation]["/list"]
    assert set(export) == FIELDS[server.generation]["/export"]
    assert {key: export[key] for key in agent} == agent
    expected = agent if server.generation == "0.6" else without_picture(agent)
    assert {key: row[key] for key in agent} == expected
    assert set(row["user"]) == USER_FIELDS
    assert override["id"] not in models.listed(server.admin)
    assert override["id"] not in models.exported(server.admin)


def test_what_has_no_base_model_is_listed_apart(server, agent, override):
    """Overrides of base models are in `/base` only, which is the administrators'."""
    rows = {row["id"]: row for row in read_json(server.admin.get(f"{PATH}/base"))}
    assert set(rows[override["id"]]) == FIELDS[server.generation]["/base"]
    assert rows[override["id"]] == override
    assert agent["id"] not in rows
    assert refusal(server.user.get(f"{PATH}/base")) == (401, texts.PROHIBITED)


@pytest.mark.generation("0.12")
def test_one_listing_has_everything(server, agent, override):
    """On 0.12 `/all` tells an administrator of both sorts, pictures included."""
    rows = {row["id"]: row for row in read_json(server.admin.get(f"{PATH}/all"))}
    assert rows[agent["id"]] == agent
    assert rows[override["id"]] == override
    assert refusal(server.user.get(f"{PATH}/all")) == (401, texts.PROHIBITED)


@pytest.mark.generation("0.12")
def test_an_export_of_some(server, agent):
    """On 0.12 an export can be of named models; one that is unknown refuses all."""
    other = models.create(server)
    rows = read_json(server.admin.get(f"{PATH}/export", params={"ids": [agent["id"], other["id"]]}))
    assert {row["id"] for row in rows} == {agent["id"], other["id"]}
    answer = server.admin.get(f"{PATH}/export", params={"ids": [agent["id"], "nowhere"]})
    assert refusal(answer) == (403, texts.PROHIBITED)


@pytest.mark.parametrize(("member", "kind"), [("name", "missing"), ("meta", "missing"), ("params", "missing")])
def test_fields_that_must_be_there(server, member, kind):
    """A form without one of them is refused."""
    sent = models.form(models.make_model_id())
    del sent[member]
    status, detail = refusal(server.admin.post(f"{PATH}/create", json=sent))
    assert status == 422
    assert [(each["type"], each["loc"]) for each in detail] == [(kind, ["body", member])]


def test_a_taken_id_is_refused(server, agent):
    """A second model of the id is refused with 401, which is no sign of being signed out."""
    answer = server.admin.post(f"{PATH}/create", json=models.form(agent["id"]))
    assert refusal(answer) == (401, texts.MODEL_ID_TAKEN)


def test_ids_that_are_too_long_or_empty(server):
    """An id has at most 256 characters; 0.12 has its own word for an empty one."""
    longest = models.make_model_id().ljust(256, "x")
    assert models.create(server, id=longest)["id"] == longest
    too_long = (400, texts.MODEL_ID_TOO_LONG)
    assert refusal(server.admin.post(f"{PATH}/create", json=models.form(longest + "x"))) == too_long
    status, detail = refusal(server.admin.post(f"{PATH}/create", json=models.form("")))
    if server.generation == "0.6":
        assert (status, detail) == too_long
    else:
        assert (status, detail[0]["type"]) == (422, "string_pattern_mismatch")


def test_blanks_in_an_id(server):
    """0.6 takes any characters in an id, 0.12 no blanks."""
    odd = f"{models.make_model_id()} ü?&#%41"
    answer = server.admin.post(f"{PATH}/create", json=models.form(odd))
    if server.generation == "0.6":
        assert read_json(answer)["id"] == odd
        assert models.read(server, odd)["id"] == odd
    else:
        assert refusal(answer)[0] == 422
        fine = odd.replace(" ", "")
        assert models.create(server, id=fine)["id"] == fine
        assert models.read(server, fine)["id"] == fine


def test_a_model_that_is_based_on_itself(server):
    """0.12 takes such a base away, 0.6 keeps it."""
    id_ = models.make_model_id()
    made = models.create(server, id=id_, base_model_id=id_)
    assert made["base_model_id"] == (id_ if server.generation == "0.6" else None)


def test_unknown_fields_of_a_form_are_ignored(server):
    """A field that no server knows changes nothing and is not kept; in `meta` and `params` everything is."""
    made = models.create(server, colour="red", user_id="somebody", created_at=1, params={"colour": None})
    assert set(made) == FIELDS[server.generation]["create"]
    assert made["user_id"] == server.admin_person.id
    assert made["params"] == {"colour": None}


@pytest.mark.generation("0.6")
def test_half_a_character_is_refused(server):
    """On 0.6 a name that no database can store is refused with 401, in words that do not say why."""
    body = b'{"id": "%s", "name": "\\ud800", "meta": {}, "params": {}}' % models.make_model_id().encode()
    answer = server.admin.post(f"{PATH}/create", content=body, headers={"content-type": "application/json"})
    assert refusal(answer) == (401, texts.SOMETHING_WRONG)


@pytest.mark.generation("0.12")
def test_what_0_12_makes_of_meta(server):
    """On 0.12 tags become a list of names, a picture of another scheme is dropped, copied text of files is cut out."""
    knowledge = [{"id": "k", "type": "file", "file": {"data": {"content": "long", "status": "done"}}}]
    tags = ["one", {"name": " two "}, {"colour": "red"}, 3, " "]
    meta = {"tags": tags, "profile_image_url": "javascript:alert(1)", "knowledge": knowledge}
    made = models.create(server, meta=meta)["meta"]
    assert made["tags"] == [{"name": "one"}, {"name": "two"}]
    assert made["profile_image_url"] is None
    assert made["knowledge"] == [{"id": "k", "type": "file", "file": {"data": {"status": "done"}}}]
    assert models.create(server, meta={"tags": None})["meta"]["tags"] == []


@pytest.mark.generation("0.6")
def test_0_6_keeps_meta_as_it_was_sent(server):
    """On 0.6 `meta` is not looked into."""
    meta = {"tags": [{"name": " two "}, {"colour": "red"}], "profile_image_url": "javascript:alert(1)"}
    made = models.create(server, meta=meta)
    assert made["meta"] == {**META["0.6"], **meta}
    read_json(models.delete(server.admin, made["id"]))  # a tag without a name breaks the listing of all tags


def test_an_update_replaces_meta_and_params(server, agent):
    """What an update leaves out of `meta` and `params` is gone."""
    access = server.private() if server.generation == "0.6" else {}
    updated = models.update(server, agent["id"], name="Another", meta={"colour": "blue"}, params={"top_p": 1}, **access)
    assert set(updated) == FIELDS[server.generation]["create"]
    assert (updated["name"], updated["params"]) == ("Another", {"top_p": 1})
    assert updated["meta"] == {**META[server.generation], "colour": "blue"}
    assert (updated["user_id"], updated["created_at"]) == (agent["user_id"], agent["created_at"])
    item = models.read(server, agent["id"])
    assert {key: item[key] for key in updated} == updated


def test_what_an_update_without_a_word_on_them_does(server):
    """Base, switch, picture and access: 0.6 resets all four when they are left out, 0.12 keeps them."""
    given = {"base_model_id": "another-base", "is_active": False, "meta": {"profile_image_url": models.PICTURE}}
    made = models.create(server, **given, **server.private())
    sent = {"id": made["id"], "name": "Another", "meta": {}, "params": {}}
    updated = read_json(server.admin.post(f"{PATH}/model/update", json=sent))
    found = (updated["base_model_id"], updated["is_active"], updated["meta"]["profile_image_url"])
    if server.generation == "0.6":
        assert found == (None, True, "/static/favicon.png")
        assert updated["access_control"] is None
    else:
        assert found == ("another-base", False, models.PICTURE)
        assert updated["access_grants"] == []


@pytest.mark.generation("0.12")
def test_an_update_can_say_null(server):
    """On 0.12 base and picture are taken away by null; a switch is set by an update too."""
    made = models.create(server, meta={"profile_image_url": models.PICTURE})
    changes = {"base_model_id": None, "is_active": False, "meta": {"profile_image_url": None}}
    updated = models.update(server, made["id"], **changes)
    found = (updated["base_model_id"], updated["is_active"], updated["meta"]["profile_image_url"])
    assert found == (None, False, None)


@pytest.mark.generation("0.6")
def test_an_update_does_not_move_the_time(server, agent):
    """On 0.6 `updated_at` of a model stands still when it is saved: it is no sign that nothing changed."""
    prompts.wait_for_next_second(server, prompts.create(server))
    updated = models.update(server, agent["id"], name="Another", **server.private())
    assert updated["name"] == "Another"
    assert updated["updated_at"] == agent["updated_at"]


@pytest.mark.generation("0.12")
def test_an_update_moves_the_time(server, agent):
    """On 0.12 a save bumps the time of change, an identical one too, without a version."""
    prompts.wait_for_next_second(server, prompts.create(server))
    updated = models.update(server, agent["id"], **AGENT)
    assert updated["updated_at"] > agent["updated_at"]
    assert updated["version_id"] == agent["version_id"]


def test_the_id_of_an_update_stands_in_the_body(server, agent):
    """An id in the query of an update is not looked at."""
    other = models.create(server)
    sent = models.form(agent["id"], name="Another", **server.private())
    answer = server.admin.post(f"{PATH}/model/update", params={"id": other["id"]}, json=sent)
    assert read_json(answer)["id"] == agent["id"]
    assert models.read(server, other["id"])["name"] == other["name"]


@pytest.mark.generation("0.12")
def test_access_has_its_own_endpoint(server, agent):
    """On 0.12 an update does not look at access; the endpoint moves the time and not the version."""
    assert models.update(server, agent["id"], **AGENT, **server.public())["access_grants"] == []
    before = models.read(server, agent["id"])
    prompts.wait_for_next_second(server, prompts.create(server))
    changed = read_json(server.admin.post(f"{PATH}/model/access/update", json={"id": agent["id"], **server.public()}))
    assert set(changed) == FIELDS_0_12
    (grant,) = changed["access_grants"]
    assert (grant["resource_type"], grant["resource_id"]) == ("model", agent["id"])
    assert changed["version_id"] == before["version_id"]
    assert changed["updated_at"] > before["updated_at"]


@pytest.mark.generation("0.12")
def test_access_of_a_model_that_nobody_saved_makes_an_override(server):
    """On 0.12 an administrator who sets the access of an unknown id creates a model by it."""
    id_ = models.make_model_id()
    path = f"{PATH}/model/access/update"
    assert refusal(server.user.post(path, json={"id": id_, "access_grants": []})) == (403, texts.PROHIBITED)
    made = read_json(server.admin.post(path, json={"id": id_, **server.public()}))
    assert (made["name"], made["base_model_id"], len(made["access_grants"])) == (id_, None, 1)
    named = read_json(server.admin.post(path, json={"id": models.make_model_id(), "name": "N", "access_grants": []}))
    assert named["name"] == "N"


def test_a_switch_flips(server, agent):
    """A toggle answers the new state; asked twice, nothing has changed."""
    switched = read_json(models.toggle(server.admin, agent["id"]))
    assert set(switched) == FIELDS[server.generation]["create"]
    assert without_time(switched) == {**without_time(agent), "is_active": False}
    assert read_json(models.toggle(server.admin, agent["id"]))["is_active"] is True


def test_a_model_that_is_switched_off_is_still_listed(server, agent):
    """The listings of the workspace have inactive models too."""
    read_json(models.toggle(server.admin, agent["id"]))
    assert models.listed(server.admin)[agent["id"]]["is_active"] is False
    assert models.exported(server.admin)[agent["id"]]["is_active"] is False


def test_a_deleted_model_is_gone(server, agent):
    """A deletion is a POST with the id in its body; it answers true once."""
    assert read_json(models.delete(server.admin, agent["id"])) is True
    assert agent["id"] not in models.listed(server.admin)
    assert refusal(models.get(server.admin, agent["id"])) == MISSING_ON_READ[server.generation]
    assert refusal(models.delete(server.admin, agent["id"])) == MISSING_ON_WRITE
    assert refusal(server.admin.delete(f"{PATH}/model/delete")) == (405, texts.METHOD_NOT_ALLOWED)


@pytest.mark.parametrize("who", ["admin", "user"])
def test_a_missing_model(server, who):
    """What is not there is 404 when it is read on 0.12, and 401 otherwise, in the same words."""
    client, missing = getattr(server, who), models.make_model_id()
    assert refusal(models.get(client, missing)) == MISSING_ON_READ[server.generation]
    assert refusal(models.toggle(client, missing)) == MISSING_ON_WRITE
    assert refusal(models.delete(client, missing)) == MISSING_ON_WRITE
    assert refusal(client.post(f"{PATH}/model/update", json=models.form(missing))) == MISSING_ON_WRITE


def test_an_id_must_be_asked_for(server):
    """Without an id there is no answer."""
    for answer in (server.admin.get(f"{PATH}/model"), server.admin.post(f"{PATH}/model/toggle")):
        status, detail = refusal(answer)
        assert (status, detail[0]["loc"]) == (422, ["query", "id"])


def test_addresses_that_models_do_not_have(server):
    """With a slash at its end the list of models is a web page, and so is an id in the path."""
    for path in ("/", "/id/x", "/sync"):
        assert is_page(server.admin.get(f"{PATH}{path}"))


def test_pages_of_thirty(server):
    """The list comes in pages of thirty, ordered on request, with one total over all pages."""
    word = models.make_model_id()
    made = [models.create(server, name=f"{word} {number:02}")["id"] for number in range(31)]

    def page(**query):
        found = read_json(server.admin.get(f"{PATH}/list", params=query))
        return [row["id"] for row in found["items"]], found["total"]

    query = {"query": word, "order_by": "name", "direction": "asc"}
    pages = [page(page=number, **query) for number in (1, 2, 3)]
    assert pages == [(made[:30], 31), (made[30:], 31), ([], 31)]
    assert page(page=0, **query) == pages[0]
    assert page(query=word, order_by="name") == (made[:0:-1], 31)


def test_without_a_wish_the_newest_come_first(server, agent):
    """An administrator's list is ordered by the time of creation, newest first."""
    prompts.wait_for_next_second(server, prompts.create(server))
    models.create(server)
    times = [row["created_at"] for row in read_json(server.admin.get(f"{PATH}/list"))["items"]]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) > 1


def test_what_a_list_can_be_narrowed_to(server):
    """A list is searched in name and base model, and by tag and by who made it; 0.12 also looks at the owner."""
    word = models.make_model_id()
    name = models.create(server, name=f"X{word}1")["id"]
    base = models.create(server, base_model_id=f"x{word}2")["id"]
    tagged = models.create(server, meta={"tags": [{"name": word.upper()}]})["id"]
    assert set(models.listed(server.admin, query=word.upper())) == {name, base}
    assert set(models.listed(server.admin, tag=word)) == {tagged}
    assert models.listed(server.admin, tag=word[:-1]) == {}
    assert models.listed(server.admin, query=word, view_option="shared") == {}
    assert set(models.listed(server.admin, query=word, view_option="created")) == {name, base}
    by_owner = models.listed(server.admin, query=server.admin_person.email)
    assert (tagged in by_owner) is (server.generation == "0.12")


def test_all_tags_are_those_of_agents(server):
    """Tags are listed once each, in order, without those of base models, and without a look at the switch."""
    word = models.make_model_id()
    tags = [f"{word}-a", f"{word}-b"]
    one = models.create(server, meta={"tags": [{"name": tag} for tag in reversed(tags)]}, is_active=False)
    models.create(server, meta={"tags": [{"name": tags[1]}]})
    models.create(server, base_model_id=None, meta={"tags": [{"name": f"{word}-c"}]})
    found = read_json(server.admin.get(f"{PATH}/tags"))
    assert [tag for tag in found if tag.startswith(word)] == tags
    assert found == sorted(set(found))
    if server.generation == "0.12":
        assert not set(tags) & set(read_json(server.user.get(f"{PATH}/tags")))
        based = read_json(server.admin.get(f"{PATH}/base/tags"))
        assert [tag for tag in based if tag.startswith(word)] == [f"{word}-c"]
        assert set(models.listed(server.admin, tag=tags[0])) == {one["id"]}


def test_an_import_writes_over_and_adds(server, agent):
    """An import takes any number of models; what it does not name stays, and so does every other model."""
    fresh = models.make_model_id()
    sent = [{"id": agent["id"], "name": "Imported", "meta": {"colour": "blue"}}, {"id": fresh, "name": "Fresh"}]
    assert read_json(server.admin.post(f"{PATH}/import", json={"models": sent})) is True
    old, new = models.read(server, agent["id"]), models.read(server, fresh)
    assert (old["name"], old["base_model_id"], old["params"]) == ("Imported", models.BASE, {})
    kept = AGENT["meta"] if server.generation == "0.12" else {}
    assert old["meta"] == {**META[server.generation], **kept, "colour": "blue"}
    assert (new["name"], new["base_model_id"], new["params"], new["is_active"]) == ("Fresh", None, {}, True)
    assert new["meta"] == META[server.generation]
    assert new["user_id"] == server.admin_person.id


def test_an_import_skips_what_has_no_id(server):
    """A model without an id, or with one that is too long, is left out without a word."""
    sent = [{"name": "No id"}, {"id": "x" * 257, "name": "Long"}, {"id": "", "name": "Empty"}]
    assert read_json(server.admin.post(f"{PATH}/import", json={"models": sent})) is True
    assert not {"No id", "Long", "Empty"} & {row["name"] for row in read_json(server.admin.get(f"{PATH}/base"))}


def test_an_import_stops_half_way(server):
    """A model without a name ends the import with an error: what came before it is stored, the rest is not."""
    before, after = models.make_model_id(), models.make_model_id()
    sent = [{"id": before, "name": "Before"}, {"id": models.make_model_id()}, {"id": after, "name": "After"}]
    status, detail = refusal(server.admin.post(f"{PATH}/import", json={"models": sent}))
    assert status == {"0.6": 500, "0.12": 400}[server.generation]
    assert detail.startswith("1 validation error for ModelForm\nname\n  Field required")
    assert models.read(server, before)["name"] == "Before"
    assert refusal(models.get(server.admin, after)) == MISSING_ON_READ[server.generation]


def test_a_picture_is_served(server):
    """A picture within `meta` has an address; 0.6 says of any that it is a PNG. A web address is passed on."""
    made = models.create(server, meta={"profile_image_url": models.PICTURE.replace("png", "jpeg")})
    answer = models.get(server.admin, made["id"], "/profile/image")
    assert (answer.status_code, answer.content) == (200, models.PICTURE_BYTES)
    expected = {"0.6": "image/png", "0.12": "image/jpeg"}[server.generation]
    assert answer.headers["content-type"] == expected
    elsewhere = models.create(server, meta={"profile_image_url": "https://pictures.example.com/a.png"})
    answer = models.get(server.admin, elsewhere["id"], "/profile/image")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://pictures.example.com/a.png")


@pytest.mark.generation("0.12")
def test_a_model_without_a_picture_has_the_default(server, agent):
    """On 0.12 whoever has no picture, and whatever is not there, is shown the same one."""
    for id_ in (agent["id"], "nowhere"):
        answer = models.get(server.user, id_, "/profile/image")
        assert (answer.status_code, answer.headers["location"]) == (302, "/static/favicon.png")


@pytest.mark.generation("0.12")
def test_chat_variables_are_told_and_not_kept(server):
    """On 0.12 an item and the list tell which variables the system prompt asks for; what is sent of them is dropped."""
    system = 'Write of {{chat.variables.topic}} in {{ chat.variables.tone | select:options=["kind","dry"]:required }}'
    meta = {"chat_variables_schema": {"fields": []}}
    made = models.create(server, params={"system": system}, meta=meta)
    assert "chat_variables_schema" not in made["meta"]
    fields = [
        {"key": "topic", "type": "text", "required": False},
        {"key": "tone", "options": ["kind", "dry"], "required": True, "type": "select"},
    ]
    for row in (models.read(server, made["id"]), models.listed(server.admin)[made["id"]]):
        assert row["meta"]["chat_variables_schema"] == {"fields": fields}
    assert "chat_variables_schema" not in models.exported(server.admin)[made["id"]]["meta"]


READERS = {"read", "read and write", "public", "group read"}
WRITERS = {"write", "read and write", "group write"}
#: 0.6 asks its database for groups and for what is public, and forgets those who are named
LISTED = {"0.6": {"public", "group write"}, "0.12": READERS}


def test_which_models_an_ordinary_user_is_shown(server, shared):
    """0.6 lists what is public or written by a group of theirs, 0.12 what one may read, its params for writers only."""
    seen = models.listed(server.user)
    expected = LISTED[server.generation]
    assert {right for right, model in shared.items() if model["id"] in seen} == expected
    for right in expected:
        row = seen[shared[right]["id"]]
        if server.generation == "0.12":
            assert row["write_access"] is (right in WRITERS)
        is_hidden = server.generation == "0.12" and right not in WRITERS
        assert row["params"] == ({} if is_hidden else AGENT["params"])
    assert all(model["id"] in models.listed(server.admin) for model in shared.values())


def test_which_models_an_ordinary_user_can_read(server, shared):
    """One who may not read is answered `null` on 0.6; on 0.12 writers may read, and only they see the params."""
    for right, model in shared.items():
        answer = models.get(server.user, model["id"])
        if server.generation == "0.6":
            assert (read_json(answer) is not None) is (right in READERS)
        elif right in READERS | WRITERS:
            item = read_json(answer)
            assert item["write_access"] is (right in WRITERS)
            assert item["params"] == (AGENT["params"] if right in WRITERS else {})
        else:
            assert refusal(answer) == (401, texts.PROHIBITED)


def test_which_models_an_ordinary_user_exports(server, shared, allow_users):
    """An export is of what one may write, and asks for a permission of its own."""
    assert refusal(server.user.get(f"{PATH}/export")) == UNAUTHORIZED
    allow_users("models_export")
    seen = models.exported(server.user)
    assert {right for right, model in shared.items() if model["id"] in seen} == WRITERS


def test_which_models_an_ordinary_user_can_write(server, shared):
    """The right to write is enough to switch, save and delete; each refusal has its own words."""
    for right, model in shared.items():
        access = {"access_control": model["access_control"]} if server.generation == "0.6" else {}
        switched = models.toggle(server.user, model["id"])
        saved = server.user.post(f"{PATH}/model/update", json=models.form(model["id"], name="Other", **access))
        deleted = models.delete(server.user, model["id"])
        if right in WRITERS:
            assert read_json(switched)["is_active"] is False
            assert read_json(saved)["name"] == "Other"
            assert read_json(deleted) is True
        else:
            assert refusal(switched) == UNAUTHORIZED
            assert refusal(saved) == (400, texts.PROHIBITED)
            assert refusal(deleted) == UNAUTHORIZED


def test_creating_needs_a_permission(server, allow_users):
    """An ordinary user may create models with a permission; the permission to import is not enough."""
    sent = models.form(models.make_model_id(), **server.private())
    assert refusal(server.user.post(f"{PATH}/create", json=sent)) == UNAUTHORIZED
    allow_users("models_import")
    assert refusal(server.user.post(f"{PATH}/create", json=sent)) == UNAUTHORIZED
    allow_users("models")
    made = models.create(server, server.user, **server.private())
    assert made["user_id"] == server.user_person.id
    assert models.listed(server.user)[made["id"]]["params"] == {}
    assert read_json(models.delete(server.user, made["id"])) is True


def test_importing_needs_a_permission(server, allow_users):
    """An ordinary user may import with a permission: on 0.6 over anybody's model, on 0.12 over what he may write."""
    mine, foreign = models.make_model_id(), models.create(server, **server.private())
    body = {"models": [{"id": mine, "name": "Mine", "base_model_id": models.BASE}]}
    assert refusal(server.user.post(f"{PATH}/import", json=body)) == UNAUTHORIZED
    allow_users("models_import")
    assert read_json(server.user.post(f"{PATH}/import", json=body)) is True
    assert models.read(server, mine)["user_id"] == server.user_person.id
    answer = server.user.post(f"{PATH}/import", json={"models": [{"id": foreign["id"], "name": "Taken"}]})
    if server.generation == "0.6":
        assert read_json(answer) is True
        assert models.read(server, foreign["id"])["name"] == "Taken"
    else:
        assert refusal(answer) == (401, texts.MODEL_ID_TAKEN)


@pytest.mark.generation("0.12")
def test_an_ordinary_user_makes_no_override(server, allow_users):
    """On 0.12 only administrators make a model without a base, or take a base away; an import leaves it out."""
    allow_users("models", "models_import")
    sent = models.form(models.make_model_id(), base_model_id=None)
    assert refusal(server.user.post(f"{PATH}/create", json=sent)) == UNAUTHORIZED
    assert read_json(server.user.post(f"{PATH}/import", json={"models": [sent]})) is True
    assert refusal(models.get(server.admin, sent["id"])) == MISSING_ON_READ["0.12"]
    made = models.create(server, server.user)
    answer = server.user.post(f"{PATH}/model/update", json=models.form(made["id"], base_model_id=None))
    assert refusal(answer) == UNAUTHORIZED


def test_sharing_needs_a_permission_on_0_12_only(server, allow_users):
    """An ordinary user who makes a model public: 0.6 does it, 0.12 drops it at a creation and refuses a change."""
    allow_users("models")
    made = models.create(server, server.user, **server.public())
    if server.generation == "0.6":
        assert made["access_control"] is None
        return
    assert made["access_grants"] == []
    path = f"{PATH}/model/access/update"
    answer = server.user.post(path, json={"id": made["id"], **server.public()})
    assert refusal(answer) == (403, texts.SHARING_FORBIDDEN)
    foreign = models.create(server)
    answer = server.user.post(path, json={"id": foreign["id"], "access_grants": []})
    assert refusal(answer) == (400, texts.PROHIBITED)


def test_strangers_are_shown_nothing(server, agent):
    """Every address asks who one is."""
    for path in ("/list", "/export", "/base", "/tags", f"/model?id={agent['id']}", ""):
        assert refusal(server.anonymous.get(f"{PATH}{path}")) == (401, texts.NOT_SIGNED_IN)
