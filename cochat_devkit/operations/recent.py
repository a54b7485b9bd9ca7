"""What happened lately: the newest runs in numbers, and what the server showed anew, whatever the resource; offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds import ref_of
from cochat_devkit.kinds.dialects import dialect_named
from cochat_devkit.mirror.history import read_recent
from cochat_devkit.mirror.journal import read_tallies
from cochat_devkit.operations.mirrored import mirror_of, scope_of
from cochat_devkit.sync.describe import changed_names
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from cochat_devkit.config import Config
    from cochat_devkit.mirror.history import Recent
    from cochat_devkit.mirror.journal import Tally
    from cochat_devkit.mirror.reader import MirrorReader

#: so many entries are looked through: the first pull alone makes one for each resource
_MOST_ENTRIES = 2000
FIRST_SEEN, BACK_AGAIN, GONE, CHANGED = "first seen", "back again", "gone", "changed"


class Change(NamedTuple):
    """Hold what happened to one resource, or was first seen of several of one type at once.

    `what` is one of the words above; `refs` are the addresses, newest first; `names` the fields that changed.
    """

    what: str
    type: str
    at: datetime
    refs: tuple[str, ...]
    names: tuple[str, ...] = ()


class Seat(NamedTuple):
    """Say whose mirror it is: the server, what it is, and as whom it was read; None before the first pull."""

    url: str
    dialect: str | None = None
    server_version: str | None = None
    role: str | None = None


def seat_of(config: Config, *, target: str | None) -> Seat:
    """Say which server a target is, and what the mirror knows of it."""
    url, scope = config.target_named(target).url, scope_of(config, target)
    if scope is None:
        return Seat(url)
    return Seat(url, dialect_named(scope.dialect).title, scope.server_version, scope.role)


def recent_runs(config: Config, *, target: str | None, newest: int) -> list[Tally]:
    """Tell the newest runs, newest first, and how many steps each did of what action."""
    with mirror_of(config, target) as (reader, scope):
        return read_tallies(reader, scope, newest=newest) if scope else []


def recent_changes(config: Config, *, target: str | None, newest: int) -> list[Change]:
    """Tell what the server showed anew, newest first; what was first seen of one type at once is one change."""
    with mirror_of(config, target) as (reader, scope):
        entries = read_recent(reader, scope, _MOST_ENTRIES) if scope else []
        groups = [*_groups(entries)][:newest]
        return [_to_change(reader, group) for group in groups]


def _groups(entries: Iterable[Recent]) -> Iterator[list[Recent]]:
    """Put together what was first seen of one type in the same minute."""
    firsts: dict[tuple[str, str], list[Recent]] = {}
    for each in entries:
        if each.is_first:
            name = each.type or each.key.kind, each.at.strftime("%Y-%m-%d %H:%M")
            firsts.setdefault(name, []).append(each)
            if len(firsts[name]) > 1:
                continue
            yield firsts[name]
        else:
            yield [each]


def _to_change(reader: MirrorReader, group: list[Recent]) -> Change:
    newest = group[0]
    refs = tuple(ref_of(each.key, each.type) for each in group)
    what = CHANGED
    names: tuple[str, ...] = ()
    if newest.is_first:
        what = FIRST_SEEN
    elif newest.digest is None:
        what = GONE
    elif newest.before is None:
        what = BACK_AGAIN
    else:
        names = tuple(changed_names(reader.body(newest.before), reader.body(newest.digest)))
    return Change(what, newest.type or newest.key.kind, newest.at, refs, names)
