"""Lay a body into the files, and the server's side of a conflict beside them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.operations.agreed import files_of
from cochat_devkit.operations.blobs import blob_reader
from cochat_devkit.workspace.files import inside, write_file
from cochat_devkit.workspace.tree import foresee, path_for, read_one, write_layout

if TYPE_CHECKING:
    from pathlib import Path

    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Resource
    from cochat_devkit.workspace.files import WriteFile
    from cochat_devkit.workspace.tree import Layout, LocalResource

#: where the server's side of what both sides changed lies, each file at its own path
CONFLICTS = ".cochat/conflicts"


def lay_resource(root: Path, kind: Kind, resource: Resource, present: LocalResource | None) -> LocalResource:
    """Write a resource over what is there: what was written. The path stays, unless the type moved to another folder.

    Raises:
        CannotWrite: a file changed meanwhile, or the disk refuses.
        BadResource: the resource cannot be files, or the bytes of one are nowhere.
    """
    return lay_foreseen(root, kind, foresee(root, kind, resource, present))


def lay_foreseen(root: Path, kind: Kind, layout: Layout, write: WriteFile = write_file) -> LocalResource:
    """Write a resource as it was foreseen: what was written.

    Raises:
        CannotWrite: a file changed meanwhile, or the disk refuses.
        BadResource: the bytes of one of its files are nowhere.
    """
    return write_layout(root, layout, blob_reader(root, kind, local=layout.present), write)


def lay_theirs(root: Path, kind: Kind, theirs: Resource) -> str | None:
    """Put the server's side of a conflict beside the workspace's files: its path; None where it can be no file."""
    path = f"{CONFLICTS}/{path_for(kind, theirs.type, theirs.key.slug)}"
    clear_theirs(root, kind, theirs.type, path)
    place = inside(root, CONFLICTS)
    try:
        write_layout(place, foresee(place, kind, theirs, None), blob_reader(root, kind))
    except BadResource:
        return None
    return path


def clear_theirs(root: Path, kind: Kind, type_: str, path: str) -> None:
    """Take the server's side away again, once it is settled; what is not there, or not ours, stays so."""
    inner = path.removeprefix(f"{CONFLICTS}/")
    try:
        place = inside(root, CONFLICTS)
        names = [*files_of(read_one(place, kind, type_, inner))]
    except (BadResource, CannotWrite):
        names = [inner]
    for name in names:
        with contextlib.suppress(OSError, BadResource):
            inside(root, f"{CONFLICTS}/{name}").unlink(missing_ok=True)
