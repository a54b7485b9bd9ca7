"""Who may read the pages: whoever has the token, from this machine, on a page of ours; everybody else gets 403."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: nothing is fetched from elsewhere, nothing inline runs, nobody frames us; pictures may stand in the page itself
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: what a page of the static site says of itself: it is not told by a page who may frame it, and a file fetches nothing
EXPORT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: whence a browser says that a request comes: from our own pages, or from nobody's
_OWN_SITE = ("same-origin", "none")


def refusal(headers: Mapping[str, str], path: str, token: str, port: int) -> str | None:
    """Say why a request is refused; None where it is not. `headers` has names in lower case.

    A name that leads to this machine today may be anybody's (rebinding): only our own names are answered.
    """
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    if headers.get("host", "").lower() not in hosts:
        return "this is not a name of this server"
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
        return "a page of another origin may not ask"
    if headers.get("sec-fetch-site", "none") not in _OWN_SITE:
        return "a page of another site may not ask"
    given = path.removeprefix("/").partition("/")[0]
    if not secrets.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        return "the address lacks the token that `cochat browse` printed"
    return None
