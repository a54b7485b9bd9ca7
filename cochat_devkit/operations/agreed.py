"""What was agreed: `cochat.lock`, which travels with the files, and the mirror, which stays; the one told by the other.

A lock's line that is not as we left it came with the files through git, so it is what these files started from: there
it wins over the mirror, and the mirror takes it in. Where the lock is as we left it, the mirror knows at least as much.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.mirror.history import was_gone, was_seen
from cochat_devkit.mirror.rows import LockDigests, Row
from cochat_devkit.operations.offline import digest_of_lock, is_lock_as_left
from cochat_devkit.resource import EMPTY, State, make_digest
from cochat_devkit.workspace.files import moved_ns, write_file
from cochat_devkit.workspace.git import read_blob
from cochat_devkit.workspace.lockfile import (
    Entry,
    Lock,
    TargetLines,
    lock_written_ns,
    read_lock,
    render_lock,
    write_lock,
)
from cochat_devkit.workspace.tree import LocalResource, Tree, read_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cochat_devkit.config import Config, Target
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.rows import Scope
    from cochat_devkit.operations.records import Records
    from cochat_devkit.resource import Body, Fingerprint, Key, Version


def rows_with_lock(
    config: Config,
    aim: Target,
    scope: Scope | None,
    rows: Mapping[Key, Row],
    reader: MirrorReader,
    kinds: Iterable[str] | None = None,
) -> dict[Key, Row]:
    """Lay the lock's lines over the mirror's rows of a scope, without writing anything.

    Raises:
        BadResource: the lock cannot be read.
    """
    if is_lock_as_left(digest_of_lock(config.root), aim, reader):
        return dict(rows)
    lines, known = _lines_for(read_lock(config.root), aim), reader.lock_digests().get(aim.name)
    if lines is None or (known is not None and known.lines == _digest_of(aim.name, lines)):
        return dict(rows)
    wanted = None if kinds is None else set(kinds)
    told: dict[Key, Row] = {}
    for key, row in rows.items():
        # a line that is not there any more left with the files: there is no common past to decide by
        told[key] = row if key in lines.entries or row.base_local is None else _without_base(row)
    for key, entry in lines.entries.items():
        if wanted is None or key.kind in wanted:
            told[key] = _laid_over(rows.get(key), entry, scope, reader)
    return told


def take_in_lock(config: Config, aim: Target, records: Records) -> None:
    """Let the mirror take in what came with the lock, and the client the addresses that it gives.

    Raises:
        BadResource: the lock cannot be read; nothing was done.
    """
    if is_lock_as_left(digest_of_lock(config.root), aim, records.reader):
        return
    known = records.reader.rows(records.scope)
    told = rows_with_lock(config, aim, records.scope, known, records.reader)
    moved = [row for key, row in told.items() if known.get(key) != row]
    for row in moved:
        records.keep(row)
    records.flush()
    lock = read_lock(config.root)
    if lock is not None and _lines_for(lock, aim) is not None:
        # the mirror knows as much from here on: a lock that comes back later is another one again
        _keep_digests(config.root, aim, records, lock)
    if moved:
        records.teach_names()


@dataclass(eq=False, repr=False)
class Kept:
    """Hold what the lock is written from at the end: the files as they are then."""

    tree: Tree = field(default_factory=Tree)


@contextmanager
def keeping_lock(config: Config, aim: Target, records: Records, tree: Tree | None = None) -> Iterator[Kept]:
    """Let the mirror take in what came with the lock; when the block ends, however that comes, write the lock anew.

    The block puts what it then knows of the files into what it gets.

    Raises:
        BadResource: the lock cannot be read; nothing was done.
        CannotWrite: the lock cannot be written.
    """
    take_in_lock(config, aim, records)
    kept = Kept(tree or Tree())
    try:
        yield kept
    finally:
        records.flush()
        _write(config, aim, records, kept.tree)


def find_base_body(config: Config, aim: Target, kind: Kind, row: Row, reader: MirrorReader) -> Body | None:
    """Find the body that both sides agreed on: in the mirror, else in git by the hashes of the lock; None for neither.

    Raises:
        BadResource: the lock cannot be read.
    """
    # what came with the lock may have been shown to us since
    digest = row.base_digest or (reader.body_named(row.base_remote) if row.base_remote else None)
    if digest is not None:
        return reader.body(digest)
    lines = _lines_for(read_lock(config.root), aim)
    entry = lines.entries.get(row.key) if lines else None
    if entry is None or entry.here != row.base_local or not all(entry.files.values()):
        return None
    return body_in_git(config.root, kind, entry)


def files_of(local: LocalResource) -> dict[str, bytes]:
    """List the files of a resource by path, the main one first."""
    return {local.path: local.source, **local.files}


def _lines_for(lock: Lock | None, aim: Target) -> TargetLines | None:
    """Take a target's lines, if they are about the server that the target is now."""
    lines = lock.targets.get(aim.name) if lock else None
    return lines if lines and lines.url in ("", aim.url) else None


def _digest_of(name: str, lines: TargetLines) -> str:
    return make_digest(render_lock(Lock({name: lines})).encode())


def _laid_over(row: Row | None, entry: Entry, scope: Scope | None, reader: MirrorReader) -> Row:
    """Lay a line over a row. Of another id than the row's it is about one that was made again since we looked.

    Where we saw the address empty ourselves, ours is the one that was made again, and the line an older one.
    """
    is_another = row is not None and row.remote_id != entry.remote_id
    if row is not None and is_another and was_gone(reader, scope, entry.key):
        entry, is_another = entry._replace(version=row.version), False
    if row is not None and not is_another and (row.base_local, row.base_remote) == (entry.here, entry.there):
        is_as_base = row.remote_state is State.PRESENT and row.remote_fingerprint == entry.there
        return row._replace(version=entry.version) if is_as_base and entry.version else row
    digest = reader.body_named(entry.there)
    if row is None or is_another:
        return Row(
            key=entry.key,
            type=entry.type,
            remote_id=entry.remote_id,
            remote_state=State.PRESENT,
            remote_fingerprint=entry.there,
            remote_digest=digest,
            base_local=entry.here,
            base_remote=entry.there,
            base_digest=digest,
            version=entry.version,
            path=entry.path,
            derived=EMPTY if is_another else None,
        )
    told = row._replace(base_local=entry.here, base_remote=entry.there, base_digest=digest, path=entry.path or row.path)
    is_as_base = row.remote_state is State.PRESENT and row.remote_fingerprint == row.base_remote
    if is_as_base and (digest is None or scope is None or not was_seen(reader, scope, entry.key, digest)):
        # somebody else agreed with the server on what we never saw: that is later than what we saw last
        return told._replace(remote_fingerprint=entry.there, remote_digest=digest, version=entry.version)
    return told


def _without_base(row: Row) -> Row:
    return row._replace(base_local=None, base_remote=None, base_digest=None)


def _write(config: Config, aim: Target, records: Records, tree: Tree) -> None:
    """Write what the mirror now says of a target. A server that only the environment names leaves no trace in git."""
    if config.targets[aim.name].url != aim.url:
        return
    found = read_lock(config.root)
    lock = found or Lock()
    before = _lines_for(lock, aim) or TargetLines(aim.url)
    entries: dict[Key, Entry] = {}
    written_ns = lock_written_ns(config.root)
    for key, row in records.reader.rows(records.scope).items():
        if row.base_local is not None and row.base_remote is not None:
            known = before.entries.get(key)
            local = None if _says_still(config.root, known, row, written_ns) else tree.found.get(key)
            entries[key] = _to_entry(row, known, local)
    if found is None and not entries:
        return
    lock = lock.with_target(aim.name, TargetLines(aim.url, entries))
    written = write_lock(config.root, lock)
    _keep_digests(config.root, aim, records, lock, make_digest(written))


def _keep_digests(root: Path, aim: Target, records: Records, lock: Lock, whole: str | None = None) -> None:
    """Remember of which targets the mirror knows what the lock says: of this one, and of those it knew already.

    `whole` is the digest of the lock as we wrote it, where we did.
    """
    known, file = records.reader.lock_digests(), digest_of_lock(root)
    # a lock of one target, as most are, is that target's lines: they need not be written a second time
    told = {
        name: LockDigests(whole if whole and lock == Lock({name: lines}) else _digest_of(name, lines), file)
        for name, lines in lock.targets.items()
    }
    still = (name for name, digests in told.items() if name in known and known[name].lines == digests.lines)
    records.keep_lock_digests({name: told[name] for name in (aim.name, *still)})


def _says_still(root: Path, entry: Entry | None, row: Row, written_ns: int) -> bool:
    """Tell whether a line of the lock is right about its files without reading them: none moved since."""
    if entry is None or entry.here != row.base_local or not entry.files or not all(entry.files.values()):
        return False
    return all(moved_ns(root, path) < written_ns for path in entry.files)


def _to_entry(row: Row, before: Entry | None, local: LocalResource | None) -> Entry:
    here, there = row.base_local, row.base_remote
    if here is None or there is None:
        raise LookupError("a row without a base has no line")
    files: Mapping[str, str] = {}
    if (blobs := _blobs_of(local, here)) is not None:
        files = blobs
    elif before is not None and before.here == here:
        files = before.files
    elif row.path:
        files = {row.path: ""}
    return Entry(
        key=row.key,
        type=row.type,
        remote_id=row.remote_id,
        here=here,
        there=there,
        version=_version_of(row, before),
        files=files,
        more=before.more if before else (),
    )


def _blobs_of(local: LocalResource | None, here: Fingerprint) -> Mapping[str, str] | None:
    """Name the contents of the files that were agreed on; None where they say something else, or do by now."""
    if local is None or local.fingerprint != here:
        return None
    try:
        return local.blobs
    except BadResource:
        # saved while we worked: a matter of the next command, and no reason to keep back what this one did
        return None


def _version_of(row: Row, before: Entry | None) -> Version | None:
    """Say the version of the base: the row's, unless the server has moved on since."""
    if row.remote_fingerprint == row.base_remote:
        return row.version
    return before.version if before and before.there == row.base_remote else None


def body_in_git(root: Path, kind: Kind, entry: Entry) -> Body | None:
    """Read a resource out of git's objects; None where one is missing, or they are not what was agreed on."""
    with tempfile.TemporaryDirectory(prefix="cochat-base-") as folder:
        for path, blob in entry.files.items():
            content = read_blob(root, blob)
            if content is None or ".." in PurePosixPath(path).parts or path.startswith("/"):
                return None
            write_file(Path(folder), path, content, expected=None)
        try:
            found = read_one(Path(folder), kind, entry.type, str(entry.path))
        except BadResource:
            return None
    return found.resource.body if found.resource.fingerprint == entry.here else None
