"""Prompts: texts that people call with a command."""

from __future__ import annotations

from cochat_devkit.kinds.codecs import ACCESS, REST, SWITCH, TEXT, WORDS
from cochat_devkit.kinds.kind import (
    Endpoint,
    Endpoints,
    Field,
    FileForm,
    Kind,
    Listing,
    Rights,
    StatedIn,
    WrittenBy,
)

_AT = "/api/v1/prompts"
_KEYS_06 = ("command", "user_id", "title", "content", "timestamp", "access_control")
_KEYS_12 = (
    *("id", "command", "user_id", "name", "content", "data", "meta", "tags", "is_active", "version_id"),
    *("created_at", "updated_at", "access_grants"),
)
_ONLY_12 = {"0.6": None}

KIND = Kind(
    name="prompt",
    plural="prompts",
    summary="A text that people call with a command",
    folders={"": "prompts"},
    fields=(
        Field("command", ("command",), TEXT, implied=lambda facts: facts.slug, elsewhere=_ONLY_12),
        Field("name", ("name",), TEXT, implied=lambda facts: facts.slug, elsewhere={"0.6": ("title",)}),
        Field("content", ("content",), TEXT, implied=lambda _facts: ""),
        Field("tags", ("tags",), WORDS, implied=lambda _facts: [], elsewhere=_ONLY_12),
        Field(
            "active",
            ("is_active",),
            SWITCH,
            implied=lambda _facts: True,
            written_by=WrittenBy.SWITCH,
            elsewhere=_ONLY_12,
        ),
        Field("access", ("access",), ACCESS, implied=lambda _facts: "private", written_by=WrittenBy.ACCESS),
        Field("data", ("data",), REST, implied=lambda _facts: {}, elsewhere=_ONLY_12),
        Field("meta", ("meta",), REST, implied=lambda _facts: {}, elsewhere=_ONLY_12),
    ),
    derived=("user_id", "timestamp", "updated_at", "created_at", "version_id"),
    required=("command", "content"),
    form=FileForm(source_field="content", suffix=".md", stated_in=StatedIn.FRONT_MATTER),
    named_by="command",
    is_named_by_its_key=True,
    is_valid_slug=lambda slug: bool(slug) and "/" not in slug,
    slug_rule="at least one character, and no slash",
    # Source: Open WebUI 0.12.4 and 0.6.43, routers/prompts.py; checked by tests/contract/.
    endpoints={
        "0.12": Endpoints(
            listing=Listing(
                Endpoint(
                    "GET",
                    f"{_AT}/list?order_by=created_at&direction=asc",
                    (*_KEYS_12, "user", "write_access"),
                ),
                has_bodies=True,
                rights=Rights.READABLE,
                is_paged=True,
            ),
            item=Endpoint("GET", f"{_AT}/id/{{id}}", (*_KEYS_12, "user", "write_access")),
            create=Endpoint("POST", f"{_AT}/create", _KEYS_12),
            update=Endpoint("POST", f"{_AT}/id/{{id}}/update", _KEYS_12),
            delete=Endpoint("DELETE", f"{_AT}/id/{{id}}/delete"),
            access=Endpoint("POST", f"{_AT}/id/{{id}}/access/update", _KEYS_12),
            switches={"active": Endpoint("POST", f"{_AT}/id/{{id}}/toggle", _KEYS_12)},
            history=Endpoint("GET", f"{_AT}/id/{{id}}/history"),
            history_has_drafts=True,
            makes_id=True,
            hides_closed_items=True,
        ),
        "0.6": Endpoints(
            listing=Listing(Endpoint("GET", f"{_AT}/", (*_KEYS_06, "user")), has_bodies=True, rights=Rights.READABLE),
            workspace=Listing(
                Endpoint("GET", f"{_AT}/list", (*_KEYS_06, "user")), has_bodies=True, rights=Rights.WRITABLE
            ),
            item=Endpoint("GET", f"{_AT}/command/{{id}}", _KEYS_06),
            create=Endpoint("POST", f"{_AT}/create", _KEYS_06),
            update=Endpoint("POST", f"{_AT}/command/{{id}}/update", _KEYS_06),
            delete=Endpoint("DELETE", f"{_AT}/command/{{id}}/delete"),
            id_field="command",
            id_prefix="/",
        ),
    },
)
