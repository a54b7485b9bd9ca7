"""The files of a skill on 0.12: how they are sent, changed by operations, guarded, limited, and read."""

from __future__ import annotations

import base64

import pytest

from tests.contract import skills
from tests.contract.skills import BINARY, PATH, main, make_skill_id
from tests.contract.stage import read_json, refusal

pytestmark = pytest.mark.generation("0.12")

UNSAFE = ["/a", "a\\b", "a:b", "../a", "a/../b", "a//b", "./a", "a/", "", ".", "a\x00b"]
MIB = 1024 * 1024
NEEDS_VERSION = (400, "expected_version_id is required for file updates")


def text(path, content="text"):
    return {"path": path, "content": content}


def paths(files):
    return [each["path"] for each in files]


@pytest.fixture
def skill(server):
    """A skill of three files."""
    return skills.create(server.admin, content=None, files=[main(), BINARY, text("docs/one.md")])


def operate(server, skill, *operations):
    """Send operations that start from the version that was created."""
    return skills.update(
        server.admin, skill["id"], operations=list(operations), expected_version_id=skill["version_id"]
    )


@pytest.mark.parametrize("key", ["files", "data"])
def test_files_are_sent_as_a_list(server, key):
    """In `files`, or in `data` as the server answers them; both give the same, sorted by path."""
    sent = [text("z.txt", "é\r\n"), main(), BINARY]
    made = skills.create(server.admin, content=None, **{key: sent if key == "files" else {"files": sent}})
    assert skills.read_files(server.admin, made["id"]) == [main(), BINARY, text("z.txt", "é\r\n")]


def test_files_win_over_the_text(server):
    """Where a creation has `content` and `files`, the text is that of the file."""
    made = skills.create(server.admin, content="unheard", files=[main("heard")])
    assert skills.read(server.admin, made["id"])["content"] == "heard"


def test_operations_are_not_for_creations(server):
    """A creation does not look at `operations`."""
    made = skills.create(server.admin, operations=[{"op": "put", **text("a")}])
    assert paths(skills.read_files(server.admin, made["id"])) == ["SKILL.md"]


@pytest.mark.parametrize(
    "more",
    [
        {"files": [], "data": {"files": []}},
        {"files": []},
        {"files": [text("other.md")]},
        {"files": [{**main(), "encoding": "base64", "content": "AAH/"}]},
        {"files": [main(), main()]},
        {"files": [main(), text("a"), text("a/b")]},
        {"files": [main(), {**BINARY, "content": "no base64!"}]},
        *({"files": [main(), text(path)]} for path in UNSAFE),
    ],
)
def test_files_that_make_no_skill_are_refused(server, more):
    """No SKILL.md, a binary one, doubles, a file that is a folder too, bad base64, an unsafe path: no reason."""
    answer = server.admin.post(f"{PATH}/create", json=skills.form(make_skill_id(), **more))
    assert refusal(answer) == skills.CREATE_FAILED


@pytest.mark.parametrize(
    ("where", "file"),
    [
        ("files", {**BINARY, "encoding": "rot13"}),
        ("files", {**text("a"), "mode": "755"}),
        ("files", {"path": "a"}),
        ("files", {"content": "a"}),
        ("operations", {"op": "chmod", "path": "a"}),
        ("operations", {"path": "a"}),
    ],
)
def test_a_file_in_another_form_is_malformed(server, skill, where, file):
    """Unknown encodings, unknown keys, missing ones."""
    more = {where: [file], "expected_version_id": skill["version_id"]}
    assert skills.update(server.admin, skill["id"], **more).status_code == 422


@pytest.mark.parametrize("more", [{"files": [main()]}, {"data": {"files": [main()]}}, {"operations": []}])
def test_changing_files_needs_the_version(server, skill, more):
    """Whoever replaces files says which version they saw; a stale one is told the current."""
    assert refusal(skills.update(server.admin, skill["id"], **more)) == NEEDS_VERSION
    stale = skills.update(server.admin, skill["id"], **more, expected_version_id="another")
    assert refusal(stale) == (409, {"code": "version_conflict", "current_version_id": skill["version_id"]})
    read_json(skills.update(server.admin, skill["id"], **more, expected_version_id=skill["version_id"]))


def test_changing_the_text_alone_does_not(server, skill):
    """`content` replaces SKILL.md and keeps the other files, version or not."""
    updated = read_json(skills.update(server.admin, skill["id"], content="new"))
    assert updated["data"]["files"] == [main("new"), BINARY, text("docs/one.md")]


def test_files_replace_all_files(server, skill):
    """What is not in the list is gone; text beside them wins over the file here."""
    version = skill["version_id"]
    files = [main("unheard"), text("b")]
    answer = skills.update(server.admin, skill["id"], files=files, content="heard", expected_version_id=version)
    assert read_json(answer)["data"]["files"] == [main("heard"), text("b")]


def test_files_come_one_way_at_a_time(server, skill):
    """`files`, `data` and `operations` exclude each other."""
    more = {"files": [main()], "operations": [], "expected_version_id": skill["version_id"]}
    assert refusal(skills.update(server.admin, skill["id"], **more)) == skills.UPDATE_FAILED


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "put", **text("new.txt")}], ["SKILL.md", "assets/dot.bin", "docs/one.md", "new.txt"]),
        ([{"op": "put", **text("docs/one.md", "changed")}], ["SKILL.md", "assets/dot.bin", "docs/one.md"]),
        ([{"op": "delete", "path": "docs/one.md"}], ["SKILL.md", "assets/dot.bin"]),
        ([{"op": "delete", "path": "docs"}], ["SKILL.md", "assets/dot.bin"]),
        (
            [{"op": "move", "path": "docs", "destination": "a/b"}],
            ["SKILL.md", "a/b/one.md", "assets/dot.bin"],
        ),
        (
            [{"op": "move", "path": "docs/one.md", "destination": "two.md"}],
            ["SKILL.md", "assets/dot.bin", "two.md"],
        ),
        (
            [
                {"op": "put", **text("x")},
                {"op": "move", "path": "x", "destination": "y"},
                {"op": "delete", "path": "y"},
            ],
            ["SKILL.md", "assets/dot.bin", "docs/one.md"],
        ),
        ([], ["SKILL.md", "assets/dot.bin", "docs/one.md"]),
    ],
)
def test_operations_are_done_in_order(server, skill, operations, expected):
    """Files are put, moved and deleted; a folder moves and goes with all that is in it."""
    assert paths(read_json(operate(server, skill, *operations))["data"]["files"]) == expected


def test_a_binary_file_keeps_its_encoding(server, skill):
    """Base64 comes back as it was sent, also after a move."""
    put = {"op": "put", "path": "a.bin", "content": "/wA=", "encoding": "base64"}
    files = read_json(operate(server, skill, put, {"op": "move", "path": "a.bin", "destination": "b.bin"}))["data"]
    assert {"path": "b.bin", "content": "/wA=", "encoding": "base64"} in files["files"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "put", "path": "a"},
        {"op": "put", **text("../a")},
        {"op": "put", **text("docs")},
        {"op": "delete", "path": "SKILL.md"},
        {"op": "move", "path": "SKILL.md", "destination": "a"},
        {"op": "delete", "path": "not/there"},
        {"op": "move", "path": "docs"},
        {"op": "move", "path": "docs", "destination": "docs/deeper"},
        {"op": "move", "path": "docs/one.md", "destination": "assets/dot.bin"},
    ],
)
def test_an_operation_that_cannot_be_done_is_refused(server, skill, operation):
    """The whole update is, the good operations before it too."""
    answer = operate(server, skill, {"op": "put", **text("good.txt")}, operation)
    assert refusal(answer) == skills.UPDATE_FAILED
    assert skills.read(server.admin, skill["id"])["version_id"] == skill["version_id"]


@pytest.mark.parametrize("op", [{"op": "move", "destination": "a.md"}, {"op": "delete"}])
def test_the_main_file_is_exchanged_by_a_put_alone(server, skill, op):
    """Moving or deleting it is refused though another is put in its place."""
    answer = operate(server, skill, {"path": "SKILL.md", **op}, {"op": "put", **main("new")})
    assert refusal(answer) == skills.UPDATE_FAILED
    updated = read_json(operate(server, skill, {"op": "put", **main("new")}))
    assert (updated["content"], len(updated["data"]["files"])) == ("new", 3)


def test_files_have_a_limit(server):
    """Ten MiB a file and a thousand files are taken, one more is not."""
    big = skills.create(server.admin, content="x" * 10 * MIB)
    over = skills.form(make_skill_id(), content="x" * (10 * MIB + 1))
    assert refusal(server.admin.post(f"{PATH}/create", json=over)) == skills.CREATE_FAILED
    many = [main(), *(text(f"{number}.txt") for number in range(999))]
    full = skills.create(server.admin, content=None, files=many)
    over = skills.form(make_skill_id(), files=[*many, text("one.more")])
    assert refusal(server.admin.post(f"{PATH}/create", json=over)) == skills.CREATE_FAILED
    for made in (big, full):
        read_json(server.admin.delete(skills.url(made["id"], "/delete")))


def test_files_are_listed_with_their_sizes(server, skill):
    """The size is that of the bytes; the encoding is null or base64."""
    listed = read_json(server.admin.get(skills.url(skill["id"], "/files")))
    assert listed == {
        "version_id": skill["version_id"],
        "files": [
            {"path": "SKILL.md", "size": len(skills.TEXT.encode()), "encoding": None},
            {"path": "assets/dot.bin", "size": 3, "encoding": "base64"},
            {"path": "docs/one.md", "size": 4, "encoding": None},
        ],
    }


def test_files_of_a_version_can_be_listed(server, skill):
    """An old version is asked for by its id; an unknown one is 404."""
    read_json(operate(server, skill, {"op": "delete", "path": "docs"}))
    path = skills.url(skill["id"], "/files")
    assert len(read_json(server.admin.get(path))["files"]) == 2
    old = read_json(server.admin.get(path, params={"version_id": skill["version_id"]}))
    assert (old["version_id"], len(old["files"])) == (skill["version_id"], 3)
    assert refusal(server.admin.get(path, params={"version_id": "any"})) == skills.VERSION_MISSING


@pytest.mark.parametrize(
    ("path", "content", "sort"),
    [
        ("SKILL.md", skills.TEXT.encode(), "text/markdown; charset=utf-8"),
        ("assets/dot.bin", base64.b64decode(BINARY["content"]), "application/octet-stream"),
    ],
)
def test_a_file_is_read_as_bytes(server, skill, path, content, sort):
    """Its content is downloaded as it is, under its last name, and never shown by a browser."""
    query = {"path": path, "version_id": skill["version_id"]}
    answer = server.admin.get(skills.url(skill["id"], "/files/content"), params=query)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, content, sort)
    name = path.rpartition("/")[2]
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_file_that_is_not_there_is_told(server, skill):
    """Path and version must both be said, and both be right."""
    address = skills.url(skill["id"], "/files/content")
    right = {"path": "SKILL.md", "version_id": skill["version_id"]}
    assert refusal(server.admin.get(address, params={**right, "path": "docs"})) == (404, "File not found")
    assert refusal(server.admin.get(address, params={**right, "version_id": "any"})) == skills.VERSION_MISSING
    for missing in right:
        query = {key: value for key, value in right.items() if key != missing}
        assert server.admin.get(address, params=query).status_code == 422
