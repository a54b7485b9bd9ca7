"""The one translation from HTTP answers to our errors: by what the answer says, since its status alone misleads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cochat_devkit.api.streams import parse_chunks, refuse_constant
from cochat_devkit.errors import (
    Missing,
    Moved,
    NotAllowed,
    NotSupported,
    RateLimited,
    Rejected,
    RemoteError,
    SignedOut,
    UnexpectedReply,
)
from cochat_devkit.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from cochat_devkit.resource import Json

#: Source: Open WebUI 0.12.4 and 0.6.43, constants.py; checked by tests/contract/.
_SAYS_MISSING = ("could not find", "function not found", "version not found")
_SAYS_SIGNED_OUT = ("not authenticated", "session has expired")
#: a bad token and a missing permission both answer this: only another question tells them apart
_SAYS_EITHER = ("401 unauthorized", "invalid token")
#: a save that names the version it starts from, and another is the newest; a taken name has the same status
_SAYS_MOVED = ('"version_conflict"',)
_SAYS_NOT_ALLOWED = ("do not have permission", "human session", "not allowed", "access prohibited")

_NO_JSON = "the answer is no JSON, or only a part of it"
_MOVED_HINT = "nothing was sent over it; take theirs in: cochat pull"
_SIGN_IN_HINT = "sign in again: cochat login"


class Undecided(NotAllowed):
    """Refused, and the answer fits both a missing right and a dead token; the client settles it."""


def read_json(response: httpx.Response, what: str) -> Json:
    """Take the JSON of an answer.

    Raises:
        RemoteError: the answer is a refusal, HTML, or not the JSON it claims to be.
    """
    _check_is_json(response, what)
    try:
        return response.json(parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UnexpectedReply(f"{what}: {_NO_JSON}") from error


def read_json_stream(response: httpx.Response, what: str, take: Callable[[Json], object]) -> Json:
    """Take the JSON of an answer while it arrives; where it is a list, the answers of `take` to its items make it.

    Raises:
        RemoteError: as for `read_json`, at the same answers.
        httpx.HTTPError: the connection broke.
    """
    if not response.is_success:
        response.read()
    _check_is_json(response, what)
    try:
        return parse_chunks(response.iter_bytes(), take)
    except (ValueError, RecursionError) as error:
        raise UnexpectedReply(f"{what}: {_NO_JSON}") from error


def _check_is_json(response: httpx.Response, what: str) -> None:
    content_type = response.headers.get("content-type", "")
    if response.is_success and "json" not in content_type:
        raise NotSupported(f"{what}: this server has no such endpoint (it answered {_sort_of(content_type)})")
    if not response.is_success:
        raise make_error(response, what)


def make_error(response: httpx.Response, what: str) -> RemoteError:
    """Find the error that an unsuccessful answer stands for."""
    detail = read_detail(response)
    said = detail.lower()
    # a server may repeat what it was sent
    detail = redact(detail)
    status = response.status_code
    if any(each in said for each in _SAYS_MISSING):
        return Missing(f"{what}: not there")
    if any(each in said for each in _SAYS_SIGNED_OUT):
        return SignedOut(f"{what}: the server does not accept the token: {detail}", hint=_SIGN_IN_HINT)
    if status in (405, 429):
        # the words of the first, "method not allowed", speak of no right
        return _by_status(status, response, what, detail)
    if status == 401 and any(each in said for each in _SAYS_EITHER):
        return Undecided(f"{what}: {detail}")
    if status in (401, 403) or any(each in said for each in _SAYS_NOT_ALLOWED):
        return NotAllowed(
            f"{what}: the server does not allow it: {detail}", hint="ask an admin for the right to do this"
        )
    return _by_status(status, response, what, detail)


def list_moved(what: str) -> UnexpectedReply:
    """Make the error of a list that is not whole, since it moved while it was read."""
    return UnexpectedReply(f"{what}: the list moved while it was read", hint="run the command again")


def read_detail(response: httpx.Response) -> str:
    """Take the server's own sentence out of an error answer, as it is; at most 500 characters."""
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return ""
    detail = answer.get("detail") if isinstance(answer, dict) else None
    if isinstance(detail, list):
        said = "; ".join(_field_error(each) for each in detail)
    else:
        said = detail if isinstance(detail, str) else json.dumps(detail) if detail else ""
    return said[:500]


def _by_status(status: int, response: httpx.Response, what: str, detail: str) -> RemoteError:
    if response.is_redirect:
        # only the place's scheme and host: the rest may hold a token
        url = response.next_request.url if response.next_request else None
        place = f"{url.scheme}://{url.netloc.decode()}" if url else "elsewhere"
        return UnexpectedReply(f"{what}: the server sends us to {place}", hint="set that address as the target's url")
    if status == 404:
        return NotSupported(f"{what}: this server has no such endpoint")
    if status == 405:
        return NotSupported(f"{what}: this server does not offer that")
    if status == 429:
        return RateLimited(f"{what}: too many requests", hint="try again later")
    if status >= 500:
        return UnexpectedReply(f"{what}: the server failed with status {status}", hint="see the server's log")
    return _refused(status, what, detail)


def _refused(status: int, what: str, detail: str) -> RemoteError:
    if status == 409 and any(each in detail.lower() for each in _SAYS_MOVED):
        return Moved(f"{what}: somebody saved it meanwhile", hint=_MOVED_HINT)
    return Rejected(f"{what}: the server refuses it: {detail or f'status {status}'}", detail=detail)


def _field_error(each: Json) -> str:
    if not isinstance(each, dict):
        return str(each)
    loc = each.get("loc")
    place = ".".join(str(part) for part in loc if part != "body") if isinstance(loc, list) else "a field"
    return f"{place}: {each.get('msg')}"


def _sort_of(content_type: str) -> str:
    return "a web page" if "html" in content_type else (content_type.partition(";")[0] or "nothing readable")
