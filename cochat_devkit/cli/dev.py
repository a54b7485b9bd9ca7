"""`cochat dev`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_targets, json_option

if TYPE_CHECKING:
    from cochat_devkit.operations.dev import Round


@click.command("dev")
@click.option(
    "--push", "push_to", metavar="TARGET", shell_complete=complete_targets, help="Push to this target what passes."
)
@json_option
def command(push_to: str | None, **options: Any) -> None:
    """Watch the plugins: on every save check, test and, when asked, push. Ctrl-C ends it.

    With --json each round is one JSON object on one line.

    \b
    Examples:
      cochat dev
      cochat dev --push staging
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.events import ignore
    from cochat_devkit.operations.dev import dev

    config = read_config()
    if push_to is not None:
        config.target_named(push_to)

    def show(found: Round) -> None:
        if options["as_json"]:
            findings = [render.finding_json(each) for each in found.findings]
            facts = {"ref": found.ref, "ok": found.is_ok, "stopped_at": found.stopped_at, "ms": found.ms}
            render.out_line(json.dumps({"version": render.JSON_VERSION, **facts, "findings": findings}))
            return
        mark = render.paint_out("ok", "green") if found.is_ok else render.paint_out(found.stopped_at, "red")
        render.out_line(f"{time.strftime('%H:%M:%S')} {mark} {found.ref}: {found.message} ({found.ms} ms)")
        for each in found.findings:
            render.show_finding(each)

    dev(
        config,
        push_to=push_to,
        emit=ignore,
        on_round=show,
        on_ready=lambda: render.err(f"watching {config.root}; Ctrl-C ends it"),
    )
