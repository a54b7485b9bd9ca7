"""The command line: which commands there are, and the one place that turns an error into words and an exit code."""

from __future__ import annotations

import importlib
import io
import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit import __version__
from cochat_devkit.cli import render
from cochat_devkit.errors import DevkitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_BUG = 70
EXIT_INTERRUPTED = 130

#: every command with its line of help, by what it is for; a command's module is imported when it runs
SECTIONS: dict[str, dict[str, str]] = {
    "Start": {
        "init": "Make a workspace for a server.",
        "login": "Store credentials for a target.",
        "logout": "Forget the credentials of a target.",
        "whoami": "Show who the server takes you for.",
        "demo": "See the whole job once, on a local server.",
        "doctor": "Show versions, target, token and mirror, for a bug report.",
    },
    "Keep in step": {
        "pull": "Bring files up to date with the server, keeping local edits.",
        "status": "Show what differs between files and server.",
        "diff": "Show the differences line by line.",
        "push": "Check, test and send what changed here.",
        "apply": "Carry out a plan that push saved.",
        "undo": "Take back what a push or a pull did.",
        "promote": "Bring resources from one target to another.",
        "valves": "Show and set the valves of a plugin.",
        "resolve": "Settle what both sides changed.",
        "log": "Show every version ever seen of a resource.",
        "restore": "Lay a version of old into the files.",
    },
    "Look": {
        "ls": "List the resources of the mirror.",
        "show": "Show one resource.",
        "search": "Find resources by the words in them.",
        "deps": "Show what a resource uses, and what uses it.",
        "chain": "Show which filters a message meets, in order.",
        "browse": "Look at everything in a web page, offline.",
    },
    "Write plugins": {
        "trust": "Say that code which came from a server may run here.",
        "install": "Install the packages that plugins ask for.",
        "new": "Scaffold a plugin with its test.",
        "run": "Call one method or hook of a plugin, as the server would.",
        "chat": "Ask one question through filters, tools and pipes, step by step.",
        "specs": "Show the specs of a tool, as stored and as the model sees them.",
        "check": "Lint plugins and load them as the server would.",
        "test": "Run the plugins' own tests.",
        "dev": "Watch: on every save check, test and, when asked, push.",
        "parity": "Compare how plugins load here with records of a real server.",
        "serve": "Run a local server that stands in for CoChat or Open WebUI.",
    },
    "Shell": {
        "completion": "Print the tab completion script of a shell.",
    },
}


class Commands(click.Group):
    """Offer the commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name the commands in the order of the help page."""
        return [name for commands in SECTIONS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and take its `command`."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"cochat_devkit.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f"did you mean `cochat {close[0]}`?" if close else "see `cochat --help`"
            raise UsageError(f"there is no command {args[0]!r}", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands by section, from the table."""
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()))


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Every command has examples: `cochat pull --help`.",
)
@click.version_option(__version__, "-V", "--version", prog_name="cochat")
def cochat() -> None:
    """Mirror a CoChat or Open WebUI server, and develop its plugins on your own machine.

    \b
    Examples:
      cochat init work --url https://app.cochat.ai
      cochat login
      cochat pull
      cochat new tool weather
      cochat push
    """


def run(words: Sequence[str]) -> int:
    """Run what a command line says: its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a name from a server may be more than the terminal's encoding can say
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(words)
    except BrokenPipeError:
        # the reader of our output went away: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(words: Sequence[str]) -> int:
    as_json, stdout = "--json" in words, sys.stdout
    render.use_target(_target_in(words))
    try:
        answer: Any = cochat.main(list(words), prog_name="cochat", standalone_mode=False)
    except DevkitError as error:
        render.show_error(error, as_json=as_json)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort) as error:
        return _show_stopped(error, as_json=as_json)
    except click.ClickException as error:
        render.show_error(_as_usage_error(error), as_json=as_json)
        return UsageError.exit_code
    except BrokenPipeError:
        raise
    except SystemExit:
        # so click ends where a shell asked for completions, and where nobody reads on: then it exchanges the stream
        if sys.stdout is stdout:
            raise
        raise BrokenPipeError from None
    except Exception as error:  # noqa: BLE001 - the guard: what comes here is our own bug
        render.show_bug(error, as_json=as_json)
        return EXIT_BUG
    sys.stdout.flush()
    return answer if isinstance(answer, int) else 0


def _show_stopped(error: BaseException, *, as_json: bool) -> int:
    """Say that we were stopped by hand. For click every end of a file is one, that of a damaged module of ours, too."""
    if isinstance(error.__cause__, EOFError):
        render.show_bug(error.__cause__, as_json=as_json)
        return EXIT_BUG
    render.show_interrupted(as_json=as_json)
    return EXIT_INTERRUPTED


def _target_in(words: Sequence[str]) -> str | None:
    """Find the target that a command line names, if any: an error that comes before it is read needs it, too."""
    for word, following in pairwise([*words, None]):
        if word == "--target":
            return following
        if word and word.startswith("--target="):
            return word.removeprefix("--target=")
    return None


def _as_usage_error(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "cochat"
    message = error.format_message()
    return UsageError(message[:1].lower() + message[1:].rstrip("."), hint=f"see `{path} --help`")
