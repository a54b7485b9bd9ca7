"""Automations: prompts and actions that a server runs by itself, at set times."""

from __future__ import annotations

from cochat_devkit.kinds.codecs import LIST, MAPPING, PLAIN, REST, SWITCH, TEXT, id_of, ids_under
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

_AT = "/api/v1/automations"
_KEYS_12 = (
    *("id", "user_id", "folder_id", "name", "data", "meta", "is_active", "last_run_at", "next_run_at"),
    *("created_at", "updated_at", "last_run", "next_runs"),
)
_ONLY_12 = {"cochat": None}
#: what a step may say it is done by
_NAMED_IN_STEPS = {"model": "model", "model_id": "model", "agent": "agent", "agent_id": "agent"}


def _only_cochat(name: str) -> dict[str, tuple[str, ...] | None]:
    return {"0.12": None, "cochat": (name,)}


KIND = Kind(
    name="automation",
    plural="automations",
    summary="A prompt that the server runs by itself",
    folders={"": "automations"},
    fields=(
        Field("name", ("name",), TEXT, implied=lambda facts: facts.slug),
        Field("prompt", ("data", "prompt"), TEXT, implied=lambda _facts: "", elsewhere=_ONLY_12),
        Field("model", ("data", "model_id"), id_of("model", TEXT), implied=lambda _facts: "", elsewhere=_ONLY_12),
        Field("rrule", ("data", "rrule"), TEXT, implied=lambda _facts: "", elsewhere=_ONLY_12),
        Field(
            "active",
            ("is_active",),
            SWITCH,
            implied=lambda _facts: True,
            written_by=WrittenBy.SWITCH,
            elsewhere={"cochat": ("is_enabled",)},
        ),
        Field("folder", ("folder_id",), PLAIN, implied=lambda _facts: None),
        Field(
            "data",
            ("data",),
            REST,
            implied=lambda _facts: {},
            apart_from=("prompt", "model_id", "rrule"),
            elsewhere=_ONLY_12,
        ),
        Field("meta", ("meta",), REST, implied=lambda _facts: {}, elsewhere=_ONLY_12),
        Field("description", ("description",), TEXT, implied=lambda _facts: "", elsewhere=_only_cochat("description")),
        Field("trigger", ("trigger_type",), TEXT, implied=lambda _facts: "", elsewhere=_only_cochat("trigger_type")),
        Field(
            "trigger_config",
            ("trigger_config",),
            MAPPING,
            implied=lambda _facts: {},
            elsewhere=_only_cochat("trigger_config"),
        ),
        Field(
            "steps",
            ("actions",),
            ids_under(_NAMED_IN_STEPS, LIST),
            implied=lambda _facts: [],
            elsewhere=_only_cochat("actions"),
        ),
        Field("output", ("chat_output",), PLAIN, implied=lambda _facts: None, elsewhere=_only_cochat("chat_output")),
        Field("max_runs", ("max_runs",), PLAIN, implied=lambda _facts: None, elsewhere=_only_cochat("max_runs")),
    ),
    derived=("user_id", "updated_at", "created_at", "last_run_at", "next_run_at", "last_run", "next_runs"),
    required=("name",),
    form=FileForm(source_field=None, suffix=".yaml", stated_in=StatedIn.WHOLE),
    is_valid_slug=bool,
    slug_rule="at least one character",
    unlisted=(),
    write_order=80,
    # Source: Open WebUI 0.12.4, routers/automations.py; checked by tests/contract/. For CoChat its own public client,
    # which lists, creates and runs: further requests are named in cochat.toml.
    endpoints={
        "0.12": Endpoints(
            listing=Listing(
                Endpoint("GET", f"{_AT}/list", _KEYS_12), has_bodies=True, rights=Rights.WRITABLE, is_paged=True
            ),
            item=Endpoint("GET", f"{_AT}/{{id}}", _KEYS_12),
            create=Endpoint("POST", f"{_AT}/create", _KEYS_12),
            update=Endpoint("POST", f"{_AT}/{{id}}/update", _KEYS_12),
            delete=Endpoint("DELETE", f"{_AT}/{{id}}/delete"),
            switches={"active": Endpoint("POST", f"{_AT}/{{id}}/toggle", _KEYS_12)},
            makes_id=True,
            may_be_absent=True,
        ),
        "cochat": Endpoints(
            listing=Listing(Endpoint("GET", f"{_AT}/"), has_bodies=True, rights=Rights.WRITABLE),
            create=Endpoint("POST", f"{_AT}/create"),
            makes_id=True,
            may_be_absent=True,
        ),
    },
)
