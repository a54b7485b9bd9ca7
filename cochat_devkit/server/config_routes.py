"""The addresses of the configuration: what everybody is told, and the settings of admins."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, create_model

from cochat_devkit.resource import Json, Wire
from cochat_devkit.server.answers import JsonAnswer
from cochat_devkit.server.callers import AdminCaller, AdmittedCaller, credential_of
from cochat_devkit.server.config_manners import OVERLAY, ConfigManners, config_manners_of
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.people import User
from cochat_devkit.server.settings import Settings
from cochat_devkit.server.tool_servers import CONNECTIONS

_PATH = "/api/v1/configs"
_CONNECTIONS = "TOOL_SERVER_CONNECTIONS"
#: the name in the configuration; every other dialect is a plain Open WebUI
_NAMES = {"cochat": "CoChat"}
_ADMITTED = ("user", "admin")


class BannerForm(BaseModel):
    """Take in a banner."""

    id: str
    type: str
    title: str | None = None
    content: str
    dismissible: bool
    timestamp: int


class TranslatedBannerForm(BannerForm):
    """Take in a banner that may be translated."""

    i18n: dict[str, dict[str, str]] | None = None


class SuggestionForm(BaseModel):
    """Take in a suggestion of what to ask."""

    title: list[str]
    content: str


class SuggestionsForm(BaseModel):
    """Take in all suggestions."""

    suggestions: list[SuggestionForm]


class ToolServerForm(BaseModel, extra="allow"):
    """Take in the connection to a server of tools."""

    url: str
    path: str
    type: str | None = "openapi"
    auth_type: str | None
    headers: dict[str, Any] | str | None = None
    key: str | None
    config: dict[str, Any] | None


class ForwardingToolServerForm(ToolServerForm):
    """Take in a connection that may pass cookies on."""

    forward_cookies: bool = False


def add_routes(router: APIRouter, context: ServerContext) -> None:
    """Add the addresses."""
    manners, settings = config_manners_of(context), Settings(context)

    @router.get("/api/config")
    def show_configuration(request: Request) -> JsonAnswer:
        return JsonAnswer(_tell(context, manners, settings, _user_of(context, request)))

    @router.get(f"{_PATH}/export")
    def export_settings(_caller: AdminCaller) -> JsonAnswer:
        return JsonAnswer(settings.export())

    _add_models(router, manners, settings)
    _add_banners(router, manners, settings)
    _add_tool_servers(router, manners, settings)

    @router.post(f"{_PATH}/suggestions")
    def set_suggestions(_caller: AdminCaller, form: SuggestionsForm) -> JsonAnswer:
        suggestions = form.model_dump()["suggestions"]
        settings.put({"ui.prompt_suggestions": suggestions})
        return JsonAnswer({"suggestions": suggestions, "i18n": {}} if manners.suggestions_have_i18n else suggestions)


def _add_models(router: APIRouter, manners: ConfigManners, settings: Settings) -> None:
    def show_models(_caller: AdminCaller) -> JsonAnswer:
        return JsonAnswer({key: settings.get(name) for key, name in manners.model_settings.items()})

    def set_models(caller: AdminCaller, form: BaseModel) -> JsonAnswer:
        given = form.model_dump()
        settings.put({name: given[key] for key, name in manners.model_settings.items()})
        return show_models(caller)

    set_models.__annotations__["form"] = _models_form(manners)
    router.add_api_route(f"{_PATH}/models", show_models, response_model=None)
    router.add_api_route(f"{_PATH}/models", set_models, methods=["POST"], response_model=None)


def _models_form(manners: ConfigManners) -> type[BaseModel]:
    sorts: tuple[Any, ...] = (str | None, str | None, list[str] | None)
    needed = {key: (sort, ...) for key, sort in zip(manners.model_settings, sorts, strict=False)}
    further = dict.fromkeys(list(manners.model_settings)[len(sorts) :], (dict[str, Any] | None, None))
    members: dict[str, Any] = {**needed, **further}
    return create_model("ModelsForm", **members)


def _add_banners(router: APIRouter, manners: ConfigManners, settings: Settings) -> None:
    def show_banners(_caller: AdmittedCaller) -> JsonAnswer:
        return JsonAnswer(settings.get("ui.banners"))

    def set_banners(_caller: AdminCaller, form: BaseModel) -> JsonAnswer:
        settings.put({"ui.banners": form.model_dump()["banners"]})
        return JsonAnswer(settings.get("ui.banners"))

    banner = TranslatedBannerForm if manners.banner_has_i18n else BannerForm
    members: dict[str, Any] = {"banners": (list[banner], ...)}  # type: ignore[valid-type]
    set_banners.__annotations__["form"] = create_model("BannersForm", **members)
    router.add_api_route(f"{_PATH}/banners", show_banners, response_model=None)
    router.add_api_route(f"{_PATH}/banners", set_banners, methods=["POST"], response_model=None)


def _add_tool_servers(router: APIRouter, manners: ConfigManners, settings: Settings) -> None:
    def show_connections(_caller: AdminCaller) -> JsonAnswer:
        return JsonAnswer({_CONNECTIONS: settings.get(CONNECTIONS) or []})

    def set_connections(caller: AdminCaller, form: BaseModel) -> JsonAnswer:
        settings.put({CONNECTIONS: form.model_dump()[_CONNECTIONS]})
        return show_connections(caller)

    server = ForwardingToolServerForm if manners.exports_flat else ToolServerForm
    members: dict[str, Any] = {_CONNECTIONS: (list[server], ...)}  # type: ignore[valid-type]
    set_connections.__annotations__["form"] = create_model("ToolServersForm", **members)
    router.add_api_route(f"{_PATH}/tool_servers", show_connections, response_model=None)
    router.add_api_route(f"{_PATH}/tool_servers", set_connections, methods=["POST"], response_model=None)


def _user_of(context: ServerContext, request: Request) -> User | None:
    """Know who asks; whoever is not known is a stranger, and not refused."""
    credential = credential_of(request)
    payload = context.people.parse_token(credential) if credential else None
    return context.people.find(str(payload["id"])) if payload and "id" in payload else None


def _tell(context: ServerContext, manners: ConfigManners, settings: Settings, user: User | None) -> Wire:
    known_features = {} if user is None else manners.members_features
    told: Wire = {
        "status": True,
        "name": _NAMES.get(context.dialect.name, "Open WebUI"),
        "version": context.quirks.version,
        "default_locale": "",
        **manners.public,
        "features": {**manners.public_features, **known_features},
    }
    if user is None:
        return told
    if user.role not in _ADMITTED:
        return {**told, "ui": dict(OVERLAY)}
    return {**told, **_tell_members(context, manners, settings, is_admin=user.role == "admin")}


def _tell_members(
    context: ServerContext, manners: ConfigManners, settings: Settings, *, is_admin: bool
) -> dict[str, Json]:
    return {
        **{key: settings.get(name) for key, name in manners.told_settings.items()},
        **({"user_count": len(context.people.users())} if manners.tells_user_count else {}),
        **manners.members,
        "permissions": context.people.default_permissions(),
        **(manners.admins if is_admin else {}),
    }
