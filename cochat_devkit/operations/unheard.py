"""From a request to a base: what became of a write, heard or unheard, and the base that follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cochat_devkit.errors import Missing, RemoteError
from cochat_devkit.events import Notice, Outcome
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.kinds.kind import WrittenBy
from cochat_devkit.kinds.wire import from_wire, new_remote_id, remote_id_of
from cochat_devkit.mirror.history import Origin, Seen
from cochat_devkit.mirror.journal import StepState
from cochat_devkit.operations.observe import read_one_remote, refuse_hidden
from cochat_devkit.operations.records import agreed_row, to_row
from cochat_devkit.operations.verify import find_overwritten
from cochat_devkit.sync.decide import Action, Reason
from cochat_devkit.sync.describe import changed_names, describe_changes
from cochat_devkit.sync.outcome import Verdict, agreed_after, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.api.client import Client
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.journal import Step
    from cochat_devkit.operations.conflicts import Conflicts
    from cochat_devkit.operations.records import Records
    from cochat_devkit.resource import Body, Resource, Wire
    from cochat_devkit.workspace.tree import LocalResource


def note_applied(records: Records, step: Step, after: Resource | None) -> Step:
    """Note that the server answered, and what it then holds; None for a deletion."""
    step = step._replace(
        state=StepState.APPLIED,
        remote_id=after.remote_id if after else step.remote_id,
        after_digest=after.digest if after else None,
        after_version=after.version if after else None,
    )
    if after is not None:
        records.keep_bodies((after.type, after.body))
    records.keep_step(step)
    records.flush()
    return step


def advance(
    records: Records,
    step: Step,
    after: Resource | None,
    covered: Sequence[Resource] = (),
    verdict: Verdict = Verdict.DONE,
) -> tuple[str, ...]:
    """Make what the server now holds the base, in one transaction with the end of the step.

    `covered` are versions by others that the write covered, newest first: they go into the history, and an undo of the
    step brings back the newest.

    Returns the names of fields that somebody else changed in the same moment: the base has them as they were, so that
    the next pull takes them in.
    """
    foreign: tuple[str, ...] = ()
    if after is None:
        records.drop(step.key)
    else:
        agreed = _agreed(records, step, after, verdict)
        foreign = tuple(changed_names(agreed.body, after.body))
        if step.row_after is not None:
            row = to_row(after, step.row_after)
        else:
            row = agreed_row(agreed, step.base_local, step.path)
            row = row._replace(remote_digest=after.digest, remote_fingerprint=after.fingerprint)
        records.keep(row, *((each.type, each.body) for each in ((after, agreed) if foreign else (after,))))
        # to an undo, what somebody else did in the same moment has moved since
        step = step._replace(after_digest=agreed.digest)
    for each in reversed(covered):
        message = str(Reason.OVERWRITTEN)
        records.keep_seen(Seen(step.key, each.type, each.body, Origin.THEIR_HISTORY, each.version, message))
    if covered:
        step = step._replace(before_digest=covered[0].digest)
    records.keep_step(step._replace(state=StepState.DONE))
    records.flush()
    return foreign


def _agreed(records: Records, step: Step, after: Resource, verdict: Verdict) -> Resource:
    """Say what both sides agree on once a step is done, or a part of it."""
    before, sent = _body(records, step.before_digest), _body(records, step.sent_digest)
    if sent is None:
        return after
    kind = kind_named(step.key.kind)[0]
    return replace(after, body=agreed_after(before, sent, after.body, verdict, sent_by_entry=_by_entry(kind)))


def note_covered(
    conflicts: Conflicts, kind: Kind, step: Step, local: LocalResource | None, covered: Sequence[Resource]
) -> Outcome | None:
    """Keep what a write covered as a conflict and as files, and say so; None where it covered nothing."""
    if not covered:
        return None
    records, ref = conflicts.records, ref_of(step.key, step.type)
    conflicts.note(kind, str(Reason.OVERWRITTEN), ("the whole",), step.row_before, local, covered[0])
    records.flush()
    sent = records.reader.body(step.sent_digest) if step.sent_digest else {}
    return Outcome(
        ref,
        str(Action.CONFLICT),
        str(Reason.OVERWRITTEN),
        step.path,
        3,
        f"{Reason.OVERWRITTEN}; it is kept in .cochat/conflicts/ and in the history",
        f"to bring theirs back: cochat undo {records.run_id} {ref}; to keep yours: cochat resolve {ref} --ours",
        tuple(f"theirs: {line}" for line in describe_changes(sent, covered[0].body)),
    )


def settle_write(client: Client, records: Records, step: Step) -> Verdict:
    """Find out what became of a write whose answer nobody heard, by reading the server; remember what follows.

    A create of which the server made the id stays open while something there may be what it made, and nobody knows.

    Raises:
        RemoteError: the server could not be asked; the step stays open.
    """
    kind = kind_named(step.key.kind)[0]
    before, sent = _body(records, step.before_digest), _body(records, step.sent_digest)
    found = _read_now(client, kind, records, step, sent)
    now = found[0] if found else None
    told = now.body if now else None
    verdict = judge(before, sent, told, sent_later=_later(kind), sent_by_entry=_by_entry(kind))
    if len(found) > 1:
        # any of them may be ours: a person has to say which
        verdict = Verdict.OTHER
    if now is not None and verdict in (Verdict.DONE, Verdict.PARTLY) and _is_lost(client, kind, step):
        # a look in between may have given it an address of its own
        for key, row in records.known([kind.name]).items():
            if row.remote_id == now.remote_id and key != step.key:
                records.drop(key)
    if verdict is Verdict.DONE:
        advance(records, note_applied(records, step, now), now)
    elif verdict is Verdict.PARTLY and now is not None:
        # the rest is still a change of ours: against a base that is what of it the server holds
        advance(records, note_applied(records, step, now)._replace(base_local=None), now, verdict=verdict)
    elif verdict is not Verdict.OTHER or not _is_lost(client, kind, step):
        records.keep_step(step._replace(state=StepState.DROPPED, note=str(verdict)))
        records.flush()
    return verdict


def tell_covered_later(
    client: Client, conflicts: Conflicts, step: Step, local: LocalResource | None, verdict: Verdict, emit: Emit
) -> Outcome | None:
    """Look whether a write whose answer nobody heard covered somebody's version, and say so; None where it did not."""
    if verdict not in (Verdict.DONE, Verdict.PARTLY):
        return None
    kind = kind_named(step.key.kind)[0]
    try:
        covered = _find_covered_later(client, kind, conflicts.records, step)
    except RemoteError as error:
        emit(Notice(f"{ref_of(step.key, step.type)}: its history cannot be read: {error.message}"))
        return None
    return note_covered(conflicts, kind, step, local, covered)


def _find_covered_later(client: Client, kind: Kind, records: Records, step: Step) -> list[Resource]:
    """Look whether a write of an earlier run covered somebody's version, once it is known that it was done.

    Raises:
        RemoteError: the history could not be read.
    """
    row = records.known([kind.name]).get(step.key)
    if row is None or step.before_version is None or row.version is None:
        return []
    wire = client.fetch_item(kind, row.remote_id)
    ours = read_one_remote(client, kind, wire)
    ours = replace(ours, version=row.version)
    covered = find_overwritten(client, kind, wire, step.before_version, step.before_saved_s, ours)
    if covered:
        advanced = step._replace(before_digest=covered[0].digest, state=StepState.DONE)
        records.keep_bodies(*((each.type, each.body) for each in covered))
        records.keep_step(advanced._replace(after_digest=row.remote_digest, after_version=row.version))
    return covered


def ids_listed(client: Client, kind: Kind) -> tuple[str, ...]:
    """List the ids that a server shows of a kind."""
    endpoints = client.endpoints(kind)
    return tuple(sorted(remote_id_of(kind, wire, endpoints) for wire in client.fetch_names(kind)))


def _read_now(client: Client, kind: Kind, records: Records, step: Step, sent: Body | None) -> list[Resource]:
    """Read what the server holds now: nothing, or what is there, or all that could be what we created."""
    if _is_lost(client, kind, step):
        return _find_lost(client, kind, records, step, sent)
    remote_id = step.remote_id or new_remote_id(client.endpoints(kind), step.key.slug)
    client.know_names(kind.name, {remote_id: step.key.slug})
    try:
        return [read_one_remote(client, kind, client.fetch_item(kind, remote_id))]
    except Missing:
        if step.before_digest is not None:
            is_deletion = sent is None
            refuse_hidden(client, kind, step.key, step.type, records, was_shown=True, is_deletion=is_deletion)
        return []


def _is_lost(client: Client, kind: Kind, step: Step) -> bool:
    """Tell whether nobody knows under which id the server has what a step created."""
    return step.remote_id is None and client.endpoints(kind).makes_id


def _find_lost(client: Client, kind: Kind, records: Records, step: Step, sent: Body | None) -> list[Resource]:
    """Recognise a created resource of which the server made the id: not listed before, ours, and with our body.

    Where none has it, those that bear its name: somebody may have edited it since.

    Raises:
        UnexpectedReply: the listing is not whole, so nobody can say.
    """
    agreed = (row for row in records.known([kind.name]).values() if row.base_remote is not None)
    known = {*(step.known_ids or ()), *(row.remote_id for row in agreed)}
    endpoints = client.endpoints(kind)
    found: list[Resource] = []
    namesakes: list[Resource] = []
    for wire in client.fetch_names(kind):
        remote_id = remote_id_of(kind, wire, endpoints)
        if remote_id in known or not _is_mine(client, wire):
            continue
        client.know_names(kind.name, {remote_id: step.key.slug})
        whole = client.fetch_item(kind, remote_id)
        resource = from_wire(kind, whole, client.wire_context([whole]))
        if judge(None, sent, resource.body, sent_later=_later(kind)) in (Verdict.DONE, Verdict.PARTLY):
            found.append(resource)
        elif sent is not None and resource.body[kind.named_by] == sent[kind.named_by]:
            namesakes.append(resource)
    return found or namesakes


def _is_mine(client: Client, wire: Wire) -> bool:
    return wire.get("user_id") in (None, client.identity.id)


def _later(kind: Kind) -> list[str]:
    return [each.name for each in kind.fields if each.written_by is not WrittenBy.SAVE]


def _by_entry(kind: Kind) -> list[str]:
    return [each.name for each in kind.fields if each.written_by is WrittenBy.FILES]


def _body(records: Records, digest: str | None) -> Body | None:
    return records.reader.body(digest) if digest else None
