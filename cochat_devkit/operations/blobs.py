"""Find the bytes behind a digest: among what was kept here, in the resource's own files, on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.events import Progress
from cochat_devkit.resource import make_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from cochat_devkit.api.attached import Attached
    from cochat_devkit.api.client import Client
    from cochat_devkit.events import Emit
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Body, Json, Resource
    from cochat_devkit.workspace.tree import LocalResource


def fetch_blobs(
    root: Path, kind: Kind, client: Client, sides: Iterable[tuple[Resource, LocalResource | None]], emit: Emit
) -> None:
    """Fetch the bytes that resources of a kind name by digest and that nobody has here, some at a time, and keep them.

    `sides` has each resource as the server shows it, and as it is here.

    Raises:
        RemoteError: the server could not be asked, or has other bytes.
        CannotWrite: the disk refuses.
    """
    for _each in arriving_blobs(root, kind, client, sides, emit):
        pass


def arriving_blobs(
    root: Path, kind: Kind, client: Client, sides: Iterable[tuple[Resource, LocalResource | None]], emit: Emit
) -> Iterator[None]:
    """Do as `fetch_blobs`, and yield once all are on their way, and as each is kept."""
    if kind.digest_field is None:
        return
    from cochat_devkit.api.attached import attached_in
    from cochat_devkit.workspace.blobs import has_blob

    wanted: dict[str, Attached] = {}
    for theirs, local in sides:
        here = {*(local.tree.values() if local else ())}
        lacking = (each for each in attached_in(theirs.derived) if each.digest not in here)
        wanted |= {each.digest: each for each in lacking if not has_blob(root, each.digest)}
    if not wanted:
        return
    for done, _each in enumerate(client.files_of(kind).keep_contents(wanted.values())):
        emit(Progress(f"files of {kind.plural}", done, len(wanted)))
        yield


def check_blobs(root: Path, kind: Kind, local: LocalResource | None, before: Body | None, body: Body) -> None:
    """See that the bytes of every file that is to be sent are at hand, before anything is sent.

    `before` is what the server holds, None for what is to be created; `local` is where bytes may lie here.

    Raises:
        BadResource: some are nowhere.
    """
    name = kind.digest_field
    if name is None:
        return
    from cochat_devkit.workspace.blobs import has_blob

    at_hand = {*(local.tree.values() if local else ()), *(before[name].values() if before else ())}
    lacking = [path for path, digest in body[name].items() if digest not in at_hand and not has_blob(root, digest)]
    if lacking:
        raise BadResource(
            f"nothing was sent: nobody has the bytes of {', '.join(sorted(lacking))} here",
            hint="put the files back, or send what they say now: cochat push, and cochat promote --from-files",
        )


def blob_reader(
    root: Path,
    kind: Kind,
    *,
    local: LocalResource | None = None,
    client: Client | None = None,
    told: Mapping[str, Json] | None = None,
) -> Callable[[str], bytes]:
    """Make what gives the bytes behind a digest; `told` is what the server told of its files.

    What is returned raises:
        BadResource: nobody has the bytes any more.
        RemoteError: the server has them and could not be asked.
    """
    places = {digest: place for place, digest in (local.tree if local else {}).items()}

    def read(digest: str) -> bytes:
        from cochat_devkit.workspace.blobs import read_blob
        from cochat_devkit.workspace.files import read_file

        content = read_blob(root, digest)
        if content is None and digest in places:
            content = read_file(root, places[digest])
        if content is not None and make_digest(content) == digest:
            return content
        if client is not None and told:
            from cochat_devkit.api.attached import attached_in

            for each in attached_in(told):
                if each.digest == digest:
                    return client.files_of(kind).fetch_content(each)
        raise BadResource(
            f"a file of a {kind.name} changed while we worked (its bytes {digest[:12]} are gone)",
            hint="run the command again",
        )

    return read
