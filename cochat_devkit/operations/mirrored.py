"""The mirror as a target of the workspace sees it: open for the length of a block, with what was pulled of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from cochat_devkit.mirror.reader import MirrorReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.config import Config
    from cochat_devkit.mirror.rows import Scope


@contextmanager
def mirror_of(config: Config, target: str | None) -> Iterator[tuple[MirrorReader, Scope | None]]:
    """Open the mirror to read it at a target's scope: None where nothing was ever pulled of it.

    Raises:
        UsageError: there is no such target.
        MirrorError: the mirror cannot be read.
    """
    aim = config.target_named(target)
    with MirrorReader(config.mirror_path) as reader:
        yield reader, reader.scope_of(aim.name, aim.url)


def scope_of(config: Config, target: str | None) -> Scope | None:
    """Say which server and account a target was last used with: None where nothing was ever pulled of it.

    Raises:
        UsageError: there is no such target.
        MirrorError: the mirror cannot be read.
    """
    with mirror_of(config, target) as (_reader, scope):
        return scope
