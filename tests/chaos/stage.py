"""What chaos plays on: a local server as a process, the proxy before it, a workspace, and somebody else's browser."""

from __future__ import annotations

import http.client
import itertools
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
from urllib.parse import urlsplit

import httpx

from cochat_devkit.api.gate import Gate, use_gate
from cochat_devkit.config import read_config
from cochat_devkit.mirror.reader import MirrorReader
from tests.chaos.clock import VirtualClock
from tests.chaos.proxy import Proxy, run_proxy
from tests.chaos.sorts import MORE_WRITES, kinds_of, sort_named
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tests.chaos.sorts import Files, Sort, There, Wire

_REPOSITORY = Path(__file__).parents[2]
Place = tuple[str, str]


@dataclass(frozen=True)
class Greeting:
    """Say where a server answers, and with which token its administrator is let in."""

    url: str
    token: str


class Browser:
    """Somebody who works on the server itself, past us.

    `writes` counts what everybody else wrote there, None where that is not known: what was read is read again only
    when something moved, since to look at everything before and after each command takes longer than the commands.
    """

    def __init__(self, url: str, token: str, flavor: str, writes: Callable[[], int | None] = lambda: None) -> None:
        self.flavor = flavor
        self._headers = {"authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=url, headers=self._headers, trust_env=False, timeout=30.0)
        #: reads with a tenth of the time
        self._reader = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30.0)
        self._writes, self._own_writes = writes, 0
        self._read: dict[Place, Wire] = {}
        self._read_at: tuple[int, int] | None = None

    def close(self) -> None:
        """Close its connections."""
        self.client.close()
        self._reader.close()

    def create(self, sort: Sort, slug: str, mark: str) -> None:
        """Make one."""
        there, text = sort.there[self.flavor], sort.text(mark)
        wire = self._send(there.create, "", form=there.form(slug, text))
        if there.files:
            self._attach(there.files, str(wire["id"]), text)

    def update(self, sort: Sort, slug: str, mark: str) -> None:
        """Put another text in its place."""
        text, there, wire = sort.text(mark), sort.there[self.flavor], self.wires([sort])[sort.kind, slug]
        self._save(there, wire, there.form(slug, text))
        if there.files:
            self._attach(there.files, str(wire["id"]), text, instead_of=wire["attached"])

    def prepend(self, sort: Sort, slug: str, line: str) -> None:
        """Put another first line before its text, and leave all else as it is."""
        there, wire = sort.there[self.flavor], self.wires([sort])[sort.kind, slug]
        self._save(there, wire, there.form(slug, f"{line}\n{there.text(wire)}"))

    def delete(self, sort: Sort, slug: str) -> None:
        """Take it away."""
        self._delete(sort.there[self.flavor], self.wires([sort])[sort.kind, slug])

    def empty(self) -> None:
        """Take everything away, two of one name, too."""
        for sort in kinds_of(self.flavor).values():
            there = sort.there[self.flavor]
            for wire in self._list(there.listing):
                self._delete(there, wire)

    def contents(self) -> dict[Place, str]:
        """Read every text and what lies beside it, by (kind, id)."""
        sorts = kinds_of(self.flavor)
        return {place: sorts[place[0]].there[self.flavor].content(wire) for place, wire in self.wires().items()}

    def wires(self, sorts: Sequence[Sort] = ()) -> dict[Place, Wire]:
        """Read everything as an administrator sees it; two of one name are a failure."""
        moment = self._moment()
        if moment is None or moment != self._read_at:
            found = self._read_wires(sorts or [*kinds_of(self.flavor).values()])
            if sorts:
                return found
            self._read, self._read_at = found, moment if moment == self._moment() else None
        kinds = {sort.kind for sort in sorts}
        return {place: wire for place, wire in self._read.items() if not kinds or place[0] in kinds}

    def _moment(self) -> tuple[int, int] | None:
        """Name the time since which nobody wrote; None where that is not known."""
        written = self._writes()
        return None if written is None else (written, self._own_writes)

    def _read_wires(self, sorts: Sequence[Sort]) -> dict[Place, Wire]:
        found: dict[Place, Wire] = {}
        for sort in sorts:
            there = sort.there[self.flavor]
            for wire in self._list(there.listing):
                if there.files:
                    wire["attached"] = self._attached(there.files, str(wire["id"]))
                place = sort.kind, there.slug_of(wire)
                assert place not in found, f"there are two {sort.kind}/{place[1]}"
                found[place] = wire
        return found

    def saved_s(self, sort: Sort, slug: str) -> int:
        """Read in which second the newest version of one was saved; 0 where no history tells."""
        return max((int(each["created_at"]) for each in self.versions(sort, slug)), default=0)

    def versions(self, sort: Sort, slug: str) -> list[Wire]:
        """List what the server's history holds of one, without the bodies; nothing where it keeps none."""
        there = sort.there[self.flavor]
        if there.history is None:
            return []
        answer = self.client.get(there.history.format(id=self.wires([sort])[sort.kind, slug]["id"]))
        is_told = answer.headers.get("content-type", "").startswith("application/json")
        found: list[Wire] = answer.json() if is_told else []
        return found

    def past(self, sort: Sort, slug: str) -> str:
        """Read all that the server's history holds of one, as text; nothing where it keeps none."""
        there = sort.there[self.flavor]
        if there.history is None:
            return ""
        wire = self.wires([sort])[sort.kind, slug]
        path, _, query = there.history.format(id=wire["id"]).partition("?")
        asked = f"?{query}" if query else ""
        return "".join(self.client.get(f"{path}/{each['id']}{asked}").text for each in self.versions(sort, slug))

    def _delete(self, there: There, wire: Wire) -> None:
        form = there.delete_form(there.slug_of(wire)) if there.delete_form else None
        self._send(there.delete, there.address(wire), form=form)

    def _save(self, there: There, wire: Wire, form: Wire) -> None:
        if there.versioned:
            seen = self._ask("GET", there.versioned.format(id=wire["id"]))
            form = {**form, "expected_version_id": seen["version_id"]}
        self._send(there.update, there.address(wire), form=form)

    def _list(self, path: str) -> list[Wire]:
        """Read a listing, page by page where it is paged."""
        found: list[Wire] = []
        for page in itertools.count(1):
            asked = path if page == 1 else f"{path}{'&' if '?' in path else '?'}page={page}"
            told = json.loads(self._get(asked))
            if isinstance(told, list):
                return told
            found += told["items"]
            if len(found) >= told["total"] or not told["items"]:
                return found
        raise AssertionError

    def _attached(self, files: Files, id_: str) -> dict[str, tuple[str, str]]:
        """Read the files beside an object: (id, content) by name."""
        found = {}
        for each in self._list(files.listing.format(id=id_)):
            content = self._get(files.content.format(id=each["id"]))
            found[str(each["filename"])] = (str(each["id"]), content.decode())
        return found

    def _get(self, path: str) -> bytes:
        for is_last in (False, True):
            try:
                self._reader.request("GET", path, headers=self._headers)
                answer = self._reader.getresponse()
                content = answer.read()
            except (http.client.HTTPException, ConnectionError):
                # the server closed it, since nobody asked for a while
                self._reader.close()
                if is_last:
                    raise
            else:
                assert answer.status == 200, f"{path}: {answer.status} {content[:300]!r}"
                return content
        raise AssertionError

    def _attach(
        self, files: Files, id_: str, text: str, instead_of: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        method, path = files.upload.split(" ")
        self._own_writes += 1
        answer = self.client.request(method, path, files={"file": ("note.md", text.encode())})
        assert answer.status_code == 200, answer.text
        for old, _content in (instead_of or {}).values():
            self._send(files.detach, id_, form={"file_id": old})
        self._send(files.attach, id_, form={"file_id": answer.json()["id"]})

    def _send(self, request: str, id_: str, form: Wire | None) -> Any:
        method, path = request.split(" ")
        return self._ask(method, path.replace("{id}", id_), **({} if form is None else {"json": form}))

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        self._own_writes += method != "GET"
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
        return make_desk_at(self.base_folder / f"desk{self._folders}", self.proxy.url, self.token, self.flavor)

    def start_over(self) -> None:
        """Empty the server, and take a fresh desk."""
        self.proxy.play()
        self.browser.empty()
        self.desk = self.new_desk()

    def bases(self) -> dict[Place, tuple[Any, ...]]:
        """Read what the mirror holds as agreed."""
        return read_bases(self.desk, self.proxy.url)


def make_desk_at(folder: Path, url: str, token: str, flavor: str) -> Desk:
    """Make a workspace whose settings name what writes the server has beyond its reference."""
    desk = make_desk(folder, url, token)
    if flavor == "cochat":
        tables = (
            f"\n[targets.main.endpoints.{kind}]\n" + "".join(f'{column} = "{said}"\n' for column, said in rows.items())
            for kind, rows in MORE_WRITES.items()
        )
        with desk.path("cochat.toml").open("a") as settings:
            settings.write("".join(tables))
    return desk


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


def unproven(flavor: str, here: Iterable[Place], there: Iterable[Place]) -> set[Place]:
    """Name what is here alone and may stay so: of a kind that can only be listed, an empty list proves nothing."""
    shown = {kind for kind, _slug in there}
    return {
        (kind, slug) for kind, slug in here if kind not in shown and not sort_named(kind, flavor).there[flavor].has_item
    }


@contextmanager
def open_world(folder: Path, flavor: str, role: str = "admin") -> Iterator[World]:
    """Start everything, with a desk that has not pulled yet."""
    with ExitStack() as ends:
        greeting = ends.enter_context(serving(folder, flavor))
        proxy = ends.enter_context(run_proxy(greeting.url))
        clock = VirtualClock()
        use_gate(proxy.url, Gate(clock=clock, sleep=clock.sleep))
        browser = Browser(greeting.url, greeting.token, flavor, proxy.writes)
        ends.callback(browser.close)
        token = greeting.token if role == "admin" else add_user(browser)
        desk = make_desk_at(folder / "desk", proxy.url, token, flavor)
        yield World(flavor, role, proxy, browser, desk, clock, greeting.url, token=token, base_folder=folder)


@contextmanager
def serving(folder: Path, flavor: str) -> Iterator[Greeting]:
    """Run `cochat serve` with nothing in it."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "cochat_devkit", "serve", "--flavor", flavor, "--port", "0", "--json", "--empty"]
    command += [word for kind in MORE_WRITES for word in ("--more-writes", kind)]
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


def add_user(browser: Browser, role: str = "user") -> str:
    """Make another person, whose token this is: an ordinary user may write tools, and nothing else."""
    name = f"user-{uuid.uuid4().hex[:8]}"
    form = {"name": name, "email": f"{name}@example.com", "password": f"password-of-{name}", "role": role}
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
