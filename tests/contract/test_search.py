"""Search on every server: what a pull brings is found offline, in Chinese, too, until the server no longer shows it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tests.contract.bases import BASES, create_base, fill, unique
from tests.contract.stage import read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server

SOURCE = '''"""
title: 网页搜索工具
"""


class Tools:
    def look(self) -> str:
        """在日历里查找 zebra_crossing."""
        return "ok"
'''


def test_what_was_pulled_is_found(server: Server, tmp_path: Path) -> None:
    """Two characters of a Chinese name or text find a tool, and so do English words and its id; an old text no more."""
    name = f"search_{uuid.uuid4().hex[:8]}"
    form = {"id": name, "name": "网页搜索工具", "content": SOURCE, "meta": {"description": "查询"}, **server.access()}
    read_json(server.admin.post("/api/v1/tools/create", json=form))
    desk = make_desk(tmp_path, server.url, server.admin_person.token)
    desk.json("pull", f"tool/{name}")
    offline = Desk(desk.folder, None)
    for words in ("搜索", "日历", "里查", "Zebra crossing", "zebra_crossing", '"look self"', "zeb*", name, "查询 网页"):
        (found,) = [each for each in offline.json("search", words).json["items"] if each["ref"] == f"tool/{name}"]
        assert found["name"] == "网页搜索工具"
        assert found["marks"] or words in (name, "查询 网页"), words
    form["content"] = SOURCE.replace("zebra_crossing", "okapi")
    read_json(server.admin.post(f"/api/v1/tools/id/{name}/update", json=form))
    desk.json("pull", f"tool/{name}")
    for word, count in (("zebra", 0), ("okapi", 1)):
        found = offline.json("search", word, "日历", expected=None).json["items"]
        assert [each["ref"] for each in found].count(f"tool/{name}") == count


def test_the_text_of_a_file_is_found(server: Server, tmp_path: Path) -> None:
    """A word that stands in a file of a knowledge base alone finds the base, the file and the line, offline."""
    word = unique("zebra").replace(" ", "")
    base = create_base(server.admin, name=unique("base"), **server.access())
    fill(server.admin, base["id"], "note.txt", f"first\na {word} line\n")
    try:
        desk = make_desk(tmp_path, server.url, server.admin_person.token)
        desk.json("pull", "--kind", "knowledge")
        for words in ((word,), ("--substring", word[1:])):
            (found,) = Desk(desk.folder, None).json("search", *words).json["items"]
            assert (found["name"], found["field"], found["line"]) == (base["name"], "files", 2)
            assert found["file"].endswith(".txt")
            assert found["snippet"] == f"a {word} line"
    finally:
        server.admin.delete(f"{BASES}/{base['id']}/delete")
