"""`cochat log`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_refs, json_option, target_option, verbose_option

if TYPE_CHECKING:
    from cochat_devkit.operations.log import Logged

_LONGEST_MESSAGE = 60


@click.command("log")
@click.argument("ref", shell_complete=complete_refs)
@click.option("-n", "--number", "most", type=click.IntRange(min=1), metavar="N", help="Show the newest N entries.")
@click.option("--fetch", is_flag=True, help="Take in the history that the server keeps, first.")
@target_option
@verbose_option
@json_option
def command(ref: str, most: int | None, **options: Any) -> None:
    """Show every body ever seen of a resource, numbered from the newest, offline; deleted resources have theirs.

    \b
    Examples:
      cochat log tool/weather
      cochat log tool/weather --fetch
      cochat diff tool/weather@3
      cochat restore tool/weather@3
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.log import fetch_history, log

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
