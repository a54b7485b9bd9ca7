"""The head of a Markdown text, as far as a silent sidecar needs it. Pure."""

from __future__ import annotations

import re

#: a byte order mark may stand before it
_HEAD = r"(?ms)\ufeff?---[ \t]*\r?\n(?P<lines>.*?)^---[ \t]*$"
_LINE = r"([A-Za-z][\w-]*):[ \t]+(\S.*?)[ \t]*\Z"
_QUOTED = r"(['\"])([^'\"\\\\]*)\1\Z"
#: what YAML reads as more than the words that stand there
_NOT_PLAIN = r"[\[\]{}&*!|>%@`#'\"]|: |:\Z"


def parse_markdown_head(text: str) -> dict[str, str]:
    """Read the plain one-line values between the opening lines of hyphens; what is more than that is left out."""
    head = re.match(_HEAD, text)
    found: dict[str, str] = {}
    for line in head["lines"].splitlines() if head else ():
        if matched := re.match(_LINE, line):
            value = matched[2]
            if quoted := re.match(_QUOTED, value):
                found[matched[1]] = quoted[2]
            elif not re.search(_NOT_PLAIN, value):
                found[matched[1]] = value
    return found
