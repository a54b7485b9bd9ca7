"""The people whom plugins meet offline."""

from __future__ import annotations

import importlib
from typing import Any

#: when it all began
EPOCH_S = 1_767_225_600


def make_user(role: str) -> dict[str, Any]:
    """Make the person who calls, as the played version describes people to plugins."""
    model = importlib.import_module("open_webui.models.users").UserModel
    person = model(
        id=f"{role}-of-the-devkit",
        name=role.capitalize(),
        email=f"{role}@example.com",
        role=role,
        profile_image_url="/user.png",
        last_active_at=EPOCH_S,
        updated_at=EPOCH_S,
        created_at=EPOCH_S,
    )
    found: dict[str, Any] = person.model_dump()
    return found
