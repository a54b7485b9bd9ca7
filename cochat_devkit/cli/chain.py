"""`cochat chain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.drawing import drawn, one_line
from cochat_devkit.cli.options import complete_refs, json_option, target_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cochat_devkit.operations.chain import Chain, IdleLink, Link

#: the stretches of a message's way, and what stands at their ends
_STRETCHES = (("inlet", ""), ("request", "the model"), ("stream", ""), ("outlet", "the answer"))
_SWITCHES = {
    "always": "",
    "by the person": ", when a person switches it on",
    "on by default": ", switched on by this model",
    "unknown": "; switch unknown",
}


def _complete_models(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the addresses of agents and models that begin with what was typed."""
    words = ("agent/", "model/", "base-model/")
    return [each for each in complete_refs(context, parameter, incomplete) if each.startswith(words)]


@click.command("chain")
@click.argument("model", required=False, shell_complete=_complete_models)
@click.option("--all", "is_all", is_flag=True, help="Also list the filters that do not run, and why not.")
@target_option
@json_option
def command(model: str | None, **options: Any) -> None:
    """Show which filters a message to a model or an agent meets, in the order in which they run, offline.

    Without a model, those that run for every model. A filter that is switched by people runs when somebody switches
    it on, or when the model does. Nothing is run: priorities, switches and hooks are read out of the source. Servers
    of the 0.12 generation order by the saved priority, else by that of the class, then by id; those of 0.6, CoChat
    among them, by the saved one alone, and filters of the same priority run there in no certain order.

    \b
    Examples:
      cochat chain
      cochat chain agent/researcher --all
      cochat chain --json
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.chain import chain

    found = chain(read_config(), model, target=options["target"])
    if options["as_json"]:
        _show_json(found)
        return
    render.out("\n".join(_drawing(found)))
    if options["is_all"] and found.idle:
        rows = [(one_line(each.node.ref), one_line(each.node.title), str(each.reason)) for each in found.idle]
        render.out("\nthese do not run:")
        render.out("\n".join(f"  {row}" for row in render.columns(rows)))
    if not found.links and not found.idle:
        render.err("neither files nor mirror know a filter")
        render.hint("cochat pull --kind filter")
    if len({each.rank for each in found.links}) < len(found.links):
        render.err("filters of the same number run in no certain order: this server looks at the saved priority alone")
        render.hint("state `priority: 10` in a filter's sidecar, then: cochat push")


def _show_json(found: Chain) -> None:
    counts = {"runs": len(found.links), "idle": len(found.idle)}
    told = {
        "model": found.model._asdict() if found.model else None,
        "dialect": found.dialect,
        "generation": found.generation,
        "is_certain": found.is_certain,
    }
    items, idle = ([_flat(each) for each in links] for links in (found.links, found.idle))
    facts = {"command": "chain", "ok": True, "exit_code": 0, "counts": counts}
    render.out_json({**facts, **told, "items": items, "idle": idle})


def _flat(link: Link | IdleLink) -> dict[str, Any]:
    """Shape a filter for `--json`: the facts of its node among its own."""
    told = link._asdict()
    return {**told.pop("node")._asdict(), **told}


def _drawing(found: Chain) -> Iterator[str]:
    model = found.model
    yield f"{one_line(f'{model.ref}  {model.title}') if model else 'every model'}, on {found.dialect}"
    yield "\na message"
    rows = dict(zip(found.links, render.columns([_row(found, each) for each in found.links]), strict=True))
    for hook, station in _STRETCHES:
        links = [each for each in found.links if each.hooks is None or hook in each.hooks]
        if links:
            yield drawn(f"  ↓ {hook}")
        yield from (f"    {rows[each]}" for each in links)
        if station:
            yield drawn(f"  ↓\n{station}")
    without = [rows[each] for each in found.links if each.hooks == ()]
    if without:
        yield "\nthese run, and have nothing to say:"
        yield from (f"    {row}" for row in without)


def _row(found: Chain, link: Link) -> Sequence[str]:
    is_alone = sum(each.rank == link.rank for each in found.links) == 1
    why = " and ".join(link.why)
    return (
        f"{link.rank}{'.' if is_alone else '='}",
        one_line(link.node.ref),
        one_line(link.node.title),
        _priority(link),
        f"{why}{_SWITCHES[link.switch]}{'' if link.hooks is not None else '; hooks unknown'}",
    )


def _priority(link: Link) -> str:
    own = "" if link.class_priority is None else f", its class says {link.class_priority:g}"
    match link.priority_from:
        case "saved":
            return f"priority {link.priority:g}, saved"
        case "class":
            return f"priority {link.priority:g}, of its class"
        case "nothing":
            return f"priority 0, none saved{own}"
    return "priority unknown, taken for 0"
