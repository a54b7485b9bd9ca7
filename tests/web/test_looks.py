"""A page looks at the files once: what it costs does not grow with what else was edited."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest

from bench.offline import make_mixed_workspace
from cochat_devkit.config import read_config
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.web.app import make_app
from cochat_devkit.web.pages import all_pages
from cochat_devkit.web.rendering import render_export
from tests.web.mirrored import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

_EDITED = 50
#: what was opened while there is a list to keep it in: an audit hook cannot be taken out again
_opened: list[list[str]] = []


def _hear(event: str, given: tuple[object, ...]) -> None:
    if _opened and event in ("open", "sqlite3.connect"):
        _opened[-1].append(str(given[0]))


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a workspace of three hundred resources, of whose agents fifty were edited."""
    sys.addaudithook(_hear)
    root = tmp_path_factory.mktemp("edited")
    make_mixed_workspace(root, _EDITED * 6)
    for path in sorted((root / "agents").iterdir())[:_EDITED]:
        path.write_text(f"{path.read_text(encoding='utf-8')}And be brief.\n", encoding="utf-8")
    return root


@pytest.mark.parametrize("path", ["r/agent/agent-1.html", "r/agent/agent-1/graph.html", "r/tool/bench_5.html"])
def test_a_page_opens_no_file_a_third_time_however_many_were_edited(edited: Path, path: str) -> None:
    """Whoever has edited fifty agents and looks at one waits for one look at the files, and for the text of it."""
    opened = Counter(each for each in _opened_for(edited, path) if each.startswith(str(edited / "agents")))
    assert max(opened.values()) <= 2, "once to see what it is, once to see whether somebody means it, or for its text"


def test_an_export_opens_the_mirror_once_for_all_chains(edited: Path) -> None:
    """The filters that each of many agents' messages meet are read once, not once for each agent."""
    with Catalogue(read_config(edited), None).held() as catalogue:
        pages = [{"ref": each.ref} for each in catalogue.listed() if each.type == "agent"]
        render_export(all_pages()["chain-of"], catalogue, pages[0])
        _opened.append([])
        for params in pages[1:4]:
            render_export(all_pages()["chain-of"], catalogue, params)
        opened = _opened.pop()
    assert [each for each in opened if "mirror.db" in each or "/plugins" in each] == []


def _opened_for(root: Path, path: str) -> list[str]:
    """Ask twice for a page, and list what is opened for the second."""
    catalogue = Catalogue(read_config(root), None, fresh_s=float("inf"))
    app = make_app(catalogue, TOKEN)
    assert catalogue.listed()

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            answer = await client.get(f"http://127.0.0.1:8766/{TOKEN}/en/{path}")
            assert answer.status_code == httpx.codes.OK

    asyncio.run(ask())
    _opened.append([])
    asyncio.run(ask())
    return _opened.pop()
