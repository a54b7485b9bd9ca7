"""What is plain is described as pydantic describes it, to the letter; the rest is left to it."""

from __future__ import annotations

import json
import typing
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, create_model

from cochat_devkit.runtime.plain_schema import NotPlain, plain_schema

OPTIONAL_TEXT = typing.Optional[str]  # noqa: UP045 - as tools have it
WORDS = ("x", "y", "é")
HINTS = st.recursive(
    st.sampled_from([str, int, float, bool, typing.Any, typing.Literal["x"], typing.Literal["x", "y"], dict, bytes]),
    lambda inner: inner.map(lambda hint: list[hint]) | inner.map(lambda hint: typing.Union[hint, None]),  # noqa: UP007
    max_leaves=3,
)
DEFAULTS = st.one_of(
    st.just(...),
    st.none(),
    st.sampled_from([*WORDS, 0, 1, -7, 10**30, True, False, 1.0, 0.1, -0.0, float("inf"), float("nan")]),
    st.sampled_from([[], ["x"], [1], {}, (), b"x"]),
)
NAMES = st.sampled_from(
    ["a", "größe", "query", "title", "type", "properties", "default", "json", "copy", "model_id", "schema"]
)


def by_pydantic(name, hint, default, text):
    """Ask pydantic, and take the title away."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = create_model("f", **{name: (hint, Field(default, description=text) if text else default)})
        described = model.model_json_schema()["properties"][name]
    return {key: each for key, each in described.items() if key != "title"}


@given(name=NAMES, hint=HINTS, default=DEFAULTS, text=st.sampled_from([None, "", "what it is", "two\nlines"]))
def test_what_is_plain_is_what_pydantic_says(name, hint, default, text):
    """Hint, default and description of whatever sort: the same schema, its keys in the same order, or none of ours."""
    try:
        ours = plain_schema(name, hint, default, text)
    except NotPlain:
        return
    assert json.dumps(ours) == json.dumps(by_pydantic(name, hint, default, text))


@pytest.mark.parametrize(
    ("hint", "default"),
    [
        (str, ...),
        (str, None),
        (int, 3),
        (float, 0.5),
        (bool, False),
        (typing.Any, ...),
        (list[str], []),
        (list[int | None], None),
        (str | None, "x"),
        (OPTIONAL_TEXT, None),
        (typing.Literal["x", "y"], "x"),
    ],
)
def test_what_tools_mostly_have_is_plain(hint, default):
    """The usual hints do not wait for pydantic."""
    assert plain_schema("query", hint, default, "what") == by_pydantic("query", hint, default, "what")


@pytest.mark.parametrize(
    ("name", "hint", "default"),
    [
        ("a", dict, ...),
        ("a", int, True),
        ("a", float, 1),
        ("a", int | str, 1),
        ("model_id", str, ...),
        ("copy", str, ...),
    ],
)
def test_what_is_not_plain_is_left_to_pydantic(name, hint, default):
    """Where pydantic could convert, warn or refuse, it is asked."""
    with pytest.raises(NotPlain):
        plain_schema(name, hint, default, None)
