"""Git, where a workspace lies in it: how it names a file's bytes, and the bytes that it still has under a name."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: a git that takes longer is waiting for somebody
_TIMEOUT_S = 30.0


def make_blob_hash(content: bytes) -> str:
    """Name bytes as git does: 40 hex digits."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def read_blob(root: Path, blob: str) -> bytes | None:
    """Read bytes by git's name for them; None where there is no git, no repository, or not this object in it.

    Nothing is fetched, and what git hands out is checked against the name.
    """
    # most commands name bytes and read none
    import subprocess

    environment = {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", "cat-file", "blob", blob],  # noqa: S607 - the author's own git, wherever it is
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 and make_blob_hash(done.stdout) == blob else None
