"""The files beside a resource: listed in the fewest requests, and an empty list is believed only when said twice."""

from __future__ import annotations

import threading

import pytest

from cochat_devkit.api.attached import LARGE_BYTES, Attached, Files
from cochat_devkit.api.client import Client
from cochat_devkit.api.probe import Identity
from cochat_devkit.errors import Moved, NotSupported, Rejected, SignedOut, UnexpectedReply, UnreadableFile
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


def test_a_listing_whose_answer_is_lost_is_asked_for_again(transport, server):
    """It changes nothing, though it is a POST: a connection that broke while it waited for us costs nothing."""
    server.on("POST", WHOLE, Answer(drops=-1), refuses(503, "later"), says({"id": "b", "files": [SHORT]}))
    server.on("GET", CONTENT, BYTES)
    assert files_of(transport, role="admin") == ALPHA


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
    two = says({"items": [LONG, {**LONG, "id": "g", "filename": "b.md"}], "total": 2})
    for counted in (0, 3):
        server.on("GET", PAGES_12, says({"items": [LONG], "total": 1}), two)
        with pytest.raises(UnexpectedReply, match="moved while it was read"):
            files_of(transport, {"file_count": counted}, dialect=OWUI_0_12)


def test_a_count_that_two_equal_listings_contradict_is_told_of_this_base_alone(transport, server):
    """0.12 goes on counting files that somebody deleted elsewhere: nothing follows about other bases."""
    server.on("GET", PAGES_12, says({"items": [LONG], "total": 1}))
    server.on("GET", CONTENT, BYTES)
    for counted in (0, 2):
        with pytest.raises(UnreadableFile, match=f"listing files: the server counts {counted} and lists 1"):
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
    with pytest.raises(UnreadableFile, match="lists it and has not its bytes"):
        client.fetch_item(BASE, B)
    assert isinstance(client.fetch_items(BASE, [B], lambda: None)[B], UnreadableFile)


@pytest.mark.parametrize("status", [400, 404])
def test_a_file_that_is_lost_keeps_no_other_from_being_read(transport, server, status):
    """All others are kept, and then I am told which one the server has not."""
    kept = []
    server.on("GET", "/api/v1/files/lost/content", refuses(status, "We could not find what you're looking for :/"))
    server.on("GET", CONTENT, BYTES)
    files = Files(transport, BASE.endpoints["0.6"].attachments, sees_whole=True, keep_blob=kept.append)
    wanted = [Attached(each, f"{each}.md", "", None) for each in ("lost", "f")]
    with pytest.raises(UnreadableFile, match=r"reading lost\.md"):
        [*files.keep_contents(wanted)]
    assert len(kept) == 1


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


UPLOAD = "/api/v1/files/?process=true&process_in_background=false"
ADD, REMOVE, DELETE = (
    f"/api/v1/knowledge/b/file/{each}" for each in ("add", "remove?delete_file=false", "remove?delete_file=true")
)
DISCARD = "/api/v1/files/new"
SEARCH = "/api/v1/knowledge/search/files?query="
OLD = {path: Attached(f"old {path}", path, make_digest(path.encode()), 1) for path in ("a", "b")}
NEW = {path: make_digest(text) for path, text in (("a", b"b"), ("b", b"a"))}
TEXTS = {make_digest(text): text for text in (b"a", b"b", b"c")}
REFUSED = refuses(400, "400: Duplicate content detected.")


def search_for(path):
    return f"{SEARCH}{path}&page=1"


def hit(path="a", base=B, **more):
    return {"id": f"old {path}", "filename": path, "meta": {"collection_name": base}, **more}


def exchange(transport, present, leaving, coming, kept=None, before=None):
    files = Files(
        transport, BASE.endpoints["0.6"].attachments, sees_whole=True, keep_blob=lambda text: _keep(kept, text)
    )
    files.know(before or {})
    files.exchange(B, present, leaving, coming, TEXTS.__getitem__)


@pytest.fixture
def shelf(server):
    """A server that takes whatever comes."""
    server.on("POST", UPLOAD, says({"id": "new"}))
    server.on("POST", ADD, says({"id": "b", "files": []}))
    server.on("POST", REMOVE, says({"id": "b", "files": []}))
    server.on("POST", DELETE, says({"id": "b", "files": []}))
    server.on("DELETE", DISCARD, says({"message": "File deleted successfully"}))
    for path in OLD:
        server.on("GET", search_for(path), says({"items": [{"id": "another"}, hit(path)], "total": 2}))
    return server


def test_a_file_is_replaced(transport, shelf):
    """The new one is uploaded before the old one goes, which is deleted for all; the bytes of both are kept by then."""
    kept = []
    exchange(transport, dict(OLD), ["a"], {"a": make_digest(b"c")}, kept)
    assert (shelf.paths(), kept) == ([UPLOAD, search_for("a"), DELETE, ADD], [b"c", b"a"])
    assert shelf.asked[2].body == {"file_id": "old a"}


def shows(*found):
    return says({"items": [*found], "total": len(found)})


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ({RemoteId("other"): {"old a": DIGEST}}, None),
        ({}, shows(hit(base="other"))),
        ({}, shows(hit(), hit())),
        ({}, shows(hit(meta="odd"))),
        ({}, shows()),
        ({}, shows({"id": "another"})),
        ({}, says({"items": [], "total": 1})),
        ({}, says({"items": None, "total": 0})),
        ({}, says({"items": [{"filename": "a"}], "total": 1})),
        ({}, refuses(404, "Not Found")),
        ({}, refuses(500, "")),
    ],
)
def test_a_removed_file_is_not_deleted_where_another_base_may_have_it(transport, shelf, before, found):
    """Its listing told so, the file names another base, or a search finds it; and where nobody says, it stays."""
    if found:
        shelf.on("GET", search_for("a"), found)
    exchange(transport, dict(OLD), ["a"], {}, before=before)
    assert [path for path in shelf.paths() if path != search_for("a")] == [REMOVE]


def test_a_file_whose_name_cannot_be_searched_for_stays(transport, shelf):
    """Some databases take a backslash for an escape, and would find nothing."""
    exchange(transport, {"a": OLD["a"]._replace(path="a\\b")}, ["a"], {})
    assert shelf.paths() == [REMOVE]


@pytest.mark.parametrize(("last", "how"), [(hit(), REMOVE), ({"id": "another"}, DELETE)])
def test_a_removed_file_is_looked_for_on_every_page(transport, shelf, last, how):
    """Many files bear a name."""
    shelf.on("GET", search_for("a"), says({"items": [hit()], "total": 2}))
    shelf.on("GET", f"{SEARCH}a&page=2", says({"items": [last], "total": 2}))
    exchange(transport, dict(OLD), ["a"], {}, before={B: {"old a": DIGEST}})
    assert shelf.paths()[-1] == how


def test_files_that_exchange_their_texts_all_leave_before_any_comes(transport, shelf):
    """Whatever fails before that leaves all as they are."""
    exchange(transport, dict(OLD), OLD, NEW)
    left = [search_for("a"), DELETE, search_for("b"), DELETE]
    assert shelf.paths() == [UPLOAD, UPLOAD, *left, ADD, ADD]


@pytest.mark.parametrize(
    ("at", "answer", "error"),
    [(UPLOAD, REFUSED, Rejected), (DELETE, refuses(400, "We could not find what you're looking for"), Moved)],
)
def test_what_is_refused_before_anything_left_changes_nothing(transport, shelf, at, answer, error):
    """Only what was uploaded is deleted again."""
    shelf.on("POST", at, answer)
    with pytest.raises(error):
        exchange(transport, dict(OLD), OLD, NEW)
    left = [] if at == UPLOAD else [UPLOAD, search_for("a"), DELETE, DISCARD, DISCARD]
    assert shelf.paths() == [UPLOAD, *left]


def test_what_left_for_a_refused_file_is_put_back(transport, shelf):
    """What was added goes again, and what was there comes back under another id; the refusal is what is told."""
    uploads = [says({"id": each}) for each in ("new a", "new b", "back a", "back b")]
    shelf.on("POST", UPLOAD, *uploads)
    shelf.on("POST", ADD, says({}), REFUSED, says({}))
    present = dict(OLD)
    with pytest.raises(Rejected, match="attaching b: the server refuses it: 400: Duplicate"):
        exchange(transport, present, OLD, NEW)
    asked = [(each.path, each.body["file_id"]) for each in shelf.asked if each.path in (ADD, REMOVE, DELETE)]
    left, came = [(DELETE, "old a"), (DELETE, "old b")], [(ADD, "new a"), (ADD, "new b")]
    assert asked == [*left, *came, (REMOVE, "new a"), (ADD, "back a"), (ADD, "back b")]
    discarded = [each.path for each in shelf.asked if each.method == "DELETE"]
    assert discarded == ["/api/v1/files/new%20a", "/api/v1/files/new%20b"]
    assert {path: each.file_id for path, each in present.items()} == {"a": "back a", "b": "back b"}


def test_what_cannot_be_put_back_is_told(transport, shelf):
    """It is an error of its own, so that nothing goes on as if all were as before; what can be put back is."""
    shelf.on("POST", ADD, REFUSED, REFUSED, says({}))
    with pytest.raises(UnexpectedReply, match=r"attaching a: .*; nor could .* be put back: attaching a: ") as told:
        exchange(transport, dict(OLD), OLD, NEW)
    assert "its bytes are kept here" in told.value.hint
    assert shelf.paths().count(ADD) == 3
    # both that came, and the one that did not come back
    assert shelf.paths().count(DISCARD) == 3


def test_a_token_that_dies_meanwhile_is_told_as_such(transport, shelf):
    """Nothing more is tried with it."""
    shelf.on("POST", ADD, REFUSED, refuses(401, "Not authenticated"))
    with pytest.raises(SignedOut):
        exchange(transport, dict(OLD), OLD, NEW)


def test_an_upload_that_cannot_be_deleted_hides_no_refusal(transport, shelf):
    """It takes space there, and that is all."""
    shelf.on("POST", ADD, REFUSED)
    shelf.on("DELETE", DISCARD, refuses(500, ""))
    with pytest.raises(Rejected, match="Duplicate content"):
        exchange(transport, {}, [], {"a": make_digest(b"a")})
    assert shelf.paths() == [UPLOAD, ADD, DISCARD]


def test_folders_are_asked_for_before_anything_is_sent(transport, shelf):
    """Where there are none, nothing of the exchange was begun."""
    with pytest.raises(NotSupported, match="keeps no folders"):
        exchange(transport, dict(OLD), ["a"], {"b": NEW["b"], "x/a": make_digest(b"a")})
    assert shelf.paths() == []
