"""The files that resources name by digest: indexed with a pull, each once, so that their words are found."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, MirrorDamaged
from cochat_devkit.mirror.finding import find_indexed_files, find_unindexed, has_index
from cochat_devkit.mirror.mentions import has_mentions
from cochat_devkit.mirror.words import to_text
from cochat_devkit.resource import make_digest
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.blobs import read_blob
from cochat_devkit.workspace.files import read_file
from cochat_devkit.workspace.forms import tree_folder_of
from cochat_devkit.workspace.paths import tree_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.operations.records import Records
    from cochat_devkit.resource import Json

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
    ends_s = now_s + (now_s - began_s) / 2
    for kind in kinds:
        lacking = find_unindexed(records.reader, records.scope, kind.name) if kind.digest_field else []
        known = find_indexed_files(records.reader) if lacking else set()
        for _slug, path, digest in lacking:
            # a damaged body is told by whoever asks for it
            with suppress(MirrorDamaged):
                body = records.reader.body(digest)
                named = _Named(digest, body[kind.digest_field or ""])
                if not _index_body(root, kind, records, path, named, known, ends_s):
                    return False
    return True


def read_attached(root: Path, kind: Kind, path: str | None, place: str, digest: str) -> bytes | None:
    """Read a file of a resource: among what was kept here, else beside its main file; None where it is neither."""
    content = read_blob(root, digest)
    folder = tree_folder_of(kind, path) if path else None
    if content is None and folder:
        try:
            content = read_file(root, f"{folder}/{tree_path(place)}")
        except BadResource:
            return None
    return content if content is not None and make_digest(content) == digest else None


class _Named(NamedTuple):
    """Hold the digest of a body, and those of its files by place."""

    body: str
    files: dict[str, Json]


def _index_body(
    root: Path, kind: Kind, records: Records, path: str | None, named: _Named, known: set[str], ends_s: float
) -> bool:
    """Index the files that one body names, some at a time: whether there was time for all.

    `known` are those that were indexed before, and grows.
    """
    files, texts, is_whole = dict[str, str](), dict[str, str](), True
    for place, digest in named.files.items():
        if digest not in known:
            content = read_attached(root, kind, path, place, digest)
            if content is None:
                is_whole = False
                continue
            text = to_text(content)
            if text is not None:
                texts[digest] = text
            known.add(digest)
        files[place] = digest
        if sum(map(len, texts.values())) >= _BATCH_CHARS:
            records.index_files(named.body, files, texts, is_whole=False)
            files, texts = {}, {}
            if time.monotonic() > ends_s:
                return False
    records.index_files(named.body, files, texts, is_whole=is_whole)
    return True
