"""`open_webui.models.users`: the people of the played server.

Source: Open WebUI 0.12.4 and 0.6.43, models/users.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import field_validator, model_validator

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.library.finding import (
    by,
    columns_of,
    first,
    is_like,
    page,
    to_model,
    to_models,
    where,
)
from cochat_devkit.runtime.standins.refusing import NotOffline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cochat_devkit.runtime.standins.library.memory import Row

_MODEL = "models.users.UserModel"
_SORTED_BY = ("name", "email", "created_at", "last_active_at", "updated_at", "role")
_ACTIVE_FOR_S, _DAY_S = 180, 86_400
_PATHS = ("", "/user.png", "/favicon.png", "/static/favicon.png")


class UsersTable:
    """Play `Users`."""

    def insert_new_user(
        self,
        id: str,
        name: str,
        email: str,
        profile_image_url: str = "/user.png",
        role: str = "pending",
        username: str | None = None,
        oauth: Any = None,
    ) -> Any:
        told = {"id": id, "name": name, "email": email, "role": role, "username": username, "oauth": oauth}
        if id in memory.rows("user"):
            raise NotOffline(f"open_webui.models.users.Users.insert_new_user for {id!r}, who is there already,")
        times = dict.fromkeys(("last_active_at", "updated_at", "created_at"), memory.now())
        model = home.module("models.users").UserModel
        made = model(**{**told, "profile_image_url": _image(profile_image_url), **times})
        memory.rows("user")[id] = memory.to_stored(made.model_dump())
        return made

    def get_user_by_id(self, id: str) -> Any:
        return to_model(_MODEL, memory.rows("user").get(id))

    def get_user_by_email(self, email: str) -> Any:
        if home.is_old():
            return to_model(_MODEL, first(where("user", email=email)))
        return to_model(_MODEL, first(row for row in where("user") if row["email"].lower() == email.lower()))

    def get_users(self, filter: Any = None, sort: Any = None, skip: Any = None, limit: Any = None) -> Any:
        found = _filtered(where("user"), filter or {})
        order = (filter if home.is_old() else sort) or {}
        column = order.get("order_by")
        if column in _SORTED_BY:
            found = by(found, column, descending=order.get("direction") != "asc")
        elif not filter:
            found = by(found, "created_at", descending=True)
        return {"users": to_models(_MODEL, page(found, skip, limit)), "total": len(found)}

    def get_users_by_user_ids(self, user_ids: list[str]) -> Any:
        return to_models(_MODEL, by((row for row in where("user") if row["id"] in user_ids), "id"))

    def get_num_users(self) -> int:
        return len(where("user"))

    def has_users(self) -> bool:
        return bool(where("user"))

    def get_first_user(self) -> Any:
        found = by(where("user"), "created_at")
        if not home.is_old():
            found.sort(key=lambda row: (row["created_at"], row["role"] != "admin", row["id"]))
        return to_model(_MODEL, first(found))

    def get_num_users_active_today(self) -> int:
        midnight = memory.now() - memory.now() % _DAY_S
        return sum(row["last_active_at"] > midnight for row in where("user"))

    def get_active_user_count(self) -> int:
        return sum(self.is_user_active(row["id"]) for row in where("user"))

    def is_user_active(self, user_id: str) -> bool:
        row = memory.rows("user").get(user_id)
        return row is not None and row["last_active_at"] >= memory.now() - _ACTIVE_FOR_S

    def get_valid_user_ids(self, user_ids: list[str]) -> list[str]:
        return sorted(row["id"] for row in where("user") if row["id"] in user_ids)

    def get_super_admin_user(self) -> Any:
        return to_model(_MODEL, first(where("user", role="admin")))

    def get_user_webhook_url_by_id(self, id: str) -> Any:
        settings = memory.rows("user").get(id, {}).get("settings") or {}
        return settings.get("ui", {}).get("notifications", {}).get("webhook_url")

    def update_user_by_id(self, id: str, updated: Mapping[str, Any]) -> Any:
        known = set(columns_of(_MODEL))
        if home.is_old() and not updated.keys() <= known:
            return None
        return _change(id, lambda row: row.update({name: updated[name] for name in updated if name in known}))

    def update_user_role_by_id(self, id: str, role: str) -> Any:
        return _change(id, lambda row: row.update(role=role))

    def update_user_status_by_id(self, id: str, form_data: Any) -> Any:
        return _change(id, lambda row: row.update(form_data.model_dump(exclude_none=True)))

    def update_user_profile_image_url_by_id(self, id: str, profile_image_url: str) -> Any:
        return _change(id, lambda row: row.update(profile_image_url=_image(profile_image_url)))

    def update_user_settings_by_id(self, id: str, updated: Mapping[str, Any]) -> Any:
        return _change(id, lambda row: row.update(settings=_merged(row.get("settings") or {}, updated)))

    def delete_user_by_id(self, id: str) -> bool:
        for row in where("chat", user_id=id):
            del memory.rows("chat")[row["id"]]
        memory.rows("user").pop(id, None)
        return True

    def get_user_api_key_by_id(self, id: str) -> Any:
        return memory.rows("api_key").get(id, {}).get("key")

    def get_user_by_api_key(self, api_key: str) -> Any:
        owner = first(where("api_key", key=api_key))
        return self.get_user_by_id(owner["id"]) if owner else None

    def update_user_api_key_by_id(self, id: str, api_key: str) -> bool:
        memory.rows("api_key")[id] = {"id": id, "key": api_key}
        return True

    def delete_user_api_key_by_id(self, id: str) -> bool:
        memory.rows("api_key").pop(id, None)
        return True


def _change(id: str, change: Callable[[Row], None]) -> Any:
    """Change a person, who is there or not, and show the outcome."""
    row = memory.rows("user").get(id)
    if row is None:
        return None
    changed = dict(row)
    change(changed)
    memory.rows("user")[id] = memory.to_stored(changed)
    return to_model(_MODEL, memory.rows("user")[id])


def _merged(settings: Row, updated: Mapping[str, Any]) -> Row:
    """Join settings; the newer servers take those of the page one by one, and null resets one."""
    if home.is_old() or updated.get("ui") is None:
        left_out = () if home.is_old() else ("ui",)
        return {**settings, **{name: value for name, value in updated.items() if name not in left_out}}
    page_settings = {**(settings.get("ui") or {}), **updated["ui"]}
    return {**settings, **updated, "ui": {name: value for name, value in page_settings.items() if value is not None}}


def _filtered(found: list[Row], wanted: Mapping[str, Any]) -> list[Row]:
    for name in ("channel_id", "group_ids"):
        if wanted.get(name):
            raise NotOffline(f"open_webui.models.users.Users.get_users by {name}")
    if wanted.get("user_ids") == [] and wanted.get("group_ids") == []:
        return []
    if text := wanted.get("query"):
        found = [row for row in found if is_like(row["name"], f"%{text}%") or is_like(row["email"], f"%{text}%")]
    if ids := wanted.get("user_ids"):
        found = by((row for row in found if row["id"] in ids), "id")
    roles = wanted.get("roles") or []
    named = [role for role in roles if not role.startswith("!")]
    return [row for row in found if (not named or row["role"] in named) and f"!{row['role']}" not in roles]


def _image(url: str) -> str:
    """Take the address of a picture as it is, but for what the newer servers do not take."""
    is_taken = (
        home.is_old() or url in _PATHS or url.startswith(("http://", "https://", "data:image/", "/api/v1/users/"))
    )
    return url if is_taken else "/user.png"


def _ensure_profile_image(self: Any) -> Any:
    self.profile_image_url = self.profile_image_url or f"/api/v1/users/{self.id}/profile/image"
    return self


PLAYS = {"UsersTable": UsersTable()}
VALIDATORS = {
    "UserModel": {
        "_ensure_profile_image": model_validator(mode="after")(_ensure_profile_image),
        "normalize_variables": field_validator("variables", mode="before")(
            classmethod(lambda _cls, value: value if isinstance(value, dict) else {})
        ),
    }
}
