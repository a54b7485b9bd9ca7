"""What a row of the kind table says: fields, endpoints for each dialect, and the form on disk.

Rows are named tuples: every command reads the table, and to make a dozen dataclasses takes a twentieth of a short one.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from cochat_devkit.errors import NotSupported
from cochat_devkit.kinds.access import Groups
from cochat_devkit.kinds.names import Names
from cochat_devkit.kinds.plugin_source import is_valid_plugin_id, parse_frontmatter
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
    #: by the requests that attach files
    FILES = "files"
    #: by the request that replaces the values of a plugin; of those, a field is the one of its name
    VALVES = "valves"


class Rights(StrEnum):
    """Say whose resources a listing shows to somebody who is not an admin."""

    READABLE = "readable"
    WRITABLE = "writable"


class SourceFacts(NamedTuple):
    """Hold what a sidecar's silence is filled from: the slug and the frontmatter."""

    slug: Slug
    frontmatter: Mapping[str, str]

    @classmethod
    def of(cls, slug: Slug, source: str) -> SourceFacts:
        """Read the facts of a source text."""
        return cls(slug, parse_frontmatter(source))


class StatedIn(StrEnum):
    """Say which file states the fields that the text is not."""

    #: a YAML file beside the main one
    SIDECAR = "sidecar"
    #: the head of the main file, between two lines of three hyphens
    FRONT_MATTER = "front matter"
    #: the main file itself: it is YAML, and there is no text
    WHOLE = "whole"


class WireContext(NamedTuple):
    """Hold what reading and writing the wire depends on besides the object.

    That is the dialect, the server's groups, and the addresses behind the ids by which its objects name each other.
    """

    dialect: Dialect
    groups: Groups = Groups()
    names: Names = Names()


def _as_it_is(value: Json) -> Json:
    return value


class Codec(NamedTuple):
    """Carry one field between a wire object and its canonical form.

    `read(wire, field, context)` gives the canonical value; `lay(wire, value, field, context)` lays a canonical value
    over a wire object; `parse(value)` brings a value from a file into canonical form; `mentions(value)` lists whom a
    canonical value names: `kind/slug`, or `word:id` where it is by an id of the server's.
    """

    read: Callable[[Wire, Field, WireContext], Json]
    lay: Callable[[Wire, Json, Field, WireContext], None]
    parse: Callable[[Json], Json] = _as_it_is
    #: the value is a list of addresses of other resources
    refers: bool = False
    #: None: it names nobody
    mentions: Callable[[Json], Iterator[str]] | None = None
    #: the value is a list of words by which people sort resources
    is_tags: bool = False


class Field(NamedTuple):
    """Name one owned field: where it stands on the wire, what writes it, and what a silent sidecar means."""

    name: str
    wire: tuple[str, ...]
    codec: Codec
    implied: Callable[[SourceFacts], Json]
    written_by: WrittenBy = WrittenBy.SAVE
    #: for REST fields: keys of the same wire object that other fields own, or the server derives
    apart_from: tuple[str, ...] = ()
    #: by the name of a dialect or generation: another place on the wire, or none where it cannot hold the field
    elsewhere: Mapping[str, tuple[str, ...] | None] = MappingProxyType({})

    def place_on(self, dialect: Dialect) -> tuple[str, ...] | None:
        """Say where a dialect has the field; None where it has none."""
        if self.elsewhere:
            for name in (dialect.name, dialect.generation):
                if name in self.elsewhere:
                    return self.elsewhere[name]
        return self.wire


class Endpoint(NamedTuple):
    """Name one request. `{id}` in the path is the remote id, quoted; `sends_id` puts it into the body.

    `keys` are the top-level keys that an answer's objects bear, empty where the answer is no resource; `nulls` are
    those of them that are always null. The local server shapes its answers by them.
    """

    method: str
    path: str
    keys: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    sends_id: bool = False


class Listing(NamedTuple):
    """Name one listing. `has_bodies` tells whether its items are whole; `rights`, what an ordinary user sees in it.

    `for_admins` says that others are refused, but for those with the permission to export. `is_paged` says that it
    answers `{items, total}` page by page; `object_id` that it answers one object, and how that is called.
    `joined` are listings whose items bear further keys of the same objects. `valves_query` makes it tell the values of
    plugins, too: of these only what a field names is taken.
    """

    endpoint: Endpoint
    has_bodies: bool
    rights: Rights
    for_admins: bool = False
    is_paged: bool = False
    object_id: str | None = None
    joined: tuple[Endpoint, ...] = ()
    valves_query: str = ""

    @property
    def asked(self) -> Endpoint:
        """Name the request with all that it asks for."""
        path = self.endpoint.path
        return self.endpoint._replace(path=f"{path}?{self.valves_query}") if self.valves_query else self.endpoint


class Attachments(NamedTuple):
    """Name the requests for the files of a resource. `{id}` is the resource's remote id, `{file}` the file's.

    `remove` takes a file out and leaves it on the server, `delete` takes it out and deletes it for all, and `discard`
    deletes one that no resource has. `search` lists the files of all resources by their name. `folders` makes a folder
    and `diff` names those that there are; None where files lie in no folders. `whole_page` is laid behind the
    listing's path by who may ask for all at once. `whole` answers whoever may write with all files at once, without
    folders. `counted` is the key under which a listing of resources tells how many files each has, "" where none does.
    `keeps_claims` says that the server does not tell the digest of a file's bytes, and keeps what an upload says of it.
    """

    listing: Endpoint
    content: Endpoint
    upload: Endpoint
    add: Endpoint
    remove: Endpoint
    delete: Endpoint
    discard: Endpoint
    search: Endpoint
    folders: Endpoint | None = None
    diff: Endpoint | None = None
    whole_page: str = ""
    whole: Endpoint | None = None
    counted: str = ""
    keeps_claims: bool = False


class PartRequests(NamedTuple):
    """Name the requests for the files of one version of a resource: their list, and one's bytes.

    `{id}` is the resource's remote id, `{version}` the version, `{path}` the file's path.
    """

    listing: Endpoint
    content: Endpoint


class ValvesRequests(NamedTuple):
    """Name the requests for the values of a plugin's settings: those stored, their schema, and the one that saves."""

    values: Endpoint
    spec: Endpoint
    update: Endpoint

    @classmethod
    def below(cls, path: str) -> ValvesRequests:
        """Name those that lie below a path, as every server has them."""
        return cls(Endpoint("GET", path), Endpoint("GET", f"{path}/spec"), Endpoint("POST", f"{path}/update"))


_SINGLE_REQUESTS = ("item", "create", "update", "delete", "access", "history")
_REQUESTS = ("listing", *_SINGLE_REQUESTS)
#: stands before a field's name in the name of the request that flips it
SWITCH_REQUEST = "switch_"


class Endpoints(NamedTuple):
    """Name the requests that one dialect has for a kind.

    `export` answers an admin with everything, bodies included; `listing` is what anybody may ask for; `workspace` is
    what the server's own pages list. `further` are listings of what the export leaves out. `selects` tells which
    objects of a listing that serves several kinds are of this one. `switches` are the endpoints that flip a field, by
    the field's name. A request that the dialect does not offer is None.
    """

    listing: Listing
    item: Endpoint | None = None
    create: Endpoint | None = None
    update: Endpoint | None = None
    delete: Endpoint | None = None
    export: Listing | None = None
    access: Endpoint | None = None
    switches: Mapping[str, Endpoint] = MappingProxyType({})
    history: Endpoint | None = None
    #: a version's parent may be a draft that was never live, and that nobody covers
    history_has_drafts: bool = False
    workspace: Listing | None = None
    #: the settings of a plugin, and those that each of its users has
    valves: ValvesRequests | None = None
    user_valves: ValvesRequests | None = None
    further: tuple[Endpoint, ...] = ()
    selects: Callable[[Wire], bool] | None = None
    #: the fields that `selects` looks at, where they are ours to state
    selected_by: tuple[str, ...] = ()
    id_field: str = "id"
    #: the server makes the id of a new resource; otherwise the author names it
    makes_id: bool = False
    #: an item that is closed to us is told as one that is not there; to its owner and to admins it is open
    hides_closed_items: bool = False
    #: listings whose objects complete an item that was read
    item_joined: tuple[Endpoint, ...] = ()
    #: how to read file by file what `item_joined` refuses
    parts: PartRequests | None = None
    #: the server keeps files beside the object, and the object does not tell of them
    attachments: Attachments | None = None
    #: the key of a save that names the version it starts from; the server refuses a stale one
    guard: str | None = None
    #: not every server of the dialect has the kind: an answer that says so is no fault
    may_be_absent: bool = False
    #: ids begin with this, and addresses leave it out; what begins otherwise can be listed and never reached
    id_prefix: str = ""

    def with_requests(self, named: Mapping[str, Endpoint]) -> Endpoints:
        """Take requests of a server's own, by the names that a kind gives them."""
        changed: dict[str, object] = {name: named[name] for name in _SINGLE_REQUESTS if name in named}
        if "listing" in named:
            changed["listing"] = self.listing._replace(endpoint=named["listing"])
        switches = {name.removeprefix(SWITCH_REQUEST): each for name, each in named.items() if name not in _REQUESTS}
        return self._replace(switches={**self.switches, **switches}, **changed)  # type: ignore[arg-type]

    @property
    def is_plain(self) -> bool:
        """Tell whether the requests are of the common form: an id that authors name, in the path, and whole lists."""
        saves = (self.item, self.create, self.update, self.delete)
        is_special = (
            self.makes_id or self.id_prefix or self.guard or self.selects or self.item_joined or self.attachments
        )
        plain_saves = all(each is not None and not each.sends_id for each in saves)
        return plain_saves and not is_special and not self.listing.is_paged and self.listing.object_id is None

    def offered(self, name: str) -> Endpoint:
        """Find one request by the name of its column.

        Raises:
            NotSupported: the dialect does not offer it.
        """
        found: Endpoint | None = getattr(self, name)
        if found is None:
            raise NotSupported(
                f"this server does not offer it ({name})",
                hint="if yours does, name it in cochat.toml: [targets.NAME.endpoints.KIND]",
            )
        return found

    @property
    def for_everybody(self) -> Listing:
        """Name the listing that shows whatever its reader may read; best the one that tells what he may write."""
        told = self.workspace
        if told and told.rights is Rights.READABLE and not told.for_admins and "write_access" in told.endpoint.keys:
            return told
        return self.listing


class FileForm(NamedTuple):
    """Say how a resource lies on disk: its main file, what that file's text is, and where other fields are stated.

    `main` names the main file within a folder of the resource's own; without it the resource is the file
    `<stem><suffix>`. `source_field` is the field that the text is. `pictures` are fields whose pictures lie beside the
    main file. `tree_field` is a field that holds further files by path, below `tree_folder` of the resource's folder.
    """

    source_field: str | None = "content"
    suffix: str = ".py"
    sidecar_suffix: str = ".yaml"
    stated_in: StatedIn = StatedIn.SIDECAR
    main: str | None = None
    pictures: tuple[str, ...] = ()
    tree_field: str | None = None
    tree_folder: str = ""
    #: the field of the tree has the digests of the files and not their contents
    tree_by_digest: bool = False
    #: what the head of a text says for the fields on which its sidecar is silent
    read_head: Callable[[str], Mapping[str, str]] = parse_frontmatter
    #: that head is one of YAML between lines of hyphens
    text_has_head: bool = False


class Facet(NamedTuple):
    """Name a field that tells resources of a kind apart by one of a few words."""

    field: str
    words: tuple[str, ...]


class Kind(NamedTuple):
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
    required: tuple[str, ...] = ()
    #: None: the mirror keeps it, and there are no files
    form: FileForm | None = FileForm()
    #: set where saving makes the server load the source as a plugin
    plugin: PluginKind | None = None
    #: the field that a slug is made of where the server makes the ids
    named_by: str = "name"
    #: that field is what people call the resource by, so it is the slug as it stands
    is_named_by_its_key: bool = False
    #: tells whether an object that a server showed has all fields; None: whether it bears the source
    is_whole: Callable[[Wire], bool] | None = None
    #: fields that a listing without bodies leaves out; () where every listing has all
    unlisted: tuple[str, ...] = ("content",)
    #: what the server computed is not stored: it may hold secrets
    hides_derived: bool = False
    type_field: str | None = None
    #: ids that begin so stand for services that the server only passes on: nothing of them is ours to keep
    external_prefix: str | None = None
    #: reading one item is refused to whoever is no admin, so it is not tried
    items_are_for_admins: bool = False
    is_valid_slug: Callable[[str], bool] = is_valid_plugin_id
    slug_rule: str = "letters, digits and underscores, in lower case, not starting with a digit"
    #: nobody works on it day by day: it is pulled when it is asked for by name
    is_on_request: bool = False
    #: what `is:` asks for in a search
    facet: Facet | None = None
    #: the kinds whose resources a body of this one names by ids that the server made
    refers_to: tuple[str, ...] = ()
    #: words, besides its own name, under which other bodies name its resources by their ids
    answers_to: tuple[str, ...] = ()
    #: by type: the word for what its resources offer, under ids that are their own, or begin with that and a dot
    offers: Mapping[str, str] = MappingProxyType({})
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

    @property
    def tag_field(self) -> str | None:
        """Name the field that has the tags; None where there is no such."""
        return next((each.name for each in self.fields if each.codec.is_tags), None)

    @property
    def valve_fields(self) -> tuple[str, ...]:
        """Name the fields that are values of a plugin's settings."""
        return tuple(each.name for each in self.fields if each.written_by is WrittenBy.VALVES)

    @property
    def text(self) -> Field | None:
        """Find the field that the main file's text is; None where there is no such."""
        name = self.form.source_field if self.form else None
        return self.field_named(name) if name else None

    @property
    def request_names(self) -> tuple[str, ...]:
        """Name the requests that a target may have of its own."""
        switches = (each.name for each in self.fields if each.written_by is WrittenBy.SWITCH)
        return (*_REQUESTS, *(f"{SWITCH_REQUEST}{name}" for name in switches))

    @property
    def digest_field(self) -> str | None:
        """Name the field that has the digests of further files by path; None where there is no such."""
        return self.form.tree_field if self.form and self.form.tree_by_digest else None

    def facts_of(self, slug: Slug, body: Mapping[str, Json]) -> SourceFacts:
        """Read what a silent sidecar is filled from."""
        text = self.text
        source = str(body[text.name]) if text else ""
        return SourceFacts(slug, self.form.read_head(source) if self.form else {})

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
