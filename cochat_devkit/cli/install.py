"""`cochat install`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_plugins, json_option
from cochat_devkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.operations.packages import Wanted
    from cochat_devkit.workspace.tree import LocalResource


@click.command("install")
@click.argument("plugins", nargs=-1, shell_complete=complete_plugins, metavar="[PATH|REF]...")
@click.option("--list", "only_list", is_flag=True, help="Show what is asked for and what is missing; install nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def command(plugins: Sequence[str], **options: Any) -> None:
    """Install the packages that plugins name in their frontmatter's `requirements`, as the server does on its side.

    They go into an environment of this workspace, below your cache folder and not in git, which check, test, run,
    chat, specs and dev use from then on. pip does it, with its own settings, and never by itself: you see first what
    would be installed, and for whom. The server splits `requirements` at commas, and so do we.

    \b
    Examples:
      cochat install --list
      cochat install tool/stocks
      cochat install --yes
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.packages import environment, find_wanted, install

    config = read_config()
    wanted = find_wanted(config, _chosen(config, plugins, only_list=options["only_list"]))
    lacking = [each for each in wanted if not each.is_met]
    folder = environment(config).folder
    if lacking and not options["only_list"]:
        for line in _lines(lacking):
            render.err(line)
        _ask(f"install this into {folder}?", yes=options["yes"])
        install(config, lacking, render.err)
    shown = wanted if options["only_list"] else lacking
    if options["as_json"]:
        items = [{"requirement": each.requirement, "refs": list(each.refs), "was_met": each.is_met} for each in shown]
        counts = {"wanted": len(wanted), "missing": len(lacking)}
        render.out_json({"command": "install", "ok": True, "exit_code": 0, "counts": counts, "items": items})
    elif options["only_list"] and shown:
        render.out("\n".join(_lines(shown)))
    else:
        named = ", ".join(each.requirement for each in shown)
        render.out(f"installed: {named}" if named else "nothing is missing")


def _chosen(config: Config, words: Sequence[str], *, only_list: bool) -> list[LocalResource]:
    """Find the plugins that are meant; what is not trusted names no packages for this machine."""
    from cochat_devkit.operations.check import choose_plugins
    from cochat_devkit.operations.trust import find_untrusted, require_trust

    chosen, _tree = choose_plugins(config, words)
    if only_list:
        return chosen
    if words:
        require_trust(config, chosen)
        return chosen
    held = find_untrusted(config, chosen)
    if held:
        refs = ", ".join(each.ref for each in held.values())
        render.err(f"{render.paint('note', 'yellow')}: not asked, since not trusted: {refs} (cochat trust)")
    return [each for each in chosen if each.key not in held]


def _ask(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was installed: nobody is there to ask", hint="to install it, add --yes")
    if not render.ask(question):
        raise UsageError("nothing was installed")


def _lines(wanted: Sequence[Wanted]) -> list[str]:
    rows = [(each.requirement, "here" if each.is_met else "missing", ", ".join(each.refs)) for each in wanted]
    return render.columns([["REQUIREMENT", "STATE", "ASKED FOR BY"], *rows])
