"""The client: list, read and write resources of any kind, driven by the kind's row."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from cochat_devkit.api.attached import Files, complete
from cochat_devkit.api.parts import fetch_parts
from cochat_devkit.api.probe import ADMIN, Identity, fetch_identity
from cochat_devkit.api.replies import Undecided, list_moved, make_error
from cochat_devkit.api.valves import Valves
from cochat_devkit.errors import (
    Missing,
    Moved,
    NotAllowed,
    NotSupported,
    Rejected,
    RemoteError,
    SignedOut,
    UnexpectedReply,
    UnreadableFile,
    UsageError,
)
from cochat_devkit.kinds.access import Groups, group_ids_in
from cochat_devkit.kinds.kind import WireContext
from cochat_devkit.kinds.names import Names
from cochat_devkit.kinds.wire import has_body, remote_id_of, version_of
from cochat_devkit.resource import is_same_json, make_digest
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cochat_devkit.api.transport import Fetching, Transport
    from cochat_devkit.kinds.dialects import Dialect
    from cochat_devkit.kinds.kind import Endpoint, Endpoints, Kind, Listing
    from cochat_devkit.resource import Json, RemoteId, Slug, Wire


#: a history of more pages is read no further
MOST_HISTORY_PAGES = 500
#: between the endpoint and the role of a basis
_AS = " as "


class Listed(NamedTuple):
    """Hold what one listing showed.

    `basis` names the endpoint and the role it was asked with: two listings of different bases show different things,
    so an absence counts as such only between equal ones, and only where both are complete: every page answered, and
    the total stood still meanwhile. `has_bodies` tells whether the items are whole. `unmoved` are the ids of those that
    the caller knew as they are: they are listed, and not among `wires`.
    """

    wires: tuple[Wire, ...]
    basis: str
    has_bodies: bool
    is_complete: bool = True
    unmoved: tuple[RemoteId, ...] = ()


class _Unmoved(NamedTuple):
    """Stand for an object that is as the caller knows it."""

    remote_id: RemoteId


class Client:
    """Speak to one server in its dialect; safe to use from several threads."""

    def __init__(
        self,
        transport: Transport,
        dialect: Dialect,
        identity: Identity,
        overrides: Mapping[str, Mapping[str, Endpoint]] | None = None,
        keep_blob: Callable[[bytes], str] = make_digest,
    ) -> None:
        """Open a client.

        `overrides` are requests of a target's own, by kind and column of the dialect's row. `keep_blob` takes the bytes
        of files that had to be read, and names their digest.
        """
        self.dialect = dialect
        self.identity = identity
        self._transport = transport
        self._overrides = overrides or {}
        self._groups: Groups | None = None
        self._names = Names()
        self._is_signed_in: bool | None = None
        self._is_still_us = False
        self._listed: dict[str, _Pages] = {}
        self._keep_blob = keep_blob
        self._files: dict[str, Files] = {}
        #: kinds whose objects are not given as a whole to this user
        self._read_in_parts: set[str] = set()
        self._read_files: Callable[[str], Mapping[RemoteId, Mapping[str, str]]] = lambda _kind: {}
        #: what is known of the fields that are valves; and all values as they were read, until something is sent
        self._valve_fields: dict[tuple[str, str], Wire] = {}
        self._just_read: dict[tuple[str, str], Wire] = {}

    @property
    def request_count(self) -> int:
        """Count the HTTP requests made so far."""
        return self._transport.request_count

    def check_identity(self) -> None:
        """See once that the server still takes us for whom it took us: what it does not show us hangs on that.

        Raises:
            UnexpectedReply: it takes us for somebody else, or for one who may see more or less.
            RemoteError: the server could not be asked.
        """
        if self._is_still_us:
            return
        before, now = self.identity, fetch_identity(self._transport)
        if (now.id, now.role) != (before.id, before.role):
            raise UnexpectedReply(
                f"the server took us for {before.name or before.id} ({before.role}) at first, and for "
                f"{now.name or now.id} ({now.role}) a moment later",
                hint="run the command again",
            )
        self._is_still_us = True

    def endpoints(self, kind: Kind) -> Endpoints:
        """Find the requests of a kind on this server.

        Raises:
            NotSupported: servers of this dialect do not have the kind.
        """
        found = kind.endpoints_for(self.dialect)
        changed = self._overrides.get(kind.name)
        return found.with_requests(changed) if changed else found

    def begin_listing(self, kinds: Iterable[Kind]) -> None:
        """Have the server work on the first listings of some kinds, which a block of `listing_ahead` takes."""
        self._transport.ask_ahead([path for kind in kinds for path in self._paths_of_listing(kind)])

    @contextmanager
    def listing_ahead(self, kinds: Iterable[Kind]) -> Iterator[None]:
        """While the block runs, have the server work on the listings of some kinds before they are asked for."""
        with self._transport.asking_ahead([path for kind in kinds for path in self._paths_of_listing(kind)]):
            yield

    def _paths_of_listing(self, kind: Kind) -> list[str]:
        """Name what `fetch_listing` asks for first, in its order."""
        try:
            endpoints = self.endpoints(kind)
        except NotSupported:
            return []
        first = self._first_listing(endpoints)
        further = endpoints.further if first is endpoints.export else ()
        return [each.path for each in (*first.joined, first.asked, *further)]

    def _first_listing(self, endpoints: Endpoints) -> Listing:
        """Choose what is asked for first: the export where that is ours to ask."""
        return (endpoints.export if self.identity.is_admin else None) or endpoints.for_everybody

    def fetch_listing(self, kind: Kind, *, is_unmoved: Callable[[Wire], bool] | None = None) -> Listed:
        """List a kind: by export where that is ours to ask, else by what everybody may list.

        The files beside each object are not asked for: that is `begin_files`. `is_unmoved` tells of a whole object
        whether the caller knows it as it is: it is let go as soon as it came. It may not ask the server anything.

        Raises:
            NotSupported: servers of this dialect do not have the kind.
            RemoteError: the server could not be asked; nothing follows from that about what is there.
        """
        endpoints = self.endpoints(kind)
        first = self._first_listing(endpoints)
        if first is endpoints.export:
            try:
                return self._fetch_listing(kind, first, is_unmoved)
            except SignedOut:
                raise
            except (NotAllowed, NotSupported, Rejected):
                # an export of models fails as a whole on one missing image
                pass
        return self._fetch_listing(kind, endpoints.for_everybody, is_unmoved)

    def fetch_names(self, kind: Kind) -> tuple[Wire, ...]:
        """List a kind for its names and ids alone: every one, as who is not among them is taken for absent.

        Raises:
            UnexpectedReply: the listing is not whole, so nobody can say.
            NotSupported: servers of this dialect do not have the kind.
            RemoteError: the server could not be asked.
        """
        listed = self.fetch_listing(kind)
        if not listed.is_complete:
            raise list_moved(f"listing {kind.plural}")
        return listed.wires

    @staticmethod
    def shows_all(basis: str) -> bool:
        """Tell whether listings of a basis show everything, whichever endpoint they asked: those of an admin do."""
        return basis.endswith(f"{_AS}{ADMIN}")

    def fetch_item(
        self, kind: Kind, remote_id: RemoteId, *, known_valves: Wire | None = None, is_new: bool = False
    ) -> Wire:
        """Read one resource. `known_valves` are taken for its fields that are valves; None reads those, too.

        What `is_new` was made a moment ago: it has neither values nor files yet, and is not asked for them.

        Raises:
            Missing: the server says that it is not there.
            NotAllowed: it is there, or may be, and is not for us.
            UnexpectedReply: the answer is about something else.
        """
        what = f"reading {kind.name}/{remote_id}"
        endpoints = self.endpoints(kind)
        if endpoints.item is None:
            return self._find_in_listing(kind, remote_id, what)
        answer = self._send(kind, "item", what, remote_id)
        if answer is None:
            # 0.6 answers null for a resource of somebody else
            raise NotAllowed(f"{what}: the server does not show it to you", hint="ask its owner for access")
        if kind.valve_fields:
            known_valves = {} if is_new else known_valves
            told = self.fetch_valve_fields(kind, remote_id) if known_valves is None else dict(known_valves)
            self._valve_fields[kind.name, remote_id] = told
        wire = self._checked(kind, answer, what, remote_id)
        for joined in endpoints.item_joined:
            wire = {**self._fetch_joined(kind, joined, wire, what, remote_id), **wire}
        if not endpoints.attachments:
            return wire
        return complete(wire, []) if is_new else self.with_files(kind, wire)

    def with_files(self, kind: Kind, wire: Wire) -> Wire:
        """List the files beside an object that was read, and lay them into it.

        Raises:
            RemoteError: they could not be listed, or moved meanwhile.
        """
        remote_id = remote_id_of(kind, wire, self.endpoints(kind))
        is_ours = self.identity.is_admin or wire.get("user_id") == self.identity.id
        may_write = is_ours or wire.get("write_access") is True
        files = self.files_of(kind)
        return complete(wire, files.fetch_listing(remote_id, may_write=may_write, count=files.count_in(wire)))

    def begin_files(self, kind: Kind, wires: Iterable[Wire]) -> Fetching[Wire | UnreadableFile]:
        """Begin to read the files beside objects that were listed without them: the objects, completed. To be closed.

        One whose file the server has not is its error. Each raises:
            RemoteError: they could not be listed, or moved meanwhile.
        """

        def complete_one(wire: Wire) -> Wire | UnreadableFile:
            try:
                return self.with_files(kind, wire)
            except UnreadableFile as error:
                return error

        # made here: what was remembered is read by this thread alone
        self.files_of(kind)
        return self._transport.begin_all(complete_one, wires)

    def _fetch_joined(self, kind: Kind, joined: Endpoint, wire: Wire, what: str, remote_id: RemoteId) -> Wire:
        """Complete an object by another listing; file by file where this user may not ask for that."""
        parts = self.endpoints(kind).parts
        if parts is None or kind.name not in self._read_in_parts:
            try:
                return self._checked(kind, self._request(kind, joined, what, remote_id), what, remote_id)
            except NotAllowed as error:
                if parts is None or isinstance(error, SignedOut):
                    raise
                self._read_in_parts.add(kind.name)
        return {"files": fetch_parts(self._transport, parts, remote_id, version_of(wire) or "", what)}

    def fetch_items(
        self, kind: Kind, remote_ids: Sequence[RemoteId], on_each: Callable[[], None]
    ) -> dict[RemoteId, Wire | RemoteError]:
        """Read several resources, some at a time; one missing, forbidden or without a file's bytes is its error.

        Others are raised.
        """

        def fetch(remote_id: RemoteId) -> Wire | RemoteError:
            try:
                return self.fetch_item(kind, remote_id)
            except SignedOut:
                raise
            except (Missing, NotAllowed, UnreadableFile) as error:
                return error

        if self.endpoints(kind).attachments:
            self.files_of(kind)
        found: dict[RemoteId, Wire | RemoteError] = {}
        for remote_id, answer in zip(remote_ids, self._transport.fetch_all(fetch, remote_ids), strict=True):
            found[remote_id] = answer
            on_each()
        return found

    def fetch_history(self, kind: Kind, remote_id: RemoteId) -> list[Wire]:
        """List the versions that the server keeps of a resource: all pages, in no order that means anything.

        Raises:
            NotSupported: this server keeps no history of the kind.
        """
        what = f"reading the history of {kind.name}/{remote_id}"
        found: dict[str, Wire] = {}
        # some kinds count their pages from zero, others take zero for one
        for page in range(MOST_HISTORY_PAGES):
            answer = self._call("GET", self._history_path(kind, remote_id, page=page), what)
            if not isinstance(answer, list) or not all(isinstance(each, dict) and "id" in each for each in answer):
                raise UnexpectedReply(f"{what}: the answer is no list of versions")
            new = {str(each["id"]): each for each in answer if str(each["id"]) not in found}
            found |= new
            if not answer or (page > 1 and not new):
                break
        return list(found.values())

    def fetch_versions(self, kind: Kind, remote_id: RemoteId, version_ids: Sequence[str]) -> list[Wire]:
        """Read versions with their snapshots, some at a time."""
        what = f"reading the history of {kind.name}/{remote_id}"

        def fetch(version_id: str) -> Wire:
            answer = self._call("GET", self._history_path(kind, remote_id, version_id), what)
            if not isinstance(answer, dict) or answer.get("id") != version_id:
                raise UnexpectedReply(f"{what}: the answer is about another version")
            return answer

        return list(self._transport.fetch_all(fetch, version_ids))

    def _history_path(self, kind: Kind, remote_id: RemoteId, version_id: str = "", *, page: int | None = None) -> str:
        endpoints = self.endpoints(kind)
        endpoint = endpoints.history
        if endpoint is None:
            raise NotSupported(
                f"{self.dialect.title} keeps no history of {kind.plural}", hint="cochat log without --fetch"
            )
        if endpoint.method != "GET":
            self._just_read.pop((kind.name, remote_id), None)
        spoken = quote(remote_id.removeprefix(endpoints.id_prefix), safe="")
        path, mark, query = endpoint.path.replace("{id}", spoken).partition("?")
        path += f"/{quote(version_id, safe='')}" if version_id else ""
        queries = [query] if mark else []
        queries += [f"page={page}"] if page is not None else []
        return f"{path}?{'&'.join(queries)}" if queries else path

    def send_create(self, kind: Kind, form: Wire, what: str) -> RemoteId:
        """Create a resource: its id, which the server may have made. Its answer is not whole, so read it afterwards."""
        endpoints = self.endpoints(kind)
        answer = self._send(kind, "create", f"creating {what}", body=form)
        return remote_id_of(kind, answer if endpoints.makes_id else form, endpoints)

    def send_update(self, kind: Kind, remote_id: RemoteId, form: Wire) -> Wire:
        """Replace a resource, and take what the server then holds."""
        what = f"updating {kind.name}/{remote_id}"
        return self._checked(kind, self._send(kind, "update", what, remote_id, body=form), what, remote_id)

    def send_access(self, kind: Kind, remote_id: RemoteId, form: Wire) -> Wire:
        """Replace who may read and write, where that has an endpoint of its own."""
        what = f"changing the access of {kind.name}/{remote_id}"
        answer = self._send(kind, "access", what, remote_id, body={"access_grants": form["access_grants"]})
        return self._checked(kind, answer, what, remote_id)

    def fetch_valve_fields(self, kind: Kind, remote_id: RemoteId) -> Wire:
        """Read the fields that are values of a plugin's settings.

        Raises:
            RemoteError: the server could not be asked.
        """
        found = self._just_read[kind.name, remote_id] = self.valves_of(kind).fetch_values(remote_id)
        return _taken_out(kind, found)

    def send_valve(self, kind: Kind, remote_id: RemoteId, name: str, value: Json, *, was: Json) -> None:
        """Set one value of a plugin, which was `was`, and keep its others; None takes it out.

        The others are read last, right before they are written: whatever is asked in between takes time, in which
        somebody may set one.

        Raises:
            Moved: somebody set it meanwhile.
            Rejected: the plugin has no such value, or the write would take away others: a save of a source keeps the
                values that its class has no more, and a save of values does not.
        """
        valves = self.valves_of(kind)
        read_before = self._just_read.pop((kind.name, remote_id), None)
        stored = valves.fetch_values(remote_id) if read_before is None else read_before
        others = [each for each in stored if each != name]
        if lost := valves.find_lost(remote_id, others):
            ref = f"{kind.name}/{remote_id}"
            raise Rejected(
                f"{ref}: {name} was not set: that would take away {', '.join(lost)}, which its Valves have no more",
                hint=f"name them in class Valves, or drop them: cochat valves {ref} unset {' '.join(lost)}",
            )
        if others or read_before is not None:
            stored = valves.fetch_values(remote_id)
        if not is_same_json(_taken_out(kind, stored).get(name), was):
            raise Moved(f"{kind.name}/{remote_id}: somebody set {name} meanwhile", hint="take theirs in: cochat pull")
        whole = {each: known for each, known in {**stored, name: value}.items() if known is not None}
        try:
            held = valves.send_values(remote_id, whole)
        except Missing:
            held = {}
        self._valve_fields[kind.name, remote_id] = _taken_out(kind, held)
        if value is not None and name not in held:
            raise Rejected(
                f"{kind.name}/{remote_id}: its Valves have no field {name}",
                hint=f"add `{name}: int = 0` to class Valves, or take {name} out of the sidecar",
            )

    def switch_of(self, kind: Kind, field: str) -> Endpoint:
        """Find the request that flips a switch.

        Raises:
            NotSupported: servers of this dialect have none.
        """
        endpoint = self.endpoints(kind).switches.get(field)
        if endpoint is None:
            raise NotSupported(f"{self.dialect.title} has no switch for {field} of a {kind.name}")
        return endpoint

    def send_switch(self, kind: Kind, remote_id: RemoteId, field: str) -> Wire:
        """Flip a switch; the answer has the new state."""
        what = f"switching {field} of {kind.name}/{remote_id}"
        return self._checked(kind, self._request(kind, self.switch_of(kind, field), what, remote_id), what, remote_id)

    def send_delete(self, kind: Kind, remote_id: RemoteId) -> None:
        """Delete a resource.

        Raises:
            UnexpectedReply: the server does not say that it did.
        """
        what = f"deleting {kind.name}/{remote_id}"
        if self._send(kind, "delete", what, remote_id) is not True:
            raise UnexpectedReply(f"{what}: the server did not confirm it")

    def files_of(self, kind: Kind) -> Files:
        """Speak about the files of a kind whose objects have some beside them."""
        if kind.name not in self._files:
            rows = self.endpoints(kind).attachments
            if rows is None:
                raise NotSupported(f"{self.dialect.title} keeps no files with {kind.plural}")
            files = Files(self._transport, rows, sees_whole=self.identity.is_admin, keep_blob=self._keep_blob)
            files.know(self._read_files(kind.name))
            self._files[kind.name] = files
        return self._files[kind.name]

    def valves_of(self, kind: Kind, *, is_users: bool = False) -> Valves:
        """Speak about the settings of a kind's plugins, or about those that the caller has as their user.

        Raises:
            UsageError: resources of this kind have none.
        """
        endpoints = self.endpoints(kind)
        requests = endpoints.user_valves if is_users else endpoints.valves
        if requests is None:
            raise UsageError(f"a {kind.name} has no valves", hint="tools and functions have")
        return Valves(
            lambda endpoint, what, remote_id, body: self._request(kind, endpoint, what, remote_id, body=body), requests
        )

    def remember_files_by(self, read: Callable[[str], Mapping[RemoteId, Mapping[str, str]]]) -> None:
        """Take in what tells by kind the files that each resource had when it was read, each with its digest."""
        self._read_files = read

    def forget_listings(self) -> None:
        """Let go of what was listed: it is asked for anew where it is wanted again."""
        self._listed.clear()

    def know_names(self, kind: str, slugs: Mapping[RemoteId, Slug]) -> None:
        """Take in by which slugs resources are known; later objects that name them are read with these.

        One that was made again has another id, and its slug: the one before does not bear it any more.
        """
        taken = {*slugs.values()}
        others = {each: slug for each, slug in self._names.slugs.get(kind, {}).items() if slug not in taken}
        self._names = Names({**self._names.slugs, kind: {**others, **slugs}})

    @contextmanager
    def supposing(self) -> Iterator[None]:
        """Let go in the end of the names that were taken in meanwhile: of what is not made yet."""
        before = self._names
        try:
            yield
        finally:
            self._names = before

    def wire_context(self, wires: Iterable[Wire] = (), *, needs_groups: bool = False) -> WireContext:
        """Make what reading these objects takes; groups are asked for only where one is mentioned."""
        if self._groups is None and (needs_groups or any(group_ids_in(wire) for wire in wires)):
            self._groups = self._fetch_groups()
        return WireContext(self.dialect, self._groups or Groups(), self._names)

    def wire_context_now(self, wire: Wire) -> WireContext | None:
        """Make what reading an object takes, without asking the server; None where that would have to be asked."""
        if self._groups is None and group_ids_in(wire):
            return None
        return WireContext(self.dialect, self._groups or Groups(), self._names)

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

    def _fetch_listing(self, kind: Kind, listing: Listing, is_unmoved: Callable[[Wire], bool] | None) -> Listed:
        endpoints, what = self.endpoints(kind), f"listing {kind.plural}"
        joined = [self._fetch_pages(kind, each, what) for each in listing.joined]
        more = {remote_id_of(kind, wire, endpoints): wire for part in reversed(joined) for wire in part.wires}

        def is_ours(wire: Wire) -> bool:
            is_external = kind.is_external(remote_id_of(kind, wire, endpoints))
            return not is_external and (endpoints.selects is None or endpoints.selects(wire))

        def take(wire: Json) -> Json:
            wire = _without_valves(kind, wire)
            if not isinstance(wire, dict) or not is_ours(wire):
                return wire
            remote_id = remote_id_of(kind, wire, endpoints)
            wire = {**more[remote_id], **wire} if remote_id in more else wire
            return _Unmoved(remote_id) if is_unmoved and is_unmoved(wire) else wire

        parts = [self._fetch_pages(kind, listing.asked, what, listing, take)]
        further = endpoints.further if listing is endpoints.export else ()
        parts += [self._fetch_pages(kind, each, what, None, take) for each in further]
        found: dict[RemoteId, Json] = {}
        for part in parts:
            for each in part.wires:
                if isinstance(each, _Unmoved):
                    found.setdefault(each.remote_id, each)
                elif is_ours(each):
                    found.setdefault(remote_id_of(kind, each, endpoints), each)
        wires = [each for each in found.values() if not isinstance(each, _Unmoved)]
        return Listed(
            tuple(wires),
            f"{listing.endpoint.path}{_AS}{self.identity.role}",
            listing.has_bodies and all(has_body(kind, wire) for wire in wires),
            is_complete=all(part.is_complete for part in (*parts, *joined)),
            unmoved=tuple(each.remote_id for each in found.values() if isinstance(each, _Unmoved)),
        )

    def _find_in_listing(self, kind: Kind, remote_id: RemoteId, what: str) -> Wire:
        """Read one resource where the server offers only lists; the list is fetched anew."""
        self._listed.clear()
        listed = self.fetch_listing(kind)
        for wire in listed.wires:
            if remote_id_of(kind, wire, self.endpoints(kind)) == remote_id:
                return wire
        if not listed.is_complete:
            raise list_moved(what)
        raise Missing(f"{what}: not there")

    def _fetch_pages(
        self,
        kind: Kind,
        endpoint: Endpoint,
        what: str,
        listing: Listing | None = None,
        take: Callable[[Json], Json] = lambda wire: wire,
    ) -> _Pages:
        """Fetch a whole listing, each object passed through `take`; one that serves several kinds is fetched once."""
        known = self._listed.pop(endpoint.path, None)
        if known is not None:
            found = _Pages(tuple(take(wire) for wire in known.wires), known.is_complete)
        else:
            found = self._fetch_new_pages(kind, endpoint, what, listing, take)
        # what is only known to be unmoved could not be given to whoever asks next
        left = tuple(each for each in found.wires if not isinstance(each, _Unmoved))
        is_whole = len(left) == len(found.wires)
        if is_whole or self.endpoints(kind).selects is not None:
            self._listed[endpoint.path] = _Pages(left, found.is_complete)
        return found

    def _fetch_new_pages(
        self,
        kind: Kind,
        endpoint: Endpoint,
        what: str,
        listing: Listing | None,
        take: Callable[[Json], Json],
    ) -> _Pages:
        first = self._call_for_list(endpoint.path, what, take)
        if isinstance(first, list):
            return _Pages(tuple(first), is_complete=True)
        if not isinstance(first, dict):
            raise UnexpectedReply(f"{what}: the answer is no list")
        if listing and listing.object_id:
            return _Pages((take({**first, self.endpoints(kind).id_field: listing.object_id}),), is_complete=True)
        if isinstance(first.get("data"), list):
            # the list of models is in OpenAI's form
            return _Pages(tuple(take(each) for each in first["data"]), is_complete=True)
        return self._fetch_further_pages(kind, endpoint, what, first, take)

    def _fetch_further_pages(
        self, kind: Kind, endpoint: Endpoint, what: str, first: Json, take: Callable[[Json], Json]
    ) -> _Pages:
        """Go on from page 1 until all is there; a total that moves, or a page that repeats, leaves it incomplete."""
        endpoints = self.endpoints(kind)
        total = _total_of(first, what)
        wires = {remote_id_of(kind, wire, endpoints): take(wire) for wire in first["items"]}
        size, page, is_steady = len(wires), 1, True
        while size and len(wires) < total and page * size < total:
            page += 1
            mark = "&" if "?" in endpoint.path else "?"
            answer = self._request(kind, endpoint._replace(path=f"{endpoint.path}{mark}page={page}"), what)
            is_steady = is_steady and _total_of(answer, what) == total
            if not answer["items"]:
                break
            wires |= {remote_id_of(kind, wire, endpoints): take(wire) for wire in answer["items"]}
        return _Pages(tuple(wires.values()), is_complete=is_steady and len(wires) == total)

    def _send(self, kind: Kind, name: str, what: str, remote_id: str = "", *, body: Json = None) -> Json:
        try:
            endpoint = self.endpoints(kind).offered(name)
        except NotSupported as error:
            raise NotSupported(f"{what}: {error.message}", hint=error.hint) from error
        return self._request(kind, endpoint, what, remote_id, body=body)

    def _request(self, kind: Kind, endpoint: Endpoint, what: str, remote_id: str = "", *, body: Json = None) -> Json:
        endpoints = self.endpoints(kind)
        if endpoint.sends_id:
            body = {**(body or {}), endpoints.id_field: remote_id}
        if endpoint.method != "GET":
            self._just_read.pop((kind.name, remote_id), None)
        spoken = quote(remote_id.removeprefix(endpoints.id_prefix), safe="")
        return self._call(endpoint.method, endpoint.path.replace("{id}", spoken), what, body=body)

    def _checked(self, kind: Kind, wire: Json, what: str, remote_id: RemoteId) -> Wire:
        """Take an answer only where it bears the id asked for: a shifted one would put a neighbour's source here."""
        if not isinstance(wire, dict):
            raise UnexpectedReply(f"{what}: the answer is no {kind.name}")
        found = remote_id_of(kind, wire, self.endpoints(kind))
        if found != remote_id:
            raise UnexpectedReply(f"{what}: the answer is about {found}")
        return {**wire, **self._valve_fields.get((kind.name, remote_id), {})} if kind.valve_fields else wire

    def _call_for_list(self, path: str, what: str, take: Callable[[Json], object]) -> Json:
        try:
            return self._transport.fetch_list(path, what, take)
        except Undecided as error:
            raise self._settle(error) from error

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


def _taken_out(kind: Kind, values: Wire) -> Wire:
    """Take the fields of a kind out of a plugin's values; everything else in them is nobody's."""
    return {
        name: values[name]
        for name in kind.valve_fields
        if isinstance(values.get(name), int | float) and not isinstance(values[name], bool)
    }


def _without_valves(kind: Kind, wire: Json) -> Json:
    """Drop the values that a listing told, but for the fields of the kind: there are secrets among them."""
    if not isinstance(wire, dict) or "valves" not in wire:
        return wire
    values = wire["valves"] if isinstance(wire["valves"], dict) else {}
    return {**{key: each for key, each in wire.items() if key != "valves"}, **_taken_out(kind, values)}


def _is_group(each: Json) -> bool:
    return isinstance(each, dict) and isinstance(each.get("id"), str) and isinstance(each.get("name"), str)


class _Pages(NamedTuple):
    """Hold the objects of all pages of one listing."""

    wires: tuple[Json, ...]
    is_complete: bool


def _total_of(answer: Json, what: str) -> int:
    total = answer.get("total") if isinstance(answer, dict) else None
    if not isinstance(total, int) or not isinstance(answer.get("items"), list):
        raise UnexpectedReply(f"{what}: the answer is no list")
    return total
