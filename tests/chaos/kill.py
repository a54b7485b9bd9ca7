"""kill -9 anywhere: a pull, push or undo dies at some point of its way; the next run converges and nothing is lost.

A child process counts the points at which it touches the world (a commit, a byte on a socket, a rename, an fsync) by
the interpreter's own profile hook, and kills itself before or after the chosen one. The points of a verb are counted
first; then each is taken once, in a shuffled order, and at random from then on.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from cochat_devkit.cli import main
from tests.chaos.result import Result
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WHAT = "kill -9 at every journal step and at random: the next run converges"
BAR = 2_000
SHORT = 150
SMALL = 14

_REPOSITORY = Path(__file__).parents[2]
_FLAVORS = ("owui-0.12", "cochat")
_BOOT_TIMEOUT_S = 60.0
_CHILD_TIMEOUT_S = 60.0
#: a fresh workspace after so many kills, so that journal and trash do not grow without end
_KILLS_OF_ONE_DESK = 40
_FILE_CALLS = frozenset({"fsync", "replace", "rename", "unlink", "mkdir", "write"})
_SOCKET_CALLS = frozenset({"send", "sendall", "recv"})
_CONFIRM = re.compile(r"add --confirm-deletes (\d+)")
_MARK = re.compile(r"mark_\d+")

_TOOL = 'class Tools:\n    def say(self) -> str:\n        """Say it."""\n        return "it"\n'
_FILTER = "class Filter:\n    def inlet(self, body: dict) -> dict:\n        return body\n"
_ACTION = "class Action:\n    def action(self, body: dict) -> dict:\n        return body\n"


def run(count: int, seed: int) -> Result:
    """Kill so many times."""
    result = Result(seed)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="cochat-kill-") as place:
        for number, flavor in enumerate(_FLAVORS):
            folder = Path(place) / flavor
            folder.mkdir()
            share = count // len(_FLAVORS) + (1 if number < count % len(_FLAVORS) else 0)
            with _serving(folder, flavor) as (url, token):
                _Killing(folder, flavor, url, token, chance, result).run(share)
    return result


@dataclass
class _Killing:
    """Kill on one server, desk after desk."""

    folder: Path
    flavor: str
    url: str
    token: str
    chance: random.Random
    result: Result
    _marks: int = 0
    #: by verb: how many points it has, and those at which nothing was killed yet
    _points: dict[str, int] = field(default_factory=dict)
    _untried: dict[str, list[int]] = field(default_factory=dict)

    def run(self, count: int) -> None:
        killed = 0
        while killed < count:
            with httpx.Client(
                base_url=self.url, headers={"authorization": f"Bearer {self.token}"}, trust_env=False, timeout=30.0
            ) as browser:
                world = _World(self.folder / f"desk{killed}", self.url, self.token, browser)
                world.stock()
                if not self._points:
                    self._count_points(world)
                failed_before = len(self.result.failures)
                for _ in range(min(_KILLS_OF_ONE_DESK, count - killed)):
                    self._kill_once(world)
                    killed += 1
                    if len(self.result.failures) > failed_before:
                        # what went wrong is told once, and the next kill begins anew
                        break
                world.clear()
        told = ", ".join(
            f"{verb} {points - len(self._untried[verb])} of {points}" for verb, points in sorted(self._points.items())
        )
        self.result.facts.append(f"{self.flavor}: points {told}")

    def _count_points(self, world: _World) -> None:
        """Run each verb once in a child that is not killed, and count."""
        for verb in _VERBS:
            expected = world.move(self.chance, self._mark)
            _came_through, points = _run_and_kill(world.desk, _WORDS[verb](world), _NEVER)
            self._points[verb] = points
            self._untried[verb] = self.chance.sample(range(1, points + 1), points)
            world.converge(self.result, f"{self.flavor}: {verb} not killed", expected, is_undo=verb == "undo")

    def _kill_once(self, world: _World) -> None:
        verb = self.chance.choices(_VERBS, [len(self._untried[each]) + 1 for each in _VERBS])[0]
        expected = world.move(self.chance, self._mark)
        words = _WORDS[verb](world)
        untried = self._untried[verb]
        point = untried.pop() if untried else self.chance.randint(1, self._points[verb])
        came_through, _points = _run_and_kill(world.desk, words, point)
        self.result.ran += 1
        if self.chance.random() < 0.5:
            # what was half done must not look like an edit of ours: another edit there would make a conflict of it
            world.edit_there_again(expected, self._mark)
        what = f"{self.flavor}: {verb} killed at point {point}{' (came through)' if came_through else ''}"
        world.converge(self.result, what, expected, is_undo=verb == "undo")

    def _mark(self) -> str:
        self._marks += 1
        return f"mark_{self._marks}"


@dataclass
class _Expected:
    """Hold what must be there in the end: by id the marks, and which ids are to be gone."""

    marks: dict[str, set[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    edited_there: list[str] = field(default_factory=list)


class _World:
    """A desk, its server, and somebody who edits there."""

    def __init__(self, folder: Path, url: str, token: str, browser: httpx.Client) -> None:
        self.browser = browser
        self.desk: Desk = make_desk(folder, url, token)
        self._made = 0

    def stock(self) -> None:
        """Put some tools and functions on the server, and pull them."""
        for number in range(5):
            self._create("tools", f"tool_{number}", _TOOL)
        for number in range(3):
            self._create("functions", f"func_{number}", _FILTER)
        self.desk.json("pull")

    def clear(self) -> None:
        """Take everything away again, here and there."""
        for api, slug in self._there():
            self.browser.delete(f"/api/v1/{api}/id/{slug}/delete")
        shutil.rmtree(self.desk.folder)

    def move(self, chance: random.Random, mark: Callable[[], str]) -> _Expected:
        """Edit here and there: other resources, or other lines of the same; whatever is written must survive."""
        there = self._there()
        tools = sorted(slug for api, slug in there if api == "tools")
        functions = sorted(slug for api, slug in there if api == "functions")
        expected = _Expected()
        doomed = set(chance.sample(tools, 2)) if len(tools) > 6 else set()
        for slug in chance.sample(sorted(set(tools) - doomed), 2):
            self._append_here(slug, expected.marks, mark())
        for slug in chance.sample(sorted(set(tools) - doomed), 2):
            self._prepend_there("tools", slug, there["tools", slug], expected.marks, mark())
            expected.edited_there.append(slug)
        self._turn_there(chance.choice(functions), expected.marks, mark())
        new_here, new_there = self._name(), self._name()
        made = mark()
        self.desk.path(f"plugins/tools/{new_here}.py").write_text(f"{_TOOL}# {made}\n")
        self.desk.path(f"plugins/tools/{new_here}.yaml").write_text(f"description: {made}\n")
        expected.marks[new_here] = {made}
        self._create("tools", new_there, f"{_TOOL}# {made}\n")
        expected.marks[new_there] = {made}
        for number, slug in enumerate(sorted(doomed)):
            expected.gone.add(slug)
            if number:
                self.browser.delete(f"/api/v1/tools/id/{slug}/delete")
            else:
                self.desk.path(f"plugins/tools/{slug}.py").unlink()
                self.desk.path(f"plugins/tools/{slug}.yaml").unlink(missing_ok=True)
        return expected

    def edit_there_again(self, expected: _Expected, mark: Callable[[], str]) -> None:
        """Edit on the server once more what was edited there."""
        there = self._there()
        for slug in expected.edited_there:
            if ("tools", slug) in there:
                self._prepend_there("tools", slug, there["tools", slug], expected.marks, mark())

    def converge(self, result: Result, what: str, expected: _Expected, *, is_undo: bool) -> None:
        """Run as a person would after a crash, and look whether everything is there, once, and equal on both sides."""
        for words in (("pull",), _PUSH_ALL, ("pull",)):
            done = self.desk.json(*words, expected=None)
            if asked := _CONFIRM.search(done.out):
                done = self.desk.json(*words[:-1], asked[1], expected=None)
            if done.exit_code not in (0, 3):
                went = f"cochat {words[0]} exits {done.exit_code}: {done.out[:600]}{done.err[:300]}"
                result.failures.append(f"{what}: {went} [seed {result.seed}]")
                return
        last = self.desk.json("pull", expected=None)
        result.check(last.exit_code == 0 and not last.actions, f"{what}: does not settle: {last.out[:800]}")
        there = self._there()
        with closing(sqlite3.connect(self.desk.path("mirror.db"))) as mirror:
            found = mirror.execute("PRAGMA integrity_check").fetchone()[0]
            left = mirror.execute("SELECT count(*) FROM run WHERE ended IS NULL").fetchone()[0]
        result.check(found == "ok", f"{what}: integrity_check says {found}")
        result.check(left == 0, f"{what}: {left} runs are still open")
        here = {place.stem: place.read_text() for place in self.desk.path("plugins").rglob("*.py")}
        result.check(
            here == {slug: source for (_api, slug), source in there.items()},
            f"{what}: files and server differ: {sorted(set(here) ^ {slug for _api, slug in there})}",
        )
        if is_undo:
            # what an undo took back is no loss; that both sides agree and the marks are known is all that can be asked
            return
        for slug, marks in expected.marks.items():
            source = here.get(slug, "")
            result.check(marks <= set(_MARK.findall(source)), f"{what}: {slug} lost {marks} of an edit")
        result.check(not expected.gone & set(here), f"{what}: {expected.gone & set(here)} came back")

    def newest_run(self) -> str:
        """Name the newest run that could be taken back."""
        runs = self.desk.json("undo").json["runs"]
        return str(runs[0]["run"]) if runs else "1"

    def _there(self) -> dict[tuple[str, str], str]:
        found = {}
        for api in ("tools", "functions"):
            listed = self.browser.get(f"/api/v1/{api}/export").json()
            assert len({each["id"] for each in listed}) == len(listed), "two resources of one id"
            found |= {(api, each["id"]): each["content"] for each in listed}
        return found

    def _append_here(self, slug: str, marks: dict[str, set[str]], mark: str) -> None:
        place = self.desk.path(f"plugins/tools/{slug}.py")
        place.write_text(f"{place.read_text()}# {mark}\n")
        marks.setdefault(slug, set()).add(mark)

    def _prepend_there(self, api: str, slug: str, source: str, marks: dict[str, set[str]], mark: str) -> None:
        self._update(api, slug, f"# {mark}\n{source}")
        marks.setdefault(slug, set()).add(mark)

    def _turn_there(self, slug: str, marks: dict[str, set[str]], mark: str) -> None:
        """Make an action of a filter, or a filter of an action: the files move to another folder."""
        now = self._there()["functions", slug]
        self._update("functions", slug, f"{_FILTER if 'class Action' in now else _ACTION}# {mark}\n")
        marks[slug] = {mark}

    def _create(self, api: str, slug: str, source: str) -> None:
        self._save(f"/api/v1/{api}/create", slug, source)

    def _update(self, api: str, slug: str, source: str) -> None:
        self._save(f"/api/v1/{api}/id/{slug}/update", slug, source)

    def _save(self, path: str, slug: str, source: str) -> None:
        # a description of its own makes a sidecar beside the source: two files that change together
        mark = (_MARK.findall(source) or ["none"])[0]
        form = {"id": slug, "name": slug, "content": source, "meta": {"description": f"about {mark}"}}
        answer = self.browser.post(path, json=form)
        assert answer.status_code == 200, f"{path}: {answer.text[:300]}"

    def _name(self) -> str:
        self._made += 1
        return f"new_{self._made}"


_VERBS = ("push", "pull", "undo")
_NEVER = 0
_PUSH_ALL = ("push", "--no-verify", "--delete", "--confirm-deletes", "1")
_WORDS: dict[str, Callable[[_World], tuple[str, ...]]] = {
    "push": lambda _world: _PUSH_ALL,
    "pull": lambda _world: ("pull",),
    "undo": lambda world: ("undo", world.newest_run(), "--confirm-deletes", "1"),
}


def _run_and_kill(desk: Desk, words: tuple[str, ...], point: int) -> tuple[bool, int]:
    """Run a command in a child that dies at a point: (it came through, the points that it counted)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_the_child(desk, words, point, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        said = told.read()
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False, point
    return True, int(said or b"0")


def _be_the_child(desk: Desk, words: tuple[str, ...], point: int, writing: int) -> None:
    counted = 0
    signal.alarm(int(_CHILD_TIMEOUT_S))

    def count(_frame: Any, event: str, called: Any) -> None:
        nonlocal counted
        if event in ("c_call", "c_return") and _touches_the_world(called):
            counted += 1
            if counted == point:
                os.kill(os.getpid(), signal.SIGKILL)

    os.environ["COCHAT_TOKEN"] = desk.token or ""
    os.chdir(desk.folder)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.setprofile(count)
    try:
        main(words)
    except SystemExit:
        pass
    finally:
        sys.setprofile(None)
        os.write(writing, str(counted).encode())
        os._exit(0)


def _touches_the_world(called: Any) -> bool:
    name, owner = getattr(called, "__name__", ""), getattr(called, "__self__", None)
    if isinstance(owner, sqlite3.Connection):
        return name == "commit"
    if isinstance(owner, socket.socket):
        return name in _SOCKET_CALLS
    return name in _FILE_CALLS and getattr(owner, "__name__", "") == "posix"


@contextmanager
def _serving(folder: Path, flavor: str) -> Iterator[tuple[str, str]]:
    """Run an empty local server: its address, and its administrator's token."""
    command = [sys.executable, "-m", "cochat_devkit", "serve", "--flavor", flavor, "--port", "0", "--json", "--empty"]
    told = folder / "serve.out"
    with told.open("wb") as out, (folder / "serve.err").open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(_REPOSITORY)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    try:
        deadline = time.monotonic() + _BOOT_TIMEOUT_S
        while b"\n" not in told.read_bytes():
            assert process.poll() is None, (folder / "serve.err").read_text()[-2000:]
            assert time.monotonic() < deadline, "the local server did not start"
            time.sleep(0.05)
        greeting = json.loads(told.read_text().partition("\n")[0])
        yield greeting["url"], greeting["token"]
    finally:
        process.terminate()
        process.wait(10)
