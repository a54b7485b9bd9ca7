"""What the generations tell of their configuration, and to whom, as data.

Source: Open WebUI 0.12.4 and 0.6.43, main.py and routers/configs.py; checked by tests/contract/test_config.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Json
    from cochat_devkit.server.context import ServerContext


@dataclass(frozen=True)
class ConfigManners:
    """Say what a generation tells in `/api/config`, and how it keeps and exports its settings."""

    #: what strangers learn beside features
    public: Mapping[str, Json]
    public_features: Mapping[str, Json]
    #: for whoever has an account
    members_features: Mapping[str, Json]
    #: for whoever is admitted
    members: Mapping[str, Json]
    admins: Mapping[str, Json]
    tells_user_count: bool
    #: keys of members' configuration that are settings, by the setting's name
    told_settings: Mapping[str, str]
    #: the settings as installed, by flat names
    settings: Mapping[str, Json]
    #: the export has flat names and everything; otherwise it is nested, and has what was once set
    exports_flat: bool
    #: keys of the form of the models' settings, by the setting's name; those after the third may be left out
    model_settings: Mapping[str, str]
    #: a banner has translations
    banner_has_i18n: bool
    #: the answer to new suggestions is an object with translations
    suggestions_have_i18n: bool


def _read_switches(words: str) -> dict[str, Json]:
    """Read names written one after the other; a name with a minus before it is off."""
    return {word.removeprefix("-"): not word.startswith("-") for word in words.split()}


_SIGN_IN = (
    "auth -auth_trusted_header -enable_signup_password_confirmation -enable_ldap -enable_signup enable_login_form "
    "-enable_websocket"
)
_ALSO_PUBLIC_ON_0_6 = "enable_api_keys -enable_version_update_check enable_public_active_users_count"
_EVERYWHERE = (
    "-enable_direct_connections enable_folders -enable_channels enable_notes -enable_web_search enable_code_execution "
    "enable_code_interpreter -enable_image_generation -enable_autocomplete_generation enable_community_sharing "
    "enable_message_rating enable_admin_export enable_admin_chat_access -enable_google_drive_integration "
    "-enable_onedrive_integration"
)
_DRIVES: Mapping[str, Json] = {
    "google_drive": {"client_id": "", "api_key": ""},
    "onedrive": {"client_id_personal": "", "client_id_business": "", "sharepoint_url": "", "sharepoint_tenant_id": ""},
}
_FILE: Json = {"max_size": None, "max_count": None, "image_compression": {"width": None, "height": None}}
_TTS: Json = {"engine": "", "voice": "alloy", "split_on": "punctuation"}
OVERLAY: Mapping[str, Json] = {"pending_user_overlay_title": "", "pending_user_overlay_content": ""}
_MODEL_SETTINGS = {
    "DEFAULT_MODELS": "ui.default_models",
    "DEFAULT_PINNED_MODELS": "ui.default_pinned_models",
    "MODEL_ORDER_LIST": "ui.model_order_list",
}
_TOLD = {
    "default_models": "ui.default_models",
    "default_pinned_models": "ui.default_pinned_models",
    "default_prompt_suggestions": "ui.prompt_suggestions",
}

_0_6 = ConfigManners(
    public={"oauth": {"providers": {}}},
    public_features=_read_switches(f"{_SIGN_IN} {_ALSO_PUBLIC_ON_0_6}"),
    members_features=_read_switches(f"{_EVERYWHERE} enable_user_webhooks"),
    members={
        "code": {"engine": "pyodide"},
        "audio": {"tts": _TTS, "stt": {"engine": ""}},
        "file": _FILE,
        **_DRIVES,
        "ui": {**OVERLAY, "response_watermark": ""},
        "license_metadata": None,
    },
    admins={"active_entries": None},
    tells_user_count=True,
    told_settings=_TOLD,
    settings={
        "ui.default_models": None,
        "ui.default_pinned_models": None,
        "ui.model_order_list": [],
        "ui.prompt_suggestions": [],
        "ui.banners": [],
    },
    exports_flat=False,
    model_settings=_MODEL_SETTINGS,
    banner_has_i18n=False,
    suggestions_have_i18n=False,
)

_0_12 = ConfigManners(
    public={"i18n": {}, "oauth": {"providers": {}, "auto_redirect": False}},
    public_features={"slim": True, **_read_switches(_SIGN_IN)},
    members_features={
        **_read_switches(
            f"{_EVERYWHERE} {_ALSO_PUBLIC_ON_0_6} enable_password_change_form -enable_pyodide_file_persistence "
            "enable_easter_eggs -enable_direct_integrations enable_plugins enable_tools enable_functions "
            "enable_tool_servers -enable_terminal_servers -enable_encrypted_channels -enable_apps enable_calendar "
            "enable_automations -enable_context_compaction -enable_tool_permissions -enable_web_search_confirmation "
            "enable_title_generation enable_follow_up_generation enable_tags_generation -enable_user_webhooks "
            "enable_user_status enable_admin_analytics enable_memories -enable_subagents"
        ),
        "folder_max_file_count": "",
        "web_search_confirmation_content": "Your query will be sent to the configured web search provider.",
    },
    members={
        "default_prompt_suggestions_i18n": {},
        "code": {"engine": "pyodide", "interpreter_engine": "pyodide"},
        "audio": {
            "realtime": {"enabled": False, "model": "gpt-realtime-2.1-mini", "voice": "marin"},
            "tts": _TTS,
            "stt": {"engine": ""},
        },
        "file": _FILE,
        **_DRIVES,
        "ui": {
            "default_interface_settings": {},
            "visibility": {},
            **OVERLAY,
            "response_watermark": "",
            "iframe_csp": "",
        },
        "license_metadata": None,
    },
    admins={},
    tells_user_count=False,
    told_settings=_TOLD,
    # a part of the 431 that the real server has: what people look at, and a secret of every sort
    settings={
        "skills.lazy_loading.enable": False,
        "direct.enable": False,
        "ollama.enable": False,
        "ollama.base_urls": ["http://localhost:11434"],
        "ollama.api_configs": {},
        "openai.enable": False,
        "openai.api_keys": [""],
        "openai.api_base_urls": ["https://api.openai.com/v1"],
        "openai.api_configs": {},
        "models.base_models_cache": False,
        "tool_server.connections": [],
        "terminal_server.connections": [],
        "code_execution.enable": True,
        "code_execution.engine": "pyodide",
        "code_execution.jupyter.url": "",
        "code_execution.jupyter.auth": "",
        "code_execution.jupyter.auth_token": "",
        "code_execution.jupyter.auth_password": "",
        "memories.enable": True,
        "google_drive.enable": False,
        "google_drive.client_id": "",
        "google_drive.api_key": "",
        "rag.external_document_loader_api_key": "",
        "rag.external_document_loader_headers": {},
        "rag.document_intelligence_key": "",
        "rag.paddleocr_vl_token": "",
        "rag.chunk_size": 1000,
        "rag.chunk_overlap": 100,
        "web.search.enable": False,
        "web.search.engine": "",
        "web.search.searxng_query_url": "",
        "web.search.yacy_password": "",
        "web.search.brave_search_api_key": "",
        "web.search.brave_search_context_tokens": 8192,
        "web.search.bing_search_v7_subscription_key": "",
        "web.search.sougou_api_sk": "",
        "image_generation.enable": False,
        "image_generation.automatic1111.api_auth": "",
        "audio.tts.engine": "",
        "audio.tts.voice": "alloy",
        "webui.url": "",
        "webhook_url": "",
        "ui.enable_signup": False,
        "ui.enable_login_form": True,
        "ui.default_locale": "",
        "ui.default_models": None,
        "ui.default_pinned_models": None,
        "ui.model_order_list": [],
        "ui.prompt_suggestions": None,
        "ui.prompt_suggestions_i18n": {},
        "ui.banners": [],
        "ui.default_user_role": "pending",
        "models.default_metadata": {},
        "models.default_params": {},
        "folders.enable": True,
        "automations.enable": True,
        "notes.enable": True,
        "auth.enable_api_keys": True,
        "auth.jwt_expiry": "4w",
        "ldap.enable": False,
        "ldap.server.app_password": "",
        "oauth.client_id": "",
        "oauth.client_secret": "",
        "oauth.google.client_secret": "",
    },
    exports_flat=True,
    model_settings={
        **_MODEL_SETTINGS,
        "DEFAULT_MODEL_METADATA": "models.default_metadata",
        "DEFAULT_MODEL_PARAMS": "models.default_params",
    },
    banner_has_i18n=True,
    suggestions_have_i18n=True,
)

_TABLE = {"0.6": _0_6, "0.12": _0_12}


def config_manners_of(context: ServerContext) -> ConfigManners:
    """Find the table of the generation that is spoken."""
    return _TABLE[context.dialect.generation]
