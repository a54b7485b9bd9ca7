"""The one redactor: what stands between a secret and any log, error, file or JSON."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

MASK = "•••"
_SHAPES = (
    r"(?P<lead>\bBearer\s+)[^\s\"',}]{6,}"
    r"|\bsk-[A-Za-z0-9_-]{16,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}"
)
#: what each shape begins with: a text of a megabyte without any of them is no work
_LEADS = ("Bearer", "sk-", "eyJ")
#: a shorter secret would mask ordinary words
_SHORTEST = 6

_secrets: set[str] = set()


def remember_secret(secret: str) -> None:
    """Mask this text from now on, wherever it would show: as it is, or as JSON, Python and URLs write it."""
    if len(secret) >= _SHORTEST:
        spelled = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
        _secrets.update((secret, *spelled, quote(secret, safe="", errors="replace")))


def has_secret_shape(text: str) -> bool:
    """Tell whether a text has within it what has the shape of a token or key."""
    return any(lead in text for lead in _LEADS) and re.search(_SHAPES, text) is not None


def redact(text: str) -> str:
    """Replace every secret that we know, and whatever has the shape of one."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    if not any(lead in text for lead in _LEADS):
        return text
    return re.sub(_SHAPES, lambda found: (found["lead"] or "") + MASK, text)
