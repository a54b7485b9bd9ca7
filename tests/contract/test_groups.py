"""Groups: administrators see all, members see their own, and names say nothing about identity."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.stage import find, ids, is_page, read_json, refusal

PATH = "/api/v1/groups/"
CREATE = "/api/v1/groups/create"
FORM = {"name": "Readers", "description": "They read"}
FIELDS_0_6 = {
    "id", "user_id", "name", "description", "data", "meta", "permissions", "created_at", "updated_at", "member_count",
}  # fmt: skip
FIELDS = {"0.6": FIELDS_0_6, "0.12": FIELDS_0_6 | {"parent_group_id"}}
INFO_FIELDS = {
    "id", "user_id", "name", "description", "member_count", "created_at", "updated_at", "parent_group_id",
}  # fmt: skip


def test_the_administrator_makes_a_group(server):
    """A group gets an id; it belongs to its maker and has no members yet."""
    group = read_json(server.admin.post(CREATE, json=FORM))
    assert set(group) == FIELDS[server.generation]
    assert (group["name"], group["description"], group["member_count"]) == ("Readers", "They read", 0)
    assert group["user_id"] == server.admin_person.id


def test_a_group_needs_a_description(server):
    """The description is required, if only as an empty string."""
    answer = server.admin.post(CREATE, json={"name": "Readers"})
    assert answer.status_code == 422
    assert [(one["type"], one["loc"]) for one in answer.json()["detail"]] == [("missing", ["body", "description"])]


def test_two_groups_may_share_a_name(server):
    """Names are not unique: only the id says which group is meant."""
    first, second = (read_json(server.admin.post(CREATE, json=FORM))["id"] for _ in range(2))
    assert first != second


def test_the_administrator_sees_every_group(server, group_of_user):
    """An administrator's list tells name and number of members of groups they are not in."""
    group = find(read_json(server.admin.get(PATH)), group_of_user)
    assert set(group) == FIELDS[server.generation]
    assert (group["name"], group["member_count"]) == ("Readers", 1)


def test_a_member_sees_the_groups_they_are_in(server, group_of_user):
    """An ordinary user's list holds their own groups, with name and id, and no other."""
    other = read_json(server.admin.post(CREATE, json=FORM))["id"]
    mine = read_json(server.user.get(PATH))
    assert set(find(mine, group_of_user)) == FIELDS[server.generation]
    assert other not in ids(mine)
    assert read_json(server.add_person().client.get(PATH)) == []


def test_an_ordinary_user_makes_no_groups_and_adds_nobody(server, group_of_user):
    """Groups are the administrator's."""
    members = {"user_ids": [server.user_person.id]}
    assert refusal(server.user.post(CREATE, json=FORM)) == (401, texts.PROHIBITED)
    assert refusal(server.user.post(f"{PATH}id/{group_of_user}/users/add", json=members)) == (401, texts.PROHIBITED)
    assert refusal(server.user.get(f"{PATH}id/{group_of_user}")) == (401, texts.PROHIBITED)


@pytest.mark.generation("0.12")
def test_anybody_may_ask_the_name_of_a_group(server):
    """On 0.12 `/info` tells the name behind a group's id to every signed-in person, member or not."""
    group = read_json(server.admin.post(CREATE, json=FORM))["id"]
    info = read_json(server.user.get(f"{PATH}id/{group}/info"))
    assert set(info) == INFO_FIELDS
    assert info["name"] == "Readers"
    assert refusal(server.user.get(f"{PATH}id/no-such-group/info")) == (404, texts.NOT_FOUND)


@pytest.mark.generation("0.6")
def test_nobody_can_ask_the_name_of_a_foreign_group(server, group_of_user):
    """0.6 has no `/info`: an ordinary user learns names of their own groups only."""
    assert is_page(server.user.get(f"{PATH}id/{group_of_user}/info"))
