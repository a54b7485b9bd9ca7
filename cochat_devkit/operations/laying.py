"""Lay a body into the files, and the server's side of a conflict beside them."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.kinds import ref_of
from cochat_devkit.operations.agreed import files_of
from cochat_devkit.operations.blobs import blob_reader
from cochat_devkit.resource import make_digest
from cochat_devkit.workspace.blobs import has_blob
from cochat_devkit.workspace.files import inside, read_file, write_file
from cochat_devkit.workspace.forms import tree_folder_of
from cochat_devkit.workspace.paths import file_stem
from cochat_devkit.workspace.tree import foresee, path_for, read_one, write_layout

if TYPE_CHECKING:
    from pathlib import Path

    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Key, Resource
    from cochat_devkit.workspace.files import WriteFile
    from cochat_devkit.workspace.tree import Layout, LocalResource

#: where the server's side of what both sides changed lies: a folder for each target, each file at its own path in it
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
        BadResource: the bytes of some of its files are not here; nothing was written.
    """
    if lacking := _find_lacking(root, layout):
        ref = ref_of(layout.local.key, layout.local.type)
        raise BadResource(f"the bytes of {', '.join(lacking)} are not here", hint=f"fetch them: cochat pull {ref}")
    return write_layout(root, layout, blob_reader(root, kind, local=layout.present), write)


def _find_lacking(root: Path, layout: Layout) -> list[str]:
    """Name the files that are kept by digest and to be written, and whose bytes nobody has here."""
    there = layout.present.tree if layout.present else {}
    wanted = {place: digest for place, digest in layout.local.tree.items() if there.get(place) != digest}
    at_hand = {*there.values()}
    unknown = [place for place, digest in wanted.items() if digest not in at_hand and not has_blob(root, digest)]
    return [place for place in unknown if make_digest(read_file(root, place) or b"") != wanted[place]]


def lay_theirs(root: Path, target: str, kind: Kind, theirs: Resource) -> str | None:
    """Put a target's side of a conflict beside the workspace's files: its path; None where it can be no file."""
    folder, path = f"{CONFLICTS}/{file_stem(target)}", path_for(kind, theirs.type, theirs.key.slug)
    clear_theirs(root, kind, theirs.key, theirs.type, f"{folder}/{path}")
    place = inside(root, folder)
    try:
        write_layout(place, foresee(place, kind, theirs, None), blob_reader(root, kind))
    except BadResource:
        return None
    return f"{folder}/{path}"


def clear_theirs(root: Path, kind: Kind, key: Key, type_: str, path: str) -> None:
    """Take the server's side away again, once it is settled, with all that lies in its folder of further files."""
    inner = path_for(kind, type_, key.slug)
    folder = path.removesuffix(f"/{inner}")
    try:
        names = [*files_of(read_one(inside(root, folder), kind, type_, inner))]
    except (BadResource, CannotWrite):
        names = [inner]
    for name in names:
        with contextlib.suppress(OSError, BadResource):
            inside(root, f"{folder}/{name}").unlink(missing_ok=True)
    if further := tree_folder_of(kind, inner):
        with contextlib.suppress(BadResource):
            shutil.rmtree(inside(root, f"{folder}/{further}"), ignore_errors=True)
