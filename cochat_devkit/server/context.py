"""What every part of the local server stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.kinds.dialects import Dialect
    from cochat_devkit.server.groups import Groups
    from cochat_devkit.server.people import People
    from cochat_devkit.server.plugins import Plugins
    from cochat_devkit.server.quirks import Quirks
    from cochat_devkit.server.store import Notes, Store


@dataclass(frozen=True)
class ServerContext:
    """Hold the dialect that is spoken, where rows are kept, who there is, and who loads plugins."""

    dialect: Dialect
    quirks: Quirks
    store: Store
    notes: Notes
    groups: Groups
    people: People
    plugins: Plugins
    #: whole seconds since the epoch
    clock: Callable[[], int]
    #: kinds of CoChat whose writes are answered though its reference has none
    more_writes: frozenset[str] = frozenset()
