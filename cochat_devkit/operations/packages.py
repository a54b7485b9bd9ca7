"""Packages that plugins ask for: what is missing here, and, where a person agrees, its installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.credentials import cache_folder
from cochat_devkit.errors import UsageError
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.kinds.plugin_source import parse_frontmatter, split_requirements
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.lock import workspace_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from cochat_devkit.config import Config
    from cochat_devkit.runtime.packages import Environment
    from cochat_devkit.workspace.tree import LocalResource


class Wanted(NamedTuple):
    """Hold one requirement as the server takes it, the plugins that name it, and whether it is met here."""

    requirement: str
    refs: tuple[str, ...]
    is_met: bool


def python_of(config: Config) -> Path | None:
    """Name the interpreter whose packages plugins may import; None for our own, where nothing was installed."""
    found = environment(config)
    return found.python if found.is_there else None


def environment(config: Config) -> Environment:
    """Name the workspace's environment, whether or not it was made yet."""
    from cochat_devkit.runtime.packages import environment_of

    return environment_of(cache_folder(), config.root)


def find_wanted(config: Config, resources: Iterable[LocalResource]) -> list[Wanted]:
    """Find what the plugins among some resources ask for in their frontmatter, in order; nothing is executed."""
    wanted: dict[str, list[str]] = {}
    for each in resources:
        if kind_named(each.key.kind)[0].plugin:
            for requirement in split_requirements(parse_frontmatter(each.text).get("requirements", "")):
                wanted.setdefault(requirement, []).append(ref_of(each.key, each.type))
    lacking = set(environment(config).find_lacking([*wanted])) if wanted else set()
    return [Wanted(each, tuple(dict.fromkeys(refs)), each not in lacking) for each, refs in wanted.items()]


def install(config: Config, wanted: Sequence[Wanted], on_output: Callable[[str], None]) -> None:
    """Install requirements into the workspace's environment, which is made where there is none.

    Raises:
        UsageError: what a plugin names is an option of pip, and no package.
        LocalError: pip cannot install them; what was there stays.
    """
    for each in wanted:
        if each.requirement.startswith("-"):
            raise UsageError(
                f"{each.refs[0]} asks for {each.requirement!r}, which is an option of pip and no package",
                hint="take it out of `requirements`",
            )
    found = environment(config)
    with workspace_lock(config.root):
        if not found.is_there:
            found.make(on_output)
        found.install([each.requirement for each in wanted], on_output)
