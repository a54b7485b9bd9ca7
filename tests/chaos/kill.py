"""kill -9 anywhere: a pull, push or undo dies at some point of its way; the next run converges and nothing is lost.

A child process counts the points at which it touches the world (a commit, a byte on a socket, a rename, an fsync) by
the interpreter's own profile hook, and kills itself before or after the chosen one. The points of a verb are counted
first; then each is taken once, in a shuffled order, and at random from then on.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cochat_devkit.cli import main
from tests.chaos.result import Result
from tests.chaos.sorts import ACTION, FILTER, FLAVORS, each_sort, marks_in, sort_named, sorts_of
from tests.chaos.stage import Browser, Greeting, Place, make_desk_at, serving, unproven

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.sorts import Sort
    from tests.desk import Desk, Done

WHAT = "kill -9 at every journal step and at random: the next run converges"
BAR = 2_000
SHORT = 60
SMALL = 14

_CHILD_TIMEOUT_S = 60.0
#: so many of each sort at first, and so many in all before any is deleted
_STOCK = 2
_MOST_ALIVE = 16
#: a fresh workspace after so many kills, so that journal and trash do not grow without end
_KILLS_OF_ONE_DESK = 40
_FILE_CALLS = frozenset({"fsync", "replace", "rename", "unlink", "mkdir", "write"})
_SOCKET_CALLS = frozenset({"send", "sendall", "recv"})
_CONFIRM = re.compile(r"add --confirm-deletes (\d+)")


def run(count: int, seed: int) -> Result:
    """Kill so many times."""
    result = Result(seed)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="cochat-kill-") as place:
        for number, flavor in enumerate(FLAVORS):
            folder = Path(place) / flavor
            share = count // len(FLAVORS) + (1 if number < count % len(FLAVORS) else 0)
            if not share:
                continue
            with serving(folder, flavor) as greeting:
                browser = Browser(greeting.url, greeting.token, flavor)
                _Killing(folder, browser, greeting, chance, result).run(share)
                browser.close()
    return result


@dataclass
class _Killing:
    """Kill on one server, desk after desk."""

    folder: Path
    browser: Browser
    greeting: Greeting
    chance: random.Random
    result: Result
    _marks: int = 0
    #: by verb: how many points it has, and those at which nothing was killed yet
    _points: dict[str, int] = field(default_factory=dict)
    _untried: dict[str, list[int]] = field(default_factory=dict)

    def run(self, count: int) -> None:
        killed = 0
        while killed < count:
            world = _World(self.folder / f"desk{killed}", self.greeting, self.browser, self.chance)
            world.stock(self._mark)
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
        self.result.facts.append(f"{self.browser.flavor}: points {told}")

    def _count_points(self, world: _World) -> None:
        """Run each verb once in a child that is not killed, and count."""
        for verb in _VERBS:
            expected = world.move(self._mark)
            _came_through, points = _run_and_kill(world.desk, _WORDS[verb](world), _NEVER)
            self._points[verb] = points
            self._untried[verb] = self.chance.sample(range(1, points + 1), points)
            world.converge(self.result, f"{self.browser.flavor}: {verb} not killed", expected, is_undo=verb == "undo")

    def _kill_once(self, world: _World) -> None:
        verb = self.chance.choices(_VERBS, [len(self._untried[each]) + 1 for each in _VERBS])[0]
        expected = world.move(self._mark)
        words = _WORDS[verb](world)
        untried = self._untried[verb]
        point = untried.pop() if untried else self.chance.randint(1, self._points[verb])
        came_through, _points = _run_and_kill(world.desk, words, point)
        self.result.count()
        if self.chance.random() < 0.5:
            # what was half done must not look like an edit of ours: another edit there would make a conflict of it
            world.edit_there_again(expected, self._mark)
        came = " (came through)" if came_through else ""
        what = f"{self.browser.flavor}: {verb} killed at point {point}{came}"
        world.converge(self.result, what, expected, is_undo=verb == "undo")

    def _mark(self) -> str:
        self._marks += 1
        return f"mark-{self._marks:06d}-{self.chance.getrandbits(24):06x}."


@dataclass
class _Expected:
    """Hold what must be there in the end: by address the marks, which are to be gone, and what was edited there."""

    marks: dict[Place, set[str]] = field(default_factory=dict)
    gone: set[Place] = field(default_factory=set)
    edited_there: list[Place] = field(default_factory=list)

    def note(self, place: Place, mark: str) -> None:
        """Expect a mark."""
        self.marks.setdefault(place, set()).add(mark)


class _World:
    """A desk, its server, and somebody who edits there."""

    def __init__(self, folder: Path, greeting: Greeting, browser: Browser, chance: random.Random) -> None:
        self.browser, self.chance = browser, chance
        self.desk = make_desk_at(folder, greeting.url, greeting.token, browser.flavor)
        self.sorts = sorts_of(browser.flavor)
        self._made = 0

    def stock(self, mark: Callable[[], str]) -> None:
        """Put some of each sort on the server, and pull them."""
        for sort in self.sorts:
            for _ in range(_STOCK):
                self.browser.create(sort, self._name(), mark())
        self.desk.json("pull")

    def clear(self) -> None:
        """Take everything away again, here and there."""
        self.browser.empty()
        shutil.rmtree(self.desk.folder)

    def move(self, mark: Callable[[], str]) -> _Expected:
        """Edit here and there: other resources, or other places of the same; whatever is written must survive."""
        there, chance, root, flavor = sorted(self.browser.wires()), self.chance, self.desk.folder, self.browser.flavor
        expected, here = _Expected(), self._here()
        doomed = chance.sample(there, 2) if len(there) > _MOST_ALIVE else []
        expected.gone = set(doomed)
        living = [each for each in there if each not in doomed]
        for place in chance.sample(living, 3):
            said = mark()
            here[place].append(root, place[1], f"# {said}")
            expected.note(place, said)
        expected.edited_there = chance.sample(living, 3)
        self.edit_there_again(expected, mark)
        self._turn_one(expected, mark)
        made, (new_here, new_there) = mark(), chance.choices(self.sorts, k=2)
        name_here, name_there = self._name(), self._name()
        new_here.save(root, name_here, made)
        expected.note((new_here.kind, name_here), made)
        self.browser.create(new_there, name_there, made)
        expected.note((new_there.kind, name_there), made)
        for number, (kind, slug) in enumerate(doomed):
            if number:
                self.browser.delete(sort_named(kind, flavor), slug)
            else:
                here[kind, slug].delete(root, slug)
        return expected

    def edit_there_again(self, expected: _Expected, mark: Callable[[], str]) -> None:
        """Edit on the server what is to be edited there, where it still is."""
        there = self.browser.wires()
        for kind, slug in expected.edited_there:
            if (kind, slug) in there:
                said = mark()
                self.browser.prepend(sort_named(kind, self.browser.flavor), slug, f"# {said}")
                expected.note((kind, slug), said)

    def converge(self, result: Result, what: str, expected: _Expected, *, is_undo: bool) -> None:
        """Run as a person would after a crash, and look whether everything is there, once, and equal on both sides."""
        for words in (("pull",), _PUSH_ALL, ("pull",)):
            done = self.desk.json(*words, expected=None)
            if asked := _CONFIRM.search(done.out):
                done = self.desk.json(*words[:-1], asked[1], expected=None)
            if done.exit_code not in (0, 3):
                went = f"cochat {words[0]} exits {done.exit_code}: {done.out[:600]}{done.err[:300]}"
                result.fail(f"{what}: {went}")
                return
        last = self.desk.json("pull", expected=None)
        there, root = self.browser.contents(), self.desk.folder
        here = self._here()
        # the last one of a kind that can only be listed is told as invisible, and stays here
        left_here = unproven(self.browser.flavor, here, there)
        told = {f"{kind}/{slug}": "skip" for kind, slug in left_here}
        if last.exit_code != 0 or last.actions != told:
            result.fail(f"{what}: does not settle: {self._tell_of(last)}")
        here = {place: sort for place, sort in here.items() if place not in left_here}
        with closing(sqlite3.connect(self.desk.path("mirror.db"))) as mirror:
            found = mirror.execute("PRAGMA integrity_check").fetchone()[0]
            left = mirror.execute("SELECT count(*) FROM run WHERE ended IS NULL").fetchone()[0]
        result.check(found == "ok", f"{what}: integrity_check says {found}")
        result.check(left == 0, f"{what}: {left} runs are still open")
        result.check(set(here) == set(there), f"{what}: files and server differ: {sorted(set(here) ^ set(there))}")
        for place, sort in here.items():
            agrees = sort.agrees(root, place[1], there.get(place))
            result.check(agrees, f"{what}: {place} is not the same here and there")
        if is_undo:
            # what an undo took back is no loss; that both sides agree and the marks are known is all that can be asked
            return
        for place, marks in expected.marks.items():
            lost = marks - marks_in(there.get(place, ""))
            result.check(not lost, f"{what}: {place} lost {lost} of an edit")
        result.check(not expected.gone & set(here), f"{what}: {expected.gone & set(here)} came back")

    def _tell_of(self, pulled: Done) -> str:
        """Tell what does not settle, what was ever seen of it, and what the last runs did."""
        moved = [each for each in pulled.json.get("items", ()) if each["action"] != "nothing"]
        told = [self.desk.json("log", each["ref"], expected=None).out for each in moved]
        runs = self.desk.json("undo", expected=None).out[:2000]
        return "\n".join([str(moved or pulled.out[:800]), *told, runs])

    def newest_run(self) -> str:
        """Name the newest run that could be taken back."""
        runs = self.desk.json("undo").json["runs"]
        return str(runs[0]["run"]) if runs else "1"

    def _here(self) -> dict[Place, Sort]:
        return {(sort.kind, slug): sort for sort, slug in each_sort(self.browser.flavor, self.desk.folder)}

    def _turn_one(self, expected: _Expected, mark: Callable[[], str]) -> None:
        """Give one the other type of its kind: its files move to another folder."""
        wires = self.browser.wires([FILTER])
        free = sorted(place for place in wires if place not in expected.marks and place not in expected.gone)
        if free:
            kind, slug = self.chance.choice(free)
            said, is_action = mark(), "class Action" in wires[kind, slug]["content"]
            self.browser.update(FILTER if is_action else ACTION, slug, said)
            expected.marks[kind, slug] = {said}

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
