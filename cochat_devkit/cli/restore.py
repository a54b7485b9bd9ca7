"""`cochat restore`."""

from __future__ import annotations

from typing import Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_refs, json_option, target_option

_WORDS = {"create-here": "back", "update-here": "restored", "nothing": "unchanged"}


@click.command("restore")
@click.argument("ref", metavar="REF@N", shell_complete=complete_refs)
@target_option
@json_option
def command(ref: str, **options: Any) -> int:
    """Lay a version of old into the files, to be pushed then; what was there goes to the history and the trash.

    The numbers are those of `cochat log`. The server is not asked, and not changed.

    \b
    Examples:
      cochat log tool/weather
      cochat restore tool/weather@2
      cochat push tool/weather
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.restore import restore

    report = restore(read_config(), ref, target=options["target"])
    if options["as_json"]:
        render.report_json("restore", report)
        return report.exit_code
    for each in report.items:
        render.show_outcome(each, _WORDS)
    return report.exit_code
