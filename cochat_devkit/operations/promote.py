"""Promote: bring what one target and this workspace agreed on to another target, by the road of a push."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.errors import NotAllowed, NotSupported, RemoteError, SignedOut, UnknownResource, UsageError
from cochat_devkit.events import Notice, Outcome, Report
from cochat_devkit.kinds import all_kinds, kind_named, parse_ref, ref_of
from cochat_devkit.kinds.dialects import dialect_named
from cochat_devkit.kinds.names import RAW
from cochat_devkit.kinds.references import ids_in, kinds_answering, makers_of, naming_of, refs_in
from cochat_devkit.kinds.wire import slugs_for, told_by
from cochat_devkit.mirror.history import Origin, read_history
from cochat_devkit.mirror.journal import read_last_step
from cochat_devkit.operations.agreed import find_base_body
from cochat_devkit.operations.offline import base_of, look_offline
from cochat_devkit.operations.push import Changes, PushOptions, plan_and_send, verify, write_order
from cochat_devkit.operations.resume import resume
from cochat_devkit.operations.session import Selection, as_whoever_signs_in, connect
from cochat_devkit.operations.trust import keep_own
from cochat_devkit.resource import Key, Resource, State, is_same_body
from cochat_devkit.sync.decide import Action
from cochat_devkit.workspace.lock import workspace_lock
from cochat_devkit.workspace.tree import LocalResource, Tree, foresee, path_for, write_layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.offline import Known
    from cochat_devkit.operations.session import Session
    from cochat_devkit.resource import Body, RemoteId, Slug

_TESTS = "plugins/tests"


@dataclass(frozen=True)
class PromoteOptions:
    """Say what is promoted and how far: `from_files` takes the files, `with_refs` what is referred to as well."""

    source: str
    target: str
    from_files: bool = False
    with_refs: bool = False
    plan_only: bool = False
    verify: bool = True
    message: str = ""


def promote(config: Config, selection: Selection, options: PromoteOptions, *, emit: Emit) -> Report:
    """Send the bodies of some resources to another target; the files stay as they are.

    A body has to come after the other target's base, or it would take back what was pulled from there: it is what the
    file says, which took that in; or the base is what was last sent there, and the source target has had it. Of fields
    that the source's dialect does not have, what the other target has stays.

    Raises:
        UnknownResource: an address names nothing, or a reference in a body has nobody on the other target.
        UsageError: both targets are one, or source and workspace never agreed on a resource.
        LintFailed, TestsFailed: a plugin does not pass; nothing was sent.
        RemoteError: the server could not be asked.
    """
    if config.target_named(options.source).url == config.target_named(options.target).url:
        raise UsageError("both targets are the same server", hint="see cochat.toml, and unset COCHAT_URL")
    with workspace_lock(config.root):
        return as_whoever_signs_in(lambda: _promote(config, selection, options, emit))


def _promote(config: Config, selection: Selection, options: PromoteOptions, emit: Emit) -> Report:
    report = Report(requests=0)
    resumed = resume(config, options.target, emit)
    for outcome in resumed.outcomes:
        report.add(outcome)
    everything = Selection(kinds=all_kinds())
    with (
        look_offline(config, everything, options.source) as known,
        look_offline(config, everything, options.target) as there,
    ):
        files, rows = known.tree, there.rows
        taking = _Taking(config, known, there, options)
        taken = taking.take(selection)
        for key in [key for key, each in taken.items() if not taking.comes_after_base(each)]:
            report.add(_takes_back(ref_of(key, taken[key].type), taken.pop(key).path, options))
        if not taken:
            return report
        present = {key for key, row in rows.items() if row.remote_state is State.PRESENT}
        _check_references(taking, taken.values(), present, report, emit)
    if options.verify:
        _verify_apart(config, taken.values(), files, emit)
    keep_own(config, taken.values())
    order = write_order()
    keys = tuple(sorted(taken.keys() - resumed.held, key=lambda key: (order[key.kind], key)))
    changes = Changes(keys, rows, Tree(found=dict(taken)), {})
    pushing = PushOptions(plan_only=options.plan_only, verify=options.verify, message=options.message)
    before = len(report.items)
    plan_and_send(config, options.target, changes, keys, pushing, report, emit, files=files)
    report.items[before:] = [_pointed(each, options) for each in report.items[before:]]
    return report


@dataclass
class _Taking:
    """Take bodies as the source target last agreed on them, or as the files say them.

    What the source's dialect has no field for is taken from the base of the other target.
    """

    config: Config
    known: Known
    there: Known
    options: PromoteOptions

    def take(self, selection: Selection) -> dict[Key, LocalResource]:
        selection.check_known(self.known.types.items())
        meant = [key for key, type_ in self.known.types.items() if selection.has(key, type_)]
        waiting = [key for key in meant if kind_named(key.kind)[0].form is not None]
        taken: dict[Key, LocalResource] = {}
        while waiting:
            key = waiting.pop()
            if key in taken:
                continue
            taken[key] = self._take_one(key)
            if self.options.with_refs:
                waiting += self._referred(taken[key].resource)
        return taken

    def comes_after_base(self, taken: LocalResource) -> bool:
        """Tell whether whatever was pulled from the other target is in what is taken, or needs not be."""
        key, row = taken.key, self.there.rows.get(taken.key)
        base = base_of(row)
        if row is None or base is None or taken.fingerprint in base:
            return True
        return self._is_as_in_files(key, taken) or self._was_sent(key, row)

    def _is_as_in_files(self, key: Key, taken: LocalResource) -> bool:
        local, row = self.known.tree.found.get(key), self.known.rows.get(key)
        if local is None:
            return False
        is_agreed = local is taken or (row is not None and local.fingerprint == row.base_local)
        return is_agreed or is_same_body(self._told(key, local.resource.body), self._told(key, taken.resource.body))

    def _was_sent(self, key: Key, row: Row) -> bool:
        """Tell whether a base is what was last sent there, and the source target has had that."""
        if self.there.scope is None or self.known.scope is None:
            return False
        step = read_last_step(self.there.reader, self.there.scope, key)
        if step is None or step.sent_digest is None or step.after_digest != row.base_digest:
            return False
        sent = self._told(key, self.there.reader.body(step.sent_digest))
        entries = read_history(self.known.reader, self.known.scope, key)
        digests = {each.digest for each in entries if each.digest and each.origin is not Origin.HERE}
        return any(is_same_body(sent, self._told(key, each)) for each in self.known.reader.bodies(digests).values())

    def _told(self, key: Key, body: Body) -> Body:
        """Keep of a body what the source target can say; all of it where nobody knows."""
        scope = self.known.scope
        return body if scope is None else told_by(kind_named(key.kind)[0], dialect_named(scope.dialect), body)

    def _filled(self, key: Key, body: Body) -> Body:
        """Fill what the source target cannot say with what the other one has."""
        told, row = self._told(key, body), self.there.rows.get(key)
        if told.keys() == body.keys() or row is None or row.base_local is None:
            return body
        kind, aim = kind_named(key.kind)[0], self.config.target_named(self.options.target)
        base = find_base_body(self.config, aim, kind, row, self.there.reader)
        if base is None:
            ref = ref_of(key, row.type)
            raise UsageError(
                f"{ref}: what {aim.name} has and {self.options.source} cannot say is not known here",
                hint=f"cochat pull {ref} --target {aim.name}",
            )
        return {**body, **base, **told}

    def _take_one(self, key: Key) -> LocalResource:
        kind, local, row = kind_named(key.kind)[0], self.known.tree.found.get(key), self.known.rows.get(key)
        ref = ref_of(key, self.known.types.get(key, ""))
        if self.options.from_files:
            if local is None:
                raise self.known.tree.unreadable.get(key) or UnknownResource(
                    f"{ref} is no file here", hint="leave out --from-files to take what the source target has"
                )
            return local
        aim = self.config.target_named(self.options.source)
        body = find_base_body(self.config, aim, kind, row, self.known.reader) if row and row.base_local else None
        if row is None or body is None:
            raise UsageError(
                f"{ref}: {aim.name} and this workspace never agreed on it",
                hint=f"cochat pull --target {aim.name}, or promote the files: --from-files",
            )
        resource = Resource(key, self._filled(key, body), row.type)
        if local is not None and local.resource.fingerprint == resource.fingerprint:
            return local
        path = row.path or path_for(kind, row.type, key.slug)
        content = str(body[kind.text.name]).encode() if kind.text else b""
        # bytes of its files may lie among those that are here
        return LocalResource(resource, path, {path: content}, local.tree if local else None)

    def maker_of(self, ref: str) -> Key | None:
        """Find what is known here to make what a body means by `word:id`; by an id that its author named alone."""
        makers = {kind.name: kind for kind in makers_of(ref.partition(":")[0])}
        among = ((key, type_) for key, type_ in self.known.types.items() if key.kind in makers)
        fitting = (key for key, type_ in among if naming_of(makers[key.kind], key.slug, type_, key.slug).fits(ref))
        return next(fitting, None)

    def _referred(self, resource: Resource) -> list[Key]:
        kind = kind_named(resource.key.kind)[0]
        refs = (ref for ref in refs_in(kind, resource.body) if not ref.startswith(RAW))
        named = [key for key in (parse_ref(ref)[0] for ref in refs) if key in self.known.types]
        return [*named, *filter(None, map(self.maker_of, ids_in(kind, resource.body)))]


def _check_references(
    taking: _Taking, taken: Iterable[LocalResource], present: set[Key], report: Report, emit: Emit
) -> None:
    """Make sure that whatever a body names is on the other target, or comes along.

    What a body names by an id alone may be offered by the server itself. Whether that is there nobody can say for
    certain, since a provider may be away or show it to others only: where it is not shown, that is told.

    Raises:
        UnknownResource: something is neither; nothing was sent.
    """
    locals_, target = list(taken), taking.options.target
    bodies = [(each.resource.key, kind_named(each.resource.key.kind)[0], each.resource.body) for each in locals_]
    there = present | {each.resource.key for each in locals_}
    wanted = [
        (str(by), ref)
        for by, kind, body in bodies
        for ref in refs_in(kind, body)
        if ref.startswith(RAW) or parse_ref(ref)[0] not in there
    ]
    by_id = [(str(by), ref) for by, kind, body in bodies for ref in ids_in(kind, body)]
    by_id = [(by, ref) for by, ref in by_id if taking.maker_of(ref) not in there]
    if not wanted and not by_id:
        return
    asked = {parse_ref(ref)[0].kind for _by, ref in wanted if not ref.startswith(RAW)}
    with connect(taking.config, target, emit) as session:
        for name in sorted(asked):
            there |= {Key(name, slug) for slug in _fetch_names(session, kind_named(name)[0]).values()}
        lacking = [(by, ref) for by, ref in wanted if ref.startswith(RAW) or parse_ref(ref)[0] not in there]
        for by, ref in [(by, ref) for by, ref in by_id if not _is_shown(session, ref, emit)]:
            key = taking.maker_of(ref)
            if key is None or not _can_be_listed(session, key.kind):
                word, _, id_ = ref.partition(":")
                emit(Notice(f"{target} shows no {word} {id_!r} (in {by}): it may be hidden, or its provider away"))
            elif key.slug not in _fetch_names(session, kind_named(key.kind)[0]).values():
                lacking.append((by, ref_of(key, taking.known.types[key])))
        report.requests = (report.requests or 0) + session.client.request_count
    if lacking:
        named = ", ".join(f"{ref} (in {by})" for by, ref in lacking)
        raise UnknownResource(
            f"nothing was sent: {target} has no {named}",
            hint="take along what is referred to: --with-refs, or take the reference out",
        )


def _fetch_names(session: Session, kind: Kind) -> dict[RemoteId, Slug]:
    return slugs_for(kind, session.client.fetch_names(kind), {}, session.client.endpoints(kind))


def _is_shown(session: Session, ref: str, emit: Emit) -> bool:
    """Tell whether a server lists what a body means by `word:id`; where it cannot be asked, nothing follows."""
    word, _, id_ = ref.partition(":")
    for kind in reversed(kinds_answering(word)):
        try:
            if id_ in _fetch_names(session, kind):
                return True
        except NotSupported:
            continue
        except SignedOut:
            raise
        except RemoteError as error:
            emit(Notice(f"nobody knows whether {session.target.name} has {id_!r}: {error.message}"))
            return True
    return False


def _can_be_listed(session: Session, kind: str) -> bool:
    try:
        session.client.fetch_names(kind_named(kind)[0])
    except SignedOut:
        raise
    except NotAllowed:
        return False
    return True


def _verify_apart(config: Config, taken: Iterable[LocalResource], files: Tree, emit: Emit) -> None:
    """Check and test the plugins: here where the file is what is promoted, else on a copy with the same tests."""
    plugins = [each for each in taken if kind_named(each.resource.key.kind)[0].plugin]
    here = [each for each in plugins if files.found.get(each.resource.key) is each]
    verify(config, here, emit)
    others: Sequence[LocalResource] = [each for each in plugins if each not in here]
    if not others:
        return
    with tempfile.TemporaryDirectory(prefix="cochat-promote-") as name:
        root = Path(name)
        if (config.root / _TESTS).is_dir():
            shutil.copytree(config.root / _TESTS, root / _TESTS)
        copies = []
        for each in others:
            kind, resource = kind_named(each.resource.key.kind)[0], each.resource
            copies.append(write_layout(root, foresee(root, kind, resource, None, path=each.path)))
        verify(config._replace(root=root), copies, emit, home=config)


def _takes_back(ref: str, path: str, options: PromoteOptions) -> Outcome:
    source, target = options.source, options.target
    return Outcome(
        ref,
        str(Action.CONFLICT),
        f"pulled from {target}, and not on {source} yet",
        path,
        3,
        f"not sent: it would take back what was pulled from {target}, which {source} never had",
        f"the files have that: cochat push {ref} --target {source}, then promote again; or promote them: --from-files",
    )


def _pointed(outcome: Outcome, options: PromoteOptions) -> Outcome:
    """Point the way out of a conflict at the target that it is on, and back through the one that things come from."""
    if outcome.action != Action.CONFLICT:
        return outcome
    ref, target = outcome.ref, options.target
    sent = "" if options.from_files else f", and cochat push {ref} --target {options.source}"
    hint = f"take theirs in or merge: cochat pull {ref} --target {target}{sent}; then promote again"
    return outcome._replace(hint=f"look: cochat status --fetch --target {target}; {hint}")
