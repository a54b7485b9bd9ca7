"""A plugin whose code fails when the server executes it.

The server executes the file once when it is saved and makes an instance of its class. Whatever goes wrong is answered
with `[ERROR: Error creating tool]` and no line. This is the exception, and the line of your file that it came through.

    class Tools:
        def __init__(self):
            self.client = make_client()  # NameError: name 'make_client' is not defined

Modules that are merely not installed here are CC205.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cochat_devkit.lint.rule import Example, Hit, Rule, Subject
from cochat_devkit.plugin import LoadFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE_IN_NAMELESS_TEXT = re.compile(r" \(<string>, line \d+\)$")


def check(subject: Subject) -> Iterator[Hit]:
    """Tell the exception."""
    told = subject.told
    if isinstance(told, LoadFailure) and told.exception != "NoEntryClass" and not told.is_only_here:
        said = _PLACE_IN_NAMELESS_TEXT.sub("", told.message).partition("\n")[0]
        yield Hit(f"does not load: {told.exception}{': ' if said else ''}{said}", line=told.line or 1)


RULE = Rule(
    "CC201",
    "does not load",
    check,
    valid=(
        Example("class Tools:\n    def work(self): ...\n"),
        Example("import not_there_at_all\nclass Tools: ...\n"),
        Example("class Nothing: ...\n"),
    ),
    invalid=(
        Example("class Tools:\n    def work(self:\n", line=2),
        Example("class Tools:\n    def __init__(self):\n        self.client = make_client()\n", line=3),
        Example("class Tools:\n    def work(self, a: 'Undefined'): ...\n", line=2),
        Example("class Filter:\n    def __init__(self, wanted): ...\n", type="filter"),
        Example("import os\nos._exit(1)\n", type="pipe"),
        Example("from open_webui.apps.webui.models.users import Users\nclass Tools: ...\n"),
        Example("\nfrom open_webui.internal.db import get_db_context\nclass Tools: ...\n", line=2),
        Example("raise SystemExit\n"),
    ),
)
