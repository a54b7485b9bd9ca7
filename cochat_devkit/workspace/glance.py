"""A glance at the folders: what each resource's files say, read only where the stat cache does not know it already."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit.errors import BadResource
from cochat_devkit.resource import Fingerprint, Key, Slug, make_digest
from cochat_devkit.workspace.files import LOCK, inside, read_file
from cochat_devkit.workspace.local import LocalResource, Tree, digest_of_files
from cochat_devkit.workspace.paths import PICTURE_SUFFIXES
from cochat_devkit.workspace.statcache import BETWEEN, SMUDGED, Known, Shelf, Stats, read_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from cochat_devkit.kinds.kind import FileForm, Kind
    from cochat_devkit.workspace.statcache import Stat, StatCache

#: a file that changed so shortly before it was read may change again within one tick of its file system's clock, and
#: bear the same times: FAT counts in steps of two seconds
_RACY_NS = 2_000_000_000
#: stands for what cannot be asked: it is like nothing that was known before, smudged or not
_UNSURE: Stat = (-2, -2, -2, -2, -2)
#: names the folder of a kind itself among what lies in it; every folder's name ends with a slash
_HERE = "./"
#: takes out of what the system says of a file what tells whether it is as it was
_NUMBERS: Callable[[os.stat_result], Stat] = attrgetter("st_mode", "st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")


class Glimpse(NamedTuple):
    """Hold what is known of one resource without reading it; `title` is what people call it."""

    kind: str
    slug: str
    fingerprint: str
    type: str
    path: str
    title: str


class Sighting(NamedTuple):
    """Hold what one folder of a kind holds, in the columns of its shelf."""

    kind: Kind
    type: str
    folder: str
    shelf: Shelf

    @property
    def paths(self) -> list[str]:
        """Say where the main files are."""
        lead, tail = f"{self.folder}/", _tail_of(self.kind)
        return [lead + stem + tail for stem in self.shelf.stems]


@dataclass(eq=False, repr=False)
class Glance:
    """Hold what the folders hold, folder by folder, and in `faults` what cannot be read."""

    root: Path
    kinds: Mapping[str, Kind]
    #: names what `cochat.lock` is, whatever it says
    lock_digest: str = ""
    sightings: list[Sighting] = field(default_factory=list)
    faults: Tree = field(default_factory=Tree)

    def fingerprints(self, kinds: Container[str] | None = None) -> dict[str, dict[str, str]]:
        """Name the content of every resource, or of those of some kinds: fingerprints by slug, by kind."""
        found: dict[str, dict[str, str]] = {name: {} for name in self.kinds if kinds is None or name in kinds}
        for kind, _type, _folder, shelf in self.sightings:
            if kind.name in found:
                found[kind.name].update(zip(shelf.slugs, shelf.fingerprints, strict=True))
        return found

    def columns(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Tell by (kind, type) what `fingerprints` does as two texts: (slugs, fingerprints), sorted by slug.

        Between each and the next is a NUL; where a slug has one, there is no text that can be like another.
        """
        shelves = [((kind.name, type_), shelf) for kind, type_, _folder, shelf in self.sightings if len(shelf)]
        return {place: shelf.columns[1:3] if shelf.can_be_parted else ("", "") for place, shelf in shelves}

    def types(self) -> dict[tuple[str, str], str]:
        """Say of which type every resource is, by (kind, slug)."""
        found: dict[tuple[str, str], str] = {}
        for kind, type_, _folder, shelf in self.sightings:
            found |= dict.fromkeys(zip(repeat(kind.name), shelf.slugs), type_)
        return found

    def glimpses(self, wanted: AbstractSet[tuple[str, str]] | None = None) -> Iterator[Glimpse]:
        """Tell the resources one by one: all, or those whose (kind, slug) is wanted."""
        for sighting in self.sightings:
            kind, type_, folder, shelf = sighting
            name, slugs, prints, titles = kind.name, shelf.slugs, shelf.fingerprints, shelf.titles
            if wanted is None:
                yield from map(Glimpse, repeat(name), slugs, prints, repeat(type_), sighting.paths, titles)
                continue
            meant = {slug for each, slug in wanted if each == name}
            for number in [number for number, slug in enumerate(slugs) if slug in meant] if meant else ():
                path = f"{folder}/{shelf.stems[number]}{_tail_of(kind)}"
                yield Glimpse(name, slugs[number], prints[number], type_, path, titles[number])

    def local(self, glimpse: Glimpse) -> LocalResource:
        """Make the resource, whose files are read on first use."""
        kind, slug, fingerprint, type_, path, title = glimpse
        read = partial(_read_one, self.root, self.kinds[kind], type_, path)
        return LocalResource.unread(Key(kind, Slug(slug)), type_, path, Fingerprint(fingerprint), title, read)

    def tree(self) -> Tree:
        """Make the tree of all that was found."""
        found = {each.key: each for each in map(self.local, self.glimpses())}
        return Tree(found, self.faults.unreadable, self.faults.unlisted, self.faults.unread)


def glance(root: Path, kinds: Iterable[Kind]) -> Glance:
    """Look at the resources of some kinds: what `read_tree` finds, from the stat cache where it is up to date."""
    return _look(root, kinds, {})


def remember_laid(root: Path, kinds: Iterable[Kind], laid: Iterable[LocalResource]) -> None:
    """Let the next glance know what the files of some kinds say, those that were just laid down included.

    Files that it reads in any case, since they changed so shortly ago, are not read now: if they are as they were laid
    by then, it need not parse them.
    """
    _look(root, kinds, {each.path: _known_of(each, each.digest) for each in laid if each.is_laid})


def _look(root: Path, kinds: Iterable[Kind], laid: Mapping[str, Known]) -> Glance:
    """Look at the resources; `laid` says by the paths of main files what was just written."""
    seen = Glance(root, {kind.name: kind for kind in kinds if kind.form})
    cache = read_cache(root)
    before_ns = time.time_ns() - _RACY_NS
    broken: dict[str, BadResource] = {}
    for kind in seen.kinds.values():
        for type_, folder in kind.folders.items():
            before = cache.shelf(folder)
            stats = _ask(root, kind, folder, before.stats, seen.faults)
            if stats is None:
                continue
            shelf = before
            if stats != before.stats:
                known, faults = _look_closer(root, kind, type_, folder, stats, before, laid, before_ns)
                broken |= faults
                unsure = {_stem_of(path.removeprefix(f"{folder}/")) for path in faults}
                odd = {stem for stem, each in known.items() if BETWEEN in each.slug or BETWEEN in each.title}
                shelf = Shelf.of(_lasting(stats, unsure | odd, before_ns), known)
                # what no column holds is read anew each time, and is not remembered
                held = {stem: each for stem, each in known.items() if stem not in odd}
                lasting = Shelf.of(shelf.stats, held) if odd else shelf
                if lasting != before:
                    cache.put(folder, lasting)
            seen.sightings.append(Sighting(kind, type_, folder, shelf))
    seen.lock_digest = _digest_of_lock(root, cache, before_ns)
    cache.save(root)
    if broken or _has_twins(seen):
        _sort_out(seen, broken)
    return seen


def _digest_of_lock(root: Path, cache: StatCache, before_ns: int) -> str:
    """Name what the lock is; it is read only where it is not as it was."""
    before = cache.shelf(LOCK)
    try:
        stats = Stats.of_each({LOCK: _NUMBERS(os.lstat(root / LOCK))})
    except FileNotFoundError:
        stats = Stats()
    except OSError:
        stats = Stats.of_each({LOCK: _UNSURE})
    if stats == before.stats and len(before):
        return before.known[LOCK].digest
    digest = make_digest(read_file(root, LOCK) or b"")
    shelf = Shelf.of(_lasting(stats, set(), before_ns), {LOCK: Known("", "", "", digest)})
    if shelf != before:
        cache.put(LOCK, shelf)
    return digest


def _has_twins(seen: Glance) -> bool:
    """Tell whether two files claim to be the same resource."""
    slugs: dict[str, set[str]] = {name: set() for name in seen.kinds}
    for kind, _type, _folder, shelf in seen.sightings:
        slugs[kind.name].update(shelf.slugs)
    return sum(map(len, slugs.values())) != sum(len(each.shelf) for each in seen.sightings)


def _look_closer(
    root: Path,
    kind: Kind,
    type_: str,
    folder: str,
    stats: Stats,
    before: Shelf,
    laid: Mapping[str, Known],
    before_ns: int,
) -> tuple[dict[str, Known], dict[str, BadResource]]:
    """Read the resources of which a file is not as it was: (all that is known then, faults by path of a main file)."""
    from cochat_devkit.workspace.tree import parse_one, read_files

    now, then = stats.by_name(), before.stats.by_name()
    moved = {name for name in (*now, *then) if now.get(name) != then.get(name)}
    stems = {_stem_of(name) for name in moved}
    known_before = before.known
    known = {stem: each for stem, each in known_before.items() if stem not in stems}
    faults: dict[str, BadResource] = {}
    read_again = {_stem_of(name) for name, found in now.items() if not _is_settled(found, before_ns)} if laid else set()
    for stem in stems:
        path = f"{folder}/{stem}{_tail_of(kind)}"
        if not _has_main(root, kind, path, stem, now):
            continue
        last = laid.get(path)
        if last is not None and stem in read_again:
            known[stem] = last
            continue
        last = last or known_before.get(stem)
        try:
            files, tree = read_files(root, kind, path)
            digest = digest_of_files(files, tree)
            if last is None or last.digest != digest:
                last = _known_of(parse_one(kind, type_, path, files, tree), digest)
            known[stem] = last
        except BadResource as error:
            faults[path] = error
    return known, faults


def _sort_out(seen: Glance, broken: Mapping[str, BadResource]) -> None:
    """Take in one by one what cannot all be, two files of one address, and what may stand for one; leave the rest."""
    from cochat_devkit.workspace.tree import keys_of_unreadable

    by_path = {each.path: each for each in seen.glimpses()}
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
    left = {local.path for local in tree.found.values()}
    seen.sightings = [each._replace(shelf=_left_of(each, left)) for each in seen.sightings]


def _left_of(sighting: Sighting, left: Container[str]) -> Shelf:
    """Take from a shelf what is not left."""
    kind, _type, folder, shelf = sighting
    known = {stem: each for stem, each in shelf.known.items() if f"{folder}/{stem}{_tail_of(kind)}" in left}
    return Shelf.of(shelf.stats, known)


def _ask(root: Path, kind: Kind, folder: str, before: Stats, faults: Tree) -> Stats | None:
    """Ask for size and times of every file that may belong to a resource; None where the folder cannot be listed.

    `before` is what was said the last time.
    """
    form = _form_of(kind)
    try:
        place = str(inside(root, folder))
        as_before = _ask_as_before(place, before)
        if as_before is not None:
            return as_before
        return _ask_in_folders(place, form) if form.main else _ask_in(place, _suffixes_of(form))
    except BadResource as error:
        faults.unlisted[folder] = error
        return None
    except OSError as error:
        if not isinstance(error, FileNotFoundError) or (root / folder).is_symlink():
            fault = BadResource(f"{folder} cannot be listed: {error.strerror}", hint="check its rights")
            faults.unlisted[folder] = fault
            return None
    return Stats()


def _ask_as_before(place: str, before: Stats) -> Stats | None:
    """Ask for what was there the last time, without listing; None where a folder changed since: it may hold others.

    A folder bears another time as soon as a name comes or goes, as POSIX has it.
    """
    names = before.split_names()
    folders = [*takewhile(_is_folder, names)]
    if not folders or os.stat not in os.supports_dir_fd:
        return None
    # asking an open folder for what is in it by name alone takes a fifth less
    handle = os.open(place, os.O_RDONLY)
    try:
        # without the slash: with it, the system follows a link
        numbers = _ask_each([name[:-1] for name in folders], handle)
        if not before.begins_with(numbers):
            return None
        numbers += _ask_each(names[len(folders) :], handle)
        return before.with_numbers(numbers)
    finally:
        os.close(handle)


def _ask_each(names: Iterable[str], handle: int) -> list[int]:
    """Ask for what has these names in an open folder."""
    numbers: list[int] = []
    for name in names:
        try:
            numbers += _NUMBERS(os.stat(name, dir_fd=handle, follow_symlinks=False))
        except OSError:
            numbers += _UNSURE
    return numbers


def _ask_in(folder: str, suffixes: tuple[str, ...]) -> Stats:
    """Ask for the files of a folder that end so and are not hidden."""
    # before it is listed: what comes later is seen the next time
    names, numbers = [_HERE], [*_NUMBERS(os.lstat(f"{folder}/{_HERE}"))]
    with os.scandir(folder) as entries:
        _ask_for(entries, names, numbers, suffixes=suffixes)
    return Stats.of(names, numbers)


def _ask_for(
    entries: Iterable[os.DirEntry[str]],
    names: list[str],
    numbers: list[int],
    *,
    suffixes: tuple[str, ...] = ("",),
    lead: str = "",
    folders: list[str] | None = None,
) -> None:
    """Ask for what ends so and is not hidden; `lead` goes before its name.

    Where `folders` is given, it takes the folders, and nobody asks for those.
    """
    for entry in entries:
        name = entry.name
        if name[0] == ".":
            continue
        if folders is not None and entry.is_dir(follow_symlinks=False):
            folders.append(lead + name)
        elif name.endswith(suffixes):
            names.append(lead + name)
            try:
                numbers += _NUMBERS(entry.stat(follow_symlinks=False))
            except OSError:
                numbers += _UNSURE


def _ask_in_folders(folder: str, form: FileForm) -> Stats:
    """Ask for sidecars, and for all that lies in the resources' own folders."""
    names: list[str] = []
    numbers: list[int] = []
    # of every folder what it was before it was listed: what comes later is seen the next time
    folders: dict[str, Stat] = {_HERE: _NUMBERS(os.lstat(f"{folder}/{_HERE}"))}
    with os.scandir(folder) as entries:
        shown = [each for each in entries if each.name[0] != "."]
    _ask_for(shown, names, numbers, suffixes=(form.sidecar_suffix,))
    # what may be a folder behind a link, or one that cannot be listed, is always looked at closer
    folders |= {f"{each.name}/": _UNSURE for each in shown if each.is_symlink()}
    waiting = [each.name for each in shown if each.is_dir(follow_symlinks=False)]
    while waiting:
        path = waiting.pop()
        deeper: list[str] = []
        try:
            folders[f"{path}/"] = _NUMBERS(os.lstat(f"{folder}/{path}"))
            with os.scandir(f"{folder}/{path}") as entries:
                _ask_for(entries, names, numbers, lead=f"{path}/", folders=deeper)
        except OSError:
            folders[f"{path}/"] = _UNSURE
        if form.tree_field:
            waiting += [each for each in deeper if not each.endswith("/__pycache__")]
    return Stats.of([*folders, *names], [*chain.from_iterable(folders.values()), *numbers])


def _has_main(root: Path, kind: Kind, path: str, stem: str, stats: Mapping[str, Stat]) -> bool:
    from cochat_devkit.workspace.tree import has_main_file, is_main_name

    form = _form_of(kind)
    if form.main:
        is_unsure = stats.get(f"{stem}/") == _UNSURE
        return has_main_file(root, path) if is_unsure else f"{stem}/{form.main}" in stats
    name = path.rpartition("/")[2]
    return name in stats and is_main_name(form, name)


def _is_folder(name: str) -> bool:
    return name.endswith("/")


def _lasting(stats: Stats, unsure: set[str], before_ns: int) -> Stats:
    """Say what to believe the next time: not a link, nor what changed just now, nor a file of what is broken."""

    def lasts(name: str, found: Stat) -> bool:
        is_sure = not unsure or _is_folder(name) or _stem_of(name) not in unsure
        return is_sure and _is_settled(found, before_ns)

    return Stats.of_each({name: each if lasts(name, each) else SMUDGED for name, each in stats.by_name().items()})


def _is_settled(found: Stat, before_ns: int) -> bool:
    """Tell whether a file that changes later will bear other numbers; a link bears its own, whatever it leads to."""
    mode, _size, written_ns, changed_ns, _inode = found
    return found != _UNSURE and not stat.S_ISLNK(mode) and written_ns < before_ns and changed_ns < before_ns


def _known_of(local: LocalResource, digest: str) -> Known:
    return Known(local.key.slug, local.fingerprint, local.title, digest)


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
