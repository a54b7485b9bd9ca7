"""A schema of valves is read as its author meant it: types, choices, bounds, and what nobody is to see."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.errors import UsageError
from cochat_devkit.kinds.valves import lay_over, parse_assignment, parse_spec, parse_value, variable_in

SCHEMA = {
    "$defs": {
        "Mode": {"enum": ["fast", "deep"], "title": "Mode", "type": "string"},
        "Place": {"properties": {"city": {"type": "string"}}, "title": "Place", "type": "object"},
    },
    "properties": {
        "count": {"default": 3, "maximum": 10, "minimum": 1, "type": "integer"},
        "ratio": {"default": 0.5, "type": "number"},
        "on": {"default": False, "type": "boolean"},
        "greeting": {"default": "hi", "maxLength": 5, "type": "string"},
        "words": {"default": [], "items": {"type": "string"}, "type": "array"},
        "numbers": {"default": [], "items": {"type": "integer"}, "type": "array"},
        "headers": {"additionalProperties": {"type": "string"}, "default": {}, "type": "object"},
        "limit": {"anyOf": [{"minimum": 1, "type": "integer"}, {"type": "null"}], "default": None},
        "mode": {"$ref": "#/$defs/Mode", "default": "fast"},
        "old_mode": {"allOf": [{"$ref": "#/$defs/Mode"}], "default": "fast"},
        "place": {"$ref": "#/$defs/Place", "default": {}},
        "level": {"default": "low", "enum": ["low", "high"]},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}], "default": 1},
        "anything": {"default": None},
        "owner": {"type": "string"},
        "api_key": {"default": "", "type": "string"},
        "max_tokens": {"default": 10, "type": "integer"},
    },
    "required": ["owner"],
    "title": "Valves",
    "type": "object",
}


@pytest.fixture
def spec():
    """Read the schema."""
    return parse_spec(SCHEMA)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "7", 7),
        ("ratio", "0.25", 0.25),
        ("ratio", "2", 2.0),
        ("on", "yes", True),
        ("on", "0", False),
        ("greeting", "7", "7"),
        ("greeting", "", ""),
        ("words", "one, two", ["one", "two"]),
        ("words", '["a,b"]', ["a,b"]),
        ("numbers", "[1, 2]", [1, 2]),
        ("headers", '{"A": "b"}', {"A": "b"}),
        ("limit", "4", 4),
        ("mode", "deep", "deep"),
        ("old_mode", "deep", "deep"),
        ("place", '{"city": "Bonn"}', {"city": "Bonn"}),
        ("level", "high", "high"),
        ("either", "5", 5),
        ("either", "five", "five"),
        ("anything", "[1]", [1]),
        ("anything", "word", "word"),
    ],
)
def test_a_text_becomes_what_the_plugin_declares(spec, name, text, value):
    """A value on the command line arrives as the type of the class."""
    found = parse_value(spec.valves[name], text)
    assert json.dumps(found) == json.dumps(value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("count", "many", "count takes integer, not 'many'"),
        ("count", "0", "count takes at least 1"),
        ("count", "11", "count takes at most 10"),
        ("limit", "0", "limit takes at least 1"),
        ("ratio", "nan", "ratio takes number"),
        ("on", "maybe", "on takes boolean"),
        ("greeting", "far too long", "greeting takes a text no longer than 5"),
        ("numbers", "1,2", "numbers takes array"),
        ("headers", "[1]", "headers takes object"),
        ("mode", "slow", "mode takes one of fast, deep, not 'slow'"),
        ("level", "mid", "level takes one of low, high"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_sent(spec, name, text, said):
    """A wrong value is one sentence that says what is taken."""
    with pytest.raises(UsageError) as caught:
        parse_value(spec.valves[name], text)
    assert caught.value.message.startswith(said)


def test_a_wrong_secret_is_not_repeated():
    """The sentence about a value of a secret valve does not hold the value."""
    spec = parse_spec({"properties": {"key": {"default": 1, "type": "integer", "format": "password"}}})
    with pytest.raises(UsageError) as caught:
        parse_value(spec.valves["key"], "hunter2hunter2")
    assert "hunter2" not in caught.value.message


def test_a_misspelled_name_is_guessed(spec):
    """An unknown valve is refused with the one that was probably meant."""
    with pytest.raises(UsageError) as caught:
        parse_assignment(spec, "cuont=3")
    assert caught.value.hint == "did you mean 'count'?"
    with pytest.raises(UsageError):
        parse_assignment(spec, "count")
    assert parse_assignment(spec, "greeting=a=b") == ("greeting", "a=b")


@pytest.mark.parametrize(
    ("name", "schema", "is_secret"),
    [
        ("api_key", {"type": "string"}, True),
        ("OPENAI_API_KEY", {"type": "string"}, True),
        ("accessToken", {"type": "string"}, True),
        ("password", {"type": "string"}, True),
        ("anything", {"type": "string", "input": {"type": "password"}}, True),
        ("pin_code", {"type": "integer", "input": {"type": "password"}}, True),
        ("anything", {"format": "password", "type": "string", "writeOnly": True}, True),
        ("max_tokens", {"type": "integer"}, False),
        ("use_auth", {"type": "boolean"}, False),
        ("monkey", {"type": "string"}, False),
        ("keyboard", {"type": "string"}, False),
        ("model", {"type": "string"}, False),
        ("auth", {"anyOf": [{"type": "string"}, {"type": "null"}]}, True),
    ],
)
def test_secrets_are_known_by_input_and_by_name(name, schema, is_secret):
    """A password input is a secret, and so is a text whose name sounds like one; numbers are not by their name."""
    assert parse_spec({"properties": {name: schema}}).valves[name].is_secret is is_secret


def test_a_value_may_show_by_itself_that_it_is_secret(spec):
    """A password in an address, a header that signs in, and what the class has no more are masked."""
    assert spec.is_secret("greeting", "postgres://me:pw@host/db")
    assert spec.is_secret("headers", {"Authorization": "Bearer x"})
    assert spec.is_secret("forgotten", "text")
    assert not spec.is_secret("forgotten", 5)
    assert not spec.is_secret("greeting", "https://host/path")


def test_changes_are_laid_over_the_whole(spec):
    """What is not named stays; what is dropped goes; a null says nothing; what the class lost is named."""
    stored = {"owner": "me", "count": 4, "gone": 1}
    whole, gone = lay_over(spec, stored, {"ratio": 1.0, "limit": None}, ["count"])
    assert (whole, gone) == ({"owner": "me", "ratio": 1.0}, ("gone",))
    with pytest.raises(UsageError, match="owner"):
        lay_over(spec, stored, {}, ["owner"])


def test_no_schema_is_no_valves():
    """A plugin without the class has no valves; an empty class has none to set."""
    assert parse_spec(None) is None
    assert not parse_spec({"properties": {}})


@given(st.text())
def test_only_the_one_form_names_a_variable(text):
    """A value is taken as it is unless it is exactly ${NAME}."""
    name = variable_in(text)
    assert name is None or text == f"${{{name}}}"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_whatever_a_server_calls_a_schema_is_read(schema):
    """No schema of a newer server stops us: what is not understood takes anything."""
    wrapped = {"properties": {"x": schema}, "$defs": {"y": schema}}
    spec = parse_spec(wrapped)
    assert spec is not None
    assert isinstance(spec.is_secret("x", "text"), bool)


PLAIN = parse_spec({"properties": {"plain_name": {"type": "string"}}})


@pytest.mark.parametrize(
    "value",
    [
        "sk-proj-0123456789abcdefghij",
        "Bearer 0123456789abcdef",
        "https://ghp_0123456789@github.test/x",
        "https://user:word@host.test/",
        "https://host.test/?q=1&api_key=word",
        "Server=db;Password=word;Pooling=true",
        {"plain": ["https://token@host.test"]},
    ],
)
def test_a_value_that_shows_that_it_is_a_secret_is_one(value):
    """Whatever its valve is called: it stands as a variable in files for git, and masked on a screen."""
    assert PLAIN.is_secret("plain_name", value)


@pytest.mark.parametrize("value", ["https://host.test/@me", "a@b.test", "https://host.test/?page=2", "x = y; z"])
def test_an_ordinary_address_is_no_secret(value):
    """An address without anybody in it, and a person's, are shown."""
    assert not PLAIN.is_secret("plain_name", value)
