"""Models: what is laid over a base model, and on CoChat the models of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds.codecs import (
    ACCESS,
    LABELS,
    LIST,
    MAPPING,
    PICTURE,
    PLAIN,
    REST,
    SWITCH,
    TEXT,
    id_of,
    object_refs_to,
    refs_to,
)
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

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire

_AT = "/api/v1/models"
_KEYS = ("id", "user_id", "base_model_id", "name", "params", "meta", "is_active", "updated_at", "created_at")
_KEYS_06 = (*_KEYS, "access_control")
_KEYS_12 = (*_KEYS, "access_grants", "version_id")
_LONGEST_ID = 256
_META_APART = (
    *("description", "profile_image_url", "capabilities", "knowledge", "toolIds", "filterIds", "defaultFilterIds"),
    *("actionIds", "skillIds", "tags", "suggestion_prompts"),
)


def is_whole_model(wire: Wire) -> bool:
    """Tell whether a workspace model has its picture, which 0.12 leaves out of lists."""
    meta = wire.get("meta")
    return isinstance(wire.get("params"), dict) and isinstance(meta, dict) and "profile_image_url" in meta


def persona_fields(*, elsewhere: dict[str, dict[str, tuple[str, ...] | None]]) -> tuple[Field, ...]:
    """Name the fields of a workspace model; `elsewhere` says by field where another dialect has it."""
    fields = (
        Field("name", ("name",), TEXT, implied=lambda facts: facts.slug),
        Field("system", ("params", "system"), TEXT, implied=lambda _facts: ""),
        Field("base", ("base_model_id",), id_of("model", PLAIN), implied=lambda _facts: None),
        Field("description", ("meta", "description"), TEXT, implied=lambda _facts: ""),
        Field("image", ("meta", "profile_image_url"), PICTURE, implied=lambda _facts: None),
        Field("tags", ("meta", "tags"), LABELS, implied=lambda _facts: []),
        Field("tools", ("meta", "toolIds"), refs_to("tool"), implied=lambda _facts: []),
        Field("skills", ("meta", "skillIds"), refs_to("skill"), implied=lambda _facts: []),
        Field("filters", ("meta", "filterIds"), refs_to("filter"), implied=lambda _facts: []),
        Field("default_filters", ("meta", "defaultFilterIds"), refs_to("filter"), implied=lambda _facts: []),
        Field("actions", ("meta", "actionIds"), refs_to("action"), implied=lambda _facts: []),
        Field(
            "knowledge",
            ("meta", "knowledge"),
            object_refs_to("knowledge", type="collection"),
            implied=lambda _facts: [],
        ),
        Field("suggestions", ("meta", "suggestion_prompts"), LIST, implied=lambda _facts: []),
        Field("capabilities", ("meta", "capabilities"), MAPPING, implied=lambda _facts: {}),
        Field("active", ("is_active",), SWITCH, implied=lambda _facts: True),
        Field("access", ("access",), ACCESS, implied=lambda _facts: "private", written_by=WrittenBy.ACCESS),
        Field("params", ("params",), REST, implied=lambda _facts: {}, apart_from=("system",)),
        Field("meta", ("meta",), REST, implied=lambda _facts: {}, apart_from=_META_APART),
    )
    return tuple(each._replace(elsewhere=elsewhere.get(each.name, {})) for each in fields)


def model_endpoints(*, is_based: bool) -> dict[str, Endpoints]:
    """Name the requests for workspace models: those that have a base model, or those that are none."""

    def selects(wire: Wire) -> bool:
        return (wire.get("base_model_id") is not None) is is_based

    def endpoints(
        keys: tuple[str, ...],
        *,
        export: str,
        further: tuple[Endpoint, ...] = (),
        access: Endpoint | None = None,
        history: Endpoint | None = None,
    ) -> Endpoints:
        return Endpoints(
            export=Listing(Endpoint("GET", export, keys), has_bodies=True, rights=Rights.WRITABLE, for_admins=True),
            listing=Listing(
                Endpoint("GET", f"{_AT}/list?order_by=created_at&direction=asc", (*keys, "user", "write_access")),
                has_bodies=True,
                rights=Rights.READABLE,
                is_paged=True,
            ),
            item=Endpoint("GET", f"{_AT}/model?id={{id}}", (*keys, "user", "write_access")),
            create=Endpoint("POST", f"{_AT}/create", keys),
            update=Endpoint("POST", f"{_AT}/model/update?id={{id}}", keys, sends_id=True),
            delete=Endpoint("POST", f"{_AT}/model/delete?id={{id}}", sends_id=True),
            access=access,
            history=history,
            further=further,
            selects=selects,
            selected_by=("base",),
        )

    return {
        "0.12": endpoints(
            _KEYS_12,
            # its export leaves out what is laid over base models
            export=f"{_AT}/all",
            access=Endpoint("POST", f"{_AT}/model/access/update", _KEYS_12, sends_id=True),
            history=Endpoint("GET", f"{_AT}/model/history?id={{id}}"),
        ),
        "0.6": endpoints(
            _KEYS_06,
            export=f"{_AT}/export",
            further=() if is_based else (Endpoint("GET", f"{_AT}/base", _KEYS_06),),
        ),
    }


def is_model_id(slug: str) -> bool:
    """Tell whether a server takes this as the id of a workspace model."""
    return 0 < len(slug) <= _LONGEST_ID and not any(char.isspace() for char in slug)


#: a persona is Markdown: its fields in the head, its system prompt behind, its picture beside
PERSONA_FORM = FileForm(source_field="system", suffix=".md", stated_in=StatedIn.FRONT_MATTER, pictures=("image",))
MODEL_ID_RULE = "1 to 256 characters, and no blanks"
_COCHAT = model_endpoints(is_based=False)["0.6"]

KIND = Kind(
    name="model",
    plural="models",
    summary="What is laid over a base model: name, access, parameters",
    folders={"": "models"},
    fields=persona_fields(elsewhere={}),
    derived=("user_id", "updated_at", "created_at", "version_id"),
    required=("id", "name", "meta", "params"),
    form=PERSONA_FORM,
    is_whole=is_whole_model,
    unlisted=("image",),
    is_valid_slug=is_model_id,
    slug_rule=MODEL_ID_RULE,
    refers_to=("knowledge",),
    write_order=70,
    # Source: Open WebUI 0.12.4 and 0.6.43, routers/models.py; checked by tests/contract/.
    endpoints={**model_endpoints(is_based=False), "cochat": _COCHAT._replace(selects=None)},
)
