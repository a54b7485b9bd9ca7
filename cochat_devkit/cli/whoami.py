"""`cochat whoami`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, target_option

if TYPE_CHECKING:
    from cochat_devkit.operations.sign_in import SignedIn


@click.command("whoami")
@target_option
@json_option
def command(target: str | None, **options: Any) -> None:
    """Show who the server takes you for.

    \b
    Examples:
      cochat whoami
      cochat whoami --target staging --json
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.sign_in import whoami

    show_signed_in("whoami", whoami(read_config(), target), as_json=options["as_json"])


def show_signed_in(name: str, signed_in: SignedIn, *, as_json: bool) -> None:
    """Say who we are, on which server."""
    if as_json:
        render.out_json({"command": name, "ok": True, "exit_code": 0, **asdict(signed_in)})
        return
    render.out(f"{signed_in.name} <{signed_in.email}>, {signed_in.role}, on {signed_in.url} ({signed_in.target})")
    render.err(f"{signed_in.dialect} {signed_in.server_version}; {signed_in.token_is} from the {signed_in.kept_in}")
