"""The front door of the command line: what a process begins before the rest of it is loaded."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: the commands that look at all files as they are when the process begins
_LOOKING = ("diff", "ls", "show", "status")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    words = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    # most commands end long before what they made is garbage: to look for it again and again takes a tenth of the time
    gc.set_threshold(200_000)
    if argv is None and words[0] in _LOOKING and "--fetch" not in words:
        from cochat_devkit.workspace.ahead import look_ahead

        look_ahead()
    from cochat_devkit.cli.commands import run

    exit_code = run(words)
    if argv is None:
        # the process ends: what lives until then is given back as a whole, and nobody needs to find out what is garbage
        gc.freeze()
    sys.exit(exit_code)
