"""`cochat push`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, refs_argument, target_option, verbose_option

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = {
    "create-there": "created",
    "update-there": "updated",
    "delete-there": "deleted",
    "adopt": "already equal",
    "conflict": "refused",
    "failed": "failed",
    "skip": "left alone",
    "nothing": "unchanged",
    "forget": "gone on both sides",
}


@click.command("push")
@refs_argument
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind: tool, function, filter, …")
@click.option("--dry-run", is_flag=True, help="Check, read the server, and say what would be sent; send nothing.")
@click.option("--delete", is_flag=True, help="Also delete on the server what was deleted here.")
@click.option("--confirm-deletes", type=int, metavar="N", help="Repeat the exact number, where many would go.")
@click.option("--no-verify", is_flag=True, help="Skip the check and the plugins' tests.")
@target_option
@verbose_option
@json_option
def command(refs: Sequence[str], kinds: Sequence[str], **options: Any) -> int:
    """Send what changed here: checked and tested first, each write checked before and verified after.

    What also moved on the server is refused, both changes are named, and the exit code is 3: pull, then push again.

    \b
    Examples:
      cochat push --dry-run
      cochat push
      cochat push tool/web_search
      cochat push --delete
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.push import PushOptions, push
    from cochat_devkit.operations.session import select

    config = read_config()
    wanted = PushOptions(
        dry_run=options["dry_run"],
        delete=options["delete"],
        confirmed_deletions=options["confirm_deletes"],
        verify=not options["no_verify"],
    )
    with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
        report = push(config, select(refs, kinds), target=options["target"], options=wanted, emit=talk.emit)
    report.extra["dry_run"] = wanted.dry_run
    if options["as_json"]:
        render.report_json("push", report)
        return report.exit_code
    words = {name: f"would be {word}" if wanted.dry_run and "there" in name else word for name, word in _WORDS.items()}
    for each in report.items:
        render.show_outcome(each, words)
    render.out(render.summary(report.counts, words, "nothing to push") + f" ({report.requests} requests)")
    return report.exit_code
