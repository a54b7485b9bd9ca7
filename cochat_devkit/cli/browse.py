"""`cochat browse`."""

from __future__ import annotations

import json

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import target_option

_EXIT_INTERRUPTED = 130


@click.command("browse")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="The port; 0 takes a free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The loopback address to listen on.")
@click.option("--open/--no-open", "opens", default=None, help="Open the page in a browser; on a terminal that is done.")
@target_option
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON with the address once it answers.")
@click.pass_context
def command(
    context: click.Context, *, port: int, host: str, opens: bool | None, target: str | None, as_json: bool
) -> None:
    """Look at everything in a web page, offline: lists, sources, relations, history, search.

    The page answers this machine only, to whoever has the address with its token; it reads, and writes nothing.

    \b
    Examples:
      cochat browse
      cochat browse --port 8766 --no-open
      cochat browse --target staging
    """
    import sys

    from cochat_devkit.config import read_config
    from cochat_devkit.operations.browse import Catalogue, serve_pages
    from cochat_devkit.web.app import make_app

    catalogue = Catalogue(read_config(), target)
    wants_browser = (sys.stdout.isatty() and not as_json) if opens is None else opens

    def announce(url: str) -> None:
        if as_json:
            render.out_secret(json.dumps({"url": url}))
        else:
            render.out_secret(f"{catalogue.target} answers on {url}")
            render.err("Press Ctrl-C to stop.")
        if wants_browser:
            click.launch(url)

    try:
        serve_pages(lambda token: make_app(catalogue, token), host=host, port=port, on_ready=announce)
    except KeyboardInterrupt:
        render.err("stopped")
        context.exit(_EXIT_INTERRUPTED)
