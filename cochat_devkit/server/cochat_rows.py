"""What CoChat has and no other server: its agents, its skills, its automations.

No host of CoChat was seen: the addresses are those of its reference and of its public client, the forms of the answers
are our reading of them. Whatever the reference does not document is refused as an unknown address is, unless the
server was started so that it answers it too.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from cochat_devkit.server.quirks import NOT_FOUND_404, PROHIBITED_401
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.store import Table

AGENTS = "cochat agents"
SKILLS = "cochat skills"
AUTOMATIONS = "cochat automations"
RUNS = "cochat runs"


class CochatRows:
    """Keep objects of one sort: everybody's, which came with the server, and each person's own."""

    def __init__(self, context: ServerContext, name: str) -> None:
        self._context = context
        self._table: Table[Wire] = context.store.table(name, parse=_as_it_is, dump=_as_it_is)

    def list_seen(self, caller: Caller) -> list[Wire]:
        """List what came with the server and what is the caller's own; to an admin, everything; oldest first."""
        return [row["wire"] for row in self._table.all() if self._is_seen(caller, row)]

    def list_own(self, caller: Caller) -> list[Wire]:
        """List what is the caller's own, oldest first."""
        return [row["wire"] for row in self._table.all() if row["owner"] == caller.id]

    def find_own(self, caller: Caller, id_: str) -> Wire:
        """Find one of the caller's own; others' are not there."""
        row = self._table.get(id_)
        if row is None or row["owner"] != caller.id:
            raise refused(NOT_FOUND_404)
        wire: Wire = row["wire"]
        return wire

    def add(self, wire: Wire, *, owner: Caller | None, id_: str | None = None) -> Wire:
        """Add an object under a new id, unless it came with the server and has one."""
        now = self._context.clock()
        made = {"id": id_ or str(uuid.uuid4()), **wire, "created_at": now, "updated_at": now}
        with self._context.store.writing():
            self._table.put(made["id"], {"owner": owner.id if owner else None, "wire": made})
        return made

    def change(self, caller: Caller, id_: str, changes: Wire) -> Wire:
        """Lay changes over an object that the caller may write."""
        with self._context.store.writing():
            row = self._find_writable(caller, id_)
            changed = {**row["wire"], **changes, "updated_at": self._context.clock()}
            self._table.put(id_, {**row, "wire": changed})
        return changed

    def remove(self, caller: Caller, id_: str) -> bool:
        """Take out an object that the caller may write."""
        with self._context.store.writing():
            self._find_writable(caller, id_)
            self._table.remove(id_)
        return True

    def _find_writable(self, caller: Caller, id_: str) -> Wire:
        row = self._table.get(id_)
        if row is None or not self._is_seen(caller, row):
            raise refused(NOT_FOUND_404)
        if row["owner"] is None and not caller.is_admin:
            raise refused(PROHIBITED_401)
        return row

    def _is_seen(self, caller: Caller, row: Wire) -> bool:
        return caller.is_admin or row["owner"] in (None, caller.id)


def _as_it_is(row: Wire) -> Wire:
    return row
