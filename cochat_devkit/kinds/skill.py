"""Skills: folders of instructions and further files that a model may read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnexpectedReply, UsageError
from cochat_devkit.kinds.codecs import ACCESS, REST, SWITCH, TEXT, WORDS
from cochat_devkit.kinds.kind import (
    Codec,
    Endpoint,
    Endpoints,
    Field,
    FileForm,
    Kind,
    Listing,
    PartRequests,
    Rights,
    WireContext,
    WrittenBy,
)
from cochat_devkit.kinds.markdown import parse_markdown_head

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire

MAIN = "SKILL.md"
_AT = "/api/v1/skills"
_KEYS = ("id", "user_id", "name", "description", "meta", "is_active", "access_grants", "version_id")
_TIMES = ("updated_at", "created_at")
_PACKAGE = ("id", "name", "description", "meta", "files", "is_active")
_NOT_COCHAT = {"cochat": None}


def _files_of(wire: Wire) -> list[Wire]:
    found = wire.get("files")
    if found is None:
        data = wire.get("data")
        found = data.get("files") if isinstance(data, dict) else None
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UnexpectedReply("files of a skill in a form that we do not know")
    return found


def _read_main(wire: Wire, _of: Field, _context: WireContext) -> Json:
    if isinstance(wire.get("content"), str):
        return wire["content"]
    return next((str(each.get("content")) for each in _files_of(wire) if each.get("path") == MAIN), "")


def _lay_main(wire: Wire, value: Json, _of: Field, context: WireContext) -> None:
    if context.dialect.has_versions:
        others = [each for each in _files_of(wire) if each.get("path") != MAIN]
        wire["files"] = [{"path": MAIN, "content": value}, *others]
        wire.pop("content", None)
    else:
        wire["content"] = value


def _read_files(wire: Wire, _of: Field, _context: WireContext) -> Json:
    found: dict[str, Json] = {}
    for each in _files_of(wire):
        path, content = str(each.get("path")), each.get("content")
        if path == MAIN or not isinstance(content, str):
            continue
        found[path] = {"base64": content} if each.get("encoding") == "base64" else content
    return found


def _lay_files(wire: Wire, value: Json, of: Field, context: WireContext) -> None:
    main = _read_main(wire, of, context)
    wire["files"] = [
        {"path": MAIN, "content": main},
        *(
            {"path": path, "content": each}
            if isinstance(each, str)
            else {"path": path, "content": each["base64"], "encoding": "base64"}
            for path, each in value.items()
        ),
    ]
    wire.pop("content", None)


def _parse_files(value: Json) -> Json:
    import base64

    for path, each in (value or {}).items():
        try:
            if not isinstance(each, str):
                base64.b64decode(each["base64"], validate=True)
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path} is neither text nor base64") from error
    return value or {}


def _is_whole(wire: Wire) -> bool:
    """Tell whether an object has its files; CoChat's skills have none, and a tier."""
    return "files" in wire or isinstance(wire.get("data"), dict) or "tier" in wire


KIND = Kind(
    name="skill",
    plural="skills",
    summary="A folder of instructions that a model may read",
    folders={"": "skills"},
    fields=(
        Field("name", ("name",), TEXT, implied=lambda facts: facts.frontmatter.get("name") or facts.slug),
        Field("description", ("description",), TEXT, implied=lambda facts: facts.frontmatter.get("description", "")),
        Field("content", ("content",), Codec(_read_main, _lay_main, parse=str), implied=lambda _facts: ""),
        Field(
            "files",
            ("files",),
            Codec(_read_files, _lay_files, parse=_parse_files),
            implied=lambda _facts: {},
            elsewhere=_NOT_COCHAT,
        ),
        Field("tags", ("meta", "tags"), WORDS, implied=lambda _facts: [], elsewhere=_NOT_COCHAT),
        Field(
            "active",
            ("is_active",),
            SWITCH,
            implied=lambda _facts: True,
            written_by=WrittenBy.SWITCH,
            elsewhere={"cochat": ("enabled",)},
        ),
        Field(
            "access",
            ("access",),
            ACCESS,
            implied=lambda _facts: "private",
            written_by=WrittenBy.ACCESS,
            elsewhere=_NOT_COCHAT,
        ),
        Field("meta", ("meta",), REST, implied=lambda _facts: {}, apart_from=("tags", "i18n"), elsewhere=_NOT_COCHAT),
    ),
    derived=("user_id", "updated_at", "created_at", "version_id", "data", "tier", "category"),
    required=("id", "name"),
    form=FileForm(
        source_field="content", main=MAIN, tree_field="files", read_head=parse_markdown_head, text_has_head=True
    ),
    is_whole=_is_whole,
    unlisted=("content", "files"),
    is_valid_slug=lambda slug: re.fullmatch(r"[a-z0-9_-]+", slug) is not None,
    slug_rule="small letters, digits, _ and -",
    # Source: Open WebUI 0.12.4, routers/skills.py; checked by tests/contract/. For CoChat its own reference, which
    # documents one list and no answer: further requests are named in cochat.toml.
    endpoints={
        "0.12": Endpoints(
            export=Listing(
                Endpoint("GET", f"{_AT}/export?format=json", _PACKAGE),
                has_bodies=True,
                rights=Rights.READABLE,
                for_admins=True,
                joined=(Endpoint("GET", f"{_AT}/", (*_KEYS, *_TIMES, "user")),),
            ),
            listing=Listing(
                Endpoint("GET", f"{_AT}/", (*_KEYS, *_TIMES, "user")), has_bodies=False, rights=Rights.READABLE
            ),
            item=Endpoint("GET", f"{_AT}/id/{{id}}", (*_KEYS, *_TIMES, "content", "user", "write_access")),
            item_joined=(Endpoint("GET", f"{_AT}/export?format=json&ids={{id}}", _PACKAGE),),
            parts=PartRequests(
                Endpoint("GET", f"{_AT}/id/{{id}}/files?version_id={{version}}"),
                Endpoint("GET", f"{_AT}/id/{{id}}/files/content?version_id={{version}}&path={{path}}"),
            ),
            create=Endpoint("POST", f"{_AT}/create", (*_KEYS, *_TIMES)),
            update=Endpoint("POST", f"{_AT}/id/{{id}}/update", (*_KEYS, *_TIMES, "content", "data")),
            delete=Endpoint("DELETE", f"{_AT}/id/{{id}}/delete"),
            access=Endpoint("POST", f"{_AT}/id/{{id}}/access/update", (*_KEYS, *_TIMES, "content", "data")),
            switches={"active": Endpoint("POST", f"{_AT}/id/{{id}}/toggle", (*_KEYS, *_TIMES, "content", "data"))},
            history=Endpoint("GET", f"{_AT}/id/{{id}}/history"),
            guard="expected_version_id",
        ),
        "cochat": Endpoints(
            listing=Listing(
                Endpoint("GET", "/api/custom/skills/?tier=toggleable"), has_bodies=True, rights=Rights.READABLE
            ),
            makes_id=True,
            may_be_absent=True,
        ),
    },
)
