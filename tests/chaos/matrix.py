"""Every fault times everything that is asked of a server: a typed error, nothing deleted, and the next run mends it."""

from __future__ import annotations

import itertools
import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.proxy import Fault, Request, Script
from tests.chaos.result import Result
from tests.chaos.stage import FILTER, FLAVORS, SORTS, TOOL, Place, Sort, World, open_world

if TYPE_CHECKING:
    from tests.desk import Done

WHAT = "fault matrix: fault x request x kind x server x role x once or always"
BAR = 1_000
#: every fault on every request once
SHORT = 176
SMALL = 12

_OPERATIONS = ("probe", "list", "get", "create", "update", "delete", "access", "switch")
_ROLES = ("admin", "user")
_FAULTS = [fault for fault in Fault if fault is not Fault.ECHO]
_EXITS = (0, 1, 3, 4)
_STOCK = 4


@dataclass(frozen=True)
class Cell:
    """Name one cell."""

    fault: Fault
    operation: str
    kind: str
    flavor: str
    role: str
    always: bool

    def __str__(self) -> str:
        often = "always" if self.always else "once"
        return f"{self.fault} {often} on {self.operation} of a {self.kind} as {self.role} on {self.flavor}"

    @property
    def is_possible(self) -> bool:
        """Tell whether there is such a request at all."""
        if self.kind == FILTER.kind:
            return self.role == "admin" and self.operation != "access"
        return self.operation != "switch" and (self.operation != "access" or self.flavor == "owui-0.12")


def run(count: int, seed: int) -> Result:
    """Run `count` cells: every fault on every request first, then further kinds, servers and roles."""
    result = Result(seed)
    cells = _choose(count, random.Random(seed))
    by_world = sorted(cells, key=lambda cell: (cell.flavor, cell.role))
    for (flavor, role), group in itertools.groupby(by_world, key=lambda cell: (cell.flavor, cell.role)):
        with (
            tempfile.TemporaryDirectory(prefix="chaos-matrix-") as folder,
            open_world(Path(folder), flavor, role) as world,
        ):
            world.desk.cochat("pull")
            for cell in group:
                result.ran += 1
                _stock(world)
                try:
                    _Play(world, cell, result).run()
                except AssertionError as error:
                    result.fail(f"{cell}: {str(error)[:600]}")
                    world.proxy.play()
                    world.desk = world.new_desk()
                    world.desk.cochat("pull", expected=None)
    result.facts.append(f"{len({(cell.fault, cell.operation) for cell in cells})} pairs of fault and request")
    return result


def _choose(count: int, chance: random.Random) -> list[Cell]:
    every = [Cell(*each) for each in itertools.product(_FAULTS, _OPERATIONS, SORTS, FLAVORS, _ROLES, (False, True))]
    possible = [cell for cell in every if cell.is_possible]
    chance.shuffle(possible)
    seen: dict[tuple[Fault, str], int] = {}
    ranked = []
    for cell in possible:
        pair = cell.fault, cell.operation
        seen[pair] = seen.get(pair, 0) + 1
        ranked.append((seen[pair], len(ranked), cell))
    return [cell for _, _, cell in sorted(ranked)[:count]]


def _stock(world: World) -> None:
    """Give the desk's owner some plugins where few are left, and let the desk pull them."""
    for sort in SORTS.values() if world.role == "admin" else (TOOL,):
        have = sum(kind == sort.kind for kind, _ in world.bases())
        for _ in range(_STOCK if have < _STOCK else 0):
            path = world.desk.path(sort.path(world.slug()))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(sort.source(world.mark()))
    world.desk.cochat("push", "--no-verify")


def sort_of_request(request: Request) -> str:
    """Name the operation that a request belongs to."""
    path = request.path.partition("?")[0]
    if not path.startswith(tuple(sort.api for sort in SORTS.values())) or "asks_for_nothing" in path:
        return "probe"
    if request.method == "GET":
        return "get" if "/id/" in path else "list"
    last = path.rsplit("/", 1)[1]
    if path.endswith("/access/update"):
        return "access"
    return "switch" if "/toggle" in path else last


class _Play:
    """Carry one cell through."""

    def __init__(self, world: World, cell: Cell, result: Result) -> None:
        self.world, self.cell, self.result = world, cell, result
        self.sort: Sort = SORTS[cell.kind]
        self.mark = world.mark()

    def run(self) -> None:
        world, desk = self.world, self.world.desk
        slug = self._prepare()
        here, there, agreed = desk.files(), world.browser.wires(), world.bases()
        trash = self._trash()
        world.proxy.play(self._script())
        done = desk.json(*self._command(), expected=None)
        hits = [each for each in world.proxy.record if each.fault is not None]
        world.proxy.play()
        assert hits, f"the fault met no request: {done.err[-300:]}"
        self._check_said(done, slug)
        self._check_untouched(slug, here, there, agreed, trash)
        if done.exit_code == 0:
            assert self._is_reached(slug), f"it says that it is done, and it is not: {done.out[-400:]}"
        self._converge(slug)

    def _prepare(self) -> str:
        """Make the edit that leads to the request; the id of what it is about."""
        world, desk, sort, operation = self.world, self.world.desk, self.sort, self.cell.operation
        mine = sorted(slug for kind, slug in world.bases() if kind == sort.kind)
        slug = world.slug() if operation == "create" else random.Random(self.mark).choice(mine)
        path, sidecar = desk.path(sort.path(slug)), desk.path(sort.sidecar(slug))
        if operation in ("probe", "list"):
            world.browser.update(sort, slug, self.mark)
        elif operation == "delete":
            path.unlink()
            sidecar.unlink(missing_ok=True)
        elif operation == "access":
            sidecar.write_text("access: private\n" if self._is_on(slug) else "access: public\n")
        elif operation == "switch":
            sidecar.write_text("active: false\n" if self._is_on(slug) else "active: true\n")
        else:
            path.write_text(sort.source(self.mark))
        self.was_on = operation in ("access", "switch") and self._is_on(slug)
        return slug

    def _is_on(self, slug: str) -> bool:
        wire = self.world.browser.wires()[self.sort.kind, slug]
        return bool(wire["is_active"] if self.cell.operation == "switch" else wire["access_grants"])

    def _command(self) -> tuple[str, ...]:
        if self.cell.operation in ("probe", "list"):
            return ("pull",)
        delete = ("--delete", "--confirm-deletes", "1") if self.cell.operation == "delete" else ()
        return ("push", "--no-verify", *delete)

    def _script(self) -> Script:
        hit = False

        def script(request: Request) -> Fault | None:
            nonlocal hit
            if sort_of_request(request) != self.cell.operation or (hit and not self.cell.always):
                return None
            hit = True
            return self.cell.fault

        return script

    def _check_said(self, done: Done, slug: str) -> None:
        assert done.exit_code in _EXITS, f"exit {done.exit_code}: {done.err[-600:]}"
        assert "Traceback" not in done.err, done.err[-600:]
        said = json.loads(done.out)
        deleted = [each["ref"] for each in said.get("items", []) if each["action"].startswith("delete-")]
        if self.cell.operation == "delete":
            deleted = [ref for ref in deleted if not ref.endswith(f"/{slug}")]
        assert deleted == [], f"deletions are planned: {deleted}"

    def _check_untouched(
        self,
        slug: str,
        here: dict[str, bytes],
        there: dict[Place, dict[str, object]],
        agreed: dict[Place, tuple[object, ...]],
        trash: set[str],
    ) -> None:
        world, desk, mine = self.world, self.world.desk, (self.sort.kind, slug)
        after = desk.files()
        touched = {path for path in {*here, *after} if here.get(path) != after.get(path)}
        allowed = {self.sort.path(slug), self.sort.sidecar(slug)} if self._command() == ("pull",) else set()
        assert touched - allowed - {"cochat.lock"} == set(), f"files changed: {touched}"
        wires = world.browser.wires()
        moved = {place for place in {*there, *wires} if there.get(place) != wires.get(place)} - {mine}
        assert moved == set(), f"others moved on the server: {moved}"
        bases = world.bases()
        shifted = {place for place in {*agreed, *bases} if agreed.get(place) != bases.get(place)}
        assert shifted - {mine} == set(), f"the bases of others moved: {shifted}"
        if mine in shifted:
            assert self._is_reached(slug), "the base moved, and the two sides do not agree"
        assert self._trash() == trash, "something went into the trash"

    def _is_reached(self, slug: str) -> bool:
        """Tell whether both sides now hold what the edit wanted."""
        wire = self.world.browser.wires().get((self.sort.kind, slug))
        if self.cell.operation == "delete":
            return wire is None
        if wire is None:
            return False
        if self.cell.operation in ("access", "switch"):
            return self._is_on(slug) != self.was_on
        text = self.world.desk.path(self.sort.path(slug)).read_text()
        return self.mark in text and text == wire["content"]

    def _converge(self, slug: str) -> None:
        desk = self.world.desk
        desk.cochat("pull")
        desk.cochat(*(("push", "--no-verify") if self._command() == ("pull",) else self._command()))
        desk.cochat("status", "--fetch", "--exit-code")
        assert self._is_reached(slug), "two clean runs later it is not done"

    def _trash(self) -> set[str]:
        trash = self.world.desk.path(".cochat/trash")
        return {place.as_posix() for place in trash.rglob("*") if place.is_file()}
