"""`cochat parity`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import json_option, verbose_option


@click.command("parity")
@click.option(
    "--golden",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Records of a real server, one JSON object a line.",
)
@click.option(
    "--sources",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder with the plugins; each is found by the sha256 of its bytes.",
)
@click.option(
    "--target-version",
    "generation",
    type=click.Choice(["0.12", "0.6"]),
    default="0.12",
    show_default=True,
    help="Load as this generation of servers does.",
)
@click.option(
    "--python",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The interpreter whose packages plugins may import, best those that the server had; this one by default.",
)
@verbose_option
@json_option
def command(golden: Path, sources: Path, **options: Any) -> int:
    """Compare how plugins load here with what a real server said of them, and name each difference.

    Compared are the frontmatter, the stored source, both sorts of specs, the valves' schemas, hooks, priority, toggle,
    icon and models; where the server refused a plugin, the class, the line and the name of the exception.

    \b
    Examples:
      cochat parity --golden records.jsonl --sources plugins/
      cochat parity --golden records.jsonl --sources ../collected --python server/bin/python --json
    """
    from cochat_devkit.operations.parity import compare_with_records

    with render.Talk(quiet=options["as_json"], verbose=options["verbose"]) as talk:
        report = compare_with_records(
            golden, sources, generation=options["generation"], python=options["python"], emit=talk.emit
        )
    if options["as_json"]:
        render.report_json("parity", report)
        return report.exit_code
    for each in report.items:
        if not each.ok:
            render.out(f"{each.ref}  {each.path or ''}")
            for line in each.changes or (f"{each.reason}: {each.error}",):
                render.out(f"  {line}")
    counts = ", ".join(f"{count} {word}" for word, count in sorted(report.counts.items()))
    render.out(f"{len(report.items)} records: {counts}")
    return report.exit_code
