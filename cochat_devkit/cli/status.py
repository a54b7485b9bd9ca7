"""`cochat status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, refs_argument, target_option, verbose_option

if TYPE_CHECKING:
    from collections.abc import Sequence


#: more addresses in one line are not read
_MOST_NAMES = 10


@click.command("status")
@refs_argument
@click.option("--fetch", is_flag=True, help="Ask the server first; files stay as they are.")
@click.option("--exit-code", "drift_exits", is_flag=True, help="Exit 3 where anything differs.")
@target_option
@verbose_option
@json_option
def command(refs: Sequence[str], **options: Any) -> int:
    """Show what differs between files and server, as the server was last seen.

    \b
    Examples:
      cochat status
      cochat status --fetch
      cochat status 'tool/*' --exit-code

    \b
    In a clone, --exit-code needs neither server nor mirror: it compares the files with cochat.lock.
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.session import select
    from cochat_devkit.operations.status import status

    with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
        report = status(
            read_config(),
            select(refs),
            target=options["target"],
            fetch=options["fetch"],
            emit=talk.emit,
            drift_exits=options["drift_exits"],
        )
    if options["as_json"]:
        render.report_json("status", report)
        return report.exit_code
    for each in report.items:
        color = {"update-there": "green", "create-there": "green", "conflict": "red", "skip": "yellow"}.get(
            each.action, "cyan"
        )
        place = f"  {each.path}" if each.path else ""
        render.out(f"{render.paint_out(each.reason, color)}: {each.ref}{place}")
    if not report.items:
        render.out("in step")
    for each in report.items:
        render.show_fault(each.ref, each.error, each.hint)
    _show_hidden("invisible", "the server no longer shows them to you; files and base stay", report.extra["invisible"])
    _show_hidden("unavailable", "the server does not show their bodies to you", report.extra["unavailable"])
    return report.exit_code


def _show_hidden(word: str, means: str, refs: Sequence[str]) -> None:
    if refs:
        more = f" and {len(refs) - _MOST_NAMES} more; cochat ls lists them" if len(refs) > _MOST_NAMES else ""
        render.err(f"{word}: {', '.join(refs[:_MOST_NAMES])}{more} ({means})")
