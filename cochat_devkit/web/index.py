"""The index with which the static site is searched: a script of names, descriptions and words, of bounded size."""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource
from cochat_devkit.mirror.words import texts_of
from cochat_devkit.operations.attached import read_shown_file
from cochat_devkit.redaction import redact
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.web.pages import all_pages
from cochat_devkit.web.pages.files import Preview, preview_of
from cochat_devkit.workspace.paths import file_stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cochat_devkit.operations.browse import Catalogue

#: the words of all texts together take so many characters; of a text that has more, the first are known
MOST_CHARS = 6_000_000
_MOST_CHARS_EACH = 20_000
_LONGEST_DESCRIPTION = 200
#: what is longer is no word, but the bytes of something; Chinese has no blanks between words
_WORD = re.compile(r"\w{2,80}")


class Entry(NamedTuple):
    """Hold what a resource or a file is found by; `address` leads to its page from a language's root."""

    ref: str
    name: str
    description: str
    address: str
    words: str
    is_whole: bool


def make_entry(catalogue: Catalogue, ref: str, most_chars: int) -> Entry:
    """Make the entry of a resource, with so many characters of words.

    Raises:
        DevkitError: there is no such resource any more, or the mirror cannot be read.
    """
    shown = catalogue.shown(ref)
    words, is_whole = _words((text for _field, text in texts_of(shown.body)), most_chars)
    description = redact(str(shown.body.get("description") or ""))[:_LONGEST_DESCRIPTION]
    address = all_pages()["resource"].address(ref=ref)
    return Entry(ref, shown.line.name, description, address, words, is_whole)


def make_file_entry(catalogue: Catalogue, ref: str, name: str, most_chars: int) -> Entry:
    """Make the entry of a file; one that is no text, or is not here, has its name alone.

    Raises:
        DevkitError: there is no such resource any more, or the mirror cannot be read.
    """
    shown = catalogue.shown(ref)
    preview = Preview()
    with contextlib.suppress(BadResource):
        preview = preview_of(name, read_shown_file(catalogue.config, shown, name))
    words, is_whole = _words([preview.text or ""], most_chars)
    address = all_pages()["file"].address(ref=ref, file=file_stem(name))
    return Entry(ref, name, shown.line.name, address, words, is_whole and not preview.is_cut)


def most_chars_of(count: int) -> int:
    """Say how many characters of words each of so many resources and files may have."""
    return min(_MOST_CHARS_EACH, MOST_CHARS // max(1, count))


def to_script(entries: Sequence[Entry]) -> str:
    """Write the script; what is read from a disk may fetch nothing, and a script it may load."""
    known = {"cut": sum(not each.is_whole for each in entries), "entries": [each[:5] for each in entries]}
    return f"window.cochatIndex = {json.dumps(known, ensure_ascii=False, separators=(',', ':'))};\n"


def _words(texts: Iterable[str], most_chars: int) -> tuple[str, bool]:
    """List each word of all texts once: (words, whether all are there)."""
    found: dict[str, None] = {}
    left = most_chars
    for text in texts:
        for match in _WORD.finditer(unicodedata.normalize("NFKC", redact(text)).lower()):
            if match[0] in found:
                continue
            left -= len(match[0]) + 1
            if left < 0:
                return " ".join(found), False
            found[match[0]] = None
    return " ".join(found), True
