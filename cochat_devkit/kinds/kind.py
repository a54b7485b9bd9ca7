"""What a row of the kind table says: fields, endpoints for each dialect, and the form on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from cochat_devkit.errors import NotSupported
from cochat_devkit.kinds.access import Groups, from_control, from_grants, parse_access, to_control, to_grants
from cochat_devkit.kinds.plugin_source import is_valid_plugin_id, parse_frontmatter, replace_imports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cochat_devkit.kinds.dialects import Dialect
    from cochat_devkit.plugin import PluginKind
    from cochat_devkit.resource import Json, Slug, Wire


class WrittenBy(StrEnum):
    """Say which request changes a field on the server."""

    SAVE = "save"
    #: by the save on dialects of `access_control`, by an endpoint of its own on dialects of `access_grants`
    ACCESS = "access"
    #: by an endpoint that flips it
    SWITCH = "switch"


class Rights(StrEnum):
    """Say whose resources a listing shows to somebody who is not an admin."""

    READABLE = "readable"
    WRITABLE = "writable"


@dataclass(frozen=True)
class SourceFacts:
    """Hold what a sidecar's silence is filled from: the slug and the frontmatter."""

    slug: Slug
    frontmatter: Mapping[str, str]

    @classmethod
    def of(cls, slug: Slug, source: str) -> SourceFacts:
        """Read the facts of a source text."""
        return cls(slug, parse_frontmatter(source))


@dataclass(frozen=True)
class WireContext:
    """Hold what reading and writing the wire depends on besides the object: the dialect, and the server's groups."""

    dialect: Dialect
    groups: Groups = field(default_factory=Groups)


def _as_it_is(value: Json) -> Json:
    return value


@dataclass(frozen=True)
class Codec:
    """Carry one field between a wire object and its canonical form.

    `read(wire, field, context)` gives the canonical value; `lay(wire, value, field, context)` lays a canonical value
    over a wire object; `parse(value)` brings a value from a file into canonical form.
    """

    read: Callable[[Wire, Field, WireContext], Json]
    lay: Callable[[Wire, Json, Field, WireContext], None]
    parse: Callable[[Json], Json] = _as_it_is


@dataclass(frozen=True)
class Field:
    """Name one owned field: where it stands on the wire, what writes it, and what a silent sidecar means."""

    name: str
    wire: tuple[str, ...]
    codec: Codec
    implied: Callable[[SourceFacts], Json]
    written_by: WrittenBy = WrittenBy.SAVE
    #: for REST fields: keys of the same wire object that other fields own, or the server derives
    apart_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class Endpoint:
    """Name one request. `{id}` in the path is the remote id, quoted.

    `keys` are the top-level keys that an answer's objects bear, empty where the answer is no resource; `nulls` are
    those of them that are always null. The local server shapes its answers by them.
    """

    method: str
    path: str
    keys: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """Name one listing. `has_bodies` tells whether its items are whole; `rights`, what an ordinary user sees in it.

    `for_admins` says that others are refused, but for those with the permission to export.
    """

    endpoint: Endpoint
    has_bodies: bool
    rights: Rights
    for_admins: bool = False


@dataclass(frozen=True)
class Endpoints:
    """Name the requests that one dialect has for a kind.

    `export` answers an admin with everything, bodies included; `listing` is what anybody may ask for; `workspace` is
    what the server's own pages list. `switches` are the endpoints that flip a field, by the field's name.
    """

    export: Listing
    listing: Listing
    item: Endpoint
    create: Endpoint
    update: Endpoint
    delete: Endpoint
    access: Endpoint | None = None
    switches: Mapping[str, Endpoint] = field(default_factory=dict)
    history: Endpoint | None = None
    workspace: Listing | None = None

    @property
    def for_everybody(self) -> Listing:
        """Name the listing that shows whatever its reader may read; best the one that tells what he may write."""
        told = self.workspace
        if told and told.rights is Rights.READABLE and not told.for_admins and "write_access" in told.endpoint.keys:
            return told
        return self.listing


@dataclass(frozen=True)
class SourceFile:
    """Keep a resource as one source file, and beside it a YAML sidecar for what the source cannot say."""

    source_field: str = "content"
    suffix: str = ".py"
    sidecar_suffix: str = ".yaml"


@dataclass(frozen=True)
class Kind:
    """Say everything that is particular to one kind; the rest of the house reads it and has no `if kind`.

    `folders` names a folder for each type, with "" for a kind without types. `endpoints` is looked up by the dialect's
    name, then by its generation. `derived` are top-level wire keys that the server computes: stored, never sent.
    """

    name: str
    plural: str
    summary: str
    folders: Mapping[str, str]
    fields: tuple[Field, ...]
    endpoints: Mapping[str, Endpoints]
    derived: tuple[str, ...]
    #: top-level keys that a create must bear, or the server answers 422
    required: tuple[str, ...]
    form: SourceFile = SourceFile()
    #: set where saving makes the server load the source as a plugin
    plugin: PluginKind | None = None
    id_field: str = "id"
    type_field: str | None = None
    #: ids that begin so stand for services that the server only passes on: nothing of them is ours to keep
    external_prefix: str | None = None
    #: reading one item is refused to whoever is no admin, so it is not tried
    items_are_for_admins: bool = False
    is_valid_slug: Callable[[str], bool] = is_valid_plugin_id
    slug_rule: str = "letters, digits and underscores, in lower case, not starting with a digit"
    #: the order of writes; deletes go the other way round
    write_order: int = 50

    def endpoints_for(self, dialect: Dialect) -> Endpoints:
        """Find the requests of a dialect.

        Raises:
            NotSupported: servers of this dialect do not have the kind.
        """
        found = self.endpoints.get(dialect.name) or self.endpoints.get(dialect.generation)
        if found is None:
            raise NotSupported(f"{dialect.title} has no {self.plural}")
        return found

    def field_named(self, name: str) -> Field:
        """Find a field by its name; a KeyError is our own bug."""
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(name)

    def is_external(self, remote_id: str) -> bool:
        """Tell whether an id stands for a service outside the server."""
        return self.external_prefix is not None and remote_id.startswith(self.external_prefix)

    @property
    def types(self) -> tuple[str, ...]:
        """Name the types within the kind; empty where it has none."""
        return tuple(each for each in self.folders if each)

    def folder_of(self, type_: str) -> str:
        """Name the folder of a type, relative to the workspace; an unknown type of a newer server gets its own."""
        return self.folders.get(type_) or f"plugins/{self.plural}"


def _read_plain(wire: Wire, of: Field, _context: WireContext) -> Json:
    found: Json = wire
    for key in of.wire:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _lay_plain(wire: Wire, value: Json, of: Field, _context: WireContext) -> None:
    place = wire
    for key in of.wire[:-1]:
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = place[key]
    place[of.wire[-1]] = value


def _read_text(wire: Wire, of: Field, context: WireContext) -> Json:
    found = _read_plain(wire, of, context)
    return "" if found is None else str(found)


def _read_switch(wire: Wire, of: Field, context: WireContext) -> Json:
    return bool(_read_plain(wire, of, context))


def _read_source(wire: Wire, of: Field, context: WireContext) -> Json:
    return replace_imports(_read_text(wire, of, context))


def _read_rest(wire: Wire, of: Field, context: WireContext) -> Json:
    whole = _read_plain(wire, of, context) or {}
    return {key: each for key, each in whole.items() if key not in of.apart_from and each is not None}


def _lay_rest(wire: Wire, value: Json, of: Field, context: WireContext) -> None:
    whole = _read_plain(wire, of, context) or {}
    kept = {key: each for key, each in whole.items() if key in of.apart_from}
    _lay_plain(wire, {**kept, **value}, of, context)


def _read_access(wire: Wire, _field: Field, context: WireContext) -> Json:
    if context.dialect.access == "grants":
        return from_grants(wire.get("access_grants"), context.groups)
    return from_control(wire.get("access_control"), context.groups)


def _lay_access(wire: Wire, value: Json, _field: Field, context: WireContext) -> None:
    if context.dialect.access == "grants":
        wire["access_grants"] = to_grants(value, context.groups)
    else:
        wire["access_control"] = to_control(value, context.groups)


#: a value as it is
PLAIN = Codec(_read_plain, _lay_plain)
#: a text; null reads as empty
TEXT = Codec(_read_text, _lay_plain, parse=lambda value: "" if value is None else str(value))
#: a plugin's source, compared as the server will store it
SOURCE = Codec(_read_source, _lay_plain, parse=replace_imports)
#: yes or no
SWITCH = Codec(_read_switch, _lay_plain, parse=bool)
#: what is left of a wire object when the fields that we know are taken out; nulls say nothing
REST = Codec(_read_rest, _lay_rest, parse=lambda value: {k: v for k, v in (value or {}).items() if v is not None})
#: who may read and write
ACCESS = Codec(_read_access, _lay_access, parse=parse_access)
