"""Login, logout, whoami: who we are on a target, and where that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.credentials import delete_credential, write_credential
from cochat_devkit.events import ignore
from cochat_devkit.operations.session import connect

if TYPE_CHECKING:
    from cochat_devkit.config import Config


@dataclass(frozen=True)
class SignedIn:
    """Say who we are on which server. `kept_in` is "keyring", "file" or "environment"."""

    target: str
    url: str
    name: str
    email: str
    role: str
    dialect: str
    server_version: str
    token_is: str
    kept_in: str


def login_with_password(config: Config, target: str | None, email: str, password: str) -> SignedIn:
    """Trade e-mail and password for a token, and keep the token.

    Raises:
        RemoteError: the server cannot be asked, or refuses.
    """
    from cochat_devkit.api.sign_in import send_sign_in
    from cochat_devkit.api.transport import Transport

    with Transport(config.target_named(target).url, None) as transport:
        token = send_sign_in(transport, email, password)
    return login_with_token(config, target, token)


def login_with_token(config: Config, target: str | None, token: str) -> SignedIn:
    """Keep a pasted token or an API key, once the server accepts it.

    Raises:
        SignedOut: the server does not accept it; nothing is kept.
    """
    from cochat_devkit.api.probe import fetch_server_facts
    from cochat_devkit.api.transport import Transport

    url = config.target_named(target).url
    with Transport(url, token) as transport:
        _facts, identity = fetch_server_facts(transport)
    write_credential(url, token, identity.email)
    return whoami(config, target)


def whoami(config: Config, target: str | None) -> SignedIn:
    """Ask the server who we are.

    Raises:
        MissingToken: no token is known.
        RemoteError: the server cannot be asked, or does not accept the token.
    """
    with connect(config, target, ignore) as session:
        identity = session.client.identity
        return SignedIn(
            target=session.target.name,
            url=session.target.url,
            name=identity.name,
            email=identity.email,
            role=identity.role,
            dialect=session.facts.dialect.name,
            server_version=session.facts.version,
            token_is="API key" if session.credential.is_api_key else "session token",
            kept_in=session.credential.source,
        )


def logout(config: Config, target: str | None) -> bool:
    """Forget the token; tells whether there was one."""
    return delete_credential(config.target_named(target).url)
