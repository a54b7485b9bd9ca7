"""Find out what a server is and who we are on it, by what it answers rather than by its version number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.api.replies import make_error, read_detail, read_json
from cochat_devkit.errors import NotAllowed, NotSupported, RemoteError, SignedOut, UnexpectedReply
from cochat_devkit.kinds.dialects import DIALECTS, Dialect
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    import httpx

    from cochat_devkit.api.transport import Transport
    from cochat_devkit.resource import Json

_NO_SUCH_TOOL = "/api/v1/tools/id/cochat_devkit_asks_for_nothing"
_WHO_AM_I = "/api/v1/auths/"

#: the role of who sees and may do everything
ADMIN = "admin"


class Identity(NamedTuple):
    """Say who the server takes us for; `role` is "admin", "user" or "pending"."""

    id: str
    name: str
    email: str
    role: str

    @property
    def is_admin(self) -> bool:
        """Tell whether exports show us everything."""
        return self.role == ADMIN


class ServerFacts(NamedTuple):
    """Say what a server is: its own name and version, and the dialect it speaks.

    `is_proven` tells whether a path that only this dialect has showed something that is kept there: what stands before
    a server may have any answer but that one.
    """

    name: str
    version: str
    dialect: Dialect
    is_proven: bool = False


def fetch_version(transport: Transport) -> str:
    """Ask for the version: the one question that anybody may ask.

    Raises:
        Unreachable: nobody answers.
        UnexpectedReply: what answers is no Open WebUI server.
    """
    what = "asking for the version"
    hint = "check the url of the target: it is the address that the browser shows, without a path"
    try:
        answer = transport.send("GET", "/api/version", what)
    except (NotSupported, NotAllowed, SignedOut) as error:
        raise UnexpectedReply(f"{transport.url} is no Open WebUI server: {error.message}", hint=hint) from error
    version = answer.get("version") if isinstance(answer, dict) else None
    if not isinstance(version, str):
        raise UnexpectedReply(f"{transport.url} is no Open WebUI server: it does not tell its version", hint=hint)
    return version


def fetch_server_facts(transport: Transport) -> tuple[ServerFacts, Identity]:
    """Find out what the server is and who we are there.

    The dialect shows in how a missing tool is refused, then in the paths that only one of a generation has.

    Raises:
        SignedOut: the token is not accepted.
        UnexpectedReply: the server speaks none of the dialects that we know.
    """
    version = fetch_version(transport)
    with transport.asking_ahead((_NO_SUCH_TOOL, _WHO_AM_I)):
        generation = _fetch_generation(transport)
        siblings = [dialect for dialect in DIALECTS.values() if dialect.generation == generation]
        for dialect in sorted(siblings, key=lambda each: each.landmark is None):
            shown = _fetch_landmark(transport, dialect.landmark) if dialect.landmark else None
            if dialect.landmark is None or shown is not None:
                is_proven = shown is not None and _shows_something(shown)
                return ServerFacts(dialect.title, version, dialect, is_proven), fetch_identity(transport)
    raise UnexpectedReply(f"{transport.url} speaks a dialect that this version does not know ({version})")


def fetch_identity(transport: Transport) -> Identity:
    """Ask who we are; an API key may not ask the first question on 0.12, so there is a second.

    Raises:
        SignedOut: the token is not accepted.
    """
    try:
        answer = _send_whoami(transport, _WHO_AM_I)
    except SignedOut:
        raise
    except NotAllowed:
        answer = _send_whoami(transport, "/api/v1/users/user/status")
    if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
        raise UnexpectedReply("asking who we are: the answer names nobody")
    return Identity(
        answer["id"], str(answer.get("name", "")), str(answer.get("email", "")), str(answer.get("role", ""))
    )


def _send_whoami(transport: Transport, path: str) -> Json:
    what = "asking who we are"
    try:
        return transport.send("GET", path, what)
    except NotAllowed as error:
        if "human session" in error.message.lower():
            raise
        raise SignedOut(error.message, hint="sign in again: cochat login") from error


def _fetch_generation(transport: Transport) -> str:
    what = "asking for the dialect"
    response = transport.send_raw("GET", _NO_SUCH_TOOL, what)
    if "could not find" in read_detail(response).lower():
        return "0.12" if response.status_code == 404 else "0.6"
    if response.is_success:
        raise UnexpectedReply(
            f"{transport.url} is no Open WebUI server that we know: it has no tools",
            hint="check the url of the target",
        )
    error: RemoteError = make_error(response, what)
    if isinstance(error, NotAllowed):
        # nobody needs a right to be told that a tool does not exist
        raise SignedOut(f"{transport.url} does not accept the token", hint="sign in again: cochat login")
    raise error


def _fetch_landmark(transport: Transport, path: str) -> httpx.Response | None:
    """Ask for a path; None where it does not exist: then the web page answers, or 404. A refusal is an answer, too.

    What says that it is absent is asked twice, since whatever stands before the server may answer for it for a moment,
    and who takes CoChat for another server pushes agents as models.
    """
    what = "asking for the dialect"
    for _ in range(2):
        response = transport.send_raw("GET", path, what)
        if response.status_code in (404, 405):
            continue
        is_json = "json" in response.headers.get("content-type", "")
        if response.is_server_error or not (is_json or response.is_success):
            raise make_error(response, what)
        if is_json:
            return response
    return None


def _shows_something(response: httpx.Response) -> bool:
    """Tell whether an answer lists at least one thing; an empty list may come from anybody."""
    try:
        answer = read_json(response, "asking for the dialect")
    except RemoteError:
        return False
    found = answer.get("items", answer.get("data")) if isinstance(answer, dict) else answer
    return isinstance(found, list) and bool(found) and all(isinstance(each, dict) and each.get("id") for each in found)
