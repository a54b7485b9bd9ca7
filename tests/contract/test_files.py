"""Files: what an upload stores, what the server makes of it, and how it is read, changed and deleted."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.bases import (
    FILES,
    TRIES,
    add,
    create_base,
    fill,
    no_bases_left,  # noqa: F401 - a fixture
    read_file,
    remove,
    send_file,
    sha256,
    unique,
    upload,
    wait_for_next_second,
)
from tests.contract.stage import read_json, refusal

MISSING = (404, texts.NOT_FOUND)
ITEM_FIELDS = {"id", "user_id", "hash", "filename", "path", "data", "meta", "created_at", "updated_at"}
META_FIELDS = {"name", "content_type", "size", "data"}
OWN_META = {"0.6": set(), "0.12": {"file_hash"}}
OWN_FIELDS = {"0.6": {"access_control"}, "0.12": set()}
EMPTY_FILE = {"0.6": (400, "[ERROR: Error uploading file]"), "0.12": (400, texts.EMPTY_CONTENT)}
NO_ERROR = {"0.6": {}, "0.12": {"error": None}}


def requests_about(client, file_id):
    """Return each request about one file, by what it does."""
    path = f"{FILES}/{file_id}"
    return {
        "read": lambda: client.get(path),
        "status": lambda: client.get(f"{path}/process/status"),
        "bytes": lambda: client.get(f"{path}/content"),
        "text": lambda: client.get(f"{path}/data/content"),
        "change": lambda: client.post(f"{path}/data/content/update", json={"content": "new"}),
        "delete": lambda: client.delete(path),
    }


def list_files(server, client, **query):
    """Return all files that the listing shows; it comes in pages of fifty on 0.12."""
    if server.generation == "0.6":
        return read_json(client.get(f"{FILES}/", params=query))
    rows = []
    for number in range(1, TRIES):
        found = read_json(client.get(f"{FILES}/", params={"page": number, **query}))
        assert set(found) == {"items", "total"}
        rows += found["items"]
        if not found["items"]:
            return rows
    return pytest.fail("the listing does not end")


def test_an_upload_answers_before_anything_was_made_of_it(server):
    """The answer is of the moment before processing, even where the request waited for it."""
    answer = read_json(send_file(server.admin, "a.md", b"one\r\ntwo", content_type="text/markdown"))
    assert set(answer) == ITEM_FIELDS | {"status"} | OWN_FIELDS[server.generation]
    assert (answer["status"], answer["data"], answer["hash"]) == (True, {"status": "pending"}, None)
    assert set(answer["meta"]) == META_FIELDS | OWN_META[server.generation]
    assert answer["path"].endswith(f"{answer['id']}_a.md")
    read = read_file(server.admin, answer["id"])
    assert set(read) == ITEM_FIELDS | OWN_FIELDS[server.generation]
    assert read["data"] == {"status": "completed", "content": "one\ntwo", **NO_ERROR[server.generation]}
    assert set(read["meta"]) == META_FIELDS | OWN_META[server.generation] | {"collection_name"}
    assert (read["filename"], read["meta"]["name"], read["meta"]["size"]) == ("a.md", "a.md", 8)
    assert read["meta"]["content_type"] == "text/markdown"
    assert read["meta"]["collection_name"] == f"file-{read['id']}"


def test_the_hash_is_of_the_text_and_not_of_the_bytes(server):
    """`hash` is the SHA-256 of the extracted text: files that differ in line ends alone bear one hash."""
    one, other = (read_file(server.admin, upload(server.admin, "a.md", raw)) for raw in (b"a\r\nb\rc\n", b"a\nb\nc\n"))
    assert one["hash"] == other["hash"] == sha256("a\nb\nc\n")


@pytest.mark.generation("0.12")
def test_0_12_keeps_the_hash_of_the_bytes(server):
    """On 0.12 `meta.file_hash` is the SHA-256 of what was uploaded."""
    raw = b"a\r\nb"
    assert read_json(send_file(server.admin, "a.md", raw))["meta"]["file_hash"] == sha256(raw)


def test_metadata_is_kept_as_it_was_sent(server):
    """Any object may be sent along and is shown under `meta.data`: a place for the hash of the bytes on 0.6 too."""
    sent = {"file_hash": sha256("x"), "of": ["ours", 1, None]}
    file_id = upload(server.admin, "a.md", metadata=sent)
    meta = read_file(server.admin, file_id)["meta"]
    assert meta["data"] == sent
    assert meta.get("file_hash") == {"0.6": None, "0.12": sha256("x")}[server.generation]  # believed unseen


def test_metadata_that_is_no_json_is_refused(server):
    """The form field must be JSON."""
    assert refusal(send_file(server.admin, metadata="{bad")) == (400, "[ERROR: Invalid metadata format]")


def test_a_form_without_a_file_is_refused(server):
    """The file is required."""
    answer = server.admin.post(f"{FILES}/", data={"metadata": "{}"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "file"]


def test_an_empty_file_is_refused(server):
    """A file of no bytes cannot be kept on the server at all."""
    assert refusal(send_file(server.admin, "empty.txt", b"")) == EMPTY_FILE[server.generation]


def test_the_same_bytes_may_be_uploaded_again(server):
    """Nothing is recognised at an upload: each makes a file with an id of its own."""
    raw = unique()
    ids = {upload(server.admin, "same.txt", raw) for _ in range(2)}
    assert len(ids) == 2
    assert {read_file(server.admin, each)["hash"] for each in ids} == {sha256(raw)}


def test_an_upload_in_the_background_is_asked_for_until_it_is_done(server):
    """Without `process_in_background=false` the answer comes first, and the status tells when the text is there."""
    answer = server.admin.post(f"{FILES}/", files={"file": ("bg.txt", b"text", "text/plain")})
    path = f"{FILES}/{read_json(answer)['id']}/process/status"
    for _ in range(TRIES):
        status = read_json(server.admin.get(path))
        assert set(status) == {"status"}
        if status["status"] == "completed":
            return
        assert status["status"] in ("pending", "processing")
    pytest.fail("the file is never processed")


def test_the_status_can_be_followed_in_a_stream(server):
    """`stream=true` sends events until the file is done."""
    file_id = upload(server.admin)
    answer = server.admin.get(f"{FILES}/{file_id}/process/status", params={"stream": "true"})
    assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
    assert answer.text == 'data: {"status": "completed"}\n\n' or answer.text == 'data: {"status":"completed"}\n\n'


def test_a_file_may_be_kept_without_being_processed(server):
    """With `process=false` there is neither text nor hash, and the status stays pending for ever."""
    answer = read_json(send_file(server.admin, "raw.txt", b"raw", process="false"))
    assert set(answer) == ITEM_FIELDS - {"path"}
    assert (answer["data"], answer["hash"]) == ({}, None)
    read = read_file(server.admin, answer["id"])
    assert read["data"] == {}
    assert "collection_name" not in read["meta"]
    assert read_json(server.admin.get(f"{FILES}/{answer['id']}/process/status")) == {"status": "pending"}
    assert server.admin.get(f"{FILES}/{answer['id']}/content").content == b"raw"


def test_white_space_alone_cannot_be_processed(server):
    """A text of nothing but space is kept and its processing fails; 0.6 keeps the hash of it, 0.12 takes it back."""
    read = read_file(server.admin, upload(server.admin, "space.txt", "  \n "))
    assert read["data"] == {"status": "failed", "content": "  \n ", "error": texts.EMPTY_CONTENT}
    assert read["hash"] == {"0.6": sha256("  \n "), "0.12": None}[server.generation]


def test_a_picture_is_kept_but_not_processed(server):
    """There is no text in a picture: processing fails, the bytes are there."""
    raw = b"\x89PNG\x00\x01"
    file_id = upload(server.admin, "p.png", raw, content_type="image/png")
    read = read_file(server.admin, file_id)
    assert read["data"] == {"status": "failed", "error": "File type image/png is not supported for processing"}
    assert read["hash"] is None
    assert server.admin.get(f"{FILES}/{file_id}/content").content == raw


def test_text_that_calls_itself_a_picture_is_text_on_0_12(server):
    """0.12 looks into what is called an image or video, 0.6 believes the type."""
    read = read_file(server.admin, upload(server.admin, "t.svg", "<svg>x</svg>", content_type="image/svg+xml"))
    if server.generation == "0.12":
        assert read["data"]["content"] == "<svg>x</svg>"
    else:
        error = "File type image/svg+xml is not supported for processing"
        assert read["data"] == {"status": "failed", "error": error}


def test_bytes_that_are_no_text_fail_to_be_processed(server):
    """Without an extractor of documents there is no text in other bytes; they are kept as they are."""
    raw = bytes(range(256))
    file_id = upload(server.admin, "b.bin", raw, content_type="application/octet-stream")
    read = read_file(server.admin, file_id)
    assert read["data"]["status"] == "failed"
    assert server.admin.get(f"{FILES}/{file_id}/content").content == raw


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.txt", "text/plain"),
        ("a.md", "application/octet-stream"),
        ("a.json", "application/json"),
        ("a.py", "application/octet-stream"),
        ("a.yaml", None),
        ("a.toml", "application/toml"),
        ("noending", "text/plain"),
    ],
)
def test_text_is_known_by_its_ending_or_its_type(server, name, content_type):
    """What ends like a source, or calls itself text, is taken as it is."""
    text = unique("x = ")
    file_id = upload(server.admin, name, text, content_type=content_type)
    assert read_file(server.admin, file_id)["data"]["content"] == text


@pytest.mark.parametrize(
    ("raw", "on_0_6", "on_0_12"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n", "a\nb\nc\n"),
        ("  lead and trail  \n\n", "  lead and trail  \n\n", "  lead and trail  \n\n"),
        ("e\u0301", "\u00e9", "\u00e9"),
        ("\ufb01ne", "fine", "fine"),
        ("\u201cq\u201d \u2018s\u2019", "\"q\" 's'", "\u201cq\u201d \u2018s\u2019"),
        ("\uff21\uff42\uff11", "Ab1", "\uff21\uff42\uff11"),
        ("a &amp; b", "a & b", "a &amp; b"),
        ("<i>a &amp; b</i>", "<i>a &amp; b</i>", "<i>a &amp; b</i>"),
        ("bell\x07end", "bellend", "bellend"),
        ("line\u2028end", "line\nend", "line\nend"),
        ("你好 \U0001f600 Привет", "你好 \U0001f600 Привет", "你好 \U0001f600 Привет"),
    ],
)
def test_the_text_is_mended_and_the_bytes_are_not(server, raw, on_0_6, on_0_12):
    """Line ends, composed letters, quotes and more are set right in the text: only ASCII is surely left as it is."""
    file_id = upload(server.admin, "a.md", raw)
    expected = {"0.6": on_0_6, "0.12": on_0_12}[server.generation]
    assert read_json(server.admin.get(f"{FILES}/{file_id}/data/content")) == {"content": expected}
    assert read_file(server.admin, file_id)["hash"] == sha256(expected)
    assert server.admin.get(f"{FILES}/{file_id}/content").content == raw.encode()


def test_bytes_come_back_as_they_were_sent(server):
    """`/content` answers the bytes, or a part of them; to HEAD the web page answers, as for any unknown address."""
    raw = b"0123456789\r\n\xff\xfe\x00"
    path = f"{FILES}/{upload(server.admin, 'a.txt', raw)}/content"
    answer = server.admin.get(path)
    assert (answer.content, answer.headers["content-length"]) == (raw, str(len(raw)))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "content-disposition" not in answer.headers
    for asked, start, stop in (("2-5", 2, 6), ("9-", 9, 15), ("-4", 11, 15), ("4-99", 4, 15)):
        part = server.admin.get(path, headers={"Range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, raw[start:stop])
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/15"
    assert server.admin.get(path, headers={"Range": "bytes=15-"}).status_code == 416
    head = server.admin.head(path)
    assert (head.status_code, head.headers["content-type"].partition(";")[0]) == (200, "text/html")


def test_the_etag_of_the_bytes_is_no_digest_of_them(server):
    """The same bytes bear another etag in another file, and a condition on it is not looked at."""
    raw = unique().encode()
    first = upload(server.admin, "a.txt", raw)
    old = server.admin.get(f"{FILES}/{first}/content").headers
    wait_for_next_second(server, read_file(server.admin, first)["created_at"])
    new = server.admin.get(f"{FILES}/{upload(server.admin, 'a.txt', raw)}/content").headers
    assert old["etag"] != new["etag"]
    assert server.admin.get(f"{FILES}/{first}/content", headers={"If-None-Match": old["etag"]}).content == raw


@pytest.mark.parametrize(
    ("name", "content_type", "query", "disposition"),
    [
        ("a.txt", "text/plain", {}, None),
        ("a.txt", "text/plain", {"attachment": "true"}, "attachment; filename*=UTF-8''a.txt"),
        ("a.md", "text/markdown", {}, "attachment; filename*=UTF-8''a.md"),
        ("ü 日.md", "text/markdown", {}, "attachment; filename*=UTF-8''%C3%BC%20%E6%97%A5.md"),
        ("a.pdf", "application/pdf", {}, "inline; filename*=UTF-8''a.pdf"),
    ],
)
def test_the_name_of_the_bytes_is_told(server, name, content_type, query, disposition):
    """Plain text is shown, a PDF too, everything else is to be saved under its name."""
    file_id = upload(server.admin, name, content_type=content_type)
    answer = server.admin.get(f"{FILES}/{file_id}/content", params=query)
    assert answer.headers.get("content-disposition") == disposition


def test_bytes_come_under_any_name_too(server):
    """Behind `/content/` any name may stand: the answer is to be saved under the file's own."""
    file_id = upload(server.admin, "a.txt", "text")
    answer = server.admin.get(f"{FILES}/{file_id}/content/other.txt")
    assert (answer.content, answer.headers["content-disposition"]) == (b"text", "attachment; filename*=UTF-8''a.txt")


def test_a_film_needs_no_text_on_0_12(server):
    """0.12 completes a film without reading it; 0.6 refuses it as it refuses pictures."""
    read = read_file(server.admin, upload(server.admin, "f.mp4", b"\0\0film", content_type="video/mp4"))
    failed = {"status": "failed", "error": "File type video/mp4 is not supported for processing"}
    assert read["data"] == {"0.6": failed, "0.12": {"status": "completed", "error": None}}[server.generation]
    assert read["hash"] is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("../../up.txt", "up.txt"), ("a/b/c.txt", "c.txt"), ("a\\b.txt", "a\\b.txt"), (" sp ace .txt", " sp ace .txt")],
)
def test_a_path_in_a_name_is_cut_off(server, sent, kept):
    """Only what follows the last slash is the name; a backslash is a letter like any other."""
    assert read_file(server.admin, upload(server.admin, sent))["filename"] == kept


def test_a_very_long_name_is_refused_on_0_6(server):
    """A name that no file system takes cannot be uploaded to 0.6; 0.12 keeps it."""
    name = "n" * 300 + ".txt"
    answer = send_file(server.admin, name)
    if server.generation == "0.6":
        assert refusal(answer) == (400, "[ERROR: Error uploading file]")
    else:
        assert read_json(answer)["filename"] == name


def test_a_changed_text_leaves_the_bytes_as_they_are(server):
    """`data/content/update` exchanges the text and its hash; 0.6 answers the old text and calls the file failed."""
    raw = unique().encode()
    file_id = upload(server.admin, "a.txt", raw)
    path = f"{FILES}/{file_id}"
    answer = read_json(server.admin.post(f"{path}/data/content/update", json={"content": "new\r\ntext"}))
    read = read_file(server.admin, file_id)
    assert (read["data"]["content"], read["hash"]) == ("new\r\ntext", sha256("new\r\ntext"))
    assert read["meta"]["size"] == len(raw)
    assert read["meta"].get("file_hash") == {"0.6": None, "0.12": sha256(raw)}[server.generation]
    assert server.admin.get(f"{path}/content").content == raw
    if server.generation == "0.6":
        assert (answer, read["data"]["status"]) == ({"content": raw.decode()}, "failed")
    else:
        assert (answer, read["data"]["status"]) == ({"content": "new\r\ntext"}, "completed")


def test_an_empty_text_is_refused_by_0_12_and_reads_the_bytes_again_on_0_6(server):
    """On 0.6 an empty text means: extract it once more."""
    raw = unique()
    file_id = upload(server.admin, "a.txt", raw)
    path = f"{FILES}/{file_id}/data/content/update"
    server.admin.post(path, json={"content": "another"})
    answer = server.admin.post(path, json={"content": ""})
    if server.generation == "0.12":
        assert refusal(answer) == (400, texts.EMPTY_CONTENT)
        assert read_file(server.admin, file_id)["data"]["content"] == "another"
    else:
        assert read_json(answer) == {"content": "another"}
        assert (read_file(server.admin, file_id)["hash"], read_file(server.admin, file_id)["data"]["content"]) == (
            sha256(raw),
            raw,
        )


@pytest.mark.generation("0.12")
def test_a_file_can_be_renamed(server):
    """On 0.12 a name can be changed, to anything, and nothing else changes."""
    before = read_file(server.admin, upload(server.admin, "old.txt"))
    wait_for_next_second(server, before["updated_at"])
    answer = read_json(server.admin.post(f"{FILES}/{before['id']}/rename", json={"filename": "a/new.txt"}))
    assert (answer["filename"], answer["meta"]["name"]) == ("a/new.txt", "a/new.txt")
    assert answer["updated_at"] > before["updated_at"]
    assert answer["hash"] == before["hash"]
    assert read_file(server.admin, before["id"]) == answer


@pytest.mark.generation("0.6")
def test_0_6_cannot_rename_a_file(server):
    """A file of another name is another file."""
    answer = server.admin.post(f"{FILES}/{upload(server.admin)}/rename", json={"filename": "new.txt"})
    assert answer.status_code == 405


def test_the_listing_has_ones_own_files(server):
    """An administrator sees everybody's files, an ordinary user his own; the text can be left out."""
    mine, theirs = upload(server.admin, "mine.txt", "one"), upload(server.user, "theirs.txt", "two")
    for_admin = {row["id"]: row for row in list_files(server, server.admin)}
    assert {mine, theirs} <= set(for_admin)
    assert for_admin[theirs]["data"]["content"] == "two"
    for_user = {row["id"]: row for row in list_files(server, server.user, content="false")}
    assert mine not in for_user
    assert for_user[theirs]["data"] == {"status": "completed", **NO_ERROR[server.generation]}


@pytest.mark.generation("0.12")
def test_the_listing_comes_in_pages_of_fifty_on_0_12(server):
    """Newest change first, by id where that is equal, with a total that `count` knows too; page 0 is refused."""
    for _ in range(51):
        upload(server.user)
    first = read_json(server.user.get(f"{FILES}/"))
    assert len(first["items"]) == 50
    assert first["total"] == read_json(server.user.get(f"{FILES}/count"))
    rows = list_files(server, server.user)
    assert len({row["id"] for row in rows}) == len(rows) == first["total"]
    keys = [(row["updated_at"], row["id"]) for row in rows]
    assert keys == sorted(keys, reverse=True)
    assert server.user.get(f"{FILES}/", params={"page": 0}).status_code == 422


def test_a_search_goes_by_a_pattern_of_names(server):
    """The pattern is for the whole name, in any case; no match is 404."""
    word = unique("f").replace(" ", "_")
    ids = {upload(server.admin, f"{word}.{ending}") for ending in ("md", "MD", "txt")}
    search = f"{FILES}/search"
    found = read_json(server.admin.get(search, params={"filename": f"{word}.m?", "content": "false"}))
    assert {row["filename"] for row in found} == {f"{word}.md", f"{word}.MD"}
    assert all("content" not in row["data"] for row in found)
    found = read_json(server.admin.get(search, params={"filename": f"{word.upper()}*"}))
    assert {row["id"] for row in found} == ids
    assert refusal(server.admin.get(search, params={"filename": word})) == (404, texts.NO_FILES_MATCH)
    assert refusal(server.user.get(search, params={"filename": f"{word}*"})) == (404, texts.NO_FILES_MATCH)
    assert server.admin.get(search).status_code == 422


def test_an_unknown_file_is_not_there(server):
    """Every address about one file says 404."""
    for name, send in requests_about(server.admin, "none").items():
        assert refusal(send()) == MISSING, name


def test_somebody_elses_file_is_not_there(server):
    """Without a base or the like that shows it, a file of others looks as if it did not exist."""
    file_id = upload(server.admin)
    for name, send in requests_about(server.user, file_id).items():
        assert refusal(send()) == MISSING, name
    assert read_file(server.admin, file_id)["id"] == file_id


def test_an_administrator_may_do_everything(server):
    """Files of others can be read, changed and deleted by an administrator."""
    file_id = upload(server.user)
    for name, send in requests_about(server.admin, file_id).items():
        assert send().status_code == 200, name
    assert refusal(server.user.get(f"{FILES}/{file_id}")) == MISSING


@pytest.mark.parametrize("right", ["read", "write"])
def test_a_base_shows_its_files_to_its_readers(server, right):
    """Whoever may read a base may read its files; whoever may write it may change the text of the owner's files."""
    me = [server.user_person.id]
    access = server.access(read_users=me) if right == "read" else server.access(write_users=me)
    base = create_base(server.admin, **access)
    file_id = fill(server.admin, base["id"])
    may = {"read": {"read", "status", "bytes", "text"}, "write": {"change", "delete"}}
    for name, send in requests_about(server.user, file_id).items():
        answer = send()
        if name in may[right]:
            assert answer.status_code == 200, name
        else:
            assert refusal(answer) == MISSING, name


def test_a_base_hands_on_the_right_to_write_a_file(server):
    """On 0.6 a writer of a base may delete any file in it; on 0.12 only files of the base's owner."""
    me, other = server.user_person.id, server.add_person()
    base = create_base(server.admin, **server.access(read_users=[me, other.id], write_users=[me, other.id]))
    file_id = upload(other.client)
    read_json(add(other.client, base["id"], file_id))
    assert server.user.get(f"{FILES}/{file_id}").status_code == 200
    answer = server.user.delete(f"{FILES}/{file_id}")
    if server.generation == "0.6":
        assert read_json(answer) == {"message": "File deleted successfully"}
    else:
        assert refusal(answer) == MISSING


def test_a_file_taken_out_of_a_base_is_hidden_from_its_readers_on_0_12(server):
    """On 0.6 the file goes on naming the base as its collection, and so stays open to the base's readers."""
    base = create_base(server.admin, **server.access(read_users=[server.user_person.id]))
    file_id = fill(server.admin, base["id"])
    read_json(remove(server.admin, base["id"], file_id, delete_file="false"))
    answer = server.user.get(f"{FILES}/{file_id}")
    if server.generation == "0.6":
        assert read_json(answer)["meta"]["collection_name"] == base["id"]
    else:
        assert refusal(answer) == MISSING


def test_a_deleted_file_is_gone(server):
    """The answer is a message; a second time there is no such file."""
    file_id = upload(server.user)
    assert read_json(server.user.delete(f"{FILES}/{file_id}")) == {"message": "File deleted successfully"}
    assert refusal(server.user.delete(f"{FILES}/{file_id}")) == MISSING
    assert refusal(server.user.get(f"{FILES}/{file_id}/content")) == MISSING
