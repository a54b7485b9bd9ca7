"""No secret of an exchange is written down, and what is no secret stays as it was."""

from __future__ import annotations

import json

import pytest

from cochat_devkit.runtime.kit.masking import mask_body, mask_headers, mask_url

KNOWN = ("s3cr3t/key", "s3cr3t")


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://a.example/x?q=1&page=2", "https://a.example/x?q=1&page=2"),
        ("https://a.example/x?q=a+b&api_key=123456", "https://a.example/x?q=a+b&api_key=masked"),
        ("https://ada:word@a.example/x", "https://masked@a.example/x"),
        ("https://a.example/bot-s3cr3t/send", "https://a.example/bot-masked/send"),
        ("https://a.example/x?q=s3cr3t%2Fkey", "https://a.example/x?q=masked"),
        ("https://a.example/x?key=&q=", "https://a.example/x?key=masked&q="),
    ],
)
def test_an_address_keeps_all_but_its_secrets(url, masked):
    """A request that was masked is found again by the same mask."""
    assert mask_url(url, KNOWN) == masked
    assert mask_url(masked, KNOWN) == masked


@pytest.mark.parametrize(
    "name", ["Authorization", "proxy-authorization", "Cookie", "set-cookie", "X-Api-Key", "x-auth-token", "X-Signature"]
)
def test_headers_that_sound_secret_are_masked(name):
    """Whatever they hold, one text or several."""
    assert mask_headers({name: "abc", "Accept": "*/*"}, ()) == {name: "masked", "Accept": "*/*"}
    assert mask_headers({name: ["abc", "def"]}, ()) == {name: ["masked", "masked"]}


def test_a_known_secret_is_masked_in_any_header():
    """A referer or a location may repeat it."""
    assert mask_headers({"Location": ["/x?s=s3cr3t"]}, KNOWN) == {"Location": ["/x?s=masked"]}


@pytest.mark.parametrize(
    ("told", "masked"),
    [
        ({"password": "x", "max_tokens": 5, "a": [{"token": ["y", 1]}]}, {"password": "masked", "max_tokens": 5}),
        ({"credentials": {"user": "u", "n": None}}, {"credentials": {"user": "masked", "n": None}}),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_json_is_masked_by_its_names(told, masked, indent):
    """However deep, and however it is written; numbers are no secrets."""
    found = json.loads(mask_body(json.dumps(told, indent=indent).encode(), "", ()))
    assert found == {**told, **masked, **({"a": [{"token": ["masked", 1]}]} if "a" in told else {})}


def test_a_form_and_a_stream_are_masked():
    """As forms and as lines of events."""
    form = b"grant_type=refresh&refresh_token=abc"
    assert mask_body(form, "application/x-www-form-urlencoded; charset=utf-8", ()) == (
        b"grant_type=refresh&refresh_token=masked"
    )
    stream = b'event: x\ndata: {"secret": "abc"}\n\ndata: [DONE]\n'
    assert mask_body(stream, "text/event-stream", ()) == b'event: x\ndata:{"secret": "masked"}\n\ndata: [DONE]\n'


@pytest.mark.parametrize("body", [b"", b"plain", b'{"a":  1}', b'{"a":\n1}', b"\xff\xfe\x00", "Grüße".encode()])
def test_what_has_no_secret_stays_as_it_is(body):
    """To the byte."""
    assert mask_body(body, "", KNOWN) == body


def test_a_known_secret_is_masked_in_any_body():
    """Among bytes that are no text, too."""
    assert mask_body(b"\xff s3cr3t", "", KNOWN) == b"\xff masked"
    assert mask_body(b'"s3cr3t/key"', "", KNOWN) == b'"masked"'
