"""Trade e-mail and password for a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.api.probe import fetch_version
from cochat_devkit.errors import NotAllowed, Rejected, UnexpectedReply
from cochat_devkit.redaction import remember_secret

if TYPE_CHECKING:
    from cochat_devkit.api.transport import Transport


def send_sign_in(transport: Transport, email: str, password: str) -> str:
    """Sign in and take the token.

    Raises:
        NotAllowed: e-mail and password do not fit.
        UnexpectedReply: the answer has no token.
    """
    remember_secret(password)
    fetch_version(transport)
    try:
        answer = transport.send(
            "POST", "/api/v1/auths/signin", "signing in", body={"email": email, "password": password}
        )
    except Rejected as error:
        raise NotAllowed(
            f"signing in as {email}: the server refuses it: {error.detail}",
            hint="try again, or paste a token from the browser: cochat login --token",
        ) from error
    token = answer.get("token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token:
        raise UnexpectedReply("signing in: the answer has no token")
    remember_secret(token)
    return token
