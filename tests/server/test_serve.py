"""`cochat serve`: from the first line to the last signal, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cochat_devkit.errors import UsageError
from cochat_devkit.operations.serve import ServerReady, running_server, serve
from tests.server.fakes import FakeLoader, read

REPOSITORY = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as on POSIX")


@contextmanager
def process(*words, cwd):
    """Run `cochat serve`; what it prints can be read line by line."""
    started = subprocess.Popen(
        [sys.executable, "-m", "cochat_devkit", "serve", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def end(started, number):
    """Send a signal: (exit code, rest of stdout, stderr)."""
    started.send_signal(number)
    out, err = started.communicate(timeout=20)
    return started.returncode, out, err


@posix_only
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_one_line_of_json_and_a_clean_end(number, exit_code, tmp_path):
    """The line says where it answers and how to sign in; SIGTERM ends with 0, Ctrl-C with 130, without a traceback."""
    with process("--json", "--empty", "--port", "0", cwd=tmp_path) as started:
        greeting = json.loads(started.stdout.readline())
        assert set(greeting) == {"url", "email", "password", "token"}
        headers = {"Authorization": f"Bearer {greeting['token']}"}
        whoami = read(httpx.get(f"{greeting['url']}/api/v1/auths/", headers=headers, trust_env=False))
        assert (whoami["role"], whoami["email"]) == ("admin", greeting["email"])
        returned, rest, err = end(started, number)
    assert (returned, rest) == (exit_code, "")
    assert "Traceback" not in err
    assert greeting["password"] not in err
    assert greeting["token"] not in err
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_the_greeting_for_people_has_the_sign_in(tmp_path):
    """Without `--json` the address, the password and the way to stop it are told."""
    with process("--port", "0", "--flavor", "owui-0.12", cwd=tmp_path) as started:
        lines = [started.stdout.readline() for _ in range(5)]
        talk = [started.stderr.readline() for _ in range(2)]
        assert end(started, signal.SIGTERM)[0] == 0
    assert lines[0].startswith("The local server (owui-0.12) answers on http://127.0.0.1:")
    assert [line.split()[0] for line in lines[2:]] == ["e-mail", "password", "token"]
    assert "admin@localhost" in lines[2]
    assert "sample data" in talk[0]
    assert talk[1] == "Press Ctrl-C to stop.\n"


def test_a_taken_port_is_a_usage_error(tmp_path):
    """Exit code 2, one sentence and a hint."""
    with running_server(loader=FakeLoader()) as running:
        port = str(httpx.URL(running.url).port)
        with process("--empty", "--port", port, cwd=tmp_path) as started:
            out, err = started.communicate(timeout=20)
    assert (started.returncode, out) == (2, "")
    assert f"port {port} is in use" in err
    assert "--port 0" in err


def test_help_has_examples(tmp_path):
    """The help page shows whole commands."""
    with process("--help", cwd=tmp_path) as started:
        out, _ = started.communicate(timeout=20)
    assert started.returncode == 0
    assert "cochat serve --data demo.db" in out
    assert "cochat serve --flavor owui-0.12 --port 0" in out


def test_asking_for_help_imports_no_server():
    """The page of help does not wait for FastAPI."""
    code = "import sys, cochat_devkit.cli.serve, cochat_devkit.operations.serve; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert not {"fastapi", "uvicorn", "pydantic", "starlette"} & set(found.stdout.split())


def test_data_survives_with_the_password_and_samples_come_once(tmp_path):
    """A second start on the same file signs in as before, and does not bring deleted samples back."""
    path = tmp_path / "demo.db"
    with running_server(data=path, empty=False, loader=FakeLoader()) as running:
        password, headers = running.password, {"Authorization": f"Bearer {running.token}"}
        count = len(read(httpx.get(f"{running.url}/api/v1/tools/export", headers=headers, trust_env=False)))
        deleted = f"{running.url}/api/v1/tools/id/web_search/delete"
        read(httpx.delete(deleted, headers=headers, trust_env=False))
    with running_server(data=path, empty=False, loader=FakeLoader()) as running:
        assert running.password == password
        rows = read(httpx.get(f"{running.url}/api/v1/tools/export", headers=headers, trust_env=False))
        assert len(rows) == count - 1
        listed = read(httpx.get(f"{running.url}/api/v1/tools/", headers=headers, trust_env=False))
        assert sum(row["id"].startswith("server:") for row in listed) == 3


def test_two_servers_share_no_secret():
    """A token of one server is nothing to another, and each has its own password."""
    with running_server(loader=FakeLoader()) as one, running_server(loader=FakeLoader()) as other:
        assert one.password != other.password
        headers = {"Authorization": f"Bearer {one.token}"}
        assert httpx.get(f"{other.url}/api/v1/auths/", headers=headers, trust_env=False).status_code == 401


def test_the_loader_ends_with_the_server():
    """No process stays behind."""
    loader = FakeLoader()
    with running_server(loader=loader):
        assert not loader.is_closed
    assert loader.is_closed


def test_what_cannot_be_served_is_refused_before_anything_starts(tmp_path):
    """An unknown flavor and a foreign host are asked wrongly."""

    def never(ready: ServerReady) -> None:
        raise AssertionError(ready)

    with pytest.raises(UsageError, match="no dialect"):
        serve(flavor="cochat-9", on_ready=never)
    with pytest.raises(UsageError, match="this machine only"):
        serve(flavor="cochat", host="0.0.0.0", port=0, empty=True, on_ready=never)


def test_more_writes_are_asked_for_by_kind(tmp_path):
    """A server that was told so deletes what its maker made; the others' writes stay refused."""
    with process("--json", "--empty", "--port", "0", "--more-writes", "agent", cwd=tmp_path) as started:
        greeting = json.loads(started.stdout.readline())
        headers = {"Authorization": f"Bearer {greeting['token']}"}
        with httpx.Client(base_url=greeting["url"], headers=headers, trust_env=False) as admin:
            made = read(admin.post("/api/custom/agents/", json={"name": "A", "system_prompt": "p"}))
            assert read(admin.delete(f"/api/custom/agents/{made['id']}")) is True
            assert admin.delete("/api/custom/skills/any").status_code == 405
