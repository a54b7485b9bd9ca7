"""The vocabulary: what a resource is and how it is addressed.

Terminology, one word per thing:

kind         a sort of resource, one row of the table in `kinds/`: tool, function
type         a sort within a kind; filter, pipe, action and event are the types of function
slug         the name of a resource within its kind, as people write it: `web_search`
key          kind and slug together, written `tool/web_search`
remote id    what the server calls the resource; for tools and functions the same as the slug
field        one named value of a resource
body         the owned fields of a resource: what people edit, what is compared and merged
derived      what the server computes from the body: stored, never compared, never sent
version      the server's own change token, where it has one
fingerprint  a short hash of a canonical body: equal fingerprints, equal content
base         the body that both sides last agreed on
local        the body that the files say now
remote       the body that the server showed last
plan         the list of actions that would bring the sides together
action       what is to be done about one resource
outcome      what was done about one resource
finding      one thing that is wrong with a file, with path and line
target       a named server in `cochat.toml`
scope        a server and a user: what the mirror's rows belong to
mirror       the database of what the server showed, `mirror.db`
workspace    the folder with `cochat.toml`
dialect      the way a generation of servers speaks
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NewType

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Json = Any
Body = dict[str, Json]
Wire = dict[str, Json]

Slug = NewType("Slug", str)
RemoteId = NewType("RemoteId", str)
Fingerprint = NewType("Fingerprint", str)
Version = NewType("Version", str)

#: what a record holds that was given no mapping
EMPTY: Mapping[Any, Any] = MappingProxyType({})
#: of these, equal means the same, and for the others nothing is in them
_PLAIN, _HOLDERS = frozenset({str, bool, type(None)}), frozenset({list, dict})
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class Key(NamedTuple):
    """Address one resource, whatever the server: `kind/slug`."""

    kind: str
    slug: Slug

    def __str__(self) -> str:
        return f"{self.kind}/{self.slug}"


class State(StrEnum):
    """Say what an observation of one side saw."""

    PRESENT = "present"
    ABSENT = "absent"
    #: it exists, and nobody of our rights may read its body (remote), or its file cannot be read (local)
    UNREADABLE = "unreadable"
    #: nobody could say: the listing was made with other rights
    NOT_LISTED = "not listed"
    #: nobody could say either: the listing failed, was not whole, or proves nothing; the next that does may tell
    UNPROVEN = "unproven"
    #: the server says that it has none, and never showed it to us: it may be another server than it was
    NEVER_MET = "never met"

    @property
    def is_invisible(self) -> bool:
        """Tell whether it was known, and not shown."""
        return self in (State.NOT_LISTED, State.UNPROVEN, State.NEVER_MET)


@dataclass(frozen=True)
class Resource:
    """Hold one resource as one side shows it.

    `body` has the owned fields by name, in canonical form. `derived` is the rest of what the server showed, without
    people's data; empty for a local resource. `type` is the type within the kind, "" where the kind has none.
    """

    key: Key
    body: Body
    type: str = ""
    remote_id: RemoteId = RemoteId("")
    version: Version | None = None
    updated_at: datetime | None = None
    derived: Mapping[str, Json] = field(default_factory=dict)
    #: None: the server did not say
    writable: bool | None = None

    @cached_property
    def digest(self) -> str:
        """Name the content, equal for equal type and body: 64 hex digits, under which the mirror stores it."""
        return digest_of_body(self.type, self.body)

    @property
    def fingerprint(self) -> Fingerprint:
        """Name the content in short."""
        return fingerprint_in(self.digest)


def to_plain(type_: str, body: Mapping[str, Json]) -> bytes:
    """Write a canonical body as it is hashed and stored."""
    return to_canonical_json({"type": type_, "body": body})


def digest_of_body(type_: str, body: Mapping[str, Json]) -> str:
    """Hash a canonical body; 64 hex digits."""
    return make_digest(to_plain(type_, body))


def fingerprint_in(digest: str) -> Fingerprint:
    """Take the fingerprint of a body out of its digest, which begins with it; 32 hex digits."""
    return Fingerprint(digest[:32])


def make_digest(content: bytes) -> str:
    """Hash bytes; 64 hex digits of SHA-256."""
    # what is in step is told without hashing: the library is loaded where something is hashed
    import hashlib

    return hashlib.sha256(content).hexdigest()


def is_same_json(one: Json, other: Json) -> bool:
    """Compare as JSON does: true is not 1, and 1 is not 1.0, however deep they stand."""
    of = type(one)
    if of is type(other):
        if of in _PLAIN:
            return bool(one == other)
        if of in _HOLDERS and not one:
            # most fields of most resources say nothing
            return not other
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    if isinstance(one, bool | None) or isinstance(other, bool | None):
        return one is other
    return to_canonical_json(one) == to_canonical_json(other)


def is_same_body(one: Body, other: Body) -> bool:
    """Tell whether two bodies have the same fields, whatever their order, and the same in each."""
    return one.keys() == other.keys() and all(is_same_json(each, other[name]) for name, each in one.items())


def to_canonical_json(value: Json) -> bytes:
    """Write JSON that is equal byte for byte where the values are equal: sorted keys, no spaces, ASCII."""
    return _CANONICAL.encode(value).encode("ascii")
