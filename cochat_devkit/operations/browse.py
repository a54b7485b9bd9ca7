"""Browse: a catalogue of what the files and the mirror know, read-only, and the server of its pages."""

from __future__ import annotations

import functools
import secrets
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import ExitStack, contextmanager
from copy import copy
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource
from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.kinds.references import names_others
from cochat_devkit.operations.bodies import bodies_of
from cochat_devkit.operations.chain import KIND as FILTERS
from cochat_devkit.operations.chain import chain_among
from cochat_devkit.operations.deps import Graph, deps_among, graph
from cochat_devkit.operations.ls import list_surveyed, ls, show_surveyed, text_of
from cochat_devkit.operations.offline import narrowed, survey
from cochat_devkit.operations.recent import recent_changes, recent_runs, seat_of
from cochat_devkit.operations.relations import Relations
from cochat_devkit.operations.search import search
from cochat_devkit.operations.session import Selection, exactly, select
from cochat_devkit.operations.status import lines_surveyed
from cochat_devkit.workspace.paths import file_stem, name_of_stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

    from fastapi import FastAPI

    from cochat_devkit.config import Config
    from cochat_devkit.mirror.journal import Tally
    from cochat_devkit.operations.chain import Chain
    from cochat_devkit.operations.deps import Deps
    from cochat_devkit.operations.ls import Listed, Shown, Text
    from cochat_devkit.operations.offline import Survey
    from cochat_devkit.operations.recent import Change, Seat
    from cochat_devkit.operations.search import Answer
    from cochat_devkit.operations.status import Difference
    from cochat_devkit.resource import Body

HOST = "127.0.0.1"
PORT = 8766
#: what was read stays true for so long: a page and the pages that it leads to are read within seconds
FRESH_S = 2.0
#: what takes long is listed again only after so many times as long
_MOST_OFTEN = 20
#: so long a page waits for news of what it knows already
_PATIENCE_S = 0.1
_TOKEN_BYTES = 18


class Catalogue:
    """Answer what the pages ask, of one target. Safe to use from several threads."""

    def __init__(self, config: Config, target: str | None, *, fresh_s: float = FRESH_S) -> None:
        self.config = config
        self.target = config.target_named(target).name
        self._lines = _Lines(config, self.target, fresh_s)
        self._look: _Look | None = None

    @contextmanager
    def once(self) -> Iterator[Catalogue]:
        """Give what answers one thread's questions about a resource from one look at files and mirror."""
        with _Look(self.config, self.target) as look:
            yield self._with(look, self._lines)

    @contextmanager
    def held(self) -> Iterator[Catalogue]:
        """Give what answers all that one thread asks from one look at everything."""
        with _Look(self.config, self.target, is_whole=True) as look:
            yield self._with(look, _Lines(self.config, self.target, known=look.listed()))

    def _with(self, look: _Look, lines: _Lines) -> Catalogue:
        found = copy(self)
        found._look, found._lines = look, lines  # noqa: SLF001 - it is one of ours
        return found

    @contextmanager
    def _looking(self) -> Iterator[_Look]:
        """Take the look that is held, or one for a single question."""
        if self._look is not None:
            yield self._look
        else:
            with _Look(self.config, self.target) as look:
                yield look

    def begin(self) -> None:
        """Begin to list, so that the first page need not wait so long."""
        self._lines.begin()

    def listed(self) -> list[Listed]:
        """List every resource, by address: as it is now, or where that takes long as it was a moment ago.

        Raises:
            MirrorError: the mirror cannot be read.
        """
        return self._lines.listed()

    def counts(self, listed: Sequence[Listed] | None = None) -> dict[str, int]:
        """Count the resources of each type: what others are made of comes last, what is mirrored on request behind it.

        `listed` is what is counted; None for everything as it is now.

        Raises:
            MirrorError: the mirror cannot be read.
        """
        return self._lines.counts() if listed is None else _counts_of(listed)

    def shown(self, ref: str) -> Shown:
        """Show one resource.

        Raises:
            UnknownResource: neither file nor mirror has it.
        """
        with self._looking() as look:
            return look.shown(ref)

    def text_of(self, shown: Shown) -> Text:
        """Say which field of a resource is its text."""
        return text_of(shown.line.ref)

    def bodies_of(self, lines: Sequence[Listed]) -> dict[str, Body]:
        """Read the bodies of some lines, by address."""
        return bodies_of(self.config, lines, target=self.target)

    def relations_of(self, ref: str, *, depth: int = 1) -> Deps:
        """Tell what a resource uses and what uses it, so many steps far."""
        with self._looking() as look:
            return deps_among(look.relations(_kinds_beside(_kind_of(ref))), ref, depth=depth)

    def chain(self, model: str | None) -> Chain:
        """Tell which filters a message to a model meets; without one, those that run everywhere.

        Raises:
            UnknownResource: there is no such model.
            UsageError: the address is not one of a model.
        """
        with self._looking() as look:
            return chain_among(look.relations(_kinds_beside(FILTERS) | {FILTERS}), model)

    def graph(self) -> Graph:
        """Tell who uses whom among all resources, as they were listed."""
        return self._lines.graph()

    def difference_of(self, ref: str) -> list[str]:
        """Write how the sides of one resource differ, as a unified diff; no lines where they do not."""
        with self._looking() as look:
            return [line for _difference, lines in look.differences(ref) for line in lines]

    def seat(self) -> Seat:
        """Say which server it is, and as whom it was read."""
        return seat_of(self.config, target=self.target)

    def recent_runs(self, newest: int) -> list[Tally]:
        """Tell the newest runs in numbers, newest first."""
        return recent_runs(self.config, target=self.target, newest=newest)

    def recent_changes(self, newest: int) -> list[Change]:
        """Tell what the server showed anew, newest first."""
        return recent_changes(self.config, target=self.target, newest=newest)

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


class _Look:
    """Look at files and mirror once for what is asked about a resource, as long as it is open. Of one thread.

    With `is_whole` everything is looked at, and once for all resources.
    """

    def __init__(self, config: Config, target: str, *, is_whole: bool = False) -> None:
        self._config, self._target, self._is_whole = config, target, is_whole
        self._open = ExitStack()
        #: by the kinds that were looked at
        self._surveys: dict[frozenset[str], Survey] = {}
        self._relations: dict[int, Relations] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def listed(self) -> list[Listed]:
        """List what was looked at."""
        return list_surveyed(self._survey(frozenset()))

    def shown(self, ref: str) -> Shown:
        """Show one resource.

        Raises:
            UnknownResource: neither file nor mirror has it.
        """
        surveyed = self._survey_about(ref)
        return show_surveyed(surveyed if self._is_whole else narrowed(surveyed, select([exactly(ref)])), ref)

    def relations(self, kinds: frozenset[str]) -> Relations:
        """Open the relations for which the files of some kinds are looked at as a whole."""
        surveyed = self._survey(kinds)
        if id(surveyed) not in self._relations:
            self._relations[id(surveyed)] = Relations(self._config, surveyed)
        return self._relations[id(surveyed)]

    def differences(self, ref: str) -> list[tuple[Difference, list[str]]]:
        """Write how the sides of one resource differ."""
        selection = select([exactly(ref)])
        return lines_surveyed(narrowed(self._survey_about(ref), selection), selection)

    def _survey_about(self, ref: str) -> Survey:
        """Look at all that a page of a resource asks: who it is, and who uses whom."""
        name = _kind_of(ref)
        return self._survey(_kinds_beside(name) | {name})

    def _survey(self, wanted: frozenset[str]) -> Survey:
        """Look at some kinds, unless that was done."""
        found = next((each for kinds, each in self._surveys.items() if wanted <= kinds), None)
        if found is None:
            kinds = tuple(kind for kind in all_kinds() if self._is_whole or kind.name in wanted)
            selection = Selection(kinds=kinds)
            looking = survey(self._config, selection, self._target, with_stamps=self._is_whole)
            found = self._open.enter_context(looking)
            self._surveys[frozenset(kind.name for kind in kinds)] = found
        return found


class _Lines:
    """List everything, anew where that is not long ago; several threads may ask. `known` stays as it is."""

    def __init__(
        self, config: Config, target: str, fresh_s: float = FRESH_S, *, known: list[Listed] | None = None
    ) -> None:
        self._config, self._target = config, target
        self._lock = threading.Lock()
        self._lister = ThreadPoolExecutor(1, "listing")
        self._listing: Future[list[Listed]] | None = None
        self._listed = known
        self._listed_at_s = float("-inf") if known is None else float("inf")
        self._least_fresh_s = self._fresh_s = fresh_s
        self._counted: tuple[object, dict[str, int]] = (None, {})
        self._drawn: tuple[object, Graph] = (None, Graph((), ()))

    def listed(self) -> list[Listed]:
        """List every resource, by address."""
        with self._lock:
            known, listing = self._listed, self._listing
            if listing is None and time.monotonic() - self._listed_at_s > self._fresh_s:
                listing = self._listing = self._lister.submit(self._list)
        if listing is None:
            return known or []
        try:
            return listing.result(None if known is None else _PATIENCE_S)
        except FutureTimeout:
            return known or []

    def begin(self) -> None:
        """Begin to list."""
        with self._lock:
            if self._listing is None:
                self._listing = self._lister.submit(self._list)

    def counts(self) -> dict[str, int]:
        """Count what is listed by type."""
        known = self.listed()
        if self._counted[0] is not known:
            self._counted = known, _counts_of(known)
        return self._counted[1]

    def graph(self) -> Graph:
        """Draw what is listed."""
        known = self.listed()
        if self._drawn[0] is not known:
            self._drawn = known, graph(self._config, target=self._target)
        return self._drawn[1]

    def _list(self) -> list[Listed]:
        began_s = time.monotonic()
        try:
            found = ls(self._config, select((), [kind.name for kind in all_kinds()]), target=self._target)
            with self._lock:
                self._listed, self._listed_at_s = found, time.monotonic()
                self._fresh_s = max(self._least_fresh_s, _MOST_OFTEN * (self._listed_at_s - began_s))
            return found
        finally:
            with self._lock:
                self._listing = None


def _kind_of(ref: str) -> str:
    return kind_named(ref.partition("/")[0])[0].name


@functools.cache
def _kinds_beside(name: str) -> frozenset[str]:
    """Name the kinds whose files tell who uses whom around a resource of one.

    They name others, or where it names others by their ids are what may be meant.
    """
    by_id = names_others(kind_named(name)[0])
    return frozenset(kind.name for kind in all_kinds() if kind.form and (names_others(kind) or (by_id and kind.offers)))


def _counts_of(listed: Sequence[Listed]) -> dict[str, int]:
    found = Counter(each.type for each in listed)
    kinds = sorted(all_kinds(), key=lambda kind: (kind.is_on_request, -kind.write_order))
    names = [name for kind in kinds for name in (*kind.types, kind.name)]
    # of a newer server
    names += sorted(found.keys() - {*names})
    return {name: found[name] for name in names if found[name]}


def serve_pages(make_app: Callable[[str], FastAPI], *, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve pages on loopback until interrupted or told to end; `on_ready` is told the address, token included.

    Raises:
        UsageError: the host is not on this machine, or the port is in use.
    """
    from cochat_devkit.operations.serve import ended_by_sigterm
    from cochat_devkit.server.running import listening

    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with listening(make_app(token), host=host, port=port) as listener, ended_by_sigterm():
        on_ready(f"{listener.url}/{token}/")
        listener.wait()
