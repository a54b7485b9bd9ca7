"""Files that an editor or a full disk emptied: what they no longer say is not taken for what their author meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.resource import Resource
from cochat_devkit.workspace.forms import find_silences, render_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.config import Config, Target
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.resource import Key
    from cochat_devkit.workspace.forms import Silence
    from cochat_devkit.workspace.local import LocalResource, Tree


def refuse_emptied(config: Config, aim: Target, tree: Tree, rows: Mapping[Key, Row], reader: MirrorReader) -> None:
    """Take a file that says nothing any more, though both sides agreed on something, for one that cannot be read.

    A file that stated another id than its name gives stands for another resource without it: its place tells which.

    Raises:
        BadResource: the lock cannot be read.
    """
    agreed = {key: row for key, row in rows.items() if row.base_local is not None}
    left = {row.path: row for key, row in agreed.items() if key not in tree.found}
    for key, local in list(tree.found.items()):
        row = agreed.get(key) or left.get(local.path)
        if row is None or row.base_local == local.fingerprint:
            continue
        silence = _find_silence(config, aim, local, row, reader)
        if silence is not None:
            hint = f"restore the file: see cochat log {ref_of(row.key, row.type)}; if you mean it, {silence.on_purpose}"
            fault = BadResource(f"{silence.path} {silence.what}, and was not so when both sides agreed", hint=hint)
            tree.refuse(local.path, {key, row.key}, fault)


def _find_silence(config: Config, aim: Target, local: LocalResource, row: Row, reader: MirrorReader) -> Silence | None:
    """Find a file that says nothing where that of the base did; where nobody knows the base, it did."""
    kind = kind_named(row.key.kind)[0]
    try:
        found = find_silences(kind, local.path, local.files)
    except BadResource:
        # it changed since: whoever reads it is told
        return None
    if found:
        # few files get here, and many commands come by
        from cochat_devkit.operations.agreed import find_base_body

        body = find_base_body(config, aim, kind, row, reader)
        if body is not None:
            found = _spoken(kind, Resource(row.key, body, row.type), local.path, found)
    return found[0] if found else None


def _spoken(kind: Kind, base: Resource, path: str, silences: list[Silence]) -> list[Silence]:
    """Keep of some silences those where the files of a body say something."""
    try:
        files = render_files(kind, base, path, {})
    except BadResource:
        return silences
    silent = find_silences(kind, path, files)
    return [each for each in silences if each not in silent and each.path in files]
