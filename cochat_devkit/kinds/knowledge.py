"""Knowledge bases: a name, a description, and files that models may look into."""

from __future__ import annotations

from cochat_devkit.kinds.codecs import ACCESS, MAPPING, TEXT
from cochat_devkit.kinds.kind import (
    Attachments,
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

_AT = "/api/v1/knowledge"
_KEYS = ("id", "user_id", "name", "description", "meta", "files", "created_at", "updated_at")
_FILES = "/api/v1/files"


def _attachments(*, listing: str, **more: Endpoint | str | bool) -> Attachments:
    return Attachments(
        listing=Endpoint("GET", listing),
        content=Endpoint("GET", f"{_FILES}/{{file}}/content"),
        upload=Endpoint("POST", f"{_FILES}/?process=true&process_in_background=false"),
        add=Endpoint("POST", f"{_AT}/{{id}}/file/add"),
        remove=Endpoint("POST", f"{_AT}/{{id}}/file/remove?delete_file=false"),
        delete=Endpoint("POST", f"{_AT}/{{id}}/file/remove?delete_file=true"),
        discard=Endpoint("DELETE", f"{_FILES}/{{file}}"),
        search=Endpoint("GET", f"{_AT}/search/files"),
        **more,  # type: ignore[arg-type]
    )


def _endpoints(keys: tuple[str, ...], attachments: Attachments, access: Endpoint | None = None) -> Endpoints:
    return Endpoints(
        listing=Listing(
            Endpoint("GET", f"{_AT}/", (*keys, "user", "write_access")),
            has_bodies=True,
            rights=Rights.READABLE,
            is_paged=True,
        ),
        item=Endpoint("GET", f"{_AT}/{{id}}", (*keys, "write_access")),
        create=Endpoint("POST", f"{_AT}/create", keys),
        update=Endpoint("POST", f"{_AT}/{{id}}/update", keys),
        delete=Endpoint("DELETE", f"{_AT}/{{id}}/delete"),
        access=access,
        attachments=attachments,
        makes_id=True,
    )


KIND = Kind(
    name="knowledge",
    plural="knowledge-bases",
    summary="Files that models may look into",
    folders={"": "knowledge"},
    fields=(
        Field("name", ("name",), TEXT, implied=lambda facts: facts.slug),
        Field("description", ("description",), TEXT, implied=lambda _facts: ""),
        Field("access", ("access",), ACCESS, implied=lambda _facts: "private", written_by=WrittenBy.ACCESS),
        Field("files", ("files",), MAPPING, implied=lambda _facts: {}, written_by=WrittenBy.FILES),
    ),
    derived=("user_id", "updated_at", "created_at", "meta", "attached", "file_count"),
    required=("name", "description"),
    form=FileForm(
        source_field=None,
        suffix=".yaml",
        stated_in=StatedIn.WHOLE,
        main="knowledge.yaml",
        tree_field="files",
        tree_folder="files",
        tree_by_digest=True,
    ),
    is_whole=lambda wire: isinstance(wire.get("files"), dict),
    unlisted=(),
    is_valid_slug=bool,
    slug_rule="at least one character",
    write_order=40,
    # Source: Open WebUI 0.12.4 and 0.6.43, routers/knowledge.py and routers/files.py; checked by tests/contract/.
    endpoints={
        "0.12": _endpoints(
            (*_KEYS, "access_grants"),
            _attachments(
                listing=f"{_AT}/{{id}}/files?order_by=created_at&direction=asc",
                folders=Endpoint("POST", f"{_AT}/{{id}}/dirs/create"),
                diff=Endpoint("POST", f"{_AT}/{{id}}/sync/diff"),
                whole_page="&limit=100000",
                counted="file_count",
            ),
            access=Endpoint("POST", f"{_AT}/{{id}}/access/update", (*_KEYS, "access_grants")),
        ),
        "0.6": _endpoints(
            (*_KEYS, "access_control"),
            _attachments(
                listing=f"{_AT}/{{id}}/files?order_by=name&direction=asc",
                # adding no files changes nothing, and answers all that there are
                whole=Endpoint("POST", f"{_AT}/{{id}}/files/batch/add"),
                keeps_claims=True,
            ),
        ),
    },
)
