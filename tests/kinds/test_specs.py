"""What a model is told of a tool: read whatever a server sends, said in words of bounded depth."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.kinds.specs import Parameter, methods_in

KEYS = ("specs", "name", "parameters", "properties", "required", "type", "anyOf", "oneOf", "items", "description", "x")
LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(["array", "string", ""])
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
)


def parameter(schema: Any) -> Parameter:
    """Read a method of one parameter."""
    spec = {"name": "run", "parameters": {"properties": {"x": schema}, "required": ["x"]}}
    ((_name, _said, (found,)),) = methods_in({"specs": [spec]})
    return found


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "any"),
        (None, "any"),
        ({"type": "string", "enum": ["a"]}, "string"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number | null"),
        ({"oneOf": [{"type": "array", "items": {"type": "integer"}}, 3]}, "array of integer | any"),
        ({"type": "array"}, "array"),
        ({"type": "array", "items": [1]}, "array of any"),
    ],
)
def test_a_type_is_said_in_words(schema: Any, words: str) -> None:
    """A choice, a list and a value that may be left out are named, and not shown as a schema."""
    assert parameter(schema).type == words


@pytest.mark.parametrize("within", ["items", "anyOf"])
def test_types_within_types_have_an_end(within: str) -> None:
    """A schema as deep as JSON may be is said in a few words."""
    schema: Any = {"type": "string"}
    for _ in range(5_000):
        schema = {"type": "array", "items": schema} if within == "items" else {"anyOf": [schema]}
    found = parameter(schema)
    assert found.type == ("array of " * 5 + "any" if within == "items" else "any")
    assert found.rest == {}


@given(JSON)
def test_whatever_a_server_sends_is_read(derived: Any) -> None:
    """What has not the form of specs is left out, and nothing fails of it."""
    whole = derived if isinstance(derived, dict) else {"specs": derived}
    for method in methods_in(whole):
        assert isinstance(method.name, str)
        assert isinstance(method.description, str)
        assert all(each.type and isinstance(each.name, str) for each in method.parameters)
