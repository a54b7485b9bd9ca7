"""Rows that have owners and access rights, as the local server keeps them: one table, by the key of the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.server import access
from cochat_devkit.server.forms import CONTROL, GRANTS
from cochat_devkit.server.quirks import SHARING_FORBIDDEN
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller, Right
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.quirks import Refusal
    from cochat_devkit.server.store import Table


class OwnedRows:
    """Hold the rows of one sort. Changes happen inside `Store.writing()`."""

    def __init__(self, context: ServerContext, *, name: str, plural: str, key: str) -> None:
        self.context = context
        self._name = name
        self._plural = plural
        self._key = key
        self._table: Table[Wire] = context.store.table(plural, parse=_as_it_is, dump=_as_it_is)

    def all(self) -> list[Wire]:
        """List the rows, oldest first."""
        return self._table.all()

    def get(self, id_: str) -> Wire | None:
        """Find a row; None where there is none."""
        return self._table.get(id_)

    def find(self, id_: str, missing: Refusal) -> Wire:
        """Find a row, or refuse in these words."""
        row = self._table.get(id_)
        if row is None:
            raise refused(missing)
        return row

    def put(self, row: Wire) -> Wire:
        """Write a row."""
        self._table.put(row[self._key], row)
        return row

    def remove(self, id_: str) -> None:
        """Take a row out."""
        self._table.remove(id_)

    def may(self, caller: Caller, right: Right, row: Wire) -> bool:
        """Tell whether a caller may read or write a row."""
        return access.may(caller, right, row)

    def refuse_others(self, caller: Caller, right: Right, row: Wire, refusal: Refusal) -> None:
        """Refuse whoever does not have the right."""
        if not self.may(caller, right, row):
            raise refused(refusal)

    def is_permitted(self, caller: Caller, *names: str) -> bool:
        """Tell whether a caller is an admin, or has one of these permissions of the workspace."""
        return caller.is_admin or any(caller.is_permitted("workspace", name) for name in names)

    def show_owner(self, row: Wire) -> Json:
        """Show who owns a row, in four fields; None where the account is gone."""
        owner = self.context.people.find(str(row["user_id"]))
        return owner.to_short_wire() if owner else None

    def first_access(self, form: Wire, caller: Caller, id_: str) -> Wire:
        """Make the access of a new row: what the caller may not give is dropped."""
        if self.context.dialect.access == "control":
            return {CONTROL: form.get(CONTROL)}
        wanted = access.parse_grants(form.get(GRANTS))
        return {GRANTS: self._grants(access.allowed_grants(wanted, caller, kinds=self._plural), id_)}

    def new_grants(self, grants: list[Wire], caller: Caller, id_: str) -> Wire:
        """Make the access that a row is to have from now on: what the caller may not give is refused."""
        wanted = access.parse_grants(grants)
        if access.allowed_grants(wanted, caller, kinds=self._plural) != wanted:
            raise refused(SHARING_FORBIDDEN)
        return {GRANTS: self._grants(wanted, id_)}

    def _grants(self, grants: list[Wire], id_: str) -> list[Json]:
        return access.make_grants(grants, kind=self._name, resource_id=id_, now=self.context.clock())


def is_storable(*texts: str | None) -> bool:
    """Tell whether a database takes these texts: JSON can name half of a character, UTF-8 cannot write it."""
    try:
        for text in texts:
            (text or "").encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_it_is(row: Wire) -> Wire:
    return row
