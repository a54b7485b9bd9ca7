"""Which files of a resource have to leave before which can come, where each text may be there once only. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Exchange(NamedTuple):
    """Name the paths that leave together, and those that come once they have left; one path may do both.

    `doubled` names the paths that are to bear one digest, where one of them comes and there are others.
    """

    leaving: tuple[str, ...]
    coming: tuple[str, ...]
    doubled: tuple[str, ...] = ()


def make_exchanges(there: Mapping[str, str], wanted: Mapping[str, str]) -> list[Exchange]:
    """Split what leads from one state to the other into the smallest exchanges; both have digests by path.

    Whatever bears the same path or the same digest is in one exchange. What is doubled comes first, since it is likely
    to be refused, and what only leaves comes last.
    """
    coming = {path: digest for path, digest in wanted.items() if there.get(path) != digest}
    leaving = {path: digest for path, digest in there.items() if wanted.get(path) != digest}
    bearing, wanting = _by_digest((*coming.items(), *leaving.items())), _by_digest(wanted.items())
    exchanges: list[Exchange] = []
    seen: set[str] = set()
    for path in (*coming, *leaving):
        if path not in seen:
            together = _joined(path, (coming, leaving), bearing)
            seen |= together
            leave, come = (tuple(sorted(together & side.keys())) for side in (leaving, coming))
            doubled = next((wanting[coming[each]] for each in come if len(wanting[coming[each]]) > 1), ())
            exchanges.append(Exchange(leave, come, tuple(doubled)))
    return sorted(exchanges, key=lambda each: not each.doubled)


def _joined(path: str, sides: tuple[Mapping[str, str], ...], bearing: Mapping[str, list[str]]) -> set[str]:
    """Collect what has to go with a path: whatever bears a digest that it had or is to have, and so on."""
    together: set[str] = set()
    waiting = [path]
    while waiting:
        each = waiting.pop()
        if each not in together:
            together.add(each)
            for side in sides:
                waiting += bearing[side[each]] if each in side else ()
    return together


def _by_digest(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Collect the paths that bear each digest."""
    found: dict[str, list[str]] = {}
    for path, digest in pairs:
        found.setdefault(digest, []).append(path)
    return found
