"""`cochat check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_plugins, generation_option, json_option, verbose_option

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("check")
@click.argument("plugins", nargs=-1, shell_complete=complete_plugins, metavar="[PATH|REF]...")
@click.option("--fix", is_flag=True, help="Let ruff mend what it can mend safely.")
@generation_option
@verbose_option
@json_option
def command(plugins: Sequence[str], **options: Any) -> int:
    """Lint plugins with our rules and ruff, and load them as the server would, in a child process.

    \b
    Examples:
      cochat check
      cochat check plugins/tools/weather.py
      cochat check 'filter/*' --target-version 0.6
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.check import check

    with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
        report = check(read_config(), plugins, generation=options["generation"], fix=options["fix"], emit=talk.emit)
    if options["as_json"]:
        render.report_json("check", report)
        return report.exit_code
    for each in report.findings:
        render.show_finding(each)
    found = ", ".join(f"{count} {word}{'s' * (count != 1)}" for word, count in report.counts.items() if count)
    count = report.extra["plugins"]
    render.out(f"{count} plugin{'s' * (count != 1)} checked: {found or 'all well'}")
    return report.exit_code
