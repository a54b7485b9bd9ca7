"""The options that every command shares, and what they stand for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cochat_devkit.cli import render
from cochat_devkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    from cochat_devkit.config import Config

F = TypeVar("F", bound="Callable[..., Any]")


def json_option(command: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout, talk on stderr.")(
        command
    )


def verbose_option(command: F) -> F:
    """Add `-v`."""
    return click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")(command)


def message_option(says: str) -> Callable[[F], F]:
    """Add `-m`; `says` is its line of help."""
    return click.option("-m", "--message", default="", metavar="TEXT", callback=_read_message, help=says)


def _read_message(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            "the message is no UTF-8", hint="write it in UTF-8, or set the locale of your shell"
        ) from error
    return text


def complete_targets(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the targets of `cochat.toml` that begin with what was typed."""
    from cochat_devkit.operations.completion import targets_known

    return [name for name in targets_known() if name.startswith(incomplete)]


def target_option(command: F) -> F:
    """Add `--target`."""
    return click.option(
        "--target",
        "target",
        metavar="NAME",
        default=None,
        help="A target of cochat.toml; the default one otherwise.",
        shell_complete=complete_targets,
    )(command)


def generation_option(command: F) -> F:
    """Add `--target-version`."""
    return click.option(
        "--target-version",
        "generation",
        type=click.Choice(["0.12", "0.6"]),
        help="Do as this generation of servers does; the target's own by default.",
    )(command)


def complete_refs(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the addresses that begin with what was typed, from files and mirror, offline."""
    from cochat_devkit.operations.completion import refs_known

    return [ref for ref in refs_known() if ref.startswith(incomplete)]


def complete_plugins(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str] | list[CompletionItem]:
    """Offer addresses, and files where no address begins with what was typed."""
    from click.shell_completion import CompletionItem

    return complete_refs(context, parameter, incomplete) or [CompletionItem(incomplete, type="file")]


def refs_argument(command: F) -> F:
    """Add `REF…`."""
    return click.argument("refs", nargs=-1, shell_complete=complete_refs, metavar="[REF]...")(command)


def complete_kinds(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the kinds and their types that begin with what was typed."""
    from cochat_devkit.kinds import all_kinds

    names = {name for kind in all_kinds() for name in (kind.name, *kind.types)}
    return [name for name in sorted(names) if name.startswith(incomplete)]


def kinds_option(command: F) -> F:
    """Add `--kind`."""
    return click.option(
        "--kind",
        "kinds",
        multiple=True,
        metavar="KIND",
        help="Only this kind: tool, function, filter, …",
        shell_complete=complete_kinds,
    )(command)


def confirm_production(
    config: Config, target: str | None, what: str, *, yes: bool, preview: Callable[[], object] | None = None
) -> None:
    """Ask before something is done to a target that cochat.toml calls production; `preview` shows before what it is.

    Raises:
        UsageError: nobody is there to ask, or the answer was no.
    """
    aim = config.target_named(target)
    if yes or not aim.production:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{aim.name} is production: nobody is there to ask", hint=f"to {what} there, add --yes")
    if preview is not None:
        preview()
    if not render.ask(f"{what} to {aim.name}, which is production ({aim.url})?"):
        raise UsageError(f"nothing was done to {aim.name}")


def yes_option(command: F) -> F:
    """Add `--yes`."""
    return click.option("--yes", is_flag=True, help="Do not ask, where the target is production.")(command)
