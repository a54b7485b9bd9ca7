"""Look at both sides offline: what the files say, and what the mirror knows of the server."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.resource import Key, State, make_digest
from cochat_devkit.sync.decide import ABSENT, Base, Side, present
from cochat_devkit.workspace.files import LOCK, read_file
from cochat_devkit.workspace.glance import glance
from cochat_devkit.workspace.local import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from cochat_devkit.config import Config, Target
    from cochat_devkit.mirror.rows import Row, Scope
    from cochat_devkit.operations.session import Selection
    from cochat_devkit.workspace.glance import Glance, Glimpse

#: beyond so many, reading all rows is cheaper than reading each
_MOST_ADDRESSES = 500


@dataclass(frozen=True)
class Known:
    """Hold what files and mirror know of the kinds of a selection, without asking a server.

    `types` names the type of every resource in either. `scope` is None before the first pull.
    """

    tree: Tree
    rows: Mapping[Key, Row]
    types: Mapping[Key, str]
    scope: Scope | None
    reader: MirrorReader


@dataclass(frozen=True)
class Survey:
    """Hold what is in step, as its files are, and all that is known of the rest: the resources of a selection alone."""

    in_step: Sequence[Glimpse]
    rest: Known
    glance: Glance


@contextmanager
def look_offline(config: Config, selection: Selection, target: str | None) -> Iterator[Known]:
    """Read files and mirror; the mirror stays open while the block runs.

    Raises:
        UnknownResource: an address of the selection names nothing.
        MirrorError: the mirror cannot be read.
    """
    from cochat_devkit.operations.agreed import rows_with_lock

    aim = config.target_named(target)
    tree = glance(config.root, selection.kinds).tree()
    with MirrorReader(config.mirror_path) as reader:
        scope = reader.scope_of(aim.name, aim.url)
        names = [kind.name for kind in selection.kinds]
        rows = rows_with_lock(config, aim, reader.rows(scope, names) if scope else {}, reader, names)
        types = dict.fromkeys(tree.unreadable, "")
        types |= {key: row.type for key, row in rows.items()}
        types |= {key: local.type for key, local in tree.found.items()}
        selection.check_known(types.items())
        yield Known(tree, rows, types, scope, reader)


@contextmanager
def survey(config: Config, selection: Selection, target: str | None) -> Iterator[Survey]:
    """Part what is in step from the rest, so that only the rest costs anything; the mirror stays open meanwhile.

    Raises:
        UnknownResource: an address of the selection names nothing.
        MirrorError: the mirror cannot be read.
    """
    aim = config.target_named(target)
    seen = glance(config.root, selection.kinds)
    names = [kind.name for kind in selection.kinds]
    with MirrorReader(config.mirror_path) as reader:
        scope = reader.scope_of(aim.name, aim.url)
        agreed, told = _agreed(config, aim, scope, reader, names)
        in_step = [glimpse for triple, glimpse in seen.found.items() if triple in agreed]
        apart = [seen.local(seen.found[triple]) for triple in seen.found.keys() - agreed]
        rows = _rows_apart(scope, reader, names, agreed - seen.found.keys()) if told is None else told
        if rows:
            done = {each[:2] for each in in_step}
            rows = {key: row for key, row in rows.items() if (key.kind, key.slug) not in done}
        faults = seen.faults
        tree = Tree({each.key: each for each in apart}, faults.unreadable, faults.unlisted, faults.unread)
        types = dict.fromkeys(tree.unreadable, "")
        types |= {key: row.type for key, row in rows.items()}
        types |= {each.key: each.type for each in apart}
        if selection.patterns:
            known = {each[:2]: each.type for each in in_step} | {(k.kind, str(k.slug)): t for k, t in types.items()}
            picked = selection.pick(known)
            in_step = [each for each in in_step if each[:2] in picked]
            types = {key: type_ for key, type_ in types.items() if (key.kind, key.slug) in picked}
        yield Survey(in_step, Known(tree, rows, types, scope, reader), seen)


def is_lock_as_left(root: Path, aim: Target, reader: MirrorReader) -> bool:
    """Tell by its bytes alone whether the lock still says what the mirror knows, without reading ten thousand lines."""
    known = reader.lock_digests().get(aim.name)
    return known is not None and known.file == digest_of_lock(root)


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


def _agreed(
    config: Config, aim: Target, scope: Scope | None, reader: MirrorReader, names: list[str]
) -> tuple[set[tuple[str, str, str]], dict[Key, Row] | None]:
    """Find what the server still shows as agreed; where the lock says something else than the mirror, in its rows."""
    if is_lock_as_left(config.root, aim, reader):
        return reader.agreed(scope, names) if scope else set(), None
    from cochat_devkit.operations.agreed import rows_with_lock

    rows = rows_with_lock(config, aim, reader.rows(scope, names) if scope else {}, reader, names)
    agreed: set[tuple[str, str, str]] = set()
    for key, row in rows.items():
        base = base_of(row)
        if base is not None and last_seen(row) == present(base.remote):
            agreed.add((key.kind, key.slug, base.local))
    return agreed, rows


def _rows_apart(
    scope: Scope | None, reader: MirrorReader, names: list[str], gone: set[tuple[str, str, str]]
) -> dict[Key, Row]:
    if scope is None:
        return {}
    if len(gone) > _MOST_ADDRESSES:
        return reader.rows(scope, names)
    found = (reader.row(scope, kind, slug) for kind, slug, _fingerprint in gone)
    return reader.rows_apart(scope, names) | {row.key: row for row in found if row}
