"""Names of further files that some disks do not tell apart: each comes back byte for byte, and no push takes one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.contract import bases, skills
from tests.contract.bases import no_bases_left  # noqa: F401 - a fixture
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server

#: the same letter with its accent apart, as macOS names files, and as one; capitals and none
NAMES = ("e\u0301.txt", "\xe9.txt", "README.md", "readme.md")
FILES_HERE = {"%~\xe9.txt", "\xe9.txt", "README.md", "%-readme.md"}


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    """Make an admin's workspace."""
    return make_desk(tmp_path / "desk", server.url, server.admin_person.token)


def files_of_base(server: Server, base_id: str) -> dict[str, str]:
    """Return the texts of a base's files by the names that the server knows."""
    listed = {item["filename"]: item["id"] for item in bases.page(server.admin, base_id)["items"]}
    return {name: bases.read_file(server.admin, id_)["data"]["content"] for name, id_ in listed.items()}


@pytest.mark.parametrize("named", [NAMES, NAMES[:1]])
def test_every_file_of_a_base_outlives_a_push(server: Server, desk: Desk, named: tuple[str, ...]) -> None:
    """Whoever changes the description, or one of the files, leaves the others where they are."""
    name = bases.unique("base").replace(" ", "-")
    made = bases.create_base(server.admin, name=name)["id"]
    texts = {each: f"{number} of {name}.\n" for number, each in enumerate(named)}
    for each, text in texts.items():
        bases.fill(server.admin, made, each, text)
    there = files_of_base(server, made)
    assert set(there) == set(named)
    ref, folder = f"knowledge/{name}", desk.path(f"knowledge/{name}/files")
    desk.json("pull", ref)
    here = {each.name: each.read_text() for each in folder.iterdir()}
    assert here.keys() == (FILES_HERE if named == NAMES else {"%~\xe9.txt"})
    assert sorted(here.values()) == sorted(texts.values())
    assert desk.json("status").actions == {}
    for each in named:
        # a fresh clone has the files alone
        shutil.rmtree(desk.path(".cochat/blobs"), ignore_errors=True)
        assert desk.cochat("show", ref, "--file", each).out == texts[each]
    sidecar = desk.path(f"knowledge/{name}/knowledge.yaml")
    sidecar.write_text(sidecar.read_text().replace("What it holds", "What it holds now"))
    (sent,) = desk.json("push", "--no-verify").json["items"]
    assert sent["changes"] == ["description: 'What it holds' -> 'What it holds now'"]
    assert files_of_base(server, made) == there
    (folder / "%~\xe9.txt").write_text(f"Edited in {name}.\n")
    desk.json("push", "--no-verify")
    edited = files_of_base(server, made)
    assert edited.keys() == there.keys()
    assert {each for each in there if edited[each] != there[each]} == {NAMES[0]}
    assert desk.json("pull", ref).actions == {}


@pytest.mark.generation("0.12")
def test_every_file_of_a_skill_outlives_a_push(server: Server, desk: Desk) -> None:
    """The same where the files are sent as texts; one that a Mac would take for the skill's main file is another."""
    files = [{"path": each, "content": f"text of {each!a}\n"} for each in (*NAMES, "skill.md", "Docs/a", "docs/a")]
    made = skills.create(server.admin, content=None, files=[skills.main(), *files])["id"]
    there = skills.read_files(server.admin, made)
    assert len(there) == 8
    desk.json("pull", f"skill/{made}")
    folder = desk.path(f"skills/{made}")
    here = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    assert here == {*FILES_HERE, "SKILL.md", "%-skill.md", "Docs/a", "%-docs/a"}
    assert desk.json("status").actions == {}
    main = folder / "SKILL.md"
    main.write_text(main.read_text().replace("Do it well.", "Do it better."))
    desk.json("push", "--no-verify")
    after = skills.read_files(server.admin, made)
    assert [each for each in after if each["path"] != "SKILL.md"] == [
        each for each in there if each["path"] != "SKILL.md"
    ]
    assert desk.json("pull", f"skill/{made}").actions == {}
