"""What the mirror remembers of one resource, as the rest of the house sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.resource import State
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cochat_devkit.resource import Fingerprint, Json, Key, RemoteId, Version

#: moves with every change of the tables; store.py knows how to come from each earlier one
SCHEMA_VERSION = 4


class Scope(NamedTuple):
    """Name what rows belong to: a server and a user on it, and what is known of both."""

    id: int
    url: str
    user_id: str
    role: str
    dialect: str
    server_version: str


class Row(NamedTuple):
    """Hold what is remembered of one resource.

    The base is None before both sides agreed for the first time. `base_digest` and `remote_digest` name stored
    bodies. `path` is the file, relative to the workspace, None where there is none.
    """

    key: Key
    type: str
    remote_id: RemoteId
    remote_state: State = State.PRESENT
    remote_fingerprint: Fingerprint | None = None
    remote_digest: str | None = None
    base_local: Fingerprint | None = None
    base_remote: Fingerprint | None = None
    base_digest: str | None = None
    version: Version | None = None
    updated_at: datetime | None = None
    writable: bool | None = None
    path: str | None = None
    #: what the server computed; None: not read, and left as it is when the row is written
    derived: Mapping[str, Json] | None = None


class LockDigests(NamedTuple):
    """Name what `cochat.lock` said when the mirror knew as much: the lines of one target, and the whole file."""

    lines: str
    file: str
