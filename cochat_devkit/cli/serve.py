"""`cochat serve`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cochat_devkit.cli import render
from cochat_devkit.kinds.dialects import DIALECTS

if TYPE_CHECKING:
    from cochat_devkit.operations.serve import ServerReady

_EXIT_INTERRUPTED = 130
#: kinds that CoChat answers at addresses of its own
MORE_WRITES = ("agent", "skill", "automation")


@click.command("serve")
@click.option(
    "--flavor", type=click.Choice(list(DIALECTS)), default="cochat", show_default=True, help="What to stand in for."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port; 0 takes a free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The loopback address to listen on.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep everything in this file, so that it survives a restart.",
)
@click.option("--empty", is_flag=True, help="Start without the sample catalogue.")
@click.option(
    "--more-writes",
    type=click.Choice(MORE_WRITES),
    multiple=True,
    help="Answer PUT and DELETE for this kind of CoChat's too, which its reference does not have.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON with the sign-in once it answers.")
@click.pass_context
def command(
    context: click.Context,
    *,
    flavor: str,
    port: int,
    host: str,
    data: Path | None,
    empty: bool,
    more_writes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run a local server that stands in for CoChat or Open WebUI.

    It answers this machine only, keeps its resources in memory unless --data names a file, and comes with a catalogue
    of samples. Plugins saved to it are loaded in a process of their own, as the real server would load them.

    \b
    Examples:
      cochat serve
      cochat serve --flavor owui-0.12 --port 0
      cochat serve --data demo.db
      cochat serve --empty --json
      cochat serve --more-writes agent --more-writes skill
    """
    from cochat_devkit.operations.serve import serve

    def announce(ready: ServerReady) -> None:
        if as_json:
            _announce_json(ready)
        else:
            _announce(ready, flavor=flavor, with_samples=not empty)

    try:
        serve(
            flavor=flavor,
            host=host,
            port=port,
            data=data,
            empty=empty,
            more_writes=more_writes,
            on_ready=announce,
        )
    except KeyboardInterrupt:
        render.err("stopped")
        context.exit(_EXIT_INTERRUPTED)


def _announce_json(ready: ServerReady) -> None:
    shape = {"url": ready.url, "email": ready.email, "password": ready.password, "token": ready.token}
    render.out_secret(json.dumps(shape))


def _announce(ready: ServerReady, *, flavor: str, with_samples: bool) -> None:
    render.out_secret(
        f"The local server ({flavor}) answers on {ready.url}\n"
        "\n"
        f"  e-mail    {ready.email}\n"
        f"  password  {ready.password}\n"
        f"  token     {ready.token}\n"
    )
    if with_samples:
        render.err("What it lists is sample data; the sample users sign in with the same password.")
    render.err("Press Ctrl-C to stop.")
