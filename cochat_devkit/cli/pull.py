"""`cochat pull`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, kinds_option, refs_argument, target_option, verbose_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.events import Report

_WORDS = {
    "mirror": "mirrored",
    "create-here": "new",
    "update-here": "updated",
    "delete-here": "moved to the trash",
    "merge": "merged",
    "adopt": "already equal",
    "conflict": "conflicts",
    "skip": "left alone",
    "forget": "gone on both sides",
    "nothing": "unchanged",
}


@click.command("pull")
@refs_argument
@kinds_option
@click.option(
    "--on-conflict",
    type=click.Choice(["stop", "ours", "theirs"]),
    default="stop",
    show_default=True,
    help="What to do where both sides changed: leave it (exit 3), keep ours, or take theirs (ours goes to the trash).",
)
@target_option
@verbose_option
@json_option
def command(refs: Sequence[str], kinds: Sequence[str], on_conflict: str, **options: Any) -> int:
    """Refresh the mirror, bring files up to date, keep local edits.

    Edits on both sides are merged by field and by line; what cannot be merged is a conflict, stays as it is here, and
    makes the exit code 3.

    \b
    Examples:
      cochat pull
      cochat pull 'filter/*' tool/web_search
      cochat pull --kind tool
      cochat pull tool/web_search --on-conflict theirs
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.pull import pull
    from cochat_devkit.operations.session import select
    from cochat_devkit.sync.decide import OnConflict

    config = read_config()
    with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
        report = pull(
            config,
            select(refs, kinds),
            target=options["target"],
            on_conflict=OnConflict(on_conflict),
            emit=talk.emit,
        )
    if options["as_json"]:
        render.report_json("pull", report)
    else:
        _show(report, is_verbose=options["verbose"])
    return report.exit_code


def _show(report: Report, *, is_verbose: bool) -> None:
    for each in report.items:
        render.show_outcome(each, _WORDS, hides=() if is_verbose else ("nothing", "adopt", "skip", "forget"))
    unavailable = sum(each.action == "skip" and each.ok for each in report.items)
    counted = {name: count for name, count in report.counts.items() if name != "skip"}
    render.out(render.summary(counted, _WORDS, "nothing to pull") + f" ({report.requests} requests)")
    if unavailable:
        render.err(f"{unavailable} that the server does not show to you; see cochat ls")
