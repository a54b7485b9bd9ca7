"""`cochat doctor`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, target_option


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Do not ask the server.")
@target_option
@json_option
def command(target: str | None, **options: Any) -> int:
    """Show versions, target, token and mirror, in a form to paste into a bug report. No secret is in it.

    \b
    Examples:
      cochat doctor
      cochat doctor --offline --json
    """
    from cochat_devkit.operations.doctor import doctor

    checks = doctor(target, offline=options["offline"])
    faults = sum(each.ok is False for each in checks)
    if options["as_json"]:
        items = [asdict(each) for each in checks]
        answer = {"ok": not faults, "exit_code": int(bool(faults)), "counts": {"faults": faults}, "items": items}
        render.out_json({"command": "doctor", **answer})
        return int(bool(faults))
    marks = {True: "ok", False: "FAULT", None: ""}
    rows = [[each.name, marks[each.ok], each.value + (f" ({each.hint})" if each.hint else "")] for each in checks]
    for row in render.columns(rows):
        render.out(row)
    return int(bool(faults))
