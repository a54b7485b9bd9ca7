"""The automations of the 0.12 generation on the local server: their owners' alone, and never run.

Source: Open WebUI 0.12.4, routers/automations.py and models/automations.py; checked by
tests/contract/test_automations.py.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.server import pages
from cochat_devkit.server.moments import Moments
from cochat_devkit.server.quirks import NOT_FOUND_404, UNAUTHORIZED, Refusal
from cochat_devkit.server.recurrence import RuleRefused, next_moments_ns
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.store import Table

_NOT_ALLOWED = Refusal(403, UNAUTHORIZED)
_SHOWN_RUNS = 5
#: what the real server writes down where the model of an automation is not there
_RUN_ERROR = "400: Model not found"


@dataclass(frozen=True)
class AutomationWish:
    """Hold what the list is asked for; what was not said is None."""

    query: str | None = None
    status: str | None = None
    folder_id: str | None = None
    page: int = 1

    def wants(self, row: Wire) -> bool:
        """Tell whether an automation is asked for."""
        if self.folder_id and row["folder_id"] != self.folder_id:
            return False
        if self.status in ("active", "paused") and row["is_active"] != (self.status == "active"):
            return False
        return not self.query or self._is_found_in(row)

    def _is_found_in(self, row: Wire) -> bool:
        query = str(self.query)
        written = json.dumps(row["data"], ensure_ascii=False)
        return pages.is_like(f"%{query}%", row["name"]) or query.casefold() in written.casefold()


class Automations:
    """Keep automations. Every method answers as the real server does, or raises its refusal."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._moments = Moments(context.clock)
        self._rows: Table[Wire] = context.store.table("automations", parse=_as_it_is, dump=_as_it_is)
        self._runs: Table[Wire] = context.store.table("automation runs", parse=_as_it_is, dump=_as_it_is)

    def list_page(self, caller: Caller, wish: AutomationWish) -> Wire:
        """List one page of one's own, the newest first; when they will run is not told."""
        self._refuse_unpermitted(caller)
        own = [row for row in reversed(self._rows.all()) if row["user_id"] == caller.id and wish.wants(row)]
        shown = pages.cut_page(own, wish.page)
        return {"items": [self._shape(row, next_runs=None) for row in shown], "total": len(own)}

    def show(self, caller: Caller, id_: str) -> Wire:
        """Show one, with when it will run."""
        row = self._find(caller, id_)
        return self._shape(row, next_runs=_next_runs(row["data"]["rrule"]))

    def create(self, caller: Caller, form: Wire) -> Wire:
        """Make one."""
        self._refuse_unpermitted(caller)
        next_runs = self._check(form)
        now = self._moments.now_ns()
        row = {
            "id": str(uuid.uuid4()),
            "user_id": caller.id,
            **{key: form[key] for key in ("folder_id", "name", "data", "meta")},
            "is_active": form["is_active"] is not False,
            "last_run_at": None,
            "next_run_at": next_runs[0],
            "created_at": now,
            "updated_at": now,
        }
        return self._shape(self._put(row), next_runs=next_runs)

    def update(self, caller: Caller, id_: str, form: Wire) -> Wire:
        """Write one anew: what the form leaves out is lost, but for the switch."""
        self._find(caller, id_)
        next_runs = self._check(form)
        with self._context.store.writing():
            row = self._find(caller, id_)
            written = {key: form[key] for key in ("folder_id", "name", "data", "meta")}
            is_active = row["is_active"] if form["is_active"] is None else form["is_active"]
            moved = {"is_active": is_active, "next_run_at": next_runs[0], "updated_at": self._moments.now_ns()}
            return self._shape(self._put({**row, **written, **moved}), next_runs=next_runs)

    def flip(self, caller: Caller, id_: str) -> Wire:
        """Turn the switch over; off, there is no next run."""
        next_runs = _next_runs(self._find(caller, id_)["data"]["rrule"])
        with self._context.store.writing():
            row = self._find(caller, id_)
            is_active = not row["is_active"]
            flipped = {
                "is_active": is_active,
                "next_run_at": next_runs[0] if is_active and next_runs else None,
                "updated_at": self._moments.now_ns(),
            }
            return self._shape(self._put({**row, **flipped}), next_runs=next_runs)

    def run(self, caller: Caller, id_: str) -> Wire:
        """Answer that it runs, and write down that it failed: here is no model to run it with."""
        next_runs = _next_runs(self._find(caller, id_)["data"]["rrule"])
        with self._context.store.writing():
            row = self._put({**self._find(caller, id_), "last_run_at": self._moments.now_ns()})
            answer = self._shape(row, next_runs=next_runs)
            run = {
                "id": str(uuid.uuid4()),
                "automation_id": id_,
                "chat_id": str(uuid.uuid4()),
                "status": "error",
                "error": _RUN_ERROR,
                "created_at": self._moments.now_ns(),
            }
            self._runs.put(id_, {"runs": [run, *self._runs_of(id_)]})
        return answer

    def runs(self, caller: Caller, id_: str, *, skip: int, limit: int) -> list[Wire]:
        """List the runs of one, the newest first."""
        self._find(caller, id_)
        return self._runs_of(id_)[skip : skip + limit]

    def delete(self, caller: Caller, id_: str) -> bool:
        """Take one out, its runs too."""
        with self._context.store.writing():
            self._find(caller, id_)
            self._rows.remove(id_)
            self._runs.remove(id_)
        return True

    def _check(self, form: Wire) -> list[int]:
        """Refuse what cannot be; else tell when it will run."""
        target = form["data"]["target"] or {}
        # neither folders nor channels are kept here, so none is ever there
        if form["folder_id"] is not None or target.get("type") == "channel":
            raise refused(NOT_FOUND_404)
        try:
            return next_moments_ns(form["data"]["rrule"], count=_SHOWN_RUNS)
        except RuleRefused as error:
            raise refused(Refusal(400, str(error))) from error

    def _find(self, caller: Caller, id_: str) -> Wire:
        """Find one of one's own; others' are not there, not for admins either."""
        self._refuse_unpermitted(caller)
        row = self._rows.get(id_)
        if row is None or row["user_id"] != caller.id:
            raise refused(NOT_FOUND_404)
        return row

    def _refuse_unpermitted(self, caller: Caller) -> None:
        if not (caller.is_admin or caller.is_permitted("features", "automations")):
            raise refused(_NOT_ALLOWED)

    def _put(self, row: Wire) -> Wire:
        with self._context.store.writing():
            self._rows.put(row["id"], row)
        return row

    def _runs_of(self, id_: str) -> list[Wire]:
        kept = self._runs.get(id_)
        return list(kept["runs"]) if kept else []

    def _shape(self, row: Wire, *, next_runs: Json) -> Wire:
        runs = self._runs_of(row["id"])
        return {**row, "last_run": runs[0] if runs else None, "next_runs": next_runs}


def _next_runs(rule: str) -> list[int]:
    """Tell when a kept rule comes next; nothing where it is over by now."""
    try:
        return next_moments_ns(rule, count=_SHOWN_RUNS)
    except RuleRefused:
        return []


def _as_it_is(row: Wire) -> Wire:
    return row
