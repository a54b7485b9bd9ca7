"""Random histories of the whole engine, faults and kills included: no command ever makes a body vanish."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import re
import signal
import sqlite3
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.matrix import sort_of_request
from tests.chaos.proxy import Fault, Request, Script
from tests.chaos.result import Result
from tests.chaos.stage import FILTER, FLAVORS, SORTS, TOOL, Sort, World, open_world
from tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerContext

WHAT = "state machine: histories of 50 steps, edits on both sides, faults and kills"
BAR = 2_000
SHORT = 15
SMALL = 2

_STEPS = 50
_EXITS = (0, 1, 3, 4)
_MARK = re.compile(rb"mark-\d{6}-[0-9a-f]{6}\.")
_FAULTS = (Fault.RESET, Fault.LOST, Fault.TRUNCATED, Fault.FAILED, Fault.FAILED_AFTER, Fault.LOGIN_PAGE, Fault.SHRUNK)
_COMMANDS = (
    (("pull",), 6),
    (("push", "--no-verify"), 6),
    (("push", "--no-verify", "--delete"), 2),
    (("pull", "--on-conflict", "ours"), 1),
    (("pull", "--on-conflict", "theirs"), 1),
    (("status", "--fetch"), 1),
)
_MOST_ALIVE = 8


def run(count: int, seed: int) -> Result:
    """Play `count` histories; the seed of each is its own, so one can be repeated alone."""
    result = Result(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.machine", "cochat_devkit.mirror.store", "cochat_devkit.api.client"])
    for number, flavor in enumerate(FLAVORS):
        share = count // len(FLAVORS) + (number < count % len(FLAVORS))
        if not share:
            continue
        with tempfile.TemporaryDirectory(prefix="chaos-machine-") as folder, open_world(Path(folder), flavor) as world:
            for each in range(share):
                own = f"{seed}/{flavor}/{each}"
                history = _History(world, random.Random(own), context)
                result.ran += 1
                try:
                    history.play()
                except AssertionError as error:
                    steps = "; ".join(history.done[-12:])
                    result.fail(f"history {own}: {str(error)[:500]} after {steps}")
                result.facts = [f"{_Tally.commands} commands, {_Tally.faults} met a fault, {_Tally.kills} were killed"]
    return result


class _Tally:
    """Count what happened, over all histories."""

    commands = 0
    faults = 0
    kills = 0


class _History:
    """Play one history in a fresh workspace on a server that was emptied."""

    def __init__(self, world: World, chance: random.Random, context: ForkServerContext) -> None:
        self.world, self.chance, self.context = world, chance, context
        self.done: list[str] = []
        world.chance = chance

    def play(self) -> None:
        world = self.world
        world.proxy.play()
        for kind, slug in world.browser.contents():
            world.browser.delete(SORTS[kind], slug)
        world.desk = world.new_desk()
        steps: list[tuple[Callable[[], str], int]] = [
            (self._edit_here, 6),
            (self._edit_there, 6),
            (self._edit_both, 2),
            (self._create_here, 3),
            (self._create_there, 3),
            (self._delete_here, 2),
            (self._delete_there, 2),
            (self._rename_here, 1),
            (self._command, 17),
        ]
        for _ in range(_STEPS):
            step = self.chance.choices([each for each, _ in steps], weights=[weight for _, weight in steps])[0]
            self.done.append(step())
        self._settle()

    def _settle(self) -> None:
        """End in step: with clean runs both sides agree."""
        for words in (("pull", "--on-conflict", "theirs"), ("push", "--no-verify"), ("status", "--fetch")):
            self._run(words, None)
        there = self.world.browser.contents()
        for sort, slug, path in self._files():
            text = path.read_text()
            assert there.get((sort.kind, slug)) == text, f"at the end {sort.kind}/{slug} differs"

    def _command(self) -> str:
        words = self.chance.choices([each for each, _ in _COMMANDS], weights=[weight for _, weight in _COMMANDS])[0]
        if "--delete" in words:
            words = (*words, "--confirm-deletes", str(self._doomed()))
        fate = self.chance.random()
        if fate < 0.6:
            return self._run(words, None)
        fault, reach = self.chance.choice(_FAULTS), self.chance.randint(1, 9)
        if fate < 0.85:
            once = self.chance.random() < 0.5
            return self._run(words, lambda request: fault if _hits(request, reach, once=once) else None, str(fault))
        return self._run_and_kill(words, reach, after=self.chance.random() < 0.5)

    def _run(self, words: tuple[str, ...], script: Script | None, fault: str = "") -> str:
        world = self.world
        before, at_stake = self._kept(), self._at_stake()
        world.proxy.play(*([script] if script else []))
        done = world.desk.json(*words, expected=None)
        met = any(each.fault for each in world.proxy.record)
        world.proxy.play()
        _Tally.commands += 1
        _Tally.faults += met
        said = f"{' '.join(words)} {fault if met else ''} -> {done.exit_code}"
        assert done.exit_code in _EXITS, f"{said}: {done.err[-300:]}{done.out[-300:]}"
        if not met and words[0] == "status":
            assert done.exit_code == 0, said
        self._check_kept(before, at_stake, said)
        return said

    def _run_and_kill(self, words: tuple[str, ...], reach: int, *, after: bool) -> str:
        """Kill the process when its n-th request comes, or just after it was carried out."""
        world = self.world
        before, at_stake = self._kept(), self._at_stake()
        process = self.context.Process(
            target=run_here, args=(str(world.desk.folder), world.desk.token, words, os.environ.copy())
        )

        def script(request: Request) -> Fault | None:
            if request.number != reach or process.pid is None:
                return None
            os.kill(process.pid, signal.SIGKILL)
            # carried out and never heard of, or never carried out
            return Fault.LOST if after else Fault.RESET

        world.proxy.play(script)
        process.start()
        process.join(60)
        killed = process.exitcode == -signal.SIGKILL
        if process.is_alive():
            process.kill()
            process.join()
            raise AssertionError(f"{words} did not end")
        world.proxy.play()
        _Tally.commands += 1
        _Tally.kills += killed
        said = f"{' '.join(words)} {'killed' if killed else ''} -> {process.exitcode}"
        assert killed or process.exitcode in _EXITS, said
        self._check_kept(before, at_stake, said)
        return said

    def _at_stake(self) -> set[bytes]:
        """Name what a command may not lose: every body in the files, and every one on the server."""
        here = b"".join(path.read_bytes() for _, _, path in self._files())
        there = "".join(self.world.browser.contents().values()).encode()
        return set(_MARK.findall(here + there))

    def _kept(self) -> set[bytes]:
        """Name all that is still somewhere: on the server, in its history, in files, trash, conflicts or the mirror."""
        desk, browser = self.world.desk, self.world.browser
        found: set[bytes] = set()
        for path in desk.folder.rglob("*"):
            if path.is_file() and not path.name.startswith("mirror.db"):
                with contextlib.suppress(OSError):
                    found.update(_MARK.findall(path.read_bytes()))
        contents = browser.contents()
        found.update(_MARK.findall("".join(contents.values()).encode()))
        found.update(_MARK.findall(_mirror_text(desk)))
        return found

    def _check_kept(self, before: set[bytes], at_stake: set[bytes], said: str) -> None:
        lost = at_stake - self._kept()
        if lost:
            past = "".join(self.world.browser.past(SORTS[kind], slug) for kind, slug in self.world.browser.contents())
            lost -= set(_MARK.findall(past.encode()))
        assert not lost, f"{said}: lost {sorted(lost)}, of {len(before)}"

    def _doomed(self) -> int:
        here = {(sort.kind, slug) for sort, slug, _ in self._files()}
        return len(set(self.world.bases()) - here)

    def _files(self) -> list[tuple[Sort, str, Path]]:
        found = []
        for sort in SORTS.values():
            folder = self.world.desk.path(sort.folder)
            found += [(sort, path.stem, path) for path in sorted(folder.glob("*.py"))] if folder.is_dir() else []
        return found

    def _edit_here(self) -> str:
        files = self._files()
        if not files:
            return self._create_here()
        sort, slug, path = self.chance.choice(files)
        path.write_text(sort.source(self.world.mark()))
        return f"edit here {slug}"

    def _edit_there(self) -> str:
        there = sorted(self.world.browser.contents())
        if not there:
            return self._create_there()
        kind, slug = self.chance.choice(there)
        self.world.browser.update(SORTS[kind], slug, self.world.mark())
        return f"edit there {slug}"

    def _edit_both(self) -> str:
        both = [each for each in self._files() if (each[0].kind, each[1]) in self.world.browser.contents()]
        if not both:
            return self._create_here()
        sort, slug, path = self.chance.choice(both)
        path.write_text(sort.source(self.world.mark()))
        self.world.browser.update(sort, slug, self.world.mark())
        return f"edit both {slug}"

    def _create_here(self) -> str:
        if len(self._files()) >= _MOST_ALIVE:
            return self._edit_here()
        sort, slug = self.chance.choice((TOOL, FILTER)), self.world.slug()
        path = self.world.desk.path(sort.path(slug))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sort.source(self.world.mark()))
        return f"create here {slug}"

    def _create_there(self) -> str:
        if len(self.world.browser.contents()) >= _MOST_ALIVE:
            return self._edit_there()
        sort, slug = self.chance.choice((TOOL, FILTER)), self.world.slug()
        self.world.browser.create(sort, slug, self.world.mark())
        return f"create there {slug}"

    def _delete_here(self) -> str:
        files = self._files()
        if not files:
            return self._create_here()
        sort, slug, path = self.chance.choice(files)
        path.unlink()
        self.world.desk.path(sort.sidecar(slug)).unlink(missing_ok=True)
        return f"delete here {slug}"

    def _delete_there(self) -> str:
        there = sorted(self.world.browser.contents())
        if not there:
            return self._create_there()
        kind, slug = self.chance.choice(there)
        self.world.browser.delete(SORTS[kind], slug)
        return f"delete there {slug}"

    def _rename_here(self) -> str:
        files = self._files()
        if not files:
            return self._create_here()
        sort, slug, path = self.chance.choice(files)
        name = self.world.slug()
        path.rename(path.with_name(f"{name}.py"))
        sidecar = self.world.desk.path(sort.sidecar(slug))
        if sidecar.exists():
            sidecar.rename(sidecar.with_name(f"{name}.yaml"))
        return f"rename here {slug} {name}"


def _hits(request: Request, reach: int, *, once: bool) -> bool:
    if sort_of_request(request) == "probe" and reach > 2:
        return False
    return request.number == reach if once else request.number >= reach


def _mirror_text(desk: Desk) -> bytes:
    """Write out every value of the mirror, taken out of its compression."""
    mirror = desk.path("mirror.db")
    found = []
    if not mirror.exists():
        return b""
    with contextlib.closing(sqlite3.connect(mirror)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the mirror is damaged"
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    raw = value if isinstance(value, bytes) else str(value).encode()
                    with contextlib.suppress(zlib.error):
                        raw = zlib.decompress(raw)
                    found.append(raw)
    return b"\n".join(found)


def run_here(folder: str, token: str, words: tuple[str, ...], environment: dict[str, str]) -> None:
    """Run a command in this process, which may be killed at any moment."""
    os.environ.clear()
    os.environ.update(environment)
    raise SystemExit(Desk(Path(folder), token).json(*words, expected=None).exit_code)
