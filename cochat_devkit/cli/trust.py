"""`cochat trust`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.consent import may_trust, show_standings, to_item
from cochat_devkit.cli.options import complete_plugins, complete_targets, json_option
from cochat_devkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.operations.trust import Standing


@click.command("trust")
@click.argument("plugins", nargs=-1, shell_complete=complete_plugins, metavar="[PATH|REF]...")
@click.option("--all", "everything", is_flag=True, help="Every plugin here, as it is now.")
@click.option("--list", "only_list", is_flag=True, help="Show what is trusted and what is not; change nothing.")
@click.option("--revoke", is_flag=True, help="Take trust back.")
@click.option(
    "--from",
    "target",
    metavar="NAME",
    shell_complete=complete_targets,
    help="Only what came from this target of cochat.toml.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def command(plugins: Sequence[str], **options: Any) -> None:
    """Say that code which came from a server may run on this machine.

    What a pull lays into the files is looked at here, and neither loaded nor called, until you say so once. Your word
    is about the code as it stands: where the server's changes, you are asked anew. It is kept for you alone, outside
    the workspace. What you write yourself, and what was sent from here, needs no word.

    \b
    Examples:
      cochat trust
      cochat trust tool/web_search
      cochat trust 'tool/*' --yes
      cochat trust --all --from staging
      cochat trust --revoke tool/web_search
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.trust import revoke, trust

    names_some = bool(plugins) or options["everything"]
    if plugins and options["everything"]:
        raise UsageError("--all is every plugin: an address beside it says nothing", hint="leave one of them out")
    if options["revoke"] and not names_some:
        raise UsageError("nobody knows whose trust is to be taken back", hint="give an address, or --all")
    config = read_config()
    found = _chosen(config, plugins, options["target"])
    if options["only_list"] or not names_some:
        _tell(found, "listed", as_json=options["as_json"])
        return
    if options["revoke"]:
        meant = [each for each in found if each.sources] if options["everything"] else found
        _tell(revoke(config, meant), "revoked", as_json=options["as_json"])
        return
    waiting = [each for each in found if not each.is_trusted]
    if waiting:
        if not may_trust(waiting, yes=options["yes"] or options["as_json"]):
            raise UsageError("nothing was trusted")
        trust(config, waiting)
    _tell(waiting, "trusted", as_json=options["as_json"])


def _chosen(config: Config, words: Sequence[str], target: str | None) -> list[Standing]:
    """Look at the plugins that some paths and addresses name, all for none; of a target only those from there."""
    from cochat_devkit.operations.check import choose_plugins
    from cochat_devkit.operations.trust import look

    chosen, _tree = choose_plugins(config, words)
    found = look(config, chosen)
    if target is None:
        return found
    url = config.target_named(target).url
    return [each for each in found if url in each.sources]


def _tell(standings: Sequence[Standing], what: str, *, as_json: bool) -> None:
    if as_json:
        items, counts = [to_item(each) for each in standings], {what: len(standings)}
        render.out_json({"command": "trust", "ok": True, "exit_code": 0, "counts": counts, "items": items})
        return
    if what == "listed" and standings:
        show_standings(standings)
        return
    nothing = {"listed": "there are no plugins here", "revoked": "none of these was trusted"}
    refs = ", ".join(each.ref for each in standings)
    render.out(f"{what}: {refs}" if refs else nothing.get(what, "nothing here waits for your word"))
