"""A plugin of datasette: the bodies of a mirror as text, in cells and for SQL. It needs nothing of cochat-devkit."""

from __future__ import annotations

import json
import zlib
from typing import Any

from datasette import hookimpl

#: so many bytes of a body are unpacked: what came from a server may be packed to fill a disk
_MOST_BYTES = 8_000_000
_MOST_IN_A_CELL = 500
_PACKED = ("packed", "derived")


@hookimpl
def prepare_connection(conn: Any) -> None:
    """Offer `body_text(packed)` and `body_field(packed, name)` to SQL."""
    conn.create_function("body_text", 1, body_text, deterministic=True)
    conn.create_function("body_field", 2, body_field, deterministic=True)


@hookimpl
def render_cell(value: Any, column: str) -> str | None:
    """Show the beginning of what is packed instead of a link to its bytes."""
    if column not in _PACKED or not isinstance(value, bytes):
        return None
    text = body_text(value)
    return None if text is None else text[:_MOST_IN_A_CELL] + "…" * (len(text) > _MOST_IN_A_CELL)


def body_text(packed: Any) -> str | None:
    """Unpack a body as JSON that people read; None for what is none."""
    if not isinstance(packed, bytes):
        return None
    try:
        plain = packed if packed.startswith(b"{") else zlib.decompressobj().decompress(packed, _MOST_BYTES)
        found = json.loads(plain)
    except (zlib.error, ValueError, RecursionError):
        return None
    text = json.dumps(found.get("body", found), ensure_ascii=False, indent=2)
    return text.encode("utf-8", "replace").decode()


def body_field(packed: Any, name: str) -> str | None:
    """Read one field of a body: texts as they are, all else as JSON; None where it is not there."""
    text = body_text(packed)
    found = None if text is None else json.loads(text).get(name)
    return found if found is None or isinstance(found, str) else json.dumps(found, ensure_ascii=False)
