"""What a server says of itself, and what it answers where there is nothing."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.stage import is_page, make_id, read_json, refusal

PUBLIC_CONFIG = {
    "0.6": {"status", "name", "version", "default_locale", "oauth", "features"},
    "0.12": {"status", "name", "version", "default_locale", "oauth", "features", "i18n"},
}
UNKNOWN_TO_ALL = [
    "/api/v1/no-such-thing", "/api/v1/tools/no-such-thing", "/api/v1/tools/id/", "/api/v2/tools/", "/no/such/page",
]  # fmt: skip
WITHOUT_THEIR_SLASH = ["/api/v1/tools", "/api/v1/functions", "/api/v1/groups", "/api/v1/auths", "/api/v1/prompts"]
GET_ONLY = [
    "/api/v1/tools/list", "/api/v1/tools/export", "/api/v1/functions/list", "/api/v1/functions/export",
]  # fmt: skip
ABSENT_FROM_0_6 = ["/history", "/history/any"]
CUSTOM_AGENTS = "/api/custom/agents/"


def test_the_version_is_told_to_anybody(server):
    """`/api/version` needs no token, and names the generation."""
    told = read_json(server.anonymous.get("/api/version"))
    assert set(told) == {"version", "deployment_id"}
    assert told["version"].startswith(f"{server.generation}.")


def test_health_is_told_to_anybody(server):
    """`/health` needs no token."""
    assert read_json(server.anonymous.get("/health")) == {"status": True}


def test_the_configuration_tells_strangers_little(server):
    """Without a token `/api/config` tells the name, the version and how to sign in."""
    config = read_json(server.anonymous.get("/api/config"))
    assert set(config) == PUBLIC_CONFIG[server.generation]
    assert config["version"] == read_json(server.anonymous.get("/api/version"))["version"]
    assert config["features"]["auth"] is True
    assert config["features"]["enable_signup"] is False


@pytest.mark.parametrize("role", ["admin", "user"])
def test_the_configuration_tells_members_more(server, role):
    """With a token `/api/config` also tells default models and permissions."""
    config = read_json((server.admin if role == "admin" else server.user).get("/api/config"))
    assert PUBLIC_CONFIG[server.generation] | {"default_models", "permissions", "ui"} <= set(config)


@pytest.mark.parametrize("path", UNKNOWN_TO_ALL)
@pytest.mark.parametrize("who", ["admin", "anonymous"])
def test_an_unknown_address_is_a_page_and_no_404(server, path, who):
    """GET of anything unknown answers 200 and the web page, token or not: absence must be read from the type."""
    assert is_page(getattr(server, who).get(path))


@pytest.mark.parametrize("path", WITHOUT_THEIR_SLASH)
def test_a_missing_slash_leads_to_the_page(server, path):
    """Collections end in a slash; without it there is no redirect, only the web page."""
    assert is_page(server.admin.get(path))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", UNKNOWN_TO_ALL[:2] + WITHOUT_THEIR_SLASH[:2] + GET_ONLY)
def test_a_wrong_method_is_not_allowed(server, method, path):
    """Anything but GET on an unknown or read-only address is 405."""
    assert refusal(server.admin.request(method, path, json={})) == (405, texts.METHOD_NOT_ALLOWED)


def test_a_slash_too_much_is_not_allowed(server):
    """A verb at the end of an address takes no slash."""
    assert refusal(server.admin.post("/api/v1/tools/create/", json={})) == (405, texts.METHOD_NOT_ALLOWED)


def test_custom_agents_exist_on_cochat_only(server):
    """CoChat answers its own agents in JSON; any other server answers the web page."""
    answer = server.admin.get(CUSTOM_AGENTS)
    if server.flavor == "cochat":
        assert isinstance(read_json(answer), list)
    else:
        assert is_page(answer)
        assert refusal(server.admin.post(CUSTOM_AGENTS, json={})) == (405, texts.METHOD_NOT_ALLOWED)


@pytest.mark.generation("0.6")
@pytest.mark.parametrize("rest", ABSENT_FROM_0_6)
def test_there_is_no_history(server, kind, rest):
    """0.6 keeps no versions: the addresses lead to the web page."""
    assert is_page(server.admin.get(kind.url(make_id(), rest)))


@pytest.mark.generation("0.6")
@pytest.mark.parametrize("rest", ["/access/update", "/update/version"])
def test_there_is_no_access_route_and_no_way_back(server, kind, rest):
    """0.6 changes access by an update, and cannot roll back."""
    assert refusal(server.admin.post(kind.url(make_id(), rest), json={})) == (405, texts.METHOD_NOT_ALLOWED)
