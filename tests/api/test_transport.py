"""The road to a server: what goes wrong on it is named, and what went wrong once is tried again where that is safe."""

from __future__ import annotations

import socket
import threading
import time
import traceback

import pytest

from cochat_devkit.api.gate import Gate
from cochat_devkit.api.transport import READ_TRIES, Transport
from cochat_devkit.errors import (
    DevkitError,
    NotSupported,
    RateLimited,
    RemoteError,
    UnexpectedReply,
    Unreachable,
    UsageError,
)
from cochat_devkit.events import Waiting
from tests.api.conftest import TOKEN
from tests.api.fake import PAGE, Answer, refuses, says

CUT = Answer(200, b'{"a": 1234567890}', {"content-type": "application/json"}, drops=5)
GONE = Answer(drops=-1)


def test_an_answer_is_its_json(transport, server):
    """A request bears my token, says who asks, and is counted."""
    server.on("POST", "/api/x", says({"a": 1}))
    assert transport.send("POST", "/api/x", "asking", body={"b": None}) == {"a": 1}
    (asked,) = server.asked
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["user-agent"].startswith("cochat-devkit/")
    assert asked.body == {"b": None}
    assert transport.request_count == 1


def test_nobody_there_is_said_at_once(clock):
    """A wrong address is not tried three times; I read which one it was and what to look at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    said = pytest.raises(Unreachable, match=f"asking: nobody answers there: {url}")
    with Transport(url, TOKEN, gate=Gate(clock=clock, sleep=clock.sleep)) as transport, said as raised:
        transport.send("GET", "/api/x", "asking")
    assert "cochat.toml" in str(raised.value.hint)
    assert (transport.request_count, clock.slept) == (1, [])


@pytest.mark.parametrize("broken", [GONE, CUT], ids=["reset", "cut short"])
def test_a_broken_connection_is_tried_again_for_reading(transport, server, broken):
    """A hiccup of the network costs me nothing."""
    server.on("GET", "/api/x", broken, broken, says("fine"))
    assert transport.send("GET", "/api/x", "asking") == "fine"
    assert transport.request_count == len(server.asked) == READ_TRIES


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("broken", [GONE, CUT], ids=["reset", "cut short"])
def test_a_write_is_never_repeated_blindly(transport, server, method, broken):
    """A write whose answer was lost may have been carried out: it is not sent twice."""
    server.on(method, "/api/x", broken, says("done twice"))
    with pytest.raises(Unreachable, match="writing: the connection broke"):
        transport.send(method, "/api/x", "writing")
    assert len(server.asked) == transport.request_count == 1


def test_a_connection_that_stays_broken_is_an_error(transport, server):
    """After three tries I am told."""
    server.on("GET", "/api/x", GONE)
    with pytest.raises(Unreachable, match="the connection broke"):
        transport.send("GET", "/api/x", "asking")
    assert len(server.asked) == transport.request_count == READ_TRIES


@pytest.mark.parametrize(("status", "method"), [(429, "GET"), (429, "POST"), (503, "GET")])
def test_a_server_that_asks_for_patience_gets_it(transport, server, clock, events, status, method):
    """The same request goes again when the server's wait is over, and I am told why I wait."""
    server.on(method, "/api/x", refuses(status, "slow down", Retry_After="7"), says("fine"))
    assert transport.send(method, "/api/x", "asking") == "fine"
    assert clock.slept == [7.0]
    assert events == [Waiting(f"{server.url.removeprefix('http://')} answered {status}", 7.0)]
    assert transport.request_count == 2


def test_a_write_that_a_failing_server_took_is_not_repeated(transport, server, clock):
    """503 does not say that nothing was done."""
    server.on("POST", "/api/x", refuses(503, "", Retry_After="1"), says("twice"))
    with pytest.raises(UnexpectedReply, match="the server failed with status 503"):
        transport.send("POST", "/api/x", "writing")
    assert (len(server.asked), clock.slept) == (1, [])


def test_patience_has_an_end(server, clock):
    """A server that refuses for ever does not hold me for ever."""
    server.on("GET", "/api/x", refuses(429, "no", Retry_After="40"))
    gate = Gate(clock=clock, sleep=clock.sleep)
    said = pytest.raises(RateLimited, match="asking: the server answers 429 and asks for 40 seconds of patience")
    with Transport(server.url, TOKEN, gate=gate, patience_s=100.0) as transport, said as raised:
        transport.send("GET", "/api/x", "asking")
    assert raised.value.hint == "try again later"
    assert clock.slept == [40.0, 40.0]


def test_nobody_waits_for_an_answer_that_nobody_wants(server):
    """When one of many requests fails, or I press Ctrl-C, the others do not hold me for as long as the server asked."""
    server.on("GET", "/api/wait", refuses(429, "no", Retry_After="300"))
    told = threading.Event()

    def fetch(path: str) -> object:
        if path == "/api/fail":
            told.wait(10)
            raise KeyboardInterrupt
        return transport.send("GET", path, "asking")

    with Transport(server.url, TOKEN, gate=Gate(), emit=lambda _event: told.set()) as transport:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            list(transport.fetch_all(fetch, ["/api/fail", *["/api/wait"] * 5]))
        assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("https://login.test:8443/sso?token=canary-x#canary-y", "https://login.test:8443;"),
        ("https://user:canary-pw@login.test/", "https://login.test;"),
        ("/login?canary=1", "http://127.0.0.1:"),
    ],
)
def test_a_redirect_is_not_followed(transport, server, place, shown):
    """My token is not carried to wherever the server points; I am told where, without the rest of the address."""
    server.on("GET", "/api/x", Answer(302, b"", {"location": place}))
    with pytest.raises(UnexpectedReply, match="asking: the server sends us to ") as raised:
        transport.send("GET", "/api/x", "asking")
    assert f"{shown.removesuffix(';')}" in raised.value.message
    assert "canary" not in raised.value.message
    assert not shown.endswith(";") or raised.value.message.endswith(shown[:-1])
    assert server.paths() == ["/api/x"]


def test_cookies_are_never_sent_back(transport, server):
    """A session of somebody else, left by a sign-in, does not answer for me."""
    server.on("GET", "/api/x", says(1, Set_Cookie="token=stale; Path=/"))
    for _ in range(3):
        transport.send("GET", "/api/x", "asking")
    assert not [asked for asked in server.asked if "cookie" in asked.headers]


WRONG = [
    *(refuses(status, f"echo {TOKEN}") for status in (400, 401, 403, 404, 405, 409, 422, 431, 500, 502)),
    *(GONE, CUT, PAGE, Answer(200, b"{", {"content-type": "application/json"}), Answer(204)),
    Answer(301, b"", {"location": f"https://x.test/{TOKEN}"}),
    Answer(200, b"garbage", {"content-type": "application/json", "content-encoding": "gzip"}),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.status}-{wrong.body[:8]!r}-{wrong.drops}")
def test_whatever_goes_wrong_is_an_error_of_ours_without_my_token(transport, server, wrong):
    """Each failure is one typed sentence, and my token is in none of them."""
    server.on("GET", "/api/x", wrong)
    with pytest.raises(RemoteError) as raised:
        transport.send("GET", "/api/x", "asking")
    error = raised.value
    assert TOKEN not in f"{error} {error!r} {error.hint} {vars(error)}"
    assert str(error).startswith("asking: ")
    assert TOKEN not in "".join(traceback.format_exception_only(error))


def test_a_web_page_means_that_the_endpoint_is_missing(transport):
    """200 with HTML is not an answer."""
    with pytest.raises(NotSupported, match="it answered a web page"):
        transport.send("GET", "/api/nope", "asking")


@pytest.mark.parametrize("token", ["tökén-canary", "canary\nX-Evil: 1", "two canary words", "canary\x00"])
def test_a_token_that_is_none_is_refused_unseen(token):
    """A token that was pasted badly is refused before it is sent, and not shown."""
    with pytest.raises(UsageError, match=r"the token for http://x\.test has characters that no token has") as raised:
        Transport("http://x.test", token)
    assert "canary" not in f"{raised.value} {raised.value.hint}"
    assert raised.value.hint == "paste it again: cochat login --token"


def test_without_a_token_none_is_sent(server):
    """Signing in needs none."""
    server.on("GET", "/api/x", says(1))
    with Transport(server.url, None) as transport:
        transport.send("GET", "/api/x", "asking")
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize("url", ["http://a..b", "http://" + "x" * 70 + ".test", "http://xn--\u00fc.test"])
def test_an_address_that_is_none_is_an_error_of_ours(url):
    """A host that cannot be one is said, not a traceback."""
    with pytest.raises(DevkitError), Transport(url, None) as transport:
        transport.send("GET", "/api/x", "asking")
