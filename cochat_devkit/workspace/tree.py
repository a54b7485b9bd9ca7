"""The tree of resources on disk: find them, read them, and lay one resource's files down."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.resource import Key, Resource, Slug
from cochat_devkit.workspace.files import inside, keep_copy, read_file, trash_file, write_file
from cochat_devkit.workspace.paths import file_stem, is_reserved, name_of_stem
from cochat_devkit.workspace.sidecar import ID, parse_sidecar, render_sidecar, to_body

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cochat_devkit.kinds.kind import Kind


_ID_LINE = re.compile(rb"""^id[ \t]*:[ \t]*['"]?([^\s'"#]+)""", re.MULTILINE)


@dataclass(frozen=True)
class LocalResource:
    """Hold a resource as its files say it: the resource in canonical form, and the files byte for byte.

    Paths are relative to the workspace. `sidecar` is None where there is none.
    """

    resource: Resource
    path: str
    source: bytes
    sidecar_path: str
    sidecar: bytes | None

    @property
    def text(self) -> str:
        """Give the source as text, as written."""
        return self.source.decode("utf-8")


@dataclass
class Tree:
    """Hold what a scan found. A key in `unreadable` is there and cannot be read: nothing follows about its body."""

    found: dict[Key, LocalResource] = field(default_factory=dict)
    unreadable: dict[Key, BadResource] = field(default_factory=dict)
    #: folders that could not be listed: what lies in them is not known to be absent
    unlisted: dict[str, BadResource] = field(default_factory=dict)
    #: files that could not be read, whatever they may stand for
    unread: dict[str, BadResource] = field(default_factory=dict)

    def fault_of(self, key: Key, path: str | None) -> BadResource | None:
        """Say why nobody knows a resource's body, or even whether it is there; `path` is where it was."""
        if key in self.found:
            return None
        if key in self.unreadable or path is None:
            return self.unreadable.get(key)
        folders = (self.unlisted[each] for each in self.unlisted if path.startswith(f"{each}/"))
        return self.unread.get(path) or next(folders, None)


def read_tree(root: Path, kinds: Iterable[Kind]) -> Tree:
    """Read the resources of some kinds. A file that cannot be read blocks its own resource and no other."""
    tree = Tree()
    for kind in kinds:
        for type_, folder in kind.folders.items():
            for path in _list_folder(root, folder, kind.form.suffix, tree):
                _read_into(tree, root, kind, type_, path)
    return tree


def read_one(root: Path, kind: Kind, type_: str, path: str) -> LocalResource:
    """Read one resource by the path of its source.

    Raises:
        BadResource: a file is missing, no UTF-8, or says what cannot be.
    """
    if path != _printable(path):
        raise BadResource(f"{_printable(path)}: the name of this file is no Unicode", hint="rename it")
    source = read_file(root, path)
    if source is None:
        raise BadResource(f"{path} is gone", hint="run the command again")
    text = _decode(source, path)
    sidecar_path = sidecar_path_of(kind, path)
    sidecar = read_file(root, sidecar_path)
    stated = parse_sidecar(kind, _decode(sidecar, sidecar_path), sidecar_path) if sidecar is not None else {}
    slug = Slug(stated.pop(ID, None) or _name_of(path))
    resource = Resource(Key(kind.name, slug), to_body(kind, slug, text, stated), type_)
    return LocalResource(resource, path, source, sidecar_path, sidecar)


def sidecar_path_of(kind: Kind, path: str) -> str:
    """Name the sidecar of a source."""
    return str(PurePosixPath(path).with_suffix(kind.form.sidecar_suffix))


def path_for(kind: Kind, type_: str, slug: Slug) -> str:
    """Name the file of a new resource."""
    return f"{kind.folder_of(type_)}/{file_stem(slug)}{kind.form.suffix}"


def write_resource(root: Path, kind: Kind, resource: Resource, path: str, present: LocalResource | None) -> None:
    """Lay a resource's files down, source last: a sidecar without its source is ignored, not misread.

    `present` is what a scan saw at that path; a file that is no longer so is left alone.

    Raises:
        CannotWrite: a file changed meanwhile, or the disk refuses.
        BadResource: the resource cannot be a file.
    """
    field_ = kind.form.source_field
    source = _encode(str(resource.body[field_]), resource.key)
    if present is not None and kind.field_named(field_).codec.parse(present.text) == resource.body[field_]:
        # the same once stored there: the author's own writing of it stays
        source = present.source
    sidecar_path = sidecar_path_of(kind, path)
    before = present.sidecar if present else read_file(root, sidecar_path)
    if present is None and before is not None:
        # a sidecar that was left behind would speak for the new source
        keep_copy(root, sidecar_path, before)
    states_id = name_of_stem(PurePosixPath(path).stem) != resource.key.slug
    shown = _decode(before, sidecar_path) if before is not None else None
    rendered = render_sidecar(kind, resource.key.slug, resource.body, shown, states_id=states_id)
    after = None if rendered is None else _encode(rendered, resource.key)
    if after is not None and after != before:
        write_file(root, sidecar_path, after, expected=before)
    if present is None or source != present.source:
        write_file(root, path, source, expected=present.source if present else None)
    if after is None and before is not None:
        trash_file(root, sidecar_path, expected=before)


def trash_resource(root: Path, local: LocalResource) -> None:
    """Move a resource's files to the trash."""
    trash_file(root, local.path, expected=local.source)
    if local.sidecar is not None:
        trash_file(root, local.sidecar_path, expected=local.sidecar)


def keep_resource(root: Path, local: LocalResource) -> None:
    """Copy a resource's files to the trash, before they are replaced."""
    keep_copy(root, local.path, local.source)
    if local.sidecar is not None:
        keep_copy(root, local.sidecar_path, local.sidecar)


def _list_folder(root: Path, folder: str, suffix: str, tree: Tree) -> list[str]:
    try:
        names = sorted(each.name for each in inside(root, folder).iterdir())
    except BadResource as error:
        tree.unlisted[folder] = error
        return []
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not (root / folder).is_symlink():
            return []
        tree.unlisted[folder] = BadResource(f"{folder} cannot be listed: {error.strerror}", hint="check its rights")
        return []
    fitting = [name for name in names if name.endswith(suffix) and not name.startswith(".")]
    return [f"{folder}/{name}" for name in fitting if not is_reserved(name.removesuffix(suffix))]


def _read_into(tree: Tree, root: Path, kind: Kind, type_: str, path: str) -> None:
    try:
        local = read_one(root, kind, type_, path)
    except BadResource as error:
        tree.unread[path] = error
        for key in _keys_of_unreadable(root, kind, path):
            tree.found.pop(key, None)
            tree.unreadable[key] = error
        return
    key = local.resource.key
    twin = tree.found.pop(key, None)
    if twin is not None or key in tree.unreadable:
        other = f"{twin.path} and " if twin else ""
        tree.unreadable[key] = BadResource(
            f"{other}{path}: two files claim to be {key}",
            hint="rename one of them, or give it another id: in its sidecar",
        )
        return
    tree.found[key] = local


def _keys_of_unreadable(root: Path, kind: Kind, path: str) -> set[Key]:
    """Name what a file that cannot be read may stand for: by its own name, and by the id that its sidecar says."""
    names = {_printable(_name_of(path))}
    try:
        sidecar = read_file(root, sidecar_path_of(kind, path)) or b""
    except BadResource:
        sidecar = b""
    names |= {found.decode("utf-8", "replace") for found in _ID_LINE.findall(sidecar)}
    return {Key(kind.name, Slug(name)) for name in names}


def _printable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _name_of(path: str) -> str:
    stem = PurePosixPath(path).stem
    name = name_of_stem(stem)
    return stem if name is None else name


def _decode(content: bytes, shown: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadResource(f"{shown}:{line}: this is no UTF-8", hint="save the file as UTF-8") from error


def _encode(text: str, key: Key) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadResource(
            f"{key}: its text is no Unicode that a file can hold", hint="mend it on the server"
        ) from error
