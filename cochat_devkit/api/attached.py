"""The files of a resource: listed, read, attached and removed, by the requests that its kind's row names."""

from __future__ import annotations

import json
import re
from contextlib import closing, suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from cochat_devkit.api.replies import list_moved
from cochat_devkit.api.transport import Upload
from cochat_devkit.errors import (
    Missing,
    Moved,
    NotAllowed,
    NotSupported,
    Rejected,
    RemoteError,
    SignedOut,
    UnexpectedReply,
    UnreadableFile,
)
from cochat_devkit.resource import RemoteId, make_digest
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cochat_devkit.api.transport import Transport
    from cochat_devkit.kinds.kind import Attachments, Endpoint
    from cochat_devkit.resource import Json, Wire


#: the keys under which an object that is whole tells of its files: path to digest, and all that is known of each
FILES, ATTACHED = "files", "attached"
_RIGHT = "write_access"
#: larger files are read one at a time: those that are read together are held in memory together
LARGE_BYTES = 4 * 1024 * 1024
_DIGEST = re.compile("[0-9a-f]{64}")
#: under this key an upload tells the digest of its bytes, and 0.12 keeps that of every file
_CLAIM = "file_hash"
_LISTING = "listing files"
_MEND_FILE = "run the command again; if it says the same, take the file out on the server, or attach it anew"
_MEND_COUNT = "run the command again; if it says the same, a file of it was deleted there: make the base anew"


class Attached(NamedTuple):
    """Hold one attached file as a listing shows it; `digest` is "" where only its bytes would tell."""

    file_id: str
    path: str
    digest: str
    size_bytes: int | None
    folder_id: str | None = None

    @property
    def folder(self) -> str:
        """Name the folder that it lies in, "" for none."""
        return self.path.rpartition("/")[0]


def complete(wire: Wire, found: list[Attached]) -> Wire:
    """Lay what is known of an object's files into it."""
    return {
        **wire,
        FILES: {each.path: each.digest for each in found},
        ATTACHED: {each.file_id: each._asdict() for each in found},
    }


def attached_in(told: Mapping[str, Json]) -> list[Attached]:
    """Take the files out of an object that was made whole, or of what the mirror keeps of one."""
    return [Attached(**each) for each in (told.get(ATTACHED) or {}).values()]


def with_files_of(wire: Wire, before: Wire) -> Wire:
    """Give an object that a save answered its files, and our right to write it, as they were read before.

    A save tells of the files without their folders, and of the right nothing that is true.
    """
    return {**wire, **{key: before[key] for key in (FILES, ATTACHED, _RIGHT) if key in before}}


class Files:
    """Speak about the files of resources of one kind; safe to use from several threads."""

    def __init__(
        self, transport: Transport, rows: Attachments, *, sees_whole: bool, keep_blob: Callable[[bytes], str]
    ) -> None:
        """Take the requests; `sees_whole` says that the caller may ask for all files in one page."""
        self._transport = transport
        self._rows = rows
        self._sees_whole = sees_whole
        self._keep_blob = keep_blob
        self._digests: dict[str, str] = {}
        self._held: dict[RemoteId, set[str]] = {}

    def know(self, before: Mapping[RemoteId, Mapping[str, str]]) -> None:
        """Take in which files resources had, each with its digest: a file's bytes never change."""
        for remote_id, digests in before.items():
            self._digests.update(digests)
            self._held[remote_id] = {*digests}

    def count_in(self, wire: Wire) -> int | None:
        """Read how many files a listing of resources says that one has; None where it does not."""
        count = wire.get(self._rows.counted)
        return count if isinstance(count, int) else None

    def fetch_listing(self, remote_id: RemoteId, *, may_write: bool, count: int | None = None) -> list[Attached]:
        """List the files, each with its digest; what has none is read once, and kept.

        `may_write` says that the caller may write the resource; some servers list all files at once for those. `count`
        is how many there are by what was read before.

        Raises:
            UnreadableFile: the server has not the bytes of one, or counts others than it lists.
            UnexpectedReply: the list moved while it was read.
            RemoteError: the server could not be asked.
        """
        wires = self._fetch_all(remote_id, may_write=may_write)
        if count not in (None, len(wires)):
            again = self._fetch_all(remote_id, may_write=may_write)
            if {wire["id"] for wire in again} != {wire["id"] for wire in wires}:
                raise list_moved(_LISTING)
            raise UnreadableFile(f"{_LISTING}: the server counts {count} and lists {len(wires)}", hint=_MEND_COUNT)
        found = _told_apart([_to_attached(wire) for wire in wires])
        self._held[remote_id] = {each.file_id for each in found}
        found = [each._replace(digest=each.digest or self._digests.get(each.file_id, "")) for each in found]
        for _each in self.keep_contents([each for each in found if not each.digest]):
            pass
        return [each._replace(digest=each.digest or self._digests[each.file_id]) for each in found]

    def fetch_content(self, attached: Attached) -> bytes:
        """Read the bytes of a file.

        Raises:
            UnreadableFile: the server has not those that the listing spoke of.
        """
        what = f"reading {attached.path}"
        path = self._rows.content.path.replace("{file}", quote(attached.file_id, safe=""))
        try:
            content = self._transport.fetch_bytes(path, what)
        except (Missing, Rejected) as error:
            # it is the file that is not there: nothing follows about what it belongs to
            raise UnreadableFile(f"{what}: the server lists it and has not its bytes", hint=_MEND_FILE) from error
        is_long = attached.size_bytes is not None and len(content) != attached.size_bytes
        if is_long or (attached.digest and make_digest(content) != attached.digest):
            raise UnreadableFile(f"{what}: the server sent other bytes than it lists", hint=_MEND_FILE)
        return content

    def keep_contents(self, wanted: Iterable[Attached]) -> Iterator[None]:
        """Read the bytes of several files and keep each as it comes; yield once they are asked for, and after each.

        Some are read at a time, and while the caller does something else; those that are large, one by one.

        Raises:
            UnreadableFile: the server has not the bytes of one; all others were kept before that is said.
            RemoteError: the server could not be asked.
            CannotWrite: the disk refuses.
        """
        small: list[Attached] = []
        large: list[Attached] = []
        for each in wanted:
            (large if (each.size_bytes or 0) > LARGE_BYTES else small).append(each)
        lost: list[UnreadableFile | None] = []
        with closing(self._transport.begin_all(self._keep_content, small)) as kept:
            yield
            for found in kept:
                lost.append(found)
                yield
        for each in large:
            lost.append(self._keep_content(each))
            yield
        for fault in filter(None, lost):
            raise fault

    def _keep_content(self, attached: Attached) -> UnreadableFile | None:
        """Read the bytes of a file and keep them; what keeps that one from being read keeps no other."""
        try:
            self._digests[attached.file_id] = self._keep_blob(self.fetch_content(attached))
        except UnreadableFile as error:
            return error
        return None

    def exchange(
        self,
        remote_id: RemoteId,
        present: dict[str, Attached],
        leaving: Iterable[str],
        coming: Mapping[str, str],
        read: Callable[[str], bytes],
    ) -> None:
        """Attach files in the place of others: all are uploaded and the others' bytes kept before anything is removed.

        `present` has the files that there are by path, and `coming` the digests of those to attach; `read` gives the
        bytes behind a digest. Where the server refuses, what was there before is attached again, and in `present`.
        What is removed and no other resource has is deleted.

        Raises:
            NotSupported: a path has folders, and this server has none.
            Rejected: the server takes a file not at all, under another name, or not beside another of the same text.
            Moved: somebody took one of the others out since it was listed.
            UnexpectedReply: it was refused, and what was there before as well.
        """
        folder_ids = {path: self._folder_id(remote_id, present.values(), path.rpartition("/")[0]) for path in coming}
        leaves = [present[path] for path in leaving]
        uploaded: dict[str, str] = {}
        added: list[str] = []
        gone: list[Attached] = []
        try:
            for path, digest in coming.items():
                content = read(digest)
                # the history names it, and somebody may replace it there
                self._keep_blob(content)
                uploaded[path] = self._upload(path, content)
            for each in leaves if coming else ():
                self._keep_blob(read(each.digest))
            for each in leaves:
                self._remove(remote_id, each)
                gone.append(each)
            for path, folder_id in folder_ids.items():
                self._add(remote_id, uploaded[path], path, folder_id)
                added.append(path)
        except (Rejected, Moved) as error:
            try:
                present |= self._put_back(remote_id, gone, [uploaded[path] for path in added], read, error)
            finally:
                self._discard(*(uploaded[path] for path in uploaded if path not in added))
            raise

    def _upload(self, path: str, content: bytes) -> str:
        what = f"uploading {path}"
        digest = make_digest(content)
        fields = {"metadata": json.dumps({_CLAIM: digest})} if self._rows.keeps_claims else {}
        upload = Upload(PurePosixPath(path).name, content, fields)
        answer = self._transport.send(self._rows.upload.method, self._rows.upload.path, what, body=upload)
        file_id = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(file_id, str):
            raise UnexpectedReply(f"{what}: the answer names no file")
        # the name in a form's head has no quotes and control characters, and servers take what looks like a path apart
        name = answer.get("filename")
        if name not in (None, upload.name):
            self._discard(file_id)
            raise Rejected(f"{what}: the server would call it {name!r}", hint="give the file another name")
        self._digests[file_id] = digest
        return file_id

    def _remove(self, remote_id: RemoteId, attached: Attached) -> None:
        """Take a file out, and delete it where the server says that no other resource has it.

        Raises:
            Moved: somebody took it out since it was listed.
        """
        what = f"removing {attached.path}"
        endpoint = self._rows.delete if self._is_here_alone(remote_id, attached) else self._rows.remove
        try:
            self._ask(endpoint, remote_id, what, {"file_id": attached.file_id})
        except Missing as error:
            raise Moved(f"{what}: somebody took it away meanwhile", hint="run the command again") from error

    def _add(self, remote_id: RemoteId, file_id: str, path: str, folder_id: str | None) -> None:
        body: dict[str, Json] = {"file_id": file_id}
        if folder_id is not None:
            body["directory_id"] = folder_id
        self._ask(self._rows.add, remote_id, f"attaching {path}", body)

    def _put_back(
        self,
        remote_id: RemoteId,
        gone: Iterable[Attached],
        added: Iterable[str],
        read: Callable[[str], bytes],
        refusal: RemoteError,
    ) -> dict[str, Attached]:
        """Attach again what an exchange removed, in the place of what it added: what that is now, by path.

        It is uploaded again: a file of somebody else may be removed by whom it may not be attached by.

        Raises:
            UnexpectedReply: the server refuses that as well; what it takes is attached all the same.
        """
        refused: list[Rejected] = []
        back: dict[str, Attached] = {}
        try:
            for file_id in added:
                with suppress(Missing):
                    self._ask(self._rows.remove, remote_id, "taking out what was attached", {"file_id": file_id})
                self._discard(file_id)
            for each in gone:
                file_id = self._upload(each.path, read(each.digest))
                try:
                    self._add(remote_id, file_id, each.path, each.folder_id)
                except Rejected as error:
                    self._discard(file_id)
                    refused.append(error)
                    continue
                back[each.path] = each._replace(file_id=file_id)
            if refused:
                raise refused[0]
        except SignedOut:
            raise
        except RemoteError as error:
            raise UnexpectedReply(
                f"{refusal.message}; nor could what was there before be put back: {error.message}",
                hint="its bytes are kept here: run the command again once the server takes files",
            ) from error
        return back

    def _is_here_alone(self, remote_id: RemoteId, attached: Attached) -> bool:
        """Tell whether no other resource has a file, by what was read and by what the server says now.

        A search shows a file once for each resource that has it and that is shown to us, and which one it came to last.
        """
        file_id, name = attached.file_id, PurePosixPath(attached.path).name
        # some databases take a backslash in what is searched for as an escape
        if "\\" in name or any(file_id in held for other, held in list(self._held.items()) if other != remote_id):
            return False
        try:
            told = [each.get("meta") or {} for each in self._search(name) if each["id"] == file_id]
        except SignedOut:
            raise
        except RemoteError:
            return False
        if len(told) != 1 or not isinstance(told[0], dict):
            return False
        return told[0].get("collection_name") in (None, f"file-{file_id}", remote_id)

    def _search(self, name: str) -> list[Wire]:
        """List the files of all resources, as far as they are shown, whose names have a text in them."""
        what, page = "searching for a file", 1
        found: list[Wire] = []
        while True:
            path = f"{self._rows.search.path}?query={quote(name, safe='')}&page={page}"
            answer = self._transport.send(self._rows.search.method, path, what)
            items = answer.get("items") if isinstance(answer, dict) else None
            if not isinstance(items, list) or not isinstance(answer.get("total"), int) or not all(map(_has_id, items)):
                raise UnexpectedReply(f"{what}: the answer is no list")
            found, page = [*found, *items], page + 1
            if len(found) >= answer["total"]:
                return found
            if not items:
                raise list_moved(what)

    def _discard(self, *file_ids: str) -> None:
        """Delete what nothing has; where that fails, it only takes space there."""
        endpoint, what = self._rows.discard, "deleting a file that nothing has"
        for file_id in file_ids:
            with suppress(RemoteError):
                self._transport.send(endpoint.method, endpoint.path.replace("{file}", quote(file_id, safe="")), what)

    def _folder_id(self, remote_id: RemoteId, present: Iterable[Attached], folder: str) -> str | None:
        if not folder:
            return None
        if self._rows.folders is None or self._rows.diff is None:
            raise NotSupported(
                f"this server keeps no folders of files: {folder}/", hint="move the files up, into files/"
            )
        known = {each.folder: each.folder_id for each in present if each.folder_id}
        if folder in known:
            return known[folder]
        answer = self._ask(self._rows.diff, remote_id, "listing folders", {"manifest": []}, is_read=True)
        known |= answer.get("directory_map") or {}
        parent: str | None = None
        for place in (folder, *map(str, PurePosixPath(folder).parents))[-2::-1]:
            if place not in known:
                form = {"name": PurePosixPath(place).name, "parent_id": parent}
                known[place] = self._ask(self._rows.folders, remote_id, f"making the folder {place}", form)["id"]
            parent = known[place]
        return parent

    def _fetch_all(self, remote_id: RemoteId, *, may_write: bool) -> list[Wire]:
        return (self._fetch_whole(remote_id) if may_write else None) or self._fetch_pages(remote_id)

    def _fetch_whole(self, remote_id: RemoteId) -> list[Wire] | None:
        """List all files in one answer; None where this server does not, or where it lists nothing.

        A server of this sort hides a fault of its database behind an empty list, so that is asked for in another way.
        """
        if self._rows.whole is None:
            return None
        try:
            answer = self._ask(self._rows.whole, remote_id, _LISTING, [], is_read=True)
        except SignedOut:
            raise
        except (NotAllowed, NotSupported, Rejected):
            return None
        files = answer.get("files") if isinstance(answer, dict) else None
        if not isinstance(files, list) or answer.get("id") != remote_id or not all(map(_has_id, files)):
            raise UnexpectedReply(f"{_LISTING}: the answer is no list")
        return files

    def _fetch_pages(self, remote_id: RemoteId) -> list[Wire]:
        page, total = 1, None
        found: dict[str, Wire] = {}
        while total is None or (len(found) < total and page <= total):
            suffix = f"&page={page}" + (self._rows.whole_page if self._sees_whole else "")
            endpoint = self._rows.listing._replace(path=self._rows.listing.path + suffix)
            answer = self._ask(endpoint, remote_id, _LISTING, None)
            items = answer.get("items") if isinstance(answer, dict) else None
            if not isinstance(items, list) or not isinstance(answer.get("total"), int):
                raise UnexpectedReply(f"{_LISTING}: the answer is no list")
            if total not in (None, answer["total"]) or not items:
                total = answer["total"]
                break
            total = answer["total"]
            found |= {str(each["id"]): each for each in items}
            page += 1
        if len(found) != total:
            raise list_moved(_LISTING)
        return list(found.values())

    def _ask(self, endpoint: Endpoint, remote_id: RemoteId, what: str, body: Json, *, is_read: bool = False) -> Json:
        path = endpoint.path.replace("{id}", quote(remote_id, safe=""))
        return self._transport.send(endpoint.method, path, what, body=body, is_read=is_read)


def _to_attached(wire: Wire) -> Attached:
    meta = wire.get("meta") or {}
    folder = str(wire.get("directory_path") or "").strip("/")
    name = str(wire.get("filename") or meta.get("name") or wire["id"])
    claimed = (meta.get("data") or {}).get(_CLAIM)
    digest, size = meta.get("file_hash") or claimed, meta.get("size")
    return Attached(
        file_id=str(wire["id"]),
        path=f"{folder}/{name}" if folder else name,
        digest=digest if isinstance(digest, str) and _DIGEST.fullmatch(digest) else "",
        size_bytes=size if isinstance(size, int) else None,
        folder_id=wire.get("directory_id"),
    )


def _has_id(wire: Json) -> bool:
    return isinstance(wire, dict) and isinstance(wire.get("id"), str)


def _told_apart(found: list[Attached]) -> list[Attached]:
    """Give equal paths different names: the first keeps it, by id."""
    taken: set[str] = set()
    told: list[Attached] = []
    for each in sorted(found, key=lambda one: (one.path, one.file_id)):
        place = PurePosixPath(each.path)
        path = each.path if each.path not in taken else str(place.with_stem(f"{place.stem}~{each.file_id[:8]}"))
        taken.add(path)
        told.append(each._replace(path=path))
    return told
