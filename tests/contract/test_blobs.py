"""The bytes of files that went: the history names every one that is kept, and brings each back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.mirror.history import read_history, read_keys_with_history
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.workspace.blobs import BLOBS
from tests.contract import bases
from tests.contract.stage import read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    """Make an admin's workspace."""
    return make_desk(tmp_path / "desk", server.url, server.admin_person.token)


def test_the_history_names_all_bytes_that_are_kept(server: Server, desk: Desk) -> None:
    """Whoever replaced or deleted a file, here or there: its bytes are kept, and come back by a restore."""
    name = bases.unique("base").replace(" ", "-")
    made = bases.create_base(server.admin, name=name)["id"]
    texts = {each: f"{each} of {name}.\n" for each in ("first", "theirs", "ours", "beside", "more")}
    note, beside, more = (desk.path(f"knowledge/{name}/files/{each}.txt") for each in ("note", "beside", "more"))
    first = bases.fill(server.admin, made, "note.txt", texts["first"])
    bases.fill(server.admin, made, "beside.txt", texts["beside"])
    desk.json("pull", f"knowledge/{name}")
    read_json(bases.remove(server.admin, made, first))
    bases.fill(server.admin, made, "note.txt", texts["theirs"])
    desk.json("pull", f"knowledge/{name}")
    note.write_text(texts["ours"])
    beside.unlink()
    more.write_text(texts["more"])
    desk.json("push", "--no-verify")
    (added,) = (each["id"] for each in bases.page(server.admin, made)["items"] if each["filename"] == "more.txt")
    read_json(bases.remove(server.admin, made, added))
    desk.json("pull", f"knowledge/{name}")
    assert not more.exists()
    read_json(server.admin.delete(f"{bases.BASES}/{made}/delete"))
    desk.json("pull")
    assert not note.exists()
    assert kept(desk)
    assert kept(desk) <= named(desk, server.url)
    seen = set()
    # a restore is an entry itself, so they are counted from the oldest
    for back in range(len(desk.json("log", f"knowledge/{name}").json["items"])):
        entry = desk.json("log", f"knowledge/{name}").json["items"][-1 - back]
        if not entry["is_gone"]:
            desk.json("restore", entry["ref"])
            seen |= {place.read_text() for place in (note, beside, more) if place.exists()}
    assert seen == {*texts.values()}


def test_bytes_that_i_pushed_come_back_though_both_sides_moved_on(server: Server, desk: Desk) -> None:
    """A colleague replaces my file there, and I edit mine in place: what I had sent is in the log, and restored."""
    name = bases.unique("base").replace(" ", "-")
    note = desk.path(f"knowledge/{name}/files/note.txt")
    note.parent.mkdir(parents=True)
    (note.parent.parent / "knowledge.yaml").write_text(f"name: {name}\ndescription: d\n")
    note.write_text(f"Sent to {name}.\n")
    desk.json("push", "--no-verify", f"knowledge/{name}")
    (base,) = [each for each in bases.list_bases(server.admin) if each["name"] == name]
    read_json(bases.remove(server.admin, base["id"], bases.file_ids(server.admin, base["id"])[0]))
    bases.fill(server.admin, base["id"], "note.txt", f"Theirs of {name}.\n")
    note.write_text(f"Edited in {name}.\n")
    desk.json("pull", f"knowledge/{name}", expected=3)
    texts = set()
    for oldest in range(1, 5):
        # what is restored comes first in the log
        logged = [each["ref"] for each in desk.json("log", f"knowledge/{name}").json["items"]]
        desk.json("restore", logged[-oldest], expected=None)
        texts |= {note.read_text()} if note.exists() else set()
    assert texts == {f"{whose} {name}.\n" for whose in ("Sent to", "Theirs of", "Edited in")}


def kept(desk: Desk) -> set[str]:
    """List the digests of the bytes that are kept."""
    return {place.parent.name + place.name for place in desk.path(BLOBS).glob("*/*")}


def named(desk: Desk, url: str) -> set[str]:
    """List the digests that what was ever seen names."""
    target, found = read_config(desk.folder).default_target, set()
    with MirrorReader(desk.path("mirror.db")) as reader:
        scope = reader.scope_of(target, url)
        assert scope is not None
        for key in read_keys_with_history(reader, scope, ["knowledge"]):
            bodies = (reader.body(each.digest) for each in read_history(reader, scope, key) if each.digest)
            found |= {digest for body in bodies for digest in body.get("files", {}).values()}
    return found
