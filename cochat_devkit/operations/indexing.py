"""The files that resources name by digest: indexed with a pull, each once, so that their words are found."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, MirrorDamaged
from cochat_devkit.mirror.finding import find_indexed_files, find_unindexed, has_index
from cochat_devkit.mirror.index import NamedFiles
from cochat_devkit.mirror.mentions import has_mentions
from cochat_devkit.mirror.words import to_text
from cochat_devkit.resource import make_digest
from cochat_devkit.workspace.blobs import read_blob
from cochat_devkit.workspace.tree import read_further

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.operations.records import Records

__all__ = ["index_files", "read_attached", "to_text"]

#: so much text is written at once
_BATCH_CHARS = 1_000_000


def index_files(root: Path, kinds: Iterable[Kind], records: Records, *, began_s: float) -> bool:
    """Index the files of what the server shows, those that were not yet: whether all that are here are indexed now.

    What began at `began_s`, by the monotonic clock, is not made longer by more than half, but for a first batch: the
    rest is left to the next pull, and so is what nobody has here.
    """
    if not (has_index(records.reader) and has_mentions(records.reader)):
        # whoever writes to a mirror of an earlier version brings it up to date
        records.open_index()
        if not has_index(records.reader):
            return True
    now_s = time.monotonic()
    indexing = _Indexing(root, records, now_s + (now_s - began_s) / 2)
    for kind in kinds:
        lacking = find_unindexed(records.reader, records.scope, kind.name) if kind.digest_field else []
        known = find_indexed_files(records.reader) if lacking else set()
        for _slug, path, digest in lacking:
            # a damaged body is told by whoever asks for it
            with suppress(MirrorDamaged):
                body = records.reader.body(digest)
                if not indexing.take(kind, path, digest, body[kind.digest_field or ""], known):
                    return False
    indexing.write()
    return True


def read_attached(root: Path, kind: Kind, path: str | None, place: str, digest: str) -> bytes | None:
    """Read a file of a resource: among what was kept here, else beside its main file; None where it is neither."""
    content = read_blob(root, digest)
    if content is not None or not path:
        return content if content is not None and make_digest(content) == digest else None
    with suppress(BadResource):
        return read_further(root, kind, path, place, digest)
    return None


class _Indexing:
    """Index files that bodies name, some at a time, until it is late."""

    def __init__(self, root: Path, records: Records, ends_s: float) -> None:
        self._root = root
        self._records = records
        self._ends_s = ends_s
        self._batch: list[NamedFiles] = []
        self._chars = 0

    def take(self, kind: Kind, path: str | None, body: str, named: Mapping[str, str], known: set[str]) -> bool:
        """Index the files of one body, digests by place: whether there was time for all.

        `known` are those that were indexed before, and grows.
        """
        files, texts, is_whole = dict[str, str](), dict[str, str](), True
        for place, digest in named.items():
            if digest not in known:
                content = read_attached(self._root, kind, path, place, digest)
                if content is None:
                    is_whole = False
                    continue
                text = to_text(content)
                if text is not None:
                    texts[digest] = text
                    self._chars += len(text)
                known.add(digest)
            files[place] = digest
            if self._chars >= _BATCH_CHARS:
                self._batch.append(NamedFiles(body, files, texts, is_whole=False))
                self.write()
                files, texts = {}, {}
                if time.monotonic() > self._ends_s:
                    return False
        self._batch.append(NamedFiles(body, files, texts, is_whole))
        return True

    def write(self) -> None:
        """Write what was gathered."""
        if self._batch:
            self._records.index_files(self._batch)
        self._batch, self._chars = [], 0
