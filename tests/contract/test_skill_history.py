"""Versions of skills on 0.12: their line, their times, what lies between two, and the way back."""

from __future__ import annotations

import pytest

from tests.contract import skills, texts
from tests.contract.skills import BINARY, main
from tests.contract.stage import ids, read_json, refusal

pytestmark = pytest.mark.generation("0.12")

ENTRY_FIELDS = {"id", "skill_id", "parent_id", "user_id", "commit_message", "created_at", "user"}


@pytest.fixture
def skill(server):
    return skills.create(server.admin, description="d", commit_message="first")


def update(server, skill, **more):
    """Save a skill and return its version afterwards."""
    return read_json(skills.update(server.admin, skill["id"], **more))["version_id"]


def update_files(server, skill, *files):
    return update(server, skill, files=list(files), expected_version_id=current(server, skill))


def current(server, skill):
    return skills.read(server.admin, skill["id"])["version_id"]


def read_history(server, skill, **query):
    return read_json(server.admin.get(skills.url(skill["id"], "/history"), params=query))


def test_a_version_knows_its_parent_and_its_author(server, skill):
    """Newest first, each with the version that it came after, the message and the author's name."""
    second = update(server, skill, content="2", commit_message="second")
    newest, oldest = read_history(server, skill)
    assert set(newest) == set(oldest) == ENTRY_FIELDS
    assert (newest["id"], newest["parent_id"], newest["commit_message"]) == (second, skill["version_id"], "second")
    assert (oldest["id"], oldest["parent_id"], oldest["commit_message"]) == (skill["version_id"], None, "first")
    assert newest["skill_id"] == skill["id"]
    assert (newest["user_id"], newest["user"]) == (server.admin_person.id, {"name": server.admin_person.name})


def test_versions_of_one_second_are_put_a_second_apart(server, skill):
    """Unlike those of tools, so the order of the history is that of the saves; their times may lie ahead."""
    made = [update(server, skill, content=str(number)) for number in range(4)]
    history = read_history(server, skill)
    assert ids(history) == [*reversed(made), skill["version_id"]]
    times = [entry["created_at"] for entry in history]
    assert times == sorted(set(times), reverse=True)


def test_history_has_twenty_a_page(server, skill):
    """Pages count from 1; what is below is 1."""
    made = [skill["version_id"], *(update(server, skill, content=str(number)) for number in range(20))]
    assert ids(read_history(server, skill)) == made[:0:-1]
    assert ids(read_history(server, skill, page=2)) == made[:1]
    assert read_history(server, skill, page=3) == []
    assert read_history(server, skill, page=0) == read_history(server, skill)


@pytest.mark.parametrize("more", [{}, {"is_active": False}, {"content": skills.TEXT}, {"meta": {"colour": "red"}}])
def test_what_changes_nothing_that_counts_is_no_version(server, skill, more):
    """The same again, the switch, and unknown keys of `meta`."""
    assert update(server, skill, **more, commit_message="unheard") == skill["version_id"]
    assert len(read_history(server, skill)) == 1


@pytest.mark.parametrize("more", [{"description": None}, {"meta": {"tags": ["t"]}}, {"content": "2"}])
def test_what_counts_is_a_version(server, skill, more):
    """Description, tags, text: each alone."""
    assert update(server, skill, **more) != skill["version_id"]


def test_a_version_shows_its_files_without_their_contents(server, skill):
    """The snapshot has everything but the bytes; those have an address of their own."""
    entry = read_json(server.admin.get(skills.url(skill["id"], f"/history/{skill['version_id']}")))
    assert set(entry) == (ENTRY_FIELDS | {"snapshot"}) - {"user"}
    assert entry["snapshot"] == {
        "name": skill["name"],
        "description": "d",
        "meta": {"i18n": None, "tags": []},
        "content": skills.TEXT,
        "data": {"files": [{"path": "SKILL.md", "size": len(skills.TEXT.encode()), "encoding": None}]},
    }
    assert refusal(server.admin.get(skills.url(skill["id"], "/history/any"))) == skills.VERSION_MISSING


def test_two_versions_are_compared_file_by_file(server, skill):
    """What was added, deleted and modified, and the fields that differ; one file's lines are asked for apart."""
    before = update_files(server, skill, main("one\ntwo\n"), {"path": "gone.md", "content": ""}, BINARY)
    update(server, skill, description="other")
    after = update_files(server, skill, main("one\n2\n"), {"path": "new.md", "content": ""}, {**BINARY, "content": ""})
    query = {"from_id": before, "to_id": after}
    address = skills.url(skill["id"], "/history/diff")
    assert read_json(server.admin.get(address, params=query)) == {
        "metadata": {"description": {"before": "d", "after": "other"}},
        "files": [
            {"path": "SKILL.md", "status": "modified", "binary": False},
            {"path": "assets/dot.bin", "status": "modified", "binary": True},
            {"path": "gone.md", "status": "deleted", "binary": False},
            {"path": "new.md", "status": "added", "binary": False},
        ],
    }
    lines = read_json(server.admin.get(f"{address}/file", params={**query, "path": "SKILL.md"}))
    assert lines == {
        "binary": False,
        "diff": f"--- {before[:7]}/SKILL.md\n+++ {after[:7]}/SKILL.md\n@@ -1,2 +1,2 @@\n one\n-two\n+2",
        "line_endings_only": False,
    }
    binary = read_json(server.admin.get(f"{address}/file", params={**query, "path": "assets/dot.bin"}))
    assert binary == {"binary": True}
    missing = server.admin.get(f"{address}/file", params={**query, "path": "not/there"})
    assert refusal(missing) == (404, "File not found")
    assert refusal(server.admin.get(address, params={**query, "to_id": "any"})) == skills.VERSION_MISSING


def test_line_ends_alone_are_told(server, skill):
    """A diff of nothing but line ends is empty, and says so."""
    before, after = update(server, skill, content="a\n"), update(server, skill, content="a\r\n")
    query = {"from_id": before, "to_id": after, "path": "SKILL.md"}
    told = read_json(server.admin.get(skills.url(skill["id"], "/history/diff/file"), params=query))
    assert told == {"binary": False, "diff": "", "line_endings_only": True}


def test_an_old_version_can_be_gone_back_to(server, skill):
    """The skill bears the old version's id again, no version is added, the switch stays."""
    first = skill["version_id"]
    second = update(server, skill, content="2", description="2", is_active=False)
    address = skills.url(skill["id"], "/update/version")
    back = read_json(server.admin.post(address, json={"version_id": first, "expected_version_id": second}))
    assert set(back) == skills.WHOLE_FIELDS
    assert (back["version_id"], back["content"], back["description"]) == (first, skills.TEXT, "d")
    assert back["is_active"] is False
    assert ids(read_history(server, skill)) == [second, first]
    assert read_history(server, skill)[0]["parent_id"] == first


def test_going_back_needs_the_current_version(server, skill):
    """It must be said and be right; the one gone back to must exist."""
    first = skill["version_id"]
    second = update(server, skill, content="2")
    address = skills.url(skill["id"], "/update/version")
    assert server.admin.post(address, json={"version_id": first}).status_code == 422
    stale = server.admin.post(address, json={"version_id": second, "expected_version_id": first})
    assert refusal(stale) == (409, {"code": "version_conflict", "current_version_id": second})
    unknown = server.admin.post(address, json={"version_id": "any", "expected_version_id": second})
    assert refusal(unknown) == skills.VERSION_MISSING


def test_a_version_can_be_taken_out(server, skill):
    """Not the current one; the children of the one that went come after its parent then."""
    first = skill["version_id"]
    second, third = update(server, skill, content="2"), update(server, skill, content="3")
    assert refusal(server.admin.delete(skills.url(skill["id"], f"/history/{third}"))) == (400, texts.VERSION_IS_CURRENT)
    assert read_json(server.admin.delete(skills.url(skill["id"], f"/history/{second}"))) is True
    again = server.admin.delete(skills.url(skill["id"], f"/history/{second}"))
    assert refusal(again) == (404, texts.VERSION_NOT_FOUND)
    assert [(each["id"], each["parent_id"]) for each in read_history(server, skill)] == [(third, first), (first, None)]


def test_an_old_version_can_be_exported_and_cloned(server, skill):
    """By its id, one skill at a time."""
    first = skill["version_id"]
    update(server, skill, content="2")
    assert skills.read_files(server.admin, skill["id"], version_id=first) == [main()]
    clone = skills.form(skills.make_skill_id(), version_id=first)
    assert read_json(server.admin.post(skills.url(skill["id"], "/clone"), json=clone))["content"] == skills.TEXT
    unknown = {**clone, "version_id": "any"}
    assert refusal(server.admin.post(skills.url(skill["id"], "/clone"), json=unknown)) == skills.VERSION_MISSING
