"""`cochat browse`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cochat_devkit.cli import render
from cochat_devkit.cli.options import target_option, verbose_option

if TYPE_CHECKING:
    from cochat_devkit.config import Config
    from cochat_devkit.operations.browse import Catalogue

_EXIT_INTERRUPTED = 130
#: what only a server has
_OF_SERVER = ("port", "host", "opens")


@click.command("browse")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="The port; 0 takes a free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The loopback address to listen on.")
@click.option("--open/--no-open", "opens", default=None, help="Open the page in a browser; on a terminal that is done.")
@click.option(
    "--export",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write all pages into this folder as a static site, and serve nothing.",
)
@click.option(
    "--datasette", "for_datasette", is_flag=True, help="Print the command that opens the mirror in datasette, for SQL."
)
@target_option
@verbose_option
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON: the address, or what was exported.")
@click.pass_context
def command(
    context: click.Context, /, *, folder: Path | None, for_datasette: bool, target: str | None, **options: Any
) -> None:
    """Look at everything in a web page, offline: lists, sources, relations, history, search.

    The page answers this machine only, to whoever has the address with its token; it reads, and writes nothing.

    --export writes the same pages as files that a browser opens from the disk, and that any static host serves below
    any path. The folder is empty, not there yet, or an earlier export: that is replaced once the new one is whole.

    \b
    Examples:
      cochat browse
      cochat browse --port 8766 --no-open
      cochat browse --target staging
      cochat browse --export site
      eval "$(cochat browse --datasette)"
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.upgrade import bring_up_to_date

    config = read_config()
    with render.Talk(quiet=options["as_json"]) as talk:
        bring_up_to_date(config, talk.emit)
    if for_datasette:
        _refuse_what_serves(context, "--datasette")
        _show_datasette(config, as_json=options["as_json"])
        return
    if folder is not None:
        _refuse_what_serves(context, "--export")
        _export(config, target, folder, as_json=options["as_json"], verbose=options["verbose"])
        return
    from cochat_devkit.operations.browse import Catalogue

    _serve(context, Catalogue(config, target), options)


def _refuse_what_serves(context: click.Context, given: str) -> None:
    for name in _OF_SERVER:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = next(each.opts[0] for each in context.command.params if each.name == name)
            raise click.UsageError(f"{given} serves nothing, and takes no {option}", context)


def _show_datasette(config: Config, *, as_json: bool) -> None:
    import shlex

    from cochat_devkit.web.datasette_command import datasette_command

    words = datasette_command(config)
    if as_json:
        render.out_json({"command": "browse", "ok": True, "exit_code": 0, "run": words})
    else:
        render.out(shlex.join(words))


def _export(config: Config, target: str | None, folder: Path, *, as_json: bool, verbose: bool) -> None:
    import signal

    from cochat_devkit.web.export import export

    # whoever ends it thus wants nothing half done beside the folder, either
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with render.Talk(quiet=as_json, verbose=verbose) as talk:
            done = export(config, target, folder, emit=talk.emit)
    except KeyboardInterrupt:
        if as_json:
            raise
        render.err(f"interrupted: {folder} is as it was")
        raise click.exceptions.Exit(_EXIT_INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)
    if as_json:
        counts = {"pages": done.pages, "files": done.files, "resources": done.resources, "cut": done.texts_cut}
        shape = {"command": "browse", "ok": True, "exit_code": 0, "path": str(done.folder), "counts": counts}
        render.out_json({**shape, "size_bytes": done.size_bytes, "seconds": round(done.seconds, 3)})
        return
    size = f"{done.size_bytes / 1e6:,.1f} MB in {done.files:,} files"
    render.out(f"{done.pages:,} pages of {done.resources:,} resources in {folder} ({size}, {done.seconds:.1f} s)")
    if done.texts_cut:
        render.err(f"The search of the site knows the whole text of all but {done.texts_cut:,} resources and files.")
    render.err(f"Open {folder / 'index.html'}, or serve the folder from anywhere.")


def _serve(context: click.Context, catalogue: Catalogue, options: dict[str, Any]) -> None:
    import sys

    from cochat_devkit.operations.browse import serve_pages
    from cochat_devkit.web.app import make_app

    as_json, opens = options["as_json"], options["opens"]
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
        serve_pages(
            lambda token: make_app(catalogue, token), host=options["host"], port=options["port"], on_ready=announce
        )
    except KeyboardInterrupt:
        render.err("stopped")
        context.exit(_EXIT_INTERRUPTED)
