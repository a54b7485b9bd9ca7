"""`cochat run`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_plugins, generation_option, json_option
from cochat_devkit.cli.words import pair, value_of, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def _complete_methods(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer what the source of the plugin has to call."""
    from cochat_devkit.operations.completion import callables_of

    names = [each.name for each in callables_of(str(context.params.get("tool")))]
    return [name for name in names if name.startswith(incomplete)]


def _complete_arguments(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer what the method takes, and was not given yet."""
    from cochat_devkit.operations.completion import callables_of

    given = {word.partition("=")[0] for word in context.params.get("arguments") or ()}
    names = [
        name
        for each in callables_of(str(context.params.get("tool")))
        if each.name == context.params.get("method")
        for name in each.arguments
    ]
    return [f"{name}=" for name in names if name.startswith(incomplete) and name not in given]


@click.command("run")
@click.argument("tool", metavar="REF|PATH", shell_complete=complete_plugins)
@click.argument("method", shell_complete=_complete_methods)
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...", shell_complete=_complete_arguments)
@click.option(
    "--as", "role", type=click.Choice(["user", "admin"]), default="user", show_default=True, help="Who calls."
)
@click.option("--valve", "valves", multiple=True, metavar="NAME=VALUE", help="A saved valve; JSON, or else text.")
@click.option("--user-valve", "user_valves", multiple=True, metavar="NAME=VALUE", help="A valve that the user saved.")
@click.option(
    "--reply",
    "replies",
    multiple=True,
    metavar="TYPE=VALUE",
    help="What the page answers to an event call of a type, as in confirmation=true; without one the page is closed.",
)
@click.option("--events", is_flag=True, help="Show every event that the tool emits.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0.1), default=120.0, show_default=True, metavar="S")
@generation_option
@json_option
def command(tool: str, method: str, arguments: Sequence[str], **options: Any) -> int:
    """Call one method of a tool or one hook of a function here, as the server would, and show what comes of it.

    An argument is text where a tool's spec says so, and otherwise JSON where it can be: `days=3`, `tags=["a"]`. A hook
    is given its payload as `body=` or `event=`, as JSON, or `text=` for the message in it; what a server puts beside it
    is put there. The plugin runs in a process of its own, with your rights. Exit 1: it raised.

    \b
    Examples:
      cochat run tool/weather forecast city=Oslo days=3
      cochat run plugins/tools/weather.py forecast city=Oslo --valve units=imperial --as admin
      cochat run tool/mailer send to=ada@example.com --reply confirmation=true --events
      cochat run filter/shouts inlet text=hello
      cochat run pipe/router pipe 'body={"messages": [{"role": "user", "content": "hi"}], "stream": false}'
      cochat run action/translate action id=to_french
    """
    from cochat_devkit.cli.consent import with_consent
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.run import run
    from cochat_devkit.plugin import Call

    call = Call(
        method,
        dict(map(pair, arguments)),
        options["role"],
        values_of(options["valves"]),
        values_of(options["user_valves"]),
        {name: value_of(word) for name, word in map(pair, options["replies"])},
    )
    config = read_config()
    report = with_consent(
        config,
        lambda: run(config, tool, call, generation=options["generation"], timeout_s=options["timeout_s"]),
        as_json=options["as_json"],
    )
    if options["as_json"]:
        render.report_json("run", report)
        return report.exit_code
    told = report.extra
    if told["output"]:
        render.err(told["output"].rstrip("\n"))
    for event in told["events"] if options["events"] else ():
        render.out(f"event  {json.dumps(event, ensure_ascii=False)}")
    for name in ("files", "embeds"):
        for each in told[name]:
            render.out(f"{name[:-1]}  {json.dumps(each, ensure_ascii=False)}")
    render.err_diff(told["changes"])
    if not told["error"] or told["before"] is None:
        render.out(told["text"] if told["text"] is not None else "(nothing)")
    if told["error"]:
        line = f" (line {told['error']['line']})" if told["error"]["line"] else ""
        reads = "; this is what the model reads of it" if told["before"] is None else f": {told['error']['message']}"
        render.err(f"{method} raised {told['error']['exception']}{line}{reads}")
    return report.exit_code
