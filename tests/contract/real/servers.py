"""Start and stop real Open WebUI servers for tests.

    from tests.contract.real.servers import start_real_server

    with start_real_server("0.12.4", tmp_path / "server") as server:
        reader = server.add_user("reader")
        httpx.get(f"{server.url}/api/v1/tools/list", headers={"Authorization": f"Bearer {reader.token}"})

The servers must have been installed before: `python -m tests.contract.real.prepare`. Each server keeps all it
writes, its log included, in its own data folder, and ends with the process that started it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.contract.real.prepare import environment_python, is_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent
LOG_TAIL_LINES = 30
STOP_TIMEOUT_S = 10.0


class RealServerError(Exception):
    """A real server is not installed, did not boot or refused a set-up step; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """One person known to a server, signed in."""

    id: str
    name: str
    email: str
    password: str
    token: str


@dataclass(frozen=True)
class RealServer:
    """A running server; `email`, `password` and `token` are the administrator's."""

    url: str
    version: str
    email: str
    password: str
    token: str
    pid: int
    log_path: Path

    @property
    def generation(self) -> str:
        """Return the first two parts of the version: `0.12` or `0.6`."""
        return ".".join(self.version.split(".")[:2])

    def add_user(self, name: str, *, role: str = "user") -> Account:
        """Create an account through the administrator; `name` must be new and also makes the e-mail address.

        Raises:
            RealServerError: The server refused.
        """
        email, password = f"{name}@example.com", f"password-of-{name}"
        form = {"name": name, "email": email, "password": password, "role": role}
        answer = _post(f"{self.url}/api/v1/auths/add", form, token=self.token)
        return Account(id=answer["id"], name=name, email=email, password=password, token=answer["token"])


@contextmanager
def start_real_server(
    version: str,
    data_dir: Path,
    *,
    api_keys: bool = True,
    settings: Mapping[str, str] | None = None,
    boot_timeout_s: float = 120.0,
) -> Iterator[RealServer]:
    """Run a real server on a free loopback port for the length of the `with` block.

    `data_dir` must be absent or empty: a server keeps the settings of its first boot. `api_keys` lets people make
    API keys. `settings` are further environment variables of the server; nothing else of our own environment
    reaches it but PATH, so that no proxy and no key of the machine does. On 0.6 never send a plugin whose
    frontmatter has `requirements`: that server runs pip for it.

    Raises:
        RealServerError: The version is not installed, the folder is in use, or the server did not boot in time;
            then the end of its log is shown.
    """
    if not is_ready(version):
        raise RealServerError(f"the real server {version} is not installed: run `make contract` once")
    if data_dir.exists() and any(data_dir.iterdir()):
        raise RealServerError(f"{data_dir} is not empty: a real server needs a folder of its own")
    data_dir.mkdir(parents=True, exist_ok=True)
    log_path = data_dir / "server.log"
    port = _free_port()
    process = _start(version, port, data_dir, log_path, _environment(data_dir, api_keys=api_keys, more=settings or {}))
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for_health(url, process, log_path, timeout_s=boot_timeout_s)
        email, password = "admin@example.com", "password-of-admin"
        form = {"name": "admin", "email": email, "password": password}
        token = _post(f"{url}/api/v1/auths/signup", form, token=None)["token"]
        yield RealServer(url, version, email, password, token, process.pid, log_path)
    finally:
        _stop(process)


def _start(
    version: str, port: int, data_dir: Path, log_path: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    script = HERE / f"boot_{'_'.join(version.split('.')[:2])}.py"
    command = [str(environment_python(version)), str(script), str(port), str(data_dir)]
    with log_path.open("wb") as log:
        # The server reads its standard input only to notice that we are gone.
        return subprocess.Popen(
            command, cwd=data_dir, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
        )


def _environment(data_dir: Path, *, api_keys: bool, more: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a server; PATH is all it inherits."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(data_dir),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "ENABLE_API_KEYS": str(api_keys),
        # 0.6 asks for this permission even of administrators.
        "USER_PERMISSIONS_FEATURES_API_KEYS": str(api_keys),
    }
    return {**environment, **more}


def _wait_for_health(url: str, process: subprocess.Popen[bytes], log_path: Path, *, timeout_s: float) -> None:
    """Return when the server answers; fail when it ended or the time is up."""
    deadline = time.monotonic() + timeout_s
    with httpx.Client(trust_env=False, timeout=5.0) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RealServerError(f"the server ended with exit code {process.returncode}\n{_tail(log_path)}")
            try:
                if client.get(f"{url}/health").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    raise RealServerError(f"the server did not answer within {timeout_s:.0f} s\n{_tail(log_path)}")


def _post(url: str, form: dict[str, Any], *, token: str | None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.post(url, json=form, headers=headers, trust_env=False, timeout=30.0)
    if answer.status_code != httpx.codes.OK:
        raise RealServerError(f"{url} answered {answer.status_code}: {answer.text[:300]}")
    body: dict[str, Any] = answer.json()
    return body


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process we started, politely, then surely."""
    process.terminate()
    try:
        process.wait(timeout=STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()


def _tail(log_path: Path) -> str:
    lines = log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
    return "\n".join([f"the end of {log_path}:", *lines])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
