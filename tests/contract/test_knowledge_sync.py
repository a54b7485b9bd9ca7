"""What keeps a folder on disk and a knowledge base in step: the server's own comparison, and the cheapest recipes.

The recipes are for a base of any size; their requests are counted, because a sync client is measured by them.
"""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.contract import texts
from tests.contract.bases import (
    BASES,
    FILES,
    add,
    create_base,
    fill,
    list_bases,
    no_bases_left,  # noqa: F401 - a fixture
    page,
    read_base,
    read_file,
    remove,
    send_file,
    sha256,
    unique,
    upload,
    wait_for_next_second,
)
from tests.contract.stage import find, is_page, read_json, refusal

PAGE = 30
MANY = 65


class Counting:
    """Count the requests that a client sends while the block runs."""

    def __init__(self, client):
        self._client = client
        self.sent = 0

    def __enter__(self):
        self._client.event_hooks["request"].append(self._count)
        return self

    def __exit__(self, *_):
        self._client.event_hooks["request"].remove(self._count)

    def _count(self, _):
        self.sent += 1


def entry(name, content, path=""):
    raw = content.encode() if isinstance(content, str) else content
    return {"filename": name, "path": path, "checksum": sha256(raw), "size": len(raw)}


def diff(client, base_id, *entries):
    return read_json(client.post(f"{BASES}/{base_id}/sync/diff", json={"manifest": list(entries)}))


def cleanup(client, base_id, file_ids=(), folder_ids=()):
    form = {"file_ids": list(file_ids), "dir_ids": list(folder_ids)}
    return read_json(client.post(f"{BASES}/{base_id}/sync/cleanup", json=form))


def folder(client, base_id, name, parent_id=None):
    form = {"name": name, "parent_id": parent_id}
    return read_json(client.post(f"{BASES}/{base_id}/dirs/create", json=form))["id"]


def send_into(client, base_id, name, content, folder_id=None):
    """Upload a file to 0.12 with the base named in its metadata, so that the server adds it by itself."""
    metadata = {"knowledge_id": base_id, **({"directory_id": folder_id} if folder_id else {})}
    return read_json(send_file(client, name, content, metadata=metadata))["id"]


def whole_listing(client, base_id):
    """Return every file of a base in one request, for whoever may write it: (id, name, hash, meta)."""
    rows = read_json(client.post(f"{BASES}/{base_id}/files/batch/add", json=[]))["files"]
    return {row["id"]: row for row in rows}


def listing_in_pages(client, base_id):
    """Return every file of a base page by page; a page that repeats a file, or a total that moves, is a fault."""
    first = page(client, base_id, order_by="name", direction="asc")
    rows = {item["id"]: item for item in first["items"]}
    for number in range(2, -(-first["total"] // PAGE) + 1):
        found = page(client, base_id, order_by="name", direction="asc", page=number)
        assert found["total"] == first["total"]
        assert not {item["id"] for item in found["items"]} & set(rows)
        rows |= {item["id"]: item for item in found["items"]}
    assert len(rows) == first["total"]
    return rows


@pytest.fixture
def base_id(server):
    """The id of a private base of the administrator."""
    return create_base(server.admin, **server.private())["id"]


@pytest.fixture(scope="session")
def crowded(server):
    """A base of the administrator with 65 files that the ordinary user may read: its id, and the files' ids."""
    base_id = create_base(server.admin, **server.access(read_users=[server.user_person.id]))["id"]
    form = [{"file_id": upload(server.admin, f"f{n:02}.txt", f"file {n} in step")} for n in range(MANY)]
    read_json(server.admin.post(f"{BASES}/{base_id}/files/batch/add", json=form))
    return base_id, {each["file_id"] for each in form}


@pytest.mark.generation("0.12")
def test_an_empty_base_and_an_empty_manifest_agree(server, base_id):
    """The answer has seven parts."""
    assert diff(server.admin, base_id) == {
        "added": [],
        "modified": [],
        "deleted": [],
        "mkdir": [],
        "rmdir": [],
        "unmodified_count": 0,
        "directory_map": {},
    }


@pytest.mark.generation("0.12")
def test_the_server_compares_a_manifest_with_a_base(server, base_id):
    """By path and name it tells what is new, what has other bytes and what is gone, and what agrees by its count."""
    docs = folder(server.admin, base_id, "docs")
    api = folder(server.admin, base_id, "api", docs)
    unused = folder(server.admin, base_id, "unused")
    same = send_into(server.admin, base_id, "same.md", "same\r\n", api)
    other = send_into(server.admin, base_id, "other.md", "other")
    gone = send_into(server.admin, base_id, "gone.md", "gone", docs)
    assert same
    found = diff(
        server.admin,
        base_id,
        entry("same.md", "same\r\n", "docs/api"),
        entry("other.md", "changed"),
        entry("new.md", "new", "a/b/c"),
        entry("gone.md", "gone"),
    )
    assert found["added"] == [{"filename": "new.md", "path": "a/b/c"}, {"filename": "gone.md", "path": ""}]
    assert found["modified"] == [{"filename": "other.md", "path": "", "stale_file_id": other}]
    assert found["deleted"] == [{"file_id": gone, "filename": "gone.md"}]
    assert found["mkdir"] == ["a", "a/b", "a/b/c"]
    assert found["rmdir"] == [unused]
    assert found["unmodified_count"] == 1
    assert found["directory_map"] == {"docs": docs, "docs/api": api, "unused": unused}


@pytest.mark.generation("0.12")
def test_the_comparison_sees_one_of_two_files_with_one_name(server, base_id):
    """Names within a folder are not unique: the second file of a name hides the first, and the count tells of it."""
    content = ["one", "two"]
    ids = [send_into(server.admin, base_id, "same.md", each) for each in content]
    seen = [diff(server.admin, base_id, entry("same.md", each))["unmodified_count"] for each in content]
    assert sorted(seen) == [0, 1]
    assert len(diff(server.admin, base_id)["deleted"]) == 1
    assert find(list_bases(server.admin), base_id)["file_count"] == len(ids)


@pytest.mark.generation("0.12")
def test_the_comparison_does_not_see_a_changed_text(server, base_id):
    """It goes by the bytes of the upload; whether somebody edited the text is told by `hash`."""
    file_id = send_into(server.admin, base_id, "a.md", "bytes")
    path = f"{FILES}/{file_id}/data/content/update"
    read_json(server.admin.post(path, json={"content": "edited in the browser"}))
    assert diff(server.admin, base_id, entry("a.md", "bytes"))["unmodified_count"] == 1
    assert whole_listing(server.admin, base_id)[file_id]["hash"] == sha256("edited in the browser")


@pytest.mark.generation("0.12")
def test_the_comparison_believes_the_hash_that_was_sent(server, base_id):
    """A `file_hash` in the metadata stands for the bytes, true or not: it should never be sent to 0.12."""
    read_json(send_file(server.admin, "a.md", "bytes", metadata={"knowledge_id": base_id, "file_hash": "no digest"}))
    assert len(diff(server.admin, base_id, entry("a.md", "bytes"))["modified"]) == 1


@pytest.mark.generation("0.12")
def test_a_manifest_must_be_whole(server, base_id):
    """Each entry has name, path, checksum and size."""
    form = {"manifest": [{"filename": "a.md", "path": "", "checksum": "x"}]}
    answer = server.admin.post(f"{BASES}/{base_id}/sync/diff", json=form)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "manifest", 0, "size"]


@pytest.mark.generation("0.12")
def test_a_cleanup_takes_files_and_folders_out(server, base_id):
    """Files that no other base has are deleted; what is not of the base is passed over without a word."""
    docs = folder(server.admin, base_id, "docs")
    api = folder(server.admin, base_id, "api", docs)
    one, shared = send_into(server.admin, base_id, "a.md", unique(), api), fill(server.admin, base_id)
    elsewhere = fill(server.admin, create_base(server.admin)["id"])
    other = create_base(server.admin)["id"]
    read_json(add(server.admin, other, shared))
    assert cleanup(server.admin, base_id, [one, shared, elsewhere, "none"], [docs, api, "none"]) == {"status": True}
    assert page(server.admin, base_id)["total"] == 0
    assert diff(server.admin, base_id)["directory_map"] == {}
    assert refusal(server.admin.get(f"{FILES}/{one}")) == (404, texts.NOT_FOUND)
    for kept in (shared, elsewhere):
        assert read_file(server.admin, kept)["id"] == kept


@pytest.mark.generation("0.12")
def test_a_file_of_a_folder_that_is_cleaned_up_leaves_the_base(server, base_id):
    """The folder's files go out of the base with it and are not deleted: name the files too."""
    docs = folder(server.admin, base_id, "docs")
    file_id = send_into(server.admin, base_id, "a.md", unique(), docs)
    cleanup(server.admin, base_id, folder_ids=[docs])
    assert page(server.admin, base_id)["total"] == 0
    assert read_file(server.admin, file_id)["id"] == file_id


@pytest.mark.generation("0.12")
def test_an_upload_that_names_a_base_is_added_to_it(server, base_id):
    """With `knowledge_id`, and `directory_id`, in the metadata, the server adds the file when it is processed."""
    docs = folder(server.admin, base_id, "docs")
    file_id = send_into(server.admin, base_id, "a.md", "text", docs)
    (item,) = page(server.admin, base_id)["items"]
    assert (item["id"], item["directory_path"]) == (file_id, "docs")
    assert item["meta"]["data"] == {"knowledge_id": base_id, "directory_id": docs}
    assert item["meta"]["collection_name"] == base_id
    assert read_file(server.admin, file_id)["data"]["status"] == "completed"


@pytest.mark.generation("0.12")
def test_an_upload_whose_text_the_base_has_fails(server, base_id):
    """The request succeeds, and the file counts as failed and is not in the base: the status must be asked for."""
    send_into(server.admin, base_id, "a.md", "text")
    file_id = send_into(server.admin, base_id, "b.md", "text")
    assert read_file(server.admin, file_id)["data"]["status"] == "failed"
    assert read_file(server.admin, file_id)["data"]["error"] == texts.DUPLICATE_CONTENT
    assert file_id not in whole_listing(server.admin, base_id)


@pytest.mark.generation("0.12")
def test_an_upload_into_a_base_that_one_may_not_write_succeeds_outside_it(server, base_id):
    """Nothing tells that the base was refused, or unknown: the file is completed, and in no base."""
    for client, named in ((server.user, base_id), (server.admin, "none")):
        file_id = send_into(client, named, "a.md", unique())
        assert read_file(client, file_id)["data"]["status"] == "completed"
        assert file_id not in whole_listing(server.admin, base_id)


@pytest.mark.generation("0.12")
def test_an_upload_into_an_unknown_folder_lands_at_the_top(server, base_id):
    """A folder of another base counts as unknown too."""
    send_into(server.admin, base_id, "a.md", unique(), "none")
    assert [item["directory_id"] for item in page(server.admin, base_id)["items"]] == [None]


def test_an_upload_to_0_6_that_names_a_base_is_added_to_none(server, base_id):
    """0.6 keeps the metadata and does nothing with them."""
    file_id = upload(server.admin, "a.md", metadata={"knowledge_id": base_id})
    assert (file_id in whole_listing(server.admin, base_id)) is (server.generation == "0.12")
    assert read_file(server.admin, file_id)["meta"]["data"] == {"knowledge_id": base_id}


@pytest.mark.generation("0.12")
def test_pending_files_are_told_to_readers(server, crowded):
    """What is on its way into a base has an address of its own; mostly it is empty."""
    base_id, _ = crowded
    assert read_json(server.user.get(f"{BASES}/{base_id}/files/pending")) == []
    assert refusal(server.user.get(f"{BASES}/none/files/pending")) == (404, texts.NOT_FOUND)
    stranger = server.add_person()
    assert refusal(stranger.client.get(f"{BASES}/{base_id}/files/pending")) == (400, texts.PROHIBITED)


@pytest.mark.generation("0.12")
def test_an_export_has_the_texts_and_not_the_bytes(server):
    """A ZIP for administrators: each text under the file's name with `.txt` behind, all in one folder."""
    base_id = create_base(server.admin, name="Ä/b c")["id"]
    docs = folder(server.admin, base_id, "docs")
    send_into(server.admin, base_id, "a.md", "one\r\n", docs)
    send_into(server.admin, base_id, "b.txt", "two")
    answer = server.admin.get(f"{BASES}/{base_id}/export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%84_b%20c.zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {"a.md.txt": b"one\n", "b.txt": b"two"}
    assert refusal(server.user.get(f"{BASES}/{base_id}/export")) == (401, texts.PROHIBITED)
    assert refusal(server.admin.get(f"{BASES}/none/export")) == (404, texts.NOT_FOUND)


@pytest.mark.generation("0.6")
def test_0_6_has_none_of_it(server, base_id):
    """A sync client learns from 405, and from a page where JSON should be, that a server compares nothing."""
    for path in ("sync/diff", "sync/cleanup", "dirs/create", "file/move"):
        assert server.admin.post(f"{BASES}/{base_id}/{path}", json={}).status_code == 405
    for path in ("export", "files/pending"):
        assert is_page(server.admin.get(f"{BASES}/{base_id}/{path}"))


def test_recipe_first_listing(server, crowded):
    """A whole base is listed in one request by whoever may write it, and by others in a request for thirty files.

    An administrator of 0.12 may also ask for `limit=`, which has the folders too.
    """
    base_id, made = crowded
    with Counting(server.admin) as admin:
        rows = whole_listing(server.admin, base_id)
    assert (admin.sent, set(rows)) == (1, made)
    with Counting(server.user) as reader:
        in_pages = listing_in_pages(server.user, base_id)
    assert (reader.sent, set(in_pages)) == (-(-MANY // PAGE), made)
    for file_id, row in rows.items():
        item = in_pages[file_id]
        assert (row["meta"]["name"], row["hash"], row["updated_at"]) == (
            item["filename"],
            item["hash"],
            item["updated_at"],
        )
    if server.generation == "0.12":
        with Counting(server.admin) as admin:
            found = page(server.admin, base_id, limit=1_000_000)
        assert (admin.sent, {item["id"] for item in found["items"]}) == (1, made)


def test_recipe_nothing_changed(server, crowded):
    """That nothing changed is seen in the same one request: every change of a file shows in id, hash or time.

    On 0.12 `sync/diff` tells the same of bytes and folders, in one short answer.
    """
    base_id, _ = crowded
    before = whole_listing(server.admin, base_id)
    with Counting(server.admin) as admin:
        assert whole_listing(server.admin, base_id) == before
    assert admin.sent == 1
    if server.generation == "0.12":
        manifest = [entry(f"f{n:02}.txt", f"file {n} in step") for n in range(MANY)]
        with Counting(server.admin) as admin:
            found = diff(server.admin, base_id, *manifest)
        assert admin.sent == 1
        assert found["unmodified_count"] == MANY
        assert not any(found[key] for key in ("added", "modified", "deleted", "mkdir", "rmdir"))


def glance(client, base_id):
    """Ask for the first page alone, newest change first: the total, and what stands on top."""
    found = page(client, base_id)
    rows = [(item["id"], item["filename"], item["hash"], item["updated_at"]) for item in found["items"]]
    return found["total"], rows


def test_recipe_nothing_changed_for_readers(server):
    """Whoever may only read sees every change of a file in the first page: a newer row on top, or another total.

    What a page cannot show is a move between folders of 0.12, and a change within the second of the last look.
    """
    base_id = create_base(server.admin, **server.access(read_users=[server.user_person.id]))["id"]
    form = [{"file_id": upload(server.admin, f"f{n:02}.txt", f"glance at {n}")} for n in range(PAGE + 2)]
    read_json(server.admin.post(f"{BASES}/{base_id}/files/batch/add", json=form))
    last = page(server.user, base_id, page=2)["items"][-1]["id"]
    replaced, edited, renamed, moved = [each["file_id"] for each in form if each["file_id"] != last][:4]
    new_text = {"content": unique("edited")}
    changes = {
        "add": lambda: fill(server.admin, base_id),
        "remove": lambda: read_json(remove(server.admin, base_id, last)),
        "replace": lambda: (read_json(remove(server.admin, base_id, replaced)), fill(server.admin, base_id)),
        "edit": lambda: read_json(server.admin.post(f"{FILES}/{edited}/data/content/update", json=new_text)),
    }
    if server.generation == "0.12":
        new_name = {"filename": "new.txt"}
        changes["rename"] = lambda: read_json(server.admin.post(f"{FILES}/{renamed}/rename", json=new_name))
    for name, change in changes.items():
        before = glance(server.user, base_id)
        wait_for_next_second(server, before[1][0][3])
        with Counting(server.user) as looking:
            assert glance(server.user, base_id) == before
        assert looking.sent == 1
        change()
        assert glance(server.user, base_id) != before, name
    if server.generation == "0.12":
        docs = folder(server.admin, base_id, "docs")
        before = glance(server.user, base_id)
        where = {"file_id": moved, "directory_id": docs}
        read_json(server.admin.post(f"{BASES}/{base_id}/file/move", json=where))
        assert glance(server.user, base_id) == before


def test_recipe_add_many(server, base_id):
    """A request for each file and one for all: the answer of the batch proves what came in.

    On 0.6 the batch compares no texts: whoever sends it must know that none is there already.
    """
    contents = {f"{number}.md": unique() for number in range(5)}
    with Counting(server.admin) as adding:
        form = [
            {"file_id": upload(server.admin, name, text, metadata={"file_hash": sha256(text)})}
            for name, text in contents.items()
        ]
        answer = read_json(server.admin.post(f"{BASES}/{base_id}/files/batch/add", json=form))
    assert adding.sent == len(contents) + 1
    assert {row["meta"]["name"]: row["hash"] for row in answer["files"]} == {
        name: sha256(text) for name, text in contents.items()
    }


def recipe_add(server, client, base_id, name, content):
    """Add a file in two requests: on 0.12 the upload names the base and a listing proves it, on 0.6 the add does."""
    digest = sha256(content)
    if server.generation == "0.12":
        file_id = send_into(client, base_id, name, content)
        rows = whole_listing(client, base_id)
        assert rows[file_id]["meta"]["file_hash"] == digest
    else:
        file_id = upload(client, name, content, metadata={"file_hash": digest})
        rows = {row["id"]: row for row in read_json(add(client, base_id, file_id))["files"]}
        assert rows[file_id]["meta"]["data"]["file_hash"] == digest
    return file_id, rows


@pytest.mark.parametrize("who", ["admin", "writer"])
def test_recipe_add_and_remove_one(server, who):
    """Two requests add a file and prove it; one removes it and shows all that is left."""
    client = server.admin if who == "admin" else server.user
    base_id = create_base(server.admin, **server.access(write_users=[server.user_person.id]))["id"]
    with Counting(client) as adding:
        file_id, rows = recipe_add(server, client, base_id, "a.md", unique())
    assert (adding.sent, set(rows)) == (2, {file_id})
    with Counting(client) as removing:
        left = read_json(remove(client, base_id, file_id))["files"]
    assert (removing.sent, left) == (1, [])
    assert refusal(client.get(f"{FILES}/{file_id}")) == (404, texts.NOT_FOUND)


@pytest.mark.parametrize("who", ["admin", "writer"])
def test_recipe_replace_one(server, who):
    """Four requests: look, upload, add, remove; the base is never without the file, and the last answer proves it."""
    client = server.admin if who == "admin" else server.user
    base_id = create_base(server.admin, **server.access(write_users=[server.user_person.id]))["id"]
    old, _ = recipe_add(server, client, base_id, "a.md", unique())
    with Counting(client) as replacing:
        assert set(whole_listing(client, base_id)) == {old}
        new, rows = recipe_add(server, client, base_id, "a.md", unique())
        assert set(rows) == {old, new}
        left = read_json(remove(client, base_id, old))["files"]
    assert replacing.sent == 4
    assert [row["id"] for row in left] == [new]


def test_recipe_replace_one_whose_text_stays(server, base_id):
    """Where the new bytes have the old text, the old file goes first: five requests with the proof that it went."""
    old, _ = recipe_add(server, server.admin, base_id, "a.md", "same\ntext")
    with Counting(server.admin) as replacing:
        assert whole_listing(server.admin, base_id)[old]["hash"] == sha256("same\ntext")
        kept = server.admin.get(f"{FILES}/{old}/content").content
        read_json(remove(server.admin, base_id, old))
        new, rows = recipe_add(server, server.admin, base_id, "a.md", "same\r\ntext")
    assert (replacing.sent, set(rows), kept) == (5, {new}, b"same\ntext")
    assert rows[new]["hash"] == sha256("same\ntext")


def test_recipe_bytes_of_a_file(server, base_id):
    """What the bytes are is told by 0.12 in `meta.file_hash`; on 0.6 by whoever uploaded them, in `meta.data`.

    A file that somebody put into 0.6 by hand tells size and text hash alone: only reading it shows its bytes.
    """
    raw = b"a\r\nb"
    ours = upload(server.admin, "a.md", raw, metadata={"file_hash": sha256(raw)})
    theirs = upload(server.admin, "b.md", b"another")
    for file_id in (ours, theirs):
        read_json(add(server.admin, base_id, file_id))
    rows = whole_listing(server.admin, base_id)
    assert rows[ours]["meta"]["data"]["file_hash"] == sha256(raw)
    assert (rows[ours]["meta"]["size"], rows[ours]["hash"]) == (len(raw), sha256("a\nb"))
    assert rows[theirs]["meta"].get("file_hash") == {"0.6": None, "0.12": sha256(b"another")}[server.generation]
    assert server.admin.get(f"{FILES}/{theirs}/content").content == b"another"
    assert json.dumps(read_base(server.admin, base_id)["files"]) == "null"
