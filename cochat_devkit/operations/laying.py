"""Lay a body into the files, and the server's side of a conflict beside them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.operations.agreed import files_of
from cochat_devkit.operations.blobs import blob_reader
from cochat_devkit.workspace.files import inside, write_file
from cochat_devkit.workspace.tree import path_for, read_one, trash_resource, write_resource

if TYPE_CHECKING:
    from pathlib import Path

    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Resource
    from cochat_devkit.workspace.files import WriteFile
    from cochat_devkit.workspace.tree import LocalResource

#: where the server's side of what both sides changed lies, each file at its own path
CONFLICTS = ".cochat/conflicts"


def lay_resource(
    root: Path, kind: Kind, resource: Resource, present: LocalResource | None, write: WriteFile = write_file
) -> LocalResource:
    """Write a resource over what is there: what was written. The path stays, unless the type moved to another folder.

    Raises:
        CannotWrite: a file changed meanwhile, or the disk refuses.
        BadResource: the resource cannot be a file.
    """
    read = blob_reader(root, kind, local=present)
    if present is not None and present.resource.type == resource.type:
        return write_resource(root, kind, resource, present.path, present, read, write)
    path = path_for(kind, resource.type, resource.key.slug)
    written = write_resource(root, kind, resource, path, None, read, write)
    if present is not None:
        trash_resource(root, present)
    return written


def lay_theirs(root: Path, kind: Kind, theirs: Resource) -> str | None:
    """Put the server's side of a conflict beside the workspace's files: its path; None where it can be no file."""
    path = path_for(kind, theirs.type, theirs.key.slug)
    clear_theirs(root, kind, theirs.type, f"{CONFLICTS}/{path}")
    try:
        write_resource(inside(root, CONFLICTS), kind, theirs, path, None, blob_reader(root, kind))
    except BadResource:
        return None
    return f"{CONFLICTS}/{path}"


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
