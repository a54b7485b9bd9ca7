"""`cochat ls`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, kinds_option, refs_argument, target_option

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS = ("ref", "name", "state", "path")


@click.command("ls")
@refs_argument
@kinds_option
@target_option
@json_option
def command(refs: Sequence[str], kinds: Sequence[str], **options: Any) -> None:
    """List the resources that files and mirror know, offline.

    \b
    Examples:
      cochat ls
      cochat ls --kind filter
      cochat ls 'tool/google_*' --json
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.ls import ls
    from cochat_devkit.operations.session import select

    lines = ls(read_config(), select(refs, kinds), target=options["target"], with_stamps=options["as_json"])
    if options["as_json"]:
        items = [dict(zip(line._fields, line, strict=True)) for line in lines]
        render.out_json({"command": "ls", "ok": True, "exit_code": 0, "counts": {"listed": len(items)}, "items": items})
        return
    rows = [(line.ref, line.name, line.state, line.path or "") for line in lines]
    if rows:
        render.out("\n".join(render.columns([list(_COLUMNS), *rows])))
    else:
        render.err("nothing here yet: cochat pull, or cochat new tool NAME")
