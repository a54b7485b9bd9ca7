"""What the local server says of itself: health, version, configuration, and the landmark of its dialect."""

from fastapi import APIRouter, Request

from cochat_devkit.kinds.dialects import Dialect
from cochat_devkit.resource import Json, Wire
from cochat_devkit.server.callers import AdmittedCaller, Context, credential_of

#: the name in the configuration; every other dialect is a plain Open WebUI
_NAMES = {"cochat": "CoChat"}


def add_routes(router: APIRouter, dialect: Dialect) -> None:
    """Add the addresses that describe the server."""

    @router.get("/health")
    def show_health() -> Wire:
        return {"status": True}

    @router.get("/api/version")
    def show_version(context: Context) -> Wire:
        return {"version": context.quirks.version, "deployment_id": ""}

    @router.get("/api/config")
    def show_configuration(request: Request, context: Context) -> Wire:
        credential = credential_of(request)
        payload = context.people.parse_token(credential) if credential else None
        user = context.people.find(str(payload["id"])) if payload and "id" in payload else None
        public = _public_configuration(context)
        if user is None:
            return public
        features = {**public["features"], **context.quirks.members_features}
        return {**public, "features": features, **_members_configuration(context)}

    if dialect.landmark:

        @router.get(dialect.landmark)
        def show_landmark(_caller: AdmittedCaller, context: Context) -> Json:
            return context.notes.get("landmark") or []


def _public_configuration(context: Context) -> Wire:
    return {
        "status": True,
        "name": _NAMES.get(context.dialect.name, "Open WebUI"),
        "version": context.quirks.version,
        "default_locale": "",
        **({"i18n": {}} if context.quirks.config_has_i18n else {}),
        "oauth": {"providers": {}},
        "features": dict(context.quirks.public_features),
    }


def _members_configuration(context: Context) -> Wire:
    return {
        "default_models": None,
        "default_pinned_models": None,
        "default_prompt_suggestions": [],
        "user_count": len(context.people.users()),
        "code": {"engine": "pyodide"},
        "audio": {"tts": {"engine": "", "voice": "", "split_on": "punctuation"}, "stt": {"engine": ""}},
        "file": {"max_size": None, "max_count": None, "image_compression": {"width": None, "height": None}},
        "permissions": context.people.default_permissions(),
        "ui": {"pending_user_overlay_title": "", "pending_user_overlay_content": "", "response_watermark": ""},
        "license_metadata": None,
    }
