"""Who may read the pages: whoever has the token, from this machine, on a page of ours; everybody else gets 403."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def refusal(
    *, hosts: Sequence[str], origin: str | None, site: str | None, path: str, token: str, at: tuple[str, int]
) -> str | None:
    """Say why a request is refused; None where it is not.

    `hosts` are the values of its `Host` headers, `site` is that of `Sec-Fetch-Site`, `at` is where we listen. A name
    that leads to this machine today may be anybody's (rebinding): only our own names are answered.
    """
    address, port = at
    names = ("127.0.0.1", "localhost", "[::1]", f"[{address}]" if ":" in address else address)
    ours = {f"{name}:{port}" for name in names}
    if len(hosts) != 1 or hosts[0].lower() not in ours:
        return "this is not a name of this server"
    if origin is not None and origin.lower() not in {f"http://{each}" for each in ours}:
        return "a page of another origin may not ask"
    if site is not None and site not in _OWN_SITE:
        return "a page of another site may not ask"
    given = path.removeprefix("/").partition("/")[0]
    if not secrets.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        return "the address lacks the token that `cochat browse` printed"
    return None
