"""Browse: a catalogue of what the files and the mirror know, read-only, and the server of its pages."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource
from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.operations.ls import list_surveyed, ls, show, show_surveyed, text_of
from cochat_devkit.operations.offline import survey
from cochat_devkit.operations.search import search
from cochat_devkit.operations.session import select
from cochat_devkit.workspace.paths import file_stem, name_of_stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fastapi import FastAPI

    from cochat_devkit.config import Config
    from cochat_devkit.operations.ls import Listed, Shown, Text
    from cochat_devkit.operations.search import Answer

HOST = "127.0.0.1"
PORT = 8766
#: what was read stays true for so long: a page and the pages that it leads to are read within seconds
_FRESH_S = 2.0
_TOKEN_BYTES = 18


class Catalogue:
    """Answer what the pages ask, of one target. Safe to use from several threads."""

    def __init__(self, config: Config, target: str | None) -> None:
        self.config = config
        self.target = config.target_named(target).name
        # what is pulled on request alone, too
        self._everything = select((), [kind.name for kind in all_kinds()])
        self._lock = threading.Lock()
        self._listed: list[Listed] = []
        self._listed_at_s = float("-inf")
        self._show: Callable[[str], Shown] = partial(show, config, target=self.target)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Look once at files and mirror for all that one thread asks within the block."""
        with survey(self.config, self._everything, self.target) as surveyed:
            look_up, self._show = self._show, partial(show_surveyed, surveyed)
            self._listed, self._listed_at_s = list_surveyed(surveyed), float("inf")
            try:
                yield
            finally:
                self._show, self._listed_at_s = look_up, float("-inf")

    def listed(self) -> list[Listed]:
        """List every resource, by address.

        Raises:
            MirrorError: the mirror cannot be read.
        """
        with self._lock:
            if time.monotonic() - self._listed_at_s > _FRESH_S:
                self._listed = ls(self.config, self._everything, target=self.target)
                self._listed_at_s = time.monotonic()
            return self._listed

    def counts(self) -> dict[str, int]:
        """Count the resources of each type: what others are made of comes last, what is mirrored on request behind it.

        Raises:
            MirrorError: the mirror cannot be read.
        """
        found = Counter(each.type for each in self.listed())
        kinds = sorted(all_kinds(), key=lambda kind: (kind.is_on_request, -kind.write_order))
        names = [name for kind in kinds for name in (*kind.types, kind.name)]
        # of a newer server
        names += sorted(found.keys() - {*names})
        return {name: found[name] for name in names if found[name]}

    def shown(self, ref: str) -> Shown:
        """Show one resource.

        Raises:
            UnknownResource: neither file nor mirror has it.
        """
        return self._show(ref)

    def text_of(self, shown: Shown) -> Text:
        """Say which field of a resource is its text."""
        return text_of(shown.line.ref)

    def search(self, words: str, kinds: Sequence[str], limit: int) -> Answer:
        """Find what has all of the words, among some kinds or all.

        Raises:
            UsageError: there is no word to look for, or a filter that there is not.
            MirrorError: the mirror cannot be searched.
        """
        return search(self.config, words, kinds=kinds, limit=limit, target=self.target)

    def ref_of_stem(self, type_: str, stem: str) -> str:
        """Find the address whose last part is written so in paths.

        Raises:
            UnknownKind: there is no such type.
            UnknownResource: there is none.
        """
        kind_named(type_)
        name = name_of_stem(stem)
        if name is not None:
            return f"{type_}/{name}"
        # a long name was cut
        for each in self.listed():
            if each.type == type_ and file_stem(each.ref.partition("/")[2]) == stem:
                return each.ref
        raise UnknownResource(f"there is no {type_}/{stem}", hint="go back to the first page")


def serve_pages(make_app: Callable[[str], FastAPI], *, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve pages on loopback until interrupted or told to end; `on_ready` is told the address, token included.

    Raises:
        UsageError: the host is not on this machine, or the port is in use.
    """
    from cochat_devkit.operations.serve import ended_by_sigterm
    from cochat_devkit.server.running import listening

    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with listening(make_app(token), host=host, port=port) as listener:
        on_ready(f"{listener.url}/{token}/")
        with ended_by_sigterm():
            listener.ended.wait()
