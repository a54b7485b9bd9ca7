"""The groups of the local server, and who is in them."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.quirks import Quirks
    from cochat_devkit.server.store import Store, Table


@dataclass(frozen=True)
class Group:
    """One group, with the ids of its members."""

    id: str
    user_id: str
    name: str
    description: str
    created_at: int
    updated_at: int
    data: Json = None
    permissions: Json = None
    members: tuple[str, ...] = ()


class Groups:
    """Keep groups; names need not be unique."""

    def __init__(self, store: Store, quirks: Quirks, clock: Callable[[], int]) -> None:
        self._store = store
        self._quirks = quirks
        self._clock = clock
        self._groups: Table[Group] = store.table("groups", parse=_parse_group, dump=asdict)

    def find(self, group_id: str) -> Group | None:
        """Find a group; None where there is none."""
        return self._groups.get(group_id)

    def of_member(self, user_id: str) -> list[Group]:
        """List the groups that somebody is in."""
        return [group for group in self._groups.all() if user_id in group.members]

    def seen_by(self, caller: Caller) -> list[Group]:
        """List the groups that somebody sees: an admin all, others their own; newest first."""
        seen = [group for group in self._groups.all() if caller.is_admin or group.id in caller.group_ids]
        return sorted(seen, key=lambda group: -group.updated_at)

    def add(self, user_id: str, *, name: str, description: str, data: Json = None, permissions: Json = None) -> Group:
        """Make a group."""
        now = self._clock()
        group = Group(
            id=str(uuid.uuid4()),
            user_id=user_id,
            name=name,
            description=description,
            created_at=now,
            updated_at=now,
            data=self._quirks.group_data if data is None else data,
            permissions=permissions,
        )
        with self._store.writing():
            self._groups.put(group.id, group)
        return group

    def change_members(self, group_id: str, *, add: Iterable[str] = (), drop: Iterable[str] = ()) -> Group | None:
        """Let people into a group and out of it; None where there is no such group."""
        with self._store.writing():
            group = self._groups.get(group_id)
            if group is None:
                return None
            leaving = set(drop)
            members = tuple(user_id for user_id in dict.fromkeys([*group.members, *add]) if user_id not in leaving)
            changed = replace(group, members=members, updated_at=self._clock())
            self._groups.put(group_id, changed)
        return changed

    def to_wire(self, group: Group) -> Wire:
        """Show a group as its generation does."""
        wire = {**asdict(group), "meta": None, "member_count": len(group.members)}
        del wire["members"]
        return {**wire, "parent_group_id": None} if self._quirks.group_has_parent else wire


def _parse_group(row: Wire) -> Group:
    return Group(**{**row, "members": tuple(row["members"])})
