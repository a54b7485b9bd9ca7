"""The variables that a system prompt asks for."""

from __future__ import annotations

import pytest

from cochat_devkit.server.chat_variables import chat_variables_schema

PLAIN = {"key": "a", "type": "text", "required": False}


@pytest.mark.parametrize("system", [None, "", 3, "{{a}}", "{{chat.variables.}}", "{{user.variables.a}}"])
def test_a_prompt_without_variables(system):
    """What asks for nothing has no schema."""
    assert chat_variables_schema(system) is None


@pytest.mark.parametrize(
    ("definition", "field"),
    [
        ("", PLAIN),
        ("| text", PLAIN),
        ("| type=number:min=1:required", {**PLAIN, "type": "number", "min": "1", "required": True}),
        ('| text:default="a: b":colour=red', {**PLAIN, "default": "a: b"}),
        ('| select:options=["x:1","y"]', {**PLAIN, "type": "select", "options": ["x:1", "y"]}),
        ("| text:default=a=b", {**PLAIN, "default": "a=b"}),
    ],
)
def test_how_a_variable_is_described(definition, field):
    """A type, then properties; quotes and brackets keep what separates."""
    assert chat_variables_schema(f"Say {{{{ chat.variables.a {definition}}}}}.") == {"fields": [field]}


@pytest.mark.parametrize(
    "system",
    [
        "{{chat.variables.A}}",
        "{{chat.variables.a | select}}",
        "{{chat.variables.a | text}} {{chat.variables.a | number}}",
    ],
)
def test_variables_that_make_no_sense(system):
    """One that cannot be used takes the whole schema away."""
    assert chat_variables_schema(system) is None


def test_a_description_counts_once():
    """A name without a description may be said as often as one likes."""
    system = "{{chat.variables.a}} {{chat.variables.a | number}} {{chat.variables.a}}"
    assert chat_variables_schema(system) == {"fields": [{**PLAIN, "type": "number"}]}
