"""What the local server takes in: one form for each kind and dialect, made from the kind's row.

FastAPI checks requests against these forms, so what is wrong with a request is told in its own words, as by the real
server, which is a FastAPI application too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, create_model

from cochat_devkit.kinds.codecs import REST, SOURCE, SWITCH, TEXT
from cochat_devkit.kinds.kind import WrittenBy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.kinds.dialects import Dialect
    from cochat_devkit.kinds.kind import Codec, Field, Kind
    from cochat_devkit.server.quirks import Manners

GRANTS = "access_grants"
CONTROL = "access_control"


def make_form(kind: Kind, dialect: Dialect, manners: Manners) -> type[BaseModel]:
    """Make the form of create and update: the id, and every field that a save writes."""
    members: dict[str, Any] = {kind.endpoints_for(dialect).id_field: (str, ...)}
    for top, fields in saved_fields(kind).items():
        sort = _nested_type(kind, top, fields, manners) if _is_nested(fields) else _type_of(fields[0].codec)
        members[top] = (sort, ...) if top in kind.required else (sort | None, None)
    if has_access(kind):
        members[_access_key(dialect)] = _ACCESS_MEMBERS[dialect.access]
    if dialect.has_versions:
        members["commit_message"] = (str | None, None)
    return create_model(f"{kind.name.capitalize()}Form", **members)


def saved_fields(kind: Kind) -> dict[str, list[Field]]:
    """Sort the fields that a save writes by the top-level key they stand under."""
    found: dict[str, list[Field]] = {}
    for each in kind.fields:
        if each.written_by is WrittenBy.SAVE:
            found.setdefault(each.wire[0], []).append(each)
    return found


def has_access(kind: Kind) -> bool:
    """Tell whether resources of a kind have owners and access rights; otherwise they are the administrators'."""
    return any(each.written_by is WrittenBy.ACCESS for each in kind.fields)


_ACCESS_MEMBERS: Mapping[str, Any] = {
    "grants": (list[dict[str, Any]] | None, None),
    "control": (dict[str, Any] | None, None),
}
_TYPES: tuple[tuple[Codec, Any], ...] = ((TEXT, str), (SOURCE, str), (SWITCH, bool), (REST, dict[str, Any]))


def _access_key(dialect: Dialect) -> str:
    return GRANTS if dialect.access == "grants" else CONTROL


def _is_nested(fields: list[Field]) -> bool:
    return any(len(each.wire) > 1 or each.codec is REST for each in fields)


def _nested_type(kind: Kind, top: str, fields: list[Field], manners: Manners) -> type[BaseModel]:
    members: dict[str, Any] = {
        each.wire[1]: (_type_of(each.codec) | None, None) for each in fields if len(each.wire) > 1
    }
    if kind.plugin:
        members |= manners.meta_fields
    extra = "allow" if manners.keeps_unknown_meta else "ignore"
    config = ConfigDict(extra=extra)  # type: ignore[typeddict-item]
    return create_model(f"{kind.name.capitalize()}{top.capitalize()}", __config__=config, **members)


def _type_of(codec: Codec) -> Any:
    return next((sort for known, sort in _TYPES if known is codec), Any)
