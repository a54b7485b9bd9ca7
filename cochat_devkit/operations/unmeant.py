"""Files that say what nobody meant: emptied by an editor or a full disk, or with both sides of a merge in them."""

from __future__ import annotations

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


def refuse_unmeant(config: Config, aim: Target, tree: Tree, rows: Mapping[Key, Row], reader: MirrorReader) -> None:
    """Take a file that changed into what nobody means for one that cannot be read.

    That is one that says nothing any more, though both sides agreed on something, and one with an unfinished merge. A
    file that stated another id than its name gives stands for another resource without it: its place tells which.

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
    if not silences and not marked:
        return None
    base = _files_of_base(config, aim, local.path, row, reader) if row else {}
    if row and base is not None:
        # where nobody knows the base, it said something
        known = find_silences(kind_named(row.key.kind)[0], local.path, base)
        silences = [each for each in silences if each not in known and each.path in base]
    if row and silences:
        hint = f"restore the file: see cochat log {ref_of(row.key, row.type)}; if you mean it, {silences[0].on_purpose}"
        return BadResource(f"{silences[0].path} {silences[0].what}, and was not so when both sides agreed", hint=hint)
    return _find_begun_merge(local, marked, base or {})


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


def _find_begun_merge(local: LocalResource, marked: list[str], base: Mapping[str, bytes]) -> BadResource | None:
    from cochat_devkit.sync.merge import begun_merge

    for path in marked:
        texts = (each.decode("utf-8", "replace") for each in (local.files[path], base.get(path, b"")))
        line = begun_merge(*texts)
        if line is not None:
            return BadResource(
                f"{path}:{line}: a merge in git was not finished",
                hint="keep one of both sides, without the markers; a text that speaks of markers indents them",
            )
    return None
