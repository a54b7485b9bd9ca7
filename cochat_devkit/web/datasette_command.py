"""How the mirror is opened in datasette: with names for what it holds, questions to begin with, and texts unpacked."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from cochat_devkit.errors import UsageError
from cochat_devkit.mirror.reader import MirrorReader

if TYPE_CHECKING:
    from cochat_devkit.config import Config

#: to look into every text of a large mirror takes longer than datasette's own second
_PATIENCE_MS = 5_000


def datasette_command(config: Config) -> list[str]:
    """Say what to type: the mirror is opened read-only, by whoever has the link that datasette prints.

    Not as a file that nobody changes (`--immutable`): a pull while it runs would be read as damage, and what SQLite has
    not yet moved out of its log not at all.

    Raises:
        UsageError: there is no mirror yet, or one of an earlier version.
        MirrorError: it cannot be read.
    """
    with MirrorReader(config.mirror_path) as reader:
        if not reader.has_table("resources"):
            raise UsageError("there is no mirror yet that can be asked in SQL", hint="cochat pull")
    ours = files("cochat_devkit.web") / "datasette"
    facts, plugins = str(ours / "metadata.json"), str(ours / "plugins")
    options = ["--metadata", facts, "--plugins-dir", plugins, "--setting", "sql_time_limit_ms", str(_PATIENCE_MS)]
    return ["datasette", "serve", str(config.mirror_path), *options, "--root"]
