"""Names: what a server calls by random ids, files call by address, and the same for everybody who pulled it once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.errors import UsageError
from cochat_devkit.kinds import kind_named
from cochat_devkit.kinds.dialects import OWUI_0_6, OWUI_0_12
from cochat_devkit.kinds.names import Names, assign_slugs, to_slug
from cochat_devkit.kinds.wire import slugs_for
from cochat_devkit.resource import RemoteId, Slug

ids = st.uuids().map(lambda each: RemoteId(str(each)))
named = st.lists(
    st.tuples(ids, st.sampled_from(["Docs", "docs!", "产品手册", "", "Ünï cödé", "a/b"])), unique_by=lambda t: t[0]
)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Product docs", "product-docs"),
        ("  A__B/../c  ", "a__b-c"),
        ("产品手册", "产品手册"),
        ("", "untitled"),
        ("!?", "untitled"),
    ],
)
def test_a_name_becomes_a_slug(name, slug):
    """A folder bears a name that I can read and type, and nothing that a path could trip over."""
    assert to_slug(name) == slug


@given(st.text())
def test_no_slug_leaves_its_folder(name):
    """Whatever a resource is called, its slug is one plain word."""
    slug = to_slug(name)
    assert slug
    assert not set(slug) & set('/\\.:*?"<>| \n\0')
    assert to_slug(slug) == slug


@given(named, st.data())
def test_slugs_are_apart_and_stay(natural, data):
    """No two resources share a slug, and one that has a slug keeps it, whatever comes later."""
    first = assign_slugs(natural, {})
    assert len(set(first.values())) == len(natural)
    more = data.draw(named)
    later = assign_slugs([*natural, *(each for each in more if each[0] not in first)], first)
    assert {remote_id: later[remote_id] for remote_id in first} == first
    assert len(set(later.values())) == len(later)


def test_a_reference_leads_back():
    """An address in a file finds the id on this server; an unknown one says what to do."""
    names = Names({"knowledge": {RemoteId("u1"): Slug("docs")}})
    assert names.ref_of("knowledge", "u1") == "knowledge/docs"
    assert names.id_of("knowledge/docs") == "u1"
    assert names.id_of(names.ref_of("knowledge", "gone")) == "gone"
    with pytest.raises(UsageError, match="the server has no knowledge/other"):
        names.id_of("knowledge/other")


@pytest.mark.parametrize("dialect", [OWUI_0_6, OWUI_0_12], ids=lambda dialect: dialect.name)
def test_a_prompt_is_called_by_its_command_on_every_server(dialect):
    """The file of a prompt bears its command as it is, so that a fresh pull finds the file that a push came from."""
    prompt = kind_named("prompt")[0]
    endpoints = prompt.endpoints_for(dialect)
    commands = ["ct_x", "CT-UP", "a b", "你好"]
    wires = [{"id": f"u-{each}", "command": f"{endpoints.id_prefix}{each}"} for each in commands]
    assert sorted(slugs_for(prompt, wires, {}, endpoints).values()) == sorted(commands)


def test_a_prompt_that_an_upgrade_gave_another_id_is_the_same():
    """Open WebUI 0.6 knows a prompt by its command, and 0.12 by an id: files and base go on."""
    prompt = kind_named("prompt")[0]
    endpoints = prompt.endpoints_for(OWUI_0_12)
    known = {RemoteId("/hello"): Slug("hello"), RemoteId("/gone"): Slug("gone"), RemoteId("u-2"): Slug("bye")}
    wires = [{"id": "u-1", "command": "hello"}, {"id": "u-2", "command": "good-bye"}, {"id": "u-3", "command": "bye"}]
    found = slugs_for(prompt, wires, known, endpoints)
    assert (found["u-1"], found["u-2"]) == ("hello", "bye")
    assert found["u-3"] not in {"hello", "bye", "gone"}
