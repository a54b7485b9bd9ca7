"""The way between a server's object and a resource: pure, and driven by the kind's row."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnexpectedReply
from cochat_devkit.kinds.kind import WrittenBy
from cochat_devkit.resource import Body, Json, Key, RemoteId, Resource, Slug, Version, Wire, is_same_json

if TYPE_CHECKING:
    from cochat_devkit.kinds.kind import Field, Kind, WireContext

#: people's data and per-caller answers: never stored
_NEVER_STORED = ("user", "write_access")
#: JSON can say half a Unicode pair, and no database or screen can
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def from_wire(kind: Kind, wire: Wire, context: WireContext) -> Resource:
    """Read a whole object that a server showed.

    Raises:
        UnexpectedReply: the object has no id, or a field is not of the form we know.
    """
    remote_id = remote_id_of(kind, wire)
    body = {each.name: _read(each, wire, context) for each in kind.fields}
    return Resource(
        key=Key(kind.name, Slug(remote_id)),
        body=body,
        type=str(wire.get(kind.type_field) or "") if kind.type_field else "",
        remote_id=remote_id,
        version=version_of(wire),
        updated_at=updated_at_of(wire),
        derived=_derived(kind, wire),
        writable=wire["write_access"] if isinstance(wire.get("write_access"), bool) else None,
    )


def has_body(kind: Kind, wire: Wire) -> bool:
    """Tell whether an object is whole: whether it bears its source."""
    found = wire.get(kind.field_named(kind.form.source_field).wire[0])
    return isinstance(found, str)


def remote_id_of(kind: Kind, wire: Wire) -> RemoteId:
    """Read an object's id.

    Raises:
        UnexpectedReply: it has none.
    """
    found = wire.get(kind.id_field) if isinstance(wire, dict) else None
    if not isinstance(found, str) or not found or _HALF_PAIR.search(found):
        raise UnexpectedReply(f"the server listed a {kind.name} without an id")
    return RemoteId(found)


def version_of(wire: Wire) -> Version | None:
    """Read the server's change token, None where it has none."""
    found = wire.get("version_id")
    return Version(found) if isinstance(found, str) else None


def updated_at_of(wire: Wire) -> datetime | None:
    """Read when an object was last saved; the server counts whole seconds, and an identical save counts too."""
    found = wire.get("updated_at")
    return datetime.fromtimestamp(found, UTC) if isinstance(found, int) and 0 <= found < 1 << 36 else None


def to_create_form(kind: Kind, resource: Resource, context: WireContext) -> Wire:
    """Write the form that creates a resource; switches are flipped afterwards."""
    form: Wire = {kind.id_field: resource.key.slug}
    for each in kind.fields:
        if each.written_by is not WrittenBy.SWITCH:
            each.codec.lay(form, resource.body[each.name], each, context)
    return form


def to_update_form(kind: Kind, wire: Wire, body: Body, context: WireContext) -> Wire:
    """Lay our fields over the object just read: an update replaces the whole, so what is left out would be lost.

    A field that already is what we want keeps the server's own way of writing it.
    """
    form = copy.deepcopy({key: each for key, each in wire.items() if key not in (*kind.derived, *_NEVER_STORED)})
    for each in changed_fields(kind, wire, body, context):
        if each.written_by is not WrittenBy.SWITCH:
            each.codec.lay(form, body[each.name], each, context)
    return form


def changed_fields(kind: Kind, wire: Wire, body: Body, context: WireContext) -> list[Field]:
    """List the fields in which a body differs from an object just read."""
    return [each for each in kind.fields if not is_same_json(_read(each, wire, context), body[each.name])]


def _read(of: Field, wire: Wire, context: WireContext) -> Json:
    try:
        return of.codec.read(wire, of, context)
    except (AttributeError, TypeError, ValueError) as error:
        raise UnexpectedReply(f"the server's {of.name} is of a form that we do not know") from error


def _derived(kind: Kind, wire: Wire) -> dict[str, Json]:
    """Keep what a server computed, without the source, which the body has, and without people's data."""
    owned_tops = {each.wire[0] for each in kind.fields if len(each.wire) == 1}
    skipped = (*_NEVER_STORED, "access_control", "access_grants", *owned_tops, kind.id_field)
    return {key: each for key, each in wire.items() if key not in skipped}
