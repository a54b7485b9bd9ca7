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
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

from cochat_devkit.redaction import redact

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore
    from pygments.lexer import Lexer

    from cochat_devkit.resource import Json

#: pictures that stand in the page itself: in an <img> not even an SVG can do anything
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml)(?:;charset=[\w-]+)?(?:;base64)?,")
_CLASS = "source"
_BOX = f'<div class="{_CLASS}">'
#: a longer text is shown as it is: to colour it takes longer than anybody waits
_MOST_COLOURED = 80_000
#: the same for Markdown, of which more is made
_MOST_RENDERED = 40_000
#: what strangers' code is coloured as: of other languages the patterns are not known to end soon on any text
_LANGUAGES = {
    *("bash", "c", "console", "cpp", "css", "diff", "go", "html", "java", "javascript", "json", "markdown", "python"),
    *("rust", "sql", "toml", "typescript", "xml", "yaml"),
}
#: how the links of a text begin that are followed
_ELSEWHERE = ("http://", "https://", "mailto:")
#: pages that are read again within a while are not made again
_KEPT = 16


def markdown(text: str) -> Markup:
    """Render Markdown; HTML in it is shown and not obeyed, and of a picture only its words: nothing is fetched."""
    return _rendered(redact(text))


def highlight(text: str, language: str, anchor: str = "L") -> Markup:
    """Colour a source by classes; each line with its number as an anchor, unless `anchor` is ""."""
    return _coloured(redact(text), language, anchor)


def language_of(path: str) -> str:
    """Guess by a file's name what language it is written in."""
    try:
        found = get_lexer_for_filename(path)
    except ClassNotFound:
        return "text"
    return next((each for each in found.aliases if each in _LANGUAGES), "text")


def is_picture(text: str) -> bool:
    """Tell whether a text is a picture that a page may show: its bytes, and never an address."""
    return _PICTURE.match(text) is not None


def is_plain(values: list[Json]) -> bool:
    """Tell whether a list holds but short texts and numbers, which stand well in a row."""
    return all(isinstance(each, int | float) or (isinstance(each, str) and "\n" not in each) for each in values)


def to_readable_json(value: Json) -> str:
    """Write a value as JSON that people read; of what is nested deeper than anybody reads, that it is."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=2, default=str)
    except RecursionError:
        return "…"


@functools.lru_cache(_KEPT)
def _rendered(text: str) -> Markup:
    if len(text) > _MOST_RENDERED:
        return Markup("<pre>{}</pre>").format(text)
    return Markup(_markdown().render(text))  # noqa: S704 - HTML is switched off in it, and links are checked


@functools.lru_cache(_KEPT)
def _coloured(text: str, language: str, anchor: str) -> Markup:
    lexer = (_lexer(language) if len(text) <= _MOST_COLOURED else None) or TextLexer(stripnl=False)
    html = paint(text, lexer, _formatter(anchor))
    # what scrolls is reached by the keyboard, and a thousand numbers of lines are not in its way
    html = html.replace(_BOX, f'{_BOX[:-1]} tabindex="0">', 1).replace('<a href="#', '<a tabindex="-1" href="#')
    return Markup(html)  # noqa: S704 - the formatter escapes the text, quotes and angle brackets alike


@functools.cache
def _formatter(anchor: str) -> HtmlFormatter[str]:
    if not anchor:
        return HtmlFormatter(cssclass=_CLASS)
    return HtmlFormatter(cssclass=_CLASS, linenos="inline", lineanchors=anchor, anchorlinenos=True)


class _Markdown(MarkdownIt):
    """Link to what is elsewhere: among our own pages, where a relative address would lead, a text has none."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's own name
        return url.lower().startswith(_ELSEWHERE)


@functools.cache
def _markdown() -> MarkdownIt:
    made = (
        _Markdown("commonmark", {"html": False, "highlight": _colour_fence})
        .enable(["table", "strikethrough"])
        .disable("image")
    )
    made.core.ruler.push("aligned", _align_by_class)
    return made


def _colour_fence(text: str, language: str, _more: str) -> str:
    """Colour the code within a text; "" leaves it to be escaped as it is."""
    lexer = _lexer(language)
    return "" if lexer is None else str(paint(text, lexer, _within()))


def _lexer(language: str) -> Lexer | None:
    try:
        found = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None
    return found if _LANGUAGES.intersection(found.aliases) else None


@functools.cache
def _within() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True)


def _align_by_class(state: StateCore) -> None:
    """Let the cells of tables be aligned by a class: a style of its own no element may have here."""
    for token in state.tokens:
        style = token.attrs.pop("style", None)
        if style is not None:
            token.attrSet("class", str(style).replace(":", "-"))
