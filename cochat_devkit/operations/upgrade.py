"""A mirror that an earlier version wrote: what is looked up in it is made anew, offline, and once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cochat_devkit.errors import CannotWrite, MirrorError
from cochat_devkit.events import Notice
from cochat_devkit.mirror.finding import is_index_behind
from cochat_devkit.mirror.mentions import has_mentions
from cochat_devkit.mirror.reader import MirrorReader

if TYPE_CHECKING:
    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit


def bring_up_to_date(config: Config, emit: Emit) -> None:
    """Index what the mirror holds where that is not done as we do it; no resource is changed by it.

    Where the mirror cannot be read, the workspace not be written, or somebody else writes to it, nothing is done: who
    looks up is told.
    """
    with suppress(MirrorError, CannotWrite):
        if _is_behind(config):
            emit(Notice("the mirror is of an earlier version: its words are indexed, once"))
            _index_anew(config)


def _is_behind(config: Config) -> bool:
    with MirrorReader(config.mirror_path) as reader:
        return reader.has_table("body") and (is_index_behind(reader) or not has_mentions(reader))


def _index_anew(config: Config) -> None:
    from cochat_devkit.mirror.store import MirrorStore
    from cochat_devkit.workspace.lock import workspace_lock

    with workspace_lock(config.root), MirrorStore(config.mirror_path):
        pass
