"""Pull: refresh the mirror, bring files up to date, keep local edits."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cochat_devkit.operations.session import as_whoever_signs_in, connect
from cochat_devkit.workspace.lock import workspace_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit, Outcome, Report
    from cochat_devkit.operations.session import Selection
    from cochat_devkit.sync.decide import OnConflict


def pull(config: Config, selection: Selection, *, target: str | None, on_conflict: OnConflict, emit: Emit) -> Report:
    """Bring the files up to date with the server.

    Raises:
        RemoteError: the server could not be asked; files and mirror are as they were.
        MirrorLocked: another process writes to the workspace.
    """
    began_s = time.monotonic()

    def pull_now() -> Report:
        with (
            _resumed(config, target, emit) as left_open,
            connect(config, target, emit, listing=selection.kinds) as session,
        ):
            # the server works on the first listings meanwhile
            from cochat_devkit.operations.pulling import pull_from

            return pull_from(
                session, config, selection, on_conflict=on_conflict, left_open=left_open, began_s=began_s, emit=emit
            )

    with workspace_lock(config.root):
        return as_whoever_signs_in(pull_now)


@contextmanager
def _resumed(config: Config, target: str | None, emit: Emit) -> Iterator[list[Outcome]]:
    """Settle what an earlier run left open, before anything is read. Where there is no mirror, there was none."""
    if not config.mirror_path.exists():
        yield []
        return
    from cochat_devkit.operations.resume import resume

    yield [*resume(config, target, emit).outcomes]
