"""`cochat search`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, kinds_option, target_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.operations.search import Answer, Found


@click.command("search")
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@kinds_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Show at most so many.")
@target_option
@json_option
def command(words: Sequence[str], kinds: Sequence[str], **options: Any) -> int:
    """Search what the mirror knows, offline: names, descriptions and texts of what the server showed last.

    All words must be there. A word finds words that are the same but for case and accents; word* finds what begins
    like it, "two words" find a phrase, two characters of Chinese, Japanese or Korean are enough. kind:filter stands
    for --kind filter. Exit 1 when nothing is found.

    \b
    Examples:
      cochat search calendar event
      cochat search 'calend*' --kind tool
      cochat search '"event emitter"' kind:filter
      cochat search 日历
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.search import search

    asked = " ".join(words)
    answer = search(read_config(), asked, kinds=kinds, limit=options["limit"], target=options["target"])
    exit_code = 0 if answer.found else 1
    if options["as_json"]:
        _show_json(asked, answer, exit_code)
        return exit_code
    for each in answer.found:
        render.out(f"{render.paint_out(each.ref, 'cyan')}  {each.name}".rstrip())
        if each.snippet:
            render.out(f"    {each.field}:{each.line}: {_marked(each)}")
    if not answer.found:
        render.err(f"nothing in the mirror has all of: {asked}")
    if answer.has_more:
        render.err(f"these are the best {len(answer.found)}; for more: --limit {2 * options['limit']}")
    if answer.is_sample:
        render.err("very many fit, and the newest of them were ranked; one word more finds better")
    return exit_code


def _show_json(asked: str, answer: Answer, exit_code: int) -> None:
    facts = {"command": "search", "ok": exit_code == 0, "exit_code": exit_code, "query": asked}
    counts = {"found": len(answer.found)}
    told = {"has_more": answer.has_more, "is_sample": answer.is_sample}
    render.out_json({**facts, "counts": counts, **told, "items": [each._asdict() for each in answer.found]})


def _marked(found: Found) -> str:
    """Highlight the words where a person reads them."""
    shown, done = [], 0
    for begin, end in found.marks:
        shown += [found.snippet[done:begin], render.paint_out(found.snippet[begin:end], "yellow")]
        done = end
    return "".join([*shown, found.snippet[done:]])
