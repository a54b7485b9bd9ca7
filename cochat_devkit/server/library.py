"""What the files and knowledge bases of the local server are kept in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from cochat_devkit.server import access
from cochat_devkit.server.file_quirks import file_quirks_of
from cochat_devkit.server.item import to_json
from cochat_devkit.server.owned_rows import OwnedRows
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller, Right
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.quirks import Refusal
    from cochat_devkit.server.store import Table

_SHORT = ("id", "hash", "meta", "created_at", "updated_at")


@dataclass(frozen=True)
class StoredFile:
    """Hold what is known of one file, by the keys of the wire; its bytes are kept elsewhere."""

    wire: Wire
    _written: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    @property
    def id(self) -> str:
        """Name the file."""
        return str(self.wire["id"])

    @property
    def name(self) -> str:
        """Say what the file is called."""
        return str(self.wire["filename"])

    @property
    def owner_id(self) -> str:
        """Say who uploaded it."""
        return str(self.wire["user_id"])

    @property
    def text(self) -> str | None:
        """Take its text; None where it has none."""
        text: str | None = self.wire["data"].get("content")
        return text

    @property
    def short(self) -> bytes:
        """Write the file as a base shows it in an answer, once."""
        if "short" not in self._written:
            self._written["short"] = to_json({key: self.wire[key] for key in _SHORT})
        return self._written["short"]


@dataclass(frozen=True)
class Member:
    """Say that a file is in a base: who put it there, when, and in which folder."""

    base_id: str
    file_id: str
    user_id: str
    created_at: int
    folder_id: str | None = None


@dataclass(frozen=True)
class Folder:
    """Hold one folder within a base."""

    id: str
    base_id: str
    parent_id: str | None
    name: str
    user_id: str
    created_at: int
    updated_at: int

    def to_wire(self) -> Wire:
        """Show the folder."""
        return {
            "id": self.id,
            "knowledge_id": self.base_id,
            "parent_id": self.parent_id,
            "name": self.name,
            "user_id": self.user_id,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


class Members:
    """Know which file is in which base. A file that was deleted may be a member still: it is not shown.

    Changes happen inside `Store.writing()`.
    """

    def __init__(self, context: ServerContext) -> None:
        self._table: Table[Member] = context.store.table(
            "knowledge files", parse=lambda row: Member(**row), dump=asdict
        )
        self._of_base: dict[str, dict[str, Member]] = {}
        self._bases_of: dict[str, dict[str, None]] = {}
        for member in self._table.all():
            self._know(member)

    def of_base(self, base_id: str) -> list[Member]:
        """List the members of a base, in the order in which they came."""
        return list(self._of_base.get(base_id, {}).values())

    def get(self, base_id: str, file_id: str) -> Member | None:
        """Find a member; None where there is none."""
        return self._of_base.get(base_id, {}).get(file_id)

    def bases_of(self, file_id: str) -> list[str]:
        """Name the bases that a file is in."""
        return list(self._bases_of.get(file_id, {}))

    def put(self, member: Member) -> None:
        """Put a file into a base, or somewhere else within it."""
        self._table.put(f"{member.base_id} {member.file_id}", member)
        self._know(member)

    def remove(self, base_id: str, file_id: str) -> None:
        """Take a file out of a base, if it is there."""
        self._table.remove(f"{base_id} {file_id}")
        self._of_base.get(base_id, {}).pop(file_id, None)
        self._bases_of.get(file_id, {}).pop(base_id, None)

    def clear(self, base_id: str) -> None:
        """Take all files out of a base."""
        for member in self.of_base(base_id):
            self.remove(base_id, member.file_id)

    def _know(self, member: Member) -> None:
        self._of_base.setdefault(member.base_id, {})[member.file_id] = member
        self._bases_of.setdefault(member.file_id, {})[member.base_id] = None


class KnownTexts:
    """Know the texts by which each base recognises duplicates: their digests, by the file that brought them.

    That is apart from the members: a text may stay behind when its file goes, and come without being compared.
    Changes happen inside `Store.writing()`.
    """

    def __init__(self, context: ServerContext) -> None:
        self._table: Table[Wire] = context.store.table("knowledge texts", parse=_as_it_is, dump=_as_it_is)
        self._files: dict[tuple[str, str], dict[str, None]] = {}
        self._of_base: dict[str, dict[str, None]] = {}
        for row in self._table.all():
            for digest in row["digests"]:
                self._know(row["base_id"], row["file_id"], digest)

    def files_with(self, base_id: str, digest: str) -> list[str]:
        """Name the files that brought a text into a base, the first first."""
        return list(self._files.get((base_id, digest), {}))

    def add(self, base_id: str, file_id: str, digest: str) -> None:
        """Take in a text."""
        self._write(base_id, file_id, [*self.digests_of(base_id, file_id), digest])
        self._know(base_id, file_id, digest)

    def digests_of(self, base_id: str, file_id: str) -> list[str]:
        """List the texts that a file brought into a base."""
        row = self._table.get(f"{base_id} {file_id}")
        return list(row["digests"]) if row else []

    def forget_file(self, base_id: str, file_id: str) -> None:
        """Forget what a file brought."""
        for digest in self.digests_of(base_id, file_id):
            self._files.get((base_id, digest), {}).pop(file_id, None)
        self._table.remove(f"{base_id} {file_id}")
        self._of_base.get(base_id, {}).pop(file_id, None)

    def forget_text(self, base_id: str, digest: str | None) -> None:
        """Forget a text, whoever brought it."""
        if digest is None:
            return
        for file_id in self.files_with(base_id, digest):
            left = [each for each in self.digests_of(base_id, file_id) if each != digest]
            self.forget_file(base_id, file_id)
            for each in left:
                self.add(base_id, file_id, each)

    def forget_base(self, base_id: str) -> None:
        """Forget all that a base knows."""
        for file_id in list(self._of_base.get(base_id, {})):
            self.forget_file(base_id, file_id)

    def _write(self, base_id: str, file_id: str, digests: list[str]) -> None:
        row = {"base_id": base_id, "file_id": file_id, "digests": list(dict.fromkeys(digests))}
        self._table.put(f"{base_id} {file_id}", row)

    def _know(self, base_id: str, file_id: str, digest: str) -> None:
        self._files.setdefault((base_id, digest), {})[file_id] = None
        self._of_base.setdefault(base_id, {})[file_id] = None


class Library:
    """Hold files, their bytes, bases, and what is in them. Changes happen inside `Store.writing()`."""

    def __init__(self, context: ServerContext) -> None:
        self.context = context
        self.quirks = file_quirks_of(context.dialect.generation)
        self.bytes = context.store.blobs
        self.bases = OwnedRows(context, name="knowledge", plural="knowledge", key="id")
        self.members = Members(context)
        self.texts = KnownTexts(context)
        self._files: Table[StoredFile] = context.store.table("files", parse=StoredFile, dump=lambda each: each.wire)
        self._folders: Table[Folder] = context.store.table(
            "knowledge folders", parse=lambda row: Folder(**row), dump=asdict
        )

    def files(self) -> list[StoredFile]:
        """List the files, oldest first."""
        return self._files.all()

    def file(self, file_id: str) -> StoredFile | None:
        """Find a file; None where there is none."""
        return self._files.get(file_id)

    def find_file(self, file_id: str, missing: Refusal) -> StoredFile:
        """Find a file, or refuse in these words."""
        found = self._files.get(file_id)
        if found is None:
            raise refused(missing)
        return found

    def put_file(self, wire: Wire) -> StoredFile:
        """Write a file's row."""
        file = StoredFile(wire)
        self._files.put(file.id, file)
        return file

    def change_file(self, file: StoredFile, **wire: Json) -> StoredFile:
        """Lay keys over a file's row as it is now; its time of change moves."""
        current = self._files.get(file.id) or file
        return self.put_file({**current.wire, **wire, "updated_at": self.context.clock()})

    def remove_file(self, file_id: str) -> None:
        """Take a file out, its bytes too; a base may go on naming it."""
        self._files.remove(file_id)
        self.bytes.remove(file_id)

    def files_of(self, base_id: str) -> list[tuple[StoredFile, Member]]:
        """List the files of a base that are there, each with its membership."""
        found = ((self._files.get(member.file_id), member) for member in self.members.of_base(base_id))
        return [(file, member) for file, member in found if file]

    def bases_of(self, file: StoredFile) -> list[Wire]:
        """List the bases that a file is in."""
        found = (self.bases.get(base_id) for base_id in self.members.bases_of(file.id))
        return [base for base in found if base]

    def take_out(self, base_id: str, file: StoredFile) -> None:
        """Take a file out of a base, and its text with it."""
        self.members.remove(base_id, file.id)
        self.texts.forget_file(base_id, file.id)
        self.texts.forget_text(base_id, file.wire["hash"])

    def may_use_file(self, caller: Caller, right: Right, file: StoredFile) -> bool:
        """Tell whether a file is open to somebody: as an admin, as the owner, or through a base."""
        if caller.is_admin or file.owner_id == caller.id:
            return True
        return any(self._hands_on(base, caller, right, file) for base in self._bases_that_show(file))

    def folder(self, folder_id: str) -> Folder | None:
        """Find a folder; None where there is none."""
        return self._folders.get(folder_id)

    def folders_of(self, base_id: str) -> list[Folder]:
        """List the folders of a base by name."""
        return sorted((each for each in self._folders.all() if each.base_id == base_id), key=lambda each: each.name)

    def put_folder(self, folder: Folder) -> Folder:
        """Write a folder."""
        self._folders.put(folder.id, folder)
        return folder

    def remove_folder(self, folder_id: str) -> None:
        """Take a folder out, if it is there; what is in it stays where it is."""
        self._folders.remove(folder_id)

    def _bases_that_show(self, file: StoredFile) -> list[Wire]:
        bases = self.bases_of(file)
        if self.quirks.collection_grants_access:
            last = self.bases.get(str(file.wire["meta"].get("collection_name")))
            bases += [last] if last else []
        return bases

    def _hands_on(self, base: Wire, caller: Caller, right: Right, file: StoredFile) -> bool:
        if right == "write" and self.quirks.guards_files_of_others and base["user_id"] != file.owner_id:
            return False
        is_owner = base["user_id"] == caller.id
        return is_owner or access.is_given(base, right, user_id=caller.id, group_ids=caller.group_ids)


def _as_it_is(row: Any) -> Any:
    return row
