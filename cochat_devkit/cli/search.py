"""`cochat search`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.drawing import one_line
from cochat_devkit.cli.options import json_option, kinds_option, target_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.operations.search import Answer, Found


@click.command("search")
@click.argument("words", nargs=-1, metavar="WORDS...")
@kinds_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Show at most so many.")
@click.option("--substring", "is_substring", is_flag=True, help="Find the characters within words, too; newest first.")
@target_option
@json_option
def command(words: Sequence[str], kinds: Sequence[str], **options: Any) -> int:
    """Search what the mirror knows, offline: names, descriptions and texts of what the server showed last, and files.

    All words must be there. A word finds words that are the same but for case and accents; word* finds what begins
    like it, "two words" find a phrase, two characters of Chinese, Japanese or Korean are enough. Of a file of a
    knowledge base that is a text, the first megabyte is searched. Exit 1 when nothing is found.

    \b
    Filters, each of which must hold; without words they list what fits, the newest first:
      kind:filter          only filters; with another kind: either of them (also --kind)
      tag:finance          sorted under a tag: agents, models, prompts, skills
      is:free              a model of the server's catalogue that costs nothing; also is:paid, is:unknown
      uses:tool/x          names it: agents, models and automations that use it
      changed:7d           changed within 7 days (also 12h, 2w, 3m, 1y)
      changed:2026-11      in a month; a year or a day, too, and 2026-01..2026-03
      changed:>2026-01-01  after a day; >= from it on, < before it, <= up to it

    \b
    Examples:
      cochat search calendar event
      cochat search 'calend*' --kind tool
      cochat search '"event emitter"' kind:filter
      cochat search 'changed:>=2026-01-01' tag:finance
      cochat search is:free gemma
      cochat search uses:tool/web_search
      cochat search --substring _events(
      cochat search 日历
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.search import search
    from cochat_devkit.operations.upgrade import bring_up_to_date

    asked, config = " ".join(words), read_config()
    with render.Talk(quiet=options["as_json"]) as talk:
        bring_up_to_date(config, talk.emit)
    answer = search(
        config,
        asked,
        kinds=kinds,
        limit=options["limit"],
        target=options["target"],
        is_substring=options["is_substring"],
    )
    exit_code = 0 if answer.found else 1
    if options["as_json"]:
        _show_json(asked, answer, exit_code)
        return exit_code
    for each in answer.found:
        name = one_line(each.name)
        render.out(f"{render.paint_out(each.ref, 'cyan')}  {name}".rstrip())
        if each.line:
            render.out(f"    {_place(each)}: {_marked(each)}".rstrip())
        elif each.changed_at:
            render.out(f"    changed {datetime.fromisoformat(each.changed_at).astimezone():%Y-%m-%d %H:%M}")
    _tell_limits(asked, answer, options["limit"])
    return exit_code


def _tell_limits(asked: str, answer: Answer, limit: int) -> None:
    """Say what the answer does not hold."""
    looked = answer.looked_through
    if not answer.found:
        where = "the mirror" if looked is None else f"the newest {looked:,}"
        render.err(f"nothing in {where} has all of: {asked}" if asked else "the mirror has none")
    if answer.has_more:
        render.err(f"these are the first {len(answer.found)}; for more: --limit {2 * limit}")
    if looked is not None:
        told = f"only the newest {looked:,} were looked through"
        render.err(f"this question takes long: {told}; longer or fewer words find in all")
    elif answer.is_sample:
        render.err("very many fit, and the newest of them were ranked; one word more finds better")
    if answer.unindexed:
        render.err(f"not all files are indexed yet of: {', '.join(answer.unindexed)} (cochat pull)")


def _show_json(asked: str, answer: Answer, exit_code: int) -> None:
    facts = {"command": "search", "ok": exit_code == 0, "exit_code": exit_code, "query": asked}
    counts = {"found": len(answer.found)}
    told = {
        "has_more": answer.has_more,
        "is_sample": answer.is_sample,
        "looked_through": answer.looked_through,
        "unindexed": list(answer.unindexed),
    }
    render.out_json({**facts, "counts": counts, **told, "items": [each._asdict() for each in answer.found]})


def _place(found: Found) -> str:
    return f"{found.field}/{one_line(found.file)}:{found.line}" if found.file else f"{found.field}:{found.line}"


def _marked(found: Found) -> str:
    """Highlight the words where a person reads them."""
    shown, done = [], 0
    for begin, end in found.marks:
        before, words = found.snippet[done:begin], found.snippet[begin:end]
        shown += [before, render.paint_out(words, "yellow")]
        done = end
    return "".join([*shown, found.snippet[done:]])
