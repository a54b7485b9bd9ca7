"""Who may see a tool: how access is written, kept, changed, and lost by leaving it out."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.stage import TOOLS, create_plugin, ids, make_id, read_json, refusal

GRANT_FIELDS = {"id", "resource_type", "resource_id", "principal_type", "principal_id", "permission", "created_at"}
UNSAID = {"0.6": ("access_control", None), "0.12": ("access_grants", [])}
UNSAID_IS_PUBLIC = {"0.6": True, "0.12": False}
FOREIGN_FIELD = {
    "0.6": {"access_grants": [{"principal_type": "user", "principal_id": "*", "permission": "read"}]},
    "0.12": {"access_control": {"read": {"group_ids": ["any"], "user_ids": []}}},
}


def grants(tool):
    """Return who may what, without what the server added."""
    return [(one["principal_type"], one["principal_id"], one["permission"]) for one in tool["access_grants"]]


def set_access(server, tool_id, access_grants):
    path = TOOLS.url(tool_id, "/access/update")
    return read_json(server.admin.post(path, json={"access_grants": access_grants}))


def test_access_left_out_is_public_on_0_6_and_private_on_0_12(server):
    """A creation without a word on access is null on 0.6, where null is public, and no grants on 0.12."""
    field, value = UNSAID[server.generation]
    tool = create_plugin(server.admin, TOOLS)
    assert tool[field] == value
    seen = ids(read_json(server.user.get(f"{TOOLS.path}/")))
    assert (tool["id"] in seen) is UNSAID_IS_PUBLIC[server.generation]


def test_the_other_generations_field_is_ignored(server):
    """Access in the words of the other generation is not looked at."""
    field, value = UNSAID[server.generation]
    tool = create_plugin(server.admin, TOOLS, **FOREIGN_FIELD[server.generation])
    assert tool[field] == value
    assert set(FOREIGN_FIELD[server.generation]) & set(tool) == set()


@pytest.mark.generation("0.6")
@pytest.mark.parametrize(
    "access",
    [
        None,
        {},
        {"read": {"group_ids": ["g"], "user_ids": ["u"]}, "write": {"group_ids": [], "user_ids": []}},
        {"read": {"group_ids": ["g"]}},
        {"of": "no meaning"},
    ],
)
def test_access_is_kept_as_it_was_sent(server, access):
    """On 0.6 any object, and null, is stored as it is."""
    tool = create_plugin(server.admin, TOOLS, access_control=access)
    assert tool["access_control"] == access
    for listing in ("/", "/list", "/export"):
        rows = {row["id"]: row for row in read_json(server.admin.get(f"{TOOLS.path}{listing}"))}
        assert rows[tool["id"]]["access_control"] == access


@pytest.mark.generation("0.6")
def test_access_that_is_no_object_is_refused(server):
    """On 0.6 access is an object or null."""
    answer = server.admin.post(f"{TOOLS.path}/create", json=TOOLS.form(make_id(), access_control="private"))
    assert answer.status_code == 422
    (mistake,) = answer.json()["detail"]
    assert (mistake["type"], mistake["loc"]) == ("dict_type", ["body", "access_control"])


@pytest.mark.generation("0.6")
def test_an_update_that_leaves_access_out_makes_a_tool_public(server):
    """On 0.6 access must be said again with every update: left out, it is null."""
    tool = create_plugin(server.admin, TOOLS, access_control={})
    path = TOOLS.url(tool["id"], "/update")
    kept = read_json(server.admin.post(path, json=TOOLS.form(tool["id"], access_control={})))
    assert kept["access_control"] == {}
    opened = read_json(server.admin.post(path, json=TOOLS.form(tool["id"])))
    assert opened["access_control"] is None
    assert tool["id"] in ids(read_json(server.user.get(f"{TOOLS.path}/")))


@pytest.mark.generation("0.12")
def test_grants_are_taken_at_creation(server, group_of_user):
    """On 0.12 each grant gets an id, the resource and a time."""
    access = server.access(read_users=["*"], write_groups=[group_of_user])
    tool = create_plugin(server.admin, TOOLS, **access)
    assert sorted(grants(tool)) == [("group", group_of_user, "write"), ("user", "*", "read")]
    for grant in tool["access_grants"]:
        assert set(grant) == GRANT_FIELDS
        assert (grant["resource_type"], grant["resource_id"]) == ("tool", tool["id"])


@pytest.mark.generation("0.12")
def test_an_update_leaves_access_alone(server):
    """On 0.12 grants in an update are ignored, whether there are more or fewer."""
    tool = create_plugin(server.admin, TOOLS, **server.public())
    path = TOOLS.url(tool["id"], "/update")
    for access in ({}, {"access_grants": []}, server.access(read_users=["somebody"])):
        updated = read_json(server.admin.post(path, json=TOOLS.form(tool["id"], **access)))
        assert updated["access_grants"] == tool["access_grants"]


@pytest.mark.generation("0.12")
def test_access_has_an_address_of_its_own(server):
    """Grants are replaced as a whole; version and time of change stay as they are."""
    tool = create_plugin(server.admin, TOOLS, **server.public())
    before = read_json(server.admin.get(TOOLS.url(tool["id"])))
    updated = set_access(server, tool["id"], server.access(write_users=["somebody"])["access_grants"])
    assert grants(updated) == [("user", "somebody", "write")]
    assert set(updated) == set(before) - {"user", "write_access"}
    unchanged = set(updated) - {"access_grants"}
    assert {key: updated[key] for key in unchanged} == {key: before[key] for key in unchanged}
    assert set_access(server, tool["id"], [])["access_grants"] == []


@pytest.mark.generation("0.12")
def test_grants_that_make_no_sense_are_dropped(server):
    """Unknown audiences and permissions vanish without a word, and doubles become one."""
    good = {"principal_type": "user", "principal_id": "somebody", "permission": "read"}
    bad = [{**good, "principal_type": "planet"}, {**good, "permission": "admin"}]
    tool = create_plugin(server.admin, TOOLS)
    assert grants(set_access(server, tool["id"], [good, *bad, good])) == [("user", "somebody", "read")]


@pytest.mark.generation("0.12")
def test_access_must_be_said(server):
    """An access form without grants is malformed, and changes nothing."""
    tool = create_plugin(server.admin, TOOLS, **server.public())
    answer = server.admin.post(TOOLS.url(tool["id"], "/access/update"), json={})
    assert answer.status_code == 422
    assert read_json(server.admin.get(TOOLS.url(tool["id"])))["access_grants"] == tool["access_grants"]


@pytest.mark.generation("0.12")
def test_sharing_needs_a_permission_of_its_own(server, allow_users):
    """On 0.12 a user who may make tools but not share them makes private ones, and is refused when sharing later."""
    allow_users("tools")
    for access in (server.public(), server.access(read_users=[server.admin_person.id])):
        tool = create_plugin(server.user, TOOLS, **access)
        assert tool["access_grants"] == []
        answer = server.user.post(TOOLS.url(tool["id"], "/access/update"), json=access)
        assert refusal(answer) == (403, texts.SHARING_FORBIDDEN)


@pytest.mark.generation("0.6")
def test_sharing_needs_no_permission(server, allow_users):
    """On 0.6 a user who may make tools may make them public."""
    allow_users("tools")
    assert create_plugin(server.user, TOOLS, **server.public())["access_control"] is None
