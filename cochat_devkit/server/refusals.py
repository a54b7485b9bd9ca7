"""How the local server says no: one exception, which FastAPI answers as `{"detail": …}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import HTTPException

if TYPE_CHECKING:
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.server.quirks import Refusal

_PLACE = re.compile(r"\{(\w+)\}")


def refused(refusal: Refusal, *, kind: Kind | None = None, error: str = "", id_: str = "") -> HTTPException:
    """Make the exception for a refusal, with the places of its sentence filled in."""
    words = {"error": error, "id": id_}
    if kind:
        words |= {"kind": kind.name, "Kind": kind.name.capitalize(), "kinds": kind.plural}
    detail = _PLACE.sub(lambda place: words.get(place[1], place[0]), refusal.detail)
    return HTTPException(refusal.status, detail)
