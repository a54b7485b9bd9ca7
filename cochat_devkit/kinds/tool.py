"""Tools: Python whose methods a model may call."""

from __future__ import annotations

from cochat_devkit.kinds.codecs import ACCESS, REST, SOURCE, TEXT
from cochat_devkit.kinds.kind import Endpoint, Endpoints, Field, Kind, Listing, Rights, ValvesRequests, WrittenBy

_META_APART = ("description", "manifest", "has_user_valves", "i18n")

NAME = Field("name", ("name",), TEXT, implied=lambda facts: facts.frontmatter.get("title") or facts.slug)
CONTENT = Field("content", ("content",), SOURCE, implied=lambda _facts: "")
DESCRIPTION = Field(
    "description", ("meta", "description"), TEXT, implied=lambda facts: facts.frontmatter.get("description", "")
)

_BASE = ("id", "user_id", "name", "meta", "updated_at", "created_at")
_SHORT_12 = (*_BASE, "version_id", "access_grants")
_FULL_12 = (*_SHORT_12, "content", "specs")
_SHORT_06 = (*_BASE, "access_control")
_FULL_06 = (*_SHORT_06, "content", "specs")
_VALVES = ValvesRequests.below("/api/v1/tools/id/{id}/valves")
_USER_VALVES = ValvesRequests.below("/api/v1/tools/id/{id}/valves/user")

KIND = Kind(
    name="tool",
    plural="tools",
    summary="Python whose methods a model may call",
    folders={"": "plugins/tools"},
    fields=(
        NAME,
        CONTENT,
        DESCRIPTION,
        Field("access", ("access",), ACCESS, implied=lambda _facts: "private", written_by=WrittenBy.ACCESS),
        Field("meta", ("meta",), REST, implied=lambda _facts: {}, apart_from=_META_APART),
    ),
    derived=("specs", "user_id", "updated_at", "created_at", "version_id"),
    required=("id", "name", "content", "meta"),
    plugin="tool",
    external_prefix="server:",
    # Source: Open WebUI 0.12.4 and 0.6.43, routers/tools.py; checked by tests/contract/.
    endpoints={
        "0.12": Endpoints(
            export=Listing(
                Endpoint("GET", "/api/v1/tools/export", _FULL_12),
                has_bodies=True,
                rights=Rights.WRITABLE,
                for_admins=True,
            ),
            listing=Listing(
                Endpoint("GET", "/api/v1/tools/", (*_FULL_12, "user", "has_user_valves"), nulls=("content",)),
                has_bodies=False,
                rights=Rights.READABLE,
            ),
            item=Endpoint("GET", "/api/v1/tools/id/{id}", (*_FULL_12, "user", "write_access"), nulls=("user",)),
            create=Endpoint("POST", "/api/v1/tools/create", _SHORT_12),
            update=Endpoint("POST", "/api/v1/tools/id/{id}/update", _FULL_12),
            delete=Endpoint("DELETE", "/api/v1/tools/id/{id}/delete"),
            valves=_VALVES,
            user_valves=_USER_VALVES,
            access=Endpoint("POST", "/api/v1/tools/id/{id}/access/update", _FULL_12),
            history=Endpoint("GET", "/api/v1/tools/id/{id}/history"),
            workspace=Listing(
                Endpoint("GET", "/api/v1/tools/list", (*_FULL_12, "user", "write_access"), nulls=("content",)),
                has_bodies=False,
                rights=Rights.READABLE,
            ),
        ),
        "0.6": Endpoints(
            export=Listing(
                Endpoint("GET", "/api/v1/tools/export", _FULL_06),
                has_bodies=True,
                rights=Rights.READABLE,
                for_admins=True,
            ),
            listing=Listing(
                Endpoint("GET", "/api/v1/tools/", (*_FULL_06, "user", "has_user_valves")),
                has_bodies=True,
                rights=Rights.READABLE,
            ),
            item=Endpoint("GET", "/api/v1/tools/id/{id}", _FULL_06),
            create=Endpoint("POST", "/api/v1/tools/create", _SHORT_06),
            update=Endpoint("POST", "/api/v1/tools/id/{id}/update", _FULL_06),
            delete=Endpoint("DELETE", "/api/v1/tools/id/{id}/delete"),
            valves=_VALVES,
            user_valves=_USER_VALVES,
            workspace=Listing(
                Endpoint("GET", "/api/v1/tools/list", (*_SHORT_06, "user")), has_bodies=False, rights=Rights.WRITABLE
            ),
        ),
    },
)
