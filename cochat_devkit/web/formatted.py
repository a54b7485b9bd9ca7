"""Texts that came from a server as HTML that does nothing: Markdown without HTML of its own, sources in colour."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight as paint
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from cochat_devkit.redaction import redact

if TYPE_CHECKING:
    from cochat_devkit.resource import Json

#: pictures that stand in the page itself: in an <img> not even an SVG can do anything
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml)(?:;charset=[\w-]+)?(?:;base64)?,")
#: a longer text is shown as it is: to colour it takes longer than anybody waits
_MOST_COLOURED = 200_000


def markdown(text: str) -> Markup:
    """Render Markdown; HTML in it is shown and not obeyed, and of a picture only its words: nothing is fetched."""
    return Markup(_markdown().render(redact(text)))  # noqa: S704 - HTML is switched off in it, and links are checked


def highlight(text: str, language: str) -> Markup:
    """Colour a source by classes, each line with its number as an anchor."""
    try:
        lexer = get_lexer_by_name(language if len(text) <= _MOST_COLOURED else "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    return Markup(paint(redact(text), lexer, _formatter()))  # noqa: S704 - the formatter escapes the text


def is_picture(text: str) -> bool:
    """Tell whether a text is a picture that a page may show: its bytes, and never an address."""
    return _PICTURE.match(text) is not None


def is_plain(values: list[Json]) -> bool:
    """Tell whether a list holds but short texts and numbers, which stand well in a row."""
    return all(isinstance(each, int | float) or (isinstance(each, str) and "\n" not in each) for each in values)


def to_readable_json(value: Json) -> str:
    """Write a value as JSON that people read."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


@functools.cache
def _formatter() -> HtmlFormatter[str]:
    return HtmlFormatter(cssclass="source", linenos="inline", lineanchors="L", anchorlinenos=True)


@functools.cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
