"""Git's names for bytes are git's, and what git has lost is none, never something else."""

from __future__ import annotations

import subprocess

import pytest

from cochat_devkit.workspace.git import make_blob_hash, read_blob


@pytest.mark.parametrize("content", [b"", b"x\r\n", "ü".encode(), b"\0" * 100_000])
def test_names_are_those_of_git(tmp_path, content):
    """The lock names a file as `git hash-object` does, so git finds it."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    done = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=tmp_path, input=content, capture_output=True, check=True
    )
    name = done.stdout.decode().strip()
    assert make_blob_hash(content) == name
    assert read_blob(tmp_path, name) == content


def test_what_is_not_there_is_none(tmp_path):
    """No repository, no such object, a name that is none: all are "I do not have it"."""
    assert read_blob(tmp_path, "a" * 40) is None
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for name in ("a" * 40, "HEAD", "--help", "", "../x"):
        assert read_blob(tmp_path, name) is None
