"""How trees and chains are drawn: in lines, or in plain letters where the reader's encoding has no lines."""

from __future__ import annotations

import sys

_PLAIN = str.maketrans("├└─│↓…", "|`-|v.")


def drawn(text: str) -> str:
    """Write lines and arrows as the output can say them."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return text.translate(_PLAIN)
    return text


def one_line(text: str) -> str:
    """Write a text that came from a server on one line."""
    return " ".join(text.split())
