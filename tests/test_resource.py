"""The vocabulary: what is compared as JSON is equal exactly where its digest is."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from cochat_devkit.resource import Key, Resource, Slug, digest_of_body, is_same_body, is_same_json, to_canonical_json

plain = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, -0.0, 1.0, 2.5]) | st.text(max_size=2)
values = st.recursive(
    plain,
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=1), each, max_size=2),
    max_leaves=4,
)
bodies = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


@given(values, values)
@example(0.0, -0.0)
@example(True, 1)
@example(1, 1.0)
@example([], {})
@example([], None)
@example({"a": 1}, {"a": True})
def test_the_same_is_what_is_written_the_same(one, other):
    """A switch is no number and an empty list no empty mapping, whichever way they are told apart."""
    assert is_same_json(one, other) == (to_canonical_json(one) == to_canonical_json(other))
    assert is_same_json(one, one)


@given(bodies, bodies)
@example({"a": None}, {})
@example({"a": 1, "b": 2}, {"b": 2, "a": 1})
def test_bodies_are_the_same_where_their_digests_are(one, other):
    """What the files say is taken for what the server has without hashing it: never where they differ."""
    assert is_same_body(one, other) == (digest_of_body("", one) == digest_of_body("", other))
    assert is_same_body(one, dict(reversed(one.items())))
    assert Resource(Key("tool", Slug("x")), one).digest == digest_of_body("", one)
