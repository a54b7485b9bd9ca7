"""A plugin that could not be loaded here, because it imports a module that is not installed.

The plugin may well be right: the server installs what the frontmatter names in `requirements`. Until the module is
here, nothing beyond its text can be checked. The server's own modules need not be here; what it lacks is CC201.

    import finnhub

`cochat install` puts what `requirements` names into an environment of the workspace, and the plugin is checked as a
whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.findings import Severity
from cochat_devkit.lint.rule import Example, Hit, Rule, Subject
from cochat_devkit.plugin import LoadFailure

if TYPE_CHECKING:
    from collections.abc import Iterator


def check(subject: Subject) -> Iterator[Hit]:
    """Name the module."""
    told = subject.told
    if isinstance(told, LoadFailure) and told.is_only_here:
        path = subject.file.shown
        hint = f"name its package in `requirements`, as the server needs it, too; then: cochat install {path}"
        yield Hit(f"could not be loaded here: there is no module {told.missing_module}", line=told.line or 1, hint=hint)


RULE = Rule(
    "CC205",
    "module not here",
    check,
    severity=Severity.WARNING,
    valid=(
        Example("try:\n    import not_there_at_all\nexcept ImportError:\n    pass\nclass Tools: ...\n"),
        Example("import json\nclass Tools: ...\n"),
        Example("from open_webui.models.users import Users\nclass Filter: ...\n", type="filter"),
        Example("import open_webui.apps\nclass Tools: ...\n"),
        Example("1 / 0\n"),
    ),
    invalid=(
        Example("\nimport not_there_at_all.deeper\nclass Tools: ...\n", line=2),
        Example("class Tools:\n    def __init__(self):\n        import not_there_at_all\n", line=3),
    ),
)
