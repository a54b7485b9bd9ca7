"""Questions asked before their turn: the same answers, each asked once, and nobody hurried who asks for patience."""

from __future__ import annotations

import threading

import pytest

from cochat_devkit.api.ahead import MOST_AHEAD
from cochat_devkit.api.gate import Gate
from cochat_devkit.api.transport import Transport
from cochat_devkit.errors import Missing
from cochat_devkit.events import Waiting
from tests.api.conftest import TOKEN
from tests.api.fake import Answer, refuses, says

CUT = Answer(200, b"[1, 2]", {"content-type": "application/json"}, drops=3)
PATHS = [f"/api/{number}" for number in range(5)]


@pytest.fixture
def asked(server):
    """The paths as the server was asked for them, each answered by its number."""
    found: list[str] = []

    def decide(request):
        found.append(request.path)
        return says([request.path])

    server.decide = decide
    return found


def test_the_server_works_on_the_next_answers_while_i_read(transport, server):
    """Whoever is at the first answer has the next asked for already, and no more than a few."""
    reached = {path: threading.Event() for path in PATHS}

    def decide(request):
        reached[request.path].set()
        return says([request.path])

    server.decide = decide
    with transport.asking_ahead(PATHS):
        for number, path in enumerate(PATHS):
            for each in PATHS[number : number + MOST_AHEAD]:
                assert reached[each].wait(10)
            assert not any(reached[each].is_set() for each in PATHS[number + MOST_AHEAD :])
            assert transport.fetch_list(path, "asking", lambda item: item) == [path]
    assert transport.request_count == len(PATHS)


def test_the_server_begins_before_i_am_ready_to_read(transport, server):
    """While a command is still being loaded the server works already, and nothing is asked twice for that."""
    begun, asked = threading.Event(), list[str]()

    def decide(request):
        asked.append(request.path)
        begun.set()
        return says([request.path])

    server.decide = decide
    transport.ask_ahead(PATHS)
    assert begun.wait(10)
    with transport.asking_ahead(PATHS):
        for path in PATHS:
            assert transport.fetch_list(path, "asking", lambda item: item) == [path]
    assert sorted(asked) == PATHS
    # when the block has ended nothing of that is left
    assert transport.send("GET", PATHS[0], "asking") == [PATHS[0]]
    assert len(asked) == transport.request_count == len(PATHS) + 1


def test_what_the_server_began_and_nobody_reads_is_let_go(server, clock):
    """A command that fails before it reads its first list leaves no connection open."""
    server.decide = lambda request: says([request.path])
    with Transport(server.url, TOKEN, gate=Gate(clock=clock, sleep=clock.sleep)) as transport:
        transport.ask_ahead(PATHS)
        answers = [each.result() for each in transport._ahead._asked.values()]
        assert not any(each.is_closed for each in answers)
    assert all(each.is_closed for each in answers)


def test_every_answer_is_asked_for_once_and_goes_to_its_question(transport, asked):
    """However it is read, in whatever order, and with others between, I get the answer to my question."""
    with transport.asking_ahead(PATHS):
        assert transport.send("GET", PATHS[3], "asking") == [PATHS[3]]
        assert transport.fetch_bytes(PATHS[0], "asking") == b'["/api/0"]'
        assert transport.send("GET", "/api/other", "asking") == ["/api/other"]
        assert transport.send("POST", PATHS[1], "asking") == [PATHS[1]]
        assert transport.send_raw("GET", PATHS[1], "asking").json() == [PATHS[1]]
        for path in (PATHS[2], PATHS[4]):
            assert transport.fetch_list(path, "asking", lambda item: item) == [path]
    assert sorted(asked) == sorted([*PATHS, "/api/other", PATHS[1]])
    assert transport.request_count == len(asked)


def test_what_is_asked_twice_is_asked_anew(transport, asked):
    """An answer of before is not taken for an answer of now; nor is one that nobody took in time."""
    with transport.asking_ahead(PATHS[:3]):
        for path in (PATHS[0], PATHS[0], PATHS[1]):
            transport.send("GET", path, "asking")
    assert transport.send("GET", PATHS[1], "asking") == [PATHS[1]]
    assert transport.send("GET", PATHS[2], "asking") == [PATHS[2]]
    assert asked.count(PATHS[0]) == asked.count(PATHS[1]) == 2


@pytest.mark.parametrize("broken", [CUT, Answer(drops=-1)], ids=["cut short", "reset"])
def test_what_broke_on_its_way_is_asked_in_turn(transport, server, broken):
    """A hiccup of the network costs me nothing."""
    server.on("GET", "/api/0", broken, says([1, 2]))
    with transport.asking_ahead(["/api/0"]):
        assert transport.fetch_list("/api/0", "asking", lambda item: item) == [1, 2]
    assert server.paths() == ["/api/0", "/api/0"]


def test_a_refusal_is_told_in_its_turn(transport, server):
    """What the server has not, it has not before its turn either."""
    server.on("GET", "/api/0", refuses(404, "We could not find what you're looking for :/"))
    with transport.asking_ahead(["/api/0"]), pytest.raises(Missing):
        transport.fetch_list("/api/0", "asking", lambda item: item)
    assert server.paths() == ["/api/0"]


def test_a_server_that_asks_for_patience_gets_it(transport, server, clock, events):
    """No question goes out before its time; what was refused is asked again in turn, after the wait."""
    server.on("GET", "/api/0", refuses(429, "slow down", retry_after="7"), says([1]))
    with transport.asking_ahead(["/api/0"]):
        assert transport.fetch_list("/api/0", "asking", lambda item: item) == [1]
    assert clock.slept == [7.0]
    assert [each.seconds for each in events if isinstance(each, Waiting)] == [7.0]


def test_nothing_is_asked_ahead_while_the_server_wants_to_wait(transport, server, clock):
    """A closed gate is closed for questions before their turn, too."""
    server.on("GET", "/api/1", says([2]))
    gate = transport._gate
    passage = gate.enter()
    gate.close(passage, "5")
    gate.leave()
    with transport.asking_ahead(["/api/1"]):
        assert transport.fetch_list("/api/1", "asking", lambda item: item) == [2]
    assert clock.slept == [5.0]
    assert server.paths() == ["/api/1"]


def test_whoever_leaves_early_waits_for_nobody(server, clock):
    """A command that was interrupted ends at once, though the server is still at work."""
    reached, has_left, has_answered = threading.Event(), threading.Event(), threading.Event()

    def decide(_request):
        reached.set()
        has_left.wait(5)
        has_answered.set()
        return says([1])

    server.decide = decide
    with Transport(server.url, TOKEN, gate=Gate(clock=clock, sleep=clock.sleep)) as transport:
        with transport.asking_ahead(["/api/0"]):
            assert reached.wait(10)
        assert not has_answered.is_set()
        has_left.set()


def test_a_question_that_comes_after_the_end_is_not_asked(transport, server):
    """A thread that begins only when all is over asks nobody, and says nothing on my screen."""
    transport.close()
    assert transport._open_early("/api/0") is None
    assert server.paths() == []
