"""What the local server takes in as a workspace model, in the words of each generation.

Source: Open WebUI 0.12.4 and 0.6.43, models/models.py; checked by tests/contract/test_models.py.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire

DEFAULT_PICTURE = "/static/favicon.png"
_KNOWN_PICTURES = ("", "/user.png", "/favicon.png", DEFAULT_PICTURE)
_PICTURE_DATA = re.compile(r"data:image/(gif|jpeg|png|webp);base64,", re.IGNORECASE)
_PICTURE_OF_USER = re.compile(r"/api/v1/users/[^/]+/profile/image")
_BACKGROUND = re.compile(r"/api/v1/files/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/content")


class FreeForm(BaseModel):
    """Take in anything."""

    model_config = ConfigDict(extra="allow")


class Meta06(FreeForm):
    """Take in what of a model is for people, as the 0.6 generation does: it is not looked into."""

    profile_image_url: str | None = DEFAULT_PICTURE
    description: str | None = None
    capabilities: dict[str, Any] | None = None


class Form06(BaseModel):
    """Take in a model of the 0.6 generation."""

    model_config = ConfigDict(title="ModelForm")

    id: str
    base_model_id: str | None = None
    name: str
    meta: Meta06
    params: FreeForm
    access_control: dict[str, Any] | None = None
    is_active: bool = True


class Meta12(FreeForm):
    """Take in what of a model is for people, as the 0.12 generation does: tags, pictures and files are put in order."""

    profile_image_url: str | None = None
    background_image_url: str | None = None
    description: str | None = None
    i18n: dict[str, Any] | None = None
    capabilities: dict[str, Any] | None = None
    knowledge: list[Any] | None = None
    voice: dict[str, Any] | None = None
    voice_avatar: dict[str, Any] | None = None

    @field_validator("profile_image_url", mode="before")
    @classmethod
    def _drop_unsafe_picture(cls, value: Json) -> Json:
        return value if isinstance(value, str) and is_safe_picture(value) else None

    @field_validator("background_image_url", mode="before")
    @classmethod
    def _refuse_other_background(cls, value: Json) -> Json:
        if value is not None and not (isinstance(value, str) and _BACKGROUND.fullmatch(value)):
            raise ValueError("Invalid background image URL: must reference an internal file.")
        return value

    @field_validator("knowledge", mode="before")
    @classmethod
    def _drop_copied_text(cls, value: Json) -> Json:
        return [_without_text(each) for each in value] if isinstance(value, list) else value

    @model_validator(mode="before")
    @classmethod
    def _name_tags(cls, value: Json) -> Json:
        has_tags = isinstance(value, dict) and "tags" in value
        return {**value, "tags": named_tags(value["tags"])} if has_tags else value


class Form12(BaseModel):
    """Take in a model of the 0.12 generation."""

    model_config = ConfigDict(title="ModelForm")

    id: str = Field(pattern=r"^\S+$")
    base_model_id: str | None = None
    name: str
    meta: Meta12
    params: FreeForm
    access_grants: list[dict[str, Any]] | None = None
    is_active: bool = True
    commit_message: str | None = None


def named_tags(tags: Json) -> list[Json]:
    """Bring tags into the form of objects with a name; what has none is dropped."""
    found = tags if isinstance(tags, list) else []
    names = [each.get("name") if isinstance(each, dict) else each for each in found]
    return [{"name": name.strip()} for name in names if isinstance(name, str) and name.strip()]


def is_safe_picture(url: str) -> bool:
    """Tell whether an address may be shown as a picture."""
    if url in _KNOWN_PICTURES or _PICTURE_OF_USER.fullmatch(url) or _PICTURE_DATA.match(url):
        return True
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _without_text(item: Json) -> Json:
    if not isinstance(item, dict):
        return item
    found: Wire = copy.deepcopy(item)
    for holder in (found, found.get("file")):
        if isinstance(holder, dict) and isinstance(holder.get("data"), dict):
            holder["data"].pop("content", None)
    return found
