"""What the local server takes for the text of a file: pure. Documents and tables it does not read.

The real servers set text right with a library; what is done here is what can be said in a few rules. Text of another
encoding that was read as UTF-8 is left as it is here, and set right there.

Source: Open WebUI 0.12.4 and 0.6.43, retrieval/loaders/main.py; checked by tests/contract/test_files.py.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cochat_devkit.server.file_quirks import FileQuirks

_SOURCE_ENDINGS = frozenset({
    "bash", "bat", "c", "cmd", "conf", "cpp", "cs", "css", "dart", "db2", "dockerfile", "env", "erl", "ex", "exs", "go",
    "h", "hpp", "hs", "hsc", "ini", "ino", "java", "js", "json", "jsx", "lhs", "log", "lua", "m", "mm", "nginxconf",
    "perl", "php", "pl", "plsql", "pm", "ps1", "py", "r", "rb", "rs", "scala", "sh", "sql", "svelte", "svg", "swift",
    "toml", "ts", "tsx", "vue", "yaml", "yml",
})  # fmt: skip
#: a real server makes a text of its own of tables and pages; here they are taken as they are
_TEXT_ENDINGS = _SOURCE_ENDINGS | {"txt", "md", "markdown", "rst", "xml", "csv", "htm", "html"}
_MEDIA = ("image/", "video/")
_LOOKED_INTO_BYTES = 8192

_LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_TERMINAL_CODES = re.compile(r"\x1b\[[\d;]*[a-zA-Z]")
_ENTITIES = re.compile(r"&#?\w{1,24};")
_CONTROLS = dict.fromkeys(
    (*range(9), 0x0B, *range(0x0E, 0x20), 0x7F, *range(0x206A, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFD))
)
_LIGATURES = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFB00, 0xFB05), 0xFB06, 0x0132, 0x0133, 0x0149, *range(0x01C4, 0x01CD), *range(0x01F1, 0x01F4))
} | {0xFB05: "\u017ft"}
_QUOTES = dict.fromkeys((0x02BC, *range(0x2018, 0x201C)), "'") | dict.fromkeys(range(0x201C, 0x2020), '"')
_WIDTHS = {0x3000: " "} | {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFF01, 0xFFF0)}


class NoText(Exception):
    """There is no text to be had; the message is what the server tells."""


def extract_text(raw: bytes, name: str, content_type: str | None, quirks: FileQuirks) -> str | None:
    """Take the text out of a file; None where it needs none.

    Raises:
        NoText: the file is of a sort that is not read.
    """
    if content_type and content_type.startswith(_MEDIA) and not (quirks.looks_into_media and _looks_like_text(raw)):
        if quirks.looks_into_media and content_type.startswith("video/"):
            return None
        raise NoText(f"File type {content_type} is not supported for processing")
    if quirks.no_extractor and not _calls_itself_text(name, content_type):
        raise NoText(quirks.no_extractor)
    return mend_text(_decode(raw, is_any=quirks.no_extractor is not None), quirks)


def mend_text(text: str, quirks: FileQuirks) -> str:
    """Set a text right, as the server does before it keeps it."""
    text = _LINE_ENDS.sub("\n", text)
    if quirks.mends_typography:
        text = _unescape_lines(text)
    text = _TERMINAL_CODES.sub("", text).translate(_LIGATURES)
    if quirks.mends_typography:
        text = text.translate(_WIDTHS).translate(_QUOTES)
    return unicodedata.normalize("NFC", text.translate(_CONTROLS))


def _looks_like_text(raw: bytes) -> bool:
    start = raw[:_LOOKED_INTO_BYTES]
    return bool(start) and b"\0" not in start


def _calls_itself_text(name: str, content_type: str | None) -> bool:
    is_text = content_type is not None and "text/" in content_type
    return is_text or name.rpartition(".")[2].lower() in _TEXT_ENDINGS


def _decode(raw: bytes, *, is_any: bool) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1") if is_any else ""


def _unescape_lines(text: str) -> str:
    """Resolve entities in every line before the first that has a `<`: what follows may be HTML."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if "<" in line:
            break
        lines[number] = _ENTITIES.sub(lambda found: html.unescape(found[0]), line)
    return "".join(lines)
