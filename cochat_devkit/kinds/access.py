"""How access is written in files, and how each dialect carries it on the wire.

In files it is `public`, `private`, or `{read: [...], write: [...]}` with names of groups. A group whose name is not
known, not unique or not plain is written `id:<group id>`, a single person `user:<user id>`, everybody `*`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from cochat_devkit.errors import NotSupported, UnexpectedReply, UsageError
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire

PUBLIC = "public"
PRIVATE = "private"
_EVERYBODY = "*"
_GROUP_ID = "id:"
_USER_ID = "user:"
_RIGHTS = ("read", "write")


class Groups(NamedTuple):
    """Know the groups of one server: names by id."""

    names: Mapping[str, str] = MappingProxyType({})

    def name_of(self, group_id: str) -> str:
        """Write a group as people do, or as `id:…` where its name would not lead back to it."""
        name = self.names.get(group_id)
        if name is None or self._is_ambiguous(name):
            return _GROUP_ID + group_id
        return name

    def id_of(self, name: str) -> str:
        """Find a group's id by the name in a file.

        Raises:
            UsageError: there is no such group on the server, or more than one.
        """
        if name.startswith(_GROUP_ID):
            return name.removeprefix(_GROUP_ID)
        found = [group_id for group_id, each in self.names.items() if each == name]
        if len(found) == 1:
            return found[0]
        known = ", ".join(sorted(self.names.values())) or "none that you may see"
        fault = "has no group" if not found else "has several groups"
        raise UsageError(f"the server {fault} named {name!r}", hint=f"groups there: {known}; or write id:<group id>")

    def _is_ambiguous(self, name: str) -> bool:
        plain = name and name == name.strip() and not name.startswith((_EVERYBODY, _GROUP_ID, _USER_ID))
        return not plain or Counter(self.names.values())[name] > 1


def to_access(entries: Mapping[str, Iterable[str]]) -> Json:
    """Write the canonical form of who may read and write: sorted, without repeats, in the shortest words."""
    found = {right: sorted(set(entries.get(right, ()))) for right in _RIGHTS}
    if not found["read"] and not found["write"]:
        return PRIVATE
    if found["read"] == [_EVERYBODY] and not found["write"]:
        return PUBLIC
    return {right: names for right, names in found.items() if names}


def parse_access(value: Json) -> Json:
    """Read `access` as a file has it, into the canonical form.

    Raises:
        UsageError: it is none of the three forms.
    """
    if value in (PUBLIC, PRIVATE):
        return value
    if isinstance(value, Mapping) and set(value) <= set(_RIGHTS):
        lists = {right: value.get(right) or [] for right in _RIGHTS}
        if all(isinstance(names, list) and all(map(_names_somebody, names)) for names in lists.values()):
            return to_access(lists)
    raise UsageError(
        f"access cannot be {value!r}", hint="write public, private, or {read: [group names], write: [group names]}"
    )


def from_grants(grants: Json, groups: Groups) -> Json:
    """Read `access_grants` of the 0.12 generation."""
    entries: dict[str, list[str]] = {right: [] for right in _RIGHTS}
    for grant in _as_list(grants):
        right, sort, principal = grant.get("permission"), grant.get("principal_type"), grant.get("principal_id")
        if right not in _RIGHTS or sort not in ("user", "group") or not isinstance(principal, str):
            raise UnexpectedReply(f"an access grant of a form that we do not know: {sort}/{right}")
        if principal == _EVERYBODY:
            entries[right].append(_EVERYBODY)
        else:
            entries[right].append(groups.name_of(principal) if sort == "group" else _USER_ID + principal)
    return to_access(entries)


def to_grants(access: Json, groups: Groups) -> list[Wire]:
    """Write `access_grants` of the 0.12 generation."""
    return [
        {"principal_type": sort, "principal_id": principal, "permission": right}
        for right, names in _spelled_out(access).items()
        for sort, principal in (_principal(name, groups) for name in names)
    ]


def from_control(control: Json, groups: Groups) -> Json:
    """Read `access_control` of the 0.6 generation: null is public, `{}` is private."""
    if control is None:
        return PUBLIC
    entries: dict[str, list[str]] = {}
    for right in _RIGHTS:
        entries[right] = [groups.name_of(each) for each in _ids_in(control, right, "group_ids")]
        entries[right] += [_USER_ID + each for each in _ids_in(control, right, "user_ids")]
    return to_access(entries)


def to_control(access: Json, groups: Groups) -> Json:
    """Write `access_control` of the 0.6 generation.

    Raises:
        NotSupported: everybody may read and somebody may write, which that generation cannot say.
    """
    if access == PUBLIC:
        return None
    if access == PRIVATE:
        return {}
    control: Wire = {right: {"group_ids": [], "user_ids": []} for right in _RIGHTS}
    for right, names in _spelled_out(access).items():
        for name in names:
            if name == _EVERYBODY:
                raise NotSupported(
                    "this server cannot give everybody a right beside named groups",
                    hint="write access: public, or name the groups",
                )
            sort, principal = _principal(name, groups)
            control[right][f"{sort}_ids"].append(principal)
    return control


def group_ids_in(wire: Wire) -> set[str]:
    """Name the groups that a resource's rights mention, in either generation's form."""
    found = {
        str(grant.get("principal_id"))
        for grant in _as_list(wire.get("access_grants"))
        if grant.get("principal_type") == "group"
    }
    control = wire.get("access_control")
    if control is not None:
        for right in _RIGHTS:
            found.update(_ids_in(control, right, "group_ids"))
    return found - {_EVERYBODY}


def _spelled_out(access: Json) -> dict[str, list[str]]:
    if access == PUBLIC:
        return {"read": [_EVERYBODY]}
    return {} if access == PRIVATE else dict(access)


def _principal(name: str, groups: Groups) -> tuple[str, str]:
    if name == _EVERYBODY:
        return "user", _EVERYBODY
    if name.startswith(_USER_ID):
        return "user", name.removeprefix(_USER_ID)
    return "group", groups.id_of(name)


def _names_somebody(name: Json) -> bool:
    """Tell whether an entry of a file's list can be a name; `user:*` would be everybody in disguise."""
    return isinstance(name, str) and name not in ("", _GROUP_ID, _USER_ID, _USER_ID + _EVERYBODY)


def _as_list(value: Json) -> list[Wire]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise UnexpectedReply("access grants of a form that we do not know")
    return value


def _ids_in(control: Json, right: str, sort: str) -> list[str]:
    found: Json = control
    for key in (right, sort):
        if not isinstance(found, dict):
            raise UnexpectedReply("an access control of a form that we do not know")
        found = found.get(key) or ([] if key == sort else {})
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise UnexpectedReply("an access control of a form that we do not know")
    return found
