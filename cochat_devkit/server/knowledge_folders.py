"""The folders within knowledge bases on the local server."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cochat_devkit.server.file_quirks import (
    FOLDER_NAME_TAKEN_400,
    FOLDER_NOT_UPDATED_400,
    PARENT_MISSING_404,
    PROHIBITED_403,
    TARGET_MISSING_404,
)
from cochat_devkit.server.library import Folder
from cochat_devkit.server.quirks import NOT_FOUND_404
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cochat_devkit.resource import Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.knowledge import BaseDesk
    from cochat_devkit.server.library import Library, StoredFile
    from cochat_devkit.server.quirks import Refusal


class FolderDesk:
    """Answer what is asked about folders; as the real server does, or by its refusal."""

    def __init__(self, library: Library, bases: BaseDesk) -> None:
        self._library = library
        self._bases = bases
        self._store = library.context.store

    def create(self, caller: Caller, base_id: str, name: str, parent_id: str | None) -> Wire:
        """Make a folder."""
        self.find_writable(caller, base_id)
        parent = self._find(base_id, parent_id, PARENT_MISSING_404)
        now = self._library.context.clock()
        folder = Folder(str(uuid.uuid4()), base_id, parent.id if parent else None, name, caller.id, now, now)
        with self._store.writing():
            if self._is_taken(folder):
                raise refused(FOLDER_NAME_TAKEN_400)
            return self._library.put_folder(folder).to_wire()

    def update(self, caller: Caller, base_id: str, folder_id: str, changes: Mapping[str, Any]) -> Wire:
        """Move a folder, then rename it; what is not among the changes stays. A move stands when the name is taken."""
        self.find_writable(caller, base_id)
        with self._store.writing():
            folder = self._found(base_id, folder_id)
            if "parent_id" in changes:
                parent = self._find(base_id, changes["parent_id"], PARENT_MISSING_404)
                folder = self._moved(folder, parent.id if parent else None)
            name = changes.get("name")
            is_refused = name is not None and self._is_taken(replace(folder, name=name))
            if name is not None and not is_refused:
                folder = self._put(replace(folder, name=name))
        if is_refused:
            raise refused(FOLDER_NOT_UPDATED_400)
        return folder.to_wire()

    def delete(self, caller: Caller, base_id: str, folder_id: str, *, keep_files: bool) -> Wire:
        """Delete a folder; the files below it move up, or leave the base, and those of no other base are deleted."""
        self.find_writable(caller, base_id)
        with self._store.writing():
            folder = self._found(base_id, folder_id)
            gone = [] if keep_files else self._files_below(base_id, folder_id)
            self.remove_tree(folder, keep_files=keep_files)
            for file in gone:
                self._library.take_out(base_id, file)
                self.delete_unless_elsewhere(caller, file)
        return {"status": True, "file_ids": [file.id for file in gone]}

    def move_file(self, caller: Caller, base_id: str, file_id: str, folder_id: str | None) -> Wire:
        """Move a file to another folder, or to the top."""
        self.find_writable(caller, base_id)
        with self._store.writing():
            member = self._library.members.get(base_id, file_id)
            if member is None:
                raise refused(NOT_FOUND_404)
            folder = self._find(base_id, folder_id, TARGET_MISSING_404)
            self._library.members.put(replace(member, folder_id=folder.id if folder else None))
        return {"status": True}

    def find_writable(self, caller: Caller, base_id: str) -> Wire:
        """Find a base that somebody may write, or refuse in the words of what concerns folders."""
        return self._bases.find_writable(caller, base_id, NOT_FOUND_404, PROHIBITED_403)

    def remove_tree(self, folder: Folder, *, keep_files: bool) -> None:
        """Take a folder out; the files below it move up, or leave the base. Inside `writing()`."""
        below = self._ids_below(folder.base_id, folder.id)
        for member in self._library.members.of_base(folder.base_id):
            if member.folder_id not in below:
                continue
            if keep_files:
                self._library.members.put(replace(member, folder_id=folder.parent_id))
            else:
                self._library.members.remove(folder.base_id, member.file_id)
        # what stood in it is left without a parent, as SQLite leaves it: no listing leads there
        self._library.remove_folder(folder.id)

    def delete_unless_elsewhere(self, caller: Caller, file: StoredFile) -> None:
        """Delete a file that is in no base, where that is the caller's to do. Inside `writing()`."""
        is_own = caller.is_admin or file.owner_id == caller.id
        if is_own and not self._library.bases_of(file):
            self._library.remove_file(file.id)

    def _find(self, base_id: str, folder_id: str | None, missing: Refusal) -> Folder | None:
        """Find a folder of a base that somebody named; None is the top."""
        if not folder_id:
            return None
        folder = self._library.folder(folder_id)
        if folder is None or folder.base_id != base_id:
            raise refused(missing)
        return folder

    def _found(self, base_id: str, folder_id: str) -> Folder:
        folder = self._find(base_id, folder_id, NOT_FOUND_404)
        if folder is None:
            raise refused(NOT_FOUND_404)
        return folder

    def _moved(self, folder: Folder, parent_id: str | None) -> Folder:
        moved = replace(folder, parent_id=parent_id)
        if parent_id in self._ids_below(folder.base_id, folder.id) or self._is_taken(moved):
            raise refused(FOLDER_NOT_UPDATED_400)
        return self._put(moved)

    def _put(self, folder: Folder) -> Folder:
        return self._library.put_folder(replace(folder, updated_at=self._library.context.clock()))

    def _is_taken(self, folder: Folder) -> bool:
        """Tell whether another folder beside it has its name; at the top names are not looked at."""
        if folder.parent_id is None:
            return False
        beside = folders_in(self._library.folders_of(folder.base_id), folder.parent_id)
        return any(each.name == folder.name and each.id != folder.id for each in beside)

    def _ids_below(self, base_id: str, folder_id: str) -> set[str]:
        """Name a folder and all folders below it."""
        found, last = {folder_id}, {folder_id}
        folders = self._library.folders_of(base_id)
        while last:
            last = {each.id for each in folders if each.parent_id in last} - found
            found |= last
        return found

    def _files_below(self, base_id: str, folder_id: str) -> list[StoredFile]:
        below = self._ids_below(base_id, folder_id)
        return [file for file, member in self._library.files_of(base_id) if member.folder_id in below]


def folders_in(folders: Iterable[Folder], parent_id: str | None) -> list[Folder]:
    """Choose the folders that stand in one, or at the top."""
    return [each for each in folders if each.parent_id == parent_id]


def breadcrumbs_to(library: Library, base_id: str, folder_id: str | None) -> list[Folder]:
    """Name the folders that lead to one within a base, from the top, itself included."""
    way: list[Folder] = []
    folder = library.folder(folder_id) if folder_id else None
    while folder and folder.base_id == base_id and folder not in way:
        way.insert(0, folder)
        folder = library.folder(folder.parent_id) if folder.parent_id else None
    return way


def path_of(library: Library, folder_id: str | None) -> str:
    """Write the path of a folder; "" is the top."""
    folder = library.folder(folder_id) if folder_id else None
    return "/".join(each.name for each in breadcrumbs_to(library, folder.base_id, folder_id)) if folder else ""
