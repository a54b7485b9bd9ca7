"""Signing in, who one is, and how a server says that it does not know one."""

from __future__ import annotations

import pytest

from tests.contract import texts
from tests.contract.stage import Server, is_page, read_json, refusal

SESSION_FIELDS = {
    "id", "name", "role", "email", "profile_image_url", "token", "token_type", "expires_at", "permissions",
}  # fmt: skip
WHOAMI_FIELDS = SESSION_FIELDS | {
    "status_emoji", "status_message", "status_expires_at", "bio", "gender", "date_of_birth",
}  # fmt: skip
PERMISSION_AREAS = {
    "0.6": {"workspace", "sharing", "chat", "features"},
    "0.12": {"workspace", "sharing", "chat", "features", "access_grants", "settings"},
}
WORKSPACE_PERMISSIONS = {
    "0.6": {"models", "knowledge", "prompts", "tools", "models_import", "models_export", "prompts_import",
            "prompts_export", "tools_import", "tools_export"},
    "0.12": {"models", "knowledge", "prompts", "tools", "skills", "models_import", "models_export", "models_hidden",
             "prompts_import", "prompts_export", "tools_import", "tools_export", "skills_import", "skills_export"},
}  # fmt: skip
BASIC_SCHEME_DETAIL = {"0.6": texts.NOT_SIGNED_IN, "0.12": texts.UNAUTHORIZED}
DELETED_PERSON_DETAIL = {"0.6": texts.SESSION_EXPIRED, "0.12": "Invalid authentication request."}
PROTECTED = [
    "/api/v1/auths/", "/api/v1/users/permissions", "/api/v1/users/user/settings", "/api/v1/users/user/status",
    "/api/v1/groups/", "/api/v1/tools/", "/api/v1/tools/list", "/api/v1/tools/export", "/api/v1/tools/id/any",
    "/api/v1/functions/", "/api/v1/functions/list", "/api/v1/functions/export", "/api/v1/functions/id/any",
]  # fmt: skip


def sign_in(server: Server, email: str, password: str):
    return server.anonymous.post("/api/v1/auths/signin", json={"email": email, "password": password})


def test_signing_in_answers_a_token_that_works(server):
    """E-mail address and password give a bearer token, and say who one is."""
    person = server.add_person()
    session = read_json(sign_in(server, person.email, person.password))
    assert set(session) == SESSION_FIELDS
    assert (session["id"], session["name"], session["email"]) == (person.id, person.name, person.email)
    assert (session["role"], session["token_type"]) == ("user", "Bearer")
    assert session["expires_at"] is None or isinstance(session["expires_at"], int)
    assert read_json(server.client(session["token"]).get("/api/v1/auths/"))["id"] == person.id


def test_the_email_address_is_compared_without_regard_to_case(server):
    """An address typed in capitals signs in."""
    person = server.add_person()
    assert read_json(sign_in(server, person.email.upper(), person.password))["id"] == person.id


def test_a_wrong_password_and_an_unknown_address_look_the_same(server):
    """Both are refused with 400 and one sentence, which does not tell which of them was wrong."""
    person = server.add_person()
    assert refusal(sign_in(server, person.email, "wrong")) == (400, texts.WRONG_PASSWORD)
    assert refusal(sign_in(server, "nobody-here@example.com", "wrong")) == (400, texts.WRONG_PASSWORD)


def test_signing_in_without_a_password_is_a_malformed_request(server):
    """A form without a password is refused with 422."""
    answer = server.anonymous.post("/api/v1/auths/signin", json={"email": "somebody@example.com"})
    assert answer.status_code == 422


def test_nobody_can_sign_up_once_there_is_an_administrator(server):
    """Signing up closes itself behind the first account."""
    form = {"name": "late", "email": "late@example.com", "password": "too late"}
    assert refusal(server.anonymous.post("/api/v1/auths/signup", json=form)) == (403, texts.PROHIBITED)


def test_the_administrator_adds_people(server):
    """A new person gets an id, a role and a token that works."""
    form = {"name": "New", "email": "new-person@example.com", "password": "a password", "role": "user"}
    added = read_json(server.admin.post("/api/v1/auths/add", json=form))
    assert {"id", "name", "role", "email", "profile_image_url", "token"} <= set(added)
    assert (added["name"], added["role"], added["email"]) == ("New", "user", "new-person@example.com")
    assert read_json(server.client(added["token"]).get("/api/v1/auths/"))["id"] == added["id"]
    assert refusal(server.admin.post("/api/v1/auths/add", json=form)) == (400, texts.EMAIL_TAKEN)


def test_an_ordinary_user_adds_nobody(server):
    """Only an administrator makes accounts."""
    form = {"name": "New", "email": "never@example.com", "password": "a password", "role": "user"}
    assert refusal(server.user.post("/api/v1/auths/add", json=form)) == (401, texts.PROHIBITED)


@pytest.mark.parametrize("role", ["admin", "user"])
def test_whoami_tells_id_and_role(server, role):
    """A JWT answers `GET /api/v1/auths/` with the caller's own id, name, address and role."""
    person = server.admin_person if role == "admin" else server.user_person
    whoami = read_json(person.client.get("/api/v1/auths/"))
    assert set(whoami) == WHOAMI_FIELDS
    assert (whoami["id"], whoami["name"], whoami["email"], whoami["role"]) == (
        person.id, person.name, person.email, role,
    )  # fmt: skip


@pytest.mark.parametrize("role", ["admin", "user"])
def test_the_user_status_tells_the_callers_own_id(server, role):
    """`GET /api/v1/users/user/status` answers the caller's own account."""
    person = server.admin_person if role == "admin" else server.user_person
    account = read_json(person.client.get("/api/v1/users/user/status"))
    assert {key: account[key] for key in ("id", "name", "email", "role")} == {
        "id": person.id, "name": person.name, "email": person.email, "role": role,
    }  # fmt: skip


@pytest.mark.parametrize("role", ["admin", "user"])
def test_permissions_of_the_workspace_are_all_off_at_first(server, role):
    """A fresh server grants no workspace permission, and says so to administrators too, who need none."""
    client = server.admin if role == "admin" else server.user
    permissions = read_json(client.get("/api/v1/users/permissions"))
    assert set(permissions) == PERMISSION_AREAS[server.generation]
    assert permissions["workspace"] == dict.fromkeys(WORKSPACE_PERMISSIONS[server.generation], False)


def test_the_administrator_changes_what_ordinary_users_may(server, allow_users):
    """Default permissions reach every ordinary user at once; only an administrator reads or sets them."""
    allow_users("tools", "tools_export")
    workspace = read_json(server.user.get("/api/v1/users/permissions"))["workspace"]
    assert {name for name, allowed in workspace.items() if allowed} == {"tools", "tools_export"}
    path = "/api/v1/users/default/permissions"
    assert refusal(server.user.get(path)) == (401, texts.PROHIBITED)
    assert refusal(server.user.post(path, json={})) == (401, texts.PROHIBITED)


def test_settings_of_a_new_person_are_null(server):
    """Nobody has settings before saving some."""
    assert read_json(server.add_person().client.get("/api/v1/users/user/settings")) is None


@pytest.mark.parametrize("path", PROTECTED)
def test_without_a_token_nothing_is_told(server, path):
    """A request without credentials is refused as not signed in."""
    assert refusal(server.anonymous.get(path)) == (401, texts.NOT_SIGNED_IN)


@pytest.mark.parametrize("path", PROTECTED)
def test_a_malformed_token_is_refused_like_a_missing_right(server, path):
    """What is no JWT at all is answered `401 Unauthorized`, the very words of a missing permission."""
    assert refusal(server.client("not-a-token").get(path)) == (401, texts.UNAUTHORIZED)


def test_a_tampered_token_is_refused(server):
    """A JWT whose signature does not fit is answered like any malformed one."""
    head, payload, signature = server.user_person.token.split(".")
    tampered = ".".join([head, payload, signature[::-1]])
    assert refusal(server.client(tampered).get("/api/v1/auths/")) == (401, texts.UNAUTHORIZED)


def test_an_unknown_api_key_is_an_expired_session(server):
    """What looks like an API key and is none is answered as an expired session."""
    client = server.client("sk-00000000000000000000000000000000")
    assert refusal(client.get("/api/v1/users/permissions")) == (401, texts.SESSION_EXPIRED)


def test_another_scheme_than_bearer_does_not_sign_in(server):
    """`Authorization: Basic …` is refused."""
    answer = server.client(headers={"Authorization": "Basic abc"}).get("/api/v1/auths/")
    assert refusal(answer) == (401, BASIC_SCHEME_DETAIL[server.generation])


def test_a_refused_token_is_refused_before_the_form_is_read(server):
    """A caller who is not signed in is told so, whatever is wrong with the form."""
    for path in ("/api/v1/tools/create", "/api/v1/functions/create", "/api/v1/tools/id/any/update"):
        assert refusal(server.anonymous.post(path, json={})) == (401, texts.NOT_SIGNED_IN)


@pytest.mark.generation("0.12")
def test_revoked_sessions_are_invalid_tokens(server):
    """An administrator ends all sessions of a person; their JWT is then an `Invalid token`."""
    person = server.add_person()
    assert read_json(server.admin.post(f"/api/v1/users/{person.id}/sessions/revoke")) is True
    for path in ("/api/v1/auths/", "/api/v1/users/permissions", "/api/v1/tools/list"):
        assert refusal(person.client.get(path)) == (401, texts.SESSION_REVOKED)


@pytest.mark.generation("0.6")
def test_sessions_cannot_be_revoked(server):
    """There is no such route on 0.6."""
    person = server.add_person()
    answer = server.admin.post(f"/api/v1/users/{person.id}/sessions/revoke")
    assert refusal(answer) == (405, texts.METHOD_NOT_ALLOWED)


def test_the_token_of_a_deleted_person_is_refused(server):
    """Deleting an account ends its sessions."""
    person = server.add_person()
    assert read_json(server.admin.delete(f"/api/v1/users/{person.id}")) is True
    detail = DELETED_PERSON_DETAIL[server.generation]
    assert refusal(person.client.get("/api/v1/users/permissions")) == (401, detail)


def test_a_person_not_yet_admitted_may_nothing(server):
    """A `pending` account is known, and prohibited everything but asking who it is."""
    person = server.add_person(role="pending")
    assert read_json(person.client.get("/api/v1/auths/"))["role"] == "pending"
    for path in ("/api/v1/users/permissions", "/api/v1/tools/list", "/api/v1/functions/"):
        assert refusal(person.client.get(path)) == (401, texts.PROHIBITED)


@pytest.mark.generation("0.6")
def test_signing_out_is_a_get(server):
    """0.6 signs out by GET."""
    client = server.add_person().client
    assert read_json(client.get("/api/v1/auths/signout")) == {"status": True}
    assert refusal(client.post("/api/v1/auths/signout")) == (405, texts.METHOD_NOT_ALLOWED)


@pytest.mark.generation("0.12")
def test_signing_out_is_a_post(server):
    """0.12 signs out by POST."""
    client = server.add_person().client
    assert is_page(client.get("/api/v1/auths/signout"))
    assert read_json(client.post("/api/v1/auths/signout")) == {"status": True}
