"""Agents: named personas with a system prompt, on a base model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds.kind import Endpoint, Endpoints, Kind, Listing, Rights
from cochat_devkit.kinds.model import (
    MODEL_ID_RULE,
    PERSONA_FORM,
    is_model_id,
    is_whole_model,
    model_endpoints,
    persona_fields,
)

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire

_AT = "/api/custom/agents/"
#: where CoChat's own agents have the fields; what is not named here they do not have
_ON_COCHAT: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "system": ("system_prompt",),
    "base": ("model",),
    "description": ("description",),
    "tools": ("tools",),
    "skills": ("skills",),
}


def _is_whole(wire: Wire) -> bool:
    return isinstance(wire.get("system_prompt"), str) or is_whole_model(wire)


_FIELDS = persona_fields(elsewhere={})

KIND = Kind(
    name="agent",
    plural="agents",
    summary="A named persona with a system prompt",
    folders={"": "agents"},
    fields=persona_fields(elsewhere={each.name: {"cochat": _ON_COCHAT.get(each.name)} for each in _FIELDS}),
    derived=("user_id", "updated_at", "created_at", "version_id", "is_builtin"),
    required=("id", "name", "meta", "params"),
    form=PERSONA_FORM,
    is_whole=_is_whole,
    unlisted=("image",),
    is_valid_slug=is_model_id,
    slug_rule=MODEL_ID_RULE,
    refers_to=("knowledge",),
    answers_to=("model",),
    write_order=60,
    # Source: Open WebUI 0.12.4 and 0.6.43, routers/models.py; checked by tests/contract/. For CoChat its own reference,
    # which documents GET and POST and no answer: further requests are named in cochat.toml.
    endpoints={
        **model_endpoints(is_based=True),
        "cochat": Endpoints(
            listing=Listing(Endpoint("GET", _AT), has_bodies=True, rights=Rights.READABLE),
            create=Endpoint("POST", _AT),
            makes_id=True,
        ),
    },
)
