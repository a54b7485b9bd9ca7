"""What a server tells of its settings: to strangers, to members, and to admins, who get its secrets too."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.stage import is_page, read_json, refusal

PATH = "/api/v1/configs"
MODELS_FIELDS = {
    "0.6": {"DEFAULT_MODELS", "DEFAULT_PINNED_MODELS", "MODEL_ORDER_LIST"},
    "0.12": {
        "DEFAULT_MODELS", "DEFAULT_PINNED_MODELS", "MODEL_ORDER_LIST", "DEFAULT_MODEL_METADATA", "DEFAULT_MODEL_PARAMS",
    },
}  # fmt: skip


def flags(words):
    """Read names one after the other; a name with a minus before it is off."""
    return {word.removeprefix("-"): not word.startswith("-") for word in words.split()}


PUBLIC_FLAGS = flags(
    "auth -auth_trusted_header -enable_signup_password_confirmation -enable_ldap -enable_signup enable_login_form"
)
MEMBERS_FLAGS = flags(
    "-enable_direct_connections enable_folders -enable_channels enable_notes -enable_web_search enable_code_execution "
    "enable_code_interpreter -enable_image_generation -enable_autocomplete_generation enable_community_sharing "
    "enable_message_rating enable_admin_export enable_admin_chat_access -enable_google_drive_integration "
    "-enable_onedrive_integration enable_api_keys -enable_version_update_check enable_public_active_users_count"
)
MORE_FLAGS = {
    "0.6": flags("enable_user_webhooks"),
    "0.12": {
        **flags(
            "enable_password_change_form -enable_pyodide_file_persistence enable_easter_eggs "
            "-enable_direct_integrations enable_plugins enable_tools enable_functions enable_tool_servers "
            "-enable_terminal_servers -enable_encrypted_channels -enable_apps enable_calendar enable_automations "
            "-enable_context_compaction -enable_tool_permissions -enable_web_search_confirmation "
            "enable_title_generation enable_follow_up_generation enable_tags_generation -enable_user_webhooks "
            "enable_user_status enable_admin_analytics enable_memories -enable_subagents"
        ),
        "folder_max_file_count": "",
        "web_search_confirmation_content": "Your query will be sent to the configured web search provider.",
    },
}
#: how a server was started, not what it is
OF_THE_INSTALLATION = {"enable_websocket", "slim"}
DRIVES = {
    "google_drive": {"client_id": "", "api_key": ""},
    "onedrive": {"client_id_personal": "", "client_id_business": "", "sharepoint_url": "", "sharepoint_tenant_id": ""},
}
MEMBERS_CONFIG = {
    "0.6": {
        "default_models": None,
        "default_pinned_models": None,
        "code": {"engine": "pyodide"},
        "audio": {"tts": {"engine": "", "voice": "alloy", "split_on": "punctuation"}, "stt": {"engine": ""}},
        "ui": {"pending_user_overlay_title": "", "pending_user_overlay_content": "", "response_watermark": ""},
        "license_metadata": None,
        **DRIVES,
    },
    "0.12": {
        "default_models": None,
        "default_pinned_models": None,
        "default_prompt_suggestions_i18n": {},
        "code": {"engine": "pyodide", "interpreter_engine": "pyodide"},
        "audio": {
            "realtime": {"enabled": False, "model": "gpt-realtime-2.1-mini", "voice": "marin"},
            "tts": {"engine": "", "voice": "alloy", "split_on": "punctuation"},
            "stt": {"engine": ""},
        },
        "ui": {
            "default_interface_settings": {},
            "visibility": {},
            "pending_user_overlay_title": "",
            "pending_user_overlay_content": "",
            "response_watermark": "",
            "iframe_csp": "",
        },
        "license_metadata": None,
        **DRIVES,
    },
}
MEMBERS_ALSO = {
    "0.6": {"default_prompt_suggestions", "file", "permissions", "user_count"},
    "0.12": {"default_prompt_suggestions", "file", "permissions"},
}


@pytest.fixture
def keep_models(server):
    """Put the settings of models back when the test is over."""
    before = read_json(server.admin.get(f"{PATH}/models"))
    yield before
    read_json(server.admin.post(f"{PATH}/models", json=before))


def features(config):
    return {key: value for key, value in config["features"].items() if key not in OF_THE_INSTALLATION}


def test_a_stranger_learns_how_to_sign_in(server):
    """The features that a page for signing in needs, and no other; on 0.6 some that it does not need."""
    config = read_json(server.anonymous.get("/api/config"))
    more = (
        flags("enable_api_keys -enable_version_update_check enable_public_active_users_count")
        if server.generation == "0.6"
        else {}
    )
    assert features(config) == PUBLIC_FLAGS | more
    assert config["status"] is True
    assert config["name"] == ("CoChat" if server.flavor == "cochat" else "Open WebUI")
    assert config["oauth"]["providers"] == {}
    assert ("auto_redirect" in config["oauth"]) is (server.generation == "0.12")


@pytest.mark.parametrize("role", ["admin", "user"])
def test_members_learn_what_is_switched_on(server, role):
    """Every feature, and everything that the pages need; admins on 0.6 one key more."""
    config = read_json((server.admin if role == "admin" else server.user).get("/api/config"))
    assert features(config) == PUBLIC_FLAGS | MEMBERS_FLAGS | MORE_FLAGS[server.generation]
    public = set(read_json(server.anonymous.get("/api/config")))
    expected = MEMBERS_CONFIG[server.generation]
    for key, value in expected.items():
        assert config[key] == value, key
    admins = {"active_entries"} if (server.generation, role) == ("0.6", "admin") else set()
    assert set(config) == public | set(expected) | MEMBERS_ALSO[server.generation] | admins
    permissions = read_json(server.admin.get("/api/v1/users/default/permissions"))
    for area, known in config["permissions"].items():
        assert known == {key: permissions[area][key] for key in known}


def test_whoever_is_not_admitted_learns_little_more(server):
    """An account that waits sees the features and what it is told while it waits."""
    waiting = server.add_person(role="pending").client
    config = read_json(waiting.get("/api/config"))
    assert "enable_folders" in config["features"]
    assert config["ui"] == {"pending_user_overlay_title": "", "pending_user_overlay_content": ""}
    assert "permissions" not in config


def test_a_bad_token_is_a_stranger(server):
    """A token that nobody made does not keep anybody from reading the configuration."""
    answer = server.client("no-token").get("/api/config")
    assert set(read_json(answer)) == set(read_json(server.anonymous.get("/api/config")))


@pytest.mark.parametrize("path", ["/export", "/models"])
def test_settings_are_for_admins(server, path):
    """They hold keys and passwords."""
    assert refusal(server.user.get(f"{PATH}{path}")) == (401, texts.PROHIBITED)
    assert refusal(server.anonymous.get(f"{PATH}{path}")) == (401, texts.NOT_SIGNED_IN)


@pytest.mark.generation("0.12")
def test_the_export_is_flat(server):
    """On 0.12 one level of names with dots, all settings, secrets in clear."""
    exported = read_json(server.admin.get(f"{PATH}/export"))
    assert [key for key in exported if "." not in key] == ["webhook_url"]
    assert exported["ui.enable_signup"] is False
    assert {"openai.api_keys", "google_drive.api_key", "code_execution.jupyter.auth_password"} <= set(exported)
    assert isinstance(exported["openai.api_keys"], list)
    assert exported["ui.default_models"] is None
    assert exported["user.permissions"]["workspace"]["tools"] is False


@pytest.mark.generation("0.6")
def test_the_export_is_nested(server, keep_models):
    """On 0.6 an object of objects, with nothing that is still as it was installed."""
    exported = read_json(server.admin.get(f"{PATH}/export"))
    assert exported["version"] == 0
    assert exported["ui"]["enable_signup"] is False
    assert all(isinstance(value, dict) for key, value in exported.items() if key != "version")
    read_json(server.admin.post(f"{PATH}/models", json={**keep_models, "DEFAULT_MODELS": "a,b"}))
    assert read_json(server.admin.get(f"{PATH}/export"))["ui"]["default_models"] == "a,b"
    permissions = read_json(server.admin.get("/api/v1/users/default/permissions"))
    read_json(server.admin.post("/api/v1/users/default/permissions", json=permissions))
    assert read_json(server.admin.get(f"{PATH}/export"))["user"] == {"permissions": permissions}


def test_default_models_are_set_and_told(server, keep_models):
    """What is set is answered, exported, and told to every member in `/api/config`."""
    assert set(keep_models) == MODELS_FIELDS[server.generation]
    form = {**keep_models, "DEFAULT_MODELS": "a,b", "DEFAULT_PINNED_MODELS": "c", "MODEL_ORDER_LIST": ["b", "a"]}
    assert read_json(server.admin.post(f"{PATH}/models", json=form)) == form
    assert read_json(server.admin.get(f"{PATH}/models")) == form
    told = read_json(server.user.get("/api/config"))
    assert (told["default_models"], told["default_pinned_models"]) == ("a,b", "c")


@pytest.mark.generation("0.12")
def test_settings_of_models_are_exported(server, keep_models):
    """Under names of their own."""
    form = {**keep_models, "DEFAULT_MODELS": "a", "MODEL_ORDER_LIST": ["a"], "DEFAULT_MODEL_PARAMS": {"seed": 1}}
    read_json(server.admin.post(f"{PATH}/models", json=form))
    exported = read_json(server.admin.get(f"{PATH}/export"))
    assert exported["ui.default_models"] == "a"
    assert exported["ui.model_order_list"] == ["a"]
    assert exported["models.default_params"] == {"seed": 1}


def test_setting_models_is_for_admins_and_needs_everything(server, keep_models):
    """The first three must be said, as null or not; on 0.12 the others are null where they are not."""
    assert refusal(server.user.post(f"{PATH}/models", json=keep_models)) == (401, texts.PROHIBITED)
    for key in ("DEFAULT_MODELS", "DEFAULT_PINNED_MODELS", "MODEL_ORDER_LIST"):
        form = {name: value for name, value in keep_models.items() if name != key}
        answer = server.admin.post(f"{PATH}/models", json=form)
        assert answer.status_code == 422
        assert [each["loc"] for each in answer.json()["detail"]] == [["body", key]]
    if server.generation == "0.12":
        form = {name: value for name, value in keep_models.items() if name != "DEFAULT_MODEL_PARAMS"}
        assert read_json(server.admin.post(f"{PATH}/models", json=form))["DEFAULT_MODEL_PARAMS"] is None


def test_suggestions_are_told_to_members(server):
    """Admins set what is suggested to ask, and every member is told; there is no address that reads them."""
    path = f"{PATH}/suggestions"
    before = read_json(server.admin.get("/api/config"))["default_prompt_suggestions"] or []
    suggestions = [{"title": ["Tell", "me"], "content": "What is it?"}]
    try:
        answer = read_json(server.admin.post(path, json={"suggestions": suggestions}))
        assert answer == (suggestions if server.generation == "0.6" else {"suggestions": suggestions, "i18n": {}})
        assert read_json(server.user.get("/api/config"))["default_prompt_suggestions"] == suggestions
    finally:
        read_json(server.admin.post(path, json={"suggestions": before}))
    assert refusal(server.user.post(path, json={"suggestions": []})) == (401, texts.PROHIBITED)
    assert is_page(server.admin.get(path))


def test_banners_are_for_everybody(server):
    """Admins set them, whoever is signed in reads them."""
    banner = {
        "id": "b", "type": "info", "title": "T", "content": "C", "dismissible": True, "timestamp": 1,
    }  # fmt: skip
    path = f"{PATH}/banners"
    assert read_json(server.user.get(path)) == []
    assert refusal(server.user.post(path, json={"banners": []})) == (401, texts.PROHIBITED)
    try:
        assert read_json(server.admin.post(path, json={"banners": [banner]}))[0].items() >= banner.items()
        (told,) = read_json(server.user.get(path))
        assert told.items() >= banner.items()
    finally:
        assert read_json(server.admin.post(path, json={"banners": []})) == []
    assert refusal(server.anonymous.get(path)) == (401, texts.NOT_SIGNED_IN)
    assert server.admin.post(path, json={"banners": [{}]}).status_code == 422
