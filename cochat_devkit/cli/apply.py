"""`cochat apply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import confirm_production, json_option, verbose_option, yes_option
from cochat_devkit.cli.push import WORDS

if TYPE_CHECKING:
    from cochat_devkit.sync.plan import Plan


@click.command("apply")
@click.argument("plan", type=click.Path(path_type=Path), metavar="PLAN")
@click.option("--confirm-deletes", type=int, metavar="N", help="Repeat the exact number, where many would go.")
@yes_option
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

    config, found = read_config(), read_plan(plan)
    confirm_production(config, found.target.name, "apply", yes=options["yes"], preview=lambda: _show_plan(found))
    with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
        report = apply_plan(config, found, confirmed_deletions=options["confirm_deletes"], emit=talk.emit)
    if options["as_json"]:
        render.report_json("apply", report)
        return report.exit_code
    render.show_report(report, WORDS, "nothing to do")
    return report.exit_code


def _show_plan(plan: Plan) -> None:
    from cochat_devkit.events import Outcome, Report
    from cochat_devkit.kinds import ref_of

    report = Report(requests=0)
    for each in plan.operations:
        report.add(Outcome(ref_of(each.key, each.type), str(each.action), each.reason, changes=each.lines))
    render.show_report(report, WORDS, "nothing to do", is_plan=True)
