"""`cochat log`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_refs, json_option, target_option, verbose_option
from cochat_devkit.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from cochat_devkit.operations.log import Logged
    from cochat_devkit.operations.runs import Told

_LONGEST_MESSAGE = 60
_ACTIONS = {
    "create-here": "new here",
    "update-here": "updated here",
    "delete-here": "moved to the trash here",
    "merge": "merged here",
    "create-there": "new on the server",
    "update-there": "updated on the server",
    "delete-there": "deleted on the server",
}
_RUNS = ("last", "pull", "push", "undo")
#: what was done needs no word
_STATES = {
    "dropped": ", not done",
    "intended": ", to be settled",
    "begun": ", to be settled",
    "applied": ", to be settled",
}


def _complete_runs(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(word) for word in _RUNS if word.startswith(incomplete)]


@click.command("log")
@click.argument("ref", required=False, shell_complete=complete_refs, metavar="[REF]")
@click.option(
    "--run",
    "run",
    metavar="RUN",
    shell_complete=_complete_runs,
    help="Tell what a run changed: its number, last, or a command (pull, push, undo) for the newest of it.",
)
@click.option("-n", "--number", "most", type=click.IntRange(min=1), metavar="N", help="Show the newest N entries.")
@click.option("--fetch", is_flag=True, help="Take in the history that the server keeps, first.")
@target_option
@verbose_option
@json_option
def command(ref: str | None, run: str | None, most: int | None, **options: Any) -> None:
    """Show every body ever seen of a resource, numbered from the newest, offline; deleted resources have theirs.

    Only --fetch asks the server: for the versions that it keeps, with their messages.

    Without a resource, tell what the last run of pull, push or undo changed, here or on the server.

    \b
    Examples:
      cochat log tool/weather
      cochat log --run pull
      cochat log --run 12
      cochat log tool/weather --fetch
      cochat log tool/weather -n 5 --json
      cochat diff tool/weather@3
      cochat restore tool/weather@3
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.log import fetch_history, log

    if ref is None or run is not None:
        _tell_run(ref, run, most, **options)
        return
    config, requests = read_config(), None
    with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
        if options["fetch"]:
            requests = fetch_history(config, ref, target=options["target"], emit=talk.emit)
    shown, entries, total = log(config, ref, target=options["target"], most=most)
    if options["as_json"]:
        counts = {"entries": total}
        made = {} if requests is None else {"requests": requests}
        items = [_to_json(shown, each) for each in entries]
        render.out_json({"command": "log", "ok": True, "exit_code": 0, "counts": counts, **made, "items": items})
        return
    for each in entries:
        for line in _lines(each):
            render.out(line)
    if not entries:
        render.err(f"{shown}: nothing was seen of it yet")


def _tell_run(ref: str | None, run: str | None, most: int | None, *, fetch: bool, **options: Any) -> None:
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.runs import LAST, tell_run

    if ref is not None or fetch:
        raise UsageError("--run tells of all resources", hint="see cochat log REF, or cochat log --run RUN")
    told = tell_run(read_config(), run or LAST, target=options["target"], most=most or -1)
    if options["as_json"]:
        render.out_json({"command": "log", "ok": True, "exit_code": 0, **_run_to_json(told)})
        return
    head = told.tally.run
    state = "" if head.ended else "  not ended"
    message = f"  {head.message}" if head.message else ""
    render.out(
        render.paint_out(
            f"{head.command} {head.id}  {head.started.astimezone():%Y-%m-%d %H:%M}{state}{message}", "cyan"
        )
    )
    for each in told.touched:
        numbers = f"  @{each.old}..@{each.new}" if each.old and each.new else ""
        render.out(f"{_ACTIONS.get(each.action, each.action)}{_STATES.get(each.state, '')}: {each.ref}{numbers}")
        for change in each.changes:
            render.out(f"    {change}")
    rest = told.tally.total - len(told.touched)
    if rest:
        render.err(f"and {rest} more")


def _run_to_json(told: Told) -> dict[str, Any]:
    run = told.tally.run
    return {
        "run": render.run_json(run),
        "counts": {"steps": told.tally.total, **{action: count for action, count in told.tally.done.items() if action}},
        "items": [
            {
                "ref": each.ref,
                "action": each.action,
                "state": each.state,
                "changes": list(each.changes),
                "before": f"{each.ref}@{each.old}" if each.old else None,
                "after": f"{each.ref}@{each.new}" if each.new else None,
                "paths": list(each.paths),
            }
            for each in told.touched
        ],
    }


def _to_json(ref: str, each: Logged) -> dict[str, Any]:
    entry = each.entry
    return {
        "ref": f"{ref}@{each.number}",
        "at": entry.at.isoformat(timespec="seconds"),
        "origin": str(entry.origin),
        "version": entry.version,
        "message": entry.message,
        "is_gone": entry.digest is None,
        "fingerprint": entry.digest[:32] if entry.digest else None,
        "changes": list(each.changes),
    }


def _lines(each: Logged) -> list[str]:
    entry = each.entry
    message = (entry.message or "").strip().split("\n")[0][:_LONGEST_MESSAGE]
    said = f"  {message}" if message else ""
    head = f"@{each.number}  {entry.at.astimezone():%Y-%m-%d %H:%M}  {entry.origin}{said}"
    return [render.paint_out(head, "cyan"), *(f"    {line}" for line in each.changes)]
