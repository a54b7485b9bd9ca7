"""The client: list, read and write resources of any kind, driven by the kind's row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from cochat_devkit.api.replies import Undecided, make_error
from cochat_devkit.api.transport import CONCURRENCY
from cochat_devkit.errors import (
    Missing,
    NotAllowed,
    NotSupported,
    RemoteError,
    SignedOut,
    UnexpectedReply,
)
from cochat_devkit.kinds.access import Groups, group_ids_in
from cochat_devkit.kinds.kind import WireContext
from cochat_devkit.kinds.wire import has_body, remote_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cochat_devkit.api.probe import Identity
    from cochat_devkit.api.transport import Transport
    from cochat_devkit.kinds.dialects import Dialect
    from cochat_devkit.kinds.kind import Endpoint, Kind, Listing
    from cochat_devkit.resource import Json, RemoteId, Wire


@dataclass(frozen=True)
class Listed:
    """Hold what one listing showed.

    `basis` names the endpoint and the role it was asked with: two listings of different bases show different things,
    so an absence counts as such only between equal ones. `has_bodies` tells whether the items are whole.
    """

    wires: tuple[Wire, ...]
    basis: str
    has_bodies: bool


class Client:
    """Speak to one server in its dialect; safe to use from several threads."""

    def __init__(self, transport: Transport, dialect: Dialect, identity: Identity) -> None:
        self.dialect = dialect
        self.identity = identity
        self._transport = transport
        self._groups: Groups | None = None
        self._is_signed_in: bool | None = None

    @property
    def request_count(self) -> int:
        """Count the HTTP requests made so far."""
        return self._transport.request_count

    def fetch_listing(self, kind: Kind) -> Listed:
        """List a kind: by export where that is ours to ask, else by what everybody may list.

        Raises:
            NotSupported: servers of this dialect do not have the kind.
            RemoteError: the server could not be asked; nothing follows from that about what is there.
        """
        endpoints = kind.endpoints_for(self.dialect)
        if self.identity.is_admin:
            try:
                return self._fetch_listing(kind, endpoints.export)
            except (NotAllowed, NotSupported) as error:
                if isinstance(error, SignedOut):
                    raise
        return self._fetch_listing(kind, endpoints.for_everybody)

    def fetch_item(self, kind: Kind, remote_id: RemoteId) -> Wire:
        """Read one resource.

        Raises:
            Missing: the server says that it is not there.
            NotAllowed: it is there, or may be, and is not for us.
            UnexpectedReply: the answer is about something else.
        """
        what = f"reading {kind.name}/{remote_id}"
        wire = self._send(kind.endpoints_for(self.dialect).item, what, remote_id)
        if wire is None:
            # 0.6 answers null for a resource of somebody else
            raise NotAllowed(f"{what}: the server does not show it to you", hint="ask its owner for access")
        return _checked(kind, wire, what, remote_id)

    def fetch_items(
        self, kind: Kind, remote_ids: Sequence[RemoteId], on_each: Callable[[], None]
    ) -> dict[RemoteId, Wire | RemoteError]:
        """Read several resources, some at a time; a missing or forbidden one is its error, others are raised."""

        def fetch(remote_id: RemoteId) -> Wire | RemoteError:
            try:
                return self.fetch_item(kind, remote_id)
            except SignedOut:
                raise
            except (Missing, NotAllowed) as error:
                return error

        found: dict[RemoteId, Wire | RemoteError] = {}
        pool = ThreadPoolExecutor(CONCURRENCY)
        try:
            for remote_id, answer in zip(remote_ids, pool.map(fetch, remote_ids), strict=True):
                found[remote_id] = answer
                on_each()
        finally:
            pool.shutdown(cancel_futures=True)
        return found

    def send_create(self, kind: Kind, form: Wire) -> None:
        """Create a resource; the answer has no source, so read it afterwards."""
        slug = str(form[kind.id_field])
        self._send(kind.endpoints_for(self.dialect).create, f"creating {kind.name}/{slug}", slug, body=form)

    def send_update(self, kind: Kind, remote_id: RemoteId, form: Wire) -> Wire:
        """Replace a resource, and take what the server then holds."""
        what = f"updating {kind.name}/{remote_id}"
        wire = self._send(kind.endpoints_for(self.dialect).update, what, remote_id, body=form)
        return _checked(kind, wire, what, remote_id)

    def send_access(self, kind: Kind, remote_id: RemoteId, form: Wire) -> Wire:
        """Replace who may read and write, where that has an endpoint of its own."""
        endpoint = kind.endpoints_for(self.dialect).access
        if endpoint is None:
            raise NotSupported(f"{self.dialect.title} cannot change the access of a {kind.name} by itself")
        what = f"changing the access of {kind.name}/{remote_id}"
        body = {"access_grants": form["access_grants"]}
        return _checked(kind, self._send(endpoint, what, remote_id, body=body), what, remote_id)

    def send_switch(self, kind: Kind, remote_id: RemoteId, field: str) -> Wire:
        """Flip a switch; the answer has the new state."""
        endpoint = kind.endpoints_for(self.dialect).switches[field]
        what = f"switching {field} of {kind.name}/{remote_id}"
        return _checked(kind, self._send(endpoint, what, remote_id), what, remote_id)

    def send_delete(self, kind: Kind, remote_id: RemoteId) -> None:
        """Delete a resource.

        Raises:
            UnexpectedReply: the server does not say that it did.
        """
        what = f"deleting {kind.name}/{remote_id}"
        if self._send(kind.endpoints_for(self.dialect).delete, what, remote_id) is not True:
            raise UnexpectedReply(f"{what}: the server did not confirm it")

    def wire_context(self, wires: Iterable[Wire] = (), *, needs_groups: bool = False) -> WireContext:
        """Make what reading these objects takes; groups are asked for only where one is mentioned."""
        if self._groups is None and (needs_groups or any(group_ids_in(wire) for wire in wires)):
            self._groups = self._fetch_groups()
        return WireContext(self.dialect, self._groups or Groups())

    def _fetch_groups(self) -> Groups:
        try:
            answer = self._call("GET", "/api/v1/groups/", "listing groups")
        except (NotAllowed, NotSupported) as error:
            if isinstance(error, SignedOut):
                raise
            return Groups()
        if not isinstance(answer, list) or not all(map(_is_group, answer)):
            raise UnexpectedReply("listing groups: the answer is no list of groups")
        return Groups({each["id"]: each["name"] for each in answer})

    def _fetch_listing(self, kind: Kind, listing: Listing) -> Listed:
        what = f"listing {kind.plural}"
        answer = self._send(listing.endpoint, what)
        if not isinstance(answer, list):
            raise UnexpectedReply(f"{what}: the answer is no list")
        wires = {remote_id_of(kind, wire): wire for wire in answer}
        wires = {remote_id: wire for remote_id, wire in wires.items() if not kind.is_external(remote_id)}
        has_bodies = listing.has_bodies and all(has_body(kind, wire) for wire in wires.values())
        return Listed(tuple(wires.values()), f"{listing.endpoint.path} as {self.identity.role}", has_bodies)

    def _send(self, endpoint: Endpoint, what: str, remote_id: str = "", *, body: Json = None) -> Json:
        path = endpoint.path.replace("{id}", quote(remote_id, safe=""))
        return self._call(endpoint.method, path, what, body=body)

    def _call(self, method: str, path: str, what: str, *, body: Json = None) -> Json:
        try:
            return self._transport.send(method, path, what, body=body)
        except Undecided as error:
            raise self._settle(error) from error

    def _settle(self, error: Undecided) -> NotAllowed:
        """Ask once whether the token still lives: the same answer stands for a dead token and for a missing right."""
        if self._is_signed_in is None:
            what = "asking for our rights"
            response = self._transport.send_raw("GET", "/api/v1/users/permissions", what)
            if response.is_server_error:
                raise make_error(response, what)
            self._is_signed_in = response.status_code != 401
        if self._is_signed_in:
            return NotAllowed(f"{error.message}: you lack the right to do this", hint="ask an admin for it")
        return SignedOut(f"{error.message}: the token is expired or revoked", hint="sign in again: cochat login")


def _is_group(each: Json) -> bool:
    return isinstance(each, dict) and isinstance(each.get("id"), str) and isinstance(each.get("name"), str)


def _checked(kind: Kind, wire: Json, what: str, remote_id: RemoteId) -> Wire:
    """Take an answer only where it bears the id asked for: a shifted one would put a neighbour's source here."""
    if not isinstance(wire, dict):
        raise UnexpectedReply(f"{what}: the answer is no {kind.name}")
    found = remote_id_of(kind, wire)
    if found != remote_id:
        raise UnexpectedReply(f"{what}: the answer is about {found}")
    return wire
