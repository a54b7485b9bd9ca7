"""Tools: what each listing tells, and what saving one does to it."""

from __future__ import annotations

import pytest

from tests.contract import sources, texts
from tests.contract.stage import TOOLS, create_plugin, find, ids, make_id, read_json, refusal

CREATED_0_6 = {"id", "user_id", "name", "meta", "access_control", "updated_at", "created_at"}
CREATED_0_12 = {"version_id", "id", "user_id", "name", "meta", "access_grants", "updated_at", "created_at"}
FIELDS = {
    "0.6": {
        "create": CREATED_0_6,
        "update": CREATED_0_6 | {"content", "specs"},
        "item": CREATED_0_6 | {"content", "specs"},
        "/export": CREATED_0_6 | {"content", "specs"},
        "/list": CREATED_0_6 | {"user"},
        "/": CREATED_0_6 | {"user", "content", "specs", "has_user_valves"},
    },
    "0.12": {
        "create": CREATED_0_12,
        "update": CREATED_0_12 | {"content", "specs"},
        "item": CREATED_0_12 | {"content", "specs", "user", "write_access"},
        "/export": CREATED_0_12 | {"content", "specs"},
        "/list": CREATED_0_12 | {"content", "specs", "user", "write_access"},
        "/": CREATED_0_12 | {"content", "specs", "user", "has_user_valves"},
    },
}
CONTENT_IN = {
    "0.6": {"/": sources.TOOL, "/list": "absent", "/export": sources.TOOL},
    "0.12": {"/": None, "/list": None, "/export": sources.TOOL},
}
USER_FIELDS = {"id", "name", "role", "email"}
META = {
    "0.6": {"description": "What it does", "manifest": {}},
    "0.12": {"i18n": None, "description": "What it does", "manifest": {}, "has_user_valves": False},
}
EXTRA_META = {"0.6": {}, "0.12": {"colour": "red"}}
MISSING_ON_READ = {"0.6": (401, texts.NOT_FOUND), "0.12": (404, texts.NOT_FOUND)}
MISSING_ON_WRITE = (401, texts.NOT_FOUND)
LONG_ID_DETAIL = {"0.6": "[ERROR: [Errno 36] File name too long: ", "0.12": "[ERROR: File name is too long.]"}


@pytest.fixture
def tool(server):
    """A private tool of the administrator, as its creation answered it."""
    return create_plugin(server.admin, TOOLS, **server.private())


@pytest.mark.parametrize("listing", ["/", "/list", "/export"])
def test_every_listing_has_its_own_fields(server, tool, listing):
    """The fields of a row are exactly those of its generation."""
    row = find(read_json(server.admin.get(f"{TOOLS.path}{listing}")), tool["id"])
    assert set(row) == FIELDS[server.generation][listing]
    assert {key: row[key] for key in tool} == tool


@pytest.mark.parametrize("listing", ["/", "/list", "/export"])
def test_listings_differ_in_what_they_tell_of_the_source(server, tool, listing):
    """The export always carries the source; of the others only 0.6 `/` does, and 0.12 says null."""
    row = find(read_json(server.admin.get(f"{TOOLS.path}{listing}")), tool["id"])
    assert row.get("content", "absent") == CONTENT_IN[server.generation][listing]


@pytest.mark.parametrize("listing", ["/", "/list"])
def test_the_owner_in_a_listing_is_four_fields(server, tool, listing):
    """A listed tool names its owner by id, name, role and e-mail address."""
    row = find(read_json(server.admin.get(f"{TOOLS.path}{listing}")), tool["id"])
    assert set(row["user"]) == USER_FIELDS
    assert row["user"]["id"] == tool["user_id"] == server.admin_person.id


def test_the_newest_tool_comes_first(server, tool):
    """Listings are ordered by the time of the last change, newest first."""
    for listing in ("/", "/list", "/export"):
        times = [row["updated_at"] for row in read_json(server.admin.get(f"{TOOLS.path}{listing}"))]
        assert times == sorted(times, reverse=True)


def test_an_item_carries_source_and_specs(server, tool):
    """Reading one tool tells all of it."""
    item = read_json(server.admin.get(TOOLS.url(tool["id"])))
    assert set(item) == FIELDS[server.generation]["item"]
    assert {key: item[key] for key in tool} == tool
    assert item["content"] == sources.TOOL
    assert [spec["name"] for spec in item["specs"]] == ["say"]


@pytest.mark.generation("0.12")
def test_an_item_says_who_may_write_and_not_who_owns(server, tool):
    """On 0.12 an item's `write_access` is the caller's, and its `user` is always null."""
    item = read_json(server.admin.get(TOOLS.url(tool["id"])))
    assert (item["write_access"], item["user"]) == (True, None)


def test_creating_answers_without_source_and_specs(server, tool):
    """The answer to a creation is the row without its source."""
    assert set(tool) == FIELDS[server.generation]["create"]
    assert (tool["user_id"], tool["name"]) == (server.admin_person.id, "A name")
    assert tool["meta"] == META[server.generation]


def test_times_are_whole_seconds(tool):
    """A new tool was created and updated in the same second since the epoch."""
    assert tool["created_at"] == tool["updated_at"]
    assert isinstance(tool["created_at"], int)
    assert 1_600_000_000 < tool["created_at"] < 10_000_000_000


def test_the_description_may_be_left_out(server):
    """A `meta` of nothing is a description of null."""
    created = create_plugin(server.admin, TOOLS, meta={})
    assert created["meta"] == {**META[server.generation], "description": None}


def test_the_manifest_is_the_frontmatter_whatever_was_sent(server):
    """A manifest in the form is replaced; further fields of `meta` are kept on 0.12 and dropped on 0.6."""
    source = sources.with_frontmatter(sources.TOOL, "title: A title", "version: 1.0")
    meta = {"description": "What it does", "manifest": {"made": "up"}, "colour": "red"}
    created = create_plugin(server.admin, TOOLS, source=source, meta=meta)
    manifest = {"title": "A title", "version": "1.0"}
    assert created["meta"] == {**META[server.generation], **EXTRA_META[server.generation], "manifest": manifest}


def test_unknown_fields_of_a_form_are_ignored(server):
    """A field that no server knows changes nothing and is not kept."""
    created = create_plugin(server.admin, TOOLS, colour="red", user_id="somebody", created_at=1)
    assert set(created) == FIELDS[server.generation]["create"]
    assert created["user_id"] == server.admin_person.id


def test_an_update_replaces_name_source_and_meta(server, tool):
    """What an update leaves out of `meta` is gone; owner and time of creation stay."""
    create_with_extra = {"description": "first", "colour": "red", "i18n": {"de": {"name": "Werkzeug"}}}
    read_json(server.admin.post(TOOLS.url(tool["id"], "/update"), json=TOOLS.form(tool["id"], meta=create_with_extra)))
    form = TOOLS.form(tool["id"], sources.TOOL.replace("it", "that"), name="Another name", **server.private())
    updated = read_json(server.admin.post(TOOLS.url(tool["id"], "/update"), json=form))
    assert set(updated) == FIELDS[server.generation]["update"]
    assert (updated["name"], updated["meta"]) == ("Another name", META[server.generation])
    assert updated["content"] == form["content"]
    assert (updated["user_id"], updated["created_at"]) == (tool["user_id"], tool["created_at"])
    item = read_json(server.admin.get(TOOLS.url(tool["id"])))
    assert {key: item[key] for key in updated} == updated


def test_an_update_cannot_rename_the_id(server, tool):
    """The id in the form of an update is not looked at."""
    form = TOOLS.form(make_id())
    assert read_json(server.admin.post(TOOLS.url(tool["id"], "/update"), json=form))["id"] == tool["id"]
    assert form["id"] not in ids(read_json(server.admin.get(f"{TOOLS.path}/list")))


def test_a_very_long_id_is_refused_and_stored_all_the_same(server):
    """An id longer than a file name may be is answered 400, yet the tool is there afterwards."""
    long_id = make_id() + "x" * 300
    answer = server.admin.post(f"{TOOLS.path}/create", json=TOOLS.form(long_id))
    status, detail = refusal(answer)
    assert status == 400
    assert detail.startswith(LONG_ID_DETAIL[server.generation])
    assert read_json(server.admin.get(TOOLS.url(long_id)))["id"] == long_id
    assert read_json(server.admin.delete(TOOLS.url(long_id, "/delete"))) is True


def test_a_deleted_tool_is_gone(server, tool):
    """A deletion answers true once, and that there is nothing afterwards."""
    assert read_json(server.admin.delete(TOOLS.url(tool["id"], "/delete"))) is True
    assert tool["id"] not in ids(read_json(server.admin.get(f"{TOOLS.path}/list")))
    assert refusal(server.admin.get(TOOLS.url(tool["id"]))) == MISSING_ON_READ[server.generation]
    assert refusal(server.admin.delete(TOOLS.url(tool["id"], "/delete"))) == MISSING_ON_WRITE


@pytest.mark.parametrize("who", ["admin", "user"])
def test_reading_a_missing_tool(server, who):
    """A missing tool is 404 on 0.12 and 401 on 0.6, in the same words for everybody."""
    client = getattr(server, who)
    for rest in ("", "/valves", "/valves/spec", "/valves/user", "/valves/user/spec"):
        assert refusal(client.get(TOOLS.url(make_id(), rest))) == MISSING_ON_READ[server.generation]
    answer = client.post(TOOLS.url(make_id(), "/valves/user/update"), json={})
    assert refusal(answer) == MISSING_ON_READ[server.generation]


@pytest.mark.parametrize("who", ["admin", "user"])
def test_writing_a_missing_tool(server, who):
    """Writing a missing tool is 401 on every server, which is no sign of being signed out."""
    client, missing = getattr(server, who), make_id()
    assert refusal(client.post(TOOLS.url(missing, "/update"), json=TOOLS.form(missing))) == MISSING_ON_WRITE
    assert refusal(client.post(TOOLS.url(missing, "/valves/update"), json={})) == MISSING_ON_WRITE
    assert refusal(client.delete(TOOLS.url(missing, "/delete"))) == MISSING_ON_WRITE


@pytest.mark.generation("0.12")
def test_the_access_and_history_of_a_missing_tool(server):
    """On 0.12 both are 404, each in its own words."""
    answer = server.admin.post(TOOLS.url(make_id(), "/access/update"), json={"access_grants": []})
    assert refusal(answer) == (404, texts.NOT_FOUND)
    assert refusal(server.admin.get(TOOLS.url(make_id(), "/history"))) == (404, texts.HISTORY_NOT_FOUND)


def test_there_is_no_toggle_for_tools(server, tool):
    """Tools are always on."""
    assert refusal(server.admin.post(TOOLS.url(tool["id"], "/toggle"))) == (405, texts.METHOD_NOT_ALLOWED)
