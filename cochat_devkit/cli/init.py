"""`cochat init`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="[DIR]")
@click.option("--url", required=True, metavar="URL", help="The server's address, as the browser shows it.")
@click.option("--target", default="main", show_default=True, metavar="NAME", help="What to call the server here.")
@json_option
def command(folder: Path, url: str, target: str, **options: Any) -> None:
    """Make a workspace for a server in DIR (this folder by default).

    \b
    Examples:
      cochat init work --url https://app.cochat.ai
      cochat init --url http://127.0.0.1:8765 --target local
    """
    from cochat_devkit.operations.init import init

    made = init(folder, url=url, target=target)
    if options["as_json"]:
        facts = {"root": str(made.root), "url": made.url, "target": made.target, "paths": list(made.paths)}
        render.out_json({"command": "init", "ok": True, "exit_code": 0, "counts": {"made": len(made.paths)}, **facts})
        return
    render.out(f"made a workspace in {made.root} for {made.url}")
    render.err("next: cochat login, then cochat pull" + (f" (in {folder})" if folder != Path() else ""))
