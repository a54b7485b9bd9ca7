"""The further files of a resource, as it is shown: which there are, how large, and the bytes of one."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, UnknownResource
from cochat_devkit.kinds import kind_named, parse_ref
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.blobs import size_of_blob

if TYPE_CHECKING:
    from cochat_devkit.config import Config
    from cochat_devkit.kinds import Kind
    from cochat_devkit.operations.ls import Shown
    from cochat_devkit.resource import Json


_KILO = 1_000


class AttachedFile(NamedTuple):
    """Hold one file: its name below the resource, its size, None where its bytes are not here, its digest if named."""

    name: str
    size_bytes: int | None
    digest: str | None


def size_in_words(size_bytes: int) -> str:
    """Write a size as people say it: "817 B", "12.5 kB"; a kB is 1,000 bytes."""
    if size_bytes < _KILO:
        return f"{size_bytes} B"
    size, unit = size_bytes / _KILO, "kB"
    for unit_above in ("MB", "GB"):
        if size >= _KILO:
            size, unit = size / _KILO, unit_above
    return f"{size:.1f} {unit}"


def list_files(config: Config, shown: Shown) -> list[AttachedFile]:
    """List the further files of a resource, by name; its kind may have none."""
    kind = _kind_of(shown)
    files = []
    for name, held in sorted(_held(kind, shown).items()):
        if kind.digest_field is None:
            files.append(AttachedFile(name, len(_unpacked(held)), None))
        else:
            size_bytes = size_of_blob(config.root, str(held))
            if size_bytes is None:
                content = _read(config, kind, shown, name, str(held))
                size_bytes = None if content is None else len(content)
            files.append(AttachedFile(name, size_bytes, str(held)))
    return files


def read_shown_file(config: Config, shown: Shown, name: str) -> bytes:
    """Read one of them.

    Raises:
        UnknownResource: the resource has no such file.
        BadResource: its bytes are not here.
    """
    kind, ref = _kind_of(shown), shown.line.ref
    held = _held(kind, shown)
    if name not in held:
        raise UnknownResource(f"{ref} has no file {name}", hint=f"list what it has: cochat show {ref}")
    if kind.digest_field is None:
        return _unpacked(held[name])
    content = _read(config, kind, shown, name, str(held[name]))
    if content is None:
        raise BadResource(f"the bytes of {name} are not here", hint=f"cochat pull {ref}")
    return content


def _read(config: Config, kind: Kind, shown: Shown, name: str, digest: str) -> bytes | None:
    # most resources have no further files: what reads them takes long to load
    from cochat_devkit.operations.indexing import read_attached

    return read_attached(config.root, kind, shown.line.path, name, digest)


def _kind_of(shown: Shown) -> Kind:
    return kind_named(parse_ref(shown.line.ref)[0].kind)[0]


def _held(kind: Kind, shown: Shown) -> dict[str, Json]:
    field = kind.form.tree_field if kind.form else None
    return (shown.body.get(field) or {}) if field else {}


def _unpacked(held: Json) -> bytes:
    """Give the bytes of a file that the body holds itself: a text as it is, all else as base64."""
    return held.encode("utf-8", "replace") if isinstance(held, str) else base64.b64decode(held["base64"])
