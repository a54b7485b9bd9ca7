"""The way between a server's object and a resource: pure, and driven by the kind's row."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnexpectedReply, UsageError
from cochat_devkit.kinds.kind import SourceFacts, WrittenBy
from cochat_devkit.kinds.names import assign_slugs, to_slug
from cochat_devkit.resource import Body, Json, Key, RemoteId, Resource, Slug, Version, Wire, is_same_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cochat_devkit.kinds.dialects import Dialect
    from cochat_devkit.kinds.kind import Endpoints, Field, Kind, WireContext

#: people's data, per-caller answers, and values that may be secret: never stored
_NEVER_STORED = ("user", "write_access", "valves", "user_valves")
#: fields that have requests of their own on every server
_NOT_SAVED = (WrittenBy.SWITCH, WrittenBy.FILES, WrittenBy.VALVES)
#: a time beyond this counts nanoseconds
_LEAST_NANOSECONDS = 10**15
#: JSON can say half a Unicode pair, and no database or screen can
_HALF_PAIR = "[\ud800-\udfff]"


def from_wire(kind: Kind, wire: Wire, context: WireContext) -> Resource:
    """Read a whole object that a server showed.

    Raises:
        UnexpectedReply: the object has no id, or a field is not of the form we know.
    """
    endpoints = kind.endpoints_for(context.dialect)
    remote_id = remote_id_of(kind, wire, endpoints)
    slug = context.names.slugs.get(kind.name, {}).get(remote_id) or slug_of(endpoints, remote_id)
    body = {each.name: _read(each, wire, context, slug) for each in kind.fields}
    writable = wire["write_access"] if isinstance(wire.get("write_access"), bool) else None
    return Resource(
        key=Key(kind.name, slug),
        body=body,
        type=str(wire.get(kind.type_field) or "") if kind.type_field else "",
        remote_id=remote_id,
        version=version_of(wire),
        updated_at=updated_at_of(wire),
        derived=_derived(kind, wire, context),
        writable=writable if is_reachable(endpoints, remote_id) else False,
    )


def summary_of(kind: Kind, wire: Wire, context: WireContext) -> Resource:
    """Read of an object what names it, where its body cannot be read."""
    endpoints = kind.endpoints_for(context.dialect)
    remote_id = remote_id_of(kind, wire, endpoints)
    slug = context.names.slugs.get(kind.name, {}).get(remote_id) or slug_of(endpoints, remote_id)
    return Resource(
        key=Key(kind.name, slug),
        body={},
        type=str(wire.get(kind.type_field) or "") if kind.type_field else "",
        remote_id=remote_id,
        version=version_of(wire),
        updated_at=updated_at_of(wire),
    )


def has_body(kind: Kind, wire: Wire) -> bool:
    """Tell whether an object is whole: whether it bears all fields."""
    if kind.is_whole is not None:
        return kind.is_whole(wire)
    if kind.text is None:
        return True
    found: Json = wire
    for key in kind.text.wire:
        found = found.get(key) if isinstance(found, dict) else None
    return isinstance(found, str)


def remote_id_of(kind: Kind, wire: Wire, endpoints: Endpoints) -> RemoteId:
    """Read an object's id.

    Raises:
        UnexpectedReply: it has none.
    """
    found = wire.get(endpoints.id_field) if isinstance(wire, dict) else None
    if not isinstance(found, str) or not found or (not found.isascii() and re.search(_HALF_PAIR, found)):
        raise UnexpectedReply(f"the server listed a {kind.name} without an id")
    return RemoteId(found)


def slug_of(endpoints: Endpoints, remote_id: RemoteId) -> Slug:
    """Read the slug out of an id that an author named."""
    if not is_reachable(endpoints, remote_id):
        return Slug(f"{remote_id}!unreachable")
    return Slug(remote_id.removeprefix(endpoints.id_prefix))


def is_reachable(endpoints: Endpoints, remote_id: RemoteId) -> bool:
    """Tell whether a resource has an address on its server; some servers list what they can never find again."""
    if not endpoints.id_prefix:
        return True
    rest = remote_id.removeprefix(endpoints.id_prefix)
    return remote_id.startswith(endpoints.id_prefix) and bool(rest) and "/" not in rest


def new_remote_id(endpoints: Endpoints, slug: Slug) -> RemoteId:
    """Name the id that an author's new resource gets."""
    return RemoteId(f"{endpoints.id_prefix}{slug}")


def slugs_for(
    kind: Kind, wires: Iterable[Wire], known: Mapping[RemoteId, Slug], endpoints: Endpoints
) -> dict[RemoteId, Slug]:
    """Give a slug to each listed object: those that we know keep theirs.

    Where the name is a key, whoever bears it now is the one: an upgrade of the server gives each another id.
    """
    if not endpoints.makes_id:
        ids = [remote_id_of(kind, wire, endpoints) for wire in wires]
        return {each: known.get(each) or slug_of(endpoints, each) for each in ids}
    named_by = kind.field_named(kind.named_by).wire
    ordered = sorted(wires, key=lambda wire: (str(wire.get("created_at") or ""), str(wire.get(endpoints.id_field))))
    natural = [
        (remote_id_of(kind, wire, endpoints), _natural(kind, str(wire.get(named_by[0]) or ""))) for wire in ordered
    ]
    if kind.is_named_by_its_key:
        listed = {remote_id for remote_id, _name in natural}
        new = {name for remote_id, name in natural if remote_id not in known}
        known = {remote_id: slug for remote_id, slug in known.items() if remote_id in listed or slug not in new}
    return assign_slugs(natural, known)


def version_of(wire: Wire) -> Version | None:
    """Read the server's change token, None where it has none."""
    found = wire.get("version_id")
    return Version(found) if isinstance(found, str) else None


def updated_at_of(wire: Wire) -> datetime | None:
    """Read when an object was last saved; the server counts whole seconds, and an identical save counts too."""
    found = wire.get("updated_at", wire.get("timestamp"))
    if isinstance(found, int) and found >= _LEAST_NANOSECONDS:
        found //= 1_000_000_000
    return datetime.fromtimestamp(found, UTC) if isinstance(found, int) and 0 <= found < 1 << 36 else None


def _natural(kind: Kind, name: str) -> str:
    """Make the slug of a name; a command is its own, as on servers where it is the id, where it can be written."""
    is_slug = kind.is_named_by_its_key and not re.search(_HALF_PAIR, name)
    return (name.removeprefix("/") if is_slug else to_slug(name)) or to_slug(name)


def to_create_form(kind: Kind, resource: Resource, context: WireContext) -> Wire:
    """Write the form that creates a resource; switches are flipped afterwards.

    Raises:
        NotSupported: the dialect cannot hold a field that says something.
    """
    slug, endpoints = resource.key.slug, kind.endpoints_for(context.dialect)
    form: Wire = {} if endpoints.makes_id else {endpoints.id_field: new_remote_id(endpoints, slug)}
    for each in kind.fields:
        if each.written_by in _NOT_SAVED:
            continue
        is_lacking = each.place_on(context.dialect) is None
        says_nothing = is_lacking and is_same_json(resource.body[each.name], _implied(each, slug))
        if not says_nothing:
            each.codec.lay(form, resource.body[each.name], each, context)
    return form


def to_update_form(kind: Kind, wire: Wire, body: Body, context: WireContext) -> Wire:
    """Lay our fields over the object just read: an update replaces the whole, so what is left out would be lost.

    A field that already is what we want keeps the server's own way of writing it.
    """
    form = copy.deepcopy({key: each for key, each in wire.items() if key not in (*kind.derived, *_NEVER_STORED)})
    guard = kind.endpoints_for(context.dialect).guard
    if guard:
        form[guard] = version_of(wire)
    for each in changed_fields(kind, wire, body, context):
        if each.written_by not in _NOT_SAVED:
            each.codec.lay(form, body[each.name], each, context)
    for each in kind.fields:
        if each.written_by in (WrittenBy.FILES, WrittenBy.VALVES):
            form.pop(each.wire[0], None)
    return form


def changed_fields(kind: Kind, wire: Wire, body: Body, context: WireContext) -> list[Field]:
    """List the fields in which a body differs from an object just read."""
    there = from_wire(kind, wire, context).body
    return [each for each in kind.fields if not is_same_json(there[each.name], body[each.name])]


def told_by(kind: Kind, dialect: Dialect, body: Body) -> Body:
    """Keep of a body the fields that a dialect has; the others of a body read there are what its silence implies."""
    return {each.name: body[each.name] for each in kind.fields if each.name in body and each.place_on(dialect)}


def _implied(of: Field, slug: Slug) -> Json:
    return of.implied(SourceFacts(slug, {}))


def _read(of: Field, wire: Wire, context: WireContext, slug: Slug) -> Json:
    if of.place_on(context.dialect) is None:
        return _implied(of, slug)
    try:
        return of.codec.read(wire, of, context)
    except (AttributeError, TypeError, ValueError, UsageError, UnexpectedReply) as error:
        raise UnexpectedReply(
            f"the server's {of.name} is of a form that we do not know", hint="mend it on the server, and save it there"
        ) from error


def _derived(kind: Kind, wire: Wire, context: WireContext) -> dict[str, Json]:
    """Keep what a server computed, without the source, which the body has, and without people's data."""
    if kind.hides_derived:
        return {}
    places = [each.place_on(context.dialect) for each in kind.fields]
    owned_tops = {place[0] for place in places if place and len(place) == 1}
    id_field = kind.endpoints_for(context.dialect).id_field
    skipped = (*_NEVER_STORED, "access_control", "access_grants", *owned_tops, id_field)
    return {key: each for key, each in wire.items() if key not in skipped}
