"""The files of knowledge bases on the local server: put in, taken out, listed and searched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cochat_devkit.server.file_quirks import NOT_FOUND_400, NOT_PROCESSED_400, TARGET_MISSING_404
from cochat_devkit.server.files import is_named_like
from cochat_devkit.server.indexing import IndexFailed, digest_of, index_in_base, is_duplicate
from cochat_devkit.server.knowledge_folders import breadcrumbs_to, folders_in, path_of
from cochat_devkit.server.library import Member
from cochat_devkit.server.pages import SIZE
from cochat_devkit.server.quirks import Refusal
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.knowledge import BaseDesk
    from cochat_devkit.server.library import Library, StoredFile

_ORDERS = {"name": "filename", "created_at": "created_at", "updated_at": "updated_at"}
_BATCH_BROKE_400 = Refusal(
    400,
    "1 validation error for BatchProcessFilesResult\nstatus\n  Field required [type=missing, "
    "input_value={{'file_id': '{id}'}}, input_type=dict]",
)


@dataclass(frozen=True)
class FileWish:
    """Hold what a listing of files is asked for; what was not said is None, and "" names the top folder."""

    query: str | None = None
    view_option: str | None = None
    order_by: str | None = None
    direction: str | None = None
    folder_id: str | None = None
    page: int = 1
    limit: int | None = None

    @property
    def size(self) -> int:
        """Say how many files a page has."""
        return SIZE if self.limit is None else max(1, self.limit)

    def without_limit(self) -> FileWish:
        """Ask for pages of the usual size."""
        return replace(self, limit=None)


class ShelfDesk:
    """Answer what is asked about files in bases; as the real server does, or by its refusal."""

    def __init__(self, library: Library, bases: BaseDesk) -> None:
        self._library = library
        self._quirks = library.quirks
        self._bases = bases
        self._store = library.context.store

    def list_page(self, caller: Caller, base_id: str, wish: FileWish) -> Wire:
        """List one page of a base's files."""
        self._bases.find_readable(caller, base_id)
        rows = [(file, member) for file, member in self._library.files_of(base_id) if _fits(file, member, wish, caller)]
        self._order(rows, wish)
        start = (max(1, wish.page) - 1) * wish.size
        items = [self._to_row(file, member) for file, member in rows[start : start + wish.size]]
        return {"items": items, **self._folders_around(base_id, wish.folder_id), "total": len(rows)}

    def search(self, caller: Caller, query: str | None, page: int) -> Wire:
        """List one page of the files of all bases that a listing shows to somebody, by a part of their names."""
        rows = []
        for base in self._bases.all_listed(caller):
            rows += [(file, member, base) for file, member in self._library.files_of(base["id"])]
        rows = [row for row in rows if is_named_like(query, row[0])]
        rows.sort(key=lambda row: row[0].id)
        rows.sort(key=lambda row: row[0].wire["updated_at"], reverse=True)
        start = (max(1, page) - 1) * SIZE
        found = rows[start : start + SIZE]
        if self._quirks.lists_texts:
            return {"items": [self._to_row(file, member) for file, member, _ in found], "total": len(rows)}
        items = [{**self._to_row(file, member), **_NOWHERE, "collection": base} for file, member, base in found]
        return {"items": items, "directories": [], "breadcrumbs": [], "total": len(rows)}

    def add(self, caller: Caller, base_id: str, file_id: str, folder_id: str | None) -> bytes:
        """Put a file into a base, and show all its files."""
        base = self._bases.find_writable(caller, base_id)
        self._refuse_strange_folder(base_id, folder_id)
        file = self._library.find_file(file_id, NOT_FOUND_400)
        if not file.wire["data"]:
            raise refused(NOT_PROCESSED_400)
        self._refuse_unreadable(caller, file)
        with self._store.writing():
            failure = self._index(caller, file, base_id)
            if failure is None:
                self._join(caller, base_id, file_id, folder_id)
        if failure:
            raise refused(failure)
        return self._bases.with_files(base)

    def reindex(self, caller: Caller, base_id: str, file_id: str) -> bytes:
        """Let a base read the text of a file anew."""
        base = self._bases.find_writable(caller, base_id)
        file = self._library.find_file(file_id, NOT_FOUND_400)
        self._refuse_no_member(base_id, file_id)
        with self._store.writing():
            self._library.texts.forget_file(base_id, file_id)
            failure = self._index(caller, file, base_id)
        if failure:
            raise refused(failure)
        return self._bases.with_files(base)

    def remove(self, caller: Caller, base_id: str, file_id: str, *, delete_file: bool) -> bytes:
        """Take a file out of a base, and mostly delete it; show what is left."""
        base = self._bases.find_writable(caller, base_id)
        with self._store.writing():
            file = self._library.find_file(file_id, NOT_FOUND_400)
            self._refuse_no_member(base_id, file_id)
            self._library.take_out(base_id, file)
            is_own = caller.is_admin or file.owner_id == caller.id
            if delete_file and (is_own or self._quirks.removes_files_of_others):
                self._library.remove_file(file_id)
        return self._bases.with_files(base)

    def add_batch(self, caller: Caller, base_id: str, wanted: list[tuple[str, str | None]]) -> bytes:
        """Put several files into a base; what cannot be taken is left out without a word. Show all its files."""
        base = self._bases.find_writable(caller, base_id)
        for _, folder_id in wanted:
            self._refuse_strange_folder(base_id, folder_id)
        files = {}
        for file_id, _ in wanted:
            files[file_id] = self._library.find_file(file_id, Refusal(400, f"File {file_id} not found"))
        for file in files.values():
            self._refuse_unreadable(caller, file)
        self._refuse_batch_without_text(files.values())
        with self._store.writing():
            taken = self._taken_in_batch(caller, base_id, list(files.values()))
            for file_id, folder_id in wanted:
                if file_id in taken:
                    self._join(caller, base_id, file_id, folder_id)
        return self._bases.with_files(base)

    def _index(self, caller: Caller, file: StoredFile, base_id: str) -> Refusal | None:
        """Let a base know a file's text, or say what it is refused with: that is written down as well."""
        try:
            index_in_base(self._library, caller, file, base_id)
        except IndexFailed as failure:
            return Refusal(400, str(failure))
        return None

    def _join(self, caller: Caller, base_id: str, file_id: str, folder_id: str | None) -> None:
        if self._library.members.get(base_id, file_id) is None:
            now = self._library.context.clock()
            self._library.members.put(Member(base_id, file_id, caller.id, now, folder_id))

    def _taken_in_batch(self, caller: Caller, base_id: str, files: list[StoredFile]) -> set[str]:
        """Tell which files a batch takes, and write down their texts; without any text in it, it takes none."""
        taken: dict[str, StoredFile] = {}
        for file in files:
            digest = digest_of(file.text or "")
            if not self._quirks.batch_compares or self._is_fit_for_batch(caller, base_id, file, digest, set(taken)):
                taken[digest if self._quirks.batch_compares else file.id] = file
        if not any((file.text or "").strip() for file in taken.values()):
            return set()
        for file in taken.values():
            self._write_taken(base_id, file)
        return {file.id for file in taken.values()}

    def _is_fit_for_batch(self, caller: Caller, base_id: str, file: StoredFile, digest: str, taken: set[str]) -> bool:
        if not caller.is_admin and file.owner_id != caller.id:
            return False
        is_there = self._library.members.get(base_id, file.id) is not None
        return not (is_there or digest in taken or is_duplicate(self._library, base_id, file, digest))

    def _write_taken(self, base_id: str, file: StoredFile) -> None:
        text = file.text or ""
        if self._quirks.batch_compares and text.strip():
            self._library.texts.add(base_id, file.id, digest_of(text))
        self._library.change_file(file, data={**file.wire["data"], "content": text}, hash=digest_of(text))

    def _refuse_batch_without_text(self, files: Iterable[StoredFile]) -> None:
        """Refuse as a server does whose batch breaks where it fails."""
        files = list(files)
        if files and not self._quirks.batch_compares and not any((file.text or "").strip() for file in files):
            raise refused(_BATCH_BROKE_400, id_=files[0].id)

    def _refuse_unreadable(self, caller: Caller, file: StoredFile) -> None:
        if self._quirks.unreadable_file and not self._library.may_use_file(caller, "read", file):
            raise refused(self._quirks.unreadable_file)

    def _refuse_no_member(self, base_id: str, file_id: str) -> None:
        if self._quirks.looks_for_membership and self._library.members.get(base_id, file_id) is None:
            raise refused(NOT_FOUND_400)

    def _refuse_strange_folder(self, base_id: str, folder_id: str | None) -> None:
        if not folder_id or not self._quirks.has_folders:
            return
        folder = self._library.folder(folder_id)
        if folder is None or folder.base_id != base_id:
            raise refused(TARGET_MISSING_404)

    def _order(self, rows: list[tuple[StoredFile, Member]], wish: FileWish) -> None:
        key = _ORDERS.get(wish.order_by or "", "updated_at")
        is_upward = wish.order_by in _ORDERS and wish.direction == "asc"
        rows.sort(key=lambda row: row[0].id)
        rows.sort(key=lambda row: row[0].wire[key], reverse=not is_upward)

    def _to_row(self, file: StoredFile, member: Member) -> Wire:
        who = self._library.context.people.find(member.user_id)
        user: Json = who.to_short_wire() if who else None
        if self._quirks.lists_texts:
            return {**file.wire, "user": user}
        wire = {key: value for key, value in file.wire.items() if key != "path"}
        where = {"directory_id": member.folder_id, "directory_path": path_of(self._library, member.folder_id)}
        return {**wire, "data": None, **where, "has_original": True, "user": user}

    def _folders_around(self, base_id: str, folder_id: str | None) -> Wire:
        if not self._quirks.has_folders:
            return {}
        inner = folders_in(self._library.folders_of(base_id), folder_id or None)
        way = breadcrumbs_to(self._library, base_id, folder_id)
        return {"directories": [each.to_wire() for each in inner], "breadcrumbs": [each.to_wire() for each in way]}


_NOWHERE: dict[str, Any] = {"directory_id": None, "directory_path": ""}


def _fits(file: StoredFile, member: Member, wish: FileWish, caller: Caller) -> bool:
    if wish.folder_id is not None and member.folder_id != (wish.folder_id or None):
        return False
    if wish.view_option in ("created", "shared") and (member.user_id == caller.id) != (wish.view_option == "created"):
        return False
    return is_named_like(wish.query, file)
