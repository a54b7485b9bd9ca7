"""
title: Markdown document
author: example by cochat-devkit
version: 0.1.0
description: Finds its way through a long Markdown document: outline, one section, table of contents.
license: MIT
"""

import re
from dataclasses import dataclass

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


class Tools:
    """Let the model read a document section by section; headings are those that begin with `#`."""

    def outline(self, document: str) -> list[dict]:
        """
        List the headings of a Markdown document with their level, their line and the number of words below them.

        :param document: the Markdown text
        """
        lines = document.splitlines()
        return [
            {
                "level": heading.level,
                "title": heading.title,
                "line": heading.line,
                "words": len(" ".join(lines[heading.line : heading.end]).split()),
            }
            for heading in find_headings(document)
        ]

    def section(self, document: str, title: str) -> str:
        """
        Return one section of a Markdown document: its heading, its text and the sections below it.

        :param document: the Markdown text
        :param title: the title of the section, as in the outline
        """
        wanted = title.strip().lstrip("#").strip().casefold()
        headings = find_headings(document)
        for heading in headings:
            if heading.title.casefold() == wanted:
                return "\n".join(document.splitlines()[heading.line - 1 : heading.end]).rstrip() + "\n"
        known = ", ".join(repr(heading.title) for heading in headings) or "none"
        return f"There is no section {title!r}. Sections: {known}"

    def table_of_contents(self, document: str, max_level: int = 3) -> str:
        """
        Make a table of contents with links, as GitHub resolves them.

        :param document: the Markdown text
        :param max_level: the deepest level of headings to list, 1 to 6
        """
        headings = find_headings(document)
        linked = zip(headings, anchors(headings), strict=True)
        listed = [(heading, anchor) for heading, anchor in linked if heading.level <= max_level]
        top = min((heading.level for heading, _ in listed), default=1)
        return "".join(f"{'  ' * (heading.level - top)}- [{heading.title}](#{anchor})\n" for heading, anchor in listed)


@dataclass(frozen=True)
class Heading:
    """One heading: its line counts from 1, and `end` is the last line of its section."""

    level: int
    title: str
    line: int
    end: int


def find_headings(document: str) -> list[Heading]:
    """Find the headings, but not the `#` comments inside of fenced code."""
    lines = document.splitlines()
    found = [
        (len(matched[1]), (matched[2] or "").strip(), number)
        for number, line in lines_outside_of_code(lines)
        if (matched := _HEADING.fullmatch(line))
    ]
    headings = []
    for index, (level, title, number) in enumerate(found):
        next_section = (line - 1 for other, _, line in found[index + 1 :] if other <= level)
        headings.append(Heading(level, title, number, end=next(next_section, len(lines))))
    return headings


def lines_outside_of_code(lines: list[str]) -> list[tuple[int, str]]:
    """Number the lines from 1, leaving out fenced code; a fence ends with one as long of the same sort."""
    outside: list[tuple[int, str]] = []
    opened = ""
    for number, line in enumerate(lines, start=1):
        fence = _FENCE.fullmatch(line)
        if opened:
            if fence and fence[1].startswith(opened) and not fence[2].strip():
                opened = ""
        elif fence and not (fence[1][0] == "`" and "`" in fence[2]):
            opened = fence[1]
        else:
            outside.append((number, line))
    return outside


def anchors(headings: list[Heading]) -> list[str]:
    """Make the anchors that GitHub gives to headings; equal titles are numbered."""
    seen: dict[str, int] = {}
    found: list[str] = []
    for heading in headings:
        anchor = re.sub(r"[^\w\- ]", "", heading.title.lower()).replace(" ", "-")
        count = seen.get(anchor, 0)
        seen[anchor] = count + 1
        found.append(f"{anchor}-{count}" if count else anchor)
    return found
