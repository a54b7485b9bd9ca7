"""Versions of resources on the local server: snapshots, their line of descent, and what lies between two."""

from __future__ import annotations

import copy
import difflib
import uuid
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cochat_devkit.resource import Json, Wire

PAGE = 20


@dataclass(frozen=True)
class Entry:
    """One version: what a save left behind, and which version it came after."""

    id: str
    parent_id: str | None
    user_id: str
    commit_message: str | None
    created_at: int
    snapshot: Wire

    def to_wire(self, *, owner_key: str, owner_id: str, author: str | None, whole: bool) -> Wire:
        """Show a version; `whole` has the snapshot."""
        wire = {**asdict(self), owner_key: owner_id, "user": {"name": author} if author else None}
        if not whole:
            del wire["snapshot"]
        return wire


def make_entry(snapshot: Wire, *, user_id: str, parent_id: str | None, commit_message: str | None, now: int) -> Entry:
    """Make a version with a new id."""
    return Entry(str(uuid.uuid4()), parent_id, user_id, commit_message, now, snapshot)


def make_snapshot(wire: Wire, keys: Iterable[str], *, without: Collection[str]) -> Wire:
    """Take down what makes a version: the saved keys, in `meta` without what loading decides."""
    snapshot: Wire = {}
    for key in keys:
        value: Json = copy.deepcopy(wire.get(key))
        if isinstance(value, dict):
            value = {name: each for name, each in value.items() if name not in without and (name != "i18n" or each)}
        snapshot[key] = value
    return snapshot


def newest_first(entries: Iterable[Entry], *, page: int) -> list[Entry]:
    """Take one page; within one second the order is that of the random ids, as on the real server."""
    ordered = sorted(entries, key=lambda entry: (entry.created_at, entry.id), reverse=True)
    start = (max(1, page) - 1) * PAGE
    return ordered[start : start + PAGE]


def without_entry(entries: tuple[Entry, ...], gone: Entry) -> tuple[Entry, ...]:
    """Take a version out; its children come after its parent now."""
    return tuple(
        replace(entry, parent_id=gone.parent_id) if entry.parent_id == gone.id else entry
        for entry in entries
        if entry.id != gone.id
    )


def make_difference(before: Entry, after: Entry, *, source_key: str) -> Wire:
    """Compare two versions: the source line by line, the rest key by key."""
    old, new = (str(entry.snapshot.get(source_key) or "") for entry in (before, after))
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), fromfile="selected.py", tofile="production.py", lineterm=""
    )
    content = "\n".join(lines)
    left, right = before.snapshot, after.snapshot
    return {
        "from_id": before.id,
        "to_id": after.id,
        "metadata": {
            key: {"before": left.get(key), "after": right.get(key)}
            for key in left
            if key != source_key and left.get(key) != right.get(key)
        },
        "content_diff": content,
        "line_endings_only": old != new and not content,
    }
