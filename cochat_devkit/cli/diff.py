"""`cochat diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, refs_argument, target_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.config import Config


@click.command("diff")
@refs_argument
@target_option
@json_option
def command(refs: Sequence[str], **options: Any) -> int:
    """Show the differences, line by line and field by field: ours against the base, and theirs where they moved.

    Offline: their side is what the server showed last; `cochat status --fetch` asks it now. With a number of
    `cochat log`, what changed since that entry; with two of them, between the two.

    \b
    Examples:
      cochat diff
      cochat diff tool/web_search
      cochat status --fetch; cochat diff 'filter/*'
      cochat diff tool/web_search@2
      cochat diff tool/web_search@3..@1
      cochat diff --json
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.log import is_of_the_past
    from cochat_devkit.operations.session import select
    from cochat_devkit.operations.status import diff_lines

    config = read_config()
    past = [ref for ref in refs if is_of_the_past(ref)]
    items = [_diff_of_old(config, ref, options["target"]) for ref in past]
    if len(past) < len(refs) or not refs:
        selection = select([ref for ref in refs if ref not in past])
        for differing, lines in diff_lines(config, selection, target=options["target"]):
            reason = str(differing.decision.reason)
            item: dict[str, Any] = {"ref": differing.ref, "reason": reason, "path": differing.path, "diff": lines}
            if differing.fault:
                item |= {"error": differing.fault.message, "hint": differing.fault.hint}
            items.append(item)
    exit_code = 1 if any("error" in each for each in items) else 0
    if options["as_json"]:
        counts = {"differ": len(items)}
        shown = {"command": "diff", "ok": not exit_code, "exit_code": exit_code, "counts": counts, "items": items}
        render.out_json(shown)
        return exit_code
    for each in items:
        render.out_diff(each["diff"])
        render.show_fault(each["ref"], each.get("error"), each.get("hint"))
    return exit_code


def _diff_of_old(config: Config, ref: str, target: str | None) -> dict[str, Any]:
    from cochat_devkit.operations.log import diff_of_old

    _shown, lines = diff_of_old(config, ref, target=target)
    return {"ref": ref, "reason": "compared with the past", "path": None, "diff": lines}
