"""The knowledge bases of the local server: made, listed, read, saved and deleted as the real servers do it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from cochat_devkit.server import access
from cochat_devkit.server.file_quirks import NOT_FOUND_400, NOT_STORED_400, PROHIBITED_400
from cochat_devkit.server.forms import CONTROL
from cochat_devkit.server.item import to_json
from cochat_devkit.server.owned_rows import is_storable
from cochat_devkit.server.pages import cut_page
from cochat_devkit.server.quirks import DUPLICATE, NOT_FOUND_404, UNAUTHORIZED_401
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.library import Library
    from cochat_devkit.server.pages import Wish
    from cochat_devkit.server.quirks import Refusal

_ORDERS = ("name", "created_at", "updated_at")


class BaseDesk:
    """Answer what is asked about bases. Every method answers as the real server does, or raises its refusal."""

    def __init__(self, library: Library, *, forget_base: Callable[[Caller, str], None]) -> None:
        """Take the library, and who is to be told which base somebody deletes."""
        self._library = library
        self._quirks = library.quirks
        self._bases = library.bases
        self._forget_base = forget_base
        self._store = library.context.store

    def list_page(self, caller: Caller, wish: Wish) -> Wire:
        """List one page of the bases that somebody may read, newest change first."""
        found = [base for base in self._bases.all() if self._is_listed(caller, base) and self._fits(caller, base, wish)]
        self._order(found, wish)
        return {"items": [self._to_row(caller, base) for base in cut_page(found, wish.page)], "total": len(found)}

    def all_listed(self, caller: Caller) -> list[Wire]:
        """List the bases whose files a search through all of them shows: an admin's rights do not count."""
        plain = replace(caller, role="user")
        return [base for base in self._bases.all() if self._is_listed(plain, base)]

    def create(self, caller: Caller, form: Wire) -> Wire:
        """Make a base."""
        if not self._bases.is_permitted(caller, "knowledge"):
            raise refused(UNAUTHORIZED_401)
        self._refuse_half_characters(form, NOT_STORED_400)
        id_, now = str(uuid.uuid4()), self._library.context.clock()
        base: Wire = {
            "id": id_,
            "user_id": caller.id,
            "name": form["name"],
            "description": form["description"],
            "meta": None,
            **self._first_access(form, caller, id_),
            "created_at": now,
            "updated_at": now,
        }
        with self._store.writing():
            self._bases.put(base)
        return {**base, "files": None}

    def show(self, caller: Caller, id_: str) -> Json:
        """Show a base; its files are not among it."""
        base = self._bases.find(id_, self._quirks.base_missing)
        if not self._bases.may(caller, "read", base):
            if self._quirks.base_not_readable:
                raise refused(self._quirks.base_not_readable)
            return None
        return {**base, "files": None, "write_access": self._is_told_writable(caller, base)}

    def update(self, caller: Caller, id_: str, form: Wire) -> bytes:
        """Write a base anew."""
        self.find_writable(caller, id_)
        self._refuse_half_characters(form, DUPLICATE)
        control = {CONTROL: self._control_of(form, caller)} if self._has_control else {}
        with self._store.writing():
            base = self.find_writable(caller, id_)
            saved = {"name": form["name"], "description": form["description"], **control}
            base = self._bases.put({**base, **saved, "updated_at": self._library.context.clock()})
        return self.with_files(base)

    def set_access(self, caller: Caller, id_: str, grants: list[Wire]) -> bytes:
        """Replace who may read and write; the time of change does not move."""
        base = self._bases.find(id_, NOT_FOUND_404)
        self._bases.refuse_others(caller, "write", base, PROHIBITED_400)
        with self._store.writing():
            base = self._bases.find(id_, NOT_FOUND_404)
            base = self._bases.put({**base, **self._bases.new_grants(grants, caller, id_)})
        return self.with_files(base)

    def delete(self, caller: Caller, id_: str) -> bool:
        """Delete a base; its files stay, and whatever names it names it no more."""
        with self._store.writing():
            self.find_writable(caller, id_)
            self._forget_base(caller, id_)
            self._empty(id_)
            self._remove_folders(id_)
            self._bases.remove(id_)
        return True

    def reset(self, caller: Caller, id_: str, *, with_folders: bool) -> Wire:
        """Take all files out of a base, and on some servers delete those that are the caller's to delete."""
        with self._store.writing():
            base = self.find_writable(caller, id_)
            files = [file for file, _ in self._library.files_of(id_)]
            self._empty(id_)
            for file in files:
                if self._quirks.reset_deletes_files and (caller.is_admin or file.owner_id == caller.id):
                    self._library.remove_file(file.id)
            if with_folders:
                self._remove_folders(id_)
            base = self._bases.put({**base, "updated_at": self._library.context.clock()})
        return {**base, "files": None}

    def find_readable(self, caller: Caller, id_: str, missing: Refusal = NOT_FOUND_400) -> Wire:
        """Find a base whose files somebody may read, or refuse."""
        base = self._bases.find(id_, missing)
        self._bases.refuse_others(caller, "read", base, PROHIBITED_400)
        return base

    def find_writable(
        self, caller: Caller, id_: str, missing: Refusal = NOT_FOUND_400, refusal: Refusal = PROHIBITED_400
    ) -> Wire:
        """Find a base that somebody may write, or refuse."""
        base = self._bases.find(id_, missing)
        self._bases.refuse_others(caller, "write", base, refusal)
        return base

    def with_files(self, base: Wire) -> bytes:
        """Write a base out with a short row for each of its files, each written once."""
        rows = b",".join(file.short for file, _ in self._library.files_of(base["id"]))
        return b'%s,"files":[%s],"write_access":false}' % (to_json(base)[:-1], rows)

    @property
    def _has_control(self) -> bool:
        return self._library.context.dialect.access == "control"

    def _first_access(self, form: Wire, caller: Caller, id_: str) -> Wire:
        if self._has_control:
            return {CONTROL: self._control_of(form, caller)}
        return self._bases.first_access(form, caller, id_)

    def _control_of(self, form: Wire, caller: Caller) -> Json:
        """Take the rights of a form: what would be public is private where its author may not share publicly."""
        control = form.get(CONTROL)
        may_share = caller.is_admin or caller.is_permitted("sharing", "public_knowledge")
        return {} if control is None and not may_share else control

    def _is_listed(self, caller: Caller, base: Wire) -> bool:
        """Tell whether a listing has a base.

        Some servers look at public ones, one's own, and those that one group of the caller's alone may read: that is
        how their query fares on SQLite.
        """
        if self._quirks.lists_what_is_shared_by_name or caller.is_admin or base["user_id"] == caller.id:
            return self._bases.may(caller, "read", base)
        control = base[CONTROL]
        if control is None:
            return True
        groups = (control.get("read") or {}).get("group_ids") or []
        return len(groups) == 1 and groups[0] in caller.group_ids

    def _fits(self, caller: Caller, base: Wire, wish: Wish) -> bool:
        texts = [base["name"], base["description"]]
        if wish.query and self._quirks.searches_owners:
            owner = self._bases.show_owner(base) or {}
            texts += [owner.get("name"), owner.get("email")]
        return wish.is_of(base["user_id"], caller.id) and wish.is_found_in(texts)

    def _order(self, found: list[Wire], wish: Wish) -> None:
        key = wish.order_by if wish.order_by in _ORDERS else "updated_at"
        is_upward = wish.order_by in _ORDERS and wish.direction == "asc"
        found.sort(key=lambda base: base["id"])
        found.sort(key=lambda base: base[key], reverse=not is_upward)

    def _to_row(self, caller: Caller, base: Wire) -> Wire:
        counted = {"file_count": len(self._library.members.of_base(base["id"]))} if self._quirks.counts_files else {}
        owner = self._bases.show_owner(base)
        return {**base, "user": owner, **counted, "write_access": self._is_told_writable(caller, base)}

    def _is_told_writable(self, caller: Caller, base: Wire) -> bool:
        if base["user_id"] == caller.id or (caller.is_admin and self._quirks.admin_has_write_access):
            return True
        return access.is_given(base, "write", user_id=caller.id, group_ids=caller.group_ids)

    def _empty(self, id_: str) -> None:
        self._library.members.clear(id_)
        self._library.texts.forget_base(id_)

    def _remove_folders(self, id_: str) -> None:
        for folder in self._library.folders_of(id_):
            self._library.remove_folder(folder.id)

    def _refuse_half_characters(self, form: Wire, refusal: Refusal) -> None:
        if not is_storable(form["name"], form["description"]):
            raise refused(refusal)
