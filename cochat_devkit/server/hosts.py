"""Which names the local server answers to: those of this machine, so that no web page can reach it under its own."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def is_loopback(name: str) -> bool:
    """Tell whether a host name or address stands for this machine only."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class LoopbackOnly:
    """Refuse requests whose `Host` is not a name of this machine: a page elsewhere may have pointed its name at it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or pass the request on."""
        if scope["type"] == "http" and not is_loopback(_name_in(Headers(scope=scope).get("host", ""))):
            refusal = JSONResponse({"detail": "this server answers to names of this machine only"}, status_code=403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _name_in(host: str) -> str:
    """Take the port and the brackets of an IPv6 address off a `Host` header."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
