"""What tools, functions, models and skills have in common: an owner, versions on newer servers, and saved valves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import alter, by, now_twice, put_in, to_model
from cochat_devkit.runtime.standins.refusing import NotOffline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cochat_devkit.runtime.standins.library.memory import Row

#: what a new version of a thing is not one of
_NO_CONTENT = ("commit_message", "version_id", "updated_at", "is_active", "is_global", "access_grants")


def insert(table: str, place: str, row: Row) -> Any:
    """Put a new thing in; of one that is there already 0.6 says None.

    Raises:
        NotOffline: it is there already on a newer server, whose database says so in words of its own.
    """
    if row["id"] in memory.rows(table) and not home.is_old():
        raise NotOffline(f"a second {table} with the id {row['id']!r}")
    version = {} if home.is_old() else {"version_id": memory.new_id()}
    return put_in(table, place, {**without_grants(table, row), **version, **now_twice()})


def update(table: str, id: str, place: str, updated: Mapping[str, Any], *, touch: bool = True) -> Any:
    """Change a thing; on newer servers it has a new version where its content is another."""
    told = without_grants(table, updated)

    def change(row: Row) -> None:
        content = {name: value for name, value in told.items() if name not in _NO_CONTENT}
        is_new = any(row.get(name) != value for name, value in memory.to_stored(content).items())
        row.update(told)
        if is_new and not home.is_old():
            row["version_id"] = memory.new_id()

    return alter(table, id, place, change, touch=touch)


def without_grants(table: str, told: Mapping[str, Any]) -> Row:
    """Leave out what says who else may use a thing: here nobody is let in."""
    if told.get("access_grants"):
        raise NotOffline(f"access of others to a {table}")
    return {name: value for name, value in told.items() if name not in ("access_grants", "commit_message")}


def with_owners(place: str, found: Iterable[Row]) -> list[Any]:
    """Show things with those who own them."""
    people = memory.rows("user")
    return [to_model(place, {**row, "user": people.get(row["user_id"])}) for row in found]


def newest_first(found: Iterable[Row]) -> list[Row]:
    """Sort by when things were changed last."""
    return by(found, "updated_at", descending=True)


def may_use(row: Row, user_id: str, permission: str) -> bool:
    """Tell whether a person may read or write a thing: the owner, in 0.6 whom it names, or all where it names none."""
    if row["user_id"] == user_id:
        return True
    if not home.is_old():
        return False
    control = row.get("access_control")
    if control is None:
        return permission == "read"
    return user_id in (control.get(permission) or {}).get("user_ids", [])


def valves_of(table: str, id: str) -> Any:
    """Read what is saved as the valves of a thing."""
    row = memory.rows(table).get(id)
    if row is None:
        return None if home.is_old() else {}
    return row.get("valves") or {}


def user_valves_of(table: str, id: str, user_id: str) -> Any:
    """Read what a person saved as their valves of a thing; None where there is no such person."""
    person = memory.rows("user").get(user_id)
    if person is None:
        return None
    return _saved_by(person, table).get(id, {})


def save_user_valves(table: str, id: str, user_id: str, valves: Any) -> Any:
    """Save the valves of a person."""
    person = memory.rows("user").get(user_id)
    if person is None:
        return None
    kept = {**_saved_by(person, table), id: valves}
    settings = {"ui": {}, **(person.get("settings") or {})}
    person["settings"] = memory.to_stored({**settings, f"{table}s": {**settings.get(f"{table}s", {}), "valves": kept}})
    return valves


def _saved_by(person: Row, table: str) -> Row:
    found: Row = ((person.get("settings") or {}).get(f"{table}s") or {}).get("valves") or {}
    return found
