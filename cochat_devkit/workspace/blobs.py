"""The bytes of files that resources name by digest: kept once, below `.cochat/`, until nobody needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.resource import make_digest
from cochat_devkit.workspace.files import read_file, write_file

if TYPE_CHECKING:
    from pathlib import Path

BLOBS = ".cochat/blobs"


def keep_blob(root: Path, content: bytes) -> str:
    """Keep bytes: their digest.

    Raises:
        CannotWrite: the disk refuses.
    """
    digest = make_digest(content)
    place = _place_of(digest)
    if not (root / place).is_file():
        try:
            write_file(root, place, content, expected=None)
        except CannotWrite:
            # two files of one content are fetched at a time: whoever comes second finds it done
            if read_blob(root, digest) is None:
                raise
    return digest


def has_blob(root: Path, digest: str) -> bool:
    """Tell whether bytes are kept."""
    return (root / _place_of(digest)).is_file()


def size_of_blob(root: Path, digest: str) -> int | None:
    """Tell how many bytes are kept under a digest; None where there are none."""
    try:
        return (root / _place_of(digest)).stat().st_size
    except OSError:
        return None


def read_blob(root: Path, digest: str) -> bytes | None:
    """Read kept bytes; None where there are none, or others than were kept."""
    try:
        content = read_file(root, _place_of(digest))
    except BadResource:
        return None
    return content if content is not None and make_digest(content) == digest else None


def _place_of(digest: str) -> str:
    return f"{BLOBS}/{digest[:2]}/{digest[2:]}"
