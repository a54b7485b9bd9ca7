"""Functions: filters, pipes, actions and events, switched on and off and made global."""

from __future__ import annotations

import pytest

from tests.contract import sources, texts
from tests.contract.stage import FUNCTIONS, create_plugin, find, ids, make_id, read_json, refusal

CREATED_0_6 = {"id", "user_id", "type", "name", "meta", "is_active", "is_global", "updated_at", "created_at"}
CREATED = {"0.6": CREATED_0_6, "0.12": CREATED_0_6 | {"version_id"}}
EXTRA_FIELDS = {
    "0.6": {
        "/": set(),
        "/list": {"content", "user"},
        "/export": {"content"},
        "/export?include_valves=true": {"content", "valves"},
    },
    "0.12": {
        "/": set(),
        "/list": {"user"},
        "/export": {"content"},
        "/export?include_valves=true": {"content", "valves"},
    },
}
LISTINGS = ["/", "/list", "/export", "/export?include_valves=true"]
USER_FIELDS = {
    "0.6": {"id", "email", "username", "role", "name", "profile_image_url", "profile_banner_image_url", "bio", "gender",
            "date_of_birth", "timezone", "presence_state", "status_emoji", "status_message", "status_expires_at",
            "info", "settings", "oauth", "last_active_at", "updated_at", "created_at"},
    "0.12": {"id", "name", "role", "email"},
}  # fmt: skip
META = {
    "0.6": {"description": "What it does", "manifest": {}},
    "0.12": {"description": "What it does", "manifest": {}, "toggle": False},
}
NEVER_SET_VALVES = {"0.6": None, "0.12": {}}
TYPES = [("filter", sources.FILTER), ("pipe", sources.PIPE), ("action", sources.ACTION)]
MISSING_UPDATE = {
    "0.6": (400, "[ERROR: 400: [ERROR: Error updating function]]"),
    "0.12": (400, "Function not found"),
}
ACTIVE_AFTER_A_FAILED_UPDATE = {"0.6": False, "0.12": True}


@pytest.fixture
def function(server):
    """A filter, as its creation answered it."""
    return create_plugin(server.admin, FUNCTIONS)


def update(server, function_id, source=None, **more):
    return server.admin.post(FUNCTIONS.url(function_id, "/update"), json=FUNCTIONS.form(function_id, source, **more))


def read_item(server, function_id):
    return read_json(server.admin.get(FUNCTIONS.url(function_id)))


@pytest.mark.parametrize("listing", LISTINGS)
def test_every_listing_has_its_own_fields(server, function, listing):
    """The fields of a row are exactly those of its generation; the source is in the export, and on 0.6 in the list."""
    row = find(read_json(server.admin.get(f"{FUNCTIONS.path}{listing}")), function["id"])
    extra = EXTRA_FIELDS[server.generation][listing]
    assert set(row) == CREATED[server.generation] | extra
    assert {key: row[key] for key in function} == function
    if "content" in extra:
        assert row["content"] == sources.FILTER


def test_the_owner_in_the_list_is_a_whole_account_on_0_6(server, function):
    """0.12 names the owner in four fields; 0.6 sends the whole account, settings included."""
    row = find(read_json(server.admin.get(f"{FUNCTIONS.path}/list")), function["id"])
    assert set(row["user"]) == USER_FIELDS[server.generation]
    assert row["user"]["id"] == server.admin_person.id


def test_valves_come_with_the_export_when_asked_for(server):
    """The export carries valves on request: what was set, and for a function never set null on 0.6, {} on 0.12."""
    never, once = (create_plugin(server.admin, FUNCTIONS, source=sources.with_valves(sources.FILTER)) for _ in "12")
    read_json(server.admin.post(FUNCTIONS.url(once["id"], "/valves/update"), json={"count": 5}))
    rows = read_json(server.admin.get(f"{FUNCTIONS.path}/export", params={"include_valves": "true"}))
    assert find(rows, never["id"])["valves"] == NEVER_SET_VALVES[server.generation]
    assert find(rows, once["id"])["valves"] == {"count": 5}


def test_the_list_is_ordered_by_change(server, function):
    """The administrator's list is ordered by the time of the last change, newest first."""
    times = [row["updated_at"] for row in read_json(server.admin.get(f"{FUNCTIONS.path}/list"))]
    assert times == sorted(times, reverse=True)


def test_an_item_carries_the_source_and_no_valves(server, function):
    """Reading one function tells its source."""
    item = read_item(server, function["id"])
    assert set(item) == CREATED[server.generation] | {"content"}
    assert {key: item[key] for key in function} == function
    assert item["content"] == sources.FILTER


def test_a_new_function_is_off(server):
    """A function starts inactive and not global, whatever the form says."""
    created = create_plugin(server.admin, FUNCTIONS, is_active=True, is_global=True, type="pipe", user_id="somebody")
    assert set(created) == CREATED[server.generation]
    assert (created["is_active"], created["is_global"], created["type"]) == (False, False, "filter")
    assert (created["user_id"], created["meta"]) == (server.admin_person.id, META[server.generation])


@pytest.mark.parametrize(("type_name", "source"), TYPES)
def test_the_class_makes_the_type(server, type_name, source):
    """Pipe, Filter and Action make a pipe, a filter and an action."""
    assert create_plugin(server.admin, FUNCTIONS, source=source)["type"] == type_name


@pytest.mark.generation("0.12")
def test_events_are_functions(server):
    """On 0.12 an Event makes an event."""
    assert create_plugin(server.admin, FUNCTIONS, source=sources.EVENT)["type"] == "event"


@pytest.mark.generation("0.6")
def test_events_are_not_known(server):
    """0.6 finds no class in a source that has only an Event."""
    answer = server.admin.post(f"{FUNCTIONS.path}/create", json=FUNCTIONS.form(make_id(), sources.EVENT))
    assert refusal(answer) == (400, "[ERROR: No Function class found in the module]")


@pytest.mark.parametrize(
    ("first", "second", "type_name"),
    [
        (sources.FILTER, sources.PIPE, "pipe"),
        (sources.ACTION, sources.FILTER, "filter"),
        (sources.ACTION, sources.PIPE, "pipe"),
    ],
)
def test_of_several_classes_one_makes_the_type(server, first, second, type_name):
    """Pipe goes before Filter, and Filter before Action, in whatever order they stand."""
    assert create_plugin(server.admin, FUNCTIONS, source=f"{first}\n\n{second}")["type"] == type_name


def test_an_imported_class_counts(server):
    """A name that was only imported makes the type as well."""
    source = "from multiprocessing import Pipe\n\n" + sources.FILTER
    created = server.admin.post(f"{FUNCTIONS.path}/create", json=FUNCTIONS.form(make_id(), source))
    # multiprocessing.Pipe is a function that returns a pair; the server calls it and is content.
    assert read_json(created)["type"] == "pipe"


def test_switches_flip(server, function):
    """Each call of a switch turns it over and answers the new state, which the other switch does not touch."""
    for path, field in (("/toggle", "is_active"), ("/toggle/global", "is_global")):
        for expected in (True, False, True):
            answer = read_json(server.admin.post(FUNCTIONS.url(function["id"], path)))
            assert set(answer) == CREATED[server.generation] | {"content"}
            assert answer[field] is expected
            assert read_item(server, function["id"])[field] is expected
    assert read_item(server, function["id"])["is_active"] is True


def test_an_update_replaces_name_source_and_meta_and_no_switch(server, function):
    """An update leaves switches, owner and time of creation alone, whatever the form says."""
    read_json(server.admin.post(FUNCTIONS.url(function["id"], "/toggle")))
    read_json(server.admin.post(FUNCTIONS.url(function["id"], "/toggle/global")))
    read_json(update(server, function["id"], meta={"description": "first", "colour": "red"}))
    assert read_item(server, function["id"])["meta"]["colour"] == "red"
    updated = read_json(
        update(server, function["id"], name="Another name", is_active=False, is_global=False, type="pipe")
    )
    assert set(updated) == CREATED[server.generation] | {"content"}
    assert (updated["name"], updated["meta"]) == ("Another name", META[server.generation])
    assert (updated["is_active"], updated["is_global"], updated["type"]) == (True, True, "filter")
    assert (updated["user_id"], updated["created_at"]) == (function["user_id"], function["created_at"])
    assert read_item(server, function["id"]) == updated


def test_an_update_may_change_the_type(server, function):
    """A filter becomes a pipe by its source, and stays switched on."""
    read_json(server.admin.post(FUNCTIONS.url(function["id"], "/toggle")))
    updated = read_json(update(server, function["id"], sources.PIPE))
    assert (updated["type"], updated["is_active"], updated["content"]) == ("pipe", True, sources.PIPE)


def test_an_update_cannot_rename_the_id(server, function):
    """The id in the form of an update is not looked at."""
    form = FUNCTIONS.form(make_id())
    assert read_json(server.admin.post(FUNCTIONS.url(function["id"], "/update"), json=form))["id"] == function["id"]
    assert form["id"] not in ids(read_json(server.admin.get(f"{FUNCTIONS.path}/list")))


def test_a_failed_update_switches_a_function_off_on_0_6(server, function):
    """A source that does not load is not stored; on 0.6 the function is inactive afterwards, on 0.12 it runs on."""
    read_json(server.admin.post(FUNCTIONS.url(function["id"], "/toggle")))
    read_json(server.admin.post(FUNCTIONS.url(function["id"], "/toggle/global")))
    assert update(server, function["id"], "class Filter(:\n").status_code == 400
    item = read_item(server, function["id"])
    assert (item["content"], item["is_global"]) == (sources.FILTER, True)
    assert item["is_active"] is ACTIVE_AFTER_A_FAILED_UPDATE[server.generation]


@pytest.mark.generation("0.12")
def test_a_switchable_filter_is_marked(server):
    """On 0.12 `meta.toggle` is told by the source, on creation and update, whatever the form says."""
    created = create_plugin(
        server.admin, FUNCTIONS, source=sources.TOGGLE_FILTER, meta={"description": "d", "toggle": False}
    )
    assert created["meta"]["toggle"] is True
    assert read_json(update(server, created["id"], sources.FILTER, meta={"toggle": True}))["meta"]["toggle"] is False
    assert read_json(update(server, created["id"], sources.TOGGLE_FILTER))["meta"]["toggle"] is True


@pytest.mark.generation("0.6")
def test_a_switchable_filter_is_marked_late(server):
    """On 0.6 creation does not mark it; an update does, but its own answer does not show it yet."""
    created = create_plugin(server.admin, FUNCTIONS, source=sources.TOGGLE_FILTER)
    assert created["meta"] == read_item(server, created["id"])["meta"] == META["0.6"]
    assert read_json(update(server, created["id"], sources.TOGGLE_FILTER))["meta"] == META["0.6"]
    assert read_item(server, created["id"])["meta"] == {**META["0.6"], "toggle": True}
    assert read_json(update(server, created["id"], sources.FILTER))["meta"] == META["0.6"]
    assert read_item(server, created["id"])["meta"] == META["0.6"]


@pytest.mark.generation("0.6")
def test_a_mark_that_was_sent_is_kept(server):
    """On 0.6 `meta.toggle` is kept as any further field of `meta`."""
    meta = {"description": "What it does", "toggle": False, "colour": "red"}
    created = create_plugin(server.admin, FUNCTIONS, source=sources.TOGGLE_FILTER, meta=meta)
    assert created["meta"] == {**meta, "manifest": {}}


def test_the_manifest_is_the_frontmatter_whatever_was_sent(server):
    """A manifest in the form is replaced; further fields of `meta` are kept on every server."""
    source = sources.with_frontmatter(sources.FILTER, "title: A title", "icon_url: data:image/svg+xml;base64,AAA")
    meta = {"description": "What it does", "manifest": {"made": "up"}, "colour": "red"}
    created = create_plugin(server.admin, FUNCTIONS, source=source, meta=meta)
    manifest = {"title": "A title", "icon_url": "data:image/svg+xml;base64,AAA"}
    assert created["meta"] == {**META[server.generation], "manifest": manifest, "colour": "red"}


def test_deleting_says_true_even_of_nothing(server, function):
    """A deletion answers true whether or not there was a function."""
    for _ in range(2):
        assert read_json(server.admin.delete(FUNCTIONS.url(function["id"], "/delete"))) is True
    assert function["id"] not in ids(read_json(server.admin.get(f"{FUNCTIONS.path}/list")))
    assert read_json(server.admin.delete(FUNCTIONS.url(make_id(), "/delete"))) is True


def test_a_missing_function(server):
    """Reading or switching a missing function is 401, which is no sign of being signed out."""
    missing = make_id()
    for rest in ("", "/valves", "/valves/spec", "/valves/user", "/valves/user/spec"):
        assert refusal(server.admin.get(FUNCTIONS.url(missing, rest))) == (401, texts.NOT_FOUND)
    for rest in ("/toggle", "/toggle/global", "/valves/update", "/valves/user/update"):
        assert refusal(server.admin.post(FUNCTIONS.url(missing, rest), json={})) == (401, texts.NOT_FOUND)


def test_updating_a_missing_function(server):
    """Updating a missing function is a 400 with a sentence of its own."""
    assert refusal(update(server, make_id())) == MISSING_UPDATE[server.generation]
