"""`cochat new`."""

from __future__ import annotations

from typing import Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option


@click.command("new")
@click.argument("kind", metavar="KIND", type=click.Choice(["tool", "filter", "pipe", "action"]))
@click.argument("name")
@click.option("--author", default="", metavar="NAME", help="The author in the frontmatter; git's user by default.")
@json_option
def command(kind: str, name: str, author: str, **options: Any) -> None:
    """Scaffold a plugin with its test. KIND is tool, filter, pipe or action; NAME becomes the id.

    A folder templates/KIND of your own workspace wins over the packaged one.

    \b
    Examples:
      cochat new tool weather
      cochat new filter "Profanity Guard"
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.new import new

    made = new(read_config(), kind, name, author=author or _git_user())
    if options["as_json"]:
        facts = {"ref": made.ref, "paths": list(made.paths)}
        render.out_json({"command": "new", "ok": True, "exit_code": 0, "counts": {"made": len(made.paths)}, **facts})
        return
    for path in made.paths:
        render.out(f"made {path}")
    render.err(f"next: cochat check {made.ref}; cochat test {made.ref}; cochat push {made.ref}")


def _git_user() -> str:
    import shutil
    import subprocess

    git = shutil.which("git")
    if git is None:
        return ""
    found = subprocess.run([git, "config", "user.name"], capture_output=True, text=True, check=False)
    return found.stdout.strip()
