"""`cochat ls`."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, kinds_option, refs_argument, target_option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cochat_devkit.operations.ls import Listed

_DEFAULT = "ref,name,state,path"


def _complete_states(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the words of the states that something is in."""
    from cochat_devkit.operations.completion import states_known

    return [word for word in states_known() if word.startswith(incomplete)]


def _complete_columns(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the columns that are not there yet, behind those that are."""
    before, comma, begun = incomplete.rpartition(",")
    there = before.split(",")
    return [f"{before}{comma}{name}" for name in _COLUMNS if name.startswith(begun) and name not in there]


def _complete_order(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the columns; a shell takes what begins with a - for an option."""
    return [name for name in _COLUMNS if name.startswith(incomplete)]


@click.command("ls")
@refs_argument
@kinds_option
@click.option(
    "--state",
    "states",
    multiple=True,
    metavar="STATE",
    shell_complete=_complete_states,
    help="Only this state, or what has this word: edited.",
)
@click.option(
    "--columns",
    default=_DEFAULT,
    metavar="NAME,…",
    show_default=True,
    shell_complete=_complete_columns,
    help="Show these columns.",
)
@click.option(
    "--sort",
    metavar="COLUMN",
    shell_complete=_complete_order,
    help="Sort by a column; -COLUMN the other way round.",
)
@target_option
@json_option
def command(refs: Sequence[str], kinds: Sequence[str], **options: Any) -> None:
    """List the resources that files and mirror know, offline.

    Columns are ref, type, name, state, path, version and updated.

    \b
    Examples:
      cochat ls
      cochat ls --kind filter
      cochat ls --state edited --sort -updated
      cochat ls --columns name,version,updated
      cochat ls 'tool/google_*' --json
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.ls import Listed, ls
    from cochat_devkit.operations.session import select

    names = [_column_named(name) for name in options["columns"].split(",")]
    order = _column_named(options["sort"].removeprefix("-")) if options["sort"] else None
    with_stamps = options["as_json"] or not {order, *names}.isdisjoint(("version", "updated"))
    listed = ls(read_config(), select(refs, kinds), target=options["target"], with_stamps=with_stamps)
    lines = _in_state(listed, options["states"]) if options["states"] else listed
    if order:
        lines = _sorted(lines, _COLUMNS[order], is_reversed=options["sort"].startswith("-"))
    if options["as_json"]:
        value = {"command": "ls", "ok": True, "exit_code": 0, "counts": {"listed": len(lines)}}
        render.out_json_rows(value, Listed._fields, lines)
    elif lines:
        render.out("\n".join(render.beside([[name, *_cells(lines, name)] for name in names])))
    elif listed:
        there_are = ", ".join(sorted({line.state for line in listed}))
        render.err(f"nothing is in such a state; there are: {there_are}")
    else:
        render.err("nothing here yet: cochat pull, or cochat new tool NAME")


#: what each column shows of a line
_COLUMNS: dict[str, Callable[[Listed], str | None]] = {
    "ref": attrgetter("ref"),
    "type": attrgetter("type"),
    "name": attrgetter("name"),
    "state": attrgetter("state"),
    "path": attrgetter("path"),
    "version": attrgetter("version"),
    "updated": attrgetter("updated_at"),
}


def _column_named(name: str) -> str:
    from cochat_devkit.errors import UsageError

    if name not in _COLUMNS:
        raise UsageError(f"there is no column {name!r}", hint=f"columns: {', '.join(_COLUMNS)}")
    return name


def _in_state(lines: Sequence[Listed], states: Sequence[str]) -> list[Listed]:
    wanted = [_as_words(each) for each in states]
    return [line for line in lines if any(each in _as_words(line.state) for each in wanted)]


def _as_words(state: str) -> str:
    return f" {' '.join(state.lower().replace(',', ' ').split())} "


def _sorted(lines: Sequence[Listed], value: Callable[[Listed], str | None], *, is_reversed: bool) -> list[Listed]:
    """Sort by a column; lines that have nothing there come last, either way."""
    having = [line for line in lines if value(line)]
    having.sort(key=lambda line: (value(line) or "").casefold(), reverse=is_reversed)
    return [*having, *(line for line in lines if not value(line))]


def _cells(lines: Sequence[Listed], name: str) -> list[str]:
    """Write the values of a column."""
    show = _shown_instant if name == "updated" else _COLUMNS[name]
    return _tamed([each or "" for each in map(show, lines)])


def _shown_instant(line: Listed) -> str:
    from datetime import datetime

    return f"{datetime.fromisoformat(line.updated_at).astimezone():%Y-%m-%d %H:%M}" if line.updated_at else ""


def _tamed(texts: list[str]) -> list[str]:
    """Write each value on one line: names come from servers. Nearly always there is nothing to do."""
    if "".join(texts).isprintable():
        return texts
    return [text if text.isprintable() else render.tame(" ".join(text.split())) for text in texts]
