"""Platform config: what a server says of itself and its settings, secrets masked; the mirror keeps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cochat_devkit.kinds.codecs import read_only
from cochat_devkit.kinds.kind import Endpoint, Endpoints, Field, Kind, Listing, Rights, WireContext

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire

MASK = "(masked)"
#: names whose values are nobody's business; `tokens` counts them, `max_tokens` limits them
_MASKED_NAME = r"(?i)key|secret|passw|token(?!s)|credential|webhook|auth|_sk$|headers?$|dsn|connection_string"
#: a user, which may be empty, and a password, which may hold the sign that ends it
_SIGNED_URL = r"//[^/?#\s:]*:[^/?#\s]*@"
#: a parameter of an address: its name, and its value, which may hold what some servers take for the next parameter
_PARAMETER = r"[?&;#]([^?&;#=\s]+)=(?=([^&#\s]+))"


def mask_secrets(value: Json, *, is_secret: bool = False) -> Json:
    """Mask every text that stands under a name that sounds secret, and passwords and parameters within addresses."""
    if isinstance(value, dict):
        return {key: mask_secrets(each, is_secret=is_secret or _sounds_secret(str(key))) for key, each in value.items()}
    if isinstance(value, list):
        return [mask_secrets(each, is_secret=is_secret) for each in value]
    if isinstance(value, str) and value:
        return MASK if is_secret else _mask_parameters(re.sub(_SIGNED_URL, f"//{MASK}@", value))
    return value


def _mask_parameters(text: str) -> str:
    """Mask the values of an address's parameters whose names sound secret."""
    shown, end = "", 0
    for found in re.finditer(_PARAMETER, text):
        if found.start() >= end and _sounds_secret(unquote(found[1])):
            shown += text[end : found.end()] + MASK
            end = found.end(2)
    return shown + text[end:]


def _sounds_secret(name: str) -> bool:
    return re.search(_MASKED_NAME, name) is not None


def _read_settings(wire: Wire, _of: Field, _context: WireContext) -> Json:
    return {key: mask_secrets({key: each})[key] for key, each in sorted(wire.items()) if key not in ("id", "version")}


_ENDPOINTS = Endpoints(
    export=Listing(
        Endpoint("GET", "/api/v1/configs/export"),
        has_bodies=True,
        rights=Rights.READABLE,
        for_admins=True,
        object_id="platform",
    ),
    listing=Listing(Endpoint("GET", "/api/config"), has_bodies=True, rights=Rights.READABLE, object_id="platform"),
    may_be_absent=True,
)

KIND = Kind(
    name="config",
    plural="configs",
    summary="What the server says of its settings",
    folders={},
    fields=(
        Field("name", ("name",), read_only(lambda _w, _f, _c: "Platform"), implied=lambda _facts: "Platform"),
        Field("settings", ("settings",), read_only(_read_settings), implied=lambda _facts: {}),
    ),
    derived=(),
    hides_derived=True,
    form=None,
    is_on_request=True,
    unlisted=(),
    is_valid_slug=lambda _slug: False,
    slug_rule="the server's own",
    write_order=90,
    # Source: Open WebUI 0.12.4 and 0.6.43, main.py and routers/configs.py; checked by tests/contract/.
    endpoints={"0.12": _ENDPOINTS, "0.6": _ENDPOINTS},
)
