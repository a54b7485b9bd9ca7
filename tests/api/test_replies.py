"""What an answer means: by what it says, since its status alone misleads."""

from __future__ import annotations

import json

import httpx
import pytest

from cochat_devkit.api.replies import Undecided, make_error, read_detail, read_json
from cochat_devkit.errors import (
    Missing,
    Moved,
    NotAllowed,
    NotSupported,
    RateLimited,
    Rejected,
    SignedOut,
    UnexpectedReply,
)
from cochat_devkit.redaction import remember_secret

NOT_FOUND = "We could not find what you're looking for :/"
EXPIRED = "Your session has expired or the token is invalid. Please sign in again."
PERMISSION = "You do not have permission to access this resource. Please contact your administrator for assistance."


def make(status, detail=None, *, body=None, content_type="application/json"):
    content = body if body is not None else json.dumps({"detail": detail}).encode()
    request = httpx.Request("GET", "http://server.test/api?token=x")
    return httpx.Response(status, headers={"content-type": content_type}, content=content, request=request)


@pytest.mark.parametrize(
    ("status", "detail", "error"),
    [
        *((status, NOT_FOUND, Missing) for status in (400, 401, 403, 404)),
        (400, "Function not found", Missing),
        (401, "Not authenticated", SignedOut),
        (403, "Not authenticated", SignedOut),
        (401, EXPIRED, SignedOut),
        (401, "401 Unauthorized", Undecided),
        (401, "Invalid token", Undecided),
        (401, PERMISSION, NotAllowed),
        (403, PERMISSION, NotAllowed),
        (400, PERMISSION, NotAllowed),
        (403, "A human session is required.", NotAllowed),
        (403, "", NotAllowed),
        (401, "", NotAllowed),
        (429, "Rate limit exceeded", RateLimited),
        (404, "Not Found", NotSupported),
        (404, "", NotSupported),
        (405, "Method Not Allowed", NotSupported),
        (500, "Internal Server Error", UnexpectedReply),
        (502, "", UnexpectedReply),
        (503, "", UnexpectedReply),
        (301, "", UnexpectedReply),
        (304, "", UnexpectedReply),
        (400, "[ERROR: Error creating tool]", Rejected),
        (409, {"code": "version_conflict"}, Moved),
        (409, {"code": "version_conflict", "current_version_id": "v"}, Moved),
        (409, "A skill with this name already exists", Rejected),
        (409, {"code": "another"}, Rejected),
        (400, {"code": "version_conflict"}, Rejected),
        (413, "", Rejected),
        (422, [{"loc": ["body", "name"], "msg": "Field required"}], Rejected),
        (431, "", Rejected),
    ],
)
def test_refusals_are_told_apart(status, detail, error):
    """Not there, not for me, not signed in and not understood are four things; I am told which."""
    found = make_error(make(status, detail), "reading tool/x")
    assert type(found) is error
    assert found.message.startswith("reading tool/x")
    assert "token=x" not in found.message


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("No such thing", "No such thing"),
        (None, ""),
        (["odd", 5], "odd; 5"),
        (
            [{"loc": ["body", "meta", 0], "msg": "bad"}, {"loc": ["query", "x"], "msg": "worse"}],
            "meta.0: bad; query.x: worse",
        ),
        ([{"msg": "bad"}, {"loc": None, "msg": "b"}, {"loc": 5}], "a field: bad; a field: b; a field: None"),
        ({"code": "c"}, '{"code": "c"}'),
        ("x" * 900, "x" * 500),
    ],
)
def test_the_servers_own_sentence_is_passed_on(detail, said):
    """I read what the server objects to, by field, and no novel."""
    assert read_detail(make(422, detail)) == said


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"5", b"\xff", b"{", b"[" * 100_000])
def test_an_error_without_a_sentence_is_an_error_all_the_same(body):
    """A proxy's error page is not taken for more than it is."""
    assert read_detail(make(502, body=body)) == ""
    assert isinstance(make_error(make(502, body=body), "x"), UnexpectedReply)


def test_a_token_that_the_server_repeats_is_not_passed_on():
    """My token does not stand in an error, though the server wrote it there."""
    remember_secret("canary-token-1")
    error = make_error(make(400, "bad header: canary-token-1 and Bearer abcdefghij"), "x")
    assert "canary-token-1" not in f"{error} {error.detail}"
    assert "abcdefghij" not in f"{error} {error.detail}"


@pytest.mark.parametrize(
    "body", [b'{"a": 1', b"", b"nope", b"\xff\xfe", b'{"a": NaN}', b"[Infinity]", b"[" * 100_000, b"9" * 5000]
)
def test_what_claims_to_be_json_and_is_not_is_refused(body):
    """Half an answer is no answer: nothing is concluded from it."""
    with pytest.raises(UnexpectedReply, match="reading x: the answer is no JSON, or only a part of it"):
        read_json(make(200, body=body), "reading x")


@pytest.mark.parametrize(
    ("content_type", "sort"),
    [("text/html", "a web page"), ("text/plain; charset=x", "text/plain"), ("", "nothing readable")],
)
def test_a_web_page_is_no_answer(content_type, sort):
    """A path that the server does not have answers its web page, with 200: that is not an empty list."""
    with pytest.raises(NotSupported, match=f"no such endpoint .it answered {sort}.$"):
        read_json(make(200, body=b"[]", content_type=content_type), "listing tools")


def test_a_secret_of_ordinary_words_hides_no_meaning():
    """Whatever my password is, "not there" still means not there."""
    remember_secret("could not find")
    assert isinstance(make_error(make(404, NOT_FOUND), "x"), Missing)


def test_an_answer_is_its_json():
    """Null is an answer, too."""
    assert read_json(make(200, body=b'[{"a": null}]'), "x") == [{"a": None}]
    assert read_json(make(200, body=b"null"), "x") is None
    with pytest.raises(Missing):
        read_json(make(401, NOT_FOUND), "x")
