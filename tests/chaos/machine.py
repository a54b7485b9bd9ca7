"""Random histories of the whole engine, faults and kills included: no command ever makes a body vanish."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import sqlite3
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.proxy import Fault, Request, Script
from tests.chaos.result import Result
from tests.chaos.sorts import FLAVORS, Sort, each_sort, marks_in, operation_of, sort_named, sorts_of
from tests.chaos.stage import World, open_world, unproven
from tests.desk import Desk, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerContext

WHAT = "state machine: histories of 50 steps, edits on both sides, faults and kills"
BAR = 2_000
SHORT = 12
SMALL = 2

_STEPS = 50
#: what names a run, a conflict, a version or a plan may name one that is gone by now, and that is a mistake of usage
_EXITS = (0, 1, 2, 3, 4)
_FAULTS = (Fault.RESET, Fault.LOST, Fault.TRUNCATED, Fault.FAILED, Fault.FAILED_AFTER, Fault.LOGIN_PAGE, Fault.SHRUNK)
_MOST_ALIVE = 10
_PLAN = "plan.json"


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
                result.count()
                try:
                    history.play()
                except AssertionError as error:
                    result.fail(f"history {own}: {str(error)[:500]}\n{history.tell()}")
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
        self.world.start_over()
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

    def tell(self) -> str:
        """Tell what was done, and what the workspace says of it."""
        told = [self.world.desk.json(*words, expected=None).out[:4000] for words in (("status",), ("undo",))]
        return "\n".join([*self.done, *told])

    def _settle(self) -> None:
        """End in step: with clean runs both sides agree."""
        for words in (
            ("pull", "--on-conflict", "theirs"),
            ("push", "--no-verify"),
            ("pull", "--on-conflict", "theirs"),
        ):
            self._run(words, None)
        there = self.world.browser.contents()
        files = [(sort.kind, slug) for sort, slug in self._files()]
        left_here = unproven(self.world.flavor, files, there)
        for sort, slug in self._files():
            if (sort.kind, slug) in left_here:
                continue
            agrees = sort.agrees(self.world.desk.folder, slug, there.get((sort.kind, slug)))
            assert agrees, f"at the end {sort.kind}/{slug} differs"

    def _command(self) -> str:
        commands: list[tuple[Callable[[], tuple[str, ...]], int]] = [
            (lambda: ("pull",), 6),
            (lambda: ("push", "--no-verify"), 6),
            (lambda: ("push", "--no-verify", "--atomic"), 1),
            (lambda: ("push", "--no-verify", "--delete", "--confirm-deletes", str(self._doomed())), 2),
            (lambda: ("pull", "--on-conflict", "ours"), 1),
            (lambda: ("pull", "--on-conflict", "theirs"), 1),
            (lambda: ("status", "--fetch"), 1),
            (lambda: ("push", "--no-verify", "--delete", "--out", _PLAN), 1),
            (lambda: ("apply", _PLAN, "--confirm-deletes", str(self._doomed())), 2),
            (lambda: ("undo", str(self._some_run()), "--confirm-deletes", str(self.chance.randint(0, 2))), 2),
            (lambda: ("resolve", self._some_conflict(), self.chance.choice(("--ours", "--theirs", "--merge"))), 2),
            (lambda: ("restore", f"{self._some_ref()}@{self.chance.randint(1, 4)}"), 1),
        ]
        words = self.chance.choices([each for each, _ in commands], weights=[weight for _, weight in commands])[0]()
        fate = self.chance.random()
        if fate < 0.6:
            return self._run(words, None)
        fault, reach = self.chance.choice(_FAULTS), self.chance.randint(1, 9)
        if fate < 0.85:
            once = self.chance.random() < 0.5

            def script(request: Request) -> Fault | None:
                return fault if _hits(request, reach, once=once) and self._leaves_a_trace(fault, request) else None

            return self._run(words, script, str(fault))
        return self._run_and_kill(words, reach, after=self.chance.random() < 0.5)

    def _leaves_a_trace(self, fault: Fault, request: Request) -> bool:
        """Tell whether a fault can be noticed: a bare list of what can only be listed looks whole."""
        flavor = self.world.flavor
        bare = {sort.there[flavor].listing for sort in sorts_of(flavor) if not sort.there[flavor].has_item}
        return fault is not Fault.SHRUNK or request.path not in bare

    def _some_run(self) -> int:
        """Choose one of the newest runs."""
        told = self.world.desk.json("undo", expected=None)
        runs = [each["run"] for each in told.json.get("runs", ())] if told.exit_code == 0 else []
        return int(self.chance.choice(runs[:4])) if runs else 1

    def _some_conflict(self) -> str:
        """Choose a conflict where there is one."""
        told = self.world.desk.json("status", expected=None)
        found = [each["ref"] for each in told.json.get("conflicts", ())]
        return str(self.chance.choice(found)) if found else self._some_ref()

    def _some_ref(self) -> str:
        files = self._files()
        if not files:
            return "tool/none"
        sort, slug = self.chance.choice(files)
        return f"{sort.kind}/{slug}"

    def _run(self, words: tuple[str, ...], script: Script | None, fault: str = "") -> str:
        world = self.world
        at_stake = self._at_stake()
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
        self._check_kept(at_stake, said)
        return said

    def _run_and_kill(self, words: tuple[str, ...], reach: int, *, after: bool) -> str:
        """Kill the process when its n-th request comes, or just after it was carried out."""
        world = self.world
        at_stake = self._at_stake()
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
        self._check_kept(at_stake, said)
        return said

    def _at_stake(self) -> set[str]:
        """Name what a command may not lose: every body in the files, and every one on the server."""
        here = "".join(sort.raw(self.world.desk.folder, slug) for sort, slug in self._files())
        return marks_in(here + "".join(self.world.browser.contents().values()))

    def _kept(self) -> set[str]:
        """Name all that is still somewhere: on the server, in files, trash, conflicts or the mirror."""
        desk = self.world.desk
        found = [*self.world.browser.contents().values(), mirror_text(desk)]
        for path in desk.folder.rglob("*"):
            if path.is_file() and not path.name.startswith("mirror.db"):
                with contextlib.suppress(OSError):
                    found.append(path.read_bytes().decode(errors="replace"))
        return marks_in("".join(found))

    def _check_kept(self, at_stake: set[str], said: str) -> None:
        lost = at_stake - self._kept()
        if lost:
            browser, flavor = self.world.browser, self.world.flavor
            past = "".join(browser.past(sort_named(kind, flavor), slug) for kind, slug in browser.wires())
            lost -= marks_in(past)
        assert not lost, f"{said}: lost {sorted(lost)}"

    def _doomed(self) -> int:
        here = {(sort.kind, slug) for sort, slug in self._files()}
        return len(set(self.world.bases()) - here)

    def _files(self) -> list[tuple[Sort, str]]:
        return list(each_sort(self.world.flavor, self.world.desk.folder))

    def _there(self) -> list[tuple[Sort, str]]:
        return [(sort_named(kind, self.world.flavor), slug) for kind, slug in sorted(self.world.browser.wires())]

    def _edit_here(self) -> str:
        files = self._files()
        if not files:
            return self._create_here()
        sort, slug = self.chance.choice(files)
        sort.save(self.world.desk.folder, slug, self.world.mark())
        return f"edit here {sort.kind}/{slug}"

    def _edit_there(self) -> str:
        there = self._there()
        if not there:
            return self._create_there()
        sort, slug = self.chance.choice(there)
        self.world.browser.update(sort, slug, self.world.mark())
        return f"edit there {sort.kind}/{slug}"

    def _edit_both(self) -> str:
        there = self._there()
        both = [each for each in self._files() if each in there]
        if not both:
            return self._create_here()
        sort, slug = self.chance.choice(both)
        if self.chance.random() < 0.5:
            # different places of one body, which can be merged
            sort.append(self.world.desk.folder, slug, f"# {self.world.mark()}")
            self.world.browser.prepend(sort, slug, f"# {self.world.mark()}")
        else:
            sort.save(self.world.desk.folder, slug, self.world.mark())
            self.world.browser.update(sort, slug, self.world.mark())
        return f"edit both {sort.kind}/{slug}"

    def _create_here(self) -> str:
        if len(self._files()) >= _MOST_ALIVE:
            return self._edit_here()
        sort, slug = self.chance.choice(sorts_of(self.world.flavor)), self.world.slug()
        sort.save(self.world.desk.folder, slug, self.world.mark())
        return f"create here {sort.kind}/{slug}"

    def _create_there(self) -> str:
        if len(self._there()) >= _MOST_ALIVE:
            return self._edit_there()
        sort, slug = self.chance.choice(sorts_of(self.world.flavor)), self.world.slug()
        self.world.browser.create(sort, slug, self.world.mark())
        return f"create there {sort.kind}/{slug}"

    def _delete_here(self) -> str:
        files = self._files()
        if not files:
            return self._create_here()
        sort, slug = self.chance.choice(files)
        sort.delete(self.world.desk.folder, slug)
        return f"delete here {sort.kind}/{slug}"

    def _delete_there(self) -> str:
        there = self._there()
        if not there:
            return self._create_there()
        sort, slug = self.chance.choice(there)
        self.world.browser.delete(sort, slug)
        return f"delete there {sort.kind}/{slug}"

    def _rename_here(self) -> str:
        files = self._files()
        if not files:
            return self._create_here()
        sort, slug = self.chance.choice(files)
        name = self.world.slug()
        sort.rename(self.world.desk.folder, slug, name)
        return f"rename here {sort.kind}/{slug} {name}"


def _hits(request: Request, reach: int, *, once: bool) -> bool:
    if operation_of(request.method, request.path) == "probe" and reach > 2:
        return False
    return request.number == reach if once else request.number >= reach


def mirror_text(desk: Desk) -> str:
    """Write out every value of the mirror, taken out of its compression."""
    mirror = desk.path("mirror.db")
    found = []
    if not mirror.exists():
        return ""
    with contextlib.closing(sqlite3.connect(mirror)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the mirror is damaged"
        for _table, row in rows_of(database):
            for value in row:
                raw = value if isinstance(value, bytes) else str(value).encode()
                with contextlib.suppress(zlib.error):
                    raw = zlib.decompress(raw)
                found.append(raw)
    return b"\n".join(found).decode(errors="replace")


def run_here(folder: str, token: str, words: tuple[str, ...], environment: dict[str, str]) -> None:
    """Run a command in this process, which may be killed at any moment."""
    os.environ.clear()
    os.environ.update(environment)
    raise SystemExit(Desk(Path(folder), token).json(*words, expected=None).exit_code)
