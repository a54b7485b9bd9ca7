"""The people of the local server: who there is, how they sign in, and what they may."""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from cochat_devkit.server import tokens
from cochat_devkit.server.access import Caller
from cochat_devkit.server.quirks import (
    DEFAULT_PICTURE,
    EMAIL_INVALID,
    EMAIL_TAKEN,
    NOT_FOUND,
    NOT_SIGNED_IN,
    SESSION_EXPIRED,
    SESSION_REVOKED,
    UNAUTHORIZED,
    WRONG_PASSWORD,
    Refusal,
)
from cochat_devkit.server.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.groups import Group, Groups
    from cochat_devkit.server.quirks import Quirks
    from cochat_devkit.server.store import Notes, Store, Table

_TOKEN_LIFE_S = 28 * 24 * 3600


@dataclass(frozen=True)
class User:
    """One account. `stamp` is in every token of theirs: a new stamp ends them all."""

    id: str
    name: str
    email: str
    role: str
    password_hash: str
    created_at: int
    updated_at: int
    picture: str = DEFAULT_PICTURE
    settings: Json = None
    api_key: str | None = None
    stamp: str = ""

    def to_short_wire(self) -> Wire:
        """Show an account beside a resource."""
        return {"id": self.id, "name": self.name, "role": self.role, "email": self.email}

    def to_wire(self) -> Wire:
        """Show a whole account, credentials excepted."""
        unknown = (
            "username", "profile_banner_image_url", "bio", "gender", "date_of_birth", "timezone", "presence_state",
            "status_emoji", "status_message", "status_expires_at", "info", "oauth",
        )  # fmt: skip
        return {
            **self.to_short_wire(),
            **dict.fromkeys(unknown),
            "profile_image_url": self.picture,
            "settings": self.settings,
            "last_active_at": self.updated_at,
            "updated_at": self.updated_at,
            "created_at": self.created_at,
        }


class People:
    """Keep accounts, and know callers by their credentials."""

    def __init__(self, store: Store, notes: Notes, groups: Groups, quirks: Quirks, clock: Callable[[], int]) -> None:
        self._store = store
        self._notes = notes
        self._groups = groups
        self._quirks = quirks
        self._clock = clock
        self._users: Table[User] = store.table("users", parse=lambda row: User(**row), dump=asdict)
        #: moves with every account: what shows accounts is stale then
        self.revision = 0
        if notes.get("secret") is None:
            notes.put("secret", secrets.token_hex(32))

    def users(self) -> list[User]:
        """List the accounts, oldest first."""
        return self._users.all()

    def find(self, user_id: str) -> User | None:
        """Find an account; None where there is none."""
        return self._users.get(user_id)

    def add(self, *, name: str, email: str, password: str, role: str, picture: str | None = None) -> User:
        """Make an account.

        Raises:
            HTTPException: the address is no address, or is taken.
        """
        email = email.lower()
        if not email.endswith("@localhost") and not re.match(r"[^@]+@[^@]+\.[^@]+", email):
            raise refused(Refusal(400, EMAIL_INVALID))
        now = self._clock()
        user = User(
            id=str(uuid.uuid4()),
            name=name,
            email=email,
            role=role,
            password_hash=tokens.make_password_hash(password),
            created_at=now,
            updated_at=now,
            picture=picture or DEFAULT_PICTURE,
            stamp=secrets.token_hex(8),
        )
        with self._store.writing():
            self._refuse_taken(email)
            self._users.put(user.id, user)
            self.revision += 1
        return user

    def change(self, user_id: str, *, password: str | None = None, **changes: Any) -> User:
        """Change an account; a change that says nothing new is fine.

        Raises:
            HTTPException: there is no such account, or the address is taken.
        """
        with self._store.writing():
            user = self._users.get(user_id)
            if user is None:
                raise refused(Refusal(400, NOT_FOUND))
            if changes.get("email"):
                changes["email"] = changes["email"].lower()
                if changes["email"] != user.email:
                    self._refuse_taken(changes["email"])
            if password:
                changes["password_hash"] = tokens.make_password_hash(password)
            changed = replace(user, **changes, updated_at=self._clock())
            self._users.put(user_id, changed)
            self.revision += 1
        return changed

    def revoke_sessions(self, user_id: str) -> None:
        """End every session of an account: their tokens are invalid from now on.

        Raises:
            HTTPException: there is no such account.
        """
        self.change(user_id, stamp=secrets.token_hex(8))

    def remove(self, user_id: str) -> None:
        """Take an account out, if it is there."""
        with self._store.writing():
            self._users.remove(user_id)
            self.revision += 1

    def _refuse_taken(self, email: str) -> None:
        if any(user.email == email for user in self._users.all()):
            raise refused(Refusal(400, EMAIL_TAKEN))

    def sign_in(self, email: str, password: str) -> User:
        """Know somebody by address and password.

        Raises:
            HTTPException: one of them is wrong.
        """
        found = next((user for user in self._users.all() if user.email == email.lower()), None)
        if found is None or not tokens.is_password(password, found.password_hash):
            raise refused(Refusal(400, WRONG_PASSWORD))
        return found

    def make_session(self, user: User) -> tuple[str, int]:
        """Make a token: (token, when it ends)."""
        ends = self._clock() + _TOKEN_LIFE_S
        payload = {"id": user.id, "jti": str(uuid.uuid4()), "exp": ends, "stamp": user.stamp}
        return tokens.make_token(self._secret, payload), ends

    def make_api_key(self, user_id: str) -> str:
        """Give an account a new API key; the one before ends."""
        key = tokens.make_api_key()
        self.change(user_id, api_key=key)
        return key

    def parse_token(self, token: str) -> Wire | None:
        """Read a token's payload; None for one that is not ours, or is over."""
        return tokens.parse_token(self._secret, token, now=self._clock())

    def know(self, credential: str | None) -> Caller:
        """Know a caller by a token or an API key.

        Raises:
            HTTPException: there is no credential, or it is not good; the sentence tells which.
        """
        if credential is None:
            raise refused(Refusal(401, NOT_SIGNED_IN))
        if credential.startswith(tokens.API_KEY_PREFIX):
            user = next((user for user in self._users.all() if user.api_key == credential), None)
            if user is None:
                raise refused(Refusal(401, SESSION_EXPIRED))
            return self.caller(user, by_api_key=True)
        payload = self.parse_token(credential)
        if payload is None or "id" not in payload:
            raise refused(Refusal(401, UNAUTHORIZED))
        user = self._users.get(payload["id"])
        if user is None:
            raise refused(self._quirks.account_deleted)
        if payload.get("stamp") != user.stamp:
            raise refused(Refusal(401, SESSION_REVOKED))
        return self.caller(user)

    def caller(self, user: User, *, by_api_key: bool = False) -> Caller:
        """Gather what an account may."""
        mine = self._groups.of_member(user.id)
        return Caller(
            id=user.id,
            role=user.role,
            group_ids=frozenset(group.id for group in mine),
            permissions=_merge_permissions(self.default_permissions(), mine),
            by_api_key=by_api_key,
        )

    @property
    def _secret(self) -> str:
        return str(self._notes.get("secret"))

    def default_permissions(self) -> Wire:
        """Show what ordinary users may, areas and names."""
        return self._notes.get("permissions") or {area: dict(names) for area, names in self._quirks.permissions.items()}

    def set_default_permissions(self, permissions: Wire) -> Wire:
        """Change what ordinary users may; what is left out is off, what nobody knows is dropped."""
        known = {
            area: {name: bool((permissions.get(area) or {}).get(name, False)) for name in names}
            for area, names in self._quirks.permissions.items()
        }
        self._notes.put("permissions", known)
        return known


def _merge_permissions(defaults: Wire, groups: list[Group]) -> Wire:
    """Join permissions; a yes anywhere is a yes."""
    merged = {area: dict(names) for area, names in defaults.items()}
    for group in groups:
        for area, names in (group.permissions or {}).items():
            for name, allowed in (names if isinstance(names, dict) else {}).items():
                merged.setdefault(area, {})[name] = bool(merged.get(area, {}).get(name)) or bool(allowed)
    return merged
