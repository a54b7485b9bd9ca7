"""`cochat completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cochat_devkit.cli import render


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the tab completion script of a shell: commands, options, and addresses of the mirror.

    \b
    Examples:
      eval "$(cochat completion bash)"       in ~/.bashrc
      eval "$(cochat completion zsh)"        in ~/.zshrc
      cochat completion fish > ~/.config/fish/completions/cochat.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise AssertionError(f"click does not know {shell}")
    render.out(found(ctx.find_root().command, {}, "cochat", "_COCHAT_COMPLETE").source())
