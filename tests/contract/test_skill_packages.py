"""Skills of 0.12 as packages: exports in three formats, and imports that say what they would do before they do it."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.contract import skills, texts
from tests.contract.skills import BINARY, PATH, main, make_skill_id, make_zip
from tests.contract.stage import find, read_json, refusal

pytestmark = pytest.mark.generation("0.12")

HEAD = "---\nname: {name}\ndescription: From its head\n---\nText\n"


def preview(server, *files):
    return server.admin.post(f"{PATH}/import/preview", files=[("files", each) for each in files])


def import_(server, decisions, *files):
    said = decisions if isinstance(decisions, str) else json.dumps(decisions)
    return server.admin.post(f"{PATH}/import", files=[("files", each) for each in files], data={"decisions": said})


def package(skill_id, **more):
    """Return a package as one JSON file."""
    return ("a.json", json.dumps({"id": skill_id, "name": f"Skill {skill_id}", "content": "text", **more}).encode())


def names(answer):
    return zipfile.ZipFile(io.BytesIO(answer.content)).namelist()


def test_one_export_has_everything(server):
    """All skills with all their files, binary ones as base64; without version, access and times."""
    made = skills.create(server.admin, files=[main(), BINARY], content=None, meta={"tags": ["t"]}, is_active=False)
    exported = read_json(server.admin.get(f"{PATH}/export"))
    assert find(exported, made["id"]) == {
        "id": made["id"],
        "name": made["name"],
        "description": None,
        "meta": {"i18n": None, "tags": ["t"]},
        "files": [main(), BINARY],
        "is_active": False,
    }


def test_an_export_of_one_is_an_object(server):
    """One id gives an object, two give a list in the order of the question, an unknown one gives nothing."""
    one, two = skills.create(server.admin), skills.create(server.admin)
    assert set(read_json(server.admin.get(f"{PATH}/export", params={"ids": one["id"]}))) == skills.PACKAGE_FIELDS
    both = read_json(server.admin.get(f"{PATH}/export", params={"ids": [two["id"], one["id"]]}))
    assert [each["id"] for each in both] == [two["id"], one["id"]]
    unknown = server.admin.get(f"{PATH}/export", params={"ids": [one["id"], make_skill_id()]})
    assert refusal(unknown) == skills.MISSING


def test_an_export_can_be_an_archive(server):
    """A folder for each skill, named as its head says, else as its id; `.skill` is one skill's."""
    one = skills.create(server.admin, content=None, files=[main(HEAD.format(name="from-head")), BINARY])
    two = skills.create(server.admin, content=HEAD.format(name="Not A Folder"))
    archive = server.admin.get(f"{PATH}/export", params={"format": "zip", "ids": [one["id"], two["id"]]})
    assert archive.headers["content-type"] == "application/zip"
    assert archive.headers["content-disposition"] == 'attachment; filename="skills.zip"'
    assert names(archive) == ["from-head/SKILL.md", "from-head/assets/dot.bin", f"{two['id']}/SKILL.md"]
    single = server.admin.get(f"{PATH}/export", params={"format": "skill", "ids": one["id"]})
    assert single.headers["content-disposition"] == f'attachment; filename="{one["id"]}.skill"'
    assert names(single) == ["from-head/SKILL.md", "from-head/assets/dot.bin"]
    with zipfile.ZipFile(io.BytesIO(single.content)) as opened:
        assert opened.read("from-head/assets/dot.bin") == b"\x00\x01\xff"


def test_two_skills_of_one_folder_are_not_exported_together(server):
    """Heads that name the same folder."""
    text = HEAD.format(name=make_skill_id())
    made = [skills.create(server.admin, content=text)["id"] for _ in range(2)]
    answer = server.admin.get(f"{PATH}/export", params={"format": "zip", "ids": made})
    assert refusal(answer) == (400, "Selected skills have duplicate export directory names")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"format": "xml"}, "Export format must be json, zip, or skill"),
        ({"format": "skill"}, "Select one skill to export as .skill"),
        ({"version_id": "any"}, "Select one skill to export a historical version"),
    ],
)
def test_an_export_that_makes_no_sense_is_refused(server, query, sentence):
    """In words that say what is missing."""
    assert refusal(server.admin.get(f"{PATH}/export", params=query)) == (400, sentence)


def test_a_preview_says_what_is_in_the_files(server):
    """Id, name and description come from the head of the text where the package has none; nothing is made."""
    name = f"Name {make_skill_id()}"
    (told,) = read_json(preview(server, ("any.md", HEAD.format(name=name).encode())))
    skill_id = name.lower().replace(" ", "-")
    assert told == {
        "index": 0,
        "id": skill_id,
        "name": name,
        "description": "From its head",
        "meta": {},
        "files": [{"path": "SKILL.md", "size": len(HEAD.format(name=name)), "encoding": None}],
        "id_taken": False,
        "name_taken": False,
        "can_replace": False,
        "expected_version_id": None,
    }
    assert refusal(server.admin.get(skills.url(skill_id))) == (404, texts.NOT_FOUND)


def test_a_preview_says_what_is_there_already(server):
    """With the version that a replacement must expect."""
    made = skills.create(server.admin)
    (told,) = read_json(preview(server, package(made["id"])))
    assert (told["id_taken"], told["name_taken"], told["can_replace"]) == (True, True, True)
    assert told["expected_version_id"] == made["version_id"]


def test_archives_and_folders_are_read(server):
    """A package of several folders, one at the top, or files uploaded with their paths; what is not UTF-8 is binary."""
    several = make_zip({"a/SKILL.md": HEAD.format(name="in-a"), "a/x/b.bin": b"\xff", "c/SKILL.md": "text"})
    first, second = read_json(preview(server, ("s.zip", several)))
    assert (first["index"], first["id"], second["index"], second["id"]) == (0, "in-a", 1, "imported-skill")
    assert first["files"][1] == {"path": "x/b.bin", "size": 1, "encoding": "base64"}
    (top,) = read_json(preview(server, ("s.skill", make_zip({"SKILL.md": "text", "x/SKILL.md": "inner"}))))
    assert [each["path"] for each in top["files"]] == ["SKILL.md", "x/SKILL.md"]
    (folder,) = read_json(preview(server, ("f/SKILL.md", b"text"), ("f/g/b.bin", b"\x00")))
    assert [each["path"] for each in folder["files"]] == ["SKILL.md", "g/b.bin"]
    assert folder["files"][1]["encoding"] == "base64"


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (("a.txt", b"text"), "Use JSON, ZIP, .skill, or Markdown"),
        (("a.zip", b"text"), "File is not a zip file"),
        (("a.zip", make_zip({"a.md": "text"})), "Archive contains no SKILL.md"),
        (("a.zip", make_zip({"a/SKILL.md": "", "b.md": ""})), "Archive contains files outside skill directories"),
        (("a.zip", make_zip({"../SKILL.md": ""})), "Invalid file path"),
        (("a.zip", make_zip({"/a/SKILL.md": ""})), "File paths must be relative POSIX paths"),
        (("a.json", b"[1]"), "Each imported skill must be an object"),
        (("a.json", b'{"files": []}'), "A skill requires a UTF-8 SKILL.md at its root"),
        (("f/a.md", b"text"), "Select a folder containing one or more non-nested skills"),
    ],
)
def test_what_is_no_package_is_refused_with_its_reason(server, file, sentence):
    """Unlike a creation, an import says what is wrong."""
    assert refusal(preview(server, file)) == (400, sentence)


def test_an_import_needs_a_decision_for_each(server):
    """As many as there are skills, as a list of objects."""
    file = package(make_skill_id())
    for decisions in ([], [{}, {}], [1], {}):
        assert refusal(import_(server, decisions, file)) == (400, "One decision is required per skill")
    assert import_(server, "no json", file).status_code == 400
    assert server.admin.post(f"{PATH}/import", files=[("files", file)]).status_code == 422
    assert server.admin.post(f"{PATH}/import/preview").status_code == 422


def test_an_import_does_what_was_decided(server):
    """Skip, create, copy under another id and name, replace; one failure does not stop the others."""
    skill_id, copy_id = make_skill_id(), make_skill_id()
    file = package(skill_id, is_active=False, meta={"tags": ["t"]})
    assert read_json(import_(server, [{}], file)) == [{"status": "skipped", "id": skill_id}]
    assert read_json(import_(server, [{"action": "create"}], file)) == [{"status": "saved", "id": skill_id}]
    made = skills.read(server.admin, skill_id)
    assert (made["is_active"], made["meta"]["tags"], made["access_grants"]) == (False, ["t"], [])
    copy = {"action": "copy", "id": copy_id.upper(), "name": copy_id}
    assert read_json(import_(server, [copy], file)) == [{"status": "saved", "id": copy_id}]
    decisions = [{"action": "create"}, {"action": "replace", "expected_version_id": made["version_id"]}]
    taken, replaced = read_json(import_(server, decisions, file, package(skill_id, content="new")))
    assert taken == {"status": "error", "id": skill_id, "error": texts.ID_TAKEN}
    assert replaced == {"status": "saved", "id": skill_id}
    after = skills.read(server.admin, skill_id)
    assert (after["content"], after["is_active"], after["meta"]["tags"]) == ("new", False, [])


@pytest.mark.parametrize(
    ("decision", "error"),
    [
        ({"action": "replace"}, "Replacement requires expected_version_id"),
        ({"action": "explode"}, "Unknown import action"),
    ],
)
def test_a_decision_that_cannot_be_done_is_told_in_the_answer(server, decision, error):
    """With status 200: the answer must be read."""
    made = skills.create(server.admin)
    answer = read_json(import_(server, [decision], package(made["id"])))
    assert answer == [{"status": "error", "id": made["id"], "error": error}]


def test_a_stale_replacement_is_told_in_the_answer(server):
    """With the current version, as an update would."""
    made = skills.create(server.admin)
    decision = {"action": "replace", "expected_version_id": "another"}
    (told,) = read_json(import_(server, [decision], package(made["id"])))
    assert told["error"] == {"code": "version_conflict", "current_version_id": made["version_id"]}


def test_fetching_by_address_is_for_admins(server):
    """The address must be one."""
    address = f"{PATH}/load/url"
    assert refusal(server.user.post(address, json={"url": "http://127.0.0.1:9/a.md"})) == (401, texts.PROHIBITED)
    assert server.admin.post(address, json={"url": "no address"}).status_code == 422
    assert server.admin.post(address, json={"url": "http://127.0.0.1:9/a.md"}).status_code == 400
