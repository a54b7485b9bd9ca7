"""Folders within a knowledge base, which 0.12 has: made, renamed, moved, deleted, and what becomes of the files."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.bases import (
    BASES,
    FILES,
    add,
    create_base,
    fill,
    no_bases_left,  # noqa: F401 - a fixture
    page,
    read_base,
    read_file,
    upload,
    wait_for_next_second,
)
from tests.contract.stage import is_page, read_json, refusal

pytestmark = pytest.mark.generation("0.12")

FIELDS = {"id", "knowledge_id", "parent_id", "name", "user_id", "created_at", "updated_at"}
MISSING = (404, texts.NOT_FOUND)
PROHIBITED = (403, texts.PROHIBITED)
PARENT_MISSING = (404, "Parent directory not found.")
TARGET_MISSING = (404, "Target directory not found.")
NAME_TAKEN = (400, "Failed to create directory. A directory with this name may already exist at this level.")
NOT_UPDATED = (400, "Failed to update directory. This may be caused by a naming conflict or circular move.")


def make_folder(client, base_id, name, parent_id=None):
    return client.post(f"{BASES}/{base_id}/dirs/create", json={"name": name, "parent_id": parent_id})


def folder(client, base_id, name, parent_id=None):
    id_: str = read_json(make_folder(client, base_id, name, parent_id))["id"]
    return id_


def change_folder(client, base_id, folder_id, **form):
    return client.post(f"{BASES}/{base_id}/dirs/{folder_id}/update", json=form)


def delete_folder(client, base_id, folder_id, **query):
    return client.delete(f"{BASES}/{base_id}/dirs/{folder_id}/delete", params=query)


def move(client, base_id, file_id, folder_id):
    return client.post(f"{BASES}/{base_id}/file/move", json={"file_id": file_id, "directory_id": folder_id})


def places(client, base_id):
    """Return the path of each file of a base, by its id."""
    return {item["id"]: item["directory_path"] for item in page(client, base_id, limit=1000)["items"]}


def paths(client, base_id):
    """Return the id of each folder of a base, by its path."""
    answer = client.post(f"{BASES}/{base_id}/sync/diff", json={"manifest": []})
    found: dict[str, str] = read_json(answer)["directory_map"]
    return found


@pytest.fixture
def base_id(server):
    """The id of a private base of the administrator."""
    return create_base(server.admin, **server.private())["id"]


def test_a_folder_is_made(server, base_id):
    """The answer is the folder; any text is a name, and a slash makes no path of it."""
    made = read_json(make_folder(server.admin, base_id, "docs"))
    assert set(made) == FIELDS
    assert (made["knowledge_id"], made["parent_id"], made["name"]) == (base_id, None, "docs")
    assert made["user_id"] == server.admin_person.id
    within = read_json(make_folder(server.admin, base_id, "api", made["id"]))
    assert within["parent_id"] == made["id"]
    for odd in ("a/b", "", "..", "ü 日"):
        folder(server.admin, base_id, odd)
    assert set(paths(server.admin, base_id)) == {"docs", "docs/api", "a/b", "", "..", "ü 日"}


def test_names_are_unique_within_a_folder_but_not_at_the_top(server, base_id):
    """Two folders at the top may bear one name, and a path then means one of them only."""
    top = folder(server.admin, base_id, "docs")
    twin = folder(server.admin, base_id, "docs")
    assert paths(server.admin, base_id)["docs"] in (top, twin)
    folder(server.admin, base_id, "api", top)
    assert refusal(make_folder(server.admin, base_id, "api", top)) == NAME_TAKEN
    assert read_json(make_folder(server.admin, base_id, "api", twin))["parent_id"] == twin


def test_a_folder_must_be_of_the_base(server, base_id):
    """A parent, a target and a folder to change must stand in the same base."""
    elsewhere = folder(server.admin, create_base(server.admin)["id"], "docs")
    here, file_id = folder(server.admin, base_id, "here"), fill(server.admin, base_id)
    for stranger in ("none", elsewhere):
        assert refusal(make_folder(server.admin, base_id, "x", stranger)) == PARENT_MISSING
        assert refusal(change_folder(server.admin, base_id, here, parent_id=stranger)) == PARENT_MISSING
        assert refusal(change_folder(server.admin, base_id, stranger, name="x")) == MISSING
        assert refusal(delete_folder(server.admin, base_id, stranger)) == MISSING
        assert refusal(move(server.admin, base_id, file_id, stranger)) == TARGET_MISSING
        assert refusal(add(server.admin, base_id, upload(server.admin), directory_id=stranger)) == TARGET_MISSING


def test_a_folder_is_renamed_and_moved(server, base_id):
    """What the form leaves out stays; `parent_id: null` moves a folder to the top."""
    one, two = folder(server.admin, base_id, "one"), folder(server.admin, base_id, "two")
    moved = read_json(change_folder(server.admin, base_id, two, parent_id=one))
    assert (moved["name"], moved["parent_id"]) == ("two", one)
    renamed = read_json(change_folder(server.admin, base_id, two, name="deux"))
    assert (renamed["name"], renamed["parent_id"]) == ("deux", one)
    both = read_json(change_folder(server.admin, base_id, two, name="top", parent_id=None))
    assert (both["name"], both["parent_id"]) == ("top", None)
    assert read_json(change_folder(server.admin, base_id, two)) == both


def test_a_folder_cannot_be_moved_into_itself(server, base_id):
    """Neither into itself nor into a folder within it, nor onto a name that is taken there."""
    outer = folder(server.admin, base_id, "outer")
    inner = folder(server.admin, base_id, "inner", outer)
    for target in (outer, inner):
        assert refusal(change_folder(server.admin, base_id, outer, parent_id=target)) == NOT_UPDATED
    other = folder(server.admin, base_id, "inner")
    assert refusal(change_folder(server.admin, base_id, other, parent_id=outer)) == NOT_UPDATED
    third = folder(server.admin, base_id, "third", outer)
    assert refusal(change_folder(server.admin, base_id, third, name="inner")) == NOT_UPDATED
    assert paths(server.admin, base_id) == {"outer": outer, "outer/inner": inner, "inner": other, "outer/third": third}


def test_a_move_whose_name_is_taken_is_half_done(server, base_id):
    """Moving comes first: a refused new name leaves the folder in its new place under its old name."""
    outer = folder(server.admin, base_id, "outer")
    folder(server.admin, base_id, "taken", outer)
    other = folder(server.admin, base_id, "other")
    assert refusal(change_folder(server.admin, base_id, other, name="taken", parent_id=outer)) == NOT_UPDATED
    assert paths(server.admin, base_id)["outer/other"] == other


def test_a_file_stands_in_a_folder(server, base_id):
    """A file is added to a folder or moved there, and its path is told with it; null is the top."""
    docs = folder(server.admin, base_id, "docs")
    api = folder(server.admin, base_id, "api", docs)
    file_id = upload(server.admin)
    read_json(add(server.admin, base_id, file_id, directory_id=api))
    (item,) = page(server.admin, base_id)["items"]
    assert (item["directory_id"], item["directory_path"]) == (api, "docs/api")
    before = read_file(server.admin, file_id)
    assert read_json(move(server.admin, base_id, file_id, docs)) == {"status": True}
    assert places(server.admin, base_id) == {file_id: "docs"}
    read_json(move(server.admin, base_id, file_id, None))
    assert places(server.admin, base_id) == {file_id: ""}
    assert read_file(server.admin, file_id) == before
    assert refusal(move(server.admin, base_id, upload(server.admin), docs)) == MISSING
    assert refusal(move(server.admin, base_id, "none", docs)) == MISSING


def test_adding_a_file_again_does_not_move_it(server, base_id):
    """A second add of a file of the base succeeds and leaves it where it is."""
    docs, file_id = folder(server.admin, base_id, "docs"), fill(server.admin, base_id)
    read_json(add(server.admin, base_id, file_id, directory_id=docs))
    assert places(server.admin, base_id) == {file_id: ""}


def test_a_batch_goes_into_folders(server, base_id):
    """Each file of a batch names its folder."""
    docs = folder(server.admin, base_id, "docs")
    one, two = upload(server.admin), upload(server.admin)
    path = f"{BASES}/{base_id}/files/batch/add"
    read_json(server.admin.post(path, json=[{"file_id": one, "directory_id": docs}, {"file_id": two}]))
    assert places(server.admin, base_id) == {one: "docs", two: ""}
    form = [{"file_id": upload(server.admin), "directory_id": "none"}]
    assert refusal(server.admin.post(path, json=form)) == TARGET_MISSING


def test_a_folder_is_listed_with_what_is_in_it(server, base_id):
    """`directory_id` shows one folder's files and folders and the way to it; empty, the top's; left out, all files."""
    docs = read_json(make_folder(server.admin, base_id, "docs"))
    api = read_json(make_folder(server.admin, base_id, "api", docs["id"]))
    extra = read_json(make_folder(server.admin, base_id, "Extra"))
    top, inner = fill(server.admin, base_id), upload(server.admin)
    read_json(add(server.admin, base_id, inner, directory_id=docs["id"]))
    for asked, files, folders, way in (
        ({}, {top, inner}, [extra, docs], []),
        ({"directory_id": ""}, {top}, [extra, docs], []),
        ({"directory_id": docs["id"]}, {inner}, [api], [docs]),
        ({"directory_id": api["id"]}, set(), [], [docs, api]),
        ({"directory_id": "none"}, set(), [], []),
    ):
        found = page(server.admin, base_id, **asked)
        assert {item["id"] for item in found["items"]} == files, asked
        assert (found["directories"], found["breadcrumbs"], found["total"]) == (folders, way, len(files)), asked


def test_a_deleted_folder_leaves_its_files_one_level_up(server, base_id):
    """Its own files and those of all folders within it stand where it stood."""
    outer = folder(server.admin, base_id, "outer")
    middle = folder(server.admin, base_id, "middle", outer)
    inner = folder(server.admin, base_id, "inner", middle)
    one, two = upload(server.admin), upload(server.admin)
    read_json(add(server.admin, base_id, one, directory_id=middle))
    read_json(add(server.admin, base_id, two, directory_id=inner))
    assert read_json(delete_folder(server.admin, base_id, middle)) == {"status": True, "file_ids": []}
    assert places(server.admin, base_id) == {one: "outer", two: "outer"}
    assert middle not in paths(server.admin, base_id).values()
    assert refusal(delete_folder(server.admin, base_id, middle)) == MISSING


def test_a_folder_can_be_deleted_with_its_files(server, base_id):
    """With `move_files=false` every file below goes, and is deleted where no other base has it."""
    outer = folder(server.admin, base_id, "outer")
    inner = folder(server.admin, base_id, "inner", outer)
    one, shared, stays = upload(server.admin), upload(server.admin), fill(server.admin, base_id)
    read_json(add(server.admin, base_id, one, directory_id=inner))
    read_json(add(server.admin, base_id, shared, directory_id=outer))
    other = create_base(server.admin)["id"]
    read_json(add(server.admin, other, shared))
    answer = read_json(delete_folder(server.admin, base_id, outer, move_files="false"))
    assert (answer["status"], set(answer["file_ids"])) == (True, {one, shared})
    assert places(server.admin, base_id) == {stays: ""}
    assert refusal(server.admin.get(f"{FILES}/{one}")) == MISSING
    assert places(server.admin, other) == {shared: ""}


def test_a_reset_takes_the_folders_too_unless_told_otherwise(server, base_id):
    """`include_directories=false` leaves the folders."""
    docs = folder(server.admin, base_id, "docs")
    read_json(add(server.admin, base_id, upload(server.admin), directory_id=docs))
    read_json(server.admin.post(f"{BASES}/{base_id}/reset", params={"include_directories": "false"}))
    assert (paths(server.admin, base_id), places(server.admin, base_id)) == ({"docs": docs}, {})
    read_json(server.admin.post(f"{BASES}/{base_id}/reset"))
    assert paths(server.admin, base_id) == {}


def test_folders_do_not_move_the_bases_time_of_change(server, base_id):
    """Like files, folders leave `updated_at` of the base alone."""
    before = read_base(server.admin, base_id)
    wait_for_next_second(server, before["updated_at"])
    docs = folder(server.admin, base_id, "docs")
    read_json(change_folder(server.admin, base_id, docs, name="texts"))
    read_json(delete_folder(server.admin, base_id, docs))
    assert read_base(server.admin, base_id) == before


def test_folders_need_the_right_to_write(server):
    """Unlike what concerns files, a refusal is 403 here, and an unknown base 404."""
    base_id = create_base(server.admin, **server.access(read_users=[server.user_person.id]))["id"]
    docs, file_id = folder(server.admin, base_id, "docs"), fill(server.admin, base_id)
    for send in (
        lambda client, base: make_folder(client, base, "x"),
        lambda client, base: change_folder(client, base, docs, name="x"),
        lambda client, base: delete_folder(client, base, docs),
        lambda client, base: move(client, base, file_id, docs),
        lambda client, base: client.post(f"{BASES}/{base}/sync/diff", json={"manifest": []}),
        lambda client, base: client.post(f"{BASES}/{base}/sync/cleanup", json={"file_ids": []}),
    ):
        assert refusal(send(server.user, base_id)) == PROHIBITED
        assert refusal(send(server.admin, "none")) == MISSING


def test_a_writer_works_with_folders(server):
    """The right to write is enough for all of it."""
    base_id = create_base(server.admin, **server.access(write_users=[server.user_person.id]))["id"]
    docs = folder(server.user, base_id, "docs")
    file_id = fill(server.admin, base_id)
    read_json(move(server.user, base_id, file_id, docs))
    read_json(change_folder(server.user, base_id, docs, name="texts"))
    assert places(server.admin, base_id) == {file_id: "texts"}
    read_json(delete_folder(server.user, base_id, docs))


def test_an_unknown_address_below_a_base_is_a_page(server, base_id):
    """A GET of what 0.12 does not have is answered with the web page."""
    assert is_page(server.admin.get(f"{BASES}/{base_id}/dirs"))
