"""The way between a server's object and a resource: what is ours is compared, what is not is kept or left alone."""

from __future__ import annotations

import copy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cochat_devkit.errors import NotSupported, UnexpectedReply
from cochat_devkit.kinds import kind_named
from cochat_devkit.kinds.access import Groups
from cochat_devkit.kinds.dialects import DIALECTS, OWUI_0_6, OWUI_0_12
from cochat_devkit.kinds.kind import WireContext
from cochat_devkit.kinds.wire import (
    changed_fields,
    from_wire,
    has_body,
    remote_id_of,
    to_create_form,
    to_update_form,
    updated_at_of,
    version_of,
)
from cochat_devkit.resource import Key, Resource, Slug

TOOL, FUNCTION = kind_named("tool")[0], kind_named("function")[0]
GROUPS = Groups({"g1": "Writers"})
NEW, OLD = WireContext(OWUI_0_12, GROUPS), WireContext(OWUI_0_6, GROUPS)


def tool_wire(**more):
    return {
        "id": "web_search",
        "user_id": "u1",
        "name": "Web search",
        "content": "class Tools:\n    pass\n",
        "specs": [{"name": "search"}],
        "meta": {
            "description": "It searches",
            "manifest": {"title": "x"},
            "i18n": None,
            "has_user_valves": True,
            "extra": {"deep": [1, True, None]},
        },
        "updated_at": 1795328341,
        "created_at": 1795328340,
        "version_id": "v1",
        "user": {"id": "u1", "email": "ada@example.test"},
        "write_access": True,
        **more,
    }


def function_wire(**more):
    found = {"id": "f", "type": "filter", "name": "F", "content": "class Filter:\n    pass\n", "meta": {}}
    return {**found, "is_active": True, "is_global": False, "user_id": "u1", **more}


def grants(*rights):
    return [
        {"id": "x", "principal_type": "group", "principal_id": "g1", "permission": right, "created_at": 1}
        for right in rights
    ]


def test_an_object_becomes_a_resource():
    """What I edit is the body; version, time and what the server computed are beside it."""
    found = from_wire(TOOL, tool_wire(access_grants=grants("read", "write")), NEW)
    assert found.key == Key("tool", Slug("web_search"))
    assert found.body == {
        "name": "Web search",
        "content": "class Tools:\n    pass\n",
        "description": "It searches",
        "access": {"read": ["Writers"], "write": ["Writers"]},
        "meta": {"extra": {"deep": [1, True, None]}},
    }
    assert (found.version, found.writable, found.type) == ("v1", True, "")
    assert found.updated_at is not None
    assert found.updated_at.isoformat() == "2026-11-22T06:19:01+00:00"
    assert found.derived["specs"] == [{"name": "search"}]


def test_peoples_data_is_never_stored():
    """Who wrote a plugin, with e-mail and settings, stays on the server."""
    found = from_wire(TOOL, tool_wire(access_grants=[]), NEW)
    assert "ada@example.test" not in repr(found)
    assert {"user", "write_access", "access_grants", "content", "name", "id"}.isdisjoint(found.derived)


@pytest.mark.parametrize("name", ["valves", "user_valves"])
def test_valves_in_a_listing_are_never_stored(name):
    """A server that shows the values of valves beside a plugin does not make us keep an API key."""
    wire = tool_wire(access_grants=[]) | {name: {"api_key": "canary"}}
    assert "canary" not in repr(from_wire(TOOL, wire, NEW))


def test_what_the_server_owns_is_never_sent():
    """An update has neither specs nor times nor people; a filter's type is the server's to find."""
    sent = to_update_form(TOOL, tool_wire(access_grants=[]), from_wire(TOOL, tool_wire(), NEW).body, NEW)
    assert {"specs", "user_id", "updated_at", "created_at", "version_id", "user", "write_access"}.isdisjoint(sent)
    wire = function_wire(user={"settings": {"valves": "secret"}})
    sent = to_update_form(FUNCTION, wire, from_wire(FUNCTION, wire, OLD).body, OLD)
    assert {"type", "user", "user_id"}.isdisjoint(sent)
    assert "secret" not in repr(from_wire(FUNCTION, wire, OLD))


unknown = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
extras = st.dictionaries(st.text(min_size=1, max_size=8), unknown, max_size=4)


@given(extras, extras)
@example({}, {"valves": None})
@example({}, {"user_valves": {"key": "canary"}})
def test_an_update_keeps_what_it_does_not_know(more_meta, more):
    """A field of a newer server survives my edit of another, untouched; only valves are never part of a save."""
    wire = tool_wire(access_grants=grants("read"))
    ours = {*wire, *(each.name for each in TOOL.fields)}
    wire |= {name: value for name, value in more.items() if name not in ours}
    wire["meta"] |= {name: value for name, value in more_meta.items() if name not in wire["meta"]}
    before = copy.deepcopy(wire)
    body = from_wire(TOOL, wire, NEW).body | {"content": "class Tools:\n    x = 1\n"}
    sent = to_update_form(TOOL, wire, body, NEW)
    assert wire == before, "the object that was read is not changed"
    dropped = {*TOOL.derived, "user", "write_access", "valves", "user_valves"}
    assert sent == {name: value for name, value in wire.items() if name not in dropped} | {"content": body["content"]}


@given(extras)
def test_meta_is_written_whole_and_the_servers_part_of_it_kept(meta):
    """My own keys of `meta` are what I wrote; description, manifest and the like stay."""
    ours = {name: value for name, value in meta.items() if name not in ("description", "manifest", "i18n")}
    ours = {name: value for name, value in ours.items() if name != "has_user_valves" and value is not None}
    wire = tool_wire(access_grants=[])
    before = copy.deepcopy(wire)
    body = from_wire(TOOL, wire, NEW).body | {"meta": ours, "description": "New"}
    sent = to_update_form(TOOL, wire, body, NEW)
    assert wire == before, "the object that was read is not changed"
    assert sent["meta"].pop("description") == "New"
    theirs = {name: wire["meta"][name] for name in ("manifest", "i18n", "has_user_valves")}
    assert sent["meta"] == {**theirs, **ours}
    assert from_wire(TOOL, sent, NEW).body["meta"] == ours


def test_what_is_equal_keeps_the_servers_own_writing():
    """Null stays null, and grants keep their ids, where I changed nothing there."""
    wire = tool_wire(access_grants=grants("read"))
    wire["meta"]["description"] = None
    sent = to_update_form(TOOL, wire, from_wire(TOOL, wire, NEW).body | {"name": "New"}, NEW)
    assert sent["meta"]["description"] is None
    assert sent["access_grants"] == wire["access_grants"]
    assert sent["name"] == "New"


def test_access_is_always_sent_back_to_0_6():
    """An update that left it out would make my private tool public."""
    for control in ({}, None, {"read": {"group_ids": ["g1"], "user_ids": []}}):
        wire = tool_wire(access_control=control)
        sent = to_update_form(TOOL, wire, from_wire(TOOL, wire, OLD).body | {"name": "New"}, OLD)
        assert sent["access_control"] == control


def test_switches_are_not_part_of_a_save():
    """A filter is switched on by its own request, and only where it differs."""
    wire = function_wire()
    body = from_wire(FUNCTION, wire, OLD).body | {"active": False, "global": True}
    assert to_update_form(FUNCTION, wire, body, OLD)["is_active"] is True
    assert [each.name for each in changed_fields(FUNCTION, wire, body, OLD)] == ["active", "global"]


def test_a_change_that_python_does_not_see_is_sent():
    """1 instead of true is a change to the server, too."""
    wire = tool_wire(access_grants=[])
    body = from_wire(TOOL, wire, NEW).body | {"meta": {"extra": {"deep": [True, True, None]}}}
    assert [each.name for each in changed_fields(TOOL, wire, body, NEW)] == ["meta"]
    assert to_update_form(TOOL, wire, body, NEW)["meta"]["extra"]["deep"][0] is True


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("kind", [TOOL, FUNCTION], ids=lambda kind: kind.name)
def test_what_is_created_is_what_was_written(kind, dialect):
    """A new resource is on the server what it is in my file, switches apart."""
    context = WireContext(dialect, GROUPS)
    wire = tool_wire() if kind is TOOL else function_wire(is_active=False)
    body = from_wire(kind, wire | {"access_grants": grants("read"), "access_control": {}}, context).body
    form = to_create_form(kind, Resource(Key(kind.name, Slug("web_search")), body), context)
    assert set(kind.required) <= set(form)
    assert form[kind.endpoints_for(dialect).id_field] == "web_search"
    assert changed_fields(kind, form, body, context) == []


def test_sources_are_compared_as_the_server_stores_them():
    """A server that did not rewrite yet shows no difference."""
    wire = tool_wire(content="from utils import x\n", access_grants=[])
    assert from_wire(TOOL, wire, NEW).body["content"] == "from open_webui.utils import x\n"


@pytest.mark.parametrize("found", [None, "", 5, ["x"], "half a pair \ud800"])
def test_an_object_without_an_id_is_no_object(found):
    """A listing with a nameless thing in it is not believed."""
    with pytest.raises(UnexpectedReply, match="a tool without an id"):
        remote_id_of(TOOL, {"id": found}, TOOL.endpoints["0.12"])


@pytest.mark.parametrize("wire", [None, [], "x", 5])
def test_what_is_no_object_has_no_id(wire):
    """Neither is one that is no object at all."""
    with pytest.raises(UnexpectedReply):
        remote_id_of(TOOL, wire, TOOL.endpoints["0.12"])


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@given(st.sampled_from([TOOL, FUNCTION]), st.sampled_from([NEW, OLD]), st.data())
def test_a_field_of_the_wrong_type_is_an_error_of_the_server(kind, context, data):
    """Whatever a server sends, I get a resource or one clear error, not a crash."""
    wire = dict(tool_wire(access_grants=[], access_control=None) if kind is TOOL else function_wire())
    wire[data.draw(st.sampled_from(sorted(wire)))] = data.draw(junk)
    try:
        found = from_wire(kind, wire, context)
        assert set(found.body) == {each.name for each in kind.fields}
        has_body(kind, wire)
    except UnexpectedReply:
        pass


@pytest.mark.parametrize(("content", "found"), [("x", True), ("", True), (None, False), (5, False)])
def test_a_whole_object_bears_its_source(content, found):
    """An item without its source is not taken for an empty file."""
    assert has_body(TOOL, {"content": content}) is found
    assert has_body(TOOL, {}) is False


def test_times_and_versions():
    """What is no version or no time is none, rather than a wrong one."""
    assert version_of({"version_id": "v"}) == "v"
    assert version_of({"version_id": None}) is None
    assert version_of({}) is None
    assert [updated_at_of({"updated_at": each}) for each in (None, "x", -1, 1 << 70)] == [None] * 4


def test_what_a_server_has_no_place_for_is_said_so():
    """A field that the dialect lacks reads as nothing, and cannot be laid: whatever its codec is."""
    agent = kind_named("agent")[0]
    context = WireContext(DIALECTS["cochat"], GROUPS)
    wire = {"name": "A", "system_prompt": "Be.", "model": "m"}
    for each in agent.fields:
        if each.place_on(context.dialect) is None and each.name != "access":
            with pytest.raises(NotSupported, match=each.name):
                each.codec.lay(wire, each.codec.parse([]) if each.codec.refers else each.implied(None), each, context)
