"""How the played tables are read: by columns, by patterns, and as models of the version."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cochat_devkit.runtime.standins.library.memory import Row


def where(table: str, **columns: object) -> list[Row]:
    """Find the rows that have these values, in the order in which they came."""
    kept = memory.rows(table).values()
    return [row for row in kept if all(row.get(name) == value for name, value in columns.items())]


def first(found: Iterable[Row]) -> Row | None:
    """Take the first; None where there is none."""
    return next(iter(found), None)


def to_model(place: str, row: Row | None) -> Any:
    """Make a model ("models.users.UserModel") of a row; None of no row."""
    if row is None:
        return None
    module, _, name = place.rpartition(".")
    return getattr(home.module(module), name).model_validate(copy.deepcopy(row))


def to_models(place: str, found: Iterable[Row]) -> list[Any]:
    """Make a model of each row."""
    return [to_model(place, row) for row in found]


def is_like(value: object, pattern: str) -> bool:
    """Tell whether a text fits a pattern in which `%` is any text and `_` any letter; capitals do not count."""
    parts = ({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in pattern.lower())
    return value is not None and re.fullmatch("".join(parts), str(value).lower(), re.DOTALL) is not None


def page(found: list[Row], skip: int | None, limit: int | None) -> list[Row]:
    """Cut a page out of what was found."""
    begin = skip or 0
    return found[begin:] if limit is None else found[begin : begin + limit]


def by(found: Iterable[Row], column: str, *, descending: bool = False) -> list[Row]:
    """Sort rows by a column, nothing first."""

    def key(row: Row) -> tuple[bool, Any]:
        value = row.get(column)
        return value is not None, value if value is not None else 0

    return sorted(found, key=key, reverse=descending)


def columns_of(place: str) -> Iterator[str]:
    """Name the fields of a model, which are the columns of its table."""
    module, _, name = place.rpartition(".")
    yield from getattr(home.module(module), name).model_fields


def alter(table: str, id: str, place: str, change: Callable[[Row], None], *, touch: bool = True) -> Any:
    """Change a row that is there, mostly its time as well, and show it as a model; None where it is not there."""
    row = memory.rows(table).get(id)
    if row is None:
        return None
    changed = {**memory.to_stored(row), **({"updated_at": memory.now()} if touch else {})}
    change(changed)
    memory.rows(table)[id] = memory.to_stored(changed)
    return to_model(place, memory.rows(table)[id])


def put_in(table: str, place: str, row: Row) -> Any:
    """Put a new row into a table and show it as a model; None where there is one of that id already."""
    if row["id"] in memory.rows(table):
        return None
    made = to_model(place, row)
    memory.rows(table)[row["id"]] = memory.to_stored(made.model_dump())
    return made


def now_twice() -> Row:
    """Give a new row its times."""
    return dict.fromkeys(("created_at", "updated_at"), memory.now())
