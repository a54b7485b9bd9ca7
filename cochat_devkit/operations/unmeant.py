"""Files that say what nobody meant: emptied, half merged, or what Git LFS left in their place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.resource import Resource
from cochat_devkit.workspace.forms import find_silences, render_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.config import Config, Target
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.resource import Key
    from cochat_devkit.workspace.local import LocalResource, Tree

_MARKER = b"<<<<<<< "
#: what Git LFS leaves in the place of a file that it did not fetch
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.+\n)*oid sha256:[0-9a-f]{64}\nsize [0-9]+\n?\Z"
)
#: no pointer is larger, and few texts that somebody merges are
_LARGEST_POINTER_BYTES, _LARGEST_MERGED_BYTES = 1024, 1 << 20


def refuse_unmeant(config: Config, aim: Target, tree: Tree, rows: Mapping[Key, Row], reader: MirrorReader) -> None:
    """Take a file that changed into what nobody means for one that cannot be read.

    That is one that says nothing any more, though both sides agreed on something, one with an unfinished merge, and a
    pointer of Git LFS. A file that stated another id than its name gives stands for another resource without it: its
    place tells which.

    Raises:
        BadResource: the lock cannot be read.
    """
    agreed = {key: row for key, row in rows.items() if row.base_local is not None}
    left = {row.path: row for key, row in agreed.items() if key not in tree.found}
    for key, local in list(tree.found.items()):
        row = agreed.get(key) or left.get(local.path)
        if row is not None and row.base_local == local.fingerprint:
            continue
        try:
            fault = _find_fault(config, aim, local, row, reader)
        except BadResource:
            # it changed since: whoever reads it is told
            continue
        if fault is not None:
            tree.refuse(local.path, {key, row.key} if row else {key}, fault)


def _find_fault(
    config: Config, aim: Target, local: LocalResource, row: Row | None, reader: MirrorReader
) -> BadResource | None:
    silences = find_silences(kind_named(local.key.kind)[0], local.path, local.files) if row else []
    marked = [path for path, content in local.files.items() if _MARKER in content]
    pointers = [path for path, content in local.files.items() if _POINTER.match(content)]
    if silences or marked or pointers:
        base = _files_of_base(config, aim, local.path, row, reader) if row else {}
        if row and base is not None:
            # where nobody knows the base, it said something
            known = find_silences(kind_named(row.key.kind)[0], local.path, base)
            silences = [each for each in silences if each not in known and each.path in base]
        if row and silences:
            ref, first = ref_of(row.key, row.type), silences[0]
            hint = f"restore the file: see cochat log {ref}; if you mean it, {first.on_purpose}"
            return BadResource(f"{first.path} {first.what}, and was not so when both sides agreed", hint=hint)
        base = base or {}
        for path in pointers:
            if base.get(path) != local.files[path]:
                return _explain_pointer(path)
        for path in marked:
            if fault := _find_begun_merge(path, local.files[path], base.get(path, b"")):
                return fault
    return _find_fault_below(config, aim, local, row, reader) if local.tree else None


def _find_fault_below(
    config: Config, aim: Target, local: LocalResource, row: Row | None, reader: MirrorReader
) -> BadResource | None:
    """Look into those further files that are kept by digest and are not as both sides agreed.

    A merge is looked for only where there was something to merge with.
    """
    from cochat_devkit.operations.agreed import find_base_body
    from cochat_devkit.workspace.blobs import read_blob
    from cochat_devkit.workspace.files import read_file, size_of_file
    from cochat_devkit.workspace.forms import tree_places

    kind = kind_named(local.key.kind)[0]
    body = find_base_body(config, aim, kind, row, reader) if row else None
    agreed = body[kind.digest_field] if body and kind.digest_field else {}
    before = {place: agreed[name] for name, place in tree_places(kind, local.path, agreed).items()}
    for path, digest in local.tree.items():
        limit = _LARGEST_MERGED_BYTES if path in before else _LARGEST_POINTER_BYTES
        if before.get(path) == digest or size_of_file(config.root, path) > limit:
            continue
        content = read_file(config.root, path) or b""
        if _POINTER.match(content):
            return _explain_pointer(path)
        if path in before and _MARKER in content:
            original = read_blob(config.root, before[path]) or b""
            if fault := _find_begun_merge(path, content, original):
                return fault
    return None


def _explain_pointer(path: str) -> BadResource:
    return BadResource(f"{path} is what Git LFS left in the place of the file", hint="fetch it: git lfs pull")


def _files_of_base(
    config: Config, aim: Target, path: str, row: Row, reader: MirrorReader
) -> Mapping[str, bytes] | None:
    """Write what both sides agreed on as files; None where nobody knows it, or it cannot be files."""
    # few files get here, and many commands come by
    from cochat_devkit.operations.agreed import find_base_body

    kind = kind_named(row.key.kind)[0]
    body = find_base_body(config, aim, kind, row, reader)
    try:
        return render_files(kind, Resource(row.key, body, row.type), path, {}) if body is not None else None
    except BadResource:
        return None


def _find_begun_merge(path: str, *contents: bytes) -> BadResource | None:
    """Find a merge that nobody finished in the first content; the others are what it was."""
    from cochat_devkit.sync.merge import begun_merge

    line = begun_merge(*(each.decode("utf-8", "replace") for each in contents))
    if line is None:
        return None
    return BadResource(
        f"{path}:{line}: a merge in git was not finished",
        hint="keep one of both sides, without the markers; a text that speaks of markers indents them",
    )
