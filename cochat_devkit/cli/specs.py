"""`cochat specs`."""

from __future__ import annotations

import json
from typing import Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_refs, generation_option, json_option, target_option


@click.command("specs")
@click.argument("ref", shell_complete=complete_refs)
@click.option("--stored", is_flag=True, help="What the server stores; otherwise what the model is given.")
@click.option(
    "--stand-ins", "stands_in", is_flag=True, help="Let something that takes everything stand in for missing packages."
)
@generation_option
@target_option
@json_option
def command(ref: str, **options: Any) -> None:
    """Show the specs of a tool, and what moved in them since the last pull.

    The server stores one set and gives the model another: there each description is the docstring as it stands, up to
    the first `:param` or `:return`.

    \b
    Examples:
      cochat specs tool/web_search
      cochat specs tool/web_search --stored
      cochat specs tool/web_search --target-version 0.6 --json
      cochat specs tool/web_search --stand-ins
    """
    from cochat_devkit.cli.consent import with_consent
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.specs import make_specs

    config = read_config()
    found = with_consent(
        config,
        lambda: make_specs(
            config, ref, target=options["target"], generation=options["generation"], stands_in=options["stands_in"]
        ),
        as_json=options["as_json"],
    )
    if options["as_json"]:
        told: dict[str, Any] = {"ref": found.ref, "path": found.path, "stored": found.stored, "model": found.model}
        told |= {"pulled": found.pulled, "moved": found.moved}
        render.out_json({"command": "specs", "ok": True, "exit_code": 0, **told, "stood_in": found.stood_in})
        return
    if found.stood_in:
        render.err(f"something stood in for packages that are missing here: {', '.join(found.stood_in)}")
    render.out_source(
        json.dumps(found.stored if options["stored"] else found.model, indent=2, ensure_ascii=False), language="json"
    )
    render.out_diff(found.moved)
