"""`cochat test`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_plugins, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

__test__ = False


@click.command("test")
@click.argument("plugins", nargs=-1, shell_complete=complete_plugins, metavar="[PATH|REF]...")
@json_option
def command(plugins: Sequence[str], **options: Any) -> int:
    """Run the plugins' own pytest tests, in a process of their own.

    The tests of plugins/tools/weather.py lie in plugins/tests/tools/test_weather.py.

    \b
    Examples:
      cochat test
      cochat test tool/weather
      cochat test plugins/tests/filters
    """
    from cochat_devkit.cli.consent import with_consent
    from cochat_devkit.config import read_config
    from cochat_devkit.events import Notice
    from cochat_devkit.operations.test import test

    def emit(event: object) -> None:
        if isinstance(event, Notice) and not options["as_json"]:
            render.out(event.message.rstrip("\n"))

    config = read_config()
    report = with_consent(config, lambda: test(config, plugins, emit=emit), as_json=options["as_json"])
    if options["as_json"]:
        render.report_json("test", report)
    return report.exit_code
