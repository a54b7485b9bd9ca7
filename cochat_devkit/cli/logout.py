"""`cochat logout`."""

from __future__ import annotations

from typing import Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, target_option


@click.command("logout")
@target_option
@json_option
def command(target: str | None, **options: Any) -> None:
    """Forget the credentials of a target.

    \b
    Examples:
      cochat logout
      cochat logout --target staging
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.sign_in import logout

    config = read_config()
    aim = config.target_named(target)
    was_known = logout(config, target)
    if options["as_json"]:
        render.out_json({"command": "logout", "ok": True, "exit_code": 0, "target": aim.name, "was_known": was_known})
    else:
        render.out(f"forgot the token for {aim.url}" if was_known else f"no token was kept for {aim.url}")
