"""`cochat promote`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import (
    complete_refs,
    complete_targets,
    json_option,
    message_option,
    verbose_option,
    yes_option,
)
from cochat_devkit.cli.push import WORDS, confirm_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.events import Report
    from cochat_devkit.operations.promote import PromoteOptions


@click.command("promote")
@click.argument("refs", nargs=-1, required=True, shell_complete=complete_refs, metavar="REF...")
@click.option(
    "--from", "source", required=True, metavar="TARGET", shell_complete=complete_targets, help="Where it comes from."
)
@click.option("--to", "target", required=True, metavar="TARGET", shell_complete=complete_targets, help="Where it goes.")
@click.option("--from-files", is_flag=True, help="Take what the files say, not what the source target agreed on.")
@click.option("--with-refs", is_flag=True, help="Take along what is referred to.")
@click.option("--dry-run", is_flag=True, help="Check, read the target, and say what would be sent; send nothing.")
@click.option("--no-verify", is_flag=True, help="Skip the check and the plugins' tests.")
@message_option("Why: kept by servers with history.")
@yes_option
@verbose_option
@json_option
def command(refs: Sequence[str], **options: Any) -> int:
    """Bring resources from one target to another: ids and references rewritten, then through the gates of a push.

    What goes is what the source target and this workspace last agreed on; the files stay as they are. Somebody else's
    change on the other target is refused, exit 3. A reference that nobody there answers to fails the whole.

    \b
    Examples:
      cochat promote filter/billing_filter --from staging --to prod --dry-run
      cochat promote 'tool/*' agent/researcher --from staging --to prod
      cochat promote agent/researcher --with-refs --from staging --to prod --yes
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.promote import PromoteOptions, promote
    from cochat_devkit.operations.session import select

    config = read_config()
    wanted = PromoteOptions(
        source=options["source"],
        target=options["target"],
        from_files=options["from_files"],
        with_refs=options["with_refs"],
        plan_only=options["dry_run"],
        verify=not options["no_verify"],
        message=options["message"],
    )

    def carry_out(how: PromoteOptions) -> Report:
        with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
            return promote(config, select(refs), how, emit=talk.emit)

    if not wanted.plan_only:
        planning = replace(wanted, plan_only=True, verify=False)
        confirm_plan(config, options["target"], "promote", yes=options["yes"], plan=lambda: carry_out(planning))
    report = carry_out(wanted)
    report.extra["dry_run"] = wanted.plan_only
    report.extra.pop("plan", None)
    if options["as_json"]:
        render.report_json("promote", report)
        return report.exit_code
    render.show_report(report, WORDS, "nothing to promote", is_plan=wanted.plan_only)
    return report.exit_code
