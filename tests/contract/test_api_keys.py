"""API keys: one per person, replaced on request, and not quite the same as a signed-in person."""

from __future__ import annotations

import re

import pytest

from tests.contract import texts
from tests.contract.stage import read_json, refusal

PATH = "/api/v1/auths/api_key"
READABLE_WITH_A_KEY = [
    "/api/v1/users/permissions", "/api/v1/users/user/settings", "/api/v1/users/user/status", "/api/v1/groups/",
    "/api/v1/tools/", "/api/v1/tools/list", "/api/v1/functions/",
]  # fmt: skip


@pytest.fixture(params=["admin", "user"])
def person(request, server):
    """A fresh person of each role: a key replaces the one before."""
    return server.add_person(role=request.param)


@pytest.fixture
def key(person):
    return read_json(person.client.post(PATH))["api_key"]


def test_nobody_has_a_key_at_first(person):
    """Asking for a key that was never made is answered 404 with its own sentence."""
    assert refusal(person.client.get(PATH)) == (404, texts.NO_API_KEY)


def test_a_key_is_made_kept_and_shown_again(person, key):
    """A key is `sk-` and 32 hexadecimal digits, and can be read again later."""
    assert re.fullmatch(r"sk-[0-9a-f]{32}", key)
    assert read_json(person.client.get(PATH)) == {"api_key": key}


@pytest.mark.parametrize("path", READABLE_WITH_A_KEY)
def test_a_key_signs_in_as_a_bearer_token(server, key, path):
    """A key takes the place of a JWT."""
    read_json(server.client(key).get(path))


def test_a_key_tells_its_owner_through_the_user_status(server, person, key):
    """`GET /api/v1/users/user/status` tells the caller's own id to a key on every server."""
    account = read_json(server.client(key).get("/api/v1/users/user/status"))
    assert (account["id"], account["role"]) == (person.id, read_json(person.client.get("/api/v1/auths/"))["role"])


@pytest.mark.generation("0.12")
def test_whoami_wants_a_person(server, key):
    """On 0.12 a key is refused by `GET /api/v1/auths/`, though it is valid."""
    assert refusal(server.client(key).get("/api/v1/auths/")) == (403, texts.NOT_A_PERSON)


@pytest.mark.generation("0.6")
def test_whoami_answers_a_key(server, person, key):
    """On 0.6 a key is answered by `GET /api/v1/auths/` like a JWT."""
    assert read_json(server.client(key).get("/api/v1/auths/"))["id"] == person.id


@pytest.mark.generation("0.12")
def test_the_key_header_signs_in(server, person, key):
    """On 0.12 `x-api-key` carries a key, or a JWT."""
    for credential in (key, person.token):
        read_json(server.client(headers={"x-api-key": credential}).get("/api/v1/users/permissions"))


@pytest.mark.generation("0.6")
def test_the_key_header_is_not_known(server, key):
    """On 0.6 `x-api-key` is not looked at."""
    answer = server.client(headers={"x-api-key": key}).get("/api/v1/users/permissions")
    assert refusal(answer) == (401, texts.NOT_SIGNED_IN)


def test_a_new_key_replaces_the_old_one(server, person, key):
    """Making a key a second time ends the first."""
    second = read_json(person.client.post(PATH))["api_key"]
    assert second != key
    assert refusal(server.client(key).get("/api/v1/users/permissions")) == (401, texts.SESSION_EXPIRED)
    read_json(server.client(second).get("/api/v1/users/permissions"))


def test_a_deleted_key_is_gone(server, person, key):
    """Deleting a key ends it."""
    assert read_json(person.client.delete(PATH)) is True
    assert refusal(person.client.get(PATH)) == (404, texts.NO_API_KEY)
    assert refusal(server.client(key).get("/api/v1/users/permissions")) == (401, texts.SESSION_EXPIRED)
