"""What lies in the files: one resource as its files say it, and all that a look at the folders found."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.resource import make_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cochat_devkit.resource import Fingerprint, Key, Resource


class LocalResource:
    """Hold a resource as its files say it: the resource in canonical form, and the files byte for byte.

    Paths are relative to the workspace. `path` is the main file; `files` has it, the sidecar where there is one,
    pictures and further files. `tree` has the digests of further files that are kept by digest, by their path.

    One that the stat cache knew (`unread`) has key, type, path, fingerprint and title at once; all else is read on
    first use, and raises BadResource where the files say something else by then.
    """

    def __init__(
        self, resource: Resource, path: str, files: Mapping[str, bytes], tree: Mapping[str, str] | None = None
    ) -> None:
        self.key, self.type, self.path = resource.key, resource.type, path
        self.resource, self.files, self.tree = resource, files, {} if tree is None else tree

    @classmethod
    def unread(
        cls, key: Key, type_: str, path: str, fingerprint: Fingerprint, title: str, read: Callable[[], LocalResource]
    ) -> LocalResource:
        """Make one of what is known of it; `read` reads its files."""
        self = cls.__new__(cls)
        self.__dict__.update(key=key, type=type_, path=path, fingerprint=fingerprint, title=title, _read=read)
        return self

    def __getattr__(self, name: str) -> object:
        """Read the files when something is asked for that only they know."""
        if name not in ("resource", "files", "tree") or "_read" not in self.__dict__:
            raise AttributeError(name)
        found: LocalResource = self.__dict__["_read"]()
        if found.fingerprint != self.fingerprint or found.key != self.key:
            raise BadResource(f"{self.path} changed while we worked", hint="run the command again")
        self.__dict__.update(resource=found.resource, files=found.files, tree=found.tree)
        return self.__dict__[name]

    def let_go(self, read: Callable[[], LocalResource]) -> LocalResource:
        """Make one that holds no contents; `read` reads them again, should somebody ask."""
        light = LocalResource.unread(self.key, self.type, self.path, self.fingerprint, self.title, read)
        light.__dict__.update(blobs=self.blobs, digest=self.digest)
        return light

    @property
    def is_laid(self) -> bool:
        """Tell whether its files were written a moment ago: what they hold is known without reading them."""
        return "digest" in self.__dict__

    def __eq__(self, other: object) -> bool:
        """Compare all that the files say."""
        if not isinstance(other, LocalResource):
            return NotImplemented
        mine, theirs = ((each.resource, each.path, each.files, each.tree) for each in (self, other))
        return mine == theirs

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """Name the content of the resource."""
        return self.resource.fingerprint

    @cached_property
    def title(self) -> str:
        """Say what people call it; "" where it has no name."""
        return str(self.resource.body.get("name", ""))

    @cached_property
    def blobs(self) -> dict[str, str]:
        """Name the contents of the files as git does, by path, the main file first."""
        from cochat_devkit.workspace.git import make_blob_hash

        return {path: make_blob_hash(content) for path, content in {self.path: self.source, **self.files}.items()}

    @cached_property
    def digests(self) -> dict[str, str]:
        """Give the digests of the files' contents by path, without those that are kept by digest."""
        return {place: make_digest(content) for place, content in self.files.items()}

    @cached_property
    def digest(self) -> str:
        """Name all that the files hold, byte for byte."""
        return digest_of_digests({**self.digests, **self.tree})

    @property
    def source(self) -> bytes:
        """Give the main file, as written."""
        return self.files[self.path]

    @property
    def text(self) -> str:
        """Give the main file as text."""
        return self.source.decode("utf-8")


def digest_of_files(files: Mapping[str, bytes], tree: Mapping[str, str]) -> str:
    """Name contents by path, and digests of further files by path, byte for byte."""
    return digest_of_digests({**{place: make_digest(content) for place, content in files.items()}, **tree})


def digest_of_digests(digests: Mapping[str, str]) -> str:
    """Name contents by path whose digests are known."""
    told = "\n".join(f"{digest} {place}" for place, digest in sorted(digests.items()))
    return make_digest(told.encode("utf-8", "surrogatepass"))


@dataclass(eq=False, repr=False)
class Tree:
    """Hold what a scan found. A key in `unreadable` is there and cannot be read: nothing follows about its body."""

    found: dict[Key, LocalResource] = field(default_factory=dict)
    unreadable: dict[Key, BadResource] = field(default_factory=dict)
    #: folders that could not be listed: what lies in them is not known to be absent
    unlisted: dict[str, BadResource] = field(default_factory=dict)
    #: files that could not be read, whatever they may stand for
    unread: dict[str, BadResource] = field(default_factory=dict)

    def admit(self, local: LocalResource) -> None:
        """Take in a resource, unless another file claims to be the same."""
        twin = self.found.pop(local.key, None)
        if twin is None and local.key not in self.unreadable:
            self.found[local.key] = local
            return
        other = f"{twin.path} and " if twin else ""
        self.unreadable[local.key] = BadResource(
            f"{other}{local.path}: two files claim to be {local.key}",
            hint="rename one of them, or give it another id: in its sidecar",
        )

    def refuse(self, path: str, keys: set[Key], error: BadResource) -> None:
        """Take in that a file cannot be read, and what it may stand for."""
        self.unread[path] = error
        for key in keys:
            self.found.pop(key, None)
            self.unreadable[key] = error

    def fault_of(self, key: Key, path: str | None) -> BadResource | None:
        """Say why nobody knows a resource's body, or even whether it is there; `path` is where it was."""
        if key in self.found:
            return None
        if key in self.unreadable or path is None:
            return self.unreadable.get(key)
        folders = (self.unlisted[each] for each in self.unlisted if path.startswith(f"{each}/"))
        return self.unread.get(path) or next(folders, None)
