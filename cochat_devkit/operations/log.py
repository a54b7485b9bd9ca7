"""Log, and the bodies of old: what was ever seen of a resource, numbered from the newest, and what lies between two."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource, UsageError
from cochat_devkit.kinds import kind_named, parse_ref, ref_of
from cochat_devkit.kinds.wire import updated_at_of
from cochat_devkit.mirror.history import Origin, Seen, count_entries, read_history, read_keys_with_history
from cochat_devkit.operations.mirrored import mirror_of
from cochat_devkit.operations.session import select
from cochat_devkit.resource import Version
from cochat_devkit.sync.describe import describe_changes, unified_diff
from cochat_devkit.sync.lineage import VersionNode, place_versions
from cochat_devkit.workspace.tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds.kind import Kind, WireContext
    from cochat_devkit.mirror.history import Entry
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Row, Scope
    from cochat_devkit.operations.session import Session
    from cochat_devkit.resource import Body, Key, Wire
    from cochat_devkit.workspace.tree import LocalResource

_NUMBERED = re.compile(r"(?P<ref>.+)@(?P<number>\d+)$")
_EPOCH = datetime.fromtimestamp(0, UTC)
_RANGE = re.compile(r"(?P<ref>.+)@(?P<first>\d+)\.\.@(?P<second>\d+)$")


@dataclass(frozen=True)
class Logged:
    """Hold one line of a log; `number` counts from 1 for the newest. `changes` are against the entry before it."""

    number: int
    entry: Entry
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Past:
    """Hold what is known of one resource's past, newest first, and what it is now."""

    key: Key
    type: str
    kind: Kind
    entries: Sequence[Entry]
    scope: Scope
    reader: MirrorReader
    row: Row | None
    local: LocalResource | None

    @property
    def ref(self) -> str:
        """Write its address."""
        return ref_of(self.key, self.type)

    def entry(self, number: int) -> Entry:
        """Find an entry by its number.

        Raises:
            UnknownResource: there are not so many.
        """
        if not 1 <= number <= len(self.entries):
            raise UnknownResource(
                f"{self.ref} has no @{number}: its history has {len(self.entries)} entries",
                hint=f"see cochat log {self.ref}",
            )
        return self.entries[number - 1]

    def body(self, entry: Entry) -> Body:
        """Read an entry's body; of "it is gone" an empty one."""
        return self.reader.body(entry.digest) if entry.digest is not None else {}

    def sides(self, old: Entry, new: Entry) -> tuple[Body, Body]:
        """Read two entries' bodies so that they can be compared."""
        bodies = self.body(old), self.body(new)
        return _comparable(*bodies, is_first_partial=_is_partial(old), is_second_partial=_is_partial(new))

    def logged(self, number: int) -> Logged:
        """Tell what an entry changed against the one before it.

        Raises:
            UnknownResource: there are not so many.
        """
        entry = self.entry(number)
        before = self.entries[number] if number < len(self.entries) else None
        if entry.digest is None:
            changes = ["gone"]
        elif before is None or before.digest is None:
            changes = ["first seen" if before is None else "back again"]
        else:
            changes = describe_changes(*self.sides(before, entry))
        return Logged(number, entry, tuple(changes))


def split_number(ref: str) -> tuple[str, int | None]:
    """Read `tool/x@3`: (address, number), the number None where there is none."""
    found = _NUMBERED.match(ref)
    return (found["ref"], int(found["number"])) if found else (ref, None)


def is_of_the_past(ref: str) -> bool:
    """Tell whether an address names an entry of a history, or a range of them."""
    return bool(_NUMBERED.match(ref))


@contextmanager
def open_past(config: Config, ref: str, *, target: str | None) -> Iterator[Past]:
    """Open the past of one resource, offline; deleted ones have theirs.

    Raises:
        UnknownResource: nothing was ever seen under this address.
        UsageError: the address names several.
    """
    aim = config.target_named(target)
    selection = select([ref])
    names = [kind.name for kind in selection.kinds]
    tree = read_tree(config.root, selection.kinds)
    with mirror_of(config, target) as (reader, scope):
        if scope is None:
            raise UnknownResource(f"nothing was ever seen of {aim.name}", hint="cochat pull")
        rows = reader.rows(scope, names)
        types = read_keys_with_history(reader, scope, names)
        types |= {key: row.type for key, row in rows.items()}
        types |= {key: local.resource.type for key, local in tree.found.items()}
        selection.check_known(types.items())
        keys = [key for key, type_ in types.items() if selection.has(key, type_)]
        if len(keys) != 1:
            raise UsageError(f"{ref} names {len(keys)} resources", hint=f"list them: cochat ls '{ref}'")
        (key,) = keys
        entries = read_history(reader, scope, key)
        type_ = types[key] or next((each.type for each in entries if each.type), "")
        kind, _type = kind_named(key.kind)
        yield Past(key, type_, kind, entries, scope, reader, rows.get(key), tree.found.get(key))


@contextmanager
def open_seen(config: Config, ref: str, *, target: str | None) -> Iterator[Past]:
    """Open the past of one resource as the mirror alone knows it: no file is read, and `local` is None.

    Raises:
        UnknownResource: nothing was ever seen under this address.
        UsageError: it is none.
    """
    key, type_ = parse_ref(ref)
    with mirror_of(config, target) as (reader, scope):
        row = reader.row(scope, key.kind, key.slug) if scope else None
        entries = read_history(reader, scope, key) if scope else []
        if scope is None or not (row or entries):
            raise UnknownResource(f"nothing was ever seen of {ref}", hint="cochat pull")
        type_ = type_ or (row.type if row else next((each.type for each in entries if each.type), ""))
        yield Past(key, type_, kind_named(key.kind)[0], entries, scope, reader, row, None)


def count_seen(config: Config, *, target: str | None) -> dict[str, int]:
    """Count what was ever seen of each resource, by address; deleted ones are among them."""
    with mirror_of(config, target) as (reader, scope):
        found = count_entries(reader, scope) if scope else {}
    return {ref_of(key, type_): count for key, (type_, count) in found.items()}


def log(config: Config, ref: str, *, target: str | None, most: int | None) -> tuple[str, list[Logged], int]:
    """Tell the past of one resource: (its address, newest entries first, how many there are)."""
    with open_past(config, ref, target=target) as past:
        numbers = range(1, len(past.entries[:most]) + 1)
        return past.ref, [past.logged(number) for number in numbers], len(past.entries)


def body_of_old(config: Config, ref: str, *, target: str | None) -> tuple[str, Entry, Body]:
    """Read the body that `tool/x@3` names: (address, entry, body)."""
    plain, number = split_number(ref)
    with open_past(config, plain, target=target) as past:
        entry = past.entry(number or 1)
        return past.ref, entry, past.body(entry)


def diff_of_old(config: Config, ref: str, *, target: str | None) -> tuple[str, list[str]]:
    """Compare an entry with the files, or two entries (`tool/x@3..@1`): (address, lines of a unified diff)."""
    both = _RANGE.match(ref)
    plain, number = (both["ref"], int(both["first"])) if both else split_number(ref)
    with open_past(config, plain, target=target) as past:
        first = past.entry(number or 1)
        before, names = past.body(first), [f"@{number}/{past.ref}"]
        if both:
            second = past.entry(int(both["second"]))
            after, is_partial = past.body(second), _is_partial(second)
            names.append(f"@{both['second']}/{past.ref}")
        else:
            after, is_partial = (past.local.resource.body if past.local else {}), False
            names.append(f"here/{past.local.path if past.local else past.ref}")
        before, after = _comparable(before, after, is_first_partial=_is_partial(first), is_second_partial=is_partial)
        return past.ref, list(unified_diff(before, after, (names[0], names[1])))


def fetch_history(config: Config, ref: str, *, target: str | None, emit: Emit) -> int:
    """Take in the history that the server keeps of one resource; each version is stored once: the number of requests.

    Raises:
        NotSupported: this server keeps none.
        RemoteError: it cannot be asked, or refuses.
    """
    from cochat_devkit.operations.records import Records
    from cochat_devkit.operations.session import connect
    from cochat_devkit.workspace.lock import workspace_lock

    key, _type = parse_ref(ref)
    kind, _ = kind_named(key.kind)
    with (
        workspace_lock(config.root),
        connect(config, target, emit) as session,
        Records(config.mirror_path, session) as records,
    ):
        row = records.known([kind.name]).get(key)
        if row is None:
            raise UnknownResource(f"{ref} was never pulled", hint=f"cochat pull {ref}")
        known = _first_seen(read_history(records.reader, records.scope, key))
        records.keep_seen(*_seen_there(session, kind, row, known))
        return session.client.request_count


def _first_seen(entries: Sequence[Entry]) -> dict[str, datetime]:
    """Say when each version was first seen, of entries that come newest first."""
    return {str(each.version): each.at for each in entries if each.version is not None}


def _seen_there(session: Session, kind: Kind, row: Row, known: Mapping[str, datetime]) -> Iterator[Seen]:
    """Read the server's versions, oldest first; of those that we saw ourselves only the message."""
    listed = {str(each["id"]): each for each in session.client.fetch_history(kind, row.remote_id)}
    lacking = [each for each in listed if each not in known and "snapshot" not in listed[each]]
    listed |= {str(each["id"]): each for each in session.client.fetch_versions(kind, row.remote_id, lacking)}
    context = session.client.wire_context()
    nodes = [_to_node(name, each) for name, each in listed.items()]
    for node in place_versions(nodes, {name: _to_us(at) for name, at in known.items()}):
        wire = listed[node.id]
        body = None if node.id in known else _to_partial_body(kind, wire.get("snapshot") or {}, context)
        message = str(wire.get("commit_message") or "") or None
        at = _EPOCH + timedelta(microseconds=node.made_at_us)
        yield Seen(row.key, row.type, body, Origin.THEIR_HISTORY, Version(node.id), message, at)


def _to_node(name: str, wire: Wire) -> VersionNode:
    made_at = updated_at_of({"updated_at": wire.get("created_at")})
    return VersionNode(name, wire.get("parent_id"), _to_us(made_at) if made_at else 0)


def _to_us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _to_partial_body(kind: Kind, snapshot: Wire, context: WireContext) -> Body:
    """Read the owned fields that a snapshot has: access and switches are in none."""
    places = [(each, each.place_on(context.dialect)) for each in kind.fields]
    told = [each for each, place in places if place and place[0] in snapshot]
    return {each.name: each.codec.read(snapshot, each, context) for each in told}


def _is_partial(entry: Entry) -> bool:
    return entry.origin is Origin.THEIR_HISTORY


def _comparable(first: Body, second: Body, *, is_first_partial: bool, is_second_partial: bool) -> tuple[Body, Body]:
    """Fill what a partial body does not say with what the other does: nobody knows that it differed."""
    return (
        {**second, **first} if is_first_partial else first,
        {**first, **second} if is_second_partial else second,
    )
