"""`cochat apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, verbose_option
from cochat_devkit.cli.push import WORDS


@click.command("apply")
@click.argument("plan", type=click.Path(path_type=Path), metavar="PLAN")
@click.option("--confirm-deletes", type=int, metavar="N", help="Repeat the exact number, where many would go.")
@verbose_option
@json_option
def command(plan: Path, **options: Any) -> int:
    """Carry out a plan that `cochat push --out` saved, if nothing has moved since.

    Where a file or the server moved, the plan is stale: it says what moved, sends nothing, and exits 3.

    \b
    Examples:
      cochat push --out plan.json
      cochat apply plan.json
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.plans import apply_plan, read_plan

    found = read_plan(plan)
    with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
        report = apply_plan(read_config(), found, confirmed_deletions=options["confirm_deletes"], emit=talk.emit)
    if options["as_json"]:
        render.report_json("apply", report)
        return report.exit_code
    for each in report.items:
        render.show_outcome(each, WORDS)
    render.out(render.summary(report.counts, WORDS, "nothing to do") + f" ({report.requests} requests)")
    return report.exit_code
