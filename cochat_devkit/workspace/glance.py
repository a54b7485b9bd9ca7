"""A glance at the folders: what each resource's files say, read only where the stat cache does not know it already."""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit.errors import BadResource
from cochat_devkit.resource import Fingerprint, Key, Slug, make_digest
from cochat_devkit.workspace.files import inside
from cochat_devkit.workspace.local import LocalResource, Tree
from cochat_devkit.workspace.paths import PICTURE_SUFFIXES
from cochat_devkit.workspace.statcache import SMUDGED, Known, Shelf, read_cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cochat_devkit.kinds.kind import FileForm, Kind
    from cochat_devkit.workspace.statcache import Stat

#: a file that changed so shortly before it was read may change again within one tick of its file system's clock, and
#: bear the same times: FAT counts in steps of two seconds
_RACY_NS = 2_000_000_000
#: stands for a link, or for what cannot be asked: it is like nothing that was known before, smudged or not
_UNSURE: Stat = ()
#: the type of a link in the upper bits of a mode
_LINK = stat.S_IFLNK >> 12


class Glimpse(NamedTuple):
    """Hold what is known of one resource without reading it; `title` is what people call it."""

    kind: str
    slug: str
    fingerprint: str
    type: str
    path: str
    title: str


@dataclass
class Glance:
    """Hold what the folders hold: glimpses by (kind, slug, fingerprint), and in `faults` what cannot be read."""

    root: Path
    kinds: Mapping[str, Kind]
    found: dict[tuple[str, str, str], Glimpse] = field(default_factory=dict)
    faults: Tree = field(default_factory=Tree)

    def local(self, glimpse: Glimpse) -> LocalResource:
        """Make the resource, whose files are read on first use."""
        kind, slug, fingerprint, type_, path, title = glimpse
        read = partial(_read_one, self.root, self.kinds[kind], type_, path)
        return LocalResource.unread(Key(kind, Slug(slug)), type_, path, Fingerprint(fingerprint), title, read)

    def tree(self) -> Tree:
        """Make the tree of all that was found."""
        found = {each.key: each for each in map(self.local, self.found.values())}
        return Tree(found, self.faults.unreadable, self.faults.unlisted, self.faults.unread)


def glance(root: Path, kinds: Iterable[Kind]) -> Glance:
    """Look at the resources of some kinds: what `read_tree` finds, from the stat cache where it is up to date."""
    seen = Glance(root, {kind.name: kind for kind in kinds if kind.form})
    cache = read_cache(root)
    started_ns = time.time_ns()
    glimpses: list[Glimpse] = []
    broken: dict[str, BadResource] = {}
    for kind in seen.kinds.values():
        for type_, folder in kind.folders.items():
            before = cache.shelf(folder)
            stats = _ask(root, kind, folder, seen.faults)
            if stats is None:
                continue
            shelf = before
            if stats != before.stats:
                known, faults = _look_closer(root, kind, type_, folder, stats, before)
                broken |= faults
                unsure = {_stem_of(path.removeprefix(f"{folder}/")) for path in faults}
                shelf = Shelf.of(_lasting(stats, unsure, started_ns - _RACY_NS), known)
                if shelf != before:
                    cache.put(folder, shelf)
            glimpses += _glimpses(kind, type_, folder, shelf)
    if broken or len({(each.kind, each.slug) for each in glimpses}) != len(glimpses):
        glimpses = _sort_out(seen, glimpses, broken)
    seen.found = {each[:3]: each for each in glimpses}
    cache.save(root)
    return seen


def _glimpses(kind: Kind, type_: str, folder: str, shelf: Shelf) -> Iterator[Glimpse]:
    """Write out what is known of a folder."""
    lead, tail = f"{folder}/", _tail_of(kind)
    paths = [lead + stem + tail for stem in shelf.stems]
    columns = (repeat(kind.name), shelf.slugs, shelf.fingerprints, repeat(type_), paths, shelf.titles)
    return map(Glimpse._make, zip(*columns))  # noqa: B905 - two of them repeat for ever


def _look_closer(
    root: Path, kind: Kind, type_: str, folder: str, stats: Mapping[str, Stat], before: Shelf
) -> tuple[dict[str, Known], dict[str, BadResource]]:
    """Read the resources of which a file is not as it was: (all that is known then, faults by path of a main file)."""
    from cochat_devkit.workspace.tree import parse_one, read_files

    moved = {name for name in (*stats, *before.stats) if stats.get(name) != before.stats.get(name)}
    stems = {_stem_of(name) for name in moved}
    known_before = before.known
    known = {stem: each for stem, each in known_before.items() if stem not in stems}
    faults: dict[str, BadResource] = {}
    for stem in stems:
        path = f"{folder}/{stem}{_tail_of(kind)}"
        if not _has_main(root, kind, path, stem, stats):
            continue
        try:
            files, tree = read_files(root, kind, path)
            digest, last = _digest_of(files, tree), known_before.get(stem)
            if last is not None and last.digest == digest:
                known[stem] = last
            else:
                local = parse_one(kind, type_, path, files, tree)
                known[stem] = Known(local.key.slug, local.fingerprint, local.title, digest)
        except BadResource as error:
            faults[path] = error
    return dict(sorted(known.items())), faults


def _sort_out(seen: Glance, glimpses: Iterable[Glimpse], broken: Mapping[str, BadResource]) -> list[Glimpse]:
    """Take in one by one what cannot all be, two files of one address, and what may stand for one: what is left."""
    from cochat_devkit.workspace.tree import keys_of_unreadable

    by_path = {each.path: each for each in glimpses}
    tree = Tree(unlisted=seen.faults.unlisted)
    for kind in seen.kinds.values():
        for folder in kind.folders.values():
            lead = f"{folder}/"
            for path in sorted(each for each in (*by_path, *broken) if each.startswith(lead)):
                if path in broken:
                    tree.refuse(path, keys_of_unreadable(seen.root, kind, path), broken[path])
                else:
                    tree.admit(seen.local(by_path[path]))
    seen.faults = Tree({}, tree.unreadable, tree.unlisted, tree.unread)
    return [by_path[local.path] for local in tree.found.values()]


def _ask(root: Path, kind: Kind, folder: str, faults: Tree) -> dict[str, Stat] | None:
    """Ask for size and times of every file that may belong to a resource; None where the folder cannot be listed."""
    form = _form_of(kind)
    stats: dict[str, Stat] = {}
    try:
        place = inside(root, folder)
        if form.main:
            _ask_in_folders(str(place), form, stats)
        else:
            _ask_in(str(place), "", _suffixes_of(form), stats)
    except BadResource as error:
        faults.unlisted[folder] = error
        return None
    except OSError as error:
        if not isinstance(error, FileNotFoundError) or (root / folder).is_symlink():
            fault = BadResource(f"{folder} cannot be listed: {error.strerror}", hint="check its rights")
            faults.unlisted[folder] = fault
            return None
    return stats


def _ask_in(folder: str, lead: str, suffixes: tuple[str, ...], stats: dict[str, Stat]) -> None:
    """Ask for the files of a folder that end so and are not hidden; `lead` goes before their names."""
    with _entries_of(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.endswith(suffixes) and name[0] != ".":
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    stats[lead + name] = _UNSURE
                    continue
                stats[lead + name] = (
                    (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
                    if found.st_mode >> 12 != _LINK
                    else _UNSURE
                )


@contextmanager
def _entries_of(folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """List an open folder, where the system can: asking for its files by name alone takes a sixth less."""
    if os.scandir not in os.supports_fd:
        with os.scandir(folder) as entries:
            yield entries
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with os.scandir(handle) as entries:
            yield entries
    finally:
        os.close(handle)


def _ask_in_folders(folder: str, form: FileForm, stats: dict[str, Stat]) -> None:
    """Ask for sidecars, and for all that lies in the resources' own folders."""
    _ask_in(folder, "", (form.sidecar_suffix,), stats)
    with os.scandir(folder) as entries:
        shown = [each for each in entries if each.name[0] != "."]
        links = [each.name for each in shown if each.is_symlink()]
        waiting = [each.name for each in shown if each.is_dir(follow_symlinks=False)]
    # what may be a folder behind a link, or one that cannot be listed, is always looked at closer
    stats.update({f"{name}/": _UNSURE for name in links})
    while waiting:
        path = waiting.pop()
        try:
            _ask_in(f"{folder}/{path}", f"{path}/", ("",), stats)
            with os.scandir(f"{folder}/{path}") as entries:
                inner = [each.name for each in entries if each.is_dir(follow_symlinks=False) and each.name[0] != "."]
        except OSError:
            stats[f"{path}/"] = _UNSURE
            continue
        for name in inner:
            stats.pop(f"{path}/{name}", None)
            if form.tree_field and name != "__pycache__":
                waiting.append(f"{path}/{name}")


def _has_main(root: Path, kind: Kind, path: str, stem: str, stats: Mapping[str, Stat]) -> bool:
    from cochat_devkit.workspace.tree import has_main_file, is_main_name

    form = _form_of(kind)
    if form.main:
        return has_main_file(root, path) if f"{stem}/" in stats else f"{stem}/{form.main}" in stats
    name = path.rpartition("/")[2]
    return name in stats and is_main_name(form, name)


def _lasting(stats: Mapping[str, Stat], unsure: set[str], before_ns: int) -> dict[str, Stat]:
    """Say what to believe the next time: not a link, nor what changed just now, nor a file of what is broken."""
    return {
        name: found
        if found and found[1] < before_ns and found[2] < before_ns and (not unsure or _stem_of(name) not in unsure)
        else SMUDGED
        for name, found in stats.items()
    }


def _digest_of(files: Mapping[str, bytes], tree: Mapping[str, str]) -> str:
    digests = {**{place: make_digest(content) for place, content in files.items()}, **tree}
    told = "\n".join(f"{digest} {place}" for place, digest in sorted(digests.items()))
    return make_digest(told.encode("utf-8", "surrogatepass"))


def _stem_of(name: str) -> str:
    """Say to which resource a file belongs, by its path below the folder of the kind."""
    first, slash, _ = name.partition("/")
    return first if slash else name.rpartition(".")[0]


def _tail_of(kind: Kind) -> str:
    """Say what stands behind the stem in the path of a main file."""
    form = _form_of(kind)
    return f"/{form.main}" if form.main else f".{form.suffix.rpartition('.')[2]}"


def _suffixes_of(form: FileForm) -> tuple[str, ...]:
    """List how the files of a resource end, where those of all resources lie side by side."""
    return (form.suffix, form.sidecar_suffix, *(PICTURE_SUFFIXES if form.pictures else ()))


def _form_of(kind: Kind) -> FileForm:
    if kind.form is None:
        raise LookupError(f"a {kind.name} has no files")
    return kind.form


def _read_one(root: Path, kind: Kind, type_: str, path: str) -> LocalResource:
    from cochat_devkit.workspace.tree import read_one

    return read_one(root, kind, type_, path)
