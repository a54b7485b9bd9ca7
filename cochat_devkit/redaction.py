"""The one redactor: what stands between a secret and any log, error, file or JSON."""

from __future__ import annotations

import re

MASK = "•••"
_SHAPES = re.compile(
    r"(?P<lead>\bBearer\s+)[^\s\"',}]{6,}"
    r"|\bsk-[A-Za-z0-9_-]{16,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}"
)
#: a shorter secret would mask ordinary words
_SHORTEST = 6

_secrets: set[str] = set()


def remember_secret(secret: str) -> None:
    """Mask this text from now on, wherever it would show."""
    if len(secret) >= _SHORTEST:
        _secrets.add(secret)


def redact(text: str) -> str:
    """Replace every secret that we know, and whatever has the shape of one."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _SHAPES.sub(lambda found: (found["lead"] or "") + MASK, text)
