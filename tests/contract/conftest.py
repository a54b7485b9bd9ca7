"""Run the suite on the local servers, or with `--real` on the real ones: the same tests, and both must pass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.real.prepare import is_ready
from tests.contract.real.servers import start_real_server
from tests.contract.stage import FUNCTIONS, TOOLS, Json, Person, PluginKind, Server, add_person, make_client, read_json
from tests.onlooker import run_onlooker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import httpx

    from tests.onlooker import Onlooker

LOCAL_FLAVORS = {"cochat": "0.6", "owui-0.12": "0.12", "owui-0.6": "0.6"}
REAL_VERSIONS = {"0.12.4": "0.12", "0.6.43": "0.6"}
GENERATIONS = {**LOCAL_FLAVORS, **{f"real-{version}": generation for version, generation in REAL_VERSIONS.items()}}
LOCAL_BOOT_TIMEOUT_S = 60.0
REPOSITORY = Path(__file__).parents[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--real", action="store_true", default=False, help="run the contract suite on real servers")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "generation(name): run this contract test on servers of one generation only")
    config.addinivalue_line("markers", "flavor(name): run this contract test on one local server only")
    missing = [version for version in REAL_VERSIONS if _wants_real(config) and not is_ready(version)]
    if missing:
        servers = " and ".join(missing)
        raise pytest.UsageError(f"real servers {servers} are not installed: run `make contract` once")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" not in metafunc.fixturenames:
        return
    names = [f"real-{version}" for version in REAL_VERSIONS] if _wants_real(metafunc.config) else list(LOCAL_FLAVORS)
    only = metafunc.definition.get_closest_marker("generation")
    flavor = metafunc.definition.get_closest_marker("flavor")
    chosen = [name for name in names if only is None or GENERATIONS[name] == only.args[0]]
    chosen = [name for name in chosen if flavor is None or name == flavor.args[0]]
    metafunc.parametrize("server", chosen, indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield one running server after the other; all tests of one run before the next starts."""
    name: str = request.param
    folder = tmp_path_factory.mktemp(name)
    with ExitStack() as stack:
        url, email, password, token = stack.enter_context(_start(name, folder))
        clients: list[httpx.Client] = []
        admin = make_client(url, token)
        anonymous = make_client(url)
        clients += [admin, anonymous]
        whoami = read_json(admin.get("/api/v1/auths/"))
        flavor = "real" if name.startswith("real-") else name
        server = Server(
            url=url,
            generation=GENERATIONS[name],
            flavor=flavor,
            admin_person=Person(whoami["id"], whoami["name"], email, password, token, admin),
            user_person=add_person(url, admin, role="user", clients=clients),
            anonymous=anonymous,
            clients=clients,
        )
        stack.callback(lambda: [client.close() for client in clients])
        yield server


@pytest.fixture
def onlooker(server: Server) -> Iterator[Onlooker]:
    """Let somebody stand between the desks of a test and the server."""
    with run_onlooker(server.url) as found:
        yield found


@pytest.fixture(params=[TOOLS, FUNCTIONS], ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> PluginKind:
    """Run the test for tools and for functions."""
    chosen: PluginKind = request.param
    return chosen


@pytest.fixture
def allow_users(server: Server) -> Iterator[Callable[..., None]]:
    """Return a function that gives every ordinary user these `workspace` permissions until the test ends."""
    path = "/api/v1/users/default/permissions"
    before = read_json(server.admin.get(path))

    def allow(*names: str) -> None:
        workspace = {**before["workspace"], **dict.fromkeys(names, True)}
        read_json(server.admin.post(path, json={**before, "workspace": workspace}))

    yield allow
    read_json(server.admin.post(path, json=before))


@pytest.fixture
def group_of_user(server: Server) -> str:
    """Return the id of a fresh group whose one member is the ordinary user."""
    group = read_json(server.admin.post("/api/v1/groups/create", json={"name": "Readers", "description": "They read"}))
    members = {"user_ids": [server.user_person.id]}
    read_json(server.admin.post(f"/api/v1/groups/id/{group['id']}/users/add", json=members))
    group_id: str = group["id"]
    return group_id


@pytest.fixture
def access_of(server: Server, group_of_user: str) -> dict[str, dict[str, Json]]:
    """Return the form field for each right that the ordinary user may have."""
    me = [server.user_person.id]
    return {
        "none": server.private(),
        "read": server.access(read_users=me),
        "write": server.access(write_users=me),
        "read and write": server.access(read_users=me, write_users=me),
        "public": server.public(),
        "group read": server.access(read_groups=[group_of_user]),
        "group write": server.access(write_groups=[group_of_user]),
    }


@pytest.fixture(params=["admin", "user"])
def person(request: pytest.FixtureRequest, server: Server, allow_users: Callable[..., None]) -> Person:
    """Be an admin, or an ordinary user who may work on tools."""
    allow_users("tools")
    return server.admin_person if request.param == "admin" else server.user_person


def _wants_real(config: pytest.Config) -> bool:
    # Without this folder on the command line pytest reads this file too late to know its option.
    asked = config.getoption("real", default=False) or os.environ.get("COCHAT_CONTRACT_REAL") == "1"
    return bool(asked)


def _start(name: str, folder: Path) -> AbstractContextManager[tuple[str, str, str, str]]:
    """Return a running server's URL and its administrator's e-mail address, password and token."""
    return _start_real(name.removeprefix("real-"), folder) if name.startswith("real-") else start_local(name, folder)


@contextmanager
def _start_real(version: str, folder: Path) -> Iterator[tuple[str, str, str, str]]:
    with start_real_server(version, folder / "server") as real:
        yield real.url, real.email, real.password, real.token


@contextmanager
def start_local(flavor: str, folder: Path, *, has_samples: bool = False) -> Iterator[tuple[str, str, str, str]]:
    """Run a local server: its URL and its administrator's e-mail address, password and token."""
    command = [sys.executable, "-m", "cochat_devkit", "serve", "--flavor", flavor, "--port", "0", "--json"]
    command += [] if has_samples else ["--empty"]
    out, err = folder / "stdout.txt", folder / "stderr.txt"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
    try:
        yield _wait_for_greeting(process, out, err)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_greeting(process: subprocess.Popen[bytes], out: Path, err: Path) -> tuple[str, str, str, str]:
    """Return what the local server says in its one line, which it prints once it answers."""
    deadline = time.monotonic() + LOCAL_BOOT_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        line, ended, _ = out.read_text(encoding="utf-8").partition("\n")
        if ended:
            greeting = json.loads(line)
            return greeting["url"], greeting["email"], greeting["password"], greeting["token"]
        time.sleep(0.05)
    pytest.fail(f"the local server did not start:\n{err.read_text(encoding='utf-8', errors='replace')[-2000:]}")
