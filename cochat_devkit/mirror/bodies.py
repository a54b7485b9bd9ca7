"""How a body is stored: once for each content, under its digest, compressed."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from cochat_devkit.errors import MirrorDamaged
from cochat_devkit.resource import make_digest, to_canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Body, Json


#: takes two thirds of the time of the usual 6, for a twentieth more room
_LEVEL = 3
_SHORT_BYTES = 256
#: zlib knows no smaller window. Source: zlib.h, deflateInit2
_LEAST_WINDOW_BITS = 9
_MEND = "move mirror.db away and pull again; no work is lost"


def pack_plain(plain: bytes) -> bytes:
    """Compress what `to_plain` wrote."""
    return _compress(plain, _LEVEL)


def unpack_body(digest: str, packed: bytes) -> Body:
    """Take a body out again.

    Raises:
        MirrorDamaged: the bytes are not what was stored.
    """
    try:
        plain = zlib.decompress(packed)
    except zlib.error as error:
        raise MirrorDamaged(f"the mirror's body {digest[:12]} is damaged", hint=_MEND) from error
    if make_digest(plain) != digest:
        raise MirrorDamaged(f"the mirror's body {digest[:12]} is damaged", hint=_MEND)
    body: Body = json.loads(plain)["body"]
    return body


def pack_json(value: Mapping[str, Json]) -> bytes:
    """Write what a server derived, compressed unless it is short: to begin a compression takes longer than all else."""
    plain = to_canonical_json(dict(value))
    return plain if len(plain) < _SHORT_BYTES else _compress(plain, 1)


def _compress(plain: bytes, level: int) -> bytes:
    """Compress with a window that just holds the whole: for 5 kB, clearing the largest is a fifth of the time."""
    window_bits = min(max(len(plain).bit_length(), _LEAST_WINDOW_BITS), zlib.MAX_WBITS)
    return zlib.compress(plain, level, window_bits)


def unpack_json(packed: bytes) -> Json:
    """Take it out again.

    Raises:
        MirrorDamaged: the bytes are not what was stored.
    """
    try:
        return json.loads(packed if packed.startswith(b"{") else zlib.decompress(packed))
    except (zlib.error, ValueError) as error:
        raise MirrorDamaged("what the mirror knows of a resource is damaged", hint=_MEND) from error
