"""Valves: a schema told by the source, and values that are replaced as a whole."""

from __future__ import annotations

import pytest

from tests.contract import sources, texts
from tests.contract.stage import FUNCTIONS, TOOLS, create_plugin, read_json, refusal

VALVES_SPEC = {
    "properties": {
        "api_key": {"default": "", "description": "the key", "title": "Api Key", "type": "string"},
        "count": {"default": 3, "title": "Count", "type": "integer"},
    },
    "title": "Valves",
    "type": "object",
}
USER_VALVES_SPEC = {
    "properties": {"lang": {"default": "en", "title": "Lang", "type": "string"}},
    "title": "UserValves",
    "type": "object",
}
# How the refusal begins: 0.6 goes on with the whole text of pydantic, 0.12 says no more.
BAD_VALVES = {
    "0.6": dict.fromkeys(
        ("tools", "functions"), "[ERROR: 1 validation error for Valves\ncount\n  Input should be a valid integer"
    ),
    "0.12": {
        "tools": "[ERROR: Error updating tool valves]",
        "functions": "[ERROR: Error updating function valves]",
    },
}
BAD_USER_VALVES = {
    "0.6": dict.fromkeys(
        ("tools", "functions"), "[ERROR: 1 validation error for UserValves\nlang\n  Input should be a valid string"
    ),
    "0.12": {
        "tools": "[ERROR: Error updating tool user valves]",
        "functions": "[ERROR: Error updating function user valves]",
    },
}
INCOMPATIBLE = "Current Valves are incompatible with this code: count: Input should be a valid list"
HAS_USER_VALVES_IN_META = {"0.6": None, "0.12": True}


@pytest.fixture
def plugin_id(server, kind):
    """A plugin with valves; a function is switched on, because user valves of an inactive one sleep."""
    created = create_plugin(server.admin, kind, source=sources.with_valves(kind.source), **server.public())
    if kind is FUNCTIONS:
        read_json(server.admin.post(kind.url(created["id"], "/toggle")))
    return created["id"]


@pytest.fixture
def bare_id(server, kind):
    """A plugin without valves."""
    return create_plugin(server.admin, kind)["id"]


def test_the_schema_of_valves(server, kind, plugin_id):
    """The schema tells every field with its default."""
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves/spec"))) == VALVES_SPEC
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves/user/spec"))) == USER_VALVES_SPEC


def test_valves_never_set_are_empty(server, kind, plugin_id):
    """Defaults are in the schema, not among the values."""
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves"))) == {}
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves/user"))) == {}


def test_saving_valves_keeps_what_was_said_and_known(server, kind, plugin_id):
    """Nulls and unknown fields are dropped, defaults are not added, and the answer is what was stored."""
    path = kind.url(plugin_id, "/valves/update")
    assert read_json(server.admin.post(path, json={"count": 5, "api_key": None, "unknown": 1})) == {"count": 5}
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves"))) == {"count": 5}


def test_saving_valves_replaces_all_of_them(server, kind, plugin_id):
    """A value that is not sent again is gone."""
    path = kind.url(plugin_id, "/valves/update")
    read_json(server.admin.post(path, json={"count": 5}))
    assert read_json(server.admin.post(path, json={"api_key": "secret"})) == {"api_key": "secret"}
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves"))) == {"api_key": "secret"}
    assert read_json(server.admin.post(path, json={})) == {}


def test_values_are_converted_to_their_type(server, kind, plugin_id):
    """A number in quotes becomes a number."""
    assert read_json(server.admin.post(kind.url(plugin_id, "/valves/update"), json={"count": "7"})) == {"count": 7}


def test_a_value_of_the_wrong_type_is_refused(server, kind, plugin_id):
    """A wrong value is a 400 that keeps the stored ones; 0.6 tells why, 0.12 does not."""
    path = kind.url(plugin_id, "/valves/update")
    read_json(server.admin.post(path, json={"count": 5}))
    status, detail = refusal(server.admin.post(path, json={"count": "many"}))
    assert status == 400
    assert detail.startswith(BAD_VALVES[server.generation][kind.name])
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves"))) == {"count": 5}


def test_valves_are_an_object(server, kind, plugin_id):
    """Anything but an object is a malformed request."""
    answer = server.admin.post(kind.url(plugin_id, "/valves/update"), json=[1])
    assert answer.status_code == 422
    (mistake,) = answer.json()["detail"]
    assert (mistake["type"], mistake["loc"]) == ("dict_type", ["body"])


def test_a_plugin_without_valves_has_no_schema_and_takes_none(server, kind, bare_id):
    """Its schema is null, its values are empty, and saving is answered as if it were missing."""
    assert read_json(server.admin.get(kind.url(bare_id, "/valves/spec"))) is None
    assert read_json(server.admin.get(kind.url(bare_id, "/valves"))) == {}
    assert refusal(server.admin.post(kind.url(bare_id, "/valves/update"), json={})) == (401, texts.NOT_FOUND)


def test_valves_outlive_an_update_of_the_source(server, kind, plugin_id):
    """Values stay when the source changes, even to one that has no valves; they go with the plugin."""
    read_json(server.admin.post(kind.url(plugin_id, "/valves/update"), json={"count": 5}))
    for source in (sources.with_valves(kind.source) + "# changed\n", kind.source):
        read_json(server.admin.post(kind.url(plugin_id, "/update"), json=kind.form(plugin_id, source)))
        assert read_json(server.admin.get(kind.url(plugin_id, "/valves"))) == {"count": 5}
    read_json(server.admin.delete(kind.url(plugin_id, "/delete")))
    create_plugin(server.admin, kind, plugin_id, sources.with_valves(kind.source))
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves"))) == {}


def save_source_that_does_not_fit(server, kind, plugin_id):
    """Set a number and send a source that wants a list in its place."""
    read_json(server.admin.post(kind.url(plugin_id, "/valves/update"), json={"count": 5}))
    source = sources.with_valves(kind.source).replace("count: int = 3", "count: list = []")
    return server.admin.post(kind.url(plugin_id, "/update"), json=kind.form(plugin_id, source))


@pytest.mark.generation("0.12")
def test_a_source_that_does_not_fit_the_values_is_refused(server, kind, plugin_id):
    """0.12 refuses a source whose valves cannot take the stored values, and names the value."""
    assert refusal(save_source_that_does_not_fit(server, kind, plugin_id)) == (400, INCOMPATIBLE)


@pytest.mark.generation("0.6")
def test_a_source_that_does_not_fit_the_values_is_stored(server, kind, plugin_id):
    """0.6 does not compare a source with the stored values."""
    saved = read_json(save_source_that_does_not_fit(server, kind, plugin_id))
    assert "count: list = []" in saved["content"]


def test_user_valves_belong_to_each_caller(server, kind, plugin_id):
    """Every person has values of their own, kept and replaced like valves."""
    person = server.add_person()
    assert read_json(person.client.get(kind.url(plugin_id, "/valves/user/spec"))) == USER_VALVES_SPEC
    path = kind.url(plugin_id, "/valves/user/update")
    assert read_json(person.client.post(path, json={"lang": "de", "unknown": 1})) == {"lang": "de"}
    assert read_json(person.client.get(kind.url(plugin_id, "/valves/user"))) == {"lang": "de"}
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves/user"))) == {}


def test_a_user_value_of_the_wrong_type_is_refused(server, kind, plugin_id):
    """A wrong value is a 400; 0.6 tells why, 0.12 does not."""
    status, detail = refusal(server.admin.post(kind.url(plugin_id, "/valves/user/update"), json={"lang": 3}))
    assert status == 400
    assert detail.startswith(BAD_USER_VALVES[server.generation][kind.name])


def test_a_plugin_without_user_valves_takes_none(server, kind, bare_id):
    """Its schema is null; saving is answered as if it were missing."""
    if kind is FUNCTIONS:
        read_json(server.admin.post(kind.url(bare_id, "/toggle")))
    assert read_json(server.admin.get(kind.url(bare_id, "/valves/user/spec"))) is None
    assert refusal(server.admin.post(kind.url(bare_id, "/valves/user/update"), json={})) == (401, texts.NOT_FOUND)


@pytest.mark.generation("0.12")
def test_user_valves_of_an_inactive_function_sleep(server):
    """On 0.12 an inactive function shows no user valves and takes none."""
    function_id = create_plugin(server.admin, FUNCTIONS, source=sources.with_valves(sources.FILTER))["id"]
    assert read_json(server.admin.get(FUNCTIONS.url(function_id, "/valves/user/spec"))) is None
    answer = server.admin.post(FUNCTIONS.url(function_id, "/valves/user/update"), json={"lang": "de"})
    assert refusal(answer) == (400, texts.FUNCTION_INACTIVE)


@pytest.mark.generation("0.6")
def test_user_valves_of_an_inactive_function_work(server):
    """On 0.6 a function need not be active."""
    function_id = create_plugin(server.admin, FUNCTIONS, source=sources.with_valves(sources.FILTER))["id"]
    assert read_json(server.admin.get(FUNCTIONS.url(function_id, "/valves/user/spec"))) == USER_VALVES_SPEC
    path = FUNCTIONS.url(function_id, "/valves/user/update")
    assert read_json(server.admin.post(path, json={"lang": "de"})) == {"lang": "de"}


def test_a_listing_tells_whether_a_tool_has_user_valves(server):
    """`GET /api/v1/tools/` tells it on every server; 0.12 also keeps it in `meta`."""
    with_them = create_plugin(server.admin, TOOLS, source=sources.with_valves(sources.TOOL))
    without = create_plugin(server.admin, TOOLS)
    rows = {row["id"]: row for row in read_json(server.admin.get(f"{TOOLS.path}/"))}
    assert rows[with_them["id"]]["has_user_valves"] is True
    assert rows[without["id"]]["has_user_valves"] is False
    assert with_them["meta"].get("has_user_valves") is HAS_USER_VALVES_IN_META[server.generation]


def test_valves_are_nowhere_but_at_their_address(server):
    """No listing and no item of tools carries valve values."""
    tool_id = create_plugin(server.admin, TOOLS, source=sources.with_valves(sources.TOOL))["id"]
    read_json(server.admin.post(TOOLS.url(tool_id, "/valves/update"), json={"api_key": "very-secret-value"}))
    for path in (TOOLS.url(tool_id), f"{TOOLS.path}/", f"{TOOLS.path}/list", f"{TOOLS.path}/export"):
        assert "very-secret-value" not in server.admin.get(path).text
