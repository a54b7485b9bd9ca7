"""Bytes that are kept by digest: once, whole, and by several at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cochat_devkit.resource import make_digest
from cochat_devkit.workspace.blobs import has_blob, keep_blob, read_blob

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Bytes are found by their digest; what was damaged since is not taken for them."""
    digest = keep_blob(tmp_path, b"alpha")
    assert digest == make_digest(b"alpha")
    assert has_blob(tmp_path, digest)
    assert read_blob(tmp_path, digest) == b"alpha"
    assert read_blob(tmp_path, make_digest(b"other")) is None
    next((tmp_path / ".cochat" / "blobs").rglob(digest[2:])).write_bytes(b"damaged")
    assert read_blob(tmp_path, digest) is None


def test_many_keep_the_same_at_a_time(tmp_path: Path) -> None:
    """Files of equal content that are fetched together are no fault of anybody."""
    for number in range(40):
        content = b"twin %d" % number
        with ThreadPoolExecutor(8) as pool:
            digests = set(pool.map(lambda content: keep_blob(tmp_path, content), [content] * 16))
        assert digests == {make_digest(content)}
        assert read_blob(tmp_path, make_digest(content)) == content
