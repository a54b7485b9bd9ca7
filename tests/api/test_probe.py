"""What a server is, and who we are on it, is found out by asking; signing in trades a password for a token."""

from __future__ import annotations

import pytest

from cochat_devkit.api.probe import Identity, fetch_identity, fetch_server_facts, fetch_version
from cochat_devkit.api.sign_in import send_sign_in
from cochat_devkit.errors import NotAllowed, RemoteError, SignedOut, UnexpectedReply
from cochat_devkit.redaction import redact
from tests.api.fake import PAGE, Answer, refuses, says

VERSION, MISSING_TOOL = "/api/version", "/api/v1/tools/id/cochat_devkit_asks_for_nothing"
LANDMARK, WHO, STATUS = "/api/custom/agents/", "/api/v1/auths/", "/api/v1/users/user/status"
NOT_FOUND = "We could not find what you're looking for :/"
ADA = {"id": "u1", "name": "Ada", "email": "ada@x.test", "role": "admin", "token": "t"}


@pytest.mark.parametrize(
    ("status", "landmark", "dialect"),
    [
        (404, PAGE, "owui-0.12"),
        (401, PAGE, "owui-0.6"),
        (401, refuses(404, "Not Found"), "owui-0.6"),
        (401, refuses(405, "Method Not Allowed"), "owui-0.6"),
        (401, says([]), "cochat"),
        (401, refuses(403, "no"), "cochat"),
        (401, refuses(401, "401 Unauthorized"), "cochat"),
    ],
)
def test_the_dialect_is_found_by_how_the_server_answers(transport, server, status, landmark, dialect):
    """I need not know what sort of server I have."""
    server.on("GET", VERSION, says({"version": "9.9.9"}))
    server.on("GET", MISSING_TOOL, refuses(status, NOT_FOUND))
    server.on("GET", LANDMARK, landmark)
    server.on("GET", WHO, says(ADA))
    facts, identity = fetch_server_facts(transport)
    assert identity == Identity("u1", "Ada", "ada@x.test", "admin")
    # what is not there is asked for twice: it may be whatever stands before the server that says so
    asked = 3 if status == 404 else 4 if dialect == "cochat" else 5
    assert transport.request_count == len(server.paths()) == asked
    assert (facts.dialect.name, facts.version) == (dialect, "9.9.9")
    assert facts.name == facts.dialect.title


@pytest.mark.parametrize(
    ("landmark", "is_proven"),
    [
        (says([{"id": "a1"}]), True),
        (says({"items": [{"id": "a1"}], "total": 1}), True),
        (says([]), False),
        (says(None), False),
        (says({"status": "ok", "items": {"a": 1}}), False),
        (refuses(403, "no"), False),
        (PAGE, False),
    ],
)
def test_what_is_shown_where_only_one_product_has_something_proves_it(transport, server, landmark, is_proven):
    """What a gateway can say, too, never changes what is remembered of my server."""
    server.on("GET", VERSION, says({"version": "9.9.9"}))
    server.on("GET", MISSING_TOOL, refuses(401, NOT_FOUND))
    server.on("GET", LANDMARK, landmark)
    server.on("GET", WHO, says(ADA))
    assert fetch_server_facts(transport)[0].is_proven is is_proven


@pytest.mark.parametrize("absent", [PAGE, refuses(404, "Not Found"), refuses(405, "Method Not Allowed")])
def test_an_absence_that_comes_once_makes_no_other_server_of_mine(transport, server, absent):
    """A sign-in page in the wrong moment would have had agents of CoChat pushed as models, and deleted here."""
    server.on("GET", VERSION, says({"version": "9.9.9"}))
    server.on("GET", MISSING_TOOL, refuses(401, NOT_FOUND))
    server.on("GET", LANDMARK, absent, says([]))
    server.on("GET", WHO, says(ADA))
    assert fetch_server_facts(transport)[0].dialect.name == "cochat"


_DENIED = Answer(403, b"<!doctype html><title>Denied</title>", {"content-type": "text/html"})


@pytest.mark.parametrize("landmark", [refuses(500, "x"), refuses(502, "x"), Answer(drops=-1), _DENIED])
def test_a_failing_server_is_not_guessed_at(transport, server, landmark):
    """A proxy's error does not make another server of mine."""
    server.on("GET", VERSION, says({"version": "9.9.9"}))
    server.on("GET", MISSING_TOOL, refuses(401, NOT_FOUND))
    server.on("GET", LANDMARK, landmark)
    with pytest.raises(RemoteError, match="asking for the dialect"):
        fetch_server_facts(transport)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refuses(401, "401 Unauthorized"), SignedOut),
        (refuses(401, "Not authenticated"), SignedOut),
        (refuses(403, "no"), SignedOut),
        (PAGE, UnexpectedReply),
        (says({"id": "x"}), UnexpectedReply),
        (refuses(500, "x"), UnexpectedReply),
    ],
)
def test_what_the_question_for_the_dialect_may_meet(transport, server, answer, error):
    """A dead token and a strange server are told apart."""
    server.on("GET", VERSION, says({"version": "9.9.9"}))
    server.on("GET", MISSING_TOOL, answer)
    with pytest.raises(error) as raised:
        fetch_server_facts(transport)
    assert raised.value.hint


@pytest.mark.parametrize(
    "answer", [PAGE, says({}), says([]), says({"version": 5}), refuses(404, "Not Found"), refuses(403, "x")]
)
def test_what_is_no_open_webui_is_said(transport, server, answer):
    """A wrong address is named as such, with what to look at."""
    server.on("GET", VERSION, answer)
    with pytest.raises(UnexpectedReply, match=f"{server.url} is no Open WebUI server") as raised:
        fetch_version(transport)
    assert "check the url of the target" in str(raised.value.hint)


def test_who_we_are(transport, server):
    """A session's token is asked at its door, an API key where it may."""
    server.on("GET", WHO, says(ADA), refuses(403, "A human session is required."))
    server.on("GET", STATUS, says({**ADA, "role": "user"}))
    assert fetch_identity(transport) == Identity("u1", "Ada", "ada@x.test", "admin")
    assert fetch_identity(transport).is_admin is False
    assert server.paths() == [WHO, WHO, STATUS]


@pytest.mark.parametrize(
    "answer", [refuses(401, "401 Unauthorized"), refuses(401, "Not authenticated"), refuses(403, "x")]
)
def test_a_dead_token_is_told_to_sign_in_again(transport, server, answer):
    """I read what to type next."""
    server.on("GET", WHO, answer)
    with pytest.raises(SignedOut) as raised:
        fetch_identity(transport)
    assert raised.value.hint == "sign in again: cochat login"
    assert server.paths() == [WHO]


@pytest.mark.parametrize("answer", [says(None), says([]), says({"id": 5}), says({})])
def test_an_answer_that_names_nobody_is_refused(transport, server, answer):
    """Nobody's rows are never mixed with mine."""
    server.on("GET", WHO, answer)
    with pytest.raises(UnexpectedReply, match="names nobody"):
        fetch_identity(transport)


def test_signing_in(transport, server):
    """The password goes to a server that says what it is, and neither it nor the token is ever shown."""
    server.on("GET", VERSION, says({"version": "0.6.43"}))
    server.on(
        "POST",
        "/api/v1/auths/signin",
        says({**ADA, "token": "jwt-canary"}),
        refuses(400, "wrong: pass-canary"),
        says({}),
    )
    assert send_sign_in(transport, "ada@x.test", "pass-canary") == "jwt-canary"
    assert server.asked[-1].body == {"email": "ada@x.test", "password": "pass-canary"}
    assert "canary" not in redact("pass-canary jwt-canary")
    with pytest.raises(NotAllowed, match=r"signing in as ada@x\.test: the server refuses it: wrong") as raised:
        send_sign_in(transport, "ada@x.test", "pass-canary")
    assert "cochat login --token" in str(raised.value.hint)
    assert "canary" not in str(raised.value)
    with pytest.raises(UnexpectedReply, match="the answer has no token"):
        send_sign_in(transport, "ada@x.test", "pass-canary")


def test_a_password_is_not_sent_to_a_strange_server(transport, server):
    """A misspelt address does not learn my password."""
    server.on("GET", VERSION, PAGE)
    with pytest.raises(UnexpectedReply, match="is no Open WebUI server"):
        send_sign_in(transport, "ada@x.test", "pass-canary")
    assert server.paths() == [VERSION]
