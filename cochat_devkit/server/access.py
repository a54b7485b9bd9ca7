"""Who may read and write a resource of the local server: pure, in both generations' words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Json, Wire

Right = Literal["read", "write"]

EVERYBODY = "*"
_RIGHTS = ("read", "write")
#: "anyone" is for strangers, whom neither tools nor functions are shown to
_PRINCIPALS = ("user", "group")


@dataclass(frozen=True)
class Caller:
    """Hold what is known of who asks."""

    id: str
    role: str
    group_ids: frozenset[str] = frozenset()
    permissions: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    by_api_key: bool = False

    @property
    def is_admin(self) -> bool:
        """Tell whether every resource is open to them."""
        return self.role == "admin"

    def is_permitted(self, area: str, name: str) -> bool:
        """Tell whether the permissions of ordinary users, or of a group of theirs, have this one."""
        return bool(self.permissions.get(area, {}).get(name, False))


def is_given(wire: Wire, right: Right, *, user_id: str, group_ids: frozenset[str] = frozenset()) -> bool:
    """Tell whether a resource's own list gives somebody a right; write does not include read.

    In `access_control` null lets everybody read and nobody write; in `access_grants` everybody is the user `*`.
    """
    if "access_grants" in wire:
        return any(_fits(grant, right, user_id, group_ids) for grant in wire["access_grants"])
    control = wire.get("access_control")
    if control is None:
        return right == "read"
    holders = control.get(right) or {}
    return user_id in (holders.get("user_ids") or []) or bool(group_ids & set(holders.get("group_ids") or []))


def may(caller: Caller, right: Right, wire: Wire) -> bool:
    """Tell whether a caller has a right: as an admin, as the owner, or by the resource's list."""
    if caller.is_admin or wire.get("user_id") == caller.id:
        return True
    return is_given(wire, right, user_id=caller.id, group_ids=caller.group_ids)


def parse_grants(grants: list[Wire] | None) -> list[Wire]:
    """Read grants as a form has them: what the server does not know is dropped, repeats collapse."""
    known: dict[tuple[str, str, str], Wire] = {}
    for grant in grants or []:
        sort, principal, right = (grant.get(key) for key in ("principal_type", "principal_id", "permission"))
        if sort in _PRINCIPALS and right in _RIGHTS and isinstance(principal, str) and principal:
            key = (str(sort), principal, str(right))
            known[key] = {"principal_type": sort, "principal_id": principal, "permission": right}
    return list(known.values())


def allowed_grants(grants: list[Wire], caller: Caller, *, kinds: str) -> list[Wire]:
    """Keep the grants that a caller may give; `kinds` is the plural that permissions name."""
    if caller.is_admin:
        return grants
    if not caller.is_permitted("sharing", kinds):
        return []
    audiences = {
        "everybody": caller.is_permitted("sharing", f"public_{kinds}"),
        "user": caller.is_permitted("access_grants", "allow_users"),
        "group": caller.is_permitted("access_grants", "allow_groups"),
    }
    return [grant for grant in grants if audiences[_audience(grant)]]


def make_grants(grants: list[Wire], *, kind: str, resource_id: str, now: int) -> list[Json]:
    """Write grants as the server stores them, each with an id and the resource it is for."""
    named = {"resource_type": kind, "resource_id": resource_id}
    return [{"id": str(uuid.uuid4()), **named, **grant, "created_at": now} for grant in grants]


def _fits(grant: Wire, right: Right, user_id: str, group_ids: frozenset[str]) -> bool:
    if grant["permission"] != right:
        return False
    if grant["principal_type"] == "group":
        return grant["principal_id"] in group_ids
    return grant["principal_id"] in (EVERYBODY, user_id)


def _audience(grant: Wire) -> str:
    sort: str = grant["principal_type"]
    return "everybody" if (sort, grant["principal_id"]) == ("user", EVERYBODY) else sort
