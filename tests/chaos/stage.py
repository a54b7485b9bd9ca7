"""What chaos plays on: a local server as a process, the proxy before it, a workspace, and somebody else's browser."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from cochat_devkit.api.gate import Gate, use_gate
from cochat_devkit.config import read_config
from cochat_devkit.mirror.reader import MirrorReader
from tests.chaos.clock import VirtualClock
from tests.chaos.proxy import Proxy, run_proxy
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAVORS = ("cochat", "owui-0.12", "owui-0.6")
_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Sort:
    """Say how one sort of plugin is written, and where it lives here and there."""

    kind: str
    api: str
    folder: str
    template: str

    def source(self, mark: str) -> str:
        """Write a source that bears a mark."""
        return self.template.replace("MARK", mark)

    def path(self, slug: str) -> str:
        """Name its file."""
        return f"{self.folder}/{slug}.py"

    def sidecar(self, slug: str) -> str:
        """Name the file beside it."""
        return f"{self.folder}/{slug}.yaml"


TOOL = Sort(
    "tool",
    "/api/v1/tools",
    "plugins/tools",
    'class Tools:\n    def say(self) -> str:\n        """Say MARK."""\n        return "MARK"\n',
)
FILTER = Sort(
    "function",
    "/api/v1/functions",
    "plugins/filters",
    'class Filter:\n    def inlet(self, body: dict) -> dict:\n        body["mark"] = "MARK"\n        return body\n',
)
SORTS = {sort.kind: sort for sort in (TOOL, FILTER)}
Place = tuple[str, str]


@dataclass(frozen=True)
class Greeting:
    """Say where a server answers, and with which token its administrator is let in."""

    url: str
    token: str


class Browser:
    """Somebody who works on the server itself, past us."""

    def __init__(self, url: str, token: str) -> None:
        self.client = httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=30.0
        )

    def create(self, sort: Sort, slug: str, mark: str) -> None:
        """Make a plugin."""
        self._save(f"{sort.api}/create", sort, slug, mark)

    def update(self, sort: Sort, slug: str, mark: str) -> None:
        """Put another source in its place."""
        self._save(f"{sort.api}/id/{slug}/update", sort, slug, mark)

    def delete(self, sort: Sort, slug: str) -> None:
        """Take it away."""
        answer = self.client.delete(f"{sort.api}/id/{slug}/delete")
        assert answer.status_code == 200, answer.text

    def contents(self) -> dict[Place, str]:
        """Read every source, by (kind, id)."""
        return {place: wire["content"] for place, wire in self.wires().items()}

    def wires(self) -> dict[Place, dict[str, Any]]:
        """Read everything as an administrator sees it."""
        found = {}
        for sort in SORTS.values():
            for wire in self._ask("GET", f"{sort.api}/export"):
                found[sort.kind, wire["id"]] = wire
        return found

    def past(self, sort: Sort, slug: str) -> str:
        """Read all that the server's history holds of a plugin, as text; nothing where it keeps none."""
        answer = self.client.get(f"{sort.api}/id/{slug}/history")
        if not answer.headers.get("content-type", "").startswith("application/json"):
            return ""
        entries = answer.json()
        return "".join(self.client.get(f"{sort.api}/id/{slug}/history/{each['id']}").text for each in entries)

    def _save(self, path: str, sort: Sort, slug: str, mark: str) -> None:
        form = {"id": slug, "name": slug, "content": sort.source(mark), "meta": {"description": ""}}
        self._ask("POST", path, json=form)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        answer = self.client.request(method, path, **more)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()


@dataclass
class World:
    """Hold everything, and name new things."""

    flavor: str
    role: str
    proxy: Proxy
    browser: Browser
    desk: Desk
    clock: VirtualClock
    server_url: str
    _marks: int = 0
    #: the token of whoever works at the desk
    token: str = ""
    _folders: int = 0
    #: where names come from, so that a seed repeats them
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    base_folder: Path = field(default_factory=Path)

    def mark(self) -> str:
        """Make a text that nothing else contains."""
        self._marks += 1
        return f"mark-{self._marks:06d}-{self.chance.getrandbits(24):06x}."

    def slug(self) -> str:
        """Make an id that nothing else has."""
        return f"p_{self.chance.getrandbits(40):010x}"

    def new_desk(self) -> Desk:
        """Make another workspace of the same owner, empty."""
        self._folders += 1
        return make_desk(self.base_folder / f"desk{self._folders}", self.proxy.url, self.token)

    def bases(self) -> dict[Place, tuple[Any, ...]]:
        """Read what the mirror holds as agreed."""
        return read_bases(self.desk, self.proxy.url)


def read_bases(desk: Desk, url: str) -> dict[Place, tuple[Any, ...]]:
    """Read what a desk's mirror holds as agreed, by (kind, id)."""
    target = read_config(desk.folder).default_target
    with MirrorReader(desk.path("mirror.db")) as reader:
        scope = reader.scope_of(target, url)
        rows = reader.rows(scope) if scope else {}
    return {
        (key.kind, str(key.slug)): (row.base_local, row.base_remote, row.base_digest)
        for key, row in rows.items()
        if row.base_remote is not None
    }


@contextmanager
def open_world(folder: Path, flavor: str, role: str = "admin") -> Iterator[World]:
    """Start everything, with a desk that has not pulled yet."""
    with ExitStack() as ends:
        greeting = ends.enter_context(serving(folder, flavor))
        proxy = ends.enter_context(run_proxy(greeting.url))
        clock = VirtualClock()
        use_gate(proxy.url, Gate(clock=clock, sleep=clock.sleep))
        browser = Browser(greeting.url, greeting.token)
        ends.callback(browser.client.close)
        token = greeting.token if role == "admin" else _add_user(browser)
        desk = make_desk(folder / "desk", proxy.url, token)
        yield World(flavor, role, proxy, browser, desk, clock, greeting.url, token=token, base_folder=folder)


@contextmanager
def serving(folder: Path, flavor: str) -> Iterator[Greeting]:
    """Run `cochat serve` with nothing in it."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "cochat_devkit", "serve", "--flavor", flavor, "--port", "0", "--json", "--empty"]
    errors = folder / "serve.err"
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(_REPOSITORY)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    try:
        yield _greeting(process, errors)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout
        process.stdout.close()


def _greeting(process: subprocess.Popen[bytes], errors: Path) -> Greeting:
    assert process.stdout
    line = process.stdout.readline()
    try:
        said = json.loads(line)
    except ValueError as error:
        told = (line + process.stdout.read()).decode(errors="replace") + errors.read_text(errors="replace")
        raise RuntimeError(f"the local server did not start: {told[-2000:]}") from error
    return Greeting(said["url"], said["token"])


def _add_user(browser: Browser) -> str:
    """Make an ordinary user who may write tools, and nothing else."""
    name = f"user-{uuid.uuid4().hex[:8]}"
    form = {"name": name, "email": f"{name}@example.com", "password": f"password-of-{name}", "role": "user"}
    path = "/api/v1/users/default/permissions"
    permissions = browser.client.get(path).json()
    workspace = {**permissions["workspace"], "tools": True, "tools_import": True}
    sharing = dict.fromkeys(permissions.get("sharing", {}), True)
    wanted = {**permissions, "workspace": workspace, "sharing": sharing}
    browser.client.post(path, json=wanted).raise_for_status()
    answer = browser.client.post("/api/v1/auths/add", json=form)
    answer.raise_for_status()
    token: str = answer.json()["token"]
    return token
