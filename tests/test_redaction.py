"""The redactor: no secret is shown, however it is written."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.redaction import MASK, redact, remember_secret


@given(st.text(st.characters(codec="utf-8"), min_size=6, max_size=30))
def test_a_known_secret_is_masked_in_every_writing(secret):
    """A password with quotes, accents or spaces is as safe as a plain one, in JSON, Python and URLs."""
    remember_secret(secret)
    for shown in (
        secret,
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        repr(secret),
        quote(secret, safe=""),
    ):
        inner = shown[1:-1] if shown != secret and not shown.startswith("%") else shown
        assert inner not in redact(f"<{shown}>") or inner in MASK


def test_a_longer_secret_is_not_left_half_shown():
    """Of two secrets one of which begins the other, nothing of the longer is left."""
    remember_secret("canary-one")
    remember_secret("canary-one-and-two")
    assert redact("a canary-one-and-two b canary-one c") == f"a {MASK} b {MASK} c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdef123456", f"Authorization: Bearer {MASK}"),
        ('{"a": "Bearer abcdef123456"}', f'{{"a": "Bearer {MASK}"}}'),
        ("key sk-0123456789abcdef0123 end", f"key {MASK} end"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.c2lnbmF0dXJl", MASK),
        ("the bearer of this", "the bearer of this"),
        ("task-0123456789abcdef0123", "task-0123456789abcdef0123"),
        ("sk-short", "sk-short"),
    ],
)
def test_what_looks_like_a_secret_is_masked_unknown(text, shown):
    """A token that nobody told the kit about is masked by its looks."""
    assert redact(text) == shown


def test_a_short_secret_does_not_mask_ordinary_words():
    """A password like `the` would make every message unreadable."""
    remember_secret("the")
    assert redact("the end of the list") == "the end of the list"
