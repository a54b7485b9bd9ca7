"""Prompts: what each listing tells, what saving does, and which of them can be reached at all."""

from __future__ import annotations

import pytest

from tests.contract import prompts, texts
from tests.contract.prompts import PATH
from tests.contract.stage import is_page, read_json, refusal

FIELDS_0_6 = {"command", "user_id", "title", "content", "timestamp", "access_control"}
FIELDS_0_12 = {
    "id", "command", "user_id", "name", "content", "data", "meta", "tags", "is_active", "version_id", "created_at",
    "updated_at", "access_grants",
}  # fmt: skip
FIELDS = {
    "0.6": {
        "create": FIELDS_0_6,
        "update": FIELDS_0_6,
        "item": FIELDS_0_6,
        "/": FIELDS_0_6,
        "/list": FIELDS_0_6 | {"user"},
    },
    "0.12": {
        "create": FIELDS_0_12,
        "update": FIELDS_0_12,
        "item": FIELDS_0_12 | {"user", "write_access"},
        "/": FIELDS_0_12,
        "/list": FIELDS_0_12 | {"user", "write_access"},
    },
}
USER_FIELDS = {"id", "name", "role", "email"}
NAME = {"0.6": "title", "0.12": "name"}
TIME = {"0.6": "timestamp", "0.12": "updated_at"}
MISSING = {"0.6": (401, texts.NOT_FOUND), "0.12": (404, texts.NOT_FOUND)}
NOT_STORED = {"0.6": (401, texts.PROHIBITED), "0.12": (400, texts.SOMETHING_WRONG)}
PROHIBITED = (401, texts.PROHIBITED)
HALF_A_CHARACTER = b'"\\ud800"'
ODD_TEXT = " \r\n\ttrailing  \nüñï 你好 \U0001f600 {{ name }}\n\n"


def page(server, **query):
    """Return the rows and the total of one page of 0.12's list."""
    found = read_json(server.admin.get(f"{PATH}/list", params=query))
    assert set(found) == {"items", "total"}
    return found["items"], found["total"]


@pytest.fixture
def prompt(server):
    """A private prompt of the administrator, as its creation answered it."""
    return prompts.create(server, **server.private())


@pytest.fixture
def shared(server, access_of):
    """The administrator's prompts, one for each right."""
    return {right: prompts.create(server, **access) for right, access in access_of.items()}


def test_creating_answers_the_whole_prompt(server, prompt):
    """The answer to a creation has all fields, and says who owns it."""
    assert set(prompt) == FIELDS[server.generation]["create"]
    assert (prompt["user_id"], prompt[NAME[server.generation]]) == (server.admin_person.id, "A name")
    assert prompt["content"] == "Say hello to {{name}}."
    assert 1_600_000_000 < prompt[TIME[server.generation]] < 10_000_000_000


@pytest.mark.generation("0.12")
def test_what_a_creation_leaves_out_is_empty(prompt):
    """On 0.12 a prompt without data, meta and tags has empty ones, and is active."""
    assert (prompt["data"], prompt["meta"], prompt["tags"], prompt["is_active"]) == ({}, {}, [], True)
    assert prompt["created_at"] == prompt["updated_at"]


def test_an_item_is_the_prompt(server, prompt):
    """Reading one prompt tells what its creation told."""
    item = prompts.read(server, prompt)
    assert set(item) == FIELDS[server.generation]["item"]
    assert {key: item[key] for key in prompt} == prompt
    if server.generation == "0.12":
        assert (item["write_access"], item["user"]) == (True, None)


@pytest.mark.parametrize("listing", ["/", "/list"])
def test_every_listing_has_the_content(server, prompt, listing):
    """Both listings are whole, and the fields of a row are exactly those of its generation."""
    row = prompts.listed(server, server.admin, listing)[prompt[prompts.KEY[server.generation]]]
    assert set(row) == FIELDS[server.generation][listing]
    assert {key: row[key] for key in prompt} == prompt
    if "user" in row:
        assert set(row["user"]) == USER_FIELDS
        assert row["user"]["id"] == prompt["user_id"]


def test_the_newest_prompt_comes_first(server, prompt):
    """Listings are ordered by the time of the last change, newest first."""
    prompts.wait_for_next_second(server, prompt)
    for listing in ("/", "/list"):
        found = read_json(server.admin.get(f"{PATH}{listing}"))
        rows = found["items"] if isinstance(found, dict) else found
        times = [row[TIME[server.generation]] for row in rows]
        assert times == sorted(times, reverse=True)
        assert len(set(times)) > 1


def test_content_is_kept_byte_for_byte(server):
    """Line ends, trailing blanks and characters of any script come back as they went."""
    prompt = prompts.create(server, content=ODD_TEXT, name=ODD_TEXT)
    item = prompts.read(server, prompt)
    assert (item["content"], item[NAME[server.generation]]) == (ODD_TEXT, ODD_TEXT)


def test_fields_that_must_be_there(server):
    """A form without them is refused field by field."""
    status, detail = refusal(server.admin.post(f"{PATH}/create", json={}))
    assert status == 422
    assert [(each["type"], each["loc"][-1]) for each in detail] == [
        ("missing", "command"),
        ("missing", NAME[server.generation]),
        ("missing", "content"),
    ]


def test_a_taken_command_is_refused(server, prompt):
    """Two prompts cannot have one command."""
    answer = server.admin.post(f"{PATH}/create", json=prompts.form(server, prompt["command"]))
    assert refusal(answer) == (400, texts.COMMAND_TAKEN)


def test_half_a_character_is_refused(server, prompt):
    """A name that no database can store is refused, in words that do not say why; nothing is changed."""
    json = {"content-type": "application/json"}
    name, command = NAME[server.generation].encode(), prompts.make_command().encode()
    body = b'{"command": "%s", "%s": %s, "content": "x"}' % (command, name, HALF_A_CHARACTER)
    answer = server.admin.post(f"{PATH}/create", content=body, headers=json)
    assert refusal(answer) == (400, texts.SOMETHING_WRONG)
    answer = server.admin.post(prompts.url(server, prompt, "/update"), content=body, headers=json)
    assert refusal(answer) == NOT_STORED[server.generation]
    assert {key: value for key, value in prompts.read(server, prompt).items() if key in prompt} == prompt


def test_an_update_replaces_name_and_content(server, prompt):
    """Owner and creation stay; the answer is what a read tells."""
    access = server.private() if server.generation == "0.6" else {}
    updated = prompts.update(server, prompt, name="Another name", content="Other", **access)
    assert set(updated) == FIELDS[server.generation]["update"]
    assert (updated[NAME[server.generation]], updated["content"]) == ("Another name", "Other")
    assert updated["user_id"] == prompt["user_id"]
    item = prompts.read(server, prompt)
    assert {key: item[key] for key in updated} == updated


def test_an_identical_update_moves_the_time(server, prompt):
    """A save bumps the time of change although nothing changed."""
    prompts.wait_for_next_second(server, prompt)
    updated = prompts.update(server, prompt)
    assert updated[TIME[server.generation]] > prompt[TIME[server.generation]]
    if server.generation == "0.12":
        assert (updated["version_id"], updated["created_at"]) == (prompt["version_id"], prompt["created_at"])


@pytest.mark.generation("0.6")
def test_an_update_without_access_makes_a_prompt_public(server, prompt):
    """On 0.6 a left-out `access_control` is null, and null is public."""
    assert prompt["access_control"] == {}
    assert prompts.update(server, prompt)["access_control"] is None
    assert prompt["command"] in prompts.listed(server, server.user, "/")


@pytest.mark.generation("0.12")
def test_an_update_does_not_look_at_access(server, prompt):
    """On 0.12 access has an endpoint of its own, and moves neither time nor version."""
    assert prompts.update(server, prompt, **server.public())["access_grants"] == []
    before = prompts.read(server, prompt)
    prompts.wait_for_next_second(server, before)
    changed = read_json(server.admin.post(prompts.url(server, prompt, "/access/update"), json=server.public()))
    assert set(changed) == FIELDS_0_12
    (grant,) = changed["access_grants"]
    assert (grant["resource_type"], grant["resource_id"]) == ("prompt", prompt["id"])
    assert (grant["principal_type"], grant["principal_id"], grant["permission"]) == ("user", "*", "read")
    assert [changed[key] for key in ("updated_at", "version_id")] == [
        before[key] for key in ("updated_at", "version_id")
    ]


@pytest.mark.generation("0.6")
def test_an_update_cannot_change_the_command(server, prompt):
    """On 0.6 the command in the form is not looked at: another command is another prompt."""
    other = prompts.make_command()
    assert prompts.update(server, prompt, command=other)["command"] == prompt["command"]
    assert other not in prompts.listed(server, server.admin, "/")


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("rest", ["/update", "/update/meta"])
def test_an_update_can_change_the_command(server, prompt, rest):
    """On 0.12 a prompt keeps its id when it gets another command, unless another prompt has that."""
    taken, other = prompts.create(server), prompts.make_command()
    path = prompts.url(server, prompt, rest)
    assert refusal(server.admin.post(path, json=prompts.form(server, taken["command"]))) == (400, texts.COMMAND_TAKEN)
    changed = read_json(server.admin.post(path, json=prompts.form(server, other)))
    assert (changed["id"], changed["command"]) == (prompt["id"], other)


@pytest.mark.generation("0.6")
@pytest.mark.parametrize("command", ["no-slash", "//two-slashes", "/a/slash-within", "/"])
def test_a_command_that_can_be_listed_but_not_reached(server, command):
    """On 0.6 a command is found only when it begins with its one slash: any other is accepted and then lost."""
    name = f"{prompts.make_command()[1:]}" if command != "/" else ""
    prompt = prompts.create(server, command=f"{command}{name}")
    assert prompt["command"] in prompts.listed(server, server.admin, "/")
    bare = prompt["command"].removeprefix("/")
    for part in {bare, bare.replace("/", "%2F"), prompt["command"].replace("/", "%2F")}:
        answer = server.admin.get(f"{PATH}/command/{part}")
        assert is_page(answer) or refusal(answer) == MISSING["0.6"]


@pytest.mark.generation("0.6")
def test_a_command_of_odd_characters_can_be_reached(server):
    """On 0.6 blanks, capitals, question marks and letters of any script are found when they are quoted."""
    prompt = prompts.create(server, command=f"{prompts.make_command()} Ü ?#&%41")
    assert prompts.read(server, prompt) == prompt
    assert read_json(server.admin.delete(prompts.url(server, prompt, "/delete"))) is True


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("command", ["", "no slash", "//two", "/a/within"])
def test_any_command_is_accepted_and_reached(server, command):
    """On 0.12 a command is only a text: nothing is checked, and the id reaches it."""
    prompt = prompts.create(server, command=command)
    assert prompts.read(server, prompt)["command"] == command
    assert read_json(server.admin.delete(prompts.url(server, prompt, "/delete"))) is True


def test_a_deleted_prompt_is_gone(server, prompt):
    """A deletion answers true once, and that there is nothing afterwards; its command is free again."""
    assert read_json(server.admin.delete(prompts.url(server, prompt, "/delete"))) is True
    assert prompt[prompts.KEY[server.generation]] not in prompts.listed(server, server.admin, "/list")
    assert refusal(server.admin.get(prompts.url(server, prompt))) == MISSING[server.generation]
    assert refusal(server.admin.delete(prompts.url(server, prompt, "/delete"))) == MISSING[server.generation]
    assert prompts.create(server, command=prompt["command"])["command"] == prompt["command"]


@pytest.mark.parametrize("who", ["admin", "user"])
def test_a_missing_prompt(server, who):
    """What is not there is 401 on 0.6, which is no sign of being signed out, and 404 on 0.12; in the same words."""
    client, missing = getattr(server, who), {"command": prompts.make_command(), "id": "nowhere"}
    assert refusal(client.get(prompts.url(server, missing))) == MISSING[server.generation]
    assert refusal(client.delete(prompts.url(server, missing, "/delete"))) == MISSING[server.generation]
    sent = prompts.form(server, prompts.make_command())
    assert refusal(client.post(prompts.url(server, missing, "/update"), json=sent)) == MISSING[server.generation]
    if server.generation == "0.12":
        for rest, body in {"/toggle": {}, "/access/update": {"access_grants": []}, "/update/meta": sent}.items():
            assert refusal(client.post(prompts.url(server, missing, rest), json=body)) == MISSING["0.12"]


@pytest.mark.generation("0.6")
def test_there_is_no_toggle_on_0_6(server, prompt):
    """On 0.6 prompts are always on."""
    assert refusal(server.admin.post(prompts.url(server, prompt, "/toggle"))) == (405, texts.METHOD_NOT_ALLOWED)


@pytest.mark.generation("0.12")
def test_a_prompt_that_is_switched_off_is_in_the_list_only(server, prompt):
    """On 0.12 `/` leaves inactive prompts out: whoever reads it alone takes them for deleted."""
    switched = read_json(server.admin.post(prompts.url(server, prompt, "/toggle")))
    assert set(switched) == FIELDS_0_12
    assert (switched["is_active"], switched["version_id"]) == (False, prompt["version_id"])
    assert prompt["id"] not in prompts.listed(server, server.admin, "/")
    assert prompts.listed(server, server.admin, "/list")[prompt["id"]]["is_active"] is False
    assert prompts.read(server, prompt)["is_active"] is False
    assert read_json(server.admin.post(prompts.url(server, prompt, "/toggle")))["is_active"] is True


@pytest.mark.generation("0.12")
def test_a_switch_moves_the_time(server, prompt):
    """On 0.12 a toggle is a change, without a version."""
    prompts.wait_for_next_second(server, prompt)
    switched = read_json(server.admin.post(prompts.url(server, prompt, "/toggle")))
    assert switched["updated_at"] > prompt["updated_at"]


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("given", [{}, {"data": None, "meta": None}, {"data": {}, "meta": {}}])
def test_data_and_meta_cannot_be_cleared(server, given):
    """On 0.12 nothing empties them: left out, null and an empty object all keep what was."""
    prompt = prompts.create(server, data={"a": 1}, meta={"b": 2})
    updated = prompts.update(server, prompt, content="Other", **given)
    assert (updated["data"], updated["meta"]) == ({"a": 1}, {"b": 2})


@pytest.mark.generation("0.12")
def test_data_and_meta_are_replaced_without_a_version(server):
    """On 0.12 an update with another `data` or `meta` replaces them whole, and is no version."""
    prompt = prompts.create(server, data={"a": 1}, meta={"b": 2})
    updated = prompts.update(server, prompt, data={"c": 3}, meta={"d": 4})
    assert (updated["data"], updated["meta"]) == ({"c": 3}, {"d": 4})
    assert updated["version_id"] == prompt["version_id"]


@pytest.mark.generation("0.12")
def test_tags_are_kept_when_left_out_and_can_be_cleared(server):
    """On 0.12 tags are replaced by a list, an empty one too, and kept by null."""
    prompt = prompts.create(server, tags=["a", "b"])
    assert prompts.update(server, prompt)["tags"] == ["a", "b"]
    assert prompts.update(server, prompt, tags=None)["tags"] == ["a", "b"]
    assert prompts.update(server, prompt, tags=["c"])["tags"] == ["c"]
    assert prompts.update(server, prompt, tags=[])["tags"] == []


@pytest.mark.generation("0.12")
def test_all_tags_are_those_of_active_prompts(server):
    """On 0.12 the tags are listed once each, in order, without those of prompts that are switched off."""
    word = prompts.make_command()[1:]
    tags = [f"{word}-a", f"{word}-b"]
    first, second = prompts.create(server, tags=tags), prompts.create(server, tags=[tags[1], ""])
    found = read_json(server.admin.get(f"{PATH}/tags"))
    assert [tag for tag in found if tag in tags] == tags
    assert found == sorted(set(found))
    assert "" not in found
    for each in (first, second):
        read_json(server.admin.post(prompts.url(server, each, "/toggle")))
    assert not set(tags) & set(read_json(server.admin.get(f"{PATH}/tags")))


@pytest.mark.generation("0.12")
def test_meta_data_is_saved_without_a_version(server):
    """On 0.12 `/update/meta` writes name, command and tags; the content and the version stay."""
    prompt = prompts.create(server, tags=["a"])
    path = prompts.url(server, prompt, "/update/meta")
    changed = read_json(server.admin.post(path, json={"name": "Another name", "command": prompt["command"]}))
    assert set(changed) == FIELDS_0_12
    assert (changed["name"], changed["tags"], changed["content"]) == ("Another name", ["a"], prompt["content"])
    assert changed["version_id"] == prompt["version_id"]
    sent = {"name": "Another name", "command": prompt["command"], "tags": []}
    assert read_json(server.admin.post(path, json=sent))["tags"] == []
    assert refusal(server.admin.post(path, json={}))[0] == 422


@pytest.mark.generation("0.12")
def test_pages_of_thirty(server):
    """On 0.12 the list comes in pages of thirty, ordered on request, with one total over all pages."""
    word = prompts.make_command()[1:]
    made = [prompts.create(server, name=f"{word} {number:02}")["id"] for number in range(31)]
    query = {"query": word, "order_by": "name", "direction": "asc"}
    pages = [page(server, page=number, **query) for number in (1, 2, 3)]
    assert [[row["id"] for row in rows] for rows, _ in pages] == [made[:30], made[30:], []]
    assert {total for _, total in pages} == {31}
    assert page(server, page=0, **query) == pages[0]
    backwards, _ = page(server, query=word, order_by="name")
    assert [row["id"] for row in backwards] == made[:0:-1]


@pytest.mark.generation("0.12")
def test_what_a_page_can_be_narrowed_to(server, shared):
    """On 0.12 a list is searched in name, command, content and owner, and by tag and by who made it."""
    word = prompts.make_command()[1:]
    command = prompts.create(server, command=f"/{word}1", tags=[word.upper()])
    name, content = prompts.create(server, name=f"X{word}2"), prompts.create(server, content=f"X{word}3")
    for query, expected in ((word.upper(), {command["id"], name["id"], content["id"]}), (f"{word}2", {name["id"]})):
        assert {row["id"] for row in page(server, query=query)[0]} == expected
    assert [row["id"] for row in page(server, tag=word)[0]] == [command["id"]]
    assert page(server, tag=word[:-1])[0] == []
    assert [row["id"] for row in page(server, query=word, view_option="shared")[0]] == []
    assert page(server, query=word, view_option="created")[1] == 3
    of_owner = page(server, query=server.user_person.email)[0]
    assert {row["user_id"] for row in of_owner} <= {server.user_person.id}


READERS = {"read", "read and write", "public", "group read"}
WRITERS = {"write", "read and write", "group write"}
LISTED = {"0.6": {"/": READERS, "/list": WRITERS}, "0.12": {"/": READERS, "/list": READERS}}


@pytest.mark.parametrize("listing", ["/", "/list"])
def test_which_prompts_an_ordinary_user_is_shown(server, shared, listing):
    """On 0.6 `/` shows what one may read and `/list` what one may write; on 0.12 both show what one may read."""
    key = prompts.KEY[server.generation]
    seen = prompts.listed(server, server.user, listing)
    expected = LISTED[server.generation][listing]
    assert {right for right, prompt in shared.items() if prompt[key] in seen} == expected
    everything = prompts.listed(server, server.admin, listing)
    assert all(prompt[key] in everything for prompt in shared.values())
    if server.generation == "0.12" and listing == "/list":
        writable = {
            right for right, prompt in shared.items() if right in expected and seen[prompt[key]]["write_access"]
        }
        assert writable == READERS & WRITERS


def test_which_prompts_an_ordinary_user_can_read(server, shared):
    """A prompt that one may not read answers `null` on 0.6, and on 0.12 as if it were not there."""
    for right, prompt in shared.items():
        answer = server.user.get(prompts.url(server, prompt))
        if right in READERS:
            assert read_json(answer)["content"] == prompt["content"]
        elif server.generation == "0.6":
            assert read_json(answer) is None
        else:
            assert refusal(answer) == MISSING["0.12"]


def test_which_prompts_an_ordinary_user_can_write(server, shared):
    """The right to write is enough to save and to delete, without a permission of the workspace."""
    for right, prompt in shared.items():
        access = {"access_control": prompt["access_control"]} if server.generation == "0.6" else {}
        sent = prompts.form(server, prompt["command"], content="Other", **access)
        saved = server.user.post(prompts.url(server, prompt, "/update"), json=sent)
        deleted = server.user.delete(prompts.url(server, prompt, "/delete"))
        if right in WRITERS:
            assert read_json(saved)["content"] == "Other"
            assert read_json(deleted) is True
        else:
            assert refusal(saved) == PROHIBITED
            assert refusal(deleted) == PROHIBITED


@pytest.mark.generation("0.12")
def test_what_else_of_a_prompt_an_ordinary_user_can_write(server, shared):
    """On 0.12 toggle, meta data and access ask for the right to write."""
    for right, prompt in shared.items():
        bodies = {"/toggle": {}, "/update/meta": {"name": "N", "command": prompt["command"]}}
        for rest, body in {**bodies, "/access/update": {"access_grants": []}}.items():
            answer = server.user.post(prompts.url(server, prompt, rest), json=body)
            if right in WRITERS:
                assert read_json(answer)["id"] == prompt["id"]
            else:
                assert refusal(answer) == PROHIBITED


def test_creating_needs_a_permission(server, allow_users):
    """An ordinary user may create prompts with the permission for prompts, or that to import them."""
    sent = prompts.form(server, prompts.make_command(), **server.private())
    assert refusal(server.user.post(f"{PATH}/create", json=sent)) == (401, texts.UNAUTHORIZED)
    for permission in ("prompts", "prompts_import"):
        allow_users(permission)
        made = prompts.create(server, server.user, **server.private())
        assert made["user_id"] == server.user_person.id
        assert read_json(server.user.get(prompts.url(server, made)))["content"] == made["content"]
        assert read_json(server.user.delete(prompts.url(server, made, "/delete"))) is True


def test_sharing_needs_a_permission_on_0_12_only(server, allow_users):
    """An ordinary user who makes a prompt public: 0.6 does it, 0.12 drops it at a creation and refuses a change."""
    allow_users("prompts")
    made = prompts.create(server, server.user, **server.public())
    if server.generation == "0.6":
        assert made["access_control"] is None
        return
    assert made["access_grants"] == []
    answer = server.user.post(prompts.url(server, made, "/access/update"), json=server.public())
    assert refusal(answer) == (403, texts.SHARING_FORBIDDEN)


def test_strangers_are_shown_nothing(server, prompt):
    """Every address asks who one is."""
    for path in (f"{PATH}/", f"{PATH}/list", prompts.url(server, prompt)):
        assert refusal(server.anonymous.get(path)) == (401, texts.NOT_SIGNED_IN)


@pytest.mark.parametrize("path", ["", "/export", "/import"])
def test_addresses_that_prompts_do_not_have(server, path):
    """There is no export, and without its last slash the listing is a web page."""
    assert is_page(server.admin.get(f"{PATH}{path}"))
