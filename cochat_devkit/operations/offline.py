"""Look at both sides offline: what the files say, and what the mirror knows of the server."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.resource import Key, State, make_digest
from cochat_devkit.sync.decide import ABSENT, Base, Side, present
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.files import LOCK, read_file
from cochat_devkit.workspace.glance import glance
from cochat_devkit.workspace.local import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cochat_devkit.config import Config, Target
    from cochat_devkit.mirror.reader import Dated
    from cochat_devkit.mirror.rows import Row, Scope
    from cochat_devkit.operations.session import Selection
    from cochat_devkit.workspace.glance import Glance, Glimpse

#: kind and slug
Address = tuple[str, str]
#: fingerprints by slug, by kind
Fingerprints = Mapping[str, Mapping[str, str]]
#: beyond so many, reading all rows is cheaper than reading each
_MOST_ADDRESSES = 500


class Known(NamedTuple):
    """Hold what files and mirror know of the kinds of a selection, without asking a server.

    `types` names the type of every resource in either. `scope` is None before the first pull.
    """

    tree: Tree
    rows: Mapping[Key, Row]
    types: Mapping[Key, str]
    scope: Scope | None
    reader: MirrorReader


@dataclass(eq=False, repr=False)
class Survey:
    """Hold what is in step and all that is known of the rest: the resources of a selection alone.

    `apart` names what is here and not in step, `meant` what is selected, by (kind, slug); None for everything.
    """

    rest: Known
    glance: Glance
    apart: set[Address]
    meant: set[Address] | None
    #: what is as agreed in the mirror, by (kind, type), where stamps were asked for
    dated: Mapping[tuple[str, str], Dated] = field(default_factory=dict)

    @property
    def is_all_in_step(self) -> bool:
        """Tell whether everything that is here is meant and in step."""
        return not self.apart and self.meant is None

    def is_in_step(self, address: Address) -> bool:
        """Tell whether what is here under an address is meant and in step."""
        return address not in self.apart and (self.meant is None or address in self.meant)

    @cached_property
    def in_step(self) -> list[Glimpse]:
        """Tell what is in step as its files are: made for those alone who ask."""
        meant = self.glance.glimpses(self.meant)
        return [each for each in meant if each[:2] not in self.apart] if self.apart else [*meant]

    @cached_property
    def by_address(self) -> dict[Address, Glimpse]:
        """Tell the same by (kind, slug)."""
        return {each[:2]: each for each in self.in_step}


@contextmanager
def look_offline(config: Config, selection: Selection, target: str | None) -> Iterator[Known]:
    """Read files and mirror; the mirror stays open while the block runs.

    Raises:
        UnknownResource: an address of the selection names nothing.
        MirrorError: the mirror cannot be read.
    """
    aim = config.target_named(target)
    tree = glance(config.root, selection.kinds).tree()
    with MirrorReader(config.mirror_path) as reader:
        scope = reader.scope_of(aim.name, aim.url)
        names = [kind.name for kind in selection.kinds]
        rows = _rows_by_lock(config, aim, scope, reader, names)
        _refuse_unmeant(config, aim, tree, rows, reader)
        types = dict.fromkeys(tree.unreadable, "")
        types |= {key: row.type for key, row in rows.items()}
        types |= {key: local.type for key, local in tree.found.items()}
        selection.check_known(types.items())
        yield Known(tree, rows, types, scope, reader)


@contextmanager
def survey(config: Config, selection: Selection, target: str | None, *, with_stamps: bool = False) -> Iterator[Survey]:
    """Part what is in step from the rest, so that only the rest costs anything; the mirror stays open meanwhile.

    Who is going to list how the server dates all that is in step asks for the stamps at once.

    Raises:
        UnknownResource: an address of the selection names nothing.
        MirrorError: the mirror cannot be read.
    """
    aim = config.target_named(target)
    names = [kind.name for kind in selection.kinds]
    with MirrorReader(config.mirror_path) as reader:
        scope = reader.scope_of(aim.name, aim.url)
        dated = reader.dated_as_one(scope) if scope and with_stamps else {}
        as_one = dated or (reader.agreed_as_one(scope) if scope else {})
        # last, as another process may still be asking about the files
        seen = glance(config.root, selection.kinds)
        is_as_left = is_lock_as_left(seen.lock_digest, aim, reader)
        told = None if is_as_left else _rows_by_lock(config, aim, scope, reader, names)
        here, agreed = _unlike_kinds(seen, scope, reader, names, as_one) if told is None else _by_rows(seen, told)
        apart, gone = _unlike(here, agreed), _unlike(agreed, here)
        rows = _rows_apart(scope, reader, names, gone) if told is None else told
        rows = {
            key: row for key, row in rows.items() if key.slug not in here.get(key.kind, ()) or _address(key) in apart
        }
        found = {each.key: each for each in map(seen.local, seen.glimpses(apart) if apart else ())}
        faults = seen.faults
        tree = Tree(found, faults.unreadable, faults.unlisted, faults.unread)
        _refuse_unmeant(config, aim, tree, rows, reader)
        types = dict.fromkeys(tree.unreadable, "")
        types |= {key: row.type for key, row in rows.items()}
        types |= {key: each.type for key, each in found.items()}
        surveyed = Survey(Known(tree, rows, types, scope, reader), seen, apart, None, dated)
        yield narrowed(surveyed, selection) if selection.patterns else surveyed


def narrowed(surveyed: Survey, selection: Selection) -> Survey:
    """Keep of a look at whole kinds what is selected.

    Raises:
        UnknownResource: an address of the selection names nothing.
    """
    known = surveyed.rest
    meant = selection.pick(surveyed.glance.types() | {_address(key): type_ for key, type_ in known.types.items()})
    types = {key: type_ for key, type_ in known.types.items() if _address(key) in meant}
    return Survey(known._replace(types=types), surveyed.glance, surveyed.apart, meant, surveyed.dated)


def is_lock_as_left(digest: str, aim: Target, reader: MirrorReader) -> bool:
    """Tell by its bytes alone whether the lock still says what the mirror knows, without reading ten thousand lines.

    `digest` names its bytes, as `digest_of_lock` does.
    """
    known = reader.lock_digests().get(aim.name)
    return known is not None and known.file == digest


def digest_of_lock(root: Path) -> str:
    """Name what the lock is, whatever it says."""
    return make_digest(read_file(root, LOCK) or b"")


def local_side(tree: Tree, key: Key, path: str | None) -> Side:
    """Say what is known of one resource here; `path` is where it was."""
    if key in tree.found:
        return present(tree.found[key].fingerprint)
    if tree.fault_of(key, path) is not None:
        return Side(State.UNREADABLE)
    return ABSENT


def base_of(row: Row | None) -> Base | None:
    """Take the base out of a row."""
    if row is None or row.base_local is None or row.base_remote is None:
        return None
    return Base(row.base_local, row.base_remote)


def last_seen(row: Row | None) -> Side:
    """Say what the mirror knows of the server's side."""
    if row is None:
        return ABSENT
    if row.remote_state is State.PRESENT and row.remote_fingerprint is not None:
        return present(row.remote_fingerprint)
    if row.remote_state is State.PRESENT:
        return Side(State.UNREADABLE)
    return Side(row.remote_state)


def _unlike_kinds(
    seen: Glance,
    scope: Scope | None,
    reader: MirrorReader,
    names: list[str],
    as_one: Mapping[tuple[str, str], tuple[object, ...]],
) -> tuple[Fingerprints, Fingerprints]:
    """Find the kinds whose files are not all as agreed: (what they say, what was agreed), of those kinds alone."""
    here, agreed = seen.columns(), {place: each[:2] for place, each in as_one.items()}
    unlike = {kind for (kind, _type), _columns in here.items() ^ agreed.items() if kind in names}
    return seen.fingerprints(unlike), {name: reader.agreed(scope, name) for name in unlike} if scope else {}


def _by_rows(seen: Glance, rows: Mapping[Key, Row]) -> tuple[Fingerprints, Fingerprints]:
    """Find what files say, and what was agreed by rows that the server still shows so."""
    agreed: dict[str, dict[str, str]] = {}
    for key, row in rows.items():
        base = base_of(row)
        if base is not None and last_seen(row) == present(base.remote):
            agreed.setdefault(key.kind, {})[key.slug] = base.local
    return seen.fingerprints(), agreed


def _refuse_unmeant(config: Config, aim: Target, tree: Tree, rows: Mapping[Key, Row], reader: MirrorReader) -> None:
    if tree.found:
        from cochat_devkit.operations.unmeant import refuse_unmeant

        refuse_unmeant(config, aim, tree, rows, reader)


def _rows_by_lock(
    config: Config, aim: Target, scope: Scope | None, reader: MirrorReader, names: list[str]
) -> dict[Key, Row]:
    """Read the rows where the lock says something else than the mirror."""
    from cochat_devkit.operations.agreed import rows_with_lock

    return rows_with_lock(config, aim, scope, reader.rows(scope, names) if scope else {}, reader, names)


def _unlike(these: Fingerprints, those: Fingerprints) -> set[Address]:
    """Name which of these are not, or not the same, among those."""
    found: set[Address] = set()
    for kind, prints in these.items():
        others = those.get(kind, {})
        if prints != others:
            found |= {(kind, slug) for slug, print_ in prints.items() if others.get(slug) != print_}
    return found


def _address(key: Key) -> Address:
    return key.kind, key.slug


def _rows_apart(scope: Scope | None, reader: MirrorReader, names: list[str], gone: set[Address]) -> dict[Key, Row]:
    if scope is None:
        return {}
    if len(gone) > _MOST_ADDRESSES:
        return reader.rows_apart(scope, names) | reader.rows(scope, {kind for kind, _slug in gone})
    found = (reader.row(scope, *address) for address in gone)
    return reader.rows_apart(scope, names) | {row.key: row for row in found if row}
