"""The prompts of the 0.12 generation on the local server: found by an id, with drafts and versions.

Source: Open WebUI 0.12.4, routers/prompts.py and models/prompts.py; checked by tests/contract/test_prompts.py and
test_prompt_history.py.
"""

from __future__ import annotations

import difflib
import uuid
from typing import TYPE_CHECKING

from cochat_devkit.server import pages
from cochat_devkit.server.forms import GRANTS
from cochat_devkit.server.owned_rows import OwnedRows, is_storable
from cochat_devkit.server.quirks import (
    COMMAND_TAKEN_400,
    NOT_FOUND_404,
    PROHIBITED_401,
    SOMETHING_WRONG_400,
    UNAUTHORIZED_401,
    Refusal,
)
from cochat_devkit.server.refusals import refused
from cochat_devkit.server.versions import Versions

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller, Right
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.history import Entry
    from cochat_devkit.server.pages import Wish

_ENTRIES_ON_A_PAGE = 20
_FIRST_MESSAGE = "Initial version"
_RESTORED = ("name", "content", "data", "meta", "tags")
_CURRENT = Refusal(400, "Cannot delete the active production version")


class Prompts:
    """Keep prompts. Every method answers as the real server does, or raises its refusal."""

    def __init__(self, context: ServerContext) -> None:
        self._rows = OwnedRows(context, name="prompt", plural="prompts", key="id")
        self._versions = Versions(context, owner="prompt", table="prompts history", missing=NOT_FOUND_404)
        self._context = context

    def list_active(self, caller: Caller) -> list[Wire]:
        """List what a caller may read, without what is switched off; the last changed first."""
        rows = [row for row in self._rows.all() if row["is_active"] and self._rows.may(caller, "read", row)]
        return pages.ordered(rows, pages.Wish(), usual="updated_at")

    def list_page(self, caller: Caller, wish: Wish) -> Wire:
        """List one page of what a caller may read."""
        rows = [row for row in self._rows.all() if self._is_wished(caller, row, wish)]
        shown = pages.cut_page(pages.ordered(rows, wish, usual="updated_at"), wish.page)
        items = [
            {**row, "user": self._rows.show_owner(row), "write_access": self._rows.may(caller, "write", row)}
            for row in shown
        ]
        return {"items": items, "total": len(rows)}

    def list_tags(self, caller: Caller) -> list[str]:
        """List the tags of active prompts."""
        return sorted({tag for row in self.list_active(caller) for tag in row["tags"] or [] if tag})

    def show(self, caller: Caller, id_: str) -> Wire:
        """Show one prompt; to whoever may not read it, as if it were not there."""
        row = self._rows.find(id_, NOT_FOUND_404)
        self._rows.refuse_others(caller, "read", row, NOT_FOUND_404)
        return {**row, "user": None, "write_access": self._rows.may(caller, "write", row)}

    def create(self, caller: Caller, form: Wire) -> Wire:
        """Make a prompt and its first version."""
        if not self._rows.is_permitted(caller, "prompts", "prompts_import"):
            raise refused(UNAUTHORIZED_401)
        id_, now = str(uuid.uuid4()), self._context.clock()
        with self._context.store.writing():
            self._refuse_taken(form["command"])
            _refuse_unstorable(form)
            row = {
                "id": id_,
                "command": form["command"],
                "user_id": caller.id,
                "name": form["name"],
                "content": form["content"],
                **{key: form[key] or {} for key in ("data", "meta")},
                "tags": form["tags"] or [],
                "is_active": True,
                "created_at": now,
                "updated_at": now,
                **self._rows.first_access(form, caller, id_),
            }
            message = form["commit_message"] or _FIRST_MESSAGE
            entry = self._versions.add(id_, _snapshot(form, row), user_id=caller.id, parent_id=None, message=message)
            return self._rows.put({**row, "version_id": entry.id})

    def update(self, caller: Caller, id_: str, form: Wire) -> Wire:
        """Write a prompt, or with `is_production` false a draft beside it; what is empty in `data` and `meta` stays."""
        with self._context.store.writing():
            before = self._find_writable(caller, id_)
            self._refuse_taken(form["command"], but=id_)
            _refuse_unstorable(form)
            row = {**before, "command": form["command"], "updated_at": self._context.clock()}
            if form["is_production"]:
                row |= _written(before, form)
            if _is_version(before, form):
                latest = _latest(self._versions.entries(id_))
                entry = self._versions.add(
                    id_,
                    _snapshot(form, row),
                    user_id=caller.id,
                    parent_id=latest.id if latest else None,
                    message=form["commit_message"],
                )
                row["version_id"] = entry.id if form["is_production"] else before["version_id"]
            return self._rows.put(row)

    def update_meta(self, caller: Caller, id_: str, form: Wire) -> Wire:
        """Write name, command and tags, without a version."""
        with self._context.store.writing():
            row = self._find_writable(caller, id_)
            self._refuse_taken(form["command"], but=id_)
            tags = row["tags"] if form["tags"] is None else form["tags"]
            changes = {"name": form["name"], "command": form["command"], "tags": tags}
            return self._rows.put({**row, **changes, "updated_at": self._context.clock()})

    def toggle(self, caller: Caller, id_: str) -> Wire:
        """Turn the switch over."""
        with self._context.store.writing():
            row = self._find_writable(caller, id_)
            return self._rows.put({**row, "is_active": not row["is_active"], "updated_at": self._context.clock()})

    def set_access(self, caller: Caller, id_: str, grants: list[Wire]) -> Wire:
        """Replace who may read and write; neither version nor time moves."""
        with self._context.store.writing():
            row = self._find_writable(caller, id_)
            return self._rows.put({**row, **self._rows.new_grants(grants, caller, id_)})

    def delete(self, caller: Caller, id_: str) -> bool:
        """Take a prompt out, with its versions."""
        with self._context.store.writing():
            self._find_writable(caller, id_)
            self._rows.remove(id_)
            self._versions.forget(id_)
        return True

    def list_versions(self, caller: Caller, id_: str, page: int) -> list[Wire]:
        """List one page of versions, counted from 0; within a second the oldest is first, as on the real server."""
        self._find(caller, "read", id_)
        entries = sorted(self._versions.entries(id_), key=lambda entry: -entry.created_at)
        start = max(0, page) * _ENTRIES_ON_A_PAGE
        return [
            {**self._version_wire(id_, entry), "user": self._rows.show_owner({"user_id": entry.user_id})}
            for entry in entries[start : start + _ENTRIES_ON_A_PAGE]
        ]

    def show_version(self, caller: Caller, id_: str, version_id: str) -> Wire:
        """Show one version."""
        self._find(caller, "read", id_)
        return self._version_wire(id_, self._versions.find(id_, version_id))

    def show_difference(self, caller: Caller, id_: str, from_id: str, to_id: str) -> Wire:
        """Compare two versions, the content line by line."""
        self._find(caller, "read", id_)
        before, after = (self._versions.find(id_, each).snapshot for each in (from_id, to_id))
        old, new = (str(each["content"]) for each in (before, after))
        heads = (f"v{from_id[:8]}", f"v{to_id[:8]}")
        lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), *heads, lineterm=""))
        return {
            "from_id": from_id,
            "to_id": to_id,
            "from_snapshot": before,
            "to_snapshot": after,
            "content_diff": lines,
            "line_endings_only": old != new and not lines,
            "name_changed": before["name"] != after["name"],
        }

    def delete_version(self, caller: Caller, id_: str, version_id: str) -> bool:
        """Take a version out, unless it is the current one."""
        with self._context.store.writing():
            if self._find_writable(caller, id_)["version_id"] == version_id:
                raise refused(_CURRENT)
            self._versions.remove(id_, version_id)
        return True

    def restore_version(self, caller: Caller, id_: str, version_id: str) -> Wire:
        """Go back to a version, all but command and access; no version is added."""
        with self._context.store.writing():
            row = self._find_writable(caller, id_)
            entry = next((each for each in self._versions.entries(id_) if each.id == version_id), None)
            if entry is None:
                raise refused(SOMETHING_WRONG_400)
            restored = {key: entry.snapshot[key] for key in _RESTORED}
            return self._rows.put({**row, **restored, "version_id": entry.id, "updated_at": self._context.clock()})

    def _is_wished(self, caller: Caller, row: Wire, wish: Wish) -> bool:
        owner: Json = self._rows.show_owner(row) or {}
        searched = (row["name"], row["command"], row["content"], owner.get("name"), owner.get("email"))
        return (
            self._rows.may(caller, "read", row)
            and wish.is_of(row["user_id"], caller.id)
            and wish.is_found_in(searched)
            and (not wish.tag or any(pages.is_same_word(wish.tag, tag) for tag in row["tags"] or []))
        )

    def _find(self, caller: Caller, right: Right, id_: str) -> Wire:
        row = self._rows.find(id_, NOT_FOUND_404)
        self._rows.refuse_others(caller, right, row, PROHIBITED_401)
        return row

    def _find_writable(self, caller: Caller, id_: str) -> Wire:
        return self._find(caller, "write", id_)

    def _refuse_taken(self, command: str, *, but: str | None = None) -> None:
        if any(row["command"] == command and row["id"] != but for row in self._rows.all()):
            raise refused(COMMAND_TAKEN_400)

    def _version_wire(self, id_: str, entry: Entry) -> Wire:
        wire = entry.to_wire(owner_key="prompt_id", owner_id=id_, author=None, whole=True)
        del wire["user"]
        return wire


def _written(row: Wire, form: Wire) -> Wire:
    """Say what a save writes."""
    return {
        "name": form["name"],
        "content": form["content"],
        **{key: form[key] or row[key] for key in ("data", "meta")},
        "tags": row["tags"] if form["tags"] is None else form["tags"],
    }


def _is_version(row: Wire, form: Wire) -> bool:
    """Tell whether a save makes a version: a change of `data` or `meta` alone does not."""
    has_new_tags = form["tags"] is not None and form["tags"] != row["tags"]
    return has_new_tags or any(form[key] != row[key] for key in ("name", "command", "content"))


def _snapshot(form: Wire, row: Wire) -> Wire:
    """Take down what was sent, which is not always what is stored."""
    return {
        "name": form["name"],
        "content": form["content"],
        "command": row["command"],
        "data": form["data"] or {},
        "meta": form["meta"] or {},
        "tags": (row["tags"] or []) if form["tags"] is None else form["tags"],
        GRANTS: row[GRANTS],
    }


def _latest(entries: tuple[Entry, ...]) -> Entry | None:
    """Find the newest version; of several within one second the real server takes the oldest."""
    return max(entries, key=lambda entry: entry.created_at, default=None)


def _refuse_unstorable(form: Wire) -> None:
    if not is_storable(form["name"], form["content"], form["command"]):
        raise refused(SOMETHING_WRONG_400)
