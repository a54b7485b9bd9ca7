"""`cochat push`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import (
    confirm_production,
    json_option,
    kinds_option,
    message_option,
    refs_argument,
    target_option,
    verbose_option,
    yes_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Report
    from cochat_devkit.operations.push import PushOptions

#: what was done, in words
WORDS = {
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
@kinds_option
@click.option("--dry-run", is_flag=True, help="Check, read the server, and say what would be sent; send nothing.")
@click.option("--out", "plan_file", metavar="FILE", help="Save the plan for `cochat apply`; send nothing.")
@click.option("--atomic", is_flag=True, help="Send nothing if any resource conflicts or cannot be sent.")
@message_option("Goes into the server's history, where it keeps one.")
@click.option("--delete", is_flag=True, help="Also delete on the server what was deleted here.")
@click.option("--confirm-deletes", type=int, metavar="N", help="Repeat the exact number, where many would go.")
@click.option("--no-verify", is_flag=True, help="Skip the check and the plugins' tests.")
@yes_option
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
      cochat push -m "say what the weather is" --atomic
      cochat push --out plan.json && cochat apply plan.json
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.plans import write_plan
    from cochat_devkit.operations.push import PushOptions, look_at_changes, push
    from cochat_devkit.operations.session import select

    config = read_config()
    wanted = PushOptions(
        plan_only=options["dry_run"] or options["plan_file"] is not None,
        atomic=options["atomic"],
        delete=options["delete"],
        confirmed_deletions=options["confirm_deletes"],
        verify=not options["no_verify"],
        message=options["message"],
    )

    def carry_out(how: PushOptions) -> Report:
        with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
            return push(config, select(refs, kinds), target=options["target"], options=how, emit=talk.emit)

    if not wanted.plan_only:
        if config.target_named(options["target"]).production and not options["yes"]:
            # what is saved while the question waits was not shown
            seen = look_at_changes(config, select(refs, kinds), target=options["target"])
            wanted = replace(wanted, checked=seen)
        planning = replace(wanted, plan_only=True, verify=False)
        confirm_plan(config, options["target"], "push", yes=options["yes"], plan=lambda: carry_out(planning))
    report = carry_out(wanted)
    report.extra["dry_run"] = wanted.plan_only
    plan = report.extra.pop("plan", None)
    if plan is not None:
        report.extra["plan"] = json.loads(plan)
    if options["plan_file"] is not None and plan is not None:
        write_plan(Path(options["plan_file"]), plan)
    if options["as_json"]:
        render.report_json("push", report)
        return report.exit_code
    render.show_report(report, WORDS, "nothing to push", is_plan=wanted.plan_only)
    if options["plan_file"] is not None and plan is not None:
        render.out(f"the plan is in {options['plan_file']}; carry it out: cochat apply {options['plan_file']}")
    return report.exit_code


def confirm_plan(config: Config, target: str | None, what: str, *, yes: bool, plan: Callable[[], Report]) -> None:
    """Show what would be written to production, and ask.

    Raises:
        UsageError: nobody is there to ask, or the answer was no.
    """

    def preview() -> None:
        render.show_report(plan(), WORDS, f"nothing to {what}", is_plan=True)

    confirm_production(config, target, what, yes=yes, preview=preview)
