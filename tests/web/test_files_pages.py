"""Files of a knowledge base in the page: each with its size, and to look at as far as a page can show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.resource import make_digest
from cochat_devkit.web.pages import all_pages
from cochat_devkit.web.pages.files import Preview, preview_of
from cochat_devkit.workspace.blobs import keep_blob
from cochat_devkit.workspace.paths import file_stem
from tests.web.mirrored import HOSTILE, Mirrored

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
FILES = {
    "read me.md": b"# Welcome\n\n<script>alert(1)</script> **here**",
    "a/b/table.csv": b"one,two\n",
    "a/pic.png": PNG,
    "a/pic.svg": SVG,
    "bytes.bin": b"\x00\x01\xff",
    f"a/{'long' * 60}.txt": b"long",
    HOSTILE: HOSTILE.encode(),
}


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror of a knowledge base whose bytes are here but for one file's."""
    made = Mirrored(tmp_path)
    digests = {name: keep_blob(tmp_path, content) for name, content in FILES.items()}
    lost = {"lost.txt": make_digest(b"lost")}
    made.show("knowledge/handbook", {"name": "Handbook", "description": "", "files": {**digests, **lost}})
    return made


def path_of(name: str) -> str:
    return all_pages()["file"].address(ref="knowledge/handbook", file=file_stem(name))


def test_files_are_listed_by_folder(mirrored: Mirrored) -> None:
    """I see every file with its size, folder by folder, and which bytes are not here."""
    page = mirrored.get("r/knowledge/handbook/files.html")
    assert [each for each in page.texts_of("h2") if "<" not in each] == ["./", "a/", "a/b/"]
    assert "read me.md 45 B" in " ".join(page.texts_of("tr"))
    assert any(each.startswith("lost.txt not here") for each in page.texts_of("tr"))
    assert "the bytes of 1 are not here" in page.text
    assert len(page.links("f/knowledge/handbook/")) == len(FILES) + 1
    assert mirrored.get("r/knowledge/handbook.html").links("handbook/files") == [
        "../../r/knowledge/handbook/files.html"
    ]


def test_every_file_has_its_page(mirrored: Mirrored) -> None:
    """Each link leads to the file, whatever it is called, and nothing of it is more than shown."""
    links = mirrored.get("r/knowledge/handbook/files.html").links("f/knowledge/handbook/")
    pages = [mirrored.get(each.removeprefix("../../../")) for each in links]
    assert [page.status for page in pages] == [200] * len(links)
    assert all(page.is_harmless() for page in pages)
    assert {page.texts_of("h1")[0] for page in pages} == {" ".join(name.split()) for name in [*FILES, "lost.txt"]}
    catalogue = Catalogue(read_config(mirrored.root), None)
    every = {all_pages()["file"].address(**params) for params in all_pages()["file"].every(catalogue)}
    assert every == {each.removeprefix("../../../") for each in links}


def test_markdown_is_rendered_and_a_source_coloured(mirrored: Mirrored) -> None:
    """I read a page as it is meant, and what is in it runs nothing; a table of values keeps its lines."""
    page = mirrored.get(path_of("read me.md"))
    assert "here" in page.texts_of("strong")
    assert "<script>alert(1)</script>" in page.text
    assert mirrored.get("f/knowledge/handbook/nothing.html").status == 404


def test_lost_bytes_are_told(mirrored: Mirrored) -> None:
    """A file whose bytes are nowhere says so, and how to get them."""
    page = mirrored.get(path_of("lost.txt"), "zh")
    assert page.texts_of("div", "bad") == ["the bytes of lost.txt are not herecochat pull knowledge/handbook"]


def test_what_a_page_can_show() -> None:
    """Texts and plain pictures are shown; an SVG is its source, and all else is named and not shown."""
    assert preview_of("a.py", b"x = 1") == Preview("x = 1", "python")
    assert preview_of("a.svg", SVG).picture is None
    assert preview_of("a.svg", SVG).text == SVG.decode()
    assert (preview_of("a.txt", PNG).picture or "").startswith("data:image/png;base64,")
    assert preview_of("a.png", PNG + bytes(2_000_000)) == Preview()
    assert preview_of("a.txt", b"\xff\xfe\x00") == preview_of("a.txt", b"a\x00b") == Preview()
    cut = preview_of("a.txt", b"x" * 300_000)
    assert (len(cut.text or ""), cut.is_cut) == (200_000, True)
