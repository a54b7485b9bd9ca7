"""Whom a body names, and how somebody can be named: the two sides of one question agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.kinds.references import Mention, kinds_answering, mentions_in, names_others, naming_of

AGENT, AUTOMATION = kind_named("agent")[0], kind_named("automation")[0]


def refs(kind, **body):
    return [each.ref for each in mentions_in(kind, body)]


def test_each_field_that_names_somebody_is_read():
    """Tools, filters, knowledge, model and steps: whatever an agent or an automation depends on is known."""
    body = {
        "base": "gpt-4",
        "tools": ["tool/web", "id:server:mcp:x", "tool/web"],
        "filters": ["filter/web"],
        "default_filters": ["filter/web"],
        "knowledge": ["knowledge/handbook", {"id": "6f", "type": "collection"}, {"type": "file"}],
        "meta": {"tools": ["tool/hidden"]},
        "system": "use tool/other",
    }
    assert list(mentions_in(AGENT, body)) == [
        Mention("base", "model:gpt-4"),
        Mention("tools", "tool/web"),
        Mention("tools", "tool:server:mcp:x"),
        Mention("filters", "filter/web"),
        Mention("default_filters", "filter/web"),
        Mention("knowledge", "knowledge/handbook"),
        Mention("knowledge", "knowledge:6f"),
    ]
    steps = [{"type": "prompt", "model": "gpt-4"}, {"agent_id": "a1", "prompt": "x"}, "odd", {"model": {"id": 1}}]
    assert refs(AUTOMATION, model="gpt-4", steps=steps) == ["model:gpt-4", "model:gpt-4", "agent:a1"]


@pytest.mark.parametrize("value", [None, "", "text", 5, {}, {"id": "x"}, [None], [""], [5], [[]], [{"id": 5}], [{}]])
def test_what_names_nobody_is_passed_over(value):
    """A field of a form that no server sends stops nothing and names nobody."""
    for kind in all_kinds():
        for each in kind.fields:
            found = refs(kind, **{each.name: value})
            assert found in ([], ["model:text"]), (kind.name, each.name)


@given(
    slug=st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    id_=st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
)
def test_whoever_is_named_knows_by_what(slug, id_):
    """Asking "whom does it use" and "who uses it" are one question: each way of naming fits whom it means."""
    for word in ("tool", "skill", "filter", "action", "knowledge"):
        (field,) = [each for each in AGENT.fields if each.name == ("knowledge" if word == "knowledge" else f"{word}s")]
        kind, type_ = kind_named(word)
        naming = naming_of(kind, slug, type_ or "", id_)
        found = [each.ref for each in mentions_in(AGENT, {field.name: [f"{word}/{slug}", f"id:{id_}"]})]
        assert len(found) == 2
        assert all(map(naming.fits, found))
    for kind in kinds_answering("model"):
        assert all(map(naming_of(kind, slug, "", id_).fits, refs(AGENT, base=id_)))
    pipe = naming_of(kind_named("pipe")[0], slug, "pipe", id_)
    assert [*map(pipe.fits, refs(AGENT, base=f"{id_}.x") + refs(AGENT, base=id_))] == [True, True]
    assert not pipe.fits(f"model:{id_}x")
    assert not naming_of(kind_named("filter")[0], slug, "filter", id_).fits(f"model:{id_}.x")


def test_kinds_that_name_nobody_cost_nothing():
    """What is read of each body at a pull is known from the table: most kinds are never looked into."""
    assert {kind.name for kind in all_kinds() if names_others(kind)} == {"agent", "model", "automation"}
