"""`cochat show`."""

from __future__ import annotations

from typing import Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_refs, json_option, target_option


@click.command("show")
@click.argument("ref", shell_complete=complete_refs)
@click.option("--source", is_flag=True, help="Print the source alone.")
@target_option
@json_option
def command(ref: str, **options: Any) -> None:
    """Show one resource, offline: what the file says, or what the server showed last.

    \b
    Examples:
      cochat show tool/web_search
      cochat show filter/billing_filter --source > billing.py
      cochat show tool/web_search@2
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.log import is_of_the_past
    from cochat_devkit.operations.ls import show, text_of

    if is_of_the_past(ref):
        _show_past(ref, options)
        return
    shown = show(read_config(), ref, target=options["target"])
    if options["as_json"]:
        facts = {**shown.line._asdict(), "body": shown.body, "derived": shown.derived}
        render.out_json({"command": "show", "ok": True, "exit_code": 0, **facts})
        return
    text = text_of(ref)
    if options["source"]:
        render.out_exact(str(shown.body.get(text.name, "")))
        return
    facts = {
        "": f"{shown.line.ref}  {shown.line.state}",
        "file": shown.line.path,
        "version": shown.line.version,
        "updated": shown.line.updated_at,
        **{name: value for name, value in shown.body.items() if name != text.name},
    }
    for row in render.columns([[name, str(value)] for name, value in facts.items() if value not in (None, "", {})]):
        render.out(row)
    for spec in shown.derived.get("specs") or []:
        names = ", ".join((spec.get("parameters") or {}).get("properties") or {})
        render.out(f"  method {spec.get('name')}({names})")
    if text.name in shown.body:
        render.out("")
        render.out_source(str(shown.body[text.name]), language=text.language)
    elif not shown.body:
        render.err("the server does not show its body to you")


def _show_past(ref: str, options: dict[str, Any]) -> None:
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.log import body_of_old
    from cochat_devkit.operations.ls import text_of

    text = text_of(ref)
    _ref, entry, body = body_of_old(read_config(), ref, target=options["target"])
    facts = {"at": entry.at.isoformat(timespec="seconds"), "origin": str(entry.origin), "version": entry.version}
    if options["as_json"]:
        said = {"message": entry.message, "is_gone": entry.digest is None, "body": body}
        render.out_json({"command": "show", "ok": True, "exit_code": 0, "ref": ref, **facts, **said})
        return
    if options["source"]:
        render.out_exact(str(body.get(text.name, "")))
        return
    told = {"": ref, **facts, "message": entry.message, **{k: v for k, v in body.items() if k != text.name}}
    for row in render.columns([[name, str(value)] for name, value in told.items() if value not in (None, "", {})]):
        render.out(row)
    if text.name in body:
        render.out("")
        render.out_source(str(body[text.name]), language=text.language)
    elif entry.digest is None:
        render.err("it was gone")
