"""`cochat undo`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import (
    complete_refs,
    confirm_production,
    json_option,
    target_option,
    verbose_option,
    yes_option,
)
from cochat_devkit.cli.push import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.events import Report
    from cochat_devkit.mirror.journal import Run

_WORDS = {
    **WORDS,
    "create-here": "file brought back",
    "update-here": "file put back",
    "delete-here": "file moved to the trash",
}


@click.command("undo")
@click.argument("run", type=int, required=False, metavar="[RUN]")
@click.argument("refs", nargs=-1, shell_complete=complete_refs, metavar="[REF]...")
@click.option("--list", "wants_list", is_flag=True, help="List the runs; so does no RUN.")
@click.option("-n", "newest", type=int, default=20, show_default=True, metavar="N", help="How many runs to list.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken back; change nothing.")
@click.option("--confirm-deletes", type=int, metavar="N", help="Repeat the exact number, where many would go.")
@yes_option
@target_option
@verbose_option
@json_option
def command(run: int | None, refs: Sequence[str], **options: Any) -> int:
    """Take back what a push or a pull did; without a run, list the runs.

    An undone push gives the server what it held before, and leaves your files alone; an undone pull gives the files
    what they held before, and leaves the server alone. What moved since is left as it is, and the exit code is 3.

    \b
    Examples:
      cochat undo
      cochat undo 12 --dry-run
      cochat undo 12
      cochat undo 12 tool/web_search
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.session import select
    from cochat_devkit.operations.undo import UndoOptions, list_runs, undo, writes_there

    config = read_config()
    if run is None or options["wants_list"]:
        _show_runs(list_runs(config, target=options["target"], newest=options["newest"]), as_json=options["as_json"])
        return 0
    wanted = UndoOptions(dry_run=options["dry_run"], confirmed_deletions=options["confirm_deletes"])
    meant = select(refs)

    def carry_out(how: UndoOptions) -> Report:
        with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
            return undo(config, run, meant, target=options["target"], options=how, emit=talk.emit)

    if not wanted.dry_run and writes_there(config, run, meant, target=options["target"]):
        confirm_production(
            config,
            options["target"],
            f"undo run {run}",
            yes=options["yes"],
            preview=lambda: render.show_report(
                carry_out(replace(wanted, dry_run=True)), _WORDS, "nothing to undo", is_plan=True
            ),
        )
    report = carry_out(wanted)
    report.extra["dry_run"] = wanted.dry_run
    if options["as_json"]:
        render.report_json("undo", report)
        return report.exit_code
    render.show_report(report, _WORDS, "nothing to undo", is_plan=wanted.dry_run)
    return report.exit_code


def _show_runs(runs: list[Run], *, as_json: bool) -> None:
    if as_json:
        render.out_json({"command": "undo", "ok": True, "exit_code": 0, "runs": [_to_json(each) for each in runs]})
        return
    for line in render.columns([_to_cells(each) for each in runs]):
        render.out(line)
    if not runs:
        render.out("no runs yet")


def _to_cells(run: Run) -> tuple[str, ...]:
    from cochat_devkit.operations.undo import done_steps

    steps = done_steps(run)
    refs = [_ref(each.key.kind, each.type, each.key.slug) for each in steps[:3]]
    named = ", ".join(refs) + (f" and {len(steps) - len(refs)} more" if len(steps) > len(refs) else "")
    state = "interrupted" if run.ended is None else f"takes back {run.undoes}" if run.undoes else ""
    return (
        str(run.id),
        run.started.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        run.command,
        f"{len(steps)} done",
        state,
        run.message or named,
    )


def _to_json(run: Run) -> dict[str, Any]:
    return {
        **render.run_json(run),
        "steps": [
            {"ref": _ref(each.key.kind, each.type, each.key.slug), "action": each.action, "state": str(each.state)}
            for each in run.steps
        ],
    }


def _ref(kind: str, type_: str, slug: str) -> str:
    return f"{type_ or kind}/{slug}"
