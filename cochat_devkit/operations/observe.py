"""Observe both sides: what the server shows of the kinds, and what may be concluded from what it does not show."""

from __future__ import annotations

from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cochat_devkit.errors import (
    Missing,
    Namesake,
    NotAllowed,
    NotSupported,
    Rejected,
    RemoteError,
    SignedOut,
    UnexpectedReply,
    UnreadableFile,
    UsageError,
)
from cochat_devkit.events import Notice, Progress
from cochat_devkit.kinds import all_kinds, ref_of
from cochat_devkit.kinds.wire import from_wire, has_body, new_remote_id, remote_id_of, slugs_for, summary_of, version_of
from cochat_devkit.operations.offline import last_seen
from cochat_devkit.resource import Key, RemoteId, Resource, State
from cochat_devkit.sync.decide import ABSENT, Side, present

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from cochat_devkit.api.client import Client, Listed
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds.kind import Kind, WireContext
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.records import Records
    from cochat_devkit.resource import Body, Wire


@dataclass(eq=False, repr=False)
class RemoteView:
    """Hold what a server showed of some kinds.

    `seen` has whole resources, `unmoved` the rows of those that are as the mirror remembers them; `unreadable` those
    that are there and whose body is not for us, or cannot be read, of which `faults` says why; `invisible` those that
    we knew and that were not shown, which is no proof of anything, each with the state in which that leaves it; `gone`
    those that the server says it has not.
    """

    seen: dict[Key, Resource] = field(default_factory=dict)
    unmoved: dict[Key, Row] = field(default_factory=dict)
    unreadable: dict[Key, Resource] = field(default_factory=dict)
    faults: dict[Key, RemoteError] = field(default_factory=dict)
    invisible: dict[Key, State] = field(default_factory=dict)
    gone: set[Key] = field(default_factory=set)
    #: by kind: endpoint and role of the listing
    bases: dict[str, str] = field(default_factory=dict)

    def refuse(self, summary: Resource, fault: RemoteError) -> None:
        """Take in that a resource is there, and why nobody can read it."""
        self.unreadable[summary.key] = summary
        self.faults[summary.key] = fault

    def side(self, key: Key) -> Side:
        """Say what is known of one resource there."""
        if key in self.seen:
            return present(self.seen[key].fingerprint)
        if key in self.unmoved:
            return last_seen(self.unmoved[key])
        if key in self.unreadable:
            return Side(State.UNREADABLE)
        return Side(self.invisible[key]) if key in self.invisible else ABSENT


def fetch_remote(
    client: Client,
    kinds: Sequence[Kind],
    rows: Mapping[Key, Row],
    records: Records,
    emit: Emit,
) -> RemoteView:
    """Ask the server for everything of some kinds: listings first, bodies only where something may have moved.

    `rows` is what the records know of these kinds.

    Raises:
        RemoteError: a listing failed; nothing follows about what is there.
    """
    view = RemoteView()
    bases = records.reader.bases_of_listings(records.scope)
    _learn_names(client, kinds, bases, records)
    with client.listing_ahead(kinds), ExitStack() as ends:
        observing: list[Generator[None, None, None]] = []
        for number, kind in enumerate(kinds):
            emit(Progress("listing", number, len(kinds)))
            observed = _observe(client, kind, rows, bases.get(kind.name), records, emit, view)
            observing.append(ends.enter_context(closing(observed)))
            next(observed, None)
        for left in observing:
            next(left, None)
    client.forget_listings()
    emit(Progress("listing", len(kinds), len(kinds)))
    return view


def _observe(
    client: Client,
    kind: Kind,
    rows: Mapping[Key, Row],
    listed_before: str | None,
    records: Records,
    emit: Emit,
    view: RemoteView,
) -> Generator[None, None, None]:
    """Ask the server for everything of one kind, and lay it into the view; yield while files beside it are listed."""
    ours = [row for row in rows.values() if row.key.kind == kind.name]
    known = {row.remote_id: row for row in ours if row.remote_id}
    slugs_known = {remote_id: row.key.slug for remote_id, row in known.items()}
    client.know_names(kind.name, slugs_known)
    listed = _fetch_listing(client, kind, known, emit)
    if listed is None:
        # whether the server never had the kind or only hides it today: nothing follows about what was there
        view.invisible |= {row.key: _unproven(row) for row in ours}
        return
    view.bases[kind.name] = listed.basis
    view.unmoved |= {known[remote_id].key: known[remote_id] for remote_id in listed.unmoved}
    client.know_names(kind.name, slugs_for(kind, listed.wires, slugs_known, client.endpoints(kind)))
    if client.endpoints(kind).attachments and listed.wires:
        # other kinds are listed meanwhile
        with closing(client.begin_files(kind, listed.wires)) as completed:
            yield
            wires = tuple(_complete(client, kind, listed.wires, completed, view))
            listed = listed._replace(wires=wires)
    _read_listed(client, kind, listed, rows, records.reader.body, emit, view)
    shown = (view.seen, view.unmoved, view.unreadable)
    missing = [row for row in ours if not any(row.key in each for each in shown)]
    may_ask = client.endpoints(kind).item is not None
    # where nothing can be asked for by its id, a list that came back empty is asked for again, and says the same
    is_proof = listed.wires or listed.unmoved or may_ask
    # to an admin every listing shows everything, and each that is missing is asked for by its id
    was_whole = may_ask and client.shows_all(listed_before or "") and client.shows_all(listed.basis)
    is_comparable = was_whole or listed_before in (None, listed.basis)
    comparable = [row for row in missing if is_comparable and _was_shown(row, records, was_whole=was_whole)]
    view.invisible |= {row.key: State.NOT_LISTED for row in missing}
    if listed.is_complete and is_proof:
        # what somebody else was shown is asked for by its id where an answer would be the truth
        told_of = [
            row
            for row in missing
            if not _was_met(row, records) and may_ask and would_be_shown(client, kind, row.key, records)
        ]
        _settle_missing(client, kind, [*comparable, *told_of], records, view)
    else:
        view.invisible |= {row.key: State.UNPROVEN for row in comparable}
        if comparable and not listed.is_complete:
            left = f"{len(comparable)} that it did not show stay as they are"
            emit(Notice(f"the list of {kind.plural} moved while it was read: {left}"))


def _complete(
    client: Client, kind: Kind, wires: Iterable[Wire], completed: Iterable[Wire | UnreadableFile], view: RemoteView
) -> Iterator[Wire]:
    """Give the objects with their files; one whose file the server has not is told, and is not read."""
    for wire, whole in zip(wires, completed, strict=True):
        if isinstance(whole, UnreadableFile):
            view.refuse(summary_of(kind, wire, client.wire_context()), whole)
        else:
            yield whole


def _was_shown(row: Row, records: Records, *, was_whole: bool) -> bool:
    """Tell whether a listing as the one before would show a resource that we knew, if it were there."""
    return _was_met(row, records) and (was_whole or row.remote_state is not State.NOT_LISTED)


def _was_met(row: Row, records: Records) -> bool:
    """Tell whether a server ever showed us a resource.

    Of what the lock alone knows there is neither a time nor anything that a server derived: somebody else saw that, who
    may be shown more. Not every server says a time.
    """
    return row.updated_at is not None or bool(records.reader.derived(records.scope, row.key))


def _unproven(row: Row) -> State:
    """Say how a listing that failed leaves a resource."""
    return State.NOT_LISTED if row.remote_state is State.NOT_LISTED else State.UNPROVEN


def _fetch_listing(client: Client, kind: Kind, known: Mapping[RemoteId, Row], emit: Emit) -> Listed | None:
    """List a kind without its files; None where this server does not have it, or has it for others."""

    def is_unmoved(wire: Wire) -> bool:
        row = known.get(remote_id_of(kind, wire, endpoints))
        context = client.wire_context_now(wire)
        return (
            row is not None and context is not None and has_body(kind, wire) and _is_as_known(kind, wire, row, context)
        )

    try:
        endpoints = client.endpoints(kind)
    except NotSupported:
        return None
    try:
        return client.fetch_listing(kind, is_unmoved=is_unmoved)
    except (NotSupported, NotAllowed) as error:
        if isinstance(error, SignedOut) or not endpoints.may_be_absent:
            raise
        emit(Notice(f"{kind.plural} are left out: {error.message}"))
        return None


def _is_as_known(kind: Kind, wire: Wire, row: Row, context: WireContext) -> bool:
    """Tell whether a whole object says what the mirror remembers of it."""
    if row.remote_state is not State.PRESENT or row.remote_digest is None:
        return False
    try:
        theirs = from_wire(kind, wire, context)
    except UnexpectedReply:
        return False
    told = (theirs.key, theirs.type, theirs.version, theirs.updated_at, theirs.writable)
    if told != (row.key, row.type, row.version, row.updated_at, row.writable):
        return False
    return theirs.fingerprint == row.remote_fingerprint and (kind.form is None or theirs.type in kind.folders)


def _learn_names(client: Client, kinds: Sequence[Kind], bases: Mapping[str, str], records: Records) -> None:
    """List the kinds that others refer to and that we never listed: a resource reads the same, whatever is pulled."""
    listed = {*bases, *(kind.name for kind in kinds)}
    wanted = {name for kind in kinds for name in kind.refers_to} - listed
    rows = records.known(wanted) if wanted else {}
    for kind in (kind for kind in all_kinds() if kind.name in wanted):
        try:
            found = client.fetch_names(kind)
        except (NotSupported, NotAllowed) as error:
            if isinstance(error, SignedOut):
                raise
            continue
        known = {row.remote_id: row.key.slug for row in rows.values() if row.key.kind == kind.name}
        client.know_names(kind.name, slugs_for(kind, found, known, client.endpoints(kind)))


def _read_listed(
    client: Client,
    kind: Kind,
    listed: Listed,
    rows: Mapping[Key, Row],
    read_body: Callable[[str], Body],
    emit: Emit,
    view: RemoteView,
) -> None:
    """Read the listed objects into the view, and fetch the bodies that are not in the listing and may have moved."""
    whole, hidden, kept, asked = _sort_out(client, kind, listed, rows)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        emit(Progress(f"reading {kind.plural}", done, len(asked)))

    for remote_id, answer in client.fetch_items(kind, list(asked), count).items():
        if isinstance(answer, UnreadableFile):
            view.refuse(summary_of(kind, asked[remote_id], client.wire_context()), answer)
        elif isinstance(answer, RemoteError) or not has_body(kind, answer):
            hidden.append(asked[remote_id])
        else:
            whole.append(answer)
    context = client.wire_context([*whole, *hidden, *(wire for wire, _row in kept)])
    resources = [each for wire in whole if (each := _read(kind, wire, context, view))]
    for wire, row in kept:
        stored, summary = read_body(str(row.remote_digest)), _read(kind, wire, context, view)
        if summary is None:
            continue
        body = {**summary.body, **{name: stored[name] for name in kind.unlisted if name in stored}}
        resources.append(replace(summary, body=body))
    for resource in resources:
        # a type that this version has no folder for can be mirrored, and not be a file
        place = view.seen if kind.form is None or resource.type in kind.folders else view.unreadable
        place[resource.key] = resource
    for wire in hidden:
        summary = _read(kind, wire, context, view)
        if summary is not None:
            view.unreadable[summary.key] = summary


def _read(kind: Kind, wire: Wire, context: WireContext, view: RemoteView) -> Resource | None:
    """Read an object; one of a form that we do not know is told, and keeps no other from being read."""
    try:
        return from_wire(kind, wire, context)
    except UnexpectedReply as error:
        view.refuse(summary_of(kind, wire, context), error)
        return None


def _sort_out(
    client: Client, kind: Kind, listed: Listed, rows: Mapping[Key, Row]
) -> tuple[list[Wire], list[Wire], list[tuple[Wire, Row]], dict[RemoteId, Wire]]:
    """Sort what was listed: whole, not for us, whole once we lay in what we know, and to be asked for one by one."""
    if listed.has_bodies:
        return list(listed.wires), [], [], {}
    known = {row.remote_id: row for row in rows.values() if row.key.kind == kind.name}
    whole: list[Wire] = []
    hidden: list[Wire] = []
    kept: list[tuple[Wire, Row]] = []
    asked: dict[RemoteId, Wire] = {}
    for wire in listed.wires:
        remote_id = remote_id_of(kind, wire, client.endpoints(kind))
        row = known.get(remote_id)
        if has_body(kind, wire):
            whole.append(wire)
        elif _is_closed(client, kind, wire):
            hidden.append(wire)
        elif row is not None and row.remote_digest and row.version and row.version == version_of(wire):
            kept.append((wire, row))
        else:
            asked[remote_id] = wire
    return whole, hidden, kept, asked


def _is_closed(client: Client, kind: Kind, wire: Wire) -> bool:
    """Tell whether the server already said that the body is not for us: readers get it only with the right to write."""
    if wire.get("write_access") is False:
        return True
    return kind.items_are_for_admins and not client.identity.is_admin


def _settle_missing(client: Client, kind: Kind, missing: Sequence[Row], records: Records, view: RemoteView) -> None:
    """Decide what it means that known resources were not listed: gone only if the server says so for each by name.

    Of what it never showed us that is told, and nothing follows: it may be another server than it was.
    """
    answers = client.fetch_items(kind, [row.remote_id for row in missing], lambda: None)
    if any(isinstance(each, Missing) for each in answers.values()):
        client.check_identity()
    for row in missing:
        answer = answers[row.remote_id]
        if isinstance(answer, UnreadableFile):
            view.refuse(Resource(row.key, {}, row.type), answer)
        elif not isinstance(answer, RemoteError) and has_body(kind, answer):
            found = _read(kind, answer, client.wire_context([answer]), view)
            view.seen |= {found.key: found} if found else {}
        elif isinstance(answer, Missing) and would_be_shown(client, kind, row.key, records):
            if not _was_met(row, records):
                view.invisible[row.key] = State.NEVER_MET
                continue
            view.gone.add(row.key)
        else:
            continue
        del view.invisible[row.key]


def would_be_shown(client: Client, kind: Kind, key: Key, records: Records) -> bool:
    """Tell whether the server would show us a resource by its id if it were there."""
    if client.identity.is_admin or not client.endpoints(kind).hides_closed_items:
        return True
    derived = records.reader.derived(records.scope, key)
    return isinstance(derived, dict) and derived.get("user_id") == client.identity.id


def refuse_hidden(
    client: Client, kind: Kind, key: Key, type_: str, records: Records, *, was_shown: bool, is_deletion: bool = False
) -> None:
    """See that a resource that we knew, and that the server says it has not, is gone and not only hidden from us.

    Of one that we asked to delete an empty list tells enough.

    Raises:
        NotAllowed: nobody can say.
        RemoteError: the server takes us for somebody else by now, or could not be asked.
    """
    client.check_identity()
    is_told = would_be_shown(client, kind, key, records)
    if client.endpoints(kind).item is None:
        # a list tells of what an earlier one showed to us; that it is empty tells nothing
        is_told = was_shown and (is_deletion or bool(client.fetch_names(kind)))
    if not is_told:
        ref = ref_of(key, type_)
        raise NotAllowed(f"{ref}: the server does not show it to you", hint="ask its owner for access")


def find_theirs(
    client: Client,
    records: Records,
    kind: Kind,
    key: Key,
    row: Row | None,
    *,
    needs_groups: bool,
    known_valves: Wire | None = None,
    new: Body | None = None,
) -> tuple[Wire | None, Resource | None]:
    """Read what the server holds under an address now: (the object, the resource), None where it has none.

    Where the server makes the ids and we never met the resource, the listing tells which one bears the name, among
    those that have no other address here. `known_valves` are taken for its fields that are valves; None reads those,
    too. `new` is what would be created where it has none.

    Raises:
        Namesake: it has one of the name of `new`, which nobody here met.
        Rejected: what we never agreed on is there as a resource of another kind.
        NotAllowed: what we knew is not shown to us, which is no proof that it is gone.
        RemoteError: the server could not be asked.
    """
    endpoints = client.endpoints(kind)
    remote_id = row.remote_id if row is not None else None
    if remote_id is None and endpoints.makes_id:
        known = {row.remote_id: row.key.slug for row in records.known([kind.name]).values() if row.remote_id}
        listed = client.fetch_names(kind)
        slugs = slugs_for(kind, listed, known, endpoints)
        remote_id = next((each for each, slug in slugs.items() if slug == key.slug), None)
        if remote_id is None:
            unmet = [each for each in listed if remote_id_of(kind, each, endpoints) not in known]
            _refuse_namesake(kind, key, new or {}, unmet)
            return None, None
    remote_id = remote_id or new_remote_id(endpoints, key.slug)
    client.know_names(kind.name, {remote_id: key.slug})
    try:
        wire = client.fetch_item(kind, remote_id, known_valves=known_valves)
    except Missing:
        if row is not None:
            refuse_hidden(client, kind, key, row.type, records, was_shown=_was_shown(row, records, was_whole=False))
        return None, None
    if (row is None or row.base_remote is None) and not _is_of(client, kind, wire):
        others = [each for each in kinds_beside(client, kind) if _is_of(client, each, wire)]
        raise Rejected(
            f"{kind.name}/{key.slug}: the server has {' or '.join(f'{each.name}/{key.slug}' for each in others)} there",
            hint=f"move its file to {' or '.join(each.folders[''] for each in others)}/, or name it otherwise",
        )
    return wire, read_one_remote(client, kind, wire, client.wire_context([wire], needs_groups=needs_groups))


def _refuse_namesake(kind: Kind, key: Key, new: Body, unmet: Sequence[Wire]) -> None:
    """See that what is to be created is not there under a name of its own: a colleague's push may have made it."""
    if kind.is_named_by_its_key or kind.named_by not in new:
        return
    place = kind.field_named(kind.named_by).wire[0]
    if any(each.get(place) == new[kind.named_by] for each in unmet):
        raise Namesake(
            f"{kind.name}/{key.slug}: the server has one of that name, and nobody here knows whether it is this one",
            hint=f"look: cochat pull --kind {kind.name}; then take one of both away, or push again to have two",
        )


def kinds_beside(client: Client, kind: Kind) -> list[Kind]:
    """List the other kinds of which a server keeps the objects under the same ids: one request deletes any of them."""
    beside: list[Kind] = []
    for each in all_kinds():
        with suppress(NotSupported):
            wanted = client.endpoints(kind).delete
            if each is not kind and wanted is not None and client.endpoints(each).delete == wanted:
                beside.append(each)
    return beside


def check_kind(client: Client, kind: Kind, key: Key, form: Wire) -> None:
    """See that what is to be sent is of its kind on the server, too: else it would be there as one of another.

    Raises:
        UsageError: the server takes it for one of a kind beside it.
    """
    if _is_of(client, kind, form):
        return
    others = [each for each in kinds_beside(client, kind) if _is_of(client, each, form)]
    names = " or ".join(f"{each.name}/{key.slug}" for each in others)
    folders = " or ".join(f"{each.folders['']}/" for each in others)
    fields = " and ".join(client.endpoints(kind).selected_by)
    raise UsageError(
        f"{kind.name}/{key.slug}: as its {fields} is, it would be {names} on the server",
        hint=f"mend its {fields}, or move its file to {folders}",
    )


def _is_of(client: Client, kind: Kind, wire: Wire) -> bool:
    selects = client.endpoints(kind).selects
    return selects is None or selects(wire)


def read_one_remote(client: Client, kind: Kind, wire: Wire, context: WireContext | None = None) -> Resource:
    """Read one whole object.

    Raises:
        UnexpectedReply: it has no body.
    """
    if not has_body(kind, wire):
        raise UnexpectedReply(f"reading a {kind.name}: the answer is not whole")
    return from_wire(kind, wire, context or client.wire_context([wire]))
