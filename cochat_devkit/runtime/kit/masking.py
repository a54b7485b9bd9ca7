"""What of an HTTP exchange is for nobody's eyes, and how it is masked before anything is written down.

Headers, query, form and JSON values whose names sound secret go, and every known secret wherever it stands. The mask is
always the same, so that a request that was masked is found again.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from cochat_devkit.kinds.valves import is_secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cochat_devkit.resource import Json

MASK = "masked"
_FORM = "application/x-www-form-urlencoded"
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")


def mask_url(url: str, secrets: Collection[str]) -> str:
    """Mask a password, the secret values of a query, and known secrets."""
    parts = urlsplit(_USERINFO.sub(f"{MASK}@", url, count=1))
    return mask_text(urlunsplit(parts._replace(query=_mask_pairs(parts.query))), secrets)


def mask_headers(headers: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """Mask headers, each of which has a text or a list of texts."""

    def masked(name: str, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [masked(name, each) for each in value]
        if is_secret(name, {}):
            return MASK
        return mask_text(value, secrets) if isinstance(value, str) else value

    return {name: masked(name, value) for name, value in headers.items()}


def mask_body(body: bytes, content_type: str, secrets: Collection[str]) -> bytes:
    """Mask a body: JSON and forms by the names in them, any other by the known secrets."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        for each in secrets:
            body = body.replace(each.encode(), MASK.encode())
        return body
    if content_type.startswith(_FORM):
        text = _mask_pairs(text)
    elif (whole := _mask_json_text(text)) is not None:
        text = whole
    else:
        text = "\n".join(map(_mask_line, text.split("\n")))
    return mask_text(text, secrets).encode("utf-8")


def mask_text(text: str, secrets: Collection[str]) -> str:
    """Mask the known secrets in a text, as they are and as JSON and URLs write them; the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        for spelled in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
            text = text.replace(spelled, MASK)
    return text


def _mask_pairs(query: str) -> str:
    """Mask the values of a query; one without secrets stays as it is written."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(is_secret(name, {}) for name, _value in pairs):
        return query
    return urlencode([(name, MASK if is_secret(name, {}) else value) for name, value in pairs])


def _mask_line(line: str) -> str:
    """Mask the JSON in a line of an event stream; any other line stays."""
    prefix = "data:" if line.startswith("data:") else ""
    masked = _mask_json_text(line.removeprefix(prefix))
    return line if masked is None else f"{prefix}{masked}"


def _mask_json_text(text: str) -> str | None:
    """Mask a text that is JSON; one without secrets stays as it is written, and None is for what is no JSON."""
    try:
        told = json.loads(text)
    except ValueError:
        return None
    masked = _mask_json(told)
    return text if masked == told else json.dumps(masked, ensure_ascii=False)


def _mask_json(value: Json) -> Json:
    if isinstance(value, list):
        return [_mask_json(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _all_masked(each) if is_secret(name, {}) else _mask_json(each) for name, each in value.items()}


def _all_masked(value: Json) -> Json:
    """Mask every text; numbers stay, for `max_tokens` is no secret."""
    if isinstance(value, str):
        return MASK
    if isinstance(value, list):
        return [_all_masked(each) for each in value]
    return {name: _all_masked(each) for name, each in value.items()} if isinstance(value, dict) else value
