"""The addresses of valves, beside each kind of plugins: those of the plugin, and those of each person."""

import copy
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from cochat_devkit.plugin import LoadFailure
from cochat_devkit.resource import Json, Wire
from cochat_devkit.server import quirks
from cochat_devkit.server.access import Caller
from cochat_devkit.server.callers import AdmittedCaller, Context, know_admin
from cochat_devkit.server.collection import Collection
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.item import Item
from cochat_devkit.tuples import NamedTuple

_INACTIVE = quirks.Refusal(400, "Function is not active")


def add_routes(router: APIRouter, collection: Collection) -> None:
    """Add the addresses of a kind's valves."""
    path = f"{collection.endpoints.offered('item').path}/valves"
    guards = [] if collection.has_owners else [Depends(know_admin)]
    _add_plugin_valves(router, collection, path, guards)
    _add_user_valves(router, collection, f"{path}/user")


def _add_plugin_valves(router: APIRouter, collection: Collection, path: str, guards: list[Any]) -> None:
    def show(caller: AdmittedCaller, id: str) -> JSONResponse:  # noqa: A002 - the name in the path
        return JSONResponse(_find_guarded(collection, caller, id).valves or {})

    def show_spec(caller: AdmittedCaller, id: str) -> JSONResponse:  # noqa: A002
        return JSONResponse(_find_guarded(collection, caller, id).valves_spec)

    def save(caller: AdmittedCaller, id: str, form: dict[str, Any], context: Context) -> JSONResponse:  # noqa: A002
        item = collection.find(id, quirks.NOT_FOUND_401)
        if not collection.may(caller, "write", item):
            raise collection.refusal(quirks.Refusal(400, quirks.PROHIBITED))
        valves = _check(collection, context, _Submission(id, item, form, is_users=False))
        collection.keep_valves(id, valves)
        return JSONResponse(valves)

    router.add_api_route(path, show, dependencies=guards)
    router.add_api_route(f"{path}/spec", show_spec, dependencies=guards)
    router.add_api_route(f"{path}/update", save, methods=["POST"], dependencies=guards)


def _add_user_valves(router: APIRouter, collection: Collection, path: str) -> None:
    plural = collection.kind.plural

    def show(caller: AdmittedCaller, id: str, context: Context) -> JSONResponse:  # noqa: A002
        _find_for_user(collection, caller, id)
        return JSONResponse(_user_valves(context, caller, plural).get(id) or {})

    def show_spec(caller: AdmittedCaller, id: str) -> JSONResponse:  # noqa: A002
        item = _find_for_user(collection, caller, id)
        return JSONResponse(None if _is_asleep(collection, item) else item.user_valves_spec)

    def save(caller: AdmittedCaller, id: str, form: dict[str, Any], context: Context) -> JSONResponse:  # noqa: A002
        item = _find_for_user(collection, caller, id)
        if _is_asleep(collection, item):
            raise collection.refusal(_INACTIVE)
        valves = _check(collection, context, _Submission(id, item, form, is_users=True))
        _keep_user_valves(context, caller, plural, {id: valves})
        return JSONResponse(valves)

    router.add_api_route(path, show)
    router.add_api_route(f"{path}/spec", show_spec)
    router.add_api_route(f"{path}/update", save, methods=["POST"])


class _Submission(NamedTuple):
    """Values that somebody wants to save."""

    id: str
    item: Item
    values: Wire
    is_users: bool


def _find_guarded(collection: Collection, caller: Caller, id_: str) -> Item:
    item = collection.find(id_, collection.manners.valves_missing)
    if collection.manners.guards_valves and not collection.may(caller, "write", item):
        raise collection.refusal(quirks.PROHIBITED_401)
    return item


def _find_for_user(collection: Collection, caller: Caller, id_: str) -> Item:
    item = collection.find(id_, collection.manners.valves_missing)
    is_guarded = collection.has_owners and collection.manners.guards_valves
    if is_guarded and not collection.may(caller, "read", item):
        raise collection.refusal(quirks.PROHIBITED_401)
    return item


def _is_asleep(collection: Collection, item: Item) -> bool:
    return collection.manners.user_valves_need_active and not item.wire.get("is_active", True)


def _check(collection: Collection, context: ServerContext, wanted: _Submission) -> Wire:
    """Pass values through the plugin's valves.

    Raises:
        HTTPException: the plugin has none, or does not take these.
    """
    spec = wanted.item.user_valves_spec if wanted.is_users else wanted.item.valves_spec
    if spec is None or collection.kind.plugin is None:
        raise collection.refusal(quirks.NOT_FOUND_401)
    source = collection.source_of(wanted.item)
    checked: Json | LoadFailure = context.plugins.check_valves(
        collection.kind.plugin, wanted.id, source, wanted.values, user=wanted.is_users
    )
    if isinstance(checked, LoadFailure):
        failed = context.quirks.user_valves_failed if wanted.is_users else context.quirks.valves_failed
        raise collection.refusal(failed, error=checked.message)
    return dict(checked)


def _user_valves(context: ServerContext, caller: Caller, plural: str) -> Wire:
    user = context.people.find(caller.id)
    settings = (user.settings if user else None) or {}
    found: Wire = settings.get(plural, {}).get("valves", {})
    return found


def _keep_user_valves(context: ServerContext, caller: Caller, plural: str, valves: Wire) -> None:
    with context.store.writing():
        user = context.people.find(caller.id)
        settings = copy.deepcopy((user.settings if user else None) or {"ui": {}})
        settings.setdefault(plural, {}).setdefault("valves", {}).update(valves)
        context.people.change(caller.id, settings=settings)
