"""The tree of resources on disk: find them, read them, and lay one resource's files down."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.resource import Key, Resource, Slug, is_same_body, make_digest
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.blobs import keep_blob
from cochat_devkit.workspace.files import (
    check_unchanged,
    explain_change,
    inside,
    keep_copy,
    read_file,
    trash_file,
    write_file,
)
from cochat_devkit.workspace.forms import (
    by_name,
    form_of,
    parse_files,
    path_aside,
    path_for,
    render_files,
    sidecar_path_of,
    stem_of,
    tree_folder_of,
    tree_places,
)
from cochat_devkit.workspace.local import LocalResource, Tree
from cochat_devkit.workspace.paths import (
    PICTURE_SUFFIXES,
    fold_path,
    is_reserved,
    name_of_stem,
    name_of_tree_path,
    tree_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cochat_devkit.kinds.kind import FileForm, Kind
    from cochat_devkit.workspace.files import WriteFile

__all__ = [
    "Layout",
    "LocalResource",
    "Tree",
    "foresee",
    "path_for",
    "read_one",
    "read_tree",
    "sidecar_path_of",
    "write_layout",
]

#: gives the bytes behind a digest
ReadBlob = Callable[[str], bytes]

_ID_LINE = re.compile(rb"""^(?:\xef\xbb\xbf)?id[ \t]*:[ \t]*['"]?([^\s'"#]+)""", re.MULTILINE)


def read_tree(root: Path, kinds: Iterable[Kind]) -> Tree:
    """Read the resources of some kinds. A file that cannot be read blocks its own resource and no other."""
    tree = Tree()
    for kind in kinds:
        for type_, folder in kind.folders.items() if kind.form else ():
            for path in _main_files(root, kind, folder, tree):
                _read_into(tree, root, kind, type_, path)
    return tree


def read_one(root: Path, kind: Kind, type_: str, path: str) -> LocalResource:
    """Read one resource by the path of its main file.

    Raises:
        BadResource: a file is missing, no UTF-8, or says what cannot be.
    """
    return parse_one(kind, type_, path, *read_files(root, kind, path))


def read_files(root: Path, kind: Kind, path: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """Read the files of one resource: (contents by path, digests of those that are kept by digest, by path).

    Raises:
        BadResource: a file is missing, or cannot be read.
    """
    if path != _printable(path):
        raise BadResource(f"{_printable(path)}: the name of this file is no Unicode", hint="rename it")
    source = read_file(root, path)
    if source is None:
        raise BadResource(f"{path} is gone", hint="run the command again")
    files, tree = {path: source}, {}
    sidecar_path = sidecar_path_of(kind, path)
    sidecar = read_file(root, sidecar_path) if sidecar_path else None
    if sidecar_path and sidecar is not None:
        files[sidecar_path] = sidecar
    folder = tree_folder_of(kind, path)
    for place in _files_below(root, folder) if folder else ():
        content = read_file(root, place)
        if content is None or place == path:
            continue
        if kind.digest_field:
            tree[place] = make_digest(content)
        else:
            files[place] = content
    return files | _pictures_beside(root, kind, path), tree


def read_further(root: Path, kind: Kind, path: str, name: str, digest: str) -> bytes | None:
    """Read a further file by the server's name of it; None where no file of that name holds the bytes of that digest.

    Raises:
        BadResource: a file or folder cannot be read.
    """
    folder = tree_folder_of(kind, path)
    if folder is None:
        return None
    alone = f"{folder}/{tree_path(name)}"
    content = read_file(root, alone)
    if content is not None and make_digest(content) == digest:
        return content
    # another has its place, or an earlier version laid it
    for place in _files_below(root, folder):
        if place != alone and name_of_tree_path(place.removeprefix(f"{folder}/")) == name:
            content = read_file(root, place)
            if content is not None and make_digest(content) == digest:
                return content
    return None


def parse_one(kind: Kind, type_: str, path: str, files: Mapping[str, bytes], tree: Mapping[str, str]) -> LocalResource:
    """Read one resource out of what its files hold.

    Raises:
        BadResource: a file is no UTF-8, or says what cannot be.
    """
    named = by_name(f"{tree_folder_of(kind, path)}/", tree) if tree else tree
    resource, pictures = parse_files(kind, type_, path, files, named)
    used = {place for place in files if not _is_picture_of(kind, path, place) or place in pictures}
    return LocalResource(resource, path, {place: files[place] for place in sorted(used)}, tree)


class Layout(NamedTuple):
    """Hold how a resource is to lie in the files.

    `local` is the resource as they will say it, `after` those of its files that are not kept by digest, by path; of
    these `written` are to be written, the main one last. `before` is what the files hold that are written over, or go;
    among that is `left_behind`, a sidecar without its source. `present` is what a scan saw there.
    """

    local: LocalResource
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    written: Mapping[str, bytes]
    present: LocalResource | None
    left_behind: Mapping[str, bytes]

    @property
    def digests(self) -> dict[str, str]:
        """Name what all files are to hold, by path."""
        known = self.local.digests
        files = {place: known.get(place) or make_digest(content) for place, content in self.after.items()}
        return {**self.local.tree, **files}


def foresee(
    root: Path, kind: Kind, resource: Resource, present: LocalResource | None, *, path: str | None = None
) -> Layout:
    """Say how a resource will lie over what is there. Its path stays, unless the type moved to another folder.

    Raises:
        BadResource: the resource cannot be files.
        CannotWrite: the files of another resource have its place, or what is no resource's is in the way.
    """
    stays = present if present is not None and present.resource.type == resource.type else None
    place = path or (stays.path if stays else _free_path(root, kind, resource))
    sidecar_path = None if stays else sidecar_path_of(kind, place)
    # nearly always there is none: one call tells, where reading takes four
    found = read_file(root, sidecar_path) if sidecar_path and os.path.lexists(f"{root}/{sidecar_path}") else None
    left_behind = {sidecar_path: found} if sidecar_path and found is not None else {}
    after = render_files(kind, resource, place, stays.files if stays else left_behind)
    local = parse_one(kind, resource.type, place, after, _tree_of(kind, resource, place))
    if local.type == resource.type and is_same_body(local.resource.body, resource.body):
        # nearly always: to compare takes a third of the time that hashing takes
        local.fingerprint = resource.fingerprint
    before = {**(present.files if present else {}), **left_behind}
    if stays is None:
        before |= _find_there(root, kind, local, {each: after[each] for each in after if each not in left_behind})
    places = sorted(after, key=lambda each: (each == place, each))
    written = {each: after[each] for each in places if after[each] != before.get(each)}
    return Layout(local, before, after, written, present, left_behind)


def _free_path(root: Path, kind: Kind, resource: Resource) -> str:
    """Name the main file of a resource that has none yet: where another's lies there, one aside, which states its id.

    Raises:
        CannotWrite: others have both places.
        BadResource: what lies there cannot be read.
    """
    key, type_ = resource.key, resource.type
    for name in (path_for, path_aside):
        each = name(kind, type_, key.slug)
        # nearly always nobody is there: one call tells
        if not os.path.lexists(f"{root}/{each}") or read_one(root, kind, type_, each).key == key:
            return each
    place = path_for(kind, type_, key.slug)
    raise CannotWrite(
        f"{key} has no place: {place} is {read_one(root, kind, type_, place).key}", hint=f"rename {place}"
    )


def _find_there(root: Path, kind: Kind, local: LocalResource, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Find which files of a resource that comes anew lie there already, just as they are to be.

    Raises:
        CannotWrite: one holds something else. It is no resource's: nothing has seen it, and nothing replaces it.
    """
    there: dict[str, bytes] = {}
    for place in (*files, *local.tree):
        content = read_file(root, place) if os.path.lexists(f"{root}/{place}") else None
        if content is None or make_digest(content) == local.tree.get(place):
            continue
        if content != files.get(place):
            raise explain_change(place) if place == local.path else _explain_obstacle(kind, local.path, place)
        there[place] = content
    return there


def _explain_obstacle(kind: Kind, path: str, place: str) -> CannotWrite:
    """Say that a file of nobody's has the place of one that comes, and what helps: `path` is the main one."""
    hint = "move it away and run the command again"
    if form_of(kind).main:
        hint += f"; or write {path} and pull: both sides are compared then"
    return CannotWrite(f"{place} is in the way: it belongs to no resource", hint=hint)


def write_layout(
    root: Path, layout: Layout, read_blob: ReadBlob | None = None, write: WriteFile = write_file
) -> LocalResource:
    """Lay a resource's files down, the main one last: what lies beside a main file that is not there is not misread.

    A file that is no longer as it was seen is left alone. `read_blob` gives the bytes of files that the resource names
    by digest. What comes back is what was written: whoever edits a file a moment later has edited it.

    Raises:
        CannotWrite: a file changed meanwhile, or the disk refuses.
        BadResource: a file leads out of the workspace.
    """
    before, present = layout.before, layout.present
    for place, content in layout.left_behind.items():
        # a sidecar that was left behind would speak for the new source
        keep_copy(root, place, content)
    gone_later = _write_tree(root, layout.local.tree, present, read_blob, write)
    gone = [place for place in before if place not in layout.after]
    first = _in_the_way(gone, layout.after)
    for place in first:
        _clear(root, place, before[place])
    for place, content in layout.written.items():
        write(root, place, content, expected=before.get(place))
    gone = [place for place in gone if place not in first]
    for place in sorted(gone, key=lambda place: (present is None or place != present.path, place)):
        trash_file(root, place, expected=before[place])
    for place, content in gone_later.items():
        trash_file(root, place, expected=content)
    return layout.local


def trash_resource(root: Path, local: LocalResource) -> None:
    """Move a resource's files to the trash, the main one first; what is named by digest stays to be found by it.

    Raises:
        CannotWrite: a file changed meanwhile, and all are left; or the disk refuses.
        BadResource: a file cannot be read.
    """
    for place, expected in local.files.items():
        check_unchanged(inside(root, place), place, expected)
    for place, digest in local.tree.items():
        content = _read_seen(root, place, digest)
        if content is not None:
            keep_blob(root, content)
    for place in sorted(local.files, key=lambda place: (place != local.path, place)):
        trash_file(root, place, expected=local.files[place])
    for place, digest in local.tree.items():
        content = _read_seen(root, place, digest)
        if content is not None:
            trash_file(root, place, expected=content)


def keep_resource(root: Path, local: LocalResource) -> None:
    """Copy a resource's files to the trash, before they are replaced."""
    for place, content in local.files.items():
        keep_copy(root, place, content)


def _tree_of(kind: Kind, resource: Resource, path: str) -> dict[str, str]:
    """Name the files of a resource that are kept by digest: the digests by path."""
    if kind.digest_field is None:
        return {}
    named = resource.body[kind.digest_field]
    places = tree_places(kind, path, named)
    return {places[name]: digest for name, digest in named.items()}


def _write_tree(
    root: Path,
    wanted: Mapping[str, str],
    present: LocalResource | None,
    read_blob: ReadBlob | None,
    write: WriteFile,
) -> dict[str, bytes]:
    """Write the files that are kept by digest: those that are to go then, with what is in them.

    Raises:
        CannotWrite: one is neither as a scan saw it nor as it is to be.
    """
    there = dict(present.tree) if present else {}
    gone = {place: _read_seen(root, place, digest) for place, digest in there.items() if place not in wanted}
    found = {place: content for place, content in gone.items() if content is not None}
    for content in found.values():
        keep_blob(root, content)
    for place in _in_the_way(found, wanted):
        _clear(root, place, found.pop(place))
    for place, digest in wanted.items():
        if there.get(place) == digest:
            continue
        before = read_file(root, place)
        now = make_digest(before) if before is not None else None
        if now == digest:
            continue
        if now != there.get(place):
            raise explain_change(place)
        if before is not None:
            keep_blob(root, before)
        if read_blob is None:
            raise LookupError(f"nobody gives the bytes of {place}")
        write(root, place, read_blob(digest), expected=before)
    return found


def _read_seen(root: Path, place: str, digest: str) -> bytes | None:
    """Read a file that is to go; None where it is gone already.

    Raises:
        CannotWrite: it holds something else than a scan saw.
        BadResource: it cannot be read.
    """
    content = read_file(root, place)
    if content is not None and make_digest(content) != digest:
        raise explain_change(place)
    return content


def _in_the_way(gone: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Name what is to go and is, where case or Unicode is folded, a file or folder that is to be there: it goes first.

    If it went later, it would take along what was written in its place.
    """
    leaving = list(gone)
    if not leaving:
        return []
    lines = {line for place in wanted for line in _lines_down_to(place)}
    folded = {fold_path(line) for line in lines}
    return [
        place
        for place in leaving
        if any(line not in lines and fold_path(line) in folded for line in _lines_down_to(place))
    ]


def _lines_down_to(place: str) -> Iterator[str]:
    """List a path and the folders that lead to it."""
    while place:
        yield place
        place = place.rpartition("/")[0]


def _clear(root: Path, place: str, content: bytes) -> None:
    """Move a file to the trash, and remove the folders that are empty then: another writing of their names comes."""
    trash_file(root, place, expected=content)
    for folder in (root / place).parents:
        if folder == root:
            return
        try:
            folder.rmdir()
        except OSError:
            return


def _main_files(root: Path, kind: Kind, folder: str, tree: Tree) -> list[str]:
    """Name the main files in a folder of a kind, sorted."""
    form = form_of(kind)
    names = _list_folder(root, folder, tree)
    if form.main:
        paths = [f"{folder}/{name}/{form.main}" for name in names if not name.startswith(".")]
        return [path for path in paths if has_main_file(root, path)]
    return [f"{folder}/{name}" for name in names if is_main_name(form, name)]


def is_main_name(form: FileForm, name: str) -> bool:
    """Tell whether a file of this name is the main file of a resource, where such files lie side by side."""
    return name.endswith(form.suffix) and not name.startswith(".") and not is_reserved(name.removesuffix(form.suffix))


def has_main_file(root: Path, path: str) -> bool:
    """Tell whether a main file in a folder of its own is there; where nobody may look, it is, and cannot be read."""
    try:
        return (root / path).is_file() or (root / path).is_symlink()
    except OSError:
        return True


def _list_folder(root: Path, folder: str, tree: Tree) -> list[str]:
    try:
        return sorted(each.name for each in inside(root, folder).iterdir())
    except BadResource as error:
        tree.unlisted[folder] = error
    except OSError as error:
        if not isinstance(error, FileNotFoundError) or (root / folder).is_symlink():
            fault = BadResource(f"{folder} cannot be listed: {error.strerror}", hint="check its rights")
            tree.unlisted[folder] = fault
    return []


def _files_below(root: Path, folder: str) -> list[str]:
    """Name the files below a folder, hidden ones left out, sorted.

    Raises:
        BadResource: a folder cannot be listed: what lies in it is not known to be absent.
    """
    found: list[str] = []
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            entries = sorted(inside(root, place).iterdir())
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BadResource(f"{place} cannot be listed: {error.strerror}", hint="check its rights") from error
        for each in entries:
            if each.name.startswith(".") or each.name == "__pycache__":
                continue
            path = f"{place}/{each.name}"
            if path != _printable(path):
                raise BadResource(f"{_printable(path)}: the name of this file is no Unicode", hint="rename it")
            (waiting if each.is_dir() and not each.is_symlink() else found).append(path)
    return sorted({_composed(root, folder, path) for path in found})


def _composed(root: Path, folder: str, path: str) -> str:
    """Name a file below a folder in NFC, where that is the same file.

    Where the system does not tell the two apart, itself or a program may have taken the name apart: what was written
    as one comes back so.
    """
    if path.isascii():
        return path
    composed = folder + unicodedata.normalize("NFC", path.removeprefix(folder))
    try:
        return composed if composed == path or (root / composed).samefile(root / path) else path
    except OSError:
        return path


def _pictures_beside(root: Path, kind: Kind, path: str) -> dict[str, bytes]:
    """Read the pictures that a main file may name: those that bear its stem."""
    if not form_of(kind).pictures:
        return {}
    stem = path.rpartition(".")[0]
    found = {place: read_file(root, place) for place in (f"{stem}{suffix}" for suffix in PICTURE_SUFFIXES)}
    return {place: content for place, content in found.items() if content is not None}


def _is_picture_of(kind: Kind, path: str, place: str) -> bool:
    if not form_of(kind).pictures or place == path:
        return False
    return place.rpartition(".")[0] == path.rpartition(".")[0] and place.endswith(PICTURE_SUFFIXES)


def _read_into(tree: Tree, root: Path, kind: Kind, type_: str, path: str) -> None:
    try:
        tree.admit(read_one(root, kind, type_, path))
    except BadResource as error:
        tree.refuse(path, keys_of_unreadable(root, kind, path), error)


def keys_of_unreadable(root: Path, kind: Kind, path: str) -> set[Key]:
    """Name what a main file that cannot be read may stand for: by its own name, and by the id that is stated for it."""
    stem = stem_of(kind, path)
    names = {_printable(name_of_stem(stem) or stem)}
    try:
        stated = read_file(root, sidecar_path_of(kind, path) or path) or b""
    except BadResource:
        stated = b""
    names |= {found.decode("utf-8", "replace") for found in _ID_LINE.findall(stated)}
    return {Key(kind.name, Slug(name)) for name in names}


def _printable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
