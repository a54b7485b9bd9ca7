"""The versions of one kind's resources on the local server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.server import quirks
from cochat_devkit.server.history import Entry, make_difference, make_entry, newest_first, without_entry
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.quirks import Refusal
    from cochat_devkit.server.store import Table

_Entries = tuple[Entry, ...]


class Versions:
    """Keep the versions of each resource, and show them. Changes happen inside `Store.writing()`.

    `owner` names the kind in the versions' own words, `missing` is what is told of a version that is not there, and
    `source_key` is the key that is compared line by line.
    """

    def __init__(
        self,
        context: ServerContext,
        *,
        owner: str,
        table: str,
        missing: Refusal = quirks.VERSION_MISSING,
        source_key: str = "",
    ) -> None:
        self._owner = owner
        self._context = context
        self._missing = missing
        self._source_key = source_key
        self._table: Table[_Entries] = context.store.table(table, parse=_parse_entries, dump=_dump_entries)

    def add(
        self,
        id_: str,
        snapshot: Wire,
        *,
        user_id: str,
        parent_id: str | None,
        message: str | None,
        now: int | None = None,
    ) -> Entry:
        """Add a version to a resource; `now` is when, unless it is what the clock says."""
        when = self._context.clock() if now is None else now
        entry = make_entry(snapshot, user_id=user_id, parent_id=parent_id, commit_message=message, now=when)
        self._table.put(id_, (*self.entries(id_), entry))
        return entry

    def remove(self, id_: str, version_id: str) -> None:
        """Take one version out.

        Raises:
            HTTPException: the resource has no such version.
        """
        gone = self.find(id_, version_id)
        self._table.put(id_, without_entry(self.entries(id_), gone))

    def forget(self, id_: str) -> None:
        """Take all versions of a resource out."""
        self._table.remove(id_)

    def find(self, id_: str, version_id: str) -> Entry:
        """Find one version.

        Raises:
            HTTPException: the resource has no such version.
        """
        for entry in self.entries(id_):
            if entry.id == version_id:
                return entry
        raise refused(self._missing)

    def entries(self, id_: str) -> _Entries:
        """List all versions of a resource, oldest first."""
        return self._table.get(id_) or ()

    def page(self, id_: str, number: int) -> list[Wire]:
        """Show one page of versions, newest first, without their snapshots."""
        return [self._show(id_, entry, whole=False) for entry in newest_first(self.entries(id_), page=number)]

    def show(self, id_: str, version_id: str) -> Wire:
        """Show one version with its snapshot.

        Raises:
            HTTPException: the resource has no such version.
        """
        return self._show(id_, self.find(id_, version_id), whole=True)

    def difference(self, id_: str, from_id: str, to_id: str) -> Wire:
        """Compare two versions.

        Raises:
            HTTPException: the resource has no such version.
        """
        return make_difference(self.find(id_, from_id), self.find(id_, to_id), source_key=self._source_key)

    def _show(self, id_: str, entry: Entry, *, whole: bool) -> Wire:
        author = self._context.people.find(entry.user_id)
        return entry.to_wire(
            owner_key=f"{self._owner}_id", owner_id=id_, author=author.name if author else None, whole=whole
        )


def _parse_entries(row: Wire) -> _Entries:
    return tuple(Entry(**each) for each in row["entries"])


def _dump_entries(entries: _Entries) -> Wire:
    return {"entries": [vars(entry) for entry in entries]}
