"""Skills of 0.12: who lists and reads them, what makes one, and an update that keeps what it leaves out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract import skills, texts
from tests.contract.skills import PATH, make_skill_id
from tests.contract.stage import find, ids, is_page, read_json, refusal

only_0_12 = pytest.mark.generation("0.12")

NAMES_OF_IDS = [("Upper", "upper"), ("a b", "a-b"), ("a_b-c", "a_b-c"), ("-", "-"), ("1", "1")]
NO_IDS = ["", "a.b", "a/b", "ünï", "a\nb", "a:b"]


@pytest.mark.generation("0.6")
def test_there_are_no_skills_on_0_6(server):
    """0.6 answers the web page and 405: the kind is absent, not empty."""
    for path in ("/", "/list", "/export", "/id/any"):
        assert is_page(server.admin.get(f"{PATH}{path}"))
    assert refusal(server.admin.post(f"{PATH}/create", json={})) == (405, texts.METHOD_NOT_ALLOWED)


@only_0_12
def test_a_creation_answers_without_the_text(server):
    """The answer has everything but the files; meta is filled up with the server's own defaults."""
    skill_id = make_skill_id()
    made = skills.create(server.admin, skill_id)
    assert set(made) == skills.SHORT_FIELDS
    assert made["meta"] == {"i18n": None, "tags": []}
    assert (made["id"], made["description"], made["is_active"], made["access_grants"]) == (skill_id, None, True, [])
    assert made["user_id"] == server.admin_person.id


@only_0_12
def test_an_item_has_the_text_and_not_the_other_files(server):
    """`content` is SKILL.md to the byte; further files have addresses of their own."""
    made = skills.create(server.admin, content=None, files=[skills.main(), skills.BINARY])
    item = skills.read(server.admin, made["id"])
    assert set(item) == skills.SHORT_FIELDS | {"content", "user", "write_access"}
    assert (item["content"], item["user"], item["write_access"]) == (skills.TEXT, None, True)
    assert {key: item[key] for key in made} == made


@only_0_12
def test_lists_have_no_text(server):
    """Both lists show everybody's skills to an admin, switched off ones too, without files."""
    made = skills.create(server.admin, is_active=False)
    row = find(read_json(server.admin.get(f"{PATH}/")), made["id"])
    assert set(row) == skills.SHORT_FIELDS | {"user"}
    assert row["user"] == {
        "id": server.admin_person.id, "name": server.admin_person.name, "role": "admin",
        "email": server.admin_person.email,
    }  # fmt: skip
    page = read_json(server.admin.get(f"{PATH}/list", params={"query": made["id"]}))
    assert set(page) == {"items", "total"}
    assert page["total"] == 1
    assert page["items"] == [{**row, "write_access": True}]


@only_0_12
def test_pages_have_thirty(server):
    """The paged list tells the total on every page, an empty one behind the last included; page 0 is page 1."""
    mark = make_skill_id()
    made = [skills.create(server.admin, f"{mark}-{number:02}")["id"] for number in range(31)]

    def page(**query):
        return read_json(server.admin.get(f"{PATH}/list", params={"query": mark, **query}))

    order = {"order_by": "name", "direction": "asc"}
    first, second, third = (page(page=number, **order) for number in (1, 2, 3))
    assert ids(first["items"]) == made[:30]
    assert ids(second["items"]) == made[30:]
    assert third["items"] == []
    assert [each["total"] for each in (first, second, third)] == [31] * 3
    assert page(page=0, **order) == first
    assert ids(page(order_by="name", direction="desc")["items"]) == made[:0:-1]
    assert refusal(server.admin.get(f"{PATH}/list?page=x"))[0] == 422


@only_0_12
def test_lists_can_be_searched(server):
    """The plain list looks for a word in names alone, the paged one also in ids, descriptions, tags and authors."""
    word = make_skill_id()
    by_name = skills.create(server.admin, name=f"About {word.upper()}")["id"]
    by_id = skills.create(server.admin, f"{word}-x", name=f"Name of {make_skill_id()}")["id"]
    by_description = skills.create(server.admin, description=f"It is {word}.")["id"]
    by_tag = skills.create(server.admin, meta={"tags": [word]})["id"]
    query = {"query": word}
    assert set(ids(read_json(server.admin.get(f"{PATH}/", params=query)))) == {by_name}
    found = read_json(server.admin.get(f"{PATH}/list", params=query))
    assert set(ids(found["items"])) == {by_name, by_id, by_description, by_tag}
    own = read_json(server.admin.get(f"{PATH}/list", params={**query, "view_option": "created"}))
    assert own["total"] == 4
    assert read_json(server.admin.get(f"{PATH}/list", params={**query, "view_option": "shared"}))["total"] == 0


@only_0_12
@pytest.mark.parametrize(("given", "kept"), NAMES_OF_IDS)
def test_ids_are_made_small_and_blanks_hyphens(server, given, kept):
    """Capitals become small letters and blanks hyphens; what is left may be letters, digits, `_` and `-`."""
    made = read_json(server.admin.post(f"{PATH}/create", json=skills.form(given, name=make_skill_id())))
    assert made["id"] == kept
    assert skills.read(server.admin, kept)["id"] == kept
    assert read_json(server.admin.delete(skills.url(kept, "/delete"))) is True


@only_0_12
@pytest.mark.parametrize("skill_id", NO_IDS)
def test_other_ids_are_refused(server, skill_id):
    """Anything else is no id."""
    answer = server.admin.post(f"{PATH}/create", json=skills.form(skill_id, name=make_skill_id()))
    assert refusal(answer) == (400, "[ERROR: Invalid skill ID]")


@only_0_12
def test_ids_and_names_are_taken_once(server):
    """A second skill needs another id and another name; capitals make a name another one, and not an id."""
    made = skills.create(server.admin)
    taken = server.admin.post(f"{PATH}/create", json=skills.form(made["id"].upper(), name=make_skill_id()))
    assert refusal(taken) == (400, texts.ID_TAKEN)
    same_name = skills.form(make_skill_id(), name=made["name"])
    assert refusal(server.admin.post(f"{PATH}/create", json=same_name)) == skills.NAME_TAKEN
    other_name = skills.form(make_skill_id(), name=made["name"].upper())
    read_json(server.admin.post(f"{PATH}/create", json=other_name))


@only_0_12
def test_an_update_to_a_taken_name_fails_without_a_reason(server):
    """Renaming to another skill's name is refused in general words, and changes nothing."""
    first, second = skills.create(server.admin), skills.create(server.admin)
    assert refusal(skills.update(server.admin, second["id"], name=first["name"])) == skills.UPDATE_FAILED
    assert skills.read(server.admin, second["id"])["name"] == second["name"]


@only_0_12
def test_an_id_and_a_name_are_needed(server):
    """Nothing else is: a skill of nothing but a name has an empty text."""
    for missing in ("id", "name"):
        body = {key: value for key, value in skills.form(make_skill_id()).items() if key != missing}
        answer = server.admin.post(f"{PATH}/create", json=body)
        assert answer.status_code == 422
        assert [each["loc"] for each in answer.json()["detail"]] == [["body", missing]]
    made = skills.create(server.admin, content=None)
    assert skills.read(server.admin, made["id"])["content"] == ""


@only_0_12
@pytest.mark.parametrize("wrong", [{"meta": None}, {"is_active": None}, {"meta": {"tags": "x"}}, {"content": 1}])
def test_what_does_not_fit_the_form_is_refused(server, wrong):
    """Null is no meta and no switch."""
    made = skills.create(server.admin)
    assert skills.update(server.admin, made["id"], **wrong).status_code == 422


@only_0_12
def test_unknown_keys_of_meta_are_lost(server):
    """Unlike that of tools, `meta` keeps tags and i18n alone."""
    i18n = {"de": {"name": "Fertigkeit"}}
    made = skills.create(server.admin, meta={"tags": ["b", "a"], "i18n": i18n, "colour": "red"})
    assert made["meta"] == {"i18n": i18n, "tags": ["b", "a"]}


@only_0_12
def test_an_update_keeps_what_it_leaves_out(server):
    """An update is a patch: only what it says changes, but the name must be said."""
    made = skills.create(server.admin, description="d", meta={"tags": ["t"]}, is_active=False)
    kept = read_json(skills.update(server.admin, made["id"]))
    assert set(kept) == skills.WHOLE_FIELDS
    assert {key: kept[key] for key in made if key != "updated_at"} == {
        key: value for key, value in made.items() if key != "updated_at"
    }
    assert kept["content"] == skills.TEXT
    assert kept["data"] == {"files": [skills.main()]}


@only_0_12
@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"name": "Renamed by the test of patches"}, {"name": "Renamed by the test of patches"}),
        ({"description": None}, {"description": None}),
        ({"description": ""}, {"description": ""}),
        ({"content": "new"}, {"content": "new", "data": {"files": [skills.main("new")]}}),
        ({"meta": {}}, {"meta": {"i18n": None, "tags": []}}),
        ({"meta": {"tags": ["x"]}}, {"meta": {"i18n": None, "tags": ["x"]}}),
        ({"is_active": False}, {"is_active": False}),
        ({"content": None}, {}),
        ({"id": "another-id"}, {}),
        ({"access_grants": []}, {}),
        ({"user_id": "somebody"}, {}),
    ],
)
def test_an_update_changes_what_it_says(server, patch, expected):
    """Each field alone; `meta` is replaced as a whole, and id, owner and access are not an update's to change."""
    made = skills.create(server.admin, description="d", meta={"tags": ["t"]}, **server.public())
    before = read_json(skills.update(server.admin, made["id"]))
    after = read_json(skills.update(server.admin, made["id"], **patch))
    moving = {"updated_at", "version_id"}
    assert {key: after[key] for key in after if key not in moving} == {
        **{key: before[key] for key in before if key not in moving},
        **expected,
    }
    assert (after["version_id"] != before["version_id"]) is bool(set(expected) - {"is_active"})


@only_0_12
def test_an_update_may_name_the_version_it_starts_from(server):
    """With `expected_version_id` a stale update is 409 and names the current version; nothing has changed then."""
    made = skills.create(server.admin)
    first = made["version_id"]
    second = read_json(skills.update(server.admin, made["id"], content="2", expected_version_id=first))["version_id"]
    stale = skills.update(server.admin, made["id"], content="3", expected_version_id=first)
    assert refusal(stale) == (409, {"code": "version_conflict", "current_version_id": second})
    item = skills.read(server.admin, made["id"])
    assert (item["content"], item["version_id"]) == ("2", second)
    unsaid = read_json(skills.update(server.admin, made["id"], content="4", expected_version_id=None))
    assert unsaid["content"] == "4"


@only_0_12
def test_of_several_writers_one_wins(server):
    """One is saved, the others are told of a conflict; it may not name the current version, which must be read."""
    made = skills.create(server.admin)

    def write(number):
        return skills.update(server.admin, made["id"], content=f"{number}", expected_version_id=made["version_id"])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(8)))
    (won,) = [answer for answer in answers if answer.status_code == 200]
    assert skills.read(server.admin, made["id"])["version_id"] == read_json(won)["version_id"]
    for answer in answers:
        if answer is not won:
            status, told = refusal(answer)
            assert (status, told["code"]) == (409, "version_conflict")
    assert len(read_json(server.admin.get(skills.url(made["id"], "/history")))) == 2


@only_0_12
def test_the_switch_flips_and_makes_no_version(server):
    """Asked twice, nothing has changed; the text is in the answer."""
    made = skills.create(server.admin)
    off, on = (read_json(server.admin.post(skills.url(made["id"], "/toggle"))) for _ in range(2))
    assert set(off) == skills.WHOLE_FIELDS
    assert (off["is_active"], on["is_active"]) == (False, True)
    assert off["version_id"] == on["version_id"] == made["version_id"]


@only_0_12
def test_access_has_an_address_of_its_own(server):
    """Grants are replaced as a whole, and name the skill; version and time stay."""
    made = skills.create(server.admin)
    path = skills.url(made["id"], "/access/update")
    shared = read_json(server.admin.post(path, json=server.public()))
    assert set(shared) == skills.WHOLE_FIELDS
    (grant,) = shared["access_grants"]
    assert (grant["resource_type"], grant["resource_id"]) == ("skill", made["id"])
    assert (grant["principal_type"], grant["principal_id"], grant["permission"]) == ("user", "*", "read")
    assert (shared["version_id"], shared["updated_at"]) == (made["version_id"], made["updated_at"])
    assert read_json(server.admin.post(path, json=server.private()))["access_grants"] == []
    assert server.admin.post(path, json={}).status_code == 422


@only_0_12
def test_a_deleted_skill_is_gone_with_its_versions(server):
    """Delete is true once, then the skill is missing; a new one of its id has a history of its own."""
    made = skills.create(server.admin)
    assert read_json(server.admin.delete(skills.url(made["id"], "/delete"))) is True
    assert refusal(server.admin.delete(skills.url(made["id"], "/delete"))) == (404, texts.NOT_FOUND)
    assert made["id"] not in ids(read_json(server.admin.get(f"{PATH}/")))
    again = skills.create(server.admin, made["id"])
    assert ids(read_json(server.admin.get(skills.url(made["id"], "/history")))) == [again["version_id"]]


@only_0_12
@pytest.mark.parametrize(
    ("method", "rest", "body", "expected"),
    [
        ("GET", "", None, (404, texts.NOT_FOUND)),
        ("POST", "/update", {"id": "any", "name": "any"}, (404, texts.NOT_FOUND)),
        ("POST", "/toggle", None, (404, texts.NOT_FOUND)),
        ("POST", "/access/update", {"access_grants": []}, (404, texts.NOT_FOUND)),
        ("DELETE", "/delete", None, (404, texts.NOT_FOUND)),
        ("GET", "/files", None, skills.MISSING),
        ("GET", "/files/content?path=a&version_id=b", None, skills.MISSING),
        ("GET", "/history", None, skills.MISSING),
        ("GET", "/history/any", None, skills.MISSING),
        ("POST", "/clone", {"id": "any", "name": "any"}, skills.MISSING),
        ("POST", "/update/version", {"version_id": "a", "expected_version_id": "b"}, skills.MISSING),
    ],
)
def test_a_missing_skill_is_told(server, method, rest, body, expected):
    """Always 404, in one of two sentences."""
    assert refusal(server.admin.request(method, skills.url(make_skill_id(), rest), json=body)) == expected


@only_0_12
def test_a_clone_is_a_skill_of_its_own(server):
    """A clone has the files, the switch and no access; its answer has the text, its history begins anew."""
    made = skills.create(server.admin, files=[skills.main(), skills.BINARY], is_active=False, **server.public())
    clone_id = make_skill_id()
    answer = server.admin.post(skills.url(made["id"], "/clone"), json=skills.form(clone_id.upper()))
    clone = read_json(answer)
    assert set(clone) == skills.WHOLE_FIELDS
    assert (clone["id"], clone["is_active"], clone["access_grants"]) == (clone_id, False, [])
    assert skills.read_files(server.admin, clone_id) == skills.read_files(server.admin, made["id"])
    assert ids(read_json(server.admin.get(skills.url(clone_id, "/history")))) == [clone["version_id"]]
    again = server.admin.post(skills.url(made["id"], "/clone"), json=skills.form(clone_id))
    assert refusal(again) == (400, texts.ID_TAKEN)


@only_0_12
def test_half_a_character_is_refused(server):
    """Text that UTF-8 cannot write is no skill."""
    body = f'{{"id": "{make_skill_id()}", "name": "{make_skill_id()}", "content": "\\ud800"}}'
    answer = server.admin.post(f"{PATH}/create", content=body, headers={"content-type": "application/json"})
    assert refusal(answer) == skills.CREATE_FAILED
