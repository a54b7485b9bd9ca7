"""Where tokens are kept: the OS keyring where there is one, else a file of our own that only its owner reads."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cochat_devkit.errors import CannotWrite, LocalError, MissingToken
from cochat_devkit.redaction import remember_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Json

_SERVICE = "cochat-devkit"


@dataclass(frozen=True)
class Credential:
    """Hold a token for one server. `source` says where it came from: "environment", "keyring" or "file"."""

    token: str = field(repr=False)
    email: str = ""
    source: str = "environment"

    @property
    def is_api_key(self) -> bool:
        """Tell an API key from a session's token."""
        return self.token.startswith("sk-")


def read_credential(url: str) -> Credential:
    """Find the token for a server; the variable COCHAT_TOKEN wins.

    Raises:
        MissingToken: none is known.
    """
    if token := os.environ.get("COCHAT_TOKEN", "").strip():
        remember_secret(token)
        return Credential(token)
    for source, read in (("keyring", _read_keyring), ("file", _read_file)):
        if stored := read(url):
            return _parse(url, stored, source)
    raise MissingToken(f"no token is known for {url}", hint="sign in: cochat login (or set COCHAT_TOKEN)")


def write_credential(url: str, token: str, email: str) -> str:
    """Keep a token: "keyring" or "file", whichever took it."""
    remember_secret(token)
    stored = json.dumps({"token": token, "email": email})
    if _write_keyring(url, stored):
        _write_file(url, None)
        return "keyring"
    _write_file(url, stored)
    return "file"


def delete_credential(url: str) -> bool:
    """Forget a token and the values kept beside it; tells whether there was a token."""
    found = bool(_read_keyring(url) or _read_file(url))
    for name in (url, _values_of(url)):
        _write_keyring(name, None)
        _write_file(name, None)
    return found


def read_kept_values(url: str) -> dict[str, Json]:
    """Read the values that were kept for a server, by whose they are and their names.

    An earlier version kept them by the variables that stand for them, and did not note whose they are.
    """
    stored = _read_keyring(_values_of(url)) or _read_file(_values_of(url))
    try:
        found = json.loads(stored) if stored else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise LocalError(f"the values kept for {url} cannot be read", hint="keep them again: cochat valves REF --keep")
    return found


def write_kept_values(url: str, owner: str, values: Mapping[str, Json]) -> str:
    """Keep values of one owner beside a server's token, over those kept before: "keyring" or "file" took them."""
    known = read_kept_values(url)
    stored = json.dumps({**known, owner: {**known.get(owner, {}), **values}})
    if _write_keyring(_values_of(url), stored):
        _write_file(_values_of(url), None)
        return "keyring"
    _write_file(_values_of(url), stored)
    return "file"


def credentials_path() -> Path:
    """Say where the file is."""
    return config_folder() / "credentials.json"


def config_folder() -> Path:
    """Say where we keep what is a person's own, outside every workspace; COCHAT_CONFIG_DIR names another folder."""
    import platformdirs

    if folder := os.environ.get("COCHAT_CONFIG_DIR"):
        return Path(folder)
    return platformdirs.user_config_path(_SERVICE)


def cache_folder() -> Path:
    """Say where we keep what can be made again."""
    import platformdirs

    return platformdirs.user_cache_path(_SERVICE)


def _values_of(url: str) -> str:
    return f"{url} valves"


def _parse(url: str, stored: str, source: str) -> Credential:
    try:
        found = json.loads(stored)
    except ValueError:
        found = None
    token = found.get("token") if isinstance(found, dict) else None
    if not isinstance(token, str) or not token:
        place = credentials_path() if source == "file" else "the keyring"
        raise LocalError(f"{place} holds no token for {url} that can be read", hint="sign in again: cochat login")
    remember_secret(token)
    return Credential(token, str(found.get("email", "")), source)


def _read_keyring(url: str) -> str | None:
    keyring = _keyring()
    if keyring is None:
        return None
    with suppress(Exception):  # a locked or broken keyring is one that has nothing for us
        found: str | None = keyring.get_password(_SERVICE, url)
        return found
    return None


def _write_keyring(url: str, stored: str | None) -> bool:
    keyring = _keyring()
    if keyring is None:
        return False
    with suppress(Exception):
        if stored is None:
            keyring.delete_password(_SERVICE, url)
            return True
        keyring.set_password(_SERVICE, url, stored)
        return bool(keyring.get_password(_SERVICE, url) == stored)
    return False


def _keyring() -> Any:
    """Import the keyring where the machine has one behind it; None elsewhere. Backends fail in ways of their own."""
    with suppress(Exception):
        import keyring
        import keyring.backends.fail
        import keyring.backends.null

        unusable = (keyring.backends.fail.Keyring, keyring.backends.null.Keyring)
        if not isinstance(keyring.get_keyring(), unusable):
            return keyring
    return None


def _read_file(url: str) -> str | None:
    found = _read_all().get(url)
    return None if found is None else json.dumps(found)


def _read_all() -> dict[str, dict[str, Json]]:
    path = credentials_path()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise LocalError(f"{path} cannot be read", hint="delete it and sign in again") from error
    if not isinstance(found, dict):
        raise LocalError(f"{path} is not what cochat wrote", hint="delete it and sign in again")
    return found


def _write_file(url: str, stored: str | None) -> None:
    known = _read_all()
    if stored is None and url not in known:
        return
    kept = {each: value for each, value in known.items() if each != url}
    if stored is not None:
        kept[url] = json.loads(stored)
    path = credentials_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        temporary.replace(path)
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror}", hint="set COCHAT_TOKEN instead") from error
