"""Texts that came from a server as HTML that does nothing: Markdown without HTML of its own, sources in colour."""

from __future__ import annotations

import functools

from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight as paint
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

#: a longer text is shown as it is: to colour it takes longer than anybody waits
_MOST_COLOURED = 200_000


def markdown(text: str) -> Markup:
    """Render Markdown; HTML in it is shown and not obeyed, and of a picture only its words: nothing is fetched."""
    return Markup(_markdown().render(text))  # noqa: S704 - HTML is switched off in it, and links are checked


def highlight(text: str, language: str) -> Markup:
    """Colour a source by classes, each line with its number as an anchor."""
    try:
        lexer = get_lexer_by_name(language if len(text) <= _MOST_COLOURED else "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    return Markup(paint(text, lexer, _formatter()))  # noqa: S704 - the formatter escapes the text


@functools.cache
def _formatter() -> HtmlFormatter[str]:
    return HtmlFormatter(cssclass="source", linenos="inline", lineanchors="L", anchorlinenos=True)


@functools.cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
