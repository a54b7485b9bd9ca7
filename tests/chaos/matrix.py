"""Every fault times everything that is asked of a server: a typed error, nothing deleted, and the next run mends it."""

from __future__ import annotations

import itertools
import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.kinds import kind_named
from cochat_devkit.kinds.dialects import dialect_named
from tests.chaos.proxy import Fault, Request, Script
from tests.chaos.result import Result
from tests.chaos.sorts import FILTER, FLAVORS, SORTS, TOOL, Sort, kind_of_request, kinds_of, operation_of
from tests.chaos.stage import Place, World, open_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.chaos.sorts import There, Wire
    from tests.desk import Done

WHAT = "fault matrix: fault x request x kind x server x role x once or always, pulled, pushed, or planned and applied"
BAR = 1_000
SHORT = 120
SMALL = 12

#: what is asked of a server, and where there is such a request: by (sort, how it is there, flavor)
_OPERATIONS: dict[str, Callable[[Sort, There, str], bool]] = {
    "probe": lambda _sort, _there, _flavor: True,
    "list": lambda _sort, _there, _flavor: True,
    "page": lambda _sort, there, _flavor: there.is_paged,
    "get": lambda _sort, there, _flavor: there.has_item,
    "create": lambda _sort, _there, _flavor: True,
    "update": lambda _sort, _there, _flavor: True,
    "delete": lambda _sort, _there, _flavor: True,
    "access": lambda sort, _there, flavor: sort is TOOL and flavor == "owui-0.12",
    "switch": lambda sort, _there, _flavor: sort is FILTER,
    "files": lambda _sort, there, _flavor: there.files is not None,
    "content": lambda _sort, there, _flavor: there.files is not None,
    "upload": lambda _sort, there, _flavor: there.files is not None,
    "attach": lambda _sort, there, _flavor: there.files is not None,
    "detach": lambda _sort, there, _flavor: there.files is not None,
    "search": lambda _sort, there, _flavor: there.files is not None,
}
_PULLED = ("probe", "list", "page", "files", "content")
_LISTED = ("list", "page")
#: as a server answers for an endpoint that it does not have, or not for us; that we are signed in, it says elsewhere
_SAYS_ABSENT = (Fault.LOGIN_PAGE, Fault.LOGIN_PAGE_AFTER, Fault.FORBIDDEN, Fault.SIGNED_OUT)
_ROLES = ("admin", "user")
_FAULTS = [fault for fault in Fault if fault is not Fault.ECHO]
_EXITS = (0, 1, 3, 4)
_STOCK = 3
#: more than one page
_PAGES = 32
_PLAN = "plan.json"
#: what moves by itself
_VOLATILE = ("next_run_at", "next_runs", "last_run")


@dataclass(frozen=True)
class Cell:
    """Name one cell. `is_planned`: the write is planned first, and the plan applied."""

    fault: Fault
    operation: str
    sort: str
    flavor: str
    role: str
    always: bool
    is_planned: bool

    def __str__(self) -> str:
        often = "always" if self.always else "once"
        how = " by a plan" if self.is_planned else ""
        return f"{self.fault} {often} on {self.operation} of {self.sort} as {self.role} on {self.flavor}{how}"

    @property
    def is_possible(self) -> bool:
        """Tell whether there is such a request at all; an ordinary user here may write tools, and nothing else."""
        sort = SORTS[self.sort]
        there = sort.there.get(self.flavor)
        if there is None or (self.role == "user" and sort is not TOOL):
            return False
        if self.is_planned and self.operation in _PULLED:
            return False
        is_less_each_time = self.always and self.operation == "list" and self.fault in (Fault.SHRUNK, Fault.FEWER)
        if is_less_each_time and not there.has_item and not there.is_paged:
            # what can only be listed, and is listed no more whenever one asks, was deleted there
            return False
        return _OPERATIONS[self.operation](sort, there, self.flavor)


def run(count: int, seed: int) -> Result:
    """Run `count` cells: every fault on every request first, then further kinds, servers and roles."""
    cells = _choose(count, random.Random(seed))
    result = run_cells(cells, seed)
    result.facts.append(f"{len({(cell.fault, cell.operation) for cell in cells})} pairs of fault and request")
    return result


def run_cells(cells: Iterable[Cell], seed: int) -> Result:
    """Run these cells, those of a server and a role one after the other in one world."""
    result = Result(seed)
    by_world = sorted(cells, key=lambda cell: (cell.flavor, cell.role))
    for (flavor, role), group in itertools.groupby(by_world, key=lambda cell: (cell.flavor, cell.role)):
        with (
            tempfile.TemporaryDirectory(prefix="chaos-matrix-") as folder,
            open_world(Path(folder), flavor, role) as world,
        ):
            world.desk.cochat("pull")
            for cell in group:
                result.count()
                _stock(world, SORTS[cell.sort], at_least=_PAGES if cell.operation == "page" else _STOCK)
                try:
                    _Play(world, cell).run()
                except AssertionError as error:
                    result.fail(f"{cell}: {str(error)[:600]}")
                    world.proxy.play()
                    world.desk = world.new_desk()
                    world.desk.cochat("pull", expected=None)
    return result


def every_cell() -> list[Cell]:
    """List all the cells that there are."""
    every = itertools.product(_FAULTS, _OPERATIONS, SORTS, FLAVORS, _ROLES, *[(False, True)] * 2)
    return [cell for cell in itertools.starmap(Cell, every) if cell.is_possible]


def _choose(count: int, chance: random.Random) -> list[Cell]:
    possible = every_cell()
    chance.shuffle(possible)
    seen: dict[tuple[Fault, str], int] = {}
    ranked = []
    for cell in possible:
        pair = cell.fault, cell.operation
        seen[pair] = seen.get(pair, 0) + 1
        ranked.append((seen[pair], len(ranked), cell))
    return [cell for _, _, cell in sorted(ranked)[:count]]


def _stock(world: World, sort: Sort, *, at_least: int) -> None:
    """Give the desk's owner some of everything, and enough of a sort, and let the desk pull them."""
    desk = world.desk
    for each in kinds_of(world.flavor).values() if world.role == "admin" else (TOOL,):
        have, wanted = len(each.slugs(desk.folder)), at_least if each.kind == sort.kind else 1
        for _ in range(wanted - have):
            each.save(desk.folder, world.slug(), world.mark())
    for _ in range(_STOCK - len(sort.slugs(desk.folder))):
        sort.save(desk.folder, world.slug(), world.mark())
    desk.cochat("push", "--no-verify")
    # the second time round both sides are known to agree, and the listings to be comparable
    desk.cochat("pull")


class _Play:
    """Carry one cell through."""

    def __init__(self, world: World, cell: Cell) -> None:
        self.world, self.cell = world, cell
        self.sort: Sort = SORTS[cell.sort]
        self.mark = world.mark()

    def run(self) -> None:
        world, desk = self.world, self.world.desk
        slug = self._prepare()
        if self.cell.is_planned:
            desk.cochat(*self._push(), "--out", _PLAN)
        here, there, agreed = desk.files(), self._wires(), world.bases()
        trash = self._trash()
        world.proxy.play(self._script())
        done = desk.json(*self._command(), expected=None)
        hits = [each for each in world.proxy.record if each.fault is not None]
        asked = [f"{each.request.method} {each.request.path}" for each in world.proxy.record]
        world.proxy.play()
        assert hits, f"the fault met no request, of {asked}: {done.err[-300:]}"
        self._check_said(done, slug)
        self._check_untouched(slug, here, there, agreed, trash)
        if done.exit_code == 0:
            is_done = self._is_left_out(done, slug) or self._is_unproven(done, slug) or self._is_reached(slug)
            assert is_done, f"it says it is done, and it is not: {done.out[-400:]}"
        self._converge(slug)

    def _is_left_out(self, done: Done, slug: str) -> bool:
        """Tell whether it is about a kind that not every such server has, and the listing said that this one has not.

        Whether the kind is absent or its listing fails in just that way nobody can tell, so it is left out, and said
        to be: the files stay, and the exit code is that of the rest.
        """
        dialect = dialect_named(self.cell.flavor)
        may_be_absent = kind_named(self.sort.kind)[0].endpoints_for(dialect).may_be_absent
        says_so = self.cell.operation in _LISTED and self.cell.fault in _SAYS_ABSENT
        return may_be_absent and says_so and _is_skipped(done, slug) and " are left out: " in done.err

    def _is_unproven(self, done: Done, slug: str) -> bool:
        """Tell whether it was not listed in a way that proves nothing, and that is said.

        So it is with an empty list of what can only be listed, and with pages that are fewer than they say.
        """
        if self.cell.operation not in _LISTED or not _is_skipped(done, slug):
            return False
        is_empty = self.cell.fault is Fault.EMPTY and not self.sort.there[self.cell.flavor].has_item
        return is_empty or " moved while it was read: " in done.err

    def _prepare(self) -> str:
        """Make the edit that leads to the request; the id of what it is about."""
        world, root, sort, operation = self.world, self.world.desk.folder, self.sort, self.cell.operation
        mine = sort.slugs(root)
        slug = world.slug() if operation == "create" else random.Random(self.mark).choice(mine)
        self.was_on = operation in _SIDECARS and self._is_on(slug)
        if operation in _PULLED:
            world.browser.update(sort, slug, self.mark)
        elif operation == "delete":
            sort.delete(root, slug)
        elif operation in _SIDECARS:
            (root / sort.siblings[0].format(slug=slug)).write_text(_SIDECARS[operation][self.was_on])
        else:
            sort.save(root, slug, self.mark)
        return slug

    def _is_on(self, slug: str) -> bool:
        wire = self.world.browser.wires([self.sort])[self.sort.kind, slug]
        return bool(wire["is_active"] if self.cell.operation == "switch" else wire["access_grants"])

    def _push(self) -> tuple[str, ...]:
        delete = ("--delete", "--confirm-deletes", "1") if self.cell.operation == "delete" else ()
        return ("push", "--no-verify", *delete)

    def _command(self) -> tuple[str, ...]:
        if self.cell.operation in _PULLED:
            return ("pull",)
        return ("apply", _PLAN, "--confirm-deletes", "1") if self.cell.is_planned else self._push()

    def _script(self) -> Script:
        hit = False

        def script(request: Request) -> Fault | None:
            nonlocal hit
            operation, kind = operation_of(request.method, request.path), kind_of_request(request.path)
            is_meant = operation == self.cell.operation and (operation == "probe" or kind == self.sort.kind)
            if not is_meant or (hit and not self.cell.always):
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
        there: dict[Place, Wire],
        agreed: dict[Place, tuple[object, ...]],
        trash: set[str],
    ) -> None:
        world, desk, mine = self.world, self.world.desk, (self.sort.kind, slug)
        after = desk.files()
        touched = {path for path in {*here, *after} if here.get(path) != after.get(path)}
        allowed = self.sort.own_paths(slug) if self._command() == ("pull",) else set()
        assert touched - allowed - {"cochat.lock"} == set(), f"files changed: {touched}"
        wires = self._wires()
        moved = {place for place in {*there, *wires} if there.get(place) != wires.get(place)} - {mine}
        assert moved == set(), f"others moved on the server: {moved}"
        bases = world.bases()
        shifted = {place for place in {*agreed, *bases} if agreed.get(place) != bases.get(place)}
        assert shifted - {mine} == set(), f"the bases of others moved: {shifted}"
        if mine in shifted and self.sort.is_one_request:
            assert self._is_reached(slug), "the base moved, and the two sides do not agree"
        assert self._trash() == trash, "something went into the trash"

    def _wires(self) -> dict[Place, Wire]:
        found = self.world.browser.wires()
        return {
            place: {key: each for key, each in wire.items() if key not in _VOLATILE} for place, wire in found.items()
        }

    def _is_reached(self, slug: str) -> bool:
        """Tell whether both sides now hold what the edit wanted."""
        there = self.world.browser.contents().get((self.sort.kind, slug))
        if self.cell.operation == "delete":
            return there is None
        if there is None:
            return False
        if self.cell.operation in _SIDECARS:
            return self._is_on(slug) != self.was_on
        return self.mark in there and self.sort.agrees(self.world.desk.folder, slug, there)

    def _converge(self, slug: str) -> None:
        desk = self.world.desk
        desk.cochat("pull")
        desk.cochat(*self._push())
        desk.cochat("status", "--fetch", "--exit-code")
        assert self._is_reached(slug), "two clean runs later it is not done"

    def _trash(self) -> set[str]:
        trash = self.world.desk.path(".cochat/trash")
        return {place.as_posix() for place in trash.rglob("*") if place.is_file()}


def _is_skipped(done: Done, slug: str) -> bool:
    return {each["action"] for each in done.json["items"] if each["ref"].endswith(f"/{slug}")} == {"skip"}


#: by operation: what a sidecar says to turn it on, and to turn it off
_SIDECARS = {
    "access": ("access: public\n", "access: private\n"),
    "switch": ("active: true\n", "active: false\n"),
}
