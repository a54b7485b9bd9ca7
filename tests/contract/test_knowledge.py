"""Knowledge bases: what each address tells of them, what saving does, and who may do what."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.bases import (
    BASES,
    FILES,
    base_form,
    create_base,
    file_ids,
    fill,
    list_bases,
    no_bases_left,  # noqa: F401 - a fixture
    page,
    read_base,
    remove,
    send_file,
    unique,
    wait_for_next_second,
)
from tests.contract.stage import find, read_json, refusal

ACCESS = {"0.6": "access_control", "0.12": "access_grants"}
UNSAID = {"0.6": None, "0.12": []}
USER_FIELDS = {"id", "name", "role", "email"}
MISSING_ITEM = {"0.6": (401, texts.NOT_FOUND), "0.12": (404, texts.NOT_FOUND)}
MISSING = (400, texts.NOT_FOUND)
PROHIBITED = (400, texts.PROHIBITED)
RIGHTS = ["none", "read", "write", "read and write", "public", "group read", "group write"]
READERS = {"read", "read and write", "public", "group read"}
LISTED = {"0.6": {"public", "group read"}, "0.12": READERS}
WRITERS = {"write", "read and write", "group write"}
PAGE = 30


def fields(server, *more):
    """Return the keys of a base, those of this generation."""
    common = {"id", "user_id", "name", "description", "meta", "created_at", "updated_at"}
    return {*common, ACCESS[server.generation], *more}


def requests_about(client, base_id):
    """Return each request that needs the right to write, by what it does."""
    return {
        "update": lambda: client.post(f"{BASES}/{base_id}/update", json=base_form()),
        "add": lambda: client.post(f"{BASES}/{base_id}/file/add", json={"file_id": "none"}),
        "file update": lambda: client.post(f"{BASES}/{base_id}/file/update", json={"file_id": "none"}),
        "remove": lambda: remove(client, base_id, "none"),
        "batch": lambda: client.post(f"{BASES}/{base_id}/files/batch/add", json=[]),
        "reset": lambda: client.post(f"{BASES}/{base_id}/reset"),
        "delete": lambda: client.delete(f"{BASES}/{base_id}/delete"),
    }


@pytest.fixture
def base(server):
    """A private base of the administrator, as its creation answered it."""
    return create_base(server.admin, **server.private())


def test_a_creation_answers_the_base_with_an_id_of_the_servers(server):
    """The id is made by the server; `files` is there and null."""
    made = create_base(server.admin, id="mine", surplus=1)
    assert set(made) == fields(server, "files")
    assert (made["name"], made["description"], made["meta"], made["files"]) == ("A base", "What it holds", None, None)
    assert made["user_id"] == server.admin_person.id
    assert made["id"] not in ("mine", "")
    assert made[ACCESS[server.generation]] == UNSAID[server.generation]


def test_two_bases_may_bear_one_name(server):
    """Names are not unique: only the id tells bases apart."""
    name = unique("twin")
    ids = [create_base(server.admin, name=name)["id"] for _ in range(2)]
    assert ids[0] != ids[1]
    assert {row["id"] for row in list_bases(server.admin) if row["name"] == name} == set(ids)


@pytest.mark.parametrize("key", ["name", "description"])
def test_name_and_description_are_required(server, base, key):
    """A form without one of them is refused, by create and by update; empty ones are taken."""
    form = base_form()
    del form[key]
    for path in (f"{BASES}/create", f"{BASES}/{base['id']}/update"):
        answer = server.admin.post(path, json=form)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", key]
    assert create_base(server.admin, **{key: ""})[key] == ""


def test_a_base_is_read_without_its_files(server, base):
    """`files` is null whatever the base holds: the files have an address of their own."""
    fill(server.admin, base["id"])
    read = read_base(server.admin, base["id"])
    assert set(read) == fields(server, "files", "write_access")
    assert (read["files"], read["write_access"]) == (None, True)


def test_text_is_kept_as_it_is(server):
    """Neither name nor description is changed by the server."""
    odd = " \r\n\ttrailing  \nüñï 你好 \U0001f600 <b>&amp;</b>\n"
    made = create_base(server.admin, name=odd, description=odd)
    read = read_base(server.admin, made["id"])
    assert (read["name"], read["description"]) == (odd, odd)


def test_half_a_character_is_refused(server, base):
    """JSON can name half of a character, and no database takes it: the sentences speak of something else."""
    half = b'{"name": "\\ud800", "description": "d"}'
    headers = {"Content-Type": "application/json"}
    made = server.admin.post(f"{BASES}/create", content=half, headers=headers)
    assert refusal(made) == (400, texts.FILE_TAKEN)
    saved = server.admin.post(f"{BASES}/{base['id']}/update", content=half, headers=headers)
    assert refusal(saved) == (400, texts.ID_TAKEN)
    assert read_base(server.admin, base["id"]) == {**base, "write_access": True}


def test_an_update_answers_the_base_with_its_files(server, base):
    """The answer of an update has the files and says nothing of the right to write."""
    file_id = fill(server.admin, base["id"], "a.md")
    form = base_form(name="B", description="C", **server.private())
    updated = read_json(server.admin.post(f"{BASES}/{base['id']}/update", json=form))
    assert set(updated) == fields(server, "files", "write_access")
    assert (updated["name"], updated["description"], updated["write_access"]) == ("B", "C", False)
    assert [file["id"] for file in updated["files"]] == [file_id]
    assert set(updated["files"][0]) == {"id", "hash", "meta", "created_at", "updated_at"}
    assert read_base(server.admin, base["id"])["name"] == "B"


def test_the_listing_shows_a_page_of_bases_and_counts_all(server):
    """Thirty bases a page, newest change first, no files; a page behind the last is empty."""
    made = [create_base(server.admin, **server.private())["id"] for _ in range(PAGE + 1)]
    first = read_json(server.admin.get(f"{BASES}/"))
    assert set(first) == {"items", "total"}
    assert len(first["items"]) == PAGE
    counted = {"file_count"} if server.generation == "0.12" else set()
    assert set(first["items"][0]) == fields(server, "user", "write_access", *counted)
    assert set(first["items"][0]["user"]) == USER_FIELDS
    rows = list_bases(server.admin)
    assert len(rows) == first["total"]
    assert set(made) <= {row["id"] for row in rows}
    assert [row["updated_at"] for row in rows] == sorted((row["updated_at"] for row in rows), reverse=True)
    beyond = read_json(server.admin.get(f"{BASES}/", params={"page": 10_000}))
    assert beyond == {"items": [], "total": first["total"]}
    assert read_json(server.admin.get(f"{BASES}/", params={"page": 0}))["items"] == first["items"]


def test_a_page_that_is_no_number_is_refused(server):
    """The page is a number."""
    assert server.admin.get(f"{BASES}/", params={"page": "x"}).status_code == 422


@pytest.mark.generation("0.12")
def test_the_listing_counts_the_files_of_each_base(server, base):
    """On 0.12 a listing tells how many files a base has."""
    for _ in range(2):
        fill(server.admin, base["id"])
    assert find(list_bases(server.admin), base["id"])["file_count"] == 2


@pytest.mark.generation("0.12")
def test_a_base_counts_as_many_files_as_it_lists_for_whoever_may_read_it(server):
    """On 0.12 the count includes what lies in folders, and a reader is told the same as the owner."""
    base_id = create_base(server.admin, **server.public())["id"]
    fill(server.admin, base_id, "a.md")
    form = {"name": "inner", "parent_id": None}
    folder_id = read_json(server.admin.post(f"{BASES}/{base_id}/dirs/create", json=form))["id"]
    metadata = {"knowledge_id": base_id, "directory_id": folder_id}
    read_json(send_file(server.admin, "b.md", unique(), metadata=metadata))
    for client in (server.admin, server.add_person().client):
        listed = read_json(client.get(f"{BASES}/{base_id}/files"))
        assert (find(list_bases(client), base_id)["file_count"], listed["total"]) == (2, 2)


@pytest.mark.generation("0.12")
def test_equally_old_bases_come_in_the_order_of_their_ids(server):
    """On 0.12 the order of a listing is total: pages neither repeat nor skip a base."""
    rows = list_bases(server.admin)
    keys = [(-row["updated_at"], row["id"]) for row in rows]
    assert keys == sorted(keys)


def test_files_do_not_move_the_time_of_change(server, base):
    """Adding and removing files leaves a base's `updated_at`, so a base must be asked for its files."""
    wait_for_next_second(server, base["updated_at"])
    file_id = fill(server.admin, base["id"])
    assert read_base(server.admin, base["id"])["updated_at"] == base["updated_at"]
    read_json(remove(server.admin, base["id"], file_id))
    assert read_base(server.admin, base["id"])["updated_at"] == base["updated_at"]


def test_every_save_moves_the_time_of_change(server, base):
    """An identical update and a reset move `updated_at`, and never `created_at`."""
    other = create_base(server.admin, **server.private())
    wait_for_next_second(server, other["updated_at"])
    read_json(server.admin.post(f"{BASES}/{base['id']}/update", json=base_form(**server.private())))
    read_json(server.admin.post(f"{BASES}/{other['id']}/reset"))
    for before in (base, other):
        after = read_base(server.admin, before["id"])
        assert after["updated_at"] > before["updated_at"]
        assert after["created_at"] == before["created_at"]


@pytest.mark.generation("0.6")
def test_an_update_that_leaves_access_out_makes_a_base_public(server, base):
    """On 0.6 access must be said again with every update: left out, it is null."""
    read_json(server.admin.post(f"{BASES}/{base['id']}/update", json=base_form()))
    assert read_base(server.admin, base["id"])["access_control"] is None
    assert base["id"] in {row["id"] for row in list_bases(server.user)}


@pytest.mark.generation("0.12")
def test_an_update_leaves_access_as_it_is(server, base):
    """On 0.12 access has an endpoint of its own, and that does not move the time of change."""
    read_json(server.admin.post(f"{BASES}/{base['id']}/update", json=base_form(**server.public())))
    before = read_base(server.admin, base["id"])
    assert before["access_grants"] == []
    wait_for_next_second(server, before["updated_at"])
    path = f"{BASES}/{base['id']}/access/update"
    answer = read_json(server.admin.post(path, json=server.public()))
    assert set(answer) == fields(server, "files", "write_access")
    assert answer["files"] == []
    (grant,) = answer["access_grants"]
    assert (grant["resource_type"], grant["principal_id"], grant["permission"]) == ("knowledge", "*", "read")
    assert read_base(server.admin, base["id"])["updated_at"] == before["updated_at"]
    read_json(server.admin.post(path, json={"access_grants": []}))
    assert read_base(server.admin, base["id"])["access_grants"] == []


@pytest.mark.generation("0.12")
def test_access_of_an_unknown_base_cannot_be_changed(server):
    """Changing access says 404, unlike every other save."""
    answer = server.admin.post(f"{BASES}/none/access/update", json={"access_grants": []})
    assert refusal(answer) == (404, texts.NOT_FOUND)


def test_an_unknown_base_is_told_by_each_address_in_its_own_way(server):
    """Reading says 401 or 404; whatever writes, and the files, say 400."""
    assert refusal(server.admin.get(f"{BASES}/none")) == MISSING_ITEM[server.generation]
    assert refusal(server.admin.get(f"{BASES}/none/files")) == MISSING
    for name, send in requests_about(server.admin, "none").items():
        assert refusal(send()) == MISSING, name


def test_a_deleted_base_leaves_its_files_behind(server, base):
    """Deleting a base deletes no file, on either generation; a second time there is no such base."""
    file_id = fill(server.admin, base["id"])
    assert read_json(server.admin.delete(f"{BASES}/{base['id']}/delete")) is True
    assert refusal(server.admin.get(f"{BASES}/{base['id']}")) == MISSING_ITEM[server.generation]
    assert refusal(server.admin.delete(f"{BASES}/{base['id']}/delete")) == MISSING
    assert server.admin.get(f"{FILES}/{file_id}").status_code == 200


def test_a_deleted_base_is_taken_out_of_the_agents_that_named_it(server, base):
    """Deleting a base changes agents: on 0.12 that is a version of theirs; on 0.6 not even their time moves."""
    named = [{"id": base["id"], "type": "collection"}, {"id": "another", "type": "collection"}]
    form = {"id": unique("agent").replace(" ", "-"), "base_model_id": "some-model", "name": "An agent", "params": {}}
    meta = {"description": "d", "knowledge": named, "surplus": 1}
    made = read_json(server.admin.post("/api/v1/models/create", json={**form, "meta": meta, **server.private()}))
    wait_for_next_second(server, made["updated_at"])
    read_json(server.admin.delete(f"{BASES}/{base['id']}/delete"))
    agent = read_json(server.admin.get("/api/v1/models/model", params={"id": made["id"]}))
    assert agent["meta"] == {**made["meta"], "knowledge": named[1:]}
    assert (agent["updated_at"] > made["updated_at"]) is (server.generation == "0.12")
    if server.generation == "0.12":
        assert agent["version_id"] != made["version_id"]


def test_a_reset_empties_a_base(server, base):
    """The base stays without files; 0.12 deletes the files themselves, 0.6 leaves them."""
    file_id = fill(server.admin, base["id"])
    answer = read_json(server.admin.post(f"{BASES}/{base['id']}/reset"))
    assert set(answer) == fields(server, "files")
    assert answer["files"] is None
    assert page(server.admin, base["id"])["total"] == 0
    is_kept = server.admin.get(f"{FILES}/{file_id}").status_code == 200
    assert is_kept is (server.generation == "0.6")


def test_a_reset_lets_the_same_text_in_again(server, base):
    """What a base held before its reset is no duplicate afterwards."""
    text = unique()
    fill(server.admin, base["id"], "before.txt", text)
    read_json(server.admin.post(f"{BASES}/{base['id']}/reset"))
    after = fill(server.admin, base["id"], "after.txt", text)
    assert file_ids(server.admin, base["id"]) == [after]


@pytest.mark.parametrize("right", RIGHTS)
def test_a_listing_shows_what_somebody_may_read(server, access_of, right):
    """It goes by the right to read, and tells of each base whether it may be written.

    0.6 does not list what is shared with a person by name, though they may read it.
    """
    made = create_base(server.admin, **access_of[right])
    found = [row for row in list_bases(server.user) if row["id"] == made["id"]]
    assert bool(found) is (right in LISTED[server.generation])
    assert all(row["write_access"] is (right in WRITERS) for row in found)


@pytest.mark.parametrize("is_first", [True, False])
def test_what_two_groups_may_read_is_not_listed_on_0_6(server, group_of_user, is_first):
    """A base that several groups may read is listed by 0.6 for none of them: a listing proves no absence."""
    other = read_json(server.admin.post("/api/v1/groups/create", json={"name": "Other", "description": ""}))["id"]
    groups = [group_of_user, other] if is_first else [other, group_of_user]
    made = create_base(server.admin, **server.access(read_groups=groups))
    assert read_base(server.user, made["id"])["id"] == made["id"]
    is_listed = made["id"] in {row["id"] for row in list_bases(server.user)}
    assert is_listed is (server.generation == "0.12")


@pytest.mark.parametrize("right", RIGHTS)
def test_reading_a_base_needs_the_right_to_read(server, access_of, right):
    """Without it 0.6 answers `null` with status 200, and 0.12 refuses."""
    made = create_base(server.admin, **access_of[right])
    answer = server.user.get(f"{BASES}/{made['id']}")
    listed = server.user.get(f"{BASES}/{made['id']}/files")
    if right in READERS:
        assert read_json(answer)["write_access"] is (right in WRITERS)
        assert read_json(listed)["total"] == 0
    else:
        hidden = {"0.6": (200, None), "0.12": (401, texts.PROHIBITED)}
        assert refusal(answer) == hidden[server.generation]
        assert refusal(listed) == PROHIBITED


@pytest.mark.parametrize("right", RIGHTS)
def test_saving_needs_the_right_to_write(server, access_of, right):
    """Whoever may not write is refused by each save; whoever may is told what is wrong with the save, if anything."""
    for name in requests_about(server.user, "none"):
        made = create_base(server.admin, **access_of[right])
        answer = requests_about(server.user, made["id"])[name]()
        if right not in WRITERS:
            assert refusal(answer) == PROHIBITED, name
        elif name in ("add", "file update", "remove"):
            assert refusal(answer) == MISSING, name  # there is no such file
        else:
            assert answer.status_code == 200, name


def test_an_administrator_may_write_what_others_made(server, allow_users):
    """0.6 still says that he may not, in listing and item."""
    allow_users("knowledge")
    made = create_base(server.user, **server.private())
    says = server.generation == "0.12"
    assert find(list_bases(server.admin), made["id"])["write_access"] is says
    assert read_base(server.admin, made["id"])["write_access"] is says
    form = base_form(name="Taken over", **server.private())
    updated = read_json(server.admin.post(f"{BASES}/{made['id']}/update", json=form))
    assert (updated["name"], updated["user_id"]) == ("Taken over", server.user_person.id)


def test_making_a_base_needs_a_permission(server, allow_users):
    """An ordinary user needs `workspace.knowledge`."""
    assert refusal(server.user.post(f"{BASES}/create", json=base_form())) == (401, texts.UNAUTHORIZED)
    allow_users("knowledge")
    made = create_base(server.user)
    assert made["user_id"] == server.user_person.id
    assert find(list_bases(server.user), made["id"])["write_access"] is True


def test_what_an_ordinary_user_makes_is_private(server, allow_users):
    """Without the permission to share publicly, a base that was to be public is private."""
    allow_users("knowledge")
    made = create_base(server.user, **server.public())
    assert made[ACCESS[server.generation]] == {"0.6": {}, "0.12": []}[server.generation]


@pytest.mark.generation("0.6")
def test_an_ordinary_users_update_makes_a_public_base_private(server, access_of):
    """On 0.6 a writer without the permission to share publicly turns null into `{}`: everybody else loses the base."""
    made = create_base(server.admin, **access_of["read and write"])
    read_json(server.user.post(f"{BASES}/{made['id']}/update", json=base_form()))
    assert read_base(server.admin, made["id"])["access_control"] == {}


def test_a_search_looks_into_names_and_descriptions(server):
    """A part of the name or the description is enough, in any case; the answer is one of the listing's form."""
    word = unique("needle").replace(" ", "-")
    ids = {
        create_base(server.admin, name=f"X {word.upper()} X", **server.private())["id"],
        create_base(server.admin, description=f"about {word}", **server.private())["id"],
    }
    found = read_json(server.admin.get(f"{BASES}/search", params={"query": word}))
    assert found["total"] == 2
    assert {row["id"] for row in found["items"]} == ids
    listed = read_json(server.admin.get(f"{BASES}/"))["items"][0]
    assert set(found["items"][0]) == set(listed)
    assert read_json(server.user.get(f"{BASES}/search", params={"query": word}))["items"] == []


def test_a_search_looks_at_owners_on_0_12(server, allow_users):
    """On 0.12 the owner's name and address are looked at too."""
    allow_users("knowledge")
    somebody = server.add_person()
    made = create_base(somebody.client, **server.private())
    for word in (somebody.name, somebody.email):
        found = read_json(server.admin.get(f"{BASES}/search", params={"query": word}))
        assert [row["id"] for row in found["items"]] == ([made["id"]] if server.generation == "0.12" else [])


def test_a_search_can_be_for_ones_own_or_for_what_others_shared(server):
    """`view_option` splits the listing by owner."""
    word = unique("shared").replace(" ", "-")
    made = create_base(server.admin, name=word, **server.public())
    for client, option, is_found in (
        (server.admin, "created", True),
        (server.admin, "shared", False),
        (server.user, "created", False),
        (server.user, "shared", True),
    ):
        found = read_json(client.get(f"{BASES}/search", params={"query": word, "view_option": option}))
        assert [row["id"] for row in found["items"]] == ([made["id"]] if is_found else []), option


def test_signing_in_is_needed(server, base):
    """Nothing of a base is told to strangers."""
    for path in (f"{BASES}/", f"{BASES}/{base['id']}", f"{BASES}/{base['id']}/files"):
        assert refusal(server.anonymous.get(path)) == (401, texts.NOT_SIGNED_IN)
