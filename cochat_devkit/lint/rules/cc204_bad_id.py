"""A file whose name cannot be the id of a plugin.

The id of a plugin is the name of its file. The server takes identifiers only, and writes them in lower case.

    plugins/tools/web-search.py

Rename the file: letters, digits and underscores, in lower case, not starting with a digit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cochat_devkit.kinds.plugin_source import is_valid_plugin_id
from cochat_devkit.lint.rule import Example, Hit, Rule, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator


def check(subject: Subject) -> Iterator[Hit]:
    """Tell the name, and one that would do."""
    id_ = subject.file.id
    if is_valid_plugin_id(id_):
        return
    proposal = re.sub(r"\W+", "_", id_).strip("_").lower()
    if not is_valid_plugin_id(proposal):
        proposal = f"plugin_{proposal}".rstrip("_")
    yield Hit(f"{id_!r} cannot be the id of a plugin", hint=f"rename the file to {proposal}.py")


RULE = Rule(
    "CC204",
    "bad id",
    check,
    valid=(Example("class Tools: ...\n", id="web_search2"), Example("class Tools: ...\n", id="übersetzer")),
    invalid=(
        Example("class Tools: ...\n", id="web-search"),
        Example("class Tools: ...\n", id="WebSearch"),
        Example("class Tools: ...\n", id="2fast"),
        Example("class Tools: ...\n", id="a.b"),
        Example("class Tools: ...\n", id="---"),
    ),
)
