"""The addresses of signing in, accounts, permissions and groups."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, create_model

from cochat_devkit.resource import Json, Wire
from cochat_devkit.server import quirks
from cochat_devkit.server.access import Caller
from cochat_devkit.server.callers import AdminCaller, AdmittedCaller, AnyCaller, Context
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.people import User
from cochat_devkit.server.quirks import Quirks, Refusal
from cochat_devkit.server.refusals import refused

#: what is under it has to do with passwords and tokens
CREDENTIALS_PATH = "/api/v1/auths/"


class SignInForm(BaseModel):
    """Take in who wants to sign in."""

    email: str
    password: str


class AccountForm(BaseModel):
    """Take in a new account."""

    name: str
    email: str
    password: str
    profile_image_url: str | None = quirks.DEFAULT_PICTURE
    role: str | None = "pending"


class GroupForm(BaseModel):
    """Take in a new group."""

    name: str
    description: str
    permissions: dict[str, Any] | None = None
    data: dict[str, Any] | None = None


class MembersForm(BaseModel):
    """Take in who enters or leaves a group."""

    user_ids: list[str] | None = None


def add_routes(router: APIRouter, table: Quirks) -> None:
    """Add the addresses of people and groups."""
    _add_sessions(router, table)
    _add_api_keys(router)
    _add_accounts(router, table)
    _add_own_account(router)
    _add_permissions(router)
    _add_groups(router, table)


def _add_sessions(router: APIRouter, table: Quirks) -> None:
    @router.post("/api/v1/auths/signin")
    def sign_in(form: SignInForm, context: Context, response: Response) -> Wire:
        user = context.people.sign_in(form.email, form.password)
        session = _session_wire(context, user)
        _keep_in_cookie(response, session["token"])
        picture = table.signed_in_picture.format(id=user.id, picture=user.picture)
        return {**session, "profile_image_url": picture}

    @router.post("/api/v1/auths/signup")
    def sign_up() -> None:
        raise refused(Refusal(403, quirks.PROHIBITED))

    @router.get("/api/v1/auths/")
    def who_am_i(caller: AnyCaller, context: Context, response: Response) -> Wire:
        if caller.by_api_key and not table.key_is_person:
            raise refused(Refusal(403, "A human session is required."))
        session = _session_wire(context, _user_of(context, caller))
        _keep_in_cookie(response, session["token"])
        unset = ("bio", "gender", "date_of_birth", "status_emoji", "status_message", "status_expires_at")
        return {**session, **dict.fromkeys(unset)}

    def sign_out(response: Response) -> Wire:
        response.delete_cookie("token")
        return {"status": True}

    router.add_api_route("/api/v1/auths/signout", sign_out, methods=[table.sign_out_method])


def _add_api_keys(router: APIRouter) -> None:
    path = "/api/v1/auths/api_key"

    @router.get(path)
    def show_key(caller: AnyCaller, context: Context) -> Wire:
        key = _user_of(context, caller).api_key
        if key is None:
            raise refused(Refusal(404, quirks.API_KEY_MISSING))
        return {"api_key": key}

    @router.post(path)
    def make_key(caller: AnyCaller, context: Context) -> Wire:
        return {"api_key": context.people.make_api_key(caller.id)}

    @router.delete(path)
    def delete_key(caller: AnyCaller, context: Context) -> bool:
        context.people.change(caller.id, api_key=None)
        return True


def _add_accounts(router: APIRouter, table: Quirks) -> None:
    needed = table.update_account_needs
    fields = ("role", "name", "email", "profile_image_url", "password")
    members: dict[str, Any] = {each: (str, ...) if each in needed else (str | None, None) for each in fields}
    update_form = create_model("AccountUpdateForm", **members)

    @router.post("/api/v1/auths/add")
    def add_account(_caller: AdminCaller, form: AccountForm, context: Context) -> Wire:
        user = context.people.add(
            name=form.name,
            email=form.email,
            password=form.password,
            role=form.role or "pending",
            picture=form.profile_image_url,
        )
        session = _session_wire(context, user)
        shown = {**user.to_short_wire(), "token": session["token"]}
        shown["profile_image_url"] = table.signed_in_picture.format(id=user.id, picture=user.picture)
        return {**shown, "token_type": "Bearer"}

    def update_account(caller: AdminCaller, user_id: str, form: BaseModel, context: Context) -> Wire:
        asked: Wire = form.model_dump(exclude_none=True)
        first = context.people.users()[0]
        is_demoted = asked.get("role", "admin") != "admin"
        if user_id == first.id and (caller.id != first.id or is_demoted):
            raise refused(table.first_admin_protected)
        picture = {"picture": asked.pop("profile_image_url")} if "profile_image_url" in asked else {}
        return context.people.change(user_id, **asked, **picture).to_wire()

    update_account.__annotations__["form"] = update_form
    router.add_api_route("/api/v1/users/{user_id}/update", update_account, methods=["POST"])

    @router.delete("/api/v1/users/{user_id}")
    def delete_account(caller: AdminCaller, user_id: str, context: Context) -> bool:
        if user_id in (caller.id, context.people.users()[0].id):
            raise refused(Refusal(403, quirks.ACTION_PROHIBITED))
        context.people.remove(user_id)
        return True

    if table.can_revoke_sessions:

        @router.post("/api/v1/users/{user_id}/sessions/revoke")
        def revoke_sessions(_caller: AdminCaller, user_id: str, context: Context) -> bool:
            context.people.revoke_sessions(user_id)
            return True


def _add_own_account(router: APIRouter) -> None:
    @router.get("/api/v1/users/user/settings")
    def show_settings(caller: AdmittedCaller, context: Context) -> Json:
        return _user_of(context, caller).settings

    @router.get("/api/v1/users/user/status")
    def show_status(caller: AdmittedCaller, context: Context) -> Wire:
        return _user_of(context, caller).to_wire()


def _add_permissions(router: APIRouter) -> None:
    @router.get("/api/v1/users/permissions")
    def show_permissions(caller: AdmittedCaller) -> Json:
        return caller.permissions

    @router.get("/api/v1/users/default/permissions")
    def show_default_permissions(_caller: AdminCaller, context: Context) -> Wire:
        return context.people.default_permissions()

    @router.post("/api/v1/users/default/permissions")
    def set_default_permissions(_caller: AdminCaller, form: dict[str, Any], context: Context) -> Wire:
        return context.people.set_default_permissions(form)


def _add_groups(router: APIRouter, table: Quirks) -> None:
    @router.get("/api/v1/groups/")
    def list_groups(caller: AdmittedCaller, context: Context) -> list[Wire]:
        return [context.groups.to_wire(group) for group in context.groups.seen_by(caller)]

    @router.post("/api/v1/groups/create")
    def add_group(caller: AdminCaller, form: GroupForm, context: Context) -> Wire:
        return context.groups.to_wire(context.groups.add(caller.id, **form.model_dump()))

    @router.get("/api/v1/groups/id/{group_id}")
    def show_group(_caller: AdminCaller, group_id: str, context: Context) -> Wire:
        return _show_group(context, group_id)

    @router.post("/api/v1/groups/id/{group_id}/users/add")
    def add_members(_caller: AdminCaller, group_id: str, form: MembersForm, context: Context) -> Wire:
        known = [user_id for user_id in form.user_ids or () if context.people.find(user_id)]
        if context.groups.change_members(group_id, add=known) is None:
            raise refused(table.members_group_missing, error="adding users to")
        return _show_group(context, group_id)

    @router.post("/api/v1/groups/id/{group_id}/users/remove")
    def drop_members(_caller: AdminCaller, group_id: str, form: MembersForm, context: Context) -> Wire:
        if context.groups.change_members(group_id, drop=form.user_ids or ()) is None:
            raise refused(table.members_group_missing, error="removing users from")
        return _show_group(context, group_id)

    if table.has_group_info:

        @router.get("/api/v1/groups/id/{group_id}/info")
        def show_group_info(_caller: AdmittedCaller, group_id: str, context: Context) -> Wire:
            shown = _show_group(context, group_id)
            return {key: each for key, each in shown.items() if key not in ("data", "meta", "permissions")}


def _show_group(context: ServerContext, group_id: str) -> Wire:
    group = context.groups.find(group_id)
    if group is None:
        raise refused(context.quirks.group_missing)
    return context.groups.to_wire(group)


def _user_of(context: ServerContext, caller: Caller) -> User:
    user = context.people.find(caller.id)
    if user is None:  # deleted since the request came in
        raise refused(context.quirks.account_deleted)
    return user


def _session_wire(context: ServerContext, user: User) -> Wire:
    token, ends = context.people.make_session(user)
    return {
        **user.to_short_wire(),
        "profile_image_url": user.picture,
        "token": token,
        "token_type": "Bearer",
        "expires_at": ends,
        "permissions": context.people.caller(user).permissions,
    }


def _keep_in_cookie(response: Response, token: str) -> None:
    response.set_cookie("token", token, httponly=True, samesite="lax")
