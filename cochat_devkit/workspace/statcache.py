"""The stat cache: what files said when they were last read, by their size, times and inode, as git's index does it.

It is best effort: one that is missing, damaged, of another version or not to be written costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit import __version__
from cochat_devkit.errors import BadResource
from cochat_devkit.workspace.files import inside, name_beside, read_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PATH = ".cochat/files.cache"
#: moves when the file's form does, or what is read out of files
FORMAT = 2
#: size in bytes, times of the last change of content and of status in nanoseconds, inode
Stat = tuple[int, ...]
_STAT_LENGTH = 4
#: stands for what is to be read again the next time, as it is like no file's
SMUDGED: Stat = (-1, -1, -1, -1)
_DIGEST_LENGTH = 64


class Stats(NamedTuple):
    """Hold what the system says of the files of a folder: their paths below it, and the numbers of all in one row."""

    names: list[str]
    numbers: list[int]

    @classmethod
    def of(cls, stats: Mapping[str, Stat]) -> Stats:
        """Make it of each file's own."""
        return cls([*stats], [number for stat in stats.values() for number in stat])

    def by_name(self) -> dict[str, Stat]:
        """Give each file's own."""
        return dict(zip(self.names, zip(*[iter(self.numbers)] * _STAT_LENGTH, strict=True), strict=True))


class Known(NamedTuple):
    """Hold what the files of one resource said: its slug, fingerprint and name, and the digest of those files."""

    slug: str
    fingerprint: str
    title: str
    digest: str


@dataclass
class Shelf:
    """Hold what is known of one folder of a kind: what the system says of its files, and the resources in columns.

    Of ten thousand resources in step nobody asks one by one: columns are read, and passed on, as they are.
    """

    stats: Stats = field(default_factory=lambda: Stats([], []))
    stems: list[str] = field(default_factory=list)
    slugs: list[str] = field(default_factory=list)
    fingerprints: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    #: one behind the other, as they are all of one length
    digests: bytes = b""

    @classmethod
    def of(cls, stats: Stats, known: Mapping[str, Known]) -> Shelf:
        """Make one of resources by their stems."""
        found = known.values()
        slugs, prints, titles, digests = ([each[column] for each in found] for column in range(4))
        return cls(stats, [*known], slugs, prints, titles, "".join(digests).encode("ascii"))

    @property
    def known(self) -> dict[str, Known]:
        """Give the resources by their stems."""
        digests = self.digests.decode("ascii")
        each_digest = [digests[start : start + _DIGEST_LENGTH] for start in range(0, len(digests), _DIGEST_LENGTH)]
        columns = (self.slugs, self.fingerprints, self.titles, each_digest)
        return dict(zip(self.stems, map(Known._make, zip(*columns, strict=True)), strict=True))


class StatCache:
    """Know the folders of a workspace by their path; a folder that nobody knows is empty."""

    def __init__(self, shelves: Mapping[str, Sequence[bytes]]) -> None:
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
        lengths = {folder: [len(part) for part in parts] for folder, parts in self._shelves.items()}
        head = json.dumps({"format": FORMAT, "devkit": __version__, "folders": lengths}).encode("ascii")
        content = b"".join((head, b"\n", *(part for parts in self._shelves.values() for part in parts)))
        with contextlib.suppress(OSError, BadResource):
            path = inside(root, PATH)
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_name(name_beside(path.name))
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_sum(content) + content)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise


def read_cache(root: Path) -> StatCache:
    """Read the cache of a workspace; what cannot be used reads as empty."""
    try:
        whole = read_file(root, PATH) or b""
        content = memoryview(whole)[_SUM_LENGTH:]
        if whole[:_SUM_LENGTH] != _sum(content):
            return StatCache({})
        start = whole.index(b"\n", _SUM_LENGTH) + 1
        found = json.loads(whole[_SUM_LENGTH:start])
        if (found["format"], found["devkit"]) != (FORMAT, __version__):
            return StatCache({})
        shelves: dict[str, list[bytes]] = {}
        for folder, lengths in found["folders"].items():
            shelves[folder] = []
            for length in lengths:
                shelves[folder].append(whole[start : start + length])
                start += length
        return StatCache(shelves)
    except (BadResource, ValueError, KeyError, TypeError):
        return StatCache({})


_SUM_LENGTH = 9


def _sum(content: bytes | memoryview) -> bytes:
    return f"{zlib.crc32(content):08x}\n".encode("ascii")


def _pack(shelf: Shelf) -> list[bytes]:
    """Write a folder column by column: a few long texts are read much faster than many objects.

    Raises:
        OverflowError: a number has more than 63 bits.
    """
    numbers = array("q", shelf.stats.numbers).tobytes()
    columns = (shelf.stats.names, shelf.stems, shelf.slugs, shelf.fingerprints, shelf.titles)
    return [numbers, shelf.digests, *map(_join, columns)]


def _unpack(parts: Sequence[bytes]) -> Shelf:
    """Read a folder.

    Raises:
        TypeError, ValueError: it is none that we wrote.
    """
    packed, digests, *columns = parts
    numbers, count = array("q", packed).tolist(), len(digests) // _DIGEST_LENGTH
    counts = (len(numbers) // _STAT_LENGTH, count, count, count, count)
    names, stems, slugs, prints, titles = map(_split, columns, counts)
    return Shelf(Stats(names, numbers), stems, slugs, prints, titles, digests)


def _join(texts: Sequence[str]) -> bytes:
    return "\0".join(texts).encode("utf-8", "surrogatepass")


def _split(column: bytes, count: int) -> list[str]:
    # no path has a NUL; where another name has one, there are too many, and the files are read
    texts = column.decode("utf-8", "surrogatepass").split("\0") if count else []
    if len(texts) != count:
        raise ValueError("columns of unlike length")
    return texts
