"""A line that the server rewrites when the plugin is saved.

Whatever the text, the server replaces `from utils`, `from apps`, `from main` and `from config` by `from
open_webui.utils` and so on: in imports of other modules that begin the same way, in prompts and in comments, too.

    from configparser import ConfigParser     # becomes: from open_webui.configparser import ConfigParser
    PROMPT = "Take the facts from main sources"

Import the module in another way (`import configparser`), or reword the sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.findings import Severity
from cochat_devkit.kinds.plugin_source import replace_imports
from cochat_devkit.lint.rule import Example, Hit, Rule, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator


def check(subject: Subject) -> Iterator[Hit]:
    """Name each line that changes."""
    for number, line in enumerate(subject.file.source.split("\n"), start=1):
        rewritten = replace_imports(line)
        if rewritten != line:
            first_change = next(at for at, (old, new) in enumerate(zip(line, rewritten, strict=False)) if old != new)
            yield Hit(
                f"the server saves this line as {rewritten.strip()!r}",
                line=number,
                column=first_change - len("from ") + 1,
                hint="import open_webui modules by their full name, other modules with `import`, and reword prose",
            )


RULE = Rule(
    "CC206",
    "rewritten on save",
    check,
    severity=Severity.WARNING,
    valid=(
        Example("import configparser\nclass Tools: ...\n"),
        Example("from open_webui.utils.misc import x\nclass Tools: ...\n"),
        Example("text = 'from the main'\nclass Tools: ...\n"),
    ),
    invalid=(
        Example("import os\nfrom configparser import ConfigParser\nclass Tools: ...\n", line=2),
        Example("class Tools:\n    '''Learn from main sources.'''\n", line=2),
        Example("# from utils\r\nclass Tools: ...\r\n"),
    ),
)
