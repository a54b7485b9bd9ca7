"""The stat cache: what files said when they were last read, by their size, times and inode, as git's index does it.

It is best effort: one that is missing, damaged, of another version or not to be written costs time and nothing else.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import zlib
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit import __version__
from cochat_devkit.errors import BadResource
from cochat_devkit.workspace.files import inside, read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cochat_devkit.resource import Json

PATH = ".cochat/files.cache"
#: moves when the file's form does, or what is read out of files
FORMAT = 1
#: size in bytes, times of the last change of content and of status in nanoseconds, inode
Stat = tuple[int, ...]
_STAT_LENGTH = 4
#: stands for what is to be read again the next time, as it is like no file's
SMUDGED: Stat = (-1, -1, -1, -1)
_DIGEST_LENGTH = 64
_FINGERPRINT_LENGTH = 32


class Known(NamedTuple):
    """Hold what the files of one resource said: its slug, fingerprint and name, and the digest of those files."""

    slug: str
    fingerprint: str
    title: str
    digest: str


@dataclass
class Shelf:
    """Hold what is known of one folder of a kind: the files by their path below it, the resources in columns.

    Of ten thousand resources in step nobody asks one by one: columns are read, and passed on, as they are.
    """

    stats: dict[str, Stat] = field(default_factory=dict)
    stems: list[str] = field(default_factory=list)
    slugs: list[str] = field(default_factory=list)
    fingerprints: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    #: one behind the other, as they are all of one length
    digests: str = ""

    @classmethod
    def of(cls, stats: dict[str, Stat], known: Mapping[str, Known]) -> Shelf:
        """Make one of resources by their stems."""
        found = known.values()
        slugs, prints, titles = ([each[column] for each in found] for column in range(3))
        return cls(stats, list(known), slugs, prints, titles, "".join(each.digest for each in found))

    @property
    def known(self) -> dict[str, Known]:
        """Give the resources by their stems."""
        columns = (self.slugs, self.fingerprints, self.titles, _split(self.digests, _DIGEST_LENGTH))
        return dict(zip(self.stems, map(Known._make, zip(*columns, strict=True)), strict=True))


class StatCache:
    """Hold what is known of a workspace's folders; read them one by one, put back what is new, and save."""

    def __init__(self, shelves: Mapping[str, Json]) -> None:
        self._shelves = dict(shelves)
        self._is_new = False

    def shelf(self, folder: str) -> Shelf:
        """Read what is known of a folder."""
        try:
            return _unpack(self._shelves[folder])
        except (KeyError, TypeError, ValueError):
            return Shelf()

    def put(self, folder: str, shelf: Shelf) -> None:
        """Know something else of a folder from now on."""
        with contextlib.suppress(OverflowError):
            # a file system with numbers beyond 63 bits has no cache
            self._shelves[folder] = _pack(shelf)
            self._is_new = True

    def save(self, root: Path) -> None:
        """Write it in one step, if it knows something new and the disk takes it."""
        if not self._is_new:
            return
        text = json.dumps({"format": FORMAT, "devkit": __version__, "folders": self._shelves}).encode("ascii")
        with contextlib.suppress(OSError, BadResource):
            path = inside(root, PATH)
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_sum(text) + text)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise


def read_cache(root: Path) -> StatCache:
    """Read the cache of a workspace; what cannot be used reads as empty."""
    try:
        content = read_file(root, PATH) or b""
        text = content[_SUM_LENGTH:]
        found = json.loads(text) if content[:_SUM_LENGTH] == _sum(text) else {}
        if (found["format"], found["devkit"]) == (FORMAT, __version__):
            return StatCache(found["folders"])
    except (BadResource, ValueError, KeyError, TypeError):
        pass
    return StatCache({})


_SUM_LENGTH = 9


def _sum(text: bytes) -> bytes:
    return f"{zlib.crc32(text):08x}\n".encode("ascii")


def _pack(shelf: Shelf) -> dict[str, Json]:
    """Write a folder column by column: a few long texts are read much faster than many objects."""
    numbers = array("q", [number for stat in shelf.stats.values() for number in stat])
    return {
        "files": list(shelf.stats),
        "stats": base64.b64encode(numbers.tobytes()).decode("ascii"),
        "stems": shelf.stems,
        "slugs": shelf.slugs,
        "titles": shelf.titles,
        "fingerprints": "".join(shelf.fingerprints),
        "digests": shelf.digests,
    }


def _unpack(found: Json) -> Shelf:
    """Read a folder.

    Raises:
        KeyError, TypeError, ValueError: it is none that we wrote.
    """
    numbers = array("q", base64.b64decode(found["stats"]))
    stats = dict(zip(found["files"], zip(*[iter(numbers)] * _STAT_LENGTH, strict=True), strict=True))
    prints = _split(found["fingerprints"], _FINGERPRINT_LENGTH)
    shelf = Shelf(stats, found["stems"], found["slugs"], prints, found["titles"], found["digests"])
    columns = (shelf.stems, shelf.slugs, shelf.fingerprints, shelf.titles)
    if {len(each) for each in columns} != {len(shelf.digests) // _DIGEST_LENGTH}:
        raise ValueError("columns of unlike length")
    return shelf


def _split(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]
