"""The local server's own comparison of a knowledge base with a folder on somebody's disk, and its export."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.server.file_quirks import PROHIBITED_400
from cochat_devkit.server.files import to_response
from cochat_devkit.server.knowledge_folders import path_of
from cochat_devkit.server.quirks import NOT_FOUND_404, PROHIBITED_401
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.knowledge_folders import FolderDesk
    from cochat_devkit.server.library import Library

_UNFINISHED = ("pending", "processing")


@dataclass(frozen=True)
class Entry:
    """Hold one line of a manifest: a file on somebody's disk."""

    path: str
    name: str
    digest: str


class SyncDesk:
    """Answer what keeps a base and a folder in step; as the real server does, or by its refusal."""

    def __init__(self, library: Library, folders: FolderDesk) -> None:
        self._library = library
        self._folders = folders
        self._store = library.context.store

    def compare(self, caller: Caller, base_id: str, manifest: list[Entry]) -> Wire:
        """Compare a manifest with a base."""
        self._folders.find_writable(caller, base_id)
        folders = {path_of(self._library, each.id): each.id for each in self._library.folders_of(base_id)}
        known = {
            (path_of(self._library, member.folder_id), file.name): (file.id, file.wire["meta"].get("file_hash"))
            for file, member in self._library.files_of(base_id)
        }
        return {**compare_files(manifest, known), **compare_folders(manifest, folders)}

    def clean_up(self, caller: Caller, base_id: str, file_ids: list[str], folder_ids: list[str]) -> Wire:
        """Take files and folders out of a base; what is not in it is passed over."""
        self._folders.find_writable(caller, base_id)
        with self._store.writing():
            for file_id in file_ids:
                file = self._library.file(file_id)
                if file and self._library.members.get(base_id, file_id):
                    self._library.take_out(base_id, file)
                    self._folders.delete_unless_elsewhere(caller, file)
            for folder_id in reversed(folder_ids):
                folder = self._library.folder(folder_id)
                if folder and folder.base_id == base_id:
                    self._folders.remove_tree(folder, keep_files=False)
        return {"status": True}

    def list_pending(self, caller: Caller, base_id: str) -> list[Wire]:
        """List the uploads that name a base and are not processed yet, newest first."""
        base = self._library.bases.find(base_id, NOT_FOUND_404)
        self._library.bases.refuse_others(caller, "read", base, PROHIBITED_400)
        found = [
            file
            for file in self._library.files()
            if file.wire["meta"]["data"].get("knowledge_id") == base_id
            and file.wire["data"].get("status") in _UNFINISHED
            and self._library.members.get(base_id, file.id) is None
        ]
        return [to_response(file) for file in sorted(found, key=lambda file: -file.wire["created_at"])]

    def export(self, caller: Caller, base_id: str) -> tuple[str, bytes]:
        """Pack the texts of a base's files: (name of the archive, its bytes)."""
        if not caller.is_admin:
            raise refused(PROHIBITED_401)
        base = self._library.bases.find(base_id, NOT_FOUND_404)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, _ in self._library.files_of(base_id):
                if file.text:
                    archive.writestr(file.name if file.name.endswith(".txt") else f"{file.name}.txt", file.text)
        name = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in base["name"])
        return f"{name}.zip", packed.getvalue()


def compare_files(manifest: Iterable[Entry], known: Mapping[tuple[str, str], tuple[str, Json]]) -> Wire:
    """Tell which files are new, changed, gone and as they were; `known` has (id, digest) by path and name."""
    added, modified, unmodified = [], [], 0
    named = set()
    for entry in manifest:
        place = (entry.path, entry.name)
        named.add(place)
        told = {"filename": entry.name, "path": entry.path}
        if place not in known:
            added.append(told)
        elif known[place][1] != entry.digest:
            modified.append({**told, "stale_file_id": known[place][0]})
        else:
            unmodified += 1
    deleted = [{"file_id": found[0], "filename": place[1]} for place, found in known.items() if place not in named]
    return {"added": added, "modified": modified, "deleted": deleted, "unmodified_count": unmodified}


def compare_folders(manifest: Iterable[Entry], folders: Mapping[str, str]) -> Wire:
    """Tell which folders are missing and which hold nothing; `folders` has the ids by path."""
    needed = {path for entry in manifest for path in _paths_to(entry.path)}
    missing = sorted((path for path in needed if path not in folders), key=lambda path: (path.count("/"), path))
    unneeded = [folders[path] for path in folders if path not in needed]
    return {"mkdir": missing, "rmdir": unneeded, "directory_map": dict(folders)}


def _paths_to(path: str) -> list[str]:
    names = path.split("/") if path else []
    return ["/".join(names[: depth + 1]) for depth in range(len(names))]
