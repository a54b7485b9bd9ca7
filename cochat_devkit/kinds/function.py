"""Functions: Python that the server runs around a chat; filter, pipe, action and event are their types."""

from __future__ import annotations

from cochat_devkit.kinds.codecs import NUMBER, REST, SWITCH
from cochat_devkit.kinds.kind import Endpoint, Endpoints, Field, Kind, Listing, Rights, ValvesRequests, WrittenBy
from cochat_devkit.kinds.tool import CONTENT, DESCRIPTION, NAME

_META_APART = ("description", "manifest", "toggle", "i18n")

_SHORT_06 = ("id", "user_id", "name", "type", "meta", "is_active", "is_global", "updated_at", "created_at")
_FULL_06 = (*_SHORT_06, "content")
_SHORT_12 = (*_SHORT_06, "version_id")
_FULL_12 = (*_FULL_06, "version_id")


def _endpoints(
    short: tuple[str, ...], full: tuple[str, ...], *, in_workspace: tuple[str, ...], history: Endpoint | None = None
) -> Endpoints:
    return Endpoints(
        export=Listing(
            Endpoint("GET", "/api/v1/functions/export", full),
            has_bodies=True,
            rights=Rights.READABLE,
            for_admins=True,
            valves_query="include_valves=true",
        ),
        listing=Listing(Endpoint("GET", "/api/v1/functions/", short), has_bodies=False, rights=Rights.READABLE),
        item=Endpoint("GET", "/api/v1/functions/id/{id}", full),
        create=Endpoint("POST", "/api/v1/functions/create", short),
        update=Endpoint("POST", "/api/v1/functions/id/{id}/update", full),
        delete=Endpoint("DELETE", "/api/v1/functions/id/{id}/delete"),
        switches={
            "active": Endpoint("POST", "/api/v1/functions/id/{id}/toggle", full),
            "global": Endpoint("POST", "/api/v1/functions/id/{id}/toggle/global", full),
        },
        history=history,
        valves=ValvesRequests.below("/api/v1/functions/id/{id}/valves"),
        user_valves=ValvesRequests.below("/api/v1/functions/id/{id}/valves/user"),
        workspace=Listing(
            Endpoint("GET", "/api/v1/functions/list", (*in_workspace, "user")),
            has_bodies="content" in in_workspace,
            rights=Rights.READABLE,
            for_admins=True,
        ),
    )


KIND = Kind(
    name="function",
    plural="functions",
    summary="Python that the server runs around a chat",
    folders={
        "filter": "plugins/filters",
        "pipe": "plugins/pipes",
        "action": "plugins/actions",
        "event": "plugins/events",
    },
    fields=(
        NAME,
        CONTENT,
        DESCRIPTION,
        Field("active", ("is_active",), SWITCH, implied=lambda _facts: False, written_by=WrittenBy.SWITCH),
        Field("global", ("is_global",), SWITCH, implied=lambda _facts: False, written_by=WrittenBy.SWITCH),
        # 0.6 orders filters by the stored value alone, whatever the class says
        Field("priority", ("priority",), NUMBER, implied=lambda _facts: None, written_by=WrittenBy.VALVES),
        Field("meta", ("meta",), REST, implied=lambda _facts: {}, apart_from=_META_APART),
    ),
    derived=("type", "user_id", "updated_at", "created_at", "version_id"),
    required=("id", "name", "content", "meta"),
    plugin="function",
    items_are_for_admins=True,
    # a pipe's models are `pipe.model`
    offers={"pipe": "model"},
    type_field="type",
    unlisted=("content", "priority"),
    # Source: Open WebUI 0.12.4 and 0.6.43, routers/functions.py; checked by tests/contract/.
    endpoints={
        "0.12": _endpoints(
            _SHORT_12,
            _FULL_12,
            in_workspace=_SHORT_12,
            history=Endpoint("GET", "/api/v1/functions/id/{id}/history"),
        ),
        "0.6": _endpoints(_SHORT_06, _FULL_06, in_workspace=_FULL_06),
    },
)
