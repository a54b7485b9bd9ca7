"""Credentials of the local server."""

from __future__ import annotations

import re

import pytest

from cochat_devkit.server import tokens

NOW = 1_000


def test_a_token_tells_what_was_signed():
    """A token of ours gives its payload back until its time is over."""
    token = tokens.make_token("secret", {"id": "u", "exp": NOW})
    assert tokens.parse_token("secret", token, now=NOW) == {"id": "u", "exp": NOW}
    assert tokens.parse_token("secret", token, now=NOW + 1) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "ä.b.c", "a.b.\ud800"])
def test_what_is_no_token_is_none(token):
    """Anything may stand in a header; it is no credential, and no accident."""
    assert tokens.parse_token("secret", token, now=NOW) is None


def test_a_token_cannot_be_changed_or_signed_by_others():
    """One changed letter, or another secret, and the token is nothing."""
    token = tokens.make_token("secret", {"id": "u"})
    head, payload, signature = token.split(".")
    other = tokens.make_token("secret", {"id": "v"}).split(".")[1]
    assert tokens.parse_token("secret", f"{head}.{other}.{signature}", now=NOW) is None
    assert tokens.parse_token("another", token, now=NOW) is None
    assert tokens.parse_token("secret", f"{head}.{payload}.{signature[::-1]}", now=NOW) is None


def test_a_password_is_known_by_its_hash_only():
    """The hash has its own salt, fits its password, and fits no other."""
    first, second = tokens.make_password_hash("word"), tokens.make_password_hash("word")
    assert first != second
    assert "word" not in first
    assert tokens.is_password("word", first)
    assert not tokens.is_password("Word", first)


def test_an_api_key_looks_like_one():
    """`sk-` and 32 hexadecimal digits."""
    assert re.fullmatch(r"sk-[0-9a-f]{32}", tokens.make_api_key())
