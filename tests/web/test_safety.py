"""Who gets an answer: whoever has the address, on this machine, from a page of ours; and all that it does is read."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.web.app import make_app
from tests.desk import Desk
from tests.web.mirrored import HOSTILE, TOKEN, Mirrored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cochat_devkit.operations.ls import Listed

COCHAT = [sys.executable, "-m", "cochat_devkit"]
TOOL = {"name": "Clock", "description": "Tells the time", "content": "class Tools:\n    pass\n", "access": "private"}


_ENDED_AT_ONCE = """
import os, signal
from fastapi import FastAPI
from cochat_devkit.operations.browse import serve_pages
told = lambda url: os.kill(os.getpid(), signal.SIGTERM)
serve_pages(lambda token: FastAPI(), host="127.0.0.1", port=0, on_ready=told)
"""


class Browsed:
    """`cochat browse` as a process of its own."""

    def __init__(self, root: Path, *words: str, **options: Any) -> None:
        self.process = subprocess.Popen(
            [*COCHAT, "browse", "--json", *words],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        self.url = urlsplit(json.loads(self.line)["url"])
        self.port = int(self.url.port or 0)
        self.token = self.url.path.strip("/")
        self.host = f"{self.url.hostname}:{self.port}"

    def send(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send bytes as they are: (status, headers by name in lower case, body)."""
        with socket.create_connection((self.url.hostname, self.port), timeout=10) as connection:
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, headers, answer.read()

    def ask(self, path: str | None = None, *, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Ask as a program of this machine does; `headers` are written with `_` for `-`."""
        lines = {"Host": self.host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        target = f"/{self.token}/en/index.html" if path is None else path
        connection = http.client.HTTPConnection(str(self.url.hostname), self.port, timeout=10)
        with contextlib.closing(connection):
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in lines.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def end(self, by: int = signal.SIGTERM) -> tuple[int, str, str]:
        """End it: (exit code, all that it printed on stdout, on stderr)."""
        self.process.send_signal(by)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, self.line + out, err


@contextlib.contextmanager
def browsing(root: Path, *words: str) -> Iterator[Browsed]:
    browsed = Browsed(root, *words)
    try:
        yield browsed
    finally:
        browsed.process.kill()
        browsed.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def browsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsed]:
    """A server that is asked by many tests, and changed by none."""
    workspace = Mirrored(tmp_path_factory.mktemp("browsed"))
    workspace.show("tool/clock", TOOL)
    workspace.show("tool/a/b?c#d", {**TOOL, "name": HOSTILE})
    with browsing(workspace.root) as found:
        yield found


def is_guarded(headers: dict[str, str]) -> bool:
    """Tell whether an answer says what a browser may do with it."""
    return (
        "default-src 'none'" in headers.get("content-security-policy", "")
        and "unsafe" not in headers["content-security-policy"]
        and headers.get("x-content-type-options") == "nosniff"
        and headers.get("referrer-policy") == "no-referrer"
        and headers.get("cross-origin-resource-policy") == "same-origin"
        and not any(name.startswith("access-control") for name in headers)
    )


def test_whoever_has_the_address_gets_the_page(browsed: Browsed) -> None:
    """The address that was printed leads to the first page, by any of our own names, and HEAD says what GET would."""
    status, headers, _ = browsed.ask(browsed.url.path)
    assert (status, headers["location"]) == (307, f"/{browsed.token}/en/index.html")
    assert browsed.ask(f"/{browsed.token}", Accept_Language="zh-CN,en")[1]["location"].endswith("/zh/index.html")
    for name in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]"):
        status, headers, body = browsed.ask(Host=f"{name}:{browsed.port}")
        assert (status, b"Clock" in body or b"tool" in body) == (200, True)
        assert is_guarded(headers)
        assert headers["cache-control"] == "no-store"
    status, headers, body = browsed.ask(method="HEAD")
    assert (status, body) == (200, b"")
    assert is_guarded(headers)
    assert browsed.ask(Origin=f"http://{browsed.host}", Sec_Fetch_Site="same-origin")[0] == 200
    assert browsed.ask(Sec_Fetch_Site="none")[0] == 200


def test_what_stands_beside_the_pages_is_sent_once(browsed: Browsed) -> None:
    """A browser keeps style sheets and scripts while I go from page to page, and of what the server said nothing."""
    status, headers, _ = browsed.ask(f"/{browsed.token}/static/style.css")
    assert (status, headers["cache-control"]) == (200, "private, max-age=3600")
    assert is_guarded(headers)


@pytest.mark.parametrize(
    "path",
    ["/", "/x/en/index.html", "/en/index.html", "//", "/static/style.css", "/%00/en/index.html", "/é/x", "/docs"],
)
def test_without_the_token_nobody_gets_anything(browsed: Browsed, path: str) -> None:
    """A program of this machine that guesses the port learns nothing but that it lacks the address."""
    status, headers, body = browsed.ask(path.encode().decode("latin-1") if path != "/é/x" else "/%C3%A9/x")
    assert (status, is_guarded(headers)) == (403, True)
    assert body == b"the address lacks the token that `cochat browse` printed\n"


def test_no_part_of_the_token_opens_anything(browsed: Browsed) -> None:
    """A token that is shorter, longer or one letter off is none, and the answer never tells the right one."""
    token = browsed.token
    assert len(token) >= 24
    other = "A" if token[-1] != "A" else "B"
    for wrong in (token[:-1], f"{token}x", f"{token[:-1]}{other}", token.swapcase(), token[:1], f"{token}%00", "é"):
        status, headers, body = browsed.ask(f"/{wrong.encode().hex() if wrong == 'é' else wrong}/en/index.html")
        assert (status, is_guarded(headers)) == (403, True), wrong
        assert token.encode() not in body


@pytest.mark.parametrize(
    "host",
    [
        *("evil.com", "evil.com:{port}", "EVIL.COM:{port}", "127.0.0.1", "localhost", "127.0.0.1.evil.com:{port}"),
        *(
            "127.0.0.1:1",
            "127.0.0.1:{port}.evil.com",
            "localhost.:{port}",
            "evil.localhost:{port}",
            "[::2]:{port}",
            "::1",
        ),
        *(
            "[::ffff:127.0.0.1]:{port}",
            "0.0.0.0:{port}",
            "127.1:{port}",
            "2130706433:{port}",
            "127.0.0.1:{port}@evil.com",
        ),
        *("[::1]", "127.0.0.2:{port}", "", "127.0.0.1:0{port}", "user@127.0.0.1:{port}", "127.0.0.1:{port}, evil.com"),
    ],
)
def test_a_name_that_is_rebound_to_this_machine_gets_nothing(browsed: Browsed, host: str) -> None:
    """A page elsewhere points its own name at my machine: it is refused, even with the token."""
    status, headers, body = browsed.ask(Host=host.format(port=browsed.port))
    assert (status, is_guarded(headers)) == (403, True)
    assert body == b"this is not a name of this server\n"


@pytest.mark.parametrize(
    "head",
    [
        "GET /{token}/en/index.html HTTP/1.1\r\nHost: {host}\r\nHost: evil.com\r\n",
        "GET /{token}/en/index.html HTTP/1.1\r\nHost: evil.com\r\nHost: {host}\r\n",
        "GET /{token}/en/index.html HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n",
        "GET http://evil.com/{token}/en/index.html HTTP/1.1\r\nHost: {host}\r\n",
        "GET http://evil.com/{token}/en/index.html HTTP/1.1\r\nHost: evil.com\r\n",
        "GET //evil.com/{token}/en/index.html HTTP/1.1\r\nHost: {host}\r\n",
        "GET /{token}/en/index.html HTTP/1.1\r\n",
        "GET /{token}/en/index.html HTTP/1.0\r\n",
        "GET /{token}/en/index.html HTTP/1.1\r\nHost: {host}\r\nOrigin: null\r\n",
        "GET @evil.com/{token}/en/index.html HTTP/1.1\r\nHost: {host}\r\n",
    ],
)
def test_a_request_that_says_two_things_gets_nothing(browsed: Browsed, head: str) -> None:
    """Two names in one request, or another in its target, are no name of ours."""
    status, _, body = browsed.send(f"{head.format(token=browsed.token, host=browsed.host)}\r\n".encode())
    assert status in (400, 403)
    assert b"Clock" not in body
    assert b"<html" not in body


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "http://evil.com"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1:{port}.evil.com"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": ""},
        {"Sec_Fetch_Site": "anything"},
    ],
)
def test_a_page_of_another_origin_gets_nothing(browsed: Browsed, headers: dict[str, str]) -> None:
    """A page that I have open beside it cannot ask for mine, even if it learned the address."""
    status, answered, body = browsed.ask(**{name: value.format(port=browsed.port) for name, value in headers.items()})
    assert (status, is_guarded(answered)) == (403, True)
    assert body in (b"a page of another origin may not ask\n", b"a page of another site may not ask\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
@pytest.mark.parametrize("path", ["en/index.html", "static/style.css", "nowhere"])
def test_nothing_can_be_written(browsed: Browsed, method: str, path: str) -> None:
    """The pages are read; whatever asks for more is told so, with the token too."""
    status, headers, _ = browsed.ask(f"/{browsed.token}/{path}", method=method)
    assert (status, headers["allow"], is_guarded(headers)) == (405, "GET, HEAD", True)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "..%2f..%2fapp.py",
            "%2e%2e/%2e%2e/app.py",
            "../app.py",
            "../../cochat.toml",
            "..%5c..%5capp.py",
            "....//app.py",
        ),
        *(
            "%2e%2e%2fapp.py",
            "style.css/../../app.py",
            "style.css%00.js",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "",
            ".",
            "..",
        ),
        *("..%252f..%252fapp.py", "missing.css", "STYLE.CSS", "style.css/"),
    ],
)
def test_static_files_are_those_of_the_page_alone(browsed: Browsed, name: str) -> None:
    """No way of writing a path leads out of the folder of style sheets and scripts."""
    status, headers, body = browsed.ask(f"/{browsed.token}/static/{name}")
    assert (status, is_guarded(headers)) == (404, True)
    assert b"import" not in body


def test_what_is_not_there_is_told_in_a_page(browsed: Browsed) -> None:
    """A link of yesterday: 404, with the words of the command line; what I typed is text and nothing else."""
    for path in ("r/tool/gone.html", "r/gone/x.html", "k/gone/1.html", "r/tool/%253Cscript%253E.html"):
        status, headers, body = browsed.ask(f"/{browsed.token}/en/{path}")
        assert (status, is_guarded(headers)) == (404, True), path
        assert b"<script>" not in body
        assert b"<h1" in body
    status, headers, _ = browsed.ask(f"/{browsed.token}/en/nowhere")
    assert (status, is_guarded(headers)) == (404, True)


def test_files_are_what_they_say(browsed: Browsed) -> None:
    """A browser that guesses nothing takes the style sheet, the script and the picture for what they are."""
    for name, type_ in {"style.css": "text/css", "app.js": "javascript", "icon.svg": "image/svg+xml"}.items():
        status, headers, _ = browsed.ask(f"/{browsed.token}/static/{name}")
        assert (status, is_guarded(headers)) == (200, True)
        assert type_ in headers["content-type"]


def test_the_address_is_told_once_and_by_nobody_else(tmp_path: Path) -> None:
    """The token stands in the one line that I was shown; requests and errors write it nowhere."""
    Mirrored(tmp_path).show("tool/clock", TOOL)
    with browsing(tmp_path) as browsed:
        for path in (None, f"/{browsed.token}/nowhere", "/wrong", f"/{browsed.token}/en/r/tool/gone.html"):
            browsed.ask(path)
        browsed.send(f"GET /{browsed.token}/ HTTP/9.9\r\nnonsense\r\n\r\n".encode())
        exit_code, out, err = browsed.end()
    assert (exit_code, out.count(browsed.token), browsed.token in err) == (0, 1, False)
    for folder in (tmp_path, *tmp_path.rglob(".cochat")):
        for path in folder.iterdir():
            assert not path.is_file() or browsed.token.encode() not in path.read_bytes()


@pytest.mark.parametrize(("by", "exit_code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_ends_when_it_is_told_to(tmp_path: Path, by: int, exit_code: int) -> None:
    """SIGTERM and Ctrl-C end it at once, without a traceback, a connection that is held open or not."""
    Mirrored(tmp_path).show("tool/clock", TOOL)
    with browsing(tmp_path) as browsed, socket.create_connection(("127.0.0.1", browsed.port)) as held:
        held.sendall(b"GET /")
        began_s = time.monotonic()
        ended, _, err = browsed.end(by)
        assert (ended, "Traceback" in err) == (exit_code, False)
        assert time.monotonic() - began_s < 10
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", browsed.port), timeout=2)


def test_it_ends_when_it_is_told_to_the_moment_it_answers(tmp_path: Path) -> None:
    """SIGTERM as soon as the address is known, before another line of ours runs, is the same end."""
    done = subprocess.run([sys.executable, "-c", _ENDED_AT_ONCE], cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 0


def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    """No option opens it to a network; a port that is taken is told in a sentence."""
    Mirrored(tmp_path).show("tool/clock", TOOL)
    for host in ("0.0.0.0", "::", "192.168.1.1", "example.com", ""):
        done = subprocess.run(
            [*COCHAT, "browse", "--host", host], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout) == (2, ""), host
        assert "listens on this machine only" in done.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = [*COCHAT, "browse", "--no-open", "--port", port]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"port {port} is in use" in done.stderr
    assert "--port 0" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address")
def test_it_answers_to_the_address_that_it_was_given(tmp_path: Path) -> None:
    """I chose another address of this machine: the printed one works, and no other host's name does."""
    Mirrored(tmp_path).show("tool/clock", TOOL)
    with browsing(tmp_path, "--host", "127.0.0.2") as browsed:
        assert browsed.host.startswith("127.0.0.2:")
        assert browsed.ask()[0] == 200
        assert browsed.ask(Host=f"127.0.0.3:{browsed.port}")[0] == 403


def test_a_browser_is_opened_where_a_person_is_alone(tmp_path: Path) -> None:
    """On a terminal the page opens by itself; from a script, and with --no-open, nothing starts."""
    Mirrored(tmp_path).show("tool/clock", TOOL)
    opened = tmp_path / "opened"
    browser = tmp_path / "bin"
    browser.mkdir()
    for name in ("xdg-open", "open", "browser"):
        (browser / name).write_text(f'#!/bin/sh\necho "$1" >> {opened}\n', encoding="utf-8")
        (browser / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{browser}:{os.environ['PATH']}", "BROWSER": str(browser / "browser")}
    for words, on_terminal, wanted in (((), True, 1), (("--no-open",), True, 0), ((), False, 0)):
        opened.unlink(missing_ok=True)
        _run_for_a_moment(tmp_path, environment, words, on_terminal=on_terminal)
        lines = opened.read_text(encoding="utf-8").splitlines() if opened.exists() else []
        assert len(lines) == wanted, (words, on_terminal, lines)
        assert all(re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{24}/", line) for line in lines)


def _run_for_a_moment(root: Path, environment: dict[str, str], words: tuple[str, ...], *, on_terminal: bool) -> None:
    ours, theirs = pty.openpty() if on_terminal else os.pipe()
    running = subprocess.Popen(
        [*COCHAT, "browse", *words], cwd=root, env=environment, stdout=theirs, stderr=subprocess.PIPE
    )
    os.close(theirs)
    try:
        assert b"answers on" in os.read(ours, 4096)
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)
    finally:
        running.kill()
        running.wait(timeout=30)
        os.close(ours)


def test_pages_show_what_a_pull_brought(tmp_path: Path) -> None:
    """A pull runs while I read: the next page that I open is of the new state."""
    workspace = Mirrored(tmp_path)
    workspace.show("tool/clock", TOOL)
    with browsing(tmp_path) as browsed:
        page, first = f"/{browsed.token}/en/r/tool/clock.html", f"/{browsed.token}/en/k/tool/1.html"
        assert b"Tells the time" in browsed.ask(page)[2]
        assert b"Sundial" not in browsed.ask(first)[2]
        workspace.show("tool/clock", {**TOOL, "description": "Tells it late"})
        workspace.show("tool/sundial", {**TOOL, "name": "Sundial"})
        assert b"Tells it late" in browsed.ask(page)[2]
        until_s = time.monotonic() + 10
        while b"Sundial" not in (shown := browsed.ask(first)[2]) and time.monotonic() < until_s:
            time.sleep(0.2)
        assert b"Sundial" in shown


def test_without_a_mirror_pages_show_the_files(tmp_path: Path) -> None:
    """A fresh clone has files and no mirror: they are shown."""
    workspace = Mirrored(tmp_path)
    tool = workspace.root / "plugins" / "tools" / "mine.py"
    tool.parent.mkdir(parents=True)
    tool.write_text('"""\ntitle: Mine\n"""\n\nclass Tools:\n    pass\n', encoding="utf-8")
    with browsing(tmp_path) as browsed:
        status, _, body = browsed.ask(f"/{browsed.token}/en/r/tool/mine.html")
        assert (status, b"Mine" in body) == (200, True)
        assert browsed.ask()[0] == 200
    assert not (tmp_path / "mirror.db").exists()


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_mirror_is_told_in_a_page(tmp_path: Path, content: bytes) -> None:
    """Each page says what is wrong and what to do; the server goes on, and shows all once it is mended."""
    workspace = Mirrored(tmp_path)
    workspace.show("tool/clock", TOOL)
    with browsing(tmp_path) as browsed:
        for each in tmp_path.glob("mirror.db*"):
            each.unlink()
        (tmp_path / "mirror.db").write_bytes(content)
        for path in ("index.html", "k/tool/1.html", "r/tool/clock.html"):
            status, headers, body = browsed.ask(f"/{browsed.token}/en/{path}")
            assert (status, is_guarded(headers)) == (500, True), path
            assert b"pull again" in body
        (tmp_path / "mirror.db").unlink()
        workspace.show("tool/clock", TOOL)
        assert browsed.ask(f"/{browsed.token}/en/r/tool/clock.html")[0] == 200


def test_a_bug_of_ours_is_guarded_too(tmp_path: Path) -> None:
    """Where our own code fails, the answer says no more than that, and has the headers of every other."""

    class Broken(Catalogue):
        def listed(self) -> list[Listed]:
            raise RuntimeError("a detail that is nobody's business")

    app = make_app(Broken(read_config(Mirrored(tmp_path).root), None), TOKEN)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.get(f"http://127.0.0.1:8766/{TOKEN}/en/k/tool/1.html")

    answer = asyncio.run(ask())
    assert (answer.status_code, is_guarded(dict(answer.headers))) == (500, True)
    assert "detail" not in answer.text
    assert TOKEN not in answer.text


def test_a_name_that_is_a_pattern_is_a_name(tmp_path: Path) -> None:
    """A server may call a tool `*`: its page shows that tool, and the terminal does."""
    workspace = Mirrored(tmp_path)
    for slug in ("*", "?", "[ab]", "a"):
        workspace.show(f"tool/{slug}", {**TOOL, "name": f"Named {slug}"})
    for slug, stem in {"*": "%252A", "?": "%253F", "[ab]": "%255Bab%255D", "a": "a"}.items():
        answer = workspace.get(f"r/tool/{stem}.html")
        assert (answer.status, answer.texts_of("h1")) == (200, [f"Named {slug}"])
        assert f"Named {slug}" in Desk(tmp_path).cochat("show", f"tool/{slug}").out
    assert "names 4 resources" in Desk(tmp_path).cochat("show", "tool/**", expected=2).err


def test_half_a_character_is_no_fault(tmp_path: Path) -> None:
    """JSON from a server may hold half of a pair of surrogates: the page shows the rest."""
    Mirrored(tmp_path).show("tool/clock", {**TOOL, "name": "Clo\ud800ck", "content": "# \udfff\n"})
    with browsing(tmp_path) as browsed:
        for path in ("index.html", "k/tool/1.html", "r/tool/clock.html"):
            assert browsed.ask(f"/{browsed.token}/en/{path}")[0] == 200, path
