"""`cochat login`."""

from __future__ import annotations

import sys
from typing import Any

import click

from cochat_devkit.cli.options import json_option, target_option
from cochat_devkit.cli.whoami import show_signed_in


@click.command("login")
@click.option("--email", metavar="EMAIL", help="Sign in with e-mail and password; asked for where it is left out.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--token", is_flag=True, help="Paste a token of the browser, or an API key, instead.")
@click.option("--token-stdin", is_flag=True, help="Read the token or API key from standard input.")
@target_option
@json_option
def command(**options: Any) -> None:
    """Store credentials for a target: in the OS keyring, else in a file that only you can read.

    A secret is never taken from the command line, where other processes and the shell's history would see it. In CI
    set COCHAT_TOKEN instead.

    \b
    Examples:
      cochat login
      cochat login --email me@example.com --password-stdin < password.txt
      cochat login --token
      cochat login --token-stdin --target staging < key.txt
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.errors import UsageError
    from cochat_devkit.operations.sign_in import login_with_password, login_with_token

    config, target = read_config(), options["target"]
    if options["token"] or options["token_stdin"]:
        token = _secret("Token or API key", from_stdin=options["token_stdin"], missing="--token-stdin")
        signed_in = login_with_token(config, target, token)
    else:
        email = options["email"]
        if not email and not sys.stdin.isatty():
            raise UsageError("nobody is there to ask for an e-mail", hint="give --email and --password-stdin")
        email = email or click.prompt("E-mail", err=True)
        password = _secret("Password", from_stdin=options["password_stdin"], missing="--password-stdin")
        signed_in = login_with_password(config, target, email, password)
    show_signed_in("login", signed_in, as_json=options["as_json"])


def _secret(what: str, *, from_stdin: bool, missing: str) -> str:
    from cochat_devkit.errors import UsageError

    if from_stdin:
        found = sys.stdin.readline().strip()
    elif sys.stdin.isatty():
        found = str(click.prompt(what, hide_input=True, err=True)).strip()
    else:
        raise UsageError(f"nobody is there to ask for a {what.lower()}", hint=f"give it with {missing}")
    if not found:
        raise UsageError(f"the {what.lower()} is empty")
    return found
