"""The static site: every address of every page in both languages, written to files that need no server."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cochat_devkit.config import read_config
from cochat_devkit.credentials import read_credential, read_kept_values
from cochat_devkit.errors import MissingToken
from cochat_devkit.events import Progress, ignore
from cochat_devkit.kinds.valves import texts_in
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.redaction import redact, remember_secret
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.web.folder import replacing
from cochat_devkit.web.index import Entry, make_entry, make_file_entry, most_chars_of, to_script
from cochat_devkit.web.pages import all_pages
from cochat_devkit.web.pages.files import names_of_files
from cochat_devkit.web.rendering import LANGUAGES, render_export, render_template, static_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.web.page import Params

_BATCH = 100
#: fewer addresses are written before a second process has started
_FEW = 1_000
#: the name of a page and the parts of an address of it
Address = tuple[str, "Params"]


class Exported(NamedTuple):
    """Say what was written: the folder, pages and files, their size; `texts_cut` are searched by their first words."""

    folder: Path
    pages: int
    files: int
    size_bytes: int
    seconds: float
    resources: int
    texts_cut: int


def export(
    config: Config, target: str | None, folder: Path, *, emit: Emit = ignore, alone_up_to: int = _FEW
) -> Exported:
    """Write the static site into a folder that is not there, or empty, or an earlier export.

    More addresses than `alone_up_to` are written by several processes.

    Raises:
        UsageError: the folder holds something else.
        CannotWrite: the disk refuses; what was there before is as it was.
        LocalError: the secrets of this machine cannot be read, and so not be masked.
        MirrorError: the mirror cannot be read.
    """
    began_s = time.monotonic()
    with replacing(folder) as fresh, Catalogue(config, target).held() as catalogue:
        refs = [each.ref for each in catalogue.listed()]
        addresses = [(name, params) for name, page in all_pages().items() for params in page.every(catalogue)]
        with _site(catalogue, fresh, is_large=len(addresses) > alone_up_to) as each_of:
            sizes: list[int] = []
            emit(Progress("pages", 0, len(addresses)))
            for done in each_of(write_pages, addresses):
                sizes += done
                emit(Progress("pages", len(sizes) // len(LANGUAGES), len(addresses)))
            entries: list[Entry] = []
            wanted: list[tuple[str, str | None]] = [*((ref, None) for ref in refs), *names_of_files(catalogue)]
            for found in each_of(partial(make_entries, most_chars=most_chars_of(len(wanted))), wanted):
                entries += found
                emit(Progress("index of words", len(entries), len(wanted)))
        others = {f"static/{name}": each.read_bytes() for name, each in static_files().items()}
        others["static/search-index.js"] = _to_bytes(to_script(entries))
        others["index.html"] = _to_bytes(render_template("root.html", "", "en", catalogue, {"static": "static/"}))
        sizes += [write_file(fresh, path, content) for path, content in others.items()]
    seconds, cut = time.monotonic() - began_s, sum(not each.is_whole for each in entries)
    return Exported(folder.resolve(), len(sizes) - len(others), len(sizes), sum(sizes), seconds, len(refs), cut)


def write_pages(site: Site, addresses: Sequence[Address]) -> list[int]:
    """Write the pages of some addresses in both languages: their sizes in bytes."""
    sizes = []
    for name, params in addresses:
        page = all_pages()[name]
        for language, html in render_export(page, site.catalogue, params).items():
            sizes.append(write_file(site.folder, f"{language}/{page.address(**params)}", _to_bytes(html)))
    return sizes


def make_entries(site: Site, wanted: Sequence[tuple[str, str | None]], *, most_chars: int) -> list[Entry]:
    """Make the entries of the index for some resources and files (ref, name), each with so many characters of words."""
    return [
        make_entry(site.catalogue, ref, most_chars)
        if name is None
        else make_file_entry(site.catalogue, ref, name, most_chars)
        for ref, name in wanted
    ]


def write_file(folder: Path, address: str, content: bytes) -> int:
    """Write what stands at an address: its size. A name on the disk is what a browser reads out of the address."""
    parts = [redact(unquote(part)) for part in address.split("/")]
    if any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        raise ValueError(f"{address!r} is no address of a file")
    path = folder.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return len(content)


class Site(NamedTuple):
    """Hold what is read from and what is written to."""

    catalogue: Catalogue
    folder: Path


@contextmanager
def _site(catalogue: Catalogue, folder: Path, *, is_large: bool) -> Iterator[Callable[..., Iterable[Any]]]:
    """Give a function that does work in batches: in processes of their own where there is much of it."""
    known = _known_secrets(catalogue.config)
    for each in known:
        remember_secret(each)
    if not is_large:
        site = Site(catalogue, folder)
        yield lambda work, todo: (work(site, batch) for batch in _in_batches(todo))
        return
    pool = ProcessPoolExecutor(
        os.cpu_count(),
        multiprocessing.get_context("spawn"),
        _start_worker,
        (catalogue.config.root, catalogue.target, folder, known),
    )
    try:
        yield partial(_share, pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _share(pool: ProcessPoolExecutor, work: Callable[[Site, Any], Any], todo: Sequence[Any]) -> Iterator[Any]:
    """Let the pool work; its processes start here, deaf to Ctrl-C, which reaches all: who started them ends them.

    Nor is this process told to end while it starts them: a pool that is half started cannot be shut down.
    """
    deaf = {signal.SIGINT, signal.SIGTERM} if hasattr(signal, "pthread_sigmask") else set()
    if deaf:
        signal.pthread_sigmask(signal.SIG_BLOCK, deaf)
    try:
        return pool.map(_work, repeat(work), _in_batches(todo))
    finally:
        if deaf:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, deaf)


#: what a worker works on: one for each process
_at_work = ExitStack()
_sites: list[Site] = []


def _start_worker(root: Path, target: str, folder: Path, secrets: Sequence[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for each in secrets:
        remember_secret(each)
    catalogue = _at_work.enter_context(Catalogue(read_config(root), target).held())
    _sites.append(Site(catalogue, folder))


def _end_with_parent() -> None:
    """Leave no process behind whose parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(work: Callable[[Site, Any], Any], batch: Any) -> Any:
    return work(_sites[0], batch)


def _in_batches(todo: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (todo[first : first + _BATCH] for first in range(0, len(todo), _BATCH))


def _known_secrets(config: Config) -> list[str]:
    """Read the tokens and values kept for the workspace's servers: a site is read by others.

    Raises:
        LocalError: they cannot be read, and so could not be masked.
    """
    found = []
    for name in config.targets:
        url = config.target_named(name).url
        with suppress(MissingToken):
            found.append(read_credential(url).token)
        found += texts_in(read_kept_values(url))
    return found


def _to_bytes(text: str) -> bytes:
    return redact(text).encode("utf-8", "replace")
