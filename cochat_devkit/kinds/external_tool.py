"""External tools: what MCP and OpenAPI servers offer through this one; mirrored on request, and never written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds.codecs import ACCESS, TEXT, read_only
from cochat_devkit.kinds.kind import Endpoint, Endpoints, Field, Kind, Listing, Rights
from cochat_devkit.kinds.tool import KIND as TOOL

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire


def _is_external(wire: Wire) -> bool:
    return TOOL.is_external(str(wire.get("id")))


_ENDPOINTS = Endpoints(
    # 0.6 loads every tool to answer this: only whoever asks for external tools pays for it
    listing=Listing(Endpoint("GET", "/api/v1/tools/"), has_bodies=True, rights=Rights.READABLE),
    selects=_is_external,
)

KIND = Kind(
    name="external-tool",
    plural="external-tools",
    summary="A tool that another server offers through this one (MCP, OpenAPI)",
    folders={},
    fields=(
        Field("name", ("name",), TEXT, implied=lambda facts: facts.slug),
        Field("description", ("meta", "description"), TEXT, implied=lambda _facts: ""),
        Field("access", ("access",), read_only(ACCESS.read), implied=lambda _facts: "private"),
    ),
    derived=("user_id", "updated_at", "created_at", "specs", "version_id"),
    hides_derived=True,
    form=None,
    is_on_request=True,
    unlisted=(),
    is_valid_slug=lambda _slug: False,
    slug_rule="the address of a server",
    answers_to=(TOOL.name,),
    write_order=92,
    # Source: Open WebUI 0.12.4 and 0.6.43, routers/tools.py; checked by tests/contract/test_external_tools.py.
    endpoints={"0.12": _ENDPOINTS, "0.6": _ENDPOINTS},
)
