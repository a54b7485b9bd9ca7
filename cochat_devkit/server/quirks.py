"""What the generations of servers do differently, as data: one table each.

Source: Open WebUI 0.12.4 and 0.6.43, routers/ and models/; checked by tests/contract/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cochat_devkit.errors import NotSupported
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.kinds.dialects import Dialect

NOT_FOUND = "We could not find what you're looking for :/"
UNAUTHORIZED = "401 Unauthorized"
PROHIBITED = "You do not have permission to access this resource. Please contact your administrator for assistance."
ACTION_PROHIBITED = "The requested action has been restricted as a security measure."
NOT_SIGNED_IN = "Not authenticated"
SESSION_REVOKED = "Invalid token"
SESSION_EXPIRED = "Your session has expired or the token is invalid. Please sign in again."
WRONG_PASSWORD = "The email or password provided is incorrect. Please check for typos and try logging in again."  # noqa: S105
EMAIL_TAKEN = (
    "Uh-oh! This email is already registered. Sign in with your existing account or choose another email to start anew."
)
EMAIL_INVALID = (
    "The email format you entered is invalid. Please double-check and make sure you're using a valid email address "
    "(e.g., yourname@example.com)."
)
API_KEY_MISSING = (
    "Oops! It looks like there's a hiccup. The API key is missing. Please make sure to provide a valid API key "
    "to access this feature."
)
DEFAULT_PICTURE = "/user.png"
ID_TAKEN = "Uh-oh! This id is already registered. Please choose another id string."
COMMAND_TAKEN = "Uh-oh! This command is already registered. Please choose another command string."
SOMETHING_WRONG = "Something went wrong :/"
MODEL_ID_TAKEN = "Uh-oh! This model id is already registered. Please choose another model id string."
MODEL_ID_TOO_LONG = "The model id is too long. Please make sure your model id is less than 256 characters long."
ID_INVALID = "Only alphanumeric characters and underscores are allowed in the id"


class Refusal(NamedTuple):
    """Say no. The sentence has places for `{kind}`, `{Kind}`, `{kinds}`, `{id}` and `{error}`."""

    status: int
    detail: str


NOT_FOUND_401 = Refusal(401, NOT_FOUND)
NOT_FOUND_404 = Refusal(404, NOT_FOUND)
UNAUTHORIZED_401 = Refusal(401, UNAUTHORIZED)
PROHIBITED_401 = Refusal(401, PROHIBITED)
COMMAND_TAKEN_400 = Refusal(400, COMMAND_TAKEN)
SOMETHING_WRONG_400 = Refusal(400, SOMETHING_WRONG)
DUPLICATE = Refusal(400, ID_TAKEN)
BAD_ID = Refusal(400, ID_INVALID)
SHARING_FORBIDDEN = Refusal(403, "You do not have permission to share with the requested audience")
HISTORY_MISSING = Refusal(404, "Not found")
VERSION_MISSING = Refusal(404, "Version not found")
VERSION_IS_CURRENT = Refusal(400, "Cannot delete the current version")


@dataclass(frozen=True)
class Manners:
    """Say how a generation treats the resources of one sort of kinds.

    There are two sorts: kinds whose resources have owners and access rights, and kinds that are the administrators'.
    """

    item_missing: Refusal
    update_missing: Refusal
    #: None: deleting what is not there succeeds
    delete_missing: Refusal | None
    #: reading valves, and everything about user valves
    valves_missing: Refusal
    #: what a reader without the right to read is told; None: `null`
    not_readable: Refusal | None
    export_refused: Refusal
    #: the source is loaded before the server looks whether there is something to update
    update_loads_first: bool
    #: listing and export go by `updated_at`, newest first; otherwise in the order of creation
    newest_first: bool
    #: valves may be read by their writers only, user valves used by the resource's readers only
    guards_valves: bool
    #: user valves of a switched-off plugin have no spec and cannot be saved
    user_valves_need_active: bool
    #: the export has the valves on request, and this where none were ever saved; None: it never has them
    exported_valves: tuple[Any] | None
    #: people in listings are shown with their whole account
    shows_whole_users: bool
    #: what `meta` has besides the row's fields: (type, default) by key
    meta_fields: Mapping[str, tuple[Any, Any]]
    keeps_unknown_meta: bool
    #: keys of `meta` that loading decides; `toggle` is laid in after the answer where it is not among them
    meta_facts: tuple[str, ...]
    #: keys of `meta` whose change makes no version
    unversioned_meta: tuple[str, ...]


@dataclass(frozen=True)
class Quirks:
    """Say how one generation of servers answers."""

    version: str
    owned: Manners
    admins_only: Manners
    create_failed: Refusal
    update_failed: Refusal
    valves_failed: Refusal
    user_valves_failed: Refusal
    id_too_long: Refusal
    fetch_failed: Refusal
    #: a plugin that is live and fails to load on an update is switched off
    failed_update_deactivates: bool
    #: stored valves that a new source rejects refuse the update; None: nobody looks
    valves_incompatible: Refusal | None
    #: somebody with the right to write needs a permission of the workspace to change the source
    source_needs_permission: bool
    #: readers without the right to write are not shown the source
    source_is_for_writers: bool
    #: `toggle` of a filter: laid into `meta` by each save, or by an update only, after its answer was made
    toggle_is_late: bool
    #: `/api/v1/auths/` answers an API key
    key_is_person: bool
    #: `x-api-key` is looked at, and so is any scheme of `Authorization`
    takes_any_header: bool
    sign_out_method: str
    #: a malformed form that may hold a password is refused without repeating it; None: as any other
    credentials_malformed: Refusal | None
    account_deleted: Refusal
    has_group_info: bool
    #: the tools of a server that is switched off are listed all the same
    lists_disabled_tool_servers: bool
    can_revoke_sessions: bool
    group_missing: Refusal
    #: for members who come or go; `{error}` is "adding users to" or "removing users from"
    members_group_missing: Refusal
    #: the `data` of a group that was made without
    group_data: Any
    group_has_parent: bool
    update_account_needs: tuple[str, ...]
    first_admin_protected: Refusal
    signed_in_picture: str
    permissions: Mapping[str, Mapping[str, bool]]


def _switches(words: str) -> dict[str, bool]:
    """Read names written one after the other; a name with a minus before it is off."""
    return {word.removeprefix("-"): not word.startswith("-") for word in words.split()}


def _areas(**areas: str) -> dict[str, dict[str, bool]]:
    return {area: _switches(words) for area, words in areas.items()}


_CHAT = (
    "controls valves system_prompt params file_upload delete delete_message continue_response regenerate_response "
    "rate_response edit share export stt tts call multiple_models temporary -temporary_enforced"
)

#: API keys are allowed here, unlike on a fresh server: a stand-in that refuses them would be no help
_0_6 = Quirks(
    version="0.6.43",
    owned=Manners(
        item_missing=NOT_FOUND_401,
        update_missing=NOT_FOUND_401,
        delete_missing=NOT_FOUND_401,
        valves_missing=NOT_FOUND_401,
        not_readable=None,
        export_refused=UNAUTHORIZED_401,
        update_loads_first=False,
        newest_first=True,
        guards_valves=False,
        user_valves_need_active=False,
        exported_valves=None,
        shows_whole_users=False,
        meta_fields={"manifest": (dict[str, Any] | None, {})},
        keeps_unknown_meta=False,
        meta_facts=("manifest",),
        unversioned_meta=(),
    ),
    admins_only=Manners(
        item_missing=NOT_FOUND_401,
        update_missing=Refusal(400, "[ERROR: 400: [ERROR: Error updating {kind}]]"),
        delete_missing=None,
        valves_missing=NOT_FOUND_401,
        not_readable=PROHIBITED_401,
        export_refused=PROHIBITED_401,
        update_loads_first=True,
        newest_first=False,
        guards_valves=True,
        user_valves_need_active=False,
        exported_valves=(None,),
        shows_whole_users=True,
        meta_fields={"manifest": (dict[str, Any] | None, {})},
        keeps_unknown_meta=True,
        meta_facts=("manifest",),
        unversioned_meta=(),
    ),
    create_failed=Refusal(400, "[ERROR: {error}]"),
    update_failed=Refusal(400, "[ERROR: {error}]"),
    valves_failed=Refusal(400, "[ERROR: {error}]"),
    user_valves_failed=Refusal(400, "[ERROR: {error}]"),
    id_too_long=Refusal(400, "[ERROR: [Errno 36] File name too long: '/app/backend/data/cache/{kinds}/{id}']"),
    fetch_failed=Refusal(500, "Error importing {kind}: the local server fetches nothing"),
    failed_update_deactivates=True,
    valves_incompatible=None,
    source_needs_permission=False,
    source_is_for_writers=False,
    toggle_is_late=True,
    key_is_person=True,
    takes_any_header=False,
    sign_out_method="GET",
    credentials_malformed=None,
    account_deleted=Refusal(401, SESSION_EXPIRED),
    has_group_info=False,
    lists_disabled_tool_servers=True,
    can_revoke_sessions=False,
    group_missing=NOT_FOUND_401,
    members_group_missing=Refusal(400, "[ERROR: 400: [ERROR: Error {error} group]]"),
    group_data=None,
    group_has_parent=False,
    update_account_needs=("role", "name", "email", "profile_image_url"),
    first_admin_protected=Refusal(500, "Could not verify primary admin status."),
    signed_in_picture="{picture}",
    permissions=_areas(
        workspace="-models -knowledge -prompts -tools -models_import -models_export -prompts_import -prompts_export "
        "-tools_import -tools_export",
        sharing="-models -public_models -knowledge -public_knowledge -prompts -public_prompts -tools -public_tools "
        "-notes -public_notes",
        chat=_CHAT,
        features="api_keys notes channels folders -direct_tool_servers web_search image_generation code_interpreter",
    ),
)

_0_12 = Quirks(
    version="0.12.4",
    owned=Manners(
        item_missing=NOT_FOUND_404,
        update_missing=NOT_FOUND_401,
        delete_missing=NOT_FOUND_401,
        valves_missing=NOT_FOUND_404,
        not_readable=PROHIBITED_401,
        export_refused=UNAUTHORIZED_401,
        update_loads_first=False,
        newest_first=True,
        guards_valves=True,
        user_valves_need_active=False,
        exported_valves=None,
        shows_whole_users=False,
        meta_fields={
            "i18n": (dict[str, dict[str, str]] | None, None),
            "manifest": (dict[str, Any] | None, {}),
            "has_user_valves": (bool, False),
        },
        keeps_unknown_meta=True,
        meta_facts=("manifest", "has_user_valves"),
        unversioned_meta=("manifest", "has_user_valves"),
    ),
    admins_only=Manners(
        item_missing=NOT_FOUND_401,
        update_missing=Refusal(400, "{Kind} not found"),
        delete_missing=None,
        valves_missing=NOT_FOUND_401,
        not_readable=PROHIBITED_401,
        export_refused=PROHIBITED_401,
        update_loads_first=True,
        newest_first=False,
        guards_valves=True,
        user_valves_need_active=True,
        exported_valves=({},),
        shows_whole_users=False,
        meta_fields={"manifest": (dict[str, Any] | None, {})},
        keeps_unknown_meta=True,
        meta_facts=("manifest", "toggle"),
        unversioned_meta=("manifest", "has_user_valves", "toggle"),
    ),
    create_failed=Refusal(400, "[ERROR: Error creating {kind}]"),
    update_failed=Refusal(400, "{error}"),
    valves_failed=Refusal(400, "[ERROR: Error updating {kind} valves]"),
    user_valves_failed=Refusal(400, "[ERROR: Error updating {kind} user valves]"),
    id_too_long=Refusal(400, "[ERROR: File name is too long.]"),
    fetch_failed=Refusal(500, "[ERROR: Error fetching {kind}]"),
    failed_update_deactivates=False,
    valves_incompatible=Refusal(400, "Current Valves are incompatible with this code: {error}"),
    source_needs_permission=True,
    source_is_for_writers=True,
    toggle_is_late=False,
    key_is_person=False,
    takes_any_header=True,
    sign_out_method="POST",
    credentials_malformed=Refusal(422, "Invalid authentication request."),
    account_deleted=Refusal(401, "Invalid authentication request."),
    has_group_info=True,
    lists_disabled_tool_servers=False,
    can_revoke_sessions=True,
    group_missing=NOT_FOUND_404,
    members_group_missing=Refusal(404, "Group not found."),
    group_data={"config": {"share": "members"}},
    group_has_parent=True,
    update_account_needs=(),
    first_admin_protected=Refusal(403, ACTION_PROHIBITED),
    signed_in_picture="/api/v1/users/{id}/profile/image",
    permissions=_areas(
        workspace="-models -knowledge -prompts -tools -skills -models_import -models_export -models_hidden "
        "-prompts_import -prompts_export -tools_import -tools_export -skills_import -skills_export",
        sharing="-models -public_models -knowledge -public_knowledge -prompts -public_prompts -tools -public_tools "
        "-skills -public_skills -notes -public_notes -folders -public_chats -open_chats -public_calendars",
        access_grants="allow_users allow_groups",
        chat=_CHAT + " web_upload import",
        features="api_keys notes folders channels -encrypted_channels -direct_tool_servers web_search image_generation "
        "code_interpreter memories -automations calendar -webhooks",
        settings="interface",
    ),
)

_TABLE = {"0.6": _0_6, "0.12": _0_12}


def quirks_of(dialect: Dialect) -> Quirks:
    """Find the table of a dialect's generation.

    Raises:
        NotSupported: there is none yet.
    """
    if dialect.generation not in _TABLE:
        raise NotSupported(f"the local server cannot stand in for {dialect.title}")
    return _TABLE[dialect.generation]
