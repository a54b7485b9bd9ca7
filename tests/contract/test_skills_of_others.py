"""Skills of 0.12 as an ordinary user: what is hidden, what may be read, and which permissions open more."""

from __future__ import annotations

import pytest

from tests.contract import skills, texts
from tests.contract.skills import BINARY, PATH, make_skill_id
from tests.contract.stage import find, ids, read_json, refusal
from tests.desk import make_desk

pytestmark = pytest.mark.generation("0.12")

WRITES = [
    ("POST", "/update", {"id": "any", "name": "any"}),
    ("POST", "/toggle", None),
    ("POST", "/access/update", {"access_grants": []}),
    ("DELETE", "/delete", None),
]
VERSION_WRITES = [
    ("DELETE", "/history/any", None),
    ("POST", "/update/version", {"version_id": "a", "expected_version_id": "b"}),
]
READS = ["/files", "/files/content?path=SKILL.md&version_id=any", "/history", "/history/any"]


def request(client, skill_id, asked):
    method, rest, body = asked
    return client.request(method, skills.url(skill_id, rest), json=body)


def test_a_private_skill_is_hidden(server):
    """It is in no list, and reading it is refused in the words of a missing permission, not of a missing skill."""
    made = skills.create(server.admin)
    assert made["id"] not in ids(read_json(server.user.get(f"{PATH}/")))
    assert read_json(server.user.get(f"{PATH}/list", params={"query": made["id"]})) == {"items": [], "total": 0}
    assert refusal(server.user.get(skills.url(made["id"]))) == (401, texts.PROHIBITED)
    for rest in READS:
        assert refusal(server.user.get(skills.url(made["id"], rest))) == skills.DENIED


def test_nobody_writes_what_is_not_theirs(server):
    """Neither a private skill nor one that may be read."""
    for access in (server.private(), server.public()):
        made = skills.create(server.admin, **access)
        for asked in WRITES:
            assert refusal(request(server.user, made["id"], asked)) == (401, texts.UNAUTHORIZED)
        for asked in VERSION_WRITES:
            assert refusal(request(server.user, made["id"], asked)) == skills.DENIED


def test_a_reader_sees_text_files_and_history(server):
    """Unlike a tool's source, all of a skill is for its readers, who are told that they may not write."""
    made = skills.create(server.admin, **server.public())
    assert "write_access" not in find(read_json(server.user.get(f"{PATH}/")), made["id"])
    (row,) = read_json(server.user.get(f"{PATH}/list", params={"query": made["id"]}))["items"]
    item = skills.read(server.user, made["id"])
    assert (row["write_access"], item["write_access"], item["content"]) == (False, False, skills.TEXT)
    assert ids(read_json(server.user.get(skills.url(made["id"], "/history")))) == [made["version_id"]]
    files = read_json(server.user.get(skills.url(made["id"], "/files")))
    assert [each["path"] for each in files["files"]] == ["SKILL.md"]


def test_a_member_of_a_group_may_write(server, group_of_user):
    """Somebody with a grant to write updates, flips, and deletes."""
    made = skills.create(server.admin, **server.access(read_groups=[group_of_user], write_groups=[group_of_user]))
    assert skills.read(server.user, made["id"])["write_access"] is True
    assert read_json(skills.update(server.user, made["id"], content="theirs"))["content"] == "theirs"
    assert read_json(server.user.post(skills.url(made["id"], "/toggle")))["is_active"] is False
    assert read_json(server.user.delete(skills.url(made["id"], "/delete"))) is True


def test_making_skills_needs_a_permission(server, allow_users):
    """Without it creation, clones, imports and exports are refused, each in words of its own."""
    made = skills.create(server.admin, **server.public())
    form = skills.form(make_skill_id())
    upload = {"files": ("a.md", b"text")}
    assert refusal(server.user.post(f"{PATH}/create", json=form)) == (401, texts.UNAUTHORIZED)
    assert refusal(server.user.post(skills.url(made["id"], "/clone"), json=form)) == (401, texts.UNAUTHORIZED)
    assert refusal(server.user.get(f"{PATH}/export")) == (403, "Export permission required")
    assert refusal(server.user.post(f"{PATH}/import/preview", files=upload)) == (403, "Import permission required")
    importing = server.user.post(f"{PATH}/import", files=upload, data={"decisions": "[]"})
    assert refusal(importing) == (403, "Import permission required")
    allow_users("skills")
    mine = read_json(server.user.post(f"{PATH}/create", json={**form, **server.public()}))
    assert (mine["user_id"], mine["access_grants"]) == (server.user_person.id, [])
    shared = server.user.post(skills.url(mine["id"], "/access/update"), json=server.public())
    assert refusal(shared) == (403, texts.SHARING_FORBIDDEN)
    read_json(server.user.post(skills.url(made["id"], "/clone"), json=skills.form(make_skill_id())))


def test_a_writer_who_may_not_export_works_on_whole_skills(server, allow_users, tmp_path):
    """Text and bytes come one by one where the export is refused; an edit goes back, and nothing else of it moves."""
    allow_users("skills")
    me = [server.user_person.id]
    files = [skills.main(), BINARY, {"path": "docs/one.md", "content": "é\r\n"}]
    access = server.access(read_users=me, write_users=me)
    made = skills.create(server.admin, content=None, files=files, **access)
    assert refusal(server.user.get(f"{PATH}/export?ids={made['id']}"))[0] == 403
    desk = make_desk(tmp_path, server.url, server.user_person.token)
    desk.json("pull", f"skill/{made['id']}")
    folder = f"skills/{made['id']}"
    found = {path: content for path, content in desk.files().items() if path.startswith(f"{folder}/")}
    assert found == {
        f"{folder}/SKILL.md": skills.TEXT.encode(),
        f"{folder}/assets/dot.bin": b"\x00\x01\xff",
        f"{folder}/docs/one.md": "é\r\n".encode(),
    }
    assert desk.json("pull", f"skill/{made['id']}").actions == {}
    desk.edit(f"{folder}/docs/one.md", "é", "è")
    assert desk.json("push", f"skill/{made['id']}").actions == {f"skill/{made['id']}": "update-there"}
    assert skills.read_files(server.admin, made["id"]) == [*files[:2], {"path": "docs/one.md", "content": "è\r\n"}]


def test_an_export_has_what_one_may_read(server, allow_users):
    """With the permission to export, the package of everything readable; asked for more by name, nothing."""
    allow_users("skills_export")
    public, private = skills.create(server.admin, **server.public()), skills.create(server.admin)
    exported = ids(read_json(server.user.get(f"{PATH}/export")))
    assert public["id"] in exported
    assert private["id"] not in exported
    asked = {"ids": [public["id"], private["id"]]}
    assert refusal(server.user.get(f"{PATH}/export", params=asked)) == skills.DENIED


def test_a_stranger_sees_nothing(server):
    """Without a token everything about skills is refused."""
    for path in ("/", "/list", "/export", "/id/any", "/id/any/files"):
        assert refusal(server.anonymous.get(f"{PATH}{path}")) == (401, texts.NOT_SIGNED_IN)
