"""JSON that is read while it arrives says the same as JSON that is read at once, wherever its pieces end."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.api.streams import parse_chunks
from cochat_devkit.errors import NotSupported, Rejected, UnexpectedReply, Unreachable
from tests.api.fake import PAGE, Answer, refuses, says

LIST = "/api/v1/tools/export"
JSON = {"content-type": "application/json"}
#: halves of pairs, large numbers and deep nesting included
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
BROKEN = [
    b"", b" ", b"[", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1 2]", b"[1]]", b"[1] x", b'["a', b'[{"a": 1}', b'[{"a" 1}]',
    b"[NaN]", b"[1, Infinity]", b"NaN", b'{"a": 1', b"{} {}", b'["\xff"]', b"[tru]", b"[01]", b"[1.]", b"x",
]  # fmt: skip


def parse(content, size, take=lambda item: item):
    return parse_chunks([content[at : at + size] for at in range(0, len(content), size)], take)


@given(VALUES, st.integers(1, 40), st.sampled_from([None, 1]), st.booleans())
def test_pieces_say_what_the_whole_says(value, size, indent, is_ascii):
    """Whatever the value and wherever it is cut, within characters and numbers too, it is what `json.loads` has."""
    content = json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    assert repr(parse(content, size)) == repr(json.loads(content))


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf[1, 2]", b" \n[1 , 2 ]\t\n", b"[]", b" [ ] ", b'["\\ud800"]', b"[1e5,-0]"]
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_odd_forms_are_read_alike(content, size):
    """A byte order mark, blanks anywhere and half a character are taken as before."""
    assert parse(content, size) == json.loads(content)


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_part_is_no_whole(content, size):
    """What is cut off, misses a mark or goes on behind its end is an error, however much of it came."""
    with pytest.raises(ValueError):  # noqa: PT011 - the sort is the promise, the words are Python's
        parse(content, size)


def test_too_deep_is_an_error():
    """A server that nests without end does not bring us down."""
    with pytest.raises(RecursionError):
        parse(b"[" * 200_000, 1000)


def test_items_are_taken_as_they_come():
    """An item is handed over before the next piece is asked for: the pieces behind it may not be there yet."""
    seen = []

    def pieces():
        for number in range(5):
            yield (b"[" if not number else b",") + json.dumps({"id": number}).encode()
            assert len(seen) >= number
        yield b"]"

    assert parse_chunks(pieces(), lambda item: seen.append(item["id"]) or item["id"]) == [0, 1, 2, 3, 4]


def test_a_long_item_is_not_tried_at_every_piece():
    """An item of many pieces is tried a few times: a text of megabytes would else be read over and over."""
    content = json.dumps(["x" * 1_000_000]).encode()
    asked = []

    def pieces():
        for at in range(0, len(content), 100):
            asked.append(at)
            yield content[at : at + 100]

    assert parse_chunks(pieces(), len) == [1_000_000]
    assert len(asked) == -(-len(content) // 100)


def test_a_list_of_a_server_is_taken_item_by_item(transport, server):
    """The transport hands over each item; what is no list comes as it is."""
    server.on("GET", LIST, says([{"id": "a"}, {"id": "b"}]), says({"total": 0}))
    assert transport.fetch_list(LIST, "listing", lambda item: item["id"]) == ["a", "b"]
    assert transport.fetch_list(LIST, "listing", lambda item: item["id"]) == {"total": 0}


def test_a_list_that_breaks_off_is_asked_for_again_from_its_start(transport, server):
    """Half a list is thrown away: nothing of it stands in what is believed in the end."""
    whole = says([{"id": str(number)} for number in range(1000)])
    server.on("GET", LIST, Answer(200, whole.body, JSON, drops=len(whole.body) // 2), whole)
    assert transport.fetch_list(LIST, "listing", lambda item: item["id"]) == [str(number) for number in range(1000)]
    assert transport.request_count == 2
    server.on("GET", LIST, Answer(200, whole.body, JSON, drops=len(whole.body) // 2))
    with pytest.raises(Unreachable):
        transport.fetch_list(LIST, "listing", lambda item: item)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, b'[{"id": "a"}, {"id"', JSON), UnexpectedReply),
        (Answer(200, b'[{"id": "a"}', JSON), UnexpectedReply),
        (PAGE, NotSupported),
        (refuses(400, "no"), Rejected),
        (refuses(500, ""), UnexpectedReply),
    ],
)
def test_a_fault_is_the_same_error_as_ever(transport, server, answer, error):
    """A cut list, a web page and a refusal are told apart as for any other answer."""
    server.on("GET", LIST, answer)
    with pytest.raises(error):
        transport.fetch_list(LIST, "listing", lambda item: item)


def test_a_list_waits_as_the_server_asks(transport, server, clock):
    """A 429 before a list is waited for, as before anything else."""
    server.on("GET", LIST, refuses(429, "slow down", retry_after="3"), says([1]))
    assert transport.fetch_list(LIST, "listing", lambda item: item) == [1]
    assert clock.slept == [3.0]
