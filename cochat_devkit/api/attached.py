"""The files of a resource: listed, read, attached and removed, by the requests that its kind's row names."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from cochat_devkit.api.transport import Upload
from cochat_devkit.errors import NotSupported, UnexpectedReply
from cochat_devkit.resource import RemoteId, make_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cochat_devkit.api.transport import Transport
    from cochat_devkit.kinds.kind import Attachments, Endpoint
    from cochat_devkit.resource import Json, Wire


#: the keys under which an object that is whole tells of its files: path to digest, and all that is known of each
FILES, ATTACHED = "files", "attached"


@dataclass(frozen=True)
class Attached:
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
        ATTACHED: {each.file_id: asdict(each) for each in found},
    }


def attached_in(told: Mapping[str, Json]) -> list[Attached]:
    """Take the files out of an object that was made whole, or of what the mirror keeps of one."""
    return [Attached(**each) for each in (told.get(ATTACHED) or {}).values()]


def with_files_of(wire: Wire, before: Wire) -> Wire:
    """Give an object that does not tell of its files those that it had before."""
    return {**wire, FILES: before.get(FILES), ATTACHED: before.get(ATTACHED)}


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

    def know(self, digests: Mapping[str, str]) -> None:
        """Take in the digests of files that were read before: a file's bytes never change."""
        self._digests.update(digests)

    def fetch_listing(self, remote_id: RemoteId) -> list[Attached]:
        """List the files, each with its digest; what has none is read once.

        Raises:
            UnexpectedReply: the list moved while it was read.
            RemoteError: the server could not be asked.
        """
        found = _told_apart([_to_attached(wire) for wire in self._fetch_pages(remote_id)])
        found = [replace(each, digest=each.digest or self._digests.get(each.file_id, "")) for each in found]
        unknown = [each for each in found if not each.digest]
        for each, content in zip(unknown, self._transport.fetch_all(self.fetch_content, unknown), strict=True):
            self._digests[each.file_id] = self._keep_blob(content)
        return [replace(each, digest=each.digest or self._digests[each.file_id]) for each in found]

    def fetch_content(self, attached: Attached) -> bytes:
        """Read the bytes of a file.

        Raises:
            UnexpectedReply: they are not those that the listing spoke of.
        """
        what = f"reading {attached.path}"
        path = self._rows.content.path.replace("{file}", quote(attached.file_id, safe=""))
        content = self._transport.fetch_bytes(path, what)
        is_long = attached.size_bytes is not None and len(content) != attached.size_bytes
        if is_long or (attached.digest and make_digest(content) != attached.digest):
            raise UnexpectedReply(f"{what}: the server sent other bytes than it lists", hint="run the command again")
        return content

    def fetch_contents(self, wanted: list[Attached]) -> Iterator[bytes]:
        """Read the bytes of several files, some at a time, in their order."""
        return self._transport.fetch_all(self.fetch_content, wanted)

    def send(self, remote_id: RemoteId, present: list[Attached], path: str, content: bytes) -> None:
        """Attach a file, in the place of one that bears its path: uploaded first, so that nothing is lost on the way.

        Raises:
            NotSupported: the path has folders, and this server has none.
            Rejected: the server cannot read the file.
        """
        folder_id = self._folder_id(remote_id, present, path.rpartition("/")[0])
        what = f"uploading {path}"
        upload = Upload(PurePosixPath(path).name, content)
        answer = self._transport.send(self._rows.upload.method, self._rows.upload.path, what, body=upload)
        file_id = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(file_id, str):
            raise UnexpectedReply(f"{what}: the answer names no file")
        for each in present:
            if each.path == path:
                self.remove(remote_id, each)
        body: dict[str, Json] = {"file_id": file_id}
        if folder_id is not None:
            body["directory_id"] = folder_id
        self._ask(self._rows.add, remote_id, f"attaching {path}", body)
        self._digests[file_id] = make_digest(content)

    def remove(self, remote_id: RemoteId, attached: Attached) -> None:
        """Take a file out. Its bytes go with it: whoever asks for this has kept them."""
        self._ask(self._rows.remove, remote_id, f"removing {attached.path}", {"file_id": attached.file_id})

    def _folder_id(self, remote_id: RemoteId, present: list[Attached], folder: str) -> str | None:
        if not folder:
            return None
        if self._rows.folders is None or self._rows.diff is None:
            raise NotSupported(
                f"this server keeps no folders of files: {folder}/", hint="move the files up, into files/"
            )
        known = {each.folder: each.folder_id for each in present if each.folder_id}
        if folder in known:
            return known[folder]
        answer = self._ask(self._rows.diff, remote_id, "listing folders", {"manifest": []})
        known |= answer.get("directory_map") or {}
        parent: str | None = None
        for place in (folder, *map(str, PurePosixPath(folder).parents))[-2::-1]:
            if place not in known:
                form = {"name": PurePosixPath(place).name, "parent_id": parent}
                known[place] = self._ask(self._rows.folders, remote_id, f"making the folder {place}", form)["id"]
            parent = known[place]
        return parent

    def _fetch_pages(self, remote_id: RemoteId) -> list[Wire]:
        what = "listing files"
        page, total = 1, None
        found: dict[str, Wire] = {}
        while total is None or (len(found) < total and page <= total):
            suffix = f"&page={page}" + (self._rows.whole_page if self._sees_whole else "")
            endpoint = replace(self._rows.listing, path=self._rows.listing.path + suffix)
            answer = self._ask(endpoint, remote_id, what, None)
            items = answer.get("items") if isinstance(answer, dict) else None
            if not isinstance(items, list) or not isinstance(answer.get("total"), int):
                raise UnexpectedReply(f"{what}: the answer is no list")
            if total not in (None, answer["total"]) or not items:
                total = answer["total"]
                break
            total = answer["total"]
            found |= {str(each["id"]): each for each in items}
            page += 1
        if len(found) != total:
            raise UnexpectedReply(f"{what}: the list moved while it was read", hint="run the command again")
        return list(found.values())

    def _ask(self, endpoint: Endpoint, remote_id: RemoteId, what: str, body: Json) -> Json:
        path = endpoint.path.replace("{id}", quote(remote_id, safe=""))
        return self._transport.send(endpoint.method, path, what, body=body)


def _to_attached(wire: Wire) -> Attached:
    meta = wire.get("meta") or {}
    folder = str(wire.get("directory_path") or "").strip("/")
    name = str(wire.get("filename") or meta.get("name") or wire["id"])
    digest, size = meta.get("file_hash"), meta.get("size")
    return Attached(
        file_id=str(wire["id"]),
        path=f"{folder}/{name}" if folder else name,
        digest=digest if isinstance(digest, str) else "",
        size_bytes=size if isinstance(size, int) else None,
        folder_id=wire.get("directory_id"),
    )


def _told_apart(found: list[Attached]) -> list[Attached]:
    """Give equal paths different names: the first keeps it, by id."""
    taken: set[str] = set()
    told: list[Attached] = []
    for each in sorted(found, key=lambda one: (one.path, one.file_id)):
        place = PurePosixPath(each.path)
        path = each.path if each.path not in taken else str(place.with_stem(f"{place.stem}~{each.file_id[:8]}"))
        taken.add(path)
        told.append(replace(each, path=path))
    return told
