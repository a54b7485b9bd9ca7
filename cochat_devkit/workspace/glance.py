"""A glance at the folders: what each resource's files say, read only where the stat cache does not know it already."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.resource import Fingerprint, Key, Slug, make_digest
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.ahead import take_answer
from cochat_devkit.workspace.asking import NUMBERS, UNSURE, ask_as_before, ask_in, ask_in_folders, is_folder
from cochat_devkit.workspace.files import LOCK, inside, read_file
from cochat_devkit.workspace.local import LocalResource, Tree, digest_of_files
from cochat_devkit.workspace.paths import PICTURE_SUFFIXES
from cochat_devkit.workspace.statcache import BETWEEN, SMUDGED, Known, Shelf, Stats, read_cache

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from cochat_devkit.kinds.kind import FileForm, Kind
    from cochat_devkit.workspace.statcache import Stat, StatCache

#: a file that changed so shortly before it was read may change again within one tick of its file system's clock, and
#: bear the same times: FAT counts in steps of two seconds
_RACY_NS = 2_000_000_000


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
    # what a second process found out while this one was being loaded needs not be asked again
    cache, as_left = take_answer(root) or (read_cache(root), ())
    before_ns = time.time_ns() - _RACY_NS
    broken: dict[str, BadResource] = {}
    for kind in seen.kinds.values():
        for type_, folder in kind.folders.items():
            before = cache.shelf(folder)
            is_as_left = folder in as_left
            stats = before.stats if is_as_left else _ask(root, kind, folder, before.stats, seen.faults)
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
        stats = Stats.of_each({LOCK: NUMBERS(os.lstat(root / LOCK))})
    except FileNotFoundError:
        stats = Stats()
    except OSError:
        stats = Stats.of_each({LOCK: UNSURE})
    if stats == before.stats and len(before):
        return before.known[LOCK].digest
    digest = make_digest(read_file(root, LOCK) or b"")
    shelf = Shelf.of(_lasting(stats, set(), before_ns), {LOCK: Known("", "", "", digest)})
    if shelf != before:
        cache.put(LOCK, shelf)
    return digest


def _has_twins(seen: Glance) -> bool:
    """Tell whether two files claim to be the same resource."""
    shelves: dict[str, list[Shelf]] = {}
    for kind, _type, _folder, shelf in seen.sightings:
        if len(shelf):
            shelves.setdefault(kind.name, []).append(shelf)
    return any(map(_have_twins, shelves.values()))


def _have_twins(shelves: Sequence[Shelf]) -> bool:
    if len(shelves) == 1 and shelves[0].is_named_by_files:
        return False
    return len({slug for shelf in shelves for slug in shelf.slugs}) != sum(map(len, shelves))


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
        as_before = ask_as_before(place, before)
        if as_before is not None:
            return as_before
        return ask_in_folders(place, form) if form.main else ask_in(place, _suffixes_of(form))
    except BadResource as error:
        faults.unlisted[folder] = error
        return None
    except OSError as error:
        if not isinstance(error, FileNotFoundError) or (root / folder).is_symlink():
            fault = BadResource(f"{folder} cannot be listed: {error.strerror}", hint="check its rights")
            faults.unlisted[folder] = fault
            return None
    return Stats()


def _has_main(root: Path, kind: Kind, path: str, stem: str, stats: Mapping[str, Stat]) -> bool:
    from cochat_devkit.workspace.tree import has_main_file, is_main_name

    form = _form_of(kind)
    if form.main:
        is_unsure = stats.get(f"{stem}/") == UNSURE
        return has_main_file(root, path) if is_unsure else f"{stem}/{form.main}" in stats
    name = path.rpartition("/")[2]
    return name in stats and is_main_name(form, name)


def _lasting(stats: Stats, unsure: set[str], before_ns: int) -> Stats:
    """Say what to believe the next time: not a link, nor what changed just now, nor a file of what is broken."""

    def lasts(name: str, found: Stat) -> bool:
        is_sure = not unsure or is_folder(name) or _stem_of(name) not in unsure
        return is_sure and _is_settled(found, before_ns)

    return Stats.of_each({name: each if lasts(name, each) else SMUDGED for name, each in stats.by_name().items()})


def _is_settled(found: Stat, before_ns: int) -> bool:
    """Tell whether a file that changes later will bear other numbers; a link bears its own, whatever it leads to."""
    mode, _size, written_ns, changed_ns, _inode = found
    return found != UNSURE and not stat.S_ISLNK(mode) and written_ns < before_ns and changed_ns < before_ns


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
