"""Send one resource: whatever differs, each field by the request that writes it, and what the server then holds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from cochat_devkit.errors import Moved, Rejected
from cochat_devkit.kinds.kind import SourceFacts, WrittenBy
from cochat_devkit.kinds.wire import changed_fields, from_wire, has_body, remote_id_of, to_create_form, to_update_form
from cochat_devkit.resource import Slug, is_same_json

if TYPE_CHECKING:
    from cochat_devkit.api.client import Client
    from cochat_devkit.kinds.dialects import Dialect
    from cochat_devkit.kinds.kind import Field, Kind, WireContext
    from cochat_devkit.resource import Body, Resource, Wire
    from cochat_devkit.sync.exchange import Exchange

#: gives the bytes behind a digest
ReadBlob = Callable[[str], bytes]


def send_new(
    client: Client,
    kind: Kind,
    resource: Resource,
    *,
    needs_groups: bool,
    message: str = "",
    read_blob: ReadBlob | None = None,
) -> Resource:
    """Create a resource: what the server then holds.

    `message` goes into its history, where it keeps one; `read_blob` gives the bytes of files that it names by digest.

    Raises:
        RemoteError: the server refuses, or could not be asked.
    """
    context = client.wire_context(needs_groups=needs_groups)
    form = _with_message(client, kind, to_create_form(kind, resource, context), message)
    remote_id = client.send_create(kind, form, str(resource.key))
    client.know_names(kind.name, {remote_id: resource.key.slug})
    wire = client.fetch_item(kind, remote_id, is_new=True)
    context = client.wire_context([wire], needs_groups=needs_groups)
    wire = _send_files(client, kind, wire, resource.body, context, read_blob)
    wire = _flip_switches(client, kind, wire, resource.body, context, kind.fields)
    return from_wire(kind, _send_valves(client, kind, wire, resource.body, context), context)


def send_changes(
    client: Client,
    kind: Kind,
    wire: Wire,
    body: Body,
    *,
    needs_groups: bool,
    message: str = "",
    read_blob: ReadBlob | None = None,
) -> Resource:
    """Change a resource that was just read as `wire`: what the server then holds. `message` goes into its history.

    Raises:
        Moved: somebody saved meanwhile; of what takes a request of its own, what came before may be sent.
        RemoteError: the server refuses, or could not be asked.
    """
    from cochat_devkit.api.attached import with_files_of

    context = client.wire_context([wire], needs_groups=needs_groups)
    remote_id = remote_id_of(kind, wire, client.endpoints(kind))
    changed = changed_fields(kind, wire, body, context)
    form, before = _with_message(client, kind, to_update_form(kind, wire, body, context), message), wire
    if any(_is_saved(each, client.dialect) for each in changed):
        try:
            wire = client.send_update(kind, remote_id, form)
        except Rejected:
            _restore_switches(client, kind, wire, context)
            raise
    if any(each.written_by is WrittenBy.ACCESS and not _is_saved(each, client.dialect) for each in changed):
        wire = client.send_access(kind, remote_id, form)
    if kind.digest_field is not None:
        wire = _send_files(client, kind, with_files_of(wire, before), body, context, read_blob)
    elif not has_body(kind, wire):
        wire = _read_again(client, kind, wire, before)
    wire = _flip_switches(client, kind, wire, body, context, changed)
    return from_wire(kind, _send_valves(client, kind, wire, body, context), context)


def check_requests(client: Client, kind: Kind, before: Body | None, body: Body | None) -> None:
    """See that the server has a request for all that is to be done, before anything is sent.

    `before` is what the server holds, None for what is to be created; `body` is what it is to hold, None for nothing.

    Raises:
        NotSupported: it has none: a part could not be sent, or what is switched off here would be live there.
    """
    endpoints = client.endpoints(kind)
    if body is None:
        endpoints.offered("delete")
        return
    if before is None:
        endpoints.offered("create")
    for each in kind.fields:
        held = before[each.name] if before is not None else each.implied(SourceFacts(Slug(""), {}))
        if is_same_json(held, body[each.name]):
            continue
        if each.written_by is WrittenBy.SWITCH:
            client.switch_of(kind, each.name)
        elif before is not None and _is_saved(each, client.dialect):
            endpoints.offered("update")


def make_form(client: Client, kind: Kind, resource: Resource, wire: Wire | None, *, needs_groups: bool) -> Wire:
    """Say a resource in the server's words, and see that the server has all whom it names.

    `wire` is what the server holds, None for what is to be created.

    Raises:
        UsageError: it names somebody whom the server does not have.
        NotSupported: the server cannot hold a field that says something.
        RemoteError: the server could not be asked.
    """
    context = client.wire_context([wire] if wire else (), needs_groups=needs_groups)
    if wire is None:
        return to_create_form(kind, resource, context)
    return to_update_form(kind, wire, resource.body, context)


def check_form(client: Client, kind: Kind, resource: Resource, wire: Wire | None, *, needs_groups: bool) -> None:
    """See that a resource can be said in the server's words, and that the server has all whom it names.

    `wire` is what the server holds, None for what is to be created.

    Raises:
        UsageError: it names somebody whom the server does not have.
        NotSupported: the server cannot hold a field that says something.
        RemoteError: the server could not be asked.
    """
    context = client.wire_context([wire] if wire else (), needs_groups=needs_groups)
    if wire is None:
        to_create_form(kind, resource, context)
    else:
        to_update_form(kind, wire, resource.body, context)


def _send_files(
    client: Client, kind: Kind, wire: Wire, body: Body, context: WireContext, read_blob: ReadBlob | None
) -> Wire:
    """Attach and remove what differs; the object as it then is. `wire` has the files as they were read."""
    from cochat_devkit.api.attached import attached_in
    from cochat_devkit.sync.exchange import make_exchanges

    fields = [each for each in changed_fields(kind, wire, body, context) if each.written_by is WrittenBy.FILES]
    if not fields:
        return wire
    if read_blob is None:
        raise LookupError(f"nobody gives the bytes of the files of a {kind.name}")
    remote_id, files = remote_id_of(kind, wire, client.endpoints(kind)), client.files_of(kind)
    present, wanted = {each.path: each for each in attached_in(wire)}, body[fields[0].name]
    exchanges = make_exchanges({path: each.digest for path, each in present.items()}, wanted)

    def carry_out(each: Exchange) -> None:
        files.exchange(remote_id, present, each.leaving, {path: wanted[path] for path in each.coming}, read_blob)

    later: list[Exchange] = []
    for number, each in enumerate(exchanges):
        try:
            carry_out(each)
        except Rejected as error:
            if each.doubled:
                hint = f"{' and '.join(each.doubled)} are equal: keep one of them"
                raise Rejected(error.message, detail=error.detail, hint=hint) from error
            if not any(other.leaving for other in exchanges[number + 1 :]):
                raise
            # other bytes may have the same text: what is still to leave may be what stands in the way
            later.append(each)
    for each in later:
        carry_out(each)
    return client.with_files(kind, wire)


def _send_valves(client: Client, kind: Kind, wire: Wire, body: Body, context: WireContext) -> Wire:
    """Write the fields that are values of the plugin, last: the source that was just saved may be what has them."""
    remote_id = remote_id_of(kind, wire, client.endpoints(kind))
    for each in changed_fields(kind, wire, body, context):
        if each.written_by is WrittenBy.VALVES:
            client.send_valve(kind, remote_id, each.name, body[each.name], was=wire.get(each.name))
            wire = {**wire, each.name: body[each.name]}
    return wire


def _read_again(client: Client, kind: Kind, wire: Wire, before: Wire) -> Wire:
    """Read the whole object of which a request answered a part; values of a plugin are as they were read before."""
    remote_id = remote_id_of(kind, wire, client.endpoints(kind))
    known = {name: before[name] for name in kind.valve_fields if name in before}
    return client.fetch_item(kind, remote_id, known_valves=known)


def _with_message(client: Client, kind: Kind, form: Wire, message: str) -> Wire:
    has_history = client.endpoints(kind).history is not None
    return {**form, "commit_message": message} if message and has_history else form


def _is_saved(field: Field, dialect: Dialect) -> bool:
    """Tell whether the save writes a field: access, too, where it has no endpoint of its own."""
    by_save = field.written_by is WrittenBy.SAVE
    return by_save or (field.written_by is WrittenBy.ACCESS and dialect.access == "control")


def _flip_switches(
    client: Client, kind: Kind, wire: Wire, body: Body, context: WireContext, meant: Collection[Field]
) -> Wire:
    """Flip those that are meant where they differ, and believe only the answer: a flip is not idempotent.

    What differs and is not meant somebody else flipped since it was read.
    """
    remote_id = remote_id_of(kind, wire, client.endpoints(kind))
    for each in changed_fields(kind, wire, body, context):
        if each.written_by is not WrittenBy.SWITCH or each not in meant:
            continue
        answer = client.send_switch(kind, remote_id, each.name)
        if each.codec.read(answer, each, context) != body[each.name]:
            raise Moved(
                f"{kind.name}/{remote_id}: somebody flipped {each.name} at the same moment",
                hint="run the command again",
            )
        wire = answer if has_body(kind, answer) else _read_again(client, kind, answer, wire)
    return wire


def _restore_switches(client: Client, kind: Kind, before: Wire, context: WireContext) -> None:
    """Undo what a refused save did: 0.6 switches a live function off when its new source does not load."""
    switches = [each for each in kind.fields if each.written_by is WrittenBy.SWITCH]
    if switches and not client.dialect.has_versions:
        now = _read_again(client, kind, before, before)
        _flip_switches(client, kind, now, from_wire(kind, before, context).body, context, switches)
