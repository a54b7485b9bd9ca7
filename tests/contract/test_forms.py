"""Which forms are taken for a tool or a function, and how the others are refused."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.stage import FUNCTIONS, TOOLS, create_plugin, make_id, read_json, refusal

MISSING_PLUGIN = {"tools": {"0.6": (401, texts.NOT_FOUND), "0.12": (404, texts.NOT_FOUND)},
                  "functions": {"0.6": (401, texts.NOT_FOUND), "0.12": (401, texts.NOT_FOUND)}}  # fmt: skip


def test_an_id_is_stored_in_small_letters(server, kind):
    """Capitals are lowered when a plugin is created, and not when it is looked up."""
    plugin_id = make_id()
    assert create_plugin(server.admin, kind, plugin_id.upper())["id"] == plugin_id
    assert read_json(server.admin.get(kind.url(plugin_id)))["id"] == plugin_id
    capitals = server.admin.get(kind.url(plugin_id.upper()))
    assert refusal(capitals) == MISSING_PLUGIN[kind.name][server.generation]


def test_any_identifier_of_python_is_an_id(server, kind):
    """Letters of any script are letters, and a keyword is an identifier."""
    for plugin_id in ("ÀÉ_" + make_id(), "ünï_" + make_id(), "class"):
        assert create_plugin(server.admin, kind, plugin_id)["id"] == plugin_id.lower()
        read_json(server.admin.delete(kind.url(plugin_id.lower(), "/delete")))


@pytest.mark.parametrize("bad", ["", "ct-tool", "1abc", "a.b", "a b", "server:x", "a/b", "x!"])
def test_anything_else_is_no_id(server, kind, bad):
    """What Python would not take as a name is refused."""
    answer = server.admin.post(f"{kind.path}/create", json=kind.form(bad))
    assert refusal(answer) == (400, texts.BAD_ID)


def test_an_id_is_taken_once(server, kind):
    """A second plugin with the id is refused, in whatever case it is written, before its source is looked at."""
    plugin_id = create_plugin(server.admin, kind)["id"]
    for again in (kind.form(plugin_id), kind.form(plugin_id.upper()), kind.form(plugin_id, "not python (")):
        assert refusal(server.admin.post(f"{kind.path}/create", json=again)) == (400, texts.ID_TAKEN)


def test_tools_and_functions_do_not_share_ids(server, kind):
    """The same id may name a tool and a function."""
    plugin_id = create_plugin(server.admin, kind)["id"]
    other = FUNCTIONS if kind is TOOLS else TOOLS
    assert create_plugin(server.admin, other, plugin_id)["id"] == plugin_id


@pytest.mark.parametrize("field", ["id", "name", "content", "meta"])
def test_every_field_of_a_form_is_required(server, kind, field):
    """A missing field is named in a 422, on creation and on update."""
    plugin_id = create_plugin(server.admin, kind)["id"]
    form = {key: value for key, value in kind.form(plugin_id).items() if key != field}
    for path in (f"{kind.path}/create", kind.url(plugin_id, "/update")):
        answer = server.admin.post(path, json=form)
        assert answer.status_code == 422
        expected = {"type": "missing", "loc": ["body", field], "msg": "Field required", "input": form}
        assert answer.json() == {"detail": [expected]}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [("meta", None, "model_attributes_type"), ("name", 3, "string_type"), ("content", None, "string_type")],
)
def test_a_field_of_the_wrong_type_is_refused(server, kind, field, value, reason):
    """A wrong type is named in a 422 with the place and the kind of mistake."""
    form = kind.form(make_id(), **{field: value}) if field != "content" else {**kind.form(make_id()), field: value}
    answer = server.admin.post(f"{kind.path}/create", json=form)
    assert answer.status_code == 422
    (mistake,) = answer.json()["detail"]
    assert (mistake["type"], mistake["loc"]) == (reason, ["body", field])


def test_what_is_no_json_is_refused(server, kind):
    """A broken body is a 422 that names where it broke."""
    headers = {"Content-Type": "application/json"}
    answer = server.admin.post(f"{kind.path}/create", content=b"{nope", headers=headers)
    assert answer.status_code == 422
    (mistake,) = answer.json()["detail"]
    assert (mistake["type"], mistake["loc"]) == ("json_invalid", ["body", 1])


def test_an_identical_update_is_an_update(server, kind):
    """Saving the same again succeeds."""
    plugin_id = create_plugin(server.admin, kind)["id"]
    before = read_json(server.admin.get(kind.url(plugin_id)))
    after = read_json(server.admin.post(kind.url(plugin_id, "/update"), json=kind.form(plugin_id)))
    same = set(after) - {"updated_at"}
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    assert after["updated_at"] >= before["updated_at"]
