"""`cochat resolve`."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_refs, json_option, target_option
from cochat_devkit.errors import LocalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WORDS = {
    "adopt": "settled",
    "merge": "merged",
    "update-here": "updated",
    "create-here": "back",
    "delete-here": "moved to the trash",
    "conflict": "still in conflict",
    "nothing": "unchanged",
}
_HOW = ("ours", "theirs", "merge", "edit")


@click.command("resolve")
@click.argument("refs", nargs=-1, required=True, shell_complete=complete_refs, metavar="REF...")
@click.option("--ours", is_flag=True, help="Keep ours; the next push sends it.")
@click.option("--theirs", is_flag=True, help="Take theirs; ours goes to the trash and the history.")
@click.option("--merge", is_flag=True, help="Merge what can be, and say what cannot.")
@click.option("--edit", is_flag=True, help="Open both sides in $EDITOR, and take the result.")
@target_option
@json_option
def command(refs: Sequence[str], **options: Any) -> int:
    """Settle what both sides changed, offline, with the server's side as the last pull saw it.

    The server's side lies in .cochat/conflicts/TARGET/ until then. With --edit nothing is taken while a conflict
    marker is left, or while it does not compile; the files of the workspace never hold markers.

    \b
    Examples:
      cochat diff tool/weather
      cochat resolve tool/weather --merge
      cochat resolve tool/weather --edit
      cochat resolve 'tool/*' 'filter/*' --theirs
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.conflicts import How
    from cochat_devkit.operations.resolve import resolve
    from cochat_devkit.operations.session import select

    chosen = [how for how in _HOW if options[how]]
    if len(chosen) != 1:
        raise UsageError("say how to settle it: with one of --ours, --theirs, --merge, --edit")
    report = resolve(read_config(), select(refs), How(chosen[0]), target=options["target"], edit=open_editor)
    if options["as_json"]:
        render.report_json("resolve", report)
        return report.exit_code
    for each in report.items:
        render.show_outcome(each, _WORDS)
    if not report.items:
        render.out("no conflicts")
    return report.exit_code


def open_editor(paths: Sequence[Path]) -> None:
    """Open files in the editor that the environment names, and wait for its end.

    Raises:
        UsageError: it names none.
        LocalError: it cannot be started, or ended with an error; nothing is taken.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UsageError("$EDITOR is not set", hint="EDITOR=nano cochat resolve …; or edit the file, and use --ours")
    try:
        done = subprocess.run([*shlex.split(editor), *map(str, paths)], check=False)
    except (OSError, ValueError) as error:
        raise LocalError(f"the editor {editor!r} cannot be started: {error}", hint="set $EDITOR") from error
    if done.returncode:
        raise LocalError(f"the editor ended with {done.returncode}; nothing was taken", hint="run the command again")
