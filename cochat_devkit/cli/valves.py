"""`cochat valves`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from cochat_devkit.cli import render
from cochat_devkit.cli.options import (
    complete_refs,
    confirm_production,
    json_option,
    target_option,
    verbose_option,
    yes_option,
)
from cochat_devkit.errors import UsageError
from cochat_devkit.redaction import MASK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.operations.valves import Shown, ValvesReport, Wanted

_VERBS = ("get", "set", "unset")


def _complete_words(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the verbs first, then the names that the source of the plugin has."""
    from cochat_devkit.operations.completion import valves_named

    said = context.params.get("words") or ()
    if not said:
        return [CompletionItem(verb) for verb in _VERBS if verb.startswith(incomplete)]
    names = valves_named(str(context.params.get("ref")))
    end = "=" if said[0] == "set" else ""
    return [CompletionItem(f"{name}{end}") for name in names if name.startswith(incomplete)]


@click.command("valves")
@click.argument("ref", shell_complete=complete_refs)
@click.argument("words", nargs=-1, metavar="[get | set NAME=VALUE... | unset NAME...]", shell_complete=_complete_words)
@click.option("--user", "is_users", is_flag=True, help="Your own user valves, instead of the plugin's.")
@click.option("--show", "shows", is_flag=True, help="Show secrets, too.")
@click.option(
    "--from-env",
    "prefix",
    metavar="[PREFIX]",
    is_flag=False,
    flag_value="",
    default=None,
    help="Set every valve whose variable <PREFIX><NAME> is set; PREFIX is the plugin's id otherwise: WEB_SEARCH_.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Set what a YAML file states; ${NAME} in it is a variable.",
)
@click.option(
    "--out",
    "out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what is stored to a YAML file; a secret stands there as ${NAME}.",
)
@click.option("--keep", "keeps", is_flag=True, help="Keep what is stored beside the credentials, for ${NAME}.")
@yes_option
@target_option
@verbose_option
@json_option
def command(ref: str, words: Sequence[str], **options: Any) -> None:
    """Show and set the valves of a tool or function on the server.

    Without a verb it shows them: what is stored, the default, and what each takes. A change is laid over what is
    stored and the whole is written back, since a server replaces it as a whole. Secrets are masked: password inputs,
    and names that sound so.

    A value is read as the type that the plugin declares: numbers, true and false, JSON for lists and mappings (a list
    of words also as one,two). ${NAME} is taken from the environment, else from what --keep kept.

    \b
    Examples:
      cochat valves tool/web_search
      cochat valves tool/web_search set max_results=5 api_key='${SEARCH_KEY}'
      cochat valves tool/web_search unset max_results
      cochat valves filter/billing_filter --from-env BILLING_
      cochat valves tool/web_search --user set language=de
      cochat valves tool/web_search --keep --out valves.yaml
      cochat valves tool/web_search set --from valves.yaml --target staging
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.valves import Aim, change_valves, show_valves, write_valves_file

    wanted = _read_words(words, options["prefix"], options["source"])
    config, aim = read_config(), Aim(ref, options["target"], is_users=options["is_users"])
    if wanted is not None:
        if options["keeps"] or options["out"]:
            raise UsageError("--keep and --out go with what is stored", hint="change first, then keep")
        confirm_production(config, aim.target, "set valves", yes=options["yes"])
    with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
        if wanted is None:
            report = show_valves(config, aim, keeps=options["keeps"], emit=talk.emit)
        else:
            report = change_valves(config, aim, wanted, emit=talk.emit)
    if options["out"]:
        write_valves_file(options["out"], report)
    if options["as_json"]:
        _show_json(report, shows=options["shows"])
    else:
        _show(report, shows=options["shows"])


def _read_words(words: Sequence[str], prefix: str | None, source: Path | None) -> Wanted | None:
    """Tell what is to change; None where the valves are only to be shown."""
    from cochat_devkit.operations.valves import Wanted

    is_fed = prefix is not None or source is not None
    verb, rest = (words[0], words[1:]) if words else ("set" if is_fed else "get", ())
    if verb not in _VERBS:
        meant = f"set {verb}" if "=" in verb else f"one of: {', '.join(_VERBS)}"
        raise UsageError(f"{verb!r} is nothing to do with valves", hint=f"write {meant}")
    if verb == "get":
        if rest or is_fed:
            raise UsageError("get takes nothing more", hint="to change valves: set NAME=VALUE, or unset NAME")
        return None
    if verb == "unset":
        if not rest or is_fed:
            raise UsageError("unset takes the names of valves", hint="write unset NAME")
        return Wanted(dropped=rest)
    if not rest and not is_fed:
        raise UsageError("set takes at least one value", hint="write set NAME=VALUE, or use --from-env or --from")
    return Wanted(assignments=rest, prefix=prefix, source=source)


def _show(report: ValvesReport, *, shows: bool) -> None:
    say = render.out_secret if shows else render.out
    if not report.takes_any:
        render.out(f"{report.ref} has no {'user ' if report.is_users else ''}valves")
    rows = [["valve", "stored", "default", "takes", "from"]] if report.items else []
    rows += [
        [
            each.name,
            _spoken(each, each.value, shows=shows) if each.is_set else "-",
            "required" if each.is_required else _spoken(each, each.default, shows=shows),
            each.takes or "(not in the source any more)",
            f"${{{each.variable}}}",
        ]
        for each in report.items
    ]
    for row in render.columns(rows):
        say(row)
    for word, names in (("written", report.written), ("removed", report.removed)):
        if names:
            render.out(f"{word}: {', '.join(names)}")
    if report.kept_in:
        render.err(f"kept in the {report.kept_in} beside your credentials")


def _spoken(each: Shown, value: Any, *, shows: bool) -> str:
    if each.is_secret and not shows and value not in (None, "", [], {}):
        return MASK
    return json.dumps(value, ensure_ascii=False)


def _show_json(report: ValvesReport, *, shows: bool) -> None:
    def masked(each: Shown, value: Any) -> Any:
        return MASK if each.is_secret and not shows and value not in (None, "", [], {}) else value

    items = [
        {
            "name": each.name,
            "value": masked(each, each.value),
            "default": masked(each, each.default),
            "is_set": each.is_set,
            "is_secret": each.is_secret,
            "is_required": each.is_required,
            "takes": each.takes,
            "description": each.description,
            "variable": each.variable,
        }
        for each in report.items
    ]
    say = render.out_json_secret if shows else render.out_json
    say(
        {
            "command": "valves",
            "ok": True,
            "exit_code": 0,
            "ref": report.ref,
            "target": report.target,
            "user": report.is_users,
            "items": items,
            "written": list(report.written),
            "removed": list(report.removed),
            "kept_in": report.kept_in,
            "requests": report.requests,
        }
    )
