"""What goes wrong is one clear sentence with a hint and the right exit code, and nothing is left half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from cochat_devkit.operations.serve import RunningServer, running_server
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI, Request, Response

TOOL = '"""\ntitle: One\nauthor: somebody\nversion: 0.1.0\n"""\n\n\nclass Tools:\n    pass\n'


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Run a local server with three tools on it."""
    with running_server() as running, _admin(running) as admin:
        for name in ("one", "two", "three"):
            form = {"id": name, "name": name, "content": TOOL, "meta": {"description": ""}, "access_control": {}}
            admin.post("/api/v1/tools/create", json=form).raise_for_status()
        yield running


@pytest.fixture
def desk(server: RunningServer, tmp_path: Path) -> Desk:
    """Make a workspace that has pulled."""
    desk = make_desk(tmp_path / "desk", server.url, server.token)
    desk.json("pull")
    return desk


def test_nobody_answers(tmp_path: Path) -> None:
    """A wrong address is exit 4 and says what to check; the workspace has nothing new in it."""
    desk = make_desk(tmp_path, "http://127.0.0.1:9", "sk-canary-0123456789abcdef")
    files = desk.files()
    done = desk.cochat("pull", expected=4)
    _is_one_sentence(done.err, "http://127.0.0.1:9", "cochat.toml")
    assert "canary" not in done.err
    assert desk.files() == files


def test_web_page_is_no_server(tmp_path: Path) -> None:
    """An address that answers with a web page is exit 4: it is no Open WebUI server."""
    with _web_page() as url:
        desk = make_desk(tmp_path, url, "sk-canary-0123456789abcdef")
        done = desk.cochat("pull", expected=4)
    _is_one_sentence(done.err, "is no Open WebUI server", "check the url")
    assert not desk.path("mirror.db").exists()


def test_json_errors_have_the_same_shape(tmp_path: Path) -> None:
    """With --json an error is one object on stdout, with type, message, hint and exit code."""
    desk = make_desk(tmp_path, "http://127.0.0.1:9", "sk-canary-0123456789abcdef")
    done = desk.json("pull", expected=4)
    assert done.json["error"]["type"] == "Unreachable"
    assert done.json["exit_code"] == 4
    assert done.json["error"]["hint"]
    assert done.err == ""


def test_a_message_that_is_no_text_is_refused(desk: Desk) -> None:
    """Bytes of another encoding are told before anything is sent or planned, exit 2; so is a plan that has them."""
    desk.path("prompts").mkdir(exist_ok=True)
    desk.path("prompts/of_mine.md").write_text("Hello\n")
    for more in ((), ("--out", str(desk.path("plan.json")))):
        _is_one_sentence(
            desk.cochat("push", "-m", "x\udcff", *more, expected=2).err, "the message is no UTF-8", "UTF-8"
        )
    desk.json("push", "prompt/of_mine", "--out", str(desk.path("plan.json")), "-m", "x")
    plan = desk.path("plan.json")
    plan.write_text(plan.read_text().replace('"message": "x"', '"message": "x\\udcff"'))
    assert "is no whole plan" in desk.cochat("apply", str(plan), expected=1).err


def test_syntax_error_stops_the_push(server: RunningServer, desk: Desk) -> None:
    """A plugin with a syntax error is named with its line, exit 1, and nothing is sent."""
    desk.edit("plugins/tools/one.py", "class Tools:", "class Tools(:")
    done = desk.json("push", expected=1)
    assert done.json["error"]["type"] == "LintFailed"
    finding = next(each for each in done.json["findings"] if each["severity"] == "error")
    assert (finding["path"], finding["line"]) == ("plugins/tools/one.py", 8)
    with _admin(server) as admin:
        assert admin.get("/api/v1/tools/id/one").json()["content"] == TOOL


def test_failing_test_stops_the_push(server: RunningServer, desk: Desk) -> None:
    """A plugin whose own test fails is not sent; --no-verify sends it all the same."""
    desk.cochat("trust", "tool/two")
    desk.edit("plugins/tools/two.py", "    pass", "    def hi(self) -> str:\n        return 'x'")
    test = desk.path("plugins/tests/tools/test_two.py")
    test.parent.mkdir(parents=True)
    test.write_text("def test_it():\n    assert 1 == 2\n")
    done = desk.json("push", expected=1)
    assert done.json["error"]["type"] == "TestsFailed"
    assert done.json["findings"][0]["path"] == "plugins/tests/tools/test_two.py"
    test.write_text("def test_it():\n    assert 1 == 1\n")
    assert desk.json("push").actions == {"tool/two": "update-there"}


def test_two_plugins_with_one_id(desk: Desk) -> None:
    """Two files that claim one id block that resource alone: both are named, exit 1, neither is touched."""
    desk.path("plugins/tools/again.py").write_text(TOOL)
    desk.path("plugins/tools/again.yaml").write_text("id: one\n")
    files = desk.files()
    done = desk.json("pull", expected=1)
    failed = [each for each in done.json["items"] if not each["ok"]]
    assert [each["ref"] for each in failed] == ["tool/one"]
    assert "plugins/tools/again.py" in failed[0]["error"]
    assert "plugins/tools/one.py" in failed[0]["error"]
    assert failed[0]["hint"]
    assert desk.files() == files
    assert desk.json("push", expected=1).json["requests"] == 0


def test_sidecar_that_cannot_be_read(desk: Desk) -> None:
    """A sidecar that leads out of the workspace hides the id: the tool it may stand for is not taken for deleted."""
    desk.path("plugins/tools/one.py").rename(desk.path("plugins/tools/renamed.py"))
    desk.path("plugins/tools/renamed.yaml").write_text("id: one\n")
    desk.json("pull")
    desk.edit("plugins/tools/renamed.py", "version: 0.1.0", "version: 0.1.1")
    desk.json("push")
    desk.path("plugins/tools/renamed.yaml").unlink()
    desk.path("plugins/tools/renamed.yaml").symlink_to("/etc/hostname")
    files = desk.files()
    done = desk.json("pull", expected=1)
    assert {each["ref"] for each in done.json["items"] if not each["ok"]} >= {"tool/one"}
    assert desk.files() == files
    refused = desk.json("push", "--delete", expected=1)
    assert refused.json["requests"] == 0


def test_rights_of_a_file_stay(server: RunningServer, desk: Desk) -> None:
    """A pull that rewrites a file leaves its rights as they were."""
    path = desk.path("plugins/tools/three.py")
    path.chmod(0o600)
    with _admin(server) as admin:
        form = {"id": "three", "name": "three", "content": TOOL + "# more\n", "meta": {}, "access_control": {}}
        admin.post("/api/v1/tools/id/three/update", json=form).raise_for_status()
    assert desk.json("pull").actions["tool/three"] == "update-here"
    assert path.stat().st_mode & 0o777 == 0o600


def test_folder_that_cannot_be_written(server: RunningServer, tmp_path: Path) -> None:
    """A folder that takes no files fails each resource that would lie in it, exit 1, and leaves nothing behind."""
    desk = make_desk(tmp_path, server.url, server.token)
    desk.path("plugins/tools").rmdir()
    desk.path("plugins/tools").symlink_to("/proc/self/nowhere")
    done = desk.json("pull", expected=1)
    failed = [each for each in done.json["items"] if not each["ok"]]
    assert {each["ref"] for each in failed} == {"tool/one", "tool/two", "tool/three"}
    assert all("plugins/tools" in each["error"] for each in failed)


def test_read_only_workspace(server: RunningServer, tmp_path: Path) -> None:
    """A workspace that cannot be written to at all is one sentence, exit 1."""
    desk = make_desk(tmp_path, server.url, server.token)
    desk.path(".cochat").write_text("a file where our folder would be")
    done = desk.cochat("pull", expected=1)
    _is_one_sentence(done.err, "cannot be written", "rights")


def test_not_a_workspace(tmp_path: Path) -> None:
    """Outside of any workspace a command says how to make one, exit 2."""
    _is_one_sentence(Desk(tmp_path).cochat("status", expected=2).err, "cochat.toml", "cochat init")


def test_mistyped_words(desk: Desk) -> None:
    """A mistyped command, kind, option, target or setting is exit 2 and names what was probably meant."""
    assert "cochat pull" in desk.cochat("pul", expected=2).err
    assert "tool" in desk.cochat("pull", "tol/x", expected=2).err
    assert "--help" in desk.cochat("pull", "--on-conflikt", "ours", expected=2).err
    assert "main" in desk.cochat("pull", "--target", "prod", expected=2).err
    desk.edit("cochat.toml", "default_target", "defaul_target")
    assert "default_target" in desk.cochat("status", expected=2).err


def test_second_writer_is_told(desk: Desk) -> None:
    """While one process writes to a workspace a second one is refused at once, exit 1, and names the first."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom cochat_devkit.workspace.lock import workspace_lock\n"
        "with workspace_lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(desk.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        done = desk.cochat("pull", expected=1)
        assert str(holder.pid) in done.err
        holder.communicate("")
    desk.cochat("pull")


@pytest.mark.skipif(os.name == "nt", reason="the signal of Ctrl-C is a POSIX one")
def test_ctrl_c_during_a_pull(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a pull is exit 130 and one sentence; no half file, and the next pull goes on."""
    was_asked, may_answer = threading.Event(), threading.Event()

    def prepare(app: FastAPI) -> None:
        @app.middleware("http")
        async def hold_exports(request: Request, call_next: object) -> Response:
            if request.url.path.endswith("/export") and not may_answer.is_set():
                was_asked.set()
                import asyncio

                await asyncio.to_thread(may_answer.wait, 30)
            return await call_next(request)  # type: ignore[operator, no-any-return]

    with running_server(prepare=prepare) as running, _admin(running) as admin:
        form = {"id": "one", "name": "one", "content": TOOL, "meta": {}, "access_control": {}}
        admin.post("/api/v1/tools/create", json=form).raise_for_status()
        desk = make_desk(tmp_path, running.url, running.token)
        files = desk.files()
        with subprocess.Popen(
            [sys.executable, "-m", "cochat_devkit", "pull"],
            cwd=desk.folder,
            env={**os.environ, "COCHAT_TOKEN": running.token},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as pulling:
            try:
                assert was_asked.wait(30)
                pulling.send_signal(signal.SIGINT)
                out, err = pulling.communicate(timeout=30)
            finally:
                pulling.kill()
        may_answer.set()
        assert (pulling.returncode, out) == (130, "")
        assert err.strip().startswith("interrupted")
        assert desk.files() == files
        assert desk.json("pull").actions == {"tool/one": "create-here"}


def test_bug_of_ours_is_reported(desk: Desk) -> None:
    """A damaged mirror is no bug: it is one sentence that says no work is lost."""
    desk.path("mirror.db").write_text("this is no database " * 100)
    _is_one_sentence(desk.cochat("status", expected=1).err, "mirror.db", "no work is lost")


def _is_one_sentence(err: str, says: str, hints: str) -> None:
    lines = err.strip().splitlines()
    assert len(lines) == 2, err
    assert lines[0].startswith("error: ")
    assert says in lines[0], err
    assert lines[1].startswith("hint: ")
    assert hints in lines[1], err
    assert "Traceback" not in err


def _admin(server: RunningServer) -> httpx.Client:
    headers = {"authorization": f"Bearer {server.token}"}
    return httpx.Client(base_url=server.url, headers=headers, trust_env=False)


class _web_page:  # noqa: N801 - reads as the function that it is
    """Serve a web page for every path while the block runs."""

    def __enter__(self) -> str:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>Somebody else</title>")

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def test_a_damaged_installation_is_no_interruption(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "cochat_devkit", "ls"]
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled"), "TMPDIR": str(tmp_path)}
    subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=False)
    (compiled,) = (tmp_path / "compiled").rglob("cochat_devkit/cli/ls.*.pyc")
    os.truncate(compiled, compiled.stat().st_size // 2)
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=False, text=True)
    assert done.returncode == 70, done
    assert "a bug of ours: EOFError" in done.stderr
