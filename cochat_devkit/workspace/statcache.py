"""The stat cache: what files said when they were last read, by their size, times and inode, as git's index does it.

It is best effort: one that is missing, damaged, of another version or not to be written costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from array import array
from functools import cached_property
from typing import TYPE_CHECKING

from cochat_devkit import __version__
from cochat_devkit.errors import BadResource
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.files import inside, name_beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

PATH = ".cochat/files.cache"
#: moves when the file's form does, or what is read out of files
FORMAT = 6
_Part = bytes | memoryview
#: mode, size in bytes, times of the last change of content and of status in nanoseconds, inode
Stat = tuple[int, ...]
_STAT_LENGTH = 5
#: stands for what is to be read again the next time, as it is like no file's
SMUDGED: Stat = (-1, -1, -1, -1, -1)
_DIGEST_LENGTH = 64
#: stands between the texts of a column: no path has it
BETWEEN = "\0"


class Stats(NamedTuple):
    """Hold what the system says of the files of a folder: their paths below it, and the numbers of all in one row.

    Both are packed as they are stored: whether all is as it was is one comparison of two texts.
    """

    names: str = ""
    numbers: bytes = b""

    @classmethod
    def of(cls, names: Iterable[str], numbers: Sequence[int]) -> Stats:
        """Make it of names, and the numbers of all in their order."""
        return cls(BETWEEN.join(names), pack_numbers(numbers))

    @classmethod
    def of_each(cls, stats: Mapping[str, Stat]) -> Stats:
        """Make it of each file's own."""
        return cls.of(stats, [number for stat in stats.values() for number in stat])

    def split_names(self) -> list[str]:
        """List the names."""
        return _split(self.names, len(self.numbers) // _STAT_BYTES)

    def by_name(self) -> dict[str, Stat]:
        """Give each file's own."""
        numbers = array("q", self.numbers)
        return dict(zip(self.split_names(), zip(*[iter(numbers)] * _STAT_LENGTH, strict=True), strict=True))


def pack_numbers(numbers: Sequence[int]) -> bytes:
    """Write what the system says of some files, one behind the other."""
    try:
        return array("q", numbers).tobytes()
    except OverflowError:
        # a file system may count its inodes beyond 63 bits
        return array("q", [(number + _HALF) % (2 * _HALF) - _HALF for number in numbers]).tobytes()


_NO_STATS = Stats()


class Known(NamedTuple):
    """Hold what the files of one resource said: its slug, fingerprint and name, and the digest of those files."""

    slug: str
    fingerprint: str
    title: str
    digest: str


class Shelf:
    """Hold what is known of one folder of a kind: what the system says of its files, and the resources in columns.

    Of ten thousand resources in step nobody asks one by one: columns are read, compared and passed on as they are,
    sorted by slug, and only who needs their texts parts them. It is no dataclass, which takes longer to load than all
    else that is needed before the files can be asked about.
    """

    def __init__(
        self, stats: Stats = _NO_STATS, columns: tuple[str, ...] = ("", "", "", ""), digests: bytes = b""
    ) -> None:
        self.stats = stats
        #: the stems, slugs, fingerprints and titles of all resources, those of each in one text
        self.columns = columns
        #: one behind the other, as they are all of one length
        self.digests = digests

    def __eq__(self, other: object) -> bool:
        """Compare all that is known."""
        if not isinstance(other, Shelf):
            return NotImplemented
        return (self.stats, self.columns, self.digests) == (other.stats, other.columns, other.digests)

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, stats: Stats, known: Mapping[str, Known]) -> Shelf:
        """Make one of resources by their stems."""
        found = sorted((slug, stem, print_, title, digest) for stem, (slug, print_, title, digest) in known.items())
        slugs, stems, prints, titles, digests = ([each[column] for each in found] for column in range(5))
        columns = (stems, slugs, prints, titles)
        shelf = cls(stats, tuple(map(BETWEEN.join, columns)), "".join(digests).encode("ascii"))
        # a title may have what stands between them: then they cannot be parted again
        shelf.stems, shelf.slugs, shelf.fingerprints, shelf.titles = columns
        return shelf

    @cached_property
    def stems(self) -> list[str]:
        """Name the files."""
        return self._column(0)

    @cached_property
    def slugs(self) -> list[str]:
        """Name the resources."""
        return self._column(1)

    @cached_property
    def fingerprints(self) -> list[str]:
        """Name their contents."""
        return self._column(2)

    @cached_property
    def titles(self) -> list[str]:
        """Say what people call them."""
        return self._column(3)

    @property
    def can_be_parted(self) -> bool:
        """Tell whether the columns say what they are made of, as no text in them has what stands between."""
        return all(_holds(each, len(self)) for each in self.columns)

    @property
    def is_named_by_files(self) -> bool:
        """Tell whether every slug is the name of its file, so that no two are the same."""
        return self.columns[0] == self.columns[1]

    def is_of(self, slugs: str, count: int) -> bool:
        """Tell whether these are its slugs, so many in this order, with a NUL between each and the next."""
        return count == len(self) and self.columns[1] == slugs and _holds(slugs, count)

    @property
    def known(self) -> dict[str, Known]:
        """Give the resources by their stems."""
        digests = self.digests.decode("ascii")
        each_digest = [digests[start : start + _DIGEST_LENGTH] for start in range(0, len(digests), _DIGEST_LENGTH)]
        columns = (self.slugs, self.fingerprints, self.titles, each_digest)
        return dict(zip(self.stems, map(Known._make, zip(*columns, strict=True)), strict=True))

    def __len__(self) -> int:
        """Count the resources."""
        return len(self.digests) // _DIGEST_LENGTH

    def _column(self, number: int) -> list[str]:
        return _split(self.columns[number], len(self))


class StatCache:
    """Know the folders of a workspace by their path; a folder that nobody knows is empty."""

    def __init__(self, shelves: Mapping[str, Sequence[_Part]]) -> None:
        self._shelves = dict(shelves)
        self._is_new = False

    @property
    def folders(self) -> list[str]:
        """Name the folders of which something is known."""
        return [*self._shelves]

    def shelf(self, folder: str) -> Shelf:
        """Read what is known of a folder."""
        try:
            return _unpack(self._shelves[folder])
        except (KeyError, TypeError, ValueError):
            return Shelf()

    def put(self, folder: str, shelf: Shelf) -> None:
        """Know something else of a folder from now on."""
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
        # in one piece, where other files are read in two, as most of those are small
        whole = inside(root, PATH).read_bytes()
        # parts of it are looked at where they lie: to copy megabytes takes longer than to compare them
        view = memoryview(whole)
        if whole[:_SUM_LENGTH] != _sum(view[_SUM_LENGTH:]):
            return StatCache({})
        start = whole.index(b"\n", _SUM_LENGTH) + 1
        found = json.loads(whole[_SUM_LENGTH:start])
        if (found["format"], found["devkit"]) != (FORMAT, __version__):
            return StatCache({})
        shelves: dict[str, list[_Part]] = {}
        for folder, lengths in found["folders"].items():
            shelves[folder] = []
            for length in lengths:
                shelves[folder].append(view[start : start + length])
                start += length
        return StatCache(shelves)
    except (BadResource, OSError, ValueError, KeyError, TypeError):
        return StatCache({})


_SUM_LENGTH = 9
_HALF = 1 << 63
_COLUMNS = 4
_STAT_BYTES = _STAT_LENGTH * array("q").itemsize


def _sum(content: _Part) -> bytes:
    return f"{zlib.crc32(content):08x}\n".encode("ascii")


def _pack(shelf: Shelf) -> list[_Part]:
    """Write a folder column by column: a few long texts are read much faster than many objects."""
    columns = (shelf.stats.names, *shelf.columns)
    return [shelf.stats.numbers, shelf.digests, *(each.encode("utf-8", "surrogatepass") for each in columns)]


def _unpack(parts: Sequence[_Part]) -> Shelf:
    """Read a folder.

    Raises:
        TypeError, ValueError: it is none that we wrote, or it has a name that stands for two.
    """
    numbers, digests, *packed = parts
    names, *columns = (str(each, "utf-8", "surrogatepass") for each in packed)
    shelf = Shelf(Stats(names, bytes(numbers)), tuple(columns), bytes(digests))
    count, odd = divmod(len(numbers), _STAT_BYTES)
    if odd or not _holds(names, count) or len(columns) != _COLUMNS or not shelf.can_be_parted:
        raise ValueError("columns of unlike length")
    return shelf


def _holds(column: str, count: int) -> bool:
    """Tell whether a column can be parted into so many texts, and no other number."""
    return column.count(BETWEEN) == count - 1 if count else not column


def _split(column: str, count: int) -> list[str]:
    return column.split(BETWEEN) if count else []
