"""The static site: every page stands in a file, every link leads to one, and nothing that is not ours is replaced."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.credentials import credentials_path, write_credential, write_kept_values
from cochat_devkit.errors import CannotWrite, LocalError, UsageError
from cochat_devkit.events import Progress
from cochat_devkit.resource import make_digest
from cochat_devkit.web.export import export, write_file
from cochat_devkit.web.folder import MARKER
from cochat_devkit.web.index import to_script
from cochat_devkit.workspace.blobs import keep_blob
from tests.web.mirrored import HOSTILE, URL, Mirrored, row_of, scope_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SLUGS = (
    *("plain", "a/b", "..", "../../etc/passwd", ".", "%2e%2e%2f", "con", "日历", 'x"y', "<script>", "a?b#c=d&e", " "),
    *("A", "a", "é", "e\u0301", "%", "%%20", "*", "tool[1]", "w" * 300, "index.html", "a\\b", "\u202egnp", "sk-short"),
)
SOURCE = '"""\ntitle: One\n"""\n\nclass Tools:\n    def billing(self):\n        return "日历和工具"\n'


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "", "content": SOURCE, "meta": {}, "access": "private", **more}


@pytest.fixture
def workspace(tmp_path: Path) -> Mirrored:
    """A mirror whose server showed tools with hostile names, and one of each of some other kinds."""
    root = tmp_path / "work"
    root.mkdir()
    made = Mirrored(root)
    bodies = [(f"tool/{slug}", tool(f"{HOSTILE} {slug}")) for slug in SLUGS]
    bodies += [("prompt/greet", {"name": "Greet", "content": f"# Hello\n\n{HOSTILE}\n\n[x](javascript:alert(1))"})]
    rows = [row_of(ref, body) for ref, body in bodies]
    with made.store() as store:
        store.remember(scope_in(store), rows=rows, bodies=[("", body) for _ref, body in bodies])
    return made


class Read(HTMLParser):
    """What one file leads to, and in which order its head says things."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.head: list[tuple[str, dict[str, str | None]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [str(found[name]) for name in ("href", "src", "action") if found.get(name) is not None]
        self.ids |= {str(found["id"])} if found.get("id") else set()
        if tag in ("meta", "link", "script", "style", "base"):
            self.head.append((tag, found))


def names_in(folder: Path) -> set[str]:
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def contents_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names_in(folder)}


def test_every_link_leads_to_a_file_of_the_site(workspace: Mirrored, tmp_path: Path) -> None:
    """Wherever I click, below any path and from the disk, a page is there: whatever the things are called."""
    site = tmp_path / "site"
    done = export(read_config(workspace.root), None, site)
    pages = [*site.rglob("*.html")]
    assert len(pages) == done.pages + 1
    assert len(pages) > 2 * len(SLUGS)
    reads = {path: Read(path) for path in pages}
    followed = 0
    for path, read in reads.items():
        for link in read.links:
            parts = urlsplit(link)
            if link.startswith(("data:", "https://")):
                # a text of a server's own; nothing of the pages' frame is elsewhere
                continue
            assert not parts.scheme, (path, link)
            assert not link.startswith("/"), (path, link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_relative_to(site), (path, link)
            assert target.is_file(), (path, link)
            if parts.fragment and target in reads:
                assert unquote(parts.fragment) in reads[target].ids, (path, link)
            followed += 1
    assert followed > 10 * len(pages)


def test_every_page_can_be_reached_from_the_first(workspace: Mirrored, tmp_path: Path) -> None:
    """The address of the folder is enough: without a script I come to each language, and from there to all."""
    site = tmp_path / "site"
    export(read_config(workspace.root), None, site)
    root = Read(site / "index.html")
    refresh = next(found["content"] for tag, found in root.head if found.get("http-equiv") == "refresh")
    assert refresh == "0; url=en/index.html"
    seen: set[Path] = set()
    waiting = [site / "index.html"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        if path.suffix == ".html":
            links = [urlsplit(link).path for link in Read(path).links if not link.startswith(("data:", "https:"))]
            waiting += [(path.parent / unquote(link)).resolve() for link in links if link]
    assert {*site.rglob("*.html")} <= seen


def test_every_page_says_what_it_may_do_before_it_does_anything(workspace: Mirrored, tmp_path: Path) -> None:
    """No header tells a browser what a file may do: each page says it first, and holds no inline script or style."""
    site = tmp_path / "site"
    export(read_config(workspace.root), None, site)
    for path in site.rglob("*.html"):
        (charset, policy), *_ = [*zip(Read(path).head, Read(path).head[1:], strict=False)]
        assert charset[1] == {"charset": "utf-8"}
        assert policy[1]["http-equiv"] == "Content-Security-Policy"
        assert "default-src 'none'" in str(policy[1]["content"])
        assert "unsafe" not in str(policy[1]["content"])
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=\"", re.sub(r'"[^"]*"', '""', text)) == []


def test_the_index_finds_words_of_any_language(workspace: Mirrored, tmp_path: Path) -> None:
    """The site is searched without a server: names, words of texts, and where each stands."""
    site = tmp_path / "site"
    done = export(read_config(workspace.root), None, site)
    script = (site / "static" / "search-index.js").read_text(encoding="utf-8")
    known = json.loads(script.removeprefix("window.cochatIndex = ").removesuffix(";\n"))
    assert known["cut"] == done.texts_cut == 0
    assert len(known["entries"]) == done.resources == len(SLUGS) + 1
    for ref, _name, _description, address, words in known["entries"]:
        assert (site / "en" / unquote(address)).is_file()
        if ref.startswith("tool/"):
            assert {"billing", "日历和工具"} <= set(words.split())


def test_the_index_finds_what_files_of_knowledge_bases_say(tmp_path: Path) -> None:
    """A text by its words, all else by its name, each on a page of its own; what is long by its beginning."""
    workspace = Mirrored(tmp_path)
    files = {
        "notes/one.md": "# Holidays 假期\n".encode(),
        "pic.png": b"\x89PNG\r\n\x1a\n",
        "long.txt": b"begin " * 50_000,
    }
    digests = {name: keep_blob(tmp_path, content) for name, content in files.items()}
    lost = {"lost.txt": make_digest(b"lost")}
    workspace.show("knowledge/base", {"name": "Base", "description": "", "files": {**digests, **lost}})
    site = tmp_path / "site"
    done = export(read_config(tmp_path), None, site)
    script = (site / "static" / "search-index.js").read_text(encoding="utf-8")
    entries = json.loads(script[len("window.cochatIndex = ") : -2])["entries"]
    words = {name: words for _ref, name, _description, _address, words in entries if name != "Base"}
    assert words == {"notes/one.md": "holidays 假期", "pic.png": "", "long.txt": "begin be", "lost.txt": ""}
    addresses = {unquote(address) for _ref, _name, _description, address, _words in entries}
    assert len(addresses) == len(entries) == len(files) + 2
    assert all((site / "en" / each).is_file() for each in addresses)
    assert {ref for ref, *_others in entries} == {"knowledge/base"}
    assert (done.resources, done.texts_cut) == (1, 1)


def test_a_long_text_is_searched_by_its_first_words_and_that_is_told(tmp_path: Path) -> None:
    """However much there is, the index stays one that a browser loads, and says of how many texts it lacks words."""
    workspace = Mirrored(tmp_path)
    words = " ".join(f"word{number}" for number in range(10_000))
    workspace.show("tool/long", tool("Long", content=f"firstword {words}\n"))
    workspace.show("tool/picture", tool("Picture", meta={"icon": "data:image/png;base64," + "QUJD" * 50_000}))
    site = tmp_path / "site"
    done = export(read_config(tmp_path), None, site)
    script = (site / "static" / "search-index.js").read_text(encoding="utf-8")
    assert (done.resources, done.texts_cut) == (2, 1)
    assert json.loads(script[len("window.cochatIndex = ") : -2])["cut"] == 1
    assert "firstword" in script
    assert "word9999" not in script
    assert len(script) < 40_000
    assert to_script([]) == 'window.cochatIndex = {"cut":0,"entries":[]};\n'


def test_several_processes_write_what_one_does(workspace: Mirrored, tmp_path: Path) -> None:
    """A large site is written by all processors, and is the same site."""
    config = read_config(workspace.root)
    alone, together = tmp_path / "alone", tmp_path / "together"
    export(config, None, alone)
    export(config, None, together, alone_up_to=0)
    assert contents_of(alone) == contents_of(together)


@pytest.mark.parametrize("alone_up_to", [0, 10**6])
def test_no_secret_is_in_the_site(workspace: Mirrored, tmp_path: Path, alone_up_to: int) -> None:
    """What I publish holds no token that I have, no valve value that is kept for me, and not where I work."""
    secrets = ["canary-token-1a2b3c4d", "canary&valve<5e6f7a8b>", "sk-canary0123456789abcdef"]
    write_credential(URL, secrets[0], "me@example.com")
    write_kept_values(URL, "tool/leak1", {"key": [secrets[1]], "count": 3})
    for number, secret in enumerate(secrets):
        text = f"# {secret}\nTOKEN = '{secret}'\n"
        workspace.show(f"tool/leak{number}", tool(f"Leak {secret}", description=secret, content=text))
        workspace.show(f"prompt/leak{number}", {"name": secret, "content": f"Say {secret}, `{secret}`\n\n- {secret}"})
    site = tmp_path / "site"
    export(read_config(workspace.root), None, site, alone_up_to=alone_up_to)
    whole = b"\n".join(contents_of(site).values()).decode()
    assert "•••" in whole
    for canary in (*secrets, "canary-token", "5e6f7a8b", "canary0123", str(workspace.root)):
        assert canary not in whole, canary


def test_an_earlier_export_is_replaced_whole(workspace: Mirrored, tmp_path: Path) -> None:
    """A second export leaves no page of what is gone, and nothing beside the folder."""
    site = tmp_path / "site"
    site.mkdir()
    export(read_config(workspace.root), None, site)
    workspace.show("tool/late", tool("Late"))
    with workspace.store() as store:
        store.remember(scope_in(store), gone=[row_of("tool/plain", {}).key])
    export(read_config(workspace.root), None, site)
    names = names_in(site)
    assert "en/r/tool/late.html" in names
    assert "en/r/tool/plain.html" not in names
    assert sorted(each.name for each in tmp_path.iterdir()) == ["site", "work"]


def test_what_is_not_ours_is_not_replaced(workspace: Mirrored, tmp_path: Path) -> None:
    """I name the wrong folder: nothing in it is lost, and I read what is in the way."""
    config = read_config(workspace.root)
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(UsageError, match="is not empty, and is no export"):
        export(config, None, other)
    with pytest.raises(UsageError, match=r"thesis\.txt is a file"):
        export(config, None, other / "thesis.txt")
    assert contents_of(other) == {"thesis.txt": b"years"}


@pytest.mark.parametrize("what", ["file", "file within", "folder", "link", "link to a page", "hidden"])
def test_what_was_added_to_an_export_stops_the_next(workspace: Mirrored, tmp_path: Path, what: str) -> None:
    """I laid a file of mine into the site: the next export does not take it away, and names it."""
    config, site = read_config(workspace.root), tmp_path / "site"
    export(config, None, site)
    mine = site / {"file": "CNAME", "file within": "en/r/note.html", "hidden": ".git"}.get(what, "mine")
    if what == "folder":
        mine.mkdir()
    elif what == "link":
        mine.symlink_to(workspace.root, target_is_directory=True)
    elif what == "link to a page":
        mine = site / "en" / "index.html"
        mine.unlink()
        mine.symlink_to(workspace.root / "cochat.toml")
    else:
        mine.write_text("mine", encoding="utf-8")
    before = names_in(site)
    with pytest.raises(UsageError, match=mine.name):
        export(config, None, site)
    assert names_in(site) == before
    assert (workspace.root / "cochat.toml").is_file()


def test_a_folder_that_cannot_be_looked_into_is_left(workspace: Mirrored, tmp_path: Path) -> None:
    """Somebody else's folder lies within the site, closed to me: it stays where it is."""
    config, site = read_config(workspace.root), tmp_path / "site"
    export(config, None, site)
    closed = site / "closed"
    closed.mkdir()
    (closed / "file").write_text("theirs", encoding="utf-8")
    closed.chmod(0)
    try:
        with pytest.raises((CannotWrite, UsageError)):
            export(config, None, site)
        assert closed.is_dir()
    finally:
        closed.chmod(0o755)
    assert (closed / "file").read_text(encoding="utf-8") == "theirs"


def test_a_folder_keeps_its_rights(workspace: Mirrored, tmp_path: Path) -> None:
    """I closed the folder to others before the first export: it stays closed."""
    site = tmp_path / "site"
    site.mkdir(mode=0o700)
    for _ in range(2):
        export(read_config(workspace.root), None, site)
        assert site.stat().st_mode & 0o777 == 0o700


def test_secrets_that_cannot_be_read_are_not_published(workspace: Mirrored, tmp_path: Path) -> None:
    """What I keep beside my token cannot be read, and so not be masked: nothing is written."""
    credentials_path().parent.mkdir(parents=True)
    credentials_path().write_text("{", encoding="utf-8")
    with pytest.raises(LocalError, match="cannot be read"):
        export(read_config(workspace.root), None, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_link_to_a_folder_is_that_folder(workspace: Mirrored, tmp_path: Path) -> None:
    """My `site` is a link to another disk: it stays one, and what it leads to is the site."""
    real, link = tmp_path / "disk", tmp_path / "site"
    real.mkdir()
    link.symlink_to(real, target_is_directory=True)
    export(read_config(workspace.root), None, link)
    assert link.is_symlink()
    assert (real / "index.html").is_file()


@pytest.mark.parametrize("step", ["pages", "index of words"])
def test_an_export_that_is_stopped_changes_nothing(workspace: Mirrored, tmp_path: Path, step: str) -> None:
    """I press Ctrl-C: the site is the one that was there, and nothing lies beside it."""
    config, site = read_config(workspace.root), tmp_path / "site"
    export(config, None, site)
    before = contents_of(site)
    workspace.show("tool/late", tool("Late"))

    def stop(event: object) -> None:
        if isinstance(event, Progress) and event.step == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(config, None, site, emit=stop)
    assert contents_of(site) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["site", "work"]


def test_a_disk_that_refuses_is_told(workspace: Mirrored) -> None:
    """The folder cannot be made: one sentence says so."""
    with pytest.raises(CannotWrite, match="cannot be written"):
        export(read_config(workspace.root), None, workspace.root / "cochat.toml" / "site")


@pytest.mark.parametrize("address", ["", "..", "a/../b", "a/%2e%2e/b", "a//b", "a%2Fb", "/etc", "a/%00"])
def test_no_address_leaves_the_folder(tmp_path: Path, address: str) -> None:
    """Whatever a page calls itself, it stands within the site."""
    with pytest.raises(ValueError, match="is no address of a file"):
        write_file(tmp_path, address, b"")
    assert names_in(tmp_path) == set()


@contextlib.contextmanager
def exporting(home: Path, count: int) -> Iterator[subprocess.Popen[str]]:
    """Export so many tools from `work` to `site` in a process of its own, which has begun to write pages."""
    (home / "work").mkdir()
    workspace = Mirrored(home / "work")
    bodies = [(f"tool/t{number}", tool(f"Tool {number}", content=SOURCE * 20)) for number in range(count)]
    with workspace.store() as store:
        rows = [row_of(ref, body) for ref, body in bodies]
        store.remember(scope_in(store), rows=rows, bodies=[("", body) for _ref, body in bodies])
    words = [sys.executable, "-m", "cochat_devkit", "browse", "--export", str(home / "site"), "-v"]
    running = subprocess.Popen(words, cwd=home / "work", stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert running.stderr is not None
        assert running.stderr.readline() == "pages\n"
        yield running
    finally:
        running.kill()
        running.wait(timeout=30)


@pytest.mark.parametrize("count", [300, 1500])
@pytest.mark.parametrize("end", [lambda each: os.killpg(each.pid, signal.SIGINT), subprocess.Popen.terminate])
def test_ctrl_c_leaves_what_was_there(tmp_path: Path, count: int, end: Callable[[subprocess.Popen[str]], None]) -> None:
    """Ctrl-C reaches all processes of a terminal, SIGTERM one: exit 130, the old site stands, no process is left."""
    with exporting(tmp_path, count) as running:
        end(running)
        _, told = running.communicate(timeout=60)
        assert (running.returncode, "interrupted" in told, "Traceback" in told) == (130, True, False), told
        assert sorted(each.name for each in tmp_path.iterdir()) == ["work"]
        assert is_gone(running.pid, within_s=10)


def test_a_killed_export_leaves_no_process(tmp_path: Path) -> None:
    """The process is killed: those that wrote pages for it end, too."""
    with exporting(tmp_path, 1500) as running:
        time.sleep(1)
        running.kill()
        running.communicate(timeout=60)
        assert is_gone(running.pid, within_s=20)
    assert not (tmp_path / "site").exists()


def is_gone(group: int, *, within_s: float) -> bool:
    """Tell whether the last process of a group ends in time."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_the_marker_lists_what_was_written(workspace: Mirrored, tmp_path: Path) -> None:
    """What the next export may replace is written down, each file of it."""
    site = tmp_path / "site"
    done = export(read_config(workspace.root), None, site)
    names = names_in(site) - {MARKER}
    assert (site / MARKER).read_text(encoding="utf-8").splitlines()[1:] == sorted(names)
    assert (done.files, done.size_bytes) == (len(names), sum((site / name).stat().st_size for name in names))
