"""The head of a Markdown text, as far as a silent sidecar needs it. Pure."""

from __future__ import annotations

import re

_HEAD = re.compile(r"---[ \t]*\r?\n(?P<lines>.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"([A-Za-z][\w-]*):[ \t]+(\S.*?)[ \t]*\Z")
_QUOTED = re.compile(r"(['\"])([^'\"\\\\]*)\1\Z")
#: what YAML reads as more than the words that stand there
_NOT_PLAIN = re.compile(r"[\[\]{}&*!|>%@`#'\"]|: |:\Z")


def parse_markdown_head(text: str) -> dict[str, str]:
    """Read the plain one-line values between the opening lines of hyphens; what is more than that is left out."""
    head = _HEAD.match(text)
    found: dict[str, str] = {}
    for line in head["lines"].splitlines() if head else ():
        if matched := _LINE.match(line):
            value = matched[2]
            if quoted := _QUOTED.match(value):
                found[matched[1]] = quoted[2]
            elif not _NOT_PLAIN.search(value):
                found[matched[1]] = value
    return found
