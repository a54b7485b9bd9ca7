"""The prompts of the 0.6 generation on the local server: found by their command, with no versions.

Source: Open WebUI 0.6.43, routers/prompts.py; checked by tests/contract/test_prompts.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.server.forms import CONTROL
from cochat_devkit.server.owned_rows import OwnedRows, is_storable
from cochat_devkit.server.quirks import (
    COMMAND_TAKEN_400,
    NOT_FOUND_401,
    PROHIBITED_401,
    SOMETHING_WRONG_400,
    UNAUTHORIZED_401,
)
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller, Right
    from cochat_devkit.server.context import ServerContext

_SAVED = ("title", "content", CONTROL)


class CommandPrompts:
    """Keep prompts. Every method answers as the real server does, or raises its refusal.

    A command in an address is one without its slash: what was stored without one is never found again.
    """

    def __init__(self, context: ServerContext) -> None:
        self._rows = OwnedRows(context, name="prompt", plural="prompts", key="command")
        self._context = context

    def list_seen(self, caller: Caller, right: Right, *, with_owner: bool) -> list[Wire]:
        """List what a caller may read, or write; the newest first."""
        rows = [row for row in self._rows.all() if self._rows.may(caller, right, row)]
        rows.sort(key=lambda row: -row["timestamp"])
        return [{**row, "user": self._rows.show_owner(row)} for row in rows] if with_owner else rows

    def show(self, caller: Caller, command: str) -> Json:
        """Show one prompt; None to whoever may not read it."""
        row = self._rows.find(f"/{command}", NOT_FOUND_401)
        return row if self._rows.may(caller, "read", row) else None

    def create(self, caller: Caller, form: Wire) -> Wire:
        """Make a prompt, of whatever command."""
        if not self._rows.is_permitted(caller, "prompts", "prompts_import"):
            raise refused(UNAUTHORIZED_401)
        with self._context.store.writing():
            if self._rows.get(form["command"]):
                raise refused(COMMAND_TAKEN_400)
            if not is_storable(form["command"], form["title"], form["content"]):
                raise refused(SOMETHING_WRONG_400)
            saved = {key: form[key] for key in _SAVED}
            row = {"command": form["command"], "user_id": caller.id, **saved, "timestamp": self._context.clock()}
            return self._rows.put(row)

    def update(self, caller: Caller, command: str, form: Wire) -> Wire:
        """Write a prompt anew, all but its command; without a word on access it is public."""
        with self._context.store.writing():
            row = self._find_writable(caller, command)
            if not is_storable(form["title"], form["content"]):
                raise refused(PROHIBITED_401)
            saved = {key: form[key] for key in _SAVED}
            return self._rows.put({**row, **saved, "timestamp": self._context.clock()})

    def delete(self, caller: Caller, command: str) -> bool:
        """Take a prompt out."""
        with self._context.store.writing():
            self._rows.remove(self._find_writable(caller, command)["command"])
        return True

    def _find_writable(self, caller: Caller, command: str) -> Wire:
        row = self._rows.find(f"/{command}", NOT_FOUND_401)
        self._rows.refuse_others(caller, "write", row, PROHIBITED_401)
        return row
