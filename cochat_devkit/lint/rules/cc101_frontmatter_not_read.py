'''A block of `title:`, `version:` and so on that the server does not read.

The server takes a frontmatter only where the first line of the file is exactly three double quotes. With a blank line,
a comment or an import before it, with other quotes, with `r"""`, or with a key on the opening line, there is no
manifest: no version, no icon, and the packages named in `requirements` are not installed.

    # -*- coding: utf-8 -*-
    """
    title: Weather
    version: 1.0.0
    """

Move the block to the top, with `"""` alone on its first line.
'''

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from cochat_devkit.findings import Severity
from cochat_devkit.kinds.plugin_source import parse_frontmatter
from cochat_devkit.lint.rule import Example, Hit, Rule, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN_KEY = re.compile(
    r"^\s*(title|author|author_url|funding_url|version|description|licen[cs]e|requirements|icon_url"
    r"|required_open_webui_version)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_KEYS_THAT_MAKE_A_BLOCK = 2


def check(subject: Subject) -> Iterator[Hit]:
    """Find the first text at module level that looks like a frontmatter, where the server reads none."""
    source = subject.file.source
    if parse_frontmatter(source) or subject.tree is None:
        return
    for statement in subject.tree.body:
        match statement:
            case ast.Expr(value=ast.Constant(value=str(text))) if _looks_like_frontmatter(text):
                yield Hit(
                    f"the server does not read this frontmatter: {_reason(source, statement.lineno)}",
                    line=statement.lineno,
                    hint='make """ the whole first line of the file, and write each key as `key: value`',
                )
                return


def _looks_like_frontmatter(text: str) -> bool:
    return len({key.lower() for key in _KNOWN_KEY.findall(text)}) >= _KEYS_THAT_MAKE_A_BLOCK


def _reason(source: str, line: int) -> str:
    if source.startswith("\ufeff"):
        return "a byte order mark stands before it"
    if line > 1:
        return f"it begins on line {line}, not on line 1"
    first = source.splitlines()[0].strip()
    if first != '"""':
        return f'the first line is {first!r}, not """'
    return "none of its lines has the form `key: value`"


RULE = Rule(
    "CC101",
    "frontmatter not read",
    check,
    valid=(
        Example('"""\ntitle: A\nversion: 1\n"""\nclass Tools: ...\n'),
        Example('"""\nA plugin without a frontmatter; the title: is nowhere.\n"""\nclass Tools: ...\n'),
        Example("class Tools: ...\n"),
        Example('PROMPT = """\ntitle: x\nversion: y\n"""\nclass Tools: ...\n'),
    ),
    invalid=(
        Example('\n"""\ntitle: A\nversion: 1\n"""\nclass Tools: ...\n', line=2),
        Example('#!/usr/bin/env python\n"""\ntitle: A\nversion: 1\n"""\nclass Tools: ...\n', line=2),
        Example('import os\n\n"""\ntitle: A\nversion: 1\n"""\nclass Tools: ...\nprint(os)\n', line=3),
        Example('"""title: A\nversion: 1\n"""\nclass Tools: ...\n'),
        Example("'''\ntitle: A\nversion: 1\n'''\nclass Tools: ...\n"),
        Example('r"""\ntitle: A\nversion: 1\n"""\nclass Tools: ...\n'),
        Example('"""\ntitle : A\nversion : 1\n"""\nclass Tools: ...\n'),
        Example('""" \\\ntitle: A\nversion: 1\n"""\nclass Tools: ...\n'),
    ),
    severity=Severity.WARNING,  # the server takes such a plugin, and shows its id for a title
)
