"""What a pull asks while it waits for something else, on every server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from cochat_devkit.operations import pulling
from cochat_devkit.workspace import staging
from tests.contract.bases import (
    create_base,
    fill,
    no_bases_left,  # noqa: F401 - a fixture
    unique,
)
from tests.desk import make_desk
from tests.onlooker import run_onlooker

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.contract.stage import Server

#: longer than any pull here takes
PATIENCE_S = 20.0


def test_other_kinds_are_listed_while_files_of_bases_are(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes long to list the files of a base is asked for all else meanwhile, and I get both."""
    base = create_base(server.admin, name="Overlap", **server.private())
    name, content = f"{base['id']}.txt", unique()
    fill(server.admin, base["id"], name, content)
    with run_onlooker(server.url) as onlooker:
        are_tools_asked = threading.Event()
        waited: list[bool] = []
        passes = onlooker.lets_through

        def hold(method: str, path: str) -> bool:
            if "/tools/export" in path:
                are_tools_asked.set()
            if f"/knowledge/{base['id']}/files" in path and not waited:
                waited.append(are_tools_asked.wait(PATIENCE_S))
            return passes(method, path)

        monkeypatch.setattr(onlooker, "lets_through", hold)
        desk = make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)
        desk.json("pull", "--kind", "knowledge", "--kind", "tool", "--kind", "prompt", "--kind", "function")
    assert waited == [True]
    assert [each.read_text() for each in desk.folder.rglob(name)] == [content]


def test_files_of_bases_wait_for_the_disk_together(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base of many small files is laid down as fast as tools are: only what is large is written in its turn."""
    base = create_base(server.admin, name="Together", **server.private())
    contents = {f"{number}.txt": unique() for number in range(3)} | {"large.txt": unique("x" * 200_000)}
    for name, content in contents.items():
        fill(server.admin, base["id"], f"{base['id']}-{name}", content)
    alone: list[str] = []
    write = staging.write_whole

    def note(path: str, content: bytes, **more: Any) -> None:
        alone.append(content.decode())
        write(path, content, **more)

    monkeypatch.setattr(staging, "write_whole", note)
    monkeypatch.setattr(pulling, "_STAGED_BYTES", 100_000)
    desk = make_desk(tmp_path / "desk", server.url, server.admin_person.token)
    desk.json("pull", "--kind", "knowledge")
    laid = {each.name: each.read_text() for each in desk.folder.rglob(f"{base['id']}-*")}
    assert laid == {f"{base['id']}-{name}": content for name, content in contents.items()}
    assert contents["large.txt"] in alone
    assert not {*alone} & {content for name, content in contents.items() if name != "large.txt"}
