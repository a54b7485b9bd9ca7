"""The files of a knowledge base: how they come in and out, how they are listed, and what is refused as a duplicate."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.bases import (
    BASES,
    FILES,
    add,
    create_base,
    file_ids,
    fill,
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
from tests.contract.stage import read_json, refusal

MISSING = (400, texts.NOT_FOUND)
PROHIBITED = (400, texts.PROHIBITED)
GONE = (404, texts.NOT_FOUND)
DUPLICATE = (400, f"400: {texts.DUPLICATE_CONTENT}")
LISTED_FIELDS = {
    "0.6": {
        "id", "user_id", "hash", "filename", "data", "meta", "created_at", "updated_at", "user", "path",
        "access_control",
    },
    "0.12": {
        "id", "user_id", "hash", "filename", "data", "meta", "created_at", "updated_at", "user", "directory_id",
        "directory_path", "has_original",
    },
}  # fmt: skip
PAGE_FIELDS = {"0.6": {"items", "total"}, "0.12": {"items", "total", "directories", "breadcrumbs"}}
ADDED_FIELDS = {"id", "hash", "meta", "created_at", "updated_at"}
PAGE = 30
MANY = 65


def batch(client, base_id, ids):
    return client.post(f"{BASES}/{base_id}/files/batch/add", json=[{"file_id": each} for each in ids])


def answered_ids(answer):
    return {file["id"] for file in read_json(answer)["files"]}


def every_page(client, base_id, **query):
    """Return the rows of all pages, one list a page, and the totals that they told."""
    pages, totals = [], set()
    for number in range(1, 100):
        found = page(client, base_id, page=number, **query)
        totals.add(found["total"])
        if not found["items"]:
            return pages, totals
        pages.append(found["items"])
    return pytest.fail("the pages do not end")


@pytest.fixture
def base(server):
    """A private base of the administrator."""
    return create_base(server.admin, **server.private())


@pytest.fixture(scope="session")
def crowded(server):
    """A public base of the administrator with more files than two pages hold, and their ids."""
    base_id = create_base(server.admin, **server.public())["id"]
    made = [upload(server.admin, f"f{number:02}.txt", f"file {number} of many") for number in range(MANY)]
    assert len(answered_ids(batch(server.admin, base_id, made))) == MANY
    return base_id, made


def test_adding_a_file_answers_all_files_of_the_base(server, base):
    """The answer is the base with a short row for each of its files; the file now belongs to the base's collection."""
    first = fill(server.admin, base["id"], "a.md")
    second = upload(server.admin, "b.md")
    answer = read_json(add(server.admin, base["id"], second))
    assert (answer["id"], answer["write_access"]) == (base["id"], False)
    rows = {file["id"]: file for file in answer["files"]}
    assert set(rows) == {first, second}
    assert all(set(row) == ADDED_FIELDS for row in rows.values())
    assert rows[second]["meta"]["name"] == "b.md"
    assert rows[second]["meta"]["collection_name"] == base["id"]


def test_a_file_of_a_base_is_listed(server, base):
    """0.6 lists the whole text and a path of the server's disk with each file; 0.12 neither."""
    file_id = fill(server.admin, base["id"], "a.md", "line\r\n")
    found = page(server.admin, base["id"])
    assert set(found) == PAGE_FIELDS[server.generation]
    (item,) = found["items"]
    assert set(item) == LISTED_FIELDS[server.generation]
    assert (item["id"], item["filename"], item["hash"]) == (file_id, "a.md", sha256("line\n"))
    assert set(item["user"]) == {"id", "name", "role", "email"}
    assert item["data"] == {"0.6": {"status": "completed", "content": "line\n"}, "0.12": None}[server.generation]
    if server.generation == "0.12":
        assert item["meta"]["file_hash"] == sha256(b"line\r\n")
        assert (item["directory_id"], item["directory_path"], item["has_original"]) == (None, "", True)
        assert (found["directories"], found["breadcrumbs"]) == ([], [])


def test_the_files_of_a_base_come_in_pages_of_thirty(server, crowded):
    """Every page tells the same total; a page behind the last is empty; page 0 is the first."""
    base_id, made = crowded
    pages, totals = every_page(server.admin, base_id)
    assert [len(rows) for rows in pages] == [PAGE, PAGE, MANY - 2 * PAGE]
    assert totals == {MANY}
    assert {row["id"] for rows in pages for row in rows} == set(made)
    assert page(server.admin, base_id, page=0)["items"] == pages[0]


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize(("order_by", "key"), [("name", "filename"), ("created_at", "created_at")])
def test_the_files_of_a_base_come_in_an_order(server, crowded, order_by, key, direction):
    """By name the order is total here; by a time, 0.12 alone orders equal ones, by id."""
    pages, _ = every_page(server.admin, crowded[0], order_by=order_by, direction=direction)
    values = [row[key] for rows in pages for row in rows]
    assert values == sorted(values, reverse=direction == "desc")


@pytest.mark.generation("0.12")
def test_equally_old_files_come_in_the_order_of_their_ids(server, crowded):
    """On 0.12 the order is total, so pages neither repeat nor skip a file."""
    pages, _ = every_page(server.admin, crowded[0])
    keys = [(-row["updated_at"], row["id"]) for rows in pages for row in rows]
    assert keys == sorted(keys)


def test_a_limit_is_for_administrators_of_0_12(server, crowded):
    """On 0.12 an administrator gets a whole base in one answer; nobody else does, and 0.6 does not know a limit."""
    base_id, _ = crowded
    for client, seen in ((server.admin, {"0.6": PAGE, "0.12": MANY}[server.generation]), (server.user, PAGE)):
        assert len(page(client, base_id, limit=100_000)["items"]) == seen
    if server.generation == "0.12":
        assert len(page(server.admin, base_id, limit=0)["items"]) == 1
        assert len(page(server.admin, base_id, limit=50, page=2)["items"]) == MANY - 50


def test_a_search_within_a_base_goes_by_the_name(server, crowded):
    """A part of the file's name, in any case."""
    base_id, _ = crowded
    assert [row["filename"] for row in page(server.admin, base_id, query="F07")["items"]] == ["f07.txt"]
    assert page(server.admin, base_id, query="nothing")["total"] == 0


def test_the_files_can_be_split_by_who_added_them(server):
    """`view_option` tells one's own from others'."""
    me = [server.user_person.id]
    base_id = create_base(server.admin, **server.access(read_users=me, write_users=me))["id"]
    by_admin, by_user = fill(server.admin, base_id), fill(server.user, base_id)
    for option, found in (("created", by_user), ("shared", by_admin)):
        assert [row["id"] for row in page(server.user, base_id, view_option=option)["items"]] == [found]


def test_an_empty_batch_lists_a_whole_base(server, base):
    """Adding no files changes nothing and answers every file in one request, whoever may write the base.

    That is the cheapest listing of all: `POST files/batch/add` with `[]`.
    """
    made = {fill(server.admin, base["id"], f"{number}.txt") for number in range(3)}
    before = read_base(server.admin, base["id"]), page(server.admin, base["id"])
    wait_for_next_second(server, before[0]["updated_at"])
    answer = read_json(batch(server.admin, base["id"], []))
    assert {file["id"] for file in answer["files"]} == made
    assert all(set(file) == ADDED_FIELDS for file in answer["files"])
    listed = {item["id"]: item for item in before[1]["items"]}
    for file in answer["files"]:
        assert file == {key: listed[file["id"]][key] for key in ADDED_FIELDS}
    assert (read_base(server.admin, base["id"]), page(server.admin, base["id"])) == before


def test_files_are_added_in_a_batch(server, base):
    """A batch adds what was processed and leaves what a file says of its collection as it was."""
    made = [upload(server.admin, f"{number}.txt") for number in range(3)]
    answer = batch(server.admin, base["id"], made)
    assert answered_ids(answer) == set(made)
    assert "warnings" not in answer.json()
    assert set(file_ids(server.admin, base["id"])) == set(made)
    assert read_file(server.admin, made[0])["meta"]["collection_name"] == f"file-{made[0]}"


def test_one_unknown_file_refuses_a_batch(server, base):
    """Nothing of such a batch is added."""
    known = upload(server.admin)
    assert refusal(batch(server.admin, base["id"], [known, "none"])) == (400, "File none not found")
    assert file_ids(server.admin, base["id"]) == []


def test_a_batch_takes_duplicates_in_on_0_6_and_drops_them_unsaid_on_0_12(server, base):
    """0.6 never compares texts in a batch; 0.12 leaves the second out and says nothing."""
    text = unique()
    one, other = (upload(server.admin, name, text) for name in ("one.txt", "other.txt"))
    added = answered_ids(batch(server.admin, base["id"], [one]))
    assert added == {one}
    added = answered_ids(batch(server.admin, base["id"], [other]))
    assert added == ({one, other} if server.generation == "0.6" else {one})
    assert read_file(server.admin, other)["data"]["status"] == "completed"


@pytest.mark.generation("0.12")
def test_a_batch_may_name_a_file_that_is_there_already(server, base):
    """On 0.12 what is in the base is left out of the batch."""
    file_id = fill(server.admin, base["id"])
    assert answered_ids(batch(server.admin, base["id"], [file_id])) == {file_id}


def test_a_batch_does_not_take_a_file_without_text(server, base):
    """0.6 breaks over it and adds nothing; 0.12 leaves it out and says nothing."""
    raw, fine = read_json(send_file(server.admin, "raw.txt", b"raw", process="false"))["id"], upload(server.admin)
    answer = batch(server.admin, base["id"], [raw])
    if server.generation == "0.6":
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith("1 validation error for BatchProcessFilesResult")
    else:
        assert answered_ids(answer) == set()
    assert answered_ids(batch(server.admin, base["id"], [fine])) == {fine}


def test_a_batch_takes_files_without_text_along_with_others(server, base):
    """Beside one with a text they come in; 0.12 then takes a second one for a duplicate of the first."""
    raw = read_json(send_file(server.admin, "raw.txt", b"raw", process="false"))["id"]
    picture = upload(server.admin, "p.png", b"\x89PNG\x00", content_type="image/png")
    fine = upload(server.admin)
    added = answered_ids(batch(server.admin, base["id"], [raw, fine, picture]))
    if server.generation == "0.6":
        assert added == {raw, fine, picture}
    else:
        assert fine in added
        assert len(added) == 2
    assert read_file(server.admin, fine)["data"]["status"] == "completed"


def test_a_file_that_was_not_processed_cannot_be_added(server, base):
    """A file must have been processed before."""
    raw = read_json(send_file(server.admin, "raw.txt", b"raw", process="false"))["id"]
    assert refusal(add(server.admin, base["id"], raw)) == (400, texts.NOT_PROCESSED)
    assert refusal(add(server.admin, base["id"], "none")) == MISSING


def test_a_file_without_text_cannot_be_added(server, base):
    """What failed to be processed is refused, for it is empty."""
    picture = upload(server.admin, "p.png", b"\x89PNG\x00", content_type="image/png")
    assert refusal(add(server.admin, base["id"], picture)) == (400, f"400: {texts.EMPTY_CONTENT}")
    assert file_ids(server.admin, base["id"]) == []


def test_a_text_that_is_there_already_is_refused(server, base):
    """The same text is a duplicate under any name, and whatever its line ends: the refused file counts as failed."""
    text = unique()
    first = fill(server.admin, base["id"], "one.txt", f"{text}\n")
    second = upload(server.admin, "two.txt", f"{text}\r\n")
    assert refusal(add(server.admin, base["id"], second)) == DUPLICATE
    assert file_ids(server.admin, base["id"]) == [first]
    refused = read_file(server.admin, second)
    assert refused["data"]["status"] == "failed"
    if server.generation == "0.6":
        assert refused["hash"] == sha256(f"{text}\n")
        assert "error" not in refused["data"]
    else:
        assert refused["hash"] is None
        assert refused["data"]["error"] == texts.DUPLICATE_CONTENT


def test_a_refused_file_can_be_added_once_the_other_is_out(server, base):
    """A file that counts as failed is not lost: adding it again mends it."""
    text = unique()
    first, second = fill(server.admin, base["id"], "one.txt", text), upload(server.admin, "two.txt", text)
    assert refusal(add(server.admin, base["id"], second)) == DUPLICATE
    read_json(remove(server.admin, base["id"], first))
    assert answered_ids(add(server.admin, base["id"], second)) == {second}
    mended = read_file(server.admin, second)
    assert (mended["hash"], mended["data"]["status"]) == (sha256(text), "completed")


def test_the_same_text_may_be_in_two_bases(server, base):
    """Duplicates are looked for within one base."""
    other, text = create_base(server.admin, **server.private()), unique()
    fill(server.admin, base["id"], "one.txt", text)
    assert len(answered_ids(add(server.admin, other["id"], upload(server.admin, "two.txt", text)))) == 1


def test_one_file_may_be_in_two_bases(server, base):
    """A file is listed in each base that it was added to, and says the last one."""
    other = create_base(server.admin, **server.private())
    file_id = fill(server.admin, base["id"])
    read_json(add(server.admin, other["id"], file_id))
    assert file_ids(server.admin, base["id"]) == file_ids(server.admin, other["id"]) == [file_id]
    assert read_file(server.admin, file_id)["meta"]["collection_name"] == other["id"]


def test_adding_a_file_again_is_a_duplicate_on_0_6_and_nothing_on_0_12(server, base):
    """On 0.6 the file stays in the base and counts as failed from then on: an add is never to be repeated blindly."""
    file_id = fill(server.admin, base["id"])
    answer = add(server.admin, base["id"], file_id)
    status = read_file(server.admin, file_id)["data"]["status"]
    if server.generation == "0.6":
        assert (refusal(answer), status) == (DUPLICATE, "failed")
    else:
        assert (answered_ids(answer), status) == ({file_id}, "completed")
    assert file_ids(server.admin, base["id"]) == [file_id]


def test_removing_a_file_deletes_it(server, base):
    """Unless told otherwise the file itself is deleted; the answer has what is left."""
    stays, goes = fill(server.admin, base["id"]), fill(server.admin, base["id"])
    answer = read_json(remove(server.admin, base["id"], goes))
    assert answer["write_access"] is False
    assert {file["id"] for file in answer["files"]} == {stays}
    assert refusal(server.admin.get(f"{FILES}/{goes}")) == GONE
    assert refusal(remove(server.admin, base["id"], goes)) == MISSING


def test_a_file_can_be_removed_and_kept(server, base):
    """With `delete_file=false` the file stays, and can be added again."""
    file_id = fill(server.admin, base["id"])
    assert answered_ids(remove(server.admin, base["id"], file_id, delete_file="false")) == set()
    assert read_file(server.admin, file_id)["data"]["status"] == "completed"
    assert answered_ids(add(server.admin, base["id"], file_id)) == {file_id}


def test_removing_a_file_that_another_base_has_deletes_it_there_too(server, base):
    """A file removed from one base is gone from all: the other base is left without it."""
    other = create_base(server.admin, **server.private())
    file_id = fill(server.admin, base["id"])
    read_json(add(server.admin, other["id"], file_id))
    read_json(remove(server.admin, base["id"], file_id))
    assert refusal(server.admin.get(f"{FILES}/{file_id}")) == GONE
    assert file_ids(server.admin, other["id"]) == []


def test_removing_what_is_not_in_the_base(server, base):
    """0.12 refuses; 0.6 deletes the file all the same, so what is removed must be looked up before."""
    elsewhere = upload(server.admin)
    answer = remove(server.admin, base["id"], elsewhere)
    is_there = server.admin.get(f"{FILES}/{elsewhere}").status_code == 200
    if server.generation == "0.6":
        assert (answer.status_code, is_there) == (200, False)
    else:
        assert (refusal(answer), is_there) == (MISSING, True)


def test_a_file_that_is_deleted_itself_leaves_a_trace_on_0_6(server, base):
    """On 0.6 the base goes on to call its text a duplicate: files must go by `file/remove`."""
    text = unique()
    file_id = fill(server.admin, base["id"], "a.txt", text)
    read_json(server.admin.delete(f"{FILES}/{file_id}"))
    assert page(server.admin, base["id"])["total"] == 0
    answer = add(server.admin, base["id"], upload(server.admin, "b.txt", text))
    if server.generation == "0.6":
        assert refusal(answer) == DUPLICATE
    else:
        assert len(answered_ids(answer)) == 1


def test_a_file_is_replaced_by_another(server, base):
    """Bytes cannot be exchanged: the new file is added beside the old one of the same name, then the old one goes."""
    old = fill(server.admin, base["id"], "a.md", unique())
    new = fill(server.admin, base["id"], "a.md", unique())
    assert set(file_ids(server.admin, base["id"])) == {old, new}
    assert answered_ids(remove(server.admin, base["id"], old)) == {new}


def test_a_file_whose_line_ends_alone_changed_must_go_before_it_comes(server, base):
    """Its text is a duplicate of its own old self."""
    old = fill(server.admin, base["id"], "a.md", "a\nb\n")
    new = upload(server.admin, "a.md", "a\r\nb\r\n")
    assert refusal(add(server.admin, base["id"], new)) == DUPLICATE
    read_json(remove(server.admin, base["id"], old))
    assert answered_ids(add(server.admin, base["id"], new)) == {new}


def test_a_changed_text_is_taken_over_with_an_update(server, base):
    """`file/update` reads the text anew; what is not in the base is refused by 0.12 alone."""
    file_id = fill(server.admin, base["id"], "a.txt", unique())
    server.admin.post(f"{FILES}/{file_id}/data/content/update", json={"content": unique("new")})
    answer = server.admin.post(f"{BASES}/{base['id']}/file/update", json={"file_id": file_id})
    assert answered_ids(answer) == {file_id}
    assert read_file(server.admin, file_id)["data"]["status"] == "completed"
    elsewhere = upload(server.admin)
    answer = server.admin.post(f"{BASES}/{base['id']}/file/update", json={"file_id": elsewhere})
    if server.generation == "0.6":
        assert answered_ids(answer) == {file_id}
    else:
        assert refusal(answer) == MISSING


def test_the_old_text_of_a_changed_file_is_no_duplicate_on_0_12(server, base):
    """0.12 takes a changed text over into every base of the file; on 0.6 the base knows the old one until told."""
    old, new = unique("old"), unique("new")
    file_id = fill(server.admin, base["id"], "a.txt", old)
    server.admin.post(f"{FILES}/{file_id}/data/content/update", json={"content": new})
    answers = {text: add(server.admin, base["id"], upload(server.admin, "b.txt", text)) for text in (old, new)}
    taken = {"0.6": new, "0.12": old}[server.generation]
    for text, answer in answers.items():
        if text == taken:
            assert answer.status_code == 200
        else:
            assert refusal(answer) == DUPLICATE


def test_a_writer_adds_and_removes_his_own_files(server):
    """Whoever may write a base works with his own files in it as its owner does."""
    base_id = create_base(server.admin, **server.access(write_users=[server.user_person.id]))["id"]
    file_id = fill(server.user, base_id, "mine.txt")
    assert read_file(server.admin, file_id)["user_id"] == server.user_person.id
    assert answered_ids(batch(server.user, base_id, [])) == {file_id}
    assert answered_ids(remove(server.user, base_id, file_id)) == set()
    assert refusal(server.user.get(f"{FILES}/{file_id}")) == GONE


def test_a_writer_removes_files_of_others(server):
    """On 0.6 a writer of the base deletes anybody's file with it; on 0.12 the file itself stays."""
    me = [server.user_person.id]
    base_id = create_base(server.admin, **server.access(read_users=me, write_users=me))["id"]
    file_id = fill(server.admin, base_id)
    assert answered_ids(remove(server.user, base_id, file_id)) == set()
    is_kept = server.admin.get(f"{FILES}/{file_id}").status_code == 200
    assert is_kept is (server.generation == "0.12")


def test_a_writer_cannot_add_what_he_cannot_read(server):
    """A file of somebody else is refused; in a batch 0.6 takes it all the same."""
    base_id = create_base(server.admin, **server.access(write_users=[server.user_person.id]))["id"]
    file_id = upload(server.admin)
    refused = {"0.6": (400, f"404: {texts.NOT_FOUND}"), "0.12": (403, texts.PROHIBITED)}[server.generation]
    assert refusal(add(server.user, base_id, file_id)) == refused
    assert read_file(server.admin, file_id)["data"]["status"] == "completed"
    answer = batch(server.user, base_id, [file_id])
    if server.generation == "0.6":
        assert answered_ids(answer) == {file_id}
    else:
        assert refusal(answer) == refused


def test_files_are_searched_for_in_all_bases(server):
    """`search/files` looks into the names of the files of every base that one owns or that is public."""
    word = unique("everywhere").replace(" ", "-")
    base_id = create_base(server.admin, **server.public())["id"]
    hidden = create_base(server.admin, **server.private())["id"]
    seen, unseen = fill(server.admin, base_id, f"{word}.txt"), fill(server.admin, hidden, f"{word}.txt")
    for client, ids in ((server.admin, {seen, unseen}), (server.user, {seen})):
        found = read_json(client.get(f"{BASES}/search/files", params={"query": word}))
        assert set(found) == PAGE_FIELDS[server.generation]
        assert {item["id"] for item in found["items"]} == ids
        assert found["total"] == len(ids)
    more = {"0.6": set(), "0.12": {"collection"}}[server.generation]
    assert set(found["items"][0]) == LISTED_FIELDS[server.generation] | more
