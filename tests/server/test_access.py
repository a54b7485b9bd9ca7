"""Access on the local server: who may read and write, in both generations' words."""

from __future__ import annotations

import pytest

from cochat_devkit.server.access import Caller, allowed_grants, is_given, make_grants, may, parse_grants

GROUP = frozenset({"g1"})


def control(**holders: list[str]) -> dict[str, object]:
    """Write `access_control`: read_users, read_groups, write_users, write_groups."""
    return {
        "user_id": "owner",
        "access_control": {
            right: {
                "user_ids": holders.get(f"{right}_users", []),
                "group_ids": holders.get(f"{right}_groups", []),
            }
            for right in ("read", "write")
        },
    }


def grants(*rows: tuple[str, str, str]) -> dict[str, object]:
    keys = ("principal_type", "principal_id", "permission")
    return {"user_id": "owner", "access_grants": [dict(zip(keys, row, strict=True)) for row in rows]}


@pytest.mark.parametrize(
    ("wire", "reads", "writes"),
    [
        ({"access_control": None}, True, False),
        ({}, True, False),
        ({"access_control": {}}, False, False),
        (control(), False, False),
        (control(read_users=["me"]), True, False),
        (control(read_groups=["g1"]), True, False),
        (control(read_groups=["g2"]), False, False),
        (control(write_users=["me"]), False, True),
        (control(write_groups=["g1"]), False, True),
        ({"access_control": {"read": {"group_ids": ["g1"]}}}, True, False),
        ({"access_control": {"bogus": 1}}, False, False),
        ({"access_grants": []}, False, False),
        (grants(("user", "*", "read")), True, False),
        (grants(("user", "*", "write")), False, True),
        (grants(("user", "me", "read"), ("user", "you", "write")), True, False),
        (grants(("group", "g1", "read"), ("group", "g1", "write")), True, True),
        (grants(("group", "me", "read")), False, False),
    ],
)
def test_a_resource_says_who_may_read_and_write_it(wire, reads, writes):
    """A right is given by name, by group or to everybody; the right to write does not include the right to read."""
    assert is_given(wire, "read", user_id="me", group_ids=GROUP) is reads
    assert is_given(wire, "write", user_id="me", group_ids=GROUP) is writes


def test_owners_and_administrators_need_no_right():
    """A private resource is open to whoever made it, and to administrators."""
    wire = {"user_id": "owner", "access_control": {}}
    assert may(Caller("owner", "user"), "write", wire)
    assert may(Caller("boss", "admin"), "write", wire)
    assert not may(Caller("other", "user"), "read", wire)


def test_grants_that_nobody_knows_are_dropped_and_repeats_collapse():
    """A form may hold anything; what is stored is clean."""
    row = {"principal_type": "user", "principal_id": "u", "permission": "read"}
    odd = [
        {**row, "permission": "own"}, {**row, "principal_type": "anyone"}, {**row, "principal_id": ""},
        {**row, "principal_id": 3}, {},
    ]  # fmt: skip
    assert parse_grants([row, *odd, dict(row)]) == [row]
    assert parse_grants(None) == []


def test_sharing_needs_permissions_of_ordinary_users():
    """Without `sharing.tools` nothing may be shared, and everybody is an audience of its own."""
    wanted = grants(("user", "*", "read"), ("user", "u", "read"), ("group", "g", "write"))["access_grants"]
    assert allowed_grants(wanted, Caller("boss", "admin"), kinds="tools") == wanted
    assert allowed_grants(wanted, Caller("me", "user"), kinds="tools") == []
    sharing = {"sharing": {"tools": True}, "access_grants": {"allow_users": True, "allow_groups": False}}
    assert allowed_grants(wanted, Caller("me", "user", permissions=sharing), kinds="tools") == [wanted[1]]
    public = {"sharing": {"tools": True, "public_tools": True}}
    assert allowed_grants(wanted, Caller("me", "user", permissions=public), kinds="tools") == [wanted[0]]


def test_stored_grants_name_their_resource():
    """A stored grant bears an id, what it is for, and when it was given."""
    (made,) = make_grants(
        [{"principal_type": "user", "principal_id": "*", "permission": "read"}], kind="tool", resource_id="t", now=7
    )
    assert {key: made[key] for key in ("resource_type", "resource_id", "created_at")} == {
        "resource_type": "tool", "resource_id": "t", "created_at": 7,
    }  # fmt: skip
    assert made["id"]
