"""Who may read and write: written one way in files, carried two ways on the wire, and never wider than meant."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.errors import NotSupported, UnexpectedReply, UsageError
from cochat_devkit.kinds.access import (
    PRIVATE,
    PUBLIC,
    Groups,
    from_control,
    from_grants,
    group_ids_in,
    parse_access,
    to_access,
    to_control,
    to_grants,
)

HOSTILE = ["*", "**", "id:x", "id:", "user:y", "user:", "user:*", " ", "", " lead", "trail ", "public", "private"]
names = st.one_of(st.sampled_from(HOSTILE), st.sampled_from(["Writers", "Readers", "Ünï", "a:b"]), st.text(max_size=5))
servers = st.dictionaries(st.text("abc123-", min_size=1, max_size=6), names, max_size=6).map(Groups)


@st.composite
def granted(draw, *, everybody):
    """A server's groups, and rights in canonical form that name some of them, some people, perhaps everybody."""
    groups = draw(servers)
    holders = [groups.name_of(each) for each in groups.names] + ["user:u1", "user:u-2", "id:not-shown-to-us"]
    holders += ["*"] if everybody else []
    entries = {right: draw(st.lists(st.sampled_from(holders), max_size=4)) for right in ("read", "write")}
    access = draw(st.sampled_from([PUBLIC, PRIVATE, to_access(entries), to_access(entries), to_access(entries)]))
    return groups, access


@given(granted(everybody=True))
def test_grants_come_back_as_they_went(case):
    """What I wrote is what a 0.12 server then shows, whatever its groups are called."""
    groups, access = case
    assert from_grants(to_grants(access, groups), groups) == access


@given(granted(everybody=False))
def test_control_comes_back_as_it_went(case):
    """What I wrote is what a 0.6 server then shows, whatever its groups are called."""
    groups, access = case
    assert from_control(to_control(access, groups), groups) == access


@given(granted(everybody=True))
def test_a_file_holds_what_was_read(case):
    """The canonical form is one that a file may have."""
    assert parse_access(case[1]) == case[1]


@given(servers)
def test_a_groups_name_leads_back_to_it(groups):
    """No group can be taken for another, for a person or for everybody because of its name."""
    for group_id in groups.names:
        (grant,) = to_grants({"read": [groups.name_of(group_id)]}, groups)
        assert grant == {"principal_type": "group", "principal_id": group_id, "permission": "read"}


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in ("public", "private")])
def test_a_name_that_means_something_else_is_written_as_an_id(name):
    """A group called `*` or `user:boss` gives nobody else a right."""
    assert Groups({"g1": name}).name_of("g1") == "id:g1"


def test_two_groups_of_one_name_are_told_apart():
    """An ambiguous name is neither written nor guessed at."""
    groups = Groups({"g1": "Team", "g2": "Team", "g3": "Other"})
    assert [groups.name_of(each) for each in groups.names] == ["id:g1", "id:g2", "Other"]
    with pytest.raises(UsageError, match="has several groups named 'Team'") as raised:
        groups.id_of("Team")
    assert "id:<group id>" in str(raised.value.hint)


def test_an_unknown_group_names_the_known_ones():
    """A misspelt group stops the push, and I see which there are."""
    with pytest.raises(UsageError, match="has no group named 'Teem'") as raised:
        to_grants({"read": ["Teem"]}, Groups({"g1": "Team"}))
    assert raised.value.hint == "groups there: Team; or write id:<group id>"
    with pytest.raises(UsageError) as raised:
        Groups().id_of("Team")
    assert "none that you may see" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("access", "grants"),
    [
        (PRIVATE, []),
        (PUBLIC, [("user", "*", "read")]),
        ({"write": ["Team"]}, [("group", "g1", "write")]),
        ({"read": ["*"], "write": ["user:u1"]}, [("user", "*", "read"), ("user", "u1", "write")]),
    ],
)
def test_grants_are_the_servers_own(access, grants):
    """The 0.12 form is that of its web page."""
    found = [
        tuple(each[key] for key in ("principal_type", "principal_id", "permission"))
        for each in to_grants(access, Groups({"g1": "Team"}))
    ]
    assert found == grants


def test_control_is_the_servers_own():
    """The 0.6 form is that of its web page: null is public, `{}` is private."""
    groups = Groups({"g1": "Team"})
    assert to_control(PUBLIC, groups) is None
    assert to_control(PRIVATE, groups) == {}
    assert to_control({"read": ["Team", "user:u1"]}, groups) == {
        "read": {"group_ids": ["g1"], "user_ids": ["u1"]},
        "write": {"group_ids": [], "user_ids": []},
    }


@pytest.mark.parametrize("access", [{"read": ["*"], "write": ["Team"]}, {"write": ["*"]}, {"read": ["*", "Team"]}])
def test_0_6_cannot_say_everybody_beside_a_group(access):
    """A right that the server cannot hold is refused, not rounded up or down."""
    with pytest.raises(NotSupported, match="cannot give everybody a right") as raised:
        to_control(access, Groups({"g1": "Team"}))
    assert "access: public" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("public", "public"),
        ("private", "private"),
        ({}, "private"),
        ({"read": [], "write": None}, "private"),
        ({"read": ["*"]}, "public"),
        ({"read": ["b", "a", "b"]}, {"read": ["a", "b"]}),
        ({"write": ["a"], "read": []}, {"write": ["a"]}),
    ],
)
def test_the_forms_of_a_file(written, meant):
    """I may write groups in any order; the shortest form is the one that is compared."""
    assert parse_access(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        None,
        "Public",
        "",
        1,
        True,
        [],
        ["a"],
        {"read": "a"},
        {"read": [1]},
        {"reed": ["a"]},
        {"read": {"a": 1}},
        {"read": [""]},
        {"read": ["id:"]},
        {"write": ["user:"]},
        {"read": ["user:*"]},
        {"read": [None]},
    ],
)
def test_what_is_no_access_is_refused(written):
    """A mistake in `access` is an error with the right forms, never a resource that is open by accident."""
    with pytest.raises(UsageError, match="access cannot be") as raised:
        parse_access(written)
    assert raised.value.hint == "write public, private, or {read: [group names], write: [group names]}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("*"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["read", "write", "group_ids", "user_ids", "permission", "principal_type", "principal_id"]),
            inner,
            max_size=3,
        )
    ),
)


@given(json_values)
def test_rights_of_a_strange_form_are_an_error_of_the_server(value):
    """Rights that we cannot read are neither taken for private nor for public."""
    for read in (from_grants, from_control):
        try:
            access = read(value, Groups())
        except UnexpectedReply:
            continue
        assert to_access(access) == access if isinstance(access, dict) else access in (PUBLIC, PRIVATE)
        assert value in (None, {}, []) or isinstance(value, dict | list)
    with contextlib.suppress(UnexpectedReply):
        group_ids_in({"access_grants": value, "access_control": value})


@pytest.mark.parametrize("grants", [{}, "x", 5, ["x"], [{"permission": "own"}], [{"permission": "read"}]])
def test_grants_of_a_strange_form_are_refused(grants):
    """A newer server's rights that we do not know are not dropped in silence."""
    with pytest.raises(UnexpectedReply, match="access grant"):
        from_grants(grants, Groups())


@pytest.mark.parametrize("control", [[], "x", 5, {"read": 5}, {"read": {"group_ids": "x"}}, {"write": ["x"]}])
def test_control_of_a_strange_form_is_refused(control):
    """The same for the older generation."""
    with pytest.raises(UnexpectedReply, match="access control"):
        from_control(control, Groups())


def test_the_groups_that_an_object_mentions():
    """Groups are asked for only where one is mentioned."""
    assert group_ids_in({}) == set()
    assert group_ids_in({"access_grants": [], "access_control": {}}) == set()
    assert group_ids_in({"access_grants": [{"principal_type": "user", "principal_id": "*"}]}) == set()
    assert group_ids_in({"access_grants": [{"principal_type": "group", "principal_id": "g1"}]}) == {"g1"}
    assert group_ids_in({"access_control": {"read": {"group_ids": ["g1"]}, "write": {"group_ids": ["g2"]}}}) == {
        "g1",
        "g2",
    }
