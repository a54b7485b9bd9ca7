"""`cochat deps`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.drawing import drawn, one_line
from cochat_devkit.cli.options import complete_refs, json_option, target_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cochat_devkit.operations.deps import Link, Missing
    from cochat_devkit.operations.relations import Node

_FARTHEST = 50
#: what is said of a resource, and in which colour
_MARKS = {
    "only here": ("only here", "cyan"),
    "missing": ("missing", "red"),
    "unknown": ("not known here", "yellow"),
    "outside": ("a service outside", "yellow"),
}
#: before a branch, and before what lies behind it; then for the last branch
_LINES = (("├─ ", "│  "), ("└─ ", "   "))


@click.command("deps")
@click.argument("ref", required=False, shell_complete=complete_refs)
@click.option("--uses", "is_uses", is_flag=True, help="Only what it uses.")
@click.option("--used-by", "is_used_by", is_flag=True, help="Only what uses it.")
@click.option("--depth", type=click.IntRange(1, _FARTHEST), default=1, show_default=True, help="Follow so many steps.")
@click.option("--missing", "is_missing", is_flag=True, help="List what is named anywhere and is not there.")
@target_option
@json_option
def command(ref: str | None, **options: Any) -> int:
    """Show what a resource uses and what uses it, offline: tools, skills, filters, knowledge, models.

    Files win over what the server showed last. Marked is what is missing: named, and neither in the files nor in the
    mirror; what is not known here: its kind was never pulled; services outside of the server; and what the server does
    not have yet. With --missing, exit 1 when something is.

    \b
    Examples:
      cochat deps agent/researcher
      cochat deps tool/web_search --used-by
      cochat deps pipe/openrouter_manifold --depth 3
      cochat deps --missing
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.errors import UsageError
    from cochat_devkit.operations.deps import deps, missing

    if (ref is None) is not options["is_missing"]:
        raise UsageError("name one resource, or ask for --missing", hint="see cochat deps --help")
    if ref is None:
        return _show_missing(missing(read_config(), target=options["target"]), as_json=options["as_json"])
    found = deps(read_config(), ref, target=options["target"], depth=options["depth"])
    is_both = options["is_uses"] is options["is_used_by"]
    shown = {
        **({"uses": found.uses} if is_both or options["is_uses"] else {}),
        **({"used_by": found.used_by} if is_both or options["is_used_by"] else {}),
    }
    if options["as_json"]:
        counts = {name: len(links) for name, links in shown.items()}
        trees = {name: [_link_json(each) for each in links] for name, links in shown.items()}
        facts = {"command": "deps", "ok": True, "exit_code": 0, "counts": counts}
        render.out_json({**facts, **found.node._asdict(), **trees})
    else:
        render.out("\n".join([_line(found.node), *_tree(shown)]))
    return 0


def _show_missing(found: Sequence[Missing], *, as_json: bool) -> int:
    unknown = [each for each in found if each.node.standing != "missing"]
    count = len(found) - len(unknown)
    exit_code = 1 if count else 0
    if as_json:
        facts = {"command": "deps", "ok": not count, "exit_code": exit_code}
        items = [{**each.node._asdict(), "used_by": [_user_json(user) for user in each.users]} for each in found]
        render.out_json({**facts, "counts": {"missing": count, "unknown": len(unknown)}, "items": items})
        return exit_code
    for each in sorted(found, key=lambda each: each.node.standing != "missing"):
        render.out(_line(each.node))
        for user in each.users:
            render.out(f"    named by {one_line(user.user)} ({', '.join(user.fields)})")
    if not count:
        render.err("nothing that is named is missing")
    kinds = sorted({each.node.type for each in unknown if each.node.type})
    if kinds:
        render.hint(f"to know of the rest: cochat pull {' '.join(f'--kind {kind}' for kind in kinds)}")
    return exit_code


def _line(node: Node) -> str:
    """Show one resource: address, name, and what is to be known of it."""
    mark, color = _MARKS.get(node.standing, ("", ""))
    parts = [render.paint_out(one_line(node.ref), "cyan"), one_line(node.title)]
    return "  ".join([*filter(None, parts), *([render.paint_out(mark, color)] if mark else [])])


def _tree(shown: Mapping[str, Sequence[Link]]) -> Iterator[str]:
    for number, (name, links) in enumerate(shown.items(), start=1):
        branch, behind = map(drawn, _LINES[number == len(shown)])
        yield f"{branch}{name.replace('_', ' ')}{'' if links else ': nothing'}"
        yield from _branches(links, behind)


def _branches(links: Sequence[Link], lead: str) -> Iterator[str]:
    for number, link in enumerate(links, start=1):
        branch, behind = map(drawn, _LINES[number == len(links)])
        new = "  not on the server yet" if link.is_only_here else ""
        more = "  … shown elsewhere" if link.is_elsewhere else ""
        yield f"{lead}{branch}{_line(link.node)}  ({', '.join(link.fields)}){render.paint_out(new, 'cyan')}{more}"
        yield from _branches(link.further, lead + behind)


def _link_json(link: Link) -> dict[str, Any]:
    return {
        **link.node._asdict(),
        "fields": list(link.fields),
        "is_only_here": link.is_only_here,
        "is_elsewhere": link.is_elsewhere,
        "further": [_link_json(each) for each in link.further],
    }


def _user_json(user: Any) -> dict[str, Any]:
    return {"ref": user.user, "fields": list(user.fields)}
