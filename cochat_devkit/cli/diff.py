"""`cochat diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, refs_argument, target_option

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLORS = {"+": "green", "-": "red", "@": "cyan"}


@click.command("diff")
@refs_argument
@target_option
@json_option
def command(refs: Sequence[str], **options: Any) -> None:
    """Show the differences, line by line and field by field: ours against the base, and theirs where they moved.

    \b
    Examples:
      cochat diff
      cochat diff tool/web_search
      cochat status --fetch; cochat diff 'filter/*'
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.session import select
    from cochat_devkit.operations.status import diff_lines

    found = diff_lines(read_config(), select(refs), target=options["target"])
    if options["as_json"]:
        items = [
            {"ref": each.ref, "reason": str(each.decision.reason), "path": each.path, "diff": lines}
            for each, lines in found
        ]
        render.out_json(
            {"command": "diff", "ok": True, "exit_code": 0, "counts": {"differ": len(items)}, "items": items}
        )
        return
    for _each, lines in found:
        for line in lines:
            render.out(render.paint_out(line, _COLORS[line[0]]) if line[:1] in _COLORS else line)
