"""A workspace whose mirror knows what a test says, and the pages that show it; no server is asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import httpx

from cochat_devkit.config import read_config
from cochat_devkit.mirror.rows import Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.resource import Key, RemoteId, Slug, digest_of_body, fingerprint_in
from cochat_devkit.web.app import make_app

if TYPE_CHECKING:
    from pathlib import Path

    from cochat_devkit.mirror.journal import Step
    from cochat_devkit.mirror.rows import Scope

URL = "https://server.test"
TOKEN = "secret"
#: what somebody may call a thing, or write into it
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;{{ 7*7 }}\u202e"
FACTS = {"user_id": "u1", "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}


@dataclass(frozen=True)
class Mirrored:
    """A workspace folder; what it is told, its mirror knows as what the server showed last."""

    root: Path

    def __post_init__(self) -> None:
        (self.root / "cochat.toml").write_text(f'[targets.main]\nurl = "{URL}"\n', encoding="utf-8")

    def store(self) -> MirrorStore:
        """Open the mirror for writing."""
        return MirrorStore(self.root / "mirror.db")

    def show(self, ref: str, body: dict[str, Any], **facts: Any) -> Row:
        """Let the server show a resource, as a pull would remember it."""
        with self.store() as store:
            row = row_of(ref, body, **facts)
            store.remember(scope_in(store), rows=[row], bodies=[(row.type, body)])
        return row

    def run(self, command: str, *steps: Step, message: str = "") -> int:
        """Let a command have done steps, as the journal has it: the run's number."""
        with self.store() as store:
            run_id = store.begin_run(scope_in(store), command, "main", message=message)
            store.remember(scope_in(store), run_id=run_id, steps=steps)
            store.end_run(run_id)
        return run_id

    def get(self, path: str, language: str = "en") -> Answer:
        """Ask for a page by its path below a language's root."""
        return get_page(self.root, path, language)


def get_page(root: Path, path: str, language: str = "en") -> Answer:
    """Ask for a page of a workspace by its path below a language's root."""
    app = make_app(Catalogue(read_config(root), None), TOKEN)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get(f"http://127.0.0.1:8766/{TOKEN}/{language}/{path}")

    answer = asyncio.run(ask())
    return Answer(answer.status_code, answer.text)


def scope_in(store: MirrorStore) -> Scope:
    """Enter the one scope of the workspace."""
    return store.enter_scope("main", url=URL, **FACTS)


def row_of(ref: str, body: dict[str, Any], *, type_: str = "", **facts: Any) -> Row:
    """Make the row of a resource that the server shows; `ref` names the kind."""
    kind, _, slug = ref.partition("/")
    digest = digest_of_body(type_, body)
    shown = {"remote_fingerprint": fingerprint_in(digest), "remote_digest": digest}
    return Row(Key(kind, Slug(slug)), type_, RemoteId(slug), **{**shown, **facts})


class Answer:
    """What a page answered: its HTML, its texts, and the elements that it is made of."""

    def __init__(self, status: int, html: str) -> None:
        self.status = status
        self.html = html
        reader = _Reader()
        reader.feed(html)
        self.elements = reader.elements
        self.text = " ".join("".join(reader.texts).split())

    def links(self, part: str = "") -> list[str]:
        """List the addresses of links that have a part in them."""
        return [found["href"] for name, found in self.elements if name == "a" and part in (found.get("href") or "")]

    def texts_of(self, name: str, class_: str = "") -> list[str]:
        """List the texts of the elements of one name, and of one class where it is given."""
        reader = _Reader((name, class_))
        reader.feed(self.html)
        return [" ".join("".join(each).split()) for each in reader.wanted]

    def is_harmless(self) -> bool:
        """Tell whether nothing in it can run or be fetched: scripts of our own files alone, no handlers, no styles."""
        for name, found in self.elements:
            if name in ("iframe", "object", "embed", "style", "base", "foreignobject"):
                return False
            if name == "script" and not (found.get("src") or "").startswith("../"):
                return False
            if any(each.startswith("on") or each == "style" for each in found):
                return False
            if any((found.get(each) or "").strip().lower().startswith("javascript:") for each in ("href", "src")):
                return False
            if name == "img" and not (found.get("src") or "").startswith(("data:image/", "../")):
                return False
        return True


_VOID = ("meta", "link", "img", "input", "br", "hr", "col", "wbr")


class _Reader(HTMLParser):
    """Read HTML as a browser does, as far as tests ask."""

    def __init__(self, wanted: tuple[str, str] | None = None) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.wanted: list[list[str]] = []
        self._sought = wanted
        self._open: list[tuple[str, list[str] | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag in _VOID:
            return
        collected: list[str] | None = None
        if self._sought and tag == self._sought[0]:
            classes = (found.get("class") or "").split()
            if not self._sought[1] or self._sought[1] in classes:
                collected = []
                self.wanted.append(collected)
        self._open.append((tag, collected))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if any(each == tag for each, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        for _tag, collected in self._open:
            if collected is not None:
                collected.append(data)
