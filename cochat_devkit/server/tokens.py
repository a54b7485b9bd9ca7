"""Credentials of the local server: signed tokens, API keys and salted passwords."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire

API_KEY_PREFIX = "sk-"
#: what guessing costs is no concern of a server on loopback; what each test pays is
_SCRYPT = {"n": 1 << 10, "r": 8, "p": 1}


def make_token(secret: str, payload: Wire) -> str:
    """Sign a payload as a JWT with HS256."""
    head = {"alg": "HS256", "typ": "JWT"}
    signed = f"{_encode(json.dumps(head).encode())}.{_encode(json.dumps(payload).encode())}"
    return f"{signed}.{_sign(secret, signed)}"


def parse_token(secret: str, token: str, *, now: int) -> Wire | None:
    """Read the payload of a token of ours; None for a foreign, damaged or expired one."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_sign(secret, signed).encode(), signature.encode("utf-8", "replace")):
        return None
    try:
        payload = json.loads(_decode(signed.partition(".")[2]))
    except (ValueError, binascii.Error):
        return None
    return payload if isinstance(payload, dict) and payload.get("exp", now) >= now else None


def make_api_key() -> str:
    """Make an API key of the form that the servers use."""
    return API_KEY_PREFIX + secrets.token_hex(16)


def make_password_hash(password: str) -> str:
    """Hash a password with a salt of its own."""
    salt = secrets.token_bytes(12)
    return f"{salt.hex()}${_stretch(password, salt)}"


def is_password(password: str, password_hash: str) -> bool:
    """Tell whether a hash was made of this password."""
    salt, _, stretched = password_hash.partition("$")
    return hmac.compare_digest(_stretch(password, bytes.fromhex(salt)), stretched)


def _stretch(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **_SCRYPT).hex()


def _sign(secret: str, signed: str) -> str:
    return _encode(hmac.digest(secret.encode(), signed.encode("utf-8", "surrogatepass"), "sha256"))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
