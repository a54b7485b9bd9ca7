"""How a person is asked before code that came from a server runs: what it is, and then yes or no."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

from cochat_devkit.cli import render
from cochat_devkit.errors import NotTrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.operations.trust import Standing

T = TypeVar("T")

_COLUMNS = ("REF", "TRUST", "FROM", "BYTES", "CHANGED THERE", "PATH")


def with_consent(config: Config, work: Callable[[], T], *, as_json: bool) -> T:
    """Do what may execute plugins; where code among them is not trusted, ask the person who is there, and then do it.

    Raises:
        NotTrusted: nobody is there to ask, or the answer was no.
    """
    try:
        return work()
    except NotTrusted as error:
        if as_json or not sys.stdin.isatty():
            raise
        from cochat_devkit.operations.check import choose_plugins
        from cochat_devkit.operations.trust import look, trust

        found, _tree = choose_plugins(config, ())
        waiting = look(config, [each for each in found if each.key in error.keys])
        if not may_trust(waiting):
            raise
        trust(config, waiting)
        return work()


def may_trust(waiting: Sequence[Standing], *, yes: bool = False) -> bool:
    """Show what would run; on a terminal ask, elsewhere the command itself is the word."""
    for line in _lines(waiting):
        render.err(line)
    render.err(f"look at the code first: cochat show {waiting[0].ref}, or open the file")
    if yes or not sys.stdin.isatty():
        return True
    return render.ask("may this code run on this machine, with your rights?")


def show_standings(standings: Sequence[Standing]) -> None:
    """Print what is known of the trust in some plugins."""
    for line in _lines(standings):
        render.out(line)


def to_item(standing: Standing) -> dict[str, Any]:
    """Shape one for `--json`."""
    return {
        "ref": standing.ref,
        "path": standing.local.path,
        "state": standing.state,
        "from": list(standing.sources),
        "size_bytes": len(standing.local.source),
        "changed_at": standing.changed_at.isoformat() if standing.changed_at else None,
        "digest": standing.text,
    }


def _lines(standings: Sequence[Standing]) -> list[str]:
    rows = [
        (
            each.ref,
            each.state,
            ", ".join(each.sources) or "-",
            str(len(each.local.source)),
            f"{each.changed_at:%Y-%m-%d %H:%M}" if each.changed_at else "-",
            each.local.path,
        )
        for each in standings
    ]
    return render.columns([list(_COLUMNS), *rows])
