"""The files beside a resource: listed in the fewest requests, and an empty list is believed only when said twice."""

from __future__ import annotations

import threading

import pytest

from cochat_devkit.api.attached import LARGE_BYTES, Attached, Files
from cochat_devkit.api.client import Client
from cochat_devkit.api.probe import Identity
from cochat_devkit.errors import SignedOut, UnexpectedReply
from cochat_devkit.kinds import kind_named
from cochat_devkit.kinds.dialects import OWUI_0_6, OWUI_0_12
from cochat_devkit.resource import RemoteId, make_digest
from tests.api.fake import Answer, refuses, says

BASE = kind_named("knowledge")[0]
B = RemoteId("b")
WHOLE = "/api/v1/knowledge/b/files/batch/add"
PAGES_06 = "/api/v1/knowledge/b/files?order_by=name&direction=asc&page=1"
PAGES_12 = "/api/v1/knowledge/b/files?order_by=created_at&direction=asc&page=1"
CONTENT = "/api/v1/files/f/content"
SHORT = {"id": "f", "meta": {"name": "a.md", "size": 5}}
LONG = {**SHORT, "filename": "a.md"}
BYTES = Answer(200, b"alpha", {"content-type": "text/plain"})
DIGEST = make_digest(b"alpha")
ALPHA = {"a.md": DIGEST}


def files_of(transport, wire=None, *, dialect=OWUI_0_6, role="user", kept=None):
    client = Client(transport, dialect, Identity("u1", "Ada", "", role), keep_blob=lambda content: _keep(kept, content))
    return client.with_files(BASE, {"id": "b", **(wire or {})})["files"]


def _keep(kept, content):
    if kept is not None:
        kept.append(content)
    return make_digest(content)


@pytest.mark.parametrize(
    ("wire", "role"), [({}, "admin"), ({"user_id": "u1"}, "user"), ({"write_access": True}, "user")]
)
def test_whoever_may_write_lists_all_files_at_once(transport, server, wire, role):
    """On 0.6 an admin, an owner and a writer take one request, however many files there are."""
    server.on("POST", WHOLE, says({"id": "b", "files": [SHORT]}))
    server.on("GET", CONTENT, BYTES)
    kept = []
    assert files_of(transport, wire, role=role, kept=kept) == ALPHA
    assert [(each.method, each.path) for each in server.asked] == [("POST", WHOLE), ("GET", CONTENT)]
    assert (server.asked[0].body, kept) == ([], [b"alpha"])


@pytest.mark.parametrize(
    ("wire", "dialect", "path"), [({}, OWUI_0_6, PAGES_06), ({"user_id": "u1"}, OWUI_0_12, PAGES_12)]
)
def test_others_read_pages(transport, server, wire, dialect, path):
    """A reader is not let in there, and on 0.12 such a list has no folders: the pages are read."""
    server.on("GET", path, says({"items": [LONG], "total": 1}))
    server.on("GET", CONTENT, BYTES)
    assert files_of(transport, wire, dialect=dialect) == ALPHA
    assert server.paths() == [path, CONTENT]


@pytest.mark.parametrize(
    "answer", [refuses(400, "You do not have permission"), refuses(405, "Method Not Allowed"), None]
)
def test_a_refusal_leads_to_the_pages(transport, server, answer):
    """Where the short way is closed, or not there, the pages still tell."""
    if answer is not None:
        server.on("POST", WHOLE, answer)
    server.on("GET", PAGES_06, says({"items": [LONG], "total": 1}))
    server.on("GET", CONTENT, BYTES)
    assert files_of(transport, role="admin") == ALPHA


def test_an_empty_list_is_asked_for_twice(transport, server):
    """A fault of the server's database shows as an empty list there: nothing is concluded from it alone."""
    server.on("POST", WHOLE, says({"id": "b", "files": []}))
    server.on("GET", PAGES_06, says({"items": [LONG], "total": 1}))
    server.on("GET", CONTENT, BYTES)
    assert files_of(transport, role="admin") == ALPHA
    server.on("GET", PAGES_06, says({"items": [], "total": 0}))
    assert files_of(transport, role="admin") == {}


def test_fewer_files_than_the_bases_listing_counts_are_a_list_that_moved(transport, server):
    """A list of files that is short in itself is not believed against the other answer, and no file is given up."""
    server.on("GET", PAGES_12, says({"items": [LONG], "total": 1}))
    server.on("GET", CONTENT, BYTES)
    assert files_of(transport, {"file_count": 1}, dialect=OWUI_0_12) == ALPHA
    for counted in (0, 2):
        with pytest.raises(UnexpectedReply, match="moved while it was read"):
            files_of(transport, {"file_count": counted}, dialect=OWUI_0_12)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says({"id": "another", "files": [SHORT]}), UnexpectedReply),
        (says({"id": "b", "files": None}), UnexpectedReply),
        (says({"id": "b", "files": [{"meta": {}}]}), UnexpectedReply),
        (says([]), UnexpectedReply),
        (refuses(500, ""), UnexpectedReply),
        (refuses(401, "Not authenticated"), SignedOut),
    ],
)
def test_what_is_no_list_of_these_files_is_none(transport, server, answer, error):
    """An answer about another base, or without ids, is an error, and never a base without files."""
    server.on("POST", WHOLE, answer)
    with pytest.raises(error):
        files_of(transport, role="admin")


def test_the_digest_that_an_upload_told_spares_reading_the_bytes(transport, server):
    """0.6 keeps what was said with an upload: no byte is read to know a file that we sent."""
    server.on(
        "POST", WHOLE, says({"id": "b", "files": [{**SHORT, "meta": {"name": "a.md", "data": {"file_hash": DIGEST}}}]})
    )
    assert files_of(transport, role="admin") == ALPHA
    assert server.paths() == [WHOLE]


@pytest.mark.parametrize("said", ["no digest", 5, None, DIGEST.upper(), {"x": 1}])
def test_what_is_no_digest_is_not_taken_for_one(transport, server, said):
    """What somebody wrote there and is none is passed over, and the bytes are read."""
    server.on(
        "POST", WHOLE, says({"id": "b", "files": [{**SHORT, "meta": {"name": "a.md", "data": {"file_hash": said}}}]})
    )
    server.on("GET", CONTENT, BYTES)
    assert files_of(transport, role="admin") == ALPHA


def test_a_file_that_goes_while_it_is_read_is_not_the_base_that_went(transport, server):
    """A file that somebody replaced since it was listed says nothing of the base: it is read again, not given up."""
    server.on("GET", "/api/v1/knowledge/b", says({"id": "b", "name": "b", "description": ""}))
    server.on("POST", WHOLE, says({"id": "b", "files": [SHORT]}))
    server.on("GET", CONTENT, refuses(404, "We could not find what you're looking for :/"))
    client = Client(transport, OWUI_0_6, Identity("u1", "Ada", "", "admin"))
    with pytest.raises(UnexpectedReply, match="went while it was read"):
        client.fetch_item(BASE, B)
    with pytest.raises(UnexpectedReply, match="went while it was read"):
        client.fetch_items(BASE, [B], lambda: None)


def test_large_files_are_read_one_at_a_time(transport, server):
    """What is read at a time is held in memory at a time: a large file is asked for when the one before is kept."""
    under_way, lock = set(), threading.Lock()
    crowds = []

    def keep(content):
        with lock:
            under_way.discard(content[:1])
        return make_digest(content)

    def decide(asked):
        name = asked.path.split("/")[4].encode()
        with lock:
            under_way.add(name)
            crowds.append(len(under_way))
        return Answer(200, name * (LARGE_BYTES + 1), {"content-type": "text/plain"})

    server.decide = decide
    files = Files(transport, BASE.endpoints["0.6"].attachments, sees_whole=True, keep_blob=keep)
    wanted = [Attached(each, each, "", LARGE_BYTES + 1) for each in "abc"]
    assert len([*files.keep_contents(wanted)]) == 1 + len(wanted)
    assert crowds == [1, 1, 1]
